internal import SQLBuilder
internal import SegmentLanguage
internal import Warehouse
package import Segments

/// The segments of a workspace, and one of them in full.
package struct ListSegments: Sendable {
  private let desk: SegmentDesk

  package init(_ desk: SegmentDesk) { self.desk = desk }

  /// `docs/schemas/segments-list-1.schema.json`.
  package struct Answer: Sendable, Encodable {
    package let schema = "quartier.segments-list/1"
    /// The instant to which memberships were last brought; nil before the first refresh.
    package let asOf: String?
    /// Customers who may be profiled.
    package let customers: Int
    package let segments: [Item]
  }

  package struct Item: Sendable, Encodable {
    package let name: String
    package let intention: String?
    package let owner: String?
    package let description: String?
    package let colour: String?
    package let tags: [String]
    package let rule: String
    package let version: Int
    /// Members at `asOf`; nil for a segment that no refresh has told yet, and for a small group.
    package let size: Int?
    /// For a small group of persons: how many it does not reach.
    package let fewerThan: Int?
    /// Whether the version that holds has not been applied by a refresh yet.
    package let isPending: Bool
  }

  package func list() async throws -> Answer {
    let last = try await desk.history.lastRefresh()
    return Answer(
      asOf: last.map(SegmentDesk.text), customers: try await desk.customers(),
      segments: try await items(last: last))
  }

  private func items(last: Int64?) async throws -> [Item] {
    let groups = try await last.asyncMap { try await desk.history.groups(at: $0) } ?? [:]
    let applied = Dictionary(
      uniqueKeysWithValues: try await desk.catalogue.appliedSegments().map { ($0.id, $0.version) })
    return try await desk.catalogue.segments().map { segment in
      let definition = segment.definition
      let told: (number: Int?, fewerThan: Int?) =
        applied[segment.id] == nil ? (nil, nil) : desk.told(groups[segment.id] ?? .empty)
      return Item(
        name: segment.name, intention: definition.intention, owner: definition.owner,
        description: definition.description, colour: definition.colour, tags: definition.tags,
        rule: desk.language.text(definition.rule), version: segment.version,
        size: told.number, fewerThan: told.fewerThan,
        isPending: applied[segment.id] != segment.version)
    }
  }

  // MARK: One segment

  /// `docs/schemas/segments-show-1.schema.json`.
  package struct Card: Sendable, Encodable {
    package let schema = "quartier.segments-show/1"
    package let asOf: String?
    package let customers: Int
    package let segment: Item
    /// The rule as a person says it, in the language asked for.
    package let sentence: String
    package let parameters: [String: String]
    /// Customers put in and kept out by hand.
    package let included: Int
    package let excluded: Int
    /// Segments that the rule names, and those whose rules name this one.
    package let uses: [String]
    package let usedBy: [String]
    /// From the newest.
    package let versions: [Version]
    /// From the newest refresh.
    package let sizes: [Size]
  }

  package struct Version: Sendable, Encodable {
    package let version: Int
    package let madeAt: String
    package let name: String
    package let rule: String
  }

  package struct Size: Sendable, Encodable {
    package let asOf: String
    /// Absent for a small group of persons.
    package let size: Int?
    package let fewerThan: Int?
    package let version: Int
  }

  /// - Parameter sentence: words a rule.
  package func card(
    of name: String, sentence: (SegmentDefinition) throws -> String
  ) async throws -> Card {
    let last = try await desk.history.lastRefresh()
    let segments = try await desk.catalogue.segments()
    let segment = try desk.segment(named: name, in: segments)
    let items = try await items(last: last)
    let definition = segment.definition
    guard let item = items.first(where: { $0.name == segment.name }) else {
      throw SegmentsError.unknownSegment(name, nearest: [])
    }
    return Card(
      asOf: last.map(SegmentDesk.text), customers: try await desk.customers(), segment: item,
      sentence: try sentence(definition),
      parameters: definition.parameters.mapValues(desk.language.text),
      included: definition.included.count, excluded: definition.excluded.count,
      uses: definition.rule.segments,
      usedBy: segments.filter { $0.definition.rule.segments.contains(segment.name) }
        .map(\.name),
      versions: try await versions(of: segment.id), sizes: try await sizes(of: segment.id))
  }

  private func versions(of segment: Int64) async throws -> [Version] {
    try await desk.session.query(
      """
      SELECT version, made_at, name, rule FROM segment_version
      WHERE segment_id = \(SQLValue.int(segment)) ORDER BY version DESC
      """
    ).rows.map { row in
      Version(
        version: row[0].int ?? 0, madeAt: row[1].microseconds.map(SegmentDesk.text) ?? "",
        name: row[2].text ?? "", rule: row[3].text ?? "")
    }
  }

  private func sizes(of segment: Int64) async throws -> [Size] {
    let rows = try await desk.session.query(
      """
      SELECT as_of, size, version FROM segment_size JOIN segment_refresh USING (refresh_id)
      WHERE segment_id = \(SQLValue.int(segment)) ORDER BY refresh_id DESC LIMIT 24
      """
    ).rows
    let groups = try await desk.history.groups(
      of: segment, at: rows.map { $0[0].microseconds ?? 0 })
    return zip(rows, groups).map { row, group in
      let size = row[1].int ?? 0
      let told = desk.told(GroupSize(customers: size, persons: min(size, group.persons)))
      return Size(
        asOf: row[0].microseconds.map(SegmentDesk.text) ?? "", size: told.number,
        fewerThan: told.fewerThan, version: row[2].int ?? 0)
    }
  }
}

extension Optional {
  /// `map` with a transformation that waits.
  fileprivate func asyncMap<Result>(
    _ transform: (Wrapped) async throws -> Result
  ) async rethrows -> Result? {
    guard let self else { return nil }
    return try await transform(self)
  }
}
