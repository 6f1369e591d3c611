internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

extension SourceLoader {
  /// Reads one sheet of a workbook into a table, with each cell's own text: numbers with a point,
  /// dates as the days that workbooks count.
  func loadWorkbook(_ file: SourceFile, _ index: Int) async throws(IngestionError) -> LoadedSource {
    guard let excelExtension else { throw .excelUnavailable(file: file.name) }
    do throws(WarehouseError) {
      try await session.execute("LOAD \(literal: excelExtension)")
    } catch {
      if case .cancelled = error { throw .engine(error) }
      throw .excelUnavailable(file: file.name)
    }
    let layout = try WorkbookLayout(file)
    let sheet = try layout.choose(sheet, file.name)
    let width = try layout.width(of: sheet, file)
    let table = "import_sheet_\(index)"
    try await readSheet(file, sheet.name, width, into: table)
    let cells = (0..<width).map { SQL.column("c\($0)") }
    let top = try await session.fetch(
      """
      SELECT line, \(cells.joined()) FROM \(identifier: table) WHERE line <= 200 ORDER BY line
      """)
    let texts = top.map { $0.dropFirst().map { ($0.text ?? "").trimmed } }
    guard !texts.isEmpty else { throw .fileEmpty(file: file.name) }
    let lines = top.map { $0[0].int ?? 0 }
    let (header, hasHeader) = headerRow(texts, lines)
    let names = hasHeader ? texts[header] : Array(repeating: "", count: width)
    // Columns beyond the header with nothing in them are the sheet's margin.
    let used = (0..<width).last { column in
      !names[column].isEmpty || texts.dropFirst(header).contains { !$0[column].isEmpty }
    }
    let columns = HeaderDetection.names(Array(names.prefix((used ?? 0) + 1)))
    let first = hasHeader ? lines[header] + 1 : lines[header]
    try await session.perform(
      "DELETE FROM \(identifier: table) WHERE line < \(number: first)")
    let source = SourceTable(
      file: file, reading: .table(table), columns: columns,
      types: Array(repeating: .text, count: columns.count))
    let sample = try await self.sample(source)
    guard !sample.isEmpty else { throw .noLines(file: file.name) }
    return LoadedSource(
      table: source, dialect: nil, sheet: sheet.name, hasHeader: hasHeader,
      headerLine: lines[header], is1904: layout.is1904, sample: sample)
  }

