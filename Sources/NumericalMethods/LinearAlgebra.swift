import Foundation

/// Lower triangular factor L of a symmetric positive definite matrix A = L Lᵀ.
package struct CholeskyFactor: Sendable {
  package let lower: Matrix

  /// Factors a symmetric matrix, of which only the lower triangle is read. Cost: n³/6.
  ///
  /// Throws `notPositiveDefinite` where a pivot is not above `relativeTolerance` times its
  /// diagonal element.
  package init(_ matrix: Matrix, relativeTolerance: Double = 1e-14) throws(NumericalError) {
    precondition(matrix.rows == matrix.columns, "matrix is not square")
    let n = matrix.rows
    var factor = Matrix(rows: n, columns: n)
    for i in 0..<n {
      for j in 0...i {
        var sum = matrix[i, j]
        for k in 0..<j { sum -= factor[i, k] * factor[j, k] }
        if i == j {
          guard sum > relativeTolerance * abs(matrix[i, i]), sum.isFinite else {
            throw NumericalError.notPositiveDefinite(pivot: i)
          }
          factor[i, i] = sum.squareRoot()
        } else {
          factor[i, j] = sum / factor[j, j]
        }
      }
    }
    lower = factor
  }

  /// ln det A.
  package var logDeterminant: Double {
    (0..<lower.rows).reduce(0) { $0 + 2 * log(lower[$1, $1]) }
  }

  /// Solves L y = b.
  package func forwardSolve(_ right: [Double]) -> [Double] {
    var y = right
    for i in 0..<lower.rows {
      var sum = y[i]
      for k in 0..<i { sum -= lower[i, k] * y[k] }
      y[i] = sum / lower[i, i]
    }
    return y
  }

  /// Solves A x = b.
  package func solve(_ right: [Double]) -> [Double] {
    var x = forwardSolve(right)
    let n = lower.rows
    for i in stride(from: n - 1, through: 0, by: -1) {
      var sum = x[i]
      for k in (i + 1)..<max(n, i + 1) { sum -= lower[k, i] * x[k] }
      x[i] = sum / lower[i, i]
    }
    return x
  }

  /// A⁻¹, exactly symmetric.
  package var inverse: Matrix {
    let n = lower.rows
    var result = Matrix(rows: n, columns: n)
    for j in 0..<n {
      var unit = [Double](repeating: 0, count: n)
      unit[j] = 1
      let column = solve(unit)
      for i in 0..<n { result[i, j] = column[i] }
    }
    for i in 0..<n {
      for j in 0..<i {
        let mean = (result[i, j] + result[j, i]) / 2
        result[i, j] = mean
        result[j, i] = mean
      }
    }
    return result
  }
}

/// Solves the square system A x = b by Gaussian elimination with partial pivoting.
///
/// Throws `singularMatrix` where a pivot vanishes relative to its column.
package func solveLinearSystem(
  _ matrix: Matrix, _ right: [Double]
) throws(NumericalError) -> [Double] {
  precondition(matrix.rows == matrix.columns && right.count == matrix.rows, "sizes differ")
  let n = matrix.rows
  var a = matrix
  var b = right
  let scale = a.values.reduce(0) { max($0, abs($1)) }
  for k in 0..<n {
    var pivot = k
    for i in (k + 1)..<max(n, k + 1) where abs(a[i, k]) > abs(a[pivot, k]) { pivot = i }
    guard abs(a[pivot, k]) > scale * 1e-15 else { throw NumericalError.singularMatrix }
    if pivot != k {
      for j in 0..<n {
        let held = a[k, j]
        a[k, j] = a[pivot, j]
        a[pivot, j] = held
      }
      b.swapAt(k, pivot)
    }
    for i in (k + 1)..<max(n, k + 1) {
      let factor = a[i, k] / a[k, k]
      if factor == 0 { continue }
      for j in k..<n { a[i, j] -= factor * a[k, j] }
      b[i] -= factor * b[k]
    }
  }
  for i in stride(from: n - 1, through: 0, by: -1) {
    var sum = b[i]
    for j in (i + 1)..<max(n, i + 1) { sum -= a[i, j] * b[j] }
    b[i] = sum / a[i, i]
  }
  return b
}

/// Eigenvalues, largest first, and unit eigenvectors (columns) of a symmetric matrix.
///
/// Each vector's sign is fixed so that its component of largest magnitude is positive, so results
/// repeat. Cyclic Jacobi rotations (Golub & Van Loan, Matrix Computations, §8.5); cost about 10 n³.
package func symmetricEigen(_ matrix: Matrix) -> (values: [Double], vectors: Matrix) {
  precondition(matrix.rows == matrix.columns, "matrix is not square")
  let n = matrix.rows
  var a = matrix
  var v = Matrix.identity(n)
  let total = a.values.reduce(0) { $0 + $1 * $1 }
  for _ in 0..<64 {
    var off = 0.0
    for i in 0..<n {
      for j in 0..<i { off += 2 * a[i, j] * a[i, j] }
    }
    if off <= total * 1e-32 { break }
    for p in 0..<n {
      for q in (p + 1)..<max(n, p + 1) where a[p, q] != 0 {
        let theta = (a[q, q] - a[p, p]) / (2 * a[p, q])
        let t = (theta >= 0 ? 1 : -1) / (abs(theta) + (1 + theta * theta).squareRoot())
        let c = 1 / (1 + t * t).squareRoot()
        let s = t * c
        for k in 0..<n {
          let akp = a[k, p]
          let akq = a[k, q]
          a[k, p] = c * akp - s * akq
          a[k, q] = s * akp + c * akq
        }
        for k in 0..<n {
          let apk = a[p, k]
          let aqk = a[q, k]
          a[p, k] = c * apk - s * aqk
          a[q, k] = s * apk + c * aqk
        }
        for k in 0..<n {
          let vkp = v[k, p]
          let vkq = v[k, q]
          v[k, p] = c * vkp - s * vkq
          v[k, q] = s * vkp + c * vkq
        }
      }
    }
  }
  let order = (0..<n).sorted { a[$0, $0] > a[$1, $1] }
  var vectors = Matrix(rows: n, columns: n)
  for (target, source) in order.enumerated() {
    var largest = 0
    for k in 0..<n where abs(v[k, source]) > abs(v[largest, source]) + 1e-12 { largest = k }
    let sign: Double = v[largest, source] < 0 ? -1 : 1
    for k in 0..<n { vectors[k, target] = sign * v[k, source] }
  }
  return (order.map { a[$0, $0] }, vectors)
}
