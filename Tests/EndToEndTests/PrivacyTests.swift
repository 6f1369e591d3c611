import Foundation
import Testing

@Suite struct `People's rights on the command line` {
  private let program: Program

  init() async throws {
    program = try Program()
    let made = try await program.run("init", "shop", "--currency", "EUR")
    #expect(made.status == 0, "\(made.error)")
    // Beside the workspace: what a business keeps of its exports is not Quartier's.
    try program.write(
      """
      id client;Nom;E-mail;Téléphone
      C-100201;Lefèvre;jeanne.lefevre@example.org;+33 6 12 34 56 78
      C-100202;Moreau;luc.moreau@example.org;+33 6 22 33 44 55

      """, to: "clients.csv")
    try program.write(
      """
      id client;commande;date;montant
      C-100201;K-1;12/03/2026;59,90
      C-100202;K-2;15/05/2026;19,90
      C-100202;K-3;16/05/2026;29,90

      """, to: "commandes.csv")
    for (file, kind) in [("clients.csv", "customers"), ("commandes.csv", "orders")] {
      let answer = try await shop("import", "../\(file)", "--as", kind)
      #expect(answer.status == 0, "\(answer.error)")
    }
  }

  private func shop(_ arguments: String..., lang: String = "en") async throws -> Program.Answer {
    let answer = try await program.run(
      arguments + ["--lang", lang], in: program.folder.appending(path: "shop"))
    #expect(!answer.output.contains("⟦") && !answer.error.contains("⟦"), "\(arguments)")
    return answer
  }

  private func members() async throws -> [String] {
    let answer = try await shop("segments", "members", "Buyers", "--out", "m.csv")
    #expect(answer.status == 0, "\(answer.error)")
    return try program.text("shop/m.csv").split(separator: "\n").dropFirst().map(String.init)
  }

