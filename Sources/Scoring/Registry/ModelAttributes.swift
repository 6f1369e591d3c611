package import CustomerSchema
internal import SQLBuilder
package import Warehouse

/// Puts what a model says of each customer into the attribute catalogue of a workspace, where segment
/// rules and reports find it.
///
/// Values are replaced as a whole: who has none any more loses it. Customers are matched by the id in
/// the files; those that the workspace does not know as customers have no attribute.
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

  private let columns: [Column]
  private let kind: ModelKind
  private let version: Int

  package init(_ columns: [Column], kind: ModelKind, version: Int) {
    self.columns = columns
    self.kind = kind
    self.version = version
  }

  /// Writes the columns of `table`, which has a text column `customer`; inside a transaction of the
  /// caller.
  ///
  /// - Returns: how many customers have a value now.
  @discardableResult
  package func write(
    from table: String, in session: any QuerySession
  ) async throws(WarehouseError) -> Int {
    for column in columns {
      try await define(column, in: session)
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE known_customers AS
      SELECT i.customer_id, any_value(t.customer) AS customer
      FROM quartier.identifier AS i JOIN \(identifier: table) AS t ON t.customer = i.value
      WHERE i.type IN ('customer', 'email') GROUP BY i.customer_id
      """)
    try await session.execute(
      """
      INSERT INTO quartier.customer_attribute (customer_id)
      SELECT customer_id FROM known_customers
      WHERE customer_id NOT IN (SELECT customer_id FROM quartier.customer_attribute)
      """)
    let cleared = columns.map { "\(identifier: $0.attribute.id) = NULL" as SQL }.joined()
    try await session.execute("UPDATE quartier.customer_attribute SET \(cleared)")
    let set = columns.map {
      "\(identifier: $0.attribute.id) = v.\(identifier: $0.column)" as SQL
    }.joined()
    let changed = try await session.execute(
      """
      UPDATE quartier.customer_attribute AS a SET \(set)
      FROM known_customers AS k JOIN \(identifier: table) AS v ON v.customer = k.customer
      WHERE a.customer_id = k.customer_id
      """)
    try await session.execute(
      """
      INSERT INTO quartier.touched_customer (customer_id)
      SELECT customer_id FROM quartier.customer_attribute
      """)
    return changed
  }

  private func define(
    _ column: Column, in session: any QuerySession
  ) async throws(WarehouseError) {
    let attribute = column.attribute
    let known = try await session.value(
      "SELECT count(*) FROM quartier.attribute_definition WHERE attribute_id = \(attribute.id)")
    if known.int == 0 {
      try await session.execute(
        """
        INSERT INTO quartier.attribute_definition
          (attribute_id, type, data_class, origin, label_en, label_fr)
        VALUES (\(attribute.id), \(attribute.type.storedName),
          \(attribute.dataClass.rawValue), 'model', \(column.labelEnglish), \(column.labelFrench))
        """)
    }
    try await session.execute(
      """
      UPDATE quartier.attribute_definition
      SET model = \(kind.rawValue), model_version = \(version), computed_at = now()
      WHERE attribute_id = \(attribute.id)
      """)
    try await session.execute(
      """
      ALTER TABLE quartier.customer_attribute
      ADD COLUMN IF NOT EXISTS \(identifier: attribute.id) \(SQL.resource(attribute.type.columnType))
      """)
  }
}
