internal import CustomerSchema
internal import Foundation
internal import Ingestion
internal import Insights
package import Presentation
package import Scoring
internal import SQLBuilder
internal import StatisticalModels
package import Warehouse

/// From subscriptions or survey answers to what they say: `quartier model survival` and `quartier
/// model tribes`.
package struct AnalyseTable: Sendable {
  private let source: Source

  /// Where the rows come from.
  package enum Source: Sendable {
    /// - Parameters:
    ///   - scratch: a folder for prepared sources.
    case file(String, sheet: String?, engine: any QueryEngine, scratch: String)
    /// Its subscriptions or answers, of the customers who may be profiled.
    case workspace(WorkspaceOrders)
  }

  package init(_ source: Source) { self.source = source }

  private var orders: WorkspaceOrders? {
    if case .workspace(let orders) = source { return orders }
    return nil
  }

  /// The table `given_table`, all of texts.
  private func load(
    _ fromWorkspace: (WorkspaceOrders, any QuerySession) async throws -> [String]
  ) async throws -> (session: any QuerySession, columns: [String]) {
    switch source {
    case .file(let file, let sheet, let engine, let scratch):
      let session = try await engine.session()
      let columns = try await TableImporter(
        session: session,
        excelExtension: ResourceLocator.current.fetched(
          "extensions/excel.duckdb_extension")?.path, scratch: scratch
      ).load(file, into: "given_table", sheet: sheet)
      return (session, columns)
    case .workspace(let orders):
      let session = try await orders.open()
      return (session, try await fromWorkspace(orders, session))
    }
  }

  // MARK: Survival

  /// How long subscriptions last, and the session whose table `subscription_outlook` holds each.
  package struct Survival: Sendable {
    package let report: SurvivalReport
    package let session: any QuerySession
    /// Where it went; nil for files.
    package let landing: ModelLanding?
  }

  /// Columns that were not named are looked for under their usual names.
  package func survival(_ given: SurvivalSettings) async throws -> Survival {
    var settings = given
    let (session, columns) = try await load { orders, session in
      let wanted = [given.group].compactMap { $0 } + given.covariates
      let (columns, asOf) = try await SurveyTables.subscriptions(
        orders, attributes: wanted, in: session)
      settings.start = "start"
      settings.end = "end"
      settings.event = ""
      settings.duration = ""
      settings.id = "customer"
      settings.asOf = asOf
      if settings.amount == nil { settings.amount = "monthly_amount" }
      return columns
    }
    if settings.start.isEmpty { try complete(&settings, columns) }
    if settings.end.isEmpty, !settings.start.isEmpty {
      settings.end = try usual(SurvivalTraining.endNames, columns, option: "--end")
    }
    let report = try await SurvivalTraining(settings: settings, quartierVersion: quartierVersion)
      .run(on: "given_table", columns: columns, in: session)
    return Survival(
      report: report, session: session,
      landing: orders == nil ? nil : try await land(report, settings, session))
  }

  /// Durations where the file has them, else dates.
  private func complete(_ settings: inout SurvivalSettings, _ columns: [String]) throws {
    func named(_ names: [String]) -> String? {
      columns.first { names.contains($0.lowercased()) }
    }
    if settings.duration.isEmpty, settings.event.isEmpty,
      named(SurvivalTraining.durationNames) == nil,
      let start = named(SurvivalTraining.startNames)
    {
      settings.start = start
      return
    }
    if settings.duration.isEmpty {
      settings.duration = try usual(SurvivalTraining.durationNames, columns, option: "--duration")
    }
    if settings.event.isEmpty {
      settings.event = try usual(SurvivalTraining.eventNames, columns, option: "--event")
    }
  }

  private func usual(
    _ names: [String], _ columns: [String], option: String
  ) throws -> String {
    guard let found = columns.first(where: { names.contains($0.lowercased()) }) else {
      throw ScoringError.columnNotFound(option: option, known: columns)
    }
    return found
  }

  private func land(
    _ report: SurvivalReport, _ settings: SurvivalSettings, _ session: any QuerySession
  ) async throws -> ModelLanding {
    // Of several subscriptions the longest-lived says whether one remains; values add up.
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE customer_outlook AS
      SELECT id AS customer, max(survival) AS survival, sum(value) AS value
      FROM subscription_outlook WHERE NOT ended AND id IS NOT NULL GROUP BY id
      """)
    let keep = try KeepModels(session)
    let periods = report.outlook?.periods ?? 0
    let unit = settings.unit.rawValue
    func column(
      _ id: String, _ type: AttributeType, _ column: String
    ) -> ModelAttributes.Column {
      keep.column(
        AttributeDefinition("\(id)_\(periods)_\(unit)s", type, isOptional: true), from: column
      ) {
        $0.text(
          "attribute.horizon.\(id)",
          ["horizon": .text($0.text("period.\(unit)s", ["count": .count(periods)]))])
      }
    }
    return try await keep.land(
      [
        column("subscription_survival", .share, "survival"),
        column("subscription_value", .money, "value"),
      ], .survival, from: "customer_outlook"
    ) {
      try await keep.keep(
        .survival, report: report, scorer: nil as FoundTribes?,
        asOf: report.asOf ?? LocalDate(daysSinceEpoch: 0), customers: report.subscriptions)
    }
  }

  /// Writes `survival.parquet`, `survival.csv`, `survival.json` and the model card, all or nothing.
  package static func write(
    _ outcome: Survival, to path: String, localizer: Localizer
  ) async throws {
    let staged = try StagedOutput(destination: path)
    do {
      let rows: SQL =
        outcome.landing == nil
        ? "SELECT * FROM subscription_outlook"
        : """
        SELECT n.shown AS id, o.* EXCLUDE (id)
        FROM subscription_outlook AS o JOIN (\(WorkspaceOrders.shown)) AS n ON n.customer = o.id
        """
      try await ModelFiles.writeTable(
        "survival", rows: rows, text: ["id"], in: outcome.session, to: staged.folder)
      try RunJSON.encode(any: outcome.report)
        .write(to: staged.folder.appending(path: "survival.json"))
      try Data(SurvivalSummary.card(outcome.report, localizer).utf8)
        .write(to: staged.folder.appending(path: "model-card.md"))
    } catch {
      staged.discard()
      throw ModelFiles.error(error, path)
    }
    try staged.commit()
  }

  // MARK: Tribes

  /// What a survey says, and the session whose table `respondent_tribe` holds each respondent.
  package struct Tribes: Sendable {
    package let training: TribeTraining.Outcome
    package let session: any QuerySession
    /// Where it went; nil for files.
    package let landing: ModelLanding?
  }

  /// - Parameter survey: the survey of a workspace; nil for all of them together.
  package func tribes(_ given: TribeSettings, survey: String? = nil) async throws -> Tribes {
    var settings = given
    var day: LocalDate?
    let (session, columns) = try await load { orders, session in
      let (columns, asOf) = try await SurveyTables.answers(
        orders, survey: survey, group: given.group, in: session)
      day = asOf
      settings.id = "customer"
      settings.hasSegments = given.group == nil
      settings.leastInGroup = SurveyTables.leastInGroup
      settings.previous = try await ModelRegistry(session).tribes()
      return columns
    }
    let training = try await TribeTraining(settings: settings, quartierVersion: quartierVersion)
      .run(on: "given_table", columns: columns, in: session)
    var landing: ModelLanding?
    if let day { landing = try await land(training, asOf: day, session) }
    return Tribes(training: training, session: session, landing: landing)
  }

  private func land(
    _ training: TribeTraining.Outcome, asOf: LocalDate, _ session: any QuerySession
  ) async throws -> ModelLanding {
    let keep = try KeepModels(session)
    var columns = [
      keep.column(AttributeDefinition("tribe", .text, isOptional: true), from: "tribe"),
      keep.column(
        AttributeDefinition("tribe_probability", .share, isOptional: true),
        from: "tribe_probability"),
    ]
    for factor in Array(0..<training.factors).map({ $0 + 1 }) {
      columns.append(
        keep.column(
          AttributeDefinition("survey_factor_\(factor)", .number, isOptional: true),
          from: "factor_\(factor)"
        ) { $0.text("attribute.survey_factor", ["number": .count(factor)]) })
    }
    for measure in training.measures {
      columns.append(
        keep.column(
          AttributeDefinition("\(measure)_answer", .count, isOptional: true), from: measure
        ) { $0.text("attribute.survey_answer.\(measure)") })
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE customer_tribe AS
      SELECT respondent AS customer, * EXCLUDE (respondent) FROM respondent_tribe
      WHERE respondent IS NOT NULL
      """)
    return try await keep.land(columns, .tribes, from: "customer_tribe") {
      try await keep.keep(
        .tribes, report: training.report, scorer: training.found, asOf: asOf,
        customers: training.report.respondents)
    }
  }

  /// Writes `tribes.parquet`, `tribes.csv`, `tribes.json` and the model card, all or nothing.
  package static func write(
    _ outcome: Tribes, to path: String, localizer: Localizer
  ) async throws {
    let staged = try StagedOutput(destination: path)
    do {
      let rows: SQL =
        outcome.landing == nil
        ? "SELECT * FROM respondent_tribe"
        : """
        SELECT n.shown AS respondent, t.* EXCLUDE (respondent)
        FROM respondent_tribe AS t
        JOIN (\(WorkspaceOrders.shown)) AS n ON n.customer = t.respondent
        """
      try await ModelFiles.writeTable(
        "tribes", rows: rows, text: ["respondent"], in: outcome.session, to: staged.folder)
      let report = outcome.training.report
      try RunJSON.encode(any: report).write(to: staged.folder.appending(path: "tribes.json"))
      try Data(TribeSummary.card(report, localizer).utf8)
        .write(to: staged.folder.appending(path: "model-card.md"))
    } catch {
      staged.discard()
      throw ModelFiles.error(error, path)
    }
    try staged.commit()
  }
}
