internal import CustomerSchema
internal import Foundation
internal import SQLBuilder

extension Expression {
  /// Reads the JSON form of a rule.
  ///
  /// - Throws: `json`, with the offset of what is no JSON, or the path of what is no rule.
  package init(json: String) throws(SegmentLanguageError) {
    let document = try Place(value: try JSONReader.read(json), path: "$").object()
    let schema = try document.member("schema")
    guard schema.value == .string(Self.jsonSchema) else {
      throw schema.wrong("rule.json.expected.schema")
    }
    var decoder = RuleDecoder()
    self = try decoder.expression(try document.member("rule"))
    try document.only(["schema", "rule"])
  }
}

/// A value of a document and where it stands.
struct Place {
  let value: JSONValue
  let path: String

  func error(_ problem: Problem) -> SegmentLanguageError {
    .json(Diagnostic(problem, path: path))
  }

  func wrong(_ expected: String) -> SegmentLanguageError { error(.jsonType(expected: expected)) }

  func object() throws(SegmentLanguageError) -> Object {
    guard case .object(let members) = value else { throw wrong("rule.json.expected.object") }
    return Object(members: members, place: self)
  }

  func items(atLeast least: Int) throws(SegmentLanguageError) -> [Place] {
    guard case .array(let items) = value else { throw wrong("rule.json.expected.array") }
    guard items.count >= least else { throw error(.jsonTooFew(least)) }
    return items.enumerated().map { Place(value: $0.element, path: "\(path)[\($0.offset)]") }
  }

  /// A text without NUL, in composed form.
  func text() throws(SegmentLanguageError) -> String {
    guard case .string(let text) = value else { throw wrong("rule.json.expected.text") }
    guard !text.unicodeScalars.contains("\0") else { throw error(.strayCharacter("\0")) }
    return text.precomposedStringWithCanonicalMapping
  }

  func name() throws(SegmentLanguageError) -> String {
    guard case .string(let name) = value, !name.isEmpty, !name.unicodeScalars.contains("\0")
    else { throw wrong("rule.json.expected.name") }
    return name
  }

  func truth() throws(SegmentLanguageError) -> Bool {
    guard case .bool(let truth) = value else { throw wrong("rule.json.expected.truth") }
    return truth
  }

  func whole(atLeast least: Int = Int.min) throws(SegmentLanguageError) -> Int {
    guard case .number(let digits) = value, let number = Int(digits), number >= least else {
      throw wrong("rule.json.expected.whole")
    }
    return number
  }

  /// A number, or its digits as text.
  func decimal(isSigned: Bool) throws(SegmentLanguageError) -> SQLDecimal {
    let digits: String
    switch value {
    case .number(let text), .string(let text): digits = text
    default: throw wrong("rule.json.expected.number")
    }
    let isNegative = digits.hasPrefix("-")
    let plain = isNegative ? String(digits.dropFirst()) : digits
    let parts = plain.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, isSigned || !isNegative,
      parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
    else { throw wrong("rule.json.expected.number") }
    do {
      let number = try Lexer.number(plain, at: nil)
      return SQLDecimal(units: isNegative ? -number.units : number.units, scale: number.scale)
    } catch { throw self.error(error.diagnostics[0].problem) }
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _ type: Choice.Type
  ) throws(SegmentLanguageError) -> Choice where Choice.RawValue == String {
    guard case .string(let text) = value else { throw wrong("rule.json.expected.text") }
    guard let choice = Choice(rawValue: text) else {
      throw error(
        .jsonUnknownForm(
          Lexer.clipped(text),
          nearest: EditDistance.nearest(text, in: Choice.allCases.map(\.rawValue))))
    }
    return choice
  }

  func date() throws(SegmentLanguageError) -> LocalDate {
    let text = try text()
    do { return try Lexer.date(text, at: nil) } catch {
      throw self.error(error.diagnostics[0].problem)
    }
  }

  func instant() throws(SegmentLanguageError) -> Int64 {
    let text = try text()
    do { return try Lexer.instant(text, at: nil) } catch {
      throw self.error(error.diagnostics[0].problem)
    }
  }

