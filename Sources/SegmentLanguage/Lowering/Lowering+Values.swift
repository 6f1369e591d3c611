internal import CustomerSchema
internal import SQLBuilder

extension Lowering {
  /// A value told of the customer, or of a row of `row`.
  func value(_ expression: Expression, in row: Int?) throws(LoweringError) -> Lowered {
    switch expression.form {
    case .literal(let literal): return value(literal)
    case .parameter(let name): return value(try parameter(name))
    case .name(let name): return try named(name, in: row)
    case .now: return .instant(add(.clock(.elapsed(0))))
    case .today: return .day(add(.clockDay(DayFunction())))
    case .ago(let span): return moment(span, sign: -1)
    case .fromNow(let span): return moment(span, sign: 1)
    case .negative(let inner):
      switch try value(inner, in: row) {
      case .double(let id): return .double(add(.subtractDoubles(add(.double(0)), id)))
      case let other:
        var fraction = try exact(other)
        fraction.numerator = times(fraction.numerator, integer(-1))
        return .exact(fraction)
      }
    case .arithmetic(let operation, let left, let right):
      return try arithmetic(operation, value(left, in: row), value(right, in: row))
    case .daysSince(let inner):
      return .exact(
        .init(
          numerator: add(.daysSince(try day(value(inner, in: row)))), denominator: nil, scale: 0))
    case .yearsSince(let inner):
      return .exact(
        .init(
          numerator: add(.yearsSince(try day(value(inner, in: row)))), denominator: nil, scale: 0))
    case .aggregate(let aggregate): return try value(aggregate)
    case .population(let statistic):
      let node = try double(value(statistic.value, in: nil))
      let among: NodeID? =
        if let segment = statistic.segment { try member(of: segment) } else { nil }
      return .double(
        requirement(
          .statistic(statistic.function), node, among: among, text: key(expression)))
    default:
      return .truth(try condition(expression, in: row))
    }
  }

  private func value(_ literal: Literal) -> Lowered {
    switch literal {
    case .number(let decimal): .exact(fraction(decimal))
    case .percent(let decimal):
      .exact(fraction(SQLDecimal(units: decimal.units, scale: decimal.scale + 2)))
    case .money(let money): .exact(fraction(money.amount))
    case .text(let text): .text(add(.text(text)))
    case .boolean(let value): .boolean(integer(value ? 1 : 0))
    case .date(let date): .day(integer(Int128(date.daysSinceEpoch)))
    case .instant(let instant): .instant(integer(Int128(instant)))
    case .span(let span): .span(span)
    }
  }

  private func fraction(_ decimal: SQLDecimal) -> Lowered.Fraction {
    var units = decimal.units
    var scale = Int(decimal.scale)
    while scale > 0, units % 10 == 0 { (units, scale) = (units / 10, scale - 1) }
    return .init(numerator: integer(units), denominator: nil, scale: scale)
  }

  private func moment(_ span: Span, sign: Int) -> Lowered {
    span.unit.isCalendar
      ? .day(add(.clockDay(span.dayFunction(sign: sign))))
      : .instant(add(.clock(.elapsed(Int64(sign) * span.microseconds))))
  }

  private func named(_ name: String, in row: Int?) throws(LoweringError) -> Lowered {
    if let row, let (node, type) = field(name, of: row) { return typed(node, type) }
    if let derived = try derived(name) { return derived }
    guard let index = attribute(name) else { throw .unknownName(name) }
    switch attributes[index].type {
    case .list: return .list(index)
    case .objects: throw .ill("objects are no value: count them or ask whether there are any")
    case let type: return typed(add(.attribute(index)), type)
    }
  }

  func typed(_ node: NodeID, _ type: AttributeType) -> Lowered {
    switch type {
    case .text, .enumeration, .list, .objects: .text(node)
    case .boolean: .boolean(node)
    case .date: .day(node)
    case .instant: .instant(node)
    case .count, .duration: .exact(.init(numerator: node, denominator: nil, scale: 0))
    case .decimal, .money: .exact(.init(numerator: node, denominator: nil, scale: 4))
    case .share, .number: .double(node)
    }
  }

  /// A day; an instant's local date.
  func day(_ value: Lowered) throws(LoweringError) -> NodeID {
    switch value {
    case .day(let id): return id
    case .instant(let id): return add(.day(id))
    default: throw .ill("a date is expected")
    }
  }

  private func arithmetic(
    _ operation: ArithmeticOperator, _ left: Lowered, _ right: Lowered
  ) throws(LoweringError) -> Lowered {
    switch (left, right) {
    case (.day(let day), .span(let span)):
      return moved(day: day, span, sign: try sign(operation))
    case (.instant(let instant), .span(let span)):
      return moved(instant: instant, span, sign: try sign(operation))
    case (.double, _), (_, .double):
      let (a, b) = (try double(left), try double(right))
      switch operation {
      case .add: return .double(add(.addDoubles(a, b)))
      case .subtract: return .double(add(.subtractDoubles(a, b)))
      case .multiply: return .double(add(.multiplyDoubles(a, b)))
      case .divide: return .double(add(.divideDoubles(a, b)))
      }
    case (.day, .day), (.day, .instant), (.instant, .day), (.instant, .instant):
      // Days between two days or instants, by the calendar.
      guard operation == .subtract else { throw .ill("dates can only be subtracted") }
      let days = plus(try day(left), try day(right), subtracting: true)
      return .exact(.init(numerator: days, denominator: nil, scale: 0))
    default:
      let (a, b) = (try exact(left), try exact(right))
      switch operation {
      case .add: return .exact(sum(a, b, subtracting: false))
      case .subtract: return .exact(sum(a, b, subtracting: true))
      case .multiply: return .exact(product(a, b))
      case .divide: return .exact(quotient(a, b))
      }
    }
  }

