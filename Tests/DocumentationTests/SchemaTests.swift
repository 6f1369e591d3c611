import Foundation
import Presentation
import Testing

/// The schemas of `docs/schemas` against real answers, by an independent validator.
@Suite struct `JSON answers and their schemas` {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "quartier-schemas-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private static let python = Repository.root
    .appending(path: "third_party/test-venv/bin/python")
  private static let script = Repository.root
    .appending(path: "Tests/DocumentationTests/schema_check.py").path

  /// What the validator has to say of answers; empty when they fit.
  private func problems(_ schema: String, _ answers: [Data]) throws -> String {
    var files: [String] = []
    for (index, answer) in answers.enumerated() {
      let file = folder.appending(path: "\(schema)-\(index).json")
      try answer.write(to: file)
      files.append(file.path)
    }
    let path = Repository.root.appending(path: "docs/schemas/\(schema)-1.schema.json").path
    let answer = try Program.run(Self.python, [Self.script, "check", path] + files)
    #expect(answer.status == 0)
    return String(decoding: answer.output, as: UTF8.self)
  }

  private func answer(_ arguments: String...) throws -> Data {
    let answer = try Program.run(arguments + ["--json"], in: folder)
    #expect(answer.status == 0, "\(arguments)")
    return answer.output
  }

