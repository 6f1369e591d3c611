internal import SQLBuilder
internal import Warehouse

/// Leaves out the lines of people who were erased: neither their values nor what is wrong with them
/// is kept.
struct ErasedPeople: Sendable {
  let session: any QuerySession
  let erased: ErasedIdentifiers
  /// The system whose ids the file has.
  let source: String

  /// Removes their rows from a staged table, which has `line`, and notes the lines.
  ///
  /// Whoever has come back since, and is known by the same id again, stays.
  ///
  /// - Parameters:
  ///   - id: the column with the customer's id.
  ///   - email: the column with an address, where there is one.
  ///   - type: `customer` or `email`.
  func leaveOut(
    of table: String, id: String, email: String?, type: String
  ) async throws(IngestionError) {
    let address: SQL = email.map { SQL.column($0) } ?? "NULL::VARCHAR"
    let isErased = erased.isErased(source: source, type: type, value: "value", email: "email")
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_forgotten AS
      SELECT DISTINCT value FROM (
        SELECT DISTINCT \(identifier: id) AS value, \(address) AS email
        FROM temp.\(identifier: table) WHERE \(identifier: id) IS NOT NULL) AS p
      WHERE \(isErased) AND NOT EXISTS (
        SELECT 1 FROM quartier.identifier AS i WHERE i.source = \(literal: source)
          AND i.type = \(literal: type) AND i.value = p.value)
      """)
    try await session.perform(
      """
      INSERT INTO import_erased SELECT DISTINCT line FROM temp.\(identifier: table)
      WHERE \(identifier: id) IN (SELECT value FROM import_forgotten)
      """)
    try await session.perform(
      """
      DELETE FROM temp.\(identifier: table)
      WHERE \(identifier: id) IN (SELECT value FROM import_forgotten)
      """)
    try await session.drop("import_forgotten")
  }

  /// Empties the cells of a text column that name somebody erased: who was recommended.
  func empty(_ column: String, of table: String) async throws(IngestionError) {
    let name = SQL.column(column)
    let isErased = erased.isErased(
      source: source, type: "customer", value: name,
      email: "CASE WHEN contains(\(name), '@') THEN \(name) END")
    try await session.perform(
      """
      UPDATE temp.\(identifier: table) SET \(name) = NULL
      WHERE \(name) IS NOT NULL AND \(isErased)
      """)
  }
}
