internal import CustomerSchema
internal import SQLBuilder

extension Expression {
  /// Reads a rule's text.
  ///
  /// - Throws: `syntax`, with the place and what was expected there. An empty text is an error, as
  ///   is one that is all comments: it is never «everyone».
  package static func parse(_ text: String) throws(SegmentLanguageError) -> Expression {
    var parser = Parser(try Lexer.tokens(of: text), text)
    return try parser.rule()
  }
}

/// A recursive-descent parser: one function per level of precedence, the loosest first.
///
/// `or` < `and` < `not` < `… for at least …` < tests (`=`, `in`, `is missing`…) < `+ -` < `* /` <
/// sign < the rest. Parentheses change nothing but the order.
struct Parser {
  /// A node and how many levels it has.
  struct Node {
    var expression: Expression
    var depth: Int
    var start: Int { expression.span?.lowerBound ?? 0 }
  }

  private let text: String
  private let tokens: [Token]
  private(set) var index = 0
  private var nodes = 0
  private var nesting = 0

  init(_ tokens: [Token], _ text: String) {
    self.tokens = tokens
    self.text = text
  }

  mutating func rule() throws(SegmentLanguageError) -> Expression {
    guard current.kind != .end else { throw .syntax(Diagnostic(.empty)) }
    let node = try condition()
    guard current.kind == .end else { throw unexpected(.end) }
    return node.expression
  }
}

// MARK: - Tokens

extension Parser {
  var current: Token { tokens[index] }

  func token(after count: Int) -> Token { tokens[min(index + count, tokens.count - 1)] }

  /// Where the last token taken ends.
  var end: Int { index > 0 ? tokens[index - 1].span.upperBound : 0 }

  mutating func advance() { if index < tokens.count - 1 { index += 1 } }

  func isWord(_ word: String, after count: Int = 0) -> Bool { token(after: count).keyword == word }

  func isSign(_ sign: Token.Sign, after count: Int = 0) -> Bool {
    token(after: count).kind == .sign(sign)
  }

  mutating func accept(word: String) -> Bool {
    guard isWord(word) else { return false }
    advance()
    return true
  }

  mutating func accept(_ sign: Token.Sign) -> Bool {
    guard isSign(sign) else { return false }
    advance()
    return true
  }

  mutating func expect(
    word: String, _ expected: Problem.Expected
  ) throws(SegmentLanguageError) {
    guard accept(word: word) else { throw unexpected(expected) }
  }

  mutating func expect(
    _ sign: Token.Sign, _ expected: Problem.Expected
  ) throws(SegmentLanguageError) {
    guard accept(sign) else { throw unexpected(expected) }
  }

  /// What stands at the current token instead of what was expected.
  func unexpected(_ expected: Problem.Expected) -> SegmentLanguageError {
    let token = current
    guard token.kind != .end else {
      return .syntax(Diagnostic(.unexpectedEnd(expected: expected), at: token.span))
    }
    return problem(.unexpected(Lexer.clipped(written(token)), expected: expected), at: token.span)
  }

  func problem(_ problem: Problem, at span: Range<Int>) -> SegmentLanguageError {
    .syntax(Diagnostic(problem, at: span))
  }

  func written(_ token: Token) -> String {
    let utf8 = text.utf8
    let lower = utf8.index(utf8.startIndex, offsetBy: token.span.lowerBound)
    return String(text[lower..<utf8.index(lower, offsetBy: token.span.count)])
  }

  /// A node from `start` to the last token taken, above children of `depth` levels.
  mutating func node(
    _ form: Expression.Form, _ start: Int, depth: Int = 0
  ) throws(SegmentLanguageError) -> Node {
    nodes += 1
    guard nodes <= RuleLimits.nodes else { throw problem(.tooManyNodes, at: start..<end) }
    guard depth < RuleLimits.depth else { throw problem(.tooDeep, at: start..<end) }
    return Node(expression: Expression(form, span: start..<end), depth: depth + 1)
  }

