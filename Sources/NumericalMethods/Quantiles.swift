import Foundation

/// Order statistics and moments.
package enum Statistics {
  /// The quantile of values in increasing order by R's type 7: linear between order statistics at
  /// position (n − 1) p. `p` in 0…1; needs a value.
  package static func quantile(sorted values: [Double], _ p: Double) -> Double {
    precondition(!values.isEmpty && p >= 0 && p <= 1, "quantile outside its domain")
    let position = Double(values.count - 1) * p
    let below = Int(position.rounded(.down))
    if below + 1 >= values.count { return values[values.count - 1] }
    let fraction = position - Double(below)
    let low = values[below]
    let high = values[below + 1]
    if low == high || fraction == 0 { return low }
    // Weighting both ends avoids overflow of the difference.
    return low * (1 - fraction) + high * fraction
  }

  /// Type-7 quantiles of values in any order.
  package static func quantiles(_ values: [Double], _ probabilities: [Double]) -> [Double] {
    let sorted = values.sorted()
    return probabilities.map { quantile(sorted: sorted, $0) }
  }

  /// The median; needs a value.
  package static func median(_ values: [Double]) -> Double { quantiles(values, [0.5])[0] }

  /// The arithmetic mean, in two passes so that rounding does not add up; 0 for no values.
  package static func mean(_ values: [Double]) -> Double {
    if values.isEmpty { return 0 }
    let n = Double(values.count)
    var first = 0.0
    for v in values { first += v / n }
    var correction = 0.0
    for v in values { correction += v - first }
    return first + correction / n
  }

  /// The variance with divisor n − `degreesLost`; 0 for too few values.
  package static func variance(_ values: [Double], degreesLost: Int = 1) -> Double {
    guard values.count > degreesLost else { return 0 }
    let m = mean(values)
    var sum = 0.0
    for v in values { sum += (v - m) * (v - m) }
    return sum / Double(values.count - degreesLost)
  }

  /// Pearson's correlation; nil where one side is constant or there are fewer than two values.
  package static func correlation(_ x: [Double], _ y: [Double]) -> Double? {
    precondition(x.count == y.count, "correlation of different lengths")
    guard x.count > 1 else { return nil }
    let a = scaledGaps(x)
    let b = scaledGaps(y)
    guard a.scale > 0, b.scale > 0 else { return nil }
    let (sxx, syy) = (dot(a.gaps, a.gaps), dot(b.gaps, b.gaps))
    return dot(a.gaps, b.gaps) / (sxx.squareRoot() * syy.squareRoot())
  }

  /// The standard deviation with divisor n, also where squares would overflow or vanish.
  package static func deviation(_ values: [Double]) -> Double {
    let (gaps, scale) = scaledGaps(values)
    return values.isEmpty ? 0 : scale * (dot(gaps, gaps) / Double(values.count)).squareRoot()
  }

  /// Deviations from the mean in units of the largest of them, which is `scale`.
  private static func scaledGaps(_ values: [Double]) -> (gaps: [Double], scale: Double) {
    let m = mean(values)
    var scale = 0.0
    for v in values { scale = max(scale, abs(v - m)) }
    return scale > 0 ? (values.map { ($0 - m) / scale }, scale) : (values.map { _ in 0 }, 0)
  }

  /// Ranks from 1, equal values sharing their mean rank.
  package static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var result = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count && values[order[end + 1]] == values[order[start]] { end += 1 }
      let rank = Double(start + end) / 2 + 1
      for k in start...end { result[order[k]] = rank }
      start = end + 1
    }
    return result
  }
}
