import CustomerSchema
import Foundation
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

  /// Covariates and every cost, told by SQL, against the models' own answers customer by customer.
  @Test func `net values with covariates are those of the models`() async throws {
    let session = try await Shop.cdnow()
    let asOf = LocalDate(1997, 9, 30)
    try await session.execute(
      """
      CREATE TEMP TABLE customer_covariates AS
      SELECT DISTINCT customer, CASE WHEN CAST(customer AS BIGINT) % 3 = 0 THEN 'web'
        WHEN CAST(customer AS BIGINT) % 3 = 1 THEN 'shop' END AS channel,
        CAST(20 + CAST(customer AS BIGINT) % 7 AS VARCHAR) AS age
      FROM order_history
      """)
    try await session.execute(
      """
      CREATE TEMP TABLE customer_costs AS
      SELECT DISTINCT customer, CAST(customer AS DOUBLE) % 5 AS acquisition FROM order_history
      WHERE CAST(customer AS BIGINT) % 2 = 0
      """)
    let outcome = try await train(session, asOf: asOf) {
      $0.family = .paretoNBD
      $0.checksHoldOut = false
      $0.margin = 0.4
      $0.discount = try! DiscountRate(perYear: 0.1)
      $0.covariates = ["channel", "age"]
      $0.costs.perPurchase = 2
      $0.costs.perYear = 5
      $0.costs.acquisitionIsKnown = true
    }
    let lifetime = try #require(outcome.lifetime)
    let spend = try #require(outcome.spend)
    let names = ["channel=web", "channel=–", "age"]
    // A third each; «shop» is the most frequent by one customer or comes first by name.
    let test = try #require(outcome.report.covariateTest)
    let reference = try #require(test.references.first)
    #expect(test.combinations == 21 && reference.covariate == "channel")
    #expect(lifetime.covariates?.names.count == names.count)
    #expect(test.degreesOfFreedom == 6 && test.statistic >= 0)
    let columns = try await session.numbers(
      """
      SELECT x, last_age, age, coalesce(mean_spend, 0), CAST(customer AS DOUBLE), clv, clv_lower,
        clv_upper, p_alive
      FROM purchase_history JOIN customer_value USING (customer)
      ORDER BY CAST(customer AS BIGINT)
      """)
    let all = columns[4]
    func age(_ customer: Double) -> Double { 20 + customer.truncatingRemainder(dividingBy: 7) }
    let mean = all.reduce(0) { $0 + age($1) } / Double(all.count)
    let deviation =
      (all.reduce(0) { $0 + (age($1) - mean) * (age($1) - mean) } / Double(all.count))
      .squareRoot()
    let classes = ["web", "shop", "–"]
    func vector(_ customer: Double) -> [Double] {
      let own = classes[Int(customer) % 3]
      return (lifetime.covariates?.names ?? []).map { name in
        name == "age"
          ? (age(customer) - mean) / deviation : name == "channel=\(own)" ? 1 : 0
      }
    }
    let vectors = Dictionary(grouping: all.indices) { vector(all[$0]) }
    let groups = try vectors.map { vector, rows in
      ValuedGroup(
        covariates: vector,
        histories: try HistoryTable(
          repeatPurchases: rows.map { columns[0][$0] },
          lastPurchaseAge: rows.map { columns[1][$0] / 7 },
          customerAge: rows.map { columns[2][$0] / 7 }, unit: .week),
        meanSpend: rows.map { columns[3][$0] },
        acquisitionCost: rows.map {
          Int(all[$0]) % 2 == 0 ? all[$0].truncatingRemainder(dividingBy: 5) : 0
        })
    }
    let values = try lifetime.values(
      of: groups, spend: spend,
      settings: try ValueSettings(
        horizon: try TimeSpan(12, .month), discount: try DiscountRate(perYear: 0.1), margin: 0.4,
        costPerPurchase: 2, costPerYear: 5), intervals: .customers)
    func close(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-8 * max(1, abs(b)) }
    for ((_, rows), found) in zip(vectors, values.groups) {
      for (place, row) in rows.enumerated() {
        #expect(close(columns[5][row], found.values[place]))
        #expect(close(columns[6][row], found.lower[place]))
        #expect(close(columns[7][row], found.upper[place]))
      }
    }
    let totals = try #require(outcome.report.totals)
    let interval = try #require(values.totalInterval)
    // Sums are told to the ten-thousandth of a unit.
    #expect(abs(totals.value.double - values.total) < 0.01)
    #expect(abs(try #require(totals.valueLower).double - interval.lower) < 0.01)
    #expect(abs(try #require(totals.valueUpper).double - interval.upper) < 0.01)
    let acquisition = all.reduce(0) {
      $0 + (Int($1) % 2 == 0 ? $1.truncatingRemainder(dividingBy: 5) : 0)
    }
    #expect(try #require(totals.acquisitionCost).double == acquisition)

    // Kept and read again, the scorer gives the same without fitting.
    let scorer = try JSONDecoder().decode(
      LifetimeScorer.self, from: JSONEncoder().encode(try #require(outcome.scorer)))
    try await PurchaseHistories(end: asOf).create(in: session)
    try await scorer.score(currency: .none, threads: 2, in: session)
    let again = try await session.numbers(
      "SELECT clv, p_alive FROM customer_value ORDER BY CAST(customer AS BIGINT)")
    #expect(zip(again[0], columns[5]).allSatisfy { close($0, $1) })
    #expect(zip(again[1], columns[8]).allSatisfy { close($0, $1) })
  }

  /// Customers who are made to buy twice as often and to leave twice as fast on the web.
  @Test func `covariates that matter are found, and those that do not are not`() async throws {
    var random = RandomSource(seed: 12)
    var orders: [(String, Int, Double)] = []
    var channels: [(String, String, String)] = []
    for customer in 0..<3000 {
      let isWeb = customer % 2 == 0
      let rate = random.gamma(shape: 1.2, rate: 30) * (isWeb ? 2 : 1)
      let leaving = random.gamma(shape: 1.5, rate: 150) * (isWeb ? 2 : 1)
      let begin = random.integer(below: 60)
      var day = Double(begin)
      let end = min(360, day + random.exponential(rate: leaving))
      while day < end {
        orders.append(("c\(customer)", Int(day), 20))
        day += random.exponential(rate: rate)
      }
      channels.append(
        ("c\(customer)", isWeb ? "web" : "shop", customer % 3 == 0 ? "north" : "south"))
    }
    let session = try await Shop.orders(many: orders)
    try await session.execute(
      "CREATE TEMP TABLE customer_covariates (customer VARCHAR, channel VARCHAR, region VARCHAR)")
    let values = channels.map { "(\($0.0), \($0.1), \($0.2))" as SQL }
    try await session.execute("INSERT INTO customer_covariates VALUES \(values.joined())")
    let outcome = try await train(session, asOf: LocalDate(2024, 12, 26)) {
      $0.family = .paretoNBD
      $0.covariates = ["channel", "region"]
    }
    let fit = try #require(outcome.report.fit)
    let effects = Dictionary(
      uniqueKeysWithValues: fit.parameters.map { ($0.name, ($0.estimate, $0.standardError)) })
    // ln 2 in favour of the web whichever class is the reference.
    let sign = effects["purchases.channel=web"] == nil ? -1.0 : 1.0
    let buying = try #require(
      effects["purchases.channel=web"] ?? effects["purchases.channel=shop"])
    let leaving = try #require(effects["leaving.channel=web"] ?? effects["leaving.channel=shop"])
    #expect(abs(sign * buying.0 - 0.6931) < 3 * buying.1 && buying.1 < 0.1)
    #expect(abs(sign * leaving.0 - 0.6931) < 3 * leaving.1 && leaving.1 < 0.25)
    let region = try #require(
      effects["purchases.region=north"] ?? effects["purchases.region=south"])
    #expect(abs(region.0) < 3 * region.1)
    #expect(try #require(outcome.report.covariateTest).pValue < 1e-6)
    let methods = try #require(outcome.report.holdOut).methods.map(\.method)
    #expect(methods.contains("pareto-nbd+covariates") && methods.contains("pareto-nbd"))
    await #expect(throws: ScoringError.self) {
      try await session.execute("UPDATE customer_covariates SET region = 'south'")
      _ = try await train(session, asOf: LocalDate(2024, 12, 26)) { $0.covariates = ["region"] }
    }
  }
}
