internal import CustomerSchema
internal import SQLBuilder
internal import SegmentLanguage
package import Warehouse

/// What definitions would change of memberships, without changing anything.
package struct CatalogueEffects: Sendable {
  private let session: any QuerySession
  private let language: RuleLanguage

  package init(_ session: any QuerySession, _ language: RuleLanguage) {
    self.session = session
    self.language = language
  }

  /// One segment, before and after.
  package struct Effect: Sendable, Hashable {
    package let name: String
    package let entering: Int
    package let leaving: Int
    /// Members now and afterwards.
    package let before: GroupSize
    package let after: GroupSize
  }

  /// Tells every segment of a plan as of an instant against the memberships there are.
  package func effects(of plan: CataloguePlan, asOf: Int64) async throws -> [Effect] {
    let ids = plan.segmentIDs
    let segments = plan.definitions.enumerated().map { index, definition in
      StoredSegment(
        id: ids[definition.name] ?? -Int64(index) - 1, version: 0, definition: definition)
    }
    guard let clock = WorkspaceClock(timeZone: language.schema.timeZone) else {
      throw SegmentsError.stored(segment: "", reason: "time zone")
    }
    let program = try SegmentProgram(segments, language.schema, clock)
    let relations = try await TellingSources(session: session).prepare(
      segments, program: program, stem: "planned")
    let snapshot = try await PopulationMeasurement(
      session: session, program: program, relations: relations
    ).measure(asOf: asOf)
    let answers = SetBasedAnswers(session: session, program: program, relations: relations)
    try await answers.tell(asOf: asOf, snapshot: snapshot)
    let rows = try await session.query(
      """
      SELECT segment_id, count(*) FILTER (is_now AND NOT was), count(*) FILTER (was AND NOT is_now),
        count(*) FILTER (is_now), count(*) FILTER (is_now AND is_person), count(*) FILTER (was),
        count(*) FILTER (was AND is_person)
      FROM (
        SELECT segment_id, customer_id, bool_or(is_now) AS is_now, bool_or(NOT is_now) AS was,
          bool_or(kind IS DISTINCT FROM 'company') AS is_person
        FROM (
          SELECT segment_id, customer_id, true AS is_now FROM told_member
          UNION ALL
          SELECT segment_id, customer_id, false FROM membership WHERE left_at IS NULL)
          LEFT JOIN customer USING (customer_id)
        GROUP BY segment_id, customer_id)
      GROUP BY segment_id
      """
    ).rows
    try await answers.clear()
    let byID = Dictionary(
      rows.map { (Int64($0[0].int ?? 0), $0) }, uniquingKeysWith: { first, _ in first })
    let deleted = plan.changes.filter { $0.kind == .deleted }.compactMap(\.before)
    return (segments.map { ($0.id, $0.name) } + deleted.map { ($0.id, $0.name) }).map { id, name in
      guard let counts = byID[id]?.map({ $0.int ?? 0 }) else {
        return Effect(name: name, entering: 0, leaving: 0, before: .empty, after: .empty)
      }
      return Effect(
        name: name, entering: counts[1], leaving: counts[2],
        before: GroupSize(customers: counts[5], persons: counts[6]),
        after: GroupSize(customers: counts[3], persons: counts[4]))
    }
  }
}

extension CataloguePlan {
  /// Of the segments that exist already, by the names they would have.
  fileprivate var segmentIDs: [String: Int64] {
    var result: [String: Int64] = [:]
    for change in changes {
      if let before = change.before, let after = change.after { result[after.name] = before.id }
    }
    for segment in untouched { result[segment.name] = segment.id }
    return result
  }
}
