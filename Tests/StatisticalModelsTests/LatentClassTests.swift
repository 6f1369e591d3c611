import Foundation
import NumericalMethods
import StatisticalModels
import Testing

@Suite("Latent classes")
struct LatentClassTests {
  private static func answers(_ name: String, items: Int) throws -> (
    codes: [Int32], last: [Double?]
  ) {
    let rows = TestData.table(try TestData.text(name)).rows
    return (
      rows.flatMap { row in row.prefix(items).map { Int32($0).map { $0 - 1 } ?? -1 } },
      rows.map { $0.last.flatMap(Double.init) }
    )
  }

  private static func carcinoma() throws -> SurveyAnswers {
    try SurveyAnswers(
      items: ["A", "B", "C", "D", "E", "F", "G"], answerCounts: [Int](repeating: 2, count: 7),
      answers: answers("polca_carcinoma.csv", items: 7).codes)
  }

  @Test(
    "Three classes of pathologists' ratings, best by BIC",
    .enabled(if: TestData.has("polca_carcinoma.csv")))
  func carcinomaClasses() throws {
    let survey = try Self.carcinoma()
    var rng = RandomSource(seed: 1)
    let (models, best) = try LatentClasses.compare(survey, classes: 1...4, using: &rng)
    #expect(best == 3)
    let three = models[2]
    #expect(abs(three.logLikelihood - -293.7050) < 0.001)
    #expect(abs(three.bic - 697.136) < 0.01)
    #expect(three.parameterCount == 23 && three.converged && three.agreeingStarts >= 2)
    // Two classes: −317.25684, by direct maximisation and in the poLCA paper.
    #expect(abs(models[1].logLikelihood - -317.2568376) < 1e-4)
    // poLCA's published shares: .4447, .3736, .1817.
    #expect(zip(three.shares, [0.4447, 0.3736, 0.1817]).allSatisfy { abs($0 - $1) < 1e-3 })
    let p = try three.probabilities(survey)
    #expect((0..<118).allSatisfy { abs(p.row($0).reduce(0, +) - 1) < 1e-12 })
    #expect(three.entropyRSquared > 0.8 && three.entropyRSquared < 1)
  }

  @Test(
    "Cheating students with and without their grades as covariate",
    .enabled(if: TestData.has("more/polca_cheating.csv")))
  func covariates() throws {
    let (codes, gpa) = try Self.answers("more/polca_cheating.csv", items: 4)
    let items = ["LIEEXAM", "LIEPAPER", "FRAUD", "COPYEXAM"]
    let counts = [2, 2, 2, 2]
    var rng = RandomSource(seed: 2)
    let plain = try LatentClasses(classes: 2).fit(
      SurveyAnswers(items: items, answerCounts: counts, answers: codes), using: &rng)
    // poLCA (Linzer & Lewis 2011): −440.0271 without and −429.6384 with GPA.
    #expect(abs(plain.logLikelihood - -440.0271124) < 1e-5)
    #expect(plain.parameterCount == 9)
    let known = gpa.indices.filter { gpa[$0] != nil }
    let survey = try SurveyAnswers(
      items: items, answerCounts: counts,
      answers: known.flatMap { Array(codes[$0 * 4..<$0 * 4 + 4]) },
      covariateNames: ["GPA"], covariates: Matrix(known.map { [gpa[$0] ?? 0] }))
    let model = try LatentClasses(classes: 2).fit(survey, using: &rng)
    #expect(survey.rows == 315)
    #expect(abs(model.logLikelihood - -429.6383843518) < 1e-5)
    #expect(abs(abs(model.coefficients[0, 1]) - 0.84248465) < 1e-3)
    // From numerical scores of the same likelihood in Python.
    #expect(abs(model.coefficientErrors[0, 1] - 0.28131486) < 1e-3)
  }

