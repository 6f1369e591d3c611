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

  /// Makes the temporary table of unusable lines, empty.
  func createQuarantine() async throws(IngestionError) {
    try await perform(
      """
      CREATE OR REPLACE TEMP TABLE quarantine (
        file VARCHAR, line BIGINT, column_name VARCHAR, value VARCHAR, reason VARCHAR)
      """)
    // Lines of people who were erased.
    try await perform("CREATE OR REPLACE TEMP TABLE import_erased (line BIGINT)")
  }

  /// Runs `body` in one transaction; on any error nothing of it stays.
  func atomically<Value: Sendable>(
    _ body: () async throws(IngestionError) -> Value
  ) async throws(IngestionError) -> Value {
    try await perform("BEGIN TRANSACTION")
    do throws(IngestionError) {
      let value = try await body()
      try await perform("COMMIT")
      return value
    } catch {
      // The first error is the one that tells; a failed rollback means the engine already did it.
      _ = try? await execute("ROLLBACK")
      throw error
    }
  }

  /// Takes `count` numbers of a sequence of the store.
  ///
  /// - Returns: the number before the first one taken.
  func take(_ count: Int, from sequence: String) async throws(IngestionError) -> Int {
    guard count > 0 else { return 0 }
    let last = try await fetchInt(
      "SELECT max(nextval(\(literal: "quartier.\(sequence)"))) FROM range(\(number: count))")
    return last - count
  }

  /// Drops a temporary table that may not be there.
  func drop(_ table: String) async throws(IngestionError) {
    try await perform("DROP TABLE IF EXISTS \(identifier: table)")
  }
}
