import Foundation
import NumericalMethods

/// Pearson's test of independence of two classifications.
package struct ChiSquareTest: Sendable, Codable, Equatable {
  package let statistic: Double
  package let degreesOfFreedom: Int
  package let pValue: Double
  /// Cramér's V, 0…1.
  package let cramersV: Double
  /// Smallest expected count; below 5 the p-value is rough.
  package let smallestExpected: Double

  /// Tests a table of counts; empty rows and columns are left out.
  ///
  /// Throws `outOfRange` for a negative count, `tooLittleData` under two rows or columns.
  package init(counts: [[Double]]) throws(ModelError) {
    let width = counts.first?.count ?? 0
    for (row, line) in counts.enumerated() {
      guard line.count == width else {
        throw ModelError.sizeMismatch(what: "Row \(row)", expected: width, found: line.count)
      }
      for value in line where !(value >= 0 && value.isFinite) {
        throw ModelError.outOfRange(what: "A count", value: value, allowed: "0 or more")
      }
    }
    let rows = counts.map { $0.reduce(0, +) }
    let columns = (0..<width).map { j in counts.reduce(0) { $0 + $1[j] } }
    let total = rows.reduce(0, +)
    let usedRows = rows.indices.filter { rows[$0] > 0 }
    let usedColumns = columns.indices.filter { columns[$0] > 0 }
    guard usedRows.count >= 2, usedColumns.count >= 2 else {
      throw ModelError.tooLittleData(
        model: "The χ² test", reason: "one of the classifications has a single class",
        simplest: "the shares of each class")
    }
    var sum = 0.0
    var smallest = Double.infinity
    for i in usedRows {
      for j in usedColumns {
        let expected = rows[i] * columns[j] / total
        smallest = min(smallest, expected)
        sum += (counts[i][j] - expected) * (counts[i][j] - expected) / expected
      }
    }
    statistic = sum
    degreesOfFreedom = (usedRows.count - 1) * (usedColumns.count - 1)
    pValue = Distribution.chiSquareUpper(sum, degrees: Double(degreesOfFreedom))
    let smaller = Double(min(usedRows.count, usedColumns.count) - 1)
    cramersV = min(1, (sum / (total * smaller)).squareRoot())
    smallestExpected = smallest
  }

  /// Counts how often each pair of classes occurs, then tests.
  package init(_ first: [Int], _ second: [Int]) throws(ModelError) {
    guard first.count == second.count else {
      throw ModelError.sizeMismatch(
        what: "The second classification", expected: first.count, found: second.count)
    }
    try self.init(counts: contingency(first, second))
  }
}

/// Counts of pairs of classes; classes are 0 ..< n, negative ones are left out.
package func contingency(_ first: [Int], _ second: [Int]) -> [[Double]] {
  var counts = [[Double]](
    repeating: [Double](repeating: 0, count: (second.max() ?? -1) + 1),
    count: (first.max() ?? -1) + 1)
  for (i, j) in zip(first, second) where i >= 0 && j >= 0 { counts[i][j] += 1 }
  return counts
}

/// Kruskal and Wallis's rank test that groups have the same distribution, corrected for ties.
package struct KruskalWallisTest: Sendable, Codable, Equatable {
  package let statistic: Double
  package let degreesOfFreedom: Int
  package let pValue: Double
  /// ε² = H/(n − 1), the share of rank variance between groups, 0…1.
  package let epsilonSquared: Double

  /// Compares the values of groups; empty groups are left out.
  ///
  /// Throws `sizeMismatch`, `notFinite`, or `tooLittleData` under two groups or for equal values.
  package init(_ values: [Double], group: [Int]) throws(ModelError) {
    guard group.count == values.count else {
      throw ModelError.sizeMismatch(
        what: "The list of groups", expected: values.count, found: group.count)
    }
    for (row, value) in values.enumerated() where value.isNaN {
      throw ModelError.notFinite(what: "The list of values", row: row, column: 0)
    }
    let ranks = Statistics.ranks(values)
    let middle = (Double(values.count) + 1) / 2
    var sums: [Int: RankSum] = [:]
    var squares = 0.0
    for (row, g) in group.enumerated() {
      let old = sums[g] ?? RankSum(count: 0, ranks: 0)
      sums[g] = RankSum(count: old.count + 1, ranks: old.ranks + ranks[row])
      squares += (ranks[row] - middle) * (ranks[row] - middle)
    }
    try self.init(
      groups: sums.keys.sorted().compactMap { sums[$0] }, sumOfSquares: squares)
  }

  /// How many values a group has and what their ranks in all values add up to.
  package struct RankSum: Sendable, Codable, Equatable {
    package let count: Double
    package let ranks: Double

    package init(count: Double, ranks: Double) {
      self.count = count
      self.ranks = ranks
    }
  }

  /// The same from sums that a database made: equal values share the middle of their ranks.
  ///
  /// - Parameter sumOfSquares: of the distances of all ranks from their middle, (n + 1)/2.
  ///
  /// Throws `tooLittleData` under two groups or for equal values.
  package init(groups: [RankSum], sumOfSquares: Double) throws(ModelError) {
    let groups = groups.filter { $0.count > 0 }
    guard groups.count >= 2, sumOfSquares > 0 else {
      throw ModelError.tooLittleData(
        model: "The Kruskal–Wallis test", reason: "there are not two groups with different values",
        simplest: "the overall median")
    }
    let n = groups.reduce(0) { $0 + $1.count }
    var between = 0.0
    for group in groups {
      let gap = group.ranks / group.count - (n + 1) / 2
      between += group.count * gap * gap
    }
    statistic = (n - 1) * between / sumOfSquares
    degreesOfFreedom = groups.count - 1
    pValue = Distribution.chiSquareUpper(statistic, degrees: Double(degreesOfFreedom))
    epsilonSquared = statistic / (n - 1)
  }
}

