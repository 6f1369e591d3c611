internal import CustomerSchema
internal import Features
internal import SQLBuilder
internal import Warehouse

/// Figures of one segment, read from `customers`, `customer_features` and `order_history`.
struct SegmentFigures: Sendable {
  let id: String
  let customers: Int
  let revenue: SQLDecimal
  let grossRevenue: SQLDecimal
  let orders: Int
  let medianDaysSinceLastPurchase: Double?
  let repeatCustomers: Int
  /// Who bought in the previous period, and who of them did again in this one.
  let boughtPreviousPeriod: Int
  let boughtBothPeriods: Int
  let returnedShare: Double?
  let revenueThisPeriod: SQLDecimal
  let revenuePreviousPeriod: SQLDecimal
  /// Net revenue per month up to `asOf`, oldest first.
  var monthlyRevenue: [Double] = []
}

/// Reads the figures of every segment of one column.
struct SegmentFigureReader {
  let session: any QuerySession
  let asOf: LocalDate
  let firstOrder: LocalDate?
  /// Whether `customer_features` has the revenue of the last twelve months.
  let hasMonths: Bool

  /// The columns of `customers` that divide them.
  enum Column: String { case segment, group = "rfm_group", stage = "lifecycle_stage" }

  /// Figures by the value of the column; customers without one are left out.
  func read(_ column: Column, monthly: Bool) async throws(WarehouseError) -> [SegmentFigures] {
    let name: SQL = "\(identifier: column.rawValue)"
    let table = try await session.query(
      """
      SELECT c.\(name), count(*), sum(c.revenue), sum(c.gross_revenue), CAST(sum(c.orders) AS BIGINT),
        median(CAST(c.days_since_last_purchase AS DOUBLE)),
        count(*) FILTER (c.orders >= 2),
        count(*) FILTER (f.bought_previous_period),
        count(*) FILTER (f.bought_previous_period AND f.bought_this_period),
        CASE WHEN sum(c.gross_revenue) + sum(f.reversed_amount) > 0
          THEN CAST(CAST((sum(c.returned_amount) + sum(f.reversed_amount)) * 10000 AS HUGEINT)
              AS DOUBLE)
            / CAST(CAST((sum(c.gross_revenue) + sum(f.reversed_amount)) * 10000 AS HUGEINT)
              AS DOUBLE) END,
        sum(f.revenue_this_period), sum(f.revenue_previous_period)
      FROM customers AS c JOIN customer_features AS f USING (customer)
      WHERE c.\(name) IS NOT NULL GROUP BY ALL ORDER BY ALL
      """)
    let months = monthly ? try await monthlyRevenue(name) : [:]
    return table.rows.map { row in
      let id = row[0].text ?? ""
      return SegmentFigures(
        id: id, customers: row[1].int ?? 0, revenue: row[2].decimal ?? .zero,
        grossRevenue: row[3].decimal ?? .zero, orders: row[4].int ?? 0,
        medianDaysSinceLastPurchase: row[5].double, repeatCustomers: row[6].int ?? 0,
        boughtPreviousPeriod: row[7].int ?? 0, boughtBothPeriods: row[8].int ?? 0,
        returnedShare: row[9].double, revenueThisPeriod: row[10].decimal ?? .zero,
        revenuePreviousPeriod: row[11].decimal ?? .zero, monthlyRevenue: months[id] ?? [])
    }
  }

  /// The same, where every customer's months are known.
  private func sumsOfMonths(
    _ column: SQL, _ count: Int
  ) async throws(WarehouseError) -> [String: [Double]] {
    let months = (RecentMonths.count - count)..<RecentMonths.count
    let sums = months.map {
      "CAST(sum(f.\(identifier: RecentMonths.column($0))) AS DOUBLE)" as SQL
    }
    let table = try await session.query(
      """
      SELECT c.\(column), \(sums.joined())
      FROM customers AS c JOIN customer_features AS f USING (customer) GROUP BY ALL
      """)
    var result: [String: [Double]] = [:]
    for row in table.rows {
      let revenues = row.dropFirst().compactMap(\.double)
      // A value nobody of whom bought or returned has no line to draw.
      guard let id = row[0].text, revenues.contains(where: { $0 != 0 }) else { continue }
      result[id] = revenues
    }
    return result
  }

  /// Net revenue of each value of the column in up to twelve months that end on `asOf`; fewer when
  /// the first order is younger.
  private func monthlyRevenue(_ column: SQL) async throws(WarehouseError) -> [String: [Double]] {
    guard let firstOrder else { return [:] }
    let count = (1..<12).first { asOf.adding(months: -$0) < firstOrder } ?? 12
    if hasMonths { return try await sumsOfMonths(column, count) }
    let starts = (1...count).reversed().map { asOf.adding(months: -$0) }
    let month = starts.dropFirst().map { "CAST(day > \($0.sqlValue) AS INTEGER)" as SQL }
      .reduce("0") { $0 + " + " + $1 }
    let table = try await session.query(
      """
      SELECT c.\(column), \(month) AS month,
        CAST(sum(o.purchased - o.returned) AS DOUBLE)
      FROM order_history AS o JOIN customers AS c USING (customer)
      WHERE o.day > \(starts[0].sqlValue) AND o.day <= \(asOf.sqlValue)
      GROUP BY ALL
      """)
    var result: [String: [Double]] = [:]
    for row in table.rows {
      guard let id = row[0].text, let month = row[1].int, let revenue = row[2].double else {
        continue
      }
      result[id, default: Array(repeating: 0, count: count)][month] = revenue
    }
    return result.filter { $0.value.contains { $0 != 0 } }
  }
}
