import CustomerSchema
import NumericalMethods
import SQLBuilder
import StatisticalModels
import Testing
import Warehouse

@testable import Scoring

@Suite struct `Lifetime models from an order history` {
  private func train(
    _ session: any QuerySession, asOf: LocalDate,
    _ change: (inout LifetimeSettings) -> Void = { _ in }
  ) async throws -> LifetimeTraining.Outcome {
    var settings = LifetimeSettings()
    settings.threads = 2
    change(&settings)
    try await PurchaseHistories(end: asOf).create(in: session)
    return try await LifetimeTraining(
      settings: settings, asOf: asOf, currency: .none, quartierVersion: "test"
    ).run(in: session)
  }

  /// Published: Fader, Hardie and Lee (2005); Fader and Hardie, note 025. Tolerances: the digits
  /// printed, and for LL what separates optimisers.
  @Test func `the CDNOW sample gives the published parameters`() async throws {
    let session = try await Shop.cdnow()
    let outcome = try await train(session, asOf: LocalDate(1997, 9, 30)) {
      $0.family = .bgNBD
      $0.checksHoldOut = false
    }
    let data = outcome.report.data
    #expect(data.customers == 2357 && data.repeatPurchases == 2457 && data.repeatCustomers == 946)
    let fit = try #require(outcome.report.fit)
    #expect(fit.parameters.map(\.name) == ["r", "alpha", "a", "b"])
    for (parameter, expected) in zip(
      fit.parameters, [(0.2426, 1e-3), (4.414, 0.01), (0.793, 0.005), (2.426, 0.02)])
    {
      #expect(abs(parameter.estimate - expected.0) < expected.1)
      #expect(parameter.standardError > 0)
    }
    #expect(abs(fit.logLikelihood + 9582.4292) < 0.005)
    let spend = try #require(outcome.report.spend)
    for (parameter, expected) in zip(
      spend.parameters, [(6.249, 0.02), (3.744, 0.01), (15.44, 0.05)])
    {
      #expect(abs(parameter.estimate - expected.0) < expected.1)
    }
    #expect(outcome.report.cautions.map(\.code).contains("model.caution.one_time_alive"))
  }

