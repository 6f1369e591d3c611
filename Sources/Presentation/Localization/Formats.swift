internal import SQLBuilder

/// Numbers, amounts, shares and dates as a language prints them.
///
/// French follows the rules of CLDR: U+202F between thousands and before %, U+00A0 before a
/// currency, a comma for decimals. Minus is U+2212 in both languages.
package struct Formats: Sendable {
  package let language: Language

  package init(_ language: Language) { self.language = language }

  package enum MoneyStyle: String, Sendable {
    /// With the currency's decimals: 1 234,56 €.
    case exact
    /// Without decimals from 100 on, and for nothing: 1 235 €, 0 €.
    case rounded
    /// With the decimals it has, none for a whole amount: 300 €, 19,99 €, 0,0025 €.
    case plain
    /// Two or three figures and k, M or Md: 2,5 M€.
    case short
  }

  package enum DateStyle: String, Sendable {
    /// 12 janvier 2024.
    case long
    /// 12 janv. 2024.
    case short
    /// janvier 2024.
    case month
    /// janv. 24.
    case shortMonth
  }

  static let minus = "\u{2212}"
  private var group: String { language == .french ? Typography.narrowNoBreakSpace : "," }
  private var decimalMark: String { language == .french ? "," : "." }

  /// Whether a count takes the singular: 1, and in French also 0.
  package func isSingular(_ count: Int) -> Bool {
    count == 1 || (language == .french && (count == 0 || count == -1))
  }

  /// A whole number with its thousands apart.
  package func number(_ value: Int) -> String {
    (value < 0 ? Self.minus : "") + grouped(String(value.magnitude))
  }

  /// A number with at most so many decimals, trailing zeros dropped; «–» when it is not finite.
  package func number(_ value: Double, atMost decimals: Int) -> String {
    guard let text = fixed(value, decimals) else { return "–" }
    guard decimals > 0 else { return text }
    let trimmed = String(text.reversed().drop { $0 == "0" }.reversed())
    return trimmed.hasSuffix(decimalMark) ? String(trimmed.dropLast()) : trimmed
  }

  /// A number with exactly so many decimals; «–» when it is not finite.
  package func number(_ value: Double, decimals: Int) -> String { fixed(value, decimals) ?? "–" }

  /// A ratio as a percentage with exactly so many decimals: 0.641 is 64,1 %.
  package func percentage(_ ratio: Double, decimals: Int) -> String {
    percent(number(ratio * 100, decimals: decimals))
  }

  /// A ratio as a sentence says it: whole percents, one decimal below 10 %, and never a 0 % or
  /// 100 % that is not one.
  package func share(_ ratio: Double) -> String {
    guard ratio.isFinite else { return "–" }
    let magnitude = abs(ratio)
    if magnitude > 0, magnitude < 0.001 {
      return (language == .french ? "moins de " : "under ") + percent("0\(decimalMark)1")
    }
    let roundsToWhole = magnitude > 0.995 && magnitude < 1
    let decimals = magnitude < 0.0995 || roundsToWhole ? 1 : 0
    // A ratio just under 1 must not be rounded up to the whole.
    let shown = roundsToWhole ? (ratio < 0 ? max(ratio, -0.999) : min(ratio, 0.999)) : ratio
    return percent(number(shown * 100, atMost: decimals))
  }

  /// A relative change with its sign: +12 %, −8 %, 0 % without one; from +300 % on as ×4.
  package func change(_ ratio: Double) -> String {
    guard ratio.isFinite else { return "–" }
    if ratio >= 3 { return "×" + number(1 + ratio, atMost: ratio < 9 ? 1 : 0) }
    let decimals = abs(ratio) < 0.0995 ? 1 : 0
    let text = percent(number(ratio * 100, atMost: decimals))
    let isZero = (abs(ratio) * 1000).rounded() == 0
    return ratio > 0 && !isZero ? "+" + text : text
  }

  private func percent(_ number: String) -> String {
    language == .french ? number + Typography.narrowNoBreakSpace + "%" : number + "%"
  }

  /// Several texts as a sentence lists them: «a, b et c».
  package func list(_ texts: [String], isChoice: Bool = false) -> String {
    guard let last = texts.last, texts.count > 1 else { return texts.first ?? "" }
    let word = isChoice ? (" or ", " ou ") : (" and ", " et ")
    return texts.dropLast().joined(separator: ", ") + (language == .french ? word.1 : word.0)
      + last
  }

  /// The digits in groups of three from the right.
  func grouped(_ digits: String) -> String {
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result += group }
      result.append(digit)
    }
    return result
  }

  /// Exactly `decimals` decimals (0 to 6), rounded half away from zero; nil when not finite or
  /// beyond what an exact whole number holds.
  private func fixed(_ value: Double, _ decimals: Int) -> String? {
    let factor = Int128((0..<decimals).reduce(1) { product, _ in product * 10 })
    guard value.isFinite, abs(value) < 1e30,
      let units = Int128(exactly: (value * Double(factor)).rounded())
    else { return nil }
    return decimal(units, decimals)
  }

  /// A whole number of units of the last decimal, as text.
  func decimal(_ units: Int128, _ decimals: Int) -> String {
    let plain = SQLDecimal(units: Int128(units.magnitude), scale: UInt8(decimals)).description
    let parts = plain.split(separator: ".")
    let whole = grouped(String(parts[0]))
    let text = parts.count > 1 ? whole + decimalMark + parts[1] : whole
    return units < 0 ? Self.minus + text : text
  }
}