  /// Runs a parser one level deeper.
  mutating func nested(
    _ parse: (inout Parser) throws(SegmentLanguageError) -> Node
  ) throws(SegmentLanguageError) -> Node {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= RuleLimits.depth else { throw problem(.tooDeep, at: current.span) }
    return try parse(&self)
  }
}

// MARK: - Conditions

extension Parser {
  mutating func condition() throws(SegmentLanguageError) -> Node {
    let first = try conjunction()
    guard isWord("or") else { return first }
    var parts = [first]
    while accept(word: "or") { parts.append(try conjunction()) }
    return try node(
      .any(parts.map(\.expression)), first.start, depth: parts.map(\.depth).max() ?? 0)
  }

  private mutating func conjunction() throws(SegmentLanguageError) -> Node {
    let first = try negation()
    guard isWord("and") else { return first }
    var parts = [first]
    while accept(word: "and") { parts.append(try negation()) }
    return try node(
      .all(parts.map(\.expression)), first.start, depth: parts.map(\.depth).max() ?? 0)
  }

  private mutating func negation() throws(SegmentLanguageError) -> Node {
    let start = current.span.lowerBound
    guard accept(word: "not") else { return try predicate() }
    let inner = try nested { parser throws(SegmentLanguageError) in try parser.negation() }
    return try node(.not(inner.expression), start, depth: inner.depth)
  }

  private mutating func predicate() throws(SegmentLanguageError) -> Node {
    let start = current.span.lowerBound
    var result: Node
    if let special = try specialCondition() {
      result = special
    } else {
      result = try test(try sum())
    }
    while isWord("for") {
      advance()
      try expect(word: "at", .least)
      try expect(word: "least", .least)
      let span = try span()
      result = try node(.held(result.expression, span), start, depth: result.depth)
    }
    return result
  }

  private static let comparisons: [Token.Sign: ComparisonOperator] = [
    .equal: .equal, .notEqual: .notEqual, .less: .less, .lessOrEqual: .lessOrEqual,
    .greater: .greater, .greaterOrEqual: .greaterOrEqual,
  ]

  /// What is asked of a value, if anything is.
  private mutating func test(_ value: Node) throws(SegmentLanguageError) -> Node {
    let start = value.start
    if case .sign(let sign) = current.kind, let comparison = Self.comparisons[sign] {
      advance()
      let right = try sum()
      return try node(
        .comparison(comparison, value.expression, right.expression), start,
        depth: max(value.depth, right.depth))
    }
    let isNegated = isWord("not")
    if isNegated {
      advance()
      guard let result = try wordTest(value) else { throw unexpected(.comparison) }
      return try node(.not(result.expression), start, depth: result.depth)
    }
    return try wordTest(value) ?? value
  }

  private mutating func wordTest(_ value: Node) throws(SegmentLanguageError) -> Node? {
    let start = value.start
    switch current.keyword {
    case "between":
      advance()
      let low = try sum()
      try expect(word: "and", .and)
      let high = try sum()
      return try node(
        .between(value.expression, low: low.expression, high: high.expression), start,
        depth: max(value.depth, low.depth, high.depth))
    case "in":
      if isWord("segment", after: 1) { return nil }
      advance()
      guard accept(.open) else { return try within(value) }
      var items = [try sum()]
      while accept(.comma) { items.append(try sum()) }
      try expect(.close, .closing)
      return try node(
        .oneOf(value.expression, items.map(\.expression)), start,
        depth: max(value.depth, items.map(\.depth).max() ?? 0))
    case "contains":
      advance()
      return try text(.contains, value)
    case "starts", "ends":
      let operation: TextOperator = isWord("starts") ? .startsWith : .endsWith
      advance()
      try expect(word: "with", .with)
      return try text(operation, value)
    case "matches":
      advance()
      return try text(.matches, value)
    case "is": return try isTest(value)
    case "last", "next", "this", "today", "yesterday", "tomorrow", "since", "before", "from":
      return try within(value)
    default: return nil
    }
  }

