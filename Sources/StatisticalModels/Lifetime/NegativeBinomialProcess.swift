import Foundation
import NumericalMethods

/// Plain NBD (Ehrenberg 1959): Poisson purchases at a rate λ ~ Gamma(r, α), and nobody ever leaves.
///
/// The yardstick that a model of leaving must beat. α in time units.
package struct NegativeBinomialProcess: PurchaseProcess, Equatable {
  package let r: Double
  package let alpha: Double

  package init(r: Double, alpha: Double) {
    precondition(r > 0 && alpha > 0, "parameters must be positive")
    self.r = r
    self.alpha = alpha
  }

  package func timeScale(_ h: PurchaseHistory) -> Double { alpha + h.customerAge }

  package func logLikelihood(_ h: PurchaseHistory) -> Double {
    let x = h.repeatPurchases
    return (x == 0 ? 0 : logGammaRatio(r, plus: x)) - r * log1p(h.customerAge / alpha)
      - x * log(alpha + h.customerAge)
  }

  package func aliveProbability(_ h: PurchaseHistory) -> Double { 1 }

  package func survivalIfAlive(_ h: PurchaseHistory, after time: Double) -> Double { 1 }

  package func expectedPurchasesIfAlive(_ h: PurchaseHistory, over time: Double) -> Double {
    (r + h.repeatPurchases) / (alpha + h.customerAge) * time
  }

  package func logCountProbabilityIfAlive(
    _ count: Int, _ h: PurchaseHistory, over time: Double
  ) -> Double {
    Distribution.logNegativeBinomial(
      Double(count), shape: r + h.repeatPurchases, rate: alpha + h.customerAge, time: time)
  }
}
