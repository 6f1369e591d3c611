import Foundation
import NumericalMethods
import StatisticalModels
import Testing

@Suite("Found groups that are stored and asked again")
struct StoredGroupsTests {
  /// Three kinds of customers told by spend, channel and town.
  private static func customers(
    _ n: Int, seed: UInt64
  ) -> (truth: [Int], features: [FeatureColumn]) {
    var rng = RandomSource(seed: seed)
    let truth = (0..<n).map { _ in rng.index(weights: [0.5, 0.3, 0.2]) }
    let channels = ["shop", "web", "telephone"]
    return (
      truth,
      [
        FeatureColumn(
          "spend", .money, truth.map { exp(3 + 1.5 * Double($0) + 0.3 * rng.normal()) }),
        FeatureColumn(
          "channel",
          categories: truth.map {
            rng.uniform() < 0.05 ? nil : channels[rng.uniform() < 0.9 ? $0 : rng.integer(below: 3)]
          }),
        FeatureColumn("constant", categories: truth.map { _ in "same" }),
      ]
    )
  }

  /// Whatever the method: stored, read again, asked for old and new customers, numbered like before.
  private func check(
    _ groups: StoredGroups, labels: [Int], features: [FeatureColumn], new: [FeatureColumn],
    newTruth: [Int]
  ) throws {
    let back = try JSONDecoder().decode(StoredGroups.self, from: JSONEncoder().encode(groups))
    #expect(back == groups)
    #expect(try back.assign(features) == labels)
    #expect(Partition.adjustedRandIndex(try back.assign(new), newTruth) > 0.85)
    #expect(try groups.drift(of: labels) < 1e-12)
    #expect(try groups.drift(of: labels.map { _ in 0 }) > 0.25)
    #expect(throws: ModelError.self) { try groups.drift(of: [99]) }
    // As if a refit had found the same groups in another order.
    let other = labels.map { [2, 0, 1][$0] }
    let turned = try groups.renumbered(old: other, new: labels)
    #expect(try turned.assign(features) == other)
    #expect(try turned.drift(of: other) < 1e-12)
    if let p = try groups.probabilities(features), let q = try turned.probabilities(features) {
      for row in 0..<min(200, p.rows) {
        for c in 0..<3 { #expect(abs(p[row, c] - q[row, [2, 0, 1][c]]) < 1e-9) }
      }
    }
  }

  @Test("k-means and mixtures")
  func points() throws {
    let (_, features) = Self.customers(1500, seed: 1)
    let (newTruth, new) = Self.customers(400, seed: 2)
    var rng = RandomSource(seed: 1)
    let encoder = try FeatureEncoder(features)
    let points = try encoder.encode(features)
    let means = try KMeans(groups: 3).fit(points, using: &rng)
    try check(
      StoredGroups(.means(encoder: encoder, model: means.model), labels: means.labels),
      labels: means.labels, features: features, new: new, newTruth: newTruth)
    // A mixture needs coordinates with a density: the amount alone.
    let amount = [features[0]]
    let single = try FeatureEncoder(amount)
    let mixture = try GaussianMixture(components: 3, kind: .full)
      .fit(single.encode(amount), using: &rng)
    try check(
      StoredGroups(.mixture(encoder: single, model: mixture.model), labels: mixture.labels),
      labels: mixture.labels, features: amount, new: [new[0]], newTruth: newTruth)
  }

  @Test("k-prototypes on mixed attributes and k-modes on categories, learned from columns")
  func prototypes() throws {
    let (truth, features) = Self.customers(1500, seed: 1)
    let (newTruth, new) = Self.customers(400, seed: 2)
    let encoder = try MixedEncoder(features)
    #expect(encoder.categories.map(\.name) == ["channel"])
    var rng = RandomSource(seed: 1)
    let table = try encoder.encode(features)
    let found = try KPrototypes(groups: 3).fit(table, using: &rng)
    #expect(Partition.adjustedRandIndex(found.labels, truth) > 0.9)
    try check(
      StoredGroups(.prototypes(encoder: encoder, model: found.model), labels: found.labels),
      labels: found.labels, features: features, new: new, newTruth: newTruth)
    // A class never seen differs from everything, like a missing one.
    let unseen = try encoder.encode([
      FeatureColumn("spend", .money, [20]), FeatureColumn("channel", categories: ["pigeon"]),
      FeatureColumn("constant", categories: ["same"]),
    ])
    #expect(unseen.categories == [-1])
    let modes = try MixedEncoder([features[1]])
    #expect(modes.numbers == nil)
    #expect(
      try KPrototypes(groups: 3).fit(modes.encode([features[1]]), using: &rng).model.cost < 200)
    #expect(throws: ModelError.self) { try MixedEncoder([features[2]]) }
    #expect(throws: ModelError.self) { try MixedEncoder([]) }
    #expect(throws: ModelError.self) { try encoder.encode([features[0]]) }
    #expect(throws: ModelError.self) { try encoder.encode(features.reversed()) }
  }

  @Test("Tribes from survey columns, with a covariate")
  func tribes() throws {
    func survey(_ n: Int, seed: UInt64) -> (truth: [Int], columns: [FeatureColumn]) {
      var rng = RandomSource(seed: seed)
      let age = (0..<n).map { _ in rng.normal() }
      let truth = age.map { rng.index(weights: [1, exp(-0.5 + $0), exp(-1 - $0)]) }
      let choices = ["never", "sometimes", "always"]
      let questions = (0..<6).map { item in
        FeatureColumn(
          "q\(item)",
          categories: truth.map { tribe in
            rng.uniform() < 0.05
              ? nil
              : choices[rng.uniform() < 0.85 ? (tribe + item) % 3 : rng.integer(below: 3)]
          })
      }
      return (truth, questions + [FeatureColumn("age", .number, age)])
    }
    let (truth, columns) = survey(2500, seed: 5)
    let encoder = try AnswerEncoder(
      Array(columns.prefix(6)), covariates: Array(columns.suffix(1)))
    let answers = try encoder.encode(
      Array(columns.prefix(6)), covariates: Array(columns.suffix(1)), forFitting: true)
    var rng = RandomSource(seed: 1)
    let model = try LatentClasses(classes: 3).fit(answers, using: &rng)
    let labels = try model.assign(answers)
    #expect(Partition.adjustedRandIndex(labels, truth) > 0.9)
    let (newTruth, new) = survey(400, seed: 6)
    let groups = try StoredGroups(
      .latentClasses(encoder: encoder, model: model), labels: labels)
    try check(groups, labels: labels, features: columns, new: new, newTruth: newTruth)
    // One respondent alone can be assigned, though nothing varies.
    let alone = try groups.assign(
      (0..<6).map { FeatureColumn("q\($0)", categories: ["never"]) }
        + [FeatureColumn("age", .number, [0.1])])
    #expect(alone.count == 1)
    #expect(throws: ModelError.self) { try AnswerEncoder([columns[6]]) }
    #expect(throws: ModelError.self) { try AnswerEncoder([columns[0]], covariates: [columns[1]]) }
    #expect(throws: ModelError.self) { try AnswerEncoder([]) }
  }
}
