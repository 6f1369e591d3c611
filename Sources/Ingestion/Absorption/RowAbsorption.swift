internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// What became of the rows of a file.
package struct RowCounts: Sendable, Hashable, Codable {
  /// Rows that the workspace did not have.
  package var added = 0
  /// Rows that replace an older version of themselves.
  package var changed = 0
  /// Rows that it had already, as they are.
  package var unchanged = 0
  /// Rows of which it has a newer version.
  package var older = 0
  /// Lines that another line of the file replaces.
  package var repeated = 0
  /// Rows without a customer.
  package var anonymous = 0
}

/// Brings `import_rows` into a canonical table.
struct RowAbsorption {
  let session: any QuerySession
  let description: KindDescription
  /// Columns of the table that the file fills.
  let filled: [String]
  let cells: CellSQL
  let source: String
  let importID: Int
  /// Microseconds since the epoch, if it is known when the file was made.
  let exportedAt: Int64?
  /// How the file's customers are named: `customer` or `email`.
  let idType: String

  private var target: SQL { "quartier.\(identifier: description.table)" }
  private var columns: [String] {
    description.roles.map(\.column) + [description.rest].compactMap { $0 }
  }

  /// Called inside the transaction, with `import_ids`.
  func run() async throws(IngestionError) -> RowCounts {
    var counts = RowCounts()
    try await key()
    counts.repeated = try await dropRepeated()
    try await compare(&counts)
    try await write()
    return counts
  }

