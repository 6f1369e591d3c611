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

  /// A number above those of all rows so far and below those of all to come, and the last touch
  /// that nothing has absorbed; nil for none. What the engine tells of a sequence would not do: a
  /// store that was opened again says one more than the same store before.
  static func marks(in session: any QuerySession) async throws -> (row: Int64, change: Int64?) {
    let row = try await session.row(
      "SELECT nextval('row_ids'), (SELECT max(change_id) FROM touched_customer)")
    return (Int64(row[0].int ?? 0), row[1].int.map { Int64($0) })
  }
}
