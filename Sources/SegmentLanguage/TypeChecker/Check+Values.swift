internal import CustomerSchema
internal import SQLBuilder

extension Check {
  /// The kind of an expression's value; nil where something is wrong with it, which is reported.
  mutating func kind(of expression: Expression, _ scope: Scope) -> ValueKind? {
    guard !isFull else { return nil }
    switch expression.form {
    case .literal(let literal): return kind(of: literal, expression)
    case .name(let name): return kind(ofName: name, expression, scope)
    case .parameter: return nil
    case .now: return .instant
    case .today: return .date
    case .ago(let span), .fromNow(let span):
      self.span(span, expression)
      return span.unit.isCalendar ? .date : .instant
    case .negative(let value):
      guard let kind = kind(of: value, scope) else { return nil }
      guard kind.isNumeric else {
        report(.notANumber(kind.term), value)
        return nil
      }
      return kind
    case .arithmetic(let operation, let left, let right):
      guard let leftKind = kind(of: left, scope), let rightKind = kind(of: right, scope)
      else { return nil }
      return kind(of: operation, leftKind, left, rightKind, right, expression)
    case .daysSince(let value), .yearsSince(let value):
      if let kind = kind(of: value, scope), !kind.isTemporal {
        report(.notATime(kind.term), value)
      }
      if case .daysSince = expression.form { return .duration }
      return .number
    case .aggregate(let aggregate): return kind(of: aggregate, expression, scope)
    case .population(let statistic): return kind(of: statistic, expression, scope)
    default:
      condition(expression, scope)
      return .truth
    }
  }

  private mutating func kind(of literal: Literal, _ expression: Expression) -> ValueKind {
    switch literal {
    case .number, .percent: return .number
    case .money(let money):
      if money.currency != checker.schema.currency {
        report(
          .foreignCurrency(
            money.currency.rawValue, workspace: checker.schema.currency.rawValue), expression)
      }
      return .money
    case .text: return .text(nil)
    case .boolean: return .truth
    case .date: return .date
    case .instant: return .instant
    case .span(let span):
      self.span(span, expression)
      return .duration
    }
  }

  /// Lengths read from text were checked there; those of a parameter or of JSON may not be.
  mutating func span(_ span: Span, _ expression: Expression) {
    if span.count < 1 {
      report(.lengthNotPositive(span.written), expression)
    } else if span.count > span.unit.most {
      report(.lengthTooLong(span.written), expression)
    }
  }

  private mutating func kind(
    ofName name: String, _ expression: Expression, _ scope: Scope
  ) -> ValueKind? {
    if let kind = scope.fields?[name] ?? checker.attribute(name) { return kind }
    if let fields = scope.fields {
      report(
        .unknownField(
          Lexer.clipped(name), of: scope.collection,
          nearest: EditDistance.nearest(name, in: Array(fields.keys) + checker.attributeNames)),
        expression)
    } else {
      report(
        .unknownAttribute(
          Lexer.clipped(name), nearest: EditDistance.nearest(name, in: checker.attributeNames)),
        expression)
    }
    return nil
  }

  private mutating func kind(
    of operation: ArithmeticOperator, _ leftKind: ValueKind, _ left: Expression,
    _ rightKind: ValueKind, _ right: Expression, _ expression: Expression
  ) -> ValueKind? {
    let isSpan = if case .literal(.span) = right.form { true } else { false }
    switch (operation, leftKind, rightKind) {
    case (_, .number, .number): return .number
    case (.add, .money, .money), (.subtract, .money, .money): return .money
    case (.multiply, .money, .number), (.multiply, .number, .money), (.divide, .money, .number):
      return .money
    case (.divide, .money, .money), (.divide, .duration, .duration): return .number
    case (.add, .duration, .duration), (.subtract, .duration, .duration),
      (.add, .duration, .number), (.add, .number, .duration), (.subtract, .duration, .number),
      (.multiply, .duration, .number), (.multiply, .number, .duration):
      wholeDays(left, right)
      return .duration
    case (.divide, .duration, .number), (.divide, .money, .duration):
      wholeDays(left, right)
      return leftKind == .duration ? .number : .money
    case (.subtract, .date, .date): return .duration
    case (.add, .date, .duration) where isSpan, (.subtract, .date, .duration) where isSpan:
      if case .literal(.span(let span)) = right.form, span.unit == .minutes || span.unit == .hours {
        return .instant
      }
      return .date
    case (.add, .instant, .duration) where isSpan, (.subtract, .instant, .duration) where isSpan:
      return .instant
    default:
      report(
        .arithmetic(operation.rawValue, left: leftKind.term, right: rightKind.term), expression)
      return nil
    }
  }