  /// Rows with their customer and the key that tells them from all others.
  private func key() async throws(IngestionError) {
    let content: [SQL] =
      ["customer", "epoch_us(happened_at)::VARCHAR"]
      + filled.map { "\(identifier: $0)::VARCHAR" }
    let parts = content.map { "coalesce(\($0), chr(30))" as SQL }
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_new AS
      SELECT r.* EXCLUDE (key_text), i.customer_id, r.key_text IS NOT NULL AS is_keyed,
        \(cells.zone.local("r.happened_at")) AS local_at,
        coalesce(r.key_text, left(md5(concat_ws(chr(31), \(parts.joined()))), 24)) AS key
      FROM import_rows AS r
      LEFT JOIN import_ids AS i ON i.value = r.customer AND i.type = \(literal: idType)
      """)
  }

  /// Lines without a key that are alike are told apart by their count; of lines with one key the
  /// last one counts.
  private func dropRepeated() async throws(IngestionError) -> Int {
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_repeated AS
      SELECT key FROM import_new GROUP BY key HAVING count(*) > 1
      """)
    guard try await session.fetchInt("SELECT count(*) FROM import_repeated") > 0 else { return 0 }
    try await session.perform(
      """
      UPDATE import_new SET key = n.numbered FROM (
        SELECT rowid AS id, key || '-' || row_number() OVER (PARTITION BY key ORDER BY line) AS numbered,
          row_number() OVER (PARTITION BY key ORDER BY line) AS place
        FROM import_new WHERE NOT is_keyed AND key IN (SELECT key FROM import_repeated)) AS n
      WHERE import_new.rowid = n.id AND n.place > 1
      """)
    return try await session.count(
      """
      DELETE FROM import_new USING (
        SELECT rowid AS id, row_number() OVER (PARTITION BY key ORDER BY line DESC) AS place
        FROM import_new WHERE is_keyed AND key IN (SELECT key FROM import_repeated)) AS n
      WHERE import_new.rowid = n.id AND n.place > 1
      """)
  }

  private func compare(_ counts: inout RowCounts) async throws(IngestionError) {
    let known = try await session.fetchInt(
      "SELECT count(*) FROM (SELECT 1 FROM \(target) WHERE source = \(literal: source) LIMIT 1)")
    if known > 0 {
      let new = (["customer_id", "happened_at"] + filled).map { "n.\(identifier: $0)" as SQL }
      let old = (["customer_id", "happened_at"] + filled).map { "o.\(identifier: $0)" as SQL }
      let isOlder: SQL =
        exportedAt.map {
          """
          EXISTS (SELECT 1 FROM quartier.imports AS m WHERE m.import_id = o.import_id \
          AND m.exported_at > make_timestamptz(\(.int($0))))
          """
        } ?? "false"
      try await session.perform(
        """
        CREATE OR REPLACE TEMP TABLE import_states AS
        SELECT n.key, o.customer_id AS old_customer,
          CASE WHEN hash(\(new.joined())) = hash(\(old.joined())) THEN 'unchanged'
            WHEN \(isOlder) THEN 'older' ELSE 'changed' END AS state
        FROM import_new AS n JOIN (
          SELECT * REPLACE (coalesce(source_customer_id, customer_id) AS customer_id)
          FROM \(target) WHERE source = \(literal: source)) AS o ON o.key = n.key
        """)
    } else {
      try await session.perform(
        """
        CREATE OR REPLACE TEMP TABLE import_states (
          key VARCHAR, old_customer BIGINT, state VARCHAR)
        """)
    }
    let states = try await session.fetch("SELECT state, count(*) FROM import_states GROUP BY state")
    for row in states {
      let count = row[1].int ?? 0
      switch row[0].text {
      case "unchanged": counts.unchanged = count
      case "older": counts.older = count
      default: counts.changed = count
      }
    }
    let total = try await session.fetchRow(
      "SELECT count(*), count(*) - count(customer_id) FROM import_new")
    counts.added = (total[0].int ?? 0) - counts.unchanged - counts.older - counts.changed
    counts.anonymous = total[1].int ?? 0
  }

  private func write() async throws(IngestionError) {
    // What the file has no column for stays as an older version said it.
    let kept = columns.filter { !filled.contains($0) }
    if !kept.isEmpty {
      try await session.perform(
        """
        CREATE OR REPLACE TEMP TABLE import_kept AS
        SELECT o.key, \(kept.map { "o.\(identifier: $0)" as SQL }.joined())
        FROM \(target) AS o JOIN import_states AS s ON s.key = o.key AND s.state = 'changed'
        WHERE o.source = \(literal: source)
        """)
    }
    try await session.perform(
      """
      DELETE FROM \(target) AS o USING import_states AS s
      WHERE o.source = \(literal: source) AND o.key = s.key AND s.state = 'changed'
      """)
    let count = try await session.fetchInt(
      """
      SELECT count(*) FROM import_new AS n
      WHERE NOT EXISTS (SELECT 1 FROM import_states AS s
        WHERE s.key = n.key AND s.state IN ('unchanged', 'older'))
      """)
    guard count > 0 else { return }
    let before = try await session.take(count, from: "row_ids")
    let values = columns.map { name -> SQL in
      filled.contains(name)
        ? "n.\(identifier: name)" : "k.\(identifier: name) AS \(identifier: name)"
    }
    let join: SQL = kept.isEmpty ? .empty : "LEFT JOIN import_kept AS k ON k.key = n.key"
    try await session.perform(
      """
      INSERT INTO \(target) BY NAME
      SELECT n.customer_id, n.happened_at, n.local_at, \(literal: source) AS source, n.key,
        \(number: before) + row_number() OVER () AS row_id, \(number: importID) AS import_id,
        n.line AS source_line, \(values.joined())
      FROM import_new AS n \(join)
      WHERE NOT EXISTS (SELECT 1 FROM import_states AS s
        WHERE s.key = n.key AND s.state IN ('unchanged', 'older'))
      """)
    try await session.perform(
      """
      INSERT INTO quartier.touched_customer (customer_id)
      SELECT DISTINCT customer_id FROM (
        SELECT n.customer_id FROM import_new AS n
        WHERE NOT EXISTS (SELECT 1 FROM import_states AS s
          WHERE s.key = n.key AND s.state IN ('unchanged', 'older'))
        UNION ALL SELECT old_customer FROM import_states WHERE state = 'changed')
      WHERE customer_id IS NOT NULL
      """)
  }
}

extension QuerySession {
  /// Runs a statement and returns the number of rows that it changed.
  func count(_ sql: SQL) async throws(IngestionError) -> Int {
    do throws(WarehouseError) { return try await execute(sql) } catch { throw .engine(error) }
  }
}
