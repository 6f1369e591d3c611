import Foundation

/// How unevenly a nonnegative quantity is spread over customers.
package struct Concentration: Sendable, Equatable {
  /// Values in increasing order.
  private let sorted: [Double]
  private let total: Double

  /// Throws `noData` for no values, `notFinite`, or `outOfRange` for a negative value or a sum of 0.
  package init(_ values: [Double]) throws(ModelError) {
    guard !values.isEmpty else { throw ModelError.noData(what: "value") }
    for (row, value) in values.enumerated() {
      guard value.isFinite else {
        throw ModelError.notFinite(what: "The list of values", row: row, column: 0)
      }
      guard value >= 0 else {
        throw ModelError.outOfRange(
          what: "The value of row \(row)", value: value, allowed: "0 or more")
      }
    }
    sorted = values.sorted()
    // Division by the largest keeps the sum of huge values finite.
    let largest = sorted[sorted.count - 1]
    guard largest > 0 else {
      throw ModelError.outOfRange(what: "The total", value: 0, allowed: "more than 0")
    }
    total = sorted.reduce(0) { $0 + $1 / largest }
  }

  private var largest: Double { sorted[sorted.count - 1] }

  /// Gini coefficient Σ (2i − n − 1) x₍ᵢ₎ / (n Σ x): 0 for equality, (n − 1)/n for one owner.
  package var gini: Double {
    let n = Double(sorted.count)
    var sum = 0.0
    for (i, value) in sorted.enumerated() {
      sum += (2 * Double(i + 1) - n - 1) * (value / largest)
    }
    return sum / (n * total)
  }

  /// Share of the total held by the largest customers, at least `share` of them in number.
  package func topShare(_ share: Double) -> Double {
    precondition(share >= 0 && share <= 1, "share outside 0…1")
    let count = Int((Double(sorted.count) * share - 1e-9).rounded(.up))
    return sorted.suffix(max(0, count)).reduce(0) { $0 + $1 / largest } / total
  }

  /// Points of the Lorenz curve: for each of `points` + 1 equal steps of customers, smallest first, their
  /// cumulative share of the total, linear between customers.
  package func lorenz(points: Int) -> [Double] {
    var cumulative = [0.0]
    for value in sorted { cumulative.append(cumulative[cumulative.count - 1] + value / largest) }
    return (0...points).map { k in
      let position = Double(sorted.count) * Double(k) / Double(points)
      let below = min(Int(position), sorted.count - 1)
      let fraction = position - Double(below)
      return (cumulative[below] * (1 - fraction) + cumulative[below + 1] * fraction) / total
    }
  }
}
