internal import SQLBuilder
internal import SegmentLanguage
internal import Foundation
internal import Warehouse

/// Where the last refresh left memberships.
struct RefreshState {
  let id: Int64
  let asOf: Int64
  /// Rows up to this one have been absorbed.
  let absorbedRow: Int64
  let absorbedChange: Int64
  /// Customers up to this one have been told before.
  let absorbedCustomer: Int64
  let lastChange: Int64
  let snapshot: PopulationSnapshot
  let isLive: Bool

  /// Nil before the first refresh.
  static func last(in session: any QuerySession) async throws -> RefreshState? {
    let rows = try await session.query(
      """
      SELECT refresh_id, as_of, absorbed_row, absorbed_change, absorbed_customer, last_change, content, is_live
      FROM segment_refresh LEFT JOIN population_snapshot USING (refresh_id)
      ORDER BY refresh_id DESC LIMIT 1
      """
    ).rows
    guard let row = rows.first, let id = row[0].int, let asOf = row[1].microseconds else {
      return nil
    }
    let snapshot = try row[6].text.map {
      try JSONDecoder().decode(PopulationSnapshot.self, from: Data($0.utf8))
    }
    return RefreshState(
      id: Int64(id), asOf: asOf, absorbedRow: Int64(row[2].int ?? 0),
      absorbedChange: Int64(row[3].int ?? 0), absorbedCustomer: Int64(row[4].int ?? 0),
      lastChange: Int64(row[5].int ?? 0),
      snapshot: snapshot ?? .empty, isLive: row[7].bool ?? false)
  }

  /// What has been absorbed into the tables by now: the last row and the last touch.
  static func marks(in session: any QuerySession) async throws -> (row: Int64, change: Int64) {
    let rows = try await session.query(
      """
      SELECT sequence_name, last_value FROM duckdb_sequences()
      WHERE database_name = current_database() AND sequence_name IN ('row_ids', 'change_ids')
      """
    ).rows
    func last(_ name: String) -> Int64 {
      Int64(rows.first { $0[0].text == name }?[1].int ?? 0)
    }
    return (last("row_ids"), last("change_ids"))
  }
}
