internal import Foundation
internal import ReferenceData
package import SQLBuilder
package import Warehouse

/// What an audience is wanted for.
package enum Use: Sendable, Hashable {
  /// Promotional messages by a channel.
  case marketing(Channel)
  /// Counting and describing, without contact.
  case analysis
}

/// People to whom something is to happen, before anybody asked whether it may: what a queue holds.
package struct AudienceRequest: Sendable, Hashable {
  package let use: Use
  /// A query with one column, the internal ids.
  package let candidates: SQL

  package init(_ use: Use, candidates: SQL) {
    self.use = use
    self.candidates = candidates
  }
}

/// People to whom something may happen now.
///
/// Only `Permissions` makes one, from what is known at that moment, and it can be used once: whoever
/// sends later has to ask again, so that an objection in between holds.
package struct PermittedAudience: ~Copyable, Sendable {
  package let use: Use
  /// Microseconds since the epoch.
  package let madeAt: Int64
  /// Who may be reached, and why the others may not.
  package let permitted: Int
  package let refused: [Refusal: Int]
  /// The temporary table `customer_id`, `basis`, `rule`.
  private let table: String
  private let session: any QuerySession

  fileprivate init(
    use: Use, madeAt: Int64, permitted: Int, refused: [Refusal: Int], table: String,
    session: any QuerySession
  ) {
    self.use = use
    self.madeAt = madeAt
    self.permitted = permitted
    self.refused = refused
    self.table = table
    self.session = session
  }

  /// Hands the people over, once.
  ///
  /// - Parameter body: gets a relation with the columns `customer_id`, `basis` and `rule`, valid
  ///   until it returns.
  package consuming func use<Value: Sendable>(
    _ body: (SQL) async throws -> Value
  ) async throws -> Value {
    let (session, table) = (session, table)
    do {
      let value = try await body("temp.\(identifier: table)")
      try await session.execute("DROP TABLE IF EXISTS temp.\(identifier: table)")
      return value
    } catch {
      _ = try? await session.execute("DROP TABLE IF EXISTS temp.\(identifier: table)")
      throw error
    }
  }
}

/// Why somebody may not be reached.
package enum Refusal: String, Sendable, Hashable, CaseIterable, Codable {
  /// The use of her data is restricted (Art. 18 GDPR).
  case restricted
  /// She objects to marketing (Art. 21) or to profiling.
  case objected
  /// She refused this channel.
  case refused
  /// Her consent has run out.
  case expired
  /// She was too young to consent alone.
  case minor
  /// She never consented, and no other basis applies.
  case noConsent = "no_consent"
}

