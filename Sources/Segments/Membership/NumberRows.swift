internal import SQLBuilder
internal import Warehouse

/// Rows of whole numbers on their way into a temporary table.
struct NumberRows: Sendable {
  /// Column by column, all of one length.
  var columns: [[Int64]]

  init(columns count: Int) { columns = Array(repeating: [], count: count) }

  var count: Int { columns.first?.count ?? 0 }

  mutating func append(_ values: Int64...) {
    for (index, value) in values.enumerated() { columns[index].append(value) }
  }

  /// Makes, or makes anew, a temporary table of BIGINT columns that holds these rows.
  ///
  /// Many rows go by the engine's appender where it has one: binding each value costs the time of
  /// a thousand appended ones.
  func write(
    to table: String, columns names: [String], in session: any QuerySession
  ) async throws {
    let definitions = names.map { "\(identifier: $0) BIGINT" as SQL }
    try await session.execute(
      "CREATE OR REPLACE TEMP TABLE \(identifier: table) (\(definitions.joined()))")
    let columns = columns
    if count >= 64, let session = session as? any ColumnarSession {
      try await session.append(
        count, rowsTo: table, columns: names.map { _ in .bigint }
      ) { range, sink in
        for (column, values) in zip(columns, sink.values) {
          column.withUnsafeBytes { bytes in
            let width = MemoryLayout<Int64>.size
            values.copyMemory(
              from: bytes.baseAddress.unsafelyUnwrapped + range.lowerBound * width,
              byteCount: range.count * width)
          }
        }
      }
      return
    }
    for start in stride(from: 0, to: count, by: 2_000) {
      let rows = (start..<min(start + 2_000, count)).map { row in
        "(\(columns.map { "\(SQLValue.int($0[row]))" as SQL }.joined()))" as SQL
      }
      try await session.execute("INSERT INTO \(identifier: table) VALUES \(rows.joined())")
    }
  }
}
