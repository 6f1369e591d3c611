internal import CustomerSchema
internal import SQLBuilder

extension Narrator {
  func kind(_ value: Expression, _ scope: Scope) -> ValueKind? {
    var check = Check(checker)
    return check.kind(of: value, scope)
  }

  func comparison(
    _ operation: ComparisonOperator, _ left: Expression, _ right: Expression, _ scope: Scope,
    _ isNegated: Bool
  ) -> String {
    if case .literal = left.form, !Self.isLiteral(right) {
      return comparison(operation.flipped, right, left, scope, isNegated)
    }
    if let text = count(operation, left, right, isNegated) { return text }
    if case .literal(.boolean(let truth)) = right.form {
      return comparison(operation, left, with: truth, scope, isNegated)
    }
    // «!=» is the negation of «=».
    let isInverted = isNegated != (operation == .notEqual)
    let base = operation == .notEqual ? ComparisonOperator.equal : operation
    let other = operand(right, left, scope)
    let arguments = [
      "value": noun(left, scope), "other": other, "of_other": words.of(other),
    ]
    let key: String
    switch kind(left, scope) {
    case .date?, .instant?:
      if let text = relative(base, left, right, scope, isInverted) { return text }
      key = "date."
    case .text? where base == .equal, .truth? where base == .equal: key = "text."
    default:
      // «le jour de la semaine est samedi», not «vaut samedi».
      let isCalendar = base == .equal && isNamed(left, scope)
      key = isCalendar ? "text." : "quantity."
    }
    let name = isInverted ? "not_" + base.key : base.key
    var text = word(key + name, arguments.mapValues { .text($0) })
    if isInverted {
      // Where both sides may lack their value, naming the first is enough to be warned.
      let side = unknown(left, scope)
      text += side.isEmpty ? unknown(right, scope) : side
    }
    return text
  }

  /// Whether a field's numbers are told by name: days of the week, months.
  private func isNamed(_ value: Expression, _ scope: Scope) -> Bool {
    guard case .name(let name) = value.form, scope.fields?[name] != nil else { return false }
    return name == "weekday" || name == "month"
  }

  static func isLiteral(_ expression: Expression) -> Bool {
    if case .literal = expression.form { true } else { false }
  }

  private func comparison(
    _ operation: ComparisonOperator, _ value: Expression, with truth: Bool, _ scope: Scope,
    _ isNegated: Bool
  ) -> String {
    let isInverted = isNegated != (operation == .notEqual)
    let key = isInverted ? (truth ? "not_truth" : "not_false") : truth ? "truth" : "false"
    return word(key, ["value": .text(noun(value, scope))])
  }

  /// `x < 30 days ago`: «remonte à plus de 30 jours»; nil for other values.
  private func relative(
    _ operation: ComparisonOperator, _ left: Expression, _ right: Expression, _ scope: Scope,
    _ isInverted: Bool
  ) -> String? {
    let key: String
    let span: Span
    switch right.form {
    case .ago(let length): (key, span) = ("ago.", length)
    case .fromNow(let length): (key, span) = ("from_now.", length)
    default: return nil
    }
    guard operation != .equal else { return nil }
    return tested2(
      key, operation.key, ["value": noun(left, scope), "length": length(span)], left, scope,
      isInverted)
  }

  private func tested2(
    _ key: String, _ name: String, _ arguments: [String: String], _ value: Expression,
    _ scope: Scope, _ isInverted: Bool
  ) -> String {
    let text = word(key + (isInverted ? "not_" + name : name), arguments.mapValues { .text($0) })
    return isInverted ? text + unknown(value, scope) : text
  }

  /// `count(orders) >= 4`: «qui ont commandé au moins 4 fois»; nil for other comparisons.
  private func count(
    _ operation: ComparisonOperator, _ left: Expression, _ right: Expression, _ isNegated: Bool
  ) -> String? {
    guard case .aggregate(let aggregate) = left.form, aggregate.function == .count,
      checker.schema.streams[aggregate.source.collection] != nil,
      case .literal(.number(let number)) = right.form, number.scale == 0,
      let count = Int(exactly: number.units), count >= 0
    else { return nil }
    let source = aggregate.source
    let operation = isNegated ? operation.opposite : operation
    switch (operation, count) {
    case (.equal, 0), (.lessOrEqual, 0), (.less, 1): return did(source, isNegated: true)
    case (.greater, 0), (.greaterOrEqual, 1), (.notEqual, 0):
      return did(source, isNegated: false)
    default: break
    }
    return word(
      "did_times",
      [
        "did": .text(verb(source)),
        "times": .text(word("times." + operation.key, ["count": .count(count)])),
      ]) + when(source) + rows(source)
  }

  func oneOf(
    _ value: Expression, _ items: [Expression], _ scope: Scope, _ isNegated: Bool
  ) -> String {
    let texts = items.map { operand($0, value, scope) }
    if kind(value, scope) == .list {
      let arguments: [String: MessageArgument] = [
        "value": .text(noun(value, scope)),
        "others": .text(words.join(texts, isAnd: false)),
      ]
      return word(isNegated ? "not_list.one_of" : "list.one_of", arguments)
    }
    let others: String
    if isNegated, texts.count > 1 {
      others =
        word("nor.first", ["other": .text(texts[0])])
        + texts.dropFirst().map { " " + word("nor.next", ["other": .text($0)]) }.joined()
    } else if isNegated {
      others = word("nor.only", ["other": .text(texts[0])])
    } else {
      others = words.join(texts, isAnd: false)
    }
    return tested(
      "one_of", ["value": noun(value, scope), "others": others], value, scope, isNegated)
  }

  func text(
    _ operation: TextOperator, _ value: Expression, _ pattern: Expression, _ scope: Scope,
    _ isNegated: Bool
  ) -> String {
    let other: String
    if case .literal(.text(let text)) = pattern.form {
      other = word("quoted", ["text": .text(text)])
    } else {
      other = operand(pattern, value, scope)
    }
    let arguments = ["value": noun(value, scope), "other": other]
    let name = operation.rawValue.replacing(" ", with: "_")
    if kind(value, scope) == .list {
      return word(
        (isNegated ? "not_list." : "list.") + name, arguments.mapValues { .text($0) })
    }
    return tested2("text.", name, arguments, value, scope, isNegated)
  }
}

extension ComparisonOperator {
  fileprivate var key: String {
    switch self {
    case .equal: "equal"
    case .notEqual: "not_equal"
    case .less: "less"
    case .lessOrEqual: "at_most"
    case .greater: "greater"
    case .greaterOrEqual: "at_least"
    }
  }

  /// What holds of present values exactly where this does not.
  fileprivate var opposite: ComparisonOperator {
    switch self {
    case .equal: .notEqual
    case .notEqual: .equal
    case .less: .greaterOrEqual
    case .lessOrEqual: .greater
    case .greater: .lessOrEqual
    case .greaterOrEqual: .less
    }
  }
}
