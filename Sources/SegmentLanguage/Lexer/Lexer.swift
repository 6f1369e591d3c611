internal import CustomerSchema
internal import Foundation
internal import SQLBuilder

/// Cuts a rule's text into tokens.
struct Lexer {
  private let text: String
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  /// All tokens, an `end` last.
  ///
  /// - Throws: for a text that is too long, and at the first sign that the language does not have.
  static func tokens(of text: String) throws(SegmentLanguageError) -> [Token] {
    guard text.utf8.count <= RuleLimits.bytes else {
      throw .syntax(Diagnostic(.tooLong(bytes: text.utf8.count)))
    }
    var lexer = Lexer(text)
    var tokens: [Token] = []
    while let token = try lexer.next() { tokens.append(token) }
    tokens.append(Token(kind: .end, span: lexer.bytes.count..<lexer.bytes.count))
    return tokens
  }

  private mutating func next() throws(SegmentLanguageError) -> Token? {
    skipBlanks()
    guard position < bytes.count else { return nil }
    let start = position
    let byte = bytes[position]
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return try quoted(closing: [byte])
    case UInt8(ascii: "`"):
      return Token(kind: .quotedName(try name()), span: start..<position)
    case UInt8(ascii: "$"):
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "`") {
        return Token(kind: .parameter(try name()), span: start..<position)
      }
      if let word = word() { return Token(kind: .parameter(word), span: start..<position) }
      return Token(kind: .sign(.dollar), span: start..<position)
    default: break
    }
    if let sign = sign() { return Token(kind: .sign(sign), span: start..<position) }
    let scalar = scalar()
    if scalar == "«" { return try quoted(closing: Array("»".utf8)) }
    if scalar == "“" || scalar == "„" { return try quoted(closing: Array("”".utf8)) }
    if let word = word() { return Token(kind: .word(word), span: start..<position) }
    throw error(.strayCharacter(String(scalar)), start..<start + scalar.utf8.count)
  }

  private func error(_ problem: Problem, _ span: Range<Int>) -> SegmentLanguageError {
    .syntax(Diagnostic(problem, at: span))
  }

  /// The scalar at the position; `bytes` come from a String and so are valid UTF-8.
  private func scalar() -> Unicode.Scalar {
    let index = text.utf8.index(text.utf8.startIndex, offsetBy: position)
    return text.unicodeScalars[index]
  }

  private mutating func skipBlanks() {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: " "), 0x09...0x0D: position += 1
      case UInt8(ascii: "#"):
        while position < bytes.count, bytes[position] != 0x0A { position += 1 }
      case 0x80...:
        let scalar = scalar()
        guard scalar.properties.isWhitespace || scalar == "\u{FEFF}" else { return }
        position += scalar.utf8.count
      default: return
      }
    }
  }

  private static let signs: [(spelling: [UInt8], sign: Token.Sign)] = spellings.map {
    (Array($0.0.utf8), $0.1)
  }
  private static let spellings: [(String, Token.Sign)] = [
    ("!=", .notEqual), ("<>", .notEqual), ("≠", .notEqual), ("<=", .lessOrEqual),
    ("≤", .lessOrEqual), (">=", .greaterOrEqual), ("≥", .greaterOrEqual), ("(", .open),
    (")", .close), (",", .comma), (".", .dot), ("=", .equal), ("<", .less), (">", .greater),
    ("+", .plus), ("-", .minus), ("−", .minus), ("*", .times), ("×", .times), ("/", .over),
    ("÷", .over), ("%", .percent), ("€", .euro), ("£", .pound), ("¥", .yen),
  ]

  private mutating func sign() -> Token.Sign? {
    for (spelling, sign) in Self.signs where bytes[position...].starts(with: spelling) {
      position += spelling.count
      return sign
    }
    return nil
  }

  private mutating func word() -> String? {
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte < 0x80 {
        let scalar = Unicode.Scalar(byte)
        guard start == position ? Words.isStart(scalar) : Words.isPart(scalar) else { break }
        position += 1
      } else {
        let scalar = scalar()
        guard start == position ? Words.isStart(scalar) : Words.isPart(scalar) else { break }
        position += scalar.utf8.count
      }
    }
    return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
  }

  /// A name between backticks; a backtick inside it is doubled.
  private mutating func name() throws(SegmentLanguageError) -> String {
    let start = position
    let content = try content(closing: [UInt8(ascii: "`")], opening: 1)
    guard !content.isEmpty, !content.unicodeScalars.contains("\0") else {
      throw error(.emptyName, start..<position)
    }
    return content
  }

  /// A text; its closing mark is doubled inside it.
  private mutating func quoted(closing: [UInt8]) throws(SegmentLanguageError) -> Token {
    let start = position
    let opening = scalar()
    var content = try content(closing: closing, opening: opening.utf8.count)
    if opening == "«" {
      // French sets a space inside each mark: it is the mark's, not the text's.
      if let first = content.unicodeScalars.first, Self.isInnerSpace(first) {
        content.unicodeScalars.removeFirst()
      }
      if let last = content.unicodeScalars.last, Self.isInnerSpace(last) {
        content.unicodeScalars.removeLast()
      }
    }
    guard !content.unicodeScalars.contains("\0") else {
      throw error(.strayCharacter("\0"), start..<position)
    }
    return Token(
      kind: .text(content.precomposedStringWithCanonicalMapping), span: start..<position)
  }

  private static func isInnerSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\u{A0}" || scalar == "\u{202F}"
  }

  /// What stands between an opening mark of `opening` bytes and its closing mark.
  private mutating func content(
    closing: [UInt8], opening: Int
  ) throws(SegmentLanguageError) -> String {
    let start = position
    position += opening
    var content: [UInt8] = []
    while position < bytes.count {
      guard bytes[position...].starts(with: closing) else {
        content.append(bytes[position])
        position += 1
        continue
      }
      position += closing.count
      guard bytes[position...].starts(with: closing) else {
        return String(decoding: content, as: UTF8.self)
      }
      content += closing
      position += closing.count
    }
    throw error(.unterminated, start..<start + opening)
  }
}

