internal import CustomerSchema
internal import SQLBuilder

/// A value that is known without looking at a customer.
enum Constant: Hashable {
  case number(SQLDecimal)
  case text(String)
  case truth(Bool)
  case date(LocalDate)
  case instant(Int64)
  /// Minutes from now.
  case relative(Int)

  init?(_ expression: Expression) {
    switch expression.form {
    case .literal(.number(let number)): self = .number(number)
    case .literal(.percent(let number)):
      guard number.scale <= 16 else { return nil }
      self = .number(SQLDecimal(units: number.units, scale: number.scale + 2))
    case .literal(.money(let money)): self = .number(money.amount)
    case .literal(.text(let text)): self = .text(text)
    case .literal(.boolean(let truth)): self = .truth(truth)
    case .literal(.date(let date)): self = .date(date)
    case .literal(.instant(let instant)): self = .instant(instant)
    case .literal(.span(let span)):
      switch span.unit {
      case .days, .calendarDays: self = .number(SQLDecimal(units: Int128(span.count), scale: 0))
      case .weeks: self = .number(SQLDecimal(units: Int128(span.count) * 7, scale: 0))
      case .minutes, .hours, .months, .quarters, .years: return nil
      }
    case .now: self = .relative(0)
    case .ago(let span):
      guard let minutes = span.minutes else { return nil }
      self = .relative(-minutes)
    case .fromNow(let span):
      guard let minutes = span.minutes else { return nil }
      self = .relative(minutes)
    default: return nil
    }
  }

  /// Less, equal or greater; nil where the two cannot be told apart without a customer.
  private func order(_ other: Constant) -> Int? {
    switch (self, other) {
    case (.number(let left), .number(let right)): left == right ? 0 : left < right ? -1 : 1
    case (.date(let left), .date(let right)): left == right ? 0 : left < right ? -1 : 1
    case (.instant(let left), .instant(let right)): left == right ? 0 : left < right ? -1 : 1
    case (.relative(let left), .relative(let right)): left == right ? 0 : left < right ? -1 : 1
    case (.text(let left), .text(let right)): left == right ? 0 : 1
    case (.truth(let left), .truth(let right)): left == right ? 0 : 1
    default: nil
    }
  }

  func compares(_ operation: ComparisonOperator, to other: Constant) -> Bool? {
    guard let order = order(other) else { return nil }
    return switch operation {
    case .equal: order == 0
    case .notEqual: order != 0
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    case .greaterOrEqual: order >= 0
    }
  }

  /// What keeps constants of one kind together.
  var kind: String {
    switch self {
    case .number: "number"
    case .text: "text"
    case .truth: "truth"
    case .date: "date"
    case .instant: "instant"
    case .relative: "relative"
    }
  }
}

/// One end of a range.
struct Bound {
  let value: Constant
  let isIncluded: Bool
}

/// What one test asks of one value.
struct Constraint {
  let key: String
  /// What the value can be at all.
  let domain: Domain
  let expression: Expression
  var low: Bound?
  var high: Bound?
  var values: [Constant]?
  /// `values` are excluded, and a missing value passes.
  var isNegated = false
}

/// What a value can still be under the tests seen so far.
struct Domain {
  /// Only whole numbers.
  var isWhole = false
  /// Never missing.
  var isSure = false
  var low: Bound?
  var high: Bound?
  private var lowTest: Expression?
  private var highTest: Expression?
  private var values: [Constant]?
  private var valuesTest: Expression?
  private var excluded: [(Constant, Expression)] = []

  init(isWhole: Bool = false, isSure: Bool = false, low: Bound? = nil, high: Bound? = nil) {
    self.isWhole = isWhole
    self.isSure = isSure
    self.low = low
    self.high = high
  }

  /// Narrows it; why nothing is left, or nil.
  mutating func add(_ constraint: Constraint) -> Never? {
    let test = constraint.expression
    if constraint.isNegated {
      excluded += (constraint.values ?? []).map { ($0, test) }
    } else {
      if let bound = constraint.low.map({ whole($0, isLow: true) }),
        low.map({ Self.isTighter(bound, $0, .greater) }) ?? true
      {
        (low, lowTest) = (bound, test)
      }
      if let bound = constraint.high.map({ whole($0, isLow: false) }),
        high.map({ Self.isTighter(bound, $0, .less) }) ?? true
      {
        (high, highTest) = (bound, test)
      }
      if let wanted = constraint.values {
        values = values.map { $0.filter(wanted.contains) } ?? wanted
        if values?.isEmpty == true { return reason(valuesTest, test) }
        valuesTest = test
      }
    }
    return remaining(test)
  }

