internal import Foundation

/// Counts of agreement patterns among pairs.
package struct PatternCounts: Sendable {
  package var patterns: [AgreementPattern]
  /// Pairs of each; not negative.
  package var counts: [Double]

  package init(patterns: [AgreementPattern], counts: [Double]) {
    precondition(patterns.count == counts.count, "a count for each pattern")
    self.patterns = patterns
    self.counts = counts
  }

  package var total: Double { counts.reduce(0, +) }

  package func filter(_ isIncluded: (AgreementPattern) -> Bool) -> PatternCounts {
    let kept = patterns.indices.filter { isIncluded(patterns[$0]) }
    return PatternCounts(patterns: kept.map { patterns[$0] }, counts: kept.map { counts[$0] })
  }
}

/// Fellegi and Sunter's model of record linkage: how likely each level of agreement is among pairs
/// that are one (m) and among those that are not (u), fields being independent within each.
///
/// Fellegi, I. and Sunter, A. (1969), A theory for record linkage, JASA 64, section 2; estimation
/// by EM: Winkler (1988); u from random pairs and m from blocks: Splink's documentation.
package struct MatchModel: Sendable, Hashable, Codable {
  /// By field, then level.
  package var m: [[Double]]
  package var u: [[Double]]
  /// The chance that two records taken at random are one.
  package var prior: Double
  package var iterations = 0
  package var hasConverged = true

  /// What a base goes by before anything is learned from it.
  package static let starting = MatchModel(
    m: ComparedField.allCases.map(\.startingM), u: ComparedField.allCases.map(\.startingU),
    prior: 1e-4)

  package init(m: [[Double]], u: [[Double]], prior: Double) {
    self.m = m
    self.u = u
    self.prior = prior
  }

  /// log2 of the ratio m/u over the fields that both have.
  package func weight(_ pattern: AgreementPattern) -> Double {
    ComparedField.allCases.reduce(0) { $0 + weight(of: $1, level: pattern[$1]) }
  }

  /// What one field adds; 0 where one of the two lacks it.
  package func weight(of field: ComparedField, level: Int) -> Double {
    level < 0 ? 0 : log2(m[field.rawValue][level] / u[field.rawValue][level])
  }

  /// The probability that a pair is one.
  package func probability(_ pattern: AgreementPattern) -> Double {
    probability(weight: weight(pattern))
  }

  func probability(weight: Double) -> Double {
    1 / (1 + exp2(-(weight + log2(prior / (1 - prior)))))
  }

  // MARK: Learning

  /// u by the levels of random pairs: nearly none of them is one.
  ///
  /// - Parameter strength: how many pairs the starting values stand for.
  package mutating func learnU(random: PatternCounts, strength: Double = 1_000) {
    for field in u.indices {
      var counts = u[field].map { $0 * strength }
      for (pattern, count) in zip(random.patterns, random.counts) where pattern.levels[field] >= 0 {
        counts[pattern.levels[field]] += count
      }
      // A finite sample never shows how rare an agreement truly is.
      u[field] = Self.shares(counts.map { max($0, 1e-6 * counts.reduce(0, +)) })
    }
  }

  /// What one run of EM found.
  package struct Estimate: Sendable {
    package var model: MatchModel
    /// Pairs expected to be one.
    package var matches: Double
    package var logLikelihood: Double
  }

  /// Estimates m and the share of pairs that are one by expectation and maximisation.
  ///
  /// - Parameters:
  ///   - pairs: all of a block.
  ///   - fields: those learned; the others are equal throughout the block and left out.
  ///   - learnsU: whether u is estimated too, as in Winkler's EM without random pairs.
  ///   - strength: how many pairs the values before stand for; 0 for maximum likelihood.
  package func estimate(
    _ pairs: PatternCounts, fields: Set<ComparedField> = Set(ComparedField.allCases),
    learnsU: Bool = false, strength: Double = 20, limit: Int = 200
  ) -> Estimate {
    var model = self
    let used = fields.map(\.rawValue).sorted()
    let total = pairs.total
    guard total > 0 else { return Estimate(model: self, matches: 0, logLikelihood: 0) }
    var likelihood = -Double.infinity
    var matches = 0.0
    model.hasConverged = false
    for round in 1...limit {
      var sumsM = m.map { $0.map { $0 * strength } }
      var sumsU = u.map { $0.map { $0 * strength } }
      var expected = 0.0
      var next = 0.0
      for (pattern, count) in zip(pairs.patterns, pairs.counts) {
        var one = model.prior
        var other = 1 - model.prior
        for field in used where pattern.levels[field] >= 0 {
          one *= model.m[field][pattern.levels[field]]
          other *= model.u[field][pattern.levels[field]]
        }
        let share = one / (one + other)
        expected += count * share
        next += count * log(one + other)
        for field in used where pattern.levels[field] >= 0 {
          sumsM[field][pattern.levels[field]] += count * share
          if learnsU { sumsU[field][pattern.levels[field]] += count * (1 - share) }
        }
      }
      for field in used {
        model.m[field] = Self.shares(sumsM[field])
        if learnsU { model.u[field] = Self.shares(sumsU[field]) }
      }
      matches = expected
      model.prior = min(max(expected / total, 1e-9), 1 - 1e-9)
      model.iterations = round
      if abs(next - likelihood) < 1e-9 * abs(next) {
        model.hasConverged = true
        likelihood = next
        break
      }
      likelihood = next
    }
    return Estimate(model: model, matches: matches, logLikelihood: likelihood)
  }

  /// Learns m from blocks, each of which tells the fields that it is not made by.
  package mutating func learnM(
    blocks: [(pairs: PatternCounts, fields: Set<ComparedField>)]
  ) {
    var sums = m.map { $0.map { $0 * 20 } }
    var isConverged = true
    var rounds = 0
    for block in blocks where block.pairs.total > 0 {
      var start = self
      start.prior = 0.3
      let found = start.estimate(block.pairs, fields: block.fields)
      isConverged = isConverged && found.model.hasConverged
      rounds = max(rounds, found.model.iterations)
      for field in block.fields.map(\.rawValue) {
        for level in m[field].indices {
          sums[field][level] += found.model.m[field][level] * found.matches
        }
      }
    }
    // A level that no pair shows is rare, not impossible.
    m = sums.map { row in
      let total = row.reduce(0, +)
      return Self.shares(row.map { max($0, 1e-4 * total) })
    }
    hasConverged = isConverged
    iterations = rounds
  }

  /// Finds the chance that two records are one such that it agrees with what the candidates say.
  ///
  /// - Parameter pairs: how many pairs of records there are at all.
  package mutating func learnPrior(candidates: PatternCounts, pairs: Double) {
    guard pairs > 0 else { return }
    let weights = candidates.patterns.map(weight)
    for _ in 0..<100 {
      var expected = 0.5
      for (weight, count) in zip(weights, candidates.counts) {
        expected += count * probability(weight: weight)
      }
      let next = min(max(expected / pairs, 1e-12), 0.5)
      let isDone = abs(next - prior) < 1e-6 * prior
      prior = next
      if isDone { return }
    }
  }

  private static func shares(_ counts: [Double]) -> [Double] {
    let total = counts.reduce(0, +)
    return total > 0 ? counts.map { $0 / total } : counts
  }
}
