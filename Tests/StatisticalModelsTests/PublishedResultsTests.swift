import Foundation
import NumericalMethods
import StatisticalModels
import Testing

/// Results that others have published, or found with other programs, on data sets beyond those of the
/// papers that introduced the models.
@Suite("Published results on further data")
struct PublishedResultsTests {
  @Test("The walkthrough of R's BTYD package")
  func walkthrough() throws {
    // Customer 1516 of CDNOW: 26 repeat purchases, the last at 30.86 of 31 weeks.
    let heavy = try CustomerHistory(
      repeatPurchases: 26, lastPurchaseAge: TimeSpan(30.86, .week), customerAge: TimeSpan(31, .week)
    )
    let year = try TimeSpan(52, .week)
    let pareto = try LifetimeModel(
      family: .paretoNBD, unit: .week, parameters: [0.5533, 10.578, 0.606, 11.66])
    #expect(abs(pareto.expectedPurchases(.newCustomer, over: year) - 1.473434) < 1e-4)
    #expect(abs(pareto.expectedPurchases(heavy, over: year) - 25.45647) < 2e-3)
    #expect(abs(pareto.aliveProbability(heavy) - 0.997874) < 1e-4)
    let bg = try LifetimeModel(
      family: .bgNBD, unit: .week, parameters: [0.2426, 4.4136, 0.7929, 2.4259])
    #expect(abs(bg.expectedPurchases(.newCustomer, over: year) - 1.444010) < 1e-4)
    #expect(abs(bg.expectedPurchases(heavy, over: year) - 25.75659) < 3e-3)
    #expect(abs(bg.aliveProbability(heavy) - 0.9688523) < 1e-4)
    // Donors: none, and four of six with the last at the fifth, over the next ten opportunities.
    let donors = try BetaBinomialModel(alpha: 1.2035, beta: 0.7497, gamma: 0.6567, delta: 2.7834)
    #expect(abs(donors.expectedPurchases(0, 0, 6, future: 10) - 0.1302169) < 1e-5)
    #expect(abs(donors.expectedPurchases(4, 5, 6, future: 10) - 3.627858) < 2e-4)
  }

  /// Purchase days of each customer of a file of (customer, ISO date, …) lines, to a last day.
  private static func table(_ name: String, until end: Int?) throws -> HistoryTable {
    var days: [String: Set<Int>] = [:]
    for row in TestData.table(try TestData.text(name)).rows {
      let date = row[1].split(separator: "-").compactMap { Int($0) }
      days[row[0], default: []].insert(CDNOW.day(date[0] * 10_000 + date[1] * 100 + date[2]))
    }
    let last = end.map(CDNOW.day) ?? days.values.compactMap { $0.max() }.max() ?? 0
    let sorted = days.keys.sorted().compactMap { key -> [Int]? in
      let inside = (days[key] ?? []).filter { $0 <= last }.sorted()
      return inside.isEmpty ? nil : inside
    }
    return try HistoryTable(
      repeatPurchases: sorted.map { Double($0.count - 1) },
      lastPurchaseAge: sorted.map { Double(($0.last ?? 0) - $0[0]) / 7 },
      customerAge: sorted.map { Double(last - $0[0]) / 7 }, unit: .week)
  }

  struct FitCase: Sendable {
    let family: LifetimeFamily
    let parameters: [Double]
  }

  // The Python package lifetimes 0.11.3; it stops within 1e-3 of the optimum where the likelihood is flat.
  static let grocery = [
    FitCase(family: .bgNBD, parameters: [0.348646, 2.581671, 0.503845, 3.644386]),
    FitCase(family: .mbgNBD, parameters: [1.256921, 6.039142, 0.368277, 0.715764]),
    FitCase(family: .paretoNBD, parameters: [0.786437, 5.67904, 0.386239, 5.71779]),
  ]
  static let apparel = [
    FitCase(family: .bgNBD, parameters: [0.444717, 14.223652, 0.66528, 3.284988]),
    FitCase(family: .mbgNBD, parameters: [1.865776, 45.031361, 0.659024, 1.70586]),
    FitCase(family: .paretoNBD, parameters: [1.377052, 47.302051, 0.674554, 62.828025]),
  ]

