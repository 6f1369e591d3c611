internal import CustomerSchema
internal import SQLBuilder
internal import StatisticalModels
internal import Warehouse

/// Fits on what was known at an earlier day and compares with what came after it.
struct HoldOutCheck {
  let settings: LifetimeSettings
  let asOf: LocalDate
  /// Vectors of covariates; `purchase_history` then has the column `covariate_group`.
  var vectors: [[Double]] = []
  var covariateNames: [String] = []

  struct Choice {
    let family: LifetimeFamily
    let reason: UserMessage
  }

  struct Found {
    let report: LifetimeReport.HoldOutReport
    /// What `auto` takes; nil where no family could be fitted.
    let choice: Choice?
    /// Where naive methods predict at least as well.
    let warning: UserMessage?
  }

  /// Makes the check from `purchase_days`; nil where the history is too short for one and no day was
  /// asked for.
  func run(first: LocalDate, in session: any QuerySession) async throws -> Found? {
    let span = Int(asOf.daysSinceEpoch - first.daysSinceEpoch)
    let holdOut: Int
    if let asked = settings.calibrationEnd {
      guard asked < asOf else { throw ScoringError.calibrationTooLate(asked, last: asOf) }
      guard asked >= first else { throw ScoringError.calibrationTooEarly(asked, first: first) }
      holdOut = Int(asOf.daysSinceEpoch - asked.daysSinceEpoch)
    } else {
      holdOut = min(span / 3, Int(settings.horizon.days))
      guard holdOut >= 14 else { return nil }
    }
    let calibrationEnd = asOf.adding(days: -holdOut)
    try await PurchaseHistories(end: calibrationEnd)
      .summarise("calibration_history", until: calibrationEnd, in: session)
    let columns = try await rows(calibrationEnd, holdOut, in: session)
    let days = settings.unit.days
    let table = try HistoryTable(
      repeatPurchases: columns[0], lastPurchaseAge: columns[1].map { $0 / days },
      customerAge: columns[2].map { $0 / days }, unit: settings.unit)
    let candidates: [LifetimeFamily] =
      settings.family.map { [$0, .nbd] } ?? LifetimeFamily.allCases
    let comparison = try HoldOutComparison(
      table, holdOut: try TimeSpan(Double(holdOut), .day), actual: columns[3],
      previous: columns[4], families: candidates, threads: settings.threads)
    let choice = choose(comparison)
    let shown = settings.family ?? choice?.family
    var methods = comparison.results.map { method($0, comparison) }
    if let shown, !vectors.isEmpty,
      let result = try withCovariates(shown, columns, holdOut)
    {
      methods.append(result)
      methods.sort { $0.rootMeanSquareError < $1.rootMeanSquareError }
    }
    let tracked = shown.flatMap { comparison.models[$0] }
    let report = LifetimeReport.HoldOutReport(
      calibrationEnd: calibrationEnd, end: asOf, days: holdOut, customers: columns[0].count,
      actualPurchases: Int(columns[3].reduce(0, +)),
      methods: methods,
      failures: comparison.failures.map(\.error.userMessage),
      tracking: try await tracking(tracked, first: first, calibrationEnd, in: session))
    return Found(report: report, choice: choice, warning: warning(comparison, shown))
  }

  /// Per customer of the calibration: x, t_x and T in days, purchases in the hold-out, and repeat
  /// purchases in the period of the same length before it (a first purchase says nothing of coming
  /// back).
  private func rows(
    _ calibrationEnd: LocalDate, _ holdOut: Int, in session: any QuerySession
  ) async throws -> [[Double]] {
    let before = calibrationEnd.adding(days: -holdOut)
    let group: SQL = vectors.isEmpty ? "0::DOUBLE" : "covariate_group"
    let groups: SQL =
      vectors.isEmpty
      ? ""
      : "JOIN (SELECT customer, covariate_group FROM purchase_history) AS g USING (customer)"
    return try await session.numbers(
      """
      SELECT x, last_age, age, coalesce(after, 0), coalesce(previous, 0), \(group)
      FROM calibration_history \(groups) LEFT JOIN (
        SELECT p.customer,
          CAST(count(*) FILTER (p.day > \(calibrationEnd.sqlValue)) AS DOUBLE) AS after,
          CAST(count(*) FILTER (p.day <= \(calibrationEnd.sqlValue)) AS DOUBLE) AS previous
        FROM purchase_days AS p JOIN calibration_history AS c USING (customer)
        WHERE p.day > c.first_day AND p.day > \(before.sqlValue) AND p.day <= \(asOf.sqlValue)
        GROUP BY p.customer) USING (customer)
      ORDER BY ALL
      """)
  }

