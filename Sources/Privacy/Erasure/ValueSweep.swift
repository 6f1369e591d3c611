internal import SQLBuilder
internal import Warehouse

/// Takes the values of `erased_value` out of the texts of everybody else's rows: who recommended
/// whom, what a ticket says, what an import was asked for.
struct ValueSweep: Sendable {
  private let session: any QuerySession

  /// Up to this many values are also looked for inside longer texts, in whatever case.
  private static let searched = 400
  /// Stands where a value stood that something must stand.
  private static let replacement = "erased"
  /// Tables about Quartier itself, and those that know people only by random ids.
  private static let spared: Set<String> = [
    "schema_migrations", "workspace_identity", "erasure", "erased_identifier", "audit_log",
    "consent_ledger", "consent_absorbed",
  ]

  init(_ session: any QuerySession) { self.session = session }

  private struct Column {
    let table: String
    let name: String
    let type: String
    let isNullable: Bool
  }

  func run() async throws {
    let values = try await session.query(
      "SELECT value FROM erased_value ORDER BY length(value) DESC, value LIMIT \(Self.searched + 1)"
    ).rows.compactMap { $0[0].text }
    guard !values.isEmpty else { return }
    let pattern =
      values.count <= Self.searched
      ? values.map(Self.escaped).joined(separator: "|") : nil
    for column in try await columns() {
      if let pattern {
        try await search(column, pattern)
      } else if column.type == "VARCHAR" {
        try await compare(column)
      }
    }
  }

  private func columns() async throws -> [Column] {
    try await session.query(
      """
      SELECT c.table_name, c.column_name, c.data_type, c.is_nullable
      FROM duckdb_columns() AS c JOIN duckdb_tables() AS t
        ON t.database_name = c.database_name AND t.table_name = c.table_name
      WHERE c.database_name = 'quartier' AND c.data_type IN ('VARCHAR', 'JSON', 'VARCHAR[]')
      ORDER BY c.table_name, c.column_index
      """
    ).rows.compactMap { row in
      guard let table = row[0].text, let name = row[1].text, !Self.spared.contains(table) else {
        return nil
      }
      return Column(
        table: table, name: name, type: row[2].text ?? "", isNullable: row[3].bool ?? true)
    }
  }

  private func search(_ column: Column, _ pattern: String) async throws {
    let table: SQL = "quartier.\(identifier: column.table)"
    let name = "\(identifier: column.name)" as SQL
    switch column.type {
    case "VARCHAR[]":
      try await session.execute(
        """
        UPDATE \(table) SET \(name) = list_filter(\(name),
          lambda one: NOT regexp_matches(one, \(literal: pattern), 'i'))
        WHERE len(list_filter(\(name), lambda one: regexp_matches(one, \(literal: pattern), 'i'))) > 0
        """)
    case "JSON":
      let text: SQL = "CAST(\(name) AS VARCHAR)"
      try await session.execute(
        """
        UPDATE \(table) SET \(name) = coalesce(TRY_CAST(
          regexp_replace(\(text), \(literal: pattern), \(Self.replacement), 'gi') AS JSON), '{}')
        WHERE regexp_matches(\(text), \(literal: pattern), 'i')
        """)
    default:
      let whole: SQL =
        column.isNullable
        ? "NULL" : "\(Self.replacement)"
      try await session.execute(
        """
        UPDATE \(table) SET \(name) = CASE
          WHEN regexp_full_match(\(name), \(literal: "(" + pattern + ")"), 'i') THEN \(whole)
          ELSE regexp_replace(\(name), \(literal: pattern), \(Self.replacement), 'gi') END
        WHERE regexp_matches(\(name), \(literal: pattern), 'i')
        """)
    }
  }

  private func compare(_ column: Column) async throws {
    let whole: SQL = column.isNullable ? "NULL" : "\(Self.replacement)"
    try await session.execute(
      """
      UPDATE quartier.\(identifier: column.table) SET \(identifier: column.name) = \(whole)
      WHERE lower(\(identifier: column.name)) IN (SELECT lower(value) FROM erased_value)
      """)
  }

  /// The text with every sign that RE2 gives a meaning escaped.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      if #"\.+*?()|[]{}^$"#.contains(character) { result.append("\\") }
      result.append(character)
    }
    return result
  }
}
