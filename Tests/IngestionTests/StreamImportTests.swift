import CustomerSchema
import Foundation
import SQLBuilder
import Testing
import Warehouse

@testable import Ingestion

@Suite struct StreamImportTests {
  /// A file of each kind, with what its first row is in the store.
  static let kinds: [(ImportKind, String, SQL, String)] = [
    (
      .events, "customer_id,event,timestamp,url,plan_b\n1,visit,2024-03-31T00:30:00Z,/a,x\n",
      "SELECT name, page, properties, local_at::VARCHAR FROM quartier.events",
      #"visit /a {"plan_b":"x"} 2024-03-31 01:30:00"#
    ),
    (
      .campaigns,
      "id client;campagne;action;date envoi;cout\n1;Été;Ouverture;25/07/2024 08:30;0,02\n",
      "SELECT action, campaign, cost, local_at::VARCHAR FROM quartier.campaign_contacts",
      "opened Été 0.0200 2024-07-25 08:30:00"
    ),
    (
      .survey, "customer_id,survey,question,answer,answered_at,score\n1,NPS,q1,good,2024-02-01,9\n",
      "SELECT survey, question, answer, score FROM quartier.survey_answers", "NPS q1 good 9.0000"
    ),
    (
      .tickets,
      "ticket_id,customer_id,created_at,subject,priority,closed_at,csat\nT1,1,2024-02-01 10:00,Help,high,2024-02-02 11:00,4.5\n",
      "SELECT key, subject, priority, satisfaction, epoch(closed_at)::BIGINT FROM quartier.tickets",
      "T1 Help high 4.5000 1706868000"
    ),
    (
      .reviews, "customer_id,product_id,rating,comment,review_date\n1,P1,4,Bon,2024-02-01\n",
      "SELECT product, rating, comment FROM quartier.reviews", "P1 4.0000 Bon"
    ),
    (
      .referrals, "id client;filleul;statut;date parrainage\n1;2;acheté;25/02/2024\n",
      "SELECT referred, status FROM quartier.referrals", "2 acheté"
    ),
    (
      .subscriptions,
      "id abonnement;id client;formule;montant mensuel;date debut;date fin\nA1;1;Premium;19,90;15/01/2024;\n",
      "SELECT key, plan, monthly_amount, ended_at IS NULL FROM quartier.subscriptions",
      "A1 Premium 19.9000 true"
    ),
    (
      .opportunities,
      "deal_id,customer_id,deal_name,stage,amount,created_at,won\nD1,1,Big,closing,1200.50,2024-02-01,yes\n",
      "SELECT key, name, stage, amount, won FROM quartier.opportunities",
      "D1 Big closing 1200.5000 true"
    ),
    (
      .costs, "customer_id,cost type,amount,date\n1,support,12.5,2024-02-01\n",
      "SELECT kind, amount FROM quartier.costs", "support 12.5000"
    ),
    (
      .consents,
      "id client;finalité;canal;accordé;date consentement\n1;newsletter;email;Oui;25/02/2024\n",
      "SELECT purpose, channel, granted FROM quartier.consents", "newsletter email true"
    ),
    (
      .lifeEvents, "customer_id,life event,date,detail\n1,move,2027-02-01,Lyon\n",
      "SELECT kind, detail FROM quartier.life_events", "move Lyon"
    ),
    (
      .products, "sku;nom produit;famille;prix;marque\nP1;Chaise;Salon;49,90;Bois\n",
      "SELECT product, name, category, price, brand FROM quartier.products",
      "P1 Chaise Salon 49.9000 Bois"
    ),
  ]

  @Test(arguments: kinds)
  func `every kind is recognised and comes to its table`(
    kind: ImportKind, text: String, query: SQL, row: String
  ) async throws {
    let bench = try await ImportBench()
    let report = try await bench.bring(try bench.write("f.csv", text))
    #expect(report.kind == kind && report.kindRecognised)
    #expect(report.rows.added == 1)
    #expect(try await bench.texts(query) == [row])
    let touched = try await bench.rows(
      "SELECT count(DISTINCT customer_id) FROM quartier.touched_customer")
    #expect(touched == [[.int(kind == .products ? 0 : 1)]])
  }

  @Test func `what may be several things is asked`() async throws {
    let bench = try await ImportBench()
    let file = try bench.write("x.csv", "a;b\n1;2\n3;4\n")
    #expect(try await bench.failure(file) == "import.kind.unclear")
    #expect(try await bench.failure(file, as: .events) == "import.column.missing")
  }

