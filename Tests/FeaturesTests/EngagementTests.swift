import CustomerSchema
import DuckDBEngine
import SQLBuilder
import Testing
import Warehouse

@testable import Features

@Suite struct `Engagement scores` {
  @Test func `interactions are scored as purchases are`() async throws {
    let session = try await DuckDBEngine().session()
    // Customer i of 0…4 has 2 × i + 1 events on i + 1 days, the last one i days before the day.
    try await session.execute(
      """
      CREATE TEMP TABLE staged_events AS
      SELECT 'c' || i AS customer, DATE '2024-06-30' - CAST(i + n % (i + 1) AS INTEGER) AS day
      FROM range(5) AS customers(i), range(9) AS events(n) WHERE n <= 2 * i
      UNION ALL SELECT 'late', DATE '2024-07-01' UNION ALL SELECT NULL, DATE '2024-06-01'
      """)
    let asOf = try #require(LocalDate(iso: "2024-06-30"))
    let thresholds = try await Engagement(scoring: RFMScoring(), asOf: asOf).create(in: session)
    let rows = try await session.query(
      """
      SELECT customer, days_since_last_interaction, interactions, active_days,
        engagement_r_score, engagement_f_score, engagement_c_score, engagement_score
      FROM customer_engagement ORDER BY customer
      """
    ).rows
    #expect(rows.count == 5)
    for (i, row) in rows.enumerated() {
      #expect(row[1] == .int(Int64(i)))
      #expect(row[2] == .int(Int64(2 * i + 1)))
      #expect(row[3] == .int(Int64(i + 1)))
      // Five distinct values: the type-7 cuts lie between them, one value per class.
      #expect(row[4] == .int(Int64(5 - i)))
      #expect(row[5] == .int(Int64(i + 1)))
      #expect(row[6] == .int(Int64(i + 1)))
      let mean = Double(5 - i + 2 * (i + 1)) / 3
      #expect(abs((row[7].double ?? 0) - mean) < 1e-4)
    }
    #expect(thresholds.orders.count == 4)
    let columns = try await session.query("SELECT * FROM customer_engagement LIMIT 0").columns
    #expect(columns == ["customer"] + AttributeCatalogue.engagement.attributes.map(\.id))
  }
}
