internal import CustomerSchema
internal import SQLBuilder

/// The select lists that turn a source's rows into lines.
struct LineSQL: Sendable {
  let source: OrderSource
  let shape: StagedShape
  let cells: CellSQL
  /// How the engine types columns while it reads; empty when all are text or have their own type.
  let typed: TypedReading
  /// Whether a text column whose sample has no blanks at its ends is taken to have none at all.
  let trustsSample: Bool
  /// Statuses, as written, that mark returned or cancelled orders.
  let cancelledStatuses: [String]
  /// The file's place in the order of age, from 0.
  let age: Int

  /// Whether what is costly to compute has columns of its own in `base`: the engine would compute
  /// it anew for every mention.
  var isLayered: Bool {
    !trustsSample
      || (source.amountColumns + [source.column(.date)].compactMap { $0 }).contains {
        type($0) == .text
      }
  }

  private func type(_ column: Int) -> CellType {
    typed.types[column].map { CellType(engineType: $0) } ?? source.table.types[column]
  }

  /// Whether the order id is held as a whole number until it is known to be unique.
  var orderIsNumber: Bool {
    source.column(.order).map { type($0) == .integer } ?? false
  }

  // MARK: Layers

  /// What to select lines from: the source's rows, or rows of cleaned texts (`t0`…), numbers
  /// (`n0`…) and `local_day`, with `line` and `defect`.
  var base: SQL {
    guard isLayered else { return source.table.relation(typed) }
    var columns: [SQL] = ["\(source.table.line) AS line", "\(source.table.defect) AS defect"]
    for column in usedColumns {
      let cell = source.table.cell(column)
      let cleaned =
        type(column) == .text ? cells.text(cell, .text, isClean: isClean(column)) : cell
      columns.append("\(cleaned) AS \(identifier: "t\(column)")")
    }
    var computed: [SQL] = Set(source.amountColumns).sorted().map { column in
      let number = cells.number(
        cell(column), type(column), source.numbers[column] ?? .native,
        scale: column == pricePerUnit ? 6 : 4)
      return "\(number) AS \(identifier: "n\(column)")"
    }
    computed.append("\(computedDay) AS local_day")
    guard let kept = shape.kept else {
      return """
        (SELECT *, \(computed.joined()) FROM (
          SELECT \(columns.joined()) FROM \(source.table.relation(typed))))
        """
    }
    let amounts = Set(source.amountColumns)
    computed += kept.numbers.filter { !amounts.contains($0.position) }.map {
      "\(cells.number(cell($0.position), type($0.position), source.numbers[$0.position] ?? .native)) AS \(identifier: "n\($0.position)")"
    }
    let moments = MomentSQL(cells: cells)
    if let date = source.column(.date), let form = source.date {
      let time: SQL? =
        source.profiles[date].dates.timed > 0 ? nil : source.column(.time).map { cell($0) }
      let parts = moments.parts(cell(date), type(date), form, time: time)
      computed += ["\(parts.zoned) AS zoned_at", "\(parts.local) AS wall_at"]
    } else {
      computed += ["NULL::TIMESTAMPTZ AS zoned_at", "NULL::TIMESTAMP AS wall_at"]
    }
    return """
      (SELECT *, \(moments.instant(zoned: "zoned_at", local: "wall_at")) AS moment FROM (
        SELECT *, \(computed.joined()) FROM (
          SELECT \(columns.joined()) FROM \(source.table.relation(typed)))))
      """
  }

  private var pricePerUnit: Int? {
    if case .product(_, let price) = source.roles.amount?.source { price } else { nil }
  }

  private var usedColumns: [Int] {
    if case .columns = shape.identity { return Array(source.table.columns.indices) }
    let roles: [ColumnRole] =
      [.customer, .order, .date, .quantity, .currency, .status, .product, .category, .channel]
    let kept = (shape.kept?.texts ?? []) + (shape.kept?.numbers ?? [])
    let time = shape.kept == nil ? nil : source.column(.time)
    return Set(
      roles.compactMap { source.column($0) } + source.amountColumns + kept.map(\.position)
        + [time].compactMap { $0 }
    ).sorted()
  }

  // MARK: Pieces

  private func cell(_ column: Int) -> SQL {
    isLayered ? SQL.column("t\(column)") : source.table.cell(column)
  }

  func text(_ column: Int) -> SQL {
    cells.text(cell(column), type(column), isClean: isLayered || isClean(column))
  }

  /// The text of an id, without the `.0` of ids that were numbers once.
  private func id(_ column: Int) -> SQL {
    source.profiles[column].hasFloatingIds
      ? "regexp_replace(\(text(column)), '\\.0$', '')" : text(column)
  }