  @Test(
    "Missing answers are left out answer by answer",
    .enabled(if: TestData.has("more/polca_cheating.csv")))
  func missing() throws {
    var (codes, _) = try Self.answers("more/polca_cheating.csv", items: 4)
    for i in codes.indices where i * 7 % 11 == 0 { codes[i] = -1 }
    var rng = RandomSource(seed: 3)
    let survey = try SurveyAnswers(
      items: ["a", "b", "c", "d"], answerCounts: [2, 2, 2, 2], answers: codes)
    let model = try LatentClasses(classes: 2).fit(survey, using: &rng)
    // Direct maximisation of the same likelihood by BFGS from 30 starts.
    #expect(abs(model.logLikelihood - -404.5217286) < 1e-4)
    // Someone who answered nothing has the classes' overall shares.
    let silent = try SurveyAnswers(
      items: ["a", "b", "c", "d"], answerCounts: [2, 2, 2, 2],
      answers: codes + [-1, -1, -1, -1])
    let p = try model.probabilities(silent)
    #expect(abs(p[silent.rows - 1, 0] - model.shares[0]) < 1e-6)
  }

  @Test("Simulated tribes are found again, the same on one and two threads")
  func recovery() throws {
    var rng = RandomSource(seed: 9)
    var answers: [Int32] = []
    var truth: [Int] = []
    for _ in 0..<6000 {
      let tribe = rng.index(weights: [0.5, 0.3, 0.2])
      truth.append(tribe)
      for item in 0..<8 {
        let liked = (item + tribe) % 3
        answers.append(Int32(rng.uniform() < 0.75 ? liked : rng.integer(below: 3)))
      }
    }
    let survey = try SurveyAnswers(
      items: (0..<8).map { "q\($0)" }, answerCounts: [Int](repeating: 3, count: 8), answers: answers
    )
    func fit(_ threads: Int) throws -> LatentClassModel {
      var method = LatentClasses(classes: 3)
      method.threads = threads
      method.restarts = 5
      var rng = RandomSource(seed: 1)
      return try method.fit(survey, using: &rng)
    }
    let model = try fit(1)
    #expect(try fit(2) == model)
    #expect(zip(model.shares, [0.5, 0.3, 0.2]).allSatisfy { abs($0 - $1) < 0.03 })
    #expect(Partition.adjustedRandIndex(try model.assign(survey), truth) > 0.9)
    #expect(abs(model.answerProbabilities[0].row(0).reduce(0, +) - 1) < 1e-12)
  }

  @Test("Impossible surveys get a code")
  func badInput() throws {
    func code(_ body: () throws -> Void) -> String? {
      do {
        try body()
        return nil
      } catch { return (error as? ModelError)?.code }
    }
    func survey(_ items: Int, _ answers: [Int32]) throws -> SurveyAnswers {
      try SurveyAnswers(
        items: (0..<items).map { "q\($0)" }, answerCounts: [Int](repeating: 2, count: items),
        answers: answers)
    }
    var rng = RandomSource(seed: 1)
    let one = (0..<40).map { Int32($0 % 2) }
    #expect(
      code { _ = try LatentClasses(classes: 2).fit(survey(1, one), using: &rng) }
        == "model.too-little-data")
    #expect(try LatentClasses(classes: 1).fit(survey(1, one), using: &rng).shares == [1])
    #expect(code { _ = try survey(1, []) } == "model.no-data")
    #expect(code { _ = try survey(1, [0, 0, 0]) } == "model.unusable-column")
    #expect(code { _ = try survey(1, [-1, -1]) } == "model.unusable-column")
    #expect(code { _ = try survey(1, [0, 5]) } == "model.out-of-range")
    #expect(code { _ = try survey(2, [0, 1, 0]) } == "model.size-mismatch")
    #expect(
      code { _ = try LatentClasses(classes: 2).fit(survey(3, [0, 1, 0, 1, 0, 1]), using: &rng) }
        == "model.too-little-data")
  }
}
