import Foundation
import NumericalMethods

/// BG/NBD (Fader, Hardie & Lee 2005) or MBG/NBD (Batislam, Denizel & Filiztekin 2007).
///
/// While active a customer buys at a Poisson rate λ ~ Gamma(r, α); after each repeat purchase (MBG:
/// also after the first purchase) she leaves with probability p ~ Beta(a, b). Parameters are
/// positive, α in time units.
package struct BetaGeometricProcess: PurchaseProcess, Equatable {
  package let r: Double
  package let alpha: Double
  package let a: Double
  package let b: Double
  /// Chances to leave beyond the repeat purchases: 0 for BG/NBD, 1 for MBG/NBD.
  package let extraChances: Double

  package init(r: Double, alpha: Double, a: Double, b: Double, modified: Bool) {
    precondition(r > 0 && alpha > 0 && a > 0 && b > 0, "parameters must be positive")
    self.r = r
    self.alpha = alpha
    self.a = a
    self.b = b
    extraChances = modified ? 1 : 0
  }

  /// ln of the odds that the customer has left, −∞ where leaving was impossible (eq. 6 of the note on
  /// P(alive), Fader & Hardie 2008).
  private func logDepartureOdds(_ h: PurchaseHistory) -> Double {
    let chances = h.repeatPurchases + extraChances
    if chances == 0 { return -.infinity }
    let idle = h.customerAge - h.lastPurchaseAge
    return log(a / (b + chances - 1))
      + (r + h.repeatPurchases) * log1p(idle / (alpha + h.lastPurchaseAge))
  }

  package func timeScale(_ h: PurchaseHistory) -> Double { alpha + h.customerAge }

  package func logLikelihood(_ h: PurchaseHistory) -> Double {
    let x = h.repeatPurchases
    let chances = x + extraChances
    let buying =
      (x == 0 ? 0 : logGammaRatio(r, plus: x)) - r * log1p(h.customerAge / alpha)
      - x * log(alpha + h.customerAge)
    // B(a, b+n)/B(a, b) = Γ(b+n)Γ(a+b)/(Γ(b)Γ(a+b+n)).
    let staying = logGammaRatio(b, plus: chances) - logGammaRatio(a + b, plus: chances)
    return buying + staying + softplus(logDepartureOdds(h))
  }

  package func aliveProbability(_ h: PurchaseHistory) -> Double {
    logistic(-logDepartureOdds(h))
  }

  package func survivalIfAlive(_ h: PurchaseHistory, after time: Double) -> Double {
    if time == 0 { return 1 }
    let b1 = b + h.repeatPurchases + extraChances
    return min(
      1,
      exp(
        Hypergeometric.log2F1(
          r + h.repeatPurchases, a, a + b1, -time / (alpha + h.customerAge))))
  }

  /// E[(1 − e^{−λpt})/p] over λ ~ Gamma(r + x, α + T), p ~ Beta(a, b + n): eq. 10 of the paper,
  /// rearranged so that a = 1 is no special case and nothing cancels.
  package func expectedPurchasesIfAlive(_ h: PurchaseHistory, over time: Double) -> Double {
    if time == 0 { return 0 }
    let shape = r + h.repeatPurchases
    let b1 = b + h.repeatPurchases + extraChances
    let tau = time / (alpha + h.customerAge)
    let c = a + b1 - 1
    let delta = a - 1
    let growth = log1p(tau)
    let z = tau / (1 + tau)
    let main = c * growth * exponentialRatio(-delta * growth)
    var term = (c - shape) * z
    var sum = term
    var largest = abs(term)
    var k = 1.0
    var settled = term == 0
    while !settled && k < 4000 {
      let ratio = (c - shape + k) * (a + k - 1) / ((c + k) * (k + 1)) * z
      term *= ratio
      sum += term
      largest = max(largest, abs(term))
      k += 1
      let bound = max(abs(ratio), z)
      settled =
        term == 0
        || (bound < 1 && k > shape - c && abs(term) * bound < 1e-15 * abs(sum) * (1 - bound))
    }
    let factor = exp(-delta * growth)
    let value = main - factor * sum
    if settled && value.isFinite && value > 1e-5 * max(abs(main), factor * largest) {
      return value
    }
    // Terms of both signs cancelled. The paper's own form has positive terms only; it loses digits where
    // a is near 1 or the horizon short.
    if c > 0 && z < 0.97, let series = Hypergeometric.logSeries(shape, b1, c, z) {
      let value = -c / delta * expm1(series - shape * growth)
      if value.isFinite && value > 1e-4 * abs(c / delta) { return value }
    }
    return expectedPurchasesByIntegral(shape: shape, b1: b1, tau: tau)
  }

  /// The same expectation as an integral over logit p of a positive function; slower, always stable.
  func expectedPurchasesByIntegral(shape: Double, b1: Double, tau: Double) -> Double {
    let logAtZero = log(shape) + log(tau)
    let value = logIntegralOfPeak(near: log(a / b1)) { y in
      // ln p = −softplus(−y) keeps its precision where p itself underflows.
      let logP = -softplus(-y)
      let exponent = shape * log1p(exp(logP) * tau)
      let logGain = logP < -600 ? logAtZero : log(-expm1(-exponent)) - logP
      return a * y - (a + b1) * softplus(y) + logGain
    }
    return exp(value - logBeta(a, b1))
  }

  package func logCountProbabilityIfAlive(
    _ count: Int, _ h: PurchaseHistory, over time: Double
  ) -> Double {
    let shape = r + h.repeatPurchases
    let rate = alpha + h.customerAge
    let b1 = b + h.repeatPurchases + extraChances
    if time == 0 { return count == 0 ? 0 : -.infinity }
    let n = Double(count)
    // Stayed through all n (eq. 8, first term).
    let stayed =
      logGammaRatio(b1, plus: n) - logGammaRatio(a + b1, plus: n)
      + Distribution.logNegativeBinomial(n, shape: shape, rate: rate, time: time)
    if count == 0 { return stayed }
    // Left right after the n-th, which came in time (second term).
    let leftThen =
      log(a) - log(a + b1) + logGammaRatio(b1, plus: n - 1)
      - logGammaRatio(a + b1 + 1, plus: n - 1)
    let inTime = regularisedBeta(n, shape, time / (rate + time)).lower
    return inTime > 0 ? logAddExp(stayed, leftThen + log(inTime)) : stayed
  }
}