  @Test func `a person sees, corrects and restricts what is known of her`() async throws {
    defer { program.remove() }
    let access = try await shop(
      "privacy", "access", "jeanne.lefevre@example.org", "--out", "../answer", lang: "fr")
    #expect(access.status == 0, "\(access.error)")
    let files = try FileManager.default.contentsOfDirectory(atPath: program.path("answer"))
    let page = try program.text("answer/" + (files.first { $0.hasSuffix(".html") } ?? ""))
    #expect(page.contains("Vos données") && page.contains("59.9") && page.contains("Lefèvre"))
    #expect(page.contains("CNIL") && !page.contains("⟦") && !page.contains("Moreau"))
    let archive = try await shop("privacy", "access", "C-100201", "--json").json()
    let data = try #require(archive["data"] as? [String: Any])
    #expect((data["orders"] as? [[String: Any]])?.first?["amount"] as? String == "59.9000")
    #expect((data["files"] as? [Any])?.count == 2)

    let rectified = try await shop("privacy", "rectify", "C-100201", "last_name=Lefebvre", "--json")
    #expect(try rectified.json()["attributes"] as? [String] == ["last_name"])
    // The same mistake again, in a newer file, is not believed.
    try program.write(
      try program.text("clients.csv") + "C-100203;Petit;p@example.org;\n", to: "clients2.csv")
    #expect(try await shop("import", "../clients2.csv", "--as", "customers").status == 0)
    let name = try await store(
      "SELECT last_name FROM customer_attribute JOIN identifier USING (customer_id) WHERE value = 'C-100201'"
    )
    #expect(name == "Lefebvre\n")
    #expect(try await shop("privacy", "rectify", "C-100201", "shoe_size=4").status == 2)

    try program.write("- name: Buyers\n  rule: orders >= 1\n", to: "shop/segments.yaml")
    #expect(try await shop("segments", "apply", "-f", "segments.yaml").status == 0)
    #expect(try await shop("refresh").status == 0)
    #expect(try await members().count == 2)
    #expect(try await shop("privacy", "object", "C-100201", "--against", "profiling").status == 0)
    // At once, and after the next refresh.
    #expect(try await members().count == 1)
    #expect(try await shop("refresh").status == 0)
    #expect(try await members().count == 1)
    #expect(
      try await store(
        "SELECT count(*) FROM membership WHERE left_at IS NULL") == "1\n")
    #expect(
      try await shop("privacy", "object", "C-100201", "--against", "profiling", "--end").status == 0
    )
    #expect(try await shop("refresh").status == 0)
    #expect(try await members().count == 2)
    #expect(try await shop("privacy", "restrict", "C-100201").status == 0)
    let run = try await shop("run", "../commandes.csv", "--json").json()
    #expect((run["totals"] as? [String: Any])?["purchasers"] as? Int == 1)
    #expect(
      try await store("SELECT count(*) FROM run_customers WHERE customer = 'C-100201'") == "0\n")
    let log = try await shop("privacy", "audit")
    #expect(log.status == 0 && log.output.contains("gave access") && log.output.contains("intact"))
    #expect(!log.output.contains("lefevre") && !log.output.contains("C-100201"))
    _ = try await store("UPDATE audit_log SET detail = 'x' WHERE entry_id = 2")
    #expect(try await shop("privacy", "audit").status == 1)
  }

  @Test func `consent opens a channel, and an objection shuts it for what waits`() async throws {
    defer { program.remove() }
    try program.write("- name: Buyers\n  rule: orders >= 1\n", to: "shop/segments.yaml")
    #expect(try await shop("segments", "apply", "-f", "segments.yaml").status == 0)
    #expect(try await shop("refresh").status == 0)
    func written(_ channel: String) async throws -> Int {
      let answer = try await shop(
        "segments", "members", "Buyers", "--out", "list.csv", "--for", channel)
      #expect(answer.status == 0, "\(answer.error)")
      return try program.text("shop/list.csv").split(separator: "\n").count - 1
    }
    #expect(try await written("email") == 0)
    #expect(try await written("post") == 2)
    let granted = try await shop(
      "privacy", "consent", "C-100201", "--grant", "email", "--proof", "form v2", "--json")
    let marketing = try #require(try granted.json()["marketing"] as? [[String: Any]])
    #expect(
      marketing.first { $0["channel"] as? String == "email" }?["is_permitted"] as? Bool == true)
    #expect(try await written("email") == 1)
    #expect(try await shop("privacy", "object", "C-100201", "--against", "marketing").status == 0)
    #expect(try await written("email") == 0)
    #expect(try await written("post") == 1)
    let shown = try await shop("privacy", "consent", "C-100201", lang: "fr")
    #expect(shown.output.contains("opposition") && shown.output.contains("prospection"))
  }

  @Test func `an erasure is certified and a file of hers in the workspace is named`() async throws {
    defer { program.remove() }
    try program.write(try program.text("clients.csv"), to: "shop/copy.csv")
    let erased = try await shop("privacy", "erase", "C-100201", "--now", "--json").json()
    let certificate = try #require((erased["certificates"] as? [[String: Any]])?.first)
    #expect(certificate["gone_at"] != nil && erased["waiting"] as? Int == 0)
    let outside = try #require(certificate["outside"] as? [[String: Any]])
    #expect(
      outside.contains {
        ($0["path"] as? String)?.hasSuffix("shop/copy.csv") == true
          && $0["kind"] as? String == "found"
      })
    let again = try await shop("privacy", "access", "C-100201", "--json")
    #expect(again.status == 1 && again.error.contains("erased"))
    let shown = try await shop("privacy", "certificate", lang: "fr")
    #expect(shown.output.contains("Certificat d’effacement 1"))
    // Later and without --now: hidden, then rewritten with those who wait.
    let waiting = try await shop("privacy", "erase", "C-100202", "--json").json()
    #expect(waiting["waiting"] as? Int == 1)
    #expect(try await store("SELECT count(*) FROM customer") == "0\n")
    #expect(try await shop("privacy", "erase", "--now").status == 0)
    #expect(try await shop("privacy", "erase", "--now").status == 1)
    let missing = try await program.run(
      ["import", "../commandes.csv"], environment: ["QUARTIER_KEYS": program.path("nowhere")],
      in: program.folder.appending(path: "shop"))
    #expect(missing.status == 4 && missing.error.contains("QUARTIER_KEYS"))
  }

  @Test func `what a person said under one record holds for her profile, which goes as a whole`()
    async throws
  {
    defer { program.remove() }
    try program.write(
      """
      id client;Nom;E-mail;Téléphone;Ville
      L-900771;DUBOIS;agathe.dubois@orange.fr;+33 6 99 88 77 66;Quimperlé-sur-Test

      """, to: "cartes.csv")
    try program.write(
      "id client;Nom;E-mail;Téléphone\nC-100301;Dubois;agathe.dubois@orange.fr;\n",
      to: "clients2.csv")
    try program.write(
      "id client;commande;date;montant\nC-100301;K-9;16/05/2026;64,50\n", to: "commandes2.csv")
    for (file, kind) in [("clients2", "customers"), ("commandes2", "orders")] {
      #expect(try await shop("import", "../\(file).csv", "--as", kind).status == 0)
    }
    #expect(
      try await shop("import", "../cartes.csv", "--as", "customers", "--source", "cartes").status
        == 0)
    try program.write("- name: Buyers\n  rule: orders >= 1\n", to: "shop/segments.yaml")
    #expect(try await shop("segments", "apply", "-f", "segments.yaml").status == 0)
    // Under the card, which is the later record and does not survive.
    #expect(
      try await shop("privacy", "object", "L-900771", "--against", "profiling").status == 0)
    #expect(try await shop("privacy", "consent", "L-900771", "--refuse", "all").status == 0)
    #expect(try await shop("identity", "resolve").status == 0)
    #expect(try await store("SELECT count(*) FROM customer") == "3\n")
    #expect(try await shop("refresh").status == 0)
    #expect(try await members().count == 2)
    let said = try await shop("privacy", "consent", "C-100301", "--json").json()
    #expect(
      (said["marketing"] as? [[String: Any]])?.contains { $0["is_permitted"] as? Bool == true }
        == false)
    let access = try await shop("privacy", "access", "L-900771", "--json")
    #expect(access.output.contains("Quimperl") && access.output.contains("64.5000"))
    // The objection is hers to end under either name.
    #expect(
      try await shop("privacy", "object", "C-100301", "--against", "profiling", "--end").status == 0
    )
    #expect(try await shop("refresh").status == 0)
    #expect(try await members().count == 3)

    let erased = try await shop("privacy", "erase", "L-900771", "--now", "--json").json()
    #expect((erased["certificates"] as? [[String: Any]])?.count == 1)
    for table in ["profile_record", "customer_alias", "identity_link", "identity_pair"] {
      #expect(try await store("SELECT count(*) FROM \(table)") == "0\n", "\(table)")
    }
    for file in ["cartes.csv", "clients2.csv", "commandes2.csv"] {
      let kind = file == "commandes2.csv" ? "orders" : "customers"
      let source = file == "cartes.csv" ? ["--source", "cartes"] : []
      _ = try await program.run(
        ["import", "../\(file)", "--as", kind] + source,
        in: program.folder.appending(path: "shop"))
    }
    #expect(try await store("SELECT count(*) FROM customer") == "2\n")
    #expect(
      try await store(
        "SELECT count(*) FROM attribute_history WHERE value ILIKE '%dubois%' OR value LIKE '%771%'"
      )
        == "0\n")
  }

  private func store(_ query: String) async throws -> String {
    try await Package.python(
      """
      import duckdb, sys
      for row in duckdb.connect(sys.argv[1]).execute(sys.argv[2]).fetchall():
        print(*row)
      """, program.path("shop/quartier.duckdb"), query)
  }
}