  private func sign(_ operation: ArithmeticOperator) throws(LoweringError) -> Int {
    switch operation {
    case .add: 1
    case .subtract: -1
    default: throw .ill("a time can only be added or subtracted")
    }
  }

  private func moved(day: NodeID, _ span: Span, sign: Int) -> Lowered {
    switch span.unit {
    case .minutes, .hours:
      let start = add(.dayStart(day))
      return .instant(plus(start, integer(Int128(sign) * Int128(span.microseconds))))
    case .days, .weeks, .calendarDays, .months, .quarters, .years:
      return .day(moved(day: day, span, sign))
    }
  }

  private func moved(day: NodeID, _ span: Span, _ sign: Int) -> NodeID {
    let (months, days) = span.unit == .weeks ? (0, 7 * span.count) : span.calendar
    if months != 0 { return add(.shiftDay(day, months: sign * months)) }
    return plus(day, integer(Int128(sign * days)))
  }

  /// Calendar units move the local date and keep the time since the day's start.
  private func moved(instant: NodeID, _ span: Span, sign: Int) -> Lowered {
    guard span.unit.isCalendar else {
      return .instant(plus(instant, integer(Int128(sign) * Int128(span.microseconds))))
    }
    let day = add(.day(instant))
    let time = plus(instant, add(.dayStart(day)), subtracting: true)
    return .instant(plus(add(.dayStart(moved(day: day, span, sign))), time))
  }

  // MARK: Aggregates

  private func value(_ aggregate: Aggregate) throws(LoweringError) -> Lowered {
    let (collection, filter, window) = try rows(aggregate.source)
    func node(
      _ function: PlanAggregate.Function, _ value: NodeID?, weight: NodeID? = nil
    ) -> NodeID {
      self.aggregate(
        PlanAggregate(
          function: function, collection: collection, filter: filter, window: window,
          value: value, weight: weight))
    }
    func whole(_ node: NodeID, scale: Int = 0) -> Lowered {
      .exact(.init(numerator: node, denominator: nil, scale: scale))
    }
    switch aggregate.function {
    case .count:
      guard let value = aggregate.value else { return whole(node(.count, nil)) }
      return whole(node(.count, try scalar(value, of: collection).node))
    case .daysSinceFirst, .daysSinceLast:
      guard let (date, _) = field("date", of: collection),
        collections[collection].stream != nil
      else { throw .ill("objects have no date") }
      let function: PlanAggregate.Function = aggregate.function == .daysSinceFirst ? .min : .max
      return whole(add(.daysSince(node(function, date))))
    case .sum, .average, .min, .max, .distinct, .first, .last, .favourite: break
    }
    guard let taken = aggregate.value else { throw .ill("a value is expected") }
    let (value, type, scale) = try scalar(taken, of: collection)
    switch aggregate.function {
    case .distinct: return whole(node(.distinct, value))
    case .sum, .average:
      guard case .decimal = type else { throw .ill("only exact numbers can be summed") }
      let sum = node(.sum, value)
      guard aggregate.function == .average else { return whole(sum, scale: scale) }
      return .exact(.init(numerator: sum, denominator: node(.count, value), scale: scale))
    default:
      let function = PlanAggregate.Function(rawValue: aggregate.function.rawValue) ?? .first
      let weight: NodeID? =
        if let weight = aggregate.weight {
          try scalar(weight, of: collection).node
        } else { nil }
      let result = node(function, value, weight: weight)
      if case .decimal = type { return whole(result, scale: scale) }
      return typed(result, type)
    }
  }

  /// What is taken of a row; exact numbers come as `decimal` with a scale of their own.
  private func scalar(
    _ expression: Expression, of collection: Int
  ) throws(LoweringError) -> (node: NodeID, type: AttributeType, scale: Int) {
    switch try value(expression, in: collection) {
    case .exact(let fraction):
      guard let denominator = fraction.denominator else {
        return (bounded(fraction.numerator), .decimal, fraction.scale)
      }
      // A row's quotient is rounded to eight decimals, so that sums do not hang on their order.
      let up = times(fraction.numerator, tenTo: max(0, 8 - fraction.scale))
      let down = times(denominator, tenTo: max(0, fraction.scale - 8))
      return (bounded(add(.quotient(up, down))), .decimal, 8)
    case .text(let id): return (id, .text, 0)
    case .boolean(let id): return (id, .boolean, 0)
    case .day(let id): return (id, .date, 0)
    case .instant(let id): return (id, .instant, 0)
    case .truth(let id): return (add(.truthValue(id)), .boolean, 0)
    case .double(let id): return (add(.quantized(id)), .decimal, 8)
    case .list, .span: throw .ill("a row has no such value")
    }
  }

  private func bounded(_ id: NodeID) -> NodeID { facts[id].bits > 94 ? add(.bounded(id)) : id }

  /// Where an aggregate looks.
  func rows(_ source: Source) throws(LoweringError) -> (Int, NodeID?, PlanWindow) {
    let collection = try collection(source.collection)
    let filter: NodeID? =
      if let condition = source.filter {
        try self.condition(condition, in: collection)
      } else { nil }
    guard let window = source.window else { return (collection, simplified(filter), .always) }
    guard collections[collection].stream != nil else { throw .ill("objects have no window") }
    return (collection, simplified(filter), PlanWindow(window, clock: clock))
  }

  private func simplified(_ filter: NodeID?) -> NodeID? {
    if let filter, case .truth(true) = nodes[filter] { nil } else { filter }
  }

  func key(_ expression: Expression) -> String { expression.text }
}
