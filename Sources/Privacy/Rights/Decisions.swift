internal import SQLBuilder
package import Warehouse

/// What a person decides about the use of her data.
package enum Decision: String, Sendable, Hashable, CaseIterable, Codable {
  /// Keep the data, use it for nothing (Art. 18 GDPR).
  case restriction
  /// No profile is made of her (Art. 21).
  case profiling
  /// No marketing, by whatever channel (Art. 21(2)).
  case marketing
}

/// Keeps decisions and makes them hold at once.
package struct Decisions: Sendable {
  private let session: any QuerySession

  package init(_ session: any QuerySession) { self.session = session }

  /// Makes a decision hold; once more changes nothing.
  ///
  /// - Returns: whether it is new.
  package func begin(_ decision: Decision, of person: Person, at now: Int64) async throws -> Bool {
    try await session.transaction {
      let count = try await session.execute(
        """
        INSERT INTO quartier.privacy_decision
        SELECT \(SQLValue.int(person.customer)), \(decision.rawValue), \(SQLValue.instant(now)), NULL
        WHERE NOT EXISTS (\(holding(decision, person)))
        """)
      try await settle(decision, person)
      return count > 0
    }
  }

  /// Ends a decision.
  ///
  /// - Throws: `PrivacyError.noDecision` when it does not hold.
  package func end(_ decision: Decision, of person: Person, at now: Int64) async throws {
    try await session.transaction {
      let count = try await session.execute(
        """
        UPDATE quartier.privacy_decision SET ended_at = \(SQLValue.instant(now))
        WHERE customer_id IN (
            SELECT number FROM quartier.profile_number
            WHERE customer_id = \(SQLValue.int(person.customer)))
          AND kind = \(decision.rawValue)
          AND ended_at IS NULL
        """)
      guard count > 0 else { throw PrivacyError.noDecision(decision.rawValue) }
      try await settle(decision, person)
    }
  }

  /// The decisions that hold for a person.
  package func holding(of person: Person) async throws -> [Decision] {
    try await session.query(
      """
      SELECT DISTINCT kind FROM quartier.profile_decision
      WHERE customer_id = \(SQLValue.int(person.customer)) AND ended_at IS NULL ORDER BY kind
      """
    ).rows.compactMap { $0[0].text.flatMap(Decision.init) }
  }

  private func holding(_ decision: Decision, _ person: Person) -> SQL {
    """
    SELECT 1 FROM quartier.profile_decision WHERE kind = \(decision.rawValue)
      AND customer_id = \(SQLValue.int(person.customer)) AND ended_at IS NULL
    """
  }

  /// What profiles have found so far goes; the next refresh ends memberships.
  private func settle(_ decision: Decision, _ person: Person) async throws {
    guard decision != .marketing else { return }
    let id = SQLValue.int(person.customer)
    let scores = try await session.query(
      """
      SELECT d.attribute_id FROM quartier.attribute_definition AS d
      JOIN duckdb_columns() AS c ON c.database_name = 'quartier'
        AND c.table_name = 'customer_attribute' AND c.column_name = d.attribute_id
      WHERE d.origin = 'model'
      """
    ).rows.compactMap { $0[0].text }
    if !scores.isEmpty {
      try await session.execute(
        """
        UPDATE quartier.customer_attribute
        SET \(scores.map { "\(identifier: $0) = NULL" as SQL }.joined()) WHERE customer_id = \(id)
        """)
    }
    try await session.execute(
      "INSERT INTO quartier.touched_customer (customer_id) VALUES (\(id))")
  }
}
