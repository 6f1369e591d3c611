internal import CustomerSchema
internal import SQLBuilder

extension Check {
  mutating func condition(_ expression: Expression, _ scope: Scope) {
    switch expression.form {
    case .all(let parts), .any(let parts):
      for part in parts { expect(.truth, part, scope) }
    case .not(let inner): expect(.truth, inner, scope)
    case .comparison(let operation, let left, let right):
      let isOrder = operation != .equal && operation != .notEqual
      compare(left, right, isOrder: isOrder, expression, scope)
    case .between(let value, let low, let high):
      compare(value, low, isOrder: true, expression, scope)
      compare(value, high, isOrder: true, expression, scope)
    case .oneOf(let value, let items): oneOf(value, items, expression, scope)
    case .text(let operation, let value, let pattern):
      text(operation, value, pattern, scope)
    case .missing(let value): missing(value, scope)
    case .within(let value, let window):
      self.window(window, expression)
      if let kind = kind(of: value, scope), !kind.isTemporal { report(.notATime(kind.term), value) }
    case .anniversary(let value, let days):
      if let kind = kind(of: value, scope), !kind.isTemporal { report(.notATime(kind.term), value) }
      if !(0...366).contains(days) { report(.anniversaryTooFar(days), expression) }
    default:
      if scope.fields != nil { report(.customerConditionInFilter, expression) }
      customerCondition(expression, scope)
    }
  }

  /// Conditions on a customer as a whole.
  private mutating func customerCondition(_ expression: Expression, _ scope: Scope) {
    switch expression.form {
    case .exists(let source):
      _ = self.source(source, .aggregate, expression, scope)
    case .held(let inner, let span):
      self.span(span, expression)
      expect(.truth, inner, scope)
      held(inner)
    case .sequence(let sequence): self.sequence(sequence, expression, scope)
    case .firstTime(let source, let window):
      streamWindow(window, expression)
      rows(source, expression, scope)
    case .stopped(let source, let span):
      self.span(span, expression)
      rows(source, expression, scope)
    case .resumed(let source, let gap, let window):
      span(gap, expression)
      streamWindow(window, expression)
      rows(source, expression, scope)
    case .regularly(let source, let atLeast, let count, let unit):
      span(Span(count, unit), expression)
      if count > 1000 { report(.tooManyPeriods(count), expression) }
      if atLeast > count { report(.never(.moreThanAll(atLeast, count)), expression) }
      if atLeast < 1 { report(.notACount(atLeast), expression) }
      rows(source, expression, scope)
    case .rank(let rank): self.rank(rank, expression, scope)
    case .member(let name), .memberOn(let name, _): segment(name, expression)
    case .entered(let name, let window), .left(let name, let window):
      segment(name, expression)
      streamWindow(window, expression)
    default: preconditionFailure("a form that is never checked")
    }
  }

  /// Rows whose window, if any, is the condition's own.
  private mutating func rows(_ source: Source, _ expression: Expression, _ scope: Scope) {
    if source.window != nil { report(.windowTwice, expression) }
    _ = self.source(source, .order, expression, scope)
  }

  private mutating func sequence(
    _ sequence: Sequence, _ expression: Expression, _ scope: Scope
  ) {
    if let window = sequence.window { streamWindow(window, expression) }
    rows(sequence.first, expression, scope)
    for (index, step) in sequence.steps.enumerated() {
      rows(step.source, expression, scope)
      span(step.within, expression)
      if step.within.unit.isCalendar { report(.calendarStep(step.within.written), expression) }
      if step.isAbsent, index < sequence.steps.count - 1 { report(.absentStepNotLast, expression) }
    }
  }

  /// Only what is stored or computed can lack a value: a condition is true or false, and a list of
  /// objects is counted.
  private mutating func missing(_ value: Expression, _ scope: Scope) {
    switch kind(of: value, scope) {
    case .objects?: report(.objectsCompared, value)
    case .truth?:
      if case .name = value.form { return }
      report(
        .wrongKind(ValueKind.truth.term, expected: ValueKind.text(nil).term), value)
    default: break
    }
  }

  private mutating func oneOf(
    _ value: Expression, _ items: [Expression], _ expression: Expression, _ scope: Scope
  ) {
    guard kind(of: value, scope) == .list else {
      for item in items { compare(value, item, isOrder: false, item, scope) }
      return
    }
    for item in items {
      guard let kind = kind(of: item, scope) else { continue }
      if !kind.isText {
        report(.wrongKind(kind.term, expected: ValueKind.text(nil).term), item)
      } else if Constant(item) == nil {
        report(.patternNotLiteral, item)
      }
    }
  }

  private mutating func text(
    _ operation: TextOperator, _ value: Expression, _ pattern: Expression, _ scope: Scope
  ) {
    if let kind = kind(of: value, scope), !kind.isText, kind != .list {
      report(.wrongKind(kind.term, expected: ValueKind.text(nil).term), value)
    }
    guard let kind = kind(of: pattern, scope) else { return }
    guard case .literal(.text(let text)) = pattern.form else {
      return report(
        kind.isText ? .patternNotLiteral : .wrongKind(kind.term, expected: "rule.kind.text"),
        pattern)
    }
    guard operation == .matches else {
      let bare = operation == .isLike ? TextFolding.likeKey(text) : TextFolding.fold(text)
      if bare.isEmpty { report(.emptyPattern, pattern) }
      return
    }
    do { _ = try RegularExpression(text) } catch {
      report(.pattern(error), pattern)
    }
  }

  /// What a condition that must have held for some time may be about: values with a history.
  private mutating func held(_ expression: Expression) {
    switch expression.form {
    case .name(let name):
      if checker.derivedAttribute(name) != nil { report(.heldDerived(name), expression) }
    case .literal, .parameter, .all, .any, .not, .comparison, .between, .oneOf, .text, .missing,
      .negative, .arithmetic:
      break
    default:
      report(.heldElsewhere, expression)
      return
    }
    for child in expression.children { held(child) }
  }
}
