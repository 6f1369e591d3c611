import Foundation

/// Comparison of groupings of the same customers.
package enum Partition {
  /// Hubert and Arabie's adjusted Rand index: 1 for equal groupings, about 0 for unrelated ones.
  package static func adjustedRandIndex(_ first: [Int], _ second: [Int]) -> Double {
    precondition(first.count == second.count, "groupings of different size")
    func pairs(_ n: Double) -> Double { n * (n - 1) / 2 }
    var cells: [SIMD2<Int>: Double] = [:]
    var a: [Int: Double] = [:]
    var b: [Int: Double] = [:]
    for (i, j) in zip(first, second) {
      cells[SIMD2(i, j), default: 0] += 1
      a[i, default: 0] += 1
      b[j, default: 0] += 1
    }
    // Sums of whole numbers are exact, so the order of a dictionary does not matter.
    let together = cells.values.reduce(0) { $0 + pairs($1) }
    let inFirst = a.values.reduce(0) { $0 + pairs($1) }
    let inSecond = b.values.reduce(0) { $0 + pairs($1) }
    let all = pairs(Double(first.count))
    if all == 0 { return 1 }
    let expected = inFirst * inSecond / all
    let largest = (inFirst + inSecond) / 2
    return largest == expected ? 1 : (together - expected) / (largest - expected)
  }

  /// For each row the column it is matched with so that the sum of costs is least; nil for rows left over
  /// where there are more rows than columns.
  ///
  /// The Hungarian method with potentials (Kuhn 1955; Jonker & Volgenant 1987); cost n³.
  package static func assignment(costs: [[Double]]) -> [Int?] {
    let rows = costs.count
    let columns = costs.first?.count ?? 0
    if rows == 0 { return [] }
    if columns == 0 { return [Int?](repeating: nil, count: rows) }
    if rows > columns {
      let turned = (0..<columns).map { j in (0..<rows).map { costs[$0][j] } }
      var result = [Int?](repeating: nil, count: rows)
      for (column, row) in assignment(costs: turned).enumerated() {
        if let row { result[row] = column }
      }
      return result
    }
    // Index 0 is the artificial column from which each augmenting path starts.
    var u = [Double](repeating: 0, count: rows + 1)
    var v = [Double](repeating: 0, count: columns + 1)
    var match = [Int](repeating: 0, count: columns + 1)
    for row in 1...rows {
      match[0] = row
      var column = 0
      var least = [Double](repeating: .infinity, count: columns + 1)
      var from = [Int](repeating: 0, count: columns + 1)
      var seen = [Bool](repeating: false, count: columns + 1)
      repeat {
        seen[column] = true
        let current = match[column]
        var delta = Double.infinity
        var next = 0
        for j in 1...columns where !seen[j] {
          let reduced = costs[current - 1][j - 1] - u[current] - v[j]
          if reduced < least[j] {
            least[j] = reduced
            from[j] = column
          }
          if least[j] < delta {
            delta = least[j]
            next = j
          }
        }
        for j in 0...columns {
          if seen[j] {
            u[match[j]] += delta
            v[j] -= delta
          } else {
            least[j] -= delta
          }
        }
        column = next
      } while match[column] != 0
      repeat {
        match[column] = match[from[column]]
        column = from[column]
      } while column != 0
    }
    var result = [Int?](repeating: nil, count: rows)
    for j in 1...columns where match[j] > 0 { result[match[j] - 1] = j - 1 }
    return result
  }

  /// For each new group the old group with which it shares most customers, one to one; nil for new
  /// groups that share none or are more than the old.
  package static func matching(old: [Int], new: [Int]) -> [Int?] {
    let shared = contingency(new, old)
    return assignment(costs: shared.map { $0.map { -$0 } }).enumerated().map { row, column in
      column.flatMap { shared[row][$0] > 0 ? $0 : nil }
    }
  }
}

extension Partition {
  /// Which new group each number should go to, so that a group keeps the number of the old one whose
  /// customers it holds: the new group at each place. Groups that continue none fill the places that
  /// are left, in their order.
  static func continuation(old: [Int], new: [Int], groups k: Int) -> [Int] {
    var target = matching(old: old, new: new)
    target += [Int?](repeating: nil, count: max(0, k - target.count))
    for group in 0..<k where (target[group] ?? 0) >= k { target[group] = nil }
    let taken = Set(target.compactMap { $0 })
    var free = (0..<k).filter { !taken.contains($0) }
    for group in 0..<k where target[group] == nil { target[group] = free.removeFirst() }
    var source = [Int](repeating: 0, count: k)
    for (group, place) in target.prefix(k).enumerated() {
      if let place { source[place] = group }
    }
    return source
  }
}

/// Drift of a distribution over classes.
package enum Drift {
  /// Population stability index Σ (q − p) ln(q/p) between shares then and now.
  ///
  /// Below 0.1 stable, above 0.25 shifted, by the usual reading. Half a case is added to every class
  /// so that an empty class gives a large but finite index. Throws `sizeMismatch`, `outOfRange` or
  /// `noData`.
  package static func populationStabilityIndex(
    reference: [Double], current: [Double]
  ) throws(ModelError) -> Double {
    guard reference.count == current.count else {
      throw ModelError.sizeMismatch(
        what: "The list of current counts", expected: reference.count, found: current.count)
    }
    for value in reference + current where !(value >= 0 && value.isFinite) {
      throw ModelError.outOfRange(what: "A count", value: value, allowed: "0 or more")
    }
    guard reference.reduce(0, +) > 0, current.reduce(0, +) > 0 else {
      throw ModelError.noData(what: "case to compare")
    }
    func shares(_ counts: [Double]) -> [Double] {
      let hasEmpty = zip(reference, current).contains { ($0 == 0) != ($1 == 0) }
      let padded = counts.map { $0 + (hasEmpty ? 0.5 : 0) }
      let total = padded.reduce(0, +)
      return padded.map { $0 / total }
    }
    return zip(shares(reference), shares(current)).reduce(0) { sum, pair in
      pair.0 == pair.1 ? sum : sum + (pair.1 - pair.0) * log(pair.1 / pair.0)
    }
  }
}
