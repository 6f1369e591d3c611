import Foundation
import NumericalMethods
import StatisticalModels
import Testing

/// A line of the table that `scripts/lifetime-fixtures.py` writes.
struct LifetimeRow: Sendable, CustomTestStringConvertible {
  let quantity: String
  let family: LifetimeFamily
  let numbers: [Double]
  var parameters: [Double] { Array(numbers[0..<4]) }
  var history: PurchaseHistory {
    PurchaseHistory(
      repeatPurchases: numbers[4], lastPurchaseAge: numbers[5], customerAge: numbers[6])
  }
  var argument: Double { numbers[7] }
  var expected: Double { numbers[8] }
  var testDescription: String { "\(quantity) \(family.rawValue) \(numbers)" }

  static let all: [LifetimeRow] = {
    guard let text = try? TestData.fixture("lifetime-values.csv") else { return [] }
    return text.split(separator: "\n").compactMap { line in
      let cells = line.split(separator: ",").map(String.init)
      guard let family = LifetimeFamily(rawValue: cells[1]) else { return nil }
      let numbers = cells.dropFirst(2).compactMap { Double($0) }
      return numbers.count == 9
        ? LifetimeRow(quantity: cells[0], family: family, numbers: numbers) : nil
    }
  }()
}

@Suite("Lifetime models with known parameters")
struct LifetimeValueTests {
  private func process(_ family: LifetimeFamily, _ p: [Double]) throws -> any PurchaseProcess {
    try LifetimeModel(family: family, unit: .week, parameters: p).process()
  }

