internal import CustomerSchema
internal import SQLBuilder
package import Warehouse

/// Puts right what is wrong about a person, for good: a source that goes on saying the wrong value
/// is not believed.
package struct Rectification: Sendable {
  private let session: any QuerySession

  package init(_ session: any QuerySession) { self.session = session }

  /// The source of values that people have put right.
  package static let source = "rectification"

  /// - Parameter value: as the history writes it (ISO dates, a point before decimals); nil to
  ///   withdraw what is known.
  /// - Returns: whether it differs from what was known.
  /// - Throws: `PrivacyError.unknownAttribute`, `.wrongValue`.
  package func run(
    _ person: Person, attribute: String, value: String?, now: Int64
  ) async throws -> Bool {
    let type = try await type(of: attribute)
    let canonical = try await canonical(value, attribute, type)
    let id = SQLValue.int(person.customer)
    return try await session.transaction {
      let known =
        try await session.query(
          """
          SELECT value FROM quartier.attribute_history
          WHERE customer_id = \(id) AND attribute_id = \(attribute)
            AND valid_from <= \(SQLValue.instant(now)) ORDER BY valid_from DESC, row_id DESC LIMIT 1
          """
        ).rows.first?[0] ?? .null
      guard known != canonical else { return false }
      try await session.execute(
        """
        INSERT INTO quartier.rectification
        VALUES (\(id), \(attribute), \(SQLValue.instant(now)), \(known), \(canonical))
        """)
      try await write([(person.customer, canonical)], attribute, type, now)
      return true
    }
  }

  /// Tells beforehand whether a value can be put in.
  ///
  /// - Throws: `PrivacyError.unknownAttribute`, `.wrongValue`.
  package func check(attribute: String, value: String?) async throws {
    _ = try await canonical(value, attribute, try await type(of: attribute))
  }

  private func type(of attribute: String) async throws -> AttributeType {
    let entries = try await AttributeStore.entries(session).filter {
      $0.origin != "model" && $0.origin != "computed"
    }
    guard let entry = entries.first(where: { $0.definition.id == attribute }) else {
      throw PrivacyError.unknownAttribute(attribute, known: entries.map(\.definition.id))
    }
    return entry.definition.type
  }

  /// Puts right again what imports have said wrong again.
  ///
  /// - Returns: how many values.
  @discardableResult
  package func repeatAll(now: Int64) async throws -> Int {
    let entries = Dictionary(
      uniqueKeysWithValues: try await AttributeStore.entries(session).map {
        ($0.definition.id, $0.definition.type)
      })
    return try await session.transaction {
      let rows = try await session.query(
        """
        WITH newest AS (
          SELECT customer_id, attribute_id, arg_max_null(value, valid_from) AS value,
            arg_max(source, valid_from) AS source
          FROM quartier.attribute_history WHERE valid_from <= \(SQLValue.instant(now))
            AND customer_id IN (SELECT customer_id FROM quartier.rectification)
          GROUP BY customer_id, attribute_id
        ), last AS (
          SELECT * FROM quartier.rectification
          QUALIFY row_number() OVER (
            PARTITION BY customer_id, attribute_id ORDER BY rectified_at DESC) = 1
        )
        SELECT r.customer_id, r.attribute_id, r.stated_value FROM last AS r
        JOIN newest AS n USING (customer_id, attribute_id)
        WHERE n.source <> \(Self.source) AND n.value IS NOT DISTINCT FROM r.wrong_value
        """
      ).rows
      for row in rows {
        guard let id = row[0].int, let attribute = row[1].text, let type = entries[attribute] else {
          continue
        }
        try await write([(Int64(id), row[2])], attribute, type, now)
      }
      return rows.count
    }
  }

  private func write(
    _ values: [(customer: Int64, value: SQLValue)], _ attribute: String, _ type: AttributeType,
    _ now: Int64
  ) async throws {
    for (customer, value) in values {
      let id = SQLValue.int(customer)
      try await session.execute(
        """
        INSERT INTO quartier.attribute_history
        VALUES (\(id), \(attribute), \(SQLValue.instant(now)), \(value), \(Self.source),
          nextval('quartier.row_ids'), NULL, NULL)
        """)
      try await session.execute(
        """
        UPDATE quartier.customer_attribute
        SET \(identifier: attribute) = \(Self.typed("\(value)", type)) WHERE customer_id = \(id)
        """)
      try await session.execute(
        "INSERT INTO quartier.touched_customer (customer_id) VALUES (\(id))")
    }
  }

  /// The value as the history has it, once it is known to be one of the attribute's.
  private func canonical(
    _ value: String?, _ attribute: String, _ type: AttributeType
  ) async throws -> SQLValue {
    guard let value, !value.isEmpty else { return .null }
    let wrong = PrivacyError.wrongValue(attribute: attribute, type: type.storedName)
    if case .enumeration(let values) = type, !values.contains(value) { throw wrong }
    let typed: SQL =
      switch type {
      case .list: "TRY_CAST(from_json(\(value), '[\"VARCHAR\"]') AS VARCHAR[])"
      default: "TRY_CAST(\(value) AS \(SQL.resource(type.columnType)))"
      }
    let text: SQL =
      switch type {
      case .instant: "strftime(timezone('UTC', \(typed)), '%Y-%m-%dT%H:%M:%S.%fZ')"
      case .list: "to_json(\(typed))::VARCHAR"
      default: "(\(typed))::VARCHAR"
      }
    let found: SQLValue
    do { found = try await session.value("SELECT \(text)") } catch { throw wrong }
    guard case .text = found else { throw wrong }
    return found
  }

  private static func typed(_ text: SQL, _ type: AttributeType) -> SQL {
    switch type {
    case .list: "from_json(\(text), '[\"VARCHAR\"]')"
    default: "CAST(\(text) AS \(SQL.resource(type.columnType)))"
    }
  }
}
