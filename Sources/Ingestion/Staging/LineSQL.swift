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

  private func type(_ column: Int) -> CellType {
    typed.types[column].map { CellType(engineType: $0) } ?? source.table.types[column]
  }

  /// Whether the order id is held as a whole number until it is known to be unique.
  var orderIsNumber: Bool {
    source.column(.order).map { type($0) == .integer } ?? false
  }

  // MARK: Pieces

  func text(_ column: Int) -> SQL {
    cells.text(source.table.cell(column), type(column), isClean: isClean(column))
  }

  private func isClean(_ column: Int) -> Bool {
    source.table.isClean || trustsSample && source.profiles[column].padded == 0
  }

  var customer: SQL {
    guard let column = source.column(.customer) else { return "NULL::VARCHAR" }
    return source.roles.customerIsEmail ? "lower(\(text(column)))" : text(column)
  }

  var order: SQL {
    guard let column = source.column(.order) else { return "NULL::VARCHAR" }
    return orderIsNumber && shape.identity == nil ? source.table.cell(column) : text(column)
  }

  var day: SQL {
    guard let column = source.column(.date), let form = source.date else { return "NULL::DATE" }
    let cell = source.table.cell(column)
    switch type(column) {
    case .date: return cell
    case .timestamp: return "\(cell)::DATE"
    case .instant: return cells.localDay(ofInstant: cell)
    default: return cells.day(readable(column), type(column), form)
    }
  }

  /// The cell, without blanks at its ends where it is text.
  func readable(_ column: Int) -> SQL {
    type(column) == .text && !isClean(column) ? text(column) : source.table.cell(column)
  }

  func number(_ column: Int, scale: Int = 4) -> SQL {
    cells.number(
      readable(column), type(column), source.numbers[column] ?? .native, scale: scale)
  }

  /// The signed amount of a line, `DECIMAL(18,4)`, null when it cannot be had.
  var amount: SQL {
    guard let plan = source.roles.amount else { return "NULL::DECIMAL(18,4)" }
    var amount: SQL
    switch plan.source {
    case .column(let column): amount = number(column)
    case .product(let quantity, let price):
      amount = "\(number(quantity)) * \(number(price, scale: 6))"
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
    return "coalesce(\(cells.currency(readable(column))), \(named))"
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
    if let identity = shape.identity {
      columns.append("\(number: age)::USMALLINT AS file")
      columns.append("\(self.identity(identity)) AS identity")
    }
    return columns
  }
}