  @Test(
    "A grocer's first year", .enabled(if: TestData.has("more/btydplus_groceryElog.csv")),
    arguments: grocery)
  func groceryYear(item: FitCase) throws {
    let table = try Self.table("more/btydplus_groceryElog.csv", until: 20_061_231)
    #expect(table.customers == 1525)
    let model = try LifetimeModel.fit(item.family, to: table)
    #expect(zip(model.parameters, item.parameters).allSatisfy { abs($0 / $1 - 1) < 2e-3 })
  }

  @Test(
    "Apparel customers without covariates",
    .enabled(if: TestData.has("more/clvtools_apparelTrans.csv")), arguments: apparel)
  func apparelCustomers(item: FitCase) throws {
    let table = try Self.table("more/clvtools_apparelTrans.csv", until: nil)
    #expect(table.customers == 600)
    let model = try LifetimeModel.fit(item.family, to: table)
    #expect(zip(model.parameters, item.parameters).allSatisfy { abs($0 / $1 - 1) < 2e-3 })
  }

  @Test(
    "Values: four dilemmas, two classes (Goodman 1974; poLCA gives −504.4677)",
    .enabled(if: TestData.has("more/polca_values.csv")))
  func values() throws {
    let rows = TestData.table(try TestData.text("more/polca_values.csv")).rows
    let survey = try SurveyAnswers(
      items: ["A", "B", "C", "D"], answerCounts: [2, 2, 2, 2],
      answers: rows.flatMap { $0.compactMap { Int32($0).map { $0 - 1 } } })
    var rng = RandomSource(seed: 1)
    let (models, best) = try LatentClasses.compare(survey, classes: 1...3, using: &rng)
    #expect(best == 2)
    for (model, expected) in zip(models, [-543.6498248, -504.4676701]) {
      #expect(abs(model.logLikelihood - expected) < 1e-5)
    }
    #expect(models[1].parameterCount == 9 && abs(models[1].bic - 1057.3128) < 1e-3)
    #expect(zip(models[1].shares, [0.7208, 0.2792]).allSatisfy { abs($0 - $1) < 1e-3 })
  }

  /// Columns of text as features, empty cells missing.
  private static func columns(_ name: String, _ count: Int) throws -> [FeatureColumn] {
    let (header, rows) = TestData.table(try TestData.text(name))
    return (0..<count).map { j in
      FeatureColumn(header[j], categories: rows.map { $0[j].isEmpty ? nil : $0[j] })
    }
  }

  @Test(
    "General Social Survey 1982: three classes (McCutcheon 1987; poLCA gives −2754.545)",
    .enabled(if: TestData.has("more/polca_gss82.csv")))
  func socialSurvey() throws {
    let columns = try Self.columns("more/polca_gss82.csv", 4)
    let survey = try AnswerEncoder(columns).encode(columns, forFitting: true)
    #expect(survey.rows == 1202)
    var rng = RandomSource(seed: 1)
    for (k, expected) in [(2, -2783.26801), (3, -2754.545405)] {
      let model = try LatentClasses(classes: k).fit(survey, using: &rng)
      #expect(abs(model.logLikelihood - expected) < 1e-4 && model.converged)
    }
  }

