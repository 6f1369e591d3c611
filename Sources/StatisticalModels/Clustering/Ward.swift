import Foundation
package import NumericalMethods

/// A tree of merges of points into ever larger groups.
package struct Dendrogram: Sendable, Codable, Equatable {
  /// Two clusters become one. Points are 0 ..< n; the i-th merge makes cluster n + i.
  package struct Merge: Sendable, Codable, Equatable {
    package let left: Int
    package let right: Int
    /// √(2 · growth of the within-group sum of squares), as in R's ward.D2 and scipy.
    package let height: Double
    package let size: Int
  }

  package let points: Int
  /// n − 1 merges in increasing height.
  package let merges: [Merge]

  /// Groups when the tree is cut into k, numbered by their first point.
  package func cut(groups k: Int) throws(ModelError) -> [Int] {
    guard k >= 1, k <= points else {
      throw ModelError.outOfRange(
        what: "The number of groups", value: Double(k), allowed: "1 to \(points)")
    }
    var parent = Array(0..<(points + merges.count))
    for i in 0..<(points - k) {
      parent[merges[i].left] = points + i
      parent[merges[i].right] = points + i
    }
    var number: [Int: Int] = [:]
    return (0..<points).map { i in
      var root = i
      while parent[root] != root { root = parent[root] }
      if let known = number[root] { return known }
      number[root] = number.count
      return number.count - 1
    }
  }
}

/// Ward's minimum variance clustering (1963) by the nearest-neighbour chain (Murtagh 1983).
package enum Ward {
  /// Rows above which the quadratic cost is refused.
  package static let largestSet = 10_000

  /// Builds the tree; cost n² d time, n d memory. Throws `noData`, `notFinite`, or `outOfRange` for more
  /// than 10,000 rows.
  package static func fit(_ points: Matrix) throws(ModelError) -> Dendrogram {
    try ClusterInput.validate(points)
    let n = points.rows
    guard n <= largestSet else {
      throw ModelError.outOfRange(
        what: "The number of points", value: Double(n),
        allowed: "at most \(largestSet) for a tree; use k-means or a sample")
    }
    let d = points.columns
    var centres = points.values
    var sizes = [Double](repeating: 1, count: n)
    var active = Array(0..<n)
    var chain: [Int] = []
    // Slots are reused: a merged cluster lives where its right part was.
    var found: [(left: Int, right: Int, square: Double)] = []
    func square(_ a: Int, _ b: Int) -> Double {
      let gap = centres.withUnsafeBufferPointer { c -> Double in
        guard let c = c.baseAddress else { return 0 }
        return squaredDistance(c + a * d, c + b * d, d)
      }
      return 2 * sizes[a] * sizes[b] / (sizes[a] + sizes[b]) * gap
    }
    while active.count > 1 {
      if chain.isEmpty { chain.append(active[0]) }
      while true {
        let tip = chain[chain.count - 1]
        let previous = chain.count > 1 ? chain[chain.count - 2] : -1
        // Preferring the previous link at equal distance makes the chain end.
        var best = previous
        var least = previous >= 0 ? square(tip, previous) : Double.infinity
        for other in active where other != tip && other != previous {
          let s = square(tip, other)
          if s < least {
            least = s
            best = other
          }
        }
        if best == previous {
          chain.removeLast(2)
          let (left, right) = (min(tip, best), max(tip, best))
          found.append((left, right, least))
          let total = sizes[left] + sizes[right]
          for j in 0..<d {
            centres[right * d + j] =
              (sizes[left] * centres[left * d + j] + sizes[right] * centres[right * d + j]) / total
          }
          sizes[right] = total
          active.removeAll { $0 == left }
          break
        }
        chain.append(best)
      }
    }
    // Sorted by height the merges form the tree; slots become cluster numbers through a union–find.
    let order = found.indices.sorted {
      found[$0].square == found[$1].square ? $0 < $1 : found[$0].square < found[$1].square
    }
    var root = Array(0..<n)
    func find(_ i: Int) -> Int {
      var r = i
      while root[r] != r { r = root[r] }
      var walk = i
      while root[walk] != r {
        let next = root[walk]
        root[walk] = r
        walk = next
      }
      return r
    }
    var cluster = Array(0..<n)
    var count = [Int](repeating: 1, count: n)
    var merges: [Dendrogram.Merge] = []
    for index in order {
      let a = find(found[index].left)
      let b = find(found[index].right)
      let size = count[a] + count[b]
      merges.append(
        Dendrogram.Merge(
          left: min(cluster[a], cluster[b]), right: max(cluster[a], cluster[b]),
          height: found[index].square.squareRoot(), size: size))
      root[a] = b
      count[b] = size
      cluster[b] = n + merges.count - 1
    }
    return Dendrogram(points: n, merges: merges)
  }
}
