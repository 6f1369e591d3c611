import Foundation
import Testing

@Suite struct `The main job` {
  @Test func `the record shop's demo writes everything and its totals are right`() async throws {
    let program = try Program()
    defer { program.remove() }
    let answer = try await program.run("demo", "--out", "out")
    #expect(answer.status == 0, "\(answer.error)")
    for file in [
      "customers.parquet", "customers.csv", "segments.json", "segments.xlsx", "quarantine.csv",
      "report.html", "lists/loyal_high_value.csv", "lists/at_risk.csv",
    ] {
      #expect(program.exists("out/" + file), "\(file)")
    }
    #expect(!answer.output.contains("⟦"))
    let again = try await program.run("demo", "--out", "out", "--json")
    let json = try again.json()
    let totals = try #require(json["totals"] as? [String: Any])
    #expect(totals["customers"] as? Int == 23_570)
    #expect(totals["purchasers"] as? Int == 23_502)
    #expect(totals["orders"] as? Int == 69_579)
    #expect(totals["zero_orders"] as? Int == 80)
    #expect((totals["revenue"] as? [String: Any])?["amount"] as? String == "2500315.6300")
    let imported = try #require(json["imported"] as? [String: Any])
    #expect(imported["lines"] as? Int == 69_659)
    // The file, read by somebody else.
    let table = try await Package.python(
      """
      import duckdb, sys
      print(duckdb.sql(f"select count(*), count(*) filter (orders > 0), sum(orders)::bigint, "
        f"sum(revenue) from read_parquet('{sys.argv[1]}')").fetchone())
      """, program.path("out/customers.parquet"))
    #expect(table.contains("(23570, 23502, 69579, Decimal('2500315.6300'))"), "\(table)")
    let csv = try await Package.python(
      """
      import duckdb, sys
      a = duckdb.sql(f"select * from read_parquet('{sys.argv[1]}')")
      b = duckdb.sql(f"select * from read_csv('{sys.argv[2]}', all_varchar = true)")
      assert a.columns == b.columns, (a.columns, b.columns)
      print(duckdb.sql("select count(*), sum(orders::bigint)::bigint from b").fetchone())
      """, program.path("out/customers.parquet"), program.path("out/customers.csv"))
    #expect(csv.contains("(23570, 69579)"), "\(csv)")
  }

  @Test func `the grocery's year is 155,848 baskets of 2,469 households`() async throws {
    let program = try Program()
    defer { program.remove() }
    let json = try await program.run("demo", "grocery", "--out", "out", "--json").json()
    let totals = try #require(json["totals"] as? [String: Any])
    #expect(totals["customers"] as? Int == 2_469)
    #expect(totals["orders"] as? Int == 155_370)
    #expect(totals["zero_orders"] as? Int == 155_848 - 155_370)
    #expect((totals["revenue"] as? [String: Any])?["amount"] as? String == "4596039.5800")
    #expect((json["imported"] as? [String: Any])?["lines"] as? Int == 1_469_307)
  }

  @Test(.enabled(if: Package.data != nil, "needs QUARTIER_DATA/online_retail.parquet"))
  func `the gift shop's returns, guests and free items are told apart`() async throws {
    let program = try Program()
    defer { program.remove() }
    let file = try #require(Package.data) + "/online_retail.parquet"
    let answer = try await program.run("run", file, "--json", "--out", "out")
    #expect(answer.status == 0, "\(answer.error)")
    let json = try answer.json()
    let totals = try #require(json["totals"] as? [String: Any])
    #expect((json["imported"] as? [String: Any])?["lines"] as? Int == 541_909)
    #expect((json["imported"] as? [String: Any])?["identical_lines_within_file"] as? Int == 5_268)
    #expect(totals["customers"] as? Int == 4_372)
    #expect(totals["purchasers"] as? Int == 4_338)
    #expect(totals["orders"] as? Int == 18_532)
    #expect((totals["gross_revenue"] as? [String: Any])?["amount"] as? String == "8911407.9040")
    // 12346 bought for 77,183.60 and sent everything back: no VIP.
    let row = try await Package.python(
      """
      import duckdb, sys
      print(duckdb.sql(f"select gross_revenue, revenue, m_score, segment from "
        f"read_parquet('{sys.argv[1]}') where customer = '12346'").fetchone())
      """, program.path("out/customers.parquet"))
    #expect(row.contains("Decimal('77183.6000'), Decimal('0.0000'), 1"), "\(row)")
    #expect(!row.contains("loyal_high_value"))
  }

