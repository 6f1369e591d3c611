internal import CustomerSchema
internal import Foundation
internal import ReferenceData
internal import SQLBuilder
internal import Warehouse

/// The workspace's record of imports and of what they set aside.
struct ImportLedger: Sendable {
  let session: any QuerySession
  let request: FileImporter.Request
  let kind: ImportKind
  let options: ImportOptions
  /// SHA-256 of the file.
  let digest: String
  /// What was refused, and what was taken on a declared consent.
  var sensitive: [SensitiveColumn] = []

  /// What was asked for besides the file, as one text: two imports of one file in one way are one.
  private func asked() throws(IngestionError) -> String {
    var parts = [kind.rawValue, request.system, options.timeZone]
    parts.append(options.dateOrder?.rawValue ?? "")
    parts.append(options.amounts?.rawValue ?? "")
    parts.append(options.decimalSeparator?.rawValue ?? "")
    parts.append(options.currency?.rawValue ?? "")
    parts.append(options.sheet ?? "")
    if let format = options.format { parts.append("format=" + format) }
    parts.append(request.exportedAt.map(String.init) ?? "")
    for path in [options.mappingPath, options.ratesPath] {
      parts.append(path.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) } ?? "")
    }
    return parts.joined(separator: "\u{1F}")
  }

  /// The number of an import that read the same bytes in the same way; nil for none.
  func earlier() async throws(IngestionError) -> Int? {
    try await session.fetch(
      """
      SELECT max(import_id) FROM quartier.imports
      WHERE digest = \(digest) AND request = \(try asked()) AND replays IS NULL
      """
    ).first?.first?.int
  }

  /// Called first inside the transaction.
  func open() async throws(IngestionError) -> Int {
    try await session.take(1, from: "import_ids") + 1
  }

  /// Called last inside the transaction: the import and the lines that it set aside.
  func close(
    _ id: Int, bytes: Int, lines: Int, quarantined: Int
  ) async throws(IngestionError) {
    let path =
      try DatabaseLocation(request.file)?.path
      ?? URL(fileURLWithPath: request.file).standardizedFileURL.path
    let exported = request.exportedAt.map { SQLValue.instant($0) } ?? .null
    let replays = request.replays.map { SQLValue.int(Int64($0)) } ?? .null
    try await session.perform(
      """
      INSERT INTO quartier.imports (import_id, made_at, kind, source, file, path, exported_at,
        digest, bytes, lines, kept, set_aside, request, replays)
      VALUES (\(id), \(.instant(request.now)), \(kind.rawValue), \(request.system),
        \(request.file), \(path), \(exported), \(digest), \(bytes), \(lines),
        \(lines - quarantined), \(quarantined), \(try asked()), \(replays))
      """)
    for column in sensitive where [.refused, .declared].contains(column.decision) {
      let consent = column.consent.map { SQLValue.text($0) } ?? .null
      try await session.perform(
        """
        INSERT INTO quartier.sensitive_column
          (import_id, column_name, kind, decision, basis, consent)
        VALUES (\(id), \(column.name), \(column.kind?.rawValue ?? ""),
          \(column.decision.rawValue), \(column.basis.rawValue), \(consent))
        """)
    }
    if let replays = request.replays {
      // What stays unusable stays with the import that set it aside first.
      try await session.perform(
        "DELETE FROM quartier.quarantine WHERE import_id = \(replays) AND line IS NOT NULL")
      try await session.perform(
        "INSERT INTO quartier.quarantine SELECT \(replays), * FROM temp.quarantine")
    } else {
      try await session.perform(
        "INSERT INTO quartier.quarantine SELECT \(id), * FROM temp.quarantine")
    }
  }
}
