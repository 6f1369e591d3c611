internal import CustomerSchema
internal import Insights
internal import Scoring
internal import SQLBuilder
internal import StatisticalModels
internal import Warehouse

/// The models of a run: what customers will be worth, and which groups they form.
struct RunModels {
  let asOf: LocalDate
  let currency: CurrencyCode
  let threads: Int?
  /// The groups that the workspace knows already, whose numbers and names go on.
  let previous: KeptGroups?

  /// Customers on whom predictions are checked: enough to judge, whatever the size of the base.
  private static let checkedCustomers = 20_000

  /// What was learned, and what scores new customers by it.
  struct Made {
    let report: RunResult.ModelsReport
    let lifetime: LifetimeScorer?
    let groups: FoundGroups?
  }

  /// Makes `customer_models` from `customers` and `order_history`: `customer`, `p_alive`,
  /// `expected_purchases_12_months`, `clv_12_months`, `found_group`; null where a model does not apply.
  func create(in session: any QuerySession) async throws -> Made {
    var lifetime: LifetimeTraining.Outcome?
    var groups: GroupTraining.Outcome?
    var failures: [UserMessage] = []
    do {
      lifetime = try await value(in: session)
    } catch let error as ScoringError {
      failures.append(error.userMessage)
      try await LifetimeTraining.createEmpty(in: session)
    }
    do {
      groups = try await found(in: session)
    } catch let error as ScoringError {
      failures.append(error.userMessage)
      try await GroupTraining.createEmpty(in: session)
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE customer_models AS
      SELECT customer, v.p_alive, v.expected_purchases AS expected_purchases_12_months,
        TRY_CAST(round(v.clv, 4) AS DECIMAL(38, 4)) AS clv_12_months, g.found_group
      FROM customers
      LEFT JOIN customer_value AS v USING (customer)
      LEFT JOIN customer_group AS g USING (customer)
      """)
    return Made(
      report: RunResult.ModelsReport(
        lifetime: lifetime?.report, groups: groups?.report, failures: failures),
      lifetime: lifetime?.scorer, groups: groups?.found)
  }

  private func value(in session: any QuerySession) async throws -> LifetimeTraining.Outcome {
    let histories = PurchaseHistories(end: asOf)
    try await histories.createFromCustomers(in: session)
    try await histories.createDays(ofCustomers: Self.checkedCustomers, in: session)
    var settings = LifetimeSettings()
    // It lets first-time buyers leave, fits fast, and predicts about as well as its peers.
    settings.family = .mbgNBD
    settings.fallsBack = true
    settings.customerIntervals = false
    settings.threads = threads
    return try await LifetimeTraining(
      settings: settings, asOf: asOf, currency: currency, quartierVersion: quartierVersion
    ).run(in: session)
  }

  private func found(in session: any QuerySession) async throws -> GroupTraining.Outcome {
    var settings = GroupSettings()
    settings.threads = threads
    settings.previous = previous?.groups
    settings.previousNames = previous?.names ?? [:]
    return try await GroupTraining(
      settings: settings, asOf: asOf, currency: currency, quartierVersion: quartierVersion
    ).run(in: session)
  }
}
