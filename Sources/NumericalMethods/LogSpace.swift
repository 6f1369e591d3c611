import Foundation

/// ln(eᵃ + eᵇ) without overflow; −∞ stands for 0.
package func logAddExp(_ a: Double, _ b: Double) -> Double {
  let high = max(a, b)
  let low = min(a, b)
  if high == -.infinity { return high }
  return high + log1p(exp(low - high))
}

/// ln(eᵃ − eᵇ) for a ≥ b; −∞ where they are equal.
package func logSubtractExp(_ a: Double, _ b: Double) -> Double {
  precondition(a >= b, "difference of exponentials would be negative")
  if b == -.infinity { return a }
  let gap = b - a
  return a + (gap > -0.6931471805599453 ? log(-expm1(gap)) : log1p(-exp(gap)))
}

/// ln Σ exp(v); −∞ for no values.
package func logSumExp(_ values: [Double]) -> Double {
  guard let high = values.max(), high > -.infinity else { return -.infinity }
  return high + log(values.reduce(0) { $0 + exp($1 - high) })
}

/// ln(1 + eˣ), exact in both tails.
package func softplus(_ x: Double) -> Double {
  x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))
}

/// 1 / (1 + e⁻ˣ), exact in both tails.
package func logistic(_ x: Double) -> Double {
  if x >= 0 { return 1 / (1 + exp(-x)) }
  let e = exp(x)
  return e / (1 + e)
}

/// (eˣ − 1) / x, with its limit 1 at 0.
package func exponentialRatio(_ x: Double) -> Double {
  abs(x) < 1e-290 ? 1 : expm1(x) / x
}
