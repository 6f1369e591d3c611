internal import CustomerSchema
internal import SQLBuilder

/// A word, number, text or sign of a rule.
struct Token: Sendable, Hashable {
  let kind: Kind
  /// UTF-8 offsets in the rule's text.
  let span: Range<Int>

  enum Kind: Sendable, Hashable {
    /// A name or a keyword, as written.
    case word(String)
    /// A name between backticks.
    case quotedName(String)
    case parameter(String)
    case text(String)
    case number(SQLDecimal)
    case date(LocalDate)
    case instant(Int64)
    case sign(Sign)
    case end
  }

  enum Sign: String, Sendable, Hashable {
    case open = "("
    case close = ")"
    case comma = ","
    case dot = "."
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case plus = "+"
    case minus = "-"
    case times = "*"
    case over = "/"
    case percent = "%"
    case euro = "€"
    case pound = "£"
    case yen = "¥"
    case dollar = "$"
  }

  /// The word in lower case; nil for anything but a bare word.
  var keyword: String? {
    if case .word(let word) = kind { word.lowercased() } else { nil }
  }
}

/// The words of the language.
enum Words {
  /// Words that are never names; such a name is written between backticks.
  static let reserved: Set<String> = [
    "and", "or", "not", "in", "is", "true", "false", "now", "today", "yesterday", "tomorrow",
    "between", "contains", "starts", "ends", "matches", "where", "then", "no", "within", "for",
    "last", "next", "this", "since", "before", "from",
  ]

  /// Whether a name can stand without backticks.
  static func isBare(_ name: String) -> Bool {
    guard let first = name.unicodeScalars.first, isStart(first) else { return false }
    return name.unicodeScalars.dropFirst().allSatisfy(isPart)
      && !reserved.contains(name.lowercased())
  }

  static func isStart(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "_": true
    default: scalar.value > 0x7F && scalar.properties.isXIDStart
    }
  }

  static func isPart(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "_", "0"..."9": true
    default: scalar.value > 0x7F && scalar.properties.isXIDContinue
    }
  }
}

/// What a rule may be at most. A rule beyond these is a program's mistake or an attack.
package enum RuleLimits {
  /// Bytes of text or JSON.
  package static let bytes = 1 << 20
  /// Nodes of the tree.
  package static let nodes = 20_000
  /// Levels of the tree, and of parentheses in text.
  package static let depth = 256
  /// Digits after the point.
  package static let decimals = 18
  /// The longest length of time, in years.
  package static let years = 1000
}
