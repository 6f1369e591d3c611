internal import CustomerSchema
internal import SQLBuilder
internal import StatisticalModels
internal import Warehouse

/// Rates what customers could be segmented by: how much groups differ in what they do, and how many
/// customers it is known of.
///
/// Numbers are cut at their quartiles, ages at the usual limits; categories beyond the most frequent
/// are taken together. Groups under ten customers are left out, and what no test shows beyond
/// chance counts as no difference: Kruskal and Wallis for amounts and counts, χ² for yes or no,
/// Holm's correction over all of them.
struct CriteriaAudit {
  let session: any QuerySession
  let asOf: LocalDate
  let objective: AuditObjective?

  /// Customers compared at most: more would not change what is seen.
  static let sampleSize = 200_000
  static let leastGroup = 10
  static let categoryLimit = 12
  /// A text with more values than this names, it does not group.
  static let mostValues = 2_000
  static let significance = 0.05
  static let easy = 0.8
  static let partial = 0.5

  /// What groups may differ in, with the customers among whom they are compared.
  struct Outcome: Sendable {
    let id: String
    let isYesOrNo: Bool
  }

  private struct Candidate {
    let id: String
    let column: SQL
  }

  func criteria() async throws -> AuditReport.Criteria {
    let count = try await createOutcomes()
    let candidates = try await createCandidates()
    let outcomes = outcomes
    var drafts: [(criterion: Int, outcome: Outcome, test: Draft)] = []
    var coverages: [Double] = []
    for (position, candidate) in candidates.enumerated() {
      let covered =
        try await session.value(
          "SELECT count(\(candidate.column)) FROM audit_candidate"
        ).double ?? 0
      coverages.append(count.compared > 0 ? covered / Double(count.compared) : 0)
      for outcome in outcomes {
        if let test = try await compare(candidate, outcome) {
          drafts.append((position, outcome, test))
        }
      }
    }
    let adjusted = MultipleTesting.holm(drafts.map(\.test.pValue))
    let criteria = candidates.enumerated().map { position, candidate in
      let comparisons = drafts.indices.filter { drafts[$0].criterion == position }.map {
        drafts[$0].test.comparison(drafts[$0].outcome, adjusted[$0])
      }
      return Self.rated(candidate.id, coverages[position], comparisons)
    }
    try await session.execute("DROP TABLE audit_outcome")
    try await session.execute("DROP TABLE audit_candidate")
    return AuditReport.Criteria(
      customers: count.compared, isSample: count.isSample,
      outcomes: outcomes.map(\.id),
      criteria: criteria.sorted { Self.order($0) < Self.order($1) })
  }

  private static func order(
    _ one: AuditReport.Criterion
  ) -> (Int, Double, Double, String) {
    let rank: Int =
      switch one.verdict {
      case .use: 0
      case .collect: 1
      case .useless: 2
      case .leave: 3
      }
    let effect = one.comparisons.filter { $0.adjustedPValue < significance }.map(relative).max()
    return (rank, -(effect ?? 0), -one.coverage, one.criterion)
  }

  // MARK: Ratings

  static func rated(
    _ id: String, _ coverage: Double, _ comparisons: [AuditReport.Comparison]
  ) -> AuditReport.Criterion {
    let shown = comparisons.filter { $0.adjustedPValue < significance }
    let best = shown.max { relative($0) < relative($1) }
    let rating = best.map { usefulness($0) } ?? .absent
    let ease: AuditReport.Criterion.Ease =
      coverage >= easy ? .easy : coverage >= partial ? .partial : .hard
    let verdict: AuditReport.Criterion.Verdict =
      switch (rating != .absent, ease != .hard) {
      case (true, true): .use
      case (true, false): .collect
      case (false, true): .useless
      case (false, false): .leave
      }
    return AuditReport.Criterion(
      criterion: id, coverage: coverage, ease: ease, usefulness: rating, verdict: verdict,
      bestOutcome: rating == .absent ? nil : best?.outcome, comparisons: comparisons)
  }

  /// Cohen's conventions (1988): ε² from 0.01, 0.06 and 0.14; Cramér's V with two outcomes, that is
  /// w, from 0.1, 0.3 and 0.5.
  static func usefulness(_ one: AuditReport.Comparison) -> AuditReport.Criterion.Usefulness {
    let limits = one.test == "chi_square" ? [0.1, 0.3, 0.5] : [0.01, 0.06, 0.14]
    switch limits.count(where: { one.effectSize >= $0 }) {
    case 0: return .absent
    case 1: return .small
    case 2: return .medium
    default: return .large
    }
  }

