internal import Foundation
package import SQLBuilder
package import Warehouse

/// Removes people from a store.
///
/// Their rows are deleted in one transaction, so that nothing shows them from then on; one rewrite
/// of the store then takes the bytes (`StoreRewrite`). What stays of a person is her random public
/// id, in the log and the ledger, and keyed commitments of her names, by which imports leave her out.
package struct Erasure: Sendable {
  private let session: any QuerySession
  private let key: WorkspaceKey
  /// Microseconds since the epoch.
  private let now: Int64

  /// Until when the bytes are gone, in microseconds.
  package static let delay: Int64 = 24 * 3_600_000_000

  package init(_ session: any QuerySession, key: WorkspaceKey, now: Int64) {
    self.session = session
    self.key = key
    self.now = now
  }

  package enum Ground: String, Sendable, Hashable { case request, retention }

  /// What was hidden.
  package struct Hidden: Sendable, Hashable {
    /// Numbers of the erasures.
    package let erasures: [Int]
    /// Names and values by which files can be searched for the people.
    package let telling: [String]
  }

  /// Hides people at once.
  ///
  /// - Parameter customers: a query with one column, the internal ids.
  package func hide(_ customers: SQL, ground: Ground) async throws -> Hidden {
    let sweep = ValueSweep(session)
    let hidden = try await session.transaction {
      try await choose(customers, ground)
      try await collectNames()
      try await commit()
      try await collectLines()
      try await removeRows()
      try await removeQuarantine()
      try await sweep.run()
      try await conclude(ground)
      let rows = try await session.query(
        "SELECT erasure_id FROM erased_person ORDER BY erasure_id"
      ).rows
      let telling = try await session.query(
        "SELECT value FROM erased_value ORDER BY value LIMIT 10000"
      ).rows
      return Hidden(
        erasures: rows.compactMap { $0[0].int }, telling: telling.compactMap { $0[0].text })
    }
    for table in [
      "erased_person", "erased_customer", "erased_name", "erased_value", "erased_line",
      "erased_count",
    ] {
      try await session.execute("DROP TABLE IF EXISTS temp.\(identifier: table)")
    }
    try await AuditLog(session, key: key).noteEnd()
    return hidden
  }

  // MARK: Who

  /// `erased_person`: the people; `erased_customer`: every number under which something of them
  /// lies, so also their records' where they are profiles of several.
  private func choose(_ customers: SQL, _ ground: Ground) async throws {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE erased_person AS
      SELECT customer_id, public_id AS subject, nextval('quartier.erasure_ids') AS erasure_id
      FROM quartier.customer WHERE customer_id IN (\(customers)) ORDER BY customer_id
      """)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE erased_customer AS
      SELECT n.number AS customer_id, e.erasure_id
      FROM erased_person AS e JOIN quartier.profile_number AS n USING (customer_id)
      """)
  }

  /// `erased_name`: what named them in each source. `erased_value`: values that tell of nobody else
  /// and cannot be mistaken for anything else.
  private func collectNames() async throws {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE erased_name AS
      SELECT DISTINCT i.source, i.type, i.value, e.erasure_id
      FROM quartier.identifier AS i JOIN erased_customer AS e USING (customer_id)
      """)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE erased_value AS
      WITH own AS (
        SELECT value, erasure_id FROM erased_name
        UNION
        SELECT h.value, e.erasure_id FROM quartier.attribute_history AS h
        JOIN erased_customer AS e USING (customer_id)
        JOIN quartier.attribute_definition AS d USING (attribute_id)
        WHERE d.data_class = 'identifying' AND h.value IS NOT NULL
      ), telling AS (
        SELECT value, min(erasure_id) AS erasure_id FROM own
        WHERE length(value) >= 6 AND regexp_matches(value, '[0-9@]') GROUP BY value
      )
      SELECT value, erasure_id FROM telling AS t
      WHERE NOT EXISTS (
        SELECT 1 FROM quartier.identifier AS i
        WHERE i.value = t.value AND i.customer_id NOT IN (SELECT customer_id FROM erased_customer))
        AND NOT EXISTS (
          SELECT 1 FROM quartier.attribute_history AS h WHERE h.value = t.value
            AND h.customer_id NOT IN (SELECT customer_id FROM erased_customer))
      """)
  }

  private func commit() async throws {
    let named = key.erased.commitment(source: "source", type: "type", value: "value")
    let anywhere = ErasedIdentifiers.anySource
    let address = key.erased.commitment(source: anywhere, type: "'email'", value: "lower(value)")
    let value = key.erased.commitment(source: anywhere, type: "'value'", value: "lower(value)")
    try await session.execute(
      """
      INSERT INTO quartier.erased_identifier
      SELECT \(named), erasure_id FROM erased_name
      UNION
      SELECT \(address), erasure_id FROM (
        SELECT value, erasure_id FROM erased_name WHERE type = 'email'
        UNION SELECT value, erasure_id FROM erased_value WHERE contains(value, '@'))
      UNION
      SELECT \(value), erasure_id FROM erased_value
      """)
  }

  /// The lines of files that told of them: what was set aside of these lines goes too.
  private func collectLines() async throws {
    var sources: [SQL] = []
    for table in try await tables() where table.hasLines {
      sources.append(
        """
        SELECT import_id, source_line FROM quartier.\(identifier: table.name)
        WHERE customer_id IN (SELECT customer_id FROM erased_customer) AND source_line IS NOT NULL
        """)
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE erased_line AS
      SELECT DISTINCT import_id, source_line FROM (\(sources.joined(separator: " UNION ALL ")))
      """)
  }

  // MARK: Rows

  private struct Table {
    let name: String
    /// Columns that hold customers.
    let customers: [String]
    let hasLines: Bool
  }

  private func tables() async throws -> [Table] {
    let rows = try await session.query(
      """
      SELECT c.table_name, list(c.column_name ORDER BY c.column_index)
          FILTER (c.column_name LIKE '%\\_customer_id' ESCAPE '\\' OR c.column_name IN (
            'customer_id', 'survivor_id', 'record', 'record_id', 'first_record', 'second_record',
            'group_record')),
        bool_or(c.column_name = 'customer_id') AND bool_or(c.column_name = 'import_id')
          AND bool_or(c.column_name = 'source_line')
      FROM duckdb_columns() AS c JOIN duckdb_tables() AS t
        ON t.database_name = c.database_name AND t.table_name = c.table_name
      WHERE c.database_name = 'quartier' GROUP BY c.table_name ORDER BY c.table_name
      """
    ).rows
    return rows.compactMap { row in
      guard let name = row[0].text else { return nil }
      return Table(
        name: name, customers: row[1].list?.compactMap(\.text) ?? [], hasLines: row[2].bool ?? false
      )
    }
  }

  private func removeRows() async throws {
    try await session.execute(
      "CREATE OR REPLACE TEMP TABLE erased_count (erasure_id BIGINT, name VARCHAR, rows BIGINT)")
    for table in try await tables() {
      for column in table.customers {
        try await session.execute(
          """
          INSERT INTO erased_count
          SELECT e.erasure_id, \(literal: table.name), count(*)
          FROM quartier.\(identifier: table.name) AS t
          JOIN erased_customer AS e ON e.customer_id = t.\(identifier: column) GROUP BY ALL
          """)
        try await session.execute(
          """
          DELETE FROM quartier.\(identifier: table.name)
          WHERE \(identifier: column) IN (SELECT customer_id FROM erased_customer)
          """)
      }
    }
    // Kept runs know customers as their files name them.
    let isTheirs: SQL = """
      customer IN (SELECT value FROM erased_name WHERE type IN ('customer', 'email'))
      """
    try await session.execute(
      """
      INSERT INTO erased_count
      SELECT n.erasure_id, 'run_customers', count(*) FROM quartier.run_customers AS t JOIN (
        SELECT value, min(erasure_id) AS erasure_id FROM erased_name
        WHERE type IN ('customer', 'email') GROUP BY value) AS n ON n.value = t.customer
      GROUP BY ALL
      """)
    try await session.execute("DELETE FROM quartier.run_customers WHERE \(isTheirs)")
  }

  private func removeQuarantine() async throws {
    let count = try await session.execute(
      """
      DELETE FROM quartier.quarantine WHERE EXISTS (
        SELECT 1 FROM erased_line AS l
        WHERE l.import_id = quarantine.import_id AND l.source_line = quarantine.line)
        OR lower(value) IN (SELECT lower(value) FROM erased_name UNION SELECT lower(value) FROM erased_value)
      """)
    guard count > 0 else { return }
    try await session.execute(
      """
      INSERT INTO erased_count
      SELECT min(erasure_id), 'quarantine', \(count) FROM erased_customer
      """)
  }

  // MARK: The record of it

  private func conclude(_ ground: Ground) async throws {
    try await session.execute(
      """
      INSERT INTO quartier.erasure
      SELECT erasure_id, subject, \(ground.rawValue), \(SQLValue.instant(now)),
        \(SQLValue.instant(now + Self.delay)), NULL,
        coalesce((
          SELECT json_group_object(name, n)::VARCHAR FROM (
            SELECT name, sum(rows)::BIGINT AS n FROM erased_count AS c
            WHERE c.erasure_id = e.erasure_id GROUP BY name ORDER BY name)), '{}'), '[]'
      FROM erased_person AS e ORDER BY erasure_id
      """)
    let log = AuditLog(session, key: key)
    let subjects = try await session.query(
      "SELECT subject::VARCHAR, erasure_id FROM erased_person ORDER BY erasure_id"
    ).rows
    if ground == .retention {
      return try await log.add(.erase, detail: "retention: \(subjects.count)", at: now)
    }
    for row in subjects {
      try await log.add(
        .erase, subject: row[0].text, detail: "erasure \(row[1].int ?? 0)", at: now)
    }
  }
}

/// Certificates of erasures and what waits for a rewrite.
package struct ErasureRecord: Sendable {
  private let session: any QuerySession

  package init(_ session: any QuerySession) { self.session = session }

  /// Erasures whose bytes are not gone yet.
  package func waiting() async throws -> Int {
    try await session.value("SELECT count(*) FROM quartier.erasure WHERE gone_at IS NULL").int ?? 0
  }

  /// Writes down the copies that Quartier does not keep.
  package func note(_ copies: [OutsideCopy], of erasures: [Int]) async throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(copies), as: UTF8.self)
    for erasure in erasures {
      try await session.execute(
        "UPDATE quartier.erasure SET outside = \(text) WHERE erasure_id = \(erasure)")
    }
  }

  /// Notes that a rewrite has taken the bytes of all that waited.
  package func conclude(at now: Int64) async throws {
    try await session.execute(
      "UPDATE quartier.erasure SET gone_at = \(SQLValue.instant(now)) WHERE gone_at IS NULL")
  }

  /// - Parameters:
  ///   - subject: the public id that the person had; nil for all.
  ///   - numbers: of the erasures wanted; nil for all.
  /// - Returns: the newest first.
  package func certificates(
    subject: String? = nil, numbers: [Int]? = nil
  ) async throws -> [ErasureCertificate] {
    var filters: [SQL] = ["true"]
    if let subject { filters.append("subject = CAST(\(subject) AS UUID)") }
    if let numbers {
      guard !numbers.isEmpty else { return [] }
      filters.append("erasure_id IN (\(numbers.map { "\($0)" as SQL }.joined()))")
    }
    let decoder = JSONDecoder()
    return try await session.query(
      """
      SELECT erasure_id, subject::VARCHAR, ground, hidden_at, due_at, gone_at, removed, outside
      FROM quartier.erasure WHERE \(filters.joined(separator: " AND ")) ORDER BY erasure_id DESC
      """
    ).rows.map { row in
      func data(_ index: Int) -> Data { Data((row[index].text ?? "").utf8) }
      return ErasureCertificate(
        number: row[0].int ?? 0, subject: row[1].text ?? "", ground: row[2].text ?? "",
        hiddenAt: InstantText.iso(row[3].microseconds ?? 0),
        dueAt: InstantText.iso(row[4].microseconds ?? 0),
        goneAt: row[5].microseconds.map(InstantText.iso),
        removed: (try? decoder.decode([String: Int].self, from: data(6))) ?? [:],
        outside: (try? decoder.decode([OutsideCopy].self, from: data(7))) ?? [])
    }
  }

  /// Files that imports read and that are still there, and copies of the store.
  package func knownCopies() async throws -> [OutsideCopy] {
    let sources = try await session.query(
      "SELECT DISTINCT path FROM quartier.imports WHERE path IS NOT NULL ORDER BY path"
    ).rows.compactMap { $0[0].text }
    let copies = try await session.query(
      "SELECT DISTINCT path FROM quartier.store_copy ORDER BY path"
    ).rows.compactMap { $0[0].text }
    let manager = FileManager.default
    return sources.filter { manager.fileExists(atPath: $0) }
      .map { OutsideCopy(path: $0, kind: .source) }
      + copies.filter { manager.fileExists(atPath: $0) }.map { OutsideCopy(path: $0, kind: .copy) }
  }
}
