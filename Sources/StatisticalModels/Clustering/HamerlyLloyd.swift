import Foundation
import NumericalMethods

/// Lloyd iterations that skip points whose bounds prove that they keep their centre.
///
/// Per point an upper bound of the distance to its own centre and a lower bound to all others
/// (Hamerly 2010). Bounds carry a relative slack of 1e-12, so rounding never skips a point that Lloyd
/// would move.
struct HamerlyLloyd {
  private let points: Matrix
  private let weights: [Double]?
  private let threads: Int?
  private var centres: Matrix
  private var labels: [Int32]
  private var upper: [Double]
  private var lower: [Double]
  /// Weighted sums of the points of each centre, and their weights, kept by differences.
  private var sums: Matrix
  private var counts: [Double]
  private var moves: [Double]
  private var totalMoves: [Double]
  private var totalFalls: [Double]
  private var needsFullPass = true

  private static let chunk = 16_384

  init(points: Matrix, weights: [Double]?, centres: Matrix, threads: Int?) {
    self.points = points
    self.weights = weights
    self.centres = centres
    self.threads = threads
    labels = [Int32](repeating: -1, count: points.rows)
    upper = [Double](repeating: .infinity, count: points.rows)
    lower = [Double](repeating: 0, count: points.rows)
    sums = Matrix(rows: centres.rows, columns: centres.columns)
    counts = [Double](repeating: 0, count: centres.rows)
    moves = counts
    totalMoves = counts
    totalFalls = counts
  }

  private struct Change: Sendable {
    var sums: [Double]
    var counts: [Double]
    var moved = 0
  }

  /// Assigns every point, then moves the centres to the means; returns how many points changed and the
  /// sum of squared centre moves.
  mutating func step() -> (changed: Int, shift: Double) {
    let k = centres.rows
    let d = centres.columns
    let isFull = needsFullPass
    needsFullPass = false
    let nearest = NearestCentre(centres)
    let halfGaps = halfNearestGaps()
    // The lower bound of a point falls by the largest move among the other centres.
    let order = self.moves.indices.sorted { self.moves[$0] > self.moves[$1] }
    let largest = order.first ?? 0
    let moveOfLargest = self.moves[largest]
    let moveOfSecond = order.count > 1 ? self.moves[order[1]] : 0
    let (points, weights, centres) = (self.points, self.weights, self.centres)
    // Bounds are stored relative to running totals per centre, so that a point whose bounds hold is read
    // but not written: the total move of the centre, and the total fall of lower bounds of its points.
    for c in 0..<k {
      totalMoves[c] += moves[c]
      totalFalls[c] += c == largest ? moveOfSecond : moveOfLargest
    }
    let perCentre = (0..<k).map { c in
      SIMD4(totalMoves[c], totalFalls[c], halfGaps[c], 1e-12 * (totalMoves[c] + totalFalls[c]))
    }
    let changes = labels.withUnsafeMutableBufferPointer { labels in
      upper.withUnsafeMutableBufferPointer { upper in
        lower.withUnsafeMutableBufferPointer { lower in
          // Chunks are disjoint ranges of rows, so no element is touched by two of them.
          nonisolated(unsafe) let labels = labels
          nonisolated(unsafe) let upper = upper
          nonisolated(unsafe) let lower = lower
          return Parallel.chunks(count: points.rows, size: Self.chunk, threads: threads) { range in
            var change = Change(
              sums: [Double](repeating: 0, count: k * d), counts: [Double](repeating: 0, count: k))
            points.values.withUnsafeBufferPointer { x in
              centres.values.withUnsafeBufferPointer { c in
                perCentre.withUnsafeBufferPointer { perCentre in
                  guard let x = x.baseAddress, let c = c.baseAddress else { return }
                  nearest.withView { view in
                    for i in range {
                      let point = x + i * d
                      let old = Int(labels[i])
                      if !isFull {
                        let centre = perCentre[old]
                        let least = max(centre[2], lower[i] - centre[1])
                        let bound = least * (1 - 1e-12) - centre[3]
                        if upper[i] + centre[0] < bound { continue }
                        let own = squaredDistance(point, c + old * d, d).squareRoot()
                        upper[i] = own - centre[0]
                        if own < bound { continue }
                      }
                      let (index, first, second) = view.nearest(point)
                      upper[i] = first.squareRoot() - perCentre[index][0]
                      lower[i] = second.squareRoot() + perCentre[index][1]
                      if index == old { continue }
                      labels[i] = Int32(index)
                      change.moved += 1
                      let weight = weights?[i] ?? 1
                      change.counts[index] += weight
                      for j in 0..<d { change.sums[index * d + j] += weight * point[j] }
                      if old >= 0 {
                        change.counts[old] -= weight
                        for j in 0..<d { change.sums[old * d + j] -= weight * point[j] }
                      }
                    }
                  }
                }
              }
            }
            return change
          }
        }
      }
    }
    var moved = 0
    for change in changes {
      moved += change.moved
      for j in 0..<k { counts[j] += change.counts[j] }
      for j in 0..<(k * d) { sums.values[j] += change.sums[j] }
    }
    return (moved, moveCentres())
  }

