internal import CustomerSchema
internal import NumericalMethods
internal import SQLBuilder
internal import StatisticalModels
internal import Warehouse

/// Values every customer: the model answers once per distinct history and vector of covariates, the
/// rest is one join.
struct LifetimeScores {
  let settings: LifetimeSettings
  let currency: CurrencyCode
  let model: LifetimeModel
  /// Nil where everybody is expected to spend `meanSpend`.
  let spend: GammaGammaModel?
  let meanSpend: Double

  /// Distinct histories beyond which the interval of the total rests on evenly spaced ones.
  private static let slopeCells = 40_000

  private var margin: Double { settings.margin }
  private var costs: ServiceCosts { settings.costs }
  private var countsTime: Bool { costs.perYear > 0 }

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
        clv DOUBLE, clv_lower DOUBLE, clv_upper DOUBLE, service_cost DOUBLE,
        acquisition_cost DOUBLE)
      """)
  }

  /// Derivatives of a group's cells: of discounted purchases and, where time costs, of the
  /// discounted lifetime in years.
  private struct Slopes {
    var purchases: [[Double]] = []
    var lifetime: [[Double]] = []
  }

  /// Makes `customer_value` and returns the totals.
  ///
  /// - Parameter groups: the histories by covariates; `purchase_history` has the column
  ///   `covariate_group` where `hasCovariates`.
  func create(
    _ groups: [CovariateGroup], hasCovariates: Bool, in session: any QuerySession
  ) async throws -> LifetimeReport.TotalsReport {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE lifetime_cells (
        g DOUBLE, x DOUBLE, last_age DOUBLE, age DOUBLE, alive DOUBLE, expected DOUBLE,
        discounted DOUBLE, years DOUBLE, variance DOUBLE, covariance DOUBLE, years_variance DOUBLE)
      """)
    var known: [Slopes]?
    if settings.customerIntervals, spend?.report != nil, model.report != nil { known = [] }
    for (index, group) in groups.enumerated() {
      let scores = try model.score(
        group.histories, horizon: settings.horizon.span, discount: settings.discount,
        covariates: group.covariates, withLifetime: countsTime, threads: settings.threads)
      var slopes = Slopes()
      if known != nil {
        slopes = try self.slopes(group)
        known?.append(slopes)
      }
      try await append(group.histories, Double(index), scores, slopes, to: session)
    }
    try await session.execute(customerValue(hasCovariates))
    return try await totals(groups, known, hasCovariates, in: session)
  }

  private var yearsPerUnit: Double { settings.unit.days / TimeUnit.year.days }

  private func slopes(_ group: CovariateGroup) throws -> Slopes {
    func gradient(ofLifetime: Bool) throws -> [[Double]] {
      try model.discountedPurchasesGradient(
        group.histories, horizon: settings.horizon.span, discount: settings.discount,
        covariates: group.covariates, ofLifetime: ofLifetime, threads: settings.threads)
    }
    return Slopes(
      purchases: try gradient(ofLifetime: false),
      lifetime: countsTime
        ? try gradient(ofLifetime: true).map { $0.map { $0 * yearsPerUnit } } : [])
  }

  private func append(
    _ table: HistoryTable, _ group: Double, _ scores: HistoryScores, _ slopes: Slopes,
    to session: any QuerySession
  ) async throws {
    // Whole days come back exactly: they were divided by the unit's length before.
    let days = settings.unit.days
    let count = table.cellCount
    let zeros = [Double](repeating: 0, count: count)
    try await session.append(
      [
        [Double](repeating: group, count: count), table.repeatPurchases,
        table.lastPurchaseAge.map { ($0 * days).rounded() },
        table.customerAge.map { ($0 * days).rounded() }, scores.aliveProbability,
        scores.expectedPurchases, scores.discountedPurchases,
        countsTime ? scores.discountedLifetime.map { $0 * yearsPerUnit } : zeros,
        products(slopes.purchases, slopes.purchases, count),
        countsTime ? products(slopes.purchases, slopes.lifetime, count) : zeros,
        countsTime ? products(slopes.lifetime, slopes.lifetime, count) : zeros,
      ], to: "lifetime_cells")
  }

  /// Covariances of two quantities of each cell by the delta method; NaN where not asked for.
  private func products(_ left: [[Double]], _ right: [[Double]], _ cells: Int) -> [Double] {
    guard let report = model.report, !left.isEmpty else {
      return [Double](repeating: .nan, count: cells)
    }
    let n = left.count
    let c = report.searchCovariance
    return (0..<cells).map { cell in
      var sum = 0.0
      for i in 0..<n {
        for j in 0..<n { sum += left[i][cell] * c[i * n + j] * right[j][cell] }
      }
      return sum
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

  /// Customers with the scores of their cells.
  private func scored(_ hasCovariates: Bool) -> SQL {
    let group: SQL = hasCovariates ? "covariate_group" : "0::DOUBLE"
    let acquisition: SQL =
      costs.acquisitionIsKnown
      ? "LEFT JOIN customer_costs AS k ON k.customer = h.customer" : ""
    let cost: SQL =
      costs.acquisitionIsKnown ? "coalesce(k.acquisition, 0)" : "\(costs.acquisition)"
    return """
      (SELECT h.*, c.* EXCLUDE (x, last_age, age), \(cost) AS acquisition_cost
      FROM (SELECT *, \(group) AS h_group FROM purchase_history) AS h
      JOIN lifetime_cells AS c ON c.g = h.h_group AND c.x = h.x AND c.last_age = h.last_age
        AND c.age = h.age \(acquisition))
      """
  }

  private func customerValue(_ hasCovariates: Bool) -> SQL {
    let quantile = Distribution.normalQuantile(0.5 + settings.level / 2)
    let (p, q, gamma) = (spend?.p ?? 1, spend?.q ?? 3, spend?.gamma ?? 1)
    // Where nothing costs, the arithmetic stays that of the value alone.
    let net: SQL =
      costs.perPurchase > 0
      ? "(\(margin) * spend - \(costs.perPurchase))" : "\(margin) * spend"
    let yearly: SQL = countsTime ? "- \(costs.perYear) * years" : ""
    let timeVariance: SQL =
      countsTime
      ? """
      - 2 * \(costs.perYear) * \(net) * covariance
        + \(costs.perYear) * \(costs.perYear) * years_variance
      """ : ""
    return """
      CREATE OR REPLACE TEMP TABLE customer_value AS
      SELECT customer, alive AS p_alive, expected AS expected_purchases, spend AS expected_spend,
        clv,
        CASE WHEN NOT isnan(error) THEN clv - \(quantile) * error END AS clv_lower,
        CASE WHEN NOT isnan(error) THEN clv + \(quantile) * error END AS clv_upper,
        service_cost, acquisition_cost
      FROM (
        SELECT *, \(net) * discounted \(yearly) - acquisition_cost AS clv,
          \(costs.perPurchase) * discounted + \(costs.perYear) * years AS service_cost,
          sqrt(CASE WHEN isnan(variance) THEN variance ELSE greatest(0,
            \(net) * \(net) * variance \(timeVariance)
            + \(margin) * \(margin) * discounted * discounted * \(spendVariance)) END) AS error
        FROM (
          SELECT *, spend - spend * \(p) * x / denominator AS dp,
            -spend * \(q) / denominator AS dq, \(p) * \(gamma) / denominator AS dg
          FROM (
            SELECT *, greatest(\(p) * x + \(q) - 1, 1e-9) AS denominator,
              \(expectedSpend) AS spend
            FROM \(scored(hasCovariates)))))
      """
  }

  private func totals(
    _ groups: [CovariateGroup], _ known: [Slopes]?, _ hasCovariates: Bool,
    in session: any QuerySession
  ) async throws -> LifetimeReport.TotalsReport {
    let bands: [(Double, Double)] = [(0.8, 1), (0.6, 0.8), (0.4, 0.6), (0.2, 0.4), (0, 0.2)]
    let rows = try await session.query(
      """
      SELECT least(4, CAST(floor(p_alive * 5) AS INTEGER)) AS band, count(*),
        \(exactSum("expected_purchases")), \(exactSum("clv")), \(exactSum("p_alive")),
        \(exactSum("service_cost")), \(exactSum("acquisition_cost"))
      FROM customer_value GROUP BY band ORDER BY band
      """
    ).rows
    func sum(_ column: Int) -> Double { rows.reduce(0) { $0 + ($1[column].double ?? 0) } }
    let value = sum(3)
    let error = try await totalError(groups, known, hasCovariates, in: session)
    return LifetimeReport.TotalsReport(
      expectedAliveCustomers: sum(4), expectedPurchases: sum(2),
      value: .rounding(value, currency),
      valueLower: error.map { .rounding(value - $0, currency) },
      valueUpper: error.map { .rounding(value + $0, currency) },
      serviceCost: costs.perPurchase > 0 || countsTime ? .rounding(sum(5), currency) : nil,
      acquisitionCost: costs.acquisition > 0 || costs.acquisitionIsKnown
        ? .rounding(sum(6), currency) : nil,
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
    _ groups: [CovariateGroup], _ known: [Slopes]?, _ hasCovariates: Bool,
    in session: any QuerySession
  ) async throws -> Double? {
    guard let report = model.report, let spend, let spendReport = spend.report else { return nil }
    // What a purchase brings, summed over the customers of each history.
    let group: SQL = hasCovariates ? "covariate_group" : "0::DOUBLE"
    let columns = try await session.numbers(
      """
      SELECT g, x, last_age, age, CAST(count(*) AS DOUBLE), CAST(\(exactSum("net")) AS DOUBLE)
      FROM (
        SELECT \(group) AS g, x, last_age, age,
          \(margin) * (\(expectedSpend)) - \(costs.perPurchase) AS net
        FROM purchase_history)
      GROUP BY g, x, last_age, age ORDER BY g, x, age, last_age
      """)
    let step = known == nil ? max(1, columns[0].count / Self.slopeCells) : 1
    let chosen = Array(stride(from: step / 2, to: columns[0].count, by: step))
    let sample = columns.map { column in chosen.map { column[$0] } }
    let tables = try PurchaseHistories.split(
      Array(sample[0..<5]), settings.unit, vectors: hasCovariates ? groups.map(\.covariates) : [])
    let n = report.estimates.count
    var total = [Double](repeating: 0, count: n)
    let scale = Self.ratio(columns[5], sample[5])
    let timeScale = Self.ratio(columns[4], sample[4]) * costs.perYear
    var row = 0
    for (index, table) in tables.enumerated() {
      let own = try step == 1 && known != nil ? known?[index] : slopes(table)
      guard let own else { continue }
      for place in 0..<table.histories.cellOfRow.count {
        let cell = Int(table.histories.cellOfRow[place])
        for i in 0..<n {
          total[i] += scale * sample[5][row] * own.purchases[i][cell]
          if countsTime { total[i] -= timeScale * sample[4][row] * own.lifetime[i][cell] }
        }
        row += 1
      }
    }
    let (p, q, gamma) = (spend.p, spend.q, spend.gamma)
    let spendSlopes = try await session.row(
      """
      SELECT \(exactSum("f * (spend - spend * \(p) * x / d)")),
        \(exactSum("f * (-spend * \(q) / d)")), \(exactSum("f * \(p) * \(gamma) / d"))
      FROM (
        SELECT x, \(margin) * discounted AS f,
          greatest(\(p) * x + \(q) - 1, 1e-9) AS d, \(expectedSpend) AS spend
        FROM \(scored(hasCovariates)))
      """
    ).map { $0.double ?? 0 }
    let variance =
      Matrix(rows: n, columns: n, values: report.searchCovariance).quadraticForm(total)
      + Matrix(rows: 3, columns: 3, values: spendReport.searchCovariance)
      .quadraticForm(spendSlopes)
    return Distribution.normalQuantile(0.5 + settings.level / 2) * max(0, variance).squareRoot()
  }

  private static func ratio(_ all: [Double], _ part: [Double]) -> Double {
    let sum = part.reduce(0, +)
    return sum == 0 ? 1 : all.reduce(0, +) / sum
  }
}
