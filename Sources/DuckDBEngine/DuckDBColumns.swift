internal import CDuckDB
package import SQLBuilder
package import Warehouse

extension DuckDBSession: ColumnarSession {
  package func streamColumns(
    _ sql: SQL, _ body: @escaping @Sendable (ColumnBatch) throws -> Void
  ) async throws {
    let failure: (any Error)? = try await interruptible {
      (connection) throws(WarehouseError) -> (any Error)? in
      let result = try connection.run(sql, streaming: true)
      let kinds = try result.kinds()
      while let failure = try result.withNextColumns(kinds, body) {
        if let error = failure.error { return error }
      }
      return nil
    }
    if let failure { throw failure }
  }

  package func append(
    _ count: Int, rowsTo table: String, columns: [ColumnKind],
    _ fill: @escaping @Sendable (Range<Int>, ColumnSink) throws -> Void
  ) async throws {
    let failure: (any Error)? = try await interruptible {
      (connection) throws(WarehouseError) -> (any Error)? in
      let appender = try Appender(connection, table: table, columns: columns)
      let size = Int(duckdb_vector_size())
      for start in stride(from: 0, to: count, by: size) {
        let range = start..<min(start + size, count)
        do {
          try appender.append(range, fill)
        } catch { return error }
      }
      try appender.close()
      return nil
    }
    if let failure { throw failure }
  }
}

/// What became of a batch: an error of the one who read it, or none.
struct BatchOutcome {
  let error: (any Error)?
}

extension ResultHandle {
  /// The kinds of the columns.
  ///
  /// - Throws: `WarehouseError.unexpectedResult` for a type that has none.
  func kinds() throws(WarehouseError) -> [ColumnKind] {
    var kinds: [ColumnKind] = []
    for index in 0..<duckdb_column_count(&raw) {
      var type = duckdb_column_logical_type(&raw, index)
      defer { duckdb_destroy_logical_type(&type) }
      switch duckdb_get_type_id(type) {
      case DUCKDB_TYPE_BOOLEAN: kinds.append(.boolean)
      case DUCKDB_TYPE_INTEGER: kinds.append(.integer)
      case DUCKDB_TYPE_DATE: kinds.append(.date)
      case DUCKDB_TYPE_BIGINT: kinds.append(.bigint)
      case DUCKDB_TYPE_DOUBLE: kinds.append(.double)
      case DUCKDB_TYPE_VARCHAR: kinds.append(.text)
      case DUCKDB_TYPE_DECIMAL
      where duckdb_decimal_scale(type) == 4
        && duckdb_decimal_internal_type(type) == DUCKDB_TYPE_BIGINT:
        kinds.append(.money)
      default: throw .unexpectedResult("a column has a type that no loop reads: cast it")
      }
    }
    return kinds
  }

  /// Hands the next rows over; nil at the end. A streamed query may fail half-way.
  func withNextColumns(
    _ kinds: [ColumnKind], _ body: (ColumnBatch) throws -> Void
  ) throws(WarehouseError) -> BatchOutcome? {
    var chunk = duckdb_fetch_chunk(raw)
    guard chunk != nil else {
      if duckdb_result_error(&raw) != nil { throw failure }
      return nil
    }
    defer { duckdb_destroy_data_chunk(&chunk) }
    var columns: [ColumnBatch.Column] = []
    for (index, kind) in kinds.enumerated() {
      let vector = duckdb_data_chunk_get_vector(chunk, idx_t(index))
      guard let values = duckdb_vector_get_data(vector) else {
        throw .unexpectedResult("a column without values")
      }
      columns.append(
        ColumnBatch.Column(
          kind: kind, values: values,
          validity: duckdb_vector_get_validity(vector).map { UnsafePointer($0) }))
    }
    do {
      try body(ColumnBatch(count: Int(duckdb_data_chunk_get_size(chunk)), columns: columns))
      return BatchOutcome(error: nil)
    } catch {
      return BatchOutcome(error: error)
    }
  }
}

/// Owns a native appender and the chunk that it is filled by.
private final class Appender {
  private var appender: duckdb_appender?
  private var chunk: duckdb_data_chunk?
  private let columns: Int

  init(
    _ connection: ConnectionHandle, table: String, columns: [ColumnKind]
  ) throws(WarehouseError) {
    self.columns = columns.count
    var types = columns.map(Self.type)
    defer { for index in types.indices { duckdb_destroy_logical_type(&types[index]) } }
    chunk = duckdb_create_data_chunk(&types, idx_t(columns.count))
    guard
      duckdb_appender_create_ext(connection.raw, "temp", "main", table, &appender)
        == DuckDBSuccess
    else { throw failure }
  }

  deinit {
    duckdb_destroy_data_chunk(&chunk)
    duckdb_appender_destroy(&appender)
  }

  private var failure: WarehouseError { .fromDuckDB(message(duckdb_appender_error(appender))) }

  private static func type(_ kind: ColumnKind) -> duckdb_logical_type? {
    switch kind {
    case .boolean: duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN)
    case .integer: duckdb_create_logical_type(DUCKDB_TYPE_INTEGER)
    case .date: duckdb_create_logical_type(DUCKDB_TYPE_DATE)
    case .bigint: duckdb_create_logical_type(DUCKDB_TYPE_BIGINT)
    case .double: duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE)
    case .text: duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR)
    case .money: duckdb_create_decimal_type(18, 4)
    }
  }

  func append(
    _ range: Range<Int>, _ fill: (Range<Int>, ColumnSink) throws -> Void
  ) throws {
    duckdb_data_chunk_reset(chunk)
    let vectors = (0..<columns).map { duckdb_data_chunk_get_vector(chunk, idx_t($0)) }
    var values: [UnsafeMutableRawPointer] = []
    var validity: [UnsafeMutablePointer<UInt64>] = []
    for vector in vectors {
      duckdb_vector_ensure_validity_writable(vector)
      guard let data = duckdb_vector_get_data(vector), let bits = duckdb_vector_get_validity(vector)
      else { throw WarehouseError.unexpectedResult("a column without room for values") }
      values.append(data)
      validity.append(bits)
    }
    let sink = ColumnSink(values: values, validity: validity) { column, row, bytes in
      duckdb_vector_assign_string_element_len(
        vectors[column], idx_t(row), bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
        idx_t(bytes.count))
    }
    try fill(range, sink)
    duckdb_data_chunk_set_size(chunk, idx_t(range.count))
    guard duckdb_append_data_chunk(appender, chunk) == DuckDBSuccess else { throw failure }
  }

  func close() throws(WarehouseError) {
    guard duckdb_appender_close(appender) == DuckDBSuccess else { throw failure }
  }
}
