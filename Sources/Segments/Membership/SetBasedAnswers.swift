internal import CustomerSchema
internal import SQLBuilder
internal import SegmentLanguage
internal import Warehouse

/// Tells many customers together, at one instant, and what that changes.
struct SetBasedAnswers {
  let session: any QuerySession
  let program: SegmentProgram
  let relations: SegmentRelations

  /// Makes the temporary table `told` (`customer_id`, `m0`…, `next_due`) and `told_member`
  /// (`segment_id`, `customer_id`).
  func tell(asOf: Int64, snapshot: PopulationSnapshot) async throws {
    let printer = SQLPrinter(program, relations: relations)
    guard !program.rules.isEmpty else {
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE told AS
        SELECT customer_id, NULL::TIMESTAMPTZ AS next_due FROM \(relations.customers) LIMIT 0
        """)
      try await session.execute(
        "CREATE OR REPLACE TEMP TABLE told_member (customer_id BIGINT, segment_id BIGINT)")
      return
    }
    try await session.execute(
      "CREATE OR REPLACE TEMP TABLE told AS \(printer.answers(asOf: asOf, snapshot: snapshot))")
    let ids = program.rules.enumerated().map { index, rule in
      "CASE WHEN \(identifier: "m\(index)") THEN \(SQLValue.int(rule.id))::BIGINT END" as SQL
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE told_member AS
      SELECT customer_id, segment_id
      FROM (SELECT customer_id, unnest([\(ids.joined())]) AS segment_id FROM told)
      WHERE segment_id IS NOT NULL
      """)
  }

  /// Adds to the pending changes what `told_member` says otherwise than the open memberships.
  ///
  /// - Parameters:
  ///   - customers: whose memberships are compared.
  ///   - reason: of a change, from the columns `segment_id` and `customer_id`.
  func addChanges(at instant: Int64, among customers: SQL, reason: SQL) async throws {
    let instant = SQLValue.instant(instant)
    try await session.execute(
      """
      INSERT INTO pending_change
      SELECT \(instant), segment_id, customer_id, true, \(reason)
      FROM told_member AS one
      WHERE NOT EXISTS (
        FROM membership WHERE left_at IS NULL AND membership.segment_id = one.segment_id
          AND membership.customer_id = one.customer_id)
      """)
    try await session.execute(
      """
      INSERT INTO pending_change
      SELECT \(instant), segment_id, customer_id, false,
        CASE WHEN customer_id IN (SELECT customer_id FROM customer_alias) THEN 'identity'
          ELSE \(reason) END
      FROM membership AS one
      WHERE left_at IS NULL \(customers)
        AND NOT EXISTS (
          FROM told_member WHERE told_member.segment_id = one.segment_id
            AND told_member.customer_id = one.customer_id)
      """)
  }

  func clear() async throws {
    try await session.execute("DROP TABLE IF EXISTS told")
    try await session.execute("DROP TABLE IF EXISTS told_member")
  }
}