  @Test func `runs say what their schema describes, all of it and nothing else`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let written = try Program.run(Self.python, [Self.script, "orders", folder.path])
    #expect(written.status == 0)
    let runs = [
      try answer(
        "run", "commandes.csv", "suite.csv.gz", "--objective", "retain", "--currency", "EUR",
        "--events", "events.csv", "--out", "result"),
      try answer(
        "run", "commandes.csv", "--segments", "eleven", "--amounts", "ttc", "--monetary",
        "average", "--recency-cuts", "30,90", "--frequency-cuts", "1,3", "--monetary-cuts",
        "20,80", "--period", "4w"),
      try answer("run", "orders.xlsx", "--sheet", "Orders"), try answer("run", "orders.json"),
    ]
    #expect(try problems("run", runs) == "")
    let kept = try Data(contentsOf: folder.appending(path: "result/segments.json"))
    #expect(
      String(decoding: runs[0], as: UTF8.self).hasPrefix(String(decoding: kept, as: UTF8.self)))
    #expect(!String(decoding: runs[0], as: UTF8.self).contains("null"))
    #expect(try columnTypes() == Self.documentedColumnTypes())
    let score = try answer(
      "customer", "score", "--from", "result/segments.json", "--days", "0", "--orders", "1",
      "--monetary", "10")
    #expect(try problems("customer-score", [score]) == "")
  }

  /// Names and types of the columns of the Parquet file just written, by an independent reader.
  private func columnTypes() throws -> [String] {
    let script = """
      import duckdb, sys
      for row in duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [sys.argv[1]]).fetchall():
        print(row[0], row[1])
      """
    let file = folder.appending(path: "result/customers.parquet").path
    let answer = try Program.run(Self.python, ["-c", script, file])
    return String(decoding: answer.output, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private static func documentedColumnTypes() throws -> [String] {
    let page = try Page("customer-table", .english)
    let rows = try ["customer", "p_alive", "interactions"].flatMap { try page.table(with: $0).rows }
    return rows.map { span($0[0]) + " " + span($0[1]) }
  }

  @Test func `models say what their schemas describe, all of it and nothing else`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try Program.run(Self.python, [Self.script, "models", folder.path]).status == 0)
    let value = [
      try answer(
        "model", "clv", "orders.csv", "--currency", "EUR", "--customers", "customers.csv",
        "--covariates", "region,age", "--acquisition-cost", "won_for", "--cost-per-order", "1.5",
        "--cost-per-year", "3", "--calibration-end", "2024-01-31"),
      try answer("model", "clv", "orders.csv", "--model", "bg-nbd"),
      try answer("model", "clv", "young.csv"),
    ]
    #expect(try problems("model-clv", value) == "")
    let groups = [
      try answer("model", "clusters", "orders.csv", "--groups", "2-5", "--method", "mixture"),
      try answer("model", "clusters", "orders.csv", "--groups", "3", "--method", "ward"),
      try answer(
        "model", "clusters", "orders.csv", "--attributes", "orders,favourite_category"),
      try answer("model", "clusters", "young.csv", "--attributes", "orders"),
    ]
    #expect(try problems("model-clusters", groups) == "")
    let tribes = [
      try answer("model", "tribes", "survey.csv", "--id", "id", "--group", "team"),
      try answer("model", "tribes", "question.csv"),
    ]
    #expect(try problems("model-tribes", tribes) == "")
    let survival = [
      try answer(
        "model", "survival", "contracts.csv", "--start", "start", "--end", "end", "--group",
        "plan", "--covariates", "plan,seats", "--amount", "monthly", "--id", "id", "--horizon",
        "6"),
      try answer("model", "survival", "contracts.csv", "--start", "start", "--end", "end"),
      try answer("model", "survival", "few.csv"),
    ]
    #expect(try problems("model-survival", survival) == "")

    #expect(try Program.run("init", "shop", in: folder).status == 0)
    let shop = folder.appending(path: "shop")
    func kept(_ arguments: String...) throws -> Data {
      let answer = try Program.run(arguments + ["--json"], in: shop)
      #expect(answer.status == 0, "\(arguments)")
      return answer.output
    }
    for file in ["../orders.csv", "../orders.csv"] {
      #expect(try Program.run(["run", file], in: shop).status == 0)
    }
    #expect(try problems("model-list", [try kept("model", "list")]) == "")
    #expect(try problems("model-compare", [try kept("model", "compare", "clv", "1", "2")]) == "")
    #expect(try problems("model-clv", value + [try kept("model", "show", "clv")]) == "")
  }

  @Test func `segments and refreshes say what their schemas describe`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try Program.run("init", "shop", in: folder).status == 0)
    let shop = folder.appending(path: "shop")
    let filled = try Program.run(
      Self.python,
      [
        "-c",
        """
        import duckdb, sys
        base = duckdb.connect(sys.argv[1])
        base.execute("INSERT INTO customer (first_seen) SELECT make_timestamptz(1704067200000000) "
          "FROM range(20000)")
        base.execute('''
          INSERT INTO orders (customer_id, happened_at, local_at, source, key, row_id, kind, amount)
          SELECT 1 + i % 20, make_timestamptz(moment), make_timestamp(moment), 'till', i::VARCHAR,
            nextval('row_ids'), 'purchase', 10
          FROM (SELECT i, (1704067200000000 + i * 86400000000)::BIGINT AS moment FROM range(45) AS t(i))
          ''')
        base.execute("UPDATE customer SET kind = 'company' WHERE customer_id % 2 = 0")
        base.execute('''
          INSERT INTO campaign_contacts
            (customer_id, happened_at, local_at, source, key, row_id, action, campaign)
          SELECT 1 + i, make_timestamptz(moment), make_timestamp(moment), 'mail', action || day || i,
            nextval('row_ids'), action, 'campaign ' || day
          FROM range(20) AS t(i), (VALUES (30), (170)) AS d(day),
            (VALUES ('sent', 0), ('clicked', 1)) AS a(action, later),
            (SELECT (1704067200000000 + (day + later) * 86400000000)::BIGINT AS moment)
          ''')
        """, shop.appending(path: "quartier.duckdb").path,
      ])
    #expect(filled.status == 0)
    let example = try #require(try Page("segments", .english).code("yaml").first)
    let french = try #require(try Page("segments", .french).code("yaml").first)
    for (name, text) in [("segments.yaml", example), ("fr.yaml", french)] {
      try Data((text + "\n").utf8).write(to: shop.appending(path: name))
    }
    try Data(
      "- name: Recent\n  rule: count(orders, last 30 days) >= 1\n  renamed_from: Late\n".utf8
    ).write(to: shop.appending(path: "renamed.yaml"))
    try Data("- name: Late\n  rule: count(orders, last 30 days) >= 1\n".utf8)
      .write(to: shop.appending(path: "late.yaml"))
    func answer(_ arguments: String...) throws -> Data {
      let answer = try Program.run(arguments + ["--json"], in: shop)
      #expect(answer.status == 0, "\(arguments)")
      return answer.output
    }
    func segments(_ arguments: String...) throws -> Data {
      let answer = try Program.run(["segments"] + arguments + ["--json"], in: shop)
      #expect(answer.status == 0, "\(arguments)")
      return answer.output
    }
    let checks = [
      try segments("check", "-f", "segments.yaml"), try segments("check", "-f", "late.yaml"),
    ]
    #expect(try problems("segments-check", checks) == "")
    try Data("- {name: Few, intention: retain, rule: count(orders) >= 3}\n".utf8)
      .write(to: shop.appending(path: "few.yaml"))
    let applied = [
      try segments("apply", "-f", "few.yaml", "--dry-run"),
      try segments("apply", "-f", "few.yaml"),
      try segments("apply", "-f", "segments.yaml", "--dry-run"),
      try segments("apply", "-f", "segments.yaml"), try segments("apply", "-f", "late.yaml"),
      try segments("apply", "-f", "renamed.yaml"),
    ]
    #expect(try problems("segments-apply", applied) == "")
    let lists = [try segments("list")]
    _ = try answer(
      "model", "clusters", "--groups", "2", "--attributes", "orders,days_since_last_purchase",
      "--as-of", "2024-02-15")
    let refreshes = [
      try answer("refresh", "--as-of", "2024-02-15"),
      try answer("refresh", "--as-of", "2024-06-30"),
      try answer("refresh", "--as-of", "2024-06-30"),
    ]
    #expect(try problems("refresh", refreshes) == "")
    #expect(try problems("segments-list", lists + [try segments("list")]) == "")
    for (schema, answers) in [
      (
        "segments-show",
        [
          try segments("show", "VIP"), try segments("show", "VIP asleep"),
          try segments("show", "Few"),
        ]
      ),
      (
        "segments-preview",
        [try segments("preview", "orders = 0"), try segments("preview", "orders >= 3")]
      ),
      ("segments-diff", [try segments("diff", "-f", "fr.yaml")]),
      ("segments-export", [try segments("export")]),
      (
        "segments-history",
        [
          try segments("history", "Recent", "--by", "week"),
          try segments("history", "Few", "--by", "week"),
        ]
      ),
      ("segments-members", [try segments("members", "Recent", "--on", "2024-02-15")]),
      (
        "segments-transitions",
        [try segments("transitions", "--from", "2024-02-15", "--to", "2024-03-10")]
      ),
      ("segments-changes", [try segments("changes", "--limit", "3")]),
      ("segments-starter", [try answer("segments", "starter")]),
    ] { #expect(try problems(schema, answers) == "", "\(schema)") }
    let compared = """
      - {name: Buyers, intention: retain, rule: any(orders)}
      - {name: Companies, intention: develop, rule: kind = "company"}
      - {name: Quiet, intention: convert, rule: kind = "person" and not any(orders)}
      """
    try Data(compared.utf8).write(to: shop.appending(path: "quality.yaml"))
    _ = try segments("apply", "-f", "quality.yaml")
    _ = try answer("refresh", "--as-of", "2024-07-01")
    let qualities = [
      try segments("quality"), try segments("quality", "--outcome", "kind", "--outcome", "orders"),
    ]
    #expect(try problems("segments-quality", qualities) == "")
  }

  @Test func `doctor, init and generate say what their schemas describe`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try problems("doctor", [try answer("doctor")]) == "")
    #expect(try problems("init", [try answer("init", "shop")]) == "")
    let base = try answer("generate", "--customers", "50", "--b2b", "--out", "base")
    #expect(try problems("generate", [base]) == "")
  }

  @Test func `commands on privacy say what their schemas describe`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try Program.run("init", "shop", "--currency", "EUR", in: folder).status == 0)
    func privacy(_ arguments: String...) throws -> Data {
      let answer = try Program.run(
        ["privacy"] + arguments + ["--workspace", "shop", "--json"], in: folder)
      #expect(answer.status == 0, "\(arguments)")
      return answer.output
    }
    try Data("id client;Nom;E-mail\nC-1001;A;a1@example.org\nC-1002;B;b1@example.org\n".utf8)
      .write(to: folder.appending(path: "people.csv"))
    try Data("id client;commande;date;montant\nC-1001;1;25/01/2024;10\n".utf8)
      .write(to: folder.appending(path: "buys.csv"))
    for file in ["people.csv", "buys.csv"] {
      let arguments = ["import", file, "--as-of", "2018-01-01", "--workspace", "shop"]
      #expect(try Program.run(arguments, in: folder).status == 0)
    }
    let ids = ["C-1001", "C-1002"]
    let consents = [
      try privacy(
        "consent", ids[0], "--grant", "email", "--proof", "form 3", "--expires", "2099-01-01"),
      try privacy("consent", ids[0], "--refuse", "all"), try privacy("consent", ids[1]),
    ]
    #expect(try problems("privacy-consent", consents) == "")
    let rights = [
      try privacy("object", ids[0], "--against", "profiling"),
      try privacy("restrict", ids[0]), try privacy("restrict", ids[0], "--end"),
    ]
    #expect(try problems("privacy-rights", rights) == "")
    #expect(try problems("privacy-access", [try privacy("access", ids[0])]) == "")
    #expect(try problems("privacy-retention", [try privacy("retention", "--dry-run")]) == "")
    let erasures = [
      try privacy("erase", ids[0]), try privacy("erase", "--now"),
      try privacy("erase", ids[1], "--now"),
    ]
    #expect(try problems("privacy-erase", erasures) == "")
    #expect(try problems("privacy-certificate", [try privacy("certificate")]) == "")
    let log = try privacy("audit")
    let store = folder.appending(path: "shop/quartier.duckdb").path
    let changed = try Program.run(
      Self.python,
      [
        "-c",
        """
        import duckdb, sys
        duckdb.connect(sys.argv[1]).execute("UPDATE audit_log SET detail = 'x' WHERE entry_id = 2")
        """, store,
      ])
    #expect(changed.status == 0)
    let told = try Program.run(
      ["privacy", "audit", "--workspace", "shop", "--json"], in: folder)
    #expect(told.status == 1)
    #expect(try problems("privacy-audit", [log, told.output]) == "")
  }

  @Test func `imports say what their schema describes`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let written = try Program.run(Self.python, [Self.script, "imports", folder.path])
    #expect(written.status == 0)
    #expect(try Program.run("init", "shop", "--currency", "EUR", in: folder).status == 0)
    let shop = ["--workspace", "shop", "--json"]
    func answer(_ arguments: String...) throws -> Data {
      let answer = try Program.run(arguments + shop, in: folder)
      #expect(answer.status == 0, "\(arguments)")
      return answer.output
    }
    let answers = [
      try answer("import", "clients.csv", "--as", "customers", "--as-of", "2024-01-01"),
      try answer("import", "lignes.csv", "visites.csv.gz", "--dates", "dmy"),
      try answer("import", "visites.csv.gz", "--dates", "dmy"),
      try answer("import", "clients.xlsx"),
      try answer("import", "--replay-quarantine", "--dates", "dmy"),
    ]
    #expect(try problems("import", answers) == "")
    #expect(try problems("imports", [try answer("imports", "list")]) == "")
    let formats = try Program.run(["imports", "formats", "--json"], in: folder)
    #expect(formats.status == 0)
    #expect(try problems("imports-formats", [formats.output]) == "")
  }

  @Test func `audits say what their schema describes`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    func answer(_ arguments: String...) throws -> Data {
      let answer = try Program.run(arguments, in: folder)
      #expect(answer.status == 0, "\(arguments)")
      return answer.output
    }
    _ = try answer("generate", "--customers", "400", "--seed", "3", "--out", "base")
    _ = try answer("init", "shop", "--currency", "EUR")
    for (file, kind, source) in [
      ("crm", "customers", "crm"), ("shop", "customers", "shop"), ("loyalty", "customers", "card"),
      ("orders", "orders", "shop"), ("tickets", "tickets", "crm"),
    ] {
      _ = try answer(
        "import", "base/\(file).csv", "--as", kind, "--source", source, "--workspace", "shop")
    }
    let audit = ["audit", "--json", "--workspace", "shop"]
    let answers = [
      try Program.run(audit, in: folder).output,
      try Program.run(audit + ["--objective", "fideliser"], in: folder).output,
    ]
    #expect(try problems("audit", answers) == "")
  }
}
