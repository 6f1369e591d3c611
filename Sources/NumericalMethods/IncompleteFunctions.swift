import Foundation

/// x − ln(1 + x) for x > −1 without cancellation near 0.
func linearMinusLog1p(_ x: Double) -> Double {
  if abs(x) > 0.25 { return x - log1p(x) }
  // With y = x/(2+x), ln(1+x) = 2·atanh(y); the first-order terms cancel analytically.
  let y = x / (2 + x)
  let y2 = y * y
  var term = 2 * y * y2
  var sum = 0.0
  var k = 3.0
  while abs(term) > 1e-18 * abs(x) * abs(x) {
    sum += term / k
    term *= y2
    k += 2
    if k > 60 { break }
  }
  return x * y - sum
}

/// ln(xᵃ e⁻ˣ / Γ(a + 1)), the Poisson kernel, accurate for large a near x.
func logPoissonKernel(_ a: Double, _ x: Double) -> Double {
  if a < 8 { return a * log(x) - x - lgamma(a + 1) }
  return -a * linearMinusLog1p((x - a) / a) - stirlingRemainder(a) - 0.5 * log(2 * Double.pi * a)
}

/// The regularised incomplete gamma functions P(a, x) and Q(a, x) = 1 − P for a > 0, x ≥ 0.
///
/// Series below a + 1, continued fraction above (DLMF 8.7.1, 8.9.2); the smaller of the two is
/// computed, so neither loses relative precision in its tail.
package func regularisedGamma(_ a: Double, _ x: Double) -> (lower: Double, upper: Double) {
  precondition(a > 0 && x >= 0, "regularisedGamma outside its domain")
  if x == 0 { return (0, 1) }
  if x == .infinity { return (1, 0) }
  let kernel = exp(logPoissonKernel(a, x))
  if x < a + 1 {
    var sum = 1.0
    var term = 1.0
    var denominator = a
    repeat {
      denominator += 1
      term *= x / denominator
      sum += term
    } while term > sum * 1e-17
    let p = min(1, kernel * sum)
    return (p, 1 - p)
  }
  var b = x + 1 - a
  var c = 1e300
  var d = 1 / b
  var h = d
  for i in 1...1_000_000 {
    let an = -Double(i) * (Double(i) - a)
    b += 2
    d = an * d + b
    if abs(d) < 1e-300 { d = 1e-300 }
    c = b + an / c
    if abs(c) < 1e-300 { c = 1e-300 }
    d = 1 / d
    let delta = d * c
    h *= delta
    if abs(delta - 1) < 1e-16 { break }
  }
  let q = min(1, kernel * a * h)
  return (1 - q, q)
}

/// ln(xᵃ yᵇ / B(a, b)) with y = 1 − x, accurate for large a and b near the mode.
func logBetaKernel(_ a: Double, _ b: Double, _ x: Double, _ y: Double) -> Double {
  if a < 8 || b < 8 {
    let logX = x < 0.5 ? log(x) : log1p(-y)
    let logY = y < 0.5 ? log(y) : log1p(-x)
    return a * logX + b * logY - logBeta(a, b)
  }
  let sum = a + b
  let d = x < 0.5 ? x - a / sum : b / sum - y
  let deviance =
    a * linearMinusLog1p(d * sum / a) + b * linearMinusLog1p(-d * sum / b)
  return -deviance - stirlingRemainder(a) - stirlingRemainder(b) + stirlingRemainder(sum)
    + 0.5 * log(a * b / (2 * Double.pi * sum))
}

/// The regularised incomplete beta function I_x(a, b) and its complement, for a, b > 0, 0 ≤ x ≤ 1.
///
/// Continued fraction DLMF 8.17.22 on the side where it converges fast; its cost grows with √max(a, b).
package func regularisedBeta(
  _ a: Double, _ b: Double, _ x: Double
) -> (lower: Double, upper: Double) {
  precondition(a > 0 && b > 0 && x >= 0 && x <= 1, "regularisedBeta outside its domain")
  if x == 0 { return (0, 1) }
  if x == 1 { return (1, 0) }
  if x > (a + 1) / (a + b + 2) {
    let tail = betaContinuedFraction(b, a, 1 - x)
    return (1 - tail, tail)
  }
  let tail = betaContinuedFraction(a, b, x)
  return (tail, 1 - tail)
}

private func betaContinuedFraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
  if x == 0 { return 0 }
  var c = 1.0
  var d = 1 - (a + b) * x / (a + 1)
  if abs(d) < 1e-300 { d = 1e-300 }
  d = 1 / d
  var h = d
  for i in 1...1_000_000 {
    let m = Double(i)
    let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 + even * d
    if abs(d) < 1e-300 { d = 1e-300 }
    c = 1 + even / c
    if abs(c) < 1e-300 { c = 1e-300 }
    d = 1 / d
    h *= d * c
    let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 + odd * d
    if abs(d) < 1e-300 { d = 1e-300 }
    c = 1 + odd / c
    if abs(c) < 1e-300 { c = 1e-300 }
    d = 1 / d
    let delta = d * c
    h *= delta
    if abs(delta - 1) < 1e-16 { break }
  }
  return min(1, exp(logBetaKernel(a, b, x, 1 - x)) * h / a)
}
