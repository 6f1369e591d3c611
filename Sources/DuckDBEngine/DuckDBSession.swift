internal import CDuckDB
internal import Dispatch
package import SQLBuilder
internal import Synchronization
package import Warehouse

/// One connection. Its statements run on a queue of its own, never on the shared pool.
package actor DuckDBSession: QuerySession {
  private let connection: ConnectionHandle
  private let executor: QueueExecutor

  init(_ database: DatabaseHandle) throws(WarehouseError) {
    connection = try ConnectionHandle(database)
    executor = QueueExecutor()
  }

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  package nonisolated var progress: Double? {
    let percentage = duckdb_query_progress(connection.raw).percentage
    return percentage < 0 ? nil : min(1, percentage / 100)
  }

  @discardableResult
  package func execute(_ sql: SQL) async throws(WarehouseError) -> Int {
    try await interruptible { (connection) throws(WarehouseError) -> Int in
      Int(try connection.run(sql, streaming: false).rowsChanged)
    }
  }

  package func query(_ sql: SQL) async throws(WarehouseError) -> ResultTable {
    try await interruptible { (connection) throws(WarehouseError) -> ResultTable in
      let result = try connection.run(sql, streaming: false)
      var rows: [[SQLValue]] = []
      while let batch = try result.nextBatch() { rows += batch }
      return ResultTable(columns: result.columns, rows: rows)
    }
  }

  package func stream(
    _ sql: SQL, _ body: @escaping @Sendable (ResultTable) throws -> Void
  ) async throws {
    // The body's own error travels out of the engine's typed throws as a value.
    let failure: (any Error)? = try await interruptible {
      (connection) throws(WarehouseError) -> (any Error)? in
      let result = try connection.run(sql, streaming: true)
      let columns = result.columns
      while let batch = try result.nextBatch() {
        do { try body(ResultTable(columns: columns, rows: batch)) } catch { return error }
      }
      return nil
    }
    if let failure { throw failure }
  }

  package func numbers(_ sql: SQL) async throws(WarehouseError) -> [[Double]] {
    try await interruptible { (connection) throws(WarehouseError) -> [[Double]] in
      try connection.run(sql, streaming: false).numbers()
    }
  }

  package func append(_ columns: [[Double]], to table: String) async throws(WarehouseError) {
    try await interruptible { (connection) throws(WarehouseError) -> Void in
      try connection.append(columns, to: table)
    }
  }

  func interruptible<Value: Sendable>(
    _ work: (ConnectionHandle) throws(WarehouseError) -> Value
  ) async throws(WarehouseError) -> Value {
    guard !Task.isCancelled else { throw .cancelled }
    let connection = connection
    let interruption = Interruption(connection)
    let outcome: Result<Value, WarehouseError> = await withTaskCancellationHandler {
      defer { interruption.end() }
      do throws(WarehouseError) {
        return .success(try work(connection))
      } catch {
        return .failure(error)
      }
    } onCancel: {
      interruption.start()
    }
    return try outcome.get()
  }
}

/// Interrupts the statement that runs on a connection, again and again until it has ended: DuckDB
/// forgets an interruption that comes before the statement has begun.
private final class Interruption: Sendable {
  private let connection: ConnectionHandle
  private let hasEnded = Mutex(false)

  init(_ connection: ConnectionHandle) { self.connection = connection }

  /// Once this returns no interruption can meet the connection's next statement.
  func end() { hasEnded.withLock { $0 = true } }

  func start() {
    let isOver = hasEnded.withLock { ended in
      if !ended { duckdb_interrupt(connection.raw) }
      return ended
    }
    guard !isOver else { return }
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(10)) { self.start() }
  }
}

/// A serial executor on a dispatch queue, so that blocking calls block no one else.
final class QueueExecutor: SerialExecutor {
  private let queue = DispatchQueue(label: "quartier.duckdb.session")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = asUnownedSerialExecutor()
    queue.async { job.runSynchronously(on: executor) }
  }
}

