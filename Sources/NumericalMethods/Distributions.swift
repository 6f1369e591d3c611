import Foundation

/// Cumulative distribution functions and quantiles.
///
/// Probabilities are in 0…1. `upper` gives the complement without cancellation, for p-values.
package enum Distribution {
  /// P(Z ≤ z) for a standard normal.
  package static func normalCDF(_ z: Double) -> Double { 0.5 * erfc(-z * 0.5.squareRoot()) }

  /// P(Z > z) for a standard normal.
  package static func normalUpper(_ z: Double) -> Double { 0.5 * erfc(z * 0.5.squareRoot()) }

  /// The z with P(Z ≤ z) = p; ±∞ at 1 and 0.
  ///
  /// Start from Abramowitz & Stegun 26.2.23, then Halley steps on the lower tail.
  package static func normalQuantile(_ p: Double) -> Double {
    precondition(p >= 0 && p <= 1, "probability outside 0…1")
    if p == 0 { return -.infinity }
    if p == 1 { return .infinity }
    if p == 0.5 { return 0 }
    let tail = min(p, 1 - p)
    let t = (-2 * log(tail)).squareRoot()
    var z =
      -(t - (2.515517 + t * (0.802853 + t * 0.010328))
        / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))))
    for _ in 0..<4 {
      let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      if density == 0 { break }
      let error = (normalCDF(z) - tail) / density
      let step = error / (1 + z * error / 2)
      z -= step
      if abs(step) < 1e-15 * abs(z) { break }
    }
    return p < 0.5 ? z : -z
  }

  /// P(X > x) for χ² with the given degrees of freedom.
  package static func chiSquareUpper(_ x: Double, degrees: Double) -> Double {
    x <= 0 ? 1 : regularisedGamma(degrees / 2, x / 2).upper
  }

  /// P(X ≤ x) for χ² with the given degrees of freedom.
  package static func chiSquareCDF(_ x: Double, degrees: Double) -> Double {
    x <= 0 ? 0 : regularisedGamma(degrees / 2, x / 2).lower
  }

  /// The χ² value below which lies probability p < 1.
  package static func chiSquareQuantile(_ p: Double, degrees: Double) -> Double {
    2 * gammaQuantile(p, shape: degrees / 2)
  }

  /// The value below which lies probability p of a gamma variable with scale 1.
  package static func gammaQuantile(_ p: Double, shape: Double) -> Double {
    precondition(p >= 0 && p < 1 && shape > 0, "gamma quantile outside its domain")
    if p == 0 { return 0 }
    return positiveQuantile(start: max(shape, 1e-3)) { x in
      let both = regularisedGamma(shape, x)
      return p < 0.5 ? both.lower - p : (1 - p) - both.upper
    }
  }

  /// P(F > f) for Fisher's F.
  package static func fUpper(_ f: Double, numerator d1: Double, denominator d2: Double) -> Double {
    f <= 0 ? 1 : regularisedBeta(d2 / 2, d1 / 2, d2 / (d2 + d1 * f)).lower
  }

  /// P(T ≤ t) for Student's t.
  package static func studentCDF(_ t: Double, degrees: Double) -> Double {
    let tail = 0.5 * regularisedBeta(degrees / 2, 0.5, degrees / (degrees + t * t)).lower
    return t > 0 ? 1 - tail : tail
  }

  /// P(|T| > |t|) for Student's t.
  package static func studentTwoSided(_ t: Double, degrees: Double) -> Double {
    regularisedBeta(degrees / 2, 0.5, degrees / (degrees + t * t)).lower
  }

  /// The t below which lies probability p, 0 < p < 1.
  package static func studentQuantile(_ p: Double, degrees: Double) -> Double {
    precondition(p > 0 && p < 1, "probability outside 0…1")
    if p == 0.5 { return 0 }
    let tail = min(p, 1 - p)
    let t = positiveQuantile(start: 1) { tail * 2 - studentTwoSided($0, degrees: degrees) }
    return p < 0.5 ? -t : t
  }

  /// The F value below which lies probability p, 0 ≤ p < 1.
  package static func fQuantile(
    _ p: Double, numerator d1: Double, denominator d2: Double
  ) -> Double {
    precondition(p >= 0 && p < 1, "probability outside 0…1")
    if p == 0 { return 0 }
    return positiveQuantile(start: 1) { (1 - p) - fUpper($0, numerator: d1, denominator: d2) }
  }

  /// The value below which lies probability p of a Beta(a, b) variable.
  package static func betaQuantile(_ p: Double, _ a: Double, _ b: Double) -> Double {
    precondition(p >= 0 && p <= 1, "probability outside 0…1")
    if p == 0 || p == 1 { return p }
    // On the odds scale the search never leaves 0…1.
    let odds = positiveQuantile(start: a / b) { u in
      let both = regularisedBeta(a, b, u / (1 + u))
      return p < 0.5 ? both.lower - p : (1 - p) - both.upper
    }
    return odds / (1 + odds)
  }

  /// ln of the negative binomial probability of `count` events: gamma(shape, rate)-mixed Poisson
  /// counts over `time`.
  package static func logNegativeBinomial(
    _ count: Double, shape: Double, rate: Double, time: Double
  ) -> Double {
    if time == 0 { return count == 0 ? 0 : -.infinity }
    if count == 0 { return -shape * log1p(time / rate) }
    let total = rate + time
    return logBetaKernel(shape, count, rate / total, time / total) - log(count)
  }

  /// Root over x > 0 of an increasing function, searched on the log scale.
  private static func positiveQuantile(
    start: Double, _ function: (Double) -> Double
  ) -> Double {
    var low = log(start)
    var high = low
    while function(exp(low)) > 0 && low > -740 { low -= 1 + abs(low) * 0.1 }
    while function(exp(high)) < 0 && high < 700 { high += 1 + abs(high) * 0.1 }
    return exp(brentRoot(in: low...max(low, high), tolerance: 1e-15) { function(exp($0)) })
  }
}
