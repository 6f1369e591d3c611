internal import SQLBuilder
package import Warehouse

/// What is known of profiles, their records and what joined them.
package struct ProfileReading: Sendable {
  private let session: any QuerySession

  package init(_ session: any QuerySession) { self.session = session }

  /// A record of a profile.
  package struct Record: Sendable, Hashable {
    package let number: Int
    package let publicID: String
    /// `source:type:value`, in order.
    package let identifiers: [String]
  }

  /// Why two records are one.
  package struct Link: Sendable, Hashable {
    package let run: Int
    package let first: Int
    package let second: Int
    package let rule: String
    package let weight: Double?
    package let probability: Double?
    package let evidence: String
    package let rulesVersion: Int
    /// Microseconds since the epoch.
    package let madeAt: Int64
    package let madeBy: String
  }

  /// A value that the profile shows, and where it is from.
  package struct Value: Sendable, Hashable {
    package let attribute: String
    package let value: String
    package let source: String
    package let file: String?
    package let line: Int?
    package let validFrom: Int64
    /// Other values that its records have now.
    package let others: [String]
  }

  /// A pair that waits or was decided.
  package struct Pair: Sendable, Hashable {
    package let number: Int
    package let first: Int
    package let second: Int
    package let reason: String
    package let probability: Double?
    package let weight: Double?
    package let evidence: String
    package let status: String
  }

  /// A decision.
  package struct Run: Sendable, Hashable {
    package let number: Int
    package let madeAt: Int64
    package let action: String
    package let madeBy: String
    package let rulesVersion: Int
    package let links: Int
    package let apart: Int
    package let pairs: Int
    package let undoneAt: Int64?
  }

  /// Somebody who belongs with a customer.
  package struct Relation: Sendable, Hashable {
    package let kind: String
    /// The other profile.
    package let customer: Int
    package let publicID: String
    package let role: String?
    package let decisionPower: String?
  }

  // MARK: Profiles

  /// The records of a profile, the survivor first.
  package func records(of profile: Int) async throws -> [Record] {
    try await records(
      """
      SELECT coalesce(p.record, c.customer_id) FROM quartier.customer AS c
      LEFT JOIN quartier.profile_record AS p ON p.customer_id = c.customer_id
      WHERE c.customer_id = \(profile)
      """)
  }

  /// One record by its number.
  package func record(_ number: Int) async throws -> Record {
    guard let record = try await records("SELECT \(number)").first else {
      throw IdentityError.customerUnknown("#\(number)")
    }
    return record
  }

  /// Records by a query of their numbers.
  private func records(_ numbers: SQL) async throws -> [Record] {
    try await session.query(
      """
      SELECT n.record, coalesce(c.public_id, a.public_id)::VARCHAR,
        coalesce(list(i.source || ':' || i.type || ':' || i.value ORDER BY i.source, i.type, i.value)
          FILTER (i.value IS NOT NULL), [])
      FROM (\(numbers)) AS n(record)
      LEFT JOIN quartier.customer AS c ON c.customer_id = n.record
      LEFT JOIN quartier.customer_alias AS a ON a.customer_id = n.record
      LEFT JOIN quartier.identifier AS i ON abs(coalesce(i.record_id, i.customer_id)) = n.record
      GROUP BY ALL ORDER BY n.record
      """
    ).rows.map { row in
      Record(
        number: row[0].int ?? 0, publicID: row[1].text ?? "",
        identifiers: row[2].list?.compactMap(\.text) ?? [])
    }
  }

  /// The public id of a profile.
  package func publicID(of profile: Int) async throws -> String {
    try await session.value(
      "SELECT public_id::VARCHAR FROM quartier.customer WHERE customer_id = \(profile)"
    ).text ?? ""
  }

  /// The links that hold a profile together.
  package func links(of profile: Int) async throws -> [Link] {
    try await session.query(
      """
      SELECT l.run_id, l.first_record, l.second_record, l.rule, l.weight, l.probability, l.evidence,
        r.rules_version, r.made_at, r.made_by
      FROM quartier.identity_link AS l JOIN quartier.identity_run AS r ON r.run_id = l.run_id
      JOIN quartier.profile_record AS p ON p.record = l.first_record
      WHERE l.ended_by IS NULL AND p.customer_id = \(profile)
      ORDER BY l.first_record, l.second_record, l.run_id
      """
    ).rows.map { row in
      Link(
        run: row[0].int ?? 0, first: row[1].int ?? 0, second: row[2].int ?? 0,
        rule: row[3].text ?? "", weight: row[4].double, probability: row[5].double,
        evidence: row[6].text ?? "", rulesVersion: row[7].int ?? 0,
        madeAt: row[8].microseconds ?? 0, madeBy: row[9].text ?? "")
    }
  }

  /// What a profile shows now, with the origin of every value.
  ///
  /// - Parameter now: microseconds since the epoch.
  package func values(of profile: Int, now: Int64) async throws -> [Value] {
    let latest: SQL = """
      QUALIFY row_number() OVER (PARTITION BY customer_id, attribute_id
        ORDER BY valid_from DESC, row_id DESC) = 1
      """
    return try await session.query(
      """
      WITH said AS (
        SELECT * FROM quartier.attribute_history
        WHERE valid_from <= \(SQLValue.instant(now))
          AND (customer_id = \(profile) OR customer_id IN (
            SELECT record_id FROM quartier.profile_record WHERE customer_id = \(profile)))
        \(latest))
      SELECT g.attribute_id, g.value, g.source, i.file, g.source_line, g.valid_from,
        coalesce((SELECT list(DISTINCT o.value ORDER BY o.value) FROM said AS o
          WHERE o.attribute_id = g.attribute_id AND o.customer_id <> \(profile)
            AND o.value IS DISTINCT FROM g.value AND o.value IS NOT NULL), [])
      FROM said AS g LEFT JOIN quartier.imports AS i ON i.import_id = g.import_id
      WHERE g.customer_id = \(profile) AND g.value IS NOT NULL ORDER BY g.attribute_id
      """
    ).rows.map { row in
      Value(
        attribute: row[0].text ?? "", value: row[1].text ?? "", source: row[2].text ?? "",
        file: row[3].text, line: row[4].int, validFrom: row[5].microseconds ?? 0,
        others: row[6].list?.compactMap(\.text) ?? [])
    }
  }

  /// What one record says now, by attribute.
  package func said(by record: Int, now: Int64) async throws -> [String: String] {
    let rows = try await session.query(
      """
      SELECT attribute_id, value FROM quartier.attribute_history
      WHERE valid_from <= \(SQLValue.instant(now)) AND customer_id = coalesce(
        (SELECT record_id FROM quartier.profile_record WHERE record = \(record)), \(record))
      QUALIFY row_number() OVER (PARTITION BY attribute_id
        ORDER BY valid_from DESC, row_id DESC) = 1
      """
    ).rows
    var values: [String: String] = [:]
    for row in rows { if let value = row[1].text { values[row[0].text ?? ""] = value } }
    return values
  }

  /// Households, companies and establishments of a profile.
  package func relations(of profile: Int) async throws -> [Relation] {
    try await session.query(
      """
      WITH every AS (
        SELECT kind, record, group_record, role, decision_power FROM quartier.identity_relation
        WHERE kind <> 'contact'
        UNION ALL
        SELECT 'company', record, group_record, role, decision_power
        FROM quartier.identity_relation WHERE kind = 'contact'
        UNION ALL
        SELECT 'contact', group_record, record, role, decision_power
        FROM quartier.identity_relation WHERE kind = 'contact'
      ), mine AS (
        SELECT e.* FROM every AS e LEFT JOIN quartier.profile_record AS p ON p.record = e.record
        WHERE coalesce(p.customer_id, e.record) = \(profile)
      ), other AS (
        SELECT kind, group_record AS record, role, decision_power FROM mine
        WHERE kind IN ('company', 'contact')
        UNION ALL
        SELECT m.kind, r.record, NULL, NULL FROM mine AS m JOIN quartier.identity_relation AS r
          ON r.kind = m.kind AND r.group_record = m.group_record
        WHERE m.kind NOT IN ('company', 'contact'))
      SELECT o.kind, c.customer_id, c.public_id::VARCHAR, max(o.role), max(o.decision_power)
      FROM other AS o LEFT JOIN quartier.profile_record AS p ON p.record = o.record
      JOIN quartier.customer AS c ON c.customer_id = coalesce(p.customer_id, o.record)
      WHERE c.customer_id <> \(profile)
      GROUP BY ALL ORDER BY o.kind, c.customer_id
      """
    ).rows.map { row in
      Relation(
        kind: row[0].text ?? "", customer: row[1].int ?? 0, publicID: row[2].text ?? "",
        role: row[3].text, decisionPower: row[4].text)
    }
  }

  // MARK: Pairs and runs

  /// Open pairs, the likeliest first, and how many there are.
  package func waiting(limit: Int) async throws -> (pairs: [Pair], total: Int) {
    let total =
      try await session.value(
        "SELECT count(*) FROM quartier.identity_pair WHERE status = 'open'"
      ).int ?? 0
    let pairs = try await pairs(
      "WHERE status = 'open' ORDER BY probability DESC NULLS LAST, pair_id LIMIT \(limit)")
    return (pairs, total)
  }

  /// What was asked of two profiles' records.
  package func pairs(between one: Int, and other: Int) async throws -> [Pair] {
    try await pairs(
      """
      LEFT JOIN quartier.profile_record AS x ON x.record = first_record
      LEFT JOIN quartier.profile_record AS y ON y.record = second_record
      WHERE (coalesce(x.customer_id, first_record) = \(one)
          AND coalesce(y.customer_id, second_record) = \(other))
        OR (coalesce(x.customer_id, first_record) = \(other)
          AND coalesce(y.customer_id, second_record) = \(one))
      ORDER BY pair_id
      """)
  }

  private func pairs(_ filter: SQL) async throws -> [Pair] {
    try await session.query(
      """
      SELECT pair_id, first_record, second_record, reason, probability, weight, evidence, status
      FROM quartier.identity_pair \(filter)
      """
    ).rows.map { row in
      Pair(
        number: row[0].int ?? 0, first: row[1].int ?? 0, second: row[2].int ?? 0,
        reason: row[3].text ?? "", probability: row[4].double, weight: row[5].double,
        evidence: row[6].text ?? "", status: row[7].text ?? "")
    }
  }

  /// Whether somebody told two profiles' records apart.
  package func areToldApart(_ one: Int, _ other: Int) async throws -> Bool {
    try await session.value(
      """
      SELECT count(*) > 0 FROM quartier.identity_apart AS s
      LEFT JOIN quartier.profile_record AS x ON x.record = s.first_record
      LEFT JOIN quartier.profile_record AS y ON y.record = s.second_record
      WHERE s.ended_by IS NULL
        AND coalesce(x.customer_id, s.first_record) IN (\(one), \(other))
        AND coalesce(y.customer_id, s.second_record) IN (\(one), \(other))
      """
    ).bool ?? false
  }

  /// Decisions, the newest first.
  package func runs() async throws -> [Run] {
    try await session.query(
      """
      SELECT r.run_id, r.made_at, r.action, r.made_by, r.rules_version, coalesce(l.links, 0),
        coalesce(s.apart, 0), coalesce(q.pairs, 0), r.undone_at
      FROM quartier.identity_run AS r
      LEFT JOIN (SELECT run_id, count(*) AS links FROM quartier.identity_link GROUP BY run_id) AS l
        ON l.run_id = r.run_id
      LEFT JOIN (SELECT run_id, count(*) AS apart FROM quartier.identity_apart GROUP BY run_id) AS s
        ON s.run_id = r.run_id
      LEFT JOIN (SELECT run_id, count(*) AS pairs FROM quartier.identity_pair GROUP BY run_id) AS q
        ON q.run_id = r.run_id
      ORDER BY r.run_id DESC
      """
    ).rows.map { row in
      Run(
        number: row[0].int ?? 0, madeAt: row[1].microseconds ?? 0, action: row[2].text ?? "",
        madeBy: row[3].text ?? "", rulesVersion: row[4].int ?? 0, links: row[5].int ?? 0,
        apart: row[6].int ?? 0, pairs: row[7].int ?? 0, undoneAt: row[8].microseconds)
    }
  }
}
