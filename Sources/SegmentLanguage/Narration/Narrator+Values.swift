internal import CustomerSchema
internal import SQLBuilder

extension Narrator {
  /// A value as a noun: «le panier moyen», “average basket”.
  func noun(_ value: Expression, _ scope: Scope) -> String {
    switch value.form {
    case .name(let name):
      return scope.fields?[name] != nil ? field(name) : attribute(name)
    case .parameter(let name): return word("parameter", ["name": .text(name)])
    case .literal(let literal): return self.literal(literal)
    case .now: return word("now")
    case .today: return word("today")
    case .ago(let span): return word("ago", ["length": .text(length(span))])
    case .fromNow(let span): return word("from_now", ["length": .text(length(span))])
    case .negative(let inner): return word("negative", ["value": .text(of(inner, scope))])
    case .arithmetic(let operation, let left, let right):
      return arithmetic(operation, left, right, scope)
    case .daysSince(let date): return word("days_since", ["value": .text(definite(date, scope))])
    case .yearsSince(let date):
      return word("years_since", ["value": .text(definite(date, scope))])
    case .aggregate(let aggregate): return self.aggregate(aggregate)
    case .population(let statistic): return population(statistic)
    default: return word("outcome", ["condition": .text(sentence(value))])
    }
  }

  private func of(_ value: Expression, _ scope: Scope) -> String {
    words.of(definite(value, scope))
  }

  /// A noun where English wants its article: “above the median”.
  private func definite(_ value: Expression, _ scope: Scope) -> String {
    switch value.form {
    case .literal, .now, .today, .ago, .fromNow: noun(value, scope)
    case .arithmetic(.multiply, let left, let right)
    where Self.isNumber(left) || Self.isNumber(right):
      noun(value, scope)
    default: words.isFrench ? noun(value, scope) : "the " + noun(value, scope)
    }
  }

  private static func isNumber(_ value: Expression) -> Bool {
    switch value.form {
    case .literal(.percent), .literal(.number): true
    default: false
    }
  }

  private func arithmetic(
    _ operation: ArithmeticOperator, _ left: Expression, _ right: Expression, _ scope: Scope
  ) -> String {
    // «70 % du total» rather than «le produit de 70 % et du total».
    if operation == .multiply, case .literal(.percent(let percent)) = left.form {
      return word(
        "share_of", ["share": .text(percentage(percent)), "value": .text(of(right, scope))])
    }
    // «2 fois le montant» rather than «le produit de 2 par le montant».
    if operation == .multiply, case .literal(.number(let number)) = left.form,
      !Self.isNumber(right)
    {
      return word(
        "times_of", ["number": .text(decimal(number)), "value": .text(definite(right, scope))])
    }
    if operation == .multiply, Self.isNumber(right), !Self.isNumber(left) {
      return arithmetic(operation, right, left, scope)
    }
    if case .literal(.span) = right.form, operation == .add || operation == .subtract {
      let key = operation == .add ? "later" : "earlier"
      return word(
        key,
        ["value": .text(noun(left, scope)), "length": .text(noun(right, scope))])
    }
    let key =
      switch operation {
      case .add: "sum_of"
      case .subtract: "difference"
      case .multiply: "product"
      case .divide: "ratio"
      }
    // Each side is told once: twice at every level would be exponential.
    let (first, second) = (definite(left, scope), definite(right, scope))
    return word(
      key,
      [
        "left": .text(first), "right": .text(second), "of_left": .text(words.of(first)),
        "of_right": .text(words.of(second)),
      ])
  }

  private func population(_ statistic: PopulationStatistic) -> String {
    let value = MessageArgument.text(words.of(noun(statistic.value, Scope())))
    let text: String
    switch statistic.function {
    case .median: text = word("median", ["value": value])
    case .average: text = word("mean", ["value": value])
    case .percentile(let percent):
      text = word("percentile", ["value": value, "percent": .text(decimal(percent))])
    }
    return text + " "
      + (statistic.segment.map { word("of_segment", ["segment": .text($0)]) }
        ?? word("of_base"))
  }

  private func aggregate(_ aggregate: Aggregate) -> String {
    let source = aggregate.source
    var scope = Scope()
    scope.fields = fields(source)
    scope.collection = source.collection
    let value = aggregate.value.map { noun($0, scope) } ?? ""
    let text: String
    switch aggregate.function {
    case .count: text = collection(source, "count")
    case .daysSinceFirst, .daysSinceLast:
      let form = aggregate.function == .daysSinceFirst ? "first" : "last"
      text = word("days_since", ["value": .text(collection(source, form))])
    case .first, .last:
      let form = aggregate.function == .first ? "first" : "last"
      text = word(
        "value_of_row",
        ["value": .text(value), "row": .text(words.of(collection(source, form)))])
    case .sum, .average, .min, .max, .distinct:
      text = word(
        "aggregate." + aggregate.function.rawValue,
        ["value": .text(words.of(value)), "rows": .text(collection(source, "of_items"))])
    case .favourite:
      text = word(
        aggregate.weight == nil ? "favourite" : "favourite_by",
        [
          "value": .text(value), "of_value": .text(words.of(value)),
          "weight": .text(aggregate.weight.map { noun($0, scope) } ?? ""),
          "of_weight": .text(aggregate.weight.map { of($0, scope) } ?? ""),
          "rows": .text(collection(source, "of_items")),
        ])
    }
    return text + when(source) + rows(source)
  }

  func fields(_ source: Source) -> [String: ValueKind] {
    var fields: [String: ValueKind] = [:]
    for field in checker.fields(of: source.collection)?.fields ?? [] {
      fields[field.id] = ValueKind(field.type)
    }
    return fields
  }

