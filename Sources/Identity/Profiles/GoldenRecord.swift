internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// What a profile shows of what its records say: one value of each attribute at each instant, by the
/// rule of that attribute, with the source, import and line that it came from.
struct GoldenRecord {
  private let session: any QuerySession
  private let settings: IdentitySettings
  private let now: Int64

  init(_ session: any QuerySession, _ settings: IdentitySettings, now: Int64) {
    self.session = session
    self.settings = settings
    self.now = now
  }

  /// Writes the history and the current values of the profiles of a temporary table (one column,
  /// `customer_id`), which have none.
  func write(_ profiles: String) async throws(WarehouseError) {
    try await prepare(profiles)
    // Most attributes are said by one record only: what it says holds.
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE identity_golden AS
      SELECT customer_id, attribute_id, valid_from, value, source, import_id, source_line
      FROM identity_said WHERE voices = 1
      UNION ALL
      SELECT customer_id, attribute_id, moment, value, source, import_id, source_line FROM (
        \(ranked))
      WHERE place = 1
      QUALIFY value IS DISTINCT FROM lag(value) OVER (
          PARTITION BY customer_id, attribute_id ORDER BY moment)
        OR row_number() OVER (PARTITION BY customer_id, attribute_id ORDER BY moment) = 1
      """)
    try await session.execute(
      """
      INSERT INTO quartier.attribute_history
      SELECT customer_id, attribute_id, valid_from, value, source,
        nextval('quartier.row_ids'), import_id, source_line
      FROM identity_golden
      """)
    try await writeCurrent(profiles)
    for table: SQL in ["identity_golden", "identity_said"] {
      try await session.execute("DROP TABLE \(table)")
    }
  }

  /// `identity_said`: what the records of the profiles say, and how many records say something of
  /// that attribute.
  private func prepare(_ profiles: String) async throws(WarehouseError) {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE identity_said AS
      SELECT s.*, v.voices FROM (
        SELECT p.customer_id, p.record, h.attribute_id, h.valid_from, h.value, h.source,
          h.import_id, h.source_line, h.row_id
        FROM quartier.profile_record AS p
        JOIN quartier.attribute_history AS h ON h.customer_id = p.record_id
        WHERE p.customer_id IN (FROM \(identifier: profiles))) AS s
      JOIN (
        SELECT p.customer_id, h.attribute_id, count(DISTINCT p.record) AS voices
        FROM quartier.profile_record AS p
        JOIN quartier.attribute_history AS h ON h.customer_id = p.record_id
        WHERE p.customer_id IN (FROM \(identifier: profiles))
        GROUP BY p.customer_id, h.attribute_id) AS v
        ON v.customer_id = s.customer_id AND v.attribute_id = s.attribute_id
      """)
  }

  /// At each instant at which a record says something new: what every record says then, the value
  /// that wins in the first place.
  private var ranked: SQL {
    let rules = settings.golden.sorted { $0.key < $1.key }
    func attributes(_ rule: IdentitySettings.GoldenRule) -> SQL {
      let ids = rules.filter { $0.value == rule }.map { "\(literal: $0.key)" as SQL }
      return ids.isEmpty ? "false" : "n.attribute_id IN (\(ids.joined()))"
    }
    let cases = settings.trust.enumerated().map { place, source -> SQL in
      "WHEN \(literal: source) THEN \(SQLValue.int(Int64(place)))"
    }
    let last = SQLValue.int(Int64(settings.trust.count))
    let trust: SQL =
      cases.isEmpty ? "0" : "CASE n.source \(cases.joined(separator: " ")) ELSE \(last) END"
    return """
      SELECT n.*, row_number() OVER (
        PARTITION BY n.customer_id, n.attribute_id, n.moment
        ORDER BY n.value IS NULL,
          CASE WHEN \(attributes(.mostFrequent)) THEN -n.votes ELSE 0 END,
          -- Of as many voices for « J. » as for « Jean », the name in full wins.
          \(attributes(.mostFrequent)) AND length(trim(n.value, '. ')) < 2,
          CASE WHEN \(attributes(.mostTrusted)) THEN \(trust) ELSE 0 END,
          n.valid_from DESC, \(trust), n.record) AS place
      FROM (
        SELECT *, count(*) OVER (
          PARTITION BY customer_id, attribute_id, moment, lower(strip_accents(value))) AS votes
        FROM (
          SELECT m.customer_id, m.attribute_id, m.moment, s.record, s.valid_from, s.value,
            s.source, s.import_id, s.source_line
          FROM (
            SELECT DISTINCT customer_id, attribute_id, valid_from AS moment
            FROM identity_said WHERE voices > 1) AS m
          JOIN identity_said AS s ON s.customer_id = m.customer_id
            AND s.attribute_id = m.attribute_id AND s.valid_from <= m.moment
          QUALIFY row_number() OVER (
            PARTITION BY m.customer_id, m.attribute_id, m.moment, s.record
            ORDER BY s.valid_from DESC, s.row_id DESC) = 1)) AS n
      """
  }

  private func writeCurrent(_ profiles: String) async throws(WarehouseError) {
    let entries = try await AttributeStore.entries(session)
    let types = Dictionary(
      entries.filter { $0.origin != "model" && $0.origin != "computed" }.map {
        ($0.definition.id, $0.definition.type)
      }, uniquingKeysWith: { first, _ in first })
    let columns = try await session.query(
      """
      SELECT column_name FROM duckdb_columns() WHERE database_name = 'quartier'
        AND table_name = 'customer_attribute' AND column_name <> 'customer_id'
      ORDER BY column_index
      """
    ).rows.compactMap { $0[0].text }
    var told: [SQL] = []
    var values: [SQL] = ["p.customer_id"]
    for name in columns {
      guard let type = types[name] else {
        // What models say of the survivor holds until they say it anew.
        values.append("o.\(identifier: name)")
        continue
      }
      told.append(
        "max(value) FILTER (attribute_id = \(literal: name)) AS \(identifier: name)")
      values.append(
        "\(type.column(of: "g.\(identifier: name)")) AS \(identifier: name)")
    }
    if told.isEmpty { told.append("0 AS nothing") }
    try await session.execute(
      """
      INSERT INTO quartier.customer_attribute BY NAME
      SELECT \(values.joined()) FROM \(identifier: profiles) AS p
      LEFT JOIN (
        SELECT customer_id, \(told.joined()) FROM (
          SELECT customer_id, attribute_id, arg_max_null(value, valid_from) AS value
          FROM identity_golden WHERE valid_from <= make_timestamptz(\(SQLValue.int(now)))
          GROUP BY customer_id, attribute_id)
        GROUP BY customer_id) AS g ON g.customer_id = p.customer_id
      LEFT JOIN quartier.customer_attribute AS o ON o.customer_id = -p.customer_id
      ORDER BY p.customer_id
      """)
  }
}
