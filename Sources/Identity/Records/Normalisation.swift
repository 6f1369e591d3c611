internal import SQLBuilder
internal import Synchronization
internal import Warehouse

/// Describes the distinct values of a query by a function of the program, on several threads.
struct Normalisation {
  let session: any ColumnarSession

  private static let part = 8_192

  /// Makes the temporary table `table`: `written`, then `o0`, `o1`… as the function gives them.
  ///
  /// - Parameters:
  ///   - values: a query with one text column.
  ///   - width: how many outputs the function gives.
  func create(
    _ table: String, of values: SQL, width: Int,
    _ describe: @escaping @Sendable (String) throws -> [String?]
  ) async throws {
    let read = Mutex<[String]>([])
    try await session.stream(
      "SELECT DISTINCT * FROM (\(values)) AS t(written) WHERE written IS NOT NULL"
    ) { rows in
      read.withLock { all in all += rows.rows.compactMap { $0[0].text } }
    }
    let written = read.withLock { $0 }
    let parts = stride(from: 0, to: written.count, by: Self.part).map {
      $0..<min($0 + Self.part, written.count)
    }
    var outputs = [[[String?]]](repeating: [], count: parts.count)
    try await withThrowingTaskGroup(of: (Int, [[String?]]).self) { group in
      for (index, range) in parts.enumerated() {
        group.addTask { (index, try written[range].map(describe)) }
      }
      for try await (index, found) in group { outputs[index] = found }
    }
    let names = (0..<width).map { "\(identifier: "o\($0)") VARCHAR" as SQL }
    try await session.execute(
      "CREATE OR REPLACE TEMP TABLE \(identifier: table) (written VARCHAR, \(names.joined()))")
    let found = outputs
    let kinds = [ColumnKind](repeating: .text, count: width + 1)
    try await session.append(written.count, rowsTo: table, columns: kinds) { range, sink in
      for row in range {
        let place = row - range.lowerBound
        Self.write(written[row], 0, place, sink)
        let values = found[row / Self.part][row % Self.part]
        for column in 0..<width { Self.write(values[column], column + 1, place, sink) }
      }
    }
  }

  private static func write(_ text: String?, _ column: Int, _ row: Int, _ sink: ColumnSink) {
    guard var text else {
      sink.validity[column][row >> 6] &= ~(1 << UInt64(row & 63))
      return
    }
    text.withUTF8 { sink.setText(column, row, UnsafeRawBufferPointer($0)) }
  }
}
