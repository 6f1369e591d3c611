import CustomerSchema
import DuckDBEngine
import SQLBuilder
import Warehouse

@testable import SegmentLanguage

/// Customers in a store of the real schema.
struct TestWarehouse {
  let session: any QuerySession

  init() async throws {
    session = try await DuckDBEngine(.init(threads: 2)).session()
    try await Store.attach(":memory:", to: session)
    try await session.execute("USE quartier")
    for definition in TestSchema.attributes {
      try await session.execute(
        """
        ALTER TABLE customer_attribute ADD COLUMN \(identifier: definition.id) \
        \(Self.type(definition.type))
        """)
    }
    try await session.execute(
      """
      CREATE TABLE IF NOT EXISTS membership (segment_id BIGINT, customer_id BIGINT, \
      entered_at TIMESTAMPTZ, left_at TIMESTAMPTZ)
      """)
    try await session.execute(
      "CREATE TABLE told_decision (segment_id BIGINT, customer_id BIGINT, is_included BOOLEAN)")
    try await session.execute("CREATE TABLE told_membership AS FROM membership LIMIT 0")
  }

  static var relations: SegmentRelations {
    var relations = SegmentRelations()
    relations.decisions = "told_decision"
    relations.memberships = "told_membership"
    return relations
  }

  private static func type(_ type: AttributeType) -> SQL {
    switch type {
    case .text, .enumeration: "VARCHAR"
    case .boolean: "BOOLEAN"
    case .date: "DATE"
    case .instant: "TIMESTAMPTZ"
    case .count, .duration: "BIGINT"
    case .share, .number: "DOUBLE"
    case .decimal, .money: "DECIMAL(18, 4)"
    case .list: "VARCHAR[]"
    case .objects: "JSON"
    }
  }

  /// Replaces everything by these customers as they are at an instant.
  func load(_ customers: [TestCustomer], asOf: Int64) async throws {
    for table in [
      "customer", "customer_attribute", "attribute_history", "told_membership", "told_decision",
      "orders", "events", "tickets", "opportunities",
    ] {
      try await session.execute("DELETE FROM \(identifier: table)")
    }
    var ids: [[SQL]] = []
    var wide: [[SQL]] = []
    var history: [[SQL]] = []
    var memberships: [[SQL]] = []
    var decisions: [[SQL]] = []
    var rows: [String: [[SQL]]] = [:]
    var rowID: Int64 = 0
    for customer in customers {
      ids.append(["\(.int(customer.id))", "\(.instant(0))"])
      if !customer.sayings.isEmpty { wide.append(Self.wide(customer, asOf)) }
      for saying in customer.sayings where saying.start != .min {
        guard let type = TestSchema.attributes.first(where: { $0.id == saying.attribute })?.type
        else { continue }
        rowID += 1
        history.append([
          "\(.int(customer.id))", "\(saying.attribute)", "\(.instant(saying.start))",
          "\(TestSchema.text(saying.value, type).map(SQLValue.text) ?? .null)", "'test'",
          "\(.int(rowID))",
        ])
      }
      for interval in customer.memberships {
        memberships.append([
          "\(.int(interval.segment))", "\(.int(customer.id))", "\(.instant(interval.entered))",
          "\(interval.left.map(SQLValue.instant) ?? .null)",
        ])
      }
      for decision in customer.decisions {
        decisions.append([
          "\(.int(decision.segment))", "\(.int(customer.id))", "\(.bool(decision.isIncluded))",
        ])
      }
      for row in customer.rows {
        guard let stream = StreamCatalogue.canonical[row.stream] else { continue }
        rowID += 1
        rows[row.stream, default: []].append(Self.values(row, stream, customer.id, rowID))
      }
    }
    try await insert("customer (customer_id, first_seen)", ids)
    let names = TestSchema.attributes.map { "\(identifier: $0.id)" as SQL }
    try await insert("customer_attribute (customer_id, \(names.joined()))", wide)
    try await insert(
      "attribute_history (customer_id, attribute_id, valid_from, value, source, row_id)", history)
    try await insert(
      "told_membership (segment_id, customer_id, entered_at, left_at)", memberships)
    try await insert("told_decision (segment_id, customer_id, is_included)", decisions)
    for (id, values) in rows {
      guard let stream = StreamCatalogue.canonical[id] else { continue }
      var columns: [SQL] = [
        "customer_id", "happened_at", "local_at", "\"source\"", "\"key\"", "row_id",
      ]
      if stream.kind != nil { columns.append("kind") }
      columns += stream.fields.map { "\(identifier: $0.id)" }
      try await insert("\(identifier: stream.table) (\(columns.joined()))", values)
    }
  }

  private func insert(_ target: SQL, _ rows: [[SQL]]) async throws {
    var start = 0
    while start < rows.count {
      let chunk = rows[start..<min(start + 100, rows.count)]
      let values = chunk.map { "(\($0.joined()))" as SQL }.joined()
      try await session.execute("INSERT INTO \(target) VALUES \(values)")
      start += 100
    }
  }

  /// The wide row: what holds at the instant.
  private static func wide(_ customer: TestCustomer, _ asOf: Int64) -> [SQL] {
    var result: [SQL] = ["\(.int(customer.id))"]
    for definition in TestSchema.attributes {
      let current = customer.sayings.enumerated().filter {
        $0.element.attribute == definition.id && $0.element.start <= asOf
      }.max { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }
      let value = current?.element.value ?? .missing
      if case .list(let texts) = value {
        let items = texts.map { "CAST(\($0) AS VARCHAR)" as SQL }.joined()
        result.append("CAST([\(items)] AS VARCHAR[])")
      } else {
        result.append("\(TestSchema.sql(value, definition.type))")
      }
    }
    return result
  }

  private static func values(
    _ row: TestCustomer.Row, _ stream: StreamDefinition, _ customer: Int64, _ rowID: Int64
  ) -> [SQL] {
    var result: [SQL] = [
      "\(.int(customer))", "\(.instant(row.instant))", "\(.localTimestamp(row.local))",
      "\(row.source)", "\(row.key)", "\(.int(rowID))",
    ]
    if let kind = stream.kind { result.append("\(kind)") }
    for field in stream.fields {
      var value = row.values[field.id] ?? .missing
      if stream.negates(field), case .integer(let units) = value { value = .integer(-units) }
      result.append("\(TestSchema.sql(value, field.type))")
    }
    return result
  }
}
