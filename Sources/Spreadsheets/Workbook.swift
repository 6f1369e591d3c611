internal import CXlsxWriter
package import CustomerSchema
internal import Synchronization

/// Writes one .xlsx file, sheet after sheet and row after row, in constant memory.
package final class Workbook: Sendable {
  /// How a column's cells are shown.
  package enum CellStyle: Sendable, Hashable {
    case text, count, decimal, money, share, date
  }

  /// A column: its heading, its style and its width in characters.
  package struct Column: Sendable, Hashable {
    package let heading: String
    package let style: CellStyle
    package let width: Double

    package init(_ heading: String, _ style: CellStyle, width: Double = 14) {
      self.heading = heading
      self.style = style
      self.width = width
    }
  }

  /// The value of one cell.
  package enum Cell: Sendable, Hashable {
    case empty
    /// Always written as a text, never as a formula.
    case text(String)
    case number(Double)
    case date(LocalDate)
  }

  /// Rows of a sheet that Excel can hold, the heading included.
  package static let maximumRows = 1_048_576

  private let state: Mutex<State>

  /// Creates the file.
  ///
  /// - Parameter temporaryDirectory: where rows wait until the file is closed.
  /// - Throws: `SpreadsheetError.cannotWrite`.
  package init(path: String, temporaryDirectory: String) throws(SpreadsheetError) {
    state = Mutex(try State(path: path, temporaryDirectory: temporaryDirectory))
  }

  deinit {
    // Only after a failure: `close` clears the pointer.
    state.withLock { if $0.workbook != nil { workbook_close($0.workbook) } }
  }

  /// Starts a sheet with a heading row that stays in view and filters.
  ///
  /// - Parameter name: shortened to 31 characters, without `[]:*?/\`, made unique.
  package func addSheet(
    _ name: String, columns: [Column], rowCount: Int
  ) throws(SpreadsheetError) {
    try state.withLock { (state) throws(SpreadsheetError) in
      try state.addSheet(name, columns: columns, rowCount: rowCount)
    }
  }

  /// Writes the next rows of the current sheet; cells beyond the columns are ignored.
  package func append(_ rows: [[Cell]]) throws(SpreadsheetError) {
    try state.withLock { (state) throws(SpreadsheetError) in
      for row in rows { try state.append(row) }
    }
  }

  /// Writes the file; nothing can be added after.
  package func close() throws(SpreadsheetError) {
    let outcome = state.withLock { state in
      defer { state.workbook = nil }
      return workbook_close(state.workbook)
    }
    guard outcome == LXW_NO_ERROR else {
      throw .notWritten(String(cString: lxw_strerror(outcome)))
    }
  }
}

/// The native workbook and where its next row goes.
private struct State {
  var workbook: UnsafeMutablePointer<lxw_workbook>?
  private var sheet: UnsafeMutablePointer<lxw_worksheet>?
  private var formats: [Workbook.CellStyle: UnsafeMutablePointer<lxw_format>] = [:]
  private var headingFormat: UnsafeMutablePointer<lxw_format>?
  private var columns: [Workbook.Column] = []
  private var usedNames: Set<String> = []
  private var row: UInt32 = 0

  init(path: String, temporaryDirectory: String) throws(SpreadsheetError) {
    workbook = temporaryDirectory.withCString { folder in
      var options = lxw_workbook_options()
      options.constant_memory = 1
      // The library only reads it, though its type does not say so.
      options.tmpdir = UnsafeMutablePointer(mutating: folder)
      return path.withCString { workbook_new_opt($0, &options) }
    }
    guard workbook != nil else { throw .cannotWrite(path) }
    headingFormat = workbook_add_format(workbook)
    format_set_bold(headingFormat)
    format_set_bottom(headingFormat, 1)
    let patterns: [(Workbook.CellStyle, String)] = [
      (.text, "@"), (.count, "#,##0"), (.decimal, "#,##0.0"), (.money, "#,##0.00"),
      (.share, "0 %"), (.date, "dd/mm/yyyy"),
    ]
    for (style, pattern) in patterns {
      let format = workbook_add_format(workbook)
      format_set_num_format(format, pattern)
      formats[style] = format
    }
  }

  mutating func addSheet(
    _ name: String, columns: [Workbook.Column], rowCount: Int
  ) throws(SpreadsheetError) {
    let unique = uniqueSheetName(name)
    sheet = workbook_add_worksheet(workbook, unique)
    guard sheet != nil else { throw .cannotWrite(unique) }
    self.columns = columns
    for (index, column) in columns.enumerated() {
      worksheet_set_column(
        sheet, UInt16(index), UInt16(index), column.width, formats[column.style])
    }
    worksheet_freeze_panes(sheet, 1, 0)
    if !columns.isEmpty {
      let lastRow = UInt32(max(1, min(rowCount, Workbook.maximumRows - 1)))
      worksheet_autofilter(sheet, 0, 0, lastRow, UInt16(columns.count - 1))
    }
    row = 0
    for (index, column) in columns.enumerated() {
      worksheet_write_string(sheet, 0, UInt16(index), column.heading, headingFormat)
    }
  }

  mutating func append(_ cells: [Workbook.Cell]) throws(SpreadsheetError) {
    guard row + 1 < UInt32(Workbook.maximumRows) else { throw .tooManyRows }
    row += 1
    for (index, cell) in cells.prefix(columns.count).enumerated() {
      let format = formats[columns[index].style]
      let position = UInt16(index)
      switch cell {
      case .empty: continue
      case .text(let text):
        // 32,767 characters is what a cell holds.
        worksheet_write_string(sheet, row, position, String(text.prefix(32_000)), format)
      case .number(let number) where number.isFinite:
        worksheet_write_number(sheet, row, position, number, format)
      case .number: continue
      case .date(let date):
        // Excel counts days from 1899-12-30 and knows nothing before 1900.
        let serial = Double(date.daysSinceEpoch) + 25_569
        if serial >= 61 {
          worksheet_write_number(sheet, row, position, serial, format)
        } else {
          worksheet_write_string(sheet, row, position, date.description, format)
        }
      }
    }
  }

  private mutating func uniqueSheetName(_ name: String) -> String {
    let allowed = name.map { "[]:*?/\\".contains($0) ? " " : String($0) }.joined()
    let base = allowed.isEmpty ? "Sheet" : allowed
    var candidate = Self.shortened(base, to: 31)
    var number = 2
    while !usedNames.insert(candidate.lowercased()).inserted {
      let suffix = " \(number)"
      candidate = Self.shortened(base, to: 31 - suffix.count) + suffix
      number += 1
    }
    return candidate
  }

  /// Excel counts UTF-16 units.
  private static func shortened(_ text: String, to units: Int) -> String {
    var result = ""
    for character in text where result.utf16.count + character.utf16.count <= units {
      result.append(character)
    }
    return result
  }
}

/// What can go wrong with a workbook.
package enum SpreadsheetError: Error, Hashable {
  case cannotWrite(String)
  case notWritten(String)
  case tooManyRows
}

extension SpreadsheetError: UserFacingError {
  package var userMessage: UserMessage {
    switch self {
    case .cannotWrite(let path): UserMessage("output.workbook.cannot_write", ["file": .text(path)])
    case .notWritten(let reason):
      UserMessage("output.workbook.not_written", ["reason": .text(reason)])
    case .tooManyRows: UserMessage("output.workbook.too_many_rows")
    }
  }

  package var exitStatus: ExitStatus { self == .tooManyRows ? .data : .environment }
}
