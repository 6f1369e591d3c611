import Foundation

/// Gauss's hypergeometric function in log space.
package enum Hypergeometric {
  /// ln ₂F₁(a, b; c; z) for z < 1, c > 0, where the function is positive: c > b > 0, or c > a > 0, or
  /// a, b ≥ 0 with z ≥ 0.
  ///
  /// Power series directly or after Pfaff's and Euler's transformations (DLMF 15.8.1), whichever has
  /// no cancellation; where all converge slowly, Euler's integral (DLMF 15.6.1). Relative error of
  /// the function about 1e-12 for parameters up to 10⁵.
  package static func log2F1(_ a: Double, _ b: Double, _ c: Double, _ z: Double) -> Double {
    precondition(c > 0 && z < 1, "log2F1 outside its domain")
    if z == 0 || a == 0 || b == 0 { return 0 }
    // For z < 0 Pfaff's transformation leads to an argument in 0…1; the two forms it can take are
    // Euler transforms of each other, like the two forms for z > 0.
    let w = z < 0 ? z / (z - 1) : z
    let first = (a: a, b: z < 0 ? c - b : b, factor: z < 0 ? -a * log1p(-z) : 0)
    let second = (
      a: c - a, b: z < 0 ? b : c - b, factor: (z < 0 ? -b : c - a - b) * log1p(-z)
    )
    let firstIsSmaller = abs(first.a) + abs(first.b) <= abs(second.a) + abs(second.b)
    for form in firstIsSmaller ? [first, second] : [second, first] {
      if let sum = logSeries(form.a, form.b, c, w) { return form.factor + sum }
    }
    if c > b && b > 0 { return logEulerIntegral(a, b, c, z) }
    if c > a && a > 0 { return logEulerIntegral(b, a, c, z) }
    // Neither integral exists: the exact but slow series remains.
    return first.factor + (logSeries(first.a, first.b, c, w, limit: 50_000_000) ?? 0)
  }

  /// ln Σ (a)ₖ (b)ₖ zᵏ / ((c)ₖ k!) or nil where it converges slowly or cancels.
  package static func logSeries(
    _ a: Double, _ b: Double, _ c: Double, _ z: Double, limit: Int = 3000
  ) -> Double? {
    var sum = 1.0
    var term = 1.0
    var largest = 1.0
    var scale = 0.0
    for i in 0..<limit {
      let k = Double(i)
      let ratio = (a + k) * (b + k) / ((c + k) * (k + 1)) * z
      term *= ratio
      if term == 0 { return sum > 0 && largest < 1e3 * sum ? scale + log(sum) : nil }
      sum += term
      let size = abs(term)
      largest = max(largest, size)
      if size > 1e250 {
        term *= 1e-250
        sum *= 1e-250
        largest *= 1e-250
        scale += 250 * 2.302585092994045684
      }
      // The ratios tend to z; once past the turning points the rest is at most a geometric tail.
      let bound = max(abs(ratio), z)
      if bound < 1 && k > -a && k > -b && size * bound < 1e-17 * abs(sum) * (1 - bound) {
        return sum > 0 && largest < 1e3 * sum ? scale + log(sum) : nil
      }
    }
    return nil
  }

  /// ln ₂F₁ by Euler's integral over the logit scale; needs c > b > 0 and z < 1.
  package static func logEulerIntegral(
    _ a: Double, _ b: Double, _ c: Double, _ z: Double
  ) -> Double {
    let slope = 1 - z
    return logIntegralOfPeak { y in
      // With p = logistic(y): p^b (1−p)^(c−b) (1−zp)^(−a), grouped so that nothing cancels.
      let tail = y > 0 ? y + log(slope + exp(-y)) : log1p(slope * exp(y))
      return b * y - (c - a) * softplus(y) - a * tail
    } - logBeta(b, c - b)
  }

  /// ln U(a, b, z), Tricomi's confluent function, for a, z > 0 (DLMF 13.4.4).
  package static func logTricomi(_ a: Double, _ b: Double, _ z: Double) -> Double {
    precondition(a > 0 && z > 0, "logTricomi outside its domain")
    return logIntegralOfPeak(near: log(a / z)) { y in
      a * y - z * exp(y) + (b - a - 1) * softplus(y)
    } - logGamma(a)
  }
}