  @Test func `overlapping files count a line as often as the file that has most of it`()
    async throws
  {
    let bench = try await ImportBench()
    let head = "customer_id,event,timestamp\n"
    let line = "1,visit,2024-01-05T10:00:00Z\n"
    let first = try await bench.bring(try bench.write("a.csv", head + line + line))
    #expect(first.rows.added == 2)
    let second = try await bench.bring(
      try bench.write("b.csv", head + line + line + line + "2,visit,2024-01-05T10:00:00Z\n"))
    #expect(second.rows.added == 2 && second.rows.unchanged == 2)
    let third = try await bench.bring(try bench.write("c.csv", head + line))
    #expect(third.rows.added == 0 && third.rows.unchanged == 1 && third.customersTouched == 0)
    #expect(try await bench.texts("SELECT count(*) FROM quartier.events") == ["4"])
    let again = try await bench.bring(try bench.write("c.csv", head + line))
    #expect(again.importID == nil && again.earlierImport == third.importID)
  }

  @Test func `a key tells rows apart, and the newer export wins`() async throws {
    let bench = try await ImportBench()
    func tickets(_ status: String, _ more: String = "") -> String {
      "ticket_id,customer_id,created_at,subject,priority,status\nT1,1,2024-02-01,Help,low,\(status)\n"
        + more
    }
    try await bench.bring(
      try bench.write("a.csv", tickets("open", "T2,2,2024-02-01,Hi,low,open\n")), on: "2024-02-02")
    let newer = try await bench.bring(try bench.write("b.csv", tickets("closed")), on: "2024-03-02")
    #expect(newer.rows.changed == 1 && newer.customersTouched == 1)
    let older = try await bench.bring(
      try bench.write("c.csv", tickets("waiting")), on: "2024-02-15")
    #expect(older.rows.older == 1 && older.rows.changed == 0)
    // What a newer file has no column for stays.
    try await bench.bring(
      try bench.write(
        "d.csv", "ticket_id,customer_id,created_at,subject,status\nT1,1,2024-02-01,Help,reopened\n"),
      as: .tickets, on: "2024-04-01")
    #expect(
      try await bench.texts("SELECT key, status, priority FROM quartier.tickets ORDER BY key") == [
        "T1 reopened low", "T2 open low",
      ])
    #expect(
      try await bench.texts(
        "SELECT count(*), count(DISTINCT row_id) FROM quartier.tickets") == ["2 2"])
  }

  @Test func `lines set aside come back, and only they, once the mapping is right`() async throws {
    let bench = try await ImportBench()
    var lines = (1...8).map { "\($0);visite;0\($0)/05/2024" }
    lines.append("9;visite;2024-13-45")
    let text = "id client;evenement;date\n" + lines.joined(separator: "\n") + "\n10;;10/05/2024\n"
    let file = try bench.write("e.csv", text)
    let options = ImportOptions(dateOrder: .dmy)
    let first = try await bench.bring(file, as: .events, options)
    #expect(first.quarantinedLines == 2 && first.rows.added == 8)
    #expect(
      try await bench.texts(
        "SELECT line, column_name, reason FROM quartier.quarantine ORDER BY line") == [
          "10 date quarantine.date.unreadable", "11 evenement quarantine.value.missing",
        ])
    // The client's number read as the event makes the last line usable.
    let mapping = try bench.write(
      "m.yaml", "columns:\n  event: \"id client\"\n  customer: \"id client\"\n")
    let importID = try #require(first.importID)
    let replay = try await bench.bring(
      file, as: .events, replays: importID,
      ImportOptions(mappingPath: mapping, dateOrder: .dmy))
    #expect(replay.rows.added == 1)
    #expect(
      try await bench.texts("SELECT line FROM quartier.quarantine") == ["10"])
    #expect(try await bench.texts("SELECT count(*) FROM quartier.events") == ["9"])
    // Another file under the same name is not the one whose lines were set aside.
    let other = try bench.write("e.csv", text + "11;visite;01/05/2024\n")
    await #expect(throws: IngestionError.sourceChanged(file: other)) {
      try await bench.bring(other, as: .events, replays: importID, options)
    }
  }

  @Test func `amounts in another currency need a rate`() async throws {
    let bench = try await ImportBench()
    let file = try bench.write(
      "c.csv",
      "customer_id,cost type,amount,date,currency\n1,a,10,2024-01-05,USD\n1,b,10,2024-02-05,USD\n1,c,3,2024-02-05,EUR\n"
    )
    #expect(try await bench.failure(file, as: .costs) == "import.currency.foreign")
    let rates = try bench.write(
      "rates.csv", "date,currency,rate\n2024-01-01,USD,0.9\n2024-02-01,USD,0.8\n")
    try await bench.bring(file, as: .costs, ImportOptions(ratesPath: rates))
    #expect(
      try await bench.texts("SELECT amount FROM quartier.costs ORDER BY kind") == [
        "9.0000", "8.0000", "3.0000",
      ])
  }

  /// The engine's own calendar is the check.
  @Test(arguments: ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
  func `wall clocks become instants as the calendar says, changes of the clock included`(
    zone: String
  ) async throws {
    let bench = try await ImportBench()
    let offsets = try #require(ZoneOffsets(zone))
    let wrong = try await bench.rows(
      """
      SELECT count(*) FROM (
        SELECT TIMESTAMP '1989-12-20' + to_minutes(10 * i::BIGINT) AS w FROM range(2600000) AS t(i))
      WHERE \(offsets.instant("w")) <> timezone(\(literal: zone), w)
      """)
    #expect(wrong == [[.int(0)]])
    let back = try await bench.rows(
      """
      SELECT count(*) FROM (
        SELECT TIMESTAMPTZ '1989-12-20 00:00:00Z' + to_minutes(10 * i::BIGINT) AS m
        FROM range(2600000) AS t(i))
      WHERE \(offsets.local("m")) <> timezone(\(literal: zone), m)
      """)
    #expect(back == [[.int(0)]])
  }

  @Test(arguments: [
    ("2024-07-01T10:00:00Z", "2024-07-01 10:00:00"), ("2024-07-01 12:00", "2024-07-01 10:00:00"),
    ("01/07/2024 12h05", "2024-07-01 10:05:00"), ("01/07/2024 1:05 PM", "2024-07-01 11:05:00"),
    ("20240701120000", "2024-07-01 10:00:00"), ("1719828000", "2024-07-01 10:00:00"),
    ("2024-07-01T12:00:00.250000+02:00", "2024-07-01 10:00:00.25"),
    ("1 juillet 2024 12:00", "2024-07-01 10:00:00"), ("2024-03-31 02:30:00", "2024-03-31 01:30:00"),
    ("2024-10-27 02:30:00", "2024-10-27 01:30:00"), ("01/07/2024", "2024-06-30 22:00:00"),
  ])
  func `instants are read in every form`(written: String, utc: String) async throws {
    let bench = try await ImportBench()
    let file = try bench.write("e.csv", "customer_id;event;timestamp\n1;v;\(written)\n")
    try await bench.bring(file, as: .events, ImportOptions(dateOrder: .dmy))
    #expect(
      try await bench.texts("SELECT timezone('UTC', happened_at)::VARCHAR FROM quartier.events")
        == [utc])
  }

  @Test func `a file that fails leaves nothing`() async throws {
    let bench = try await ImportBench()
    let head = "customer_id,event,timestamp\n"
    let whole = try await Packed.write("gzip", head + "1,a,2024-01-01\n", bench.bench)
    let cut = Array(try Data(contentsOf: URL(fileURLWithPath: whole)).dropLast(12))
    let cases: [(String, [UInt8], String)] = [
      ("empty.csv", [], "import.file.empty"),
      ("header.csv", Array(head.utf8), "import.file.no_lines"),
      (
        "bad.csv", Array((head + "1,a,x\n2,b,2024-01-01\n").utf8),
        "import.unusable.too_many"
      ), ("cut.csv.gz", cut, "import.file.truncated"),
    ]
    for (name, bytes, code) in cases {
      let file = try bench.bench.write(name, bytes)
      #expect(try await bench.failure(file, as: .events) == code, "\(name)")
    }
    for table in ["imports", "events", "customer", "identifier", "quarantine", "touched_customer"] {
      let count = try await bench.rows("SELECT count(*) FROM quartier.\(identifier: table)")
      #expect(count == [[.int(0)]], "\(table)")
    }
  }

  @Test func `NULs, mixed encodings and ragged lines are set aside or read`() async throws {
    let bench = try await ImportBench()
    var bytes =
      Array("customer_id;event;timestamp\n1;caf".utf8) + [0xE9] + Array(";2024-01-01\n".utf8)
    bytes += Array("2;café;2024-01-01\n3;a".utf8) + [0] + Array("b;2024-01-01\n4;x\n".utf8)
    for line in 5...14 { bytes += Array("\(line);v;2024-01-01\n".utf8) }
    let report = try await bench.bring(try bench.bench.write("m.csv", bytes), as: .events)
    #expect(report.rows.added == 12)
    #expect(
      Set(report.quarantineReasons.map(\.reason)) == [
        "quarantine.text.nul", "quarantine.columns.missing",
      ])
    #expect(
      try await bench.texts("SELECT count(*) FROM quartier.events WHERE name = 'café'") == ["2"])
  }
}
