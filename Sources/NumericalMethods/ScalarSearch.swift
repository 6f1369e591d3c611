import Foundation

/// A root of a continuous function inside a bracket whose ends differ in sign.
///
/// Brent's method (Brent 1973, ch. 4). If the ends agree in sign, the end with the smaller absolute
/// value is returned. `tolerance` is relative to the size of the root plus one.
package func brentRoot(
  in bracket: ClosedRange<Double>, tolerance: Double = 1e-13, _ function: (Double) -> Double
) -> Double {
  var a = bracket.lowerBound
  var b = bracket.upperBound
  var fa = function(a)
  var fb = function(b)
  if fa == 0 { return a }
  if fb == 0 || (fa < 0) == (fb < 0) { return abs(fa) < abs(fb) ? a : b }
  var c = a
  var fc = fa
  var d = b - a
  var e = d
  for _ in 0..<200 {
    if (fb < 0) == (fc < 0) {
      c = a
      fc = fa
      d = b - a
      e = d
    }
    if abs(fc) < abs(fb) {
      a = b
      b = c
      c = a
      fa = fb
      fb = fc
      fc = fa
    }
    let limit = 2 * 1.1e-16 * abs(b) + 0.5 * tolerance * (1 + abs(b))
    let half = (c - b) / 2
    if abs(half) <= limit || fb == 0 { return b }
    if abs(e) >= limit && abs(fa) > abs(fb) {
      let s = fb / fa
      var p: Double
      var q: Double
      if a == c {
        p = 2 * half * s
        q = 1 - s
      } else {
        let u = fa / fc
        let r = fb / fc
        p = s * (2 * half * u * (u - r) - (b - a) * (r - 1))
        q = (u - 1) * (r - 1) * (s - 1)
      }
      if p > 0 { q = -q } else { p = -p }
      if 2 * p < min(3 * half * q - abs(limit * q), abs(e * q)) {
        e = d
        d = p / q
      } else {
        d = half
        e = half
      }
    } else {
      d = half
      e = half
    }
    a = b
    fa = fb
    b += abs(d) > limit ? d : (half > 0 ? limit : -limit)
    fb = function(b)
  }
  return b
}

/// The place of a minimum of a function that is unimodal in an interval, by golden section.
///
/// Precision about 1e-8 of the interval, as far as function values can tell.
package func goldenMinimum(
  in interval: ClosedRange<Double>, tolerance: Double = 1e-9, _ function: (Double) -> Double
) -> Double {
  let ratio = (5.0.squareRoot() - 1) / 2
  var a = interval.lowerBound
  var b = interval.upperBound
  let width = b - a
  var c = b - ratio * (b - a)
  var d = a + ratio * (b - a)
  var fc = function(c)
  var fd = function(d)
  while b - a > tolerance * max(width, 1e-300) {
    if fc <= fd {
      b = d
      d = c
      fd = fc
      c = b - ratio * (b - a)
      fc = function(c)
    } else {
      a = c
      c = d
      fc = fd
      d = a + ratio * (b - a)
      fd = function(d)
    }
  }
  return (a + b) / 2
}
