import CustomerSchema
import DuckDBEngine
import Features
import Foundation
import Ingestion
import Insights
import Presentation
import SQLBuilder
import Testing
import Warehouse

/// The guides against the code that they describe.
@Suite struct `What the guides say of the method` {
  @Test(arguments: Language.allCases)
  func `the customer table has every attribute, its type and when it is empty`(
    language: Language
  ) async throws {
    let page = try Page("customer-table", language)
    let rows = try page.table(with: "customer").rows
    let attributes = AttributeCatalogue.orderHistory.attributes
    #expect(rows.map { span($0[0]) } == attributes.map(\.id))
    let never = language == .french ? "jamais" : "never"
    for (row, attribute) in zip(rows, attributes) {
      #expect(!row[3].isEmpty)
      #expect(row[4].hasPrefix(never) != attribute.isOptional, "\(attribute.id): \(row[4])")
    }
    let engagement = try page.table(with: "interactions").rows
    #expect(engagement.map { span($0[0]) } == AttributeCatalogue.engagement.attributes.map(\.id))
    #expect(engagement.allSatisfy { !$0[4].hasPrefix(never) })
    let models = try page.table(with: "p_alive").rows
    #expect(models.map { span($0[0]) } == AttributeCatalogue.models.attributes.map(\.id))
    #expect(models.allSatisfy { !$0[4].hasPrefix(never) })
    // The store's columns have the same types as the Parquet file's.
    let store = FileManager.default.temporaryDirectory
      .appending(path: "quartier-\(UUID().uuidString).duckdb")
    defer { try? FileManager.default.removeItem(at: store) }
    let session = try await DuckDBEngine().session()
    try await Store.attach(store.path, to: session)
    let columns = try await session.query("DESCRIBE quartier.run_customers").rows
    #expect(
      columns.dropFirst().compactMap { $0[0].text }
        == (attributes + AttributeCatalogue.models.attributes).map(\.id))
    #expect(
      columns.dropFirst().compactMap { $0[1].text } == (rows + models).map { span($0[1]) })
  }

  @Test(arguments: Language.allCases)
  func `every role of a column is explained`(language: Language) throws {
    let rows =
      try Page("orders", language).table(with: "customer").rows
      + Page("import", language).table(with: "key").rows
    #expect(Set(rows.flatMap { spans($0[0]) }) == Set(ColumnRole.allCases.map(\.rawValue)))
  }

  @Test(arguments: Language.allCases)
  func `every reason of the quarantine is explained`(language: Language) throws {
    let path = "Sources/Presentation/Resources/Localization/ingestion.en.json"
    let texts = try JSONDecoder().decode(
      [String: String].self, from: Data(try Repository.text(path).utf8))
    // «Other reasons» is what a summary calls the rest, not a line's reason.
    let codes = texts.keys.filter { $0.hasPrefix("quarantine.") && $0 != "quarantine.other" }
    let explained = try ["orders", "import"].flatMap { try Page($0, language).tables }.flatMap(
      \.rows
    ).flatMap { spans($0[0]) }
      .filter { $0.hasPrefix("quarantine.") }
    #expect(explained.sorted() == codes.sorted())
  }

  @Test(arguments: Language.allCases)
  func `the five segments' rules are those of the data`(language: Language) throws {
    let localizer = try Localizer(language)
    let rows = try Page("rfm", language).table(with: "occasional", inColumn: 2).rows
    let rules = RFMPartition.shippedRules(.five)
    #expect(rows.map { span($0[2]) } == rules.map(\.id))
    for (row, rule) in zip(rows, rules) {
      #expect(row[1] == localizer.text(SegmentAdvice.key(rule.id, .five)))
      for (cell, range) in zip(row[3...6], [rule.r, rule.f, rule.m, rule.fm]) {
        #expect(cell == Self.written(range), "\(rule.id)")
      }
      #expect(row[7] == intention(rule.id, localizer))
    }
    let used = Set(rules.map(\.id)).union([SegmentAdvice.noPurchase])
    #expect(used == Set(AttributeCatalogue.segments))
    #expect(try Page("rfm", language).prose.contains(localizer.text("segment.no_purchase")))
  }

  private static func written(_ range: [Int]?) -> String {
    guard let range, let low = range.first, let high = range.last else { return "" }
    return low == high ? "\(low)" : "\(low)–\(high)"
  }

  private func intention(_ id: String, _ localizer: Localizer) -> String {
    localizer.text("intention.\(SegmentAdvice.intention(id).rawValue)").lowercased()
  }

  @Test(arguments: Language.allCases)
  func `the grid of the eleven groups is the one applied`(language: Language) throws {
    let page = try Page("rfm", language)
    let grid = try #require(page.tables.first { $0.header.first == #"R \ FM"# })
    for cell in try RFMScoring().cells() {
      let row = try #require(grid.rows.first { $0[0] == "\(cell.recencyRow)" })
      #expect(span(row[cell.valueColumn]) == cell.group)
    }
    let localizer = try Localizer(language)
    let groups = try page.table(with: "champions", inColumn: 1).rows
    #expect(
      groups.map { span($0[1]) } + [SegmentAdvice.noPurchase] == AttributeCatalogue.groups)
    for row in groups {
      #expect(row[0] == localizer.text(SegmentAdvice.key(span(row[1]), .eleven)))
      #expect(row[2].hasPrefix(intention(span(row[1]), localizer)))
    }
  }

  @Test(arguments: Language.allCases)
  func `other numbers of classes are spread as the table says`(language: Language) throws {
    let page = try Page("rfm", language)
    let table = try #require(page.tables.first { $0.header.first == "classes" })
    #expect(table.rows.count == 8)
    for row in table.rows {
      let classes = try #require(Int(row[0]))
      let spread = (1...classes).map { RFMScoring(classes: classes).onFivePointScale($0) }
      #expect(row.dropFirst().compactMap { Int($0) } == spread)
    }
  }

  @Test(arguments: Language.allCases)
  func `objectives put first what the table says`(language: Language) throws {
    let table = try #require(
      try Page("rfm", language).tables.first { $0.rows[0][0].hasPrefix("`fideliser`") })
    #expect(table.rows.count == RunResult.Objective.allCases.count)
    for row in table.rows {
      let names = spans(row[0])
      let objective = try #require(RunResult.Objective(rawValue: names.last ?? ""))
      #expect(spans(row[1]) == SegmentAdvice.priorities(objective, .five))
      #expect(spans(row[2]) == SegmentAdvice.priorities(objective, .eleven))
    }
  }

  @Test(arguments: Language.allCases)
  func `life-cycle stages come in the order of their rules, with their limits`(
    language: Language
  ) throws {
    let localizer = try Localizer(language)
    let rows = try Page("rfm", language).table(with: "slipping", inColumn: 2).rows
    #expect(rows.map { span($0[2]) } == SegmentAdvice.stagesAsTried)
    #expect(Set(rows.map { span($0[2]) }) == Set(AttributeCatalogue.stages))
    let rules = LifecycleRules()
    let limits: [String: [Int]] = [
      "new": [rules.newDays], "lost": [rules.lostMonths], "dormant": [rules.dormantMonths],
      "reactivated": [rules.reactivatedDays, rules.reactivationGapDays],
      "slipping": [rules.newDays, rules.slippingDays],
      "loyal": [rules.loyalOrders, rules.loyalMonths], "active": [],
    ]
    for row in rows {
      let stage = span(row[2])
      #expect(row[1] == localizer.text("stage.\(stage)"))
      let numbers = row[3].matches(of: /[0-9]+/).compactMap { Int($0.output) }
      #expect(numbers == limits[stage], "\(row[3])")
    }
    #expect(rules.slippingFactor == 2, "the guides say «twice»")
  }

  @Test(arguments: Language.allCases)
  func `every figure of a run is defined`(language: Language) throws {
    struct Schema: Decodable {
      struct Part: Decodable {
        let properties: [String: Part]?
      }
      let properties: [String: Part]
      let definitions: [String: Part]

      enum CodingKeys: String, CodingKey {
        case properties
        case definitions = "$defs"
      }
    }
    let schema = try JSONDecoder().decode(
      Schema.self, from: Data(try Repository.text("docs/schemas/run-1.schema.json").utf8))
    let parts = [
      schema.properties["totals"], schema.properties["concentration"],
      schema.properties["engagement"], schema.definitions["segment"],
    ]
    let defined = Set(spans(try Page("figures", language).prose))
    for part in parts {
      for key in try #require(part?.properties).keys
      where !["id", "objective_reason"].contains(key) {
        #expect(defined.contains(key), "\(key)")
      }
    }
  }

  @Test(arguments: Language.allCases)
  func `the period that suits a history is the one of the table`(language: Language) throws {
    let table = try Page("figures", language).table(with: "12mo", inColumn: 1)
    let asOf = try #require(LocalDate(iso: "2024-03-31"))
    let suited = [24, 6, 2].map {
      CalendarPeriod.suited(first: asOf.adding(months: -$0), asOf: asOf).description
    }
    let less = CalendarPeriod.suited(first: asOf.adding(months: -2).adding(days: 1), asOf: asOf)
    #expect(table.rows.map { span($0[1]) } == suited + [less.description])
    let months = table.rows.dropLast().compactMap { row in
      row[0].firstMatch(of: /[0-9]+/).flatMap { Int($0.output) }
    }
    #expect(months == [24, 6, 2])
  }
}