  private func isClean(_ column: Int) -> Bool {
    source.table.isClean || trustsSample && source.profiles[column].padded == 0
  }

  var customer: SQL {
    guard let column = source.column(.customer) else { return "NULL::VARCHAR" }
    return source.roles.customerIsEmail ? "lower(\(id(column)))" : id(column)
  }

  var order: SQL {
    guard let column = source.column(.order) else { return "NULL::VARCHAR" }
    return orderIsNumber && shape.identity == nil && shape.kept == nil ? cell(column) : id(column)
  }

  var day: SQL { isLayered ? "local_day" : computedDay }

  private var computedDay: SQL {
    guard let column = source.column(.date), let form = source.date else { return "NULL::DATE" }
    switch type(column) {
    case .date: return cell(column)
    case .timestamp: return "\(cell(column))::DATE"
    case .instant: return cells.localDay(ofInstant: cell(column))
    default: return cells.day(cell(column), type(column), form)
    }
  }

  func number(_ column: Int) -> SQL {
    isLayered
      ? SQL.column("n\(column)")
      : cells.number(
        cell(column), type(column), source.numbers[column] ?? .native,
        scale: column == pricePerUnit ? 6 : 4)
  }

  /// The signed amount of a line, `DECIMAL(18,4)`, null when it cannot be had.
  var amount: SQL {
    guard let plan = source.roles.amount else { return "NULL::DECIMAL(18,4)" }
    var amount: SQL
    switch plan.source {
    case .column(let column): amount = number(column)
    case .product(let quantity, let price):
      amount = "\(number(quantity)) * \(number(price))"
      if let discount = plan.discount {
        let value: SQL = "abs(coalesce(\(number(discount)), 0))"
        amount =
          plan.discountIsPercent
          ? "TRY_CAST(TRY_CAST(\(amount) AS DECIMAL(28,6)) * (1 - \(value) / 100)::DECIMAL(9,6) AS DECIMAL(18,4))"
          : "(\(amount)) - sign(\(number(quantity)) * \(number(price))) * \(value)"
      }
      amount = "TRY_CAST(\(amount) AS DECIMAL(18,4))"
    }
    if let tax = plan.tax {
      let sign: SQL = tax.sign > 0 ? "+" : "-"
      amount = "TRY_CAST(\(amount) \(sign) coalesce(\(number(tax.column)), 0) AS DECIMAL(18,4))"
    }
    // A negative quantity is a return, whatever the sign of the price or of the amount.
    if let quantity = plan.signed {
      amount =
        "CASE WHEN \(number(quantity)) < 0 AND \(amount) > 0 THEN -(\(amount)) ELSE \(amount) END"
    }
    return amount
  }

  /// The optional columns of the shape, with their names.
  var optional: [SQL] {
    shape.texts.map { role, name in
      let value =
        role == .currency ? lineCurrency : source.column(role).map { text($0) } ?? "NULL::VARCHAR"
      return "\(value) AS \(identifier: name)"
    }
  }

  /// The currency of a line as it is written, null for none.
  var lineCurrency: SQL { source.column(.currency).map { text($0) } ?? currency }

  /// The sign or code in the cells of amounts, else what their header names.
  private var currency: SQL {
    let named = source.headerCurrency.map { "\(literal: $0)" as SQL } ?? "NULL::VARCHAR"
    guard source.toldCurrency == nil, let column = source.priced, type(column) == .text
    else { return named }
    return "coalesce(\(cells.currency(cell(column))), \(named))"
  }

  var cancelled: SQL? {
    guard shape.status else { return nil }
    guard let column = source.column(.status), !cancelledStatuses.isEmpty else {
      return "false AS cancelled"
    }
    let words = cancelledStatuses.map { "\(literal: $0)" as SQL }.joined()
    return "coalesce(\(text(column)) IN (\(words)), false) AS cancelled"
  }

  // MARK: Lists

  /// What the staged table of one file holds.
  var lineColumns: [SQL] {
    var columns: [SQL] = ["\(customer) AS customer"]
    if shape.order { columns.append("\(order) AS order_ref") }
    columns += ["\(day) AS day", "\(amount) AS amount"]
    columns += optional
    if let cancelled { columns.append(cancelled) }
    if let kept = shape.kept {
      columns.append("moment AS happened_at")
      columns += kept.texts.map { "\(text($0.position)) AS \(identifier: $0.name)" }
      columns += kept.numbers.map {
        "\(SQL.column("n\($0.position)")) AS \(identifier: $0.name)"
      }
    }
    if let identity = shape.identity {
      columns.append("\(number: age)::USMALLINT AS file")
      columns.append("\(self.identity(identity)) AS identity")
    }
    return columns
  }
}
