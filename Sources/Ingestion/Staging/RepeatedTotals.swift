internal import SQLBuilder
internal import Warehouse

/// Finds files that repeat an order's total on each of its lines, and counts it once.
struct RepeatedTotals {
  let session: any QuerySession

  /// Called for files whose amount is an order's total by its name.
  ///
  /// - Returns: the number of orders of several lines whose total counts once now; 0 when the
  ///   amounts differ within orders and are the lines' own.
  func settle() async throws(IngestionError) -> Int {
    let row = try await session.fetchRow(
      """
      SELECT count(*), count(*) FILTER (least <> most) FROM (
        SELECT min(amount) AS least, max(amount) AS most FROM staged_lines
        WHERE order_ref IS NOT NULL GROUP BY customer, order_ref HAVING count(*) > 1)
      """)
    guard let orders = row[0].int, orders > 0, row[1].int == 0 else { return 0 }
    try await session.perform(
      """
      UPDATE staged_lines SET amount = 0 WHERE order_ref IS NOT NULL AND rowid NOT IN (
        SELECT min(rowid) FROM staged_lines WHERE order_ref IS NOT NULL
        GROUP BY customer, order_ref)
      """)
    return orders
  }
}
