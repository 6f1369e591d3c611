import Foundation
import NumericalMethods

/// The log-likelihood of a table of histories with its gradient in the logarithms of the parameters.
protocol LifetimeLikelihood: Sendable {
  /// Value at natural parameters; fills `gradient` with ∂/∂ ln parameter.
  func evaluate(_ parameters: [Double], _ gradient: inout [Double]) -> Double
}

private let chunkSize = 8192

private func total(_ parts: [SIMD8<Double>]) -> SIMD8<Double> {
  parts.reduce(SIMD8<Double>(repeating: 0)) { $0 + $1 }
}

/// Likelihood of BG/NBD or MBG/NBD; the logarithms of α + T and α + t_x are taken once per distinct
/// age, so a cell costs one exponential and one logarithm.
struct BetaGeometricLikelihood: LifetimeLikelihood {
  private let counts: [Double]
  private let ageIndex: [Int32]
  private let lastAgeIndex: [Int32]
  private let purchaseIndex: [Int32]
  private let ages: [Double]
  private let lastAges: [Double]
  private let purchases: [Double]
  private let customersByPurchases: [Double]
  private let extraChances: Double
  private let threads: Int?

  init(_ table: HistoryTable, modified: Bool, threads: Int?) {
    func indexed(_ values: [Double]) -> (distinct: [Double], index: [Int32]) {
      let distinct = Set(values).sorted()
      var place: [Double: Int32] = [:]
      for (i, v) in distinct.enumerated() { place[v] = Int32(i) }
      return (distinct, values.map { place[$0] ?? 0 })
    }
    counts = table.counts
    (ages, ageIndex) = indexed(table.customerAge)
    (lastAges, lastAgeIndex) = indexed(table.lastPurchaseAge)
    (purchases, purchaseIndex) = indexed(table.repeatPurchases)
    var sums = [Double](repeating: 0, count: purchases.count)
    for i in 0..<counts.count { sums[Int(purchaseIndex[i])] += counts[i] }
    customersByPurchases = sums
    extraChances = modified ? 1 : 0
    self.threads = threads
  }

  func evaluate(_ p: [Double], _ gradient: inout [Double]) -> Double {
    let (r, alpha, a, b) = (p[0], p[1], p[2], p[3])
    let extra = extraChances
    var value = 0.0
    var (gr, ga, gb) = (0.0, 0.0, 0.0)
    let (digammaR, digammaB, digammaAB) = (digamma(r), digamma(b), digamma(a + b))
    for (x, n) in zip(purchases, customersByPurchases) {
      let chances = x + extra
      value +=
        n
        * ((x == 0 ? 0 : logGammaRatio(r, plus: x)) + r * log(alpha)
          + logGammaRatio(b, plus: chances) - logGammaRatio(a + b, plus: chances))
      gr += n * (digamma(r + x) - digammaR + log(alpha))
      let both = digammaAB - digamma(a + b + chances)
      ga += n * both
      gb += n * (both + digamma(b + chances) - digammaB)
    }
    let logAge = ages.map { log(alpha + $0) }
    let logLast = lastAges.map { log(alpha + $0) }
    let inverseAge = ages.map { 1 / (alpha + $0) }
    let inverseLast = lastAges.map { 1 / (alpha + $0) }
    let base = purchases.map { x in
      x + extra > 0 ? log(a / (b + x + extra - 1)) : -Double.infinity
    }
    // Per distinct x: its base of the odds, r + x, 1/(b + n − 1).
    let perPurchases = zip(purchases, base).map { x, start in
      SIMD4(start, r + x, start > -.infinity ? 1 / (b + x + extra - 1) : 0, 0)
    }
    let perAge = zip(logAge, inverseAge).map { SIMD2($0, $1) }
    let perLast = zip(logLast, inverseLast).map { SIMD2($0, $1) }
    let sums = total(
      Parallel.chunks(count: counts.count, size: chunkSize, threads: threads) { range in
        cells(range, perPurchases, perAge, perLast)
      })
    let customers = customersByPurchases.reduce(0, +)
    gradient[0] = r * (gr + sums[1])
    gradient[1] = alpha * (customers * r / alpha + sums[2])
    gradient[2] = a * ga + sums[3]
    gradient[3] = b * (gb - sums[4])
    return value + sums[0]
  }

  /// Sums over cells: value, ∂r, ∂α, a ∂a, Σ left/(b + n − 1).
  private func cells(
    _ range: Range<Int>, _ perPurchases: [SIMD4<Double>], _ perAge: [SIMD2<Double>],
    _ perLast: [SIMD2<Double>]
  ) -> SIMD8<Double> {
    var (value, dr, dAlpha, da, db) = (0.0, 0.0, 0.0, 0.0, 0.0)
    counts.withUnsafeBufferPointer { counts in
      ageIndex.withUnsafeBufferPointer { ageIndex in
        lastAgeIndex.withUnsafeBufferPointer { lastAgeIndex in
          purchaseIndex.withUnsafeBufferPointer { purchaseIndex in
            perPurchases.withUnsafeBufferPointer { perPurchases in
              perAge.withUnsafeBufferPointer { perAge in
                perLast.withUnsafeBufferPointer { perLast in
                  for i in range {
                    let n = counts[i]
                    let age = perAge[Int(ageIndex[i])]
                    let p = perPurchases[Int(purchaseIndex[i])]
                    let s = p[1]
                    if p[0] == -.infinity {
                      value -= n * s * age[0]
                      dr -= n * age[0]
                      dAlpha -= n * s * age[1]
                      continue
                    }
                    let last = perLast[Int(lastAgeIndex[i])]
                    let gap = age[0] - last[0]
                    let odds = p[0] + s * gap
                    let e = exp(-abs(odds))
                    let inverse = 1 / (1 + e)
                    let left = odds >= 0 ? inverse : e * inverse
                    value += n * (max(odds, 0) + log1p(e) - s * age[0])
                    dr += n * (left * gap - age[0])
                    dAlpha += n * s * (left * (age[1] - last[1]) - age[1])
                    da += n * left
                    db += n * left * p[2]
                  }
                }
              }
            }
          }
        }
      }
    }
    return SIMD8(value, dr, dAlpha, da, db, 0, 0, 0)
  }
}

