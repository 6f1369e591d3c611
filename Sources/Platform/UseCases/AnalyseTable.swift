internal import CustomerSchema
internal import Foundation
internal import Ingestion
internal import Insights
package import Presentation
package import Scoring
internal import SQLBuilder
package import Warehouse

/// From a file of subscriptions or of survey answers to what it says: `quartier model survival` and
/// `quartier model tribes`.
package struct AnalyseTable: Sendable {
  private let engine: any QueryEngine
  private let file: String
  private let sheet: String?
  /// A folder for prepared sources.
  private let scratch: String

  package init(engine: any QueryEngine, file: String, sheet: String?, scratch: String) {
    self.engine = engine
    self.file = file
    self.sheet = sheet
    self.scratch = scratch
  }

  private func load() async throws -> (session: any QuerySession, columns: [String]) {
    let session = try await engine.session()
    let columns = try await TableImporter(
      session: session,
      excelExtension: ResourceLocator.current.fetched("extensions/excel.duckdb_extension")?.path,
      scratch: scratch
    ).load(file, into: "given_table", sheet: sheet)
    return (session, columns)
  }

  /// Columns that were not named are looked for under their usual names.
  package func survival(_ given: SurvivalSettings) async throws -> SurvivalReport {
    let (session, columns) = try await load()
    var settings = given
    if settings.duration.isEmpty {
      settings.duration = try usual(SurvivalTraining.durationNames, columns, option: "--duration")
    }
    if settings.event.isEmpty {
      settings.event = try usual(SurvivalTraining.eventNames, columns, option: "--event")
    }
    return try await SurvivalTraining(settings: settings, quartierVersion: quartierVersion)
      .run(on: "given_table", columns: columns, in: session)
  }

  private func usual(
    _ names: [String], _ columns: [String], option: String
  ) throws -> String {
    guard let found = columns.first(where: { names.contains($0.lowercased()) }) else {
      throw ScoringError.columnNotFound(option: option, known: columns)
    }
    return found
  }

  /// What a survey says, and the session whose table `respondent_tribe` holds each respondent.
  package struct Tribes: Sendable {
    package let training: TribeTraining.Outcome
    package let session: any QuerySession
  }

  package func tribes(_ settings: TribeSettings) async throws -> Tribes {
    let (session, columns) = try await load()
    let training = try await TribeTraining(settings: settings, quartierVersion: quartierVersion)
      .run(on: "given_table", columns: columns, in: session)
    return Tribes(training: training, session: session)
  }

  /// Writes `tribes.parquet`, `tribes.csv`, `tribes.json` and the model card, all or nothing.
  package static func write(
    _ outcome: Tribes, to path: String, localizer: Localizer
  ) async throws {
    let staged = try StagedOutput(destination: path)
    do {
      try await ModelFiles.writeTable(
        "tribes", rows: "SELECT * FROM respondent_tribe", text: ["respondent"],
        in: outcome.session, to: staged.folder)
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

  /// Writes `survival.json` and the model card.
  package static func write(
    _ report: SurvivalReport, to path: String, localizer: Localizer
  ) throws {
    let staged = try StagedOutput(destination: path)
    do {
      try RunJSON.encode(any: report).write(to: staged.folder.appending(path: "survival.json"))
      try Data(SurvivalSummary.card(report, localizer).utf8)
        .write(to: staged.folder.appending(path: "model-card.md"))
    } catch {
      staged.discard()
      throw ModelFiles.error(error, path)
    }
    try staged.commit()
  }
}
