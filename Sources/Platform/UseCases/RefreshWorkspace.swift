package import CustomerSchema
package import Scoring
internal import SQLBuilder
internal import SegmentLanguage
internal import Segments
internal import Warehouse

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
    /// Kept models whose values were brought to the instant first.
    package let models: [Model]
  }

  /// A kept model that was brought to a day without fitting again.
  package struct Model: Sendable, Encodable {
    package let kind: ModelKind
    package let version: Int
    package let asOf: LocalDate
    /// Customers who have a value or a group now.
    package let customers: Int
    /// How far the groups have moved since they were found; only for groups.
    package let drift: ModelRegistry.Drift?
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
    let models = try await updateModels(asOf: instant)
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
      segments: names.map { Size(name: $0.name, size: report.sizes[$0.id] ?? 0) },
      models: models)
  }

  /// What models say changes with time and orders; before memberships are told, so that rules see it.
  private func updateModels(asOf instant: Int64) async throws -> [Model] {
    let day = desk.clock.day(of: instant)
    if let last = try await desk.history.lastRefresh() {
      // An instant before the last refresh is refused by it, and the same day with nothing new
      // gives the same values.
      guard instant >= last else { return [] }
      let touched = try await desk.session.value("SELECT count(*) FROM touched_customer").int ?? 0
      if touched == 0, desk.clock.day(of: last) == day { return [] }
    }
    let currency =
      desk.workspace.settings.currency.flatMap(CurrencyCode.init(rawValue:)) ?? .euro
    return try await ModelUpdate(session: desk.session, currency: currency).run(asOf: day)
  }
}
