internal import CustomerSchema
internal import SQLBuilder
package import Warehouse

/// Reads any table — a survey, subscriptions — with the recognition of formats that order files have.
package struct TableImporter: Sendable {
  private let session: any QuerySession
  private let excelExtension: String?
  private let scratch: String

  /// - Parameter scratch: a folder for prepared copies.
  package init(session: any QuerySession, excelExtension: String?, scratch: String) {
    self.session = session
    self.excelExtension = excelExtension
    self.scratch = scratch
  }

  /// Makes the temporary table `name` with one text column per column of the file, under the names of
  /// its header; empty cells and words for nothing are null. Lines that cannot be cut are refused.
  ///
  /// - Returns: the columns' names in order.
  package func load(
    _ file: String, into name: String, sheet: String?
  ) async throws(IngestionError) -> [String] {
    let loader = SourceLoader(
      session: session, scratch: scratch, excelExtension: excelExtension, told: ToldDialect(),
      sheet: sheet)
    let loaded = try await loader.load(file, 0)
    let table = loaded.table
    guard let zone = ZoneOffsets("UTC") else { throw .timeZoneUnknown("UTC") }
    let cells = CellSQL(zone: zone)
    var taken: Set<String> = []
    var names: [String] = []
    // Columns that are kept out have no name to be asked for.
    let used = table.columns.indices.filter { !table.withheld.contains($0) }
    for index in used {
      let column = table.columns[index]
      var unique = column.isEmpty ? "column \(index + 1)" : column
      while !taken.insert(unique.lowercased()).inserted { unique += " (\(index + 1))" }
      names.append(unique)
    }
    let columns = zip(used, names).map { index, unique -> SQL in
      let text = cells.text(table.cell(index), table.types[index], isClean: table.isClean)
      return "\(text) AS \(identifier: unique)"
    }
    do {
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE \(identifier: name) AS
        SELECT \(columns.joined()) FROM \(table.relation()) WHERE \(table.defect) IS NULL
        """)
    } catch { throw .engine(error) }
    return names
  }
}
