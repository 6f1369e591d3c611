internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Brings `import_values` into the attribute catalogue, its history and the table of current
/// values. A value that is said again is no change.
struct AttributeAbsorption {
  let session: any QuerySession
  let source: String
  let importID: Int
  /// Microseconds since the epoch.
  let now: Int64

  /// What became of the values.
  struct Outcome: Sendable, Hashable {
    /// Rows of the history written.
    var changes = 0
    /// Attributes that the workspace did not have.
    var defined: [String] = []
    /// Customers with at least one change.
    var customers = 0
  }

  private struct Attribute {
    let id: String
    let type: AttributeType
    /// Its column in `import_values`.
    let value: SQL
    /// Whether nobody had a value before.
    var isNew: Bool
  }

  // MARK: Definitions

  /// Adds what the catalogue lacks; attributes without a single value are left out.
  ///
  /// Called inside the transaction, before anything is written to `customer_attribute`.
  func define(_ columns: [AttributeColumn]) async throws(IngestionError) -> [String] {
    var defined: [String] = []
    let new = columns.enumerated().filter { !$0.element.isKnown }
    guard !new.isEmpty else { return [] }
    let filled = try await session.fetchRow(
      "SELECT \(new.map { "count(v\(number: $0.offset))" as SQL }.joined()) FROM import_values")
    for ((_, column), count) in zip(new, filled) where (count.int ?? 0) > 0 {
      try await define(column.id, column.type, column.dataClass, column.label)
      defined.append(column.id)
    }
    return defined
  }

  private func define(
    _ id: String, _ type: AttributeType, _ dataClass: DataClass, _ label: String?
  ) async throws(IngestionError) {
    let words: SQL = "\(label.map { SQLValue.text($0) } ?? .null)"
    try await session.perform(
      """
      INSERT INTO quartier.attribute_definition
        (attribute_id, type, detail, data_class, origin, label_en, label_fr)
      VALUES (\(id), \(type.storedName), \(type.storedDetail.map { .text($0) } ?? SQLValue.null),
        \(dataClass.rawValue), 'imported', \(words), \(words))
      """)
    try await session.perform(
      """
      ALTER TABLE quartier.customer_attribute
      ADD COLUMN \(identifier: id) \(SQL.resource(type.columnType))
      """)
  }

  /// What a file as a whole says of its customers: attributes of the catalogue and their values.
  static func said(by kind: ImportKind) -> [(definition: AttributeDefinition, value: String)] {
    let pairs: [(String, String)] =
      switch kind {
      case .customers: [("kind", "person"), ("status", "customer")]
      case .prospects: [("kind", "person"), ("status", "prospect")]
      case .companies: [("kind", "company")]
      default: [("kind", "person")]
      }
    return pairs.compactMap { id, value in
      AttributeCatalogue.customer[id].map { ($0, value) }
    }
  }

  /// Makes sure of the attributes that the file as a whole says.
  func define(
    _ said: [(definition: AttributeDefinition, value: String)], besides known: Set<String>
  ) async throws(IngestionError) {
    for (definition, _) in said where !known.contains(definition.id) {
      try await define(definition.id, definition.type, definition.dataClass, nil)
    }
  }

  // MARK: Values

  /// - Parameters:
  ///   - columns: in the order of the columns of `import_values`, which has `customer_id` by now.
  ///   - said: what all customers of the file are.
  func run(
    _ columns: [AttributeColumn],
    said: [(definition: AttributeDefinition, value: String)], defined: [String]
  ) async throws(IngestionError) -> Outcome {
    var outcome = Outcome()
    outcome.defined = defined
    let known = try await session.fetch("SELECT attribute_id FROM quartier.attribute_definition")
    let ids = Set(known.compactMap { $0[0].text })
    var attributes = columns.enumerated().filter { ids.contains($0.element.id) }.map {
      Attribute(
        id: $0.element.id, type: $0.element.type, value: SQL.column("v\($0.offset)"),
        isNew: defined.contains($0.element.id))
    }
    attributes += said.map {
      Attribute(
        id: $0.definition.id, type: $0.definition.type, value: "\(literal: $0.value)",
        isNew: false)
    }
    let before = try await session.take(1, from: "row_ids")
    let isSimple = try await isSimple()
    try await session.perform(
      "CREATE OR REPLACE TEMP TABLE import_withdrawn (attribute_id VARCHAR, customer_id BIGINT)")
    for attribute in attributes {
      if isSimple {
        outcome.changes += try await absorbLatest(attribute)
      } else {
        outcome.changes += try await absorbHistory(attribute)
      }
    }
    if isSimple {
      try await writeCurrent(attributes)
    } else {
      for attribute in attributes { try await rereadCurrent(attribute) }
    }
    try await touch(after: before + 1, &outcome)
    try await session.drop("import_withdrawn")
    return outcome
  }

