internal import CustomerSchema
internal import SQLBuilder

/// Tells rules as sentences: «Clients dont le panier moyen dépasse 300 € et qui ont commandé au
/// moins 4 fois ces 12 derniers mois».
///
/// What «not» applies to is told by its opposite. Groups inside groups stand in parentheses, and so
/// do the conditions on rows, so that no sentence can be read in two ways.
package struct Narrator: Sendable {
  let words: NarrationWords
  let checker: TypeChecker
  private let labels: [String: String]

  /// - Parameter labels: the workspace's names of its own attributes, by id.
  package init(
    _ words: NarrationWords, _ schema: SegmentSchema, labels: [String: String] = [:]
  ) {
    self.words = words
    self.labels = labels
    checker = TypeChecker(schema)
  }

  /// The rule as a sentence without its full stop. Parameters should be replaced by their values
  /// first; those that are not appear by their name.
  package func sentence(_ rule: Expression) -> String {
    switch rule.form {
    case .literal(.boolean(true)): word("everyone")
    case .literal(.boolean(false)): word("no_one")
    default: word("sentence", ["conditions": .text(group(rule, Scope(), isNegated: false))])
    }
  }

  func word(_ key: String, _ arguments: [String: MessageArgument] = [:]) -> String {
    words.text("narration." + key, arguments)
  }

  // MARK: Groups

  /// A condition without parentheses around it.
  private func group(_ rule: Expression, _ scope: Scope, isNegated: Bool) -> String {
    switch rule.form {
    case .not(let inner): return group(inner, scope, isNegated: !isNegated)
    case .all(let parts), .any(let parts):
      let isAll = if case .all = rule.form { true } else { false }
      // Logic has two values: «not (a and b)» is «not a or not b».
      return words.join(
        parts.map { part($0, scope, isNegated: isNegated) }, isAnd: isAll != isNegated)
    default: return clause(rule, scope, isNegated: isNegated)
    }
  }

  /// The conditions on a row.
  func conditions(_ filter: Expression, _ scope: Scope) -> String {
    group(filter, scope, isNegated: false)
  }

  /// A condition inside a group: groups get parentheses.
  private func part(_ rule: Expression, _ scope: Scope, isNegated: Bool) -> String {
    switch rule.form {
    case .not(let inner): part(inner, scope, isNegated: !isNegated)
    case .all, .any: "(" + group(rule, scope, isNegated: isNegated) + ")"
    default: clause(rule, scope, isNegated: isNegated)
    }
  }

  // MARK: Single conditions

  private func clause(_ rule: Expression, _ scope: Scope, isNegated: Bool) -> String {
    let text = bareClause(rule, scope, isNegated: isNegated)
    guard !words.isFrench, Self.isCompound(rule), text.hasPrefix("whose ") else { return text }
    // “for whom the total amount of the orders is…” rather than “whose total amount of…”.
    let rest = text.dropFirst("whose ".count)
    return "for whom " + (rest.first?.isNumber == true ? "" : "the ") + rest
  }

  /// Whether what a condition tests is more than a name can say.
  private static func isCompound(_ rule: Expression) -> Bool {
    let value: Expression
    switch rule.form {
    case .comparison(_, let left, let right):
      value = isLiteral(left) && !isLiteral(right) ? right : left
    case .between(let tested, _, _), .oneOf(let tested, _), .text(_, let tested, _),
      .within(let tested, _):
      value = tested
    default: return false
    }
    switch value.form {
    case .aggregate(let aggregate):
      return ![.count, .daysSinceFirst, .daysSinceLast].contains(aggregate.function)
    case .arithmetic, .population, .negative: return true
    default: return false
    }
  }

  private func bareClause(_ rule: Expression, _ scope: Scope, isNegated: Bool) -> String {
    switch rule.form {
    case .literal(.boolean(let truth)): return word(truth != isNegated ? "always" : "never")
    case .comparison(let operation, let left, let right):
      return comparison(operation, left, right, scope, isNegated)
    case .between(let value, let low, let high):
      let arguments = [
        "value": noun(value, scope), "low": operand(low, value, scope),
        "high": operand(high, value, scope),
      ]
      return tested("between", arguments, value, scope, isNegated)
    case .oneOf(let value, let items): return oneOf(value, items, scope, isNegated)
    case .text(let operation, let value, let pattern):
      return text(operation, value, pattern, scope, isNegated)
    case .missing(let value):
      return word(isNegated ? "known" : "missing", ["value": .text(noun(value, scope))])
    case .within(let value, let window):
      let arguments = ["value": noun(value, scope), "window": self.window(window, isDate: true)]
      return tested("within", arguments, value, scope, isNegated)
    case .anniversary(let value, let days):
      let suffix = days == 0 ? ".today" : ""
      var text = word(
        (isNegated ? "not_anniversary" : "anniversary") + suffix,
        ["value": .text(words.of(noun(value, scope))), "count": .count(days)])
      if isNegated { text += unknown(value, scope) }
      return text
    case .name, .parameter:
      return word(isNegated ? "not_truth" : "truth", ["value": .text(noun(rule, scope))])
    default: return customerClause(rule, scope, isNegated)
    }
  }

  private func customerClause(_ rule: Expression, _ scope: Scope, _ isNegated: Bool) -> String {
    let not = isNegated ? "not_" : ""
    switch rule.form {
    case .exists(let source): return did(source, isNegated: isNegated)
    case .rank(let rank):
      var arguments: [String: MessageArgument] = ["value": .text(noun(rank.value, scope))]
      let size: String
      switch rank.size {
      case .percent(let percent):
        arguments["size"] = .text(percentage(percent))
        size = "percent"
      case .customers(let count):
        arguments["count"] = .count(count)
        size = "customers"
      }
      let text = word("\(not)rank.\(rank.direction.rawValue).\(size)", arguments)
      return rank.segment.map { text + " " + word("in_segment", ["segment": .text($0)]) } ?? text
    case .member(let segment): return word(not + "member", ["segment": .text(segment)])
    case .memberOn(let segment, let date):
      return word(not + "member_on", ["segment": .text(segment), "date": .date(date)])
    case .entered(let segment, let window):
      return word(
        not + "entered", ["segment": .text(segment), "window": .text(self.window(window))])
    case .left(let segment, let window):
      return word(
        not + "exited", ["segment": .text(segment), "window": .text(self.window(window))])
    default:
      let text = history(rule, scope)
      return isNegated ? word("not_so", ["condition": .text(text)]) : text
    }
  }

  /// Conditions on what happened when.
  private func history(_ rule: Expression, _ scope: Scope) -> String {
    switch rule.form {
    case .held(let inner, let span):
      return word(
        "held",
        ["condition": .text(part(inner, scope, isNegated: false)), "length": .text(length(span))])
    case .firstTime(let source, let window):
      return word(
        "first_time", ["did": .text(verb(source)), "window": .text(self.window(window))])
        + rows(source)
    case .stopped(let source, let span):
      return word("stopped", ["did": .text(verb(source)), "length": .text(length(span))])
        + rows(source)
    case .resumed(let source, let gap, let window):
      return word(
        "resumed",
        [
          "did": .text(verb(source)), "length": .text(length(gap)),
          "window": .text(self.window(window)),
        ]) + rows(source)
    case .regularly(let source, let atLeast, let count, let unit):
      let windows = word("regularly." + unit.key, ["count": .count(count)])
      return word(
        "regularly",
        ["did": .text(verb(source)), "least": .count(atLeast), "windows": .text(windows)])
        + rows(source)
    case .sequence(let sequence):
      var text = word("sequence", ["did": .text(verb(sequence.first))]) + rows(sequence.first)
      for step in sequence.steps {
        let did = step.isAbsent ? verb(step.source, isNegated: true) : verb(step.source)
        text +=
          word("sequence.step", ["did": .text(did), "length": .text(length(step.within))])
          + rows(step.source)
      }
      return sequence.window.map {
        text + " " + word("sequence.window", ["window": .text(self.window($0))])
      } ?? text
    default: return word("truth", ["value": .text(noun(rule, scope))])
    }
  }

  /// A test whose opposite also holds where there is no value, which is said.
  func tested(
    _ key: String, _ arguments: [String: String], _ value: Expression, _ scope: Scope,
    _ isNegated: Bool
  ) -> String {
    let text = word((isNegated ? "not_" : "") + key, arguments.mapValues { .text($0) })
    return isNegated ? text + unknown(value, scope) : text
  }

  func unknown(_ value: Expression, _ scope: Scope) -> String {
    isSure(value, scope) ? "" : " " + word("or_unknown")
  }

  /// Whether a value is there for every customer.
  private func isSure(_ value: Expression, _ scope: Scope) -> Bool {
    switch value.form {
    case .aggregate(let aggregate):
      return [.count, .distinct, .sum].contains(aggregate.function)
    case .name(let name):
      if scope.fields?[name] != nil {
        return FieldDefinition.ofEveryRow.contains { $0.id == name }
      }
      if let derived = checker.derivedAttribute(name) {
        return isSure(derived.expression, Scope())
      }
      return checker.schema.attributes.first { $0.id == name }?.isOptional == false
    case .literal, .now, .today, .ago, .fromNow, .population: return true
    case .arithmetic(let operation, let left, let right):
      return operation != .divide && isSure(left, scope) && isSure(right, scope)
    case .negative(let inner): return isSure(inner, scope)
    default: return false
    }
  }

  // MARK: Names

  /// What an attribute is called inside a sentence.
  func attribute(_ name: String) -> String {
    let key = "attribute.\(name).phrase"
    if let label = labels[name] { return word("attribute", ["name": .text(label)]) }
    return words.has(key) ? words.text(key, [:]) : word("attribute", ["name": .text(name)])
  }

  func field(_ name: String) -> String {
    let key = "field.\(name).phrase"
    return words.has(key) ? words.text(key, [:]) : word("field", ["name": .text(name)])
  }

  /// A form of a stream's name, or of a list of objects.
  func collection(_ source: Source, _ form: String) -> String {
    let key = "stream.\(source.collection).\(form)"
    if words.has(key) { return words.text(key, [:]) }
    let name = labels[source.collection] ?? source.collection
    return word("collection." + form, ["name": .text(name)])
  }
}