  private func remaining(_ test: Expression) -> Never? {
    if let low, let high {
      let isEmpty =
        low.value.compares(.greater, to: high.value) == true
        || low.value == high.value && !(low.isIncluded && high.isIncluded)
      if isEmpty { return reason(lowTest, highTest) }
    }
    guard let values else { return nil }
    var culprit: Expression?
    let isPossible = values.contains { value in
      if let low,
        value.compares(low.isIncluded ? .greaterOrEqual : .greater, to: low.value) == false
      {
        culprit = lowTest
        return false
      }
      if let high, value.compares(high.isIncluded ? .lessOrEqual : .less, to: high.value) == false {
        culprit = highTest
        return false
      }
      if let other = excluded.first(where: { $0.0 == value }) {
        culprit = other.1
        return false
      }
      if isWhole, case .number(let number) = value, number.rescaled(to: 0) != number {
        culprit = nil
        return false
      }
      return true
    }
    return isPossible ? nil : reason(valuesTest, culprit)
  }

  private func reason(_ first: Expression?, _ second: Expression?) -> Never {
    guard let first, let second, first != second else {
      return .impossible(Lexer.clipped((first ?? second)?.text ?? ""))
    }
    return .contradiction(Lexer.clipped(first.text), Lexer.clipped(second.text))
  }

  private static func isTighter(
    _ bound: Bound, _ other: Bound, _ operation: ComparisonOperator
  ) -> Bool {
    bound.value.compares(operation, to: other.value) == true
      || bound.value == other.value && other.isIncluded && !bound.isIncluded
  }

  /// A bound of whole numbers as one that is included.
  private func whole(_ bound: Bound, isLow: Bool) -> Bound {
    guard isWhole, case .number(let number) = bound.value else { return bound }
    let down = SQLDecimal(units: number.floor, scale: 0)
    let one = SQLDecimal(units: 1, scale: 0)
    let value: SQLDecimal
    if isLow {
      value = down == number && bound.isIncluded ? down : down.adding(one.units)
    } else {
      value = down == number && !bound.isIncluded ? down.adding(-one.units) : down
    }
    return Bound(value: .number(value), isIncluded: true)
  }
}

extension SQLDecimal {
  /// The greatest whole number that is not above it.
  fileprivate var floor: Int128 {
    let divisor = (0..<scale).reduce(Int128(1)) { product, _ in product * 10 }
    let (quotient, remainder) = units.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }

  fileprivate func adding(_ number: Int128) -> SQLDecimal {
    SQLDecimal(units: units + number, scale: 0)
  }
}

extension Check {
  /// What a test asks of a value, where that can be told in constants.
  mutating func constraint(_ expression: Expression, _ scope: Scope) -> Constraint? {
    switch expression.form {
    case .not(let inner):
      guard var constraint = constraint(inner, scope), constraint.values != nil,
        !constraint.isNegated
      else { return nil }
      constraint = Constraint(
        key: constraint.key, domain: constraint.domain, expression: expression,
        values: constraint.values, isNegated: true)
      return constraint
    case .comparison(let operation, let left, let right):
      if let constant = Constant(right) {
        return constraint(left, operation, constant, expression, scope)
      }
      guard let constant = Constant(left) else { return nil }
      return constraint(right, operation.flipped, constant, expression, scope)
    case .between(let value, let low, let high):
      guard let low = Constant(low), let high = Constant(high), low.kind == high.kind,
        var constraint = base(value, low, expression, scope)
      else { return nil }
      constraint.low = Bound(value: low, isIncluded: true)
      constraint.high = Bound(value: high, isIncluded: true)
      return constraint
    case .oneOf(let value, let items):
      let constants = items.compactMap { Constant($0) }
      guard constants.count == items.count, let first = constants.first,
        constants.allSatisfy({ $0.kind == first.kind }),
        var constraint = base(value, first, expression, scope)
      else { return nil }
      constraint.values = constants
      return constraint
    case .within(let value, let window): return constraint(value, window, expression, scope)
    default: return nil
    }
  }