  func span() throws(SegmentLanguageError) -> Span {
    let object = try object()
    try object.only(["count", "unit"])
    let unit = try object.member("unit").choice(Unit.self)
    let count = try object.member("count")
    let span = Span(try count.whole(), unit)
    if span.count < 1 { throw count.error(.lengthNotPositive(span.written)) }
    if span.count > unit.most { throw count.error(.lengthTooLong(span.written)) }
    return span
  }

  func window() throws(SegmentLanguageError) -> Window {
    let object = try object()
    let keys = Set(object.members.map(\.key))
    switch keys {
    case ["last"]: return .last(try object.member("last").span())
    case ["next"]: return .next(try object.member("next").span())
    case ["from", "to"]:
      let from = try object.member("from").span()
      let to = try object.member("to").span()
      guard from.unit.isCalendar == to.unit.isCalendar else { throw error(.mixedWindow) }
      return .between(from: from, to: to)
    case ["period", "offset"]:
      let period = try object.member("period").choice(Period.self)
      let place = try object.member("offset")
      let offset = try place.whole()
      let most = period.unit.most
      guard (-most...most).contains(offset) else {
        throw place.error(.lengthTooLong(Span(abs(offset.clamped), period.unit).written))
      }
      return .period(period, offset: offset)
    case ["since"]: return .since(try object.member("since").date())
    case ["before"]: return .before(try object.member("before").date())
    case ["first_day", "last_day"]:
      return .days(
        try object.member("first_day").date(), try object.member("last_day").date())
    default: throw wrong("rule.json.expected.window")
    }
  }
}

extension Int {
  /// One whose magnitude is an `Int` too.
  fileprivate var clamped: Int { Swift.max(self, -Int.max) }
}

/// An object and where it stands.
struct Object {
  let members: [JSONValue.Member]
  let place: Place

  func optional(_ key: String) -> Place? {
    members.first { $0.key == key }.map { Place(value: $0.value, path: "\(place.path).\(key)") }
  }

  func member(_ key: String) throws(SegmentLanguageError) -> Place {
    guard let found = optional(key) else { throw place.error(.jsonMissing(key)) }
    return found
  }

  func only(_ keys: [String]) throws(SegmentLanguageError) {
    for member in members where !keys.contains(member.key) {
      throw place.error(
        .jsonUnknownKey(
          Lexer.clipped(member.key), nearest: EditDistance.nearest(member.key, in: keys)))
    }
  }
}

/// Builds trees from JSON.
struct RuleDecoder {
  private var nodes = 0
  private var depth = 0

  /// The key that names each form, and the keys beside it.
  static let forms: [String: [String]] = [
    "number": [], "percent": [], "money": ["currency"], "text": [], "boolean": [], "date": [],
    "instant": [], "span": [], "name": [], "parameter": [], "now": [], "today": [], "ago": [],
    "from_now": [], "negative": [], "arithmetic": ["left", "right"], "days_since": [],
    "years_since": [], "aggregate": ["of", "value", "by"],
    "population": ["percent", "value", "segment"],
    "all": [], "any": [], "not": [], "comparison": ["left", "right"], "between": ["low", "high"],
    "one_of": ["values"], "text_test": ["value", "pattern"], "missing": [], "within": ["window"],
    "anniversary": ["days"], "exists": [], "held": ["for"], "sequence": ["steps", "window"],
    "first_time": ["window"], "stopped": ["for"], "resumed": ["after", "window"],
    "regularly": ["at_least", "of", "unit"], "rank": ["percent", "customers", "by", "segment"],
    "member": ["on"], "entered": ["window"], "exited": ["window"],
  ]

  mutating func expression(_ place: Place) throws(SegmentLanguageError) -> Expression {
    nodes += 1
    depth += 1
    defer { depth -= 1 }
    guard nodes <= RuleLimits.nodes else { throw place.error(.tooManyNodes) }
    guard depth <= RuleLimits.depth else { throw place.error(.tooDeep) }
    let object = try place.object()
    // `percent` is a form of its own and a key of others, which are named by their other key.
    let named = object.members.map(\.key).filter { Self.forms[$0] != nil }
    let form = named.count > 1 ? named.first { $0 != "percent" } : named.first
    guard let form, let others = Self.forms[form] else {
      guard let first = object.members.first else { throw place.error(.jsonNoForm) }
      throw place.error(
        .jsonUnknownForm(
          Lexer.clipped(first.key), nearest: EditDistance.nearest(first.key, in: Self.forms.keys)))
    }
    try object.only([form] + others)
    return Expression(try self.form(form, try object.member(form), object))
  }

