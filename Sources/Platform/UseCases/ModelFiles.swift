internal import CustomerSchema
internal import Foundation
internal import SQLBuilder
internal import Warehouse

/// Files that the model commands write.
enum ModelFiles {
  /// A table as Parquet and as CSV, sorted by customer; text columns are safe for spreadsheets.
  static func writeTable(
    _ name: String, rows: SQL, text: [String], in session: any QuerySession, to folder: URL
  ) async throws {
    let parquet = folder.appending(path: name + ".parquet").path
    try await session.execute(
      """
      COPY (SELECT * FROM (\(rows)) ORDER BY ALL)
      TO \(literal: parquet) (FORMAT parquet, COMPRESSION zstd)
      """)
    let csv = folder.appending(path: name + ".csv").path
    let safe = text.map { column -> SQL in
      """
      CASE WHEN left(\(identifier: column), 1) IN ('=', '+', '-', '@', chr(9), chr(13))
        THEN '''' || \(identifier: column) ELSE \(identifier: column) END AS \(identifier: column)
      """
    }
    try await session.execute(
      """
      COPY (SELECT * REPLACE (\(safe.joined())) FROM (\(rows)) ORDER BY ALL)
      TO \(literal: csv) (FORMAT csv, HEADER)
      """)
  }

  /// Foundation's own errors become one of ours; the others already are.
  static func error(_ error: any Error, _ path: String) -> any Error {
    error is any UserFacingError || error is CancellationError
      ? error : PlatformError.cannotWrite(path, reason: systemReason(error))
  }
}
