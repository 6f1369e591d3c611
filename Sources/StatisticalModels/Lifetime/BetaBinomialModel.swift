import Foundation
import NumericalMethods

/// Histories over discrete opportunities (yearly appeals, weekly menus) with their numbers of people.
///
/// x purchases in n opportunities, the last one at opportunity t_x (0 if none): 0 ≤ x ≤ t_x ≤ n.
package struct OpportunityTable: Sendable {
  package let purchases: [Double]
  package let lastOpportunity: [Double]
  package let opportunities: [Double]
  package let counts: [Double]

  /// Throws `sizeMismatch` or `invalidHistory`; rows may repeat, counts must not be negative.
  package init(
    purchases: [Double], lastOpportunity: [Double], opportunities: [Double], counts: [Double]
  ) throws(ModelError) {
    for (what, list) in [
      ("The list of last opportunities", lastOpportunity),
      ("The list of opportunities", opportunities),
      ("The list of counts", counts),
    ] where list.count != purchases.count {
      throw ModelError.sizeMismatch(what: what, expected: purchases.count, found: list.count)
    }
    for row in 0..<purchases.count {
      let (x, last, n) = (purchases[row], lastOpportunity[row], opportunities[row])
      guard x >= 0, x == x.rounded(), last == last.rounded(), n == n.rounded(), n < 1e6, last <= n,
        x <= last, (x == 0) == (last == 0), counts[row] >= 0, counts[row].isFinite
      else {
        throw ModelError.invalidHistory(
          row: row, reason: "\(x) purchases, the last at opportunity \(last) of \(n)")
      }
    }
    self.purchases = purchases
    self.lastOpportunity = lastOpportunity
    self.opportunities = opportunities
    self.counts = counts
  }
}

