import Foundation
import NumericalMethods
import StatisticalModels
import Testing

@Suite("Fitting lifetime models")
struct LifetimeFitTests {
  private func check(
    _ model: LifetimeModel, _ expected: [Double], _ tolerances: [Double], logLikelihood: Double,
    within: Double
  ) throws {
    let report = try #require(model.report)
    for (i, value) in expected.enumerated() {
      #expect(abs(model.parameters[i] - value) <= tolerances[i])
    }
    #expect(abs(report.logLikelihood - logLikelihood) <= within)
    #expect(report.converged && report.customers == 2357)
    #expect(report.agreeingStarts >= 2)
    #expect(report.standardErrors.allSatisfy { $0 > 0 && $0.isFinite })
    let n = Double(expected.count)
    #expect(abs(report.aic - (2 * n - 2 * report.logLikelihood)) < 1e-9)
    #expect(abs(report.bic - (n * log(2357.0) - 2 * report.logLikelihood)) < 1e-9)
  }

  @Test("The CDNOW sample has the counts of the papers", .enabled(if: CDNOW.isAvailable))
  func sample() throws {
    let data = try CDNOW()
    #expect(data.repeatPurchases.count == 2357)
    #expect(data.repeatPurchases.reduce(0, +) == 2457)
    #expect(data.repeatPurchases.filter { $0 > 0 }.count == 946)
    #expect(data.holdoutPurchases.reduce(0, +) == 1882)
  }