  private mutating func form(
    _ form: String, _ value: Place, _ object: Object
  ) throws(SegmentLanguageError) -> Expression.Form {
    switch form {
    case "number": return .literal(.number(try value.decimal(isSigned: true)))
    case "percent": return .literal(.percent(try value.decimal(isSigned: true)))
    case "money":
      let amount = try value.decimal(isSigned: true)
      guard amount.scale <= 4 else { throw value.error(.tooManyDecimals(amount.plain, most: 4)) }
      let currency = try object.member("currency")
      guard let code = CurrencyCode(rawValue: try currency.text()) else {
        throw currency.wrong("rule.json.expected.currency")
      }
      return .literal(.money(Money(amount, code)))
    case "text": return .literal(.text(try value.text()))
    case "boolean": return .literal(.boolean(try value.truth()))
    case "date": return .literal(.date(try value.date()))
    case "instant": return .literal(.instant(try value.instant()))
    case "span": return .literal(.span(try value.span()))
    case "name": return .name(try value.name())
    case "parameter": return .parameter(try value.name())
    case "now", "today":
      guard try value.truth() else { throw value.wrong("rule.json.expected.true") }
      return form == "now" ? .now : .today
    case "ago": return .ago(try value.span())
    case "from_now": return .fromNow(try value.span())
    case "negative": return .negative(try expression(value))
    case "arithmetic":
      let operation = try value.choice(ArithmeticOperator.self)
      let (left, right) = try operands(object)
      return .arithmetic(operation, left, right)
    case "days_since": return .daysSince(try expression(value))
    case "years_since": return .yearsSince(try expression(value))
    case "aggregate": return .aggregate(try aggregate(value, object))
    case "population": return .population(try population(value, object))
    default: return try condition(form, value, object)
    }
  }

  private mutating func operands(
    _ object: Object
  ) throws(SegmentLanguageError) -> (Expression, Expression) {
    (try expression(try object.member("left")), try expression(try object.member("right")))
  }

  private mutating func expressions(
    _ place: Place, atLeast least: Int
  ) throws(SegmentLanguageError) -> [Expression] {
    var result: [Expression] = []
    for item in try place.items(atLeast: least) { result.append(try expression(item)) }
    return result
  }

  private mutating func condition(
    _ form: String, _ value: Place, _ object: Object
  ) throws(SegmentLanguageError) -> Expression.Form {
    switch form {
    case "all": return .all(try expressions(value, atLeast: 2))
    case "any": return .any(try expressions(value, atLeast: 2))
    case "not": return .not(try expression(value))
    case "comparison":
      let operation = try value.choice(ComparisonOperator.self)
      let (left, right) = try operands(object)
      return .comparison(operation, left, right)
    case "between":
      return .between(
        try expression(value), low: try expression(try object.member("low")),
        high: try expression(try object.member("high")))
    case "one_of":
      return .oneOf(
        try expression(value), try expressions(try object.member("values"), atLeast: 1))
    case "text_test":
      return .text(
        try value.choice(TextOperator.self), try expression(try object.member("value")),
        try expression(try object.member("pattern")))
    case "missing": return .missing(try expression(value))
    case "within":
      return .within(try expression(value), try object.member("window").window())
    case "anniversary":
      return .anniversary(
        try expression(value), withinDays: try object.member("days").whole(atLeast: 0))
    case "held": return .held(try expression(value), try object.member("for").span())
    case "rank": return .rank(try rank(value, object))
    case "member":
      guard let date = object.optional("on") else { return .member(try value.text()) }
      return .memberOn(try value.text(), try date.date())
    case "entered": return .entered(try value.text(), try object.member("window").window())
    case "exited": return .left(try value.text(), try object.member("window").window())
    default: return try rows(form, value, object)
    }
  }

