import Foundation
import NumericalMethods

/// Customers with the same covariates.
package struct CovariateGroup: Sendable {
  package let covariates: [Double]
  package let histories: HistoryTable

  package init(covariates: [Double], histories: HistoryTable) {
    self.covariates = covariates
    self.histories = histories
  }
}

extension LifetimeModel {
  /// Cells above which the best start is sought on a thinned table.
  private static let roughCells = 20_000

  /// Fits a family to histories by maximum likelihood from several starts.
  ///
  /// Throws `tooLittleData` where the histories cannot carry the model, `noSensibleOptimum` where the
  /// likelihood has no interior maximum. Cost per evaluation: linear in the distinct histories.
  package static func fit(
    _ family: LifetimeFamily, to table: HistoryTable, threads: Int? = nil
  ) throws(ModelError) -> LifetimeModel {
    try fit(
      family, to: [CovariateGroup(covariates: [], histories: table)], covariateNames: [],
      threads: threads)
  }

  /// Fits a family with static covariates; one group per distinct covariate vector.
  ///
  /// Covariates should be of order one (indicators, standardised numbers).
  package static func fit(
    _ family: LifetimeFamily, to groups: [CovariateGroup], covariateNames: [String],
    threads: Int? = nil
  ) throws(ModelError) -> LifetimeModel {
    let unit = try checkGroups(groups, covariateNames)
    let summary = try checkInformation(family, groups)
    let names = family.parameterNames
    let n = names.count
    let k = covariateNames.count
    let leaving = family.hasLeaving ? k : 0
    func objective(
      _ likelihoods: [any LifetimeLikelihood], weight: Double
    ) -> ([Double], inout [Double]) -> Double {
      { point, gradient in
        for i in 0..<gradient.count { gradient[i] = 0 }
        let base = (0..<n).map { exp(point[$0]) }
        var value = 0.0
        var part = [Double](repeating: 0, count: n)
        for (group, likelihood) in zip(groups, likelihoods) {
          let z = group.covariates
          var purchases = 0.0
          var leave = 0.0
          for j in 0..<k { purchases += point[n + j] * z[j] }
          for j in 0..<leaving { leave += point[n + k + j] * z[j] }
          let p = adjusted(family, base, purchases: purchases, leaving: leave)
          value += likelihood.evaluate(p, &part)
          for i in 0..<n { gradient[i] += part[i] }
          let leaveSlope = family == .paretoNBD ? -part[3] : (leaving > 0 ? part[2] + part[3] : 0)
          for j in 0..<k { gradient[n + j] -= part[1] * z[j] }
          for j in 0..<leaving { gradient[n + k + j] += leaveSlope * z[j] }
        }
        for i in 0..<gradient.count { gradient[i] *= weight }
        return value * weight
      }
    }
    func likelihoods(_ tables: [HistoryTable]) -> [any LifetimeLikelihood] {
      tables.map { table in
        switch family {
        case .bgNBD: BetaGeometricLikelihood(table, modified: false, threads: threads)
        case .mbgNBD: BetaGeometricLikelihood(table, modified: true, threads: threads)
        case .paretoNBD: ParetoLikelihood(table: table, threads: threads)
        case .nbd: NegativeBinomialLikelihood(table)
        }
      }
    }
    let full = objective(likelihoods(groups.map(\.histories)), weight: 1)
    var rough: (([Double], inout [Double]) -> Double)?
    if groups.count == 1, let table = groups.first?.histories, table.cellCount > roughCells {
      let thin = table.thinned(to: roughCells / 4)
      rough = objective(likelihoods([thin]), weight: table.customers / thin.customers)
    }
    let center = family.isTime.map { $0 ? log(summary.meanAge) : 0 }
    let effects = [Double](repeating: 0, count: k + leaving)
    let search = MaximumLikelihood(
      model: family.title,
      names: names + covariateNames.map { "purchases.\($0)" }
        + (leaving > 0 ? covariateNames.map { "leaving.\($0)" } : []),
      isLogarithm: names.map { _ in true } + effects.map { _ in false },
      starts: starts(family, summary).map { $0 + effects },
      lower: center.map { $0 - 9.3 } + effects.map { _ in -12 },
      upper: center.map { $0 + 9.3 } + effects.map { _ in 12 },
      customers: summary.customers,
      distinctHistories: groups.reduce(0) { $0 + $1.histories.cellCount })
    var (point, report) = try search.run(
      cautions: cautions(family, summary), rough: rough, full: full)
    if family.hasLeaving, k == 0, report.isLeavingUncertain,
      let plain = try? fit(.nbd, to: groups, covariateNames: [], threads: threads).report,
      report.aic > plain.aic
    {
      report = report.adding(
        .leavingDoesNotShow(alternatives: [LifetimeFamily.nbd.rawValue]))
    }
    return LifetimeModel(
      family: family, unit: unit, parameters: (0..<n).map { exp(point[$0]) },
      covariates: k == 0
        ? nil
        : CovariateEffects(
          names: covariateNames, onPurchases: Array(point[n..<(n + k)]),
          onLeaving: leaving > 0
            ? Array(point[(n + k)...]) : [Double](repeating: 0, count: k)),
      report: report)
  }