  @Test(
    "Election 2000: twelve questions, with missing answers kept and left out",
    .enabled(if: TestData.has("more/polca_election.csv")))
  func election() throws {
    let columns = try Self.columns("more/polca_election.csv", 12)
    let all = try AnswerEncoder(columns).encode(columns, forFitting: true)
    let complete = (0..<all.rows).filter { row in
      (0..<12).allSatisfy { all.answers[row * 12 + $0] >= 0 }
    }
    let survey = try SurveyAnswers(
      items: all.items, answerCounts: all.answerCounts,
      answers: complete.flatMap { Array(all.answers[$0 * 12..<($0 + 1) * 12]) })
    #expect(all.rows == 1785 && survey.rows == 1311)
    var rng = RandomSource(seed: 1)
    var method = LatentClasses(classes: 3)
    // An independent expectation–maximisation in Python from 12 starts.
    #expect(
      abs(try method.fit(survey, using: &rng).logLikelihood - -16714.659142806) < 1e-3)
    #expect(abs(try method.fit(all, using: &rng).logLikelihood - -21311.5356715) < 1e-3)
    method = LatentClasses(classes: 2)
    #expect(abs(try method.fit(all, using: &rng).logLikelihood - -22127.9132908) < 1e-3)
  }

  @Test(
    "Election 2000: party as a covariate of three classes (poLCA gives −16222.32)",
    .enabled(if: TestData.has("more/polca_election.csv")))
  func electionByParty() throws {
    let columns = try Self.columns("more/polca_election.csv", 12)
    let (header, rows) = TestData.table(try TestData.text("more/polca_election.csv"))
    let place = try #require(header.firstIndex(of: "PARTY"))
    let complete = rows.indices.filter { row in
      Double(rows[row][place]) != nil && (0..<12).allSatisfy { !rows[row][$0].isEmpty }
    }
    let questions = columns.map { column -> FeatureColumn in
      guard case .categories(let values) = column.values else { return column }
      return FeatureColumn(column.name, categories: complete.map { values[$0] })
    }
    let party = FeatureColumn("PARTY", .number, complete.map { Double(rows[$0][place]) ?? 0 })
    let survey = try AnswerEncoder(questions, covariates: [party])
      .encode(questions, covariates: [party], forFitting: true)
    var rng = RandomSource(seed: 1)
    let model = try LatentClasses(classes: 3).fit(survey, using: &rng)
    #expect(abs(model.logLikelihood - -16222.32) < 0.01 && model.converged)
    // A step towards the Republicans moves the odds of the classes, far beyond its error.
    try #require(model.coefficientErrors.rows == 2)
    for row in 0..<2 {
      #expect(abs(model.coefficients[row, 1]) > 3 * model.coefficientErrors[row, 1])
    }
  }

  struct MixtureCase: Sendable {
    let kind: CovarianceKind
    let k: Int
    let logLikelihood: Double
  }

  // scikit-learn 1.9, standardised columns, tolerance 1e-10, 40 starts.
  static let wine = [
    MixtureCase(kind: .full, k: 2, logLikelihood: -2262.6785328),
    MixtureCase(kind: .full, k: 3, logLikelihood: -2068.0280545),
    MixtureCase(kind: .diagonal, k: 2, logLikelihood: -2853.6018306),
    MixtureCase(kind: .diagonal, k: 3, logLikelihood: -2564.4103696),
    MixtureCase(kind: .tied, k: 2, logLikelihood: -2515.8787780),
    MixtureCase(kind: .tied, k: 3, logLikelihood: -2442.5152633),
    MixtureCase(kind: .spherical, k: 2, logLikelihood: -2973.2445503),
    MixtureCase(kind: .spherical, k: 3, logLikelihood: -2740.3826656),
  ]

  @Test("Gaussian mixtures on wine", .enabled(if: TestData.has("wine.csv")), arguments: wine)
  func wineMixtures(item: MixtureCase) throws {
    let points = Classics.standardised(try Classics.load("wine.csv").points)
    var method = GaussianMixture(components: item.k, kind: item.kind)
    method.restarts = 40
    method.tolerance = 1e-10
    method.maximumIterations = 5000
    var rng = RandomSource(seed: 3)
    let model = try method.fit(points, using: &rng).model
    // At least as good: starts are random, and a likelihood of 178 points in 13 dimensions has many
    // optima.
    #expect(model.logLikelihood > item.logLikelihood - 1e-3)
    if item.kind != .full { #expect(model.logLikelihood < item.logLikelihood + 15) }
    // From a known fit there is nothing left to do.
    let again = try method.fit(
      points, start: (model.weights, model.means, model.covariances)
    ).model
    #expect(abs(again.logLikelihood - model.logLikelihood) < 1e-4 && again.iterations < 10)
  }
}
