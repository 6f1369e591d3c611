import Foundation

/// The unit in which a model counts time. A month is 365.25 / 12 days.
package enum TimeUnit: String, Sendable, Codable, CaseIterable {
  case day, week, month, year

  /// Length in days.
  package var days: Double {
    switch self {
    case .day: 1
    case .week: 7
    case .month: 365.25 / 12
    case .year: 365.25
    }
  }
}

/// A length of time that knows its unit, so that a model never reads weeks as days.
package struct TimeSpan: Sendable, Codable, Equatable {
  package let amount: Double
  package let unit: TimeUnit

  /// Makes a span; throws `outOfRange` unless 0 ≤ amount < ∞.
  package init(_ amount: Double, _ unit: TimeUnit) throws(ModelError) {
    guard amount >= 0, amount.isFinite else {
      throw ModelError.outOfRange(
        what: "The time span", value: amount, allowed: "a finite number that is not negative")
    }
    self.amount = amount
    self.unit = unit
  }

  private init(unchecked amount: Double, _ unit: TimeUnit) {
    self.amount = amount
    self.unit = unit
  }

  /// No time at all.
  package static func zero(_ unit: TimeUnit) -> TimeSpan { TimeSpan(unchecked: 0, unit) }

  /// The same span counted in another unit.
  package func value(in other: TimeUnit) -> Double {
    unit == other ? amount : amount * unit.days / other.days
  }
}

/// An effective yearly discount rate, such as 0.10 for 10 % a year.
package struct DiscountRate: Sendable, Codable, Equatable {
  package let perYear: Double

  /// No discounting.
  package static let none = DiscountRate(unchecked: 0)

  private init(unchecked: Double) { perYear = unchecked }

  /// Makes a rate; throws `outOfRange` unless 0 ≤ rate ≤ 10.
  package init(perYear: Double) throws(ModelError) {
    guard perYear >= 0, perYear <= 10 else {
      throw ModelError.outOfRange(
        what: "The discount rate", value: perYear, allowed: "from 0 to 10 (1000 % a year)")
    }
    self.perYear = perYear
  }

  /// The equivalent continuous rate δ per unit of time: ln(1 + rate) · unit / year.
  package func continuous(per unit: TimeUnit) -> Double {
    log1p(perYear) * unit.days / TimeUnit.year.days
  }
}
