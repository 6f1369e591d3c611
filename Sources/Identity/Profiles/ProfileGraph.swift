internal import CustomerSchema
internal import SQLBuilder
package import Warehouse

/// Makes the store's profiles what records say they are, and keeps them so. Its callers hold the
/// transaction.
package struct ProfileGraph: Sendable {
  private let session: any QuerySession
  private let settings: IdentitySettings
  /// The present, in microseconds since the epoch.
  private let now: Int64

  package init(_ session: any QuerySession, _ settings: IdentitySettings, now: Int64) {
    self.session = session
    self.settings = settings
    self.now = now
  }

  /// What changed.
  package struct Change: Sendable, Hashable {
    /// Profiles that are made of other records than before.
    package var profiles = 0
    /// Records that are in a profile of several.
    package var records = 0
  }

  /// Brings the profiles to `identity_want` (`record`, `customer_id`): the records of profiles with
  /// several. What is as it should be is left alone.
  func apply() async throws(WarehouseError) -> Change {
    let signature: SQL = """
      SELECT customer_id, count(*) AS records, sum(hash(record)::HUGEINT) AS print
      """
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE identity_dissolved AS
      SELECT customer_id FROM (
        \(signature) FROM quartier.profile_record GROUP BY customer_id
        EXCEPT \(signature) FROM identity_want GROUP BY customer_id)
      """)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE identity_made AS
      SELECT customer_id FROM (
        \(signature) FROM identity_want GROUP BY customer_id
        EXCEPT \(signature) FROM quartier.profile_record GROUP BY customer_id)
      """)
    let dissolved = try await session.value("SELECT count(*) FROM identity_dissolved").int ?? 0
    if dissolved > 0 { try await dissolve() }
    let made = try await session.value("SELECT count(*) FROM identity_made").int ?? 0
    if made > 0 { try await make() }
    let records = try await session.value("SELECT count(*) FROM identity_want").int ?? 0
    for table: SQL in ["identity_dissolved", "identity_made", "identity_want"] {
      try await session.execute("DROP TABLE \(table)")
    }
    return Change(profiles: max(made, dissolved), records: records)
  }

  /// Puts the records of `identity_dissolved` back as they were.
  private func dissolve() async throws(WarehouseError) {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE identity_back AS SELECT * FROM quartier.profile_record
      WHERE customer_id IN (FROM identity_dissolved)
      """)
    for table in ["attribute_history", "customer_attribute"] {
      try await session.execute(
        """
        DELETE FROM quartier.\(identifier: table)
        WHERE customer_id IN (FROM identity_dissolved)
        """)
      try await session.execute(
        """
        UPDATE quartier.\(identifier: table) SET customer_id = -customer_id
        WHERE customer_id < 0 AND -customer_id IN (FROM identity_dissolved)
        """)
    }
    for (table, column) in Self.owned {
      try await session.execute(
        """
        UPDATE quartier.\(identifier: table)
        SET customer_id = abs(\(column)), \(column) = NULL
        WHERE \(column) IN (SELECT record_id FROM identity_back)
        """)
    }
    try await session.execute(
      """
      INSERT INTO quartier.customer
      SELECT a.customer_id, a.public_id, a.kind, b.first_seen, a.import_id, a.source_line
      FROM quartier.customer_alias AS a JOIN identity_back AS b ON b.record = a.customer_id
      ORDER BY a.customer_id
      """)
    try await session.execute(
      "DELETE FROM quartier.customer_alias WHERE survivor_id IN (FROM identity_dissolved)")
    try await session.execute(
      """
      UPDATE quartier.customer SET first_seen = b.first_seen FROM identity_back AS b
      WHERE b.record = b.customer_id AND customer.customer_id = b.record
        AND customer.first_seen <> b.first_seen
      """)
    try await session.execute(
      """
      INSERT INTO quartier.touched_customer (customer_id)
      SELECT record FROM identity_back ORDER BY record
      """)
    try await session.execute(
      """
      DELETE FROM quartier.profile_record WHERE customer_id IN (FROM identity_dissolved)
      """)
    try await session.execute("DROP TABLE identity_back")
  }

  /// Rows that belong to a customer, and the column that remembers the record.
  private static let owned: [(table: String, column: SQL)] =
    [("identifier", "record_id")] + StreamTables.all.map { ($0, "source_customer_id") }

  /// Makes the profiles of `identity_made`, whose records stand alone by now.
  private func make() async throws(WarehouseError) {
    try await session.execute(
      """
      INSERT INTO quartier.profile_record
      SELECT w.record, w.customer_id,
        CASE WHEN w.record = w.customer_id THEN -w.record ELSE w.record END, c.kind, c.first_seen
      FROM identity_want AS w JOIN quartier.customer AS c ON c.customer_id = w.record
      WHERE w.customer_id IN (FROM identity_made) ORDER BY w.customer_id, w.record
      """)
    try await session.execute(
      """
      INSERT INTO quartier.customer_alias
      SELECT c.customer_id, c.public_id, c.kind, c.first_seen, c.import_id, c.source_line,
        w.customer_id
      FROM identity_want AS w JOIN quartier.customer AS c ON c.customer_id = w.record
      WHERE w.record <> w.customer_id AND w.customer_id IN (FROM identity_made)
      ORDER BY c.customer_id
      """)
    try await session.execute(
      """
      DELETE FROM quartier.customer WHERE customer_id IN (
        SELECT customer_id FROM quartier.customer_alias
        WHERE survivor_id IN (FROM identity_made))
      """)
    try await session.execute(
      """
      UPDATE quartier.customer SET first_seen = p.seen FROM (
        SELECT customer_id, min(first_seen) AS seen FROM quartier.profile_record
        WHERE customer_id IN (FROM identity_made) GROUP BY customer_id) AS p
      WHERE customer.customer_id = p.customer_id AND customer.first_seen <> p.seen
      """)
    for table in ["attribute_history", "customer_attribute"] {
      try await session.execute(
        """
        UPDATE quartier.\(identifier: table) SET customer_id = -customer_id
        WHERE customer_id IN (FROM identity_made)
        """)
    }
    for (table, column) in Self.owned {
      try await session.execute(
        """
        UPDATE quartier.\(identifier: table) AS t
        SET \(column) = p.record_id, customer_id = p.customer_id
        FROM quartier.profile_record AS p
        WHERE t.customer_id = p.record AND p.customer_id IN (FROM identity_made)
        """)
    }
    try await GoldenRecord(session, settings, now: now).write("identity_made")
    try await session.execute(
      """
      INSERT INTO quartier.touched_customer (customer_id)
      SELECT customer_id FROM identity_made ORDER BY customer_id
      """)
  }

  /// Brings what an import wrote to the profiles that its records belong to: called when its rows
  /// are in.
  package func settle(import number: Int) async throws(WarehouseError) {
    let records = try await session.value("SELECT count(*) FROM quartier.profile_record").int ?? 0
    guard records > 0 else { return }
    for (table, column) in Self.owned {
      try await session.execute(
        """
        UPDATE quartier.\(identifier: table) AS t
        SET \(column) = p.record_id, customer_id = p.customer_id
        FROM quartier.profile_record AS p
        WHERE t.import_id = \(number) AND t.\(column) IS NULL AND t.customer_id = p.record_id
        """)
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE identity_settled AS
      SELECT DISTINCT p.customer_id FROM quartier.attribute_history AS h
      JOIN quartier.profile_record AS p ON p.record_id = h.customer_id
      WHERE h.import_id = \(number)
      """)
    if try await session.value("SELECT count(*) FROM identity_settled").int ?? 0 > 0 {
      for table in ["attribute_history", "customer_attribute"] {
        try await session.execute(
          """
          DELETE FROM quartier.\(identifier: table) WHERE customer_id IN (FROM identity_settled)
          """)
      }
      try await GoldenRecord(session, settings, now: now).write("identity_settled")
    }
    try await session.execute(
      """
      INSERT INTO quartier.touched_customer (customer_id)
      SELECT DISTINCT p.customer_id FROM quartier.touched_customer AS t
      JOIN quartier.profile_record AS p ON p.record_id = t.customer_id
      """)
    try await session.execute(
      """
      DELETE FROM quartier.touched_customer
      WHERE customer_id IN (SELECT record_id FROM quartier.profile_record)
      """)
    try await session.execute("DROP TABLE identity_settled")
  }
}
