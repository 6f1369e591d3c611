import Foundation
import NumericalMethods

/// The product-limit estimate of a survival curve (Kaplan & Meier 1958).
package struct KaplanMeier: Sendable, Codable, Equatable {
  /// Distinct durations in increasing order.
  package let times: [Double]
  /// Subjects observed until at least each time.
  package let atRisk: [Double]
  /// Events at each time.
  package let events: [Double]
  /// S(t) from each time on; 1 before the first.
  package let survival: [Double]
  /// Limits of the pointwise interval on the log(−log S) scale (Kalbfleisch & Prentice 1980).
  package let lower: [Double]
  package let upper: [Double]
  package let level: Double
  /// Greenwood's sum Σ d/(n(n − d)) up to each time; infinite once S = 0.
  private let greenwood: [Double]

  /// Estimates the curve; cost n log n. Throws `outOfRange` for a level outside 0…1.
  package init(_ data: SurvivalData, level: Double = 0.95) throws(ModelError) {
    guard level > 0, level < 1 else {
      throw ModelError.outOfRange(
        what: "The confidence level", value: level, allowed: "between 0 and 1")
    }
    let order = data.durations.indices.sorted { data.durations[$0] < data.durations[$1] }
    let z = Distribution.normalQuantile(0.5 + level / 2)
    var columns = [[Double]](repeating: [], count: 7)
    var s = 1.0
    var sum = 0.0
    var start = 0
    while start < order.count {
      let time = data.durations[order[start]]
      var end = start
      var d = 0.0
      while end < order.count && data.durations[order[end]] == time {
        if data.events[order[end]] { d += 1 }
        end += 1
      }
      let n = Double(order.count - start)
      s *= (n - d) / n
      sum += d == n ? .infinity : d / (n * (n - d))
      var low = s
      var high = s
      if s > 0 && s < 1 {
        let spread = z * sum.squareRoot() / log(s)
        low = pow(s, exp(-spread))
        high = pow(s, exp(spread))
      }
      for (i, value) in [time, n, d, s, min(low, high), max(low, high), sum].enumerated() {
        columns[i].append(value)
      }
      start = end
    }
    times = columns[0]
    atRisk = columns[1]
    events = columns[2]
    survival = columns[3]
    lower = columns[4]
    upper = columns[5]
    greenwood = columns[6].map { $0.isFinite ? $0 : .greatestFiniteMagnitude }
    self.level = level
  }

  private func index(at time: Double) -> Int? {
    var low = 0
    var high = times.count
    while low < high {
      let middle = (low + high) / 2
      if times[middle] <= time { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : low - 1
  }

  /// S(t) with its interval; nil after the last observation unless everyone had left by then.
  package func survival(at time: Double) -> Interval? {
    guard let last = times.last, time <= last || survival[survival.count - 1] == 0 else {
      return nil
    }
    guard let i = index(at: time) else { return Interval(estimate: 1, lower: 1, upper: 1) }
    return Interval(estimate: survival[i], lower: lower[i], upper: upper[i])
  }

  /// The earliest time at which S(t) ≤ `share`; nil where the curve stays above.
  package func time(untilShare share: Double) -> Double? {
    survival.firstIndex { $0 <= share + 1e-12 }.map { times[$0] }
  }

  /// The median time to the event, with the times at which the interval's limits cross one half.
  package var median: (estimate: Double?, lower: Double?, upper: Double?) {
    (
      time(untilShare: 0.5), lower.firstIndex { $0 <= 0.5 }.map { times[$0] },
      upper.firstIndex { $0 <= 0.5 }.map { times[$0] }
    )
  }

  /// Mean time before the event up to `limit`, the area under the curve, with a normal interval from
  /// Greenwood's variance (Klein & Moeschberger, eq. 4.5.2).
  ///
  /// Throws `outOfRange` beyond the last observation.
  package func restrictedMean(upTo limit: Double) throws(ModelError) -> Interval {
    let last = times.last ?? 0
    guard limit > 0, limit <= last || survival.last == 0 else {
      throw ModelError.outOfRange(
        what: "The limit of the restricted mean", value: limit,
        allowed: "more than 0 and at most the longest observation, \(last)")
    }
    // Areas to the right of each event, accumulated from the limit backwards.
    var area = 0.0
    var right = limit
    var variance = 0.0
    for i in stride(from: (index(at: limit) ?? -1), through: 0, by: -1) {
      area += survival[i] * (right - times[i])
      right = times[i]
      let (n, d) = (atRisk[i], events[i])
      if d > 0 && d < n { variance += area * area * d / (n * (n - d)) }
    }
    area += right
    let half = Distribution.normalQuantile(0.5 + level / 2) * variance.squareRoot()
    return Interval(estimate: area, lower: max(0, area - half), upper: min(limit, area + half))
  }
}

/// Value of subscribers from a survival curve.
package struct SubscriptionValue: Sendable, Equatable {
  /// Expected discounted margin.
  package let value: Double
  /// Periods covered: fewer than asked for where the curve ends before.
  package let coveredPeriods: Int

  /// Margins paid at the start of each period while subscribed: Σ S(tenure + k)/S(tenure) · margin /
  /// (1 + d)ᵏ for k = 0 ..< periods (Gupta & Lehmann 2003, with estimated retention).
  ///
  /// `survival` gives S(t) or nil beyond what is known; nothing is extrapolated. A tenure at which
  /// nobody is left is worth 0.
  package init(
    tenure: Double, periods: Int, marginPerPeriod: Double, discountPerPeriod: Double,
    survival: (Double) -> Double?
  ) throws(ModelError) {
    guard discountPerPeriod > -1, discountPerPeriod.isFinite else {
      throw ModelError.outOfRange(
        what: "The discount rate per period", value: discountPerPeriod, allowed: "more than −1")
    }
    guard periods >= 0 else {
      throw ModelError.outOfRange(
        what: "The number of periods", value: Double(periods), allowed: "0 or more")
    }
    var sum = 0.0
    var covered = 0
    if let start = survival(tenure), start > 0 {
      for k in 0..<periods {
        guard let s = survival(tenure + Double(k)) else { break }
        sum += s / start * marginPerPeriod * pow(1 + discountPerPeriod, -Double(k))
        covered = k + 1
      }
    }
    value = sum
    coveredPeriods = covered
  }
}
