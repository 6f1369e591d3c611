internal import Foundation
package import Insights
package import Presentation
package import Scoring
package import Warehouse

/// The models that a workspace keeps: `quartier model list`, `show`, `card` and `compare`.
package struct ReadModels: Sendable {
  private let registry: ModelRegistry

  /// - Throws: `WarehouseError`.
  package init(_ workspace: Workspace, engine: any QueryEngine) async throws {
    let session = try await engine.session()
    try await Store.attach(workspace.storePath, to: session)
    registry = ModelRegistry(session)
  }

  /// Every version, newest first.
  package func list() async throws -> [ModelRegistry.Entry] { try await registry.list() }

  /// A model as its command showed it, or its card; with `json`, as it printed it.
  ///
  /// - Parameter version: nil for the newest.
  /// - Throws: `ScoringError.noModel`, `.modelUnreadable`.
  package func show(
    _ kind: ModelKind, version: Int?, card: Bool, json: Bool, _ localizer: Localizer,
    style: TerminalStyle
  ) async throws -> String {
    let report = try await report(kind, version)
    if json { return report }
    switch kind {
    case .clv:
      let lifetime: LifetimeReport = try decode(report, kind)
      return card
        ? LifetimeSummary.card(lifetime, localizer)
        : LifetimeSummary.text(lifetime, best: [], localizer, style: style)
    case .clusters:
      let groups: GroupReport = try decode(report, kind)
      let drift = try await registry.drift(kind, version: version)
      return card
        ? GroupSummary.card(groups, drift: .some(drift), localizer)
        : GroupSummary.text(groups, drift: .some(drift), localizer, style: style)
    case .tribes:
      let tribes: TribeReport = try decode(report, kind)
      return card
        ? TribeSummary.card(tribes, localizer)
        : TribeSummary.text(tribes, localizer, style: style)
    case .survival:
      let survival: SurvivalReport = try decode(report, kind)
      return card
        ? SurvivalSummary.card(survival, localizer)
        : SurvivalSummary.text(survival, localizer, style: style)
    }
  }

  /// Two versions side by side.
  package func compare(
    _ kind: ModelKind, _ first: Int, _ second: Int
  ) async throws -> ModelComparison {
    let texts = [try await report(kind, first), try await report(kind, second)]
    return try ModelComparison(
      kind: kind, versions: [first, second],
      figures: texts.map { text in
        switch kind {
        case .clv: ModelComparison.figures(try decode(text, kind) as LifetimeReport)
        case .clusters: ModelComparison.figures(try decode(text, kind) as GroupReport)
        case .tribes: ModelComparison.figures(try decode(text, kind) as TribeReport)
        case .survival: ModelComparison.figures(try decode(text, kind) as SurvivalReport)
        }
      })
  }

  private func report(_ kind: ModelKind, _ version: Int?) async throws -> String {
    if let found = try await registry.report(kind, version: version) { return found.report }
    let known = try await registry.list().map { "\($0.kind.rawValue) \($0.version)" }
    throw ScoringError.noModel(
      version.map { "\(kind.rawValue) \($0)" } ?? kind.rawValue, known: known)
  }

  private func decode<Report: Decodable>(_ text: String, _ kind: ModelKind) throws -> Report {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let report = try? decoder.decode(Report.self, from: Data(text.utf8)) else {
      throw ScoringError.modelUnreadable(kind.rawValue)
    }
    return report
  }
}
