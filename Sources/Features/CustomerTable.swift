package import CustomerSchema
internal import SQLBuilder
package import Warehouse

/// Scores customers and gives each her segments: the last step of describing them.
package struct CustomerTable: Sendable {
  package let scoring: RFMScoring
  package let lifecycle: LifecycleRules
  package let asOf: LocalDate
  /// The end of the previous period, as of which everybody is segmented a second time.
  package let earlier: LocalDate

  package init(
    scoring: RFMScoring, lifecycle: LifecycleRules, asOf: LocalDate, earlier: LocalDate
  ) {
    self.scoring = scoring
    self.lifecycle = lifecycle
    self.asOf = asOf
    self.earlier = earlier
  }

  /// Makes `customers`, with the columns of `AttributeCatalogue.orderHistory`, and
  /// `customer_segments`: `customer`, both segments now and (as `earlier_…`) one period earlier
  /// with the thresholds of then; null for who had not bought yet.
  ///
  /// - Returns: the thresholds that were applied now.
  package func create(
    from table: FeatureTable = FeatureTable(), in session: any QuerySession
  ) async throws -> RFMThresholds {
    let cells = try scoring.cells()
    try await createCells(cells, in: session)
    let days: SQL = "(\(asOf.sqlValue) - last_purchase)"
    let thresholds = try await scoring.thresholds(
      days: days, orders: "orders", monetary: monetary,
      from: "customer_features WHERE orders > 0", in: session)
    let earlierDays: SQL = "(\(earlier.sqlValue) - earlier_last_purchase)"
    let earlierThresholds = try await scoring.thresholds(
      days: earlierDays, orders: "earlier_orders", monetary: earlierMonetary,
      from: "customer_features WHERE earlier_orders > 0", in: session)
    let weights = scoring.weights
    let totalWeight = weights.recency + weights.frequency + weights.monetary
    let scores = thresholds.scores(days: days, orders: "orders", monetary: monetary)
    let money: SQL = table.isCompact ? "DECIMAL(18, 4)" : "DECIMAL(38, 4)"
    func score(_ value: SQL) -> SQL {
      "CASE WHEN orders > 0 THEN CAST(\(value) AS TINYINT) END"
    }
    // A place in a list costs less than a join.
    func word(_ name: SQL, _ words: [String]) -> SQL {
      let list = words.map { "\(literal: $0)" as SQL }.joined()
      let classes = scoring.classes
      let place: SQL = """
        CAST(((r_score - 1) * \(classes) + f_score - 1) * \(classes) + m_score AS BIGINT)
        """
      return "coalesce(list_extract([\(list)], \(place)), 'no_purchase') AS \(name)"
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE customers AS
      SELECT customer, first_purchase, last_purchase,
        \(days) AS days_since_last_purchase,
        orders, coalesce(purchase_occasions, 0) AS purchase_occasions,
        CAST(gross_revenue AS \(money)) AS gross_revenue,
        CAST(returned_amount AS \(money)) AS returned_amount,
        CAST(gross_revenue - returned_amount AS \(money)) AS revenue,
        CAST(average_basket AS \(money)) AS average_basket, median_days_between_purchases,
        \(asOf.sqlValue) - first_purchase AS tenure_days, return_rate,
        distinct_products, favourite_category, favourite_channel,
        r_score, f_score, m_score,
        round((\(weights.recency) * r_score + \(weights.frequency) * f_score
          + \(weights.monetary) * m_score) / \(totalWeight), 4) AS rfm_score,
        \(word("segment", cells.map(\.segment))), \(word("rfm_group", cells.map(\.group))),
        \(lifecycle.columns(asOf: asOf))
      FROM (
        SELECT *, \(score(scores.recency)) AS r_score, \(score(scores.frequency)) AS f_score,
          \(score(scores.monetary)) AS m_score
        FROM customer_features)
      """)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE earlier_segments AS
      SELECT customer, cell.segment AS earlier_segment, cell.rfm_group AS earlier_group
      FROM (
        SELECT customer,
          \(cellCode(earlierThresholds, earlierDays, "earlier_orders", earlierMonetary)) AS code
        FROM customer_features WHERE earlier_orders > 0)
      JOIN rfm_cells AS cell USING (code)
      """)
    return thresholds
  }

  private var monetary: SQL {
    switch scoring.monetary {
    case .net: "CAST(gross_revenue - returned_amount AS DOUBLE)"
    case .gross: "CAST(gross_revenue AS DOUBLE)"
    case .average: "(CAST(gross_revenue AS DOUBLE) / orders)"
    }
  }

  private var earlierMonetary: SQL {
    switch scoring.monetary {
    case .net: "CAST(earlier_gross_revenue - earlier_returned_amount AS DOUBLE)"
    case .gross: "CAST(earlier_gross_revenue AS DOUBLE)"
    case .average: "(CAST(earlier_gross_revenue AS DOUBLE) / earlier_orders)"
    }
  }

  /// One number for the three scores, to look the cell up by.
  private func cellCode(
    _ thresholds: RFMThresholds, _ days: SQL, _ orders: SQL, _ monetary: SQL
  ) -> SQL {
    let scores = thresholds.scores(days: days, orders: orders, monetary: monetary)
    return "(\(scores.recency)) * 10000 + (\(scores.frequency)) * 100 + (\(scores.monetary))"
  }

  private func createCells(_ cells: [RFMCell], in session: any QuerySession) async throws {
    let rows = cells.map { cell in
      let scores = cell.scores
      let code = scores.recency * 10_000 + scores.frequency * 100 + scores.monetary
      return """
        (\(code), \(scores.recency), \(scores.frequency), \(scores.monetary),
          \(cell.recencyRow), \(cell.valueColumn), \(cell.segment), \(cell.group))
        """ as SQL
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE rfm_cells (
        code INTEGER, r_score TINYINT, f_score TINYINT, m_score TINYINT,
        recency_row TINYINT, value_column TINYINT, segment VARCHAR, rfm_group VARCHAR)
      """)
    try await session.execute("INSERT INTO rfm_cells VALUES \(rows.joined())")
  }
}

extension RFMScoring {
  /// Cuts given by hand, else type-7 quantiles (Hyndman & Fan 1996); all 0 when the relation has
  /// no row to score.
  func thresholds(
    days: SQL, orders: SQL, monetary: SQL, from relation: SQL, in session: any QuerySession
  ) async throws(WarehouseError) -> RFMThresholds {
    if let fixed { return fixed }
    let count = try await session.value("SELECT count(*) FROM \(relation)").int ?? 0
    guard count > 0 else {
      let zeros = Array(repeating: 0.0, count: classes - 1)
      return RFMThresholds(daysSinceLastPurchase: zeros, orders: zeros, monetary: zeros)
    }
    let positions = (1..<classes).map { QuantilePosition($0, of: classes, count: count) }
    let places = Set(positions.flatMap { [$0.below, $0.above] }).sorted()
    // The element at a place, by a probability in the middle of its step: no rounding can miss it.
    let steps = places.map { "\((Double($0) + 0.5) / Double(count))" as SQL }.joined()
    func elements(_ value: SQL) -> SQL { "quantile_disc(CAST(\(value) AS DOUBLE), [\(steps)])" }
    let row = try await session.row(
      "SELECT \(elements(days)), \(elements(orders)), \(elements(monetary)) FROM \(relation)")
    func cuts(_ value: SQLValue) throws(WarehouseError) -> [Double] {
      let found = value.list?.compactMap(\.double) ?? []
      guard found.count == places.count else {
        throw .unexpectedResult("as many elements as places are expected")
      }
      let element = Dictionary(uniqueKeysWithValues: zip(places, found))
      return positions.map { $0.value(element[$0.below] ?? 0, element[$0.above] ?? 0) }
    }
    return RFMThresholds(
      daysSinceLastPurchase: try cuts(row[0]), orders: try cuts(row[1]),
      monetary: try cuts(row[2]))
  }
}

/// Where the type-7 quantile `part / parts` of sorted values lies. In whole numbers, because
/// 0.7 × 90 is less than 63 in doubles, and a customer exactly on a cut would score too high.
private struct QuantilePosition {
  /// Places from 0.
  let below: Int
  let above: Int
  private let remainder: Int
  private let parts: Int

  init(_ part: Int, of parts: Int, count: Int) {
    let (place, remainder) = ((count - 1) * part).quotientAndRemainder(dividingBy: parts)
    below = place
    above = remainder == 0 ? place : place + 1
    self.remainder = remainder
    self.parts = parts
  }

  func value(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * Double(remainder) / Double(parts)
  }
}
