internal import SQLBuilder

/// How cells of a format are written anew, and which columns are added.
struct CellRewrites: Sendable {
  /// The SQL of a cell, from a function that gives the text of a header's cell.
  typealias Rewrite = @Sendable (_ cell: (String) -> SQL) -> SQL

  /// By header, folded: only where the file has it.
  var changed: [String: Rewrite] = [:]
  /// By name, in this order.
  var added: [(name: String, value: Rewrite)] = []

  /// Ids and codes that a program wrote behind an apostrophe, so that spreadsheets keep them.
  static func withoutApostrophe(_ headers: [String]) -> [String: Rewrite] {
    var result: [String: Rewrite] = [:]
    for header in headers {
      result[header] = { cell in "ltrim(\(cell(header)), '''')" }
    }
    return result
  }
}
