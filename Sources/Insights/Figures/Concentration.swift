internal import SQLBuilder
internal import Warehouse

extension RunResult.ConcentrationReport {
  /// Reads how unequally revenue is spread over the customers with a purchase.
  ///
  /// Gini by the sorted-sample formula G = 2 Σ i·xᵢ / (n Σ xᵢ) − (n + 1) / n, with xᵢ ascending
  /// from i = 1; a negative revenue (more returned than bought) counts as 0. The share of the best
  /// customers is interpolated linearly between customers, as a Lorenz curve is.
  static func read(
    from session: any QuerySession
  ) async throws(WarehouseError) -> RunResult.ConcentrationReport {
    // Only the customers just before each whole percentage travel.
    let row = try await session.row(
      """
      WITH ranked AS (
        SELECT greatest(CAST(revenue AS DOUBLE), 0) AS revenue FROM customers WHERE orders > 0
      ),
      cumulated AS (
        SELECT revenue, row_number() OVER best AS place, count(*) OVER () AS total,
          sum(revenue) OVER (best ROWS UNBOUNDED PRECEDING) AS so_far,
          lead(revenue, 1, 0) OVER best AS next_revenue
        FROM ranked WINDOW best AS (ORDER BY revenue DESC)
      )
      SELECT count(*), sum(revenue), sum((total - place + 1) * revenue),
        min(place) FILTER (so_far >= 0.8 * (SELECT sum(revenue) FROM ranked)),
        list([CAST(place AS DOUBLE), so_far, next_revenue] ORDER BY place) FILTER (
          place = total OR place * 100 // total <> (place + 1) * 100 // total),
        max(revenue)
      FROM cumulated
      """)
    let count = row[0].int ?? 0
    guard count > 0, let total = row[1].double, total > 0, let weighted = row[2].double else {
      return RunResult.ConcentrationReport(
        gini: nil, revenueShareOfTop: [], customersFor80Percent: nil)
    }
    let size = Double(count)
    let gini = 2 * weighted / (size * total) - (size + 1) / size
    let known = (row[4].list ?? []).compactMap { $0.list?.compactMap(\.double) }
    let start = [0, 0, row[5].double ?? 0]
    return RunResult.ConcentrationReport(
      gini: max(0, gini),
      revenueShareOfTop: curve([start] + known, count: size, total: total),
      customersFor80Percent: row[3].int.map { Double($0) / size })
  }

  /// Shares at 0, 1 … 100 % of customers. Each known point is (place, revenue of the best `place`
  /// customers, revenue of the next one); between two customers the share is interpolated.
  private static func curve(_ known: [[Double]], count: Double, total: Double) -> [Double] {
    var next = 0
    return (0...100).map { percent in
      let place = count * Double(percent) / 100
      while next + 1 < known.count, known[next + 1][0] <= place { next += 1 }
      let point = known[next]
      return min(1, (point[1] + (place - point[0]) * point[2]) / total)
    }
  }
}
