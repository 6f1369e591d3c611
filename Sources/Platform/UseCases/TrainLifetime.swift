internal import CustomerSchema
internal import Foundation
internal import Ingestion
package import Insights
package import Presentation
package import Scoring
internal import SQLBuilder
internal import StatisticalModels
package import Warehouse

/// From orders to what each customer is worth: `quartier model clv`.
package struct TrainLifetime: Sendable {
  private let source: ModelSource
  private let settings: LifetimeSettings
  private let facts: CustomerFacts
  private let scratch: String

  /// - Parameter scratch: a folder for prepared copies of files.
  package init(
    _ source: ModelSource, settings: LifetimeSettings, facts: CustomerFacts = CustomerFacts(),
    scratch: String
  ) {
    self.source = source
    self.settings = settings
    self.facts = facts
    self.scratch = scratch
  }

  /// What was learned, and the session whose table `customer_value` holds each customer.
  package struct Outcome: Sendable {
    package let training: LifetimeTraining.Outcome
    package let session: any QuerySession
    /// The customers of the greatest value, best first.
    package let best: [LifetimeSummary.Customer]
    /// Where it went; nil for files.
    package let landing: ModelLanding?
    /// A row per customer: `customer` as in `customer_value`, `shown` as people know them.
    let names: SQL
  }

  package func run() async throws -> Outcome {
    let base = try await source.prepare()
    let session = base.session
    try await PurchaseHistories(end: base.asOf).create(in: session)
    var settings = settings
    settings.covariates = facts.covariates
    try await facts.create(
      base, isWorkspace: source.isWorkspace, scratch: scratch, costs: &settings.costs)
    let training = try await LifetimeTraining(
      settings: settings, asOf: base.asOf, currency: base.currency,
      quartierVersion: quartierVersion
    ).run(in: session)
    let names: SQL =
      source.isWorkspace
      ? WorkspaceOrders.shown : "SELECT customer, customer AS shown FROM purchase_history"
    return Outcome(
      training: training, session: session,
      best: try await best(base.currency, names, in: session),
      landing: source.isWorkspace ? try await land(training, settings, session) : nil,
      names: names)
  }

  private func land(
    _ training: LifetimeTraining.Outcome, _ settings: LifetimeSettings,
    _ session: any QuerySession
  ) async throws -> ModelLanding {
    let keep = try KeepModels(session)
    return try await keep.land(
      LifetimeAttributes(horizon: settings.horizon).columns(keep), .clv,
      from: "customer_value"
    ) {
      try await keep.keep(lifetime: training.report, scorer: training.scorer)
    }
  }

  private func best(
    _ currency: CurrencyCode, _ names: SQL, in session: any QuerySession
  ) async throws -> [LifetimeSummary.Customer] {
    try await session.query(
      """
      SELECT n.shown, x + 1, last_age, age, p_alive, expected_purchases, clv, clv_lower,
        clv_upper
      FROM (SELECT * FROM customer_value ORDER BY clv DESC, customer LIMIT 10) AS v
      JOIN purchase_history AS h USING (customer) JOIN (\(names)) AS n USING (customer)
      ORDER BY clv DESC, v.customer
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
        SELECT n.shown AS customer, p_alive, expected_purchases, expected_spend, clv, clv_lower,
          clv_upper, service_cost, acquisition_cost,
          \(report.meanSpend.currency.rawValue) AS currency,
          \(report.settings.horizon) AS horizon, \(report.asOf.sqlValue) AS as_of
        FROM customer_value JOIN (\(outcome.names)) AS n USING (customer)
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

/// The attributes of a lifetime model: their names carry the horizon.
struct LifetimeAttributes {
  let horizon: Horizon

  /// `12_months`, `52_weeks`.
  private var suffix: String {
    let span = horizon.span
    return "\(Int(span.amount))_\(span.unit.rawValue)s"
  }

  func columns(_ keep: KeepModels) -> [ModelAttributes.Column] {
    func column(
      _ id: String, _ type: AttributeType, _ column: String
    ) -> ModelAttributes.Column {
      keep.column(
        AttributeDefinition("\(id)_\(suffix)", type, isOptional: true), from: column
      ) {
        $0.text("attribute.horizon.\(column)", ["horizon": .text($0.period(horizon.text))])
      }
    }
    return [
      keep.column(AttributeDefinition("p_alive", .share, isOptional: true), from: "p_alive"),
      column("expected_purchases", .number, "expected_purchases"),
      column("clv", .money, "clv"), column("clv_lower", .money, "clv_lower"),
      column("clv_upper", .money, "clv_upper"),
    ]
  }
}
