import Foundation
import NumericalMethods
import StatisticalModels
import Testing

@Suite("Checks of models, groups and differences")
struct ValidationTests {
  @Test(
    "The hold-out check on CDNOW gives the papers' correlations", .enabled(if: CDNOW.isAvailable))
  func holdOut() throws {
    let data = try CDNOW()
    // The 39 weeks before the hold-out, for the naive baseline.
    let end = CDNOW.day(19_970_930)
    let previous = data.purchaseDays.map { days in
      Double(days.dropFirst().filter { $0 <= end && $0 > end - 273 }.count)
    }
    let comparison = try HoldOutComparison(
      data.table(), holdOut: TimeSpan(39, .week), actual: data.holdoutPurchases,
      previous: previous)
    func result(_ method: String) throws -> HoldOutResult {
      try #require(comparison.results.first { $0.method == method })
    }
    // Fader, Hardie & Lee 2005, section 4: correlations of .626 and .630 with actual purchases.
    let bg = try result("bg-nbd")
    let pareto = try result("pareto-nbd")
    #expect(abs((bg.check.correlation ?? 0) - 0.626) < 0.001)
    #expect(abs((pareto.check.correlation ?? 0) - 0.630) < 0.001)
    #expect(bg.check.actualTotal == 1882)
    // Every model of leaving beats plain NBD and the naive baseline.
    for method in ["bg-nbd", "mbg-nbd", "pareto-nbd"] {
      for yardstick in ["nbd", "same-as-last-period"] {
        #expect(
          try result(method).check.rootMeanSquareError
            < result(yardstick).check.rootMeanSquareError)
      }
    }
    #expect(comparison.failures.isEmpty && comparison.results.count == 5)
    #expect(
      comparison.chosen == .mbgNBD || comparison.chosen == .paretoNBD || comparison.chosen == .bgNBD
    )
    #expect(comparison.reason != nil && comparison.reason != .onlyFit)
    #expect(bg.buckets.count == 8 && bg.buckets.map(\.customers).reduce(0, +) == 2357)
    #expect(bg.buckets[0].customers == 1411 && bg.buckets[7].isOpenEnded)
    // Section 4: at week 78 BG/NBD is 4 % and Pareto/NBD 2 % below the actual cumulative purchases.
    let start = CDNOW.day(19_970_101)
    let entries = data.purchaseDays.map { Double(($0.first ?? start) - start) / 7 }
    for (family, gap) in [(LifetimeFamily.bgNBD, 0.04), (.paretoNBD, 0.02)] {
      let model = try #require(comparison.models[family])
      let curve = model.cumulativeExpectedPurchases(
        entries: entries, times: [0, 39, Double(CDNOW.day(19_980_630) - start) / 7])
      #expect(curve[0] == 0 && curve[1] < curve[2])
      #expect(abs(1 - curve[2] / (2457 + 1882) - gap) < 0.011)
    }
  }

  @Test("A base where no family fits still gets the baseline and the reasons")
  func holdOutWithoutModel() throws {
    let table = try HistoryTable(
      repeatPurchases: [0, 0, 0], lastPurchaseAge: [0, 0, 0], customerAge: [5, 6, 7], unit: .week)
    let comparison = try HoldOutComparison(
      table, holdOut: TimeSpan(4, .week), actual: [0, 1, 0], previous: [0, 0, 0])
    #expect(comparison.chosen == nil && comparison.reason == nil && comparison.failures.count == 4)
    #expect(comparison.results.map(\.method) == ["same-as-last-period"])
    #expect(comparison.results[0].check.correlation == nil)
  }

  @Test("Contract by churn: χ² and Cramér's V of the reference")
  func chiSquare() throws {
    // Counts of telco_churn.csv: contract (monthly, one, two years) × (stayed, left).
    let test = try ChiSquareTest(counts: [[2220, 1655], [1307, 166], [1647, 48]])
    #expect(abs(test.statistic - 1184.5966) < 1e-4)
    #expect(test.degreesOfFreedom == 2 && abs(test.cramersV - 0.410116) < 1e-6)
    #expect(test.pValue < 1e-250 && test.pValue > 0)
    let same = try ChiSquareTest([0, 0, 1, 1], [1, 1, 0, 0])
    #expect(same.cramersV == 1)
    #expect(throws: ModelError.self) { try ChiSquareTest([0, 0], [0, 1]) }
    let ragged = [[1.0, 2], [1]]
    #expect(throws: ModelError.self) { try ChiSquareTest(counts: ragged) }
  }

  @Test("Kruskal–Wallis agrees with scipy, ties included")
  func kruskalWallis() throws {
    let a = try KruskalWallisTest(
      [2.9, 3.0, 2.5, 2.6, 3.2, 3.8, 2.7, 4.0, 2.4, 2.8, 3.4, 3.7, 2.2, 2.0],
      group: [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2])
    #expect(abs(a.statistic - 0.7714285714285722) < 1e-12)
    #expect(abs(a.pValue - 0.6799647735788936) < 1e-12)
    let b = try KruskalWallisTest(
      [1, 2, 2, 3, 3, 3, 1, 5, 5, 4], group: [0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
    #expect(abs(b.statistic - 6.130537974683541) < 1e-12)
    #expect(abs(b.pValue - 0.04664129425921425) < 1e-12)
    #expect(abs(b.epsilonSquared - 6.130537974683541 / 9) < 1e-12)
    #expect(throws: ModelError.self) { try KruskalWallisTest([1, 1, 1], group: [0, 1, 1]) }
  }

  @Test("Dunn's comparisons agree with scikit-posthocs, from sums alone")
  func dunn() throws {
    // Ranks of [3,1,4,1,5,9,2,6], [2,7,1,8,2,8], [9,9,8,7,9,3,2], as scipy ranks them together.
    let sums = [(8.0, 70.5), (6, 58.5), (7, 102)].map {
      KruskalWallisTest.RankSum(count: $0.0, ranks: $0.1)
    }
    let test = try KruskalWallisTest(groups: sums, sumOfSquares: 755)
    #expect(abs(test.statistic - 3.6276017029328274) < 1e-12)
    #expect(abs(test.pValue - 0.16303329235303876) < 1e-12)
    for (i, j, expected) in [
      (0, 1, 0.7775347375836527), (0, 2, 0.07013236524394134), (1, 2, 0.15839483943445676),
    ] {
      let pair = try DunnComparison(sums[i], sums[j], total: 21, sumOfSquares: 755)
      #expect(abs(pair.pValue - expected) < 1e-12)
      #expect(pair.dominance < 0)
    }
  }

  @Test("The fall of a share agrees with statsmodels")
  func proportionDecline() {
    let test = ProportionDecline(30, of: 450, before: 45, of: 500)
    #expect(abs(test.z - 1.3316656236958784) < 1e-12)
    #expect(abs(test.pValue - 0.09148504510917965) < 1e-12)
    #expect(ProportionDecline(0, of: 5, before: 0, of: 5).pValue == 1)
  }

  @Test("Holm and Benjamini–Hochberg agree with statsmodels")
  func multipleTests() {
    let p = [0.01, 0.04, 0.03, 0.005, 0.5]
    let holm = MultipleTesting.holm(p)
    let bh = MultipleTesting.benjaminiHochberg(p)
    #expect(zip(holm, [0.04, 0.09, 0.09, 0.025, 0.5]).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(zip(bh, [0.025, 0.05, 0.05, 0.025, 0.5]).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(MultipleTesting.holm([]).isEmpty)
  }

  @Test("The adjusted Rand index agrees with scikit-learn and knows equal groupings")
  func rand() {
    let a = [0, 0, 1, 1, 2, 2, 2]
    #expect(abs(Partition.adjustedRandIndex(a, [0, 0, 1, 2, 2, 2, 1]) - 0.2125) < 1e-12)
    #expect(Partition.adjustedRandIndex(a, [5, 5, 3, 3, 9, 9, 9]) == 1)
    #expect(Partition.adjustedRandIndex([0, 0], [0, 0]) == 1)
  }

  @Test("The Hungarian assignment finds the least sum")
  func hungarian() {
    // scipy's linear_sum_assignment gives 78 for this table.
    let costs: [[Double]] = [
      [85, 63, 51, 26, 30, 4, 7], [1, 17, 81, 64, 91, 50, 60], [97, 72, 63, 54, 55, 93, 27],
      [81, 67, 0, 39, 85, 55, 3], [76, 72, 84, 17, 8, 86, 2], [54, 8, 29, 48, 42, 40, 2],
      [0, 12, 0, 67, 52, 64, 25],
    ]
    let match = Partition.assignment(costs: costs)
    let sum = match.enumerated().reduce(0) { $0 + costs[$1.0][$1.1 ?? 0] }
    #expect(sum == 78 && Set(match.compactMap { $0 }).count == 7)
    // Against every permutation, on tables of several shapes.
    var rng = RandomSource(seed: 2)
    for (rows, columns) in [(1, 1), (3, 3), (2, 4), (4, 2), (5, 5)] {
      let table = (0..<rows).map { _ in (0..<columns).map { _ in Double(rng.integer(below: 30)) } }
      let found = Partition.assignment(costs: table)
      var total = 0.0
      for (row, column) in found.enumerated() {
        if let column { total += table[row][column] }
      }
      #expect(found.compactMap { $0 }.count == min(rows, columns))
      #expect(total == Self.leastSum(table))
    }
    #expect(Partition.assignment(costs: []).isEmpty)
  }

  private static func leastSum(_ table: [[Double]]) -> Double {
    let columns = table.first?.count ?? 0
    func best(_ row: Int, _ used: Set<Int>, _ skips: Int) -> Double {
      if row == table.count { return 0 }
      var least = skips > 0 ? best(row + 1, used, skips - 1) : .infinity
      for j in 0..<columns where !used.contains(j) {
        least = min(least, table[row][j] + best(row + 1, used.union([j]), skips))
      }
      return least
    }
    return best(0, [], max(0, table.count - columns))
  }

  @Test("New groups find their old names")
  func matching() {
    let old = [0, 0, 0, 1, 1, 2, 2, 2]
    let new = [2, 2, 2, 0, 0, 1, 1, 3]
    #expect(Partition.matching(old: old, new: new) == [1, 2, 0, nil])
  }

  @Test("PSI of a hand-computed shift, and of an emptied class")
  func drift() throws {
    let value = try Drift.populationStabilityIndex(reference: [50, 50], current: [60, 40])
    // (.6−.5) ln 1.2 + (.4−.5) ln .8
    #expect(abs(value - (0.1 * log(1.2) - 0.1 * log(0.8))) < 1e-15)
    #expect(try Drift.populationStabilityIndex(reference: [5, 7], current: [50, 70]) == 0)
    let emptied = try Drift.populationStabilityIndex(reference: [50, 50], current: [100, 0])
    #expect(emptied > 0.25 && emptied.isFinite)
    #expect(throws: ModelError.self) {
      try Drift.populationStabilityIndex(reference: [0], current: [1])
    }
  }

  @Test("Gini, top share and Lorenz curve by hand")
  func concentration() throws {
    let c = try Concentration([1, 2, 3, 4])
    // Σ(2i−5)x = −3−2+3+12 = 10; /(4·10) = .25
    #expect(abs(c.gini - 0.25) < 1e-15)
    #expect(abs(c.topShare(0.25) - 0.4) < 1e-15 && abs(c.topShare(0.3) - 0.7) < 1e-15)
    let curve = c.lorenz(points: 4)
    #expect(zip(curve, [0, 0.1, 0.3, 0.6, 1]).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(try Concentration([5, 5, 5]).gini == 0)
    #expect(try Concentration([1e300, 1e300, 1e300, 1e300]).gini == 0)
    #expect(throws: ModelError.self) { try Concentration([0, 0]) }
    #expect(throws: ModelError.self) { try Concentration([1, -1]) }
  }
}
