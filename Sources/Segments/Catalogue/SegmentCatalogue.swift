internal import CustomerSchema
internal import Foundation
internal import SQLBuilder
internal import SegmentLanguage
package import Warehouse

/// The definitions kept in a workspace's store, which is the session's current catalogue.
package struct SegmentCatalogue: Sendable {
  private let session: any QuerySession
  private let language: RuleLanguage

  package init(_ session: any QuerySession, _ language: RuleLanguage) {
    self.session = session
    self.language = language
  }

  /// The segments that exist, in the order in which they were made.
  ///
  /// - Throws: `WarehouseError`; `SegmentsError.stored` for a rule that cannot be read any more.
  package func segments() async throws -> [StoredSegment] {
    try await versions(
      """
      JOIN (SELECT segment_id, max(version) AS version FROM segment_version GROUP BY segment_id)
        USING (segment_id, version)
      WHERE deleted_at IS NULL
      """)
  }

  /// The versions that the latest refresh applied, of segments deleted since too; empty before the
  /// first.
  package func appliedSegments() async throws -> [StoredSegment] {
    try await versions(
      """
      JOIN segment_size USING (segment_id, version)
      WHERE refresh_id = (SELECT max(refresh_id) FROM segment_refresh)
      """)
  }

  private func versions(_ condition: SQL) async throws -> [StoredSegment] {
    let rows = try await session.query(
      """
      SELECT segment_id, version, name, intention, owner, description, colour, tags, rule,
        parameters
      FROM segment_version JOIN segment USING (segment_id) \(condition)
      ORDER BY segment_id
      """
    ).rows
    let manual = try await manualCustomers()
    return try rows.map { row in
      let name = row[2].text ?? ""
      guard let id = row[0].int, let version = row[1].int, let rule = row[8].text,
        let tags = row[7].text.flatMap(Self.decoded([String].self)),
        let parameters = row[9].text.flatMap(Self.decoded([String: String].self))
      else { throw SegmentsError.stored(segment: name, reason: "segment_version") }
      let byHand = manual[ManualKey(segment: Int64(id), version: version)] ?? ManualCustomers()
      let definition = SegmentDefinition(
        name: name, intention: row[3].text, owner: row[4].text, description: row[5].text,
        colour: row[6].text, tags: tags, rule: try language.stored(rule, segment: name),
        parameters: try parameters.mapValues { try language.storedLiteral($0, segment: name) },
        included: byHand.included, excluded: byHand.excluded)
      return StoredSegment(id: Int64(id), version: version, definition: definition)
    }
  }

  private struct ManualKey: Hashable {
    let segment: Int64
    let version: Int
  }

  private struct ManualCustomers {
    var included: Set<Int64> = []
    var excluded: Set<Int64> = []
  }

  private func manualCustomers() async throws -> [ManualKey: ManualCustomers] {
    var result: [ManualKey: ManualCustomers] = [:]
    for row in try await session.query(
      "SELECT segment_id, version, customer_id, is_included FROM segment_manual"
    ).rows {
      guard let segment = row[0].int, let version = row[1].int, let customer = row[2].int else {
        continue
      }
      let key = ManualKey(segment: Int64(segment), version: version)
      if row[3].bool == true {
        result[key, default: ManualCustomers()].included.insert(Int64(customer))
      } else {
        result[key, default: ManualCustomers()].excluded.insert(Int64(customer))
      }
    }
    return result
  }

  /// Writes what a plan changes, in one transaction; every version stays.
  ///
  /// - Parameter instant: when the change is made, in microseconds since the epoch.
  package func apply(_ plan: CataloguePlan, at instant: Int64) async throws {
    guard !plan.isEmpty else { return }
    let made = SQLValue.instant(instant)
    try await session.transaction {
      for change in plan.changes where change.kind != .unchanged {
        guard let definition = change.after else {
          if let before = change.before {
            try await session.execute(
              """
              UPDATE segment SET deleted_at = \(made)
              WHERE segment_id = \(SQLValue.int(before.id))
              """)
          }
          continue
        }
        let id: Int64
        if let before = change.before {
          id = before.id
        } else {
          id = Int64(try await session.value("SELECT nextval('segment_ids')").int ?? 0)
          try await session.execute(
            "INSERT INTO segment VALUES (\(SQLValue.int(id)), \(made), NULL)")
        }
        try await insert(definition, id: id, version: (change.before?.version ?? 0) + 1, made)
      }
    }
  }

  private func insert(
    _ definition: SegmentDefinition, id: Int64, version: Int, _ made: SQLValue
  ) async throws {
    func value(_ text: String?) -> SQLValue { text.map(SQLValue.text) ?? .null }
    let parameters = definition.parameters.mapValues(language.text)
    try await session.execute(
      """
      INSERT INTO segment_version VALUES (\(SQLValue.int(id)), \(version), \(made),
        \(definition.name), \(value(definition.intention)), \(value(definition.owner)),
        \(value(definition.description)), \(value(definition.colour)),
        \(try Self.encoded(definition.tags)), \(language.text(definition.rule)),
        \(try Self.encoded(parameters)))
      """)
    let byHand =
      definition.included.sorted().map { ($0, true) }
      + definition.excluded.sorted().map { ($0, false) }
    for (customer, isIncluded) in byHand {
      try await session.execute(
        """
        INSERT INTO segment_manual VALUES (\(SQLValue.int(id)), \(version),
          \(SQLValue.int(customer)), \(SQLValue.bool(isIncluded)))
        """)
    }
  }

  private static func encoded(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private static func decoded<Value: Decodable>(_ type: Value.Type) -> (String) -> Value? {
    { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
  }
}