  @Test("BG/NBD on CDNOW gives the published estimates", .enabled(if: CDNOW.isAvailable))
  func bgNBD() throws {
    let model = try LifetimeModel.fit(.bgNBD, to: CDNOW().table())
    try check(
      model, [0.2426, 4.414, 0.793, 2.426], [1e-3, 0.01, 0.005, 0.02], logLikelihood: -9582.4292,
      within: 0.005)
    let report = try #require(model.report)
    #expect(
      report.cautions.contains {
        if case .oneTimeBuyersAlwaysAlive(let share, let others) = $0 {
          return abs(share - 1411.0 / 2357) < 1e-12 && others == ["mbg-nbd", "pareto-nbd"]
        }
        return false
      })
  }

  @Test("MBG/NBD on CDNOW", .enabled(if: CDNOW.isAvailable))
  func mbgNBD() throws {
    try check(
      LifetimeModel.fit(.mbgNBD, to: CDNOW().table()), [0.5248, 6.183, 0.8914, 1.614],
      [0.5248e-3, 6.183e-3, 0.8914e-3, 1.614e-3], logLikelihood: -9582.136, within: 0.005)
  }

  @Test("Pareto/NBD on CDNOW gives the published estimates", .enabled(if: CDNOW.isAvailable))
  func paretoNBD() throws {
    try check(
      LifetimeModel.fit(.paretoNBD, to: CDNOW().table()), [0.5533, 10.578, 0.606, 11.66],
      [0.001, 0.01, 0.002, 0.06], logLikelihood: -9594.976, within: 0.01)
  }

  @Test("Plain NBD on CDNOW is the worse yardstick", .enabled(if: CDNOW.isAvailable))
  func nbd() throws {
    let table = try CDNOW().table()
    let nbd = try LifetimeModel.fit(.nbd, to: table)
    let bg = try LifetimeModel.fit(.bgNBD, to: table)
    let (a, b) = (try #require(nbd.report), try #require(bg.report))
    #expect(a.converged && a.aic > b.aic + 100)
  }

  @Test("Gamma-Gamma on CDNOW's 946 repeat buyers", .enabled(if: CDNOW.isAvailable))
  func gammaGamma() throws {
    let data = try CDNOW()
    let model = try GammaGammaModel.fit(
      repeatPurchases: data.repeatPurchases, meanSpend: data.meanSpend, currency: "USD")
    let report = try #require(model.report)
    #expect(report.customers == 946)
    #expect(abs(model.p - 6.249) < 0.02 && abs(model.q - 3.744) < 0.01)
    #expect(abs(model.gamma - 15.44) < 0.05)
    #expect(abs(report.logLikelihood - -4055.918) < 0.005)
  }

  @Test(
    "The analytic gradient's optimum has standard errors that match a likelihood profile",
    .enabled(if: CDNOW.isAvailable))
  func standardErrors() throws {
    let table = try CDNOW().table()
    let model = try LifetimeModel.fit(.bgNBD, to: table)
    let report = try #require(model.report)
    // Independent check: second difference of the log-likelihood computed cell by cell.
    func value(_ p: [Double]) throws -> Double {
      let process = try LifetimeModel(family: .bgNBD, unit: .week, parameters: p).process()
      return (0..<table.cellCount).reduce(0) {
        $0 + table.counts[$1] * process.logLikelihood(table.history($1))
      }
    }
    let base = try value(model.parameters)
    #expect(abs(base - report.logLikelihood) < 1e-6)
    var information = Matrix(rows: 4, columns: 4)
    let h = model.parameters.map { $0 * 1e-3 }
    for i in 0..<4 {
      for j in 0..<4 {
        func shifted(_ a: Double, _ b: Double) throws -> Double {
          var p = model.parameters
          p[i] += a * h[i]
          p[j] += b * h[j]
          return try value(p)
        }
        information[i, j] =
          -(try shifted(1, 1) - shifted(1, -1) - shifted(-1, 1) + shifted(-1, -1))
          / (4 * h[i] * h[j])
      }
    }
    let covariance = try CholeskyFactor(information).inverse
    for i in 0..<4 {
      #expect(abs(covariance[i, i].squareRoot() / report.standardErrors[i] - 1) < 0.01)
    }
  }

  @Test("Simulated customers give their parameters back", arguments: LifetimeFamily.allCases)
  func recovery(family: LifetimeFamily) throws {
    let truth: [Double] =
      switch family {
      case .bgNBD, .mbgNBD: [0.8, 6, 0.9, 2.5]
      case .paretoNBD: [0.8, 6, 0.7, 12]
      case .nbd: [0.8, 6]
      }
    let simulated = try Simulation.histories(family, truth, customers: 20_000, seed: 11)
    let model = try LifetimeModel.fit(family, to: simulated)
    let report = try #require(model.report)
    for i in 0..<truth.count {
      #expect(abs(model.parameters[i] - truth[i]) < 4 * report.standardErrors[i])
    }
  }

  @Test("The same fit on one and two threads, to the bit", .enabled(if: CDNOW.isAvailable))
  func threads() throws {
    let table = try Simulation.histories(.bgNBD, [0.8, 6, 0.9, 2.5], customers: 30_000, seed: 3)
    let one = try LifetimeModel.fit(.bgNBD, to: table, threads: 1)
    let two = try LifetimeModel.fit(.bgNBD, to: table, threads: 2)
    #expect(one == two)
  }

  @Test("A model survives encoding", .enabled(if: CDNOW.isAvailable))
  func codable() throws {
    let model = try LifetimeModel.fit(.bgNBD, to: CDNOW().table())
    let back = try JSONDecoder().decode(LifetimeModel.self, from: JSONEncoder().encode(model))
    #expect(back == model)
  }

  @Test("A base without repeat purchases is refused with the simplest alternative")
  func nobodyReturned() throws {
    let table = try HistoryTable(
      repeatPurchases: [Double](repeating: 0, count: 50),
      lastPurchaseAge: [Double](repeating: 0, count: 50),
      customerAge: (0..<50).map { Double($0) }, unit: .week)
    for family in LifetimeFamily.allCases {
      #expect {
        try LifetimeModel.fit(family, to: table)
      } throws: { error in
        (error as? ModelError)?.code == "model.too-little-data"
      }
    }
  }

  @Test("One customer, no customer, everyone on the last day: sentences, not numbers")
  func tooSmall() throws {
    func code(_ x: [Double], _ tx: [Double], _ t: [Double]) -> String? {
      do {
        _ = try LifetimeModel.fit(
          .bgNBD,
          to: HistoryTable(repeatPurchases: x, lastPurchaseAge: tx, customerAge: t, unit: .day))
        return nil
      } catch { return error.code }
    }
    #expect(code([], [], []) == "model.no-data")
    #expect(code([3], [10], [20]) == "model.too-little-data")
    #expect(code([0, 0], [0, 0], [0, 0]) == "model.too-little-data")
    #expect(code([1], [30], [20]) == "model.invalid-history")
    #expect(code([-1], [0], [20]) == "model.invalid-history")
    #expect(code([0], [3], [20]) == "model.invalid-history")
    #expect(code([1], [.nan], [20]) == "model.invalid-history")
    #expect(code([1, 2], [3], [20]) == "model.size-mismatch")
  }

  @Test("Where nobody ever leaves, a model of leaving is refused rather than returned")
  func noSensibleOptimum() throws {
    // Deterministic regular buyers: the likelihood pushes the chance to leave to zero.
    var x: [Double] = []
    var tx: [Double] = []
    var t: [Double] = []
    var rng = RandomSource(seed: 4)
    for _ in 0..<400 {
      let n = Double(rng.poisson(mean: 10) + 2)
      x.append(n)
      tx.append(52)
      t.append(52)
    }
    #expect {
      try LifetimeModel.fit(
        .bgNBD,
        to: HistoryTable(repeatPurchases: x, lastPurchaseAge: tx, customerAge: t, unit: .week))
    } throws: { error in
      (error as? ModelError)?.code == "model.no-sensible-optimum"
    }
  }

  @Test("Where leaving does not show, the fit says that plain NBD does as well")
  func leavingDoesNotShow() throws {
    let table = try Simulation.histories(.nbd, [1.5, 12], customers: 3000, seed: 5)
    do {
      let model = try LifetimeModel.fit(.bgNBD, to: table)
      let report = try #require(model.report)
      #expect(report.cautions.contains(.leavingDoesNotShow(alternatives: ["nbd"])))
    } catch let error as ModelError {
      // With no one leaving the maximum may also lie at a = 0, which is refused.
      #expect(error.code == "model.no-sensible-optimum")
    }
    // Whoever does leave is noticed.
    let leaving = try Simulation.histories(.bgNBD, [1.5, 12, 0.8, 2.5], customers: 3000, seed: 5)
    let report = try #require(try LifetimeModel.fit(.bgNBD, to: leaving).report)
    #expect(!report.cautions.contains(.leavingDoesNotShow(alternatives: ["nbd"])))
  }

  @Test("Sixty hostile bases: a finite model that explains itself, or a reason")
  func hostile() throws {
    var rng = RandomSource(seed: 99)
    var fitted = 0
    for round in 0..<60 {
      let n = 12 + rng.integer(below: 150)
      let scale = exp(8 * rng.uniform() - 2)
      let style = round % 5
      var x: [Double] = []
      var tx: [Double] = []
      var t: [Double] = []
      for _ in 0..<n {
        let age = style == 0 ? scale : scale * rng.uniform()
        let count =
          style == 1 ? 1 : (style == 2 ? 20_000 * rng.uniform() : exp(3 * rng.normal())).rounded()
        x.append(age == 0 ? 0 : count)
        tx.append(count == 0 ? 0 : (style == 3 ? age : age * rng.uniform()))
        t.append(age)
      }
      let table = try HistoryTable(
        repeatPurchases: x, lastPurchaseAge: tx, customerAge: t, unit: .day)
      for family in LifetimeFamily.allCases {
        do throws(ModelError) {
          let model = try LifetimeModel.fit(family, to: table)
          fitted += 1
          let scores = try model.score(
            table, horizon: TimeSpan(1, .year), discount: DiscountRate(perYear: 0.1))
          #expect(model.parameters.allSatisfy { $0 > 0 && $0.isFinite })
          #expect(scores.aliveProbability.allSatisfy { $0 >= 0 && $0 <= 1 })
          #expect(scores.expectedPurchases.allSatisfy { $0 >= 0 && $0.isFinite })
          #expect(scores.discountedPurchases.allSatisfy { $0 >= 0 && $0.isFinite })
          #expect(model.report?.standardErrors.allSatisfy(\.isFinite) == true)
        } catch {
          #expect(["model.no-sensible-optimum", "model.too-little-data"].contains(error.code))
          #expect(!error.suggestion.isEmpty)
        }
      }
    }
    #expect(fitted > 30)
  }

  @Test("Absurd covariates of a new customer still get finite answers")
  func absurdCovariates() throws {
    let model = try LifetimeModel(
      family: .bgNBD, unit: .week, parameters: [0.5, 6, 0.8, 2.5],
      covariates: CovariateEffects(names: ["z"], onPurchases: [0.5], onLeaving: [0.3]))
    for z in [-1e9, -50, 50, 1e9] {
      let process = model.process(for: [z])
      let h = PurchaseHistory(repeatPurchases: 3, lastPurchaseAge: 20, customerAge: 30)
      let alive = process.aliveProbability(h)
      let expected = process.expectedPurchases(h, over: 52)
      #expect(alive >= 0 && alive <= 1 && expected >= 0 && expected.isFinite)
    }
  }

  @Test("Impossible spends are refused, absurd ones named")
  func spendErrors() throws {
    func code(_ m: [Double]) -> String? {
      do {
        _ = try GammaGammaModel.fit(
          repeatPurchases: [Double](repeating: 2, count: m.count), meanSpend: m, currency: "EUR")
        return nil
      } catch { return error.code }
    }
    let fine = (1...20).map { Double($0) }
    #expect(code(fine + [-3]) == "model.out-of-range")
    #expect(code(fine + [0]) == "model.out-of-range")
    #expect(code(fine + [1e300]) == "model.out-of-range")
    #expect(code(fine + [.nan]) == "model.not-finite")
    #expect(code([3, 4]) == "model.too-little-data")
    #expect(code([Double](repeating: 7, count: 30)) == "model.too-little-data")
  }
}

