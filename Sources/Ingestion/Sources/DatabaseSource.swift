internal import CustomerSchema
internal import Foundation
internal import SQLBuilder
internal import Warehouse

extension SourceLoader {
  /// Copies a table of a database, or the answer to a query, into a temporary table.
  ///
  /// Rows have no order of their own: they are numbered in the order of their values, so that a
  /// line means the same row as long as nothing changes.
  func loadDatabase(
    _ location: DatabaseLocation, _ index: Int
  ) async throws(IngestionError) -> LoadedSource {
    guard let excelExtension else { throw .databaseUnavailable(system: location.system.rawValue) }
    let scanner = location.system.scanner
    let extensionPath = URL(fileURLWithPath: excelExtension).deletingLastPathComponent()
      .appending(path: "\(scanner)_scanner.duckdb_extension").path
    do throws(WarehouseError) {
      try await session.execute("LOAD \(literal: extensionPath)")
      // Whatever the declared type, a cell of SQLite may hold anything.
      if location.system == .sqlite {
        try await session.execute("SET GLOBAL sqlite_all_varchar = true")
      }
    } catch {
      if case .cancelled = error { throw .engine(error) }
      throw .databaseUnavailable(system: location.system.rawValue)
    }
    let alias = "import_source_\(index)"
    do throws(WarehouseError) {
      try await session.execute(
        """
        ATTACH \(literal: location.connection) AS \(identifier: alias)
          (TYPE \(identifier: scanner), READ_ONLY)
        """)
    } catch { throw failure(error, location) }
    let loaded: LoadedSource
    do throws(IngestionError) {
      loaded = try await copy(location, alias, "import_database_\(index)")
    } catch {
      _ = try? await session.execute("DETACH \(identifier: alias)")
      throw error
    }
    do throws(WarehouseError) { try await session.execute("DETACH \(identifier: alias)") } catch {
      throw .engine(error)
    }
    return loaded
  }

  private func copy(
    _ location: DatabaseLocation, _ alias: String, _ table: String
  ) async throws(IngestionError) -> LoadedSource {
    let relation = try await self.relation(location, alias)
    do throws(WarehouseError) {
      let described = try await session.query("DESCRIBE SELECT * FROM \(relation)").rows
      let names = described.map { $0[0].text ?? "" }
      var types = described.map { CellType(engineType: $0[1].text ?? "") }
      let values = names.indices.map { column -> SQL in
        let cell = SQL.column(names[column])
        if types[column] == .other { types[column] = .text }
        return types[column] == .text
          ? "\(cell)::VARCHAR AS \(identifier: "c\(column)")"
          : "\(cell) AS \(identifier: "c\(column)")"
      }
      let cells = names.indices.map { SQL.column("c\($0)") }
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE \(identifier: table) AS
        SELECT row_number() OVER (ORDER BY \(cells.joined())) AS line, *
        FROM (SELECT \(values.joined()) FROM \(relation))
        """)
      let content = try await session.query(
        """
        SELECT count(*), sum(hash(\(cells.joined()))::HUGEINT)::VARCHAR FROM \(identifier: table)
        """
      ).rows[0]
      let file = SourceFile(
        name: location.name, path: "", bytes: 0, format: location.system.format, compression: nil)
      let source = SourceTable(
        file: file, reading: .table(table), columns: names, types: types)
      let most = max(
        100, min(ImportLimits.sampleRecords, ImportLimits.sampleCells / max(1, names.count)))
      let texts = zip(cells, types).map { cell, type -> SQL in
        type == .double
          ? """
          CASE WHEN isfinite(\(cell)) AND \(cell) = trunc(\(cell)) AND abs(\(cell)) < 1e15 \
          THEN \(cell)::BIGINT::VARCHAR ELSE \(cell)::VARCHAR END
          """ : "\(cell)::VARCHAR"
      }
      let step = max(1, (content[0].int ?? 0) / most)
      let sample = try await session.query(
        """
        SELECT \(texts.joined()) FROM \(identifier: table) WHERE line % \(number: step) = 0
        ORDER BY line LIMIT \(number: most)
        """
      ).rows.map { $0.map { $0.text ?? "" } }
      guard !sample.isEmpty else { throw WarehouseError.unexpectedResult("no rows") }
      var loaded = LoadedSource(
        table: source, dialect: nil, sheet: nil, hasHeader: true, sample: sample)
      loaded.digest = "\(content[0].int ?? 0) rows, \(content[1].text ?? "")"
      return loaded
    } catch {
      if case .unexpectedResult = error { throw .noLines(file: location.name) }
      throw failure(error, location)
    }
  }

  private func relation(
    _ location: DatabaseLocation, _ alias: String
  ) async throws(IngestionError) -> SQL {
    if let query = location.query {
      switch location.system {
      case .postgresql: return "postgres_query(\(literal: alias), \(literal: query))"
      case .mysql: return "mysql_query(\(literal: alias), \(literal: query))"
      case .sqlite: throw .databaseQuery
      }
    }
    let rows: [[SQLValue]]
    do throws(WarehouseError) {
      rows = try await session.query(
        """
        SELECT table_schema, table_name FROM information_schema.tables
        WHERE table_catalog = \(alias) AND table_schema NOT IN ('information_schema',
          'pg_catalog', 'mysql', 'performance_schema', 'sys')
        ORDER BY table_schema, table_name
        """
      ).rows
    } catch { throw failure(error, location) }
    let tables = rows.map { (schema: $0[0].text ?? "", name: $0[1].text ?? "") }
    let wanted = location.table
    let found = tables.filter { table in
      guard let wanted else { return true }
      return [table.name, "\(table.schema).\(table.name)"].contains {
        $0.lowercased() == wanted.lowercased()
      }
    }
    guard let table = found.first, found.count == 1 || wanted != nil else {
      throw .tableUnknown(
        file: location.name, table: wanted ?? "",
        tables: tables.prefix(30).map {
          ["main", "public"].contains($0.schema) ? $0.name : "\($0.schema).\($0.name)"
        })
    }
    // A table of the usual schema before one of the same name elsewhere.
    let chosen = found.first { ["main", "public"].contains($0.schema) } ?? table
    return
      "\(identifier: alias).\(identifier: chosen.schema).\(identifier: chosen.name)"
  }

  /// What the other side said, without what it was asked.
  private func failure(_ error: WarehouseError, _ location: DatabaseLocation) -> IngestionError {
    guard case .engine(let kind, let reason) = error, kind != .diskFull, kind != .outOfMemory
    else { return .engine(error) }
    var text = reason
    if let quoted = text.range(of: "\": ") { text = String(text[quoted.upperBound...]) }
    let line = text.split(separator: "\n").first.map(String.init) ?? ""
    return .databaseFailed(file: location.name, reason: line.trimmed)
  }
}
