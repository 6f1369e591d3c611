internal import SQLBuilder
internal import Warehouse

/// Pairs of records of companies: by the numbers that the state gives, then by name and place.
struct CompanyRules {
  let session: any ColumnarSession

  /// A rule, and when it joins a pair `a`, `b` whose `key` is equal.
  private struct Rule {
    let name: String
    let key: SQL
    let condition: SQL
    let accepts: Bool
    let evidence: String
  }

  private static let namesAgree: SQL =
    "(a.company IS NULL OR b.company IS NULL OR jaro_winkler_similarity(a.company, b.company) >= 0.85)"
  private static let numbersAgree: SQL = """
    (a.siren IS NULL OR b.siren IS NULL OR a.siren = b.siren)
      AND (a.siret IS NULL OR b.siret IS NULL OR a.siret = b.siret)
    """

  private static let rules: [Rule] = [
    Rule(name: "siret", key: "siret", condition: namesAgree, accepts: true, evidence: "siret=same"),
    Rule(
      name: "contradiction", key: "siret", condition: "NOT \(namesAgree)", accepts: false,
      evidence: "siret=same company=different"),
    // Two establishments of a company have numbers of their own.
    Rule(
      name: "siren", key: "siren",
      condition: "(a.siret IS NULL OR b.siret IS NULL) AND \(namesAgree)", accepts: true,
      evidence: "siren=same"),
    Rule(
      name: "company", key: "company || '|' || coalesce(email, phone)", condition: numbersAgree,
      accepts: true, evidence: "company=same contact=same"),
    Rule(
      name: "score", key: "company || '|' || postal", condition: numbersAgree, accepts: false,
      evidence: "company=same postal_code=same"),
  ]

  /// Adds the pairs of companies to `identity_decided`, each by the first rule that knows it.
  func addPairs() async throws {
    let companies =
      try await session.value("SELECT count(*) FROM identity_record WHERE kind = 'company'").int
      ?? 0
    guard companies > 1 else { return }
    for rule in Self.rules {
      try await session.execute(
        """
        INSERT INTO identity_decided
        SELECT a.record, b.record, \(SQLValue.bool(rule.accepts)), \(rule.name), NULL, NULL,
          \(rule.evidence)
        FROM (
          SELECT *, \(rule.key) AS value, count(*) OVER (PARTITION BY \(rule.key)) AS records
          FROM identity_record WHERE kind = 'company') AS a
        JOIN (SELECT *, \(rule.key) AS value FROM identity_record WHERE kind = 'company') AS b
          ON b.value = a.value
        WHERE a.record < b.record AND a.records <= 200 AND \(rule.condition)
          AND NOT EXISTS (SELECT 1 FROM identity_decided AS d
            WHERE d.a = a.record AND d.b = b.record)
        """)
    }
  }
}
