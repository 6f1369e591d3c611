import Foundation

/// Gauss–Legendre nodes and weights on −1…1; exact for polynomials up to degree 2n − 1.
package struct GaussLegendre: Sendable {
  package let nodes: [Double]
  package let weights: [Double]

  /// Computes the rule with n ≥ 1 nodes by Newton steps on the Legendre polynomial.
  package init(_ n: Int) {
    precondition(n >= 1, "a quadrature rule needs a node")
    var x = [Double](repeating: 0, count: n)
    var w = x
    for i in 0..<(n + 1) / 2 {
      var z = cos(Double.pi * (Double(i) + 0.75) / (Double(n) + 0.5))
      var slope = 0.0
      for _ in 0..<100 {
        var p0 = 1.0
        var p1 = 0.0
        for k in 1...n {
          let p2 = p1
          p1 = p0
          p0 = (Double(2 * k - 1) * z * p1 - Double(k - 1) * p2) / Double(k)
        }
        slope = Double(n) * (z * p0 - p1) / (z * z - 1)
        let step = p0 / slope
        z -= step
        if abs(step) < 1e-16 { break }
      }
      x[i] = -z
      x[n - 1 - i] = z
      w[i] = 2 / ((1 - z * z) * slope * slope)
      w[n - 1 - i] = w[i]
    }
    if n % 2 == 1 { x[n / 2] = 0 }
    nodes = x
    weights = w
  }

  /// ∫ f over an interval.
  package func integrate(from a: Double, to b: Double, _ f: (Double) -> Double) -> Double {
    let half = (b - a) / 2
    let middle = (a + b) / 2
    var sum = 0.0
    for i in 0..<nodes.count { sum += weights[i] * f(middle + half * nodes[i]) }
    return sum * half
  }
}

/// ∫ f over a finite interval by bisection with 15-node rules until the requested precision.
///
/// The error of a piece is judged against its two halves.
package func adaptiveIntegral(
  from a: Double, to b: Double, relativeTolerance: Double = 1e-11, absoluteTolerance: Double = 0,
  _ f: (Double) -> Double
) -> Double {
  let rule = GaussLegendre(15)
  func refine(_ a: Double, _ b: Double, _ whole: Double, _ scale: Double, _ depth: Int) -> Double {
    let middle = (a + b) / 2
    let left = rule.integrate(from: a, to: middle, f)
    let right = rule.integrate(from: middle, to: b, f)
    let sum = left + right
    let reference = max(scale, abs(sum))
    if depth == 0 || abs(sum - whole) <= max(absoluteTolerance, relativeTolerance * reference) {
      return sum
    }
    return refine(a, middle, left, reference, depth - 1)
      + refine(middle, b, right, reference, depth - 1)
  }
  let whole = rule.integrate(from: a, to: b, f)
  return refine(a, b, whole, abs(whole), 48)
}

/// ln ∫ exp(g(y)) dy over the real line for a smooth g with one maximum and falling tails.
///
/// Trapezoidal rule after the substitution y = mode + width · sinh u, whose error falls
/// exponentially with the number of points, also for one-sided tails as slow as e^{−|y|/10⁶}
/// (Takahasi & Mori 1974). About 1e-13 of the integral; a few hundred evaluations.
package func logIntegralOfPeak(near start: Double = 0, _ g: (Double) -> Double) -> Double {
  // Bracket the mode by doubling steps, then golden section.
  var step = 1.0
  var center = start
  var value = g(center)
  var low = center - step
  var high = center + step
  for _ in 0..<200 {
    let left = g(low)
    let right = g(high)
    if value >= left && value >= right { break }
    if right > left {
      low = center
      center = high
      value = right
      step *= 2
      high = center + step
    } else {
      high = center
      center = low
      value = left
      step *= 2
      low = center - step
    }
  }
  let mode = goldenMinimum(in: low...high, tolerance: 1e-10) { -g($0) }
  let peak = g(mode)
  // The width at which the integrand has fallen by e on the nearer side.
  var width = 1e-9
  while width < 2 && peak - g(mode + width) < 1 && peak - g(mode - width) < 1 { width *= 1.5 }
  func term(_ u: Double) -> Double {
    let e = g(mode + width * sinh(u)) - peak
    return e < -745 ? 0 : exp(e) * cosh(u)
  }
  func sweep(offset: Double, h: Double) -> Double {
    var sum = 0.0
    var u = offset
    while u < 40 {
      let t = term(u)
      sum += t
      if t < 1e-18 * sum && u > 1 { break }
      u += h
    }
    u = offset - h
    while u > -40 {
      let t = term(u)
      sum += t
      if t < 1e-18 * sum && u < -1 { break }
      u -= h
    }
    return sum
  }
  var h = 0.25
  var total = sweep(offset: 0, h: h)
  for _ in 0..<8 {
    let finer = total + sweep(offset: h / 2, h: h)
    h /= 2
    let change = abs(finer - 2 * total)
    total = finer
    if change <= 1e-14 * finer { break }
  }
  return peak + log(total * h * width)
}