  /// The family with its covariates, fitted to the calibration and judged as the others; nil where
  /// the calibration does not carry them.
  private func withCovariates(
    _ family: LifetimeFamily, _ columns: [[Double]], _ holdOut: Int
  ) throws -> LifetimeReport.HoldOutReport.Method? {
    let days = settings.unit.days
    var rows = [[Int]](repeating: [], count: vectors.count)
    for (row, group) in columns[5].enumerated() { rows[Int(group)].append(row) }
    let present = vectors.indices.filter { !rows[$0].isEmpty }
    let groups = try present.map { group in
      CovariateGroup(
        covariates: vectors[group],
        histories: try HistoryTable(
          repeatPurchases: rows[group].map { columns[0][$0] },
          lastPurchaseAge: rows[group].map { columns[1][$0] / days },
          customerAge: rows[group].map { columns[2][$0] / days }, unit: settings.unit))
    }
    guard
      let model = try? LifetimeModel.fit(
        family, to: groups, covariateNames: covariateNames, threads: settings.threads),
      let fit = model.report
    else { return nil }
    var predicted = [Double](repeating: 0, count: columns[0].count)
    for (place, group) in zip(present, groups) {
      let scores = try model.score(
        group.histories, horizon: try TimeSpan(Double(holdOut), .day), discount: .none,
        covariates: group.covariates, threads: settings.threads)
      let values = group.histories.spread(scores.expectedPurchases)
      for (row, value) in zip(rows[place], values) { predicted[row] = value }
    }
    let name = family.rawValue + "+covariates"
    let result = try HoldOutResult(
      method: name, x: columns[0], predicted: predicted, actual: columns[3])
    return LifetimeReport.HoldOutReport.Method(
      method: name, isBaseline: false, meanAbsoluteError: result.check.meanAbsoluteError,
      rootMeanSquareError: result.check.rootMeanSquareError,
      correlation: result.check.correlation, predictedTotal: result.check.predictedTotal,
      fit: LifetimeReport.FitSummary(name, fit), buckets: result.buckets)
  }

  /// The family that predicts best; of those within 0.1 % of it, the one that fits best. Plain NBD, in
  /// which nobody leaves, is a baseline and never the choice.
  private func choose(_ comparison: HoldOutComparison) -> Choice? {
    let fitted = comparison.results.compactMap { result -> (LifetimeFamily, Double, Double)? in
      guard let family = LifetimeFamily(rawValue: result.method), family != .nbd,
        let aic = comparison.models[family]?.report?.aic
      else { return nil }
      return (family, result.check.rootMeanSquareError, aic)
    }
    guard let best = fitted.min(by: { $0.1 < $1.1 }) else { return nil }
    let near = fitted.filter { $0.1 <= best.1 * 1.001 }
    let chosen = near.min { $0.2 < $1.2 } ?? best
    let others = fitted.filter { $0.0 != chosen.0 }.map(\.0.title).joined(separator: ", ")
    let code =
      fitted.count == 1
      ? "model.choice.only" : near.count == 1 ? "model.choice.closest" : "model.choice.near"
    return Choice(
      family: chosen.0,
      reason: UserMessage(
        code,
        [
          "model": .text(chosen.0.title), "others": .text(others),
          "error": .number(chosen.1, decimals: 3),
        ]))
  }

  private func warning(
    _ comparison: HoldOutComparison, _ shown: LifetimeFamily?
  ) -> UserMessage? {
    guard let shown,
      let own = comparison.results.first(where: { $0.method == shown.rawValue }),
      let best = comparison.results.first(where: { isBaseline($0.method) }),
      best.check.rootMeanSquareError < own.check.rootMeanSquareError
    else { return nil }
    return UserMessage(
      "model.caution.baseline_better",
      [
        "model": .text(shown.title), "baseline": .term("model.method.\(best.method)"),
        "error": .number(own.check.rootMeanSquareError, decimals: 3),
        "best": .number(best.check.rootMeanSquareError, decimals: 3),
      ])
  }

  private func isBaseline(_ method: String) -> Bool {
    method == LifetimeFamily.nbd.rawValue || LifetimeFamily(rawValue: method) == nil
  }

  private func method(
    _ result: HoldOutResult, _ comparison: HoldOutComparison
  ) -> LifetimeReport.HoldOutReport.Method {
    let fit = LifetimeFamily(rawValue: result.method).flatMap { comparison.models[$0]?.report }
    return LifetimeReport.HoldOutReport.Method(
      method: result.method, isBaseline: isBaseline(result.method),
      meanAbsoluteError: result.check.meanAbsoluteError,
      rootMeanSquareError: result.check.rootMeanSquareError,
      correlation: result.check.correlation, predictedTotal: result.check.predictedTotal,
      fit: fit.map { LifetimeReport.FitSummary(result.method, $0) }, buckets: result.buckets)
  }

  /// Cumulative repeat purchases of the calibration's customers at up to 26 evenly spaced days.
  private func tracking(
    _ model: LifetimeModel?, first: LocalDate, _ calibrationEnd: LocalDate,
    in session: any QuerySession
  ) async throws -> [LifetimeReport.HoldOutReport.Point] {
    guard let model else { return [] }
    let days = Int(asOf.daysSinceEpoch - first.daysSinceEpoch)
    let step = max(7, (days + 25) / 26)
    let offsets = Array(stride(from: step, through: days, by: step))
    let entries = try await session.numbers(
      """
      SELECT CAST(first_day - \(first.sqlValue) AS DOUBLE), CAST(count(*) AS DOUBLE)
      FROM calibration_history GROUP BY ALL ORDER BY ALL
      """)
    let counts = try await session.numbers(
      """
      SELECT CAST(p.day - \(first.sqlValue) AS DOUBLE), CAST(count(*) AS DOUBLE)
      FROM purchase_days AS p JOIN calibration_history AS c USING (customer)
      WHERE p.day > c.first_day AND p.day <= \(asOf.sqlValue) GROUP BY ALL ORDER BY ALL
      """)
    let process = model.process()
    return offsets.map { offset in
      var predicted = 0.0
      for (day, customers) in zip(entries[0], entries[1]) where day < Double(offset) {
        predicted +=
          customers
          * process.expectedPurchases(
            .newCustomer, over: (Double(offset) - day) / settings.unit.days)
      }
      var actual = 0.0
      for (day, count) in zip(counts[0], counts[1]) where day <= Double(offset) { actual += count }
      return LifetimeReport.HoldOutReport.Point(
        day: first.adding(days: offset), actual: Int(actual), predicted: predicted)
    }
  }
}
