internal import CustomerSchema
internal import SQLBuilder

// MARK: - Arithmetic

extension Parser {
  mutating func sum() throws(SegmentLanguageError) -> Node {
    var left = try product()
    while isSign(.plus) || isSign(.minus) {
      let operation: ArithmeticOperator = isSign(.plus) ? .add : .subtract
      advance()
      left = try join(left, operation, try product())
    }
    return left
  }

  private mutating func product() throws(SegmentLanguageError) -> Node {
    var left = try signed()
    while isSign(.times) || isSign(.over) {
      let operation: ArithmeticOperator = isSign(.times) ? .multiply : .divide
      advance()
      left = try join(left, operation, try signed())
    }
    return left
  }

  private mutating func join(
    _ left: Node, _ operation: ArithmeticOperator, _ right: Node
  ) throws(SegmentLanguageError) -> Node {
    try node(
      .arithmetic(operation, left.expression, right.expression), left.start,
      depth: max(left.depth, right.depth))
  }

  private mutating func signed() throws(SegmentLanguageError) -> Node {
    let start = current.span.lowerBound
    guard accept(.minus) else { return try primary() }
    let isNumber =
      switch current.kind {
      case .number, .sign(.euro), .sign(.pound), .sign(.yen), .sign(.dollar): true
      default: false
      }
    let inner = try nested { parser throws(SegmentLanguageError) in try parser.signed() }
    // The sign of a number is part of it; that of a number in parentheses is an operation.
    if isNumber, case .literal(let literal) = inner.expression.form,
      let negated = literal.negated
    {
      let expression = Expression(.literal(negated), span: start..<end)
      return Node(expression: expression, depth: inner.depth)
    }
    return try node(.negative(inner.expression), start, depth: inner.depth)
  }
}

extension Literal {
  /// The number, percentage or amount with the other sign; nil for other literals.
  var negated: Literal? {
    switch self {
    case .number(let number): .number(SQLDecimal(units: -number.units, scale: number.scale))
    case .percent(let number): .percent(SQLDecimal(units: -number.units, scale: number.scale))
    case .money(let money):
      .money(
        Money(SQLDecimal(units: -money.amount.units, scale: money.amount.scale), money.currency))
    default: nil
    }
  }
}

// MARK: - What a value can begin with

extension Parser {
  private mutating func primary() throws(SegmentLanguageError) -> Node {
    let token = current
    let start = token.span.lowerBound
    switch token.kind {
    case .sign(.open):
      advance()
      let inner = try nested { parser throws(SegmentLanguageError) in try parser.condition() }
      try expect(.close, .closing)
      return inner
    case .sign(.euro), .sign(.pound), .sign(.yen), .sign(.dollar):
      advance()
      guard case .number(let number) = current.kind else { throw unexpected(.number) }
      advance()
      guard let currency = Self.currency(of: token.kind) else { throw unexpected(.value) }
      return try money(number, currency, start)
    case .number(let number):
      advance()
      return try literal(number, start)
    case .date(let date):
      advance()
      return try node(.literal(.date(date)), start)
    case .instant(let instant):
      advance()
      return try node(.literal(.instant(instant)), start)
    case .text(let text):
      advance()
      return try node(.literal(.text(text)), start)
    case .parameter(let name):
      advance()
      return try node(.parameter(name), start)
    case .quotedName(let name):
      advance()
      return try node(.name(name), start)
    case .word(let word): return try self.word(word)
    case .sign, .end: throw unexpected(.value)
    }
  }

  private mutating func word(_ word: String) throws(SegmentLanguageError) -> Node {
    let start = current.span.lowerBound
    if isSign(.open, after: 1) { return try call(word) }
    switch word.lowercased() {
    case "true", "false":
      advance()
      return try node(.literal(.boolean(word.lowercased() == "true")), start)
    case "now":
      advance()
      return try node(.now, start)
    case "today":
      advance()
      return try node(.today, start)
    case let keyword where Words.reserved.contains(keyword):
      // Where nothing else can follow, the word stands where a value was forgotten.
      switch keyword {
      case "last", "next", "this", "no": throw problem(.reservedWord(word), at: current.span)
      default: throw unexpected(.value)
      }
    default:
      advance()
      return try node(.name(word), start)
    }
  }

  static func currency(of kind: Token.Kind) -> CurrencyCode? {
    switch kind {
    case .sign(.euro): .euro
    case .sign(.pound): CurrencyCode(rawValue: "GBP")
    case .sign(.yen): CurrencyCode(rawValue: "JPY")
    case .sign(.dollar): CurrencyCode(rawValue: "USD")
    case .word(let word) where !Words.reserved.contains(word.lowercased()):
      CurrencyCode(rawValue: word)
    default: nil
    }
  }

  /// What follows a number makes it a percentage, an amount or a length of time.
  private mutating func literal(
    _ number: SQLDecimal, _ start: Int
  ) throws(SegmentLanguageError) -> Node {
    if accept(.percent) { return try node(.literal(.percent(number)), start) }
    if let currency = Self.currency(of: current.kind) {
      advance()
      return try money(number, currency, start)
    }
    guard unit(at: 0) != nil else { return try node(.literal(.number(number)), start) }
    let span = try span(number, start)
    if accept(word: "ago") { return try node(.ago(span), start) }
    if isWord("from"), isWord("now", after: 1) {
      advance()
      advance()
      return try node(.fromNow(span), start)
    }
    return try node(.literal(.span(span)), start)
  }

  private mutating func money(
    _ number: SQLDecimal, _ currency: CurrencyCode, _ start: Int
  ) throws(SegmentLanguageError) -> Node {
    guard number.scale <= 4 else {
      throw problem(.tooManyDecimals(number.description, most: 4), at: start..<end)
    }
    return try node(.literal(.money(Money(number, currency))), start)
  }
}
