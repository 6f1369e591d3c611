/// How one date is written.
enum DateShape: Sendable, Hashable {
  /// `2024-01-05`, `2024/1/5`, with or without a time, with or without a zone.
  case iso(time: Bool, zone: Bool)
  /// Three numbers of which the year is the last; `a` and `b` are the first two.
  case parts(a: Int, b: Int, separator: UInt8, longYear: Bool, time: TimeShape?)
  /// `20240105`, with `time` `20240105103000`.
  case compact(time: Bool)
  /// `5 janvier 2024`, `Jan 5, 2024`.
  case words
}

/// How a time of day is written after a date.
enum TimeShape: Sendable, Hashable { case minutes, seconds, minutesHalf, secondsHalf }

/// How one number is written.
struct NumberShape: Sendable, Hashable {
  /// What decides between `1.234` and `1,234` as decimal or thousands.
  enum Evidence: Sendable, Hashable {
    /// No point and no comma.
    case unmarked
    /// One mark with three digits after it and one to three before: it may be either.
    case either(UInt8)
    /// This mark separates decimals.
    case decimal(UInt8)
  }

  let evidence: Evidence
  /// Whether it is only a minus, digits and at most one mark: the engine reads it by itself.
  let isPlain: Bool
  let isNegative: Bool
  let hasFraction: Bool
  /// `€`, `USD`… as written; nil for none.
  let currency: String?
  /// The value when read with the decimal mark that the evidence names (a point if none).
  let value: Double
}

/// What one cell looks like.
struct CellShape {
  let number: NumberShape?
  let date: DateShape?
  let text: String

  var isNumber: Bool { number != nil }

  init(_ raw: String) {
    text = raw.trimmed
    let bytes = Array(text.utf8)
    number = bytes.count <= 40 ? Self.number(text) ?? Self.scientific(text) : nil
    date = bytes.count <= 40 ? Self.date(bytes, text) : nil
  }

  // MARK: Numbers

  private static let symbols: [Character: String] = [
    "€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY",
  ]

  /// ISO code of a currency as written in a cell or a header; nil for anything else.
  static func currencyCode(_ written: String) -> String? {
    if written.count == 1, let symbol = written.first { return symbols[symbol] }
    let upper = written.uppercased()
    return knownCurrencies.contains(upper) ? upper : nil
  }

  static let knownCurrencies: Set<String> = [
    "EUR", "USD", "GBP", "CHF", "JPY", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK",
    "HUF", "RON", "BGN", "TRY", "MAD", "TND", "DZD", "XOF", "XAF", "XPF", "CNY", "HKD", "SGD",
    "INR", "BRL", "MXN", "ZAR", "ILS", "AED", "SAR", "KRW", "THB", "UAH", "RUB",
  ]

  private static func number(_ text: String) -> NumberShape? {
    var digits: [UInt8] = []
    var marks: [(byte: UInt8, at: Int)] = []
    var currency = ""
    var isCurrencyFirst = false
    var isNegative = false
    var isPlain = true
    var parenthesis = false
    var lastBlank = -1
    var blanksGroup = true
    for (index, character) in text.enumerated() {
      switch character {
      case "0"..."9":
        guard currency.isEmpty || isCurrencyFirst, !(parenthesis && text.last != ")") else {
          return nil
        }
        if let digit = character.asciiValue { digits.append(digit) }
      case ".", ",":
        guard let byte = character.asciiValue else { return nil }
        marks.append((byte, digits.count))
      case "-", "\u{2212}":
        guard !isNegative, digits.isEmpty || index == text.count - 1 else { return nil }
        isNegative = true
        if index != 0 || character != "-" { isPlain = false }
      case "+": guard index == 0 else { return nil }
      case "(":
        guard index == 0 else { return nil }
        isNegative = true
        parenthesis = true
        isPlain = false
      case ")":
        guard parenthesis, index == text.count - 1 else { return nil }
      case " ", "\u{A0}", "\u{202F}", "\u{2009}", "'", "\u{2019}":
        isPlain = false
        if !digits.isEmpty, marks.isEmpty, currency.isEmpty {
          if lastBlank >= 0, digits.count - lastBlank != 3 { blanksGroup = false }
          lastBlank = digits.count
        }
      default:
        guard character.isLetter || character.isCurrencySymbol else { return nil }
        isPlain = false
        if currency.isEmpty { isCurrencyFirst = digits.isEmpty }
        guard isCurrencyFirst == digits.isEmpty else { return nil }
        currency.append(character)
      }
    }
    guard !digits.isEmpty, blanksGroup else { return nil }
    if !currency.isEmpty, currencyCode(currency) == nil { return nil }
    // Digits after the last inner blank, up to the first mark or the end, are a group of three.
    let wholeEnd = marks.first?.at ?? digits.count
    if lastBlank >= 0, lastBlank < wholeEnd, wholeEnd - lastBlank != 3 { return nil }
    guard let evidence = evidence(marks, digits.count) else { return nil }
    if marks.count > 1 { isPlain = false }
    let decimalAt: Int? =
      switch evidence {
      case .decimal(let byte): marks.last { $0.byte == byte }?.at
      case .either(let byte): byte == UInt8(ascii: ".") ? marks.last?.at : nil
      case .unmarked: nil
      }
    var value = 0.0
    for digit in digits { value = value * 10 + Double(digit - 48) }
    var scale = 1.0
    if let decimalAt { for _ in decimalAt..<digits.count { scale *= 10 } }
    let decimals = decimalAt.map { digits[$0...] } ?? []
    let fraction = decimals.contains { $0 != 48 }
    return NumberShape(
      evidence: evidence, isPlain: isPlain, isNegative: isNegative, hasFraction: fraction,
      currency: currency.isEmpty ? nil : currency, value: (isNegative ? -1 : 1) * value / scale)
  }

