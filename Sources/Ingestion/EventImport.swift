internal import CustomerSchema
internal import Foundation
internal import SQLBuilder
internal import Warehouse

/// What became of the lines of event files.
package struct EventReport: Sendable, Hashable, Codable {
  package let sources: [SourceReport]
  package let lines: Int
  /// Lines of visitors who are not known as customers: left out.
  package let anonymousLines: Int
  /// Lines set aside in the quarantine.
  package let quarantinedLines: Int
}

extension OrderImporter {
  /// Reads the files as interactions, one per line: who and when is all that is needed.
  ///
  /// Creates `staged_events` (`customer` VARCHAR, `day` DATE) as a temporary table of the session;
  /// unusable lines go to `quarantine`, which `stage()` of the orders has made.
  ///
  /// - Throws: `IngestionError`, `tooManyUnusable` as for orders.
  package func stageEvents() async throws(IngestionError) -> EventReport {
    var sources = try await recognise(Mapping())
    try await resolveForms(&sources)
    for source in sources {
      for role in [ColumnRole.customer, .date] where source.column(role) == nil {
        throw .columnMissing(file: source.name, role: role, columns: source.table.columns)
      }
    }
    let before = try await quarantined()
    var files: [StagedFile] = []
    for index in sources.indices {
      try await normalise(&sources[index], index)
      let staging = ExactStaging(
        source: sources[index], shape: StagedShape([]), cells: CellSQL(zone: try timeZone()),
        session: session, age: index, orderIsFound: options.dateOrder == nil,
        target: "import_events_\(index)", needsAmount: false)
      files.append(try await staging.run(cancelled: []))
    }
    let parts = files.map {
      "SELECT customer, day FROM \(identifier: $0.table) WHERE customer IS NOT NULL" as SQL
    }
    do throws(WarehouseError) {
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE staged_events AS \(parts.joined(separator: " UNION ALL "))
        """)
    } catch { throw .engine(error) }
    for file in files { try await session.drop(file.table) }
    let unusable = try await quarantined() - before
    let lines = files.reduce(0) { $0 + $1.lines } + unusable
    if lines == 0 { throw .noLines(file: sources[0].name) }
    let share = Double(unusable) / Double(lines)
    if share > options.maximumUnusableShare {
      throw .tooManyUnusable(
        unusable: unusable, lines: lines, share: share, limit: options.maximumUnusableShare,
        reasons: [])
    }
    return EventReport(
      sources: zip(sources, files).map { $0.report(lines: $1.lines + $1.quarantined) },
      lines: lines, anonymousLines: files.reduce(0) { $0 + $1.guests },
      quarantinedLines: unusable)
  }

  private func quarantined() async throws(IngestionError) -> Int {
    do throws(WarehouseError) {
      return try await session.value("SELECT count(*) FROM quarantine").int ?? 0
    } catch { throw .engine(error) }
  }
}
