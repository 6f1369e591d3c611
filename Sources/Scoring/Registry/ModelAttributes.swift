package import CustomerSchema
internal import SQLBuilder
package import Warehouse

/// Puts what a model says of each customer into the attribute catalogue of a workspace, where segment
/// rules and reports find it.
///
/// Values are replaced as a whole: who has none any more loses it. Whoever has another value than
/// before counts as touched, so that the next refresh tells memberships anew.
package struct ModelAttributes: Sendable {
  /// One attribute and where its value is.
  package struct Column: Sendable {
    package let attribute: AttributeDefinition
    /// The column of the table of values.
    package let column: String
    package let labelEnglish: String
    package let labelFrench: String

    package init(
      _ attribute: AttributeDefinition, column: String, labelEnglish: String, labelFrench: String
    ) {
      self.attribute = attribute
      self.column = column
      self.labelEnglish = labelEnglish
      self.labelFrench = labelFrench
    }
  }

  /// What the column `customer` of a table of values holds.
  package enum Naming: Sendable {
    /// The id in the files; those that the workspace does not know as customers have no attribute.
    case file
    /// The workspace's own number of the customer, as text.
    case workspace
  }

  private let columns: [Column]
  private let kind: ModelKind

  package init(_ columns: [Column], kind: ModelKind) {
    self.columns = columns
    self.kind = kind
  }

  /// Adds attributes that are not there yet; before the transaction that writes, because the engine
  /// does not change a table's rows after its columns in one.
  ///
  /// - Throws: `ScoringError.attributeTaken` where an attribute of this name comes from elsewhere.
  package func prepare(in session: any QuerySession) async throws {
    for column in columns {
      let attribute = column.attribute
      let known = try await session.query(
        """
        SELECT origin FROM quartier.attribute_definition WHERE attribute_id = \(attribute.id)
        """
      ).rows.first
      if let known {
        guard known[0].text == "model" else { throw ScoringError.attributeTaken(attribute.id) }
      } else {
        try await session.execute(
          """
          INSERT INTO quartier.attribute_definition
            (attribute_id, type, data_class, origin, label_en, label_fr)
          VALUES (\(attribute.id), \(attribute.type.storedName),
            \(attribute.dataClass.rawValue), 'model', \(column.labelEnglish),
            \(column.labelFrench))
          """)
      }
      try await session.execute(
        """
        ALTER TABLE quartier.customer_attribute
        ADD COLUMN IF NOT EXISTS \(identifier: attribute.id) \(Self.columnType(attribute.type))
        """)
    }
  }

  /// Writes the columns of `table`, which has a text column `customer`; inside a transaction of the
  /// caller, after `prepare`.
  ///
  /// - Returns: how many customers have a value now.
  @discardableResult
  package func write(
    from table: String, naming: Naming, version: Int, in session: any QuerySession
  ) async throws(WarehouseError) -> Int {
    let values = columns.map {
      """
      TRY_CAST(v.\(identifier: $0.column) AS \(Self.columnType($0.attribute.type)))
        AS \(identifier: $0.attribute.id)
      """ as SQL
    }.joined()
    let known: SQL =
      switch naming {
      case .workspace:
        """
        SELECT CAST(customer AS BIGINT) AS customer_id, customer FROM \(identifier: table)
        """
      case .file:
        """
        SELECT i.customer_id, min(t.customer) AS customer
        FROM quartier.identifier AS i JOIN \(identifier: table) AS t ON t.customer = i.value
        WHERE i.type IN ('customer', 'email') GROUP BY i.customer_id
        """
      }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE model_values AS
      SELECT k.customer_id, \(values)
      FROM (\(known)) AS k JOIN \(identifier: table) AS v ON v.customer = k.customer
      WHERE k.customer_id IN (SELECT customer_id FROM quartier.profiled_customer)
      """)
    try await session.execute(
      """
      INSERT INTO quartier.customer_attribute (customer_id)
      SELECT customer_id FROM model_values
      WHERE customer_id NOT IN (SELECT customer_id FROM quartier.customer_attribute)
      """)
    let differs = columns.map {
      "a.\(identifier: $0.attribute.id) IS DISTINCT FROM v.\(identifier: $0.attribute.id)" as SQL
    }.joined(separator: " OR ")
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE model_changed AS
      SELECT a.customer_id FROM quartier.customer_attribute AS a
      LEFT JOIN model_values AS v USING (customer_id) WHERE \(differs)
      """)
    let set = columns.map {
      "\(identifier: $0.attribute.id) = v.\(identifier: $0.attribute.id)" as SQL
    }.joined()
    try await session.execute(
      """
      UPDATE quartier.customer_attribute AS a SET \(set)
      FROM model_changed AS c LEFT JOIN model_values AS v USING (customer_id)
      WHERE a.customer_id = c.customer_id
      """)
    try await session.execute(
      """
      INSERT INTO quartier.touched_customer (customer_id) SELECT customer_id FROM model_changed
      """)
    for column in columns {
      try await session.execute(
        """
        UPDATE quartier.attribute_definition
        SET model = \(kind.rawValue), model_version = \(version), computed_at = now()
        WHERE attribute_id = \(column.attribute.id)
        """)
    }
    let any = columns.map { "\(identifier: $0.attribute.id) IS NOT NULL" as SQL }
      .joined(separator: " OR ")
    let count = try await session.value("SELECT count(*) FROM model_values WHERE \(any)").int ?? 0
    try await session.execute("DROP TABLE model_values")
    try await session.execute("DROP TABLE model_changed")
    return count
  }

  private static func columnType(_ type: AttributeType) -> SQL {
    switch type {
    case .share, .number: "DOUBLE"
    case .money: "DECIMAL(18, 4)"
    case .count, .duration: "BIGINT"
    default: "VARCHAR"
    }
  }
}
