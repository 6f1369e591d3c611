import CustomerSchema
import Foundation
import SQLBuilder
import Testing

@testable import Ingestion

/// A mapping overrides whatever is recognised, and its mistakes are told with their line.
@Suite struct MappingTests {
  private func read(_ text: String) throws -> Mapping {
    try MappingReader(file: "map.yaml").read(text)
  }

  private func problem(_ text: String) -> (MappingProblem, Int?)? {
    do {
      _ = try read(text)
      return nil
    } catch IngestionError.mapping(let problem, _, let line) {
      return (problem, line)
    } catch {
      return nil
    }
  }

  @Test func readsEverySetting() throws {
    let mapping = try read(
      """
      # a comment
      encoding: latin1
      separator: tab
      header: 3
      sheet: Ventes
      decimal: ","
      dates: mdy
      amounts: ht
      currency: chf
      columns:
        customer: "Code client"
        order: 3
        amount: [Montant, "Total", 5]
        channel: none
        product:
      status:
        cancelled: [Perdu, "Stock épuisé"]
        kept: Retour
      """)
    #expect(mapping.encoding == .windows1252)
    #expect(mapping.separator == .byte(9))
    #expect(mapping.headerRow == 3)
    #expect(mapping.sheet == "Ventes")
    #expect(mapping.decimal == .comma)
    #expect(mapping.dates == .mdy)
    #expect(mapping.amounts == .ht)
    #expect(mapping.currency?.rawValue == "CHF")
    #expect(mapping.columns[.customer] == [.name("Code client")])
    #expect(mapping.columns[.order] == [.position(3)])
    #expect(mapping.columns[.amount] == [.name("Montant"), .name("Total"), .position(5)])
    #expect(mapping.columns[.channel] == [])
    #expect(mapping.columns[.product] == nil)
    #expect(mapping.cancelled == ["Perdu", "Stock épuisé"])
    #expect(mapping.kept == ["Retour"])
    #expect(try read("") == Mapping())
    #expect(try read("# nothing\n") == Mapping())
  }

