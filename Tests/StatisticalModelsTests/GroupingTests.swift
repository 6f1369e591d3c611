import Foundation
import NumericalMethods
import StatisticalModels
import Testing

@Suite("From customer attributes to groups")
struct GroupingTests {
  private func treatment(
    _ column: FeatureColumn, _ choice: TreatmentOverride? = nil
  ) throws -> (FeatureTreatment, [TreatmentReason]) {
    let ok = FeatureColumn("ok", .number, (0..<column100).map { Double($0) })
    let encoder = try FeatureEncoder(
      [column, ok], overrides: choice.map { [column.name: $0] } ?? [:])
    return (encoder.columns[0].treatment, encoder.columns[0].reasons)
  }

  private let column100 = 100

  @Test("Treatments follow the kind and the shape of the data")
  func treatments() throws {
    var rng = RandomSource(seed: 1)
    let money = (0..<100).map { _ in exp(3 + rng.normal()) }
    guard case .numeric(true, _, _, _, _, _) = try treatment(FeatureColumn("m", .money, money)).0
    else {
      Issue.record("money is not logarithmic")
      return
    }
    let plain = FeatureColumn("age", .number, (0..<100).map { _ in 40 + 10 * rng.normal() })
    let (age, reasons) = try treatment(plain)
    guard case .numeric(false, _, _, let centre, let scale, _) = age else {
      Issue.record("an age is not plain")
      return
    }
    #expect(reasons == [.ordinary] && abs(centre - 40) < 4 && abs(scale - 10) < 3)
    #expect(
      try treatment(FeatureColumn("c", .count, [Double](repeating: 3, count: 100))) == (
        .leftOut, [.constant]
      ))
    #expect(
      try treatment(FeatureColumn("n", .number, [Double](repeating: .nan, count: 100))) == (
        .leftOut, [.allMissing]
      ))
    let sparse = (0..<100).map { $0 < 10 ? Double($0) : Double.nan }
    #expect(try treatment(FeatureColumn("n", .number, sparse)) == (.leftOut, [.mostlyMissing]))
    let ids = FeatureColumn("id", categories: (0..<100).map { "c\($0 / 2)" })
    #expect(try treatment(ids).1 == [.manyClasses] || treatment(ids).1 == [.tooManyClasses])
    var choice = TreatmentOverride()
    choice.isLeftOut = true
    #expect(try treatment(plain, choice) == (.leftOut, [.overridden]))
    choice = TreatmentOverride()
    choice.scaling = .unscaled
    choice.logarithm = false
    let raw = try FeatureEncoder([plain], overrides: ["age": choice])
    guard case .numbers(let ages) = plain.values else { return }
    #expect(try raw.encode([plain]).values == ages)
  }

  @Test("Ten thousand classes, 1e300 amounts and negative nets give finite points")
  func extremes() throws {
    let n = 20_000
    var amounts = (0..<n).map { Double($0 % 97) - 10 }
    amounts[5] = 1e300
    amounts[6] = -1e300
    var numbers = (0..<n).map { Double($0 % 13) }
    numbers[7] = 1e300
    let features = [
      FeatureColumn("net", .money, amounts), FeatureColumn("x", .number, numbers),
      FeatureColumn("id", categories: (0..<n).map { "c\($0 % 10_000)" }),
      FeatureColumn("town", categories: (0..<n).map { $0 % 3 == 0 ? nil : "t\($0 % 7)" }),
    ]
    let encoder = try FeatureEncoder(features)
    #expect(encoder.columns[2].treatment == .leftOut)
    #expect(encoder.columns[2].reasons == [.tooManyClasses])
    let points = try encoder.encode(features)
    #expect(points.values.allSatisfy { $0.isFinite && abs($0) < 100 })
    #expect(points.columns == encoder.coordinateNames.count)
    var rng = RandomSource(seed: 1)
    #expect(try KMeans(groups: 4).fit(points, using: &rng).model.inertia.isFinite)
    #expect(throws: ModelError.self) {
      try FeatureEncoder([FeatureColumn("x", .number, [1, .infinity])])
    }
    #expect(throws: ModelError.self) { try FeatureEncoder([FeatureColumn("x", .number, [1, 1])]) }
  }

  @Test("Two different classes are one apart, and a weight scales squared distance")
  func oneHot() throws {
    let column = FeatureColumn("c", categories: ["a", "b", "a", nil])
    let points = try FeatureEncoder([column], weights: ["c": 4]).encode([column])
    func square(_ i: Int, _ j: Int) -> Double {
      (0..<points.columns).reduce(0) {
        $0 + (points[i, $1] - points[j, $1]) * (points[i, $1] - points[j, $1])
      }
    }
    #expect(abs(square(0, 1) - 4) < 1e-12 && square(0, 2) == 0 && abs(square(0, 3) - 4) < 1e-12)
  }

  @Test("Blobs are counted right by stability and silhouette")
  func count() throws {
    let points = Classics.blobs(1500, groups: 4, dimensions: 3, seed: 21, spread: 0.6)
    var rng = RandomSource(seed: 2)
    let proposal = try GroupCountSearch(range: 2...8).run(points, using: &rng)
    #expect(proposal.proposed == 4 && proposal.reason == .stableAndSeparated)
    #expect(proposal.bestBySilhouette == 4 && proposal.bestByGap == 4 && proposal.bestByBIC == 4)
    #expect(proposal.criteria.map(\.groups) == Array(2...8))
    let four = proposal.criteria[2]
    #expect(four.stability > 0.99 && abs(four.smallestShare - 0.25) < 0.01)
    #expect(proposal.criteria.allSatisfy { $0.stability <= 1 && $0.gapError >= 0 })
    var again = RandomSource(seed: 2)
    var search = GroupCountSearch(range: 2...8)
    search.threads = 1
    #expect(try search.run(points, using: &again) == proposal)
  }

  @Test("With hardly any different points the search stops short or says so")
  func fewPoints() throws {
    var rng = RandomSource(seed: 2)
    let three = Matrix((0..<30).map { [Double($0 % 3)] })
    let proposal = try GroupCountSearch(range: 2...8).run(three, using: &rng)
    #expect(proposal.criteria.map(\.groups) == [2])
    #expect(throws: ModelError.self) {
      try GroupCountSearch().run(Matrix(rows: 9, columns: 2, repeating: 1), using: &rng)
    }
  }

  @Test("Profiles name what sets a group apart, in original units")
  func profiles() throws {
    var rng = RandomSource(seed: 3)
    let truth = (0..<900).map { $0 % 3 }
    let features = [
      FeatureColumn("spend", .money, truth.map { exp(2 + 2 * Double($0) + 0.2 * rng.normal()) }),
      FeatureColumn("noise", .number, truth.map { _ in rng.normal() }),
      FeatureColumn(
        "channel", categories: truth.map { $0 == 1 && rng.uniform() < 0.9 ? "web" : "shop" }),
    ]
    let encoder = try FeatureEncoder(features, weights: ["noise": 0])
    let points = try encoder.encode(features)
    let (model, labels) = try KMeans(groups: 3).fit(points, using: &rng)
    #expect(Partition.adjustedRandIndex(labels, truth) > 0.95)
    let profiles = try GroupProfile.describe(features, labels: labels, points: points)
    #expect(profiles.count == 3 && profiles.map(\.size).reduce(0, +) == 900)
    for profile in profiles {
      #expect(!profile.traits.contains { $0.column == "noise" })
      #expect(profile.typicalRows.count == 3)
      #expect(profile.typicalRows.allSatisfy { labels[$0] == profile.group })
    }
    let web = try #require(profiles.first { labels[1] == $0.group })
    let trait = try #require(web.traits.first { $0.column == "channel" })
    guard case .category("web", let share, let overall, let lift) = trait.contrast else {
      Issue.record("the web group is not told by its channel")
      return
    }
    #expect(abs(share - 0.9) < 0.06 && abs(lift - share / overall) < 1e-12 && lift > 2.5)
    let rich = try #require(profiles.first { labels[2] == $0.group })
    #expect(rich.namingTraits.first?.column == "spend")
    if case .number(let mean, _, let others, let effect)? = rich.namingTraits.first?.contrast {
      #expect(mean > 300 && others < 40 && effect > 2)
    }
    // Stored and asked again.
    let scorer = GroupScorer(encoder: encoder, model: model)
    let back = try JSONDecoder().decode(GroupScorer.self, from: JSONEncoder().encode(scorer))
    #expect(try back.assign(features) == labels)
    #expect(try scorer.drift(of: labels) < 1e-12)
    #expect(try scorer.drift(of: labels.map { _ in 0 }) > 0.25)
    // A refit with other numbers gets the old ones back.
    let turned = GroupScorer(
      encoder: encoder,
      model: KMeansModel(
        centres: model.centres.rows([2, 0, 1]), sizes: [2, 0, 1].map { model.sizes[$0] },
        inertia: model.inertia, iterations: 1, converged: true))
    let matched = try turned.renumbered(old: labels, new: turned.assign(features))
    #expect(try matched.assign(features) == labels && matched.model.sizes == model.sizes)
  }
}
