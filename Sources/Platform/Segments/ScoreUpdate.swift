internal import CustomerSchema
internal import Features
internal import SQLBuilder
internal import SegmentLanguage
internal import Segments
internal import Warehouse

/// Scores the customers of a workspace by its orders, as `quartier run` scores those of a file, and
/// keeps the scores as attributes.
struct ScoreUpdate: Sendable {
  let clock: WorkspaceClock

  /// Makes the columns of the scores where they are missing; before any transaction, because the
  /// engine does not change a table's rows after its columns in one.
  static func prepare(_ session: any QuerySession) async throws {
    let present = Set(
      try await session.query(
        """
        SELECT column_name FROM duckdb_columns()
        WHERE database_name = current_database() AND table_name = 'customer_attribute'
        """
      ).rows.compactMap { $0[0].text })
    for attribute in ScoreAttributes.definitions where !present.contains(attribute.id) {
      let type = SQL.resource(attribute.type.columnType)
      try await session.execute(
        "ALTER TABLE customer_attribute ADD COLUMN \(identifier: attribute.id) \(type)")
    }
    let defined = Set(
      try await session.query("SELECT attribute_id FROM attribute_definition").rows
        .compactMap { $0[0].text })
    for attribute in ScoreAttributes.definitions where !defined.contains(attribute.id) {
      let detail = attribute.type.storedDetail.map { .text($0) } ?? SQLValue.null
      try await session.execute(
        """
        INSERT INTO attribute_definition (attribute_id, type, detail, data_class, origin, model)
        VALUES (\(attribute.id), \(attribute.type.storedName), \(detail), 'behaviour', 'model', 'rfm')
        """)
    }
  }

  /// Scores everybody as of an instant.
  ///
  /// - Returns: false when nobody had bought anything by then; the scores are then missing.
  func run(_ session: any QuerySession, asOf: Int64) async throws -> Bool {
    let today = clock.day(of: asOf)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE staged_lines AS
      SELECT customer_id::VARCHAR AS customer, CAST(local_at AS DATE) AS day, amount
      FROM orders JOIN profiled_customer USING (customer_id)
      WHERE happened_at <= \(SQLValue.instant(asOf))
      """)
    guard
      let first = try await session.value("SELECT min(day) FROM staged_lines WHERE amount > 0").days
    else {
      try await write("(SELECT NULL::VARCHAR AS customer LIMIT 0)", isEmpty: true, session)
      try await session.execute("DROP TABLE staged_lines")
      return false
    }
    let firstDay = LocalDate(daysSinceEpoch: first)
    let history = OrderHistory(
      columns: OrderHistory.Columns(
        product: false, category: false, channel: false, cancelled: false, lineIsOrder: true),
      zeroOrdersArePurchases: false)
    try await history.create(in: session)
    let periods = RunPeriods(
      asOf: today, length: CalendarPeriod.suited(first: firstDay, asOf: today))
    let rules = LifecycleRules()
    try await CustomerFeatures(
      history: history, periods: periods, cohorts: CohortCalendar(first: firstDay, last: today),
      loyalMonths: rules.loyalMonths
    ).create(in: session)
    _ = try await CustomerTable(
      scoring: RFMScoring(), lifecycle: rules, asOf: today, earlier: periods.previousEnd
    ).create(in: session)
    try await write("customers", isEmpty: false, session)
    return true
  }

  private func write(_ scored: SQL, isEmpty: Bool, _ session: any QuerySession) async throws {
    try await session.execute(
      """
      INSERT INTO customer_attribute (customer_id)
      SELECT customer_id FROM customer
      WHERE customer_id NOT IN (SELECT customer_id FROM customer_attribute)
      """)
    // Named `segment` in the table of a run: here a segment is what people define.
    let columns = ScoreAttributes.definitions.map { attribute -> (id: SQL, value: SQL) in
      let source = attribute.id == "rfm_segment" ? "segment" : attribute.id
      return (
        "\(identifier: attribute.id)", isEmpty ? "NULL" : "s.\(identifier: source)"
      )
    }
    let pairs = columns.map { "\($0.id) = \($0.value)" as SQL }.joined()
    let differs = columns.map { "customer_attribute.\($0.id) IS DISTINCT FROM \($0.value)" as SQL }
      .joined(separator: " OR ")
    try await session.execute(
      """
      UPDATE customer_attribute SET \(pairs)
      FROM customer AS c LEFT JOIN \(scored) AS s ON s.customer = c.customer_id::VARCHAR
      WHERE c.customer_id = customer_attribute.customer_id AND (\(differs))
      """)
  }
}