/// Owns the native connection and keeps its database open.
// Statements run on the session's queue only; `interrupt` and `query_progress`, the calls made
// from other threads, are thread-safe in DuckDB, and the pointer never changes after init.
final class ConnectionHandle: @unchecked Sendable {
  let raw: duckdb_connection?
  private let database: DatabaseHandle

  init(_ database: DatabaseHandle) throws(WarehouseError) {
    self.database = database
    var connection: duckdb_connection?
    guard duckdb_connect(database.raw, &connection) == DuckDBSuccess else {
      throw .engine(.internal, reason: "no connection to the database could be made")
    }
    raw = connection
  }

  deinit {
    var connection = raw
    duckdb_disconnect(&connection)
  }

  /// Runs one statement; several, separated by semicolons, when nothing is bound.
  func run(_ sql: SQL, streaming: Bool) throws(WarehouseError) -> ResultHandle {
    let result = ResultHandle()
    if sql.bindings.isEmpty, !streaming {
      guard duckdb_query(raw, sql.text, &result.raw) == DuckDBSuccess else { throw result.failure }
      return result
    }
    var statement: duckdb_prepared_statement?
    defer { duckdb_destroy_prepare(&statement) }
    guard duckdb_prepare(raw, sql.text, &statement) == DuckDBSuccess else {
      throw .fromDuckDB(message(duckdb_prepare_error(statement)))
    }
    for (index, value) in sql.bindings.enumerated() {
      guard bind(value, at: idx_t(index + 1), to: statement) == DuckDBSuccess else {
        throw .engine(.statement, reason: "binding \(index + 1) does not fit the statement")
      }
    }
    var pending: duckdb_pending_result?
    defer { duckdb_destroy_pending(&pending) }
    let state =
      streaming
      ? duckdb_pending_prepared_streaming(statement, &pending)
      : duckdb_pending_prepared(statement, &pending)
    guard state == DuckDBSuccess else { throw .fromDuckDB(message(duckdb_pending_error(pending))) }
    guard duckdb_execute_pending(pending, &result.raw) == DuckDBSuccess else {
      throw result.failure
    }
    return result
  }

  private func bind(
    _ value: SQLValue, at index: idx_t, to statement: duckdb_prepared_statement?
  ) -> duckdb_state {
    switch value {
    case .null: duckdb_bind_null(statement, index)
    case .bool(let value): duckdb_bind_boolean(statement, index, value)
    case .int(let value): duckdb_bind_int64(statement, index, value)
    case .double(let value): duckdb_bind_double(statement, index, value)
    case .date(let days): duckdb_bind_date(statement, index, duckdb_date(days: days))
    case .instant(let micros):
      duckdb_bind_timestamp_tz(statement, index, duckdb_timestamp(micros: micros))
    case .localTimestamp(let micros):
      duckdb_bind_timestamp(statement, index, duckdb_timestamp(micros: micros))
    case .decimal(let decimal):
      duckdb_bind_decimal(
        statement, index,
        duckdb_decimal(width: 38, scale: decimal.scale, value: duckdb_hugeint(decimal.units)))
    case .text(var value):
      value.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          duckdb_bind_varchar_length(statement, index, $0.baseAddress ?? emptyText, idx_t($0.count))
        }
      }
    case .list: DuckDBError
    }
  }
}

extension duckdb_hugeint {
  init(_ value: Int128) {
    self.init(
      lower: UInt64(truncatingIfNeeded: value), upper: Int64(truncatingIfNeeded: value >> 64))
  }

  var int128: Int128 { Int128(upper) << 64 | Int128(lower) }
}

/// A pointer for empty texts, whose buffer may have none.
private var emptyText: UnsafePointer<CChar> {
  UnsafeRawPointer(StaticString("").utf8Start).assumingMemoryBound(to: CChar.self)
}

func message(_ pointer: UnsafePointer<CChar>?) -> String {
  pointer.map { String(cString: $0) } ?? "unknown reason"
}
