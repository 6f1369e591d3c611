internal import CustomerSchema
internal import SQLBuilder

// MARK: - Functions

extension Parser {
  /// Every function, in the order of the reference.
  static let functions: [String] =
    AggregateFunction.allCases.map(\.rawValue) + [
      "any", "days_since", "years_since", "median", "percentile", "sequence", "first_time",
      "stopped", "resumed", "regularly", "anniversary",
    ]

  /// A word before a parenthesis.
  mutating func call(_ word: String) throws(SegmentLanguageError) -> Node {
    let start = current.span.lowerBound
    let name = word.lowercased()
    // `average` of a field is over rows; without a point it is over customers.
    let isPopulation = name == "average" && !isSign(.dot, after: 3)
    if let function = AggregateFunction(rawValue: name), !isPopulation {
      open()
      return try aggregate(function, start)
    }
    switch name {
    case "average", "median", "percentile":
      open()
      return try population(name, start)
    case "any", "exists":
      open()
      let source = try source(hasWindow: true)
      try expect(.close, .closing)
      return try node(.exists(source.source), start, depth: source.depth)
    case "days_since", "years_since":
      open()
      let value = try nested { parser throws(SegmentLanguageError) in try parser.condition() }
      try expect(.close, .closing)
      return try node(
        name == "days_since" ? .daysSince(value.expression) : .yearsSince(value.expression), start,
        depth: value.depth)
    case "sequence":
      open()
      return try sequence(start)
    case "first_time", "stopped", "resumed", "regularly":
      open()
      return try habit(name, start)
    case let keyword where Words.reserved.contains(keyword): throw unexpected(.value)
    default:
      throw problem(
        .unknownFunction(
          Lexer.clipped(word), nearest: EditDistance.nearest(name, in: Self.functions)),
        at: current.span)
    }
  }

  private mutating func open() {
    advance()
    advance()
  }

  private mutating func aggregate(
    _ function: AggregateFunction, _ start: Int
  ) throws(SegmentLanguageError) -> Node {
    let collection = try name(.collection)
    var value: Node?
    if function.takesValue {
      try expect(.dot, .field)
      let valueStart = current.span.lowerBound
      if accept(.open) {
        value = try nested { parser throws(SegmentLanguageError) in try parser.condition() }
        try expect(.close, .closing)
      } else {
        value = try node(.name(try name(.field)), valueStart)
      }
    }
    var weight: Node?
    if function == .favourite, accept(word: "by") {
      weight = try nested { parser throws(SegmentLanguageError) in try parser.sum() }
    }
    let source = try filtered(collection, hasWindow: true)
    try expect(.close, .closing)
    return try node(
      .aggregate(
        Aggregate(
          function, source.source, value: value?.expression, weight: weight?.expression)), start,
      depth: max(source.depth, value?.depth ?? 0, weight?.depth ?? 0))
  }

  private mutating func population(
    _ name: String, _ start: Int
  ) throws(SegmentLanguageError) -> Node {
    let value = try nested { parser throws(SegmentLanguageError) in try parser.sum() }
    let segment = try inSegment()
    let function: PopulationStatistic.Function
    switch name {
    case "average": function = .average
    case "median": function = .median
    default:
      try expect(.comma, .comma)
      guard case .number(let percent) = current.kind else { throw unexpected(.percent) }
      advance()
      try expect(.percent, .percent)
      function = .percentile(percent)
    }
    try expect(.close, .closing)
    return try node(
      .population(PopulationStatistic(function, of: value.expression, in: segment)), start,
      depth: value.depth)
  }

  private mutating func sequence(_ start: Int) throws(SegmentLanguageError) -> Node {
    let first = try source(hasWindow: false)
    var depth = first.depth
    var steps: [Sequence.Step] = []
    repeat {
      try expect(word: "then", .then)
      let isAbsent = accept(word: "no")
      let source = try source(hasWindow: false)
      try expect(word: "within", .within)
      depth = max(depth, source.depth)
      steps.append(Sequence.Step(source.source, within: try span(), isAbsent: isAbsent))
    } while isWord("then")
    let window = accept(.comma) ? try window() : nil
    try expect(.close, .closing)
    return try node(.sequence(Sequence(first.source, steps, window: window)), start, depth: depth)
  }

  private mutating func habit(_ name: String, _ start: Int) throws(SegmentLanguageError) -> Node {
    let source = try source(hasWindow: false)
    try expect(.comma, .comma)
    let form: Expression.Form
    switch name {
    case "first_time": form = .firstTime(source.source, try window())
    case "stopped":
      try expect(word: "for", .for)
      form = .stopped(source.source, try span())
    case "resumed":
      try expect(word: "after", .after)
      let gap = try span()
      try expect(.comma, .comma)
      form = .resumed(source.source, gap: gap, try window())
    default:
      for word in ["in", "at", "least"] { try expect(word: word, .inAtLeast) }
      let atLeast = try wholeNumber(.wholeNumber)
      try expect(word: "of", .of)
      try expect(word: "last", .last)
      let span = try span()
      form = .regularly(source.source, atLeast: atLeast, of: span.count, span.unit)
    }
    try expect(.close, .closing)
    return try node(form, start, depth: source.depth)
  }
}

// MARK: - Rows

extension Parser {
  /// A bare name or one between backticks.
  private mutating func name(_ expected: Problem.Expected) throws(SegmentLanguageError) -> String {
    switch current.kind {
    case .quotedName(let name):
      advance()
      return name
    case .word(let word):
      guard !Words.reserved.contains(word.lowercased()) else {
        throw problem(.reservedWord(word), at: current.span)
      }
      advance()
      return word
    default: throw unexpected(expected)
    }
  }

  private mutating func source(
    hasWindow: Bool
  ) throws(SegmentLanguageError) -> (source: Source, depth: Int) {
    try filtered(try name(.collection), hasWindow: hasWindow)
  }

  /// The filter and the window after a collection's name.
  private mutating func filtered(
    _ collection: String, hasWindow: Bool
  ) throws(SegmentLanguageError) -> (source: Source, depth: Int) {
    var filter: Node?
    if accept(word: "where") {
      filter = try nested { parser throws(SegmentLanguageError) in try parser.condition() }
    }
    let window = hasWindow && accept(.comma) ? try window() : nil
    let source = Source(collection, filter: filter?.expression, window: window)
    return (source, filter?.depth ?? 0)
  }
}

extension AggregateFunction {
  /// Whether it is of a field; the others are of the rows themselves.
  package var takesValue: Bool {
    switch self {
    case .count, .daysSinceFirst, .daysSinceLast: false
    case .sum, .average, .min, .max, .distinct, .first, .last, .favourite: true
    }
  }
}
