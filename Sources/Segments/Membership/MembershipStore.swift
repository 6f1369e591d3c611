internal import SQLBuilder
package import Warehouse

/// Writes memberships and their change stream. Its callers hold the transaction.
package struct MembershipStore: Sendable {
  private let session: any QuerySession

  package init(_ session: any QuerySession) { self.session = session }

  /// Makes the temporary tables that collect changes: those whose intervals are still to be
  /// written, and those still to be appended to the stream.
  package func begin() async throws {
    for table: SQL in ["pending_change", "stream_change"] {
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE \(table) (
          happened_at TIMESTAMPTZ, segment_id BIGINT, customer_id BIGINT, has_entered BOOLEAN,
          reason VARCHAR)
        """)
    }
  }

  /// Adds changes found one by one.
  package func add(_ changes: [MembershipChange]) async throws {
    guard !changes.isEmpty else { return }
    let reasons = MembershipReason.allCases
    var rows = NumberRows(columns: 5)
    for change in changes {
      rows.append(
        change.instant, change.segment, change.customer, change.hasEntered ? 1 : 0,
        Int64(reasons.firstIndex(of: change.reason) ?? 0))
    }
    try await rows.write(
      to: "found_change",
      columns: ["happened", "segment_id", "customer_id", "has_entered", "reason"], in: session)
    let words = reasons.map { "\($0.rawValue)" as SQL }.joined()
    try await session.execute(
      """
      INSERT INTO pending_change
      SELECT make_timestamptz(happened), segment_id, customer_id, has_entered = 1,
        [\(words)][reason + 1]
      FROM found_change
      """)
    try await session.execute("DROP TABLE found_change")
  }

  /// Closes and opens intervals by the pending changes.
  ///
  /// A customer may enter and leave a segment several times: each entry pairs with the exit that
  /// follows it, and an exit without one before closes the interval that was open.
  package func applyIntervals() async throws {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE paired_change AS
      SELECT *, lead(happened_at) OVER each_pair AS next_at,
        lead(reason) OVER each_pair AS next_reason, row_number() OVER each_pair AS place
      FROM pending_change
      WINDOW each_pair AS (PARTITION BY segment_id, customer_id ORDER BY happened_at)
      """)
    try await session.execute(
      """
      UPDATE membership SET left_at = paired_change.happened_at, exit_reason = paired_change.reason
      FROM paired_change
      WHERE membership.segment_id = paired_change.segment_id
        AND membership.customer_id = paired_change.customer_id
        AND membership.left_at IS NULL AND place = 1 AND NOT has_entered
      """)
    try await session.execute(
      """
      INSERT INTO membership
      SELECT segment_id, customer_id, happened_at, next_at, reason, next_reason
      FROM paired_change WHERE has_entered
      """)
    try await session.execute("DROP TABLE paired_change")
    try await session.execute("INSERT INTO stream_change FROM pending_change")
    try await session.execute("DELETE FROM pending_change")
  }

  /// What was written.
  package struct Written: Sendable, Hashable {
    package let entries: Int
    package let exits: Int
    /// The stream's last change now.
    package let lastChange: Int64
  }

  /// Appends the changes whose intervals have been written to the stream, in its order.
  ///
  /// - Parameter last: the stream's last change so far.
  package func appendToStream(refresh: Int64, after last: Int64) async throws -> Written {
    try await session.execute(
      """
      INSERT INTO membership_change
      SELECT \(SQLValue.int(last)) + row_number() OVER (
          ORDER BY happened_at, customer_id, segment_id, has_entered),
        \(SQLValue.int(refresh)), happened_at, segment_id, customer_id, has_entered, reason
      FROM stream_change
      """)
    let counts = try await session.row(
      """
      SELECT count(*) FILTER (has_entered), count(*) FILTER (NOT has_entered)
      FROM stream_change
      """)
    for table: SQL in ["pending_change", "stream_change"] {
      try await session.execute("DROP TABLE \(table)")
    }
    let entries = counts[0].int ?? 0
    let exits = counts[1].int ?? 0
    return Written(entries: entries, exits: exits, lastChange: last + Int64(entries + exits))
  }
}
