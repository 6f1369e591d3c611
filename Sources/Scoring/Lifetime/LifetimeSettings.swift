package import CustomerSchema
package import StatisticalModels

/// How a lifetime model is trained and what it is asked.
package struct LifetimeSettings: Sendable {
  /// Nil lets the hold-out decide.
  package var family: LifetimeFamily?
  /// Whether plain NBD may take the place of a given family that these data do not carry.
  package var fallsBack = false
  package var unit = TimeUnit.week
  package var horizon = Horizon.twelveMonths
  package var discount = DiscountRate.none
  package var margin = 1.0
  package var level = 0.95
  /// The last day of the calibration; nil for two thirds of the history.
  package var calibrationEnd: LocalDate?
  /// Whether predictions are checked on a hold-out.
  package var checksHoldOut = true
  /// Whether each customer's value gets confidence limits.
  package var customerIntervals = true
  /// Static covariates: columns of the relation `customer_covariates` (`customer`, texts).
  package var covariates: [String] = []
  package var costs = ServiceCosts()
  package var threads: Int?

  package init() {}
}

/// What is deducted from value, in the currency of the orders.
package struct ServiceCosts: Sendable, Codable, Hashable {
  /// Cost to serve, per purchase and per year as a customer.
  package var perPurchase = 0.0
  package var perYear = 0.0
  /// What winning a customer cost, the same for everybody.
  package var acquisition = 0.0
  /// Whether the relation `customer_costs` (`customer`, `acquisition` as DOUBLE) says what winning
  /// each customer cost.
  package var acquisitionIsKnown = false

  package init() {}

  var areNone: Bool { self == ServiceCosts() }
}

/// How far ahead a value looks.
package struct Horizon: Sendable, Hashable {
  /// Such as `12mo`.
  package let text: String
  package let span: TimeSpan

  /// Reads `90d`, `26w`, `12mo`, `2y`; nil for anything else, zero or more than a century.
  package init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int(digits), count > 0 else { return nil }
    let unit: TimeUnit
    switch text.dropFirst(digits.count) {
    case "d": unit = .day
    case "w": unit = .week
    case "mo": unit = .month
    case "y": unit = .year
    default: return nil
    }
    guard Double(count) * unit.days <= 36_525, let span = try? TimeSpan(Double(count), unit) else {
      return nil
    }
    self.text = text
    self.span = span
  }

  private init(_ text: String, months: Double) {
    guard let span = try? TimeSpan(months, .month) else { preconditionFailure("a constant") }
    self.text = text
    self.span = span
  }

  package static let twelveMonths = Horizon("12mo", months: 12)

  /// Length in days.
  package var days: Double { span.value(in: .day) }

  package static func == (left: Horizon, right: Horizon) -> Bool { left.text == right.text }
  package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