/// Tells who may be reached, by the rules that hold in France.
package struct Permissions: Sendable {
  private let session: any QuerySession
  private let settings: Settings

  /// What the controller decides.
  package struct Settings: Sendable, Hashable {
    /// Whether customers may be sent messages about products like those they bought, without having
    /// asked for it (Art. L. 34-5 CPCE, 4th paragraph): only where they could refuse when their
    /// address was collected, and can in every message.
    package var allowsCustomersWithoutConsent: Bool

    package init(allowsCustomersWithoutConsent: Bool) {
      self.allowsCustomersWithoutConsent = allowsCustomersWithoutConsent
    }
  }

  package init(_ session: any QuerySession, settings: Settings) {
    self.session = session
    self.settings = settings
  }

  /// 11 August 2026, 0 h in Paris: from then on consumers may be called only if they agreed (loi
  /// n° 2025-594, Art. 13).
  static let telephoneConsentSince: Int64 = 1_786_399_200_000_000

  /// Age from which somebody consents alone in France (loi 78-17, Art. 45).
  static let consentAge = 15

  /// Asks for everybody of a request whether it may happen now.
  ///
  /// - Parameter now: microseconds since the epoch.
  package func audience(
    _ request: AudienceRequest, now: Int64
  ) async throws -> PermittedAudience {
    try await ConsentLedger(session).absorb(now: now)
    let verdicts = "audience_verdict"
    let table = "permitted_audience"
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: verdicts) AS
      \(try await verdict(request, now))
      """)
    let rows = try await session.query(
      """
      SELECT refusal, count(*) FROM temp.\(identifier: verdicts) WHERE refusal IS NOT NULL
      GROUP BY refusal
      """
    ).rows
    var refused: [Refusal: Int] = [:]
    for row in rows {
      if let refusal = row[0].text.flatMap(Refusal.init) { refused[refusal] = row[1].int ?? 0 }
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: table) AS
      SELECT customer_id, basis, rule FROM temp.\(identifier: verdicts) WHERE refusal IS NULL
      """)
    try await session.execute("DROP TABLE temp.\(identifier: verdicts)")
    let permitted = try await session.value("SELECT count(*) FROM temp.\(identifier: table)").int
    return PermittedAudience(
      use: request.use, madeAt: now, permitted: permitted ?? 0, refused: refused, table: table,
      session: session)
  }

  /// A row per candidate: `refusal`, or `basis` and the number of the rule.
  private func verdict(_ request: AudienceRequest, _ now: Int64) async throws -> SQL {
    let candidates: SQL = """
      SELECT c.customer_id, c.public_id, c.kind,
        EXISTS (SELECT 1 FROM quartier.profile_decision AS d WHERE d.customer_id = c.customer_id
          AND d.ended_at IS NULL AND d.kind = 'restriction') AS is_restricted,
        EXISTS (SELECT 1 FROM quartier.profile_decision AS d WHERE d.customer_id = c.customer_id
          AND d.ended_at IS NULL AND d.kind = 'marketing') AS objects_marketing,
        EXISTS (SELECT 1 FROM quartier.profile_decision AS d WHERE d.customer_id = c.customer_id
          AND d.ended_at IS NULL AND d.kind = 'profiling') AS objects_profiling
      FROM quartier.customer AS c
      WHERE c.customer_id IN (SELECT customer_id FROM (\(request.candidates)) AS k(customer_id))
      """
    guard case .marketing(let channel) = request.use else {
      return """
        SELECT customer_id, CASE WHEN is_restricted THEN 'restricted'
            WHEN objects_profiling THEN 'objected' END AS refusal,
          'legitimate_interest' AS basis, 'GOUV-13' AS rule
        FROM (\(candidates))
        """
    }
    let rule = try ChannelRule.of(channel, now: now)
    let instant = SQLValue.instant(now)
    let consentEnds: SQL =
      rule.consentMonths.map {
        """
        least(coalesce(expires_at, TIMESTAMPTZ 'infinity'), \
        CAST(timezone('UTC', given_at) + to_months(\(number: $0)) AS TIMESTAMP) AT TIME ZONE 'UTC')
        """
      } ?? "coalesce(expires_at, TIMESTAMPTZ 'infinity')"
    let birth = try await hasBirthDates() ? "a.birth_date" : "NULL::DATE" as SQL
    let isCustomer: SQL =
      settings.allowsCustomersWithoutConsent && rule.allowsCustomers
      ? """
      EXISTS (SELECT 1 FROM quartier.orders AS o WHERE o.customer_id = c.customer_id
        AND o.kind = 'purchase' AND o.happened_at <= \(instant)
        AND timezone('UTC', o.happened_at) + to_months(\(number: try RetentionPeriod.customer.months()))
          > timezone('UTC', \(instant)))
      """ : "false"
    return """
      WITH candidate AS (\(candidates)), said AS (
        SELECT c.customer_id, l.granted, l.given_at, \(consentEnds) AS ends_at
        FROM quartier.consent_ledger AS l JOIN quartier.profile_subject AS p USING (subject)
        JOIN candidate AS c ON c.customer_id = p.customer_id
        WHERE l.purpose = 'direct_marketing' AND l.given_at <= \(instant)
          AND (l.channel = \(channel.rawValue) OR (l.channel IS NULL AND NOT l.granted))
        QUALIFY row_number() OVER (PARTITION BY c.customer_id \(ConsentLedger.latestFirst)) = 1
      )
      SELECT c.customer_id,
        CASE WHEN c.is_restricted THEN 'restricted'
          WHEN c.objects_marketing THEN 'objected'
          WHEN s.granted = false THEN 'refused'
          WHEN \(rule.isOptOut(for: "c.kind")) THEN NULL
          WHEN \(isCustomer) THEN NULL
          WHEN s.granted IS NULL THEN 'no_consent'
          WHEN s.ends_at <= \(instant) THEN 'expired'
          WHEN \(birth) + to_years(\(number: Self.consentAge)) > CAST(timezone('UTC', s.given_at) AS DATE)
            THEN 'minor' END AS refusal,
        CASE WHEN s.granted AND s.ends_at > \(instant) THEN 'consent' ELSE 'legitimate_interest' END
          AS basis,
        CASE WHEN s.granted AND s.ends_at > \(instant) THEN \(rule.consentRule)
          WHEN \(rule.isOptOut(for: "c.kind")) THEN \(rule.optOutRule) ELSE 'CANAL-02' END AS rule
      FROM candidate AS c LEFT JOIN said AS s USING (customer_id)
      LEFT JOIN quartier.customer_attribute AS a ON a.customer_id = c.customer_id
      """
  }

  private func hasBirthDates() async throws -> Bool {
    try await session.value(
      """
      SELECT count(*) > 0 FROM duckdb_columns() WHERE database_name = 'quartier'
        AND table_name = 'customer_attribute' AND column_name = 'birth_date' AND data_type = 'DATE'
      """
    ).bool ?? false
  }
}

/// What the law asks of a channel; the rules' numbers are those of the table of compliance rules.
struct ChannelRule: Sendable, Hashable {
  /// Whether consumers have to agree beforehand.
  let needsConsent: Bool
  /// Months after which a consent has run out by law; nil for none.
  let consentMonths: Int?
  /// Whether customers may be an exception.
  let allowsCustomers: Bool
  let consentRule: String
  let optOutRule: String

  static func of(_ channel: Channel, now: Int64) throws -> ChannelRule {
    switch channel {
    case .email, .sms, .push:
      return ChannelRule(
        needsConsent: true, consentMonths: nil, allowsCustomers: channel != .push,
        consentRule: "CANAL-01", optOutRule: "CANAL-03")
    case .phone where now >= Permissions.telephoneConsentSince:
      return ChannelRule(
        needsConsent: true, consentMonths: try RetentionPeriod.telephoneConsent.months(),
        allowsCustomers: false, consentRule: "CANAL-07", optOutRule: "CANAL-03")
    case .phone:
      return ChannelRule(
        needsConsent: false, consentMonths: nil, allowsCustomers: false, consentRule: "CANAL-06",
        optOutRule: "CANAL-06")
    case .post:
      return ChannelRule(
        needsConsent: false, consentMonths: nil, allowsCustomers: false, consentRule: "CANAL-05",
        optOutRule: "CANAL-05")
    }
  }

  /// Whether no consent is needed: companies may be written to about their trade until they refuse.
  func isOptOut(for kind: SQL) -> SQL { needsConsent ? "\(kind) = 'company'" : "true" }
}

extension SQL.Interpolation {
  /// Writes a whole number into the text: for places where an engine takes no binding.
  mutating func appendInterpolation(number value: Int) {
    appendInterpolation(SQL.resource(String(value)))
  }
}
