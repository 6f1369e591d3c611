internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// How the dates and numbers of one file are written, column by column.
///
/// One file writes all its dates and all its numbers alike: what one column proves holds for all.
struct FileForms: Sendable {
  private(set) var dates: [Int: DateForm] = [:]
  private(set) var numbers: [Int: NumberForm] = [:]

  /// - Parameters:
  ///   - dateColumns, numberColumns: positions from 0.
  ///   - loaded: with rows that can be read already.
  /// - Throws: `datesMixed`, `datesAmbiguous`, `numbersAmbiguous`.
  init(
    _ loaded: LoadedSource, profiles: [ColumnProfile], dateColumns: [Int], numberColumns: [Int],
    options: ImportOptions, mapping: Mapping, session: any QuerySession
  ) async throws(IngestionError) {
    let file = loaded.table.file
    let open = dateColumns.filter { profiles[$0].type == .text && profiles[$0].dates.parts > 0 }
    var order = options.dateOrder ?? mapping.dates
    if order == nil, !open.isEmpty {
      order = try await Self.order(loaded.table, open, profiles, session)
    }
    for column in dateColumns {
      dates[column] = DateForm(
        profiles[column], order: order, isWorkbook: file.format == .xlsx, is1904: loaded.is1904)
    }
    let told = options.decimalSeparator ?? mapping.decimal
    let statistics = numberColumns.map { profiles[$0].numbers }
    let points = statistics.reduce(0) { $0 + $1.point }
    let commas = statistics.reduce(0) { $0 + $1.comma }
    let isNumeric = [.xlsx, .json, .sqlite].contains(file.format)
    var decimal = told ?? (commas > points ? .comma : .point)
    let undecided = numberColumns.filter {
      profiles[$0].type == .text && profiles[$0].numbers.undecided > 0
    }
    if told == nil, points + commas == 0, !isNumeric, !undecided.isEmpty {
      decimal = try await Self.decimal(loaded.table, undecided, session)
    }
    for column in numberColumns {
      numbers[column] =
        profiles[column].type == .text
        ? NumberForm(decimal: decimal, isPlain: false, isProven: true) : .native
    }
  }

  /// The order of day and month, from the samples or else from whole columns.
  private static func order(
    _ table: SourceTable, _ columns: [Int], _ profiles: [ColumnProfile], _ session: any QuerySession
  ) async throws(IngestionError) -> DateOrder {
    var day: String?
    var month: (sample: String, column: Int)?
    var either: (sample: String, column: Int)?
    for column in columns {
      let dates = profiles[column].dates
      day = day ?? dates.dayFirst
      month = month ?? dates.monthFirst.map { ($0, column) }
      either = either ?? dates.undecided.map { ($0, column) }
    }
    if day == nil, month == nil {
      for column in columns {
        let found = try await DateEvidence.look(table, column, session)
        day = day ?? found.dayFirst
        month = month ?? found.monthFirst.map { ($0, column) }
        either = either ?? found.undecided.map { ($0, column) }
      }
    }
    let file = table.file.name
    switch (day, month) {
    case (let day?, let month?):
      throw .datesMixed(
        dayFirst: day, monthFirst: month.sample, column: table.columns[month.column], file: file)
    case (nil, _?): return .mdy
    case (_?, nil): return .dmy
    case (nil, nil):
      guard let either else { return .dmy }
      throw .datesAmbiguous(
        file: file, column: table.columns[either.column], sample: either.sample)
    }
  }

  /// What separates decimals, from whole columns.
  private static func decimal(
    _ table: SourceTable, _ columns: [Int], _ session: any QuerySession
  ) async throws(IngestionError) -> DecimalSeparator {
    var point = 0
    var comma = 0
    var undecided: (column: Int, sample: String)?
    for column in columns {
      let found = try await DecimalEvidence.look(table, column, session)
      point += found.point
      comma += found.comma
      if let sample = found.undecided, undecided == nil { undecided = (column, sample) }
    }
    if point + comma == 0, let undecided {
      throw .numbersAmbiguous(
        file: table.file.name, column: table.columns[undecided.column], sample: undecided.sample)
    }
    return comma > point ? .comma : .point
  }
}
