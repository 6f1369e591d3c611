import NumericalMethods

/// Checks that clustering methods share.
enum ClusterInput {
  /// Throws `noData`, `notFinite`, or `outOfRange` where squares would overflow.
  static func validate(_ points: Matrix) throws(ModelError) {
    guard points.rows > 0, points.columns > 0 else { throw ModelError.noData(what: "point") }
    // One cheap pass decides; the place of a fault is looked for only where there is one.
    let isFine = points.values.withUnsafeBufferPointer { buffer in
      buffer.allSatisfy { abs($0) <= 1e120 }
    }
    if isFine { return }
    for (i, value) in points.values.enumerated() {
      if !value.isFinite {
        throw ModelError.notFinite(
          what: "The table of points", row: i / points.columns, column: i % points.columns)
      }
      if abs(value) > 1e120 {
        throw ModelError.outOfRange(
          what: "Column \(i % points.columns) at row \(i / points.columns)", value: value,
          allowed: "at most 1e120 in size; take logarithms or winsorise first")
      }
    }
  }

  /// Throws `sizeMismatch` or `outOfRange` unless there is a nonnegative weight per row and some
  /// positive one.
  static func validate(weights: [Double]?, rows: Int) throws(ModelError) {
    guard let weights else { return }
    guard weights.count == rows else {
      throw ModelError.sizeMismatch(
        what: "The list of weights", expected: rows, found: weights.count)
    }
    var sum = 0.0
    for (row, w) in weights.enumerated() {
      guard w >= 0, w.isFinite else {
        throw ModelError.outOfRange(
          what: "The weight of row \(row)", value: w, allowed: "0 or more")
      }
      sum += w
    }
    guard sum > 0 else {
      throw ModelError.outOfRange(what: "The sum of weights", value: sum, allowed: "more than 0")
    }
  }

  /// Number of different rows, counted up to `limit`.
  static func distinctRows(_ points: Matrix, limit: Int) -> Int {
    var seen = Set<[Double]>()
    for i in 0..<points.rows {
      seen.insert(points.row(i).map { $0 == 0 ? 0 : $0 })
      if seen.count >= limit { break }
    }
    return seen.count
  }

  /// Throws `outOfRange` for k < 1 and `tooManyGroups` for more than there are different points.
  static func validate(groups k: Int, points: Matrix) throws(ModelError) {
    guard k >= 1 else {
      throw ModelError.outOfRange(
        what: "The number of groups", value: Double(k), allowed: "1 or more")
    }
    let distinct = distinctRows(points, limit: k)
    guard distinct >= k else {
      throw ModelError.tooManyGroups(requested: k, available: distinct)
    }
  }
}
