internal import CustomerSchema
internal import Scoring
internal import SQLBuilder
internal import Warehouse

/// Subscriptions and survey answers of a workspace as the tables of texts that files are read into.
enum SurveyTables {
  /// Answers below which a group of people is told nothing of.
  static let leastInGroup = 10
  private static let mostQuestions = 300

  private static func day(
    _ table: SQL, _ orders: WorkspaceOrders, in session: any QuerySession
  ) async throws -> LocalDate {
    let last = try await session.value(
      """
      SELECT max(CAST(local_at AS DATE)) FROM \(table) JOIN (SELECT customer_id FROM profiled_customer) USING (customer_id)
      """)
    return try orders.day(last: last.days.map(LocalDate.init(daysSinceEpoch:)))
  }

  /// Makes `given_table`: `customer`, `start`, `end`, `plan`, `monthly_amount`, `status` and the
  /// attributes asked for. A subscription that its status calls over without a day of its end has no
  /// start, so that it is counted as unusable.
  static func subscriptions(
    _ orders: WorkspaceOrders, attributes: [String], in session: any QuerySession
  ) async throws -> (columns: [String], asOf: LocalDate) {
    let own = ["customer", "start", "end", "plan", "monthly_amount", "status"]
    let count = try await session.value(
      """
      SELECT count(*) FROM subscriptions
      JOIN (SELECT customer_id FROM profiled_customer) USING (customer_id)
      """)
    guard (count.int ?? 0) > 0 else { throw ScoringError.nothingToLearnFrom(.survival) }
    let asOf = try await day("subscriptions", orders, in: session)
    let known = try await known(in: session)
    let added = attributes.filter { !own.contains($0) }
    for name in added where !known.contains(name) {
      throw ScoringError.unknownColumn(name, known: own + known)
    }
    let columns = added.map {
      ", CAST(a.\(identifier: $0) AS VARCHAR) AS \(identifier: $0)" as SQL
    }.joined(separator: "")
    // The end on the wall clock, by the beginning's offset: at most an hour off, a day at midnight.
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE given_table AS
      SELECT CAST(s.customer_id AS VARCHAR) AS customer,
        CASE WHEN NOT (ended_at IS NULL AND lower(coalesce(status, '')) IN (
            'cancelled', 'canceled', 'ended', 'expired', 'terminated', 'résilié', 'resilie',
            'terminé', 'termine', 'expiré', 'expire'))
          THEN strftime(local_at, '%Y-%m-%d') END AS start,
        strftime(make_timestamp(epoch_us(ended_at))
          + (local_at - make_timestamp(epoch_us(happened_at))), '%Y-%m-%d') AS "end",
        plan, CAST(monthly_amount AS VARCHAR) AS monthly_amount, status\(columns)
      FROM subscriptions AS s JOIN (SELECT customer_id FROM profiled_customer) USING (customer_id)
      LEFT JOIN customer_attribute AS a USING (customer_id)
      WHERE CAST(local_at AS DATE) <= \(asOf.sqlValue)
      ORDER BY s.customer_id, local_at, s.source, s.key
      """)
    return (own + added, asOf)
  }

  private static func known(in session: any QuerySession) async throws -> [String] {
    try await session.query("DESCRIBE customer_attribute").rows.compactMap { $0[0].text }
      .filter { $0 != "customer_id" }
  }

  /// Makes `given_table`: `customer` and a column per question with each customer's newest answer,
  /// and `respondent_segment` with the segments that they are in.
  static func answers(
    _ orders: WorkspaceOrders, survey: String?, group: String?, in session: any QuerySession
  ) async throws -> (columns: [String], asOf: LocalDate) {
    let asOf = try await day("survey_answers", orders, in: session)
    let chosen: SQL = survey.map { "AND survey = \($0)" } ?? ""
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE newest_answer AS
      SELECT customer_id, question, first_row, arg_max(answer, moment) AS answer
      FROM (
        SELECT customer_id, question, (happened_at, source, key) AS moment,
          min(row_id) OVER (PARTITION BY question) AS first_row,
          coalesce(answer, CASE WHEN score = trunc(score) THEN CAST(CAST(score AS BIGINT) AS VARCHAR)
            ELSE CAST(CAST(score AS DOUBLE) AS VARCHAR) END) AS answer
        FROM survey_answers JOIN (SELECT customer_id FROM profiled_customer) USING (customer_id)
        WHERE CAST(local_at AS DATE) <= \(asOf.sqlValue) \(chosen))
      WHERE answer IS NOT NULL GROUP BY customer_id, question, first_row
      """)
    // In the order in which they came in: that of the questionnaire, mostly.
    let questions = try await session.query(
      "SELECT question FROM newest_answer GROUP BY question ORDER BY min(first_row)"
    ).rows.compactMap { $0[0].text }
    guard !questions.isEmpty else { throw ScoringError.nothingToLearnFrom(.tribes) }
    guard questions.count <= mostQuestions else {
      throw ScoringError.tooManyClasses(
        "question", count: questions.count, most: mostQuestions)
    }
    let columns = questions.map {
      "max(answer) FILTER (question = \($0)) AS \(identifier: $0)" as SQL
    }.joined()
    var names = ["customer"] + questions
    var groupColumn: SQL = ""
    if let group, !questions.contains(group) {
      let known = try await known(in: session)
      guard known.contains(group) else {
        throw ScoringError.unknownColumn(group, known: questions + known)
      }
      groupColumn = """
        , (SELECT CAST(a.\(identifier: group) AS VARCHAR) FROM customer_attribute AS a
          WHERE a.customer_id = n.customer_id) AS \(identifier: group)
        """
      names.append(group)
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE given_table AS
      SELECT CAST(customer_id AS VARCHAR) AS customer, \(columns)\(groupColumn)
      FROM newest_answer AS n GROUP BY customer_id ORDER BY customer_id
      """)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE respondent_segment AS
      SELECT DISTINCT CAST(m.customer_id AS VARCHAR) AS respondent, v.name AS segment
      FROM membership AS m
      JOIN (
        SELECT segment_id, arg_max(name, version) AS name FROM segment_version
        JOIN segment USING (segment_id) WHERE deleted_at IS NULL GROUP BY segment_id) AS v
        USING (segment_id)
      WHERE m.left_at IS NULL AND m.customer_id IN (SELECT customer_id FROM newest_answer)
      """)
    return (names, asOf)
  }
}