  /// Effects of both tests on one scale, for ordering: shares of variance.
  private static func relative(_ one: AuditReport.Comparison) -> Double {
    one.test == "chi_square" ? one.effectSize * one.effectSize : one.effectSize
  }

  // MARK: Outcomes

  private var outcomes: [Outcome] {
    let ids: [(String, Bool)] =
      switch objective {
      case nil:
        [
          ("came_back", true), ("orders_12_months", false), ("revenue_12_months", false),
          ("average_basket", false), ("contacted_support", true),
        ]
      case .retain:
        [
          ("came_back", true), ("orders_12_months", false), ("revenue_12_months", false),
          ("average_basket", false),
        ]
      case .reactivate: [("dormant", true), ("days_since_last_purchase", false)]
      case .convert: [("has_bought", true)]
      case .conquer:
        [("first_basket", false), ("came_back", true), ("revenue_12_months", false)]
      case .subscriptions: [("has_subscribed", true), ("still_subscribed", true)]
      case .b2b:
        [("has_bought", true), ("revenue_12_months", false), ("opportunity_won", true)]
      }
    return ids.map { Outcome(id: $0.0, isYesOrNo: $0.1) }
  }

  /// `audit_outcome`: a row per customer compared, a column per outcome that is null for whom it
  /// means nothing. Needs `audit_purchase`.
  private func createOutcomes() async throws -> (compared: Int, isSample: Bool) {
    let kind: SQL = objective == .b2b ? "WHERE kind = 'company'" : ""
    let all =
      try await session.value(
        "SELECT count(*) FROM quartier.profiled_customer \(kind)"
      ).int ?? 0
    let day = asOf.sqlValue
    let year = asOf.adding(months: -12).sqlValue
    let half = asOf.adding(months: -6).sqlValue
    // Ids say nothing of customers: their hash is as good as chance, and the same every time.
    let sample: SQL =
      all > Self.sampleSize
      ? "ORDER BY hash(customer_id), customer_id LIMIT \(Self.sampleSize)" : ""
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE audit_outcome AS
      WITH one AS (
        SELECT customer_id FROM quartier.profiled_customer \(kind) \(sample)
      ), bought AS (
        SELECT customer_id, count(*) FILTER (day > \(year)) AS orders,
          CAST(coalesce(sum(amount) FILTER (day > \(year)), 0) AS DOUBLE) AS revenue,
          CAST(avg(amount) AS DOUBLE) AS basket, count(DISTINCT day) AS days,
          max(day) AS last_day,
          CAST(arg_min(amount, (day, source, key)) AS DOUBLE) AS first_basket
        FROM audit_purchase WHERE day <= \(day) GROUP BY customer_id
      ), subscribed AS (
        SELECT customer_id, bool_or(ended_at IS NULL
          OR CAST(ended_at AS DATE) > \(day)) AS still
        FROM quartier.subscriptions GROUP BY customer_id
      ), asked AS (SELECT DISTINCT customer_id FROM quartier.tickets),
      dealt AS (
        SELECT customer_id, bool_or(coalesce(won, false)) AS won FROM quartier.opportunities
        WHERE won IS NOT NULL OR closed_at IS NOT NULL GROUP BY customer_id
      )
      SELECT one.customer_id, (b.days > 1) AS came_back, b.orders AS orders_12_months,
        b.revenue AS revenue_12_months, b.basket AS average_basket,
        (a.customer_id IS NOT NULL) AS contacted_support, (b.last_day <= \(half)) AS dormant,
        date_diff('day', b.last_day, \(day)) AS days_since_last_purchase,
        (b.customer_id IS NOT NULL) AS has_bought, b.first_basket,
        (s.customer_id IS NOT NULL) AS has_subscribed, s.still AS still_subscribed,
        d.won AS opportunity_won
      FROM one LEFT JOIN bought AS b USING (customer_id)
        LEFT JOIN subscribed AS s USING (customer_id) LEFT JOIN asked AS a USING (customer_id)
        LEFT JOIN dealt AS d USING (customer_id)
      """)
    // Of whom no outcome means anything is no customer to compare.
    let known = outcomes.map { "\(identifier: $0.id) IS NOT NULL" as SQL }
    try await session.execute(
      "DELETE FROM audit_outcome WHERE NOT (\(known.joined(separator: " OR ")))")
    let compared = try await session.value("SELECT count(*) FROM audit_outcome").int ?? 0
    return (compared, all > Self.sampleSize)
  }

  // MARK: Candidates

  /// What is computed from orders: the most frequent of many differs from that of a few.
  private static let ofOrders: Set<String> = [
    "payment_method", "favourite_channel", "favourite_category",
  ]

  /// What follows from purchases differs by purchases, and checks and codes describe data rather
  /// than customers.
  private static let noCriteria: Set<String> = [
    "sales_share", "christmas_share", "school_holiday_share", "public_holiday_share", "status",
    "pcs_confidence", "place_precision", "naf_version", "size_basis",
    "siren_check", "siret_check", "vat_check", "commune_code", "company_siren",
    "usable_birth_date", "woman_probability", "pcs_code",
  ]

  /// `audit_candidate`: a text column per criterion, the name of each customer's group.
  private func createCandidates() async throws -> [Candidate] {
    let present = try await session.attributeColumns()
    let entries = try await AttributeStore.entries(session).filter {
      present.contains($0.definition.id) && $0.origin != "model"
        && $0.definition.dataClass == .behaviour && !Self.noCriteria.contains($0.definition.id)
        && !($0.origin == "computed" && Self.ofOrders.contains($0.definition.id))
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE audit_known AS
      SELECT o.customer_id, c.kind AS customer_kind, a.* EXCLUDE (customer_id)
      FROM audit_outcome AS o JOIN quartier.profiled_customer AS c USING (customer_id)
        LEFT JOIN quartier.customer_attribute AS a USING (customer_id)
      """)
    var columns: [(id: String, value: SQL)] = []
    for entry in entries {
      if let value = try await groups(of: entry.definition) {
        columns.append((entry.definition.id, value))
      }
    }
    if present.contains("usable_birth_date") { columns.append(("age", age)) }
    let selected = columns.enumerated().map {
      "(\($0.element.value))::VARCHAR AS \(identifier: "g\($0.offset)")" as SQL
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE audit_candidate AS
      SELECT \((["customer_id"] + selected).joined()) FROM audit_known
      """)
    try await session.execute("DROP TABLE audit_known")
    return columns.enumerated().map {
      Candidate(id: $0.element.id, column: "\(identifier: "g\($0.offset)")")
    }
  }

  private var age: SQL {
    let years: SQL = "date_diff('year', usable_birth_date, \(asOf.sqlValue))"
    let had: SQL = "usable_birth_date + to_years(CAST(\(years) AS INTEGER)) <= \(asOf.sqlValue)"
    let age: SQL = "(\(years) - CASE WHEN \(had) THEN 0 ELSE 1 END)"
    return """
      CASE WHEN usable_birth_date IS NULL THEN NULL WHEN \(age) < 18 THEN '0-17'
        WHEN \(age) < 25 THEN '18-24' WHEN \(age) < 35 THEN '25-34' WHEN \(age) < 45 THEN '35-44'
        WHEN \(age) < 55 THEN '45-54' WHEN \(age) < 65 THEN '55-64' ELSE '65+' END
      """
  }

  /// The group of a value; nil for attributes that make no groups.
  private func groups(of definition: AttributeDefinition) async throws -> SQL? {
    let column: SQL = "\(identifier: definition.id)"
    switch definition.type {
    case .enumeration, .boolean: return "\(column)::VARCHAR"
    case .text:
      let row = try await session.row(
        "SELECT count(\(column)), count(DISTINCT \(column)) FROM audit_known")
      let filled = row[0].int ?? 0
      let distinct = row[1].int ?? 0
      // Names and codes of a few customers each are no criterion.
      guard distinct > 1, distinct <= Self.mostValues, filled >= 5 * distinct else { return nil }
      let kept = try await session.query(
        """
        SELECT \(column) FROM audit_known WHERE \(column) IS NOT NULL GROUP BY \(column)
        ORDER BY count(*) DESC, \(column) LIMIT \(Self.categoryLimit)
        """
      ).rows.compactMap { $0[0].text }
      guard distinct > kept.count else { return column }
      let list = kept.map { "\($0)" as SQL }.joined()
      return
        "CASE WHEN \(column) IS NULL THEN NULL WHEN \(column) IN (\(list)) THEN \(column) ELSE '…' END"
    case .count, .duration, .share, .number, .decimal, .money:
      // The engine takes no bound share here.
      let shares: [SQL] = ["0.25", "0.5", "0.75"]
      let quartiles = shares.map {
        "quantile_cont(CAST(\(column) AS DOUBLE), \($0))" as SQL
      }.joined()
      let row = try await session.row("SELECT \(quartiles) FROM audit_known")
      var cuts: [Double] = []
      for cut in row.compactMap(\.double) where cut != cuts.last { cuts.append(cut) }
      guard !cuts.isEmpty else { return nil }
      let cases = cuts.enumerated().map { position, cut -> SQL in
        let from = position == 0 ? "" : Self.short(cuts[position - 1])
        return "WHEN \(column) <= \(cut) THEN \(literal: "\(from)–\(Self.short(cut))")"
      }.joined(separator: " ")
      return """
        CASE WHEN \(column) IS NULL THEN NULL \(cases)
          ELSE \(literal: "\(Self.short(cuts[cuts.count - 1]))–") END
        """
    case .date, .instant, .list, .objects: return nil
    }
  }

  private static func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15
      ? String(Int64(value)) : String((value * 100).rounded() / 100)
  }

  // MARK: Tests

  private struct Draft {
    let test: String
    let statistic: Double
    let degreesOfFreedom: Int
    let pValue: Double
    let effectSize: Double
    let groups: [AuditReport.Group]

    func comparison(_ outcome: Outcome, _ adjusted: Double) -> AuditReport.Comparison {
      AuditReport.Comparison(
        outcome: outcome.id, test: test, customers: groups.reduce(0) { $0 + $1.customers },
        statistic: statistic, degreesOfFreedom: degreesOfFreedom, pValue: pValue,
        adjustedPValue: adjusted, effectSize: effectSize, groups: groups)
    }
  }

  private func compare(_ candidate: Candidate, _ outcome: Outcome) async throws -> Draft? {
    let value: SQL = "CAST(o.\(identifier: outcome.id) AS DOUBLE)"
    let rows = try await session.query(
      """
      WITH valued AS (
        SELECT c.\(candidate.column) AS part, \(value) AS value
        FROM audit_candidate AS c JOIN audit_outcome AS o USING (customer_id)
        WHERE part IS NOT NULL AND value IS NOT NULL
      ), kept AS (
        SELECT part FROM valued GROUP BY part HAVING count(*) >= \(Self.leastGroup)
      ), counted AS (
        SELECT part, value, count(*) AS n FROM valued JOIN kept USING (part) GROUP BY part, value
      ), distinct_value AS (SELECT value, sum(n) AS n FROM counted GROUP BY value),
      ranked AS (
        SELECT value, n, sum(n) OVER (ORDER BY value) - n + (n + 1) / 2.0 AS place
        FROM distinct_value
      ), spread AS (
        SELECT sum(n * (place - middle) * (place - middle)) AS squares
        FROM ranked, (SELECT (sum(n) + 1) / 2.0 AS middle FROM distinct_value)
      ), summed AS (
        SELECT part, sum(c.n) AS customers, sum(c.n * place) AS places,
          sum(c.n * c.value) / sum(c.n) AS average
        FROM counted AS c JOIN ranked USING (value) GROUP BY part
      )
      SELECT s.part, CAST(s.customers AS DOUBLE), CAST(places AS DOUBLE),
        CAST(average AS DOUBLE), (SELECT median(v.value) FROM valued AS v WHERE v.part = s.part),
        (SELECT CAST(squares AS DOUBLE) FROM spread)
      FROM summed AS s ORDER BY s.part
      """
    ).rows
    let groups = rows.map {
      AuditReport.Group(
        value: $0[0].text ?? "", customers: Int($0[1].double ?? 0), average: $0[3].double ?? 0,
        median: outcome.isYesOrNo ? nil : $0[4].double)
    }.sorted {
      (-($0.median ?? $0.average), -$0.average, $0.value)
        < (-($1.median ?? $1.average), -$1.average, $1.value)
    }
    if outcome.isYesOrNo {
      let counts = groups.map { group in
        let yes = (group.average * Double(group.customers)).rounded()
        return [yes, Double(group.customers) - yes]
      }
      guard let test = try? ChiSquareTest(counts: counts) else { return nil }
      return Draft(
        test: "chi_square", statistic: test.statistic, degreesOfFreedom: test.degreesOfFreedom,
        pValue: test.pValue, effectSize: test.cramersV, groups: groups)
    }
    let sums = rows.map {
      KruskalWallisTest.RankSum(count: $0[1].double ?? 0, ranks: $0[2].double ?? 0)
    }
    guard let squares = rows.first?[5].double,
      let test = try? KruskalWallisTest(groups: sums, sumOfSquares: squares)
    else { return nil }
    return Draft(
      test: "kruskal_wallis", statistic: test.statistic,
      degreesOfFreedom: test.degreesOfFreedom, pValue: test.pValue,
      effectSize: test.epsilonSquared, groups: groups)
  }
}
