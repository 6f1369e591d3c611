internal import CustomerSchema
internal import Features
internal import Ingestion
internal import Presentation

/// The parts of a run as both the terminal and the report word them.
struct RunWording {
  let result: RunResult
  let localizer: Localizer

  init(_ result: RunResult, _ localizer: Localizer) {
    self.result = result
    self.localizer = localizer
  }

  private var formats: Formats { localizer.formats }

  /// Who, how many orders, how much, from when to when.
  var totals: String {
    let totals = result.totals
    guard let first = totals.firstOrder, let last = totals.lastOrder else { return "" }
    let customers = localizer.text("unit.purchasers", ["count": .count(totals.purchasers)])
    let orders = localizer.text("unit.orders", ["count": .count(totals.orders)])
    return localizer.text(
      first == last ? "summary.totals.day" : "summary.totals",
      [
        "customers": .text(customers), "orders": .text(orders),
        "revenue": .money(totals.revenue), "from": .date(first), "to": .date(last),
      ])
  }

  /// Whether amounts include tax, how that is known, and which option changes it.
  var amountBasis: String {
    let basis = result.imported.amountBasis
    let sentence = localizer.text("basis.\(basis.tax.rawValue).\(basis.taxSource.rawValue)")
    return basis.taxSource == .assumption
      ? sentence + " " + localizer.text("basis.change") : sentence
  }

  /// Whether amounts include shipping and discounts.
  var amountParts: String {
    let basis = result.imported.amountBasis
    if basis.shipping == .unknown, basis.discount == .unknown {
      return localizer.text("basis.parts.unknown")
    }
    return localizer.text("basis.shipping.\(basis.shipping.rawValue)") + " "
      + localizer.text("basis.discount.\(basis.discount.rawValue)")
  }

  /// Format, compression, encoding, separators and lines of a file.
  func traits(_ source: SourceReport) -> [String] {
    var traits = [source.format == .parquet ? "Parquet" : source.format.rawValue.uppercased()]
    if let sheet = source.sheet { traits.append(Localizer.printable(sheet)) }
    if let compression = source.compression { traits.append(compression) }
    if let encoding = source.encoding { traits.append(encoding) }
    if let separator = source.separator { traits.append(self.separator(separator)) }
    switch source.decimalSeparator {
    case ",": traits.append(localizer.text("decimal.comma"))
    case ".": traits.append(localizer.text("decimal.point"))
    default: break
    }
    traits.append(localizer.text("unit.lines", ["count": .count(source.lines)]))
    return traits
  }

  private func separator(_ separator: String) -> String {
    switch separator {
    case ";": localizer.text("separator.semicolon")
    case ",": localizer.text("separator.comma")
    case "\t": localizer.text("separator.tab")
    case "|": localizer.text("separator.pipe")
    case " ": localizer.text("separator.blanks")
    default: localizer.text("separator.other", ["separator": .text(separator)])
    }
  }

  /// Each used column with its role and form, then how many are not used.
  func columns(_ source: SourceReport) -> String {
    let used = source.columns.compactMap { column -> String? in
      guard let role = column.role else { return nil }
      // A form such as «1 234,56» stays on one line.
      let form = column.form.map {
        " (" + Localizer.printable($0).replacing(" ", with: Typography.noBreakSpace) + ")"
      }
      return self.role(role) + " = " + Localizer.printable(column.name) + (form ?? "")
    }
    let unused = source.columns.count - used.count
    let rest =
      unused > 0 ? [localizer.text("summary.unused", ["count": .count(unused)])] : []
    return (used + rest).joined(separator: ", ")
  }

  func role(_ role: ColumnRole) -> String { localizer.text("column_role.\(role.rawValue)") }

  /// Which segments have nobody; nil when each has someone.
  var emptySegments: String? {
    let names = result.segments.filter { $0.customers == 0 }.map { name($0.id) }
    return names.isEmpty ? nil : localizer.text("summary.empty", ["segments": .texts(names)])
  }

  func name(_ segment: String) -> String {
    localizer.text(SegmentAdvice.key(segment, result.method.partition))
  }

  /// One kind of thing that was set aside or treated apart.
  struct Aside {
    let count: String
    let text: String
    /// Whether it is a part of the entry before.
    let isDetail: Bool
  }

  /// Everything set aside or treated apart, with its number; entries of 0 are left out.
  var aside: [Aside] {
    let imported = result.imported
    let totals = result.totals
    var entries: [Aside] = []
    func add(
      _ count: Int, _ key: String, _ arguments: [String: MessageArgument] = [:],
      isDetail: Bool = false
    ) {
      guard count > 0 else { return }
      var arguments = arguments
      arguments["count"] = .count(count)
      entries.append(
        Aside(
          count: formats.number(count), text: localizer.text(key, arguments), isDetail: isDetail))
    }
    add(imported.quarantinedLines, "aside.quarantine")
    for reason in imported.quarantineReasons { add(reason.lines, reason.reason, isDetail: true) }
    add(imported.guestLines, "aside.guest_lines")
    add(totals.guestOrders, "aside.guest_orders", ["revenue": .money(totals.guestRevenue)])
    if !result.method.zeroOrdersArePurchases {
      add(totals.zeroOrders, "aside.zero_orders")
      add(totals.zeroOnlyCustomers, "aside.zero_only")
    }
    add(totals.returnOrders, "aside.returns", ["amount": .money(totals.returnedAmount)])
    add(totals.ordersAfterAsOf, "aside.future_orders", ["date": .date(result.asOf)])
    add(imported.identicalLinesWithinFile, "aside.identical")
    add(imported.duplicateLinesAcrossFiles, "aside.duplicates")
    add(imported.changedOrders, "aside.changed")
    add(imported.ordersCutBetweenFiles, "aside.cut")
    return entries
  }

  // MARK: Cells, «–» where there is no value

  var none: String { localizer.text("value.none") }

  func count(_ count: Int) -> String { formats.number(count) }

  func percentage(_ ratio: Double?, decimals: Int = 1) -> String {
    ratio.map { formats.percentage($0, decimals: decimals) } ?? none
  }

  /// As sentences say shares: whole percents from 10 % on.
  func share(_ ratio: Double?) -> String { ratio.map { formats.share($0) } ?? none }

  func money(_ money: Money?, _ style: Formats.MoneyStyle) -> String {
    money.map { formats.money($0, style) } ?? none
  }

  /// An amount where there is little room: short from ten million on.
  func briefMoney(_ money: Money) -> String {
    formats.money(money, abs(money.double) >= 1e7 ? .short : .rounded)
  }

  func change(_ ratio: Double?) -> String { ratio.map { formats.change($0) } ?? none }

  func number(_ number: Double?, decimals: Int) -> String {
    number.map { formats.number($0, decimals: decimals) } ?? none
  }

  func daysAgo(_ days: Double?) -> String {
    guard let days, let whole = Int(exactly: days.rounded()) else { return none }
    return localizer.text("cell.days_ago", ["count": .count(whole)])
  }
}
