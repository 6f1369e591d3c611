package import CustomerSchema
internal import Foundation
internal import NumericalMethods
internal import SQLBuilder
package import StatisticalModels
package import Warehouse

/// Trains a lifetime model on `purchase_history` and values every customer by it.
package struct LifetimeTraining: Sendable {
  package let settings: LifetimeSettings
  package let asOf: LocalDate
  package let currency: CurrencyCode
  package let quartierVersion: String

  package init(
    settings: LifetimeSettings, asOf: LocalDate, currency: CurrencyCode, quartierVersion: String
  ) {
    self.settings = settings
    self.asOf = asOf
    self.currency = currency
    self.quartierVersion = quartierVersion
  }

  /// A trained model and what it says; both models are nil where none applies.
  package struct Outcome: Sendable {
    package let report: LifetimeReport
    package let lifetime: LifetimeModel?
    package let spend: GammaGammaModel?
    /// What values a new customer; nil where no model applies.
    package let scorer: LifetimeScorer?
  }

  /// Repeat buyers below which parameters would only look precise.
  package static let leastRepeatBuyers = 30
  /// Days without a purchase of anybody after which orders are probably missing.
  static let staleDays = 60
  /// Days of history below which nobody has had time to come back or to leave.
  package static let leastDays = 28

  /// Trains, checks and values: makes `customer_value` (`customer`, `p_alive`,
  /// `expected_purchases`, `expected_spend`, `clv`, `clv_lower`, `clv_upper`, `service_cost`,
  /// `acquisition_cost`; limits null where they were not asked for), empty where no model applies.
  ///
  /// The relation `purchase_history` must be there, and `purchase_days` where a hold-out is checked.
  package func run(in session: any QuerySession) async throws -> Outcome {
    do {
      return try await train(in: session)
    } catch let error as ModelError {
      throw ScoringError.model(error)
    }
  }

  /// Makes `customer_value` without anybody.
  package static func createEmpty(in session: any QuerySession) async throws {
    try await LifetimeScores.createEmpty(in: session)
  }

  private func train(in session: any QuerySession) async throws -> Outcome {
    let all = try await PurchaseHistories.groups(settings.unit, vectors: [], in: session)
    let table = all[0].histories
    var report = try await base(table, in: session)
    if let refusal = refusal(report) {
      return try await refused(report, refusal, in: session)
    }
    var covariates: CovariateGroups?
    if !settings.covariates.isEmpty {
      covariates = try await CovariateGroups.create(settings.covariates, in: session)
    }
    if settings.checksHoldOut {
      let check = HoldOutCheck(
        settings: settings, asOf: asOf, vectors: covariates?.vectors ?? [],
        covariateNames: covariates?.encoding.names ?? [])
      let found = try await check.run(first: report.firstPurchase, in: session)
      report.holdOut = found?.report
      if let warning = found?.warning { report.cautions.append(warning) }
      report.choice = choice(found?.choice)
    } else {
      report.choice = choice(nil)
    }
    let families = [report.choice?.chosen].compactMap { $0 } + fallbacks(report.choice?.chosen)
    var fitted: LifetimeModel?
    for family in families where fitted == nil {
      do {
        fitted = try LifetimeModel.fit(family, to: table, threads: settings.threads)
      } catch {
        report.cautions.append(error.userMessage)
      }
    }
    guard var model = fitted, let plain = model.report else {
      return try await refused(report, UserMessage("model.refusal.no_fit"), in: session)
    }
    var groups = all
    if let known = covariates {
      let split = try await PurchaseHistories.groups(
        settings.unit, vectors: known.vectors, in: session)
      do {
        model = try LifetimeModel.fit(
          model.family, to: split, covariateNames: known.encoding.names,
          threads: settings.threads)
        groups = split
        report.covariateTest = test(plain, model, known)
      } catch {
        // Effects that cannot be told apart: without them there is still a sound model.
        report.cautions.append(
          UserMessage(
            "model.caution.covariates",
            ["names": .text(settings.covariates.joined(separator: ", "))]))
        covariates = nil
      }
    }
    let fit = model.report ?? plain
    if model.family == .nbd { report.cautions.append(UserMessage("model.caution.nobody_leaves")) }
    if model.family != report.choice?.chosen {
      report.choice = LifetimeReport.ChoiceReport(
        requested: requested, chosen: model.family,
        reason: UserMessage("model.choice.fallback", ["model": .text(model.family.title)]))
    }
    report.fit = LifetimeReport.FitSummary(model.family.rawValue, fit)
    report.cautions += fit.cautions.map(\.userMessage)
    let spend = try await fitSpend(report, in: session)
    report.cautions += spend.cautions
    if let summary = spend.model?.report {
      report.spend = LifetimeReport.FitSummary("gamma-gamma", summary)
    }
    if let last = try await lastPurchase(in: session) {
      let days = Int(asOf.daysSinceEpoch - last.daysSinceEpoch)
      if days > Self.staleDays {
        report.cautions.append(
          UserMessage(
            "model.caution.stale", ["date": .date(last), "count": .count(days)]))
      }
    }
    let span = Double(asOf.daysSinceEpoch - report.firstPurchase.daysSinceEpoch)
    if settings.horizon.days > 2 * span {
      report.cautions.append(
        UserMessage(
          "model.caution.far_horizon",
          ["days": .count(Int(span)), "horizon": .count(Int(settings.horizon.days))]))
    }
    report.totals = try await LifetimeScores(
      settings: settings, currency: currency, model: model, spend: spend.model,
      meanSpend: report.meanSpend.double
    ).create(groups, hasCovariates: covariates != nil, in: session)
    return Outcome(
      report: report, lifetime: model, spend: spend.model,
      scorer: LifetimeScorer(
        lifetime: model, spend: spend.model, meanSpend: report.meanSpend.double,
        rules: LifetimeScorer.Rules(
          horizon: settings.horizon.text, discountPerYear: settings.discount.perYear,
          margin: settings.margin, costs: settings.costs, unit: settings.unit,
          currency: currency),
        covariates: covariates?.encoding))
  }

  private func test(
    _ plain: FitReport, _ model: LifetimeModel, _ covariates: CovariateGroups
  ) -> LifetimeReport.CovariateTest? {
    guard let fit = model.report else { return nil }
    let statistic = max(0, 2 * (fit.logLikelihood - plain.logLikelihood))
    let degrees = fit.estimates.count - plain.estimates.count
    return LifetimeReport.CovariateTest(
      statistic: statistic, degreesOfFreedom: degrees,
      pValue: Distribution.chiSquareUpper(statistic, degrees: Double(degrees)),
      combinations: covariates.vectors.count,
      references: covariates.encoding.columns.compactMap { column in
        guard case .classes(let reference, _, _) = column.kind else { return nil }
        return LifetimeReport.CovariateTest.Reference(
          covariate: column.name, category: reference)
      })
  }

  private func base(
    _ table: HistoryTable, in session: any QuerySession
  ) async throws -> LifetimeReport {
    let row = try await session.row(
      """
      SELECT count(*), count(*) FILTER (x > 0), CAST(coalesce(sum(x), 0) AS BIGINT),
        min(first_day)
      FROM purchase_history
      """)
    guard let first = row[3].days.map(LocalDate.init(daysSinceEpoch:)) else {
      throw ModelError.noData(what: "purchase")
    }
    let mean =
      try await session.value(
        """
        SELECT CAST(sum(gross) AS DOUBLE) / greatest(sum(occasions), 1) FROM (
          SELECT CAST(round(coalesce(x * mean_spend, 0), 4) AS DECIMAL(30, 4)) AS gross, x AS occasions FROM purchase_history)
        """
      ).double ?? 0
    return LifetimeReport(
      quartierVersion: quartierVersion, asOf: asOf, firstPurchase: first,
      data: LifetimeReport.DataReport(
        customers: row[0].int ?? 0, repeatCustomers: row[1].int ?? 0,
        repeatPurchases: row[2].int ?? 0, distinctHistories: table.cellCount),
      settings: LifetimeReport.SettingsReport(
        horizon: settings.horizon.text, horizonDays: settings.horizon.days, unit: settings.unit,
        discountPerYear: settings.discount.perYear, margin: settings.margin, level: settings.level,
        calibrationEnd: settings.calibrationEnd,
        costPerPurchase: cost(settings.costs.perPurchase),
        costPerYear: cost(settings.costs.perYear),
        covariates: settings.covariates.isEmpty ? nil : settings.covariates),
      meanSpend: .rounding(mean, currency))
  }

  private func lastPurchase(in session: any QuerySession) async throws -> LocalDate? {
    try await session.value(
      "SELECT max(first_day + CAST(last_age AS INTEGER)) FROM purchase_history"
    ).days.map(LocalDate.init(daysSinceEpoch:))
  }

  private func cost(_ amount: Double) -> Money? {
    amount > 0 ? .rounding(amount, currency) : nil
  }

  /// Why no model can say anything sound about this base; nil where one can be tried.
  private func refusal(_ report: LifetimeReport) -> UserMessage? {
    let days = Int(asOf.daysSinceEpoch - report.firstPurchase.daysSinceEpoch)
    let repeaters = report.data.repeatCustomers
    if days == 0 { return UserMessage("model.refusal.one_day", ["date": .date(asOf)]) }
    if repeaters == 0 {
      return UserMessage(
        "model.refusal.no_repeat", ["count": .count(report.data.customers)])
    }
    if repeaters < Self.leastRepeatBuyers {
      return UserMessage(
        "model.refusal.few_repeat",
        ["count": .count(repeaters), "least": .count(Self.leastRepeatBuyers)])
    }
    if days < Self.leastDays {
      return UserMessage(
        "model.refusal.young", ["count": .count(days), "least": .count(Self.leastDays)])
    }
    return nil
  }

  private func refused(
    _ base: LifetimeReport, _ reason: UserMessage, in session: any QuerySession
  ) async throws -> Outcome {
    var report = base
    report.fit = nil
    report.choice = nil
    report.refusal = reason
    let row = try await session.row(
      "SELECT coalesce(sum(x), 0), coalesce(sum(age), 0) FROM purchase_history")
    let (purchases, days) = (row[0].double ?? 0, row[1].double ?? 0)
    report.alternative = LifetimeReport.AlternativeReport(
      purchasesPerMonth: days > 0 ? 30 * purchases / days : nil,
      repeatShare: Double(report.data.repeatCustomers) / Double(max(1, report.data.customers)),
      spendPerPurchase: try await anySpend(report, in: session))
    try await LifetimeScores.createEmpty(in: session)
    return Outcome(report: report, lifetime: nil, spend: nil, scorer: nil)
  }

  /// Mean spend of all purchases where only first ones exist.
  private func anySpend(
    _ report: LifetimeReport, in session: any QuerySession
  ) async throws -> Money {
    let mean = try await session.value(
      """
      SELECT CAST(sum(purchased) AS DOUBLE) / greatest(count(DISTINCT (customer, day)), 1)
      FROM order_history
      WHERE customer IS NOT NULL AND is_purchase AND day <= \(asOf.sqlValue)
      """
    ).double
    return .rounding(mean ?? 0, currency)
  }

  private var requested: String { settings.family?.rawValue ?? "auto" }

  private func choice(_ found: HoldOutCheck.Choice?) -> LifetimeReport.ChoiceReport {
    if let family = settings.family {
      return LifetimeReport.ChoiceReport(
        requested: requested, chosen: family,
        reason: UserMessage("model.choice.asked", ["model": .text(family.title)]))
    }
    if let found {
      return LifetimeReport.ChoiceReport(
        requested: requested, chosen: found.family, reason: found.reason)
    }
    return LifetimeReport.ChoiceReport(
      requested: requested, chosen: .mbgNBD, reason: UserMessage("model.choice.default"))
  }

  private func fallbacks(_ chosen: LifetimeFamily?) -> [LifetimeFamily] {
    // Where nobody seems to leave, only the model in which nobody does has a sensible fit.
    if settings.fallsBack { return [.nbd] }
    guard settings.family == nil else { return [] }
    return [.mbgNBD, .paretoNBD, .bgNBD, .nbd].filter { $0 != chosen }
  }

  private func fitSpend(
    _ report: LifetimeReport, in session: any QuerySession
  ) async throws -> (model: GammaGammaModel?, cautions: [UserMessage]) {
    let columns = try await session.numbers(
      """
      SELECT x, mean_spend FROM purchase_history WHERE x > 0 AND mean_spend > 0
      ORDER BY x, mean_spend
      """)
    do throws(ModelError) {
      let model = try GammaGammaModel.fit(
        repeatPurchases: columns[0], meanSpend: columns[1], currency: currency.rawValue,
        threads: settings.threads)
      return (model, model.report?.cautions.map(\.userMessage) ?? [])
    } catch {
      return (
        nil, [UserMessage("model.caution.mean_spend", ["amount": .money(report.meanSpend)])]
      )
    }
  }
}

