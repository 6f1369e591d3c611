internal import CustomerSchema
internal import Segments

/// Brings every segment to an instant.
package struct RefreshWorkspace: Sendable {
  private let desk: SegmentDesk

  package init(_ desk: SegmentDesk) { self.desk = desk }

  /// `docs/schemas/refresh-1.schema.json`.
  package struct Answer: Sendable, Encodable {
    package let schema = "quartier.refresh/1"
    package let asOf: String
    /// The instant of the refresh before; absent for the first.
    package let previousAsOf: String?
    /// Whether there was anything to do.
    package let changed: Bool
    package let entries: Int
    package let exits: Int
    /// Customers followed one by one, and instants at which many were told together.
    package let replayed: Int
    package let together: Int
    package let segments: [Size]
  }

  package struct Size: Sendable, Encodable {
    package let name: String
    package let size: Int
  }

  /// - Throws: `SegmentsError.beforeLastRefresh`; `PlatformError.futureInstant`.
  package func refresh(asOf: Int64?) async throws -> Answer {
    let now = SegmentDesk.now
    let instant = asOf ?? now
    guard instant <= now else { throw PlatformError.futureInstant(SegmentDesk.text(instant)) }
    // What changed without an import of this version is described before it is segmented.
    _ = try await WorkspaceDescription(desk.workspace, desk.session).run(desk.session, now: now)
    try await ScoreUpdate.prepare(desk.session)
    let scores = ScoreUpdate(clock: desk.clock)
    var refresh = SegmentRefresh(desk.session, desk.language, desk.clock)
    refresh.updateScores = { session, instant in try await scores.run(session, asOf: instant) }
    let report = try await refresh.run(asOf: instant, text: SegmentDesk.text)
    let names = try await desk.catalogue.segments()
    return Answer(
      asOf: SegmentDesk.text(report.asOf), previousAsOf: report.previous.map(SegmentDesk.text),
      changed: report.changed, entries: report.entries, exits: report.exits,
      replayed: report.replayed, together: report.together,
      segments: names.map { Size(name: $0.name, size: report.sizes[$0.id] ?? 0) })
  }
}
