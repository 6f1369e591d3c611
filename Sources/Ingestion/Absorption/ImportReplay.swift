package import CustomerSchema
internal import SQLBuilder
internal import Warehouse

extension FileImporter {
  /// Positions of files from the oldest export to the newest: by the dates in their names if all
  /// have one, else as given.
  package static func oldestFirst(_ files: [String]) -> [String] {
    ExportOrder.oldestFirst(files).map { files[$0] }
  }

  /// The date of the export in a file's name; nil for none.
  package static func exportDate(_ file: String) -> LocalDate? { ExportOrder.date(file) }

  /// Requests for what waits in the quarantine, the oldest import first.
  ///
  /// - Parameter only: the number of one import; nil for all.
  /// - Throws: `quarantineEmpty`; `sourceChanged` when a file is not what it was.
  package func waiting(only: Int?, now: Int64) async throws(IngestionError) -> [Request] {
    let filter: SQL = only.map { "AND i.import_id = \(number: $0)" } ?? .empty
    let rows = try await session.fetch(
      """
      SELECT i.import_id, i.kind, i.source, i.path, epoch_us(i.exported_at), epoch_us(i.made_at)
      FROM quartier.imports AS i
      WHERE i.import_id IN (SELECT import_id FROM quartier.quarantine WHERE line IS NOT NULL)
      \(filter) ORDER BY i.import_id
      """)
    guard !rows.isEmpty else { throw .quarantineEmpty }
    var requests: [Request] = []
    for row in rows {
      guard let number = row[0].int, let path = row[3].text,
        let kind = row[1].text.flatMap(ImportKind.init(rawValue:))
      else { continue }
      // What had no date was dated by its import: it keeps that date.
      requests.append(
        Request(
          file: path, kind: kind, system: row[2].text ?? "main",
          exportedAt: (row[4].int ?? row[5].int).map(Int64.init), now: now, replays: number))
    }
    return requests
  }
}
