import Foundation
package import NumericalMethods

/// What several criteria say about one number of groups.
package struct GroupCountCriteria: Sendable, Codable, Equatable {
  package let groups: Int
  package let inertia: Double
  /// −1…1, larger is better.
  package let silhouette: Double?
  /// Larger is better.
  package let calinskiHarabasz: Double?
  /// Smaller is better.
  package let daviesBouldin: Double?
  /// Tibshirani's gap (2001) and the standard error of its reference; larger is better.
  package let gap: Double
  package let gapError: Double
  /// Of a diagonal Gaussian mixture on the sample; smaller is better.
  package let bic: Double?
  package let icl: Double?
  /// Mean adjusted Rand index between groupings found on overlapping halves, at most 1.
  package let stability: Double
  /// Share of customers in the smallest group.
  package let smallestShare: Double
}

/// A proposal of how many groups to use, with everything it rests on.
package struct GroupCountProposal: Sendable, Codable, Equatable {
  /// Why the proposal was made; readers get a sentence from it.
  package enum Reason: String, Sendable, Codable {
    /// Stable, large enough to act on, and about as well separated as any.
    case stableAndSeparated = "stable-and-separated"
    /// No number of groups was stable: the one that repeats best.
    case mostStable = "most-stable"
  }

  package let criteria: [GroupCountCriteria]
  package let proposed: Int
  package let reason: Reason
  /// The number each criterion alone would choose.
  package let bestBySilhouette: Int
  package let bestByGap: Int
  package let bestByBIC: Int?
}

