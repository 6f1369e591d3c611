internal import SQLBuilder

/// Cells of files that spreadsheets open.
enum CSVCell {
  /// A text with an apostrophe before anything that a spreadsheet would take for a formula.
  static func safe(_ text: SQL) -> SQL {
    """
    CASE WHEN left(\(text), 1) IN ('=', '+', '-', '@', chr(9), chr(10), chr(13))
      THEN '''' || \(text) ELSE \(text) END
    """
  }
}
