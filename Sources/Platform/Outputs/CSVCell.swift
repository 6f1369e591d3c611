internal import SQLBuilder

/// Cells of files that spreadsheets open.
enum CSVCell {
  /// A text with an apostrophe before anything that a spreadsheet would take for a formula: =, +,
  /// -, @, a tabulator or a line break first.
  static func safe(_ text: SQL) -> SQL {
    """
    CASE WHEN ascii(\(text)) IN (61, 43, 45, 64, 9, 10, 13)
      THEN '''' || \(text) ELSE \(text) END
    """
  }
}
