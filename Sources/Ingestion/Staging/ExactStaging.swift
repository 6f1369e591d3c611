internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Stages a file whose rows know their lines: usable ones into the target, the others with line,
/// column, value and reason into `quarantine`.
struct ExactStaging {
  let source: OrderSource
  let shape: StagedShape
  let cells: CellSQL
  let session: any QuerySession
  let age: Int
  /// The table to create.
  let target: String
  /// Whether a line without an amount is unusable: not so for events.
  var needsAmount = true

  func run(cancelled: [String]) async throws(IngestionError) -> StagedFile {
    let lines = LineSQL(
      source: source, shape: shape, cells: cells, typed: TypedReading(),
      trustsSample: false, cancelledStatuses: cancelled, age: age)
    let all = target + "_all"
    let kept = keptColumns.joined()
    do throws(WarehouseError) {
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE \(identifier: all) AS \
        SELECT *, \(verdict(lines)) AS verdict FROM (
          SELECT \(source.table.line) AS line, \(source.table.defect) AS defect,
            \(lines.lineColumns.joined()), \(suspects(lines).joined())
          FROM \(source.table.relation()))
        """)
      try await session.execute(
        """
        INSERT INTO quarantine
        SELECT \(literal: source.name), line, verdict.column_name, verdict.value, verdict.reason
        FROM \(identifier: all) WHERE verdict IS NOT NULL ORDER BY line
        """)
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE \(identifier: target) AS \
        SELECT \(kept) FROM \(identifier: all) WHERE verdict IS NULL
        """)
      let row = try await session.row(
        "SELECT count(*), count(verdict), count(*) FILTER (verdict IS NULL AND customer IS NULL) FROM \(identifier: all)"
      )
      try await session.execute("DROP TABLE \(identifier: all)")
      let count = row[0].int ?? 0
      let quarantined = row[1].int ?? 0
      return StagedFile(
        table: target, lines: count - quarantined, guests: row[2].int ?? 0, quarantined: quarantined,
        orderIsNumber: lines.orderIsNumber && shape.identity == nil, isExact: true)
    } catch { throw .engine(error) }
  }

  private var keptColumns: [SQL] {
    var columns: [SQL] = ["customer"]
    if shape.order { columns.append("order_ref") }
    columns += ["day", "amount"]
    columns += shape.texts.map { SQL.column($0.1) }
    if shape.status { columns.append("cancelled") }
    if shape.identity != nil { columns += ["file", "identity"] }
    return columns
  }

  /// The columns without which a line has no amount, with the words for them.
  private var needed: [(column: Int, key: String)] {
    switch needsAmount ? source.roles.amount?.source : nil {
    case .column(let column): [(column, "amount")]
    case .product(let quantity, let price): [(quantity, "quantity"), (price, "price")]
    case nil: []
    }
  }

  /// The texts of the cells that may be at fault, and whether they are numbers.
  private func suspects(_ lines: LineSQL) -> [SQL] {
    var columns: [SQL] = []
    if let date = source.column(.date) { columns.append("\(lines.text(date)) AS date_text") }
    for (column, key) in needed {
      columns.append("\(lines.text(column)) AS \(identifier: "\(key)_text")")
      columns.append("\(lines.number(column)) AS \(identifier: "\(key)_number")")
    }
    return columns
  }

  /// The first thing that is wrong with a line, null when nothing is.
  private func verdict(_ lines: LineSQL) -> SQL {
    func wrong(_ reason: String, _ column: Int?, _ value: SQL) -> SQL {
      let name: SQL = column.map { "\(literal: source.table.columns[$0])" } ?? "NULL::VARCHAR"
      return "{'reason': \(literal: reason), 'column_name': \(name), 'value': \(value)}"
    }
    let date = source.column(.date)
    let years = ImportLimits.years
    var cases: [SQL] = [
      "WHEN defect IS NOT NULL THEN {'reason': defect, 'column_name': NULL::VARCHAR, 'value': NULL::VARCHAR}",
      "WHEN date_text IS NULL THEN \(wrong("quarantine.date.missing", date, "NULL::VARCHAR"))",
      "WHEN day IS NULL THEN \(wrong("quarantine.date.unreadable", date, "date_text"))",
      """
      WHEN year(day) NOT BETWEEN \(number: years.lowerBound) AND \(number: years.upperBound) \
      THEN \(wrong("quarantine.date.absurd", date, "date_text"))
      """,
    ]
    for (column, key) in needed {
      let text = SQL.column("\(key)_text")
      let number = SQL.column("\(key)_number")
      cases += [
        "WHEN \(text) IS NULL THEN \(wrong("quarantine.\(key).missing", column, "NULL::VARCHAR"))",
        """
        WHEN \(number) IS NULL AND \(cells.isNumber(text, .text)) \
        THEN \(wrong("quarantine.\(key).too_large", column, text))
        """,
        "WHEN \(number) IS NULL THEN \(wrong("quarantine.\(key).unreadable", column, text))",
      ]
    }
    guard needsAmount else { return "CASE \(cases.joined(separator: " ")) END" }
    let last = needed.last.map { ($0.column, SQL.column("\($0.key)_text")) }
    cases.append(
      "WHEN amount IS NULL THEN \(wrong("quarantine.amount.too_large", last?.0, last?.1 ?? "NULL::VARCHAR"))"
    )
    return "CASE \(cases.joined(separator: " ")) END"
  }
}
