internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Writes described values into the catalogue, the history and the table of current values.
struct DescribedValues {
  let session: any QuerySession
  let source: String
  /// µs since the epoch.
  let now: Int64

  private static let lookups = DescriptionLookups.columns.map(\.id)
  /// `growth_stage` and `device` are in the catalogue of what files say as well.
  private static let all = lookups + BehaviourDescription.columns

  private static func definition(_ id: String) -> AttributeDefinition {
    guard let found = AttributeCatalogue.customer[id] else {
      preconditionFailure("\(id) is not in the catalogue")
    }
    return found
  }

  /// Whether an attribute of the store is of the type that is written.
  private static func isOurs(_ entry: AttributeStore.Entry) -> Bool {
    entry.definition.type.storedName == definition(entry.definition.id).type.storedName
  }

  private static func column(_ id: String, _ type: AttributeType, _ value: SQL) -> SQL {
    "CAST(\(value) AS \(SQL.resource(type.columnType))) AS \(identifier: id)"
  }

  // MARK: What is to be written

  /// Makes `description_change`, what the history of computed values should be for the customers to
  /// describe, `description_known`, what it is, and `description_said`, who says what themselves.
  ///
  /// - Parameter isSingle: whether `description_value` has one row a customer at most.
  func prepare(isSingle: Bool) async throws {
    let typed = Self.lookups.map {
      Self.column($0, Self.definition($0).type, "\(identifier: $0)")
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_value AS
      SELECT customer_id, valid_from, \(typed.joined()) FROM description_value
      """)
    let ids = Self.all.map { "\(literal: $0)" as SQL }.joined()
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_known AS
      SELECT customer_id, attribute_id, valid_from, value, row_id
      FROM quartier.attribute_history
      WHERE source = \(literal: source) AND customer_id IN (FROM description_customer)
      """)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_said AS
      SELECT customer_id, attribute_id FROM quartier.attribute_history
      WHERE attribute_id IN (\(ids)) AND source <> \(literal: source)
        AND customer_id IN (FROM description_customer) AND valid_from <= \(SQLValue.instant(now))
      GROUP BY customer_id, attribute_id
      HAVING arg_max_null(value, valid_from) IS NOT NULL
      """)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_change (
        customer_id BIGINT, attribute_id VARCHAR, valid_from TIMESTAMPTZ, value VARCHAR)
      """)
    let said = Set(
      try await session.query("SELECT DISTINCT attribute_id FROM description_said").rows
        .compactMap { $0[0].text })
    for id in Self.lookups {
      try await addTimeline(id, isSingle: isSingle, isSaid: said.contains(id))
    }
    try await addLatest(said: said)
  }

  private func without(_ id: String, isSaid: Bool) -> SQL {
    isSaid
      ? """
      AND customer_id NOT IN (
        SELECT customer_id FROM description_said WHERE attribute_id = \(literal: id))
      """ : ""
  }

  private func addTimeline(_ id: String, isSingle: Bool, isSaid: Bool) async throws {
    let text: SQL = "(\(identifier: id))::VARCHAR"
    let others = without(id, isSaid: isSaid)
    let rows: SQL =
      isSingle
      ? """
      SELECT customer_id, valid_from, \(text) AS value FROM description_value
      WHERE \(identifier: id) IS NOT NULL \(others)
      """
      : """
      SELECT customer_id, valid_from, value FROM (
        SELECT customer_id, valid_from, \(text) AS value,
          lag(\(text)) OVER (PARTITION BY customer_id ORDER BY valid_from) AS before
        FROM description_value)
      WHERE value IS DISTINCT FROM before \(others)
      """
    try await session.execute(
      """
      INSERT INTO description_change
      SELECT customer_id, \(literal: id), valid_from, value FROM (\(rows))
      """)
  }

  /// What rows of customers say holds from the last of them on; what was said before stays.
  private func addLatest(said: Set<String>) async throws {
    let ids = BehaviourDescription.columns.map { "\(literal: $0)" as SQL }.joined()
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_kept AS
      SELECT k.customer_id, k.attribute_id, k.valid_from, k.value
      FROM description_known AS k JOIN description_behaviour AS b USING (customer_id)
      WHERE k.attribute_id IN (\(ids)) AND k.valid_from < b.valid_from
        AND NOT EXISTS (FROM description_said AS s WHERE s.customer_id = k.customer_id
          AND s.attribute_id = k.attribute_id)
      """)
    try await session.execute("INSERT INTO description_change FROM description_kept")
    for id in BehaviourDescription.columns {
      let type = Self.definition(id).type
      let text: SQL = "CAST(b.\(identifier: id) AS \(SQL.resource(type.columnType)))::VARCHAR"
      try await session.execute(
        """
        INSERT INTO description_change
        SELECT b.customer_id, \(literal: id), b.valid_from, \(text)
        FROM description_behaviour AS b LEFT JOIN (
          SELECT customer_id AS known_id, arg_max_null(value, valid_from) AS value
          FROM description_kept WHERE attribute_id = \(literal: id) GROUP BY customer_id
        ) AS k ON k.known_id = b.customer_id
        WHERE \(text) IS DISTINCT FROM k.value \(without(id, isSaid: said.contains(id)))
        """)
    }
    try await session.execute("DROP TABLE description_kept")
  }

  // MARK: Definitions

  /// Adds the attributes that have a value and that the catalogue lacks; outside the transaction,
  /// because the engine does not change a table's rows after its columns in one.
  ///
  /// - Returns: their ids.
  func define() async throws -> [String] {
    let filled = Set(
      try await session.query(
        "SELECT DISTINCT attribute_id FROM description_change WHERE value IS NOT NULL"
      ).rows.compactMap { $0[0].text })
    let stored = try await AttributeStore.entries(session)
    let known = Set(stored.map(\.definition.id))
    // An attribute of a person's own making under one of these names stays hers.
    for entry in stored where Self.all.contains(entry.definition.id) {
      guard !Self.isOurs(entry) else { continue }
      try await session.execute(
        "DELETE FROM description_change WHERE attribute_id = \(literal: entry.definition.id)")
    }
    var defined: [String] = []
    for id in Self.all where filled.contains(id) && !known.contains(id) {
      let definition = Self.definition(id)
      try await session.execute(
        """
        ALTER TABLE quartier.customer_attribute
        ADD COLUMN IF NOT EXISTS \(identifier: id) \(SQL.resource(definition.type.columnType))
        """)
      try await session.execute(
        """
        INSERT INTO quartier.attribute_definition
          (attribute_id, type, detail, data_class, origin)
        VALUES (\(id), \(definition.type.storedName),
          \(definition.type.storedDetail.map { .text($0) } ?? SQLValue.null),
          \(definition.dataClass.rawValue), 'computed')
        """)
      defined.append(id)
    }
    return defined
  }

  // MARK: Writing

  /// Brings history and current values to what they should be; inside a transaction.
  ///
  /// - Returns: how many customers changed.
  func write() async throws -> Int {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_obsolete AS
      SELECT customer_id, row_id FROM description_known AS k
      WHERE NOT EXISTS (FROM description_change AS c WHERE c.customer_id = k.customer_id
        AND c.attribute_id = k.attribute_id AND c.valid_from = k.valid_from
        AND c.value IS NOT DISTINCT FROM k.value)
      """)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_fresh AS
      SELECT customer_id, attribute_id, valid_from, value FROM description_change AS c
      WHERE NOT EXISTS (FROM description_known AS k WHERE k.customer_id = c.customer_id
        AND k.attribute_id = c.attribute_id AND k.valid_from = c.valid_from
        AND k.value IS NOT DISTINCT FROM c.value)
      """)
    if try await session.value("SELECT count(*) FROM description_obsolete").int ?? 0 > 0 {
      try await session.execute(
        """
        DELETE FROM quartier.attribute_history
        WHERE source = \(literal: source)
          AND row_id IN (SELECT row_id FROM description_obsolete)
        """)
    }
    try await session.execute(
      """
      INSERT INTO quartier.attribute_history
        (customer_id, attribute_id, valid_from, value, source, row_id)
      SELECT customer_id, attribute_id, valid_from, value, \(literal: source),
        nextval('quartier.row_ids')
      FROM description_fresh
      """)
    try await writeCurrent()
    return try await session.execute(
      """
      INSERT INTO quartier.touched_customer (customer_id)
      SELECT customer_id FROM description_obsolete UNION SELECT customer_id FROM description_fresh
      """)
  }

  private func writeCurrent() async throws {
    let stored = try await AttributeStore.entries(session)
    let usable = Set(
      stored.filter { entry in
        Self.all.contains(entry.definition.id) && Self.isOurs(entry)
      }.map(\.definition.id))
    let ids = Self.all.filter(usable.contains)
    guard !ids.isEmpty else { return }
    let said = Set(
      try await session.query("SELECT DISTINCT attribute_id FROM description_said").rows
        .compactMap { $0[0].text })
    let behaviour = Set(BehaviourDescription.columns)
    let values = ids.map { id -> SQL in
      let type = Self.definition(id).type
      let value: SQL =
        behaviour.contains(id)
        ? "CAST(b.\(identifier: id) AS \(SQL.resource(type.columnType)))" : "v.\(identifier: id)"
      guard said.contains(id) else { return "\(value) AS \(identifier: id)" }
      return """
        CASE WHEN d.customer_id IN (
          SELECT customer_id FROM description_said WHERE attribute_id = \(literal: id))
        THEN w.\(identifier: id) ELSE \(value) END AS \(identifier: id)
        """
    }
    try await session.execute(
      """
      INSERT INTO quartier.customer_attribute (customer_id)
      SELECT customer_id FROM description_customer
      WHERE customer_id NOT IN (SELECT customer_id FROM quartier.customer_attribute)
      """)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_current AS
      SELECT d.customer_id, \(values.joined())
      FROM description_customer AS d
      JOIN quartier.customer_attribute AS w ON w.customer_id = d.customer_id
      LEFT JOIN (
        SELECT * FROM description_value WHERE valid_from <= \(SQLValue.instant(now))
        QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY valid_from DESC) = 1
      ) AS v ON v.customer_id = d.customer_id
      LEFT JOIN description_behaviour AS b ON b.customer_id = d.customer_id
      """)
    let sets = ids.map { "\(identifier: $0) = n.\(identifier: $0)" as SQL }
    let differs = ids.map { "w.\(identifier: $0) IS DISTINCT FROM n.\(identifier: $0)" as SQL }
    try await session.execute(
      """
      UPDATE quartier.customer_attribute AS w SET \(sets.joined())
      FROM description_current AS n
      WHERE n.customer_id = w.customer_id AND (\(differs.joined(separator: " OR ")))
      """)
    try await session.execute("DROP TABLE description_current")
  }

  /// Drops the temporary tables.
  func clear() async throws {
    for table in [
      "description_value", "description_input", "description_behaviour", "description_known",
      "description_said", "description_change", "description_obsolete", "description_fresh",
    ] {
      try await session.execute("DROP TABLE IF EXISTS \(identifier: table)")
    }
  }
}
