internal import SQLBuilder
internal import Warehouse

/// Statements whose failure ends an import.
extension QuerySession {
  func perform(_ sql: SQL) async throws(IngestionError) {
    do throws(WarehouseError) { try await execute(sql) } catch { throw .engine(error) }
  }

  func fetch(_ sql: SQL) async throws(IngestionError) -> [[SQLValue]] {
    do throws(WarehouseError) { return try await query(sql).rows } catch { throw .engine(error) }
  }

  func fetchRow(_ sql: SQL) async throws(IngestionError) -> [SQLValue] {
    do throws(WarehouseError) { return try await row(sql) } catch { throw .engine(error) }
  }

  /// The whole number that a query gives; 0 for null.
  func fetchInt(_ sql: SQL) async throws(IngestionError) -> Int {
    try await fetchRow(sql).first?.int ?? 0
  }

  /// Drops a temporary table that may not be there.
  func drop(_ table: String) async throws(IngestionError) {
    try await perform("DROP TABLE IF EXISTS \(identifier: table)")
  }
}
