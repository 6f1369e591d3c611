internal import SQLBuilder
internal import Warehouse

/// Whether no order id of `staged_lines` comes twice, exactly, and without a group per order
/// where that is possible.
struct OrderUniqueness {
  let session: any QuerySession

  /// - Parameter isNumber: whether ids are held as whole numbers.
  func holds(isNumber: Bool) async throws(IngestionError) -> Bool {
    // Files of order lines show it at once.
    let early = try await session.fetchRow(
      """
      SELECT count(order_ref), count(DISTINCT order_ref)
      FROM (SELECT order_ref FROM staged_lines LIMIT 20000)
      """)
    guard early[0] == early[1] else { return false }
    if isNumber, let unique = try await bits() { return unique }
    return try await groups()
  }

  /// One bit per possible number, where numbers are dense enough; nil where they are not.
  private func bits() async throws(IngestionError) -> Bool? {
    let row = try await session.fetchRow(
      "SELECT count(order_ref), min(order_ref), max(order_ref) FROM staged_lines")
    guard let count = row[0].int, let least = row[1].int, let most = row[2].int else {
      return row[0].int == 0 ? true : nil
    }
    let (span, overflow) = most.subtractingReportingOverflow(least)
    guard !overflow, span < max(1 << 20, count * 64), span < 1 << 32 else { return nil }
    let set = try await session.fetchInt(
      """
      SELECT bit_count(bitstring_agg(order_ref, \(number: least)::BIGINT, \(number: most)::BIGINT))
      FROM staged_lines WHERE order_ref IS NOT NULL
      """)
    return set == count
  }

  /// Groups by hash, a part at a time so that memory stays bounded; equal hashes are settled by
  /// the ids themselves.
  private func groups() async throws(IngestionError) -> Bool {
    let count = try await session.fetchInt("SELECT count(order_ref) FROM staged_lines")
    let parts = max(1, count / 2_000_000)
    for part in 0..<parts {
      let inPart: SQL = """
        order_ref IS NOT NULL AND hash(order_ref) % \(number: parts) = \(number: part)
        """
      let repeated = try await session.fetchInt(
        """
        SELECT count(*) FROM (
          SELECT hash(order_ref) AS h FROM staged_lines WHERE \(inPart)
          GROUP BY h HAVING count(*) > 1)
        """)
      guard repeated > 0 else { continue }
      let really = try await session.fetchInt(
        """
        SELECT count(*) FROM (
          SELECT order_ref FROM staged_lines WHERE \(inPart)
          GROUP BY order_ref HAVING count(*) > 1)
        """)
      if really > 0 { return false }
    }
    return true
  }
}