  @Test func `the check compares families with naive methods, and the best is taken`()
    async throws
  {
    let session = try await Shop.cdnow()
    let outcome = try await train(session, asOf: LocalDate(1998, 6, 30)) {
      $0.calibrationEnd = LocalDate(1997, 9, 30)
    }
    let check = try #require(outcome.report.holdOut)
    #expect(check.days == 273 && check.customers == 2357 && check.actualPurchases == 1882)
    #expect(
      Set(check.methods.map(\.method))
        == ["bg-nbd", "mbg-nbd", "pareto-nbd", "nbd", "same-as-last-period"])
    let errors = check.methods.map(\.rootMeanSquareError)
    #expect(errors == errors.sorted())
    let naive = try #require(check.methods.first { $0.method == "same-as-last-period" })
    // As many as in the 39 weeks before: every repeat purchase of the calibration.
    #expect(naive.predictedTotal == 2457)
    let choice = try #require(outcome.report.choice)
    #expect(choice.requested == "auto" && choice.reason.code == "model.choice.closest")
    #expect(choice.chosen.rawValue == check.methods[0].method)
    for method in check.methods where method.fit != nil {
      #expect(method.buckets.map(\.customers) == [1411, 439, 214, 100, 62, 38, 29, 64])
    }
    let pareto = try #require(check.methods.first { $0.method == "pareto-nbd" }?.fit)
    #expect(abs(pareto.logLikelihood + 9594.976) < 0.01)
    let last = try #require(check.tracking.last)
    #expect(abs(last.predicted / Double(last.actual) - 1) < 0.05)
  }

  /// What the SQL computes from scores of distinct histories against the models' own answers.
  @Test func `values and intervals are those of the models, customer by customer`() async throws {
    let session = try await Shop.cdnow()
    let outcome = try await train(session, asOf: LocalDate(1997, 9, 30)) {
      $0.family = .mbgNBD
      $0.checksHoldOut = false
      $0.margin = 0.3
      $0.discount = try! DiscountRate(perYear: 0.1)
    }
    let lifetime = try #require(outcome.lifetime)
    let spend = try #require(outcome.spend)
    let columns = try await session.numbers(
      """
      SELECT x, last_age, age, coalesce(mean_spend, 0), p_alive, expected_purchases, clv,
        clv_lower, clv_upper
      FROM purchase_history JOIN customer_value USING (customer)
      """)
    let table = try HistoryTable(
      repeatPurchases: columns[0], lastPurchaseAge: columns[1].map { $0 / 7 },
      customerAge: columns[2].map { $0 / 7 }, unit: .week)
    let horizon = try TimeSpan(12, .month)
    let discount = try DiscountRate(perYear: 0.1)
    let scores = try lifetime.score(table, horizon: horizon, discount: discount)
    let values = try lifetime.values(
      of: table, meanSpend: columns[3], spend: spend,
      settings: try ValueSettings(horizon: horizon, discount: discount, margin: 0.3),
      intervals: .customers)
    func close(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
      a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
    }
    #expect(columns[0].count == 2357)
    // The same formulas in other orders of summation: rounding only.
    #expect(close(columns[4], table.spread(scores.aliveProbability), 1e-12))
    #expect(close(columns[5], table.spread(scores.expectedPurchases), 1e-12))
    #expect(close(columns[6], values.values, 1e-9))
    #expect(close(columns[7], values.lower, 1e-9))
    #expect(close(columns[8], values.upper, 1e-9))
    let totals = try #require(outcome.report.totals)
    let interval = try #require(values.totalInterval)
    #expect(abs(totals.value.double - interval.estimate) < 0.01)
    #expect(abs(try #require(totals.valueLower).double - interval.lower) < 0.01)
    #expect(abs(try #require(totals.valueUpper).double - interval.upper) < 0.01)
    #expect(totals.bands.reduce(0) { $0 + $1.customers } == 2357)
  }

  @Test func `the unit of time changes no score`() async throws {
    var answers: [[Double]] = []
    for unit in [TimeUnit.day, .week, .month] {
      let session = try await Shop.cdnow()
      _ = try await train(session, asOf: LocalDate(1997, 9, 30)) {
        $0.family = .mbgNBD
        $0.unit = unit
        $0.checksHoldOut = false
      }
      answers.append(
        try await session.numbers("SELECT p_alive FROM customer_value ORDER BY customer")[0])
    }
    // Optimisers stop at slightly different places on the same likelihood.
    for other in answers.dropFirst() {
      #expect(zip(answers[0], other).allSatisfy { abs($0 - $1) < 1e-4 })
    }
  }

  @Test func `a base too small, too young or without repeats gets a sentence and simple figures`()
    async throws
  {
    let day = LocalDate(2024, 3, 1)
    let once = (0..<50).map { ("c\($0)", $0, 10.0) }
    let bases: [([(String, Int, Double)], String, LocalDate)] = [
      ([("a", 0, 10)], "model.refusal.no_repeat", day),
      (once, "model.refusal.no_repeat", day),
      ((0..<50).map { ("c\($0)", 0, 10.0) }, "model.refusal.one_day", LocalDate(2024, 1, 1)),
      (once + [("c1", 40, 20.0)], "model.refusal.few_repeat", day),
      (
        (0..<50).flatMap { [("c\($0)", 0, 10.0), ("c\($0)", 5, 10.0)] }, "model.refusal.young",
        LocalDate(2024, 1, 10)
      ),
    ]
    for (orders, code, asOf) in bases {
      let outcome = try await train(try await Shop.orders(orders), asOf: asOf)
      #expect(outcome.report.refusal?.code == code)
      #expect(outcome.report.fit == nil && outcome.lifetime == nil)
      let alternative = try #require(outcome.report.alternative)
      #expect(alternative.spendPerPurchase.double > 0)
    }
  }

  @Test func `equal amounts are valued by their mean`() async throws {
    var random = RandomSource(seed: 5)
    var orders: [(String, Int, Double)] = []
    for customer in 0..<150 {
      let rate = random.gamma(shape: 1, rate: 20)
      var day = Double(random.integer(below: 60))
      repeat {
        orders.append(("c\(customer)", Int(day), 25))
        day += 1 + random.exponential(rate: rate)
      } while day < 150 && random.uniform() > 0.2
    }
    let outcome = try await train(
      try await Shop.orders(orders), asOf: LocalDate(2024, 6, 1))
    #expect(outcome.spend == nil && outcome.report.totals != nil)
    #expect(outcome.report.cautions.map(\.code).contains("model.caution.mean_spend"))
    #expect(outcome.report.meanSpend.double == 25)
  }

  @Test func `a calibration must lie inside the history`() async throws {
    let session = try await Shop.cdnow()
    for end in [LocalDate(1998, 6, 30), LocalDate(1996, 12, 31)] {
      await #expect(throws: ScoringError.self) {
        _ = try await train(session, asOf: LocalDate(1998, 6, 30)) { $0.calibrationEnd = end }
      }
    }
  }
}
