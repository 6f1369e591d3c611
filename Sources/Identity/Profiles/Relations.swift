internal import SQLBuilder
internal import Warehouse

/// Who belongs together without being one: households, contacts of companies, establishments.
struct Relations {
  let session: any ColumnarSession

  /// Writes them anew from `identity_record`.
  ///
  /// - Returns: groups by kind.
  func write(_ run: Int) async throws -> [String: Int] {
    try await session.execute("DELETE FROM quartier.identity_relation")
    try await households(run)
    try await contacts(run)
    try await establishments(run)
    let rows = try await session.query(
      """
      SELECT kind, count(DISTINCT group_record) FROM quartier.identity_relation GROUP BY kind
      """
    ).rows
    return Dictionary(
      rows.map { ($0[0].text ?? "", $0[1].int ?? 0) }, uniquingKeysWith: { first, _ in first })
  }

  /// People of one last name at one address; more than twelve are a building, not a household.
  private func households(_ run: Int) async throws {
    try await session.execute(
      """
      INSERT INTO quartier.identity_relation
      SELECT 'household', min(record) OVER home, record, NULL, NULL,
        'address=same last_name=same', \(run)
      FROM (
        SELECT r.record, r.last, r.postal, r.street, coalesce(p.customer_id, r.record) AS profile
        FROM identity_record AS r LEFT JOIN quartier.profile_record AS p ON p.record = r.record
        WHERE r.kind = 'person' AND r.last IS NOT NULL AND r.postal IS NOT NULL
          AND r.street IS NOT NULL)
      WINDOW home AS (PARTITION BY last, postal, street)
      QUALIFY count(DISTINCT profile) OVER home BETWEEN 2 AND 12
      ORDER BY 2, 3
      """)
  }

  /// A person and her company: by the id that its source gives it, by the numbers of the state, else
  /// by its name where only one company has it.
  private func contacts(_ run: Int) async throws {
    let has = Set(
      try await session.query(
        """
        SELECT column_name FROM duckdb_columns()
        WHERE database_name = 'quartier' AND table_name = 'customer_attribute'
          AND column_name IN ('profession', 'decision_power', 'company_id')
        """
      ).rows.compactMap { $0[0].text })
    let role: SQL = has.contains("profession") ? "t.profession" : "NULL::VARCHAR"
    let company: SQL = has.contains("company_id") ? "t.company_id::VARCHAR" : "NULL::VARCHAR"
    let power: SQL = has.contains("decision_power") ? "t.decision_power" : "NULL::VARCHAR"
    try await session.execute(
      """
      INSERT INTO quartier.identity_relation
      SELECT 'contact', company, record, role,
        coalesce(told, CASE
          WHEN regexp_matches(title, \(Self.deciding)) THEN 'decides'
          WHEN regexp_matches(title, \(Self.influencing)) THEN 'influences'
          WHEN title IS NOT NULL THEN 'uses' END), evidence, \(run)
      FROM (
        SELECT p.record, c.record AS company, nullif(trim(\(role)), '') AS role,
          \(power) AS told, lower(strip_accents(nullif(trim(\(role)), ''))) AS title, c.evidence
        FROM (
          SELECT r.record, r.record_id, r.source || ':' || \(company) AS value, 0 AS place
          FROM identity_record AS r
          JOIN quartier.customer_attribute AS t ON t.customer_id = r.record_id
          WHERE r.kind = 'person'
          UNION ALL
          SELECT record, record_id, siret, 1 FROM identity_record WHERE kind = 'person'
          UNION ALL
          SELECT record, record_id, siren, 2 FROM identity_record WHERE kind = 'person'
          UNION ALL
          SELECT record, record_id, company, 3 FROM identity_record WHERE kind = 'person') AS p
        JOIN (
          SELECT r.record, i.source || ':' || i.value AS value, 0 AS place,
            'company_id=same' AS evidence
          FROM identity_record AS r JOIN quartier.identifier AS i
            ON coalesce(i.record_id, i.customer_id) = r.record_id
          WHERE r.kind = 'company'
          UNION ALL
          SELECT record, siret, 1, 'siret=same' FROM identity_record WHERE kind = 'company'
          UNION ALL
          SELECT min(record), siren, 2, 'siren=same' FROM identity_record
          WHERE kind = 'company' AND siren IS NOT NULL GROUP BY siren
          UNION ALL
          SELECT min(record), company, 3, 'company=same' FROM identity_record
          WHERE kind = 'company' AND company IS NOT NULL GROUP BY company
          HAVING count(DISTINCT coalesce(siren, record::VARCHAR)) = 1) AS c
          ON c.place = p.place AND c.value = p.value
        LEFT JOIN quartier.customer_attribute AS t ON t.customer_id = p.record_id
        QUALIFY row_number() OVER (PARTITION BY p.record ORDER BY c.place, c.record) = 1)
      ORDER BY company, record
      """)
  }

  /// Whole words of job titles, without case and accents.
  private static let deciding = """
    \\b(pdg|ceo|cto|cfo|coo|dg|daf|dsi|drh|gerant|gerante|president|presidente|directeur|directrice\
    |director|owner|fondateur|fondatrice|founder|associe|associee|chief|dirigeant|dirigeante)\\b
    """
  private static let influencing = """
    \\b(responsable|manager|chef|cheffe|head|lead|adjoint|adjointe|superviseur|coordinateur\
    |coordinatrice|acheteur|acheteuse|buyer)\\b
    """

  /// Establishments of one company, by the first nine digits of their numbers.
  private func establishments(_ run: Int) async throws {
    try await session.execute(
      """
      INSERT INTO quartier.identity_relation
      SELECT 'establishment', first_value(record) OVER one, record, NULL, NULL, 'siren=same', \(run)
      FROM (
        SELECT r.record, r.siren, r.siret, coalesce(p.customer_id, r.record) AS profile
        FROM identity_record AS r LEFT JOIN quartier.profile_record AS p ON p.record = r.record
        WHERE r.kind = 'company' AND r.siren IS NOT NULL)
      WINDOW one AS (PARTITION BY siren ORDER BY siret NULLS FIRST, record)
      QUALIFY count(DISTINCT profile) OVER (PARTITION BY siren) > 1
      ORDER BY 2, 3
      """)
  }
}
