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
    // Every period is told where no group is too small.
    let settings = try program.text("shop/quartier.yaml")
    try program.write(
      settings.replacing("smallest_group: 10", with: "smallest_group: 1"),
      to: "shop/quartier.yaml")
    let history = try await quartier(
      "segments", "history", "Récents", "--by", "week", "--json"
    ).json()
    try program.write(settings, to: "shop/quartier.yaml")
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

  @Test func `small groups of persons are hidden everywhere, companies are not`() async throws {
    let program = try Program()
    defer { program.remove() }
    #expect(try await program.run("init", "shop").status == 0)
    let shop = program.folder.appending(path: "shop")
    _ = try await Package.python(
      """
      import duckdb, sys
      base = duckdb.connect(sys.argv[1])
      base.execute('''INSERT INTO customer (first_seen, kind) SELECT make_timestamptz(1704067200000000),
        CASE WHEN i >= 40 THEN 'company' ELSE 'person' END FROM range(44) AS t(i)''')
      # Persons 1 to 4 buy in January, 5 to 40 in February; companies 41 to 44 in January.
      base.execute('''
        INSERT INTO orders (customer_id, happened_at, local_at, source, key, row_id, kind, amount)
        SELECT i, make_timestamptz(moment), make_timestamp(moment), 'till', i::VARCHAR,
          nextval('row_ids'), 'purchase', 10
        FROM (SELECT i, (1704067200000000 + CASE WHEN i BETWEEN 5 AND 40
          THEN 3600000000000 ELSE 86400000000 END)::BIGINT AS moment FROM range(1, 45) AS t(i))''')
      """, shop.appending(path: "quartier.duckdb").path)
    try program.write(
      """
      - {name: January, intention: a, rule: kind = "person" and first_purchase < 2024-02-01}
      - {name: February, intention: a, rule: first_purchase >= 2024-02-01}
      - {name: Companies, intention: a, rule: kind = "company" and any(orders)}
      - {name: Nobody, intention: a, rule: orders > 5}
      """, to: "shop/segments.yaml")
    func quartier(_ arguments: String...) async throws -> Program.Answer {
      let answer = try await program.run(arguments, in: shop)
      #expect(answer.status == 0, "\(arguments): \(answer.error)")
      return answer
    }
    func items(_ answer: Program.Answer, _ key: String) throws -> [[String: Any]] {
      try #require(try answer.json()[key] as? [[String: Any]])
    }
    func sizes(_ answer: Program.Answer, _ key: String = "size") throws -> [Int?] {
      try items(answer, "segments").map { $0[key] as? Int }
    }
    let dry = try await quartier("segments", "apply", "-f", "segments.yaml", "--dry-run", "--json")
    #expect(try sizes(dry) == [nil, 36, 4, 0])
    #expect(try sizes(dry, "entering") == [nil, 36, 4, 0])
    #expect(try sizes(dry, "fewer_than") == [10, nil, nil, nil])
    _ = try await quartier("segments", "apply", "-f", "segments.yaml")
    _ = try await quartier("refresh", "--as-of", "2024-01-15")
    let refreshed = try await quartier("refresh", "--as-of", "2024-03-01", "--json")
    #expect(try sizes(refreshed) == [nil, 36, 4, 0])
    let list = try await quartier("segments", "list", "--json")
    #expect(try sizes(list) == [nil, 36, 4, 0])
    #expect(try sizes(list, "fewer_than") == [10, nil, nil, nil])
    #expect(try await quartier("segments", "list").output.contains("fewer than 10"))
    #expect(
      try await quartier("segments", "list", "--lang", "fr").output.contains("moins de 10"))
    let shown = try await quartier("segments", "show", "January", "--json")
    #expect(try items(shown, "sizes").allSatisfy { $0["size"] == nil && $0["fewer_than"] != nil })
    let text = try await quartier("segments", "show", "January")
    #expect(text.output.contains("Members: fewer than 10"))
    let history = try await quartier("segments", "history", "January", "--json")
    #expect(try items(history, "periods").allSatisfy { $0["size"] == nil && $0["entries"] == nil })
    // Whoever is in none and then in February: 36; January to January: 4 persons.
    let moves = try items(
      try await quartier(
        "segments", "transitions", "--from", "2024-01-15", "--to", "2024-03-01", "--json"),
      "transitions")
    #expect(moves.compactMap { $0["customers"] as? Int }.sorted() == [4, 36])
    #expect(moves.count { $0["fewer_than"] as? Int == 10 } == 1)
    for (rule, members) in [("kind = 'company'", 4), ("orders > 3", 0)] {
      let preview = try await quartier("segments", "preview", rule, "--json").json()
      #expect(preview["members"] as? Int == members)
    }
    let preview = try await quartier(
      "segments", "preview", "first_purchase < 2024-02-01 and kind = 'person'", "--json"
    ).json()
    #expect(preview["members"] == nil && preview["fewer_than"] as? Int == 10)
    // The threshold is the workspace's.
    let settings = try program.text("shop/quartier.yaml")
    try program.write(
      settings.replacing("smallest_group: 10", with: "smallest_group: 4"),
      to: "shop/quartier.yaml")
    #expect(try sizes(try await quartier("segments", "list", "--json")) == [4, 36, 4, 0])
    try program.write(
      settings.replacing("smallest_group: 10", with: "smallest_group: 0"),
      to: "shop/quartier.yaml")
    let refused = try await program.run(["segments", "list"], in: shop)
    #expect(refused.status == 1 && refused.error.contains("smallest_group"))
  }

  @Test func `an empty workspace says what to do first`() async throws {
    let program = try Program()
    defer { program.remove() }
    #expect(try await program.run("init", "shop").status == 0)
    let shop = program.folder.appending(path: "shop")
    for arguments in [["segments", "list"], ["segments", "preview", "orders > 3"], ["refresh"]] {
      let answer = try await program.run(arguments, in: shop)
      #expect(answer.status == 0 && answer.output.contains("quartier import"), "\(arguments)")
    }
    for arguments in [["segments", "list"], ["refresh"], ["segments", "quality"]] {
      let answer = try await program.run(arguments, in: shop)
      #expect(answer.status == 0 && answer.output.contains("starter"), "\(arguments)")
    }
  }

  @Test func `errors mark their place in files and in typed rules`() async throws {
    let program = try Program()
    defer { program.remove() }
    #expect(try await program.run("init", "shop").status == 0)
    let shop = program.folder.appending(path: "shop")
    func refused(_ yaml: String) async throws -> String {
      try program.write(yaml, to: "shop/s.yaml")
      let answer = try await program.run(["segments", "check", "-f", "s.yaml"], in: shop)
      #expect(answer.status == 1 && answer.output == "", "\(yaml)")
      #expect(!answer.error.contains("⟦"))
      return answer.error
    }
    let typed = try await program.run(["segments", "preview", "revenu > 3 EUR"], in: shop)
    #expect(typed.status == 1)
    #expect(typed.error.contains("\n    revenu > 3 EUR\n    ^^^^^^\n  → "))
    let block = try await refused(
      "- name: A\n  intention: b\n  rule: |\n    orders > 3\n    and ordrs < 9\n")
    #expect(block.contains("s.yaml:5:9:") && block.contains("    and ordrs < 9\n        ^^^^^\n"))
    // A tree has no text of its own: its canonical one is shown; its forms have paths.
    let tree = try await refused(
      """
      - name: A
        intention: b
        rule: {comparison: ">", left: {name: ordrs}, right: {number: 3}}
      """)
    #expect(tree.contains("s.yaml:3:9") && tree.contains("    ordrs > 3\n    ^^^^^\n"))
    let form = try await refused("- {name: A, rule: {comparison: '>', left: {nam: orders}}}")
    #expect(form.contains("$.rule.left"))
    let key = try await refused("- name: A\n  intnetion: b\n  rule: orders > 3\n")
    #expect(key.contains("s.yaml:2:3") && key.contains("    ^^^^") && key.contains("intention"))
    let outcome = try await program.run(
      ["segments", "quality", "--outcome", "averge_basket"], in: shop)
    #expect(outcome.status == 1)
  }

  @Test func `what is meant to break the commands gets a clear answer quickly`() async throws {
    let program = try Program()
    defer { program.remove() }
    #expect(try await program.run("init", "shop").status == 0)
    let shop = program.folder.appending(path: "shop")
    let many = (1...9_000).map { "orders = \($0)" }
    let deep =
      String(repeating: "(", count: 200) + "orders > 3"
      + String(repeating: ")", count: 200)
    let sql = "x\"'; DROP TABLE customer; --"
    let name = "Été 🧡 שלום «é» ‘;--"
    // What is right: wide and deep rules, a name, values and patterns of any text.
    let good = """
      - {name: Many, intention: a, rule: '\(many.prefix(3_000).joined(separator: " or "))'}
      - {name: Deep, intention: a, rule: \(deep)}
      - name: '\(name)'
        intention: 'a''b"; DROP TABLE segment;'
        owner: "\u{5D0}\u{5D1}"
        description: "\\"; --"
        tags: ["'", "\\"", "%s"]
        rule: |-
          city = "x""'; DROP TABLE customer; --" or city contains "%_" or city matches "(a|aa)+(b|bb)+c"
          or count(orders where channel = "'); --") > 9223372036854775806
      - {name: Diamond A, intention: a, rule: member of "Many"}
      - {name: Diamond B, intention: a, rule: member of "Many" and member of "Deep"}
      - {name: Diamond, intention: a, rule: member of "Diamond A" or member of "Diamond B"}
      """
    try program.write(good, to: "shop/good.yaml")
    let checked = try await program.run(["segments", "check", "-f", "good.yaml"], in: shop)
    #expect(checked.status == 0, "\(checked.error.prefix(600))")
    #expect(try await program.run(["segments", "apply", "-f", "good.yaml"], in: shop).status == 0)
    #expect(try await program.run(["refresh"], in: shop).status == 0)
    #expect(
      try await program.run(["segments", "show", name, "--lang", "fr"], in: shop).status == 0)
    #expect(try await program.run(["segments", "members", sql], in: shop).status == 1)
    #expect(try await program.run(["segments", "export", "--out", "e.yaml"], in: shop).status == 0)
    let same = try await program.run(["segments", "diff", "-f", "e.yaml", "--json"], in: shop)
    #expect((try same.json()["segments"] as? [Any])?.isEmpty == true, "\(same.output.prefix(600))")
    // What is wrong, and what is said of it.
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n- name: A\n"
    let wrong: [(String, String)] = [
      ("- {name: A, rule: '\(many.joined(separator: " or "))'}", "20,000"),
      ("- {name: A, rule: '\(String(repeating: "(", count: 300))'}", "256"),
      ("- {name: A, rule: member of \"B\"}\n- {name: B, rule: member of \"A\"}", "A → B → A"),
      ("- {name: A, rule: member of \"A\"}", "A"),
      ("- {name: A, rule: orders > 9223372036854775808}", "9223372036854775808"),
      ("- {name: A, rule: birth_date < 12345-01-01}", "12345"),
      ("- {name: A, rule: signed_up < 2024-02-30}", "2024-02-30"),
      ("- {name: A, rule: 'city matches \"(?=a)b\"'}", "(?=a)b"),
      ("- {name: A, rule: 'city matches \"a{1,99999}\"'}", "99999"),
      ("", "s.yaml"), ("# nothing\n", "s.yaml"), ("---\n...\n", "s.yaml"), (bomb, "alias"),
      ("- {name: A, name: B, rule: orders > 3}", "name"), ("- {name: A\n  rule", "s.yaml"),
      ("- {name: \"a\\u202Eb\", rule: orders > 3}", "s.yaml:1"), ("\u{0}", "s.yaml"),
    ]
    let started = ContinuousClock.now
    for (yaml, said) in wrong {
      try program.write(yaml, to: "shop/s.yaml")
      let answer = try await program.run(["segments", "check", "-f", "s.yaml"], in: shop)
      #expect(answer.status == 1 && answer.output == "", "\(yaml.prefix(60))")
      #expect(
        answer.error.localizedCaseInsensitiveContains(said) && !answer.error.contains("⟦"),
        "\(yaml.prefix(60)): \(answer.error.prefix(600))")
      #expect(answer.error.utf8.count < 20_000, "\(yaml.prefix(60))")
    }
    print("\(wrong.count) wrong files: \(ContinuousClock.now - started)")
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
