internal import ReferenceData
package import SQLBuilder
package import Warehouse

/// Whose data have been kept long enough, by the periods that the CNIL recommends.
///
/// A prospect's period begins with the last contact that came from her: a visit, a click, a request,
/// an answer, a consent. That a message was sent or opened does not count. A customer's begins with
/// the end of the relation: the last order, the end of the last subscription, or a later contact of
/// hers. Companies have none; whoever restricts the use of her data keeps them meanwhile.
package struct Retention: Sendable {
  private let session: any QuerySession
  /// Microseconds since the epoch.
  private let now: Int64

  package init(_ session: any QuerySession, now: Int64) {
    self.session = session
    self.now = now
  }

  package enum Rule: String, Sendable, Hashable, CaseIterable, Codable { case prospect, customer }

  /// People of one rule whose period is over.
  package struct Due: Sendable, Hashable, Encodable {
    package let rule: Rule
    /// The rule in the table of compliance rules.
    package let reference: String
    package let months: Int
    package let people: Int
    /// When the longest-waiting period ended, ISO 8601; nil for nobody.
    package let since: String?
    /// Some of their public ids.
    package let examples: [String]
  }

  /// What is to go: people, and order rows older than accounts have to be kept.
  package struct Plan: Sendable, Hashable, Encodable {
    package let due: [Due]
    package let orderMonths: Int
    package let orders: Int
    package let orderLines: Int
  }

  /// A query of the people whose period is over: `customer_id`, `subject`, `rule`, `ended_at`.
  private func people() throws -> SQL {
    let instant: SQL = "timezone('UTC', \(SQLValue.instant(now)))"
    let prospect = try RetentionPeriod.prospect.months()
    let customer = try RetentionPeriod.customer.months()
    return """
      WITH bought AS (
        SELECT customer_id, max(happened_at) AS at_last FROM quartier.orders
        WHERE happened_at <= \(SQLValue.instant(now)) GROUP BY customer_id
      ), subscribed AS (
        SELECT customer_id, max(greatest(happened_at, coalesce(ended_at, happened_at))) AS at_last,
          bool_or(ended_at IS NULL OR ended_at > \(SQLValue.instant(now))) AS is_running
        FROM quartier.subscriptions GROUP BY customer_id
      ), contact AS (
        SELECT customer_id, max(happened_at) AS at_last FROM (
          SELECT customer_id, happened_at FROM quartier.events
          WHERE NOT regexp_matches(lower(strip_accents(name)), 'open|ouvert|sent|envoi|deliver|bounce')
          UNION ALL SELECT customer_id, happened_at FROM quartier.campaign_contacts
          WHERE action IN ('clicked', 'redeemed')
          UNION ALL SELECT customer_id, happened_at FROM quartier.tickets
          UNION ALL SELECT customer_id, happened_at FROM quartier.survey_answers
          UNION ALL SELECT customer_id, happened_at FROM quartier.reviews
          UNION ALL SELECT customer_id, happened_at FROM quartier.referrals
          UNION ALL SELECT customer_id, happened_at FROM quartier.consents WHERE granted)
        WHERE happened_at <= \(SQLValue.instant(now)) GROUP BY customer_id
      ), told AS (
        SELECT c.customer_id, c.public_id AS subject, coalesce(s.is_running, false) AS is_running,
          CASE WHEN b.customer_id IS NULL AND s.customer_id IS NULL THEN 'prospect'
            ELSE 'customer' END AS rule,
          timezone('UTC', greatest(
            c.first_seen, b.at_last, s.at_last, k.at_last)) AS at_last
        FROM quartier.customer AS c
        LEFT JOIN bought AS b ON b.customer_id = c.customer_id
        LEFT JOIN subscribed AS s ON s.customer_id = c.customer_id
        LEFT JOIN contact AS k ON k.customer_id = c.customer_id
        WHERE c.kind = 'person' AND NOT EXISTS (
          SELECT 1 FROM quartier.profile_decision AS d WHERE d.customer_id = c.customer_id
            AND d.kind = 'restriction' AND d.ended_at IS NULL)
      ), ended AS (
        SELECT *, at_last + to_months(CAST(
          CASE rule WHEN 'prospect' THEN \(prospect) ELSE \(customer) END AS INTEGER)) AS ended_at
        FROM told WHERE NOT is_running
      )
      SELECT customer_id, subject, rule, ended_at FROM ended WHERE ended_at <= \(instant)
      """
  }

  /// What is to go now.
  package func plan() async throws -> Plan {
    let rows = try await session.query(
      """
      SELECT rule, count(*), strftime(min(ended_at), '%Y-%m-%dT%H:%M:%SZ'),
        list(subject::VARCHAR ORDER BY ended_at, customer_id)[:5]
      FROM (\(try people())) GROUP BY rule
      """
    ).rows
    let due = try Rule.allCases.map { rule -> Due in
      let row = rows.first { $0[0].text == rule.rawValue }
      let period: RetentionPeriod = rule == .prospect ? .prospect : .customer
      return Due(
        rule: rule, reference: period.rawValue, months: try period.months(),
        people: row?[1].int ?? 0, since: row?[2].text,
        examples: row?[3].list?.compactMap(\.text) ?? [])
    }
    let old = try old()
    return Plan(
      due: due, orderMonths: try RetentionPeriod.accounting.months(),
      orders: try await count("orders", old), orderLines: try await count("order_lines", old))
  }

  /// The internal ids of everybody whose period is over.
  package func customers() throws -> SQL { "SELECT customer_id FROM (\(try people()))" }

  /// Deletes order rows older than accounts have to be kept.
  package func dropOldOrders() async throws {
    let old = try old()
    try await session.transaction {
      try await session.execute(
        """
        INSERT INTO quartier.touched_customer (customer_id)
        SELECT DISTINCT customer_id FROM quartier.orders
        WHERE customer_id IS NOT NULL AND \(old)
        """)
      for table in ["orders", "order_lines"] {
        try await session.execute("DELETE FROM quartier.\(identifier: table) WHERE \(old)")
      }
    }
  }

  private func old() throws -> SQL {
    """
    timezone('UTC', happened_at) + to_months(\(number: try RetentionPeriod.accounting.months()))
      <= timezone('UTC', \(SQLValue.instant(now)))
    """
  }

  private func count(_ table: String, _ filter: SQL) async throws -> Int {
    try await session.value(
      "SELECT count(*) FROM quartier.\(identifier: table) WHERE \(filter)"
    ).int ?? 0
  }
}
