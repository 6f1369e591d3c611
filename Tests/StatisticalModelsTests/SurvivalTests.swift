import Foundation
import NumericalMethods
import StatisticalModels
import Testing

@Suite("Survival of subscriptions")
struct SurvivalTests {
  // Remission times of leukaemia patients (Freireich et al. 1963; Gehan 1965).
  static let treated: [Double] = [
    6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35,
  ]
  static let placebo: [Double] = [
    1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23,
  ]
  static func gehan() throws -> SurvivalData {
    try SurvivalData(
      durations: treated + placebo,
      events: (0..<21).map { $0 < 9 } + [Bool](repeating: true, count: 21))
  }

  static func telco() throws -> (data: SurvivalData, covariates: Matrix, contract: [Int]) {
    let (header, rows) = TestData.table(try TestData.text("telco_churn.csv"))
    func column(_ name: String) -> [String] {
      let index = header.firstIndex(of: name) ?? 0
      return rows.map { $0[index] }
    }
    let contract = column("Contract").map {
      ["Month-to-month", "One year", "Two year"].firstIndex(of: $0) ?? 0
    }
    let senior = column("SeniorCitizen").compactMap(Double.init)
    let charges = column("MonthlyCharges").compactMap(Double.init)
    let covariates = Matrix(
      (0..<rows.count).map {
        [senior[$0], charges[$0], contract[$0] == 1 ? 1 : 0, contract[$0] == 2 ? 1 : 0]
      })
    return (
      try SurvivalData(
        durations: column("tenure").compactMap(Double.init),
        events: column("Churn").map { $0 == "Yes" }), covariates, contract
    )
  }

  @Test("Kaplan–Meier of the treated patients is the textbook curve")
  func textbook() throws {
    let data = try SurvivalData(durations: Self.treated, events: (0..<21).map { $0 < 9 })
    let curve = try KaplanMeier(data)
    // Kalbfleisch & Prentice, table 1.2: S(6) = 18/21, S(7) = .807, S(23) = .448.
    #expect(abs((curve.survival(at: 6)?.estimate ?? 0) - 18.0 / 21) < 1e-12)
    #expect(abs((curve.survival(at: 7)?.estimate ?? 0) - 0.8067) < 1e-4)
    #expect(abs((curve.survival(at: 30)?.estimate ?? 0) - 0.4482) < 1e-4)
    #expect(curve.survival(at: 0)?.estimate == 1 && curve.survival(at: 36) == nil)
    #expect(curve.median.estimate == 23)
    // Klein & Moeschberger, example 4.1: mean restricted to 35 weeks 23.3, standard error 2.83.
    let mean = try curve.restrictedMean(upTo: 35)
    #expect(abs(mean.estimate - 23.287) < 1e-3)
    #expect(abs((mean.upper - mean.estimate) / 1.959964 - 2.83) < 0.005)
    #expect(throws: ModelError.self) { try curve.restrictedMean(upTo: 36) }
  }

  @Test("Log-rank and Cox on the two arms give the published test and coefficient")
  func twoArms() throws {
    let data = try Self.gehan()
    let group = [Int](repeating: 0, count: 21) + [Int](repeating: 1, count: 21)
    let test = try LogRankTest(data, group: group)
    // χ² = 16.79 (Kalbfleisch & Prentice); lifelines: 16.792940989.
    #expect(abs(test.statistic - 16.792940989216547) < 1e-9)
    #expect(abs(test.pValue - 4.168809109e-5) < 1e-11)
    #expect(abs(test.observed.reduce(0, +) - test.expected.reduce(0, +)) < 1e-12)
    let model = try CoxModel.fit(
      data, covariates: Matrix(group.map { [Double(1 - $0)] }), names: ["treated"])
    #expect(abs(model.coefficients[0] + 1.57212515) < 1e-7)
    #expect(abs(model.standardErrors[0] - 0.4123967) < 1e-6)
    #expect(abs(model.logLikelihood + 85.00842457737183) < 1e-8)
    #expect(model.converged && model.pValues[0] < 0.001)
  }

  @Test("Kaplan–Meier of the telecom customers", .enabled(if: TestData.has("telco_churn.csv")))
  func telcoCurve() throws {
    let curve = try KaplanMeier(Self.telco().data)
    let expected: [(Double, Double, Double, Double)] = [
      (1, 0.945961, 0.9404183713, 0.9510021209), (12, 0.8432, 0.8341686858, 0.8517833206),
      (24, 0.788736, 0.7783129555, 0.7987352021), (72, 0.59279, 0.5730628910, 0.6119362091),
    ]
    for (time, survival, low, high) in expected {
      let found = try #require(curve.survival(at: time))
      #expect(abs(found.estimate - survival) < 2e-6)
      #expect(abs(found.lower - low) < 1e-9 && abs(found.upper - high) < 1e-9)
    }
    // lifelines integrates the same curve numerically to 54.4923871.
    #expect(abs(try curve.restrictedMean(upTo: 72).estimate - 54.49238710) < 1e-4)
    #expect(curve.median.estimate == nil)
  }

