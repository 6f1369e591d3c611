import Foundation
import NumericalMethods

/// Pareto/NBD (Schmittlein, Morrison & Colombo 1987).
///
/// While active a customer buys at a Poisson rate λ ~ Gamma(r, α) and leaves at a rate
/// μ ~ Gamma(s, β). Parameters are positive, α and β in time units.
package struct ParetoProcess: PurchaseProcess, Equatable {
  package let r: Double
  package let alpha: Double
  package let s: Double
  package let beta: Double

  package init(r: Double, alpha: Double, s: Double, beta: Double) {
    precondition(r > 0 && alpha > 0 && s > 0 && beta > 0, "parameters must be positive")
    self.r = r
    self.alpha = alpha
    self.s = s
    self.beta = beta
  }

  /// ln of the odds that the customer has left.
  private func logDepartureOdds(_ h: PurchaseHistory) -> Double {
    let idle = h.customerAge - h.lastPurchaseAge
    if idle <= 0 { return -.infinity }
    let power = r + h.repeatPurchases
    let integral = DepartureIntegral(
      alpha: alpha, beta: beta, s: s, power: power, from: h.lastPurchaseAge, to: h.customerAge
    ).sums(weighted: false)
    return log(s) + log(integral.mass)
      + power * log1p(idle / (alpha + h.lastPurchaseAge))
      + s * log1p(idle / (beta + h.lastPurchaseAge))
  }

  package func timeScale(_ h: PurchaseHistory) -> Double { min(alpha, beta) + h.customerAge }

  package func logLikelihood(_ h: PurchaseHistory) -> Double {
    let x = h.repeatPurchases
    return (x == 0 ? 0 : logGammaRatio(r, plus: x)) - r * log1p(h.customerAge / alpha)
      - x * log(alpha + h.customerAge) - s * log1p(h.customerAge / beta)
      + softplus(logDepartureOdds(h))
  }

  package func aliveProbability(_ h: PurchaseHistory) -> Double {
    logistic(-logDepartureOdds(h))
  }

  package func survivalIfAlive(_ h: PurchaseHistory, after time: Double) -> Double {
    exp(-s * log1p(time / (beta + h.customerAge)))
  }

  /// (r + x)(β + T)/((α + T)(s − 1)) · [1 − ((β + T)/(β + T + t))^{s−1}], continuous at s = 1.
  package func expectedPurchasesIfAlive(_ h: PurchaseHistory, over time: Double) -> Double {
    let b1 = beta + h.customerAge
    let growth = log1p(time / b1)
    return (r + h.repeatPurchases) * b1 / (alpha + h.customerAge) * growth
      * exponentialRatio((1 - s) * growth)
  }

  package func logCountProbabilityIfAlive(
    _ count: Int, _ h: PurchaseHistory, over time: Double
  ) -> Double {
    if time == 0 { return count == 0 ? 0 : -.infinity }
    let shape = r + h.repeatPurchases
    let rate = alpha + h.customerAge
    let b1 = beta + h.customerAge
    let n = Double(count)
    let end = log1p(time / b1)
    let atEnd = Distribution.logNegativeBinomial(n, shape: shape, rate: rate, time: time)
    // Left at time β₁(e^v − 1), after exactly n purchases; scaled by the largest value seen.
    func log(atLeaving v: Double) -> Double {
      Distribution.logNegativeBinomial(n, shape: shape, rate: rate, time: b1 * expm1(v)) - s * v
    }
    let peak = (0...32).map { log(atLeaving: end * Double($0) / 32) }.max() ?? atEnd
    if peak == -.infinity { return atEnd - s * end }
    let left = adaptiveIntegral(from: 0, to: end, relativeTolerance: 1e-12) { v in
      exp(log(atLeaving: v) - peak)
    }
    let stayed = atEnd - s * end
    return left > 0 ? logAddExp(stayed, peak + Foundation.log(s * left)) : stayed
  }

  /// DERT in closed form by Tricomi's function (Fader, Hardie & Lee 2005b, eq. 2).
  package func discountedResidualPurchasesClosedForm(
    _ h: PurchaseHistory, rate: Double
  ) -> Double {
    let b1 = beta + h.customerAge
    return aliveProbability(h) * (r + h.repeatPurchases) / (alpha + h.customerAge) * b1
      * exp((s - 1) * log(rate * b1) + Hypergeometric.logTricomi(s, s, rate * b1))
  }
}

/// ∫ over the time τ of leaving, t_x to T, of (α+τ)^{−(r+x)} (β+τ)^{−(s+1)}, relative to its start.
///
/// Gauss–Legendre panels in u = ln((m+τ)/(m+t_x)), m = min(α, β): there all singularities are π away
/// from the real line, so 16 nodes per panel give rounding accuracy. This replaces the difference of
/// two hypergeometric functions in the papers, which cancels where t_x is near T.
struct DepartureIntegral {
  struct Sums {
    /// ∫ ρ(τ) dτ / (β + t_x), where ρ(t_x) = 1.
    var mass = 0.0
    /// Means under ρ of ln((α+τ)/(α+t_x)), 1/(α+τ), ln((β+τ)/(β+t_x)), 1/(β+τ).
    var logAlpha = 0.0
    var inverseAlpha = 0.0
    var logBeta = 0.0
    var inverseBeta = 0.0
  }

  private static let rule = GaussLegendre(16)

  let alpha: Double
  let beta: Double
  let s: Double
  /// r + x.
  let power: Double
  let from: Double
  let to: Double

  func sums(weighted: Bool) -> Sums {
    let a0 = alpha + from
    let b0 = beta + from
    let alphaIsSmaller = alpha <= beta
    let m0 = alphaIsSmaller ? a0 : b0
    let other0 = alphaIsSmaller ? b0 : a0
    let ratio = m0 / other0
    let smallPower = alphaIsSmaller ? power : s + 1
    let otherPower = alphaIsSmaller ? s + 1 : power
    let end = log1p((to - from) / m0)
    var result = Sums()
    var u = 0.0
    Self.rule.nodes.withUnsafeBufferPointer { nodes in
      Self.rule.weights.withUnsafeBufferPointer { weights in
        while u < end {
          let local = smallPower + otherPower * ratio * exp(u) / (1 + ratio * expm1(u))
          var width = min(2, 8 / local)
          if otherPower * ratio * exp(u + width) / (1 + ratio * expm1(u + width)) * width > 12 {
            width /= 4
          }
          width = min(width, end - u)
          let half = width / 2
          let before = result.mass
          for i in 0..<nodes.count {
            let v = u + half * (1 + nodes[i])
            let gain = expm1(v)
            let otherLog = log1p(ratio * gain)
            let f = weights[i] * half * exp(v - smallPower * v - otherPower * otherLog)
            result.mass += f
            if weighted {
              let small = f / (m0 * (1 + gain))
              let large = f / (other0 * (1 + ratio * gain))
              result.logAlpha += f * (alphaIsSmaller ? v : otherLog)
              result.logBeta += f * (alphaIsSmaller ? otherLog : v)
              result.inverseAlpha += alphaIsSmaller ? small : large
              result.inverseBeta += alphaIsSmaller ? large : small
            }
          }
          u += width
          // The integrand falls from here on once its panels do.
          if result.mass - before < 1e-17 * result.mass { break }
        }
      }
    }
    if weighted && result.mass > 0 {
      result.logAlpha /= result.mass
      result.logBeta /= result.mass
      result.inverseAlpha /= result.mass
      result.inverseBeta /= result.mass
    }
    result.mass *= m0 / b0
    return result
  }
}
