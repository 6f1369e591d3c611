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
    language = RuleLanguage(try await WorkspaceSchema.read(session, workspace.settings))
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

  private static func divided(_ number: Int64, by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
