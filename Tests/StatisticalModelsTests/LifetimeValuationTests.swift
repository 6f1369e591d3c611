import Foundation
import NumericalMethods
import StatisticalModels
import Testing

@Suite("Customer lifetime value")
struct LifetimeValuationTests {
  @Test("The value is margin × spend × discounted purchases, less every known cost")
  func arithmetic() throws {
    let model = try LifetimeModel(
      family: .paretoNBD, unit: .week, parameters: [0.553, 10.578, 0.606, 11.669])
    let spend = try GammaGammaModel(p: 6.25, q: 3.74, gamma: 15.44, currency: "USD")
    let table = try HistoryTable(
      repeatPurchases: [2, 0], lastPurchaseAge: [30.43, 0], customerAge: [38.86, 10], unit: .week)
    let settings = try ValueSettings(
      horizon: TimeSpan(39, .week), discount: .none, margin: 0.3, costPerPurchase: 1,
      costPerYear: 10)
    let values = try model.values(
      of: table, meanSpend: [22.94, 0], spend: spend, settings: settings, acquisitionCost: [0, 5])
    // First customer: 1.45512319 purchases of 25.1476378 at 30 %, less 1 per purchase, less 10 a year
    // while active: P(alive) ∫ ((β+T)/(β+T+t))^s dt.
    let b = 11.669 + 38.86
    let years =
      0.86916756 * (pow(b + 39, 0.394) - pow(b, 0.394)) / 0.394 * pow(b, 0.606) * 7 / 365.25
    let expected = 1.45512319 * (0.3 * 25.1476378 - 1) - 10 * years
    #expect(abs(values.values[0] - expected) < 1e-5)
    #expect(values.values[1] < values.values[0])
    #expect(abs(values.total - values.values.reduce(0, +)) < 1e-12)
    // Published parameters have no covariance, so no interval is claimed.
    #expect(values.totalInterval == nil && values.lower.isEmpty)
  }

