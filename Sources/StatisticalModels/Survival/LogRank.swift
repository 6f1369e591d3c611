import Foundation
import NumericalMethods

/// The log-rank test of equal survival in groups (Mantel 1966).
package struct LogRankTest: Sendable, Codable, Equatable {
  package let statistic: Double
  package let degreesOfFreedom: Int
  package let pValue: Double
  /// Events observed and expected per group, in group order.
  package let observed: [Double]
  package let expected: [Double]

  /// Compares groups; `group` gives each row its group 0 ..< number of groups.
  ///
  /// Throws `sizeMismatch`, or `tooLittleData` for fewer than two groups or no event.
  package init(_ data: SurvivalData, group: [Int]) throws(ModelError) {
    guard group.count == data.durations.count else {
      throw ModelError.sizeMismatch(
        what: "The list of groups", expected: data.durations.count, found: group.count)
    }
    let k = (group.max() ?? -1) + 1
    var remaining = [Double](repeating: 0, count: k)
    for (row, g) in group.enumerated() {
      guard g >= 0 else {
        throw ModelError.outOfRange(
          what: "The group of row \(row)", value: Double(g), allowed: "0 or more")
      }
      remaining[g] += 1
    }
    guard k >= 2, remaining.allSatisfy({ $0 > 0 }), data.events.contains(true) else {
      throw ModelError.tooLittleData(
        model: "The log-rank test",
        reason: "it needs an event and at least two groups, none of them empty",
        simplest: "the survival curve of the whole base")
    }
    let order = data.durations.indices.sorted { data.durations[$0] < data.durations[$1] }
    var o = [Double](repeating: 0, count: k)
    var e = o
    var v = Matrix(rows: k, columns: k)
    var start = 0
    while start < order.count {
      let time = data.durations[order[start]]
      var left = [Double](repeating: 0, count: k)
      var died = left
      var end = start
      while end < order.count && data.durations[order[end]] == time {
        left[group[order[end]]] += 1
        if data.events[order[end]] { died[group[order[end]]] += 1 }
        end += 1
      }
      let n = Double(order.count - start)
      let d = died.reduce(0, +)
      if d > 0 {
        for i in 0..<k {
          o[i] += died[i]
          e[i] += d * remaining[i] / n
          if n > 1 {
            let factor = d * (n - d) / (n - 1) * remaining[i] / n
            for j in 0..<k { v[i, j] += factor * ((i == j ? 1 : 0) - remaining[j] / n) }
          }
        }
      }
      for i in 0..<k { remaining[i] -= left[i] }
      start = end
    }
    // One group is redundant: its deviation is minus the sum of the others.
    let gap = (0..<(k - 1)).map { o[$0] - e[$0] }
    var reduced = Matrix(rows: k - 1, columns: k - 1)
    for i in 0..<(k - 1) {
      for j in 0..<(k - 1) { reduced[i, j] = v[i, j] }
    }
    guard let solved = try? solveLinearSystem(reduced, gap) else {
      throw ModelError.tooLittleData(
        model: "The log-rank test", reason: "some group is never at risk together with another",
        simplest: "the survival curve of the whole base")
    }
    statistic = max(0, dot(gap, solved))
    degreesOfFreedom = k - 1
    pValue = Distribution.chiSquareUpper(statistic, degrees: Double(k - 1))
    observed = o
    expected = e
  }
}
