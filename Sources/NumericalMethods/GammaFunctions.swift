import Foundation

/// Stirling's remainder ln Γ(x) − [(x − ½) ln x − x + ½ ln 2π], for x ≥ 8.
///
/// Abramowitz & Stegun 6.1.41; relative error of the value below 1e-15.
func stirlingRemainder(_ x: Double) -> Double {
  let i = 1 / x
  let i2 = i * i
  return i
    * (1.0 / 12
      + i2
      * (-1.0 / 360
        + i2
        * (1.0 / 1260
          + i2
          * (-1.0 / 1680
            + i2
            * (1.0 / 1188
              + i2 * (-691.0 / 360_360 + i2 * (1.0 / 156 + i2 * (-3617.0 / 122_400))))))))
}

/// ln Γ(x) for x > 0.
package func logGamma(_ x: Double) -> Double {
  precondition(x > 0, "logGamma needs a positive argument")
  return lgamma(x)
}

/// ψ(x) = d ln Γ(x) / dx for x > 0.
///
/// Recurrence to x ≥ 8, then the asymptotic series (Abramowitz & Stegun 6.3.18).
package func digamma(_ x: Double) -> Double {
  precondition(x > 0, "digamma needs a positive argument")
  var shift = 0.0
  var y = x
  while y < 8 {
    shift -= 1 / y
    y += 1
  }
  let i2 = 1 / (y * y)
  let series =
    i2
    * (1.0 / 12
      - i2
      * (1.0 / 120
        - i2
        * (1.0 / 252
          - i2
          * (1.0 / 240
            - i2
            * (1.0 / 132 - i2 * (691.0 / 32_760 - i2 * (1.0 / 12 - i2 * 3617.0 / 8160)))))))
  return shift + log(y) - 0.5 / y - series
}

/// ψ′(x) for x > 0 (Abramowitz & Stegun 6.4.12).
package func trigamma(_ x: Double) -> Double {
  precondition(x > 0, "trigamma needs a positive argument")
  var shift = 0.0
  var y = x
  while y < 10 {
    shift += 1 / (y * y)
    y += 1
  }
  let i = 1 / y
  let i2 = i * i
  let series =
    1.0 / 6
    - i2 * (1.0 / 30 - i2 * (1.0 / 42 - i2 * (1.0 / 30 - i2 * (5.0 / 66 - i2 * 691.0 / 2730))))
  return shift + i + i2 / 2 + i2 * i * series
}

/// ln Γ(x + h) − ln Γ(x) for x > 0, x + h > 0, without cancellation where x is large.
package func logGammaRatio(_ x: Double, plus h: Double) -> Double {
  let y = x + h
  precondition(x > 0 && y > 0, "logGammaRatio needs positive arguments")
  if x < 10 || y < 10 { return lgamma(y) - lgamma(x) }
  return h * log(y) - h + (x - 0.5) * log1p(h / x) + stirlingRemainder(y) - stirlingRemainder(x)
}

/// ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b) for a, b > 0, accurate for very unequal arguments.
package func logBeta(_ a: Double, _ b: Double) -> Double {
  precondition(a > 0 && b > 0, "logBeta needs positive arguments")
  let small = min(a, b)
  let large = max(a, b)
  if large < 10 { return lgamma(small) + lgamma(large) - lgamma(small + large) }
  let sum = small + large
  if small < 10 {
    return lgamma(small) - logGammaRatio(large, plus: small)
  }
  let correction =
    stirlingRemainder(small) + stirlingRemainder(large) - stirlingRemainder(sum)
  return 0.5 * log(2 * Double.pi / small) + correction
    + small * log(small / sum) + (large - 0.5) * log1p(-small / sum)
}

/// ln of the binomial coefficient «n over k» for 0 ≤ k ≤ n, n not necessarily an integer.
package func logBinomial(_ n: Double, _ k: Double) -> Double {
  precondition(k >= 0 && k <= n, "binomial coefficient outside its range")
  if k == 0 || k == n { return 0 }
  return -log(n + 1) - logBeta(n - k + 1, k + 1)
}