  private mutating func rows(
    _ form: String, _ value: Place, _ object: Object
  ) throws(SegmentLanguageError) -> Expression.Form {
    switch form {
    case "exists": return .exists(try source(value, hasWindow: true))
    case "sequence":
      let first = try source(value, hasWindow: false)
      var steps: [Sequence.Step] = []
      for item in try object.member("steps").items(atLeast: 1) {
        let step = try item.object()
        try step.only(["rows", "within", "absent"])
        steps.append(
          Sequence.Step(
            try source(try step.member("rows"), hasWindow: false),
            within: try step.member("within").span(),
            isAbsent: try step.optional("absent")?.truth() ?? false))
      }
      return .sequence(Sequence(first, steps, window: try object.optional("window")?.window()))
    case "first_time":
      return .firstTime(
        try source(value, hasWindow: false), try object.member("window").window())
    case "stopped":
      return .stopped(try source(value, hasWindow: false), try object.member("for").span())
    case "resumed":
      return .resumed(
        try source(value, hasWindow: false), gap: try object.member("after").span(),
        try object.member("window").window())
    case "regularly":
      let source = try source(value, hasWindow: false)
      let unit = try object.member("unit").choice(Unit.self)
      let place = try object.member("of")
      let count = try place.whole()
      if count < 1 { throw place.error(.lengthNotPositive(Span(count, unit).written)) }
      if count > unit.most { throw place.error(.lengthTooLong(Span(count, unit).written)) }
      return .regularly(
        source, atLeast: try object.member("at_least").whole(atLeast: 0), of: count, unit)
    default: throw value.error(.jsonNoForm)
    }
  }

  private mutating func source(
    _ place: Place, hasWindow: Bool
  ) throws(SegmentLanguageError) -> Source {
    let object = try place.object()
    try object.only(hasWindow ? ["collection", "filter", "window"] : ["collection", "filter"])
    let collection = try object.member("collection").name()
    let filter: Expression?
    if let place = object.optional("filter") {
      filter = try expression(place)
    } else {
      filter = nil
    }
    return Source(collection, filter: filter, window: try object.optional("window")?.window())
  }

  private mutating func aggregate(
    _ place: Place, _ object: Object
  ) throws(SegmentLanguageError) -> Aggregate {
    let function = try place.choice(AggregateFunction.self)
    let source = try source(try object.member("of"), hasWindow: true)
    guard function.takesValue else {
      try object.only(["aggregate", "of"])
      return Aggregate(function, source)
    }
    let value = try expression(try object.member("value"))
    guard function == .favourite else {
      try object.only(["aggregate", "of", "value"])
      return Aggregate(function, source, value: value)
    }
    guard let by = object.optional("by") else { return Aggregate(function, source, value: value) }
    return Aggregate(function, source, value: value, weight: try expression(by))
  }

  private mutating func population(
    _ place: Place, _ object: Object
  ) throws(SegmentLanguageError) -> PopulationStatistic {
    let function: PopulationStatistic.Function
    switch try place.text() {
    case "median": function = .median
    case "average": function = .average
    case "percentile":
      function = .percentile(try object.member("percent").decimal(isSigned: false))
    case let other:
      throw place.error(
        .jsonUnknownForm(
          Lexer.clipped(other),
          nearest: EditDistance.nearest(other, in: ["median", "average", "percentile"])))
    }
    if case .percentile = function {} else { try object.only(["population", "value", "segment"]) }
    return PopulationStatistic(
      function, of: try expression(try object.member("value")),
      in: try object.optional("segment")?.text())
  }

  private mutating func rank(
    _ place: Place, _ object: Object
  ) throws(SegmentLanguageError) -> Rank {
    guard let direction = Rank.Direction(rawValue: try place.text()) else {
      throw place.wrong("rule.json.expected.direction")
    }
    let size: Rank.Size
    if let percent = object.optional("percent") {
      try object.only(["rank", "percent", "by", "segment"])
      size = .percent(try percent.decimal(isSigned: false))
    } else {
      size = .customers(try object.member("customers").whole(atLeast: 0))
    }
    return Rank(
      direction, size, by: try expression(try object.member("by")),
      in: try object.optional("segment")?.text())
  }
}
