internal import CustomerSchema
internal import Foundation
internal import Ingestion
package import Insights
package import Presentation
package import Scoring
internal import SQLBuilder
package import Warehouse

/// From order files to what each customer is worth: `quartier model clv`.
package struct TrainLifetime: Sendable {
  private let segmentation: RunSegmentation
  private let settings: LifetimeSettings

  package init(_ segmentation: RunSegmentation, settings: LifetimeSettings) {
    self.segmentation = segmentation
    self.settings = settings
  }

  /// What was learned, and the session whose table `customer_value` holds each customer.
  package struct Outcome: Sendable {
    package let training: LifetimeTraining.Outcome
    package let session: any QuerySession
    /// The customers of the greatest value, best first.
    package let best: [LifetimeSummary.Customer]
  }

  package func run() async throws -> Outcome {
    let prepared = try await segmentation.prepare()
    let session = prepared.session
    try await PurchaseHistories(end: prepared.asOf).create(in: session)
    let training = try await LifetimeTraining(
      settings: settings, asOf: prepared.asOf, currency: prepared.imported.currency,
      quartierVersion: quartierVersion
    ).run(in: session)
    return Outcome(
      training: training, session: session,
      best: try await best(prepared.imported.currency, in: session))
  }

  private func best(
    _ currency: CurrencyCode, in session: any QuerySession
  ) async throws -> [LifetimeSummary.Customer] {
    try await session.query(
      """
      SELECT v.customer, x + 1, last_age, age, p_alive, expected_purchases, clv, clv_lower,
        clv_upper
      FROM customer_value AS v JOIN purchase_history AS h USING (customer)
      ORDER BY clv DESC, v.customer LIMIT 10
      """
    ).rows.map { row in
      LifetimeSummary.Customer(
        id: row[0].text ?? "", purchases: Int(row[1].double ?? 0),
        daysSinceLastPurchase: Int((row[3].double ?? 0) - (row[2].double ?? 0)),
        aliveProbability: row[4].double ?? 0, expectedPurchases: row[5].double ?? 0,
        value: .rounding(row[6].double ?? 0, currency),
        lower: row[7].double.map { .rounding($0, currency) },
        upper: row[8].double.map { .rounding($0, currency) })
    }
  }

  /// Writes `clv.parquet`, `clv.csv`, `clv.json` and the model card, all or nothing.
  package static func write(
    _ outcome: Outcome, to path: String, localizer: Localizer
  ) async throws {
    let staged = try StagedOutput(destination: path)
    do {
      let report = outcome.training.report
      let rows: SQL = """
        SELECT customer, p_alive, expected_purchases, expected_spend, clv, clv_lower, clv_upper,
          \(report.meanSpend.currency.rawValue) AS currency,
          \(report.settings.horizon) AS horizon, \(report.asOf.sqlValue) AS as_of
        FROM customer_value
        """
      try await ModelFiles.writeTable(
        "clv", rows: rows, text: ["customer"], in: outcome.session, to: staged.folder)
      try RunJSON.encode(any: report).write(to: staged.folder.appending(path: "clv.json"))
      let card = LifetimeSummary.card(report, localizer)
      try Data(card.utf8).write(to: staged.folder.appending(path: "model-card.md"))
    } catch {
      staged.discard()
      throw ModelFiles.error(error, path)
    }
    try staged.commit()
  }
}

/// Files that the model commands write.
enum ModelFiles {
  /// A table as Parquet and as CSV, sorted by customer; text columns are safe for spreadsheets.
  static func writeTable(
    _ name: String, rows: SQL, text: [String], in session: any QuerySession, to folder: URL
  ) async throws {
    let parquet = folder.appending(path: name + ".parquet").path
    try await session.execute(
      """
      COPY (SELECT * FROM (\(rows)) ORDER BY ALL)
      TO \(literal: parquet) (FORMAT parquet, COMPRESSION zstd)
      """)
    let csv = folder.appending(path: name + ".csv").path
    let safe = text.map { column -> SQL in
      """
      CASE WHEN left(\(identifier: column), 1) IN ('=', '+', '-', '@', chr(9), chr(13))
        THEN '''' || \(identifier: column) ELSE \(identifier: column) END AS \(identifier: column)
      """
    }
    try await session.execute(
      """
      COPY (SELECT * REPLACE (\(safe.joined())) FROM (\(rows)) ORDER BY ALL)
      TO \(literal: csv) (FORMAT csv, HEADER)
      """)
  }

  /// Foundation's own errors become one of ours; the others already are.
  static func error(_ error: any Error, _ path: String) -> any Error {
    error is any UserFacingError || error is CancellationError
      ? error : PlatformError.cannotWrite(path, reason: systemReason(error))
  }
}