  /// A length of time stands for a number of days only where it is one.
  mutating func wholeDays(_ operands: Expression...) {
    for operand in operands {
      guard case .literal(.span(let span)) = operand.form else { continue }
      switch span.unit {
      case .days, .weeks, .calendarDays: break
      case .minutes, .hours, .months, .quarters, .years:
        report(.notInDays(span.written), operand)
      }
    }
  }
}

// MARK: - Comparisons

extension Check {
  /// Checks that two values can be compared.
  mutating func compare(
    _ left: Expression, _ right: Expression, isOrder: Bool, _ whole: Expression, _ scope: Scope
  ) {
    let leftKind = kind(of: left, scope)
    let rightKind = kind(of: right, scope)
    guard let leftKind, let rightKind else { return }
    guard leftKind.isComparable(with: rightKind) else {
      mismatch(leftKind, left, rightKind, right, whole)
      return
    }
    if isOrder, !leftKind.isOrdered { return report(.noOrder(leftKind.term), whole) }
    if leftKind == .duration || rightKind == .duration { wholeDays(left, right) }
    enumerated(leftKind, left, right)
    enumerated(rightKind, right, left)
  }

  private mutating func mismatch(
    _ leftKind: ValueKind, _ left: Expression, _ rightKind: ValueKind, _ right: Expression,
    _ whole: Expression
  ) {
    let currency = checker.schema.currency.rawValue
    switch (leftKind, left.form, rightKind, right.form) {
    case (.money, _, .number, .literal(.number(let number))),
      (.number, .literal(.number(let number)), .money, _):
      report(.amountWithoutCurrency(number.plain, currency: currency), whole)
    case (.date, _, .text, .literal(.text(let text))),
      (.instant, _, .text, .literal(.text(let text))):
      report(.quotedDate(Lexer.clipped(text)), right)
    case (.number, _, .text, .literal(.text(let text))),
      (.money, _, .text, .literal(.text(let text))),
      (.duration, _, .text, .literal(.text(let text))):
      report(.quotedNumber(Lexer.clipped(text), expected: leftKind.term), right)
    case (.text, _, .number, .literal(.number(let number))):
      report(.unquotedText(number.plain), right)
    case (.list, _, .text, _): report(.listEquality(Lexer.clipped(right.text)), whole)
    case (.objects, _, _, _), (_, _, .objects, _): report(.objectsCompared, whole)
    default: report(.mismatch(left: leftKind.term, right: rightKind.term), whole)
    }
  }

  /// A literal must be one of the values that an enumeration has.
  mutating func enumerated(_ kind: ValueKind, _ value: Expression, _ literal: Expression) {
    guard case .text(let values?) = kind, case .literal(.text(let text)) = literal.form,
      !values.contains(text)
    else { return }
    let near = EditDistance.nearest(text, in: values)
    report(
      .unknownValue(
        Lexer.clipped(text), of: Lexer.clipped(value.text),
        values: near.isEmpty ? Array(values.prefix(12)) : near), literal)
  }
}

// MARK: - The whole population

extension Check {
  private mutating func kind(
    of statistic: PopulationStatistic, _ expression: Expression, _ scope: Scope
  ) -> ValueKind? {
    if scope.isPopulation { report(.nestedPopulation, expression) }
    if case .percentile(let percent) = statistic.function,
      percent < .zero || SQLDecimal(units: 100, scale: 0) < percent
    {
      report(.percentOutOfRange(percent.plain + "%"), expression)
    }
    if let segment = statistic.segment { self.segment(segment, expression) }
    guard let kind = kind(of: statistic.value, Scope(isPopulation: true)) else { return nil }
    guard kind.isNumeric else {
      report(.notANumber(kind.term), statistic.value)
      return nil
    }
    return kind
  }

  mutating func rank(_ rank: Rank, _ expression: Expression, _ scope: Scope) {
    if scope.isPopulation { report(.nestedPopulation, expression) }
    switch rank.size {
    case .percent(let percent):
      if percent <= .zero || SQLDecimal(units: 100, scale: 0) < percent {
        report(.percentOutOfRange(percent.plain + "%"), expression)
      }
    case .customers(let count): if count < 1 { report(.notACount(count), expression) }
    }
    if let segment = rank.segment { self.segment(segment, expression) }
    guard let kind = kind(of: rank.value, Scope(isPopulation: true)), !kind.isNumeric
    else { return }
    report(.notANumber(kind.term), rank.value)
  }
}
