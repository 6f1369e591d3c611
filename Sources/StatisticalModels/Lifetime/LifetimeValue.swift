import Foundation
import NumericalMethods

/// How purchases become money.
package struct ValueSettings: Sendable, Codable, Equatable {
  package let horizon: TimeSpan
  package let discount: DiscountRate
  /// Gross margin as a share of spend, 0…1.
  package let margin: Double
  /// Cost to serve per purchase and per year as a customer, in the spend's currency.
  package let costPerPurchase: Double
  package let costPerYear: Double
  /// Confidence level of the intervals, between 0 and 1.
  package let level: Double

  /// Throws `outOfRange` for a margin or level outside its range or a negative cost.
  package init(
    horizon: TimeSpan, discount: DiscountRate, margin: Double = 1, costPerPurchase: Double = 0,
    costPerYear: Double = 0, level: Double = 0.95
  ) throws(ModelError) {
    guard margin >= 0, margin <= 1 else {
      throw ModelError.outOfRange(what: "The gross margin", value: margin, allowed: "0 to 1")
    }
    guard level > 0, level < 1 else {
      throw ModelError.outOfRange(
        what: "The confidence level", value: level, allowed: "between 0 and 1")
    }
    for (what, value) in [
      ("The cost per purchase", costPerPurchase), ("The cost per year", costPerYear),
    ] where !(value >= 0 && value.isFinite) {
      throw ModelError.outOfRange(what: what, value: value, allowed: "0 or more")
    }
    self.horizon = horizon
    self.discount = discount
    self.margin = margin
    self.costPerPurchase = costPerPurchase
    self.costPerYear = costPerYear
    self.level = level
  }
}

/// An estimate with its confidence interval.
package struct Interval: Sendable, Codable, Equatable {
  package let estimate: Double
  package let lower: Double
  package let upper: Double

  package init(estimate: Double, lower: Double, upper: Double) {
    self.estimate = estimate
    self.lower = lower
    self.upper = upper
  }
}

/// Customer lifetime values of a base.
package struct LifetimeValues: Sendable {
  package let currency: String
  /// Per customer: expected discounted margin within the horizon, less cost to serve and, where given,
  /// acquisition cost. May be negative.
  package let values: [Double]
  /// Per customer: expected spend per purchase.
  package let expectedSpend: [Double]
  /// Per customer confidence limits of the expectation; empty unless asked for.
  package let lower: [Double]
  package let upper: [Double]
  /// Sum over customers.
  package let total: Double
  /// Confidence interval of the expectation of the total; nil unless asked for.
  package let totalInterval: Interval?
}

/// What intervals to compute beside values.
package enum IntervalScope: String, Sendable, Codable {
  case none, total, customers
}

