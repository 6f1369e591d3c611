import CustomerSchema
import SQLBuilder
import SegmentLanguage
import Warehouse

/// Customers, orders and events made by the engine from hashes: the same every time.
struct BenchmarkData {
  let customers: Int
  static let asOf: Int64 = 1_735_689_600_000_000

  static let attributes = [
    AttributeDefinition("status", .enumeration(["gold", "silver", "none"]), isOptional: true),
    AttributeDefinition("city", .text, isOptional: true),
    AttributeDefinition("optin", .boolean, isOptional: true),
    AttributeDefinition("birth_date", .date, isOptional: true),
    AttributeDefinition("usable_birth_date", .date, isOptional: true),
    AttributeDefinition("signed_up", .instant, isOptional: true),
    AttributeDefinition("score", .number, isOptional: true),
    AttributeDefinition("tags", .list, isOptional: true),
  ]

  static var schema: SegmentSchema { .standard(attributes: attributes) }

  /// Ten orders and twenty events for each customer on average, most by few, over three years.
  func create(_ session: any QuerySession) async throws {
    let n = SQLValue.int(Int64(customers))
    try await session.execute("USE quartier")
    for definition in Self.attributes {
      let type: SQL =
        switch definition.type {
        case .boolean: "BOOLEAN"
        case .date: "DATE"
        case .instant: "TIMESTAMPTZ"
        case .number: "DOUBLE"
        case .list: "VARCHAR[]"
        default: "VARCHAR"
        }
      try await session.execute(
        "ALTER TABLE customer_attribute ADD COLUMN \(identifier: definition.id) \(type)")
    }
    try await session.execute(
      "INSERT INTO customer (customer_id, first_seen) SELECT i, to_timestamp(1640995200) FROM range(1, 1 + \(n)) AS t(i)"
    )
    try await session.execute(
      """
      INSERT INTO customer_attribute (customer_id, status, city, optin, birth_date, \
      usable_birth_date, signed_up, score, tags) \
      SELECT i, ['gold', 'silver', 'none'][1 + CAST(hash(i, 1) % 3 AS BIGINT)], \
      ['Paris', 'Lyon', 'Marseille', 'Lille', 'Nantes', 'Évry', 'Brest'][1 + CAST(hash(i, 2) % 7 AS BIGINT)], \
      hash(i, 3) % 2 = 0, DATE '1940-01-01' + CAST(hash(i, 4) % 24000 AS INTEGER), \
      DATE '1940-01-01' + CAST(hash(i, 4) % 24000 AS INTEGER), \
      to_timestamp(1640995200 + CAST(hash(i, 5) % 94608000 AS BIGINT)), \
      (hash(i, 6) % 1000) / 1000, CASE WHEN hash(i, 7) % 50 = 0 THEN ['vip'] ELSE [] END \
      FROM range(1, 1 + \(n)) AS t(i)
      """)
    try await session.execute(
      """
      INSERT INTO attribute_history (customer_id, attribute_id, valid_from, value, source, row_id) \
      SELECT i, 'status', to_timestamp(1640995200 + CAST(hash(i, 5) % 94608000 AS BIGINT)), \
      ['gold', 'silver', 'none'][1 + CAST(hash(i, 1) % 3 AS BIGINT)], 'crm', i FROM range(1, 1 + \(n)) AS t(i)
      """)
    let who: SQL = """
      1 + CAST(pow((hash(i, 11) % 1000003) / 1000003, 1.6) * \(n) AS BIGINT) % \(n)
      """
    try await session.execute(
      """
      INSERT INTO orders (customer_id, happened_at, local_at, source, key, row_id, kind, amount, \
      channel, promotion, device, items) \
      SELECT c, moment, CAST(moment AS TIMESTAMP) + INTERVAL 1 HOUR, 'shop', 'o' || i, i, \
      CASE WHEN hash(i, 13) % 33 = 0 THEN 'return' ELSE 'purchase' END, \
      CAST((500 + hash(i, 14) % 15000) / 100 AS DECIMAL(18, 4)) \
      * CASE WHEN hash(i, 13) % 33 = 0 THEN -1 ELSE 1 END, \
      ['web', 'shop', 'app', 'phone'][1 + CAST(hash(i, 15) % 4 AS BIGINT)], \
      CASE WHEN hash(i, 16) % 5 = 0 THEN 'P' || hash(i, 17) % 9 END, \
      ['mobile', 'desktop'][1 + CAST(hash(i, 18) % 2 AS BIGINT)], 1 + CAST(hash(i, 19) % 5 AS BIGINT) \
      FROM (SELECT i, \(who) AS c, \
      make_timestamptz(1640995200000000 + CAST(hash(i, 12) % 94694400000000 AS BIGINT)) AS moment \
      FROM range(10 * \(n)) AS t(i))
      """)
    try await session.execute(
      """
      INSERT INTO events (customer_id, happened_at, local_at, source, key, row_id, name, page, \
      channel, device) \
      SELECT c, moment, CAST(moment AS TIMESTAMP) + INTERVAL 1 HOUR, 'site', 'e' || i, i, \
      ['visit', 'visit', 'search', 'cart', 'buy', 'login'][1 + CAST(hash(i, 23) % 6 AS BIGINT)], \
      CASE hash(i, 24) % 4 WHEN 0 THEN '/promo' WHEN 1 THEN '/product/' || hash(i, 25) % 5000 \
      ELSE '/' END, ['mobile', 'desktop'][1 + CAST(hash(i, 26) % 2 AS BIGINT)], \
      ['mobile', 'desktop'][1 + CAST(hash(i, 26) % 2 AS BIGINT)] \
      FROM (SELECT i, \(who) AS c, \
      make_timestamptz(1640995200000000 + CAST(hash(i, 22) % 94694400000000 AS BIGINT)) AS moment \
      FROM range(20 * \(n)) AS t(i))
      """)
  }
}
