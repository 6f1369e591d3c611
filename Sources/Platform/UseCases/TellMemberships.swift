package import CustomerSchema
internal import Foundation
internal import Insights
package import Privacy
internal import SQLBuilder
internal import SegmentLanguage
internal import Warehouse
internal import Segments

/// What memberships were: sizes over time, members on a day, transitions, the change stream.
package struct TellMemberships: Sendable {
  private let desk: SegmentDesk

  package init(_ desk: SegmentDesk) { self.desk = desk }

  private func lastRefresh() async throws -> Int64 {
    guard let last = try await desk.history.lastRefresh() else {
      throw SegmentsError.neverRefreshed
    }
    return last
  }

  // MARK: History

  /// Lengths of the periods that a history is told in.
  package enum PeriodLength: String, Sendable, CaseIterable { case day, week, month, quarter, year }

  /// `docs/schemas/segments-history-1.schema.json`.
  package struct History: Sendable, Encodable {
    package let schema = "quartier.segments-history/1"
    package let segment: String
    package let asOf: String
    package let period: String
    package let periods: [Period]
  }

  package struct Period: Sendable, Encodable {
    /// First and last day.
    package let from: LocalDate
    package let to: LocalDate
    /// Members at its end, or at the last refresh for the period that is not over. Absent, as
    /// entries and exits are, where the members at its beginning or end are few persons.
    package let size: Int?
    package let entries: Int?
    package let exits: Int?
    package let fewerThan: Int?
  }

  /// - Parameters:
  ///   - from: the first day wanted; nil for the first entry's.
  ///   - to: the last day wanted; nil for that of the last refresh.
  package func history(
    of name: String, by length: PeriodLength, from: LocalDate?, to: LocalDate?
  ) async throws -> History {
    let last = try await lastRefresh()
    let segment = try desk.segment(named: name, in: try await desk.catalogue.segments())
    let lastDay = min(to ?? desk.clock.day(of: last), desk.clock.day(of: last))
    var firstDay = lastDay
    if let from {
      firstDay = from
    } else if let first = try await desk.history.firstEntry(of: segment.id) {
      firstDay = desk.clock.day(of: first)
    }
    var starts: [LocalDate] = []
    var day = Self.start(of: length, containing: firstDay)
    while day <= lastDay, starts.count < 5_000 {
      starts.append(day)
      day = Self.next(day, length)
    }
    starts.append(day)
    let boundaries = starts.map(desk.clock.start)
    let periods = try await desk.history.periods(of: segment.id, boundaries: boundaries)
    let isHidden = try await desk.history.groups(of: segment.id, at: boundaries.map { $0 - 1 })
      .map { $0.isHidden(under: desk.privacyThreshold) }
    return History(
      segment: segment.name, asOf: SegmentDesk.text(last), period: length.rawValue,
      periods: periods.indices.map { index in
        let period = periods[index]
        let isFew = isHidden[index] || isHidden[index + 1]
        return Period(
          from: starts[index], to: starts[index + 1].adding(days: -1),
          size: isHidden[index + 1] ? nil : period.size, entries: isFew ? nil : period.entries,
          exits: isFew ? nil : period.exits, fewerThan: isFew ? desk.privacyThreshold : nil)
      })
  }

  private static func start(of length: PeriodLength, containing day: LocalDate) -> LocalDate {
    let (year, month, _) = day.components
    switch length {
    case .day: return day
    case .week:
      // 1970-01-05 was a Monday.
      let sinceMonday = (Int(day.daysSinceEpoch) - 4) % 7
      return day.adding(days: -(sinceMonday < 0 ? sinceMonday + 7 : sinceMonday))
    case .month: return LocalDate(year: year, month: month, day: 1) ?? day
    case .quarter: return LocalDate(year: year, month: (month - 1) / 3 * 3 + 1, day: 1) ?? day
    case .year: return LocalDate(year: year, month: 1, day: 1) ?? day
    }
  }

  private static func next(_ day: LocalDate, _ length: PeriodLength) -> LocalDate {
    switch length {
    case .day: day.adding(days: 1)
    case .week: day.adding(days: 7)
    case .month: day.adding(months: 1)
    case .quarter: day.adding(months: 3)
    case .year: day.adding(months: 12)
    }
  }

  // MARK: Members

  /// `docs/schemas/segments-members-1.schema.json`.
  package struct Members: Sendable, Encodable {
    package let schema = "quartier.segments-members/1"
    package let segment: String
    package let at: String
    package let members: [Member]
  }

  package struct Member: Sendable, Encodable {
    /// The customer's random public id.
    package let customer: String
    package let since: String
    package let reason: String
  }

  package func members(of name: String, on day: LocalDate?) async throws -> Members {
    let (segment, instant) = try await place(name, day)
    let privacy = try await PrivacyDesk(desk.workspace, session: desk.session)
    let rows = try await desk.session.query(
      """
      SELECT public_id::VARCHAR, entered_at, entry_reason
      FROM (\(desk.history.members(of: segment.id, at: instant)))
      ORDER BY customer_id
      """
    ).rows
    try await privacy.audit.record(
      .members, detail: "\(segment.name): \(rows.count)", at: privacy.now)
    return Members(
      segment: segment.name, at: SegmentDesk.text(instant),
      members: rows.map { row in
        Member(
          customer: row[0].text ?? "", since: row[1].microseconds.map(SegmentDesk.text) ?? "",
          reason: row[2].text ?? "")
      })
  }

  private func place(_ name: String, _ day: LocalDate?) async throws -> (StoredSegment, Int64) {
    let last = try await lastRefresh()
    if let day, desk.clock.start(of: day) > last {
      throw SegmentsError.afterLastRefresh(
        asked: day.description, last: SegmentDesk.text(last))
    }
    let segment = try desk.segment(named: name, in: try await desk.catalogue.segments())
    return (segment, desk.instant(on: day, lastRefresh: last))
  }

  /// What an export of members did.
  package struct Export: Sendable {
    package let written: Int
    /// Why others are not in it.
    package let refused: [Refusal: Int]
  }

  /// Writes the members to whom the use is permitted now as a file for a spreadsheet: no cell begins
  /// like a formula, and the file is there whole or not at all.
  package func write(
    membersOf name: String, on day: LocalDate?, for use: Use, to path: String
  ) async throws -> Export {
    let (segment, instant) = try await place(name, day)
    let privacy = try await PrivacyDesk(desk.workspace, session: desk.session)
    let members = desk.history.members(of: segment.id, at: instant)
    let audience = try await privacy.permissions.audience(
      AudienceRequest(use, candidates: "SELECT customer_id FROM (\(members))"), now: privacy.now)
    let refused = audience.refused
    let target = URL(fileURLWithPath: path)
    let output = try StagedOutput(destination: target.deletingLastPathComponent().path)
    do {
      let file = output.folder.appending(path: target.lastPathComponent).path
      let count = try await audience.use { permitted in
        try await desk.session.execute(
          """
          COPY (
            SELECT public_id, \(CSVCell.safe("identifiers")) AS identifiers,
              strftime(timezone('UTC', entered_at), '%Y-%m-%dT%H:%M:%S.%fZ') AS since,
              entry_reason AS reason
            FROM (\(members)) LEFT JOIN (
              SELECT customer_id, string_agg(type || ':' || value, ' ' ORDER BY type, source, value)
                AS identifiers
              FROM identifier GROUP BY customer_id
            ) USING (customer_id)
            WHERE customer_id IN (SELECT customer_id FROM \(permitted))
            ORDER BY customer_id)
          TO \(literal: file) (FORMAT csv, HEADER)
          """)
      }
      try output.commit()
      try await privacy.audit.record(
        .members, detail: "\(segment.name): \(count)", at: privacy.now)
      return Export(written: count, refused: refused)
    } catch {
      output.discard()
      throw error
    }
  }

  // MARK: Transitions

  /// `docs/schemas/segments-transitions-1.schema.json`.
  package struct Transitions: Sendable, Encodable {
    package let schema = "quartier.segments-transitions/1"
    package let from: String
    package let to: String
    package let segments: [String]
    package let transitions: [Transition]
  }

  package struct Transition: Sendable, Encodable {
    /// Nil: in none of the segments.
    package let from: String?
    package let to: String?
    /// Absent for few persons.
    package let customers: Int?
    package let fewerThan: Int?
  }

  /// - Parameter names: of the segments to look at; all when empty.
  package func transitions(
    of names: [String], from: LocalDate, to: LocalDate
  ) async throws -> Transitions {
    let last = try await lastRefresh()
    if let day = [from, to].first(where: { desk.clock.start(of: $0) > last }) {
      throw SegmentsError.afterLastRefresh(
        asked: day.description, last: SegmentDesk.text(last))
    }
    let all = try await desk.catalogue.segments()
    var segments = all
    if !names.isEmpty {
      segments = try names.map { try desk.segment(named: $0, in: all) }
    }
    let names = Dictionary(uniqueKeysWithValues: segments.map { ($0.id, $0.name) })
    let instants = [from, to].map { desk.instant(on: $0, lastRefresh: last) }
    let found = try await desk.history.transitions(
      of: segments.map(\.id), from: instants[0], to: instants[1])
    return Transitions(
      from: SegmentDesk.text(instants[0]), to: SegmentDesk.text(instants[1]),
      segments: segments.map(\.name),
      transitions: found.map { one in
        let told = desk.told(one.group)
        return Transition(
          from: one.from.flatMap { names[$0] }, to: one.to.flatMap { names[$0] },
          customers: told.number, fewerThan: told.fewerThan)
      })
  }

  // MARK: The change stream

  /// `docs/schemas/segments-changes-1.schema.json`.
  package struct Changes: Sendable, Encodable {
    package let schema = "quartier.segments-changes/1"
    package let changes: [Change]
    /// What to give as `--after` next time.
    package let next: Int64
    /// Whether there is more already.
    package let hasMore: Bool
  }

  package struct Change: Sendable, Encodable {
    package let id: Int64
    package let at: String
    package let customer: String
    package let segment: String
    package let change: String
    package let reason: String
  }

  package func changes(after: Int64, limit: Int) async throws -> Changes {
    let found = try await desk.history.changes(after: after, limit: limit + 1)
    let names = try await segmentNames()
    let shown = found.prefix(limit)
    return Changes(
      changes: shown.map { one in
        Change(
          id: one.id, at: SegmentDesk.text(one.change.instant), customer: one.publicID,
          segment: names[one.change.segment] ?? "",
          change: one.change.hasEntered ? "entered" : "left", reason: one.change.reason.rawValue)
      },
      next: shown.last?.id ?? after, hasMore: found.count > limit)
  }

  /// The newest names, of deleted segments too.
  private func segmentNames() async throws -> [Int64: String] {
    let rows = try await desk.session.query(
      "SELECT segment_id, arg_max(name, version) FROM segment_version GROUP BY segment_id"
    ).rows
    return Dictionary(
      rows.map { (Int64($0[0].int ?? 0), $0[1].text ?? "") }, uniquingKeysWith: { $1 })
  }
}