  private func halfNearestGaps() -> [Double] {
    let k = centres.rows
    return (0..<k).map { a in
      var least = Double.infinity
      for b in 0..<k where b != a {
        var sum = 0.0
        for j in 0..<centres.columns {
          sum += (centres[a, j] - centres[b, j]) * (centres[a, j] - centres[b, j])
        }
        least = min(least, sum)
      }
      return least.squareRoot() / 2
    }
  }

  private mutating func moveCentres() -> Double {
    let k = centres.rows
    let d = centres.columns
    var shift = 0.0
    // Sums by differences leave rounding behind where a weighted group has emptied.
    let negligible = 1e-12 * counts.reduce(0, +)
    for c in 0..<k where counts[c] <= negligible { counts[c] = 0 }
    if counts.contains(0) { refillEmpty() }
    for c in 0..<k where counts[c] > 0 {
      var square = 0.0
      for j in 0..<d {
        let mean = sums[c, j] / counts[c]
        square += (mean - centres[c, j]) * (mean - centres[c, j])
        centres[c, j] = mean
      }
      moves[c] = square.squareRoot()
      shift += square
    }
    return shift
  }

  /// Gives each empty centre the point that lies farthest from its own, taken from a group with others.
  private mutating func refillEmpty() {
    let d = centres.columns
    var taken = Set<Int>()
    for c in 0..<centres.rows where counts[c] <= 0 {
      var farthest = -1
      var distance = 0.0
      for i in 0..<points.rows where !taken.contains(i) && (weights?[i] ?? 1) > 0 {
        let own = Int(labels[i])
        if counts[own] <= (weights?[i] ?? 1) { continue }
        var sum = 0.0
        for j in 0..<d {
          sum += (points[i, j] - centres[own, j]) * (points[i, j] - centres[own, j])
        }
        if sum > distance {
          distance = sum
          farthest = i
        }
      }
      if farthest < 0 { continue }
      taken.insert(farthest)
      let own = Int(labels[farthest])
      let weight = weights?[farthest] ?? 1
      counts[own] -= weight
      counts[c] = weight
      for j in 0..<d {
        sums[own, j] -= weight * points[farthest, j]
        sums[c, j] = weight * points[farthest, j]
      }
      labels[farthest] = Int32(c)
      needsFullPass = true
    }
  }

  /// Exact means, sizes and inertia for the final assignment.
  func result(iterations: Int, converged: Bool) -> (model: KMeansModel, labels: [Int]) {
    let k = centres.rows
    let d = centres.columns
    let (points, weights, labels) = (self.points, self.weights, self.labels)
    let parts = Parallel.chunks(count: points.rows, size: Self.chunk, threads: threads) { range in
      var sums = [Double](repeating: 0, count: k * d)
      var counts = [Double](repeating: 0, count: k)
      points.values.withUnsafeBufferPointer { x in
        sums.withUnsafeMutableBufferPointer { sums in
          for i in range {
            let c = Int(labels[i])
            let weight = weights?[i] ?? 1
            counts[c] += weight
            for j in 0..<d { sums[c * d + j] += weight * x[i * d + j] }
          }
        }
      }
      return (sums, counts)
    }
    var exact = centres
    var sizes = [Double](repeating: 0, count: k)
    var totals = [Double](repeating: 0, count: k * d)
    for part in parts {
      for c in 0..<k { sizes[c] += part.1[c] }
      for j in 0..<(k * d) { totals[j] += part.0[j] }
    }
    for c in 0..<k where sizes[c] > 0 {
      for j in 0..<d { exact[c, j] = totals[c * d + j] / sizes[c] }
    }
    let final = exact
    let inertia = Parallel.chunks(count: points.rows, size: Self.chunk, threads: threads) { range in
      var sum = 0.0
      points.values.withUnsafeBufferPointer { x in
        final.values.withUnsafeBufferPointer { c in
          guard let x = x.baseAddress, let c = c.baseAddress else { return }
          for i in range {
            sum += (weights?[i] ?? 1) * squaredDistance(x + i * d, c + Int(labels[i]) * d, d)
          }
        }
      }
      return sum
    }.reduce(0.0) { $0 + $1 }
    return (
      KMeansModel(
        centres: final, sizes: sizes, inertia: inertia, iterations: iterations,
        converged: converged),
      labels.map { Int($0) }
    )
  }
}