/// Customers drawn from the models' own stories.
enum Simulation {
  static func histories(
    _ family: LifetimeFamily, _ p: [Double], customers: Int, seed: UInt64
  ) throws -> HistoryTable {
    var rng = RandomSource(seed: seed)
    var x: [Double] = []
    var tx: [Double] = []
    var t: [Double] = []
    for i in 0..<customers {
      let age = 20 + Double(i % 33)
      let rate = rng.gamma(shape: p[0], rate: p[1])
      var end = age
      var leaveChance = 0.0
      switch family {
      case .bgNBD, .mbgNBD: leaveChance = rng.beta(p[2], p[3])
      case .paretoNBD: end = min(age, rng.exponential(rate: rng.gamma(shape: p[2], rate: p[3])))
      case .nbd: break
      }
      var now = 0.0
      var last = 0.0
      var count = 0.0
      if family != .mbgNBD || rng.uniform() >= leaveChance {
        while true {
          now += rng.exponential(rate: rate)
          if now > end { break }
          last = now
          count += 1
          if family != .paretoNBD && family != .nbd && rng.uniform() < leaveChance { break }
        }
      }
      x.append(count)
      tx.append(last)
      t.append(age)
    }
    return try HistoryTable(
      repeatPurchases: x, lastPurchaseAge: tx, customerAge: t, unit: .week)
  }
}