  @Test("Cox and log-rank on the telecom customers", .enabled(if: TestData.has("telco_churn.csv")))
  func telcoModel() throws {
    let (data, covariates, contract) = try Self.telco()
    let model = try CoxModel.fit(
      data, covariates: covariates,
      names: ["SeniorCitizen", "MonthlyCharges", "One year", "Two year"])
    for (found, expected) in zip(
      model.coefficients, [0.0227685688, 0.0001342956, -2.1871047830, -4.2174382140])
    {
      // statsmodels 0.14 and lifelines 0.30 run to the end agree to these digits.
      #expect(abs(found - expected) < 1e-8)
    }
    for (found, expected) in zip(
      model.standardErrors, [0.0548815884, 0.000917756409, 0.0838662697, 0.1572570508])
    {
      #expect(abs(found / expected - 1) < 1e-5)
    }
    #expect(abs(model.logLikelihood + 14343.45612018) < 1e-6)
    #expect(abs(model.likelihoodRatio.statistic - 2619.16702968) < 1e-4)
    #expect(abs(model.concordance - 0.7632405) < 1e-6)
    let test = try LogRankTest(data, group: contract)
    #expect(abs(test.statistic - 2352.8725382593) < 1e-6)
    #expect(test.degreesOfFreedom == 2)
  }

  @Test("Without ties the baseline is Σ 1 / Σ exp(βz) over those still there")
  func baseline() throws {
    var rng = RandomSource(seed: 8)
    let z = (0..<60).map { _ in rng.normal() }
    let times = z.map { rng.exponential(rate: 0.1 * exp(0.7 * $0)) }
    let events = (0..<60).map { $0 % 4 != 0 }
    let model = try CoxModel.fit(
      SurvivalData(durations: times, events: events), covariates: Matrix(z.map { [$0] }),
      names: ["z"])
    let b = model.coefficients[0]
    let at = 6.0
    var hazard = 0.0
    for i in 0..<60 where events[i] && times[i] <= at {
      hazard += 1 / (0..<60).reduce(0) { times[$1] >= times[i] ? $0 + exp(b * z[$1]) : $0 }
    }
    let s = try #require(model.survival(at: at, covariates: [0.3]))
    #expect(abs(s - exp(-hazard * exp(0.3 * b))) < 1e-12)
    var pairs = 0.0
    var right = 0.0
    for i in 0..<60 where events[i] {
      for j in 0..<60 where times[j] > times[i] {
        pairs += 1
        right += z[i] > z[j] ? 1 : 0
      }
    }
    #expect(abs(model.concordance - right / pairs) < 1e-12)
  }

  @Test("The value of a subscriber is the discounted sum over the conditional curve")
  func value() throws {
    // Constant monthly retention r and no end: Σ (r/(1+d))^k.
    let r = 0.95
    let d = 0.01
    let value = try SubscriptionValue(
      tenure: 7, periods: 24, marginPerPeriod: 10, discountPerPeriod: d
    ) { pow(r, $0) }
    let q = r / (1 + d)
    #expect(abs(value.value - 10 * (1 - pow(q, 24)) / (1 - q)) < 1e-10)
    #expect(value.coveredPeriods == 24)
    let short = try SubscriptionValue(
      tenure: 0, periods: 24, marginPerPeriod: 10, discountPerPeriod: 0
    ) { $0 <= 5 ? 1 : nil }
    #expect(short.value == 60 && short.coveredPeriods == 6)
    let gone = try SubscriptionValue(
      tenure: 3, periods: 5, marginPerPeriod: 10, discountPerPeriod: 0
    ) { _ in 0 }
    #expect(gone.value == 0)
  }

  @Test("Degenerate subscriptions get a reason, not a number")
  func degenerate() throws {
    func code(_ body: () throws -> Void) -> String? {
      do {
        try body()
        return nil
      } catch { return (error as? ModelError)?.code }
    }
    #expect(code { _ = try SurvivalData(durations: [], events: []) } == "model.no-data")
    #expect(code { _ = try SurvivalData(durations: [-1], events: [true]) } == "model.out-of-range")
    #expect(code { _ = try SurvivalData(durations: [.nan], events: [true]) } == "model.not-finite")
    let nobody = try SurvivalData(durations: [1, 2, 3], events: [false, false, false])
    #expect(try KaplanMeier(nobody).survival == [1, 1, 1])
    #expect(
      code { _ = try CoxModel.fit(nobody, covariates: Matrix([[1], [2], [3]]), names: ["a"]) }
        == "model.too-little-data")
    let all = try SurvivalData(
      durations: [1, 2, 3, 4, 5, 6], events: [true, true, true, false, false, false])
    #expect(try KaplanMeier(all).survival(at: 6)?.estimate == 0.5)
    // A constant, a redundant and a separating column.
    #expect(
      code {
        _ = try CoxModel.fit(
          all, covariates: Matrix(rows: 6, columns: 1, repeating: 4), names: ["a"])
      }
        == "model.unusable-column")
    let double = Matrix((0..<6).map { [Double($0 % 3), 2 * Double($0 % 3)] })
    #expect(
      code { _ = try CoxModel.fit(all, covariates: double, names: ["a", "b"]) }
        == "model.unusable-column")
    let separating = Matrix([[1], [1], [1], [0], [0], [0]])
    #expect(
      code { _ = try CoxModel.fit(all, covariates: separating, names: ["a"]) }
        == "model.no-sensible-optimum")
    #expect(
      code { _ = try LogRankTest(all, group: [0, 0, 0, 0, 0, 0]) } == "model.too-little-data")
    let everyone = try SurvivalData(durations: [2, 2, 2], events: [true, true, true])
    #expect(try KaplanMeier(everyone).survival(at: 2)?.estimate == 0)
    #expect(try KaplanMeier(everyone).survival(at: 100)?.estimate == 0)
  }
}
