internal import SQLBuilder
internal import SegmentLanguage
internal import Warehouse

/// What changed of the definitions since the last refresh, and so why people enter or leave at the
/// instant at which the new ones take effect.
struct DefinitionChanges {
  /// Segments whose rule, or that of one they stand on, is new, edited or gone.
  private let redefined: Set<Int64>
  /// Customers whose place was decided by hand, or no longer is.
  private let manual: [(segment: Int64, customer: Int64)]
  private let hasOther: Bool

  init(applied: [StoredSegment], current: [StoredSegment]) {
    let before = Dictionary(applied.map { ($0.id, $0.definition) }, uniquingKeysWith: { $1 })
    let now = Set(current.map(\.id))
    var changed: Set<String> = []
    var manual: [(Int64, Int64)] = []
    var gone: Set<Int64> = []
    var hasOther = false
    for segment in current {
      let definition = segment.definition
      let old = before[segment.id]
      if old?.hasSameRule(as: definition) != true { changed.insert(segment.name) }
      if old != definition { hasOther = true }
      let included = definition.included.symmetricDifference(old?.included ?? [])
      let excluded = definition.excluded.symmetricDifference(old?.excluded ?? [])
      if !included.isEmpty || !excluded.isEmpty {
        manual += included.union(excluded).map { (segment.id, $0) }
        // Who stands on it follows its definition.
        changed.formUnion(
          current.filter { $0.definition.rule.segments.contains(segment.name) }.map(\.name))
      }
    }
    for segment in applied where !now.contains(segment.id) {
      gone.insert(segment.id)
      hasOther = true
    }
    let graph = ReferenceGraph(
      Dictionary(
        current.map { ($0.name, $0.definition.rule.segments) }, uniquingKeysWith: { $1 }))
    let affected = graph.affected(by: changed)
    redefined = gone.union(current.filter { affected.contains($0.name) }.map(\.id))
    self.manual = manual
    self.hasOther = hasOther
  }

  /// Whether everything is as the last refresh applied it.
  var isEmpty: Bool { redefined.isEmpty && manual.isEmpty && !hasOther }

  /// Makes the temporary tables from which `reason` is told.
  ///
  /// - Parameter scored: ids of attributes that have just been computed anew.
  func prepareReasons(
    in session: any QuerySession, scored: Set<String>, program: SegmentProgram
  ) async throws {
    try await session.execute(
      "CREATE OR REPLACE TEMP TABLE reason_segment (segment_id BIGINT, reason VARCHAR)")
    try await session.execute(
      "CREATE OR REPLACE TEMP TABLE reason_manual (segment_id BIGINT, customer_id BIGINT)")
    var rows = redefined.sorted().map { ($0, MembershipReason.definition) }
    for (rule, dependencies) in zip(program.rules, program.dependencies)
    where !redefined.contains(rule.id) {
      // What others did moves ranks and medians; what stands still otherwise moves by time.
      let followsData =
        !dependencies.requirements.isEmpty || !dependencies.attributes.isDisjoint(with: scored)
      rows.append((rule.id, followsData ? .data : .time))
    }
    if !rows.isEmpty {
      let values = rows.map { "(\(SQLValue.int($0)), \($1.rawValue))" as SQL }.joined()
      try await session.execute("INSERT INTO reason_segment VALUES \(values)")
    }
    for start in stride(from: 0, to: manual.count, by: 2_000) {
      let values = manual[start..<min(start + 2_000, manual.count)].map {
        "(\(SQLValue.int($0.segment)), \(SQLValue.int($0.customer)))" as SQL
      }
      try await session.execute("INSERT INTO reason_manual VALUES \(values.joined())")
    }
  }

  /// The reason of a change of `one.segment_id` and `one.customer_id`.
  static let reason: SQL = """
    CASE
      WHEN EXISTS (FROM reason_manual WHERE reason_manual.segment_id = one.segment_id
        AND reason_manual.customer_id = one.customer_id) THEN 'manual'
      WHEN EXISTS (FROM reason_segment WHERE reason_segment.segment_id = one.segment_id
        AND reason_segment.reason = 'definition') THEN 'definition'
      WHEN EXISTS (FROM touched_customer WHERE touched_customer.customer_id = one.customer_id)
        THEN 'data'
      ELSE coalesce((SELECT max(reason) FROM reason_segment
        WHERE reason_segment.segment_id = one.segment_id), 'definition')
    END
    """
}
