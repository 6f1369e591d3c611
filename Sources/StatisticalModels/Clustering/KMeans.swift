import Foundation
package import NumericalMethods

/// Groups around centres with the least sum of squared distances.
package struct KMeansModel: Sendable, Codable, Equatable {
  /// A centre per row.
  package let centres: Matrix
  /// Number of points (or sum of weights) per group.
  package let sizes: [Double]
  /// Sum of (weighted) squared distances to the own centre.
  package let inertia: Double
  package let iterations: Int
  package let converged: Bool

  package init(
    centres: Matrix, sizes: [Double], inertia: Double, iterations: Int, converged: Bool
  ) {
    self.centres = centres
    self.sizes = sizes
    self.inertia = inertia
    self.iterations = iterations
    self.converged = converged
  }

  /// The group of each point: the nearest centre, the first of equally near ones.
  package func assign(_ points: Matrix, threads: Int? = nil) throws(ModelError) -> [Int] {
    guard points.columns == centres.columns else {
      throw ModelError.sizeMismatch(
        what: "A point", expected: centres.columns, found: points.columns)
    }
    if points.rows == 0 { return [] }
    try ClusterInput.validate(points)
    let nearest = NearestCentre(centres)
    return Parallel.chunks(count: points.rows, size: 16_384, threads: threads) { range in
      points.values.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return [Int]() }
        return nearest.withView { view in
          range.map { view.nearest(base + $0 * points.columns).index }
        }
      }
    }.flatMap { $0 }
  }
}

