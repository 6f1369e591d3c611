internal import SQLBuilder
internal import Warehouse

/// What sources said of the customers to describe, as it changed over time: one row for each
/// customer and each instant at which something was said.
struct DescriptionInputs {
  /// Attributes that are read; each is a text column of the table.
  static let attributes = [
    "profession", "title", "first_name", "birth_date", "postal_code", "city", "country",
    "language", "household", "education", "income", "siren", "siret", "vat_number", "naf",
    "legal_category", "headcount", "headcount_band", "turnover", "balance_total",
  ]

  static let table = "description_input"

  /// Stands for a value that was withdrawn, while values are carried forward.
  private static let withdrawn = "\u{1E}"

  /// Makes the table from the history of `description_customer`.
  ///
  /// - Returns: whether no customer has more than one row.
  static func create(in session: any QuerySession, source: String) async throws -> Bool {
    let ids = attributes.map { "\(literal: $0)" as SQL }.joined()
    let pivot = attributes.map { id -> SQL in
      """
      arg_max(coalesce(value, \(literal: withdrawn)), row_id)
        FILTER (attribute_id = \(literal: id)) AS \(identifier: id)
      """
    }.joined()
    let carried = attributes.map { id -> SQL in
      """
      nullif(last_value(\(identifier: id) IGNORE NULLS) OVER past, \(literal: withdrawn))
        AS \(identifier: id)
      """
    }.joined()
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_said_then AS
      SELECT customer_id, valid_from, \(pivot)
      FROM quartier.attribute_history
      WHERE attribute_id IN (\(ids)) AND source <> \(literal: source)
        AND customer_id IN (FROM description_customer)
      GROUP BY customer_id, valid_from
      """)
    let row = try await session.row(
      "SELECT count(*), count(DISTINCT customer_id) FROM description_said_then")
    let isSingle = row[0] == row[1]
    // Most customers were told of once: nothing is carried forward then.
    let columns: SQL =
      isSingle
      ? attributes.map {
        "nullif(\(identifier: $0), \(literal: withdrawn)) AS \(identifier: $0)" as SQL
      }.joined() : carried
    let window: SQL =
      isSingle
      ? ""
      : "WINDOW past AS (PARTITION BY customer_id ORDER BY valid_from ROWS UNBOUNDED PRECEDING)"
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: table) AS
      SELECT customer_id, valid_from, \(columns) FROM description_said_then \(window)
      """)
    try await session.execute("DROP TABLE description_said_then")
    return isSingle
  }
}
