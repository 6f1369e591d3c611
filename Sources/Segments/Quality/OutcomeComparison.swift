internal import SQLBuilder
internal import StatisticalModels
internal import Warehouse

/// What segments are compared by: a column of a relation that has a row per customer.
package struct Outcome: Sendable, Hashable {
  /// As the person asked for it.
  package let name: String
  /// The relation's column: a number or a boolean, or a text when categorical.
  package let column: String
  package let isCategorical: Bool

  package init(name: String, column: String, isCategorical: Bool) {
    self.name = name
    self.column = column
    self.isCategorical = isCategorical
  }
}

/// Tests whether segments differ in outcomes, on members of exactly one of them.
///
/// Ranks and counts are made by the engine; only sums come out: one row per segment and outcome,
/// one per segment and category.
struct OutcomeComparison {
  /// Categories beyond the most frequent ones are taken together.
  static let categoryLimit = 20

  let session: any QuerySession
  let options: QualityOptions
  /// A relation of `customer_id`, `segment_id`: current members.
  let members: SQL
  /// A relation of `customer_id` and a column per outcome.
  let values: SQL

  /// - Parameter segments: at least two are needed for a comparison; otherwise there is no report.
  func compare(_ outcomes: [Outcome], segments: [Int64]) async throws -> [OutcomeReport] {
    guard segments.count >= 2, !outcomes.isEmpty else { return [] }
    let ids = segments.map { "\(SQLValue.int($0))" as SQL }.joined()
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE quality_group AS
      SELECT customer_id, min(segment_id) AS segment_id, any_value(kind = 'person') AS is_person
      FROM \(members) AS m JOIN profiled_customer USING (customer_id)
      WHERE segment_id IN (\(ids)) GROUP BY customer_id HAVING count(*) = 1
      """)
    var drafts: [Draft] = []
    for outcome in outcomes {
      let draft =
        outcome.isCategorical
        ? try await categories(of: outcome) : try await ranks(of: outcome)
      if let draft { drafts.append(draft) }
    }
    try await session.execute("DROP TABLE quality_group")
    let adjusted = MultipleTesting.holm(drafts.map(\.pValue))
    return zip(drafts, adjusted).map { $0.report(adjustedPValue: $1) }
  }

  /// A report without the correction for the number of outcomes.
  private struct Draft {
    let outcome: Outcome
    let statistic: Double
    let degreesOfFreedom: Int
    let pValue: Double
    let effectSize: Double
    let effect: Effect
    let groups: [OutcomeReport.Group]
    let pairs: [OutcomeReport.Pair]

    func report(adjustedPValue: Double) -> OutcomeReport {
      OutcomeReport(
        outcome: outcome.name, isCategorical: outcome.isCategorical,
        customers: groups.reduce(0) { $0 + $1.customers }, statistic: statistic,
        degreesOfFreedom: degreesOfFreedom, pValue: pValue, adjustedPValue: adjustedPValue,
        effectSize: effectSize, effect: effect, groups: groups, pairs: pairs)
    }
  }

  /// Leaves out groups of fewer persons than may be told of.
  private var isShown: SQL {
    """
    QUALIFY count(*) OVER (PARTITION BY segment_id) >= \(options.privacyThreshold)
      OR count(*) FILTER (is_person) OVER (PARTITION BY segment_id) = 0
    """
  }

  // MARK: Numbers

  private func ranks(of outcome: Outcome) async throws -> Draft? {
    let rows = try await session.query(
      """
      WITH valued AS (
        SELECT segment_id, CAST(\(identifier: outcome.column) AS DOUBLE) AS value
        FROM quality_group JOIN \(values) AS v USING (customer_id)
        WHERE \(identifier: outcome.column) IS NOT NULL \(isShown)
      ), distinct_value AS (SELECT value, count(*) AS n FROM valued GROUP BY value),
      ranked AS (
        SELECT value, n, sum(n) OVER (ORDER BY value) - n + (n + 1) / 2.0 AS place
        FROM distinct_value
      ), spread AS (
        SELECT sum(n * (place - middle) * (place - middle)) AS squares
        FROM ranked, (SELECT (sum(n) + 1) / 2.0 AS middle FROM distinct_value)
      )
      SELECT segment_id, count(*), CAST(sum(place) AS DOUBLE), median(value), avg(value),
        (SELECT CAST(squares AS DOUBLE) FROM spread)
      FROM valued JOIN ranked USING (value) GROUP BY segment_id ORDER BY segment_id
      """
    ).rows
    let ids = rows.map { Int64($0[0].int ?? 0) }
    let sums = rows.map {
      KruskalWallisTest.RankSum(count: $0[1].double ?? 0, ranks: $0[2].double ?? 0)
    }
    guard let squares = rows.first?[5].double,
      let test = try? KruskalWallisTest(groups: sums, sumOfSquares: squares)
    else { return nil }
    let total = sums.reduce(0) { $0 + $1.count }
    let comparisons = Self.pairs(ids.count).compactMap { i, j in
      (try? DunnComparison(sums[i], sums[j], total: total, sumOfSquares: squares)).map {
        Comparison(
          first: ids[i], second: ids[j], pValue: $0.pValue, effectSize: $0.dominance,
          effect: .ofDominance($0.dominance))
      }
    }
    return Draft(
      outcome: outcome, statistic: test.statistic, degreesOfFreedom: test.degreesOfFreedom,
      pValue: test.pValue, effectSize: test.epsilonSquared,
      effect: .ofEpsilonSquared(test.epsilonSquared),
      groups: rows.indices.map {
        OutcomeReport.Group(
          segment: ids[$0], customers: Int(sums[$0].count), median: rows[$0][3].double,
          average: rows[$0][4].double, category: nil, categoryShare: nil)
      },
      pairs: adjusted(comparisons))
  }

  // MARK: Categories

  private func categories(of outcome: Outcome) async throws -> Draft? {
    let rows = try await session.query(
      """
      WITH valued AS (
        SELECT segment_id, CAST(\(identifier: outcome.column) AS VARCHAR) AS category
        FROM quality_group JOIN \(values) AS v USING (customer_id)
        WHERE \(identifier: outcome.column) IS NOT NULL \(isShown)
      ), kept AS (
        SELECT category FROM valued GROUP BY category
        ORDER BY count(*) DESC, category LIMIT \(Self.categoryLimit)
      )
      SELECT segment_id, kept.category, count(*)
      FROM valued LEFT JOIN kept USING (category)
      GROUP BY ALL ORDER BY segment_id, kept.category NULLS LAST
      """
    ).rows
    let ids = Set(rows.map { Int64($0[0].int ?? 0) }).sorted()
    // Beyond the limit: one class without a name.
    let classes = Set(rows.map { $0[1].text ?? "" }).sorted()
    var counts = [[Double]](
      repeating: [Double](repeating: 0, count: classes.count), count: ids.count)
    for row in rows {
      guard let i = ids.firstIndex(of: Int64(row[0].int ?? 0)),
        let j = classes.firstIndex(of: row[1].text ?? "")
      else { continue }
      counts[i][j] = row[2].double ?? 0
    }
    guard let test = try? ChiSquareTest(counts: counts) else { return nil }
    let comparisons = Self.pairs(ids.count).map { i, j in
      let pair = try? ChiSquareTest(counts: [counts[i], counts[j]])
      return Comparison(
        first: ids[i], second: ids[j], pValue: pair?.pValue ?? 1,
        effectSize: pair?.cramersV ?? 0,
        effect: .ofCramersV(pair?.cramersV ?? 0, smallerClasses: 2))
    }
    return Draft(
      outcome: outcome, statistic: test.statistic, degreesOfFreedom: test.degreesOfFreedom,
      pValue: test.pValue, effectSize: test.cramersV,
      effect: .ofCramersV(test.cramersV, smallerClasses: min(ids.count, classes.count)),
      groups: ids.indices.map { i in
        let total = counts[i].reduce(0, +)
        let top = classes.indices.filter { !classes[$0].isEmpty }
          .max { counts[i][$0] < counts[i][$1] }
        return OutcomeReport.Group(
          segment: ids[i], customers: Int(total), median: nil, average: nil,
          category: top.map { classes[$0] }, categoryShare: top.map { counts[i][$0] / total })
      },
      pairs: adjusted(comparisons))
  }

  // MARK: Pairs

  private struct Comparison {
    let first: Int64
    let second: Int64
    let pValue: Double
    let effectSize: Double
    let effect: Effect
  }

  /// A difference is one that chance does not explain and that is worth speaking of.
  private func adjusted(_ comparisons: [Comparison]) -> [OutcomeReport.Pair] {
    zip(comparisons, MultipleTesting.holm(comparisons.map(\.pValue))).map { comparison, pValue in
      OutcomeReport.Pair(
        first: comparison.first, second: comparison.second, adjustedPValue: pValue,
        effectSize: comparison.effectSize,
        differs: pValue < options.significance && comparison.effect != .negligible)
    }
  }

  private static func pairs(_ count: Int) -> [(Int, Int)] {
    (0..<count).flatMap { i in ((i + 1)..<max(count, i + 1)).map { (i, $0) } }
  }
}
