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
  /// Whether the order of day and month was found by evidence, and not said by the person.
  let orderIsFound: Bool
  /// The table to create.
  let target: String
  /// Whether a line without an amount is unusable: not so for events.
  var needsAmount = true
  /// Leaves out people who were erased; nil where nobody was.
  var forgotten: ErasedPeople?

  func run(cancelled: [String]) async throws(IngestionError) -> StagedFile {
    let lines = LineSQL(
      source: source, shape: shape, cells: cells, typed: TypedReading(),
      trustsSample: false, cancelledStatuses: cancelled, age: age)
    let all = target + "_all"
    let kept = keptColumns.joined()
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: all) AS \
      SELECT *, \(verdict(lines)) AS verdict FROM \(completed("""
        (SELECT line, defect,
          \(lines.lineColumns.joined()), \(suspects(lines).joined())
        FROM \(lines.base))
        """))
      """)
    if orderIsFound { try await refuseMixedDates(all) }
    try await forgotten?.leaveOut(
      of: all, id: "customer", email: nil,
      type: source.roles.customerIsEmail ? "email" : "customer")
    try await session.perform(
      """
      INSERT INTO quarantine
      SELECT \(literal: source.name), line, verdict.column_name, verdict.value, verdict.reason
      FROM \(identifier: all) WHERE verdict IS NOT NULL ORDER BY line
      """)
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: target) AS \
      SELECT \(kept) FROM \(identifier: all) WHERE verdict IS NULL
      """)
    // A format may make several rows of one line.
    let counted: SQL = if case .prepared = source.table.reading { "DISTINCT line" } else { "*" }
    let row = try await session.fetchRow(
      "SELECT count(\(counted)), count(verdict), count(*) FILTER (verdict IS NULL AND customer IS NULL) FROM \(identifier: all)"
    )
    let currencies = try await strayCurrencies(all)
    try await session.perform("DROP TABLE \(identifier: all)")
    let count = row[0].int ?? 0
    let quarantined = row[1].int ?? 0
    return StagedFile(
      table: target, lines: count - quarantined, guests: row[2].int ?? 0, quarantined: quarantined,
      currencies: currencies,
      orderIsNumber: lines.orderIsNumber && shape.identity == nil && shape.kept == nil,
      isExact: true)
  }

  /// A date that can only be read the other way round makes every other date doubtful.
  private func refuseMixedDates(_ all: String) async throws(IngestionError) {
    guard let column = source.column(.date), let order = source.date?.order, order != .ymd else {
      return
    }
    let other = try await session.fetchRow(
      """
      SELECT min(date_text) FROM \(identifier: all)
      WHERE defect IS NULL AND day IS NULL AND \(cells.isOtherOrder("date_text", order))
      """
    ).first?.text
    guard let other else { return }
    let dates = source.profiles[column].dates
    let seen = (order == .dmy ? dates.dayFirst : dates.monthFirst) ?? dates.undecided ?? ""
    throw .datesMixed(
      dayFirst: order == .dmy ? seen : other, monthFirst: order == .dmy ? other : seen,
      column: source.table.columns[column], file: source.name)
  }

  /// Currencies in the cells of amounts, where lines keep none because the sample had none.
  private func strayCurrencies(_ all: String) async throws(IngestionError) -> Set<String> {
    guard !shape.currency, source.toldCurrency == nil,
      let part = parts.last(where: \.isNeeded), source.table.types[part.column] == .text
    else { return [] }
    let text = SQL.column("\(part.key)_text")
    let found = try await session.fetch(
      """
      SELECT DISTINCT \(cells.currency(text)) FROM \(identifier: all) WHERE verdict IS NULL
      """
    ).compactMap { $0[0].text }
    return Set(found.compactMap(CellShape.currencyCode))
  }

  private var keptColumns: [SQL] {
    var columns: [SQL] = ["customer"]
    if shape.order { columns.append("order_ref") }
    columns += ["day", "amount"]
    columns += shape.texts.map { SQL.column($0.1) }
    if shape.status { columns.append("cancelled") }
    if let kept = shape.kept {
      columns += ["line", "happened_at"]
      columns += (kept.texts + kept.numbers).map { SQL.column($0.name) }
    }
    if shape.identity != nil { columns += ["file", "identity"] }
    return columns
  }

  /// A column that amounts are made of.
  private struct Part {
    let column: Int
    /// Its word in reasons.
    let key: String
    /// Whether a line has no amount without it.
    let isNeeded: Bool
  }

  private var parts: [Part] {
    guard needsAmount, let plan = source.roles.amount else { return [] }
    var parts: [Part] =
      switch plan.source {
      case .column(let column): [Part(column: column, key: "amount", isNeeded: true)]
      case .product(let quantity, let price):
        [
          Part(column: quantity, key: "quantity", isNeeded: true),
          Part(column: price, key: "price", isNeeded: true),
        ]
      }
    if let column = plan.quantity {
      parts.append(Part(column: column, key: "quantity", isNeeded: false))
    }
    if let column = plan.discount {
      parts.append(Part(column: column, key: "discount", isNeeded: false))
    }
    if let tax = plan.tax { parts.append(Part(column: tax.column, key: "tax", isNeeded: false)) }
    return parts
  }

  /// Gives the lines of an order whose total stands on another line what that line says: an
  /// amount of nothing, and where they have none, its day and customer.
  private func completed(_ rows: SQL) -> SQL {
    guard totalsMayBeElsewhere else { return rows }
    let moment: SQL =
      shape.kept == nil
      ? .empty
      : """
      CASE WHEN total_elsewhere THEN coalesce(happened_at, order_moment) ELSE happened_at END
        AS happened_at,
      """
    let orderMoment: SQL =
      shape.kept == nil ? .empty : "max(happened_at) OVER one AS order_moment,"
    return """
      (SELECT * REPLACE (
          \(moment)
          CASE WHEN total_elsewhere THEN 0 ELSE amount END AS amount,
          CASE WHEN total_elsewhere THEN coalesce(day, order_day) ELSE day END AS day,
          CASE WHEN total_elsewhere THEN coalesce(date_text, order_date) ELSE date_text END
            AS date_text,
          CASE WHEN total_elsewhere THEN coalesce(customer, order_customer) ELSE customer END
            AS customer)
        FROM (
          SELECT *, order_ref IS NOT NULL AND amount_text IS NULL
              AND bool_or(amount IS NOT NULL) OVER one AS total_elsewhere,
            \(orderMoment) max(day) OVER one AS order_day, max(date_text) OVER one AS order_date,
            max(customer) OVER one AS order_customer
          FROM \(rows) WINDOW one AS (PARTITION BY order_ref)))
      """
  }

  /// Whether a line without an amount may belong to an order whose total stands on another line.
  private var totalsMayBeElsewhere: Bool {
    needsAmount && source.roles.amount?.isOrderTotal == true && source.column(.order) != nil
  }

  /// The texts of the cells that may be at fault, and whether they are numbers.
  private func suspects(_ lines: LineSQL) -> [SQL] {
    var columns: [SQL] = []
    if let date = source.column(.date) { columns.append("\(lines.text(date)) AS date_text") }
    for part in parts {
      columns.append("\(lines.text(part.column)) AS \(identifier: "\(part.key)_text")")
      columns.append("\(lines.number(part.column)) AS \(identifier: "\(part.key)_number")")
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
    for part in parts {
      let text = SQL.column("\(part.key)_text")
      let number = SQL.column("\(part.key)_number")
      let key = "quarantine.\(part.key)"
      if part.isNeeded {
        let missing = wrong("\(key).missing", part.column, "NULL::VARCHAR")
        cases.append(
          totalsMayBeElsewhere
            ? "WHEN \(text) IS NULL AND NOT total_elsewhere THEN \(missing)"
            : "WHEN \(text) IS NULL THEN \(missing)")
      }
      let isFull: SQL = "\(text) IS NOT NULL AND \(number) IS NULL"
      cases += [
        """
        WHEN \(isFull) AND \(cells.isNumber(text, .text)) \
        THEN \(wrong("\(key).too_large", part.column, text))
        """,
        "WHEN \(isFull) THEN \(wrong("\(key).unreadable", part.column, text))",
      ]
    }
    guard needsAmount else { return "CASE \(cases.joined(separator: " ")) END" }
    let last = parts.first { $0.isNeeded }.map { ($0.column, SQL.column("\($0.key)_text")) }
    cases.append(
      "WHEN amount IS NULL THEN \(wrong("quarantine.amount.too_large", last?.0, last?.1 ?? "NULL::VARCHAR"))"
    )
    return "CASE \(cases.joined(separator: " ")) END"
  }
}