  static let french = """
    N° client;N° commande;Date de commande;Montant TTC;Canal
    0001;F1;15/01/2024;1 234,56 €;Boutique
    0002;F2;03/02/2024;45,00 €;Site
    0002;F3;28/03/2024;60,50 €;Site
    0003;F4;30/04/2024;-12,00 €;Boutique
    0003;F5;02/05/2024;99,99 €;Téléphone
    """

  static let encodings: [(String, String.Encoding)] = [
    ("UTF-8", .utf8), ("Windows-1252", .windowsCP1252), ("UTF-16", .utf16),
    ("UTF-16 little-endian", .utf16LittleEndian),
  ]

  @Test(arguments: encodings)
  func `a French export is understood without a word`(
    encoding: (String, String.Encoding)
  ) async throws {
    let program = try Program()
    defer { program.remove() }
    let spaced = Self.french.replacing("1 234", with: "1\u{A0}234")
    let file = try program.write(spaced, to: "commandes.csv", encoding: encoding.1)
    let answer = try await program.run("run", file, "--json")
    #expect(answer.status == 0, "\(answer.error)")
    let json = try answer.json()
    let totals = try #require(json["totals"] as? [String: Any])
    #expect(totals["customers"] as? Int == 3)
    #expect(totals["orders"] as? Int == 4)
    #expect((totals["gross_revenue"] as? [String: Any])?["amount"] as? String == "1440.0500")
    #expect((totals["revenue"] as? [String: Any])?["amount"] as? String == "1428.0500")
    #expect((totals["revenue"] as? [String: Any])?["currency"] as? String == "EUR")
    #expect(json["as_of"] as? String == "2024-05-02")
    let imported = try #require(json["imported"] as? [String: Any])
    let basis = try #require(imported["amount_basis"] as? [String: Any])
    #expect(basis["tax"] as? String == "included")
  }

  @Test func `lists open in French Excel, and formulas in names stay text`() async throws {
    let program = try Program()
    defer { program.remove() }
    let orders = try program.write(Self.french, to: "commandes.csv")
    let customers = try program.write(
      """
      N° client;Nom;E-mail
      0001;=HYPERLINK("http://x");a@example.org
      0002;@SUM(1);b@example.org
      0003;Zoë Müller;z@example.org
      """, to: "clients.csv")
    let answer = try await program.run(
      "run", orders, "--customers", customers, "--out", "out", "--lang", "fr")
    #expect(answer.status == 0, "\(answer.error)")
    let lists = try FileManager.default.contentsOfDirectory(atPath: program.path("out/lists"))
    var all = ""
    for list in lists {
      let data = try Data(contentsOf: URL(filePath: program.path("out/lists/" + list)))
      #expect(data.starts(with: [0xEF, 0xBB, 0xBF]), "the mark by which Excel knows UTF-8")
      all += String(decoding: data, as: UTF8.self)
    }
    #expect(all.contains("1234,56"))
    #expect(all.contains("15/01/2024"))
    #expect(all.contains("'@SUM(1)"))
    #expect(all.contains("'=HYPERLINK"))
    #expect(all.contains("Zoë Müller"))
    let book = try await Package.python(
      """
      import openpyxl, sys
      book = openpyxl.load_workbook(sys.argv[1])
      cells = [c for s in book for r in s.iter_rows() for c in r]
      assert all(c.data_type != 'f' for c in cells), 'a formula'
      print(len(book.sheetnames), sum(s.max_row - 1 for s in book), any(c.value == '=HYPERLINK("http://x")' for c in cells), any(c.value == 1234.56 for c in cells))
      """, program.path("out/segments.xlsx"))
    #expect(book.hasSuffix(" 3 True True\n"), "\(book)")
  }

  @Test func `the same file twice and overlapping exports count nothing twice`() async throws {
    let program = try Program()
    defer { program.remove() }
    let header = "order_id,customer_id,order_date,amount\n"
    let january = try program.write(
      header + "1,a,2024-01-05,10\n2,b,2024-01-20,20\n", to: "january.csv")
    let february = try program.write(
      header + "2,b,2024-01-20,25\n3,a,2024-02-13,30\n", to: "february.csv")
    let twice = try await program.run("run", january, january, "--json").json()
    #expect((twice["totals"] as? [String: Any])?["orders"] as? Int == 2)
    let both = try await program.run("run", january, february, "--json").json()
    let totals = try #require(both["totals"] as? [String: Any])
    #expect(totals["orders"] as? Int == 3)
    // The newer version of order 2 wins.
    #expect((totals["revenue"] as? [String: Any])?["amount"] as? String == "65.0000")
    #expect((both["imported"] as? [String: Any])?["changed_orders"] as? Int == 1)
  }