/// Likelihood of Pareto/NBD.
struct ParetoLikelihood: LifetimeLikelihood {
  let table: HistoryTable
  let threads: Int?

  func evaluate(_ p: [Double], _ gradient: inout [Double]) -> Double {
    let (r, alpha, s, beta) = (p[0], p[1], p[2], p[3])
    let digammaR = digamma(r)
    var cachedX = -1.0
    var gammaTerm: [Double: SIMD2<Double>] = [:]
    for x in table.repeatPurchases where x != cachedX {
      cachedX = x
      gammaTerm[x] = [
        x == 0 ? 0 : logGammaRatio(r, plus: x), x == 0 ? 0 : digamma(r + x) - digammaR,
      ]
    }
    let terms = gammaTerm
    let (logAlpha, logBeta) = (log(alpha), log(beta))
    let sums = total(
      Parallel.chunks(count: table.cellCount, size: 1024, threads: threads) { range in
        var sum = SIMD8<Double>(repeating: 0)
        var x = -1.0
        var gamma = SIMD2<Double>(repeating: 0)
        for i in range {
          if table.repeatPurchases[i] != x {
            x = table.repeatPurchases[i]
            gamma = terms[x] ?? gamma
          }
          let n = table.counts[i]
          let age = table.customerAge[i]
          let last = table.lastPurchaseAge[i]
          let power = r + x
          let (a1, b1) = (alpha + age, beta + age)
          let (la, lb) = (log(a1), log(b1))
          var value = gamma[0] + r * logAlpha + s * logBeta - power * la - s * lb
          var dr = gamma[1] + logAlpha - la
          var dAlpha = r / alpha - power / a1
          var ds = logBeta - lb
          var dBeta = s / beta - s / b1
          if age > last {
            let integral = DepartureIntegral(
              alpha: alpha, beta: beta, s: s, power: power, from: last, to: age
            ).sums(weighted: true)
            let (ga, gb) = (
              log1p((age - last) / (alpha + last)), log1p((age - last) / (beta + last))
            )
            let odds = log(s * integral.mass) + power * ga + s * gb
            let left = logistic(odds)
            value += softplus(odds)
            // Derivatives of ln odds = ln s + ln ∫ (α+τ)^−power (β+τ)^−(s+1) + power ln a₁ + s ln b₁.
            dr += left * (ga - integral.logAlpha)
            dAlpha += left * power * (1 / a1 - integral.inverseAlpha)
            ds += left * (1 / s + gb - integral.logBeta)
            dBeta += left * (s / b1 - (s + 1) * integral.inverseBeta)
          }
          sum += n * SIMD8(value, dr, dAlpha, ds, dBeta, 0, 0, 0)
        }
        return sum
      })
    gradient[0] = r * sums[1]
    gradient[1] = alpha * sums[2]
    gradient[2] = s * sums[3]
    gradient[3] = beta * sums[4]
    return sums[0]
  }
}

/// Likelihood of plain NBD, for which the time of the last purchase does not matter.
struct NegativeBinomialLikelihood: LifetimeLikelihood {
  private var purchases: [Double] = []
  private var ages: [Double] = []
  private var counts: [Double] = []

  init(_ table: HistoryTable) {
    // Cells are in order of (x, T, t_x), so equal (x, T) are neighbours.
    for i in 0..<table.cellCount {
      if let last = purchases.last, last == table.repeatPurchases[i],
        ages[ages.count - 1] == table.customerAge[i]
      {
        counts[counts.count - 1] += table.counts[i]
      } else {
        purchases.append(table.repeatPurchases[i])
        ages.append(table.customerAge[i])
        counts.append(table.counts[i])
      }
    }
  }

  func evaluate(_ p: [Double], _ gradient: inout [Double]) -> Double {
    let (r, alpha) = (p[0], p[1])
    let digammaR = digamma(r)
    var value = 0.0
    var (dr, dAlpha) = (0.0, 0.0)
    for i in 0..<counts.count {
      let n = counts[i]
      let x = purchases[i]
      let age = alpha + ages[i]
      let growth = log(age / alpha)
      value += n * ((x == 0 ? 0 : logGammaRatio(r, plus: x)) - r * growth - x * log(age))
      dr += n * ((x == 0 ? 0 : digamma(r + x) - digammaR) - growth)
      dAlpha += n * (r / alpha - (r + x) / age)
    }
    gradient[0] = r * dr
    gradient[1] = alpha * dAlpha
    return value
  }
}
