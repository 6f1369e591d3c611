import Foundation
import Testing

@Suite struct `Importing into a workspace` {
  private let program: Program

  init() async throws {
    program = try Program()
    let made = try await program.run("init", "shop", "--currency", "EUR")
    #expect(made.status == 0, "\(made.error)")
  }

  private func shop(_ arguments: String...) async throws -> Program.Answer {
    try await program.run(arguments, in: program.folder.appending(path: "shop"))
  }

  private func store(_ query: String) async throws -> String {
    try await Package.python(
      """
      import duckdb, sys
      for row in duckdb.connect(sys.argv[1], read_only=True).execute(sys.argv[2]).fetchall():
        print(*row)
      """, program.path("shop/quartier.duckdb"), query)
  }

  @Test func `the record shop comes in once, with the totals of its run`() async throws {
    defer { program.remove() }
    let file = Package.root.appending(path: "third_party/data/cdnow/CDNOW_master.txt").path
    let first = try await shop("import", file)
    #expect(first.status == 0, "\(first.error)")
    #expect(first.output.contains("Recognised as orders") && !first.output.contains("⟦"))
    let second = try await shop("import", file)
    #expect(second.status == 0 && second.output.contains("nothing new"))
    #expect(
      try await store(
        "SELECT kind, count(*), sum(amount) FROM orders GROUP BY kind ORDER BY kind")
        == "purchase 69579 2500315.6300\nzero 80 0.0000\n")
    let list = try await shop("imports", "list")
    #expect(list.output.contains("CDNOW_master.txt") && list.output.contains("69,659"))
    let french = try await shop("imports", "--lang", "fr")
    #expect(french.output.contains("commandes") && !french.output.contains("⟦"))
  }

  @Test func `a file that fails leaves the store as it was, those before it are in`() async throws {
    defer { program.remove() }
    try program.write("id;Nom;E-mail\n1;A;a@b.fr\n2;B;b@b.fr\n", to: "shop/clients.csv")
    try program.write("id;event;date\n", to: "shop/empty.csv")
    let answer = try await shop("import", "clients.csv", "empty.csv")
    #expect(answer.status == 1)
    #expect(answer.error.contains("empty.csv"))
    #expect(try await store("SELECT count(*) FROM imports") == "1\n")
    #expect(try await store("SELECT count(*) FROM customer") == "2\n")
  }

  @Test func `lines set aside are written out and come back with another mapping`() async throws {
    defer { program.remove() }
    let lines = (1...9).map { "\($0);v;0\($0)/05/2024;;" } + ["10;;25/05/2024;;clic"]
    try program.write(
      "id client;event;date;note;autre\n" + lines.joined(separator: "\n") + "\n",
      to: "shop/e.csv")
    let answer = try await shop("import", "e.csv", "--as", "events", "--quarantine", "aside.csv")
    #expect(answer.status == 0, "\(answer.error)")
    #expect(try program.text("shop/aside.csv").contains("quarantine.value.missing"))
    let explained = try await shop("import", "e.csv", "--as", "events", "--explain-mapping")
    #expect(explained.output.contains("event: \"event\""))
    try program.write(
      explained.output.replacing("event: \"event\"", with: "event: \"autre\""),
      to: "shop/mapping.yaml")
    let replayed = try await shop(
      "import", "--replay-quarantine", "--mapping", "mapping.yaml", "--json")
    #expect(replayed.status == 0, "\(replayed.error)")
    #expect(try await store("SELECT count(*), count(DISTINCT name) FROM events") == "10 2\n")
    let nothing = try await shop("import", "--replay-quarantine")
    #expect(nothing.status == 1 && nothing.error.contains("quarantine"))
  }

  @Test func `command lines that cannot be are told so`() async throws {
    defer { program.remove() }
    #expect(try await shop("import").status == 2)
    #expect(try await shop("import", "a.csv", "--replay-quarantine").status == 2)
    #expect(try await shop("import", "a.csv", "--as", "sheep").status == 2)
    #expect(try await shop("import", "a.csv", "--as-of", "2999-01-01").status == 2)
    #expect(try await shop("import", "missing.csv").status == 1)
    #expect(try await program.run("import", "a.csv").status == 1)
  }
}
