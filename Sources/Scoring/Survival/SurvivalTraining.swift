package import CustomerSchema
internal import Foundation
internal import NumericalMethods
internal import SQLBuilder
package import StatisticalModels
package import Warehouse

/// What is asked of a table of subscriptions, by its columns' names.
package struct SurvivalSettings: Sendable {
  /// Time subscribed so far or until the end, in any unit; empty where dates say it.
  package var duration = ""
  /// Whether it has ended: yes/no, 1/0, true/false, oui/non; empty where dates say it.
  package var event = ""
  /// The day of the beginning and of the end, which is empty while it runs; empty for durations.
  package var start = ""
  package var end = ""
  /// With dates: the day until which subscriptions were seen; nil for the last day in the file.
  package var asOf: LocalDate?
  /// With dates: the unit of durations.
  package var unit = TimeUnit.month
  /// The customer or subscription, for what each is worth; nil for the row's number.
  package var id: String?
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

  /// A subscription: its place in the table, how long it has lasted, and the other texts asked for.
  struct Row {
    let place: Int
    let duration: Double
    let ended: Bool
    let texts: [String?]
  }

  /// Periods that an outlook looks ahead where no horizon was given.
  static let outlookPeriods = 12

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
  package static let startNames = [
    "start", "start_date", "started_at", "debut", "début", "date_debut", "date_début",
    "souscription", "date_souscription", "subscribed_at",
  ]
  package static let endNames = [
    "end", "end_date", "ended_at", "fin", "date_fin", "date_resiliation", "date_résiliation",
    "cancelled_at", "canceled_at",
  ]

  /// Says how long subscriptions last, and makes `subscription_outlook`: `id`, `duration`, `ended`,
  /// `survival` (share expected to remain after the horizon, given that it runs now) and `value`
  /// (what it is expected to bring within the horizon); both null where it has ended, where the
  /// curve does not reach so far, or without an amount.
  ///
  /// - Parameter columns: the names of the table's columns.
  /// - Throws: `ScoringError`.
  package func run(
    on table: String, columns: [String], in session: any QuerySession
  ) async throws -> SurvivalReport {
    let used = self.used
    for name in used.dropFirst(settings.start.isEmpty ? 0 : 2) where !columns.contains(name) {
      throw ScoringError.unknownColumn(name, known: columns)
    }
    for name in [settings.start, settings.end, settings.id ?? ""]
    where !name.isEmpty && !columns.contains(name) {
      throw ScoringError.unknownColumn(name, known: columns)
    }
    do {
      var asOf: LocalDate?
      var relation: SQL = "\(identifier: table)"
      if !settings.start.isEmpty {
        let dates = SurvivalDates(settings: settings)
        let day = try await dates.create(from: table, in: session)
        asOf = day
        relation = "survival_dates"
      }
      let texts = try await rows(used, relation, in: session)
      let found = Self.usable(texts)
      let (report, outlook) = try analyse(found, of: texts.count, asOf)
      try await write(found, outlook, relation, in: session)
      return report
    } catch let error as ModelError {
      throw ScoringError.model(error)
    }
  }

  private var used: [String] {
    let first =
      settings.start.isEmpty
      ? [settings.duration, settings.event]
      : [SurvivalDates.duration, SurvivalDates.ended]
    return first + [settings.group].compactMap { $0 } + settings.covariates
      + [settings.amount].compactMap { $0 }
  }

  private func rows(
    _ used: [String], _ relation: SQL, in session: any QuerySession
  ) async throws -> [[String?]] {
    let columns = used.map { "\(identifier: $0)" as SQL }.joined()
    return try await session.query("SELECT \(columns) FROM \(relation) ORDER BY rowid").rows
      .map { $0.map(\.text) }
  }

  private static func usable(_ texts: [[String?]]) -> [Row] {
    texts.enumerated().compactMap { place, row in
      guard let duration = number(row[0]), duration >= 0, let ended = truth(row[1]) else {
        return nil
      }
      return Row(
        place: place, duration: duration, ended: ended, texts: Array(row.dropFirst(2)))
    }
  }

  private func analyse(
    _ rows: [Row], of all: Int, _ asOf: LocalDate?
  ) throws -> (SurvivalReport, SubscriptionOutlook) {
    let data = try SurvivalData(durations: rows.map(\.duration), events: rows.map(\.ended))
    let curve = try KaplanMeier(data, level: settings.level)
    let last = data.durations.max() ?? 0
    let limit = min(settings.horizon ?? last, last)
    var report = SurvivalReport(
      quartierVersion: quartierVersion, subscriptions: rows.count,
      leftOut: all - rows.count, ended: rows.filter(\.ended).count, level: settings.level)
    report.asOf = asOf
    report.unit = asOf == nil ? nil : settings.unit
    report.curve = points(curve)
    let median = curve.median
    report.median = SurvivalReport.Estimate(
      estimate: median.estimate, lower: median.lower, upper: median.upper)
    report.restrictedMean = try restricted(curve, limit)
    var groups: [String: KaplanMeier] = [:]
    if let group = settings.group {
      report.groupColumn = group
      groups = try addGroups(rows, data, limit, to: &report)
    }
    var hazards: (model: CoxModel, vectors: [Int: [Double]])?
    if !settings.covariates.isEmpty {
      let made = try cox(rows)
      report.cox = made.report
      hazards = (made.model, made.vectors)
    }
    if let amount = settings.amount { report.value = try value(rows, curve, amount, limit) }
    let outlook = try SubscriptionOutlook(
      rows, curve: curve, groups: settings.group == nil ? nil : groups, hazards: hazards,
      amounts: settings.amount == nil ? nil : rows.map { Self.number($0.texts.last ?? nil) },
      periods: settings.horizon.map { max(1, Int($0.rounded())) } ?? Self.outlookPeriods,
      discount: settings.discountPerPeriod)
    report.outlook = outlook.report
    return (report, outlook)
  }

  private func write(
    _ rows: [Row], _ outlook: SubscriptionOutlook, _ relation: SQL, in session: any QuerySession
  ) async throws {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE survival_outlook (
        place DOUBLE, duration DOUBLE, ended DOUBLE, survival DOUBLE, amount DOUBLE)
      """)
    try await session.append(
      [
        rows.map { Double($0.place) }, rows.map(\.duration), rows.map { $0.ended ? 1 : 0 },
        outlook.survival, outlook.value,
      ], to: "survival_outlook")
    let id: SQL = settings.id.map { "\(identifier: $0)" as SQL } ?? "CAST(place + 1 AS VARCHAR)"
    func known(_ column: SQL) -> SQL {
      "CASE WHEN NOT isnan(\(column)) THEN \(column) END"
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE subscription_outlook AS
      SELECT \(id) AS id, o.duration, o.ended = 1 AS ended, \(known("o.survival")) AS survival,
        \(known("o.amount")) AS value
      FROM survival_outlook AS o JOIN (
        SELECT *, row_number() OVER (ORDER BY rowid) - 1 AS place FROM \(relation)
      ) AS t USING (place)
      """)
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
  ) throws -> [String: KaplanMeier] {
    let names = Set(rows.map { $0.texts[0] ?? "–" }).sorted()
    guard names.count <= Self.mostClasses else {
      throw ScoringError.tooManyClasses(
        settings.group ?? "", count: names.count, most: Self.mostClasses)
    }
    let place = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    let labels = rows.map { place[$0.texts[0] ?? "–"] ?? 0 }
    var curves: [String: KaplanMeier] = [:]
    report.groups = try names.indices.map { group in
      let members = rows.indices.filter { labels[$0] == group }
      let own = try SurvivalData(
        durations: members.map { rows[$0].duration }, events: members.map { rows[$0].ended })
      let curve = try KaplanMeier(own, level: settings.level)
      curves[names[group]] = curve
      return SurvivalReport.Group(
        name: names[group], subscriptions: members.count,
        ended: members.filter { rows[$0].ended }.count, median: curve.median.estimate,
        restrictedMean: try restricted(curve, min(limit, own.durations.max() ?? 0)))
    }
    if names.count > 1 { report.logRank = try LogRankTest(data, group: labels) }
    return curves
  }

  /// Numbers as they are, classes as indicators against the most frequent one; rows with a missing
  /// covariate are left out.
  private func cox(
    _ rows: [Row]
  ) throws -> (report: SurvivalReport.Cox, model: CoxModel, vectors: [Int: [Double]]) {
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
    let report = SurvivalReport.Cox(
      coefficients: names.indices.map { index in
        let (b, error) = (model.coefficients[index], model.standardErrors[index])
        return SurvivalReport.Cox.Coefficient(
          name: names[index], coefficient: b, standardError: error,
          hazardRatio: Self.exponential(b), lower: Self.exponential(b - z * error),
          upper: Self.exponential(b + z * error), pValue: pValues[index])
      }, concordance: model.concordance, logLikelihood: model.logLikelihood, rows: complete.count)
    let vectors = Dictionary(
      uniqueKeysWithValues: complete.enumerated().map { ($1, matrix.row($0)) })
    return (report, model, vectors)
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