  /// Whether every customer has one row, and none is older than what is known already.
  private func isSimple() async throws(IngestionError) -> Bool {
    let row = try await session.fetchRow(
      """
      SELECT count(*), count(DISTINCT customer_id), epoch_us(min(valid_from)),
        (SELECT epoch_us(max(valid_from)) FROM quartier.attribute_history
          WHERE source <> \(literal: AttributeStore.computedSource)) FROM import_values
      """)
    guard row[0] == row[1] else { return false }
    return row[3].isNull || (row[3].int ?? .max) < (row[2].int ?? .min)
  }

  /// A value as the history has it.
  static func text(_ value: SQL, _ type: AttributeType) -> SQL {
    switch type {
    case .instant: "strftime(timezone('UTC', \(value)), '%Y-%m-%dT%H:%M:%S.%fZ')"
    case .list: "to_json(\(value))::VARCHAR"
    default: "(\(value))::VARCHAR"
    }
  }

  /// A value of the history as its column has it.
  static func value(_ text: SQL, _ type: AttributeType) -> SQL {
    switch type {
    case .list: "from_json(\(text), '[\"VARCHAR\"]')"
    default: "CAST(\(text) AS \(SQL.resource(type.columnType)))"
    }
  }

  private func insert(_ attribute: Attribute, _ rows: SQL) async throws(IngestionError) -> Int {
    try await session.perform(
      "CREATE OR REPLACE TEMP TABLE import_changes AS \(rows)")
    let count = try await session.fetchInt("SELECT count(*) FROM import_changes")
    guard count > 0 else { return 0 }
    let first = try await session.take(count, from: "row_ids")
    try await session.perform(
      """
      INSERT INTO quartier.attribute_history
      SELECT customer_id, \(literal: attribute.id), valid_from, value, \(literal: source),
        \(number: first) + row_number() OVER (), \(number: importID), line
      FROM import_changes
      """)
    return count
  }

  /// Compares with current values: nothing that is known is newer than the file.
  private func absorbLatest(_ attribute: Attribute) async throws(IngestionError) -> Int {
    let value = attribute.value
    let text = Self.text(value, attribute.type)
    if attribute.isNew {
      return try await insert(
        attribute,
        """
        SELECT customer_id, valid_from, line, \(text) AS value FROM import_values
        WHERE \(value) IS NOT NULL
        """)
    }
    let name = SQL.column(attribute.id)
    // An empty cell withdraws only what the same system said.
    try await session.perform(
      """
      INSERT INTO import_withdrawn
      SELECT \(literal: attribute.id), n.customer_id FROM import_values AS n
      JOIN quartier.customer_attribute AS w ON w.customer_id = n.customer_id
      JOIN (
        SELECT customer_id, arg_max(source, valid_from) AS source
        FROM quartier.attribute_history WHERE attribute_id = \(literal: attribute.id)
        GROUP BY customer_id) AS h ON h.customer_id = n.customer_id
      WHERE \(value) IS NULL AND w.\(name) IS NOT NULL AND h.source = \(literal: source)
      """)
    return try await insert(
      attribute,
      """
      SELECT n.customer_id, n.valid_from, n.line, \(text) AS value
      FROM import_values AS n
      LEFT JOIN quartier.customer_attribute AS w ON w.customer_id = n.customer_id
      WHERE \(value) IS NOT NULL AND \(value) IS DISTINCT FROM w.\(name)
      UNION ALL
      SELECT n.customer_id, n.valid_from, n.line, NULL FROM import_values AS n
      JOIN import_withdrawn AS d ON d.customer_id = n.customer_id
        AND d.attribute_id = \(literal: attribute.id)
      """)
  }

