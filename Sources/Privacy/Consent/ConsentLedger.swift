internal import Foundation
internal import SQLBuilder
package import Warehouse

/// What people may be contacted for and by which channel.
package enum Purpose: String, Sendable, Hashable, CaseIterable, Codable {
  /// Messages that promote: what French law calls prospection.
  case directMarketing = "direct_marketing"
  /// Predicting what people want and are worth.
  case profiling
  /// Handing data on to others for their marketing.
  case partners
  /// Cookies and other trackers.
  case tracking
}

/// Ways to reach somebody that the law tells apart.
package enum Channel: String, Sendable, Hashable, CaseIterable, Codable {
  case email, sms, push, phone, post
}

/// Consents and refusals: an append-only ledger fed by the imported `consents`.
package struct ConsentLedger: Sendable {
  private let session: any QuerySession

  package init(_ session: any QuerySession) { self.session = session }

  /// Adds what imports have brought since the last time.
  ///
  /// A refusal of profiling counts as an objection to it from now on, a later consent ends it.
  ///
  /// - Returns: how many entries were added.
  @discardableResult
  package func absorb(now: Int64) async throws -> Int {
    try await session.transaction {
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE new_consent AS
        SELECT nextval('quartier.consent_ids') AS entry_id, r.*, uuid()::VARCHAR AS salt FROM (
          SELECT c.public_id AS subject, r.* FROM quartier.consents AS r
          JOIN quartier.customer AS c USING (customer_id)
          WHERE r.row_id > (SELECT max(row_id) FROM quartier.consent_absorbed)
          ORDER BY r.row_id) AS r
        """)
      let count = try await session.value("SELECT count(*) FROM new_consent").int ?? 0
      if count > 0 { try await add(now) }
      try await session.execute("DROP TABLE temp.new_consent")
      return count
    }
  }

  private func add(_ now: Int64) async throws {
    try await session.execute(
      """
      INSERT INTO quartier.consent_ledger
      SELECT entry_id, \(SQLValue.instant(now)), subject, \(Self.purpose("purpose")),
        \(Self.channel("channel")), granted, legal_basis, happened_at, expires_at, source,
        CASE WHEN proof IS NOT NULL THEN sha256(concat(salt, chr(31), proof)) END
      FROM new_consent ORDER BY entry_id
      """)
    try await session.execute(
      """
      INSERT INTO quartier.consent_proof
      SELECT entry_id, customer_id, salt, proof FROM new_consent WHERE proof IS NOT NULL
      """)
    try await session.execute(
      """
      UPDATE quartier.consent_absorbed SET row_id = (SELECT max(row_id) FROM new_consent)
      """)
    try await settleProfiling(now)
  }

  /// Objections to profiling that consents say.
  private func settleProfiling(_ now: Int64) async throws {
    let latest: SQL = """
      SELECT n.customer_id, l.granted, l.given_at FROM quartier.consent_ledger AS l
      JOIN quartier.profile_subject AS p USING (subject)
      JOIN (SELECT DISTINCT customer_id FROM new_consent
        WHERE \(Self.purpose("purpose")) = 'profiling') AS n ON n.customer_id = p.customer_id
      WHERE l.purpose = 'profiling' AND l.given_at <= \(SQLValue.instant(now))
      QUALIFY row_number() OVER (PARTITION BY n.customer_id \(Self.latestFirst)) = 1
      """
    try await session.execute(
      """
      UPDATE quartier.privacy_decision SET ended_at = \(SQLValue.instant(now))
      FROM (\(latest)) AS n
      WHERE privacy_decision.customer_id IN (
          SELECT number FROM quartier.profile_number AS p WHERE p.customer_id = n.customer_id)
        AND n.granted
        AND privacy_decision.kind = 'profiling' AND privacy_decision.ended_at IS NULL
        AND privacy_decision.decided_at < n.given_at
      """)
    try await session.execute(
      """
      INSERT INTO quartier.privacy_decision
      SELECT customer_id, 'profiling', given_at, NULL FROM (\(latest)) AS n
      WHERE NOT granted AND NOT EXISTS (
        SELECT 1 FROM quartier.profile_decision AS d
        WHERE d.customer_id = n.customer_id AND d.kind = 'profiling' AND d.ended_at IS NULL)
      """)
    try await session.execute(
      """
      INSERT INTO quartier.touched_customer (customer_id)
      SELECT DISTINCT customer_id FROM new_consent
      WHERE \(Self.purpose("purpose")) = 'profiling'
      """)
  }

  /// The newest statement first; of contradictory ones in one second, the refusal.
  static let latestFirst: SQL =
    "ORDER BY date_trunc('second', l.given_at) DESC, l.granted, l.entry_id DESC"

  /// Records one statement that a person made.
  ///
  /// - Parameters:
  ///   - channel: nil for all of them: only a refusal can say that.
  ///   - proof: what shows it, such as the text agreed to and its version.
  package func record(
    _ person: Person, _ purpose: Purpose, _ channel: Channel?, isGranted: Bool, givenAt: Int64,
    expiresAt: Int64?, source: String, proof: String?, now: Int64
  ) async throws {
    let channel = channel.map { SQLValue.text($0.rawValue) } ?? .null
    let expires = expiresAt.map { SQLValue.instant($0) } ?? .null
    let basis = isGranted ? "consent" : "refusal"
    try await session.transaction {
      let entry = try await session.value("SELECT nextval('quartier.consent_ids')").int ?? 0
      var commitment = SQLValue.null
      if let proof {
        let salt = UUID().uuidString.lowercased()
        try await session.execute(
          """
          INSERT INTO quartier.consent_proof
          VALUES (\(entry), \(SQLValue.int(person.customer)), \(salt), \(proof))
          """)
        commitment = try await session.value("SELECT sha256(concat(\(salt), chr(31), \(proof)))")
      }
      try await session.execute(
        """
        INSERT INTO quartier.consent_ledger VALUES (\(entry), \(SQLValue.instant(now)),
          CAST(\(person.subject) AS UUID), \(purpose.rawValue), \(channel),
          \(SQLValue.bool(isGranted)), \(basis), \(SQLValue.instant(givenAt)), \(expires),
          \(source), \(commitment))
        """)
    }
  }

  /// An entry of the ledger.
  package struct Entry: Sendable, Hashable, Encodable {
    package let purpose: String
    package let channel: String?
    package let granted: Bool
    package let legalBasis: String?
    package let givenAt: String
    package let expiresAt: String?
    package let recordedAt: String
    package let source: String
    package let proof: String?
    /// Whether the proof kept is the one that was recorded; nil without one.
    package let proofIsIntact: Bool?
  }

  /// Everything that a person has said, the newest first.
  package func entries(of person: Person) async throws -> [Entry] {
    try await session.query(
      """
      SELECT purpose, channel, granted, legal_basis, given_at, expires_at, recorded_at, source,
        p.proof, CASE WHEN proof_commitment IS NOT NULL
          THEN coalesce(sha256(concat(p.salt, chr(31), p.proof)) = proof_commitment, false) END
      FROM quartier.consent_ledger AS l LEFT JOIN quartier.consent_proof AS p USING (entry_id)
      WHERE subject IN (
        SELECT subject FROM quartier.profile_subject
        WHERE customer_id = \(SQLValue.int(person.customer)))
      ORDER BY l.given_at DESC, entry_id DESC
      """
    ).rows.map { row in
      Entry(
        purpose: row[0].text ?? "", channel: row[1].text, granted: row[2].bool ?? false,
        legalBasis: row[3].text, givenAt: InstantText.iso(row[4].microseconds ?? 0),
        expiresAt: row[5].microseconds.map(InstantText.iso),
        recordedAt: InstantText.iso(row[6].microseconds ?? 0), source: row[7].text ?? "",
        proof: row[8].text, proofIsIntact: row[9].bool)
    }
  }

  // MARK: Words

  /// A purpose as sources write it in Quartier's words; others as they are, folded.
  static func purpose(_ text: SQL) -> SQL {
    let folded = Self.folded(text)
    return """
      CASE WHEN regexp_matches(\(folded), 'parten|partner|tiers|third part') THEN 'partners'
        WHEN regexp_matches(\(folded), 'profil|personnalis|personaliz|personalis') THEN 'profiling'
        WHEN regexp_matches(\(folded), 'cookie|traceur|track|mesure|analytics') THEN 'tracking'
        WHEN regexp_matches(\(folded), 'market|prospect|newsletter|publicit|promo|offre|offer|commercial|communication|demarchage')
        THEN 'direct_marketing' ELSE \(folded) END
      """
  }

  /// A channel in Quartier's words; null for none.
  static func channel(_ text: SQL) -> SQL {
    let folded = Self.folded(text)
    return """
      CASE WHEN \(folded) = '' THEN NULL
        WHEN regexp_matches(\(folded), 'sms|mms|texto|text message') THEN 'sms'
        WHEN regexp_matches(\(folded), 'push|notif') THEN 'push'
        WHEN regexp_matches(\(folded), 'phone|appel|call|^tel') THEN 'phone'
        WHEN regexp_matches(\(folded), 'post|papier|courrier') THEN 'post'
        WHEN regexp_matches(\(folded), 'mail|courriel|newsletter|mel') THEN 'email'
        WHEN \(folded) IN ('all', 'tous', 'toutes', 'any') THEN NULL ELSE \(folded) END
      """
  }

  private static func folded(_ text: SQL) -> SQL {
    "trim(regexp_replace(lower(strip_accents(\(text))), '[^a-z0-9]+', ' ', 'g'))"
  }
}