  // MARK: Rows

  /// «ont commandé».
  func verb(_ source: Source, isNegated: Bool = false) -> String {
    collection(source, isNegated ? "did_not" : "did")
  }

  /// «qui ont commandé ces 30 derniers jours (commandes dont …)».
  func did(_ source: Source, isNegated: Bool) -> String {
    word("did", ["did": .text(verb(source, isNegated: isNegated))]) + when(source) + rows(source)
  }

  /// The window of the rows, with a blank before it.
  func when(_ source: Source) -> String {
    source.window.map { " " + window($0) } ?? ""
  }

  /// Which rows are meant, in parentheses; empty for all.
  func rows(_ source: Source) -> String {
    guard let filter = source.filter else { return "" }
    var scope = Scope()
    scope.fields = fields(source)
    scope.collection = source.collection
    return " "
      + word(
        "rows",
        [
          "rows": .text(collection(source, "items")),
          "conditions": .text(conditions(filter, scope)),
        ])
  }

  // MARK: Literals

  /// The other side of a test of `value`, which lends its unit or the names of its values.
  func operand(_ other: Expression, _ value: Expression, _ scope: Scope) -> String {
    guard case .literal(let literal) = other.form else { return definite(other, scope) }
    // The value of a row has the names that its field has.
    if case .aggregate(let aggregate) = value.form, let taken = aggregate.value,
      [.first, .last, .min, .max, .favourite].contains(aggregate.function)
    {
      var inner = Scope()
      inner.fields = fields(aggregate.source)
      inner.collection = aggregate.source.collection
      return operand(other, taken, inner)
    }
    guard case .name(let name) = value.form else { return self.literal(literal) }
    switch literal {
    case .number(let number):
      let isField = scope.fields?[name] != nil
      let unit = "\(isField ? "field" : "attribute").\(name).unit"
      if number.scale == 0, let count = Int(exactly: number.units), words.has(unit) {
        return words.text(unit, ["count": .count(count)])
      }
      if !isField, type(name) == .share, number.scale < 16 {
        return percentage(SQLDecimal(units: number.units * 100, scale: number.scale))
      }
      if isField, let count = Int(exactly: number.units), number.scale == 0,
        words.has("narration.\(name).\(count)")
      {
        return word("\(name).\(count)")
      }
    case .text(let text):
      let key = "attribute.\(name).value.\(text)"
      if scope.fields?[name] == nil, words.has(key) { return words.text(key, [:]) }
      let known = "stream.\(scope.collection).\(name).\(text)"
      if scope.fields?[name] != nil, words.has(known) {
        return word("quoted", ["text": .text(words.text(known, [:]))])
      }
    default: break
    }
    return self.literal(literal)
  }

  private func type(_ name: String) -> AttributeType? {
    checker.schema.attributes.first { $0.id == name }?.type
      ?? checker.derivedAttribute(name)?.type
  }

  private func literal(_ literal: Literal) -> String {
    switch literal {
    case .number(let number): decimal(number)
    case .percent(let number): percentage(number)
    case .money(let money):
      words.text("narration.money", ["amount": .money(money)])
    case .text(let text): word("quoted", ["text": .text(text)])
    case .boolean(let truth): word(truth ? "yes" : "no")
    case .date(let date): word("date", ["date": .date(date)])
    case .instant(let instant): self.instant(instant)
    case .span(let span): length(span)
    }
  }

  private func instant(_ instant: Int64) -> String {
    let iso = Literal.iso(instant)
    guard let date = LocalDate(iso: iso.prefix(10)) else { return iso }
    return word(
      "instant", ["date": .date(date), "time": .text(String(iso.dropFirst(11).dropLast()))])
  }

  private func decimal(_ number: SQLDecimal) -> String {
    let digits = number.plain
    guard digits.count <= 15 else { return digits }
    return word("number", ["number": .number(number.double, decimals: Int(min(number.scale, 6)))])
  }

  func percentage(_ percent: SQLDecimal) -> String {
    word("percent", ["number": .text(decimal(percent))])
  }

  // MARK: Time

  func length(_ span: Span) -> String {
    word("length." + span.unit.key, ["count": .count(span.count)])
  }

  /// - Parameter isDate: whether it is said of a date («dans les 30 derniers jours») and not of
  ///   what happened («ces 30 derniers jours»).
  func window(_ window: Window, isDate: Bool = false) -> String {
    switch window {
    case .last(let span):
      word(
        (isDate ? "window.in_last." : "window.last.") + span.unit.key,
        ["count": .count(span.count)])
    case .next(let span): word("window.next", ["length": .text(length(span))])
    case .between(let from, let to):
      // «il y a entre 90 et 180 jours».
      word(
        "window.between",
        [
          "from": .text(length(from)),
          "to": .text(
            from.unit == to.unit
              ? word("number", ["number": .number(Double(to.count), decimals: 0)]) : length(to)),
        ])
    case .since(let date): word("window.since", ["date": .date(date)])
    case .before(let date): word("window.before", ["date": .date(date)])
    case .days(let first, let last):
      word("window.days", ["first": .date(first), "last": .date(last)])
    case .period(let period, let offset):
      switch offset {
      case 0: word("window.this.\(period.rawValue)")
      case -1: word("window.previous.\(period.rawValue)")
      case 1: word("window.following.\(period.rawValue)")
      default:
        word(
          "window.\(offset < 0 ? "earlier" : "later").\(period.rawValue)",
          ["count": .count(abs(offset))])
      }
    }
  }
}

extension Unit {
  /// As keys of the catalogues have it.
  var key: String { rawValue.replacing(" ", with: "_") }
}
