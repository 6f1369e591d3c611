package import SQLBuilder

/// An engine that answers SQL: DuckDB embedded, or a distributed one.
///
/// Every implementation passes the suite in `EngineConformance`.
package protocol QueryEngine: Sendable {
  /// Where this engine's SQL differs from the common subset.
  var dialect: SQLDialect { get }
  /// A new session with its own temporary tables and transaction.
  func session() async throws(WarehouseError) -> any QuerySession
}

/// One conversation with an engine. Statements run one after the other; cancelling the calling
/// task interrupts the statement, which then throws `WarehouseError.cancelled`.
package protocol QuerySession: Sendable {
  /// Runs a statement and returns the number of rows it changed.
  @discardableResult
  func execute(_ sql: SQL) async throws(WarehouseError) -> Int
  /// Runs a query and returns all rows: for results that fit in memory many times over.
  func query(_ sql: SQL) async throws(WarehouseError) -> ResultTable
  /// Runs a query and hands over its rows in batches as they come, in bounded memory.
  ///
  /// An error thrown by `body` ends the query and is rethrown.
  func stream(
    _ sql: SQL, _ body: @escaping @Sendable (ResultTable) throws -> Void
  ) async throws
  /// Runs a query whose columns are all DOUBLE and returns them column by column, NaN where null:
  /// for models, which want millions of numbers and no rows.
  func numbers(_ sql: SQL) async throws(WarehouseError) -> [[Double]]
  /// Adds rows, given column by column and all of one length, to a table of this session whose
  /// columns are all DOUBLE.
  func append(_ columns: [[Double]], to table: String) async throws(WarehouseError)
  /// How far the running statement is, from 0 to 1, where the engine knows; callable meanwhile.
  nonisolated var progress: Double? { get }
}

extension QuerySession {
  /// Runs `body` between BEGIN and COMMIT; on any error rolls back and rethrows it.
  @discardableResult
  package func transaction<Value: Sendable>(
    _ body: () async throws -> Value
  ) async throws -> Value {
    try await execute("BEGIN TRANSACTION")
    do {
      let value = try await body()
      try await execute("COMMIT")
      return value
    } catch {
      // The first error is the one that tells; a failed rollback means the engine already did it.
      _ = try? await execute("ROLLBACK")
      throw error
    }
  }

  /// The first row of a query that always gives one; throws `unexpectedResult` when it does not.
  package func row(_ sql: SQL) async throws(WarehouseError) -> [SQLValue] {
    guard let row = try await query(sql).rows.first else {
      throw .unexpectedResult("a query that always gives a row gave none")
    }
    return row
  }

  /// The first value of the first row.
  package func value(_ sql: SQL) async throws(WarehouseError) -> SQLValue {
    guard let value = try await row(sql).first else {
      throw .unexpectedResult("a query that always gives a column gave none")
    }
    return value
  }
}

/// Rows of a query, row by row, with their column names.
package struct ResultTable: Sendable, Hashable {
  package let columns: [String]
  /// Each row has one value per column.
  package let rows: [[SQLValue]]

  package init(columns: [String], rows: [[SQLValue]]) {
    self.columns = columns
    self.rows = rows
  }

  /// The position of a column by its exact name; nil when there is none.
  package func index(of column: String) -> Int? { columns.firstIndex(of: column) }
}

/// Which engine's SQL is written.
package enum SQLDialect: Sendable, Hashable, CaseIterable {
  case duckDB
}
