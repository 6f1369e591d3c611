internal import CustomerSchema
internal import Foundation
internal import Insights
internal import Presentation
package import Scoring
internal import SQLBuilder
package import Warehouse

/// Keeps models in a workspace: registry, drift, and the values as attributes.
package struct KeepModels: Sendable {
  private let session: any QuerySession
  /// Words of attribute names in both languages.
  private let words: [Localizer]

  /// - Parameter session: with the store attached.
  /// - Throws: `PresentationError` where the words cannot be read.
  package init(_ session: any QuerySession) throws {
    self.session = session
    words = try [Localizer(.english), Localizer(.french)]
  }

  /// Keeps what a run learned, inside the run's transaction; the attributes come from `customer_models`.
  func keep(
    _ models: RunModels.Made
  ) async throws {
    if let report = models.report.lifetime {
      let kept = try await keep(lifetime: report, scorer: models.lifetime)
      try await attributes(
        ["p_alive", "expected_purchases_12_months", "clv_12_months"], .clv, kept.version,
        from: "customer_models")
    }
    if let report = models.report.groups {
      let kept = try await keep(groups: report, found: models.groups)
      try await attributes(["found_group"], .clusters, kept.version, from: "customer_models")
    }
  }

  /// Keeps a lifetime model with its scorer.
  @discardableResult
  package func keep(
    lifetime report: LifetimeReport, scorer: LifetimeScorer?
  ) async throws -> (id: Int, version: Int) {
    try await ModelRegistry(session).keep(
      .clv, report: text(report), scorer: try scorer.map { try plain($0) }, asOf: report.asOf,
      customers: report.data.customers, quartierVersion: quartierVersion)
  }

  /// Measures the drift of the groups in use, then keeps the new ones.
  @discardableResult
  package func keep(
    groups report: GroupReport, found: FoundGroups?
  ) async throws -> (id: Int, version: Int) {
    let registry = ModelRegistry(session)
    if let kept = try await registry.groups() {
      _ = try await registry.measureDrift(of: kept, asOf: report.asOf)
    }
    return try await registry.keep(
      .clusters, report: text(report), scorer: try found.map { try plain($0) },
      asOf: report.asOf, customers: report.customers, quartierVersion: quartierVersion)
  }

  /// Writes attributes of the catalogue of models from columns of the same names.
  package func attributes(
    _ ids: [String], _ kind: ModelKind, _ version: Int, from table: String
  ) async throws {
    let columns = ids.compactMap { id in
      AttributeCatalogue.models[id].map {
        ModelAttributes.Column(
          $0, column: id, labelEnglish: words[0].text("attribute.\(id)"),
          labelFrench: words[1].text("attribute.\(id)"))
      }
    }
    try await ModelAttributes(columns, kind: kind, version: version).write(
      from: table, in: session)
  }

  private func text(_ report: some Encodable) throws -> String {
    String(decoding: try RunJSON.encode(any: report), as: UTF8.self)
  }

  /// Scorers keep the names of their parts as they are: only the program reads them.
  private func plain(_ scorer: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(scorer), as: UTF8.self)
  }
}
