internal import CustomerSchema

extension Check {
  /// What may be asked of rows.
  enum Use { case aggregate, order }

  /// Checks the rows that are meant, and gives the scope of their fields.
  ///
  /// - Parameter use: `order` where the order of rows in time matters: streams only.
  mutating func source(
    _ source: Source, _ use: Use, _ expression: Expression, _ scope: Scope
  ) -> Scope? {
    guard let found = checker.fields(of: source.collection) else {
      report(
        .unknownCollection(
          Lexer.clipped(source.collection),
          nearest: EditDistance.nearest(source.collection, in: checker.collectionNames)),
        expression)
      return nil
    }
    if !found.isStream, use == .order || source.window != nil {
      report(.noTimeInObjects(source.collection), expression)
    }
    if let window = source.window { streamWindow(window, expression) }
    var fields: [String: ValueKind] = [:]
    for field in found.fields { fields[field.id] = ValueKind(field.type) }
    var inner = scope
    inner.fields = fields
    inner.collection = source.collection
    if let filter = source.filter { expect(.truth, filter, inner) }
    return inner
  }

  mutating func kind(
    of aggregate: Aggregate, _ expression: Expression, _ scope: Scope
  ) -> ValueKind? {
    let use: Use
    switch aggregate.function {
    case .first, .last, .daysSinceFirst, .daysSinceLast: use = .order
    case .count, .sum, .average, .min, .max, .distinct, .favourite: use = .aggregate
    }
    guard let rows = source(aggregate.source, use, expression, scope) else { return nil }
    switch aggregate.function {
    case .count: return .number
    case .daysSinceFirst, .daysSinceLast: return .duration
    default: break
    }
    guard let value = aggregate.value else {
      report(.aggregateWithoutValue(aggregate.function.rawValue), expression)
      return nil
    }
    if let weight = aggregate.weight, let kind = self.kind(of: weight, rows),
      ![.number, .money].contains(kind)
    {
      report(.notANumber(kind.term), weight)
      return nil
    }
    guard let kind = kind(of: value, rows) else { return nil }
    switch aggregate.function {
    case .sum, .average:
      guard kind.isNumeric else {
        report(.notANumber(kind.term), value)
        return nil
      }
      return kind
    case .min, .max:
      guard kind.isOrdered else {
        report(.noOrder(kind.term), value)
        return nil
      }
      return kind
    default:
      switch kind {
      case .list, .objects:
        report(.wrongKind(kind.term, expected: ValueKind.text(nil).term), value)
        return nil
      default: return aggregate.function == .distinct ? .number : kind
      }
    }
  }

  /// Rows lie in the past: a window that looks ahead is always empty.
  mutating func streamWindow(_ window: Window, _ expression: Expression) {
    self.window(window, expression)
    switch window {
    case .next: report(.futureWindow(window.written), expression)
    case .period(_, let offset) where offset > 0:
      report(.futureWindow(window.written), expression)
    default: break
    }
  }

  /// A window that ends before it begins.
  mutating func window(_ window: Window, _ expression: Expression) {
    switch window {
    case .last(let span), .next(let span): self.span(span, expression)
    case .between(let from, let to):
      span(from, expression)
      span(to, expression)
      if from.unit.isCalendar != to.unit.isCalendar { report(.mixedWindow, expression) }
      if let longer = from.isLonger(than: to), !longer {
        report(.emptyWindow(window.written), expression)
      }
    case .days(let first, let last) where last < first:
      report(.emptyWindow(window.written), expression)
    case .days, .since, .before, .period: break
    }
  }
}

extension Span {
  /// Minutes of elapsed units.
  var minutes: Int? {
    switch unit {
    case .minutes: count
    case .hours: count * 60
    case .days: count * 1440
    case .weeks: count * 10080
    case .calendarDays, .months, .quarters, .years: nil
    }
  }

  /// Calendar units as days at the least and at the most: a month has 28 to 31.
  private var days: ClosedRange<Int>? {
    switch unit {
    case .calendarDays: count...count
    case .months: count * 28...count * 31
    case .quarters: count * 90...count * 92
    case .years: count * 365...count * 366
    case .minutes, .hours, .days, .weeks: nil
    }
  }

  private var months: Int? {
    switch unit {
    case .months: count
    case .quarters: count * 3
    case .years: count * 12
    default: nil
    }
  }

  /// Whether it is longer, whatever the day; nil where that depends on the day or where the units
  /// are of two kinds.
  func isLonger(than other: Span) -> Bool? {
    if let mine = minutes, let theirs = other.minutes { return mine > theirs }
    if let mine = months, let theirs = other.months { return mine > theirs }
    guard let mine = days, let theirs = other.days else { return nil }
    if mine.lowerBound > theirs.upperBound { return true }
    return mine.upperBound <= theirs.lowerBound ? false : nil
  }
}
