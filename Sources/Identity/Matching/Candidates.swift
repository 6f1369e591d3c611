internal import SQLBuilder
internal import Warehouse

/// The pairs that are compared: records of people with something in common.
struct Candidates {
  let session: any ColumnarSession
  let settings: IdentitySettings

  /// One way in which pairs are found.
  struct Block: Sendable {
    let name: String
    /// Of `identity_record`; null keeps a record out.
    let key: SQL
  }

  /// What a block gave.
  struct Outcome: Sendable, Hashable, Codable {
    let block: String
    /// Pairs found by it, among them those that others find too.
    let pairs: Int
    /// Groups left out because they have too many records, and their records.
    let skippedGroups: Int
    let skippedRecords: Int
  }

  private var blocks: [Block] {
    var blocks = [
      Block(name: "email", key: "email"), Block(name: "phone", key: "phone"),
      Block(
        name: "first_name+birth_date",
        key: "CASE WHEN length(first) > 1 THEN first || birth::VARCHAR END"),
      Block(name: "last_name+birth_date", key: "last || birth::VARCHAR"),
      Block(name: "last_name+postal_code", key: "last || left(first, 1) || postal"),
      Block(
        name: "first_name+last_name+department",
        key: "CASE WHEN length(first) > 1 THEN first || '|' || last || coalesce(department, '') END"
      ),
      Block(
        name: "last_name_start+birth_year+postal_code",
        key: "left(last, 3) || year(birth)::VARCHAR || postal"),
      Block(name: "birth_date+department", key: "birth::VARCHAR || department"),
      Block(name: "address+postal_code", key: "street || '|' || postal"),
      Block(
        name: "email_user+last_name",
        key: "CASE WHEN length(email_user) > 5 THEN email_user || left(last, 2) END"),
    ]
    blocks += settings.keys.indices.map { Block(name: "key", key: SQL.quotedKey($0)) }
    return blocks
  }

  /// Makes `identity_candidate` (`a`, `b`, `pattern`), each pair once, `a` the smaller.
  func prepare() async throws -> [Outcome] {
    try await session.execute(
      "CREATE OR REPLACE TEMP TABLE identity_found (a BIGINT, b BIGINT)")
    var outcomes: [Outcome] = []
    for block in blocks {
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE identity_block AS
        SELECT record, hash(\(block.key)) AS value FROM identity_record
        WHERE kind = 'person' AND \(block.key) IS NOT NULL
        """)
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE identity_group AS
        SELECT value, count(*) AS records FROM identity_block GROUP BY value HAVING count(*) > 1
        """)
      let pairs = try await session.execute(
        """
        INSERT INTO identity_found
        SELECT least(x.record, y.record), greatest(x.record, y.record)
        FROM identity_group AS g JOIN identity_block AS x ON x.value = g.value
        JOIN identity_block AS y ON y.value = g.value
        WHERE g.records <= \(settings.blockSize) AND x.record < y.record
        """)
      let skipped = try await session.row(
        """
        SELECT count(*), coalesce(sum(records), 0)::BIGINT FROM identity_group
        WHERE records > \(settings.blockSize)
        """)
      outcomes.append(
        Outcome(
          block: block.name, pairs: pairs, skippedGroups: skipped[0].int ?? 0,
          skippedRecords: skipped[1].int ?? 0))
    }
    for table in ["block", "group"] {
      try await session.execute("DROP TABLE \(identifier: "identity_\(table)")")
    }
    try await compare("identity_found", into: "identity_candidate")
    try await session.execute("DROP TABLE identity_found")
    return outcomes
  }

  /// Pairs at random, each record with some others that the order of hashes puts beside it.
  ///
  /// - Returns: their patterns.
  func randomPatterns(pairs: Int = 500_000) async throws -> PatternCounts {
    let people =
      try await session.value("SELECT count(*) FROM identity_record WHERE kind = 'person'").int ?? 0
    guard people > 1 else { return PatternCounts(patterns: [], counts: []) }
    let partners = min(people - 1, max(1, pairs / people), 50)
    let sample = min(people, pairs)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE identity_order AS
      SELECT record, row_number() OVER (ORDER BY hash(record), record) AS place
      FROM identity_record WHERE kind = 'person'
      """)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE identity_sampled AS
      SELECT least(x.record, y.record) AS a, greatest(x.record, y.record) AS b
      FROM (
        SELECT record, 1 + (place - 1 + step) % \(people) AS other
        FROM identity_order, range(1, \(partners + 1)) AS s(step) WHERE place <= \(sample)) AS x
      JOIN identity_order AS y ON y.place = x.other
      """)
    try await compare("identity_sampled", into: "identity_random")
    let counts = try await patterns("identity_random")
    for table in ["order", "sampled", "random"] {
      try await session.execute("DROP TABLE \(identifier: "identity_\(table)")")
    }
    return counts
  }

  private func compare(_ pairs: String, into table: String) async throws {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: table) AS
      SELECT p.a, p.b, \(AgreementPattern.code(keys: settings.keys.count)) AS pattern
      FROM (SELECT DISTINCT a, b FROM \(identifier: pairs)) AS p
      JOIN identity_record AS a ON a.record = p.a JOIN identity_record AS b ON b.record = p.b
      """)
  }

  /// How many pairs of a table have each pattern.
  func patterns(_ table: String) async throws -> PatternCounts {
    let rows = try await session.query(
      "SELECT pattern, count(*) FROM \(identifier: table) GROUP BY pattern ORDER BY pattern"
    ).rows
    return PatternCounts(
      patterns: rows.map { AgreementPattern(code: $0[0].int ?? 0) },
      counts: rows.map { Double($0[1].int ?? 0) })
  }
}