extension Money {
  /// The nearest amount to the ten-thousandth; 0 for what is not finite or beyond what money holds.
  package static func rounding(_ value: Double, _ currency: CurrencyCode) -> Money {
    let units = (value * 10_000).rounded()
    guard units.isFinite, abs(units) < 1e37 else { return .zero(currency) }
    return Money(SQLDecimal(units: Int128(units), scale: 4), currency)
  }
}

extension Caution {
  package var userMessage: UserMessage {
    switch self {
    case .oneTimeBuyersAlwaysAlive(let share, let alternatives):
      UserMessage(
        "model.caution.one_time_alive",
        ["share": .share(share), "models": .text(alternatives.joined(separator: ", "))])
    case .fewRepeatBuyers(let count):
      UserMessage("model.caution.few_repeat", ["count": .count(Int(count))])
    case .leavingDoesNotShow: UserMessage("model.caution.no_leaving")
    case .weaklyIdentified(let parameter, let error):
      UserMessage(
        "model.caution.weak", ["parameter": .text(parameter), "times": .number(error, decimals: 1)])
    case .spendFollowsFrequency(let correlation):
      UserMessage("model.caution.spend_frequency", ["value": .number(correlation, decimals: 2)])
    case .infiniteMeanSpend: UserMessage("model.caution.infinite_spend")
    case .severalOptima(let agreeing, let all):
      UserMessage(
        "model.caution.optima", ["agreeing": .count(agreeing), "all": .count(all)])
    }
  }
}
