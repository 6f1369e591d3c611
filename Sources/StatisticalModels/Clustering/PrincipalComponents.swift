import Foundation
package import NumericalMethods

/// Directions of greatest variance, for maps of groups.
package struct PrincipalComponents: Sendable, Codable, Equatable {
  package let means: [Double]
  /// A unit direction per row; its component of largest magnitude is positive.
  package let directions: Matrix
  /// Variance along each direction (divisor n − 1), largest first.
  package let variances: [Double]
  /// Share of the total variance of each direction; 0 where nothing varies.
  package let shares: [Double]

  /// Finds the first `count` directions. Cost: n d² + d³. Throws `noData`, `notFinite`, `outOfRange`.
  package init(_ points: Matrix, count: Int = 2) throws(ModelError) {
    try ClusterInput.validate(points)
    let d = points.columns
    guard count >= 1, count <= d else {
      throw ModelError.outOfRange(
        what: "The number of components", value: Double(count), allowed: "1 to \(d)")
    }
    let means = (0..<d).map { Statistics.mean(points.column($0)) }
    let parts = Parallel.chunks(count: points.rows, size: 8192) { range in
      var sum = [Double](repeating: 0, count: d * d)
      var x = [Double](repeating: 0, count: d)
      for i in range {
        for j in 0..<d { x[j] = points.values[i * d + j] - means[j] }
        for a in 0..<d {
          for b in 0...a { sum[a * d + b] += x[a] * x[b] }
        }
      }
      return sum
    }
    var covariance = Matrix(rows: d, columns: d)
    let divisor = Double(max(1, points.rows - 1))
    for part in parts {
      for a in 0..<d {
        for b in 0...a { covariance[a, b] += part[a * d + b] / divisor }
      }
    }
    for a in 0..<d {
      for b in 0..<a { covariance[b, a] = covariance[a, b] }
    }
    let eigen = symmetricEigen(covariance)
    let total = (0..<d).reduce(0) { $0 + covariance[$1, $1] }
    self.means = means
    directions = Matrix((0..<count).map { eigen.vectors.column($0) })
    variances = (0..<count).map { max(0, eigen.values[$0]) }
    shares = variances.map { total > 0 ? $0 / total : 0 }
  }

  /// Coordinates of points along the directions.
  package func project(_ points: Matrix) throws(ModelError) -> Matrix {
    guard points.columns == means.count else {
      throw ModelError.sizeMismatch(
        what: "A point", expected: means.count, found: points.columns)
    }
    var result = Matrix(rows: points.rows, columns: directions.rows)
    for i in 0..<points.rows {
      for c in 0..<directions.rows {
        var sum = 0.0
        for j in 0..<means.count { sum += directions[c, j] * (points[i, j] - means[j]) }
        result[i, c] = sum
      }
    }
    return result
  }
}
