import Foundation
import Testing

@Suite struct `Segments from the command line` {
  static let definitions = """
    segments:
      - name: Récents
        intention: fidéliser
        rule: count(orders, last 30 days) >= 1
      - name: Gros paniers
        intention: développer
        owner: Claire
        rule: average_basket > $least
        parameters: {least: 30 EUR}
      - name: Les deux
        rule: member of "récents" and member of "Gros paniers"

    """

  /// Customers and orders between two days of 2024, written by another program.
  private func fill(
    _ workspace: String, customers: Int, from: Int, to: Int, seed: Int
  ) async throws {
    _ = try await Package.python(
      """
      import duckdb, sys
      store, customers, low, high, seed = sys.argv[1], *map(int, sys.argv[2:])
      base = duckdb.connect(store)
      have = base.execute("SELECT count(*) FROM customer").fetchone()[0]
      base.execute("INSERT INTO customer (first_seen) SELECT make_timestamptz(1704067200000000) "
        "FROM range($n)", {"n": max(0, customers - have)})
      base.execute('''
        INSERT INTO orders (customer_id, happened_at, local_at, source, key, row_id, kind, amount)
        SELECT 1 + (hash(i, $seed) % $customers::UBIGINT)::BIGINT, make_timestamptz(moment), make_timestamp(moment), 'till',
          $seed || '-' || i, nextval('row_ids'), 'purchase', 5 + (hash(i, $seed, 1) % 60)::INTEGER
        FROM (SELECT i, 1704067200000000 + ($low * 86400000000
            + (hash(i, $seed, 2) % (($high - $low) * 86400)::UBIGINT)::BIGINT * 1000000)::BIGINT AS moment
          FROM range($customers * 2) AS t(i))''',
        {"seed": seed, "customers": customers, "low": low, "high": high})
      base.execute("INSERT INTO touched_customer (customer_id) SELECT DISTINCT customer_id "
        "FROM orders WHERE key LIKE $p", {"p": f"{seed}-%"})
      base.close()
      """, workspace + "/quartier.duckdb", String(customers), String(from), String(to),
      String(seed))
  }

  @Test func `definitions are applied, refreshed, asked and exported`() async throws {
    let program = try Program()
    defer { program.remove() }
    #expect(try await program.run("init", "shop", "--currency", "EUR").status == 0)
    let shop = program.folder.appending(path: "shop")
    try await fill(shop.path, customers: 60, from: 0, to: 50, seed: 1)
    try program.write(Self.definitions, to: "shop/segments.yaml")
    func quartier(_ arguments: String..., status: Int32 = 0) async throws -> Program.Answer {
      let answer = try await program.run(arguments, in: shop)
      #expect(answer.status == status, "\(arguments): \(answer.error)")
      #expect(!answer.output.contains("⟦") && !answer.error.contains("⟦"), "\(answer.error)")
      return answer
    }
    let checked = try await quartier("segments", "check", "-f", "segments.yaml")
    #expect(checked.error.contains("Les deux") && checked.error.contains("segments.yaml:10:11"))
    let dry = try await quartier(
      "segments", "apply", "-f", "segments.yaml", "--dry-run", "--json"
    ).json()
    #expect((dry["segments"] as? [[String: Any]])?.count == 3)
    #expect(try await quartier("segments", "list").output.contains("no segments"))
    _ = try await quartier("segments", "apply", "-f", "segments.yaml")
    #expect(
      try await quartier("segments", "members", "Récents", status: 1).error.contains("refresh"))
    let refreshed = try await quartier("refresh", "--as-of", "2024-02-10", "--json").json()
    let sizes = try #require(refreshed["segments"] as? [[String: Any]])
    #expect(sizes.allSatisfy { ($0["size"] as? Int ?? 0) > 0 })
    let again = try await quartier("refresh", "--as-of", "2024-02-10", "--json").json()
    #expect(again["changed"] as? Bool == false)
    _ = try await quartier("refresh", "--as-of", "2024-02-01", status: 1)
    _ = try await quartier("refresh", "--as-of", "2124-02-01", status: 2)
    _ = try await quartier("refresh", "--as-of", "2024-05-01")

