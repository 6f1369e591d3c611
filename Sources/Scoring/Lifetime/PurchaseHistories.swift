package import CustomerSchema
internal import SQLBuilder
internal import StatisticalModels
package import Warehouse

/// Purchases as the lifetime models see them: one row per customer, from the order history.
///
/// Purchases of one customer on one calendar day are one purchase, their amounts added up; a
/// customer's age starts with the first. Returns reduce nothing here: they are no purchase, and
/// what is modelled is what is spent per purchase.
package struct PurchaseHistories: Sendable {
  /// The last day that counts, in the workspace's zone.
  package let end: LocalDate

  package init(end: LocalDate) { self.end = end }

  /// Makes `purchase_days` (`customer`, `day`, `spend`) and `purchase_history` from `order_history`.
  ///
  /// `purchase_history` has, per customer with a purchase up to `end`: `customer`, `first_day`, and as
  /// DOUBLE `x` (purchases after the first), `last_age` and `age` (days from the first purchase to
  /// the last, and to `end`) and `mean_spend` (of the purchases after the first; null without one).
  package func create(in session: any QuerySession) async throws(WarehouseError) {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE purchase_days AS
      SELECT customer, day, sum(purchased) AS spend
      FROM order_history
      WHERE customer IS NOT NULL AND is_purchase AND day <= \(end.sqlValue)
      GROUP BY customer, day
      """)
    try await summarise("purchase_history", until: end, in: session)
  }

  /// The same from the customer table, which has all of it but the first day's spend: one pass over
  /// the orders fewer for a base of millions.
  package func createFromCustomers(in session: any QuerySession) async throws(WarehouseError) {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE purchase_history AS
      SELECT customer, first_purchase AS first_day,
        CAST(purchase_occasions - 1 AS DOUBLE) AS x,
        CAST(last_purchase - first_purchase AS DOUBLE) AS last_age,
        CAST(\(end.sqlValue) - first_purchase AS DOUBLE) AS age,
        CASE WHEN purchase_occasions > 1 THEN
          CAST(gross_revenue - first.spend AS DOUBLE) / (purchase_occasions - 1) END AS mean_spend
      FROM customers LEFT JOIN (
        SELECT o.customer, sum(o.purchased) AS spend
        FROM order_history AS o JOIN customers AS c
          ON o.customer = c.customer AND o.day = c.first_purchase
        WHERE c.purchase_occasions > 1 GROUP BY o.customer
      ) AS first USING (customer)
      WHERE orders > 0
      """)
  }

  /// Makes `purchase_days` of some customers only, taken in an order that says nothing: for checks.
  package func createDays(
    ofCustomers limit: Int, in session: any QuerySession
  ) async throws(WarehouseError) {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE purchase_days AS
      SELECT customer, day, sum(purchased) AS spend
      FROM order_history
      WHERE is_purchase AND day <= \(end.sqlValue) AND customer IN (
        SELECT customer FROM purchase_history ORDER BY hash(customer), customer LIMIT \(limit))
      GROUP BY customer, day
      """)
  }

  /// Makes the history of each customer as it was on an earlier day, from `purchase_days`.
  func summarise(
    _ table: String, until last: LocalDate, in session: any QuerySession
  ) async throws(WarehouseError) {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: table) AS
      SELECT customer, min(day) AS first_day, CAST(count(*) - 1 AS DOUBLE) AS x,
        CAST(max(day) - min(day) AS DOUBLE) AS last_age,
        CAST(\(last.sqlValue) - min(day) AS DOUBLE) AS age,
        CASE WHEN count(*) > 1 THEN
          CAST(sum(spend) - arg_min(spend, day) AS DOUBLE) / (count(*) - 1) END AS mean_spend
      FROM purchase_days WHERE day <= \(last.sqlValue) GROUP BY customer
      """)
  }

  /// The distinct histories with their numbers of customers, for each vector of covariates; one
  /// table without any.
  static func groups(
    _ unit: TimeUnit, vectors: [[Double]], in session: any QuerySession
  ) async throws -> [CovariateGroup] {
    let group: SQL = vectors.isEmpty ? "0.0::DOUBLE" : "covariate_group"
    let columns = try await session.numbers(
      """
      SELECT \(group) AS g, x, last_age, age, CAST(count(*) AS DOUBLE) FROM purchase_history
      GROUP BY ALL ORDER BY ALL
      """)
    return try split(columns, unit, vectors: vectors)
  }

  /// Rows of (group, x, t_x, T in days, customers), in the order of the groups.
  static func split(
    _ columns: [[Double]], _ unit: TimeUnit, vectors: [[Double]]
  ) throws -> [CovariateGroup] {
    var start = 0
    return try (0..<max(1, vectors.count)).map { group in
      var end = start
      while end < columns[0].count, columns[0][end] == Double(group) { end += 1 }
      let range = start..<end
      start = end
      return CovariateGroup(
        covariates: vectors.isEmpty ? [] : vectors[group],
        histories: try HistoryTable(
          repeatPurchases: Array(columns[1][range]),
          lastPurchaseAge: columns[2][range].map { $0 / unit.days },
          customerAge: columns[3][range].map { $0 / unit.days },
          counts: Array(columns[4][range]), unit: unit))
    }
  }
}
