import Foundation
package import NumericalMethods

/// Criteria of how well a grouping describes points.
package enum GroupingQuality {
  /// Mean silhouette (Rousseeuw 1987), −1…1; a point alone in its group counts 0.
  ///
  /// Above `sampleSize` rows on a random sample of that size (with distances within the sample). Nil
  /// for fewer than two groups. Cost: square of the sample.
  package static func silhouette(
    _ points: Matrix, _ labels: [Int], sampleSize: Int = 5000, using random: inout RandomSource,
    threads: Int? = nil
  ) -> Double? {
    precondition(labels.count == points.rows, "one label per point")
    let rows =
      points.rows > sampleSize
      ? random.sample(sampleSize, below: points.rows) : Array(0..<points.rows)
    let sample = points.rows(rows)
    let groups = rows.map { labels[$0] }
    let k = (groups.max() ?? 0) + 1
    var sizes = [Double](repeating: 0, count: k)
    for g in groups { sizes[g] += 1 }
    guard sizes.filter({ $0 > 0 }).count >= 2 else { return nil }
    let counts = sizes
    let d = points.columns
    let sum = Parallel.chunks(count: rows.count, size: 64, threads: threads) { range in
      sample.values.withUnsafeBufferPointer { x in
        guard let x = x.baseAddress else { return 0.0 }
        var total = 0.0
        var distance = [Double](repeating: 0, count: k)
        for i in range where counts[groups[i]] > 1 {
          for g in 0..<k { distance[g] = 0 }
          for j in 0..<groups.count {
            distance[groups[j]] += squaredDistance(x + i * d, x + j * d, d).squareRoot()
          }
          let own = distance[groups[i]] / (counts[groups[i]] - 1)
          var other = Double.infinity
          for g in 0..<k where g != groups[i] && counts[g] > 0 {
            other = min(other, distance[g] / counts[g])
          }
          let larger = max(own, other)
          if larger > 0 { total += (other - own) / larger }
        }
        return total
      }
    }.reduce(0.0) { $0 + $1 }
    return sum / Double(rows.count)
  }

  private struct Scatter {
    var centres: [[Double]]
    var sizes: [Double]
    var within: [Double]
    var meanDistance: [Double]
    var between: Double
  }

  private static func scatter(_ points: Matrix, _ labels: [Int]) -> Scatter {
    let used = Set(labels).sorted()
    var place: [Int: Int] = [:]
    for (i, label) in used.enumerated() { place[label] = i }
    let k = used.count
    let d = points.columns
    let index = labels.map { place[$0] ?? 0 }
    var centres = [[Double]](repeating: [Double](repeating: 0, count: d), count: k)
    var sizes = [Double](repeating: 0, count: k)
    for i in 0..<points.rows {
      sizes[index[i]] += 1
      for j in 0..<d { centres[index[i]][j] += points[i, j] }
    }
    for g in 0..<k {
      for j in 0..<d { centres[g][j] /= sizes[g] }
    }
    var within = [Double](repeating: 0, count: k)
    var distance = within
    for i in 0..<points.rows {
      var square = 0.0
      for j in 0..<d {
        let gap = points[i, j] - centres[index[i]][j]
        square += gap * gap
      }
      within[index[i]] += square
      distance[index[i]] += square.squareRoot()
    }
    var between = 0.0
    for j in 0..<d {
      let mean = Statistics.mean(points.column(j))
      for g in 0..<k { between += sizes[g] * (centres[g][j] - mean) * (centres[g][j] - mean) }
    }
    return Scatter(
      centres: centres, sizes: sizes, within: within,
      meanDistance: zip(distance, sizes).map { $0 / $1 }, between: between)
  }

  /// Caliński and Harabasz's variance ratio (1974), larger is better; nil for fewer than two groups, as
  /// many groups as points, or no variance within.
  package static func calinskiHarabasz(_ points: Matrix, _ labels: [Int]) -> Double? {
    let s = scatter(points, labels)
    let k = Double(s.sizes.count)
    let n = Double(points.rows)
    let within = s.within.reduce(0, +)
    guard k >= 2, n > k, within > 0 else { return nil }
    return s.between / (k - 1) / (within / (n - k))
  }

  /// Davies and Bouldin's index (1979), smaller is better; nil for fewer than two groups or coinciding
  /// centres.
  package static func daviesBouldin(_ points: Matrix, _ labels: [Int]) -> Double? {
    let s = scatter(points, labels)
    let k = s.sizes.count
    guard k >= 2 else { return nil }
    var sum = 0.0
    for a in 0..<k {
      var worst = 0.0
      for b in 0..<k where b != a {
        let gap = zip(s.centres[a], s.centres[b]).reduce(0) {
          $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
        }.squareRoot()
        guard gap > 0 else { return nil }
        worst = max(worst, (s.meanDistance[a] + s.meanDistance[b]) / gap)
      }
      sum += worst
    }
    return sum / Double(k)
  }
}
