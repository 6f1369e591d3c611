import Foundation
import NumericalMethods

/// What customers spend per purchase (Fader & Hardie, note 025 of 2013).
///
/// A customer's mean spend m̄ over x purchases: spend ~ Gamma(p, ν), ν ~ Gamma(q, γ). γ is in the
/// currency of the spend. Assumes that spend does not depend on how often someone buys.
package struct GammaGammaModel: Sendable, Codable, Equatable {
  package let p: Double
  package let q: Double
  package let gamma: Double
  /// ISO code of the currency of γ and of all amounts.
  package let currency: String
  package let report: FitReport?

  /// A model with known parameters, all positive.
  package init(
    p: Double, q: Double, gamma: Double, currency: String
  ) throws(ModelError) {
    for (name, value) in [("p", p), ("q", q), ("gamma", gamma)]
    where !(value > 0 && value.isFinite) {
      throw ModelError.outOfRange(
        what: "Parameter \(name)", value: value, allowed: "a positive finite number")
    }
    self.init(p: p, q: q, gamma: gamma, currency: currency, report: nil)
  }

  private init(p: Double, q: Double, gamma: Double, currency: String, report: FitReport?) {
    self.p = p
    self.q = q
    self.gamma = gamma
    self.currency = currency
    self.report = report
  }

  /// Fits the model to the repeat purchases and mean repeat spend of each customer.
  ///
  /// Rows with x = 0 are left out. Throws `outOfRange` for a negative or zero mean spend of a customer
  /// with purchases, `tooLittleData` under 10 such customers or where all spend the same, and
  /// `noSensibleOptimum`.
  package static func fit(
    repeatPurchases: [Double], meanSpend: [Double], currency: String, threads: Int? = nil
  ) throws(ModelError) -> GammaGammaModel {
    guard repeatPurchases.count == meanSpend.count else {
      throw ModelError.sizeMismatch(
        what: "The list of mean spends", expected: repeatPurchases.count, found: meanSpend.count)
    }
    var x: [Double] = []
    var m: [Double] = []
    for row in 0..<meanSpend.count where repeatPurchases[row] > 0 {
      guard meanSpend[row].isFinite else {
        throw ModelError.notFinite(what: "The list of mean spends", row: row, column: 0)
      }
      guard meanSpend[row] > 0, meanSpend[row] < 1e100 else {
        throw ModelError.outOfRange(
          what: "The mean spend of row \(row)", value: meanSpend[row],
          allowed: "more than 0; set aside purchases of 0 and returns first, and check amounts "
            + "above 1e100")
      }
      x.append(repeatPurchases[row])
      m.append(meanSpend[row])
    }
    guard x.count >= 10 else {
      throw ModelError.tooLittleData(
        model: "Gamma-Gamma", reason: "only \(x.count) customers have a repeat purchase",
        simplest: "the overall mean spend per purchase")
    }
    let logs = m.map { log($0) }
    let level = exp(Statistics.mean(logs))
    guard m.contains(where: { abs($0 - level) > 1e-9 * level }) else {
      throw ModelError.tooLittleData(
        model: "Gamma-Gamma", reason: "every customer spends the same",
        simplest: "the common spend per purchase")
    }
    let likelihood = GammaGammaLikelihood(x, m, logs, threads: threads)
    let correlation = Statistics.correlation(x, logs) ?? 0
    let search = MaximumLikelihood(
      model: "Gamma-Gamma", names: ["p", "q", "gamma"], isLogarithm: [true, true, true],
      starts: [
        [log(3), log(3), log(level)], [log(1), log(2), log(level)],
        [log(8), log(6), log(level) + 0.5],
      ],
      lower: [-9, -9, log(level) - 15], upper: [9, 9, log(level) + 15],
      customers: Double(x.count), distinctHistories: x.count)
    let cautions: [Caution] =
      abs(correlation) > 0.3 ? [.spendFollowsFrequency(correlation: correlation)] : []
    var rough: (([Double], inout [Double]) -> Double)?
    if x.count > 40_000 {
      let step = x.count / 10_000
      let rows = stride(from: step / 2, to: x.count, by: step)
      rough =
        GammaGammaLikelihood(
          rows.map { x[$0] }, rows.map { m[$0] }, rows.map { logs[$0] }, threads: threads
        ).evaluate
    }
    var (point, report) = try search.run(
      cautions: cautions, rough: rough, full: likelihood.evaluate)
    let q = exp(point[1])
    if q <= 1 {
      report = report.adding(.infiniteMeanSpend(shape: q))
    }
    return GammaGammaModel(
      p: exp(point[0]), q: q, gamma: exp(point[2]), currency: currency, report: report)
  }

  /// Expected spend per purchase given x purchases of mean m̄ (eq. 5): p(γ + x m̄)/(p x + q − 1).
  ///
  /// With x = 0 the mean of all customers; nil where that mean is infinite (p x + q ≤ 1).
  package func expectedSpend(repeatPurchases x: Double, meanSpend: Double) -> Double? {
    let denominator = p * x + q - 1
    return denominator > 0 ? p * (gamma + (x == 0 ? 0 : x * meanSpend)) / denominator : nil
  }

  func shifted(_ shift: [Double]) -> GammaGammaModel {
    GammaGammaModel(
      p: p * exp(shift[0]), q: q * exp(shift[1]), gamma: gamma * exp(shift[2]),
      currency: currency, report: report)
  }
}

