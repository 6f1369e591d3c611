internal import CustomerSchema
internal import Foundation
internal import SQLBuilder
package import SegmentLanguage
package import Warehouse

/// Memberships that follow single events and the clock, between refreshes.
///
/// One writer: whoever holds it calls it from one place at a time. Customers are loaded on demand
/// and kept in memory up to `capacity`; what has been found is written by `flush`, in one
/// transaction. Definitions and the population snapshot are those of the last refresh: after a
/// refresh a new one is opened.
package final class LiveMembership {
  private struct Entry {
    var record: CustomerRecord
    var state: CustomerFollower.State
    /// Instants of rows that have not come yet, ascending.
    var schedule: [ScheduledChange]
    var isNew: Bool
    var lastUse: UInt64

    var next: Int64 { min(state.earliest, schedule.first?.instant ?? .max) }
  }

  private let session: any QuerySession
  private let program: SegmentProgram
  private let loader: CustomerLoader
  private var follower: CustomerFollower
  private let snapshot: PopulationSnapshot
  private let versions: [(segment: Int64, version: Int)]
  private let collections: [String: Int]
  private let attributes: [String: Int]
  private let capacity: Int

  private var entries: [Int64: Entry] = [:]
  private var timers = TimerQueue()
  /// Timers before this instant are in the queue.
  private var sliceEnd: Int64
  private var uses: UInt64 = 0
  private var changes: [MembershipChange] = []
  private var dirty: Set<Int64> = []
  /// The last refresh, and the refresh that stands for this stretch of live evaluation.
  private let last: RefreshState
  private var refresh: Int64?
  private var counts = (entries: 0, exits: 0)
  private var lastChange: Int64
  private var toldCustomer: Int64

  /// Up to here everything has been told, in µs since 1970.
  package private(set) var clock: Int64
  /// Entries and exits found and not written yet.
  package var pendingChanges: Int { changes.count }
  /// Customers in memory.
  package var loadedCustomers: Int { entries.count }

  /// Timers are loaded from the store for so long at a time: an hour.
  private static let slice: Int64 = 3_600_000_000

  /// Opens live evaluation where the last refresh, or the last flush, left memberships.
  ///
  /// - Parameters:
  ///   - session: whose current catalogue is the store.
  ///   - capacity: customers kept in memory after a flush.
  /// - Throws: `SegmentsError.neverRefreshed`, `.stored`; `WarehouseError`.
  package static func open(
    _ session: any QuerySession, _ language: RuleLanguage, _ clock: WorkspaceClock,
    capacity: Int = 100_000
  ) async throws -> LiveMembership {
    guard let last = try await RefreshState.last(in: session) else {
      throw SegmentsError.neverRefreshed
    }
    let segments = try await SegmentCatalogue(session, language).appliedSegments()
    let program = try SegmentProgram(segments, language.schema, clock)
    let relations = try await TellingSources(session: session).prepare(
      segments, program: program, stem: "live")
    return LiveMembership(
      session, program, CustomerLoader(session, program, relations), last,
      versions: segments.map { ($0.id, $0.version) }, capacity: capacity)
  }

  private init(
    _ session: any QuerySession, _ program: SegmentProgram, _ loader: CustomerLoader,
    _ last: RefreshState, versions: [(segment: Int64, version: Int)], capacity: Int
  ) {
    self.session = session
    self.program = program
    self.loader = loader
    self.last = last
    self.versions = versions
    self.capacity = capacity
    snapshot = last.snapshot
    follower = CustomerFollower(program, snapshot: last.snapshot)
    collections = Dictionary(
      program.collections.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    attributes = Dictionary(
      program.attributes.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    clock = last.asOf
    sliceEnd = last.asOf
    lastChange = last.lastChange
    toldCustomer = last.absorbedCustomer
  }

  // MARK: Customers

  package func isLoaded(_ customer: Int64) -> Bool { entries[customer] != nil }

  /// Brings customers into memory; those who are there already stay as they are.
  package func load(_ customers: [Int64]) async throws {
    let missing = Array(Set(customers.filter { entries[$0] == nil })).sorted()
    guard !missing.isEmpty else { return }
    var rows = NumberRows(columns: 1)
    rows.columns[0] = missing
    try await rows.write(to: "live_customer", columns: ["customer_id"], in: session)
    // Whatever the store has has been told: what comes later comes through `absorb`.
    let told = CustomerLoader.Told(asOf: clock, row: .max, customer: toldCustomer)
    for customer in try await loader.load("live_customer", told: told) {
      let state = follower.state(members: customer.members, due: customer.nextDue ?? .max)
      let entry = Entry(
        record: customer.record, state: state, schedule: customer.schedule, isNew: customer.isNew,
        lastUse: uses)
      entries[customer.id] = entry
      arm(customer.id, entry.next)
    }
  }

  private func arm(_ customer: Int64, _ due: Int64) {
    if due < sliceEnd { timers.insert(TimerQueue.Timer(due: due, customer: customer)) }
  }

  // MARK: Events

  /// Takes in what has become known, at the clock: what happened before the clock's instant takes
  /// effect now, what lies ahead waits for its instant.
  ///
  /// - Parameters:
  ///   - change: of a customer who is loaded.
  ///   - now: not before the clock.
  /// - Returns: who entered and left what.
  package func absorb(_ change: LiveChange, now: Int64) -> [MembershipChange] {
    precondition(now >= clock, "the clock does not run backwards")
    guard var entry = entries.removeValue(forKey: change.customer) else {
      preconditionFailure("absorb is for customers who are loaded")
    }
    let before = changes.count
    let told = clock
    uses += 1
    entry.lastUse = uses
    clock = now
    let subject = apply(change, to: &entry.record)
    if change.instant > now {
      if let subject {
        let place =
          entry.schedule.firstIndex { $0.instant > change.instant } ?? entry.schedule.count
        entry.schedule.insert(ScheduledChange(instant: change.instant, subject: subject), at: place)
      }
    } else {
      let instant = change.instant > told ? change.instant : now
      // The row is in the record already, but not before its own instant.
      follow(&entry, change.customer, until: instant)
      step(&entry, change.customer, at: instant, [subject].compactMap(\.self))
    }
    arm(change.customer, entry.next)
    entries[change.customer] = entry
    dirty.insert(change.customer)
    return Array(changes[before...])
  }

  /// Nil for a stream or attribute that no rule reads.
  private func apply(_ change: LiveChange, to record: inout CustomerRecord) -> ChangeSubject? {
    switch change.content {
    case .row(let stream, let local, let source, let key, let fields):
      guard let index = collections[stream] else { return nil }
      let values = loader.layout.collections[index].columns.map { field in
        RecordValue(fields[field.id] ?? .null, field.type)
      }
      record.append(
        index, at: change.instant, local: local, source: source, key: key, values)
      return .rows(index)
    case .attribute(let id, let value):
      guard let index = attributes[id] else { return nil }
      record.set(
        index,
        to: RecordValue(
          value, loader.layout.attributes[index].type, layout: loader.layout, attribute: index),
        from: change.instant, loader.layout)
      return .attribute(index)
    }
  }

  private func step(
    _ entry: inout Entry, _ customer: Int64, at instant: Int64, _ subjects: [ChangeSubject]
  ) {
    follower.step(
      &entry.record, &entry.state, customer: customer, at: instant, subjects: subjects,
      tellsAll: entry.isNew, &changes)
    entry.isNew = false
  }

  /// Fires what falls due before an instant.
  private func follow(_ entry: inout Entry, _ customer: Int64, until end: Int64) {
    while entry.next < end {
      let instant = entry.next
      var subjects: [ChangeSubject] = []
      while let first = entry.schedule.first, first.instant == instant {
        subjects.append(first.subject)
        entry.schedule.removeFirst()
      }
      step(&entry, customer, at: instant, subjects)
    }
  }

  // MARK: The clock

  /// Moves the clock and fires every timer up to and including the instant.
  ///
  /// - Returns: who entered and left what.
  package func advance(to instant: Int64) async throws -> [MembershipChange] {
    precondition(instant >= clock, "the clock does not run backwards")
    let before = changes.count
    while true {
      try await fire(through: min(instant, sliceEnd - 1))
      guard instant >= sliceEnd else { break }
      try await loadSlice(through: instant)
    }
    clock = instant
    return Array(changes[before...])
  }

  private func fire(through end: Int64) async throws {
    while let first = timers.first, first.due <= end {
      var due: Set<Int64> = []
      while let next = timers.first, next.due <= end, due.count < 2_000 {
        _ = timers.removeFirst()
        due.insert(next.customer)
      }
      try await load(due.filter { entries[$0] == nil })
      for customer in due.sorted() {
        guard var entry = entries.removeValue(forKey: customer) else { continue }
        if entry.next <= end {
          uses += 1
          entry.lastUse = uses
          follow(&entry, customer, until: end + 1)
          dirty.insert(customer)
          arm(customer, entry.next)
        }
        entries[customer] = entry
      }
    }
  }

  /// Puts the timers of the next slice into the queue: from memory for those who are loaded, from
  /// the store for the others.
  private func loadSlice(through instant: Int64) async throws {
    let start = sliceEnd
    // A clock that jumps does not load one slice after the other.
    sliceEnd = max(start, instant) + Self.slice
    let rows = try await session.query(
      """
      SELECT customer_id, due_at FROM next_due WHERE due_at < \(SQLValue.instant(sliceEnd))
      """
    ).rows
    for row in rows {
      guard let customer = row[0].int.map(Int64.init), entries[customer] == nil,
        let due = row[1].microseconds
      else { continue }
      timers.insert(TimerQueue.Timer(due: due, customer: customer))
    }
    for (customer, entry) in entries where entry.next < sliceEnd {
      timers.insert(TimerQueue.Timer(due: entry.next, customer: customer))
    }
  }

  // MARK: The store

  /// Writes what has been found since the last flush, in one transaction.
  ///
  /// - Parameter body: writes, in the same transaction, the rows and values that were absorbed.
  package func flush(_ body: () async throws -> Void = {}) async throws {
    let collapsed = Self.collapsed(changes)
    let firsts = dirty.filter { $0 > toldCustomer }
    let told = firsts.max() ?? toldCustomer
    let written = try await session.transaction {
      try await body()
      return try await write(collapsed, told: told)
    }
    refresh = written.refresh
    counts.entries += written.entries
    counts.exits += written.exits
    lastChange = written.lastChange
    toldCustomer = told
    changes.removeAll(keepingCapacity: true)
    dirty.removeAll(keepingCapacity: true)
    evict()
  }

  private struct Flushed: Sendable {
    let refresh: Int64
    let entries: Int
    let exits: Int
    let lastChange: Int64
  }

  private func write(_ changes: [MembershipChange], told: Int64) async throws -> Flushed {
    let store = MembershipStore(session)
    let isFirst = refresh == nil
    let id: Int64
    if let refresh {
      id = refresh
    } else {
      id = Int64(try await session.value("SELECT nextval('segment_refresh_ids')").int ?? 0)
    }
    try await store.begin()
    try await store.add(changes)
    try await store.applyIntervals()
    let written = try await store.appendToStream(refresh: id, after: lastChange)
    try await writeDues()
    let marks = try await RefreshState.marks(in: session)
    let refreshID = SQLValue.int(id)
    for table: SQL in ["segment_refresh", "segment_size", "population_snapshot"] where !isFirst {
      try await session.execute("DELETE FROM \(table) WHERE refresh_id = \(refreshID)")
    }
    try await session.execute(
      """
      INSERT INTO segment_refresh VALUES (\(refreshID), \(SQLValue.instant(clock)), now(), true,
        \(SQLValue.int(marks.row)), \(SQLValue.int(last.absorbedChange)), \(SQLValue.int(told)),
        0, 0, \(counts.entries + written.entries), \(counts.exits + written.exits),
        \(SQLValue.int(written.lastChange)))
      """)
    let values = versions.map { "(\(SQLValue.int($0.segment)), \($0.version))" as SQL }
    if !values.isEmpty {
      try await session.execute(
        """
        INSERT INTO segment_size
        SELECT \(refreshID), segment_id, version,
          (SELECT count(*) FROM membership
            WHERE left_at IS NULL AND membership.segment_id = v.segment_id)
        FROM (VALUES \(values.joined())) AS v(segment_id, version)
        """)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let content = String(decoding: try encoder.encode(snapshot), as: UTF8.self)
    try await session.execute("INSERT INTO population_snapshot VALUES (\(refreshID), \(content))")
    return Flushed(
      refresh: id, entries: written.entries, exits: written.exits, lastChange: written.lastChange)
  }

  private func writeDues() async throws {
    let customers = dirty.sorted()
    guard !customers.isEmpty else { return }
    var rows = NumberRows(columns: 2)
    for customer in customers { rows.append(customer, entries[customer]?.next ?? .max) }
    try await rows.write(to: "live_due", columns: ["customer_id", "due"], in: session)
    try await session.execute(
      "DELETE FROM next_due WHERE customer_id IN (SELECT customer_id FROM live_due)")
    try await session.execute(
      """
      INSERT INTO next_due SELECT customer_id, make_timestamptz(due) FROM live_due
      WHERE due < \(SQLValue.int(.max))
      """)
    try await session.execute("DROP TABLE live_due")
  }

  /// Without what was taken back at the very instant at which it was said.
  static func collapsed(_ changes: [MembershipChange]) -> [MembershipChange] {
    struct Pair: Hashable {
      let segment: Int64
      let customer: Int64
    }
    var latest: [Pair: Int] = [:]
    var kept: [MembershipChange?] = []
    for change in changes {
      let pair = Pair(segment: change.segment, customer: change.customer)
      if let index = latest[pair], kept[index]?.instant == change.instant {
        kept[index] = nil
        latest[pair] = nil
      } else {
        latest[pair] = kept.count
        kept.append(change)
      }
    }
    return kept.compactMap(\.self)
  }

  /// Lets those go who have not been used for longest.
  private func evict() {
    guard entries.count > capacity else { return }
    let keep = capacity * 9 / 10
    for (customer, _) in entries.sorted(by: { $0.value.lastUse < $1.value.lastUse })
      .prefix(entries.count - keep)
    {
      entries[customer] = nil
    }
  }
}
