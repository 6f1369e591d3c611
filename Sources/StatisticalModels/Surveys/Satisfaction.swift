import Foundation
import NumericalMethods

/// The three survey measures of satisfaction, each with its interval and number of answers.
package enum Satisfaction {
  /// A measure with its confidence interval and the number of answers behind it.
  package struct Measure: Sendable, Codable, Equatable {
    package let value: Double
    package let lower: Double
    package let upper: Double
    package let answers: Int
  }

  /// Net Promoter Score, −100…100: share of answers 9 and 10 less share of 0 to 6.
  ///
  /// Adjusted Wald interval (Rocks 2016): ¾ of an answer to promoters and detractors each, 1½ to
  /// passives. Throws `noData` or `outOfRange` for an answer that is not a whole number from 0 to 10.
  package static func netPromoterScore(
    _ answers: [Int], level: Double = 0.95
  ) throws(ModelError) -> Measure {
    let z = try quantile(level)
    guard !answers.isEmpty else { throw ModelError.noData(what: "answer") }
    var promoters = 0.0
    var detractors = 0.0
    for answer in answers {
      guard (0...10).contains(answer) else {
        throw ModelError.outOfRange(
          what: "A recommendation", value: Double(answer), allowed: "a whole number from 0 to 10")
      }
      if answer >= 9 { promoters += 1 }
      if answer <= 6 { detractors += 1 }
    }
    let n = Double(answers.count)
    let p = (promoters + 0.75) / (n + 3)
    let d = (detractors + 0.75) / (n + 3)
    let half = z * ((p + d - (p - d) * (p - d)) / (n + 3)).squareRoot()
    let value = (promoters - detractors) / n
    return Measure(
      value: 100 * value, lower: 100 * max(-1, min(value, p - d - half)),
      upper: 100 * min(1, max(value, p - d + half)), answers: answers.count)
  }

  /// Customer satisfaction: share (0…1) of answers in the top of a scale, by default 4 and 5 of 1…5, with
  /// Wilson's interval (1927).
  ///
  /// Throws `noData` or `outOfRange` for an answer outside the scale.
  package static func customerSatisfaction(
    _ answers: [Int], scale: ClosedRange<Int> = 1...5, satisfiedFrom: Int = 4,
    level: Double = 0.95
  ) throws(ModelError) -> Measure {
    let z = try quantile(level)
    guard !answers.isEmpty else { throw ModelError.noData(what: "answer") }
    for answer in answers where !scale.contains(answer) {
      throw ModelError.outOfRange(
        what: "A satisfaction answer", value: Double(answer),
        allowed: "\(scale.lowerBound) to \(scale.upperBound)")
    }
    let n = Double(answers.count)
    let share = Double(answers.filter { $0 >= satisfiedFrom }.count) / n
    let denominator = 1 + z * z / n
    let centre = (share + z * z / (2 * n)) / denominator
    let half = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot() / denominator
    return Measure(
      value: share, lower: max(0, min(share, centre - half)),
      upper: min(1, max(share, centre + half)), answers: answers.count)
  }

  /// Customer effort: mean answer on a scale, by default 1…7, with Student's interval.
  ///
  /// With one answer the interval is the whole scale. Throws `noData` or `outOfRange`.
  package static func customerEffort(
    _ answers: [Int], scale: ClosedRange<Int> = 1...7, level: Double = 0.95
  ) throws(ModelError) -> Measure {
    _ = try quantile(level)
    guard !answers.isEmpty else { throw ModelError.noData(what: "answer") }
    for answer in answers where !scale.contains(answer) {
      throw ModelError.outOfRange(
        what: "An effort answer", value: Double(answer),
        allowed: "\(scale.lowerBound) to \(scale.upperBound)")
    }
    let values = answers.map { Double($0) }
    let mean = Statistics.mean(values)
    let (low, high) = (Double(scale.lowerBound), Double(scale.upperBound))
    guard answers.count > 1 else {
      return Measure(value: mean, lower: low, upper: high, answers: 1)
    }
    let n = Double(answers.count)
    let half =
      Distribution.studentQuantile(0.5 + level / 2, degrees: n - 1)
      * (Statistics.variance(values) / n).squareRoot()
    return Measure(
      value: mean, lower: max(low, mean - half), upper: min(high, mean + half),
      answers: answers.count)
  }

  private static func quantile(_ level: Double) throws(ModelError) -> Double {
    guard level > 0, level < 1 else {
      throw ModelError.outOfRange(
        what: "The confidence level", value: level, allowed: "between 0 and 1")
    }
    return Distribution.normalQuantile(0.5 + level / 2)
  }
}
