internal import CustomerSchema
internal import NumericalMethods
internal import SQLBuilder
internal import StatisticalModels
internal import Warehouse

/// Values every customer: the model answers once per distinct history, the rest is one join.
struct LifetimeScores {
  let settings: LifetimeSettings
  let currency: CurrencyCode
  let model: LifetimeModel
  /// Nil where everybody is expected to spend `meanSpend`.
  let spend: GammaGammaModel?
  let meanSpend: Double

  /// Distinct histories beyond which the interval of the total rests on evenly spaced ones.
  private static let slopeCells = 40_000

  /// A sum that does not depend on the order of its rows, as sums of doubles do: to the
  /// hundred-millionth, with what is beyond the engine's decimals left out.
  private func exactSum(_ value: SQL) -> SQL {
    "coalesce(sum(TRY_CAST(\(value) AS DECIMAL(30, 8))), 0)"
  }

  static func createEmpty(in session: any QuerySession) async throws {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE customer_value (
        customer VARCHAR, p_alive DOUBLE, expected_purchases DOUBLE, expected_spend DOUBLE,
        clv DOUBLE, clv_lower DOUBLE, clv_upper DOUBLE)
      """)
  }

  /// Makes `customer_value` and returns the totals.
  func create(
    _ table: HistoryTable, in session: any QuerySession
  ) async throws -> LifetimeReport.TotalsReport {
    let scores = try model.score(
      table, horizon: settings.horizon.span, discount: settings.discount,
      threads: settings.threads)
    let slopes =
      settings.customerIntervals && spend?.report != nil && model.report != nil
      ? try model.discountedPurchasesGradient(
        table, horizon: settings.horizon.span, discount: settings.discount,
        threads: settings.threads) : []
    try await append(table, scores, slopes, to: session)
    try await session.execute(customerValue)
    return try await totals(table, slopes, in: session)
  }

  private func append(
    _ table: HistoryTable, _ scores: HistoryScores, _ slopes: [[Double]],
    to session: any QuerySession
  ) async throws {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE lifetime_cells (
        x DOUBLE, last_age DOUBLE, age DOUBLE, alive DOUBLE, expected DOUBLE, discounted DOUBLE,
        variance DOUBLE)
      """)
    // Whole days come back exactly: they were divided by the unit's length before.
    let days = settings.unit.days
    try await session.append(
      [
        table.repeatPurchases, table.lastPurchaseAge.map { ($0 * days).rounded() },
        table.customerAge.map { ($0 * days).rounded() }, scores.aliveProbability,
        scores.expectedPurchases, scores.discountedPurchases, variances(slopes, table.cellCount),
      ], to: "lifetime_cells")
  }

  /// Variance of each cell's discounted purchases by the delta method; NaN where not asked for.
  private func variances(_ slopes: [[Double]], _ cells: Int) -> [Double] {
    guard let report = model.report, !slopes.isEmpty else {
      return [Double](repeating: .nan, count: cells)
    }
    let n = slopes.count
    let covariance = Matrix(rows: n, columns: n, values: report.searchCovariance)
    return (0..<cells).map { cell in
      max(0, covariance.quadraticForm(slopes.map { $0[cell] }))
    }
  }

  /// The expected spend per purchase: eq. 5 of the spend model, or one mean for everybody.
  private var expectedSpend: SQL {
    guard let spend else { return "\(meanSpend)" }
    return """
      CASE WHEN \(spend.p) * x + \(spend.q) > 1
        THEN \(spend.p) * (\(spend.gamma) + x * coalesce(mean_spend, 0))
          / (\(spend.p) * x + \(spend.q) - 1)
        ELSE \(meanSpend) END
      """
  }

  /// Variance of the expected spend by the delta method in ln p, ln q, ln γ.
  private var spendVariance: SQL {
    guard let spend, let c = spend.report?.searchCovariance else { return "0" }
    let slopes: [SQL] = ["dp", "dq", "dg"]
    var terms: [SQL] = []
    for i in 0..<3 {
      for j in 0..<3 { terms.append("\(c[3 * i + j]) * \(slopes[i]) * \(slopes[j])") }
    }
    return "greatest(0, \(terms.joined(separator: " + ")))"
  }

  private var customerValue: SQL {
    let quantile = Distribution.normalQuantile(0.5 + settings.level / 2)
    let (p, q, gamma) = (spend?.p ?? 1, spend?.q ?? 3, spend?.gamma ?? 1)
    let margin = settings.margin
    return """
      CREATE OR REPLACE TEMP TABLE customer_value AS
      SELECT customer, alive AS p_alive, expected AS expected_purchases, spend AS expected_spend,
        clv,
        CASE WHEN NOT isnan(error) THEN clv - \(quantile) * error END AS clv_lower,
        CASE WHEN NOT isnan(error) THEN clv + \(quantile) * error END AS clv_upper
      FROM (
        SELECT *, \(margin) * spend * discounted AS clv,
          \(margin) * sqrt(spend * spend * variance + discounted * discounted * \(spendVariance))
            AS error
        FROM (
          SELECT *, spend - spend * \(p) * x / denominator AS dp,
            -spend * \(q) / denominator AS dq, \(p) * \(gamma) / denominator AS dg
          FROM (
            SELECT customer, alive, expected, discounted, variance, x,
              greatest(\(p) * x + \(q) - 1, 1e-9) AS denominator, \(expectedSpend) AS spend
            FROM purchase_history JOIN lifetime_cells USING (x, last_age, age))))
      """
  }

  private func totals(
    _ table: HistoryTable, _ slopes: [[Double]], in session: any QuerySession
  ) async throws -> LifetimeReport.TotalsReport {
    let bands: [(Double, Double)] = [(0.8, 1), (0.6, 0.8), (0.4, 0.6), (0.2, 0.4), (0, 0.2)]
    let rows = try await session.query(
      """
      SELECT least(4, CAST(floor(p_alive * 5) AS INTEGER)) AS band, count(*),
        \(exactSum("expected_purchases")), \(exactSum("clv")), \(exactSum("p_alive"))
      FROM customer_value GROUP BY band ORDER BY band
      """
    ).rows
    func sum(_ column: Int) -> Double { rows.reduce(0) { $0 + ($1[column].double ?? 0) } }
    let value = sum(3)
    let error = try await totalError(table, slopes, in: session)
    return LifetimeReport.TotalsReport(
      expectedAliveCustomers: sum(4), expectedPurchases: sum(2),
      value: .rounding(value, currency),
      valueLower: error.map { .rounding(value - $0, currency) },
      valueUpper: error.map { .rounding(value + $0, currency) },
      bands: bands.enumerated().map { index, limits in
        let row = rows.first { $0[0].int == 4 - index }
        return LifetimeReport.TotalsReport.Band(
          from: limits.0, to: limits.1, customers: row?[1].int ?? 0,
          expectedPurchases: row?[2].double ?? 0,
          value: .rounding(row?[3].double ?? 0, currency))
      })
  }

  /// Half the width of the total's confidence interval, by the delta method from both fits.
  private func totalError(
    _ table: HistoryTable, _ known: [[Double]], in session: any QuerySession
  ) async throws -> Double? {
    guard let report = model.report, let spend, let spendReport = spend.report else { return nil }
    // Money expected per purchase, summed over the customers of each history.
    let columns = try await session.numbers(
      """
      SELECT x, last_age, age, CAST(\(exactSum("spend")) AS DOUBLE) FROM (
        SELECT x, last_age, age, \(expectedSpend) AS spend FROM purchase_history)
      GROUP BY ALL ORDER BY x, age, last_age
      """)
    let step = known.isEmpty ? max(1, columns[0].count / Self.slopeCells) : 1
    let days = settings.unit.days
    let chosen = Array(stride(from: step / 2, to: columns[0].count, by: step))
    let sample = try HistoryTable(
      repeatPurchases: chosen.map { columns[0][$0] },
      lastPurchaseAge: chosen.map { columns[1][$0] / days },
      customerAge: chosen.map { columns[2][$0] / days }, unit: settings.unit)
    let slopes = try model.discountedPurchasesGradient(
      sample, horizon: settings.horizon.span, discount: settings.discount,
      threads: settings.threads)
    let money = chosen.map { columns[3][$0] }
    let scale = columns[3].reduce(0, +) / max(money.reduce(0, +), .leastNormalMagnitude)
    let total = slopes.map { slope in
      settings.margin * scale
        * money.enumerated().reduce(0) { $0 + $1.element * slope[Int(sample.cellOfRow[$1.offset])] }
    }
    let (p, q, gamma) = (spend.p, spend.q, spend.gamma)
    let spendSlopes = try await session.row(
      """
      SELECT \(exactSum("f * (spend - spend * \(p) * x / d)")),
        \(exactSum("f * (-spend * \(q) / d)")), \(exactSum("f * \(p) * \(gamma) / d"))
      FROM (
        SELECT x, \(settings.margin) * discounted AS f,
          greatest(\(p) * x + \(q) - 1, 1e-9) AS d, \(expectedSpend) AS spend
        FROM purchase_history JOIN lifetime_cells USING (x, last_age, age))
      """
    ).map { $0.double ?? 0 }
    let n = total.count
    let variance =
      Matrix(rows: n, columns: n, values: report.searchCovariance).quadraticForm(total)
      + Matrix(rows: 3, columns: 3, values: spendReport.searchCovariance)
      .quadraticForm(spendSlopes)
    return Distribution.normalQuantile(0.5 + settings.level / 2) * max(0, variance).squareRoot()
  }
}
