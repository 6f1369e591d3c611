import CustomerSchema
import DuckDBEngine
import SQLBuilder
import Testing
import Warehouse

@testable import Features

/// A session that hands over rows only, so that everything is grouped in SQL.
private struct RowSession: QuerySession {
  let session: any QuerySession

  func execute(_ sql: SQL) async throws(WarehouseError) -> Int { try await session.execute(sql) }
  func query(_ sql: SQL) async throws(WarehouseError) -> ResultTable {
    try await session.query(sql)
  }
  func stream(
    _ sql: SQL, _ body: @escaping @Sendable (ResultTable) throws -> Void
  ) async throws { try await session.stream(sql, body) }
  func numbers(_ sql: SQL) async throws(WarehouseError) -> [[Double]] {
    try await session.numbers(sql)
  }
  func append(_ columns: [[Double]], to table: String) async throws(WarehouseError) {
    try await session.append(columns, to: table)
  }
  var progress: Double? { session.progress }
}

@Suite struct `Customers by loops and by SQL` {
  static let columns: SQL = """
    customer, first_purchase, last_purchase, orders, gross_revenue, returned_amount,
    reversed_amount, return_orders, zero_orders, revenue_previous_period, bought_previous_period,
    loyal_window_orders, earlier_last_purchase, earlier_orders, earlier_gross_revenue,
    earlier_returned_amount, active_steps, purchase_occasions, median_days_between_purchases,
    last_gap, revenue_this_period, bought_this_period, distinct_products, favourite_category,
    favourite_channel, average_basket, return_rate
    """

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var lines: SQL
    var columns: OrderHistory.Columns
    var zeroOrders = false
    var memoryLimit: Int?
    /// Whether the loops are expected to do it.
    var folds = true
    var testDescription: String { name }
  }

  /// Lines of a shop in disorder: guests, returns, zeros, cancelled orders, ties of favourites,
  /// ids of up to 40 characters, days after the last one that counts.
  static func lines(_ count: Int, amount: SQL = "(random_units % 9001 - 700)") -> SQL {
    """
    SELECT
      CASE who WHEN 0 THEN NULL WHEN 1 THEN 'élan' WHEN 2 THEN 'exactly-12ch' WHEN 3 THEN ''
        ELSE repeat('customer-', who % 5) || who END AS customer,
      CAST(hash(i, 'o') % \(count / 3 + 1) AS VARCHAR) AS order_ref,
      DATE '2022-06-01' + CAST(hash(i, 'd') % 800 AS INTEGER) AS day,
      CAST(\(amount) / 100 AS DECIMAL(18, 4)) AS amount,
      'p' || hash(i, 'p') % 40 AS product,
      CASE WHEN hash(i, 'k') % 9 = 0 THEN NULL ELSE 'a category of a shop ' || hash(i, 'k') % 7 END
        AS category,
      CASE WHEN hash(i, 'c') % 9 = 0 THEN NULL ELSE chr(97 + CAST(hash(i, 'c') % 4 AS INTEGER)) END
        AS channel,
      hash(i, 'x') % 11 = 0 AS cancelled
    FROM (
      SELECT i, CAST(hash(i, 'a') % 9001 AS BIGINT) AS random_units,
        CAST(hash(i, 'w') % 300 AS INTEGER) AS who
      FROM range(\(count)) AS t(i))
    """
  }

  static func shape(
    _ lineIsOrder: Bool, product: Bool = false, category: Bool = true, channel: Bool = true,
    cancelled: Bool = false
  ) -> OrderHistory.Columns {
    OrderHistory.Columns(
      product: product, category: category, channel: channel, cancelled: cancelled,
      lineIsOrder: lineIsOrder)
  }

  static let cases = [
    Case(name: "a line is an order", lines: lines(5000), columns: shape(true)),
    Case(
      name: "zeros are purchases, orders are cancelled",
      lines: lines(5000, amount: "(random_units % 40 * 50 - 700)"),
      columns: shape(true, cancelled: true), zeroOrders: true),
    Case(
      name: "orders of several lines", lines: lines(6000),
      columns: shape(false, product: true, cancelled: true)),
    Case(
      name: "nothing but orders", lines: lines(2000),
      columns: shape(true, category: false, channel: false)),
    Case(
      name: "products", lines: lines(2000), columns: shape(true, product: true, channel: false)),
    Case(
      name: "little memory", lines: lines(5000), columns: shape(true), memoryLimit: 200_000),
    Case(
      name: "sums beyond 18 digits",
      lines: lines(2000, amount: "(8000000000000000 + random_units)"),
      columns: shape(true), folds: false),
  ]

  @Test(arguments: cases)
  func `both describe customers alike`(_ example: Case) async throws {
    let session = try await DuckDBEngine(DuckDBEngine.Options(threads: 2)).session()
    try await session.execute("CREATE TEMP TABLE staged_lines AS \(example.lines)")
    let history = OrderHistory(
      columns: example.columns, zeroOrdersArePurchases: example.zeroOrders)
    try await history.create(in: session)
    let asOf = try #require(LocalDate(iso: "2024-05-15"))
    let features = CustomerFeatures(
      history: history, periods: RunPeriods(asOf: asOf, length: .months(6)),
      cohorts: CohortCalendar(first: try #require(LocalDate(iso: "2022-06-01")), last: asOf),
      loyalMonths: 12, memoryLimit: example.memoryLimit, threads: 2)
    let query: SQL = "SELECT \(Self.columns) FROM customer_features ORDER BY customer"
    try await features.create(in: RowSession(session: session))
    let grouped = try await session.query(query)
    try await features.create(in: session)
    let folded = try await session.query(query)
    #expect(grouped.rows.count > 250)
    #expect(folded.columns == grouped.columns)
    for (left, right) in zip(folded.rows, grouped.rows) { #expect(left == right) }
    #expect(folded.rows.count == grouped.rows.count)
    let columnar = try #require(session as? any ColumnarSession)
    let isFolded = try await features.fold(
      into: "alone", in: columnar, memory: features.memory, threads: 2)
    #expect(isFolded == example.folds)
  }

  @Test func `customers come in the order of their ids`() async throws {
    let session = try await DuckDBEngine(DuckDBEngine.Options(threads: 2)).session()
    try await session.execute("CREATE TEMP TABLE staged_lines AS \(Self.lines(5000))")
    let history = OrderHistory(columns: Self.shape(true), zeroOrdersArePurchases: false)
    try await history.create(in: session)
    let asOf = try #require(LocalDate(iso: "2024-05-15"))
    try await CustomerFeatures(
      history: history, periods: RunPeriods(asOf: asOf, length: .months(6)),
      cohorts: CohortCalendar(first: try #require(LocalDate(iso: "2022-06-01")), last: asOf),
      loyalMonths: 12
    ).create(in: session)
    let falls = try await session.value(
      """
      SELECT count(*) FROM (
        SELECT customer <= lag(customer) OVER (ORDER BY rowid) AS falls FROM customer_features)
      WHERE falls
      """)
    #expect(falls.int == 0)
  }
}
