package import CustomerSchema
internal import SQLBuilder
package import Warehouse

/// The scoring of purchases applied to interactions: visits, clicks, openings, whatever the events
/// are. Recency is the days since the last one, frequency their number, and in the place of
/// monetary value stands constancy: the number of days with an interaction.
package struct Engagement: Sendable {
  package let scoring: RFMScoring
  package let asOf: LocalDate

  /// - Parameter scoring: its number of classes and weights; fixed cuts are those of purchases and
  ///   are not applied to interactions.
  package init(scoring: RFMScoring, asOf: LocalDate) {
    self.scoring = RFMScoring(classes: scoring.classes, weights: scoring.weights)
    self.asOf = asOf
  }

  /// Makes `customer_engagement` from `staged_events` (`customer`, `day`): one row per customer
  /// with an interaction up to `asOf`, with the columns of `AttributeCatalogue.engagement`.
  ///
  /// - Returns: the cuts applied, in the places of days, orders and monetary value.
  package func create(in session: any QuerySession) async throws(WarehouseError) -> RFMThresholds {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE interactions AS
      SELECT customer, max(day) AS last_interaction, count(*) AS interactions,
        count(DISTINCT day) AS active_days
      FROM staged_events WHERE customer IS NOT NULL AND day <= \(asOf.sqlValue)
      GROUP BY customer
      """)
    let days: SQL = "(\(asOf.sqlValue) - last_interaction)"
    let thresholds = try await scoring.thresholds(
      days: days, orders: "interactions", monetary: "active_days", from: "interactions",
      in: session)
    let scores = thresholds.scores(days: days, orders: "interactions", monetary: "active_days")
    let weights = scoring.weights
    let total = weights.recency + weights.frequency + weights.monetary
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE customer_engagement AS
      SELECT *, round((\(weights.recency) * engagement_r_score
          + \(weights.frequency) * engagement_f_score
          + \(weights.monetary) * engagement_c_score) / \(total), 4) AS engagement_score
      FROM (
        SELECT customer, last_interaction, \(days) AS days_since_last_interaction, interactions,
          active_days, CAST(\(scores.recency) AS TINYINT) AS engagement_r_score,
          CAST(\(scores.frequency) AS TINYINT) AS engagement_f_score,
          CAST(\(scores.monetary) AS TINYINT) AS engagement_c_score
        FROM interactions)
      """)
    try await session.execute("DROP TABLE interactions")
    return thresholds
  }
}