extension LifetimeModel {
  /// Values of customers: discounted purchases × expected spend × margin − costs.
  ///
  /// Rows are customers in the order the table was made from; `meanSpend` is ignored where x = 0.
  /// Intervals follow the delta method from both fits' covariances: they state how well the expectation
  /// is known, not how much a customer will vary around it. They need fitted models and cost about
  /// eight times the score.
  ///
  /// Throws `unitMismatch`, `sizeMismatch`, `notFinite`, or `outOfRange` where the spend model has no
  /// finite mean for customers without repeat purchases.
  package func values(
    of table: HistoryTable, meanSpend: [Double], spend: GammaGammaModel, settings: ValueSettings,
    acquisitionCost: [Double]? = nil, covariates z: [Double] = [],
    intervals: IntervalScope = .none, threads: Int? = nil
  ) throws(ModelError) -> LifetimeValues {
    let rows = table.cellOfRow.count
    guard meanSpend.count == rows else {
      throw ModelError.sizeMismatch(
        what: "The list of mean spends", expected: rows, found: meanSpend.count)
    }
    if let acquisitionCost, acquisitionCost.count != rows {
      throw ModelError.sizeMismatch(
        what: "The list of acquisition costs", expected: rows, found: acquisitionCost.count)
    }
    for row in 0..<rows where !meanSpend[row].isFinite {
      throw ModelError.notFinite(what: "The list of mean spends", row: row, column: 0)
    }
    let x = table.cellOfRow.map { table.repeatPurchases[Int($0)] }
    guard spend.p * (x.min() ?? 1) + spend.q > 1 else {
      throw ModelError.outOfRange(
        what: "Parameter q of the spend model", value: spend.q,
        allowed: "more than 1 to value customers without repeat purchases")
    }
    let scores = try score(
      table, horizon: settings.horizon, discount: settings.discount, covariates: z,
      withLifetime: settings.costPerYear > 0, threads: threads)
    let perUnit = settings.costPerYear * unit.days / TimeUnit.year.days
    var expected = [Double](repeating: 0, count: rows)
    var values = expected
    for row in 0..<rows {
      let cell = Int(table.cellOfRow[row])
      let mean =
        spend.expectedSpend(repeatPurchases: x[row], meanSpend: max(0, meanSpend[row])) ?? 0
      expected[row] = mean
      values[row] =
        (settings.margin * mean - settings.costPerPurchase) * scores.discountedPurchases[cell]
        - (perUnit > 0 ? perUnit * scores.discountedLifetime[cell] : 0)
        - (acquisitionCost?[row] ?? 0)
    }
    let sum = values.reduce(0, +)
    guard intervals != .none, let report, let spendReport = spend.report else {
      return LifetimeValues(
        currency: spend.currency, values: values, expectedSpend: expected, lower: [], upper: [],
        total: sum, totalInterval: nil)
    }
    let time = settings.horizon.value(in: unit)
    let rate = settings.discount.continuous(per: unit)
    let purchaseSlopes = discountedPurchasesGradient(
      table, time: time, rate: rate, covariates: z, lifetime: false, threads: threads)
    let lifetimeSlopes =
      perUnit > 0
      ? discountedPurchasesGradient(
        table, time: time, rate: rate, covariates: z, lifetime: true, threads: threads) : []
    let n = purchaseSlopes.count
    let covariance = Matrix(rows: n, columns: n, values: report.searchCovariance)
    let spendCovariance = Matrix(rows: 3, columns: 3, values: spendReport.searchCovariance)
    let quantile = Distribution.normalQuantile(0.5 + settings.level / 2)
    var totalSlope = [Double](repeating: 0, count: n)
    var totalSpendSlope = [Double](repeating: 0, count: 3)
    var lower: [Double] = []
    var upper: [Double] = []
    var slope = totalSlope
    for row in 0..<rows {
      let cell = Int(table.cellOfRow[row])
      let money = settings.margin * expected[row] - settings.costPerPurchase
      for i in 0..<n {
        slope[i] =
          money * purchaseSlopes[i][cell] - (perUnit > 0 ? perUnit * lifetimeSlopes[i][cell] : 0)
        totalSlope[i] += slope[i]
      }
      let spendSlope = spend.logGradient(
        repeatPurchases: x[row], meanSpend: max(0, meanSpend[row]))
      let factor = settings.margin * scores.discountedPurchases[cell]
      for i in 0..<3 { totalSpendSlope[i] += factor * spendSlope[i] }
      if intervals == .customers {
        let error =
          (covariance.quadraticForm(slope)
          + factor * factor
          * spendCovariance.quadraticForm([spendSlope[0], spendSlope[1], spendSlope[2]]))
          .squareRoot()
        lower.append(values[row] - quantile * error)
        upper.append(values[row] + quantile * error)
      }
    }
    let error =
      (covariance.quadraticForm(totalSlope) + spendCovariance.quadraticForm(totalSpendSlope))
      .squareRoot()
    return LifetimeValues(
      currency: spend.currency, values: values, expectedSpend: expected, lower: lower,
      upper: upper, total: sum,
      totalInterval: Interval(
        estimate: sum, lower: sum - quantile * error, upper: sum + quantile * error))
  }
}

extension GammaGammaModel {
  /// Derivatives of the expected spend in ln p, ln q, ln γ.
  func logGradient(repeatPurchases x: Double, meanSpend: Double) -> SIMD3<Double> {
    let numerator = gamma + (x == 0 ? 0 : x * meanSpend)
    let denominator = p * x + q - 1
    let value = p * numerator / denominator
    return SIMD3(
      value - value * p * x / denominator, -value * q / denominator, p * gamma / denominator)
  }
}
