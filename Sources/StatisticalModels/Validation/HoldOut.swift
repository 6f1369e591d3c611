import Foundation
import NumericalMethods

/// How predictions of counts compare with what happened.
package struct PredictionCheck: Sendable, Codable, Equatable {
  package let meanAbsoluteError: Double
  package let rootMeanSquareError: Double
  /// Nil where predictions or outcomes are all the same.
  package let correlation: Double?
  package let predictedTotal: Double
  package let actualTotal: Double

  /// Throws `sizeMismatch` or `noData`.
  package init(predicted: [Double], actual: [Double]) throws(ModelError) {
    guard predicted.count == actual.count else {
      throw ModelError.sizeMismatch(
        what: "The list of outcomes", expected: predicted.count, found: actual.count)
    }
    guard !predicted.isEmpty else { throw ModelError.noData(what: "prediction") }
    let n = Double(predicted.count)
    var absolute = 0.0
    var square = 0.0
    for (p, a) in zip(predicted, actual) {
      absolute += abs(p - a)
      square += (p - a) * (p - a)
    }
    meanAbsoluteError = absolute / n
    rootMeanSquareError = (square / n).squareRoot()
    correlation = Statistics.correlation(predicted, actual)
    predictedTotal = predicted.reduce(0, +)
    actualTotal = actual.reduce(0, +)
  }
}

/// Mean prediction and outcome of the customers with one number of calibration purchases.
package struct HoldOutBucket: Sendable, Codable, Equatable {
  /// Repeat purchases before the hold-out; the last bucket takes all above.
  package let repeatPurchases: Int
  package let isOpenEnded: Bool
  package let customers: Int
  package let predictedMean: Double
  package let actualMean: Double
}

/// One method's hold-out check.
package struct HoldOutResult: Sendable, Codable, Equatable {
  /// A family's raw value, or a baseline: `same-as-last-period`.
  package let method: String
  package let check: PredictionCheck
  package let buckets: [HoldOutBucket]
}

/// Fits on the calibration period, judges on the hold-out.
package struct HoldOutComparison: Sendable {
  /// Methods that gave a prediction, best first by root mean square error.
  package let results: [HoldOutResult]
  /// Families that could not be fitted, with the reason.
  package let failures: [(family: LifetimeFamily, error: ModelError)]
  package let models: [LifetimeFamily: LifetimeModel]

  /// The fitted family with the smallest root mean square error; among those within 0.1 % of it the
  /// one with the best calibration AIC.
  package let chosen: LifetimeFamily?
  package let reason: Reason?

  /// Why a family was chosen; readers get a sentence from it.
  package enum Reason: String, Sendable, Codable {
    /// Its predictions of the hold-out were closest.
    case closestPrediction = "closest-prediction"
    /// Others predicted as closely, but it fits the calibration better.
    case closeAndBestFit = "close-and-best-fit"
    /// It is the only family that these data carry.
    case onlyFit = "only-fit"
  }

  /// Compares families and the baseline «as many purchases as in the last period of equal length».
  ///
  /// `actual` and `previous` have one entry per row of the table: purchases in the hold-out, and in the
  /// period of the same length before it. Throws `sizeMismatch`, `noData` or `outOfRange` for a hold-out
  /// of no length.
  package init(
    _ table: HistoryTable, holdOut: TimeSpan, actual: [Double], previous: [Double],
    families: [LifetimeFamily] = LifetimeFamily.allCases, threads: Int? = nil
  ) throws(ModelError) {
    let rows = table.cellOfRow.count
    guard rows > 0 else { throw ModelError.noData(what: "purchase history") }
    for (what, list) in [
      ("The list of outcomes", actual), ("The list of earlier counts", previous),
    ]
    where list.count != rows {
      throw ModelError.sizeMismatch(what: what, expected: rows, found: list.count)
    }
    guard holdOut.amount > 0 else {
      throw ModelError.outOfRange(what: "The hold-out", value: 0, allowed: "more than 0")
    }
    let x = table.cellOfRow.map { table.repeatPurchases[Int($0)] }
    var found = [
      try HoldOutResult(method: "same-as-last-period", x: x, predicted: previous, actual: actual)
    ]
    var fitted: [LifetimeFamily: LifetimeModel] = [:]
    var failed: [(family: LifetimeFamily, error: ModelError)] = []
    for family in families {
      do throws(ModelError) {
        let model = try LifetimeModel.fit(family, to: table, threads: threads)
        let scores = try model.score(
          table, horizon: holdOut, discount: .none, threads: threads)
        found.append(
          try HoldOutResult(
            method: family.rawValue, x: x, predicted: table.spread(scores.expectedPurchases),
            actual: actual))
        fitted[family] = model
      } catch {
        failed.append((family, error))
      }
    }
    results = found.sorted { $0.check.rootMeanSquareError < $1.check.rootMeanSquareError }
    failures = failed
    models = fitted
    let candidates = results.compactMap { result in
      LifetimeFamily(rawValue: result.method).map {
        (family: $0, error: result.check.rootMeanSquareError)
      }
    }
    let near = candidates.filter { $0.error <= (candidates.first?.error ?? 0) * 1.001 }
    if candidates.isEmpty {
      reason = nil
    } else if candidates.count == 1 {
      reason = .onlyFit
    } else {
      reason = near.count == 1 ? .closestPrediction : .closeAndBestFit
    }
    chosen =
      near.min { left, right in
        (fitted[left.family]?.report?.aic ?? .infinity)
          < (fitted[right.family]?.report?.aic ?? .infinity)
      }?.family
  }
}

extension HoldOutResult {
  /// Judges predictions by customers' repeat purchases before: one entry per customer.
  package init(
    method: String, x: [Double], predicted: [Double], actual: [Double], openFrom: Int = 7
  ) throws(ModelError) {
    self.method = method
    check = try PredictionCheck(predicted: predicted, actual: actual)
    var sums = [SIMD4<Double>](repeating: SIMD4(repeating: 0), count: openFrom + 1)
    for row in 0..<x.count {
      sums[Int(min(x[row], Double(openFrom)))] += SIMD4(1, predicted[row], actual[row], 0)
    }
    buckets = sums.enumerated().compactMap { k, sum in
      sum[0] == 0
        ? nil
        : HoldOutBucket(
          repeatPurchases: k, isOpenEnded: k == openFrom, customers: Int(sum[0]),
          predictedMean: sum[1] / sum[0], actualMean: sum[2] / sum[0])
    }
  }
}

extension LifetimeModel {
  /// Expected repeat purchases of a whole cohort up to each time since a common origin.
  ///
  /// `entries` are the times of the first purchases, `times` the times asked for, all in the model's unit.
  /// This is the tracking curve of the papers: Σ E[X(t − entry)] over customers who have entered.
  package func cumulativeExpectedPurchases(entries: [Double], times: [Double]) -> [Double] {
    let process = process()
    var counts: [Double: Double] = [:]
    for entry in entries { counts[entry, default: 0] += 1 }
    let distinct = counts.sorted { $0.key < $1.key }
    return times.map { time in
      distinct.reduce(0) { sum, item in
        item.key < time
          ? sum + item.value * process.expectedPurchases(.newCustomer, over: time - item.key) : sum
      }
    }
  }
}