  private mutating func text(
    _ operation: TextOperator, _ value: Node
  ) throws(SegmentLanguageError) -> Node {
    let pattern = try sum()
    return try node(
      .text(operation, value.expression, pattern.expression), value.start,
      depth: max(value.depth, pattern.depth))
  }

  private mutating func within(_ value: Node) throws(SegmentLanguageError) -> Node {
    let window = try window()
    return try node(.within(value.expression, window), value.start, depth: value.depth)
  }

  /// `is missing`, `is not missing`, `is like`, `is not like`.
  private mutating func isTest(_ value: Node) throws(SegmentLanguageError) -> Node {
    advance()
    let isNegated = accept(word: "not")
    let result: Node
    if accept(word: "missing") {
      result = try node(.missing(value.expression), value.start, depth: value.depth)
    } else if accept(word: "like") {
      result = try text(.isLike, value)
    } else {
      throw unexpected(.afterIs)
    }
    guard isNegated else { return result }
    return try node(.not(result.expression), value.start, depth: result.depth)
  }

  /// Conditions that begin with a word of their own and have no value in front.
  private mutating func specialCondition() throws(SegmentLanguageError) -> Node? {
    let start = current.span.lowerBound
    switch current.keyword {
    case "member" where isWord("of", after: 1):
      advance()
      advance()
      let segment = try textLiteral(.segment)
      guard accept(word: "on") else { return try node(.member(segment), start) }
      guard case .date(let date) = current.kind else { throw unexpected(.date) }
      advance()
      return try node(.memberOn(segment, date), start)
    case "entered", "left":
      guard case .text = token(after: 1).kind else { return nil }
      let isEntry = isWord("entered")
      advance()
      let segment = try textLiteral(.segment)
      _ = accept(word: "in")
      let window = try window()
      return try node(isEntry ? .entered(segment, window) : .left(segment, window), start)
    case "top", "bottom":
      guard case .number = token(after: 1).kind else { return nil }
      return try rank()
    case "anniversary" where isSign(.open, after: 1):
      advance()
      advance()
      let value = try nested { parser throws(SegmentLanguageError) in try parser.condition() }
      try expect(.close, .closing)
      try expect(word: "within", .within)
      let days = try wholeNumber(.wholeNumber)
      guard accept(word: "days") || accept(word: "day") else { throw unexpected(.unit) }
      return try node(.anniversary(value.expression, withinDays: days), start, depth: value.depth)
    default: return nil
    }
  }

  /// `top 10% by revenue in segment "vip"`.
  private mutating func rank() throws(SegmentLanguageError) -> Node {
    let start = current.span.lowerBound
    let direction: Rank.Direction = isWord("top") ? .top : .bottom
    advance()
    let size: Rank.Size
    if isSign(.percent, after: 1), case .number(let percent) = current.kind {
      advance()
      advance()
      size = .percent(percent)
    } else {
      size = .customers(try wholeNumber(.wholeNumber))
    }
    try expect(word: "by", .by)
    let value = try sum()
    let segment = try inSegment()
    return try node(
      .rank(Rank(direction, size, by: value.expression, in: segment)), start, depth: value.depth)
  }

  mutating func inSegment() throws(SegmentLanguageError) -> String? {
    guard isWord("in"), isWord("segment", after: 1) else { return nil }
    advance()
    advance()
    return try textLiteral(.segment)
  }

  mutating func textLiteral(
    _ expected: Problem.Expected
  ) throws(SegmentLanguageError) -> String {
    guard case .text(let text) = current.kind else { throw unexpected(expected) }
    advance()
    return text
  }

  /// A number without decimals.
  mutating func wholeNumber(_ expected: Problem.Expected) throws(SegmentLanguageError) -> Int {
    guard case .number(let number) = current.kind, number.scale == 0,
      let count = Int(exactly: number.units)
    else { throw unexpected(expected) }
    advance()
    return count
  }
}
