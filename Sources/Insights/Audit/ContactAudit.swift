internal import SQLBuilder
internal import Warehouse

/// Customers who look like one, and sources that do not know of each other, by simple keys: the
/// e-mail in lower case, the last nine digits of a telephone number, name and birth date without
/// case and accents, and the SIRET. Unifying profiles looks more closely.
struct ContactAudit {
  let session: any QuerySession

  /// An e-mail or a number that more customers have than this is nobody's own: a switchboard, a
  /// till, «test@test.com».
  static let sharedByAtMost = 20

  func duplicates() async throws -> [AuditReport.DuplicateFact] {
    try await createKeys()
    let rows = try await session.query(
      """
      SELECT kind, sum(n)::BIGINT, count(*) FILTER (n > 1),
        coalesce(sum(n) FILTER (n > 1), 0)::BIGINT, coalesce(sum(n - 1), 0)::BIGINT
      FROM (
        SELECT kind, value, count(DISTINCT customer_id) AS n FROM audit_key GROUP BY kind, value)
      GROUP BY kind ORDER BY kind
      """
    ).rows
    return rows.map { row in
      AuditReport.DuplicateFact(
        key: row[0].text ?? "", withKey: row[1].int ?? 0, groups: row[2].int ?? 0,
        customers: row[3].int ?? 0, surplus: row[4].int ?? 0)
    }
  }

  /// `audit_key`: kind, value and customer.
  private func createKeys() async throws {
    let present = try await session.attributeColumns()
    func column(_ id: String) -> SQL {
      present.contains(id) ? "a.\(identifier: id)::VARCHAR" : "NULL::VARCHAR"
    }
    func folded(_ text: SQL) -> SQL {
      "regexp_replace(lower(strip_accents(\(text))), '[^a-z]+', '', 'g')"
    }
    func digits(_ text: SQL) -> SQL { "regexp_replace(\(text), '[^0-9]+', '', 'g')" }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE audit_key AS
      WITH known AS (
        SELECT c.customer_id, lower(trim(\(column("email")))) AS email,
          right(\(digits(column("phone"))), 9) AS phone,
          \(folded(column("first_name"))) || '/' || \(folded(column("last_name"))) || '/'
            || \(column("birth_date")) AS person,
          \(digits(column("siret"))) AS siret
        FROM quartier.profiled_customer AS c
          LEFT JOIN quartier.customer_attribute AS a USING (customer_id)
      )
      SELECT 'email' AS kind, email AS value, customer_id FROM known WHERE contains(email, '@')
      UNION ALL SELECT 'phone', phone, customer_id FROM known WHERE length(phone) = 9
      UNION ALL SELECT 'name_birth_date', person, customer_id FROM known
        WHERE person IS NOT NULL AND NOT starts_with(person, '/') AND NOT contains(person, '//')
      UNION ALL SELECT 'siret', siret, customer_id FROM known WHERE length(siret) = 14
      """)
  }

  /// Needs the keys that `duplicates` made; drops them.
  func silos() async throws -> AuditReport.Silos {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE audit_source AS
      SELECT DISTINCT i.source, i.customer_id FROM quartier.identifier AS i
      JOIN quartier.profiled_customer USING (customer_id)
      """)
    let sources = try await session.query(
      """
      SELECT source, count(*), count(*) FILTER (n = 1) FROM (
        SELECT source, customer_id, count(*) OVER (PARTITION BY customer_id) AS n
        FROM audit_source)
      GROUP BY source ORDER BY count(*) DESC, source
      """
    ).rows.map { row in
      AuditReport.Silos.Source(
        source: row[0].text ?? "", customers: row[1].int ?? 0, alone: row[2].int ?? 0)
    }
    let pairs = try await session.query(
      """
      WITH own_key AS (
        SELECT k.* FROM audit_key AS k JOIN (
          SELECT kind, value FROM audit_key WHERE kind IN ('email', 'phone', 'siret')
          GROUP BY kind, value HAVING count(DISTINCT customer_id) <= \(Self.sharedByAtMost)
        ) USING (kind, value)
      ), joined AS (
        SELECT a.source AS first, b.source AS second, count(*) AS n
        FROM audit_source AS a JOIN audit_source AS b USING (customer_id)
        WHERE a.source < b.source GROUP BY ALL
      ), joinable AS (
        SELECT sa.source AS first, sb.source AS second,
          count(DISTINCT (a.customer_id, b.customer_id)) AS n
        FROM own_key AS a JOIN own_key AS b USING (kind, value)
          JOIN audit_source AS sa ON sa.customer_id = a.customer_id
          JOIN audit_source AS sb ON sb.customer_id = b.customer_id
        WHERE a.customer_id <> b.customer_id AND sa.source < sb.source GROUP BY ALL
      ), pair AS (
        SELECT a.source AS first, b.source AS second
        FROM (SELECT DISTINCT source FROM audit_source) AS a,
          (SELECT DISTINCT source FROM audit_source) AS b
        WHERE a.source < b.source
      )
      SELECT first, second, coalesce(joined.n, 0), coalesce(joinable.n, 0)
      FROM pair LEFT JOIN joined USING (first, second) LEFT JOIN joinable USING (first, second)
      ORDER BY first, second
      """
    ).rows.map { row in
      AuditReport.Silos.Pair(
        first: row[0].text ?? "", second: row[1].text ?? "", joined: row[2].int ?? 0,
        joinable: row[3].int ?? 0)
    }
    try await session.execute("DROP TABLE audit_source")
    try await session.execute("DROP TABLE audit_key")
    return AuditReport.Silos(sources: sources, pairs: pairs)
  }
}
