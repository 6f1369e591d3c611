internal import SQLBuilder
internal import Warehouse

/// Counts the lines of a file that are equal, in all columns, to an earlier line of it.
struct IdenticalLines {
  let session: any QuerySession
  let source: OrderSource

  func count() async throws(IngestionError) -> Int {
    let cells = source.table.columns.indices.map { source.table.cell($0) }
    // Lists and the like are compared as text.
    let comparable = zip(cells, source.table.types).map { cell, type -> SQL in
      type == .other ? "\(cell)::VARCHAR" : cell
    }
    do throws(WarehouseError) {
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE import_hashes AS
        SELECT hash(\(comparable.joined())) AS h
        FROM \(source.table.relation(TypedReading(ignoresErrors: true))) WHERE \(source.table.defect) IS NULL
        """)
      let lines = try await session.value("SELECT count(*) FROM import_hashes").int ?? 0
      // A part at a time, so that memory stays bounded.
      let parts = max(1, lines / 2_000_000)
      var distinct = 0
      for part in 0..<parts {
        distinct +=
          try await session.value(
            """
            SELECT count(DISTINCT h) FROM import_hashes
            WHERE h % \(number: parts) = \(number: part)
            """
          ).int ?? 0
      }
      try await session.execute("DROP TABLE import_hashes")
      return lines - distinct
    } catch { throw .engine(error) }
  }
}
