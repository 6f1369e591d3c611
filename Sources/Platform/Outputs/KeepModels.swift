package import CustomerSchema
internal import Foundation
internal import Insights
package import Presentation
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

  private static let lifetimeColumns = [
    "p_alive", "expected_purchases_12_months", "clv_12_months",
  ]

  /// Makes the attributes of a run's models; before the run's transaction.
  func prepare(_ models: RunModels.Made) async throws {
    if models.report.lifetime != nil {
      try await attributes(Self.lifetimeColumns, .clv).prepare(in: session)
    }
    if models.report.groups != nil {
      try await attributes(["found_group"], .clusters).prepare(in: session)
    }
  }

  /// Keeps what a run learned, inside the run's transaction; the attributes come from `customer_models`.
  func keep(_ models: RunModels.Made) async throws {
    if let report = models.report.lifetime {
      let kept = try await keep(lifetime: report, scorer: models.lifetime)
      try await attributes(Self.lifetimeColumns, .clv).write(
        from: "customer_models", naming: .file, version: kept.version, in: session)
    }
    if let report = models.report.groups {
      let kept = try await keep(groups: report, found: models.groups)
      try await attributes(["found_group"], .clusters).write(
        from: "customer_models", naming: .file, version: kept.version, in: session)
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
    if let kept = try await registry.groups(),
      try await kept.groups.assign(into: "kept_group", in: session)
    {
      _ = try await registry.measureDrift(of: kept, from: "kept_group", asOf: report.asOf)
      try await session.execute("DROP TABLE kept_group")
    }
    return try await registry.keep(
      .clusters, report: text(report), scorer: try found.map { try plain($0) },
      asOf: report.asOf, customers: report.customers, quartierVersion: quartierVersion)
  }

  /// Keeps what a survey or subscriptions say.
  @discardableResult
  package func keep(
    _ kind: ModelKind, report: some Encodable, scorer: (some Encodable)?, asOf: LocalDate,
    customers: Int
  ) async throws -> (id: Int, version: Int) {
    try await ModelRegistry(session).keep(
      kind, report: text(report), scorer: try scorer.map { try plain($0) }, asOf: asOf,
      customers: customers, quartierVersion: quartierVersion)
  }

  /// Keeps a model and its values together, or neither.
  ///
  /// - Parameter keep: gives the version.
  /// - Returns: the version, and how many customers have a value.
  package func land(
    _ columns: [ModelAttributes.Column], _ kind: ModelKind, from table: String,
    keep: () async throws -> (id: Int, version: Int)
  ) async throws -> ModelLanding {
    let attributes = ModelAttributes(columns, kind: kind)
    try await attributes.prepare(in: session)
    return try await session.transaction {
      let version = try await keep().version
      let customers =
        columns.isEmpty
        ? 0
        : try await attributes.write(
          from: table, naming: .workspace, version: version, in: session)
      return ModelLanding(
        kind: kind, version: version, attributes: columns.map(\.attribute.id),
        customers: customers)
    }
  }

  /// A column of values that is an attribute.
  ///
  /// - Parameter label: what people call it; nil for the catalogues' `attribute.ID`.
  package func column(
    _ attribute: AttributeDefinition, from column: String, label: ((Localizer) -> String)? = nil
  ) -> ModelAttributes.Column {
    let names = words.map { label?($0) ?? $0.text("attribute.\(attribute.id)") }
    return ModelAttributes.Column(
      attribute, column: column, labelEnglish: names[0], labelFrench: names[1])
  }

  private func attributes(_ ids: [String], _ kind: ModelKind) -> ModelAttributes {
    ModelAttributes(
      ids.compactMap { id in
        AttributeCatalogue.models[id].map { column($0, from: id) }
      }, kind: kind)
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

/// Where a model went in a workspace.
package struct ModelLanding: Sendable {
  package let kind: ModelKind
  package let version: Int
  /// Attributes of the catalogue that rules can use from now on.
  package let attributes: [String]
  /// Customers who have a value.
  package let customers: Int
}