  /// `1.5E+03`, as spreadsheets shorten numbers.
  private static func scientific(_ text: String) -> NumberShape? {
    guard text.utf8.contains(where: { $0 == 0x45 || $0 == 0x65 }),
      let first = text.utf8.first, (0x30...0x39).contains(first) || first == 0x2D,
      let last = text.utf8.last, (0x30...0x39).contains(last),
      let value = Double(text.replacing(",", with: ".")), value.isFinite
    else { return nil }
    return NumberShape(
      evidence: .unmarked, isPlain: false, isNegative: value < 0,
      hasFraction: value != value.rounded(), currency: nil, value: value)
  }

  /// What the marks of a number prove; nil when no number is written so.
  private static func evidence(
    _ marks: [(byte: UInt8, at: Int)], _ digits: Int
  ) -> NumberShape.Evidence? {
    guard let last = marks.last, let first = marks.first else { return .unmarked }
    if marks.count == 1 {
      let before = last.at
      let after = digits - last.at
      return after == 3 && (1...3).contains(before) ? .either(last.byte) : .decimal(last.byte)
    }
    // Groups of three between marks of one kind; the last may be the decimal mark.
    guard (1...3).contains(first.at) else { return nil }
    for (left, right) in zip(marks, marks.dropFirst()) where right.at - left.at != 3 { return nil }
    let inner = marks.dropLast()
    guard inner.allSatisfy({ $0.byte == first.byte }) else { return nil }
    if last.byte != first.byte { return .decimal(last.byte) }
    guard digits - last.at == 3 else { return nil }
    // Two or more of one mark group thousands: the other one is for decimals.
    return .decimal(first.byte == UInt8(ascii: ".") ? UInt8(ascii: ",") : UInt8(ascii: "."))
  }

  // MARK: Dates

  private static func date(_ bytes: [UInt8], _ text: String) -> DateShape? {
    guard bytes.count >= 6 else { return nil }
    if bytes.allSatisfy({ (0x30...0x39).contains($0) }) { return compact(bytes) }
    guard bytes.contains(where: { (0x30...0x39).contains($0) }) else { return nil }
    if let shape = numeric(bytes) { return shape }
    return MonthWords.reads(text) ? .words : nil
  }

  private static func compact(_ bytes: [UInt8]) -> DateShape? {
    guard bytes.count == 8 || bytes.count == 14 else { return nil }
    func number(_ range: Range<Int>) -> Int {
      bytes[range].reduce(0) { $0 * 10 + Int($1 - 48) }
    }
    guard (1900...2100).contains(number(0..<4)), (1...12).contains(number(4..<6)),
      (1...31).contains(number(6..<8))
    else { return nil }
    return .compact(time: bytes.count == 14)
  }

