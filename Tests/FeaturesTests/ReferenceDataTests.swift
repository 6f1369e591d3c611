import CustomerSchema
import DuckDBEngine
import Foundation
import Insights
import SQLBuilder
import Testing
import Warehouse

@testable import Features

/// The record shop's purchases, as set-up fetched them; staged by hand, without `Ingestion`.
let cdnow = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: "third_party/data/cdnow/CDNOW_master.txt")

@Suite struct RecordShopFeatures {
  @Test func everyCustomerOfTheRecordShopIsDescribed() async throws {
    let session = try await DuckDBEngine().session()
    let path = cdnow.path
    try await session.execute(
      """
      CREATE TEMP TABLE staged_lines AS
      SELECT cells[1] AS customer, CAST(strptime(cells[2], '%Y%m%d') AS DATE) AS day,
        CAST(cells[4] AS DECIMAL(18, 4)) AS amount
      FROM (
        SELECT regexp_split_to_array(trim(line), '\\s+') AS cells
        FROM read_csv(\(literal: path), columns = {'line': 'VARCHAR'}, header = false, skip = 1,
          delim = '|', quote = '', escape = ''))
      """)
    let history = OrderHistory(
      columns: OrderHistory.Columns(
        product: false, category: false, channel: false, cancelled: false, lineIsOrder: true),
      zeroOrdersArePurchases: false)
    try await history.create(in: session)
    let asOf = try #require(LocalDate(iso: "1998-06-30"))
    let first = try #require(LocalDate(iso: "1997-01-01"))
    let periods = RunPeriods(asOf: asOf, length: .months(3))
    let cohorts = CohortCalendar(first: first, last: asOf)
    try await CustomerFeatures(history: history, periods: periods, cohorts: cohorts)
      .create(in: session)
    let thresholds = try await CustomerTable(
      scoring: RFMScoring(), lifecycle: LifecycleRules(), asOf: asOf,
      earlier: periods.previousEnd
    ).create(in: session)
    print(thresholds)
    let row = try await session.row(
      """
      SELECT count(*), count(*) FILTER (orders > 0), sum(orders), sum(revenue) FROM customers
      """)
    print(row)
    for table in ["segment", "rfm_group", "lifecycle_stage"] {
      print(
        try await session.query(
          "SELECT \(identifier: table), count(*), sum(revenue) FROM customers GROUP BY ALL"
        ).rows)
    }
    let figures = RunFigures(
      asOf: asOf, previousEnd: periods.previousEnd, currency: .none,
      zeroOrdersArePurchases: false)
    let totals = try await figures.totals(from: session)
    print(totals)
    print(try await figures.grid(from: session).count)
    print(
      try await figures.segments(
        eleven: false, objective: nil, totals: totals, monthly: true, from: session))
    print(
      try await figures.cohorts(
        steps: cohorts.steps, monthsPerStep: cohorts.monthsPerStep,
        start: cohorts.start(ofStep:), from: session))
    print(try await figures.migration(of: "segment", from: session)?.flows.count ?? -1)
    #expect(row[0] == .int(23_570))
  }
}