/// Likelihood of mean spends (eq. 1a of the note), customers grouped by their number of purchases.
private struct GammaGammaLikelihood: Sendable {
  let x: [Double]
  /// Total spend over the repeat purchases, x m.
  let total: [Double]
  let byX: [(x: Double, customers: Double, sumLogM: Double)]
  let threads: Int?

  init(_ purchases: [Double], _ means: [Double], _ logs: [Double], threads: Int?) {
    x = purchases
    total = zip(purchases, means).map { $0 * $1 }
    var place: [Double: Int] = [:]
    var sums: [SIMD2<Double>] = []
    var (known, index) = (-1.0, 0)
    for i in 0..<purchases.count {
      if purchases[i] != known {
        known = purchases[i]
        index = place[known] ?? sums.count
        if index == sums.count {
          place[known] = index
          sums.append(.zero)
        }
      }
      sums[index] += SIMD2(1, logs[i])
    }
    byX = place.sorted { $0.key < $1.key }.map {
      (x: $0.key, customers: sums[$0.value][0], sumLogM: sums[$0.value][1])
    }
    self.threads = threads
  }

  func evaluate(_ point: [Double], _ gradient: inout [Double]) -> Double {
    let (p, q, g) = (exp(point[0]), exp(point[1]), exp(point[2]))
    var value = 0.0
    var (dp, dq, dg) = (0.0, 0.0, 0.0)
    for (x, n, sumLogM) in byX {
      let px = p * x
      // ln Γ(px+q) − ln Γ(px) − ln Γ(q) = −ln B(px, q).
      value += n * (-logBeta(px, q) + q * log(g) + px * log(x)) + (px - 1) * sumLogM
      let both = digamma(px + q)
      dp += n * x * (both - digamma(px) + log(x)) + x * sumLogM
      dq += n * (both - digamma(q) + log(g))
      dg += n * q / g
    }
    let sums = Parallel.chunks(count: x.count, size: 8192, threads: threads) { range in
      // Σ (px+q) ln(γ+xm), Σ x ln(γ+xm), Σ ln(γ+xm), Σ (px+q)/(γ+xm)
      var (value, byP, byQ, byGamma) = (0.0, 0.0, 0.0, 0.0)
      x.withUnsafeBufferPointer { x in
        total.withUnsafeBufferPointer { total in
          for i in range {
            let base = g + total[i]
            let l = log(base)
            let power = p * x[i] + q
            value += power * l
            byP += x[i] * l
            byQ += l
            byGamma += power / base
          }
        }
      }
      return SIMD4(value, byP, byQ, byGamma)
    }.reduce(SIMD4<Double>(repeating: 0)) { $0 + $1 }
    gradient[0] = p * (dp - sums[1])
    gradient[1] = q * (dq - sums[2])
    gradient[2] = g * (dg - sums[3])
    return value - sums[0]
  }
}
