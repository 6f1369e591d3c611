package import CustomerSchema
package import SegmentLanguage
internal import Foundation
internal import SQLBuilder
package import Segments
package import Warehouse

/// A workspace opened for its segments: every use case on segments begins here.
package struct SegmentDesk: Sendable {
  package let workspace: Workspace
  package let session: any QuerySession
  package let clock: WorkspaceClock
  package let language: RuleLanguage
  /// What people call the workspace's own attributes, by id.
  private let labels: [String: (english: String?, french: String?)]

  /// Opens the workspace's store.
  ///
  /// - Throws: `WarehouseError`: `.locked` when another process holds it; `PlatformError`.
  package init(_ workspace: Workspace, engine: any QueryEngine) async throws {
    let session = try await engine.session()
    try await Store.attach(workspace.storePath, to: session)
    try await session.execute("USE quartier")
    try await self.init(workspace, opened: session)
  }

  /// - Parameter session: one that has the workspace's store open, and works in it.
  init(_ workspace: Workspace, opened session: any QuerySession) async throws {
    self.workspace = workspace
    guard let clock = WorkspaceClock(timeZone: workspace.settings.timeZone) else {
      throw PlatformError.unknownTimeZone(workspace.settings.timeZone)
    }
    self.clock = clock
    self.session = session
    let entries = try await AttributeStore.entries(session)
    language = RuleLanguage(WorkspaceSchema.schema(of: entries, workspace.settings))
    labels = Dictionary(
      entries.map { ($0.definition.id, ($0.labelEnglish, $0.labelFrench)) },
      uniquingKeysWith: { first, _ in first })
  }

  /// A rule as a person says it, with the values of its parameters.
  package func sentence(_ definition: SegmentDefinition, _ words: NarrationWords) -> String {
    language.sentence(
      definition, words,
      labels: labels.compactMapValues { words.isFrench ? $0.french : $0.english })
  }

  /// How many customers may be profiled.
  package func customers() async throws -> Int {
    try await session.value("SELECT count(*) FROM profiled_customer").int ?? 0
  }

  /// Groups of fewer natural persons show no numbers about them.
  package var privacyThreshold: Int { workspace.settings.smallestGroup }

  /// A group's number, or under which it lies where that would tell too much.
  func told(_ group: GroupSize) -> (number: Int?, fewerThan: Int?) {
    group.isHidden(under: privacyThreshold) ? (nil, privacyThreshold) : (group.customers, nil)
  }

  package var catalogue: SegmentCatalogue { SegmentCatalogue(session, language) }
  package var history: MembershipHistory { MembershipHistory(session) }

  /// A segment by its name.
  ///
  /// - Throws: `SegmentsError.unknownSegment` with the nearest names.
  package func segment(named name: String, in segments: [StoredSegment]) throws(SegmentsError)
    -> StoredSegment
  {
    let folded = SegmentName.folded(name)
    if let segment = segments.first(where: { SegmentName.folded($0.name) == folded }) {
      return segment
    }
    throw .unknownSegment(
      name, nearest: SegmentName.nearest(to: name, among: segments.map(\.name)))
  }

  /// The instant that a reader means by a day: its end, but not after the last refresh when the day
  /// is that of the refresh.
  package func instant(on day: LocalDate?, lastRefresh: Int64) -> Int64 {
    guard let day else { return lastRefresh }
    let end = clock.start(of: day.adding(days: 1)) - 1
    return clock.day(of: lastRefresh) == day
      ? min(end, max(lastRefresh, clock.start(of: day))) : end
  }

  /// The present, in microseconds since the epoch.
  package static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000_000) }

  /// `2024-02-29T23:59:59.999999Z`: UTC, with microseconds where there are any.
  package static func text(_ instant: Int64) -> String {
    let (floor, fraction) = divided(instant, by: 1_000_000)
    let (days, second) = divided(floor, by: 86_400)
    func padded(_ number: Int64, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let time = [second / 3600, second / 60 % 60, second % 60].map { padded($0, 2) }
    return "\(LocalDate(daysSinceEpoch: Int32(clamping: days)))T" + time.joined(separator: ":")
      + (fraction == 0 ? "" : "." + padded(fraction, 6)) + "Z"
  }

  /// The workspace's day and time (`14:05`) of an instant that `text` wrote; no time for a day's
  /// last microsecond, which stands for the day. Nil for any other text.
  package func wallClock(of text: String) -> (day: LocalDate, time: String?)? {
    let digits = text.utf8.map { Int64($0) - 0x30 }
    guard text.utf8.count >= 20, let date = LocalDate(iso: text.prefix(10)) else { return nil }
    func number(_ start: Int) -> Int64 { digits[start] * 10 + digits[start + 1] }
    let fraction = digits.count == 27 ? digits[20..<26].reduce(0) { $0 * 10 + $1 } : 0
    let seconds =
      Int64(date.daysSinceEpoch) * 86_400 + number(11) * 3600 + number(14) * 60 + number(17)
    let instant = seconds * 1_000_000 + fraction
    let day = clock.day(of: instant)
    guard instant != clock.start(of: day.adding(days: 1)) - 1 else { return (day, nil) }
    let minutes = clock.local(at: instant) / 60_000_000
    let (hour, minute) = (((minutes / 60) % 24 + 24) % 24, ((minutes % 60) + 60) % 60)
    return (day, "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)")
  }

  private static func divided(_ number: Int64, by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