  private struct Summary {
    var customers = 0.0
    var repeaters = 0.0
    var purchases = 0.0
    var exposure = 0.0
    var idleAfterRepeat = 0.0
    var meanAge: Double { max(exposure / customers, 1e-6) }
  }

  private static func checkGroups(
    _ groups: [CovariateGroup], _ names: [String]
  ) throws(ModelError) -> TimeUnit {
    guard let unit = groups.first?.histories.unit else {
      throw ModelError.noData(what: "purchase history")
    }
    for (row, group) in groups.enumerated() {
      guard group.histories.unit == unit else {
        throw ModelError.unitMismatch(expected: unit, found: group.histories.unit)
      }
      guard group.covariates.count == names.count else {
        throw ModelError.sizeMismatch(
          what: "Covariate vector \(row)", expected: names.count, found: group.covariates.count)
      }
      for (column, value) in group.covariates.enumerated() where !value.isFinite {
        throw ModelError.notFinite(what: "The covariate table", row: row, column: column)
      }
    }
    for (column, name) in names.enumerated() {
      guard let first = groups.first?.covariates[column],
        groups.contains(where: { $0.covariates[column] != first })
      else {
        throw ModelError.unusableColumn(name: name, reason: "it is the same for every customer")
      }
    }
    return unit
  }

  private static func checkInformation(
    _ family: LifetimeFamily, _ groups: [CovariateGroup]
  ) throws(ModelError) -> Summary {
    var s = Summary()
    for group in groups {
      let t = group.histories
      for i in 0..<t.cellCount {
        s.customers += t.counts[i]
        s.purchases += t.counts[i] * t.repeatPurchases[i]
        s.exposure += t.counts[i] * t.customerAge[i]
        if t.repeatPurchases[i] > 0 {
          s.repeaters += t.counts[i]
          s.idleAfterRepeat += t.counts[i] * (t.customerAge[i] - t.lastPurchaseAge[i])
        }
      }
    }
    guard s.customers > 0 else { throw ModelError.noData(what: "purchase history") }
    let simplest = "the observed number of purchases per customer and period"
    func refuse(_ reason: String) -> ModelError {
      .tooLittleData(model: family.title, reason: reason, simplest: simplest)
    }
    guard s.exposure > 0 else {
      throw refuse("every customer bought for the first time on the last day")
    }
    guard s.repeaters > 0 else {
      throw refuse("none of the \(Int(s.customers)) customers bought a second time")
    }
    let needed: Double = family == .nbd ? 5 : 10
    guard s.repeaters >= needed else {
      throw refuse(
        "only \(Int(s.repeaters)) of \(Int(s.customers)) customers bought a second time, and at "
          + "least \(Int(needed)) are needed")
    }
    return s
  }

  private static func cautions(_ family: LifetimeFamily, _ s: Summary) -> [Caution] {
    var found: [Caution] = []
    if family == .bgNBD && s.repeaters < s.customers {
      found.append(
        .oneTimeBuyersAlwaysAlive(
          share: 1 - s.repeaters / s.customers,
          alternatives: [LifetimeFamily.mbgNBD.rawValue, LifetimeFamily.paretoNBD.rawValue]))
    }
    if s.repeaters < 100 { found.append(.fewRepeatBuyers(count: s.repeaters)) }
    return found
  }

  private static func starts(_ family: LifetimeFamily, _ s: Summary) -> [[Double]] {
    // α is set so that the mean rate r/α is the observed one, times room for those who left.
    let rate = max(s.purchases / s.exposure, 1e-9)
    func base(_ r: Double, _ room: Double) -> [Double] { [log(r), log(r / (rate * room))] }
    switch family {
    case .nbd: return [base(0.5, 1), base(2, 1), base(0.1, 1)]
    case .bgNBD, .mbgNBD:
      return [
        base(0.5, 2) + [log(0.5), log(2)], base(2, 1.5) + [log(1), log(5)],
        base(0.2, 3) + [log(2), log(2)], base(0.8, 1.2) + [log(0.2), log(4)],
      ]
    case .paretoNBD:
      let age = log(s.meanAge)
      return [
        base(0.5, 2) + [log(0.5), age - 1], base(2, 1.5) + [log(1), age],
        base(0.3, 3) + [log(2), age + 1], base(0.8, 1.2) + [log(0.3), age - 2],
      ]
    }
  }
}
