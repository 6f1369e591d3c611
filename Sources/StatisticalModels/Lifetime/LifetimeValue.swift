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

/// Customers with the same covariates and what is known of their money, one entry per row of the table.
package struct ValuedGroup: Sendable {
  package let covariates: [Double]
  package let histories: HistoryTable
  /// Mean spend over repeat purchases; ignored where there are none.
  package let meanSpend: [Double]
  /// What each customer cost to win; nil where it is not known or has been paid for already.
  package let acquisitionCost: [Double]?

  package init(
    covariates: [Double] = [], histories: HistoryTable, meanSpend: [Double],
    acquisitionCost: [Double]? = nil
  ) {
    self.covariates = covariates
    self.histories = histories
    self.meanSpend = meanSpend
    self.acquisitionCost = acquisitionCost
  }
}

extension LifetimeModel {
  /// Values of customers: discounted purchases × expected spend × margin − costs.
  ///
  /// Rows are customers in the order the table was made from; `meanSpend` is ignored where x = 0, and
  /// counts as 0 where returns exceed it.
  /// Intervals follow the delta method from both fits' covariances: they state how well the expectation
  /// is known, not how much a customer will vary around it. They need fitted models and cost about
  /// eight times the score.
  ///
  /// Throws `unitMismatch`, `sizeMismatch`, `notFinite`, or `outOfRange` for a mean spend of 1e100 or
  /// more, or where the spend model has no finite mean for customers without repeat purchases.
  package func values(
    of table: HistoryTable, meanSpend: [Double], spend: GammaGammaModel, settings: ValueSettings,
    acquisitionCost: [Double]? = nil, covariates z: [Double] = [],
    intervals: IntervalScope = .none, threads: Int? = nil
  ) throws(ModelError) -> LifetimeValues {
    let group = ValuedGroup(
      covariates: z, histories: table, meanSpend: meanSpend, acquisitionCost: acquisitionCost)
    let found = try values(
      of: [group], spend: spend, settings: settings, intervals: intervals, threads: threads)
    return LifetimeValues(
      currency: spend.currency, values: found.groups[0].values,
      expectedSpend: found.groups[0].expectedSpend, lower: found.groups[0].lower,
      upper: found.groups[0].upper, total: found.total, totalInterval: found.totalInterval)
  }

  /// Values of customers of several covariate groups, with the total over all and its interval.
  ///
  /// Errors of the groups' totals are correlated, because they come from one fit: the interval of the
  /// sum is not the sum of the groups' intervals. Throws as for one table.
  package func values(
    of groups: [ValuedGroup], spend: GammaGammaModel, settings: ValueSettings,
    intervals: IntervalScope = .none, threads: Int? = nil
  ) throws(ModelError) -> (
    groups: [LifetimeValues], total: Double, totalInterval: Interval?
  ) {
    var error: DeltaMethod?
    if intervals != .none, let report, let spendReport = spend.report {
      error = DeltaMethod(
        lifetime: Matrix(
          rows: searchedCount, columns: searchedCount, values: report.searchCovariance),
        spend: Matrix(rows: 3, columns: 3, values: spendReport.searchCovariance),
        quantile: Distribution.normalQuantile(0.5 + settings.level / 2))
    }
    var found: [LifetimeValues] = []
    var all = TotalSlope(searchedCount)
    for group in groups {
      let (values, slope) = try values(
        of: group, spend: spend, settings: settings, intervals: intervals, error: error,
        threads: threads)
      found.append(values)
      all.add(slope)
    }
    let sum = found.reduce(0) { $0 + $1.total }
    return (found, sum, error?.interval(sum, all.lifetime, all.spend))
  }

