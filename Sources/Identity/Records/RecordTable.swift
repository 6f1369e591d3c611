internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// The records of a workspace as they are compared: the temporary table `identity_record`.
///
/// Columns: `record`, `record_id`, `customer_id` (the profile that has it), `kind`, `source`, and
/// what is compared, null where nothing usable is known: `email`, `email_user`, `phone`, `first`,
/// `last`, `last_rare`, `birth` (a day), `postal`, `department`, `street`, `siren`, `siret`,
/// `company`, `key0`…
struct RecordTable {
  let session: any ColumnarSession
  let settings: IdentitySettings
  /// The day after which nobody was born.
  let today: LocalDate

  /// Values that too many share to tell anything.
  struct Shared: Sendable, Hashable {
    /// email, phone or birth_date.
    let field: String
    let values: Int
    /// Of the value that most records have.
    let records: Int
  }

  private static let texts = [
    "email", "phone", "first_name", "last_name", "name", "address", "postal_code", "siren",
    "siret", "company", "household",
  ]

  /// - Parameter only: records to look at, a query with one column; nil for all.
  func prepare(only: SQL? = nil) async throws -> [Shared] {
    try await raw(only)
    try await normalise()
    try await keys()
    let shared = try await dropShared()
    for table in ["raw", "email", "phone", "first", "last", "name", "street", "company"] {
      try await session.execute("DROP TABLE IF EXISTS \(identifier: "identity_\(table)")")
    }
    return shared
  }

