import CustomerSchema
import Foundation
import SQLBuilder
import Testing
import Warehouse

@testable import Ingestion

/// The fast way and the exact way read a file alike, and so does an independent reader.
@Suite struct AgreementTests {
  /// A small random source, the same on every machine.
  private struct Dice {
    var state: UInt64

    mutating func roll(_ sides: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % sides
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[roll(elements.count)] }
  }

  private static let facts: SQL = """
    SELECT count(*), sum(amount), count(customer), count(DISTINCT customer), min(day), max(day),
      sum(hash(customer, day, amount, product)::HUGEINT)::VARCHAR FROM lines
    """

  @Test(arguments: 0..<12)
  func bothWaysGiveTheSameLines(_ seed: Int) async throws {
    let bench = try await Workbench()
    var dice = Dice(state: UInt64(seed) &* 7919 &+ 3)
    let separator = dice.pick([",", ";", "\t", "|"])
    let lineBreak = dice.pick(["\n", "\r\n"])
    let decimal = separator == "," ? "." : dice.pick([".", ","])
    let dateStyle = dice.roll(3)
    var text = ["customer", "date", "product", "amount"].joined(separator: separator) + lineBreak
    var expected: [(String?, String, String, String)] = []
    for _ in 0..<400 {
      let customer = dice.roll(10) == 0 ? nil : "C" + String(dice.roll(50))
      let (month, day) = (dice.roll(12) + 1, dice.roll(28) + 1)
      func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
      let iso = "2024-\(two(month))-\(two(day))"
      let date =
        switch dateStyle {
        case 0: iso
        case 1: iso + " 10:\(two(dice.roll(60))):00"
        default: "\(two(day))/\(two(month))/2024"
        }
      let product = dice.pick([
        "plain", "with \(separator) inside", "with \"quotes\"", "é€œ", "two\nlines", "  kept  ",
        "#5", "'single'",
      ])
      let units = dice.roll(100_000) - 20_000
      let sign = units < 0 ? "-" : ""
      let amount = "\(sign)\(abs(units) / 100)\(decimal)\(two(abs(units) % 100))"
      let quoted = "\"" + product.replacing("\"", with: "\"\"") + "\""
      text += [customer ?? "", date, quoted, amount].joined(separator: separator) + lineBreak
      expected.append((customer, iso, product, amount.replacing(",", with: ".")))
      if dice.roll(60) == 0 { text += lineBreak }
    }
    let path = try bench.write("agree.csv", text)
    let importer = bench.importer([path])
    var sources = try await importer.recognise(Mapping())
    try await importer.resolveForms(&sources)
    let shape = StagedShape(sources)
    let cells = CellSQL(zone: try #require(ZoneOffsets("Europe/Paris")))
    try await bench.session.execute(
      "CREATE TEMP TABLE quarantine (file VARCHAR, line BIGINT, column_name VARCHAR, value VARCHAR, reason VARCHAR)"
    )
    let fast = try await FastStaging(
      source: sources[0], shape: shape, cells: cells, session: bench.session, age: 0,
      target: "fast"
    ).run(cancelled: [])
    try await importer.normalise(&sources[0], 0)
    let exact = try await ExactStaging(
      source: sources[0], shape: shape, cells: cells, session: bench.session, age: 0,
      orderIsFound: true, target: "exact"
    ).run(cancelled: [])
    #expect(exact.quarantined == 0 && exact.lines == 400)
    try await bench.session.execute(
      "CREATE TEMP TABLE truth (customer VARCHAR, day DATE, amount DECIMAL(18,4), product VARCHAR)")
    for row in expected {
      let customer: SQLValue = row.0.map { .text($0) } ?? .null
      try await bench.session.execute(
        "INSERT INTO truth VALUES (\(customer), \(row.1)::DATE, \(row.3)::DECIMAL(18,4), trim(\(row.2)))"
      )
    }
    let truth = try await facts(bench, "truth")
    #expect(try await facts(bench, "exact") == truth)
    #expect(fast != nil)
    try await bench.session.execute("UPDATE fast SET product = trim(product)")
    #expect(try await facts(bench, "fast") == truth)
  }

  private func facts(_ bench: Workbench, _ table: String) async throws -> [[SQLValue]] {
    try await bench.session.execute(
      "CREATE OR REPLACE TEMP VIEW lines AS SELECT * FROM \(identifier: table)")
    return try await bench.rows(Self.facts)
  }

  @Test func theFastWayTakesPlainFilesWhateverTheirDates() async throws {
    let bench = try await Workbench()
    for (date, amount) in [
      ("2024-01-25", "1.50"), ("2024-01-25 10:00:00", "1"), ("25/01/2024", "1.50"),
      ("25/01/2024 10:30", "1.50"), ("20240125", "1"), ("2024-01-25T10:00:00Z", "1.50"),
    ] {
      let path = try bench.write("a.csv", "customer,date,amount\nA,\(date),\(amount)\n")
      let importer = bench.importer([path])
      var sources = try await importer.recognise(Mapping())
      try await importer.resolveForms(&sources)
      let staged = try await FastStaging(
        source: sources[0], shape: StagedShape(sources),
        cells: CellSQL(zone: try #require(ZoneOffsets("Europe/Paris"))),
        session: bench.session, age: 0, target: "fast"
      ).run(cancelled: [])
      #expect(staged?.lines == 1, "\(date)")
      #expect(
        try await bench.value("SELECT day::VARCHAR FROM fast") == .text("2024-01-25"), "\(date)")
    }
  }
}