// MARK: - Numbers, dates and instants

extension Lexer {
  private func digits(from start: Int) -> Int {
    var end = start
    while end < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[end]) {
      end += 1
    }
    return end - start
  }

  private func isByte(_ byte: Character, at index: Int) -> Bool {
    index < bytes.count && bytes[index] == byte.asciiValue
  }

  private func slice(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  private mutating func number() throws(SegmentLanguageError) -> Token {
    let start = position
    let whole = digits(from: start)
    var end = start + whole
    if let token = try date(whole) { return token }
    if isByte(".", at: end), digits(from: end + 1) > 0 { end += 1 + digits(from: end + 1) }
    position = end
    let value = try Self.number(slice(start..<end), at: start..<end)
    return Token(kind: .number(value), span: start..<end)
  }

  /// Reads a number without a sign: below 2⁶³, at most 18 decimals once its last zeros are gone.
  static func number(
    _ text: String, at span: Range<Int>?
  ) throws(SegmentLanguageError) -> SQLDecimal {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let whole = parts[0].drop { $0 == "0" }
    let fraction = parts.count > 1 ? parts[1] : ""
    let kept = String(fraction.reversed().drop { $0 == "0" }.reversed())
    guard kept.count <= RuleLimits.decimals else {
      throw .syntax(
        Diagnostic(.tooManyDecimals(clipped(text), most: RuleLimits.decimals), at: span))
    }
    let plain = (whole.isEmpty ? "0" : String(whole)) + (kept.isEmpty ? "" : "." + kept)
    guard whole.isEmpty || Int64(whole) != nil, let value = SQLDecimal(plain) else {
      throw .syntax(Diagnostic(.numberTooLarge(clipped(text)), at: span))
    }
    return value
  }

  /// A text short enough to be quoted in a message.
  static func clipped(_ text: String) -> String {
    text.count <= 40 ? text : text.prefix(39) + "…"
  }

  /// A date or an instant where the text at the position looks like one.
  private mutating func date(_ whole: Int) throws(SegmentLanguageError) -> Token? {
    let start = position
    if whole <= 2, isByte("/", at: start + whole) {
      // 31/12/2024 would be a division: nobody means that.
      let month = digits(from: start + whole + 1)
      let year = start + whole + month + 2
      if (1...2).contains(month), isByte("/", at: year - 1), digits(from: year) == 4 {
        let written = slice(start..<year + 4)
        let parts = written.split(separator: "/").compactMap { Int($0) }
        let iso = LocalDate(year: parts[2], month: parts[1], day: parts[0])
        throw error(.slashedDate(written, iso: iso?.description), start..<year + 4)
      }
    }
    let dash = start + whole
    guard whole >= 4, isByte("-", at: dash), digits(from: dash + 1) == 2, isByte("-", at: dash + 3),
      digits(from: dash + 4) == 2
    else { return nil }
    position = dash + 6
    let span = start..<position
    guard whole == 4 else { throw error(.dateOutOfRange(Self.clipped(slice(span))), span) }
    let date = try Self.date(slice(span), at: span)
    guard isByte("T", at: position) || isByte("t", at: position) else {
      return Token(kind: .date(date), span: span)
    }
    while position < bytes.count, "0123456789:.+-TtZz".utf8.contains(bytes[position]) {
      position += 1
    }
    let instant = try Self.instant(slice(start..<position), at: start..<position)
    return Token(kind: .instant(instant), span: start..<position)
  }

  /// Reads `2024-02-29`, from the year 1 on.
  static func date(_ text: String, at span: Range<Int>?) throws(SegmentLanguageError) -> LocalDate {
    guard let date = LocalDate(iso: text), date.components.year >= 1 else {
      throw .syntax(Diagnostic(.noSuchDate(clipped(text)), at: span))
    }
    return date
  }

  /// Reads `2024-02-29T12:30:00.5Z` or `…+02:00` into microseconds since 1970.
  static func instant(_ text: String, at span: Range<Int>?) throws(SegmentLanguageError) -> Int64 {
    let wrong = SegmentLanguageError.syntax(Diagnostic(.noSuchInstant(clipped(text)), at: span))
    guard text.utf8.count > 11 else { throw wrong }
    let date = try date(String(text.prefix(10)), at: span)
    var time = text.dropFirst(11)
    var offset: Int64 = 0
    if time.last == "Z" || time.last == "z" {
      time = time.dropLast()
    } else if time.utf8.count > 6, let sign = time.dropLast(5).last, "+-".contains(sign) {
      let parts = time.suffix(5).split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }), let hours = Int64(parts[0]),
        let minutes = Int64(parts[1]), hours <= 18, minutes < 60
      else { throw wrong }
      offset = (hours * 60 + minutes) * (sign == "-" ? -1 : 1)
      time = time.dropLast(6)
    } else {
      throw .syntax(Diagnostic(.instantWithoutZone(clipped(text)), at: span))
    }
    let parts = time.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), parts[0].count == 2, parts[1].count == 2,
      let hours = Int64(parts[0]), let minutes = Int64(parts[1]), hours < 24, minutes < 60
    else { throw wrong }
    var microseconds: Int64 = 0
    if parts.count == 3 {
      let pieces = parts[2].split(separator: ".", omittingEmptySubsequences: false)
      guard pieces.count <= 2, pieces[0].count == 2, let seconds = Int64(pieces[0]), seconds < 60
      else { throw wrong }
      microseconds = seconds * 1_000_000
      if pieces.count == 2 {
        let digits = pieces[1]
        guard (1...6).contains(digits.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }),
          let fraction = Int64(digits + String(repeating: "0", count: 6 - digits.count))
        else { throw wrong }
        microseconds += fraction
      }
    }
    let minutesOfDay = hours * 60 + minutes - offset
    return (Int64(date.daysSinceEpoch) * 1440 + minutesOfDay) * 60_000_000 + microseconds
  }
}
