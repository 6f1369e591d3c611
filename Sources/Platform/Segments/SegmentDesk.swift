package import CustomerSchema
internal import SegmentLanguage
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
    self.workspace = workspace
    clock = try WorkspaceClock(workspace.settings.timeZone)
    session = try await engine.session()
    try await Store.attach(workspace.storePath, to: session)
    try await session.execute("USE quartier")
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
    let end = clock.end(of: day)
    return clock.day(of: lastRefresh) == day
      ? min(end, max(lastRefresh, clock.start(of: day))) : end
  }
}
