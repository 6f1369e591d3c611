package import SQLBuilder
package import Warehouse

/// What memberships were and how they changed, from the intervals and the change stream of a
/// workspace's store, which is the session's current catalogue.
package struct MembershipHistory: Sendable {
  private let session: any QuerySession

  package init(_ session: any QuerySession) { self.session = session }

  /// The instant to which memberships were last brought, in microseconds; nil before the first.
  package func lastRefresh() async throws -> Int64? {
    try await session.query(
      "SELECT as_of FROM segment_refresh ORDER BY refresh_id DESC LIMIT 1"
    ).rows.first?[0].microseconds
  }

  // MARK: Sizes

  /// Members of each segment at an instant.
  package func sizes(at instant: Int64) async throws -> [Int64: Int] {
    let rows = try await session.query(
      """
      SELECT segment_id, count(*) FROM membership
      WHERE \(Self.isCurrent(at: instant)) GROUP BY segment_id
      """
    ).rows
    return Dictionary(
      rows.map { (Int64($0[0].int ?? 0), $0[1].int ?? 0) }, uniquingKeysWith: { $1 })
  }

  /// The same with how many of the members are persons.
  package func groups(at instant: Int64) async throws -> [Int64: GroupSize] {
    let rows = try await session.query(
      """
      SELECT segment_id, count(*), count(*) FILTER (kind IS DISTINCT FROM 'company')
      FROM membership LEFT JOIN customer USING (customer_id)
      WHERE \(Self.isCurrent(at: instant)) GROUP BY segment_id
      """
    ).rows
    return Dictionary(
      rows.map { row in
        (
          Int64(row[0].int ?? 0),
          GroupSize(customers: row[1].int ?? 0, persons: row[2].int ?? 0)
        )
      }, uniquingKeysWith: { $1 })
  }

  /// One segment at several instants, in their order.
  package func groups(of segment: Int64, at instants: [Int64]) async throws -> [GroupSize] {
    guard !instants.isEmpty else { return [] }
    let asked = instants.enumerated().map { position, instant in
      "(\(position), \(SQLValue.instant(instant)))" as SQL
    }
    let rows = try await session.query(
      """
      WITH asked(position, instant) AS (VALUES \(asked.joined())),
      one AS (
        SELECT entered_at, left_at, kind FROM membership LEFT JOIN customer USING (customer_id)
        WHERE segment_id = \(SQLValue.int(segment)))
      SELECT position, count(entered_at),
        count(entered_at) FILTER (kind IS DISTINCT FROM 'company')
      FROM asked LEFT JOIN one ON entered_at <= instant AND (left_at IS NULL OR left_at > instant)
      GROUP BY position ORDER BY position
      """
    ).rows
    return rows.map { GroupSize(customers: $0[1].int ?? 0, persons: $0[2].int ?? 0) }
  }

  /// A segment over one period.
  package struct Period: Sendable, Hashable {
    /// `[start, end)`, microseconds since the epoch.
    package let start: Int64
    package let end: Int64
    /// Members at the period's last instant.
    package let size: Int
    package let entries: Int
    package let exits: Int
  }

  /// A segment's size, entries and exits in periods that follow each other.
  ///
  /// - Parameter boundaries: ascending instants: n + 1 for n periods.
  package func periods(of segment: Int64, boundaries: [Int64]) async throws -> [Period] {
    guard boundaries.count > 1 else { return [] }
    let periods = zip(boundaries, boundaries.dropFirst()).enumerated().map { position, bounds in
      "(\(position), \(SQLValue.instant(bounds.0)), \(SQLValue.instant(bounds.1)))" as SQL
    }
    let rows = try await session.query(
      """
      WITH period(position, starts, ends) AS (VALUES \(periods.joined())),
      one AS (SELECT * FROM membership WHERE segment_id = \(SQLValue.int(segment)))
      SELECT position,
        count(*) FILTER (entered_at < ends AND (left_at IS NULL OR left_at >= ends)),
        count(*) FILTER (entered_at >= starts AND entered_at < ends),
        count(*) FILTER (left_at >= starts AND left_at < ends)
      FROM period LEFT JOIN one ON entered_at < ends AND (left_at IS NULL OR left_at >= starts)
      GROUP BY position ORDER BY position
      """
    ).rows
    return zip(rows, zip(boundaries, boundaries.dropFirst())).map { row, bounds in
      Period(
        start: bounds.0, end: bounds.1, size: row[1].int ?? 0, entries: row[2].int ?? 0,
        exits: row[3].int ?? 0)
    }
  }

  /// When a segment had its first member; nil when it never had one.
  package func firstEntry(of segment: Int64) async throws -> Int64? {
    try await session.value(
      "SELECT min(entered_at) FROM membership WHERE segment_id = \(SQLValue.int(segment))"
    ).microseconds
  }

  // MARK: Members

  /// The members of a segment at an instant: internal and public ids, since when, and why.
  package func members(of segment: Int64, at instant: Int64) -> SQL {
    """
    SELECT customer_id, public_id, entered_at, entry_reason
    FROM membership JOIN profiled_customer USING (customer_id)
    WHERE segment_id = \(SQLValue.int(segment)) AND \(Self.isCurrent(at: instant))
    ORDER BY customer_id
    """
  }

  // MARK: Transitions

  /// How many customers were in one segment at one instant and in another at the other.
  package struct Transition: Sendable, Hashable {
    /// Nil: in none of the segments asked for.
    package let from: Int64?
    package let to: Int64?
    package let group: GroupSize
  }

  /// The transitions between two instants, for a set of segments. A customer in several segments
  /// counts once for each pair; whoever was in none at both instants is not counted.
  package func transitions(
    of segments: [Int64], from: Int64, to: Int64
  ) async throws -> [Transition] {
    guard !segments.isEmpty else { return [] }
    let ids = segments.map { "\(SQLValue.int($0))" as SQL }.joined()
    let rows = try await session.query(
      """
      WITH earlier AS (
        SELECT customer_id, segment_id FROM membership
        WHERE segment_id IN (\(ids)) AND \(Self.isCurrent(at: from))
      ), later AS (
        SELECT customer_id, segment_id FROM membership
        WHERE segment_id IN (\(ids)) AND \(Self.isCurrent(at: to))
      )
      SELECT earlier.segment_id, later.segment_id, count(*),
        count(*) FILTER (kind IS DISTINCT FROM 'company')
      FROM earlier FULL JOIN later USING (customer_id) LEFT JOIN customer USING (customer_id)
      GROUP BY ALL ORDER BY ALL NULLS LAST
      """
    ).rows
    return rows.map { row in
      Transition(
        from: row[0].int.map(Int64.init), to: row[1].int.map(Int64.init),
        group: GroupSize(customers: row[2].int ?? 0, persons: row[3].int ?? 0))
    }
  }

  // MARK: The change stream

  /// A change as the stream has it.
  package struct StreamedChange: Sendable, Hashable {
    /// Grows along the stream: ask again with the last one seen.
    package let id: Int64
    /// Random and public.
    package let publicID: String
    package let change: MembershipChange
  }

  /// The changes after a place in the stream, in its order, at most `limit`.
  package func changes(after: Int64, limit: Int) async throws -> [StreamedChange] {
    let rows = try await session.query(
      """
      SELECT change_id, segment_id, customer_id, happened_at, has_entered, reason,
        public_id::VARCHAR
      FROM membership_change JOIN (
        SELECT customer_id, public_id FROM profiled_customer
        UNION ALL
        -- Whoever became part of another profile left under the old id.
        SELECT a.customer_id, a.public_id FROM customer_alias AS a
        JOIN profiled_customer AS p ON p.customer_id = a.survivor_id) USING (customer_id)
      WHERE change_id > \(SQLValue.int(after)) ORDER BY change_id LIMIT \(limit)
      """
    ).rows
    return rows.compactMap { row in
      guard let id = row[0].int, let segment = row[1].int, let customer = row[2].int,
        let instant = row[3].microseconds, let hasEntered = row[4].bool,
        let reason = row[5].text.flatMap(MembershipReason.init), let publicID = row[6].text
      else { return nil }
      return StreamedChange(
        id: Int64(id), publicID: publicID,
        change: MembershipChange(
          segment: Int64(segment), customer: Int64(customer), instant: instant,
          hasEntered: hasEntered, reason: reason))
    }
  }

  private static func isCurrent(at instant: Int64) -> SQL {
    let instant = SQLValue.instant(instant)
    return "(entered_at <= \(instant) AND (left_at IS NULL OR left_at > \(instant)))"
  }
}
