internal import CustomerSchema
internal import Foundation
internal import Ingestion
internal import Insights
package import Presentation
package import Scoring
internal import SQLBuilder
package import Warehouse

/// From order files to the groups that they show: `quartier model clusters`.
package struct TrainGroups: Sendable {
  private let segmentation: RunSegmentation
  private let settings: GroupSettings

  package init(_ segmentation: RunSegmentation, settings: GroupSettings) {
    self.segmentation = segmentation
    self.settings = settings
  }

  /// What was found, and the session whose table `customer_group` holds each customer's group.
  package struct Outcome: Sendable {
    package let training: GroupTraining.Outcome
    package let session: any QuerySession
  }

  package func run() async throws -> Outcome {
    let prepared = try await segmentation.prepare()
    _ = try await segmentation.describe(prepared)
    let training = try await GroupTraining(
      settings: settings, asOf: prepared.asOf, currency: prepared.imported.currency,
      quartierVersion: quartierVersion
    ).run(in: prepared.session)
    return Outcome(training: training, session: prepared.session)
  }

  /// Writes `groups.parquet`, `groups.csv`, `groups.json` and the model card, all or nothing.
  package static func write(
    _ outcome: Outcome, to path: String, localizer: Localizer
  ) async throws {
    let staged = try StagedOutput(destination: path)
    do {
      let report = outcome.training.report
      try await ModelFiles.writeTable(
        "groups",
        rows: """
          SELECT customer, found_group, \(names(report, localizer)) AS group_name,
            group_probability, \(report.asOf.sqlValue) AS as_of
          FROM customer_group
          """,
        text: ["customer", "group_name"], in: outcome.session, to: staged.folder)
      try RunJSON.encode(any: report).write(to: staged.folder.appending(path: "groups.json"))
      try Data(GroupSummary.card(report, localizer).utf8)
        .write(to: staged.folder.appending(path: "model-card.md"))
    } catch {
      staged.discard()
      throw ModelFiles.error(error, path)
    }
    try staged.commit()
  }

  private static func names(_ report: GroupReport, _ localizer: Localizer) -> SQL {
    guard !report.groups.isEmpty else { return "CAST(NULL AS VARCHAR)" }
    let branches = report.groups.map {
      "WHEN \(literal: $0.id) THEN \(literal: GroupSummary.name($0, localizer))" as SQL
    }
    return "CASE found_group \(branches.joined(separator: " ")) END"
  }
}