/// BG/BB (Fader, Hardie & Shang 2010): at each opportunity an active customer buys with probability
/// p ~ Beta(α, β); before each she leaves with probability θ ~ Beta(γ, δ).
package struct BetaBinomialModel: Sendable, Codable, Equatable {
  package let alpha: Double
  package let beta: Double
  package let gamma: Double
  package let delta: Double
  package let report: FitReport?

  /// A model with known parameters, all positive.
  package init(
    alpha: Double, beta: Double, gamma: Double, delta: Double
  ) throws(ModelError) {
    for (name, value) in [("alpha", alpha), ("beta", beta), ("gamma", gamma), ("delta", delta)]
    where !(value > 0 && value.isFinite) {
      throw ModelError.outOfRange(
        what: "Parameter \(name)", value: value, allowed: "a positive finite number")
    }
    self.init([alpha, beta, gamma, delta], report: nil)
  }

  private init(_ p: [Double], report: FitReport?) {
    alpha = p[0]
    beta = p[1]
    gamma = p[2]
    delta = p[3]
    self.report = report
  }

  /// ln of the probabilities of all ways to the history: leaving before opportunity t_x + 1 + i, then
  /// staying throughout (eq. 5).
  private func logWays(_ x: Double, _ last: Double, _ n: Double) -> [Double] {
    var ways: [Double] = []
    let base = logBeta(alpha, beta) + logBeta(gamma, delta)
    for i in 0..<Int(n - last) {
      let k = last + Double(i)
      ways.append(logBeta(alpha + x, beta + k - x) + logBeta(gamma + 1, delta + k) - base)
    }
    ways.append(logBeta(alpha + x, beta + n - x) + logBeta(gamma, delta + n) - base)
    return ways
  }

  /// ln of the likelihood of one history, order of purchases included.
  package func logLikelihood(_ x: Double, _ last: Double, _ n: Double) -> Double {
    logSumExp(logWays(x, last, n))
  }

  /// P(active at the n-th opportunity); multiplied by (δ + n)/(γ + δ + n) it holds for the next.
  package func aliveProbability(_ x: Double, _ last: Double, _ n: Double) -> Double {
    let ways = logWays(x, last, n)
    return exp(ways[ways.count - 1] - logSumExp(ways))
  }

  /// P(active at opportunity n + 1), the paper's P(alive) (eq. 11).
  package func aliveAtNextProbability(_ x: Double, _ last: Double, _ n: Double) -> Double {
    aliveProbability(x, last, n) * (delta + n) / (gamma + delta + n)
  }

  /// Expected purchases over the next `future` opportunities (eq. 13).
  package func expectedPurchases(
    _ x: Double, _ last: Double, _ n: Double, future: Int
  ) -> Double {
    var stay = 1.0
    var sum = 0.0
    for j in 0..<future {
      stay *= (delta + n + Double(j)) / (gamma + delta + n + Double(j))
      sum += stay
    }
    return aliveProbability(x, last, n) * (alpha + x) / (alpha + beta + n) * sum
  }

  /// P(k purchases over the next `future` opportunities) given the history (eq. 12); with (0, 0, 0)
  /// that of a new customer (eq. 7).
  package func countProbability(
    _ k: Int, _ x: Double, _ last: Double, _ n: Double, future: Int
  ) -> Double {
    let alive = aliveProbability(x, last, n)
    if k > future { return 0 }
    let (a, b, d) = (alpha + x, beta + n - x, delta + n)
    let base = logBeta(a, b) + logBeta(gamma, d)
    let count = Double(k)
    func way(_ m: Double, left: Bool) -> Double {
      logBinomial(m, count) + logBeta(a + count, b + m - count)
        + logBeta(gamma + (left ? 1 : 0), d + m) - base
    }
    let ways = (k..<future).map { way(Double($0), left: true) } + [way(Double(future), left: false)]
    let active = alive * exp(logSumExp(ways))
    return k == 0 ? (1 - alive) + active : active
  }

  /// Discounted expected residual transactions at a rate d > 0 per opportunity (eq. 14).
  package func discountedResidualPurchases(
    _ x: Double, _ last: Double, _ n: Double, ratePerOpportunity d: Double
  ) -> Double {
    precondition(d > 0, "a residual value without horizon needs a positive discount rate")
    let sum = Hypergeometric.log2F1(1, delta + n + 1, gamma + delta + n + 1, 1 / (1 + d))
    return aliveAtNextProbability(x, last, n) * (alpha + x) / (alpha + beta + n) / (1 + d)
      * exp(sum)
  }

  /// Expected purchases over the next `future` opportunities, each discounted to now at a rate d ≥ 0 per
  /// opportunity; multiplied by spend and margin, the customer's value over a horizon.
  package func discountedPurchases(
    _ x: Double, _ last: Double, _ n: Double, future: Int, ratePerOpportunity d: Double
  ) -> Double {
    precondition(d >= 0, "a discount rate is not negative")
    var stay = 1.0
    var sum = 0.0
    var factor = 1.0
    for j in 0..<future {
      stay *= (delta + n + Double(j)) / (gamma + delta + n + Double(j))
      factor /= 1 + d
      sum += stay * factor
    }
    return aliveProbability(x, last, n) * (alpha + x) / (alpha + beta + n) * sum
  }

  /// Scores of every row of a table over the next `future` opportunities.
  ///
  /// Throws `outOfRange` for a negative number of opportunities or rate.
  package func score(
    _ table: OpportunityTable, future: Int, ratePerOpportunity d: Double
  ) throws(ModelError) -> HistoryScores {
    guard future >= 0 else {
      throw ModelError.outOfRange(
        what: "The number of opportunities", value: Double(future), allowed: "0 or more")
    }
    guard d >= 0, d.isFinite else {
      throw ModelError.outOfRange(
        what: "The discount rate per opportunity", value: d, allowed: "0 or more")
    }
    let rows = table.counts.indices
    func each(_ body: (Double, Double, Double) -> Double) -> [Double] {
      rows.map { body(table.purchases[$0], table.lastOpportunity[$0], table.opportunities[$0]) }
    }
    return HistoryScores(
      aliveProbability: each { aliveAtNextProbability($0, $1, $2) },
      expectedPurchases: each { expectedPurchases($0, $1, $2, future: future) },
      discountedPurchases: each {
        discountedPurchases($0, $1, $2, future: future, ratePerOpportunity: d)
      }, discountedLifetime: [])
  }

  /// Fits by maximum likelihood; throws `noData`, `tooLittleData` or `noSensibleOptimum`.
  package static func fit(to table: OpportunityTable) throws(ModelError) -> BetaBinomialModel {
    let customers = table.counts.reduce(0, +)
    guard customers > 0 else { throw ModelError.noData(what: "purchase history") }
    var repeaters = 0.0
    for i in 0..<table.counts.count where table.purchases[i] > 0 { repeaters += table.counts[i] }
    guard repeaters >= 10 else {
      throw ModelError.tooLittleData(
        model: "BG/BB", reason: "only \(Int(repeaters)) of \(Int(customers)) people bought",
        simplest: "the observed share of opportunities taken")
    }
    let search = MaximumLikelihood(
      model: "BG/BB", names: ["alpha", "beta", "gamma", "delta"],
      isLogarithm: [true, true, true, true],
      starts: [
        [0, 0, 0, 0.7], [0.2, -0.3, -0.4, 1], [-0.7, 0.7, -1, 1.5], [1, 1, 0.5, 2],
      ],
      lower: [Double](repeating: -9.3, count: 4), upper: [Double](repeating: 9.3, count: 4),
      customers: customers, distinctHistories: table.counts.count)
    let (point, report) = try search.run(
      cautions: repeaters < 100 ? [.fewRepeatBuyers(count: repeaters)] : []
    ) { point, gradient in evaluate(table, point, &gradient) }
    return BetaBinomialModel(point.map { exp($0) }, report: report)
  }

  private static func evaluate(
    _ table: OpportunityTable, _ point: [Double], _ gradient: inout [Double]
  ) -> Double {
    let model = BetaBinomialModel(point.map { exp($0) }, report: nil)
    let (a, b, g, d) = (model.alpha, model.beta, model.gamma, model.delta)
    let (psiA, psiB, psiAB) = (digamma(a), digamma(b), digamma(a + b))
    let (psiG, psiD, psiGD) = (digamma(g), digamma(d), digamma(g + d))
    var value = 0.0
    var sum = SIMD4<Double>(repeating: 0)
    for i in 0..<table.counts.count where table.counts[i] > 0 {
      let (x, last, n) = (table.purchases[i], table.lastOpportunity[i], table.opportunities[i])
      let ways = model.logWays(x, last, n)
      let total = logSumExp(ways)
      var slope = SIMD4<Double>(repeating: 0)
      let psiAX = digamma(a + x)
      for (index, way) in ways.enumerated() {
        let isStay = index == ways.count - 1
        let k = isStay ? n : last + Double(index)
        let left: Double = isStay ? 0 : 1
        let both = digamma(a + b + k)
        let other = digamma(g + d + k + left)
        slope +=
          exp(way - total)
          * SIMD4(
            psiAX - both, digamma(b + k - x) - both, digamma(g + left) - other,
            digamma(d + k) - other)
      }
      slope -= SIMD4(psiA - psiAB, psiB - psiAB, psiG - psiGD, psiD - psiGD)
      sum += table.counts[i] * slope
      value += table.counts[i] * total
    }
    gradient[0] = a * sum[0]
    gradient[1] = b * sum[1]
    gradient[2] = g * sum[2]
    gradient[3] = d * sum[3]
    return value
  }
}