  private mutating func constraint(
    _ value: Expression, _ operation: ComparisonOperator, _ constant: Constant,
    _ expression: Expression, _ scope: Scope
  ) -> Constraint? {
    guard var constraint = base(value, constant, expression, scope) else { return nil }
    switch operation {
    case .equal: constraint.values = [constant]
    case .notEqual:
      constraint.values = [constant]
      constraint.isNegated = true
    case .less, .lessOrEqual:
      constraint.high = Bound(value: constant, isIncluded: operation == .lessOrEqual)
    case .greater, .greaterOrEqual:
      constraint.low = Bound(value: constant, isIncluded: operation == .greaterOrEqual)
    }
    return constraint
  }

  private mutating func constraint(
    _ value: Expression, _ window: Window, _ expression: Expression, _ scope: Scope
  ) -> Constraint? {
    switch window {
    case .last(let span):
      guard let minutes = span.minutes,
        var constraint = base(value, .relative(0), expression, scope)
      else { return nil }
      constraint.low = Bound(value: .relative(-minutes), isIncluded: false)
      constraint.high = Bound(value: .relative(0), isIncluded: true)
      return constraint
    case .next(let span):
      guard let minutes = span.minutes,
        var constraint = base(value, .relative(0), expression, scope)
      else { return nil }
      constraint.low = Bound(value: .relative(0), isIncluded: false)
      constraint.high = Bound(value: .relative(minutes), isIncluded: true)
      return constraint
    case .since(let date):
      guard var constraint = base(value, .date(date), expression, scope) else { return nil }
      constraint.low = Bound(value: .date(date), isIncluded: true)
      return constraint
    case .before(let date):
      guard var constraint = base(value, .date(date), expression, scope) else { return nil }
      constraint.high = Bound(value: .date(date), isIncluded: false)
      return constraint
    case .days(let first, let last):
      guard var constraint = base(value, .date(first), expression, scope) else { return nil }
      constraint.low = Bound(value: .date(first), isIncluded: true)
      constraint.high = Bound(value: .date(last), isIncluded: true)
      return constraint
    case .between, .period: return nil
    }
  }

  /// A constraint still without its test; nil for values that constants say nothing of.
  private mutating func base(
    _ value: Expression, _ constant: Constant, _ expression: Expression, _ scope: Scope
  ) -> Constraint? {
    guard Constant(value) == nil, let kind = kind(of: value, scope) else { return nil }
    switch (kind, constant) {
    case (.list, _), (.objects, _): return nil
    // A day against an instant, and the other way round, depends on the time zone.
    case (.instant, .date), (.date, .instant), (.date, .relative): return nil
    default: break
    }
    let expanded = scope.fields == nil ? self.expanded(value) : value
    return Constraint(
      key: expanded.text + "\n" + constant.kind, domain: domain(of: expanded, scope),
      expression: expression)
  }

  /// What a value can be at all.
  private func domain(of value: Expression, _ scope: Scope) -> Domain {
    let zero = Bound(value: .number(.zero), isIncluded: true)
    switch value.form {
    case .aggregate(let aggregate):
      switch aggregate.function {
      case .count, .distinct: return Domain(isWhole: true, isSure: true, low: zero)
      case .daysSinceFirst, .daysSinceLast: return Domain(isWhole: true, low: zero)
      default: return Domain()
      }
    case .daysSince, .yearsSince: return Domain(isWhole: true)
    case .name(let name):
      if scope.fields?[name] != nil {
        guard let found = checker.fields(of: scope.collection), found.isStream else {
          return Domain()
        }
        let range: ClosedRange<Int128>
        switch name {
        case "weekday": range = 1...7
        case "hour": range = 0...23
        case "month": range = 1...12
        default: return Domain()
        }
        return Domain(
          isWhole: true, isSure: true,
          low: Bound(
            value: .number(SQLDecimal(units: range.lowerBound, scale: 0)), isIncluded: true),
          high: Bound(
            value: .number(SQLDecimal(units: range.upperBound, scale: 0)), isIncluded: true))
      }
      let attribute = checker.schema.attributes.first { $0.id == name }
      return attribute?.type == .count ? Domain(isWhole: true, low: zero) : Domain()
    default: return Domain()
    }
  }
}

extension ComparisonOperator {
  /// The same test with its sides exchanged.
  var flipped: ComparisonOperator {
    switch self {
    case .equal, .notEqual: self
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    }
  }
}