  private func values(
    of group: ValuedGroup, spend: GammaGammaModel, settings: ValueSettings,
    intervals: IntervalScope, error: DeltaMethod?, threads: Int?
  ) throws(ModelError) -> (LifetimeValues, TotalSlope) {
    let table = group.histories
    let (meanSpend, acquisitionCost) = (group.meanSpend, group.acquisitionCost)
    let rows = table.cellOfRow.count
    guard meanSpend.count == rows else {
      throw ModelError.sizeMismatch(
        what: "The list of mean spends", expected: rows, found: meanSpend.count)
    }
    if let acquisitionCost {
      guard acquisitionCost.count == rows else {
        throw ModelError.sizeMismatch(
          what: "The list of acquisition costs", expected: rows, found: acquisitionCost.count)
      }
      for row in 0..<rows where !acquisitionCost[row].isFinite {
        throw ModelError.notFinite(what: "The list of acquisition costs", row: row, column: 0)
      }
    }
    var fewest = Double.infinity
    for row in 0..<rows {
      guard meanSpend[row].isFinite else {
        throw ModelError.notFinite(what: "The list of mean spends", row: row, column: 0)
      }
      guard meanSpend[row] < 1e100 else {
        throw ModelError.outOfRange(
          what: "The mean spend of row \(row)", value: meanSpend[row],
          allowed: "less than 1e100; check the amounts")
      }
      fewest = min(fewest, table.repeatPurchases[Int(table.cellOfRow[row])])
    }
    guard fewest == .infinity || spend.p * fewest + spend.q > 1 else {
      throw ModelError.outOfRange(
        what: "Parameter q of the spend model", value: spend.q,
        allowed: "more than 1 to value customers without repeat purchases")
    }
    let scores = try score(
      table, horizon: settings.horizon, discount: settings.discount, covariates: group.covariates,
      withLifetime: settings.costPerYear > 0, threads: threads)
    let perUnit = settings.costPerYear * unit.days / TimeUnit.year.days
    let parts = Parallel.chunks(count: rows, size: 16_384, threads: threads) { range in
      var expected: [Double] = []
      var values: [Double] = []
      expected.reserveCapacity(range.count)
      values.reserveCapacity(range.count)
      for row in range {
        let cell = Int(table.cellOfRow[row])
        let mean =
          spend.expectedSpend(
            repeatPurchases: table.repeatPurchases[cell], meanSpend: max(0, meanSpend[row])) ?? 0
        expected.append(mean)
        values.append(
          (settings.margin * mean - settings.costPerPurchase) * scores.discountedPurchases[cell]
            - (perUnit > 0 ? perUnit * scores.discountedLifetime[cell] : 0)
            - (acquisitionCost?[row] ?? 0))
      }
      return (expected, values)
    }
    let expected = parts.flatMap { $0.0 }
    let values = parts.flatMap { $0.1 }
    let sum = values.reduce(0, +)
    var total = TotalSlope(searchedCount)
    guard let error else {
      return (
        LifetimeValues(
          currency: spend.currency, values: values, expectedSpend: expected, lower: [], upper: [],
          total: sum, totalInterval: nil), total
      )
    }
    let time = settings.horizon.value(in: unit)
    let rate = settings.discount.continuous(per: unit)
    func slopes(lifetime: Bool) -> [[Double]] {
      scoreGradient(
        table, time: time, rate: rate, covariates: group.covariates, lifetime: lifetime,
        threads: threads)
    }
    let purchaseSlopes = slopes(lifetime: false)
    let lifetimeSlopes = perUnit > 0 ? slopes(lifetime: true) : []
    let n = searchedCount
    let rowParts = Parallel.chunks(count: rows, size: 16_384, threads: threads) { range in
      var part = TotalSlope(n)
      var halves: [Double] = []
      if intervals == .customers { halves.reserveCapacity(range.count) }
      var slope = [Double](repeating: 0, count: n)
      for row in range {
        let cell = Int(table.cellOfRow[row])
        let money = settings.margin * expected[row] - settings.costPerPurchase
        for i in 0..<n {
          slope[i] =
            money * purchaseSlopes[i][cell] - (perUnit > 0 ? perUnit * lifetimeSlopes[i][cell] : 0)
          part.lifetime[i] += slope[i]
        }
        let spendSlope =
          settings.margin * scores.discountedPurchases[cell]
          * spend.logGradient(
            repeatPurchases: table.repeatPurchases[cell], meanSpend: max(0, meanSpend[row]))
        part.spend += spendSlope
        if intervals == .customers { halves.append(error.half(slope, spendSlope)) }
      }
      return (part, halves)
    }
    for part in rowParts { total.add(part.0) }
    let halves = rowParts.flatMap { $0.1 }
    return (
      LifetimeValues(
        currency: spend.currency, values: values, expectedSpend: expected,
        lower: halves.indices.map { values[$0] - halves[$0] },
        upper: halves.indices.map { values[$0] + halves[$0] }, total: sum,
        totalInterval: error.interval(sum, total.lifetime, total.spend)), total
    )
  }
}

/// Derivatives of a sum of values in the searched parameters of both models.
private struct TotalSlope: Sendable {
  var lifetime: [Double]
  var spend = SIMD3<Double>(repeating: 0)

  init(_ count: Int) { lifetime = [Double](repeating: 0, count: count) }

  mutating func add(_ other: TotalSlope) {
    for i in 0..<lifetime.count { lifetime[i] += other.lifetime[i] }
    spend += other.spend
  }
}

/// Turns slopes into half-widths of intervals; the two fits are independent.
private struct DeltaMethod: Sendable {
  let lifetime: Matrix
  let spend: Matrix
  let quantile: Double

  func half(_ slope: [Double], _ spendSlope: SIMD3<Double>) -> Double {
    var variance = 0.0
    let n = lifetime.rows
    for i in 0..<n {
      var sum = 0.0
      for j in 0..<n { sum += lifetime.values[i * n + j] * slope[j] }
      variance += slope[i] * sum
    }
    for i in 0..<3 {
      for j in 0..<3 { variance += spend.values[i * 3 + j] * spendSlope[i] * spendSlope[j] }
    }
    return quantile * max(0, variance).squareRoot()
  }

  func interval(
    _ value: Double, _ slope: [Double], _ spendSlope: SIMD3<Double>
  ) -> Interval {
    let half = half(slope, spendSlope)
    return Interval(estimate: value, lower: value - half, upper: value + half)
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
