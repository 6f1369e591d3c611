package import CustomerSchema

/// A length of calendar time as runs write it: `30d`, `2w`, `3mo`, `1y`.
package struct Period: Sendable, Hashable {
  private let days: Int
  private let months: Int

  /// Nil for any other text, and for lengths of 0.
  package init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int(digits), (1...36_500).contains(count) else { return nil }
    switch text.dropFirst(digits.count) {
    case "d": (days, months) = (count, 0)
    case "w": (days, months) = (count * 7, 0)
    case "mo": (days, months) = (0, count)
    case "y": (days, months) = (0, count * 12)
    default: return nil
    }
  }

  /// The day that lies so many periods before another, clamped to its month's end.
  package func before(_ date: LocalDate, periods: Int = 1) -> LocalDate {
    months > 0 ? date.adding(months: -months * periods) : date.adding(days: -days * periods)
  }
}