  /// Weaves rows into what is known before and after them.
  private func absorbHistory(_ attribute: Attribute) async throws(IngestionError) -> Int {
    let text = Self.text(attribute.value, attribute.type)
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_weave AS
      SELECT *, value IS DISTINCT FROM lag(value) OVER one AS is_change FROM (
        SELECT * FROM (
          SELECT *, lag(source) OVER before AS said_by FROM (
            SELECT customer_id, valid_from, value, source, line, row_id FROM (
              SELECT customer_id, valid_from, \(text) AS value, \(literal: source) AS source,
                line, NULL::BIGINT AS row_id FROM import_values
              UNION ALL
              SELECT customer_id, valid_from, value, source, NULL, row_id
              FROM quartier.attribute_history WHERE attribute_id = \(literal: attribute.id)
                AND customer_id IN (SELECT customer_id FROM import_values))
            QUALIFY row_number() OVER (
              PARTITION BY customer_id, valid_from ORDER BY row_id NULLS FIRST) = 1)
          WINDOW before AS (PARTITION BY customer_id ORDER BY valid_from))
        WHERE row_id IS NOT NULL OR value IS NOT NULL OR said_by = \(literal: source))
      WINDOW one AS (PARTITION BY customer_id ORDER BY valid_from)
      """)
    try await session.perform(
      """
      DELETE FROM quartier.attribute_history AS h
      WHERE h.attribute_id = \(literal: attribute.id)
        AND h.customer_id IN (SELECT customer_id FROM import_values)
        AND h.row_id NOT IN (
          SELECT row_id FROM import_weave WHERE row_id IS NOT NULL AND is_change)
      """)
    let count = try await insert(
      attribute,
      """
      SELECT customer_id, valid_from, line, value FROM import_weave
      WHERE row_id IS NULL AND is_change
      """)
    try await session.drop("import_weave")
    return count
  }

  // MARK: Current values

  private func writeCurrent(_ attributes: [Attribute]) async throws(IngestionError) {
    let columns = try await session.fetch(
      """
      SELECT column_name FROM duckdb_columns() WHERE database_name = 'quartier'
        AND table_name = 'customer_attribute' ORDER BY column_index
      """
    ).compactMap { $0[0].text }
    let values = columns.map { name -> SQL in
      if name == "customer_id" { return "n.customer_id" }
      guard let attribute = attributes.first(where: { $0.id == name }) else {
        return "w.\(identifier: name)"
      }
      return "coalesce(\(attribute.value), w.\(identifier: name)) AS \(identifier: name)"
    }
    // Only rows that change are written anew.
    let differs = attributes.map {
      "(\($0.value) IS NOT NULL AND \($0.value) IS DISTINCT FROM w.\(identifier: $0.id))" as SQL
    }
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_current AS
      SELECT \(values.joined()) FROM import_values AS n
      LEFT JOIN quartier.customer_attribute AS w ON w.customer_id = n.customer_id
      WHERE \(differs.joined(separator: " OR "))
      """)
    try await session.perform(
      """
      DELETE FROM quartier.customer_attribute WHERE customer_id IN (
        SELECT customer_id FROM import_current)
      """)
    try await session.perform(
      "INSERT INTO quartier.customer_attribute BY NAME SELECT * FROM import_current ORDER BY customer_id"
    )
    for attribute in attributes {
      let id = attribute.id
      try await session.perform(
        """
        UPDATE quartier.customer_attribute SET \(identifier: id) = NULL WHERE customer_id IN (
          SELECT customer_id FROM import_withdrawn WHERE attribute_id = \(literal: id))
        """)
    }
    try await session.drop("import_current")
  }

  private func rereadCurrent(_ attribute: Attribute) async throws(IngestionError) {
    try await session.perform(
      """
      UPDATE quartier.customer_attribute AS w SET \(identifier: attribute.id) = h.value FROM (
        SELECT customer_id, \(Self.value("arg_max_null(value, valid_from)", attribute.type)) AS value
        FROM quartier.attribute_history
        WHERE attribute_id = \(literal: attribute.id)
          AND valid_from <= make_timestamptz(\(.int(now)))
          AND customer_id IN (SELECT customer_id FROM import_values)
        GROUP BY customer_id) AS h
      WHERE w.customer_id = h.customer_id AND w.\(identifier: attribute.id) IS DISTINCT FROM h.value
      """)
  }

  private func touch(after row: Int, _ outcome: inout Outcome) async throws(IngestionError) {
    outcome.customers = try await session.count(
      """
      INSERT INTO quartier.touched_customer (customer_id)
      SELECT DISTINCT customer_id FROM quartier.attribute_history
      WHERE row_id > \(number: row) AND import_id = \(number: importID)
      """)
  }
}
