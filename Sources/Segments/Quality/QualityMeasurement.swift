package import SQLBuilder
internal import StatisticalModels
package import Warehouse

/// Measures the segments of a workspace, whose store is the session's current catalogue, as its
/// memberships were last brought to an instant.
package struct QualityMeasurement: Sendable {
  private let session: any QuerySession
  private let options: QualityOptions

  package init(_ session: any QuerySession, options: QualityOptions = QualityOptions()) {
    self.session = session
    self.options = options
  }

  /// What is asked of one segment.
  package struct Subject: Sendable, Hashable {
    package let segment: StoredSegment
    /// Tables and attributes that its rule reads.
    package let tables: Set<String>
    package let attributes: Set<String>

    package init(_ segment: StoredSegment, tables: Set<String>, attributes: Set<String>) {
      self.segment = segment
      self.tables = tables
      self.attributes = attributes
    }
  }

  private static let members: SQL = "quality_member"

  /// - Parameters:
  ///   - compared: the segments whose outcomes are compared, by id.
  ///   - values: a relation of `customer_id` and a column per outcome.
  /// - Throws: `SegmentsError.neverRefreshed`, `WarehouseError`.
  package func measure(
    _ subjects: [Subject], compared: [Int64], outcomes: [Outcome], values: SQL
  ) async throws -> SegmentQuality {
    guard let asOf = try await MembershipHistory(session).lastRefresh() else {
      throw SegmentsError.neverRefreshed
    }
    // Stretches of live evaluation lie between two refreshes.
    let previous = try await session.value(
      """
      SELECT max(as_of) FROM segment_refresh
      WHERE NOT is_live AND as_of < \(SQLValue.instant(asOf))
      """
    ).microseconds
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE quality_member AS
      SELECT segment_id, customer_id FROM membership JOIN profiled_customer USING (customer_id)
      WHERE left_at IS NULL
      """)
    let base = try await session.value("SELECT count(*) FROM profiled_customer").int ?? 0
    let sizes = try await sizes()
    let hidden = Set(
      sizes.filter { $0.value.isHidden(under: options.privacyThreshold) }.keys)
    let stability = try await stability(since: previous)
    let changes = try await changes()
    let potentials = try await potentials(asOf: asOf)
    let contacted = try await contacted(asOf: asOf)
    let responses = try await responses(asOf: asOf)
    let fresh = try await freshness(subjects, asOf: asOf)
    let measures = subjects.map { subject -> SegmentMeasure in
      let id = subject.segment.id
      let size = sizes[id]?.customers ?? 0
      let isShown = !hidden.contains(id)
      let change = changes[id]
      return SegmentMeasure(
        id: id, name: subject.segment.name, intention: subject.segment.definition.intention,
        size: isShown ? size : nil,
        share: isShown && base > 0 ? Double(size) / Double(base) : nil,
        stability: isShown ? stability[id] : nil, lastChange: isShown ? change : nil,
        unchangedDays: previous == nil || !isShown
          ? nil : change.map { Double(asOf - $0) / 86_400e6 },
        freshness: fresh[id],
        potential: isShown ? potentials[id] : nil,
        contacted: isShown && size > 0
          ? Double(contacted[id] ?? 0) / Double(size) : nil,
        response: isShown ? responses[id] : nil)
    }
    let overlaps = try await overlaps(sizes: sizes.mapValues(\.customers), hidden: hidden)
    let reports = try await OutcomeComparison(
      session: session, options: options, members: Self.members, values: values
    ).compare(outcomes, segments: compared.filter { !hidden.contains($0) })
    try await session.execute("DROP TABLE quality_member")
    return SegmentQuality(
      asOf: asOf, base: base, segments: measures, overlaps: overlaps, outcomes: reports,
      verdicts: QualityVerdicts(options: options).verdicts(
        measures, sizes: sizes.mapValues(\.customers), overlaps, reports),
      options: options)
  }

  // MARK: Members

  private func sizes() async throws -> [Int64: GroupSize] {
    let rows = try await session.query(
      """
      SELECT segment_id, count(*), count(*) FILTER (kind = 'person')
      FROM quality_member JOIN profiled_customer USING (customer_id) GROUP BY segment_id
      """
    ).rows
    return keyed(rows) { GroupSize(customers: $0[1].int ?? 0, persons: $0[2].int ?? 0) }
  }

  private func stability(since previous: Int64?) async throws -> [Int64: Double] {
    guard let previous else { return [:] }
    let then = SQLValue.instant(previous)
    let rows = try await session.query(
      """
      SELECT segment_id,
        count(*) FILTER (was AND is_now)::DOUBLE / nullif(count(*) FILTER (was OR is_now), 0)
      FROM (
        SELECT segment_id, customer_id,
          bool_or(entered_at <= \(then) AND (left_at IS NULL OR left_at > \(then))) AS was,
          bool_or(left_at IS NULL) AS is_now
        FROM membership JOIN profiled_customer USING (customer_id)
        GROUP BY segment_id, customer_id)
      GROUP BY segment_id
      """
    ).rows
    return keyed(rows) { $0[1].double }
  }

  /// Each segment's last entry or exit.
  private func changes() async throws -> [Int64: Int64] {
    let rows = try await session.query(
      """
      SELECT segment_id, greatest(max(entered_at), max(left_at)) FROM membership
      GROUP BY segment_id
      """
    ).rows
    return keyed(rows) { $0[1].microseconds }
  }

  private func overlaps(
    sizes: [Int64: Int], hidden: Set<Int64>
  ) async throws -> [SegmentQuality.Overlap] {
    let rows = try await session.query(
      """
      SELECT a.segment_id, b.segment_id, count(*), count(*) FILTER (kind = 'person')
      FROM quality_member AS a JOIN quality_member AS b USING (customer_id)
        JOIN profiled_customer USING (customer_id)
      WHERE a.segment_id < b.segment_id GROUP BY ALL ORDER BY ALL
      """
    ).rows
    return rows.compactMap { row in
      guard let first = row[0].int.map(Int64.init), let second = row[1].int.map(Int64.init),
        let common = row[2].int, !hidden.contains(first), !hidden.contains(second),
        !GroupSize(customers: common, persons: row[3].int ?? 0)
          .isHidden(under: options.privacyThreshold)
      else { return nil }
      let either = sizes[first, default: 0] + sizes[second, default: 0] - common
      return SegmentQuality.Overlap(
        first: first, second: second, common: common, jaccard: Double(common) / Double(either))
    }
  }

  // MARK: What they bring and what is done

  /// Average net revenue of a member in the last year over that of the base.
  private func potentials(asOf: Int64) async throws -> [Int64: Double] {
    let year = SQLValue.instant(asOf - 365 * 86_400_000_000)
    let now = SQLValue.instant(asOf)
    let rows = try await session.query(
      """
      WITH spent AS (
        SELECT customer_id, CAST(sum(amount) AS DOUBLE) AS revenue FROM orders
        WHERE happened_at > \(year) AND happened_at <= \(now) GROUP BY customer_id
      ), base AS (
        SELECT coalesce(sum(revenue), 0) / nullif(count(*), 0) AS average
        FROM profiled_customer LEFT JOIN spent USING (customer_id)
      )
      SELECT segment_id, coalesce(sum(revenue), 0) / count(*) / any_value(base.average)
      FROM quality_member LEFT JOIN spent USING (customer_id), base
      WHERE base.average > 0 GROUP BY segment_id
      """
    ).rows
    return keyed(rows) { $0[1].double }
  }

  private func contacted(asOf: Int64) async throws -> [Int64: Int] {
    let start = SQLValue.instant(asOf - Int64(options.actionDays) * 86_400_000_000)
    let rows = try await session.query(
      """
      SELECT segment_id, count(*) FROM quality_member
      WHERE customer_id IN (
        SELECT customer_id FROM campaign_contacts
        WHERE action = 'sent' AND happened_at > \(start)
          AND happened_at <= \(SQLValue.instant(asOf)))
      GROUP BY segment_id
      """
    ).rows
    return keyed(rows) { $0[1].int }
  }

  /// Messages count for the segments that their receivers are in now.
  private func responses(asOf: Int64) async throws -> [Int64: SegmentMeasure.Response] {
    let now = SQLValue.instant(asOf)
    let recent = asOf - Int64(options.actionDays) * 86_400_000_000
    let earlier = SQLValue.instant(recent - 365 * 86_400_000_000)
    let rows = try await session.query(
      """
      WITH sent AS (
        SELECT customer_id, campaign, min(happened_at) AS sent_at FROM campaign_contacts
        WHERE action = 'sent' AND happened_at > \(earlier) AND happened_at <= \(now)
        GROUP BY customer_id, campaign
      ), answered AS (
        SELECT DISTINCT sent.customer_id, sent.campaign
        FROM sent JOIN campaign_contacts AS c ON c.customer_id = sent.customer_id
          AND c.campaign IS NOT DISTINCT FROM sent.campaign
        WHERE c.action IN ('clicked', 'redeemed') AND c.happened_at >= sent.sent_at
          AND c.happened_at <= \(now)
      ), told AS (
        SELECT sent.customer_id, sent.sent_at > \(SQLValue.instant(recent)) AS is_recent,
          answered.customer_id IS NOT NULL AS has_answered
        FROM sent LEFT JOIN answered ON answered.customer_id = sent.customer_id
          AND answered.campaign IS NOT DISTINCT FROM sent.campaign
      )
      SELECT segment_id, count(*) FILTER (is_recent),
        count(*) FILTER (is_recent AND has_answered), count(*) FILTER (NOT is_recent),
        count(*) FILTER (NOT is_recent AND has_answered)
      FROM quality_member JOIN told USING (customer_id) GROUP BY segment_id
      """
    ).rows
    return keyed(rows) { row in
      let counts = row.dropFirst().map { $0.int ?? 0 }
      guard counts[0] > 0, counts[2] > 0 else { return nil }
      return SegmentMeasure.Response(
        recentSent: counts[0], recentAnswered: counts[1], earlierSent: counts[2],
        earlierAnswered: counts[3],
        pValue: ProportionDecline(
          counts[1], of: counts[0], before: counts[3], of: counts[2]
        ).pValue)
    }
  }

  // MARK: Freshness

  private func freshness(_ subjects: [Subject], asOf: Int64) async throws -> [Int64: Int64] {
    let now = SQLValue.instant(asOf)
    var newest: [String: Int64] = [:]
    for table in Set(subjects.flatMap(\.tables)).sorted() {
      newest[table] = try await session.value(
        "SELECT max(happened_at) FROM \(identifier: table) WHERE happened_at <= \(now)"
      ).microseconds
    }
    let rows = try await session.query(
      """
      SELECT attribute_id, max(valid_from) FROM attribute_history WHERE valid_from <= \(now)
      GROUP BY attribute_id
      """
    ).rows
    let values = Dictionary(
      rows.compactMap { row in row[0].text.flatMap { id in row[1].microseconds.map { (id, $0) } } },
      uniquingKeysWith: { $1 })
    return Dictionary(
      subjects.compactMap { subject in
        (subject.tables.compactMap { newest[$0] } + subject.attributes.compactMap { values[$0] })
          .max().map { (subject.segment.id, $0) }
      }, uniquingKeysWith: { $1 })
  }

  private func keyed<Value>(
    _ rows: [[SQLValue]], _ value: ([SQLValue]) -> Value?
  ) -> [Int64: Value] {
    var result: [Int64: Value] = [:]
    for row in rows {
      if let id = row[0].int { result[Int64(id)] = value(row) }
    }
    return result
  }
}