    // Everything left by time: told by the stream, the history and the members of a past day.
    let changes = try await quartier("segments", "changes", "--limit", "1000000", "--json").json()
    let all = try #require(changes["changes"] as? [[String: Any]])
    let before = all.filter { $0["segment"] as? String == "Récents" }
    #expect(
      before.contains { $0["change"] as? String == "left" && $0["reason"] as? String == "time" })
    let rest = try await quartier(
      "segments", "changes", "--after", "5", "--limit", "3", "--json"
    ).json()
    #expect((rest["changes"] as? [[String: Any]])?.compactMap { $0["id"] as? Int } == [6, 7, 8])
    let past = try await quartier(
      "segments", "members", "recents", "--on", "2024-02-10", "--json"
    ).json()
    #expect((past["members"] as? [Any])?.count == sizes.first?["size"] as? Int)
    let now = try await quartier("segments", "members", "RÉCENTS", "--json").json()
    #expect((now["members"] as? [Any])?.isEmpty == true)
    _ = try await quartier(
      "segments", "members", "Récents", "--on", "2024-02-10", "--out", "members.csv")
    let csv = try program.text("shop/members.csv").split(separator: "\n")
    #expect(csv.count - 1 == sizes.first?["size"] as? Int)
    let history = try await quartier(
      "segments", "history", "Récents", "--by", "week", "--json"
    ).json()
    let periods = try #require(history["periods"] as? [[String: Any]])
    let exits = periods.compactMap { $0["exits"] as? Int }.reduce(0, +)
    #expect(exits == before.filter { $0["change"] as? String == "left" }.count)
    _ = try await quartier(
      "segments", "transitions", "--from", "2024-02-10", "--to", "2024-03-10")

    // What is exported is what was applied; a typing mistake is told with its place.
    _ = try await quartier("segments", "export", "--out", "again.yaml")
    #expect(
      try await quartier("segments", "diff", "-f", "again.yaml").output.contains("workspace has"))
    let shown = try await quartier("segments", "show", "gros paniers", "--lang", "fr")
    #expect(shown.output.contains("Claire") && shown.output.contains("average_basket > $least"))
    let wrong = try await quartier("segments", "preview", "ordres >= 4", status: 1)
    #expect(wrong.error.contains("rule:1:1") && wrong.error.contains("orders"))
    let preview = try await quartier("segments", "preview", "orders >= 1", "--json").json()
    #expect(preview["members"] as? Int ?? 0 > 40)
    let few = try await quartier("segments", "preview", "orders >= 7", "--json").json()
    #expect(few["members"] == nil && few["fewer_than"] as? Int == 10 || few["members"] as? Int == 0)
    try program.write(
      Self.definitions.replacing("orders, last", with: "order, last"), to: "shop/wrong.yaml")
    let refused = try await quartier("segments", "apply", "-f", "wrong.yaml", status: 1)
    #expect(refused.error.contains("wrong.yaml:4:"))
    try program.write("# nothing\n", to: "shop/empty.yaml")
    _ = try await quartier("segments", "apply", "-f", "empty.yaml", "--prune", status: 1)
    try program.write(
      "- name: Les deux\n  rule: member of \"Récents\"\n", to: "shop/one.yaml")
    let used = try await quartier("segments", "apply", "-f", "one.yaml", "--prune", status: 1)
    #expect(used.error.contains("Les deux"))
    _ = try await quartier("segments", "list", "--json")
  }

  /// The state of a store, as another program reads it: whether it is whole, and a digest.
  private func state(_ workspace: URL) async throws -> String {
    try await Package.python(
      """
      import duckdb, sys
      base = duckdb.connect(sys.argv[1])
      last = base.execute("SELECT refresh_id, last_change FROM segment_refresh "
        "ORDER BY refresh_id DESC LIMIT 1").fetchone()
      assert base.execute("SELECT max(change_id), count(*) FROM membership_change").fetchone() \\
        == (last[1], last[1])
      assert base.execute('''
        SELECT count(*) FROM segment_size s WHERE refresh_id = ? AND size != (
          SELECT count(*) FROM membership m
          WHERE m.segment_id = s.segment_id AND left_at IS NULL)''', [last[0]]).fetchone()[0] == 0
      assert base.execute("SELECT count(*) FILTER (has_entered) FROM membership_change") \\
        .fetchone() == base.execute("SELECT count(*) FROM membership").fetchone()
      print(base.execute('''SELECT (SELECT epoch_us(max(as_of)) FROM segment_refresh),
        (SELECT bit_xor(hash(segment_id, customer_id, epoch_us(entered_at), epoch_us(left_at),
          entry_reason, exit_reason)) FROM membership),
        (SELECT bit_xor(hash(customer_id, epoch_us(due_at))) FROM next_due),
        (SELECT count(*) FROM touched_customer)''').fetchone())
      """, workspace.appending(path: "quartier.duckdb").path)
  }

  @Test func `a refresh that is killed leaves the old state or the new one`() async throws {
    let program = try Program()
    defer { program.remove() }
    #expect(try await program.run("init", "shop").status == 0)
    let shop = program.folder.appending(path: "shop")
    try await fill(shop.path, customers: 4_000, from: 0, to: 50, seed: 1)
    try program.write(Self.definitions, to: "shop/segments.yaml")
    #expect(
      try await program.run(["segments", "apply", "-f", "segments.yaml"], in: shop).status == 0)
    #expect(try await program.run(["refresh", "--as-of", "2024-02-20"], in: shop).status == 0)
    try await fill(shop.path, customers: 4_000, from: 52, to: 80, seed: 2)
    let old = try await state(shop)
    // Undisturbed, on a copy; how long it takes says when to kill.
    let copy = program.folder.appending(path: "copy")
    try FileManager.default.copyItem(at: shop, to: copy)
    let started = ContinuousClock.now
    #expect(try await program.run(["refresh", "--as-of", "2024-03-25"], in: copy).status == 0)
    let whole = (ContinuousClock.now - started) / .milliseconds(1)
    let new = try await state(copy)
    #expect(old != new)
    var random = SystemRandomNumberGenerator()
    var outcomes: Set<String> = []
    for _ in 0..<8 {
      let process = Process()
      process.executableURL = Program.binary
      process.arguments = ["refresh", "--as-of", "2024-03-25"]
      process.currentDirectoryURL = shop
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      let delay = Double.random(in: 0.05...1, using: &random) * whole
      let killer = Task {
        try await Task.sleep(for: .milliseconds(delay))
        kill(process.processIdentifier, SIGKILL)
      }
      try await process.finish()
      killer.cancel()
      outcomes.insert(try await state(shop))
    }
    #expect(outcomes.isSubset(of: [old, new]))
    #expect(try await program.run(["refresh", "--as-of", "2024-03-25"], in: shop).status == 0)
    #expect(try await state(shop) == new)
  }
}