  @Test(arguments: [
    ("dates: dmy\nfoo: 1\n", "import.mapping.unknown_key", 2),
    ("columns:\n  client: a\n", "import.mapping.unknown_key", 2),
    ("status:\n  lost: a\n", "import.mapping.unknown_key", 2),
    ("dates: dmy\n\ndates: mdy\n", "import.mapping.duplicate_key", nil),
    ("columns:\n  customer: a\n  customer: b\n", "import.mapping.duplicate_key", nil),
    ("dates: dym\n", "import.mapping.value", 1),
    ("decimal: \";\"\n", "import.mapping.value", 1),
    ("separator: \"ab\"\n", "import.mapping.value", 1),
    ("encoding: klingon\n", "import.mapping.value", 1),
    ("currency: euros\n", "import.mapping.value", 1),
    ("header: top\n", "import.mapping.type", 1),
    ("header: -1\n", "import.mapping.type", 1),
    ("columns: [a, b]\n", "import.mapping.type", 1),
    ("columns:\n  customer: {name: a}\n", "import.mapping.type", 2),
    ("columns:\n  customer: 0\n", "import.mapping.type", 2),
    ("dates: [dmy]\n", "import.mapping.type", 1),
    ("- a\n- b\n", "import.mapping.type", 1),
    ("dates: \"dmy\n", "import.mapping.syntax", nil),
    ("columns:\n\tcustomer: a\n", "import.mapping.syntax", nil),
    ("sheet: &a x\n", "import.mapping.aliases", 1),
    ("a: 1\nsheet: *a\n", "import.mapping.aliases", 2),
  ])
  func mistakesAreToldWithTheirLine(_ text: String, _ code: String, _ line: Int?) {
    let found = problem(text)
    #expect(found?.0.code == code)
    if let line { #expect(found?.1 == line) } else { #expect(found?.1 != nil) }
  }

  @Test func documentsThatUnfoldAreRefusedQuickly() {
    let clock = ContinuousClock()
    let start = clock.now
    let bomb =
      "a: &a [x,x,x,x,x,x,x,x,x]\n"
      + (0..<30).map { "b\($0): &b\($0) [*a,*a,*a,*a,*a,*a,*a,*a]\n" }.joined()
    #expect(problem(bomb)?.0 == .aliases)
    let deep = String(repeating: "[", count: 50_000) + String(repeating: "]", count: 50_000)
    #expect(problem("sheet: " + deep) != nil)
    let nested = (0..<20).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    #expect(problem(nested)?.0 == .tooDeep(limit: ImportLimits.mappingDepth))
    #expect(clock.now - start < .seconds(40))
  }

  @Test func aLargeDocumentIsRefusedUnread() async throws {
    let bench = try await Workbench()
    let map = try bench.write("map.yaml", String(repeating: "# x\n", count: 100_000))
    let orders = try bench.write("a.csv", "customer,date,amount\nA,2024-01-05,1\n")
    #expect(
      try await bench.failure([orders], ImportOptions(mappingPath: map))?.code
        == "import.mapping.too_large")
    #expect(
      try await bench.failure([orders], ImportOptions(mappingPath: "/none.yaml"))?.code
        == "import.mapping.missing")
  }

  @Test func whatIsToldOverridesWhatIsRecognised() async throws {
    let bench = try await Workbench()
    let orders = try bench.write(
      "a.csv",
      """
      first line to skip
      who|when|what|how much|paid|state
      A|03/04/2024|x|1.234|9,5|Perdu
      B|05/06/2024|y|2.000|8,5|Retour

      """)
    let map = try bench.write(
      "map.yaml",
      """
      separator: "|"
      header: 2
      decimal: ","
      dates: mdy
      currency: USD
      amounts: ht
      columns:
        customer: who
        date: 2
        amount: how much
        product: what
        status: state
      status:
        cancelled: [perdu]
        kept: [retour]
      """)
    let report = try await bench.stage([orders], ImportOptions(mappingPath: map))
    #expect(report.currency.rawValue == "USD")
    #expect(report.amountBasis.tax == .excluded)
    #expect(
      report.sources[0].columns.first { $0.name == "who" }?.evidence == "mapping.evidence.told")
    #expect(
      try await bench.rows(
        "SELECT customer, day::VARCHAR, amount, product, cancelled FROM staged_lines ORDER BY 1")
        == [
          [.text("A"), .text("2024-03-04"), decimal("1234.0000"), .text("x"), .bool(true)],
          [.text("B"), .text("2024-05-06"), decimal("2000.0000"), .text("y"), .bool(false)],
        ])
  }

  @Test func aColumnThatIsNotThereIsTold() async throws {
    let bench = try await Workbench()
    let orders = try bench.write("a.csv", "customer,date,amount\nA,2024-01-05,1\n")
    let map = try bench.write("map.yaml", "columns:\n  customer: [Klant, Kunde]\n")
    let failure = try await bench.failure([orders], ImportOptions(mappingPath: map))
    #expect(failure?.code == "import.column.unknown")
    #expect(failure?.arguments["column"] == .text("Klant"))
  }

  @Test func theDocumentThatIsWrittenSaysTheSame() async throws {
    let bench = try await Workbench()
    let path = try bench.write(
      "a.csv",
      """
      N° client;Date;Montant TTC (€);Réf. article;"a ""quoted"" name";Statut
      00012;25/01/2024;1 234,50;A1;x;Annulée
      00013;26/01/2024;3,00;A2;y;Livrée

      """)
    let understanding = try await bench.importer([path]).understand()
    #expect(understanding.problems.isEmpty)
    let text = understanding.mapping.map { line in
      switch line {
      case .comment(let message): "# \(message.code)"
      case .text(let text): text
      }
    }.joined(separator: "\n")
    #expect(text.contains("customer: \"N° client\""))
    #expect(text.contains("dates: dmy"))
    #expect(text.contains("cancelled: [\"Annulée\"]"))
    let map = try bench.write("map.yaml", text)
    let free = try await bench.stage([path])
    let told = try await bench.stage([path], ImportOptions(mappingPath: map))
    #expect(free.sources[0].columns.map(\.role) == told.sources[0].columns.map(\.role))
    #expect(free.currency == told.currency && free.amountBasis.tax == told.amountBasis.tax)
    #expect(free.usableLines == told.usableLines)
  }

  @Test func whatStandsInTheWayIsToldWithoutStaging() async throws {
    let bench = try await Workbench()
    let path = try bench.write("a.csv", "sku,date,amount\nA,03/04/2024,1\n")
    let understanding = try await bench.importer([path]).understand()
    #expect(
      understanding.problems.map(\.code) == ["import.column.missing", "import.date.ambiguous"])
    #expect(understanding.mapping.contains(.text("  customer: none")))
    #expect(understanding.mapping.contains(.text("# dates:")))
  }
}
