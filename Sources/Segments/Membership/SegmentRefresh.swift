internal import Foundation
internal import SQLBuilder
package import SegmentLanguage
package import Warehouse

/// Brings every segment from the instant of the last refresh to another, in one transaction.
///
/// Between the two instants the definitions and the population snapshot of the last refresh hold:
/// customers who were touched or fall due are followed one by one, so that intervals carry the
/// true instants; where many fall due at one instant they are told together. At the new instant new
/// definitions, a new snapshot and new scores take effect, for everyone together.
package struct SegmentRefresh: Sendable {
  private let session: any QuerySession
  private let language: RuleLanguage
  private let clock: WorkspaceClock
  /// From how many customers on, due at one instant, they are told together.
  package var togetherFrom = 5_000
  /// Customers loaded at a time.
  package var chunk = 4_000
  /// Computes scores as of the new instant and writes them as attributes; returns whether it did.
  package var updateScores: (@Sendable (any QuerySession, Int64) async throws -> Bool)?

  package init(_ session: any QuerySession, _ language: RuleLanguage, _ clock: WorkspaceClock) {
    self.session = session
    self.language = language
    self.clock = clock
  }

  /// What a refresh did.
  package struct Report: Sendable, Hashable {
    package let asOf: Int64
    /// Of the refresh before; nil for the first.
    package let previous: Int64?
    /// Whether there was anything to do.
    package let changed: Bool
    package var entries = 0
    package var exits = 0
    /// Customers followed one by one.
    package var replayed = 0
    /// Instants at which many were told together.
    package var together = 0
    /// Members by segment.
    package var sizes: [Int64: Int] = [:]
  }

  /// - Parameters:
  ///   - asOf: µs since the epoch; not before the last refresh.
  ///   - text: words an instant for errors.
  /// - Throws: `SegmentsError.beforeLastRefresh`, `.stored`; `WarehouseError`.
  package func run(asOf: Int64, text: (Int64) -> String) async throws -> Report {
    try await session.transaction { try await refresh(asOf: asOf, text: text) }
  }

  private func refresh(asOf: Int64, text: (Int64) -> String) async throws -> Report {
    let catalogue = SegmentCatalogue(session, language)
    let last = try await RefreshState.last(in: session)
    if let last, asOf < last.asOf {
      throw SegmentsError.beforeLastRefresh(asked: text(asOf), last: text(last.asOf))
    }
    let marks = try await RefreshState.marks(in: session)
    let applied = try await catalogue.appliedSegments()
    let current = try await catalogue.segments()
    var report = Report(asOf: asOf, previous: last?.asOf, changed: true)
    if let last, last.asOf == asOf, !last.isLive, marks.change == nil,
      applied == current
    {
      report = Report(asOf: asOf, previous: last.asOf, changed: false)
      report.sizes = try await MembershipHistory(session).sizes(at: asOf)
      return report
    }
    let store = MembershipStore(session)
    let refresh = Int64(try await session.value("SELECT nextval('segment_refresh_ids')").int ?? 0)
    try await store.begin()
    let program = try SegmentProgram(current, language.schema, clock)
    let changes = DefinitionChanges(applied: applied, current: current)
    let needsScores =
      updateScores != nil
      && program.dependencies.contains { !$0.attributes.isDisjoint(with: ScoreAttributes.ids) }
    // What is frozen changes for everyone at once.
    let isTogether =
      last == nil || !changes.isEmpty || needsScores || !program.requirements.isEmpty
    if let last, asOf > last.asOf || marks.change != nil {
      let replay = MembershipReplay(
        session: session, store: store, segments: applied,
        program: try SegmentProgram(applied, language.schema, clock), last: last,
        togetherFrom: togetherFrom, chunk: chunk)
      let done = try await replay.run(to: asOf, tellsEnd: !isTogether)
      report.replayed = done.replayed
      report.together = done.together
    }
    let hasScores = try await updateScores?(session, asOf) ?? false
    var snapshot = PopulationSnapshot.empty
    if isTogether {
      let relations = try await TellingSources(session: session).prepare(
        current, program: program, stem: "current")
      snapshot = try await PopulationMeasurement(
        session: session, program: program, relations: relations
      ).measure(asOf: asOf)
      let answers = SetBasedAnswers(session: session, program: program, relations: relations)
      try await answers.tell(asOf: asOf, snapshot: snapshot)
      try await changes.prepareReasons(
        in: session, scored: hasScores ? ScoreAttributes.ids : [], program: program)
      try await answers.addChanges(at: asOf, among: "", reason: DefinitionChanges.reason)
      try await session.execute("DELETE FROM next_due")
      try await session.execute(
        "INSERT INTO next_due SELECT customer_id, next_due FROM told WHERE next_due IS NOT NULL")
      try await answers.clear()
      report.together += 1
      try await store.applyIntervals()
    }
    let written = try await store.appendToStream(refresh: refresh, after: last?.lastChange ?? 0)
    report.entries = written.entries
    report.exits = written.exits
    try await session.execute(
      """
      INSERT INTO segment_refresh VALUES (\(SQLValue.int(refresh)), \(SQLValue.instant(asOf)), now(),
        false,
        \(SQLValue.int(marks.row)), \(SQLValue.int(marks.change ?? last?.absorbedChange ?? 0)),
        (SELECT coalesce(max(customer_id), 0) FROM customer), \(report.replayed),
        \(report.together), \(report.entries), \(report.exits), \(SQLValue.int(written.lastChange)))
      """)
    try await writeSizes(refresh)
    try await write(snapshot, refresh)
    if let change = marks.change {
      try await session.execute(
        "DELETE FROM touched_customer WHERE change_id <= \(SQLValue.int(change))")
    }
    report.sizes = try await MembershipHistory(session).sizes(at: asOf)
    return report
  }

  private func writeSizes(_ refresh: Int64) async throws {
    try await session.execute(
      """
      INSERT INTO segment_size
      SELECT \(SQLValue.int(refresh)), segment_id, version, coalesce(size, 0)
      FROM (
        SELECT segment_id, max(version) AS version FROM segment_version
          JOIN segment USING (segment_id)
        WHERE deleted_at IS NULL GROUP BY segment_id
      ) LEFT JOIN (
        SELECT segment_id, count(*) AS size FROM membership WHERE left_at IS NULL
        GROUP BY segment_id
      ) USING (segment_id)
      """)
  }

  private func write(_ snapshot: PopulationSnapshot, _ refresh: Int64) async throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let content = String(decoding: try encoder.encode(snapshot), as: UTF8.self)
    try await session.execute(
      "INSERT INTO population_snapshot VALUES (\(SQLValue.int(refresh)), \(content))")
  }
}
