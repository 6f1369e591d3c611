import CustomerSchema
import Insights
import SQLBuilder
import Testing
import Warehouse

@testable import Features

@Suite struct `Real shops` {
  @Test func `the record shop's totals are those of its file`() async throws {
    let shop = try await Shop(
      RealData.recordShopLines, from: "1997-01-01", asOf: "1998-06-30")
    let totals = try await shop.figures.totals(from: shop.session)
    #expect(totals.customers == 23_570)
    #expect(totals.purchasers == 23_502)
    #expect(totals.orders == 69_579)
    #expect(totals.zeroOrders == 80)
    #expect(totals.zeroOnlyCustomers == 68)
    #expect(totals.revenue.amount == SQLDecimal("2500315.63"))
  }

  @Test func `cohorts, migration and months add up and agree with plain queries`() async throws {
    let shop = try await Shop(
      RealData.recordShopLines, from: "1997-01-01", asOf: "1998-06-30")
    let cohorts = try await shop.figures.cohorts(
      steps: shop.cohorts.steps, monthsPerStep: shop.cohorts.monthsPerStep,
      start: shop.cohorts.start(ofStep:), from: shop.session)
    let naive = try await shop.session.query(
      """
      WITH purchases AS (SELECT * FROM staged_lines WHERE amount > 0),
      firsts AS (
        SELECT customer, date_trunc('month', min(day)) AS cohort FROM purchases GROUP BY customer)
      SELECT CAST(cohort AS DATE), datediff('month', cohort, day) AS offset_months,
        count(DISTINCT customer)
      FROM purchases JOIN firsts USING (customer) GROUP BY ALL ORDER BY ALL
      """
    ).rows
    var expected: [LocalDate: [Int: Int]] = [:]
    for row in naive {
      let start = LocalDate(daysSinceEpoch: try #require(row[0].days))
      expected[start, default: [:]][try #require(row[1].int)] = row[2].int
    }
    #expect(cohorts.rows.count == expected.count)
    for row in cohorts.rows {
      for (offset, count) in row.active.enumerated() {
        #expect(count == expected[row.start]?[offset] ?? 0)
      }
    }
    let totals = try await shop.figures.totals(from: shop.session)
    let segments = try await shop.figures.segments(
      partition: .five, objective: nil, totals: totals, monthly: true, from: shop.session)
    #expect(segments.reduce(0) { $0 + $1.customers } == 23_570)
    #expect(
      segments.reduce(SQLDecimal.zero) {
        SQLDecimal(
          units: $0.rescaled(to: 4).units + $1.revenue.amount.units, scale: 4)
      } == SQLDecimal("2500315.63"))
    let lastYear = try await shop.session.value(
      "SELECT CAST(sum(amount) AS DOUBLE) FROM staged_lines WHERE day > DATE '1997-06-30'"
    ).double
    let monthly = segments.flatMap(\.monthlyRevenue).reduce(0, +)
    #expect(abs(monthly - (try #require(lastYear))) < 1e-6)
    let migration = try #require(
      try await shop.figures.migration(of: .five, from: shop.session))
    #expect(migration.flows.reduce(0) { $0 + $1.customers } == 23_502)
    // Who had bought a quarter earlier has an earlier segment.
    let known = try await shop.session.value(
      "SELECT count(DISTINCT customer) FROM staged_lines WHERE amount > 0 AND day <= '1998-03-30'")
    #expect(migration.flows.reduce(0) { $0 + ($1.from == nil ? 0 : $1.customers) } == known.int)
  }

  @Test func `the earlier segments are what a run at that day would have said`() async throws {
    let now = try await Shop(RealData.recordShopLines, from: "1997-01-01", asOf: "1998-06-30")
    let then = try await Shop(RealData.recordShopLines, from: "1997-01-01", asOf: "1998-03-30")
    let remembered = try await now.session.query(
      """
      SELECT customer, earlier_segment, earlier_group FROM earlier_segments ORDER BY customer
      """
    ).rows
    let computed = try await then.session.query(
      """
      SELECT customer, segment, rfm_group FROM customers WHERE orders > 0 ORDER BY customer
      """
    ).rows
    #expect(remembered == computed)
    #expect(remembered.count > 20_000)
  }

  @Test func `the grocery's baskets are those of its file`() async throws {
    let shop = try await Shop(
      """
      SELECT CAST(household_id AS VARCHAR) AS customer, CAST(basket_id AS VARCHAR) AS order_ref,
        CAST(transaction_timestamp AS DATE) AS day, CAST(sales_value AS DECIMAL(18, 4)) AS amount,
        CAST(product_id AS VARCHAR) AS product
      FROM read_parquet(\(literal: RealData.grocery))
      """,
      product: true, lineIsOrder: false, from: "2017-01-01", asOf: "2018-01-01")
    let totals = try await shop.figures.totals(from: shop.session)
    #expect(totals.customers == 2_469)
    #expect(totals.orders == 155_370)
    #expect(totals.orders + totals.zeroOrders == 155_848)
    #expect(totals.revenue.amount == SQLDecimal("4596039.58"))
  }
}