/// Compares numbers of groups on points.
package struct GroupCountSearch: Sendable {
  package var range: ClosedRange<Int>
  /// Rows on which criteria are computed.
  package var sampleSize = 4000
  package var resamples = 6
  package var references = 8
  /// Groupings that repeat less than this are not proposed while others do.
  package var leastStability = 0.7
  /// A group of fewer customers than this share is hard to act on.
  package var leastShare = 0.02
  /// How far below the best silhouette a proposal may lie, as a share of it, where that best is under 0.5.
  /// Customers often form one cloud without gaps, of which two halves always look best separated and tell
  /// least; groups that are clearly apart are not cut further for less than 5 %.
  package var silhouetteSlack = 0.15
  package var threads: Int?

  package init(range: ClosedRange<Int> = 2...10) { self.range = range }

  /// Fits and judges every number of groups.
  ///
  /// The proposal is, among numbers that are stable and whose smallest group is large enough, one whose
  /// silhouette is within `silhouetteSlack` of their best: the largest up to six, because that says most while a team can
  /// still act on it. Throws what k-means throws.
  package func run(
    _ points: Matrix, using random: inout RandomSource
  ) throws(ModelError) -> GroupCountProposal {
    try ClusterInput.validate(points)
    let sample =
      points.rows > sampleSize
      ? points.rows(random.sample(sampleSize, below: points.rows)) : points
    let distinct = ClusterInput.distinctRows(sample, limit: range.upperBound + 1)
    // With as many groups as different points nothing is left to compare.
    let last = min(range.upperBound, distinct - 1)
    guard range.lowerBound >= 2, range.lowerBound <= last else {
      throw ModelError.tooManyGroups(requested: range.lowerBound, available: distinct)
    }
    let references = try referenceInertias(sample, upTo: last, using: &random)
    var criteria: [GroupCountCriteria] = []
    for k in range.lowerBound...last {
      let (model, labels) = try kMeans(k, restarts: 5).fit(sample, using: &random)
      let logs = references.map { log(max($0[k - range.lowerBound], 1e-300)) }
      var mixture = GaussianMixture(components: k, kind: .diagonal)
      mixture.restarts = 1
      mixture.threads = threads
      mixture.tolerance = 1e-5
      let density = try? mixture.fit(sample, using: &random).model
      criteria.append(
        GroupCountCriteria(
          groups: k, inertia: model.inertia,
          silhouette: GroupingQuality.silhouette(
            sample, labels, sampleSize: 2000, using: &random, threads: threads),
          calinskiHarabasz: GroupingQuality.calinskiHarabasz(sample, labels),
          daviesBouldin: GroupingQuality.daviesBouldin(sample, labels),
          gap: Statistics.mean(logs) - log(max(model.inertia, 1e-300)),
          gapError: Statistics.variance(logs, degreesLost: 0).squareRoot()
            * (1 + 1 / Double(max(1, logs.count))).squareRoot(),
          bic: density?.bic, icl: density?.icl,
          stability: try stability(sample, k, using: &random),
          smallestShare: (model.sizes.min() ?? 0) / Double(sample.rows)))
    }
    return propose(criteria)
  }

  private func kMeans(_ k: Int, restarts: Int) -> KMeans {
    var method = KMeans(groups: k)
    method.restarts = restarts
    method.threads = threads
    return method
  }

  /// Inertias of uniform points in the box of the sample's principal directions.
  private func referenceInertias(
    _ sample: Matrix, upTo last: Int, using random: inout RandomSource
  ) throws(ModelError) -> [[Double]] {
    let map = try PrincipalComponents(sample, count: sample.columns).project(sample)
    let bounds = (0..<map.columns).map { j in
      let column = map.column(j)
      return (low: column.min() ?? 0, high: column.max() ?? 0)
    }
    let rows = min(sample.rows, 1000)
    var result: [[Double]] = []
    for _ in 0..<max(1, references) {
      var box = Matrix(rows: rows, columns: map.columns)
      for i in 0..<rows {
        for j in 0..<map.columns {
          box[i, j] = bounds[j].low + (bounds[j].high - bounds[j].low) * random.uniform()
        }
      }
      var inertias: [Double] = []
      for k in range.lowerBound...last {
        // The reference may have fewer rows than the sample; inertia grows with their number.
        let groups = min(k, ClusterInput.distinctRows(box, limit: k))
        inertias.append(
          try kMeans(groups, restarts: 1).fit(box, using: &random).model.inertia
            * Double(sample.rows) / Double(rows))
      }
      result.append(inertias)
    }
    return result
  }

  /// Mean agreement on all rows of groupings fitted on random halves.
  private func stability(
    _ sample: Matrix, _ k: Int, using random: inout RandomSource
  ) throws(ModelError) -> Double {
    var previous: [Int]?
    var sum = 0.0
    var pairs = 0.0
    for _ in 0..<max(2, resamples) {
      let half = sample.rows(random.sample(max(k, sample.rows / 2), below: sample.rows))
      guard ClusterInput.distinctRows(half, limit: k) >= k else { continue }
      let model = try kMeans(k, restarts: 3).fit(half, using: &random).model
      let labels = try model.assign(sample, threads: threads)
      if let previous {
        sum += Partition.adjustedRandIndex(previous, labels)
        pairs += 1
      }
      previous = labels
    }
    return pairs > 0 ? sum / pairs : 0
  }

  func propose(_ criteria: [GroupCountCriteria]) -> GroupCountProposal {
    func silhouette(_ c: GroupCountCriteria) -> Double { c.silhouette ?? -1 }
    let usable = criteria.filter {
      $0.stability >= leastStability && $0.smallestShare >= leastShare
    }
    let proposed: Int
    let reason: GroupCountProposal.Reason
    if let best = usable.map(silhouette).max() {
      let near = usable.filter {
        silhouette($0) >= best - (best < 0.5 ? silhouetteSlack : min(silhouetteSlack, 0.05))
          * abs(best)
      }.map(
        \.groups)
      proposed = near.filter { $0 <= 6 }.max() ?? near.min() ?? criteria[0].groups
      reason = .stableAndSeparated
    } else {
      proposed =
        criteria.max { $0.stability < $1.stability }?.groups ?? criteria[0].groups
      reason = .mostStable
    }
    // Tibshirani's rule: the first k whose gap is within an error of the next one's.
    let byGap =
      zip(criteria, criteria.dropFirst()).first { $0.gap >= $1.gap - $1.gapError }?.0.groups
      ?? criteria[criteria.count - 1].groups
    return GroupCountProposal(
      criteria: criteria, proposed: proposed, reason: reason,
      bestBySilhouette: criteria.max { silhouette($0) < silhouette($1) }?.groups ?? proposed,
      bestByGap: byGap,
      bestByBIC: criteria.filter { $0.bic != nil }
        .min { ($0.bic ?? .infinity) < ($1.bic ?? .infinity) }?.groups)
  }
}
