import CustomerSchema
import DuckDBEngine
import Foundation
import SQLBuilder
import Warehouse

/// A store of its own, filled by plain statements and removed at the end.
struct WorkspaceStore {
  let session: any QuerySession
  private let folder: URL

  init() async throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "quartier-store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    session = try await DuckDBEngine(DuckDBEngine.Options(threads: 2)).session()
    try await Store.attach(folder.appending(path: "quartier.duckdb").path, to: session)
    try await session.execute("USE quartier")
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// 1 January 2026, noon in Paris.
  static let now: Int64 = 1_767_265_200_000_000
  static let today = LocalDate(year: 2026, month: 1, day: 1)!

  /// Customers 1 to `count`.
  func addCustomers(_ count: Int, kind: String = "person") async throws {
    try await session.execute(
      """
      INSERT INTO customer (kind, first_seen)
      SELECT \(kind), make_timestamptz(1704067200000000) FROM range(\(count))
      """)
  }

  /// Says something of a customer, as an import does.
  func say(
    _ customer: Int, _ attribute: String, _ value: String?, on day: String = "2025-01-01",
    source: String = "crm"
  ) async throws {
    let known = try await session.value(
      "SELECT count(*) FROM attribute_definition WHERE attribute_id = \(attribute)")
    if known.int == 0 {
      let type = AttributeCatalogue.customer[attribute]?.type ?? .text
      try await session.execute(
        """
        ALTER TABLE customer_attribute ADD COLUMN IF NOT EXISTS \(identifier: attribute)
        \(SQL.resource(type.columnType))
        """)
      try await session.execute(
        """
        INSERT INTO attribute_definition (attribute_id, type, detail, data_class, origin)
        VALUES (\(attribute), \(type.storedName),
          \(type.storedDetail.map { .text($0) } ?? SQLValue.null), 'behaviour', 'imported')
        """)
    }
    try await session.execute(
      """
      INSERT INTO attribute_history (customer_id, attribute_id, valid_from, value, source, row_id)
      VALUES (\(customer), \(attribute), CAST(\(day) AS DATE), \(value.map { .text($0) } ?? SQLValue.null),
        \(source), nextval('row_ids'))
      """)
    try await session.execute(
      """
      INSERT INTO customer_attribute (customer_id) SELECT \(customer)
      WHERE \(customer) NOT IN (SELECT customer_id FROM customer_attribute)
      """)
    try await session.execute(
      """
      UPDATE customer_attribute SET \(identifier: attribute) = \(value.map { .text($0) } ?? SQLValue.null)
      WHERE customer_id = \(customer)
      """)
    try await touch(customer)
  }

  func touch(_ customer: Int) async throws {
    try await session.execute(
      "INSERT INTO touched_customer (customer_id) VALUES (\(customer))")
  }

  func buy(
    _ customer: Int, on day: String, amount: Int = 50, channel: String? = nil,
    payment: String? = nil, product: String? = nil, category: String? = nil
  ) async throws {
    let row = try await session.value("SELECT nextval('row_ids')").int ?? 0
    func value(_ text: String?) -> SQLValue { text.map { .text($0) } ?? .null }
    try await session.execute(
      """
      INSERT INTO orders (customer_id, happened_at, local_at, source, key, row_id, kind, amount,
        channel, payment_method)
      VALUES (\(customer), CAST(\(day) AS TIMESTAMPTZ), CAST(\(day) AS TIMESTAMP), 'shop',
        CAST(\(row) AS VARCHAR), \(row), 'purchase', \(amount), \(value(channel)), \(value(payment)))
      """)
    if product != nil || category != nil {
      try await session.execute(
        """
        INSERT INTO order_lines (customer_id, happened_at, local_at, source, key, row_id, order_key,
          kind, product, category, amount)
        VALUES (\(customer), CAST(\(day) AS TIMESTAMPTZ), CAST(\(day) AS TIMESTAMP), 'shop',
          CAST(\(row) AS VARCHAR), nextval('row_ids'), CAST(\(row) AS VARCHAR), 'purchase',
          \(value(product)), \(value(category)), \(amount))
        """)
    }
    try await touch(customer)
  }

  /// The current value of an attribute as text; nil where it is missing or unknown to the store.
  func current(_ customer: Int, _ attribute: String) async throws -> String? {
    let columns = try await session.value(
      """
      SELECT count(*) FROM duckdb_columns() WHERE database_name = 'quartier'
        AND table_name = 'customer_attribute' AND column_name = \(attribute)
      """)
    guard columns.int == 1 else { return nil }
    return try await session.query(
      """
      SELECT \(identifier: attribute)::VARCHAR FROM customer_attribute
      WHERE customer_id = \(customer)
      """
    ).rows.first?[0].text
  }
}
