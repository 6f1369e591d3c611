import CustomerSchema
import Foundation
import SQLBuilder
import SegmentLanguage
import Testing
import Warehouse

@testable import Segments

/// Whether the rules of the guide have the same members in SQL and in memory, on customers who do
/// and are all that the streams and the attributes can hold.
@Suite struct `The guide's rules on generated customers` {
  private static let customers = 400
  private static let rowsEach = 14

  /// Words that the guide's rules look for, by field or attribute; `a`, `b`, `c` for all others.
  private static let words: [String: [String]] = [
    "name": ["page_view", "add_to_cart", "search"], "channel": ["web", "shop", "app"],
    "question": ["nps", "csat"], "category": ["shoes", "bags", "hats", "coats", "belts"],
    "action": ["sent", "opened", "clicked"], "city": ["Paris", "Lyon", "Boulogne-Billancourt"],
    "postal_code": ["75011", "69001", "92100"], "interests": ["voile", "cuisine"],
    "tags": ["staff", "press"], "naf": ["62.01Z", "56.10A"], "kind": ["move", "wedding"],
  ]

  private static func examples() throws -> [String] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let guide = try String(
      contentsOf: root.appending(path: "docs/en/segment-language.md"), encoding: .utf8)
    return guide.matches(of: /(?ms)^```segment\n(.*?)^```/).flatMap {
      $0.output.1.split(separator: "\n").map(String.init)
    }
  }

  @Test func `have the same members in SQL and in memory`() async throws {
    let store = try await TestStore()
    try await Self.fill(store)
    let texts = ["revenue > 900 EUR", "orders >= 5"] + (try Self.examples())
    let names = ["vip", "loyal"]
    let checker = TypeChecker(store.language.schema, segments: Set(names))
    let segments = try texts.enumerated().map { index, text in
      StoredSegment(
        id: Int64(index + 1), version: 1,
        definition: SegmentDefinition(
          name: index < names.count ? names[index] : "s\(index)",
          rule: try checker.check(try Expression.parse(text)).expression))
    }
    let program = try SegmentProgram(segments, store.language.schema, store.clock)
    let relations = try await TellingSources(session: store.session).prepare(
      segments, program: program, stem: "guide")
    let asOf = TestStore.at(400.5)
    let snapshot = try await PopulationMeasurement(
      session: store.session, program: program, relations: relations
    ).measure(asOf: asOf)
    let table = try await store.session.query(
      SQLPrinter(program, relations: relations).answers(asOf: asOf, snapshot: snapshot))
    var told: [Int64: [SQLValue]] = [:]
    for row in table.rows { told[Int64(row[0].int ?? 0)] = row }
    let loaded = try await CustomerLoader(store.session, program, relations).load(
      "(SELECT customer_id FROM customer)",
      told: .init(asOf: asOf, row: .max, customer: .max))
    #expect(told.count == Self.customers && loaded.count == Self.customers)

    var evaluator = Evaluator(program, snapshot: snapshot)
    var members = [Int](repeating: 0, count: texts.count)
    for customer in loaded {
      let row = try #require(told[customer.id])
      for (index, answer) in evaluator.evaluate(customer.record, asOf: asOf).enumerated() {
        #expect(row[index + 1].bool == answer.isMember, "\(texts[index]) of \(customer.id)")
        if answer.isMember { members[index] += 1 }
      }
    }
    // Rules that nobody or everybody fits would prove nothing.
    let telling = members.filter { (1..<Self.customers).contains($0) }
    #expect(telling.count >= texts.count - 3, "\(zip(texts, members).map { "\($1) \($0)" })")
  }

  // MARK: Customers

  private static func fill(_ store: TestStore) async throws {
    try await store.customers(customers)
    for (salt, stream) in StreamCatalogue.canonical.streams.enumerated() {
      try await fill(stream, salt, store.session)
    }
    let attributes = AttributeCatalogue.customer.attributes.filter { $0.id != "kind" }
    for attribute in attributes {
      try await store.session.execute(
        """
        ALTER TABLE customer_attribute
        ADD COLUMN \(identifier: attribute.id) \(SQL.resource(attribute.type.columnType))
        """)
    }
    let values = attributes.enumerated().map { index, attribute in
      // Some do not have it.
      """
      CASE WHEN \(random(500 + index, below: 10)) < 8 THEN
      \(value(attribute.id, attribute.type, salt: 600 + index)) END
      """ as SQL
    }
    try await store.session.execute(
      """
      INSERT INTO customer_attribute
        (customer_id, \(attributes.map { "\(identifier: $0.id)" as SQL }.joined()))
      SELECT i, \(values.joined()) FROM (
        SELECT customer_id AS i, 0 AS j, \(SQLValue.instant(TestStore.at(300))) AS moment FROM customer)
      """)
    // Since when the status is what it is, and it was said again the day before.
    try await store.session.execute(
      """
      INSERT INTO attribute_history (customer_id, attribute_id, valid_from, value, source, row_id)
      SELECT customer_id, 'status', moment, status, 'test', nextval('row_ids')
      FROM customer_attribute, (VALUES
        (\(SQLValue.instant(TestStore.at(399)))),
        (\(SQLValue.instant(TestStore.at(380))) - to_days((customer_id % 30)::INTEGER))) AS t(moment)
      WHERE status IS NOT NULL
      """)
    // Half of the customers have come into and gone out of «vip» and «loyal».
    try await store.session.execute(
      """
      INSERT INTO membership
      SELECT 1 + customer_id % 2, customer_id,
        \(SQLValue.instant(TestStore.at(340))) - to_days((customer_id % 90 * 5)::INTEGER),
        CASE WHEN customer_id % 3 > 0 THEN \(SQLValue.instant(TestStore.at(390))) END, 'data', NULL
      FROM customer WHERE customer_id % 4 < 2
      """)
  }

  private static func fill(
    _ stream: StreamDefinition, _ salt: Int, _ session: any QuerySession
  ) async throws {
    let start = SQLValue.instant(TestStore.start)
    var columns: [SQL] = [
      "customer_id", "happened_at", "local_at", "source", "\"key\"", "row_id",
    ]
    var values: [SQL] = [
      "i", "moment", "timezone('Europe/Paris', moment)", "'test'", "i || '-' || j",
      "nextval('row_ids')",
    ]
    if let kind = stream.kind {
      columns.append("kind")
      values.append("\(kind)")
    }
    for (index, field) in stream.fields.enumerated() {
      columns.append("\(identifier: field.id)")
      let value = value(field.id, field.type, salt: 20 * salt + index)
      let isNegative = stream.isNegated && ["amount", "quantity"].contains(field.id)
      values.append(isNegative ? "-\(value) / 5" : value)
    }
    // Rows of some streams only for some, more of them lately.
    try await session.execute(
      """
      INSERT INTO \(identifier: stream.table) (\(columns.joined()))
      SELECT \(values.joined()) FROM (
        SELECT i, j, \(start) + to_minutes((576000 - \(random(salt, below: 760)) *
          \(random(salt + 40, below: 760)))::INTEGER) AS moment
        FROM (SELECT customer_id AS i FROM customer), range(\(rowsEach)) AS t(j)
        WHERE j < hash(i, \(salt)) % \(rowsEach + 1) AND hash(i, \(salt + 1)) % 4 < 3)
      """)
  }

  /// Whole numbers from 0, the same in each run.
  private static func random(_ salt: Int, below limit: Int) -> SQL {
    "(hash(i, j, \(salt)) % \(limit))::BIGINT"
  }

  private static func value(_ id: String, _ type: AttributeType, salt: Int) -> SQL {
    func pick(_ words: [String]) -> SQL {
      "[\(words.map { "\($0)" as SQL }.joined())][1 + \(random(salt, below: words.count))]"
    }
    let words = words[id] ?? ["a", "b", "c"]
    switch type {
    case .text: return pick(words)
    case .enumeration(let values): return pick(values)
    case .boolean: return "\(random(salt, below: 2)) = 0"
    case .date where id == "signed_up":
      return "DATE '2024-01-01' + \(random(salt, below: 400))::INTEGER"
    case .date: return "DATE '1940-01-01' + \(random(salt, below: 31_000))::INTEGER"
    case .instant: return "moment + to_days(\(random(salt, below: 20))::INTEGER)"
    case .count, .duration: return random(salt, below: 12)
    case .share, .number: return "\(random(salt, below: 100)) / 100.0"
    case .decimal: return "\(random(salt, below: 11))"
    case .money: return "\(random(salt, below: 40_000)) / 100.0"
    case .list: return "list_value(\(pick(words)), \(pick(["x", "y"])))"
    case .objects:
      return """
        json_array(json_object('birth_date', (DATE '2005-01-01' +
          \(random(salt, below: 7_300))::INTEGER)::VARCHAR, 'gender',
          \(pick(["female", "male"]))), json_object('birth_date', '2010-02-28', 'gender', 'male'),
          json_object('gender', 'other'))
        """
    }
  }
}
