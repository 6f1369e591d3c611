/// Dense matrix of doubles in row-major order.
///
/// Shape: `rows` × `columns`, element (i, j) at `values[i * columns + j]`. Values may be any double;
/// functions that need finite values say so.
package struct Matrix: Sendable, Equatable, Codable {
  package let rows: Int
  package let columns: Int
  package var values: [Double]

  /// Makes a matrix filled with one value.
  @inlinable
  package init(rows: Int, columns: Int, repeating value: Double = 0) {
    precondition(rows >= 0 && columns >= 0, "negative matrix size")
    self.rows = rows
    self.columns = columns
    values = [Double](repeating: value, count: rows * columns)
  }

  /// Makes a matrix from its elements in row-major order; their number must be rows × columns.
  @inlinable
  package init(rows: Int, columns: Int, values: [Double]) {
    precondition(values.count == rows * columns, "matrix size does not match its values")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// Makes a matrix from rows of equal length.
  package init(_ rowArrays: [[Double]]) {
    let width = rowArrays.first?.count ?? 0
    precondition(rowArrays.allSatisfy { $0.count == width }, "rows of different length")
    self.init(rows: rowArrays.count, columns: width, values: rowArrays.flatMap { $0 })
  }

  /// The identity matrix of a given size.
  package static func identity(_ size: Int) -> Matrix {
    var result = Matrix(rows: size, columns: size)
    for i in 0..<size { result[i, i] = 1 }
    return result
  }

  @inlinable
  package subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  /// A copy of one row.
  package func row(_ index: Int) -> [Double] {
    Array(values[index * columns..<(index + 1) * columns])
  }

  /// A copy of one column.
  package func column(_ index: Int) -> [Double] {
    (0..<rows).map { values[$0 * columns + index] }
  }

  /// The transpose.
  package var transposed: Matrix {
    var result = Matrix(rows: columns, columns: rows)
    for i in 0..<rows {
      for j in 0..<columns { result[j, i] = self[i, j] }
    }
    return result
  }

  /// The matrix product; inner sizes must agree. Cost: rows × columns × other.columns.
  package static func * (left: Matrix, right: Matrix) -> Matrix {
    precondition(left.columns == right.rows, "inner matrix sizes differ")
    var result = Matrix(rows: left.rows, columns: right.columns)
    for i in 0..<left.rows {
      for k in 0..<left.columns {
        let factor = left[i, k]
        if factor == 0 { continue }
        for j in 0..<right.columns { result[i, j] += factor * right[k, j] }
      }
    }
    return result
  }

  /// The product with a column vector of `columns` elements.
  package func times(_ vector: [Double]) -> [Double] {
    precondition(vector.count == columns, "vector length differs from the columns")
    return (0..<rows).map { i in
      var sum = 0.0
      for j in 0..<columns { sum += self[i, j] * vector[j] }
      return sum
    }
  }

  /// The quadratic form vᵀ M v of a square matrix.
  package func quadraticForm(_ vector: [Double]) -> Double {
    zip(vector, times(vector)).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
