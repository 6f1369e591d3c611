internal import CustomerSchema
internal import SQLBuilder
internal import SegmentLanguage
internal import Warehouse

/// Brings memberships from the last refresh to another instant by the definitions and the snapshot
/// that held then. Changes are added to the pending ones.
struct MembershipReplay {
  let session: any QuerySession
  let store: MembershipStore
  let segments: [StoredSegment]
  let program: SegmentProgram
  let last: RefreshState
  let togetherFrom: Int
  let chunk: Int

  struct Done {
    var replayed = 0
    var together = 0
  }

  /// - Parameter tellsEnd: whether `end` itself is told; otherwise everyone is told at it together,
  ///   by what holds from then on.
  func run(to end: Int64, tellsEnd: Bool) async throws -> Done {
    var done = Done()
    let relations = try await TellingSources(session: session).prepare(
      segments, program: program, stem: "applied")
    // Up to here, not included.
    let bound = tellsEnd ? end + 1 : end
    try await findTouched(end: end, relations)
    done.together = try await tellTogether(before: bound, relations)
    try await session.execute(
      """
      INSERT INTO replayed_customer SELECT customer_id FROM next_due
      WHERE due_at < \(SQLValue.instant(bound)) AND customer_id NOT IN (FROM replayed_customer)
        AND customer_id IN (SELECT customer_id FROM profiled_customer)
      """)
    done.replayed = try await session.value("SELECT count(*) FROM replayed_customer").int ?? 0
    try await followEach(to: end, bound: bound, tellsEnd: tellsEnd, relations)
    if tellsEnd { try await closeUnprofiled(at: end) }
    try await store.applyIntervals()
    try await session.execute("DROP TABLE replayed_customer")
    return done
  }

