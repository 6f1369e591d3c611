internal import CDuckDB
internal import Warehouse

extension ResultHandle {
  /// Every column of the whole result, NaN where null; all columns must be DOUBLE.
  func numbers() throws(WarehouseError) -> [[Double]] {
    let count = Int(duckdb_column_count(&raw))
    for column in 0..<count where duckdb_column_type(&raw, idx_t(column)) != DUCKDB_TYPE_DOUBLE {
      throw .unexpectedResult("column \(column + 1) is not DOUBLE: cast it in the query")
    }
    var columns = [[Double]](repeating: [], count: count)
    while true {
      var chunk = duckdb_fetch_chunk(raw)
      guard chunk != nil else { break }
      defer { duckdb_destroy_data_chunk(&chunk) }
      let rows = Int(duckdb_data_chunk_get_size(chunk))
      for column in 0..<count {
        let vector = duckdb_data_chunk_get_vector(chunk, idx_t(column))
        guard let data = duckdb_vector_get_data(vector) else { continue }
        let values = UnsafeBufferPointer(
          start: data.assumingMemoryBound(to: Double.self), count: rows)
        let start = columns[column].count
        columns[column].append(contentsOf: values)
        guard let validity = duckdb_vector_get_validity(vector) else { continue }
        for row in 0..<rows where validity[row / 64] >> (row % 64) & 1 == 0 {
          columns[column][start + row] = .nan
        }
      }
    }
    if duckdb_result_error(&raw) != nil { throw failure }
    return columns
  }
}

extension ConnectionHandle {
  /// Adds rows to a table of DOUBLE columns by whole vectors.
  func append(_ columns: [[Double]], to table: String) throws(WarehouseError) {
    let rows = columns.first?.count ?? 0
    precondition(columns.allSatisfy { $0.count == rows }, "columns of one length")
    var appender: duckdb_appender?
    defer { duckdb_appender_destroy(&appender) }
    guard duckdb_appender_create(raw, nil, table, &appender) == DuckDBSuccess else {
      throw .fromDuckDB(message(duckdb_appender_error(appender)))
    }
    var types = columns.map { _ in duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE) }
    defer { for index in types.indices { duckdb_destroy_logical_type(&types[index]) } }
    var chunk = duckdb_create_data_chunk(&types, idx_t(types.count))
    defer { duckdb_destroy_data_chunk(&chunk) }
    let size = Int(duckdb_vector_size())
    for start in stride(from: 0, to: rows, by: size) {
      duckdb_data_chunk_reset(chunk)
      let count = min(size, rows - start)
      for (index, column) in columns.enumerated() {
        let vector = duckdb_data_chunk_get_vector(chunk, idx_t(index))
        guard let data = duckdb_vector_get_data(vector) else { continue }
        column.withUnsafeBufferPointer { values in
          guard let base = values.baseAddress else { return }
          data.copyMemory(from: base + start, byteCount: count * MemoryLayout<Double>.stride)
        }
      }
      duckdb_data_chunk_set_size(chunk, idx_t(count))
      guard duckdb_append_data_chunk(appender, chunk) == DuckDBSuccess else {
        throw .fromDuckDB(message(duckdb_appender_error(appender)))
      }
    }
    guard duckdb_appender_close(appender) == DuckDBSuccess else {
      throw .fromDuckDB(message(duckdb_appender_error(appender)))
    }
  }
}