  private func raw(_ only: SQL?) async throws {
    let present = Set(
      try await session.query(
        """
        SELECT column_name FROM duckdb_columns()
        WHERE database_name = 'quartier' AND table_name = 'customer_attribute'
        """
      ).rows.compactMap { $0[0].text })
    var columns = Self.texts.map { name -> SQL in
      present.contains(name)
        ? "nullif(trim(a.\(identifier: name)::VARCHAR), '') AS \(identifier: name)"
        : "NULL::VARCHAR AS \(identifier: name)"
    }
    columns.append(
      present.contains("birth_date")
        ? "TRY_CAST(a.birth_date AS DATE) AS birth_date" : "NULL::DATE AS birth_date")
    for (index, key) in settings.keys.enumerated() {
      let name = SQL.quotedKey(index)
      columns.append(
        present.contains(key)
          ? """
          nullif(upper(regexp_replace(a.\(identifier: key)::VARCHAR, '[^0-9A-Za-z]', '', 'g')), '') \
          AS \(name)
          """ : "NULL::VARCHAR AS \(name)")
    }
    let filter: SQL = only.map { "WHERE r.record IN (\($0))" } ?? .empty
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE identity_raw AS
      SELECT r.*, i.source, i.named, \(columns.joined())
      FROM (
        SELECT customer_id AS record, customer_id AS record_id, customer_id, kind
        FROM quartier.customer
        WHERE customer_id NOT IN (SELECT customer_id FROM quartier.profile_record)
        UNION ALL
        SELECT record, record_id, customer_id, kind FROM quartier.profile_record) AS r
      LEFT JOIN quartier.customer_attribute AS a ON a.customer_id = r.record_id
      LEFT JOIN (
        SELECT coalesce(record_id, customer_id) AS record_id, min(source) AS source,
          min(value) FILTER (type = 'email') AS named
        FROM quartier.identifier GROUP BY ALL) AS i ON i.record_id = r.record_id
      \(filter)
      """)
  }

  private func normalise() async throws {
    let described = Normalisation(session: session)
    try await described.create(
      "identity_email", of: "SELECT coalesce(email, named) FROM identity_raw", width: 1
    ) { [try RecordKeys.email($0)] }
    try await described.create(
      "identity_phone", of: "SELECT phone FROM identity_raw", width: 1
    ) { [try RecordKeys.phone($0)] }
    try await described.create(
      "identity_first", of: "SELECT first_name FROM identity_raw", width: 1
    ) { [RecordKeys.name($0)] }
    try await described.create(
      "identity_last", of: "SELECT last_name FROM identity_raw", width: 1
    ) { [RecordKeys.name($0)] }
    try await described.create(
      "identity_name",
      of: "SELECT name FROM identity_raw WHERE first_name IS NULL AND last_name IS NULL", width: 2
    ) { written in
      let parts = RecordKeys.parts(written)
      return [parts.first, parts.last]
    }
    try await described.create(
      "identity_street", of: "SELECT address FROM identity_raw", width: 1
    ) { [RecordKeys.street($0)] }
    try await described.create(
      "identity_company",
      of: """
        SELECT coalesce(company, CASE WHEN kind = 'company' THEN name END) FROM identity_raw
        """, width: 1
    ) { [RecordKeys.company($0)] }
    // Few enough to be told one by one.
    try await described.create(
      "identity_siren", of: "SELECT siren FROM identity_raw", width: 1
    ) { [RecordKeys.siren($0)] }
    try await described.create(
      "identity_siret", of: "SELECT siret FROM identity_raw", width: 1
    ) { [RecordKeys.siret($0)] }
  }

  private func keys() async throws {
    let names = settings.keys.indices.map { "r.\(SQL.quotedKey($0))" as SQL }
    let last = SQLValue.date(today.daysSinceEpoch)
    let extra: SQL = names.isEmpty ? .empty : ", \(names.joined())"
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE identity_record AS
      SELECT r.record, r.record_id, r.customer_id, r.kind, r.source, e.o0 AS email,
        split_part(e.o0, '@', 1) AS email_user, p.o0 AS phone,
        CASE WHEN r.kind = 'person' THEN coalesce(f.o0, n.o0) END AS first,
        CASE WHEN r.kind = 'person' THEN coalesce(l.o0, n.o1) END AS last, false AS last_rare,
        CASE WHEN r.birth_date > \(last)::DATE - INTERVAL 120 YEAR AND r.birth_date <= \(last)
          THEN r.birth_date END AS birth,
        CASE WHEN regexp_matches(r.postal_code, '^[0-9]{4}$') THEN '0' || r.postal_code
          WHEN regexp_matches(r.postal_code, '^[0-9]{5}([.]0)?$') THEN left(r.postal_code, 5)
          ELSE nullif(upper(regexp_replace(r.postal_code, '[^0-9A-Za-z]', '', 'g')), '') END
          AS postal,
        NULL::VARCHAR AS department, s.o0 AS street,
        coalesce(left(t.o0, 9), i.o0) AS siren, t.o0 AS siret, c.o0 AS company\(extra)
      FROM identity_raw AS r
      LEFT JOIN identity_email AS e ON e.written = coalesce(r.email, r.named)
      LEFT JOIN identity_phone AS p ON p.written = r.phone
      LEFT JOIN identity_first AS f ON f.written = r.first_name
      LEFT JOIN identity_last AS l ON l.written = r.last_name
      LEFT JOIN identity_name AS n
        ON n.written = r.name AND r.first_name IS NULL AND r.last_name IS NULL
      LEFT JOIN identity_street AS s ON s.written = r.address
      LEFT JOIN identity_siren AS i ON i.written = r.siren
      LEFT JOIN identity_siret AS t ON t.written = r.siret
      LEFT JOIN identity_company AS c
        ON c.written = coalesce(r.company, CASE WHEN r.kind = 'company' THEN r.name END)
      """)
    try await session.execute("UPDATE identity_record SET department = left(postal, 2)")
    let count = try await session.value("SELECT count(*) FROM identity_record").int ?? 0
    guard count >= 10_000 else { return }
    // A rare name says more than a common one.
    try await session.execute(
      """
      UPDATE identity_record SET last_rare = true WHERE last IN (
        SELECT last FROM identity_record WHERE last IS NOT NULL GROUP BY last
        HAVING count(*) <= \(max(2, count / 5_000)))
      """)
  }

  /// Takes out what too many share: « contact@shop.fr » on a thousand orders is nobody's address.
  private func dropShared() async throws -> [Shared] {
    var result: [Shared] = []
    let count = try await session.value("SELECT count(*) FROM identity_record").int ?? 0
    for field in ["email", "phone", "birth"] {
      let column = SQL.column(field)
      let limit = field == "birth" ? max(20, count / 200) : settings.sharedByRecords
      let names: SQL =
        field == "birth"
        ? .empty
        : """
         OR count(DISTINCT coalesce(last, '') || ' ' || coalesce(first, '')) \
        > \(settings.sharedByNames)
        """
      let least = field == "birth" ? limit : min(limit, settings.sharedByNames)
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE identity_shared AS
        SELECT \(column) AS value, count(*) AS records FROM identity_record
        WHERE \(column) IN (
          SELECT \(column) FROM identity_record WHERE \(column) IS NOT NULL
          GROUP BY \(column) HAVING count(*) > \(least))
        GROUP BY \(column) HAVING count(*) > \(limit)\(names)
        """)
      let row = try await session.row("SELECT count(*), max(records) FROM identity_shared")
      guard let values = row[0].int, values > 0 else { continue }
      result.append(
        Shared(
          field: field == "birth" ? "birth_date" : field, values: values,
          records: row[1].int ?? 0))
      let user: SQL = field == "email" ? ", email_user = NULL" : .empty
      try await session.execute(
        """
        UPDATE identity_record SET \(column) = NULL\(user)
        WHERE \(column) IN (SELECT value FROM identity_shared)
        """)
    }
    try await session.execute("DROP TABLE identity_shared")
    return result
  }
}

extension SQL {
  /// The column of a configured key.
  static func quotedKey(_ index: Int) -> SQL { "\(identifier: "key\(index)")" }

  static func column(_ name: String) -> SQL { "\(identifier: name)" }
}
