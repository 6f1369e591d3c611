import Foundation
import Testing

@Suite struct `Describing customers from the command line` {
  /// Every source of a generated base, imported from the systems that they come from.
  private static let files: [(file: String, kind: String, source: String)] = [
    ("companies", "companies", "crm"), ("contacts", "contacts", "crm"),
    ("crm", "customers", "crm"), ("shop", "customers", "shop"),
    ("loyalty", "customers", "loyalty"), ("orders", "orders", "shop"),
    ("events", "events", "shop"), ("campaign_contacts", "campaigns", "shop"),
    ("tickets", "tickets", "crm"), ("survey_answers", "survey", "crm"),
    ("life_events", "life-events", "crm"), ("subscriptions", "subscriptions", "shop"),
    ("opportunities", "opportunities", "crm"),
  ]

  @Test func `a generated base is described, segmented and audited`() async throws {
    let program = try Program()
    defer { program.remove() }
    func run(_ arguments: String..., in folder: String? = nil) async throws -> Program.Answer {
      let answer = try await program.run(
        arguments, in: folder.map { program.folder.appending(path: $0) })
      #expect(answer.status == 0, "\(arguments): \(answer.error)")
      #expect(!answer.output.contains("⟦"), "\(arguments): \(answer.output)")
      return answer
    }
    _ = try await run("generate", "--customers", "2000", "--seed", "5", "--b2b", "--out", "base")
    _ = try await run("init", "shop", "--currency", "EUR")
    for (file, kind, source) in Self.files {
      _ = try await run(
        "import", "../base/\(file).csv", "--as", kind, "--source", source, in: "shop")
    }
    try program.write(
      """
      segments:
        - {name: Managers, rule: csp_plus_3_4 = true}
        - {name: Wider, rule: csp_plus_2_4 = true}
        - {name: Dense, rule: density3 = "1"}
        - {name: Overseas, rule: overseas = true}
        - {name: Bretons, rule: region = "Bretagne"}
        - {name: Adults, rule: age between 30 and 45}
        - {name: Boomers, rule: generation = "boomer"}
        - {name: Phones, rule: device = "mobile"}
        - {name: Valid, rule: siret_check = "valid"}

      """, to: "shop/own.yaml")
    let starter = try await run("segments", "starter", in: "shop")
    try program.write(starter.output, to: "shop/starter.yaml")
    _ = try await run("segments", "apply", "-f", "starter.yaml", in: "shop")
    _ = try await run("segments", "apply", "-f", "own.yaml", in: "shop")
    let refreshed = try await run("refresh", "--json", in: "shop").json()
    var sizes: [String: Int] = [:]
    for one in try #require(refreshed["segments"] as? [[String: Any]]) {
      sizes[one["name"] as? String ?? ""] = one["size"] as? Int
    }
    for name in [
      "Managers", "Dense", "Overseas", "Bretons", "Adults", "Boomers", "Phones", "Valid",
      "Seniors", "Microenterprises (TPE)", "Small and medium-sized companies (PME)",
      "Industry: manufacturing", "Industry: trade",
    ] {
      #expect((sizes[name] ?? 0) > 0, "\(name)")
    }
    // Every generated company has a valid SIRET; the wider CSP+ has everybody of the narrower.
    #expect(sizes["Valid"] == 200)
    #expect((sizes["Wider"] ?? 0) >= (sizes["Managers"] ?? .max))
    let again = try await run("import", "../base/crm.csv", "--source", "crm", "--json", in: "shop")
    let described = try #require(try again.json()["described"] as? [String: Any])
    #expect(described["changed"] as? Int == 0)

    // The truth file knows the occupation of each person of the CRM; its titles are without slips.
    let truth = try await Package.python(
      """
      import csv, duckdb, sys
      store = duckdb.connect(sys.argv[1], read_only=True)
      folder = sys.argv[2]
      group = {r["person_id"]: r["pcs_group"] for r in csv.DictReader(open(folder + "/truth_people.csv"))}
      person = {r["record_id"]: r["person_id"] for r in csv.DictReader(open(folder + "/truth_records.csv"))}
      known = right = 0
      for value, found in store.execute('''
          SELECT i.value, a.pcs_group FROM identifier AS i JOIN customer_attribute AS a USING (customer_id)
          WHERE i.source = 'crm' AND a.pcs_code IS NOT NULL''').fetchall():
        true = group.get(person.get(value, ""), "")
        if true:
          known += 1
          right += true == found
      print(known, right)
      """, program.path("shop/quartier.duckdb"), program.path("base"))
    let counts = truth.split(separator: " ").compactMap {
      Int($0.trimmingCharacters(in: .newlines))
    }
    #expect(counts[0] > 200 && Double(counts[1]) > 0.85 * Double(counts[0]), "\(truth)")

    let audit = try await run("audit", "--objective", "fideliser", "--json", in: "shop").json()
    let report = try #require(audit["report"] as? [String: Any])
    let base = try #require(report["base"] as? [String: Any])
    #expect((base["companies"] as? Int ?? 0) == 200)
    let methods = try #require(report["methods"] as? [[String: Any]])
    #expect(methods.first?["method"] as? String == "lifetime_value")
    let duplicates = try #require(report["duplicates"] as? [[String: Any]])
    #expect(duplicates.contains { ($0["surplus"] as? Int ?? 0) > 100 })
    for arguments in [["audit"], ["audit", "--lang", "fr", "--objective", "b2b"]] {
      let told = try await program.run(
        arguments, in: program.folder.appending(path: "shop"))
      #expect(told.status == 0 && !told.output.contains("⟦"), "\(told.output)\(told.error)")
    }
    let wrong = try await program.run(
      "audit", "--objective", "grow", in: program.folder.appending(path: "shop"))
    #expect(wrong.status == 2)
  }

  @Test func `stores that nothing places are told before anything is imported`() async throws {
    let program = try Program()
    defer { program.remove() }
    _ = try await program.run("init", "shop", "--currency", "EUR")
    let settings = try String(
      contentsOfFile: program.path("shop/quartier.yaml"), encoding: .utf8)
    try program.write("id;Nom;Code postal;Ville\n1;A;75011;Paris\n", to: "shop/clients.csv")
    let shop = program.folder.appending(path: "shop")
    for (text, words) in [
      ("stores:\n  - {name: Nowhere}\n", "Nowhere"), ("stores: missing.csv\n", "missing.csv"),
    ] {
      try program.write(settings + text, to: "shop/quartier.yaml")
      let refused = try await program.run("import", "clients.csv", in: shop)
      #expect(refused.status == 1 && refused.error.contains(words), "\(refused.error)")
    }
    try program.write("Magasin;CP;Ville\nLyon;69001;Lyon\n", to: "shop/stores.csv")
    try program.write(settings + "stores: stores.csv\n", to: "shop/quartier.yaml")
    let done = try await program.run("import", "clients.csv", "--as", "customers", in: shop)
    #expect(done.status == 0, "\(done.error)")
    let stored = try await Package.python(
      """
      import duckdb, sys
      print(*duckdb.connect(sys.argv[1], read_only=True).execute(
        "SELECT nearest_store, store_distance_km BETWEEN 380 AND 400 FROM customer_attribute").fetchone())
      """, program.path("shop/quartier.duckdb"))
    #expect(stored == "Lyon True\n")
  }
}