/// k-means: Lloyd's algorithm made exact and fast by Hamerly's bounds (2010), started by greedy
/// k-means++ (Arthur & Vassilvitskii 2007).
package struct KMeans: Sendable {
  package let groups: Int
  /// Number of k-means++ starts; the best end counts. Above 100,000 rows starts compete on a sample.
  package var restarts = 10
  package var maximumIterations = 300
  /// Stops when all centres together move less than this share of the mean variance (0: when no point
  /// changes its group).
  package var tolerance = 0.0
  /// Size of a mini-batch, for sets too large for full passes; nil for exact Lloyd.
  package var batchSize: Int?
  package var threads: Int?

  package init(groups: Int) { self.groups = groups }

  /// Finds groups; returns the model and each row's group.
  ///
  /// `start` fixes the first centres and turns restarts off. For equal input, seed and options the
  /// result is the same to the bit on any number of threads. Throws `noData`, `notFinite`,
  /// `outOfRange`, `sizeMismatch` or `tooManyGroups`.
  package func fit(
    _ points: Matrix, weights: [Double]? = nil, start: Matrix? = nil,
    using random: inout RandomSource
  ) throws(ModelError) -> (model: KMeansModel, labels: [Int]) {
    try ClusterInput.validate(points)
    try ClusterInput.validate(weights: weights, rows: points.rows)
    try ClusterInput.validate(groups: groups, points: points)
    if let start {
      guard start.rows == groups, start.columns == points.columns else {
        throw ModelError.sizeMismatch(
          what: "The start", expected: groups * points.columns, found: start.values.count)
      }
      return run(points, weights, start)
    }
    if let batchSize, batchSize < points.rows {
      let centres = miniBatch(points, weights, batchSize, using: &random)
      return finish(points, weights, centres)
    }
    let sampleSize = 25_000
    if points.rows > 4 * sampleSize {
      // Starts compete where they are cheap; the winner is finished on everything.
      let rows = random.sample(sampleSize, below: points.rows)
      let sample = points.rows(rows)
      let sampleWeights = weights.map { w in rows.map { w[$0] } }
      let best = bestOfStarts(sample, sampleWeights, using: &random)
      return run(points, weights, best.model.centres)
    }
    return bestOfStarts(points, weights, using: &random)
  }

  private func bestOfStarts(
    _ points: Matrix, _ weights: [Double]?, using random: inout RandomSource
  ) -> (model: KMeansModel, labels: [Int]) {
    var best = run(points, weights, plusPlus(points, weights, using: &random))
    for _ in 1..<max(1, restarts) {
      let next = run(points, weights, plusPlus(points, weights, using: &random))
      // Equal within rounding keeps the earlier start.
      if next.model.inertia < best.model.inertia * (1 - 1e-12) { best = next }
    }
    return best
  }

  private func run(
    _ points: Matrix, _ weights: [Double]?, _ start: Matrix
  ) -> (model: KMeansModel, labels: [Int]) {
    var lloyd = HamerlyLloyd(points: points, weights: weights, centres: start, threads: threads)
    let limit = tolerance > 0 ? tolerance * meanVariance(points) : 0
    var iterations = 0
    var converged = false
    while iterations < maximumIterations && !converged {
      iterations += 1
      let (changed, shift) = lloyd.step()
      converged = changed == 0 || shift <= limit
    }
    return lloyd.result(iterations: iterations, converged: converged)
  }

  private func meanVariance(_ points: Matrix) -> Double {
    (0..<points.columns).reduce(0) {
      $0 + Statistics.variance(points.column($1), degreesLost: 0)
    } / Double(points.columns)
  }

  private func finish(
    _ points: Matrix, _ weights: [Double]?, _ centres: Matrix
  ) -> (model: KMeansModel, labels: [Int]) {
    var lloyd = HamerlyLloyd(points: points, weights: weights, centres: centres, threads: threads)
    _ = lloyd.step()
    return lloyd.result(iterations: maximumIterations, converged: false)
  }

  /// Greedy k-means++: of several candidates drawn by squared distance the one that helps most.
  private func plusPlus(
    _ points: Matrix, _ weights: [Double]?, using random: inout RandomSource
  ) -> Matrix {
    let limit = 50_000
    let rows = points.rows > limit ? random.sample(limit, below: points.rows) : nil
    let pool = rows.map { points.rows($0) } ?? points
    let w =
      rows.map { r in r.map { weights?[$0] ?? 1 } } ?? weights
      ?? [Double](repeating: 1, count: pool.rows)
    let d = pool.columns
    var centres = Matrix(rows: groups, columns: d)
    var nearest = [Double](repeating: .infinity, count: pool.rows)
    func distances(to row: Int) -> [Double] {
      pool.values.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return [] }
        return (0..<pool.rows).map {
          min(nearest[$0], squaredDistance(base + $0 * d, base + row * d, d))
        }
      }
    }
    func place(_ row: Int, at index: Int, _ updated: [Double]) {
      for j in 0..<d { centres[index, j] = pool[row, j] }
      nearest = updated
    }
    let first = random.index(weights: w)
    place(first, at: 0, distances(to: first))
    let candidates = 2 + Int(log(Double(groups)))
    for index in 1..<max(1, groups) {
      let mass = zip(nearest, w).map { $0 * $1 }
      var best: (row: Int, cost: Double, updated: [Double])?
      for _ in 0..<candidates {
        let row = random.index(weights: mass)
        let updated = distances(to: row)
        let cost = dot(updated, w)
        if cost < best?.cost ?? .infinity { best = (row, cost, updated) }
      }
      if let best { place(best.row, at: index, best.updated) }
    }
    return centres
  }

  /// Sculley's web-scale k-means (2010): centres move towards batch means at rate 1/count.
  private func miniBatch(
    _ points: Matrix, _ weights: [Double]?, _ size: Int, using random: inout RandomSource
  ) -> Matrix {
    let d = points.columns
    let begin = random.sample(min(points.rows, max(size, 20 * groups)), below: points.rows)
    let beginWeights = weights.map { w in begin.map { w[$0] } }
    var centres = bestOfStarts(points.rows(begin), beginWeights, using: &random).model.centres
    var counts = [Double](repeating: 0, count: groups)
    for _ in 0..<maximumIterations {
      let rows = (0..<size).map { _ in random.integer(below: points.rows) }
      let nearest = NearestCentre(centres)
      let labels = points.values.withUnsafeBufferPointer { buffer -> [Int] in
        guard let base = buffer.baseAddress else { return [] }
        return nearest.withView { view in rows.map { view.nearest(base + $0 * d).index } }
      }
      for (row, label) in zip(rows, labels) {
        let weight = weights?[row] ?? 1
        if weight == 0 { continue }
        counts[label] += weight
        let rate = weight / counts[label]
        for j in 0..<d { centres[label, j] += rate * (points[row, j] - centres[label, j]) }
      }
    }
    return centres
  }
}

extension Matrix {
  /// The given rows in the given order.
  package func rows(_ indices: [Int]) -> Matrix {
    var picked: [Double] = []
    picked.reserveCapacity(indices.count * columns)
    for i in indices { picked.append(contentsOf: values[i * columns..<(i + 1) * columns]) }
    return Matrix(rows: indices.count, columns: columns, values: picked)
  }
}
