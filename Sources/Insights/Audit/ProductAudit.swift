internal import CustomerSchema
internal import SQLBuilder
internal import StatisticalModels
internal import Warehouse

/// Which products sell, and which of them first-time buyers come back after.
struct ProductAudit {
  let session: any QuerySession
  let currency: CurrencyCode

  static let bestSellerLimit = 10
  static let entryLimit = 10
  /// First-time buyers of a product from which on they are compared.
  static let leastBuyers = 30
  /// Days after the first purchase that are looked at, unless half of the history is shorter.
  static let followed = 180
  static let leastFollowed = 30
  static let significance = 0.05

  /// Needs `audit_purchase`.
  func products(_ base: AuditReport.Base) async throws -> AuditReport.Products {
    let best = try await bestSellers()
    guard let first = base.firstPurchase, let last = base.lastPurchase else {
      return AuditReport.Products(bestSellers: best, entries: [], followedDays: nil)
    }
    let days = min(Self.followed, Int(last.daysSinceEpoch - first.daysSinceEpoch) / 2)
    guard days >= Self.leastFollowed else {
      return AuditReport.Products(bestSellers: best, entries: [], followedDays: nil)
    }
    return AuditReport.Products(
      bestSellers: best, entries: try await entries(days, until: last), followedDays: days)
  }

  private func bestSellers() async throws -> [AuditReport.Products.BestSeller] {
    try await session.query(
      """
      WITH line AS (
        SELECT l.product, l.customer_id, l.quantity, l.amount FROM quartier.order_lines AS l
        WHERE l.kind = 'purchase' AND l.product IS NOT NULL
      )
      SELECT coalesce((SELECT any_value(p.name) FROM quartier.products AS p
          WHERE p.product = line.product), line.product),
        count(DISTINCT customer_id), CAST(sum(coalesce(quantity, 1)) AS DOUBLE),
        sum(amount)::DECIMAL(38, 4),
        CAST(sum(amount) AS DOUBLE) / (SELECT nullif(CAST(sum(amount) AS DOUBLE), 0) FROM line)
      FROM line GROUP BY line.product
      ORDER BY sum(amount) DESC, line.product LIMIT \(Self.bestSellerLimit)
      """
    ).rows.map { row in
      AuditReport.Products.BestSeller(
        product: row[0].text ?? "", buyers: row[1].int ?? 0, quantity: row[2].double ?? 0,
        revenue: Money(row[3].decimal ?? .zero, currency), share: row[4].double ?? 0)
    }
  }

  /// Customers whose first day of purchase is followed for `days` in full, by what they bought then.
  private func entries(
    _ days: Int, until last: LocalDate
  ) async throws -> [AuditReport.Products.Entry] {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE audit_followed AS
      WITH opening AS (
        SELECT customer_id, min(day) AS first_day FROM audit_purchase GROUP BY customer_id
        HAVING min(day) <= \(last.adding(days: -days).sqlValue)
      )
      SELECT f.customer_id, f.first_day, count(p.day) > 0 AS came_back,
        coalesce(sum(p.amount), 0)::DECIMAL(38, 4) AS spent
      FROM opening AS f LEFT JOIN audit_purchase AS p ON p.customer_id = f.customer_id
        AND p.day > f.first_day AND p.day <= f.first_day + CAST(\(days) AS INTEGER)
      GROUP BY f.customer_id, f.first_day
      """)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE audit_entry AS
      SELECT DISTINCT f.customer_id, l.product FROM audit_followed AS f
      JOIN quartier.order_lines AS l ON l.customer_id = f.customer_id
        AND CAST(l.local_at AS DATE) = f.first_day
      WHERE l.kind = 'purchase' AND l.product IS NOT NULL
      """)
    // Ranks of what was spent, among all who are followed: sums of ranks are all a test needs.
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE audit_ranked AS
      SELECT customer_id, came_back, spent, rank() OVER (ORDER BY spent)
        + (count(*) OVER (PARTITION BY spent) - 1) / 2.0 AS place
      FROM audit_followed
      """)
    let whole = try await session.row(
      """
      SELECT CAST(count(*) AS DOUBLE), CAST(count(*) FILTER (came_back) AS DOUBLE),
        sum(spent)::DECIMAL(38, 4), CAST(sum(place) AS DOUBLE),
        CAST(sum((place - middle) * (place - middle)) AS DOUBLE)
      FROM audit_ranked, (SELECT (count(*) + 1) / 2.0 AS middle FROM audit_ranked)
      """)
    let rows = try await session.query(
      """
      SELECT coalesce(any_value(p.name), e.product), CAST(count(*) AS DOUBLE),
        CAST(count(*) FILTER (came_back) AS DOUBLE), sum(spent)::DECIMAL(38, 4),
        CAST(sum(place) AS DOUBLE)
      FROM audit_entry AS e JOIN audit_ranked USING (customer_id)
        LEFT JOIN (SELECT product, any_value(name) AS name FROM quartier.products
          GROUP BY product) AS p ON p.product = e.product
      GROUP BY e.product HAVING count(*) >= \(Self.leastBuyers) ORDER BY e.product
      """
    ).rows
    for table in ["audit_followed", "audit_entry", "audit_ranked"] {
      try await session.execute("DROP TABLE \(identifier: table)")
    }
    return ranked(rows, whole)
  }

  private func ranked(
    _ rows: [[SQLValue]], _ whole: [SQLValue]
  ) -> [AuditReport.Products.Entry] {
    let all = whole.map { $0.double ?? 0 }
    let drafts = rows.compactMap { row -> (row: [SQLValue], back: Double, spent: Double)? in
      let own = row.map { $0.double ?? 0 }
      guard own[1] < all[0] else { return nil }
      let back = try? ChiSquareTest(counts: [
        [own[2], own[1] - own[2]], [all[1] - own[2], all[0] - own[1] - (all[1] - own[2])],
      ])
      let spent = try? KruskalWallisTest(
        groups: [
          KruskalWallisTest.RankSum(count: own[1], ranks: own[4]),
          KruskalWallisTest.RankSum(count: all[0] - own[1], ranks: all[3] - own[4]),
        ], sumOfSquares: all[4])
      return (row, back?.pValue ?? 1, spent?.pValue ?? 1)
    }
    let back = MultipleTesting.benjaminiHochberg(drafts.map(\.back))
    let spent = MultipleTesting.benjaminiHochberg(drafts.map(\.spent))
    let entries = drafts.indices.map { index -> AuditReport.Products.Entry in
      let row = drafts[index].row
      let own = row.map { $0.double ?? 0 }
      let others = all[0] - own[1]
      let share = own[2] / own[1]
      let othersShare = (all[1] - own[2]) / others
      let average = own[3] / own[1]
      let othersAverage = (all[2] - own[3]) / others
      return AuditReport.Products.Entry(
        product: row[0].text ?? "", buyers: Int(own[1]), cameBack: share,
        othersCameBack: othersShare, returnPValue: back[index],
        spent: Self.money(average, currency), othersSpent: Self.money(othersAverage, currency),
        spentPValue: spent[index],
        standsOut: share > othersShare && back[index] < Self.significance
          && average > othersAverage && spent[index] < Self.significance)
    }
    return Array(
      entries.sorted {
        ($0.standsOut ? 0 : 1, -$0.cameBack, $0.product) < (
          $1.standsOut ? 0 : 1, -$1.cameBack, $1.product
        )
      }.prefix(Self.entryLimit))
  }

  private static func money(_ value: Double, _ currency: CurrencyCode) -> Money {
    Money(SQLDecimal(units: Int128((value * 10_000).rounded()), scale: 4), currency)
  }
}