  /// The rows of a sheet that are not empty, as texts, with their numbers.
  private func readSheet(
    _ file: SourceFile, _ sheet: String, _ width: Int, into table: String
  ) async throws(IngestionError) {
    let letters = (0..<width).map { WorkbookLayout.letters($0 + 1) }
    let cells = zip(letters, 0..<width).map { letter, index -> SQL in
      "\(identifier: letter) AS \(identifier: "c\(index)")"
    }
    do throws(WarehouseError) {
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE \(identifier: table) AS
        SELECT line, \(cells.joined()) FROM (
          SELECT row_number() OVER () AS line, *
          FROM read_xlsx(\(literal: file.path), sheet = \(literal: sheet),
            range = \(literal: "A1:\(letters.last ?? "A")1048576"), header = false,
            all_varchar = true, stop_at_empty = false))
        WHERE coalesce(\(letters.map { SQL.column($0) }.joined())) IS NOT NULL
        """)
    } catch { throw corrupt(error, file) }
  }

  private func corrupt(_ error: WarehouseError, _ file: SourceFile) -> IngestionError {
    switch error {
    case .engine(.data, _), .engine(.inputOutput, _), .engine(.statement, _):
      .corrupt(file: file.name, format: "XLSX")
    default: .engine(error)
    }
  }

  /// The position of the header among the rows that are not empty, below titles that fill only
  /// few cells, and whether it is one.
  private func headerRow(_ rows: [[String]], _ lines: [Int]) -> (Int, Bool) {
    if let told = told.headerRow {
      return told > 0 ? (lines.firstIndex { $0 >= told } ?? 0, true) : (0, false)
    }
    let counts = rows.map { row in row.count { !$0.isEmpty } }
    let most = counts.max() ?? 0
    let start = counts.firstIndex { $0 * 2 > most } ?? 0
    let below = Array(rows.dropFirst(start + 1).filter { $0.contains { !$0.isEmpty } })
    return (start, HeaderDetection.isHeader(trimmedTail(rows[start]), above: below))
  }

  private func trimmedTail(_ row: [String]) -> [String] {
    Array(row.prefix((row.lastIndex { !$0.isEmpty } ?? -1) + 1))
  }

  /// Cells of a table's first rows and of some all over it.
  func sample(_ source: SourceTable) async throws(IngestionError) -> [[String]] {
    let most = max(
      100, min(ImportLimits.sampleRecords, ImportLimits.sampleCells / max(1, source.columns.count)))
    let range = try await session.fetchRow(
      "SELECT count(*), min(line) FROM \(source.relation())")
    let (count, first) = (range[0].int ?? 0, range[1].int ?? 0)
    let step = max(1, count / (most / 2))
    let cells = source.columns.indices.map { source.cell($0) }
    return try await session.fetch(
      """
      SELECT \(cells.joined()) FROM \(source.relation())
      WHERE line <= \(number: first + most / 2) OR line % \(number: step) = 0
      ORDER BY line LIMIT \(number: most)
      """
    ).map { $0.map { $0.text ?? "" } }
  }
}

/// The sheets of a workbook, read from its parts.
struct WorkbookLayout: Sendable {
  struct Sheet: Sendable, Hashable {
    let name: String
    /// Path inside the archive.
    let part: String
    let isHidden: Bool
  }

  let sheets: [Sheet]
  let is1904: Bool
  private let archive: ZipArchive

  init(_ file: SourceFile) throws(IngestionError) {
    let reader = try FileReader(path: file.path, name: file.name)
    let archive = try ZipArchive(reader)
    self.archive = archive
    func part(_ name: String) throws(IngestionError) -> String? {
      guard let entry = archive.entries.first(where: { $0.name == name }) else { return nil }
      return try archive.text(entry, reader, limit: 1 << 20)
    }
    guard let workbook = try part("xl/workbook.xml") else {
      throw .wrongKind(file: file.name, found: "kind.zip")
    }
    let relations = try part("xl/_rels/workbook.xml.rels") ?? ""
    var targets: [String: String] = [:]
    for tag in XMLTag.all("Relationship", in: relations) {
      if let id = tag["Id"], let target = tag["Target"] { targets[id] = target }
    }
    sheets = XMLTag.all("sheet", in: workbook).compactMap { tag in
      guard let name = tag["name"], let id = tag["r:id"], let target = targets[id] else {
        return nil
      }
      let path = target.hasPrefix("/") ? String(target.dropFirst()) : "xl/" + target
      return Sheet(name: name, part: path, isHidden: tag["state"].map { $0 != "visible" } ?? false)
    }
    is1904 =
      XMLTag.all("workbookPr", in: workbook).first.flatMap { $0["date1904"] }
      .map { $0 == "1" || $0 == "true" } ?? false
    guard !sheets.isEmpty else { throw .corrupt(file: file.name, format: "XLSX") }
  }

  /// The sheet of that name, or the first one that people see.
  func choose(_ wanted: String?, _ file: String) throws(IngestionError) -> Sheet {
    guard let wanted else { return sheets.first { !$0.isHidden } ?? sheets[0] }
    guard
      let sheet = sheets.first(where: { $0.name == wanted })
        ?? sheets.first(where: { Vocabulary.fold($0.name) == Vocabulary.fold(wanted) })
    else { throw .sheetUnknown(file: file, sheet: wanted, sheets: sheets.map(\.name)) }
    return sheet
  }

  /// The number of columns: what the sheet declares, or what its first rows reach.
  func width(of sheet: Sheet, _ file: SourceFile) throws(IngestionError) -> Int {
    guard let entry = archive.entries.first(where: { $0.name == sheet.part }) else {
      throw .corrupt(file: file.name, format: "XLSX")
    }
    let reader = try FileReader(path: file.path, name: file.name)
    let text = try archive.text(entry, reader, limit: 1 << 19)
    var width = 0
    for tag in XMLTag.all("dimension", in: text) {
      if let last = tag["ref"]?.split(separator: ":").last {
        width = max(width, Self.column(String(last)))
      }
    }
    var hasReferences = false
    for tag in XMLTag.all("c", in: text) {
      guard let reference = tag["r"] else { continue }
      hasReferences = true
      width = max(width, Self.column(reference))
    }
    if !hasReferences { width = max(width, 256) }
    return min(max(width, 1), 16_384)
  }

  /// The position, from 1, of the column in a cell reference such as `AB12`.
  static func column(_ reference: String) -> Int {
    var value = 0
    for byte in reference.utf8 {
      guard (0x41...0x5A).contains(byte) else { break }
      value = value * 26 + Int(byte - 0x40)
    }
    return value
  }

  /// The letters of a column from 1.
  static func letters(_ column: Int) -> String {
    var rest = column
    var letters = ""
    while rest > 0 {
      let digit = (rest - 1) % 26
      letters = String(Unicode.Scalar(UInt8(0x41 + digit))) + letters
      rest = (rest - 1) / 26
    }
    return letters
  }
}

/// A start tag of a machine-written XML part.
struct XMLTag {
  private var attributes: [String: String] = [:]

  subscript(_ name: String) -> String? { attributes[name] }

  /// All start tags of a name, whatever prefix it has.
  static func all(_ name: String, in text: String) -> [XMLTag] {
    let bytes = Array(text.utf8)
    let wanted = Array(name.utf8)
    var tags: [XMLTag] = []
    var index = 0
    while let open = bytes[index...].firstIndex(of: UInt8(ascii: "<")) {
      guard let close = bytes[open...].firstIndex(of: UInt8(ascii: ">")) else { break }
      index = close + 1
      let inner = bytes[(open + 1)..<close]
      let end = inner.firstIndex { $0 <= 0x20 || $0 == UInt8(ascii: "/") } ?? inner.endIndex
      var local = inner[inner.startIndex..<end]
      if let colon = local.firstIndex(of: UInt8(ascii: ":")) { local = local[(colon + 1)...] }
      guard local.elementsEqual(wanted) else { continue }
      tags.append(XMLTag(attributes: attributes(inner[end...])))
    }
    return tags
  }

  private static func attributes(_ bytes: ArraySlice<UInt8>) -> [String: String] {
    var result: [String: String] = [:]
    var rest = bytes
    while let equals = rest.firstIndex(of: UInt8(ascii: "=")), equals + 1 < rest.endIndex {
      let quote = rest[equals + 1]
      guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
        let end = rest[(equals + 2)...].firstIndex(of: quote)
      else { break }
      let name = String(decoding: rest[rest.startIndex..<equals], as: UTF8.self).trimmed
      result[name] = unescaped(String(decoding: rest[(equals + 2)..<end], as: UTF8.self))
      rest = rest[(end + 1)...]
    }
    return result
  }

  private static func unescaped(_ text: String) -> String {
    guard text.contains("&") else { return text }
    var result = text
    for (entity, character) in [
      ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"),
      ("&amp;", "&"),
    ] { result = result.replacing(entity, with: character) }
    return result
  }
}
