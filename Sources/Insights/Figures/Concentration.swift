internal import SQLBuilder
package import Warehouse

extension RunFigures {
  /// Reads how unequally revenue is spread over the customers with a purchase.
  ///
  /// Gini by the sorted-sample formula G = 2 Σ i·xᵢ / (n Σ xᵢ) − (n + 1) / n, with xᵢ ascending
  /// from i = 1; a negative revenue (more returned than bought) counts as 0. The best p % are whole
  /// customers, rounded up: 868 of 4,338 for 20 %.
  package func concentration(
    from session: any QuerySession
  ) async throws -> RunResult.ConcentrationReport {
    if let session = session as? any ColumnarSession,
      let report = try await sortedConcentration(from: session)
    {
      return report
    }
    // In whole ten-thousandths, because sums of doubles depend on the order of adding; only the
    // customers with whom a whole percentage is reached travel.
    let row = try await session.row(
      """
      WITH ranked AS (
        SELECT CAST(greatest(revenue, 0) * 10000 AS HUGEINT) AS revenue
        FROM customers WHERE orders > 0
      ),
      cumulated AS (
        SELECT revenue, row_number() OVER best AS place, (SELECT count(*) FROM ranked) AS total,
          sum(revenue) OVER (best ROWS UNBOUNDED PRECEDING) AS so_far
        FROM ranked WINDOW best AS (ORDER BY revenue DESC)
      )
      SELECT count(*), sum(revenue), sum((total - place + 1) * revenue),
        min(place) FILTER (5 * so_far >= 4 * (SELECT sum(revenue) FROM ranked)),
        list([CAST(place AS DOUBLE), CAST(so_far AS DOUBLE)] ORDER BY place) FILTER (
          place * 100 // total <> (place - 1) * 100 // total)
      FROM cumulated
      """)
    let count = row[0].int ?? 0
    guard count > 0, let total = row[1].double, total > 0, let weighted = row[2].double else {
      return RunResult.ConcentrationReport(
        gini: nil, revenueShareOfTop: [], customersForEightyPercent: nil)
    }
    let size = Double(count)
    let gini = 2 * weighted / (size * total) - (size + 1) / size
    let known = (row[4].list ?? []).compactMap { $0.list?.compactMap(\.double) }
    return RunResult.ConcentrationReport(
      gini: max(0, gini),
      revenueShareOfTop: curve(known, count: count, total: total),
      customersForEightyPercent: row[3].int.map { Double($0) / size })
  }

  /// The same by sorting in a loop; nil where revenues are not 18 digits at most.
  private func sortedConcentration(
    from session: any ColumnarSession
  ) async throws -> RunResult.ConcentrationReport? {
    let type = try await session.value("SELECT typeof(revenue) FROM customers LIMIT 1")
    guard type.text == "DECIMAL(18,4)" else { return nil }
    let collected = Revenues()
    try await session.streamColumns("SELECT revenue FROM customers WHERE orders > 0") { batch in
      let units = batch.columns[0].values.assumingMemoryBound(to: Int64.self)
      for row in 0..<batch.count { collected.units.append(max(0, units[row])) }
    }
    let best = collected.units.sorted(by: >)
    let count = best.count
    let total = best.reduce(Int128(0)) { $0 + Int128($1) }
    guard total > 0 else {
      return RunResult.ConcentrationReport(
        gini: nil, revenueShareOfTop: [], customersForEightyPercent: nil)
    }
    var soFar: Int128 = 0
    var weighted: Int128 = 0
    var eighty: Int?
    var shares: [Double] = [0]
    for (index, revenue) in best.enumerated() {
      soFar += Int128(revenue)
      weighted += Int128(count - index) * Int128(revenue)
      if eighty == nil, 5 * soFar >= 4 * total { eighty = index + 1 }
      // Whole customers, rounded up, reach each whole percentage.
      while shares.count <= 100, (count * shares.count + 99) / 100 == index + 1 {
        shares.append(min(1, Double(soFar) / Double(total)))
      }
    }
    let size = Double(count)
    let gini = 2 * Double(weighted) / (size * Double(total)) - (size + 1) / size
    return RunResult.ConcentrationReport(
      gini: max(0, gini), revenueShareOfTop: shares,
      customersForEightyPercent: eighty.map { Double($0) / size })
  }

  /// Shares of the best 0, 1 … 100 % of customers. Each known point is (place, revenue of the best
  /// `place` customers).
  private func curve(_ known: [[Double]], count: Int, total: Double) -> [Double] {
    var next = 0
    return (0...100).map { percent in
      guard percent > 0 else { return 0 }
      let place = (count * percent + 99) / 100
      while next + 1 < known.count, Int(known[next][0]) < place { next += 1 }
      return min(1, known[next][1] / total)
    }
  }
}

/// What a stream of revenues adds up in.
// Filled by the session's executor while it streams, read after that.
private final class Revenues: @unchecked Sendable {
  var units: [Int64] = []
}
