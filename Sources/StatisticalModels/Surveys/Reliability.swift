import Foundation
package import NumericalMethods

/// How consistently items measure one thing (Cronbach 1951).
package struct CronbachAlpha: Sendable, Codable, Equatable {
  /// 1 at best; may be negative where items contradict each other.
  package let alpha: Double
  /// Feldt's exact interval (1965).
  package let lower: Double
  package let upper: Double
  /// Alpha of the other items, per item; nil with only two items.
  package let alphaWithout: [Double]?
  /// Correlation of each item with the sum of the others; nil where one is constant.
  package let itemRestCorrelation: [Double?]
  /// Respondents who answered every item.
  package let respondents: Int
  package let leftOut: Int

  /// Computes alpha over the rows without a missing (NaN) answer. Items that point the other way must
  /// be reversed first.
  ///
  /// Throws `tooLittleData` under two items or three complete rows, `unusableColumn` for items that
  /// do not vary, `notFinite`, `outOfRange` for a level outside 0…1.
  package init(_ answers: Matrix, items: [String], level: Double = 0.95) throws(ModelError) {
    guard items.count == answers.columns else {
      throw ModelError.sizeMismatch(
        what: "The list of items", expected: answers.columns, found: items.count)
    }
    guard level > 0, level < 1 else {
      throw ModelError.outOfRange(
        what: "The confidence level", value: level, allowed: "between 0 and 1")
    }
    let k = answers.columns
    guard k >= 2 else {
      throw ModelError.tooLittleData(
        model: "Cronbach's alpha", reason: "a scale of \(k) question has no consistency to measure",
        simplest: "the answers' mean and spread")
    }
    let complete = (0..<answers.rows).filter { row in
      (0..<k).allSatisfy { !answers[row, $0].isNaN }
    }
    guard complete.count >= 3 else {
      throw ModelError.tooLittleData(
        model: "Cronbach's alpha",
        reason: "only \(complete.count) respondents answered every question",
        simplest: "each question on its own")
    }
    // Alpha has no unit: on the scale of the largest answer no square can overflow.
    var unit = 0.0
    for row in complete {
      for j in 0..<k where answers[row, j].isFinite { unit = max(unit, abs(answers[row, j])) }
    }
    let columns = (0..<k).map { j in complete.map { answers[$0, j] / (unit > 0 ? unit : 1) } }
    for (j, column) in columns.enumerated() {
      if let row = column.firstIndex(where: { !$0.isFinite }) {
        throw ModelError.notFinite(what: "The table of answers", row: complete[row], column: j)
      }
      guard column.contains(where: { $0 != column[0] }) else {
        throw ModelError.unusableColumn(
          name: items[j], reason: "everyone gave the same answer")
      }
    }
    func alpha(_ used: [Int]) -> Double {
      let sums = complete.indices.map { row in used.reduce(0) { $0 + columns[$1][row] } }
      let total = Statistics.variance(sums)
      let parts = used.reduce(0) { $0 + Statistics.variance(columns[$1]) }
      let n = Double(used.count)
      return total > 0 ? n / (n - 1) * (1 - parts / total) : -.greatestFiniteMagnitude
    }
    let value = alpha(Array(0..<k))
    guard value > -.greatestFiniteMagnitude else {
      throw ModelError.tooLittleData(
        model: "Cronbach's alpha", reason: "everyone has the same total",
        simplest: "each question on its own")
    }
    self.alpha = value
    let n = Double(complete.count)
    let (d1, d2) = (n - 1, (n - 1) * Double(k - 1))
    let tail = (1 - level) / 2
    lower = 1 - (1 - value) * Distribution.fQuantile(1 - tail, numerator: d1, denominator: d2)
    upper = 1 - (1 - value) * Distribution.fQuantile(tail, numerator: d1, denominator: d2)
    alphaWithout = k > 2 ? (0..<k).map { j in alpha((0..<k).filter { $0 != j }) } : nil
    itemRestCorrelation = (0..<k).map { j in
      let rest = complete.indices.map { row in
        (0..<k).reduce(0) { $1 == j ? $0 : $0 + columns[$1][row] }
      }
      return Statistics.correlation(columns[j], rest)
    }
    respondents = complete.count
    leftOut = answers.rows - complete.count
  }
}