  @Test func `what cannot be used is quarantined with its place and reason`() async throws {
    let program = try Program()
    defer { program.remove() }
    var lines = (0..<20).map { "c\($0),2024-01-\(10 + $0 % 20),10" }
    lines[4] = "c4,2024-02-31,10"
    lines[9] = "c9,2024-01-19,ten"
    let file = try program.write(
      "customer_id,order_date,amount\n" + lines.joined(separator: "\n") + "\n", to: "orders.csv")
    let answer = try await program.run("run", file, "--out", "out", "--json")
    #expect(answer.status == 0, "\(answer.error)")
    #expect(
      (try answer.json()["imported"] as? [String: Any])?["quarantined_lines"] as? Int == 2)
    let quarantine = try program.text("out/quarantine.csv")
    #expect(quarantine.contains(",6,order_date,2024-02-31,"), "\(quarantine)")
    #expect(quarantine.contains(",11,amount,ten,"), "\(quarantine)")
  }

  @Test func `a workspace keeps its runs, outside one nothing is left`() async throws {
    let program = try Program()
    defer { program.remove() }
    let file = try program.write(
      "customer_id,order_date,amount\na,2024-01-05,10\nb,2024-02-05,20\n", to: "orders.csv")
    let before = try FileManager.default.contentsOfDirectory(atPath: program.folder.path).sorted()
    #expect(try await program.run("run", file).status == 0)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: program.folder.path).sorted() == before)
    #expect(try await program.run("init", "shop", "--currency", "EUR").status == 0)
    let workspace = program.folder.appending(path: "shop")
    for _ in 0..<2 { #expect(try await program.run(["run", file], in: workspace).status == 0) }
    let kept = try await Package.python(
      """
      import duckdb, sys
      c = duckdb.connect(sys.argv[1], read_only=True)
      print(c.sql("select count(*), min(currency), min(as_of)::varchar from runs").fetchone(),
        c.sql("select count(*) from run_customers").fetchone(),
        c.sql("select count(*) from run_thresholds").fetchone(),
        c.sql("select count(*) from run_sources").fetchone())
      """, workspace.appending(path: "quartier.duckdb").path)
    #expect(kept.contains("(2, 'EUR', '2024-02-05') (4,) (24,) (2,)"), "\(kept)")
  }

  @Test(arguments: ["language: klingon", "currency: euros", "time_zone: Europe/Nowhere"])
  func `a setting that means nothing is refused, with its line`(setting: String) async throws {
    let program = try Program()
    defer { program.remove() }
    #expect(try await program.run("init", "shop").status == 0)
    let settings = program.folder.appending(path: "shop/quartier.yaml")
    try "name: shop\n\(setting)\n".write(to: settings, atomically: true, encoding: .utf8)
    let file = try program.write("customer_id,order_date,amount\na,2024-01-05,10\n", to: "o.csv")
    let answer = try await program.run("run", file, "--workspace", program.path("shop"))
    #expect(answer.status == 1)
    #expect(answer.error.contains("quartier.yaml:2"), "\(answer.error)")
    let value = try #require(setting.split(separator: " ").last)
    #expect(answer.error.contains(value), "\(answer.error)")
  }

  @Test func `return rates in lists are rounded exactly, and the report tells of engagement`()
    async throws
  {
    let program = try Program()
    defer { program.remove() }
    // 3 of 20,000 came back: 0.00015 exactly, which doubles put just below.
    let orders = try program.write(
      """
      customer_id,order_date,amount
      a,2024-01-05,20000
      a,2024-01-06,-3
      b,2024-02-20,20
      """, to: "orders.csv")
    let events = try program.write(
      "customer_id,event_date\na,2024-01-01\na,2024-01-03\nc,2024-02-01\n", to: "events.csv")
    let answer = try await program.run(
      "run", orders, "--events", events, "--out", "out", "--csv", "intl", "--lang", "fr")
    #expect(answer.status == 0, "\(answer.error)")
    let lists = try FileManager.default.contentsOfDirectory(atPath: program.path("out/lists"))
    let lines = try lists.map { try program.text("out/lists/\($0)") }.joined()
      .split(separator: "\n")
    let line = try #require(lines.first { $0.hasPrefix("a,") })
    #expect(line.contains(",0.0002,"), "\(line)")
    let report = try program.text("out/report.html")
    #expect(report.contains("id=\"engagement\""))
    #expect(report.contains("2 clients ont interagi avec vous"))
  }

  @Test func `the customer table is in the order of ids, whatever its size`() async throws {
    let program = try Program()
    defer { program.remove() }
    // More than two of the engine's row groups of 122,880, in an order of its own.
    let count = 300_000
    var text = "customer_id,order_date,amount\n"
    for index in 0..<count { text += "C\(1_000_000 + index * 7919 % count),2024-01-05,10\n" }
    let orders = try program.write(text, to: "orders.csv")
    let answer = try await program.run("run", orders, "--out", "out", "--csv", "intl")
    #expect(answer.status == 0, "\(answer.error)")
    let ids = try program.text("out/customers.csv").split(separator: "\n").dropFirst()
      .map { $0.prefix { $0 != "," } }
    #expect(ids.count == count)
    #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
    let falls = try await Package.python(
      """
      import duckdb, sys
      print(duckdb.sql("select count(*) from (select customer <= lag(customer) over (order by "
        f"file_row_number) falls from read_parquet('{sys.argv[1]}', file_row_number = true)) where falls"
        ).fetchall())
      """, program.path("out/customers.parquet"))
    #expect(falls.contains("[(0,)]"), "\(falls)")
  }

  @Test func `an objective puts its three segments first, with reasons`() async throws {
    let program = try Program()
    defer { program.remove() }
    for (word, first) in [
      ("fideliser", "loyal_high_value"), ("reactiver", "at_risk"),
      ("transformer", "new_high_potential"), ("developper", "occasional"),
    ] {
      let json = try await program.run("demo", "--json", "--out", "out").json()
      #expect(json["objective"] == nil || json["objective"] is NSNull)
      let file = Package.root.appending(path: "third_party/data/cdnow/CDNOW_master.txt").path
      let chosen = try await program.run("run", file, "--objective", word, "--json").json()
      let segments = try #require(chosen["segments"] as? [[String: Any]])
      #expect(segments.first?["id"] as? String == first)
      #expect(segments.prefix(3).allSatisfy { $0["objective_reason"] is [String: Any] })
    }
  }

  @Test func `a memory limit changes nothing in the result`() async throws {
    let program = try Program()
    defer { program.remove() }
    let file = Package.root.appending(
      path: "third_party/data/completejourney/transactions.parquet"
    ).path
    let free = try await program.run("run", file, "--json")
    let limited = try await program.run("run", file, "--json", "--memory-limit", "150MB")
    #expect(limited.status == 0, "\(limited.error)")
    #expect(limited.output == free.output)
  }

  @Test func `interactions are scored as purchases are, and who only looks is in the table`()
    async throws
  {
    let program = try Program()
    defer { program.remove() }
    let orders = try program.write(
      "customer_id,order_date,amount\na,2024-01-05,10\nb,2024-02-20,20\n", to: "orders.csv")
    let events = try program.write(
      """
      customer_id,event_date,event
      a,2024-01-01,visit
      a,2024-01-01,click
      a,2024-02-19,visit
      c,2024-02-13,visit
      ,2024-02-13,visit
      b,2024-02-31,visit
      """, to: "events.csv")
    let answer = try await program.run(
      "run", orders, "--events", events, "--out", "out", "--json", "--max-unusable", "30%")
    #expect(answer.status == 0, "\(answer.error)")
    let engagement = try #require(try answer.json()["engagement"] as? [String: Any])
    #expect(engagement["customers"] as? Int == 2)
    #expect(engagement["interactions"] as? Int == 4)
    #expect(engagement["purchasers"] as? Int == 1)
    let imported = try #require(engagement["imported"] as? [String: Any])
    #expect(imported["lines"] as? Int == 6)
    #expect(imported["anonymous_lines"] as? Int == 1)
    #expect(imported["quarantined_lines"] as? Int == 1)
    let table = try await Package.python(
      """
      import duckdb, sys
      print(duckdb.sql(f"select customer, orders, segment = 'no_purchase', interactions, active_days, "
        f"days_since_last_interaction from read_parquet('{sys.argv[1]}') order by 1").fetchall())
      """, program.path("out/customers.parquet"))
    #expect(
      table.contains(
        "[('a', 1, False, 3, 2, 1), ('b', 1, False, None, None, None), ('c', 0, True, 1, 1, 7)]"),
      "\(table)")
    #expect(try program.text("out/quarantine.csv").contains("events.csv,7,event_date,2024-02-31"))
  }
}
