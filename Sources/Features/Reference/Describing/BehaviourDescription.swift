internal import CustomerSchema
internal import ReferenceData
internal import SQLBuilder
internal import Warehouse

/// What the rows of customers say of them: devices, channels, payments, the calendar of their
/// purchases and what they need.
struct BehaviourDescription {
  let session: any QuerySession
  /// µs since the epoch.
  let now: Int64

  static let table = "description_behaviour"

  /// Visits from which on a preference for the phone is told, and the share that tells it.
  static let visitsNeeded = 5
  static let mobileShare = 0.5
  /// Looks at one category, within so many days to the last visit, that infer a need.
  static let looksNeeded = 3
  static let looksDays = 90
  /// Tickets on one subject that infer a need.
  static let ticketsNeeded = 2

  static let columns = [
    "device", "operating_system", "browser", "mobile_first", "payment_method",
    "favourite_channel", "favourite_category", "sales_share", "christmas_share",
    "school_holiday_share", "public_holiday_share", "known_needs", "growth_stage",
  ]

  /// Makes the table: a row for each of `description_customer` of whom something is known.
  func create() async throws {
    let parts = [
      try await visits(), try await purchases(), try await categories(), try await calendar(),
      try await needs(), try await growth(),
    ]
    let joins = parts.map {
      "LEFT JOIN \(identifier: $0) AS \(identifier: $0) USING (customer_id)" as SQL
    }.joined(separator: " ")
    let instants = parts.map { "\(identifier: $0).last_at" as SQL }.joined()
    let values = Self.columns.map { "\(identifier: $0)" as SQL }.joined()
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: Self.table) AS
      SELECT customer_id, greatest(\(instants)) AS valid_from, \(values)
      FROM description_customer \(joins)
      WHERE greatest(\(instants)) IS NOT NULL
      """)
    for part in parts { try await session.execute("DROP TABLE \(identifier: part)") }
  }

  private var instant: SQLValue { .instant(now) }
  private let chosen: SQL = "customer_id IN (FROM description_customer)"

  private func visits() async throws -> String {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_visits AS
      WITH visit AS (
        SELECT customer_id, happened_at, device, os, browser FROM quartier.events
        WHERE \(chosen) AND happened_at <= \(instant)
          AND (device IS NOT NULL OR os IS NOT NULL OR browser IS NOT NULL)
          AND device IS DISTINCT FROM 'bot'
      ), \(favourite("device", of: "visit", column: "device")),
      \(favourite("system", of: "visit", column: "os")),
      \(favourite("reader", of: "visit", column: "browser"))
      SELECT v.customer_id, max(happened_at) AS last_at, any_value(d.value) AS device,
        any_value(s.value) AS operating_system, any_value(r.value) AS browser,
        CASE WHEN count(v.device) >= \(Self.visitsNeeded)
          THEN count(*) FILTER (v.device = 'mobile') / count(v.device) >= \(Self.mobileShare)
          END AS mobile_first
      FROM visit AS v LEFT JOIN device AS d USING (customer_id)
        LEFT JOIN "system" AS s USING (customer_id) LEFT JOIN reader AS r USING (customer_id)
      GROUP BY v.customer_id
      """)
    return "description_visits"
  }

  /// A common table of the value that most rows have; of several, the first in the alphabet.
  private func favourite(_ name: String, of relation: SQL, column: String) -> SQL {
    """
    \(identifier: name) AS (
      SELECT customer_id, min_by(value, (-weight, value)) AS value FROM (
        SELECT customer_id, \(identifier: column) AS value, count(*) AS weight FROM \(relation)
        WHERE \(identifier: column) IS NOT NULL GROUP BY ALL)
      GROUP BY customer_id)
    """
  }

  private func purchases() async throws -> String {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_purchases AS
      WITH purchase AS (
        SELECT customer_id, happened_at, channel, payment_method FROM quartier.orders
        WHERE \(chosen) AND kind = 'purchase' AND happened_at <= \(instant)
      ), \(favourite("way", of: "purchase", column: "channel")),
      \(favourite("payment", of: "purchase", column: "payment_method"))
      SELECT p.customer_id, max(happened_at) AS last_at,
        any_value(payment.value) AS payment_method, any_value(way.value) AS favourite_channel
      FROM purchase AS p LEFT JOIN way USING (customer_id) LEFT JOIN payment USING (customer_id)
      GROUP BY p.customer_id
      """)
    return "description_purchases"
  }

  private func categories() async throws -> String {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_categories AS
      SELECT customer_id, max(last_at) AS last_at,
        min_by(category, (-weight, category)) AS favourite_category
      FROM (
        SELECT customer_id, category, max(happened_at) AS last_at, sum(amount) AS weight
        FROM quartier.order_lines
        WHERE \(chosen) AND kind = 'purchase' AND category IS NOT NULL AND happened_at <= \(instant)
        GROUP BY customer_id, category)
      GROUP BY customer_id
      """)
    return "description_categories"
  }

  // MARK: Calendar

  private func calendar() async throws -> String {
    try await PurchaseCalendar(session: session).create()
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_calendar AS
      WITH place AS (
        SELECT customer_id, arg_max_null(school_zone, valid_from) AS zone,
          arg_max_null(department, valid_from) AS department,
          arg_max_null(place_precision, valid_from) AS place_precision
        FROM description_value WHERE valid_from <= \(instant) GROUP BY customer_id
      ), purchase AS (
        SELECT customer_id, happened_at, CAST(local_at AS DATE) AS day FROM quartier.orders
        WHERE \(chosen) AND kind = 'purchase' AND happened_at <= \(instant)
      )
      SELECT p.customer_id, max(happened_at) AS last_at, avg(d.is_sales::INTEGER) AS sales_share,
        avg(d.is_christmas::INTEGER) AS christmas_share,
        avg((CASE zone WHEN 'A' THEN d.school_a WHEN 'B' THEN d.school_b WHEN 'C' THEN d.school_c
          -- Corsica and overseas have calendars of their own.
          ELSE CASE WHEN place.department IS NULL THEN d.school_a AND d.school_b AND d.school_c END
          END)::INTEGER) AS school_holiday_share,
        avg((h.day IS NOT NULL)::INTEGER) AS public_holiday_share
      FROM purchase AS p JOIN description_day AS d USING (day)
        LEFT JOIN place USING (customer_id)
        LEFT JOIN description_holiday AS h ON h.day = p.day
          AND h.department = CASE WHEN place.department IN (
            SELECT department FROM description_holiday) THEN place.department ELSE '' END
      GROUP BY p.customer_id
      """)
    try await session.execute("DROP TABLE description_day")
    try await session.execute("DROP TABLE description_holiday")
    return "description_calendar"
  }

  // MARK: Needs and growth

  private func needs() async throws -> String {
    let start = Self.looksDays
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_needs AS
      WITH look AS (
        SELECT customer_id, category, happened_at,
          max(happened_at) OVER (PARTITION BY customer_id) AS last_at
        FROM quartier.events
        WHERE \(chosen) AND category IS NOT NULL AND happened_at <= \(instant)
      ), found AS (
        SELECT customer_id, unnest(from_json(value, '["VARCHAR"]')) AS need, 'declared' AS origin,
          source, valid_from AS last_at
        FROM (
          SELECT customer_id, arg_max_null(value, valid_from) AS value,
            arg_max_null(source, valid_from) AS source, max(valid_from) AS valid_from
          FROM quartier.attribute_history
          WHERE attribute_id = 'needs' AND \(chosen) AND valid_from <= \(instant)
          GROUP BY customer_id)
        UNION ALL
        SELECT customer_id, answer, 'declared', 'survey: ' || coalesce(survey, source),
          max(happened_at)
        FROM quartier.survey_answers
        WHERE \(chosen) AND happened_at <= \(instant) AND answer IS NOT NULL
          AND regexp_matches(lower(strip_accents(question)), '\\b(besoins?|needs?)\\b')
        GROUP BY ALL
        UNION ALL
        SELECT customer_id, category, 'inferred', 'events', max(happened_at) FROM look
        WHERE happened_at > last_at - to_days(CAST(\(start) AS INTEGER))
        GROUP BY customer_id, category HAVING count(*) >= \(Self.looksNeeded)
        UNION ALL
        SELECT customer_id, coalesce(category, subject), 'inferred', 'tickets', max(happened_at)
        FROM quartier.tickets
        WHERE \(chosen) AND happened_at <= \(instant) AND coalesce(category, subject) IS NOT NULL
        GROUP BY ALL HAVING count(*) >= \(Self.ticketsNeeded)
      )
      SELECT customer_id, max(last_at) AS last_at,
        to_json(list({'need': need, 'origin': origin, 'source': source}
          ORDER BY origin, source, need))::VARCHAR AS known_needs
      FROM found GROUP BY customer_id
      """)
    return "description_needs"
  }

  /// Growth of turnover between two statements at least 300 days apart, a year on average: 10 % and
  /// more is growth, −10 % and less decline.
  private func growth() async throws -> String {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_growth AS
      WITH said AS (
        SELECT customer_id, valid_from, TRY_CAST(value AS DOUBLE) AS turnover
        FROM quartier.attribute_history
        WHERE attribute_id = 'turnover' AND \(chosen) AND valid_from <= \(instant)
      ), latest AS (
        SELECT customer_id, max(valid_from) AS last_at, arg_max(turnover, valid_from) AS turnover
        FROM said WHERE turnover > 0 GROUP BY customer_id
      ), pair AS (
        SELECT l.customer_id, last_at, l.turnover, max(s.valid_from) AS before_at,
          arg_max(s.turnover, s.valid_from) AS before
        FROM latest AS l JOIN said AS s ON s.customer_id = l.customer_id
          AND s.turnover > 0 AND s.valid_from <= l.last_at - INTERVAL 300 DAY
        GROUP BY ALL
      )
      SELECT customer_id, last_at,
        CASE WHEN rate >= 0.1 THEN 'growth' WHEN rate <= -0.1 THEN 'decline' ELSE 'maturity' END
          AS growth_stage
      FROM (
        SELECT *, pow(turnover / before,
          365.0 / date_diff('day', before_at, last_at)) - 1 AS rate FROM pair)
      """)
    return "description_growth"
  }
}
