package import CustomerSchema
internal import Foundation
internal import SQLBuilder
package import Warehouse

/// The kinds of model that a workspace keeps.
package enum ModelKind: String, Sendable, Codable, CaseIterable {
  case clv, clusters, tribes, survival
}

/// Groups that a workspace knows, with the names that go on.
package struct KeptGroups: Sendable {
  package let modelID: Int
  package let version: Int
  package let groups: FoundGroups
  package let names: [Int: [UserMessage]]
}

/// The models kept in a workspace's store, attached to the session as `quartier`.
package struct ModelRegistry: Sendable {
  private let session: any QuerySession

  package init(_ session: any QuerySession) { self.session = session }

  /// One version of a model.
  package struct Entry: Sendable, Codable {
    package let kind: ModelKind
    package let version: Int
    package let madeAt: String
    package let quartierVersion: String
    package let asOf: LocalDate
    package let customers: Int
    /// Whether it can score a new customer.
    package let isUsable: Bool
    /// The last drift measured; nil where none was.
    package let stabilityIndex: Double?
  }

  /// Keeps a model as the next version of its kind; inside a transaction of the caller.
  ///
  /// - Parameters:
  ///   - report: the answer, encoded as the commands print it.
  ///   - scorer: what scores a new customer, as JSON.
  /// - Returns: the model's id and version.
  package func keep(
    _ kind: ModelKind, report: String, scorer: String?, asOf: LocalDate, customers: Int,
    quartierVersion: String
  ) async throws(WarehouseError) -> (id: Int, version: Int) {
    let id = try await session.value("SELECT nextval('quartier.model_ids')").int ?? 0
    let version =
      try await session.value(
        "SELECT coalesce(max(version), 0) + 1 FROM quartier.models WHERE kind = \(kind.rawValue)"
      ).int ?? 1
    try await session.execute(
      """
      INSERT INTO quartier.models VALUES (\(id), \(kind.rawValue), \(version), now(),
        \(quartierVersion), \(asOf.sqlValue), \(customers), \(report),
        \(scorer.map { SQLValue.text($0) } ?? .null))
      """)
    return (id, version)
  }

  /// Every version, newest first.
  package func list() async throws(WarehouseError) -> [Entry] {
    try await session.query(
      """
      SELECT kind, version, strftime(timezone('UTC', made_at), '%Y-%m-%dT%H:%M:%SZ'),
        quartier_version, as_of, customers, scorer IS NOT NULL, (
          SELECT arg_max(stability_index, measured_at) FROM quartier.model_drift AS d
          WHERE d.model_id = m.model_id)
      FROM quartier.models AS m ORDER BY made_at DESC, model_id DESC
      """
    ).rows.compactMap { row in
      guard let kind = ModelKind(rawValue: row[0].text ?? "") else { return nil }
      return Entry(
        kind: kind, version: row[1].int ?? 0, madeAt: row[2].text ?? "",
        quartierVersion: row[3].text ?? "",
        asOf: LocalDate(daysSinceEpoch: row[4].days ?? 0), customers: row[5].int ?? 0,
        isUsable: row[6].bool ?? false, stabilityIndex: row[7].double)
    }
  }

  /// A measurement of drift.
  package struct Drift: Sendable, Codable {
    package let asOf: LocalDate
    package let customers: Int
    package let stabilityIndex: Double
    /// `stable` below 0.1, `moving`, `shifted` above 0.25.
    package let reading: String

    init(asOf: LocalDate, customers: Int, stabilityIndex: Double) {
      self.asOf = asOf
      self.customers = customers
      self.stabilityIndex = stabilityIndex
      reading =
        stabilityIndex < 0.1 ? "stable" : stabilityIndex <= 0.25 ? "moving" : "shifted"
    }
  }

  /// The last drift measured of a version, the newest without one; nil where none was.
  package func drift(
    _ kind: ModelKind, version: Int?
  ) async throws(WarehouseError) -> Drift? {
    let condition: SQL = version.map { "AND version = \($0)" } ?? ""
    return try await session.query(
      """
      SELECT d.as_of, d.customers, d.stability_index FROM quartier.model_drift AS d
      WHERE d.model_id = (
        SELECT model_id FROM quartier.models WHERE kind = \(kind.rawValue) \(condition)
        ORDER BY version DESC LIMIT 1)
      ORDER BY d.measured_at DESC LIMIT 1
      """
    ).rows.first.map { row in
      Drift(
        asOf: LocalDate(daysSinceEpoch: row[0].days ?? 0), customers: row[1].int ?? 0,
        stabilityIndex: row[2].double ?? 0)
    }
  }

  /// The report of a version, the newest without one; nil where there is none.
  package func report(
    _ kind: ModelKind, version: Int?
  ) async throws(WarehouseError) -> (version: Int, report: String)? {
    let condition: SQL = version.map { "AND version = \($0)" } ?? ""
    let row = try await session.query(
      """
      SELECT version, CAST(report AS VARCHAR) FROM quartier.models
      WHERE kind = \(kind.rawValue) \(condition) ORDER BY version DESC LIMIT 1
      """
    ).rows.first
    return row.map { ($0[0].int ?? 0, $0[1].text ?? "") }
  }

  /// The newest groups that can score; nil where there are none, or where this version cannot read
  /// them any more: then groups are found anew.
  package func groups() async throws(WarehouseError) -> KeptGroups? {
    let row = try await session.query(
      """
      SELECT model_id, CAST(scorer AS VARCHAR), CAST(report AS VARCHAR), version
      FROM quartier.models
      WHERE kind = 'clusters' AND scorer IS NOT NULL ORDER BY version DESC LIMIT 1
      """
    ).rows.first
    guard let row, let scorer = row[1].text,
      let groups = try? JSONDecoder().decode(FoundGroups.self, from: Data(scorer.utf8))
    else { return nil }
    struct Named: Decodable {
      struct Group: Decodable {
        let id: String
        let nameParts: [UserMessage]
      }
      let groups: [Group]
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let named = try? decoder.decode(Named.self, from: Data((row[2].text ?? "").utf8))
    var names: [Int: [UserMessage]] = [:]
    for group in named?.groups ?? [] {
      if let number = Int(group.id.dropFirst("group_".count)) { names[number] = group.nameParts }
    }
    return KeptGroups(
      modelID: row[0].int ?? 0, version: row[3].int ?? 0, groups: groups, names: names)
  }

  /// The newest tribes that can be assigned; nil where there are none or they cannot be read.
  package func tribes() async throws(WarehouseError) -> FoundTribes? {
    let row = try await session.query(
      """
      SELECT CAST(scorer AS VARCHAR) FROM quartier.models
      WHERE kind = 'tribes' AND scorer IS NOT NULL ORDER BY version DESC LIMIT 1
      """
    ).rows.first
    return row?[0].text.flatMap {
      try? JSONDecoder().decode(FoundTribes.self, from: Data($0.utf8))
    }
  }

  /// The newest lifetime model that can score; nil where there is none or it cannot be read.
  package func lifetime() async throws(WarehouseError) -> (version: Int, scorer: LifetimeScorer)? {
    let row = try await session.query(
      """
      SELECT version, CAST(scorer AS VARCHAR) FROM quartier.models
      WHERE kind = 'clv' ORDER BY version DESC LIMIT 1
      """
    ).rows.first
    guard let row, let text = row[1].text,
      let scorer = try? JSONDecoder().decode(LifetimeScorer.self, from: Data(text.utf8))
    else { return nil }
    return (row[0].int ?? 0, scorer)
  }

  /// Measures how far customers have moved from a kept grouping by their assignment to it, and keeps
  /// the index. Nil where nobody is assigned.
  ///
  /// - Parameter table: a table that `FoundGroups.assign` made.
  package func measureDrift(
    of kept: KeptGroups, from table: String = "customer_group", asOf: LocalDate
  ) async throws -> Drift? {
    let rows = try await session.query(
      "SELECT found_group, count(*) FROM \(identifier: table) GROUP BY found_group"
    ).rows
    var labels: [String: Int] = [:]
    for row in rows { if let group = row[0].text { labels[group] = row[1].int ?? 0 } }
    let counts = kept.groups.numbers.map { Double(labels["group_\($0)"] ?? 0) }
    let customers = counts.reduce(0, +)
    guard customers > 0 else { return nil }
    let index = try GroupDrift.index(kept.groups, counts: counts)
    try await session.execute(
      """
      INSERT INTO quartier.model_drift
      VALUES (\(kept.modelID), now(), \(asOf.sqlValue), \(Int(customers)), \(index))
      """)
    return Drift(asOf: asOf, customers: Int(customers), stabilityIndex: index)
  }
}
