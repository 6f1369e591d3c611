internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// A source that can be read, with a sample of its cells.
struct LoadedSource: Sendable {
  var table: SourceTable
  let dialect: Dialect?
  let sheet: String?
  let hasHeader: Bool
  var headerLine = 1
  /// Days are counted from 1904 on.
  var is1904 = false
  /// Sample records, each with a cell per column.
  var sample: [[String]]
  /// What tells the content from any other; nil for files, whose bytes do.
  var digest: String?
  /// Columns with data that a customer file has no business with.
  var sensitive: [SensitiveColumn] = []

  var profiles: [ColumnProfile] {
    table.columns.indices.map { column in
      ColumnProfile(
        index: column, name: table.columns[column], type: table.types[column],
        cells: sample.map { $0[column] }, isWithheld: table.withheld.contains(column))
    }
  }
}

/// Makes files readable by the engine and looks at their first cells.
struct SourceLoader {
  let session: any QuerySession
  let scratch: String
  let excelExtension: String?
  let told: ToldDialect
  let sheet: String?
  /// Whether lists in JSON stay values of their object, rather than becoming rows.
  var keepsLists = false
  /// What the mapping says of explicit consents, by column.
  var consents: [String: String] = [:]

  /// - Parameter index: tells this source's tables and scratch files from others'.
  func load(_ name: String, _ index: Int) async throws(IngestionError) -> LoadedSource {
    if let location = try DatabaseLocation(name) {
      return try await loadDatabase(location, index).screened(consents)
    }
    let probe = SourceProbe(scratch: scratch)
    let file = try await offPool { (stop) throws(IngestionError) in
      try probe.probe(name, index, stop)
    }
    let loaded: LoadedSource
    switch file.format {
    case .csv:
      let text = TextSource(file: file, told: told)
      loaded = try await offPool { (_) throws(IngestionError) in try text.load() }
    case .parquet: loaded = try await loadParquet(file)
    case .json: loaded = try await loadJSON(file, index)
    case .xlsx: loaded = try await loadWorkbook(file, index)
    case .sqlite, .postgresql, .mysql: preconditionFailure("no file")
    }
    guard loaded.table.columns.count <= ImportLimits.columns else {
      throw .tooManyColumns(
        file: name, count: loaded.table.columns.count, limit: ImportLimits.columns)
    }
    return try loaded.screened(consents)
  }

  // MARK: Parquet

  private func loadParquet(_ file: SourceFile) async throws(IngestionError) -> LoadedSource {
    let relation: SQL = "read_parquet(\(literal: file.path))"
    do throws(WarehouseError) {
      let described = try await session.query("DESCRIBE SELECT * FROM \(relation)")
      let columns = described.rows.map { $0[0].text ?? "" }
      let types = described.rows.map { CellType(engineType: $0[1].text ?? "") }
      let most = max(
        100, min(ImportLimits.sampleRecords, ImportLimits.sampleCells / max(1, columns.count)))
      let cells = zip(columns, types).map { name, type -> SQL in
        let cell = SQL.column(name)
        // Whole numbers that an engine of doubles wrote as 17850.0.
        return type == .double
          ? """
          CASE WHEN isfinite(\(cell)) AND \(cell) = trunc(\(cell)) AND abs(\(cell)) < 1e15 \
          THEN \(cell)::BIGINT::VARCHAR ELSE \(cell)::VARCHAR END
          """
          : type == .other ? "NULL::VARCHAR" : "\(cell)::VARCHAR"
      }
      let sample = try await session.query(
        "SELECT \(cells.joined()) FROM \(relation) LIMIT \(number: most)")
      guard !sample.rows.isEmpty else { throw WarehouseError.unexpectedResult("no rows") }
      let table = SourceTable(file: file, reading: .parquet, columns: columns, types: types)
      return LoadedSource(
        table: table, dialect: nil, sheet: nil, hasHeader: true,
        sample: sample.rows.map { $0.map { $0.text ?? "" } })
    } catch {
      switch error {
      case .unexpectedResult: throw .noLines(file: file.name)
      case .engine(.data, _), .engine(.inputOutput, _):
        throw .corrupt(file: file.name, format: "Parquet")
      default: throw .engine(error)
      }
    }
  }
}