  private static func numeric(_ bytes: [UInt8]) -> DateShape? {
    var cursor = 0
    func run() -> (value: Int, length: Int) {
      let start = cursor
      var value = 0
      while cursor < bytes.count, (0x30...0x39).contains(bytes[cursor]), cursor - start < 5 {
        value = value * 10 + Int(bytes[cursor] - 48)
        cursor += 1
      }
      return (value, cursor - start)
    }
    let separators: [UInt8] = [0x2F, 0x2D, 0x2E, 0x20]
    let first = run()
    guard first.length > 0, cursor < bytes.count, separators.contains(bytes[cursor]) else {
      return nil
    }
    let separator = bytes[cursor]
    cursor += 1
    let second = run()
    guard (1...2).contains(second.length), cursor < bytes.count, bytes[cursor] == separator else {
      return nil
    }
    cursor += 1
    let third = run()
    let rest = Array(bytes[cursor...])
    if first.length == 4 {
      guard (1...2).contains(third.length), (1...12).contains(second.value),
        (1...31).contains(third.value), let tail = Tail(rest)
      else { return nil }
      return .iso(time: tail.time != nil, zone: tail.zone)
    }
    guard (1...2).contains(first.length), third.length == 4 || third.length == 2,
      (1...31).contains(first.value), (1...31).contains(second.value),
      first.value <= 12 || second.value <= 12, let tail = Tail(rest), !tail.zone
    else { return nil }
    return .parts(
      a: first.value, b: second.value, separator: separator, longYear: third.length == 4,
      time: tail.time)
  }

  /// What follows a date: a time, a zone, or nothing.
  private struct Tail {
    var time: TimeShape?
    var zone = false

    init?(_ bytes: [UInt8]) {
      if bytes.isEmpty { return }
      var index = 0
      while index < bytes.count, [0x20, 0x54, 0x2C].contains(bytes[index]) { index += 1 }
      guard index > 0 else { return nil }
      func digits(_ most: Int) -> Int {
        var count = 0
        while index < bytes.count, (0x30...0x39).contains(bytes[index]), count < most {
          index += 1
          count += 1
        }
        return count
      }
      guard digits(2) > 0, index < bytes.count, bytes[index] == 0x3A || bytes[index] == 0x68 else {
        return nil
      }
      index += 1
      guard digits(2) == 2 else { return nil }
      time = .minutes
      if index < bytes.count, bytes[index] == 0x3A {
        index += 1
        guard digits(2) == 2 else { return nil }
        time = .seconds
        if index < bytes.count, bytes[index] == 0x2E || bytes[index] == 0x2C {
          index += 1
          guard digits(9) > 0 else { return nil }
        }
      }
      while index < bytes.count, bytes[index] == 0x20 { index += 1 }
      let rest = String(decoding: bytes[index...], as: UTF8.self).uppercased()
      switch rest {
      case "": return
      case "AM", "PM", "A.M.", "P.M.": time = time == .seconds ? .secondsHalf : .minutesHalf
      case "Z", "UTC", "GMT", "+00": zone = true
      default:
        let digits = rest.dropFirst().filter { $0 != ":" }
        guard rest.first == "+" || rest.first == "-", [2, 4].contains(digits.count),
          digits.allSatisfy(\.isNumber)
        else { return nil }
        zone = true
      }
    }
  }
}

/// Names of months in French and English, as prefixes of folded text.
enum MonthWords {
  /// Prefixes that tell each month, longest first where one begins another.
  static let prefixes: [(prefix: String, month: Int)] = [
    ("jan", 1), ("fev", 2), ("feb", 2), ("mar", 3), ("avr", 4), ("apr", 4), ("mai", 5), ("may", 5),
    ("juin", 6), ("jun", 6), ("juil", 7), ("jul", 7), ("aou", 8), ("aug", 8), ("sep", 9),
    ("oct", 10), ("nov", 11), ("dec", 12),
  ]

  /// Whether a text has a day, a month's name and a year of four digits or two.
  static func reads(_ text: String) -> Bool {
    let tokens = Vocabulary.fold(text).split(separator: " ")
    guard (3...8).contains(tokens.count) else { return false }
    let months = tokens.count { token in
      token.first?.isLetter == true && prefixes.contains { token.hasPrefix($0.prefix) }
        && token.count <= 9
    }
    let numbers = tokens.compactMap { Int($0.filter(\.isNumber)) }
    return months == 1 && numbers.count >= 2 && numbers.contains { (1...31).contains($0) }
  }
}

extension String {
  /// Without blanks of any kind at both ends.
  var trimmed: String {
    guard let first = unicodeScalars.first, let last = unicodeScalars.last,
      first.properties.isWhitespace || last.properties.isWhitespace
    else { return self }
    var scalars = Substring(self).unicodeScalars
    while scalars.first?.properties.isWhitespace == true { scalars.removeFirst() }
    while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
    return String(scalars)
  }
}
