internal import Foundation
internal import NumericalMethods
internal import SQLBuilder
internal import StatisticalModels
package import Warehouse

/// What is asked of a table of subscriptions, by its columns' names.
package struct SurvivalSettings: Sendable {
  /// Time subscribed so far or until the end, in any unit.
  package var duration = ""
  /// Whether it has ended: yes/no, 1/0, true/false, oui/non.
  package var event = ""
  package var group: String?
  package var covariates: [String] = []
  /// What is paid per unit of time.
  package var amount: String?
  /// How far means and values look; nil for the longest duration.
  package var horizon: Double?
  package var discountPerPeriod = 0.0
  package var level = 0.95

  package init() {}
}

/// Survival of the subscriptions in a table of texts.
package struct SurvivalTraining: Sendable {
  package let settings: SurvivalSettings
  package let quartierVersion: String

  package init(settings: SurvivalSettings, quartierVersion: String) {
    self.settings = settings
    self.quartierVersion = quartierVersion
  }

  private struct Row {
    let duration: Double
    let ended: Bool
    let texts: [String?]
  }

  /// Classes of a covariate or group beyond which it is refused.
  private static let mostClasses = 50

  /// Names of columns that usually mean a duration and an end, in both languages.
  package static let durationNames = [
    "tenure", "duration", "months", "duree", "durée", "anciennete", "ancienneté", "mois",
  ]
  package static let eventNames = [
    "churn", "churned", "event", "ended", "cancelled", "canceled", "resilie", "résilié",
    "resiliation", "résiliation", "parti", "attrition",
  ]

  /// - Parameter columns: the names of the table's columns.
  /// - Throws: `ScoringError`.
  package func run(
    on table: String, columns: [String], in session: any QuerySession
  ) async throws -> SurvivalReport {
    let used =
      [settings.duration, settings.event] + [settings.group].compactMap { $0 }
      + settings.covariates + [settings.amount].compactMap { $0 }
    for name in used where !columns.contains(name) {
      throw ScoringError.unknownColumn(name, known: columns)
    }
    do {
      return try analyse(try await rows(used, table, in: session))
    } catch let error as ModelError {
      throw ScoringError.model(error)
    }
  }

  private func rows(
    _ used: [String], _ table: String, in session: any QuerySession
  ) async throws -> [[String?]] {
    let columns = used.map { "\(identifier: $0)" as SQL }.joined()
    return try await session.query("SELECT \(columns) FROM \(identifier: table)").rows
      .map { $0.map(\.text) }
  }

  private func analyse(_ texts: [[String?]]) throws -> SurvivalReport {
    let rows = texts.compactMap { row -> Row? in
      guard let duration = Self.number(row[0]), duration >= 0, let ended = Self.truth(row[1]) else {
        return nil
      }
      return Row(duration: duration, ended: ended, texts: Array(row.dropFirst(2)))
    }
    let data = try SurvivalData(durations: rows.map(\.duration), events: rows.map(\.ended))
    let curve = try KaplanMeier(data, level: settings.level)
    let last = data.durations.max() ?? 0
    let limit = min(settings.horizon ?? last, last)
    var report = SurvivalReport(
      quartierVersion: quartierVersion, subscriptions: rows.count,
      leftOut: texts.count - rows.count, ended: rows.filter(\.ended).count, level: settings.level)
    report.curve = points(curve)
    let median = curve.median
    report.median = SurvivalReport.Estimate(
      estimate: median.estimate, lower: median.lower, upper: median.upper)
    report.restrictedMean = try restricted(curve, limit)
    if let group = settings.group {
      report.groupColumn = group
      try addGroups(rows, data, limit, to: &report)
    }
    if !settings.covariates.isEmpty { report.cox = try cox(rows) }
    if let amount = settings.amount { report.value = try value(rows, curve, amount, limit) }
    return report
  }

  private func points(_ curve: KaplanMeier) -> [SurvivalReport.Point] {
    let step = max(1, (curve.times.count + 29) / 30)
    var places = Array(stride(from: 0, to: curve.times.count, by: step))
    if let last = curve.times.indices.last, places.last != last { places.append(last) }
    return places.map {
      SurvivalReport.Point(
        time: curve.times[$0], survival: curve.survival[$0], lower: curve.lower[$0],
        upper: curve.upper[$0], atRisk: Int(curve.atRisk[$0]))
    }
  }

  private func restricted(
    _ curve: KaplanMeier, _ limit: Double
  ) throws -> SurvivalReport.Restricted? {
    guard limit > 0 else { return nil }
    let mean = try curve.restrictedMean(upTo: limit)
    return SurvivalReport.Restricted(
      limit: limit, estimate: mean.estimate, lower: mean.lower, upper: mean.upper)
  }

  private func addGroups(
    _ rows: [Row], _ data: SurvivalData, _ limit: Double, to report: inout SurvivalReport
  ) throws {
    let names = Set(rows.map { $0.texts[0] ?? "–" }).sorted()
    guard names.count <= Self.mostClasses else {
      throw ScoringError.tooManyClasses(
        settings.group ?? "", count: names.count, most: Self.mostClasses)
    }
    let place = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    let labels = rows.map { place[$0.texts[0] ?? "–"] ?? 0 }
    report.groups = try names.indices.map { group in
      let members = rows.indices.filter { labels[$0] == group }
      let own = try SurvivalData(
        durations: members.map { rows[$0].duration }, events: members.map { rows[$0].ended })
      let curve = try KaplanMeier(own, level: settings.level)
      return SurvivalReport.Group(
        name: names[group], subscriptions: members.count,
        ended: members.filter { rows[$0].ended }.count, median: curve.median.estimate,
        restrictedMean: try restricted(curve, min(limit, own.durations.max() ?? 0)))
    }
    if names.count > 1 { report.logRank = try LogRankTest(data, group: labels) }
  }

  /// Numbers as they are, classes as indicators against the most frequent one; rows with a missing
  /// covariate are left out.
  private func cox(_ rows: [Row]) throws -> SurvivalReport.Cox {
    let offset = settings.group == nil ? 0 : 1
    var names: [String] = []
    var columns: [[Double?]] = []
    for (index, covariate) in settings.covariates.enumerated() {
      let texts = rows.map { $0.texts[offset + index] }
      let numbers = texts.map(Self.number)
      if zip(texts, numbers).allSatisfy({ $0 == nil || $1 != nil }) {
        names.append(covariate)
        columns.append(numbers)
        continue
      }
      var counts: [String: Int] = [:]
      for case let text? in texts { counts[text, default: 0] += 1 }
      guard counts.count <= Self.mostClasses else {
        throw ScoringError.tooManyClasses(
          covariate, count: counts.count, most: Self.mostClasses)
      }
      let classes = counts.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
      for name in classes.dropFirst().map(\.key).sorted() {
        names.append("\(covariate)=\(name)")
        columns.append(texts.map { $0.map { $0 == name ? 1 : 0 } })
      }
    }
    let complete = rows.indices.filter { row in columns.allSatisfy { $0[row] != nil } }
    var matrix = Matrix(rows: complete.count, columns: columns.count)
    for (i, row) in complete.enumerated() {
      for (j, column) in columns.enumerated() { matrix[i, j] = column[row] ?? 0 }
    }
    let model = try CoxModel.fit(
      try SurvivalData(
        durations: complete.map { rows[$0].duration }, events: complete.map { rows[$0].ended }),
      covariates: matrix, names: names)
    let z = Distribution.normalQuantile(0.5 + settings.level / 2)
    let pValues = model.pValues
    return SurvivalReport.Cox(
      coefficients: names.indices.map { index in
        let (b, error) = (model.coefficients[index], model.standardErrors[index])
        return SurvivalReport.Cox.Coefficient(
          name: names[index], coefficient: b, standardError: error,
          hazardRatio: Self.exponential(b), lower: Self.exponential(b - z * error),
          upper: Self.exponential(b + z * error), pValue: pValues[index])
      }, concordance: model.concordance, logLikelihood: model.logLikelihood, rows: complete.count)
  }

  private func value(
    _ rows: [Row], _ curve: KaplanMeier, _ amount: String, _ limit: Double
  ) throws -> SurvivalReport.Value {
    let amounts = rows.compactMap { Self.number($0.texts.last ?? nil) }
    guard !amounts.isEmpty else {
      throw ModelError.unusableColumn(name: amount, reason: "no number")
    }
    let mean = amounts.reduce(0, +) / Double(amounts.count)
    let periods = Int(limit)
    let value = try SubscriptionValue(
      tenure: 0, periods: periods, marginPerPeriod: mean,
      discountPerPeriod: settings.discountPerPeriod, survival: { curve.survival(at: $0)?.estimate })
    return SurvivalReport.Value(
      amountColumn: amount, meanAmount: mean, periods: periods,
      discountPerPeriod: settings.discountPerPeriod, value: value.value,
      coveredPeriods: value.coveredPeriods)
  }

  /// A number with a decimal point or comma; nil for anything else.
  static func number(_ text: String?) -> Double? {
    guard let text else { return nil }
    let plain = text.filter { $0 != " " && $0 != "\u{A0}" && $0 != "\u{202F}" }
    return Double(plain.contains(".") ? plain : plain.replacing(",", with: "."))
      .flatMap { $0.isFinite && abs($0) < 1e100 ? $0 : nil }
  }

  /// Yes or no in both languages; nil for anything else.
  static func truth(_ text: String?) -> Bool? {
    switch text?.lowercased() {
    case "1", "yes", "y", "true", "oui", "o", "vrai": true
    case "0", "no", "n", "false", "non", "faux": false
    default: nil
    }
  }

  private static func exponential(_ value: Double) -> Double {
    // Beyond e^700 a double, and JSON with it, has no number.
    exp(min(max(value, -700), 700))
  }
}
