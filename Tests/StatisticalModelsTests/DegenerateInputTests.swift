import Foundation
import NumericalMethods
import StatisticalModels
import Testing

/// What goes wrong in real files: every method gives a right result or an error that says what to do.
@Suite("Degenerate input")
struct DegenerateInputTests {
  /// The error's code; nil where the body succeeds.
  private func code(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch let error as ModelError {
      #expect(!error.description.isEmpty && !error.suggestion.isEmpty)
      return error.code
    } catch { return "\(error)" }
  }

  @Test("One customer")
  func oneCustomer() throws {
    let point = Matrix([[1.0, 2]])
    var rng = RandomSource(seed: 1)
    let one = try KMeans(groups: 1).fit(point, using: &rng)
    #expect(one.model.inertia == 0 && one.labels == [0])
    #expect(code { _ = try KMeans(groups: 2).fit(point, using: &rng) } == "model.too-many-groups")
    for kind in CovarianceKind.allCases {
      let mixture = try GaussianMixture(components: 1, kind: kind).fit(point, using: &rng)
      #expect(mixture.model.logLikelihood.isFinite && mixture.labels == [0])
    }
    #expect(code { _ = try GroupCountSearch().run(point, using: &rng) } == "model.too-many-groups")
    #expect(try Ward.fit(point).cut(groups: 1) == [0])
    #expect(try PrincipalComponents(point).project(point).values == [0, 0])
    #expect(GroupingQuality.silhouette(point, [0], using: &rng) == nil)
    let features = [FeatureColumn("spend", .money, [12])]
    #expect(code { _ = try FeatureEncoder(features) } == "model.unusable-column")
    #expect(
      try GroupProfile.describe(features, labels: [0], points: point).map(\.size) == [1])
    let curve = try KaplanMeier(SurvivalData(durations: [3], events: [true]))
    #expect(curve.survival == [0] && curve.median.estimate == 3)
    #expect(code { _ = try CronbachAlpha(point, items: ["a", "b"]) } == "model.too-little-data")
    #expect(try Satisfaction.netPromoterScore([9]).value == 100)
    #expect(
      code {
        _ = try GammaGammaModel.fit(repeatPurchases: [3], meanSpend: [10], currency: "EUR")
      } == "model.too-little-data")
    #expect(
      code {
        _ = try BetaBinomialModel.fit(
          to: OpportunityTable(
            purchases: [1], lastOpportunity: [1], opportunities: [3], counts: [1]))
      } == "model.too-little-data")
  }

  @Test("Nearly all points alike, the few others rare", arguments: [nil, 1000])
  func rarePoints(batch: Int?) throws {
    let n = 150_000
    var values = [Double](repeating: 5, count: n)
    values[17] = -3
    values[n - 2] = 40
    var method = KMeans(groups: 3)
    method.batchSize = batch
    var rng = RandomSource(seed: 1)
    let (model, labels) = try method.fit(
      Matrix(rows: n, columns: 1, values: values), using: &rng)
    #expect(model.inertia < 1e-9 && Set(labels).count == 3)
    #expect(model.sizes.sorted() == [1, 1, Double(n - 2)])
  }

  @Test("Amounts of 1e300 and infinities")
  func enormous() throws {
    var rng = RandomSource(seed: 1)
    let huge = Matrix((0..<40).map { i -> [Double] in [i == 7 ? 1e300 : Double(i % 5), 2] })
    #expect(code { _ = try KMeans(groups: 2).fit(huge, using: &rng) } == "model.out-of-range")
    let full = GaussianMixture(components: 2, kind: .full)
    #expect(code { _ = try full.fit(huge, using: &rng) } == "model.out-of-range")
    #expect(code { _ = try GroupCountSearch().run(huge, using: &rng) } == "model.out-of-range")
    #expect(code { _ = try Ward.fit(huge) } == "model.out-of-range")
    #expect(code { _ = try PrincipalComponents(huge) } == "model.out-of-range")
    #expect(
      code { _ = try MixedTable(numbers: huge, categories: [], categoryCounts: []) }
        == "model.out-of-range")
    // A scale's consistency and factors do not depend on its unit.
    let answers = Matrix(
      (0..<40).map { i -> [Double] in [i % 5, i % 4 + i % 3, i % 7].map(Double.init) })
    let large = Matrix(rows: 40, columns: 3, values: answers.values.map { $0 * 1e300 })
    let small = try CronbachAlpha(answers, items: ["a", "b", "c"])
    let big = try CronbachAlpha(large, items: ["a", "b", "c"])
    #expect(abs(small.alpha - big.alpha) < 1e-12 && abs(small.upper - big.upper) < 1e-9)
    for (a, b) in zip(small.itemRestCorrelation, big.itemRestCorrelation) {
      #expect(abs((a ?? 9) - (b ?? 8)) < 1e-12)
    }
    let factor = try FactorModel.fit(answers, items: ["a", "b", "c"], factors: 1)
    let bigFactor = try FactorModel.fit(large, items: ["a", "b", "c"], factors: 1)
    #expect(zip(factor.uniquenesses, bigFactor.uniquenesses).allSatisfy { abs($0 - $1) < 1e-9 })
    let cox = try SurvivalData(
      durations: (0..<40).map { Double($0 + 1) }, events: (0..<40).map { $0 % 3 > 0 })
    let z = (0..<40).map { Double($0 % 7) }
    let scaled = try CoxModel.fit(
      cox, covariates: Matrix(rows: 40, columns: 1, values: z.map { $0 * 1e300 }), names: ["z"])
    let plain = try CoxModel.fit(
      cox, covariates: Matrix(rows: 40, columns: 1, values: z), names: ["z"])
    #expect(abs(scaled.logLikelihood - plain.logLikelihood) < 1e-9)
    #expect(
      code { _ = try SurvivalData(durations: [.infinity], events: [true]) } == "model.not-finite")
    let model = try LifetimeModel(family: .mbgNBD, unit: .day, parameters: [0.5, 30, 1, 2])
    let spend = try GammaGammaModel(p: 6, q: 4, gamma: 15, currency: "EUR")
    let table = try HistoryTable(
      repeatPurchases: [2, 3], lastPurchaseAge: [20, 30], customerAge: [60, 50], unit: .day)
    let settings = try ValueSettings(horizon: TimeSpan(1, .year), discount: .none)
    func value(_ spends: [Double]) throws -> [Double] {
      try model.values(of: table, meanSpend: spends, spend: spend, settings: settings).values
    }
    #expect(code { _ = try value([10, 1e300]) } == "model.out-of-range")
    #expect(code { _ = try value([10, .infinity]) } == "model.not-finite")
    // Spend net of returns below zero counts as none.
    #expect(try value([10, -5]) == value([10, 0]))
    #expect(
      code {
        _ = try HistoryTable(
          repeatPurchases: [1e300], lastPurchaseAge: [1], customerAge: [2], unit: .day)
      } == "model.invalid-history")
    #expect(
      code { _ = try TimeSpan(.infinity, .day) } == "model.out-of-range")
  }

  @Test("Constant and all-missing columns, ten thousand categories, in every encoder")
  func columns() throws {
    let n = 20_000
    let features = [
      FeatureColumn("same", .number, [Double](repeating: 4, count: n)),
      FeatureColumn("none", .money, [Double](repeating: .nan, count: n)),
      FeatureColumn("silent", categories: [String?](repeating: nil, count: n)),
      FeatureColumn("town", categories: (0..<n).map { "t\($0 % 10_000)" }),
      FeatureColumn("kind", categories: (0..<n).map { $0 % 3 == 0 ? "a" : "b" }),
      FeatureColumn("age", .number, (0..<n).map { Double($0 % 61) }),
    ]
    let encoder = try FeatureEncoder(features)
    #expect(encoder.columns.filter { $0.treatment == .leftOut }.count == 4)
    let mixed = try MixedEncoder(features)
    #expect(mixed.categories.map(\.name) == ["town", "kind"])
    let table = try mixed.encode(features)
    #expect(table.categoryCounts == [10_000, 2] && table.numbers.columns == 1)
    var rng = RandomSource(seed: 1)
    let points = try encoder.encode(features)
    let labels = try KMeans(groups: 3).fit(points, using: &rng).labels
    let profiles = try GroupProfile.describe(features, labels: labels, points: points)
    #expect(profiles.reduce(0) { $0 + $1.size } == n)
    for trait in profiles.flatMap(\.traits) {
      #expect(trait.strength.isFinite && trait.adjustedPValue <= 0.01)
      #expect(!["same", "none", "silent"].contains(trait.column))
    }
    let constant = [features[0], features[1], features[2]]
    #expect(code { _ = try FeatureEncoder(constant) } == "model.unusable-column")
    #expect(code { _ = try MixedEncoder(constant) } == "model.unusable-column")
  }

  @Test("A survey with one question")
  func oneQuestion() throws {
    let question = FeatureColumn("q", categories: (0..<60).map { ["yes", "no", nil][$0 % 3] })
    let survey = try AnswerEncoder([question]).encode([question], forFitting: true)
    var rng = RandomSource(seed: 1)
    #expect(
      code { _ = try LatentClasses(classes: 2).fit(survey, using: &rng) }
        == "model.too-little-data")
    let (models, best) = try LatentClasses.compare(survey, classes: 1...4, using: &rng)
    #expect(best == 1 && models.count == 1)
    #expect(abs(models[0].answerProbabilities[0][0, 0] - 0.5) < 1e-12)
    #expect(
      code { _ = try CronbachAlpha(Matrix([[1], [2], [3]]), items: ["q"]) }
        == "model.too-little-data")
    #expect(
      code { _ = try FactorModel.fit(Matrix([[1], [2], [3]]), items: ["q"], factors: 1) }
        == "model.out-of-range")
  }

  @Test("Everyone bought once, or on the same day; purchases of nothing")
  func sameDay() throws {
    // All customers came on one day and may have come back since.
    var rng = RandomSource(seed: 6)
    var x: [Double] = []
    var last: [Double] = []
    for _ in 0..<2000 {
      let count = Double(rng.poisson(mean: rng.gamma(shape: 0.6, rate: 0.5)))
      x.append(count)
      last.append(count == 0 ? 0 : (1 + 99 * rng.uniform()).rounded())
    }
    let table = try HistoryTable(
      repeatPurchases: x, lastPurchaseAge: last,
      customerAge: [Double](repeating: 100, count: 2000), unit: .day)
    for family in LifetimeFamily.allCases {
      do throws(ModelError) {
        let model = try LifetimeModel.fit(family, to: table)
        let found = try model.score(table, horizon: TimeSpan(30, .day), discount: .none)
        #expect(found.expectedPurchases.allSatisfy { $0.isFinite && $0 >= 0 })
      } catch {
        #expect(error.code == "model.no-sensible-optimum")
      }
    }
    #expect(
      code {
        _ = try GammaGammaModel.fit(
          repeatPurchases: [Double](repeating: 1, count: 50),
          meanSpend: (0..<50).map { Double($0) }, currency: "EUR")
      } == "model.out-of-range")
    let nothing = try HoldOutComparison(
      HistoryTable(
        repeatPurchases: [0, 0, 0], lastPurchaseAge: [0, 0, 0], customerAge: [5, 6, 7], unit: .day),
      holdOut: TimeSpan(10, .day), actual: [0, 0, 1], previous: [0, 0, 0])
    #expect(nothing.chosen == nil && nothing.failures.count == LifetimeFamily.allCases.count)
  }
}