  @Test("Every quantity agrees with 60-digit arithmetic, at ordinary and extreme histories")
  func highPrecision() throws {
    #expect(LifetimeRow.all.count == 1956)
    for row in LifetimeRow.all {
      let process = try process(row.family, row.parameters)
      let value: Double
      // Probabilities and expectations to 1e-9 of their value; log-likelihoods to 1e-12 of theirs,
      // which at 20,000 purchases is 1e-7 of the likelihood.
      var tolerance = 1e-9 * abs(row.expected)
      switch row.quantity {
      case "ll":
        value = process.logLikelihood(row.history)
        tolerance = 1e-12 * max(1, abs(row.expected))
      case "alive": value = process.aliveProbability(row.history)
      case "expected": value = process.expectedPurchases(row.history, over: row.argument)
      case "dert": value = process.discountedResidualPurchases(row.history, rate: row.argument)
      case "pmf": value = process.countProbability(Int(row.argument), row.history, over: 39)
      default:
        Issue.record("unknown quantity \(row.quantity)")
        continue
      }
      #expect(
        abs(value - row.expected) <= tolerance + 1e-300, "\(row.testDescription): \(value)")
    }
  }

  /// The papers' customer: two repeat purchases, the last at 30.43 of 38.86 weeks.
  private static func paperCustomer(_ unit: TimeUnit) throws -> CustomerHistory {
    try CustomerHistory(
      repeatPurchases: 2, lastPurchaseAge: TimeSpan(30.43 * 7 / unit.days, unit),
      customerAge: TimeSpan(38.86 * 7 / unit.days, unit))
  }

  @Test("BG/BB agrees with 60-digit arithmetic, up to a thousand opportunities")
  func opportunities() throws {
    let rows = try TestData.fixture("lifetime-values.csv").split(separator: "\n")
      .map { $0.split(separator: ",").map(String.init) }.filter { $0[1] == "bg-bb" }
    #expect(rows.count == 54)
    for row in rows {
      let v = row.dropFirst(2).compactMap(Double.init)
      let model = try BetaBinomialModel(alpha: v[0], beta: v[1], gamma: v[2], delta: v[3])
      let value =
        switch row[0] {
        case "ll": model.logLikelihood(v[4], v[5], v[6])
        case "alive": model.aliveProbability(v[4], v[5], v[6])
        default: model.expectedPurchases(v[4], v[5], v[6], future: Int(v[7]))
        }
      let tolerance = row[0] == "ll" ? 1e-12 * max(1, abs(v[8])) : 1e-9 * abs(v[8])
      #expect(abs(value - v[8]) <= tolerance + 1e-300, "\(row): \(value)")
    }
  }

  @Test("BG/NBD with the published parameters: 1.22602817 purchases, P(alive) .72657857")
  func publishedBG() throws {
    let model = try LifetimeModel(
      family: .bgNBD, unit: .week, parameters: [0.243, 4.414, 0.793, 2.426])
    let h = try Self.paperCustomer(.week)
    let horizon = try TimeSpan(39, .week)
    #expect(abs(model.expectedPurchases(h, over: horizon) - 1.22602817) < 1e-6)
    #expect(abs(model.aliveProbability(h) - 0.72657857) < 1e-6)
    // The same spans in days are the same answer.
    let days = try Self.paperCustomer(.day)
    #expect(
      abs(model.expectedPurchases(days, over: try TimeSpan(273, .day)) - 1.22602817) < 1e-6)
    #expect(abs(model.aliveProbability(days) - 0.72657857) < 1e-6)
  }

  @Test("Pareto/NBD with the published parameters: P(alive) .86916756, 1.45512319 purchases")
  func publishedPareto() throws {
    let model = try LifetimeModel(
      family: .paretoNBD, unit: .week, parameters: [0.553, 10.578, 0.606, 11.669])
    let h = try Self.paperCustomer(.week)
    #expect(abs(model.aliveProbability(h) - 0.86916756) < 1e-6)
    #expect(abs(model.expectedPurchases(h, over: try TimeSpan(39, .week)) - 1.45512319) < 1e-6)
  }

  @Test("Gamma-Gamma with the published parameters: 25.1476378 and 35.2189781")
  func publishedSpend() throws {
    let model = try GammaGammaModel(p: 6.25, q: 3.74, gamma: 15.44, currency: "USD")
    let known = try #require(model.expectedSpend(repeatPurchases: 2, meanSpend: 22.94))
    let unknown = try #require(model.expectedSpend(repeatPurchases: 0, meanSpend: 0))
    #expect(abs(known - 25.1476378) < 1e-6)
    #expect(abs(unknown - 35.2189781) < 1e-6)
    let heavy = try GammaGammaModel(p: 6.25, q: 0.9, gamma: 15.44, currency: "USD")
    #expect(heavy.expectedSpend(repeatPurchases: 0, meanSpend: 0) == nil)
  }

  @Test(
    "Counts of purchases sum to one and have the expected mean", arguments: LifetimeFamily.allCases)
  func distribution(family: LifetimeFamily) throws {
    let p = family == .nbd ? [0.55, 10.6] : [0.553, 10.578, 0.606, 3.2]
    let process = try process(family, p)
    for h in [
      .newCustomer, PurchaseHistory(repeatPurchases: 3, lastPurchaseAge: 20, customerAge: 30),
    ] {
      let probabilities = (0...400).map { process.countProbability($0, h, over: 25) }
      let mean = probabilities.enumerated().reduce(0) { $0 + Double($1.0) * $1.1 }
      #expect(abs(probabilities.reduce(0, +) - 1) < 1e-9)
      #expect(abs(mean - process.expectedPurchases(h, over: 25)) < 1e-7)
      let interval = process.purchaseInterval(h, over: 25, level: 0.9)
      let inside = interval.reduce(0) { $0 + process.countProbability($1, h, over: 25) }
      #expect(inside >= 0.9)
    }
  }

  @Test("Whatever is asked of a model converts its customer's unit", arguments: TimeUnit.allCases)
  func units(unit: TimeUnit) throws {
    let model = try LifetimeModel(
      family: .paretoNBD, unit: .week, parameters: [0.553, 10.578, 0.606, 11.669])
    let process = model.process()
    let raw = PurchaseHistory(repeatPurchases: 2, lastPurchaseAge: 30.43, customerAge: 38.86)
    let h = try Self.paperCustomer(unit)
    let horizon = try TimeSpan(39 * 7 / unit.days, unit)
    let discount = try DiscountRate(perYear: 0.15)
    let delta = log(1.15) * 7 / 365.25
    func same(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-12 * abs(b) }
    #expect(same(model.aliveProbability(h), process.aliveProbability(raw)))
    #expect(
      same(
        model.expectedPurchases(h, over: horizon), process.expectedPurchases(raw, over: 39)))
    #expect(
      same(
        model.countProbability(2, h, over: horizon), process.countProbability(2, raw, over: 39)))
    #expect(model.countProbability(-1, h, over: horizon) == 0)
    #expect(
      try model.purchaseInterval(h, over: horizon, level: 0.8)
        == process.purchaseInterval(raw, over: 39, level: 0.8))
    #expect(
      same(
        model.discountedPurchases(h, over: horizon, discount: discount),
        process.discountedPurchases(raw, over: 39, rate: delta)))
    // DERT with the papers' parameters against Tricomi's closed form.
    let process2 = ParetoProcess(r: 0.553, alpha: 10.578, s: 0.606, beta: 11.669)
    #expect(
      abs(
        try model.discountedResidualPurchases(h, discount: discount)
          / process2.discountedResidualPurchasesClosedForm(raw, rate: delta) - 1) < 1e-8)
    #expect(throws: ModelError.self) {
      try model.discountedResidualPurchases(h, discount: .none)
    }
    #expect(throws: ModelError.self) {
      try model.purchaseInterval(h, over: horizon, level: 1)
    }
    #expect(throws: ModelError.self) {
      try CustomerHistory(
        repeatPurchases: 1, lastPurchaseAge: TimeSpan(3, .month), customerAge: TimeSpan(30, .day))
    }
    #expect(model.aliveProbability(.newCustomer) == 1)
  }

  @Test("Discounted purchases agree with direct integration and with DERT at a long horizon")
  func discounting() throws {
    for family in [LifetimeFamily.bgNBD, .mbgNBD, .paretoNBD, .nbd] {
      let p = family == .nbd ? [0.55, 10.6] : [0.553, 10.578, 0.606, 3.2]
      let process = try process(family, p)
      let h = PurchaseHistory(repeatPurchases: 3, lastPurchaseAge: 20, customerAge: 30)
      let rate = 0.0027
      // Riemann–Stieltjes sum with weekly steps, discounted in the middle of each.
      var sum = 0.0
      for week in 0..<5200 {
        let t = Double(week) / 100
        sum +=
          exp(-rate * (t + 0.005))
          * (process.expectedPurchases(h, over: t + 0.01) - process.expectedPurchases(h, over: t))
      }
      let value = process.discountedPurchases(h, over: 52, rate: rate)
      #expect(abs(value - sum) < 1e-6)
      #expect(
        abs(
          process.discountedPurchases(h, over: 52, rate: 0)
            - process.expectedPurchases(h, over: 52)) < 1e-12)
      let residual = process.discountedResidualPurchases(h, rate: rate)
      let long = process.discountedPurchases(h, over: 40 / rate, rate: rate)
      #expect(abs(residual - long) < 1e-7 * residual)
    }
  }

  @Test("P(alive) falls with idle time and survival decreases", arguments: LifetimeFamily.allCases)
  func monotone(family: LifetimeFamily) throws {
    let p = family == .nbd ? [0.55, 10.6] : [0.553, 10.578, 0.606, 3.2]
    let process = try process(family, p)
    var last = 1.0
    for age in stride(from: 20.0, through: 500, by: 20) {
      let h = PurchaseHistory(repeatPurchases: 4, lastPurchaseAge: 20, customerAge: age)
      let alive = process.aliveProbability(h)
      #expect(alive <= last && alive >= 0)
      last = alive
      #expect(process.survivalIfAlive(h, after: 10) <= 1)
      #expect(process.survivalIfAlive(h, after: 10) >= process.survivalIfAlive(h, after: 20))
    }
    let h = PurchaseHistory(repeatPurchases: 4, lastPurchaseAge: 20, customerAge: 30)
    let whole = process.discountedLifetime(h, over: 30, rate: 0) / process.aliveProbability(h)
    let direct = adaptiveIntegral(from: 0, to: 30) { process.survivalIfAlive(h, after: $0) }
    #expect(abs(whole - direct) < 1e-9 * direct)
  }

  @Test(
    "Nothing is ever NaN or infinite on degenerate histories", arguments: LifetimeFamily.allCases)
  func degenerate(family: LifetimeFamily) throws {
    let sets: [[Double]] = [
      [1e-3, 1e-2, 1e-3, 1e-3], [1e3, 1e-2, 1e3, 1e4], [0.5, 1e4, 1, 1], [2, 5, 1e-3, 1e4],
      [0.2, 1, 1 + 1e-12, 0.5],
    ]
    for set in sets {
      let process = try process(family, Array(set.prefix(family.parameterNames.count)))
      for (x, tx, t) in [
        (0.0, 0.0, 0.0), (0, 0, 1e5), (1, 0, 0), (1, 0, 1e5), (5, 1e-6, 1e-6), (20000, 1e5, 1e5),
        (20000, 1, 1e5), (3, 1e5, 1e5),
      ] {
        let h = PurchaseHistory(repeatPurchases: x, lastPurchaseAge: tx, customerAge: t)
        #expect(process.logLikelihood(h).isFinite)
        let alive = process.aliveProbability(h)
        #expect(alive >= 0 && alive <= 1)
        for time in [0, 1e-9, 1, 1e5] {
          let expected = process.expectedPurchases(h, over: time)
          #expect(expected >= 0 && expected.isFinite, "\(family) \(set) \(h) \(time): \(expected)")
          let survival = process.survivalIfAlive(h, after: time)
          #expect(survival >= 0 && survival <= 1)
          let none = process.countProbability(0, h, over: time)
          #expect(none >= 0 && none <= 1 + 1e-12)
        }
        let discounted = process.discountedPurchases(h, over: 52, rate: 0.002)
        #expect(discounted >= 0 && discounted.isFinite)
      }
    }
  }
}
