/// How good segments are to work with, measured and in verdicts.
package struct SegmentQuality: Sendable, Hashable, Codable {
  /// The instant to which memberships were brought, microseconds since 1970-01-01T00:00:00Z.
  package let asOf: Int64
  /// Customers who may be profiled.
  package let base: Int
  package let segments: [SegmentMeasure]
  /// Pairs with members in common, unless these are fewer persons than the privacy threshold.
  package let overlaps: [Overlap]
  package let outcomes: [OutcomeReport]
  package let verdicts: [Verdict]
  package let options: QualityOptions

  /// Two segments and what they have in common.
  package struct Overlap: Sendable, Hashable, Codable {
    package let first: Int64
    package let second: Int64
    package let common: Int
    /// Members of both over members of either, 0 to 1.
    package let jaccard: Double
  }
}

/// One segment in figures.
package struct SegmentMeasure: Sendable, Hashable, Codable {
  package let id: Int64
  package let name: String
  package let intention: String?
  /// Nil for a segment of natural persons under the privacy threshold.
  package let size: Int?
  /// Of the base, 0 to 1; nil where `size` is.
  package let share: Double?
  /// Members at the previous refresh and now in common over members at either, 0 to 1; nil before
  /// the second refresh.
  package let stability: Double?
  /// The last entry or exit, microseconds; nil where nobody ever entered.
  package let lastChange: Int64?
  /// Days from that to the last refresh; nil before the second refresh.
  package let unchangedDays: Double?
  /// The newest row or value among what its rule reads, microseconds; nil where there is none.
  package let freshness: Int64?
  /// Average revenue of a member over the base's average; nil without purchases in the base.
  package let potential: Double?
  /// Share of members who were sent something within `actionDays`.
  package let contacted: Double?
  package let response: Response?

  /// Messages answered by a click or a redemption, of those sent to members, in the last
  /// `actionDays` and in the year before these.
  package struct Response: Sendable, Hashable, Codable {
    package let recentSent: Int
    package let recentAnswered: Int
    package let earlierSent: Int
    package let earlierAnswered: Int
    /// One-sided: that the rate has not fallen; two proportions, pooled.
    package let pValue: Double

    package var recentRate: Double { Double(recentAnswered) / Double(recentSent) }
    package var earlierRate: Double { Double(earlierAnswered) / Double(earlierSent) }
  }
}

/// Whether segments differ in one outcome.
package struct OutcomeReport: Sendable, Hashable, Codable {
  /// What was compared, as the person asked for it.
  package let outcome: String
  package let isCategorical: Bool
  /// Members of exactly one of the segments, who have the outcome.
  package let customers: Int
  /// H of Kruskal and Wallis, or χ².
  package let statistic: Double
  package let degreesOfFreedom: Int
  package let pValue: Double
  /// Holm's, over the outcomes.
  package let adjustedPValue: Double
  /// ε² for numbers, Cramér's V for categories.
  package let effectSize: Double
  package let effect: Effect
  package let groups: [Group]
  package let pairs: [Pair]

  package struct Group: Sendable, Hashable, Codable {
    package let segment: Int64
    package let customers: Int
    /// Of numbers.
    package let median: Double?
    package let average: Double?
    /// The most frequent category and its share.
    package let category: String?
    package let categoryShare: Double?
  }

  /// Two segments compared on this outcome.
  package struct Pair: Sendable, Hashable, Codable {
    package let first: Int64
    package let second: Int64
    /// Holm's, over the pairs of this outcome.
    package let adjustedPValue: Double
    /// Dominance for numbers (−1 to 1), Cramér's V for categories (0 to 1).
    package let effectSize: Double
    package let differs: Bool
  }
}

/// How large an effect is, by Cohen's conventions (1988): ε² from 0.01, 0.06, .14; Cramér's V from
/// 0.1, 0.3, 0.5 over the square root of the smaller number of classes less one; dominance (Cliff's δ)
/// from 0.147, 0.33, 0.474 (Romano et al. 2006).
package enum Effect: String, Sendable, Hashable, Codable {
  case negligible, small, medium, large

  static func ofEpsilonSquared(_ value: Double) -> Effect { of(value, 0.01, 0.06, 0.14) }

  static func ofCramersV(_ value: Double, smallerClasses: Int) -> Effect {
    let scale = Double(max(1, smallerClasses - 1)).squareRoot()
    return of(value, 0.1 / scale, 0.3 / scale, 0.5 / scale)
  }

  static func ofDominance(_ value: Double) -> Effect { of(abs(value), 0.147, 0.33, 0.474) }

  private static func of(
    _ value: Double, _ small: Double, _ medium: Double, _ large: Double
  ) -> Effect {
    value >= large ? .large : value >= medium ? .medium : value >= small ? .small : .negligible
  }
}

/// What a person should know, with the figures behind it.
package enum Verdict: Sendable, Hashable, Codable {
  case empty(segment: Int64)
  case tooSmall(segment: Int64)
  case tooBroad(segment: Int64, share: Double)
  /// They have nearly the same members: merge them.
  case nearlySame(first: Int64, second: Int64, jaccard: Double)
  /// Other members, but no outcome tells them apart.
  case behaveAlike(first: Int64, second: Int64)
  case neverChanges(segment: Int64, days: Int)
  /// High potential, and hardly a member was contacted.
  case underExploited(segment: Int64, potential: Double, contacted: Double)
  case responseDecayed(segment: Int64, earlier: Double, recent: Double)
  /// More segments with an intention than a team can act on.
  case tooMany(count: Int)
}
