internal import CustomerSchema
internal import Foundation
internal import Ingestion
internal import Insights
package import Presentation
package import Scoring
internal import SQLBuilder
package import Warehouse

/// From orders to the groups that they show: `quartier model clusters`.
package struct TrainGroups: Sendable {
  private let source: ModelSource
  private let settings: GroupSettings
  private let attributes: [String]?
  private let segmentWords: Localizer?

  /// - Parameters:
  ///   - attributes: names of attributes to find groups by; nil for the usual ones.
  ///   - segmentWords: names the segments that a workspace gets of its groups; nil for none.
  package init(
    _ source: ModelSource, settings: GroupSettings, attributes: [String]? = nil,
    segmentWords: Localizer? = nil
  ) {
    self.source = source
    self.settings = settings
    self.attributes = attributes
    self.segmentWords = segmentWords
  }

  /// What was found, and the session whose table `customer_group` holds each customer's group.
  package struct Outcome: Sendable {
    package let training: GroupTraining.Outcome
    package let session: any QuerySession
    /// Where it went; nil for files.
    package let landing: ModelLanding?
    /// Names of the segments made of groups.
    package let segments: [String]
    /// A row per customer: `customer` as in `customer_group`, `shown` as people know them.
    let names: SQL
  }

  package func run() async throws -> Outcome {
    // What cannot be is refused before millions of orders are read.
    if !source.isWorkspace, let attributes { _ = try GroupAttribute.named(attributes) }
    let needsLines = (attributes ?? []).contains {
      ["distinct_products", "favourite_category"].contains($0)
    }
    let knowsOrders = Self.needsOrders(attributes)
    let base =
      knowsOrders
      ? try await source.prepare(lines: needsLines) : try await source.prepareAttributes()
    let session = base.session
    var settings = settings
    if let attributes {
      let own =
        source.isWorkspace
        ? try await AttributeStore.entries(session).compactMap { GroupAttribute($0.definition) }
        : []
      settings.attributes = try GroupAttribute.named(attributes, own: own)
    }
    let names = settings.attributes.map(\.name)
    for treatment in settings.treatments where !names.contains(treatment.attribute) {
      throw ScoringError.unknownAttribute(treatment.attribute, known: names)
    }
    if knowsOrders {
      try await source.describe(base)
    } else {
      try await Self.describe(by: settings.attributes, in: session)
    }
    if source.isWorkspace {
      try await Self.addAttributes(of: settings.attributes, to: session)
      if let kept = try await ModelRegistry(session).groups() {
        settings.previous = kept.groups
        settings.previousNames = kept.names
      }
    }
    var training = try await GroupTraining(
      settings: settings, asOf: base.asOf, currency: base.currency,
      quartierVersion: quartierVersion
    ).run(in: session)
    guard source.isWorkspace else {
      return Outcome(
        training: training, session: session, landing: nil, segments: [],
        names: "SELECT customer, customer AS shown FROM customers")
    }
    training = try await withPublicIDs(training, session)
    let landing = try await land(training, session)
    var segments: [String] = []
    if let segmentWords, case .workspace(let orders) = source {
      segments = try await GroupSegments(orders.desk(session))
        .create(training.report, segmentWords)
    }
    return Outcome(
      training: training, session: session, landing: landing, segments: segments,
      names: WorkspaceOrders.shown)
  }

  /// Whether any attribute comes from orders; those of a workspace's catalogue alone do not.
  static func needsOrders(_ attributes: [String]?) -> Bool {
    guard let attributes else { return true }
    return attributes.isEmpty
      || attributes.contains { name in GroupAttribute.known.contains { $0.name == name } }
  }

  /// Makes `customers` of everybody with a value of one of the workspace's attributes: without orders,
  /// for a base that only describes its customers.
  static func describe(
    by attributes: [GroupAttribute], in session: any QuerySession
  ) async throws {
    let columns = attributes.map { "\(identifier: $0.name)" as SQL }
    let known = columns.map { "\($0) IS NOT NULL" as SQL }.joined(separator: " OR ")
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE customers AS
      SELECT CAST(customer_id AS VARCHAR) AS customer, 1 AS orders,
        CAST(0 AS DECIMAL(38, 4)) AS revenue, \(columns.joined())
      FROM customer_attribute JOIN (SELECT customer_id FROM profiled_customer) USING (customer_id) WHERE \(known)
      """)
  }

  /// Columns of the workspace's own attributes on `customers`.
  static func addAttributes(
    of wanted: [GroupAttribute], to session: any QuerySession
  ) async throws {
    let present = Set(
      try await session.query("DESCRIBE customers").rows.compactMap { $0[0].text })
    let missing = wanted.filter { !present.contains($0.name) }
    guard !missing.isEmpty else { return }
    let columns = missing.map { "a.\(identifier: $0.name)" as SQL }.joined()
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE described_customers AS
      SELECT c.*, \(columns) FROM customers AS c
      LEFT JOIN customer_attribute AS a ON CAST(a.customer_id AS VARCHAR) = c.customer
      """)
    try await session.execute("DROP TABLE customers")
    try await session.execute("ALTER TABLE described_customers RENAME TO customers")
  }

  /// What is kept names typical customers by their public ids, which say nothing of them.
  private func withPublicIDs(
    _ training: GroupTraining.Outcome, _ session: any QuerySession
  ) async throws -> GroupTraining.Outcome {
    let typical = training.report.groups.flatMap(\.typicalCustomers)
    guard !typical.isEmpty else { return training }
    let list = typical.map { "\(literal: $0)" as SQL }.joined()
    let rows = try await session.query(
      """
      SELECT CAST(customer_id AS VARCHAR), CAST(public_id AS VARCHAR) FROM profiled_customer
      WHERE CAST(customer_id AS VARCHAR) IN (\(list))
      """
    ).rows
    let names = Dictionary(
      rows.map { ($0[0].text ?? "", $0[1].text ?? "") }, uniquingKeysWith: { $1 })
    return training.namingTypicalCustomers { names[$0] ?? "" }
  }

  private func land(
    _ training: GroupTraining.Outcome, _ session: any QuerySession
  ) async throws -> ModelLanding {
    let keep = try KeepModels(session)
    return try await keep.land(
      Self.columns(keep, hasProbability: training.found?.hasProbability ?? false), .clusters,
      from: "customer_group"
    ) {
      try await keep.keep(groups: training.report, found: training.found)
    }
  }

  /// The attributes of found groups.
  static func columns(
    _ keep: KeepModels, hasProbability: Bool
  ) -> [ModelAttributes.Column] {
    let group = keep.column(
      AttributeDefinition("found_group", .text, isOptional: true), from: "found_group")
    guard hasProbability else { return [group] }
    return [
      group,
      keep.column(
        AttributeDefinition("found_group_probability", .share, isOptional: true),
        from: "group_probability"),
    ]
  }

  /// Writes `groups.parquet`, `groups.csv`, `groups.json` and the model card, all or nothing.
  package static func write(
    _ outcome: Outcome, to path: String, localizer: Localizer
  ) async throws {
    let staged = try StagedOutput(destination: path)
    do {
      let report = outcome.training.report
      try await ModelFiles.writeTable(
        "groups",
        rows: """
          SELECT n.shown AS customer, found_group, \(names(report, localizer)) AS group_name,
            group_probability, \(report.asOf.sqlValue) AS as_of
          FROM customer_group JOIN (\(outcome.names)) AS n USING (customer)
          """,
        text: ["customer", "group_name"], in: outcome.session, to: staged.folder)
      try RunJSON.encode(any: report).write(to: staged.folder.appending(path: "groups.json"))
      try Data(GroupSummary.card(report, localizer).utf8)
        .write(to: staged.folder.appending(path: "model-card.md"))
    } catch {
      staged.discard()
      throw ModelFiles.error(error, path)
    }
    try staged.commit()
  }

  private static func names(_ report: GroupReport, _ localizer: Localizer) -> SQL {
    guard !report.groups.isEmpty else { return "CAST(NULL AS VARCHAR)" }
    let branches = report.groups.map {
      "WHEN \(literal: $0.id) THEN \(literal: GroupSummary.name($0, localizer))" as SQL
    }
    return "CASE found_group \(branches.joined(separator: " ")) END"
  }
}