  /// Whoever has new rows, or rows whose instant has come.
  private func findTouched(end: Int64, _ relations: SegmentRelations) async throws {
    var sources: [SQL] = ["SELECT customer_id FROM touched_customer"]
    for table in Set(program.collections.compactMap(\.stream?.table)).sorted() {
      sources.append(
        """
        SELECT customer_id FROM \(identifier: table) WHERE happened_at > \(SQLValue.instant(last.asOf))
          AND happened_at <= \(SQLValue.instant(end))
        """)
    }
    if !program.attributes.isEmpty {
      sources.append(
        """
        SELECT customer_id FROM attribute_history
        WHERE valid_from > \(SQLValue.instant(last.asOf)) AND valid_from <= \(SQLValue.instant(end))
        """)
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE replayed_customer AS
      SELECT DISTINCT customer_id FROM (\(sources.joined(separator: " UNION ALL ")))
      WHERE customer_id IN (SELECT customer_id FROM profiled_customer)
      """)
  }

  /// Tells together those who fall due at one instant and to whom nothing else happens.
  private func tellTogether(
    before bound: Int64, _ relations: SegmentRelations
  ) async throws -> Int {
    var instants = 0
    while true {
      let rows = try await session.query(
        """
        SELECT due_at FROM next_due
        WHERE due_at < \(SQLValue.instant(bound)) AND customer_id NOT IN (FROM replayed_customer)
          AND customer_id IN (SELECT customer_id FROM profiled_customer)
        GROUP BY due_at HAVING count(*) >= \(togetherFrom) ORDER BY due_at LIMIT 1
        """
      ).rows
      guard let instant = rows.first?[0].microseconds else { return instants }
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE due_customer AS SELECT customer_id FROM next_due
        WHERE due_at = \(SQLValue.instant(instant)) AND customer_id NOT IN (FROM replayed_customer)
          AND customer_id IN (SELECT customer_id FROM profiled_customer)
        """)
      var told = relations
      told.customers = "due_customer"
      let answers = SetBasedAnswers(session: session, program: program, relations: told)
      try await answers.tell(asOf: instant, snapshot: last.snapshot)
      try await answers.addChanges(
        at: instant, among: "AND customer_id IN (FROM due_customer)", reason: "'time'")
      try await session.execute(
        "DELETE FROM next_due WHERE customer_id IN (FROM due_customer)")
      try await session.execute(
        "INSERT INTO next_due SELECT customer_id, next_due FROM told WHERE next_due IS NOT NULL")
      try await answers.clear()
      // What comes next of them is told against these memberships.
      try await store.applyIntervals()
      instants += 1
    }
  }

  private func followEach(
    to end: Int64, bound: Int64, tellsEnd: Bool, _ relations: SegmentRelations
  ) async throws {
    var follower = CustomerFollower(program, snapshot: last.snapshot)
    let loader = CustomerLoader(session, program, try await gathered(relations))
    let told = CustomerLoader.Told(
      asOf: last.asOf, row: last.absorbedRow, customer: last.absorbedCustomer)
    var after: Int64 = -1
    while !program.rules.isEmpty {
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE loaded_customer AS SELECT customer_id FROM replayed_customer
        WHERE customer_id > \(SQLValue.int(after)) ORDER BY customer_id LIMIT \(chunk)
        """)
      let customers = try await loader.load("loaded_customer", told: told)
      guard let lastID = customers.last?.id else { break }
      after = lastID
      let touched = Set(
        try await session.query(
          """
          SELECT DISTINCT customer_id FROM touched_customer
          WHERE customer_id IN (FROM loaded_customer)
          """
        ).rows.compactMap { $0[0].int.map(Int64.init) })
      var changes: [MembershipChange] = []
      var dues = NumberRows(columns: 2)
      for var customer in customers {
        var state = follower.state(members: customer.members, due: customer.nextDue ?? .max)
        // Whoever was touched is told at the end once, with what came late.
        let isTouched = tellsEnd && touched.contains(customer.id)
        var next = follower.follow(
          &customer, until: isTouched ? end : bound, &state, &changes)
        if isTouched {
          for late in customer.late { late.apply(to: &customer.record, loader.layout) }
          follower.step(
            &customer.record, &state, customer: customer.id, at: end, subjects: [],
            tellsAll: true, &changes)
          next = min(state.earliest, customer.schedule.first { $0.instant > end }?.instant ?? .max)
        }
        if next < .max { dues.append(customer.id, next) }
      }
      changes.sort()
      try await store.add(changes)
      try await write(dues)
    }
    try await session.execute("DROP TABLE IF EXISTS loaded_customer")
    try await scatter()
  }

  /// What is read of those who are followed, gathered once where they are loaded in several chunks:
  /// a chunk then reads its own part instead of everyone's rows.
  private func gathered(_ relations: SegmentRelations) async throws -> SegmentRelations {
    let count = try await session.value("SELECT count(*) FROM replayed_customer").int ?? 0
    guard count > chunk else { return relations }
    var result = relations
    let isFollowed: SQL = "customer_id IN (FROM replayed_customer)"
    for table in Set(program.collections.compactMap(\.stream?.table)).sorted() {
      let name = "gathered_\(table)"
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE \(identifier: name) AS
        FROM \(relations.table(table)) WHERE \(isFollowed) ORDER BY customer_id
        """)
      result.tables[table] = "\(identifier: name)"
    }
    for (source, name, keys) in [
      (relations.history, "gathered_history", "customer_id, valid_from, row_id"),
      (relations.memberships, "gathered_membership", "customer_id, entered_at"),
    ] as [(SQL, String, SQL)] {
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE \(identifier: name) AS
        FROM \(source) WHERE \(isFollowed) ORDER BY \(keys)
        """)
    }
    result.history = "gathered_history"
    result.memberships = "gathered_membership"
    return result
  }

  /// Drops what `gathered` made.
  private func scatter() async throws {
    let tables = Set(program.collections.compactMap(\.stream?.table)).sorted()
    for name in tables + ["history", "membership"] {
      try await session.execute("DROP TABLE IF EXISTS \(identifier: "gathered_\(name)")")
    }
  }

  private func write(_ dues: NumberRows) async throws {
    try await session.execute("DELETE FROM next_due WHERE customer_id IN (FROM loaded_customer)")
    try await dues.write(to: "found_due", columns: ["customer_id", "due"], in: session)
    try await session.execute(
      "INSERT INTO next_due SELECT customer_id, make_timestamptz(due) FROM found_due")
    try await session.execute("DROP TABLE found_due")
  }

  /// Whoever may no longer be profiled is a member of nothing.
  private func closeUnprofiled(at end: Int64) async throws {
    try await session.execute(
      """
      INSERT INTO pending_change
      SELECT \(SQLValue.instant(end)), segment_id, customer_id, false, 'data' FROM membership
      WHERE left_at IS NULL AND customer_id NOT IN (SELECT customer_id FROM profiled_customer)
      """)
    try await session.execute(
      """
      DELETE FROM next_due
      WHERE customer_id NOT IN (SELECT customer_id FROM profiled_customer)
      """)
  }
}
