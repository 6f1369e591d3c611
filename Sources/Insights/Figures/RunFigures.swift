package import CustomerSchema
package import Features
internal import SQLBuilder
package import Warehouse

/// Reads everything that a run says from the tables that `Features` made.
package struct RunFigures: Sendable {
  package let asOf: LocalDate
  package let previousEnd: LocalDate
  package let currency: CurrencyCode
  /// Whether an order of total 0 counts as a purchase.
  package let zeroOrdersArePurchases: Bool
  /// Whether `customer_features` has the revenue of the last twelve months.
  package let hasMonths: Bool

  package init(
    asOf: LocalDate, previousEnd: LocalDate, currency: CurrencyCode, zeroOrdersArePurchases: Bool,
    hasMonths: Bool = false
  ) {
    self.hasMonths = hasMonths
    self.asOf = asOf
    self.previousEnd = previousEnd
    self.currency = currency
    self.zeroOrdersArePurchases = zeroOrdersArePurchases
  }

  func money(_ value: SQLValue) -> Money { Money(value.decimal ?? .zero, currency) }

  /// Totals over known customers and guests.
  package func totals(
    from session: any QuerySession
  ) async throws(WarehouseError) -> RunResult.Totals {
    let orders = try await session.row(
      """
      SELECT
        count(*) FILTER (customer IS NULL AND is_purchase AND day <= \(asOf.sqlValue)),
        sum(purchased - returned) FILTER (customer IS NULL AND day <= \(asOf.sqlValue)),
        count(*) FILTER (is_zero AND customer IS NOT NULL AND day <= \(asOf.sqlValue)),
        count(*) FILTER (is_return AND customer IS NOT NULL AND day <= \(asOf.sqlValue)),
        min(day) FILTER (is_purchase AND day <= \(asOf.sqlValue)),
        max(day) FILTER (is_purchase AND day <= \(asOf.sqlValue)),
        count(*) FILTER (day > \(asOf.sqlValue))
      FROM order_history
      """)
    let customers = try await session.row(
      """
      SELECT count(*), count(*) FILTER (f.orders > 0), CAST(sum(f.orders) AS BIGINT),
        sum(f.gross_revenue), sum(f.returned_amount),
        count(*) FILTER (f.orders = 0 AND f.zero_orders > 0 AND f.return_orders = 0),
        count(*) FILTER (f.orders >= 2),
        count(*) FILTER (f.bought_previous_period),
        count(*) FILTER (f.bought_previous_period AND f.bought_this_period),
        median(f.median_days_between_purchases)
      FROM customer_features AS f
      """)
    let purchasers = customers[1].int ?? 0
    let orderCount = customers[2].int ?? 0
    let gross = money(customers[3])
    let returned = money(customers[4])
    let net = SQLDecimal(units: gross.amount.units - returned.amount.units, scale: 4)
    return RunResult.Totals(
      customers: customers[0].int ?? 0, purchasers: purchasers, orders: orderCount,
      guestOrders: orders[0].int ?? 0, guestRevenue: money(orders[1]), grossRevenue: gross,
      returnedAmount: returned, revenue: Money(net, currency), zeroOrders: orders[2].int ?? 0,
      zeroOnlyCustomers: customers[5].int ?? 0, returnOrders: orders[3].int ?? 0,
      averageBasket: gross.divided(by: orderCount),
      firstOrder: orders[4].days.map(LocalDate.init(daysSinceEpoch:)),
      lastOrder: orders[5].days.map(LocalDate.init(daysSinceEpoch:)),
      ordersAfterAsOf: orders[6].int ?? 0,
      repeatRate: share(customers[6].int ?? 0, of: purchasers),
      retentionRate: share(customers[8].int ?? 0, of: customers[7].int ?? 0),
      medianDaysBetweenPurchases: customers[9].double)
  }

  func share(_ part: Int, of whole: Int) -> Double? {
    whole > 0 ? Double(part) / Double(whole) : nil
  }

  /// The cells of the heat map that hold someone.
  package func grid(
    from session: any QuerySession
  ) async throws(WarehouseError) -> [RunResult.GridCell] {
    try await session.query(
      """
      SELECT cell.recency_row, cell.value_column, count(*), sum(c.revenue), c.rfm_group
      FROM customers AS c JOIN rfm_cells AS cell USING (r_score, f_score, m_score)
      GROUP BY ALL ORDER BY ALL
      """
    ).rows.map { row in
      RunResult.GridCell(
        recencyScore: row[0].int ?? 0, valueScore: row[1].int ?? 0, customers: row[2].int ?? 0,
        revenue: money(row[3]), group: row[4].text ?? "")
    }
  }

  /// Where the customers of one period earlier are now; nil when nobody had bought by then.
  package func migration(
    of partition: PartitionKind, from session: any QuerySession
  ) async throws(WarehouseError) -> RunResult.MigrationReport? {
    let (column, earlier) =
      partition == .five ? ("segment", "earlier_segment") : ("rfm_group", "earlier_group")
    let flows = try await session.query(
      """
      SELECT e.\(identifier: earlier), c.\(identifier: column), count(*), sum(c.revenue)
      FROM customers AS c LEFT JOIN earlier_segments AS e USING (customer)
      WHERE c.orders > 0 GROUP BY ALL ORDER BY ALL
      """
    ).rows.map { row in
      RunResult.MigrationReport.Flow(
        from: row[0].text, to: row[1].text ?? "", customers: row[2].int ?? 0,
        revenue: money(row[3]))
    }
    guard flows.contains(where: { $0.from != nil }) else { return nil }
    return RunResult.MigrationReport(from: previousEnd, to: asOf, flows: flows)
  }

  /// Who came back, by the step of the first purchase.
  ///
  /// - Parameters:
  ///   - steps: the number of steps, at most 60.
  ///   - step: the SQL of the step of `first_purchase`.
  ///   - start: the first day of a step.
  package func cohorts(
    steps: Int, monthsPerStep: Int, start: (Int) -> LocalDate?, from session: any QuerySession
  ) async throws(WarehouseError) -> RunResult.CohortReport {
    // The first active step is the cohort; each later bit says whether the customer bought then.
    let counts = (0..<steps).map {
      "CAST(sum((active_steps >> \($0)) & 1) AS BIGINT)" as SQL
    }.joined()
    let table = try await session.query(
      """
      SELECT cohort, \(counts)
      FROM (
        SELECT active_steps, CAST(log2(active_steps & -active_steps) AS INTEGER) AS cohort
        FROM customer_features WHERE orders > 0)
      GROUP BY cohort ORDER BY cohort
      """)
    let rows = table.rows.compactMap { row -> RunResult.CohortReport.Row? in
      guard let cohort = row[0].int, let first = start(cohort) else { return nil }
      let active = row.dropFirst().dropFirst(cohort).map { $0.int ?? 0 }
      return RunResult.CohortReport.Row(start: first, customers: active.first ?? 0, active: active)
    }
    return RunResult.CohortReport(monthsPerStep: monthsPerStep, rows: rows)
  }
}
