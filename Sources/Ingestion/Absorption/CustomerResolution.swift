internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Finds the customers whom external ids name, and creates those seen for the first time.
struct CustomerResolution {
  let session: any QuerySession
  /// The system whose ids they are.
  let source: String
  let importID: Int
  /// person or company.
  var kind = "person"

  /// Identifiers with the records that they name: a profile may have several.
  private static let records: SQL = """
    (SELECT * REPLACE (coalesce(record_id, customer_id) AS customer_id) FROM quartier.identifier)
    """

  /// What became of the ids.
  struct Outcome: Sendable, Hashable {
    var created = 0
  }

  /// Makes `import_ids` (`type`, `value`, `customer_id`) of `import_people` (`type`, `value`,
  /// `line`, `seen` TIMESTAMPTZ, and `email`, a second name of the same customer or null).
  ///
  /// An unknown id whose address is known names the customer with that address, unless that one
  /// has another id of the same type already.
  func run() async throws(IngestionError) -> Outcome {
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_ids AS
      SELECT p.type, p.value, p.line, p.seen, p.email, i.customer_id, i.customer_id IS NULL AS is_new
      FROM import_people AS p LEFT JOIN (
        SELECT * FROM \(Self.records) WHERE source = \(literal: source)) AS i
        ON i.type = p.type AND i.value = p.value
      """)
    try await adoptByEmail()
    let unknown = try await session.fetchInt(
      "SELECT count(*) - count(customer_id) FROM import_ids")
    if unknown > 0 { try await create(unknown) }
    try await name()
    try await seeEarlier()
    return Outcome(created: unknown)
  }

  private func adoptByEmail() async throws(IngestionError) {
    let open = try await session.fetchInt(
      "SELECT count(*) FROM import_ids WHERE customer_id IS NULL AND email IS NOT NULL")
    guard open > 0 else { return }
    try await session.perform(
      """
      UPDATE import_ids SET customer_id = f.customer_id FROM (
        SELECT p.type, p.value, e.customer_id FROM import_ids AS p
        JOIN \(Self.records) AS e
          ON e.source = \(literal: source) AND e.type = 'email' AND e.value = p.email
        WHERE p.customer_id IS NULL AND NOT EXISTS (
          SELECT 1 FROM \(Self.records) AS o
          WHERE o.source = \(literal: source) AND o.type = p.type AND o.customer_id = e.customer_id)
        QUALIFY row_number() OVER (PARTITION BY e.customer_id ORDER BY p.line, p.value) = 1) AS f
      WHERE import_ids.type = f.type AND import_ids.value = f.value
      """)
  }

  private func create(_ count: Int) async throws(IngestionError) {
    let before = try await session.take(count, from: "customer_ids")
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_created AS
      SELECT type, value, line, seen,
        \(number: before) + row_number() OVER (ORDER BY line, type, value) AS customer_id
      FROM import_ids WHERE customer_id IS NULL
      """)
    try await session.perform(
      """
      INSERT INTO quartier.customer (customer_id, kind, first_seen, import_id, source_line)
      SELECT customer_id, \(literal: kind), seen, \(number: importID), line FROM import_created
      ORDER BY customer_id
      """)
    try await session.perform(
      """
      UPDATE import_ids SET customer_id = c.customer_id FROM import_created AS c
      WHERE import_ids.customer_id IS NULL AND import_ids.type = c.type
        AND import_ids.value = c.value
      """)
    try await session.perform(
      """
      INSERT INTO quartier.customer_attribute BY NAME
      SELECT customer_id FROM import_created ORDER BY customer_id
      """)
    try await session.drop("import_created")
  }

  /// Keeps the names that were not known; an address that names somebody already stays there.
  private func name() async throws(IngestionError) {
    try await session.perform(
      """
      INSERT INTO quartier.identifier (source, type, value, customer_id, import_id, source_line)
      SELECT \(literal: source), type, value, customer_id, \(number: importID), line
      FROM import_ids WHERE is_new ORDER BY line, value
      """)
    try await session.perform(
      """
      INSERT INTO quartier.identifier (source, type, value, customer_id, import_id, source_line)
      SELECT \(literal: source), 'email', email, customer_id, \(number: importID), line
      FROM import_ids AS p WHERE email IS NOT NULL AND type <> 'email' AND NOT EXISTS (
        SELECT 1 FROM quartier.identifier AS e WHERE e.source = \(literal: source)
          AND e.type = 'email' AND e.value = p.email)
      QUALIFY row_number() OVER (PARTITION BY email ORDER BY line, value) = 1
      """)
  }

  private func seeEarlier() async throws(IngestionError) {
    try await session.perform(
      """
      UPDATE quartier.customer SET first_seen = p.seen FROM (
        SELECT customer_id, min(seen) AS seen FROM import_ids WHERE NOT is_new
        GROUP BY customer_id) AS p
      WHERE customer.customer_id = p.customer_id AND p.seen < customer.first_seen
      """)
    try await session.perform(
      """
      UPDATE quartier.profile_record SET first_seen = p.seen FROM (
        SELECT customer_id, min(seen) AS seen FROM import_ids WHERE NOT is_new
        GROUP BY customer_id) AS p
      WHERE record_id = p.customer_id AND p.seen < profile_record.first_seen
      """)
  }
}
