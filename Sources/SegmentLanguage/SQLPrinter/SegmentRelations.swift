package import SQLBuilder

/// What the printed SQL reads, by name, so that views and temporary tables can stand in.
package struct SegmentRelations: Sendable, Hashable {
  /// `customer_id`: whose answers are told.
  package var customers: SQL = everyone
  /// `customer_id` and a column of each attribute's id.
  package var attributes: SQL = "customer_attribute"
  /// `customer_id`, `attribute_id`, `valid_from`, `value`, `row_id`.
  package var history: SQL = "attribute_history"
  /// `segment_id`, `customer_id`, `entered_at`, `left_at`.
  package var memberships: SQL = "membership"
  /// `segment_id`, `customer_id`, `is_included`.
  package var decisions: SQL = "segment_manual"
  /// Stands in for the table of a stream, by the table's name.
  package var tables: [String: SQL] = [:]

  package init() {}

  private static let everyone: SQL = "profiled_customer"

  /// `AND …`: leaves out the rows of others where only some customers are told, so that they are
  /// not grouped in vain.
  func restriction(_ column: SQL) -> SQL {
    customers == Self.everyone
      ? "" : " AND \(column) IN (SELECT customer_id FROM \(customers))"
  }

  /// The table of a stream, or what stands in for it.
  package func table(_ name: String) -> SQL { tables[name] ?? "\(identifier: name)" }
}