  @Test("A model refuses histories in another unit")
  func units() throws {
    let model = try LifetimeModel(family: .nbd, unit: .week, parameters: [1, 5])
    let table = try HistoryTable(
      repeatPurchases: [1], lastPurchaseAge: [3], customerAge: [9], unit: .day)
    #expect(throws: ModelError.unitMismatch(expected: .week, found: .day)) {
      try model.score(table, horizon: TimeSpan(1, .year), discount: .none)
    }
  }

  @Test(
    "Fitting in days gives the same values as fitting in weeks", .enabled(if: CDNOW.isAvailable))
  func unitInvariance() throws {
    let data = try CDNOW()
    let weeks = try data.table()
    let days = try HistoryTable(
      repeatPurchases: data.repeatPurchases,
      lastPurchaseAge: data.lastPurchaseAge.map { ($0 * 7).rounded() },
      customerAge: data.customerAge.map { ($0 * 7).rounded() }, unit: .day)
    let horizon = try TimeSpan(1, .year)
    let discount = try DiscountRate(perYear: 0.1)
    let a = try LifetimeModel.fit(.mbgNBD, to: weeks)
      .score(weeks, horizon: horizon, discount: discount)
    let b = try LifetimeModel.fit(.mbgNBD, to: days)
      .score(days, horizon: horizon, discount: discount)
    let (left, right) = (
      weeks.spread(a.discountedPurchases), days.spread(b.discountedPurchases)
    )
    // Both fits stop at the same maximum; 1e-6 is what is left of the optimiser's tolerance.
    #expect(zip(left, right).allSatisfy { abs($0 - $1) <= 1e-6 * max(1, $0) })
  }

  @Test(
    "The delta method's interval of the total agrees with a bootstrap",
    .enabled(if: CDNOW.isAvailable))
  func intervals() throws {
    let data = try CDNOW()
    let table = try data.table()
    let settings = try ValueSettings(
      horizon: TimeSpan(1, .year), discount: DiscountRate(perYear: 0.1), margin: 0.3)
    func total(_ rows: [Int]?) throws -> LifetimeValues {
      let pick: ([Double]) -> [Double] = { values in rows.map { $0.map { values[$0] } } ?? values }
      let fitted = try HistoryTable(
        repeatPurchases: pick(data.repeatPurchases), lastPurchaseAge: pick(data.lastPurchaseAge),
        customerAge: pick(data.customerAge), unit: .week)
      let model = try LifetimeModel.fit(.bgNBD, to: fitted)
      let spend = try GammaGammaModel.fit(
        repeatPurchases: pick(data.repeatPurchases), meanSpend: pick(data.meanSpend),
        currency: "USD")
      return try model.values(
        of: table, meanSpend: data.meanSpend, spend: spend, settings: settings,
        intervals: rows == nil ? .customers : .none)
    }
    let values = try total(nil)
    let interval = try #require(values.totalInterval)
    let error = (interval.upper - interval.lower) / (2 * 1.959964)
    #expect(values.lower.count == 2357)
    #expect(zip(values.lower, values.values).allSatisfy { $0 <= $1 })
    var rng = RandomSource(seed: 5)
    var draws: [Double] = []
    for _ in 0..<80 {
      let rows = (0..<2357).map { _ in rng.integer(below: 2357) }
      draws.append(try total(rows).total)
    }
    let bootstrap = Statistics.variance(draws).squareRoot()
    // 80 draws know a standard deviation to 8 %, so a factor 1.4 is more than four of its errors.
    #expect(error / bootstrap > 1 / 1.4 && error / bootstrap < 1.4)
  }

  @Test("Values over covariate groups: the total's error is that of one fit, not of many")
  func groupedValues() throws {
    let groups = try [0.0, 1].map { z in
      CovariateGroup(
        covariates: [z],
        histories: try Simulation.histories(
          .paretoNBD, [0.8, 6 * exp(-0.5 * z), 0.9, 20], customers: 2000, seed: 31 + UInt64(z)))
    }
    let model = try LifetimeModel.fit(.paretoNBD, to: groups, covariateNames: ["channel"])
    var rng = RandomSource(seed: 3)
    let spends = groups.map { group in
      group.histories.cellOfRow.map { _ in rng.gamma(shape: 3, rate: 3 / (20 + 80 * rng.uniform()))
      }
    }
    let spend = try GammaGammaModel.fit(
      repeatPurchases: groups.flatMap { $0.histories.spread($0.histories.repeatPurchases) },
      meanSpend: spends.flatMap { $0 }, currency: "EUR")
    let settings = try ValueSettings(
      horizon: TimeSpan(1, .year), discount: DiscountRate(perYear: 0.1), margin: 0.4,
      costPerPurchase: 2, costPerYear: 3)
    let valued = zip(groups, spends).map {
      ValuedGroup(covariates: $0.covariates, histories: $0.histories, meanSpend: $1)
    }
    let all = try model.values(
      of: valued, spend: spend, settings: settings, intervals: .customers)
    var (total, halves) = (0.0, [Double]())
    for (group, found) in zip(valued, all.groups) {
      let alone = try model.values(
        of: group.histories, meanSpend: group.meanSpend, spend: spend, settings: settings,
        covariates: group.covariates, intervals: .customers, threads: 1)
      #expect(alone.values == found.values && alone.lower == found.lower)
      total += alone.total
      let interval = try #require(alone.totalInterval)
      halves.append((interval.upper - interval.lower) / 2)
      // Per customer and parameter by moving it: the slope behind the first customer's interval.
      #expect(zip(found.lower, found.upper).allSatisfy { $0 < $1 })
    }
    let interval = try #require(all.totalInterval)
    let half = (interval.upper - interval.lower) / 2
    #expect(abs(all.total - total) < 1e-9 * total)
    // Positively correlated: more than as if independent, at most their sum.
    #expect(half < halves[0] + halves[1])
    #expect(half > (halves[0] * halves[0] + halves[1] * halves[1]).squareRoot())
    #expect(throws: ModelError.self) {
      try model.values(
        of: groups[0].histories, meanSpend: spends[0], spend: spend, settings: settings,
        acquisitionCost: spends[0].map { _ in .nan }, covariates: [0])
    }
  }

  @Test("BG/BB on the donations gives the published estimates")
  func betaBinomial() throws {
    let rows = TestData.table(try TestData.fixture("donations.csv")).rows.map {
      $0.compactMap(Double.init)
    }
    #expect(rows.count == 22)
    let table = try OpportunityTable(
      purchases: rows.map { $0[0] }, lastOpportunity: rows.map { $0[1] },
      opportunities: rows.map { $0[2] }, counts: rows.map { $0[3] })
    let model = try BetaBinomialModel.fit(to: table)
    let report = try #require(model.report)
    #expect(abs(model.alpha - 1.204) < 0.003 && abs(model.beta - 0.750) < 0.003)
    #expect(abs(model.gamma - 0.657) < 0.003 && abs(model.delta - 2.783) < 0.01)
    #expect(abs(report.logLikelihood - -33225.58) < 0.05)
    #expect(report.converged && report.agreeingStarts >= 2)
    #expect(report.customers == 11104)
    // All 22 cells are all histories with n = 6: their probabilities, each times its number of orders
    // of purchases, sum to one.
    var sum = 0.0
    for r in rows {
      let orders = r[0] == 0 ? 0 : logBinomial(r[1] - 1, r[0] - 1)
      sum += exp(model.logLikelihood(r[0], r[1], r[2]) + orders)
    }
    #expect(abs(sum - 1) < 1e-12)
    let probabilities = (0...5).map { model.countProbability($0, 3, 4, 6, future: 5) }
    let mean = probabilities.enumerated().reduce(0) { $0 + Double($1.0) * $1.1 }
    #expect(abs(probabilities.reduce(0, +) - 1) < 1e-12)
    #expect(abs(mean - model.expectedPurchases(3, 4, 6, future: 5)) < 1e-12)
    let d = 0.1
    var residual = 0.0
    for j in 1...600 {
      residual +=
        (model.expectedPurchases(3, 4, 6, future: j)
          - model.expectedPurchases(3, 4, 6, future: j - 1)) * pow(1 + d, -Double(j))
    }
    #expect(
      abs(model.discountedResidualPurchases(3, 4, 6, ratePerOpportunity: d) - residual) < 1e-10)
    #expect(
      abs(model.discountedPurchases(3, 4, 6, future: 600, ratePerOpportunity: d) - residual) < 1e-12
    )
    let scores = try model.score(table, future: 5, ratePerOpportunity: 0)
    #expect(scores.discountedPurchases == scores.expectedPurchases)
    for (alive, row) in zip(scores.aliveProbability, rows) {
      #expect(alive == model.aliveAtNextProbability(row[0], row[1], row[2]))
    }
    #expect(throws: ModelError.self) { try model.score(table, future: -1, ratePerOpportunity: 0) }
    #expect(throws: ModelError.self) { try model.score(table, future: 1, ratePerOpportunity: -1) }
  }

  @Test(
    "Static covariates are recovered from simulated customers",
    arguments: [LifetimeFamily.bgNBD, .mbgNBD, .paretoNBD])
  func covariates(family: LifetimeFamily) throws {
    let base: [Double] = family == .paretoNBD ? [0.8, 6, 0.9, 20] : [0.8, 6, 0.9, 2.5]
    let (onPurchases, onLeaving) = ([0.5, -0.3], [0.4, 0.0])
    var groups: [CovariateGroup] = []
    for (i, z) in [[0.0, 0], [1, 0], [0, 1], [1, 1]].enumerated() {
      let buy = dot(onPurchases, z)
      let leave = dot(onLeaving, z)
      let p: [Double] =
        family == .paretoNBD
        ? [base[0], base[1] * exp(-buy), base[2], base[3] * exp(-leave)]
        : [base[0], base[1] * exp(-buy), base[2] * exp(leave), base[3] * exp(leave)]
      groups.append(
        CovariateGroup(
          covariates: z,
          histories: try Simulation.histories(
            family, p, customers: 6000, seed: UInt64(21 + i))))
    }
    let model = try LifetimeModel.fit(family, to: groups, covariateNames: ["channel", "region"])
    let effects = try #require(model.covariates)
    let report = try #require(model.report)
    let estimates = effects.onPurchases + effects.onLeaving
    for (i, truth) in (onPurchases + onLeaving).enumerated() {
      #expect(abs(estimates[i] - truth) < 4 * report.standardErrors[4 + i])
      #expect(report.standardErrors[4 + i] < 0.2)
    }
    // The adjusted process is the one with the adjusted parameters.
    let z = [1.0, 1.0]
    let h = PurchaseHistory(repeatPurchases: 3, lastPurchaseAge: 20, customerAge: 30)
    #expect(model.process(for: z).aliveProbability(h) != model.process().aliveProbability(h))
    #expect {
      try LifetimeModel.fit(
        family, to: [CovariateGroup(covariates: [1], histories: groups[0].histories)],
        covariateNames: ["constant"])
    } throws: { ($0 as? ModelError)?.code == "model.unusable-column" }
  }

  @Test(
    "Covariates of the apparel customers agree with a direct maximisation in Python",
    .enabled(if: TestData.has("more/clvtools_apparelTrans.csv")))
  func apparel() throws {
    var days: [String: Set<Int>] = [:]
    for row in TestData.table(try TestData.text("more/clvtools_apparelTrans.csv")).rows {
      let date = row[1].split(separator: "-").compactMap { Int($0) }
      days[row[0], default: []].insert(CDNOW.day(date[0] * 10_000 + date[1] * 100 + date[2]))
    }
    let end = days.values.compactMap { $0.max() }.max() ?? 0
    var members: [[Double]: [[Int]]] = [:]
    for row in TestData.table(try TestData.text("more/clvtools_apparelStaticCov.csv")).rows {
      let z = row[1...2].compactMap(Double.init)
      members[z, default: []].append((days[row[0]] ?? []).sorted())
    }
    let groups = try members.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { z, all in
      CovariateGroup(
        covariates: z,
        histories: try HistoryTable(
          repeatPurchases: all.map { Double($0.count - 1) },
          lastPurchaseAge: all.map { Double(($0.last ?? 0) - ($0.first ?? 0)) / 7 },
          customerAge: all.map { Double(end - ($0.first ?? 0)) / 7 }, unit: .week))
    }
    // scipy, Nelder–Mead from three starts on the closed forms.
    for (family, logLikelihood, parameters, effects) in [
      (
        LifetimeFamily.bgNBD, -11955.733521610995,
        [0.46873475, 24.12915409, 1.28408773, 6.40950599],
        [0.40806231, 0.57105999, -0.72307321, -0.3687637]
      ),
      (
        .paretoNBD, -11893.522166403045, [1.69376436, 85.64662663, 0.6995147, 56.6260697],
        [0.3002994, 0.55845719, -0.66412773, 0.5550023]
      ),
    ] {
      let model = try LifetimeModel.fit(
        family, to: groups, covariateNames: ["Gender", "Channel"])
      let report = try #require(model.report)
      let found = try #require(model.covariates)
      #expect(report.customers == 600)
      #expect(abs(report.logLikelihood - logLikelihood) < 1e-5)
      #expect(zip(model.parameters, parameters).allSatisfy { abs($0 / $1 - 1) < 1e-4 })
      #expect(
        zip(found.onPurchases + found.onLeaving, effects).allSatisfy { abs($0 - $1) < 1e-4 })
    }
  }
}