/// Dunn's comparison of two of the groups that a Kruskal–Wallis test ranked together (Dunn 1964),
/// corrected for ties.
package struct DunnComparison: Sendable, Codable, Equatable {
  package let z: Double
  /// Two-sided, not yet adjusted for the number of pairs.
  package let pValue: Double
  /// How much more often than not a value of the first group exceeds one of the second, judged by
  /// all ranks: −1 to 1, about 2 P(first > second) − 1.
  package let dominance: Double

  /// - Parameters:
  ///   - total: how many values were ranked, over all groups.
  ///   - sumOfSquares: of the distances of all ranks from their middle.
  ///
  /// Throws `tooLittleData` for an empty group or equal values.
  package init(
    _ first: KruskalWallisTest.RankSum, _ second: KruskalWallisTest.RankSum, total: Double,
    sumOfSquares: Double
  ) throws(ModelError) {
    guard first.count > 0, second.count > 0, total > 1, sumOfSquares > 0 else {
      throw ModelError.tooLittleData(
        model: "Dunn's comparison", reason: "there are not two groups with different values",
        simplest: "the medians")
    }
    let gap = first.ranks / first.count - second.ranks / second.count
    let variance = sumOfSquares / (total - 1) * (1 / first.count + 1 / second.count)
    z = gap / variance.squareRoot()
    pValue = min(1, 2 * Distribution.normalUpper(abs(z)))
    dominance = 2 * gap / total
  }
}

/// Whether a share has fallen: the pooled z test of two independent proportions, one-sided.
package struct ProportionDecline: Sendable, Codable, Equatable {
  /// Positive for a fall.
  package let z: Double
  /// That it has not fallen; 1 where both shares are 0 or both are 1.
  package let pValue: Double

  /// - Precondition: both totals are positive and no count exceeds its total.
  package init(_ later: Int, of laterTotal: Int, before earlier: Int, of earlierTotal: Int) {
    precondition(laterTotal > 0 && earlierTotal > 0, "a share of nobody")
    let n = Double(laterTotal)
    let m = Double(earlierTotal)
    let pooled = Double(later + earlier) / (n + m)
    let variance = pooled * (1 - pooled) * (1 / n + 1 / m)
    z = variance > 0 ? (Double(earlier) / m - Double(later) / n) / variance.squareRoot() : 0
    pValue = variance > 0 ? Distribution.normalUpper(z) : 1
  }
}

/// Corrections of p-values for many tests at once.
package enum MultipleTesting {
  /// Holm's step-down adjustment: controls the chance of any false discovery.
  package static func holm(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
    var result = pValues
    var running = 0.0
    for (k, i) in order.enumerated() {
      running = max(running, min(1, Double(order.count - k) * pValues[i]))
      result[i] = running
    }
    return result
  }

  /// Benjamini and Hochberg's adjustment: controls the share of false discoveries.
  package static func benjaminiHochberg(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted { pValues[$0] > pValues[$1] }
    var result = pValues
    var running = 1.0
    for (k, i) in order.enumerated() {
      let rank = Double(order.count - k)
      running = min(running, pValues[i] * Double(order.count) / rank)
      result[i] = running
    }
    return result
  }
}
