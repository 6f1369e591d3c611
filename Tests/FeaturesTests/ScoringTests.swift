import CustomerSchema
import Insights
import SQLBuilder
import Testing
import Warehouse

@testable import Features

@Suite struct `RFM scores` {
  @Test func `equal values get equal scores, as the published toy has them`() async throws {
    // The values 1, 1, 1, 1, 2, 2, 3, 5, 8, 13 score 1, 1, 1, 1, 3, 3, 4, 4, 5, 5.
    let shop = try await Shop(
      """
      SELECT 'c' || i AS customer, DATE '2024-01-01' AS day, CAST(v AS DECIMAL(18, 4)) AS amount
      FROM (VALUES (0, 1), (1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (7, 5), (8, 8), (9, 13))
        AS t(i, v)
      """, from: "2024-01-01", asOf: "2024-01-01")
    let rows = try await shop.session.query(
      "SELECT m_score, r_score, f_score FROM customers ORDER BY customer"
    ).rows
    #expect(rows.map { $0[0].int } == [1, 1, 1, 1, 3, 3, 4, 4, 5, 5])
    // All equal: no cut is strictly below, so the best recency and the lowest frequency.
    #expect(rows.allSatisfy { $0[1] == .int(5) && $0[2] == .int(1) })
  }

  @Test(arguments: 3...10)
  func `both partitions cover every score triple once`(classes: Int) throws {
    let cells = try RFMScoring(classes: classes).cells()
    #expect(cells.count == classes * classes * classes)
    #expect(Set(cells.map(\.segment)).isSubset(of: AttributeCatalogue.segments))
    #expect(Set(cells.map(\.group)).isSubset(of: AttributeCatalogue.groups))
    #expect(Set(cells.map(\.recencyRow)).isSubset(of: 1...5))
    #expect(cells.allSatisfy { (1...5).contains($0.valueColumn) })
  }

  @Test func `with five classes every segment and every group can be reached`() throws {
    let cells = try RFMScoring().cells()
    #expect(Set(cells.map(\.segment)) == Set(AttributeCatalogue.segments.dropLast()))
    #expect(Set(cells.map(\.group)) == Set(AttributeCatalogue.groups.dropLast()))
  }

  @Test func `the eleven groups lie on the grid as documented`() throws {
    // Rows R 5 to 1, columns FM 1 to 5.
    let expected: [[String]] = [
      ["new", "potential_loyalists", "potential_loyalists", "champions", "champions"],
      ["promising", "potential_loyalists", "potential_loyalists", "loyal", "champions"],
      ["about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"],
      ["hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose"],
      ["lost", "lost", "at_risk", "at_risk", "cannot_lose"],
    ]
    for cell in try RFMScoring().cells() {
      #expect(cell.group == expected[5 - cell.recencyRow][cell.valueColumn - 1])
    }
  }

  @Test func `one customer is scored by stored thresholds as SQL scored her`() async throws {
    let shop = try await Shop(
      RealData.recordShopLines, from: "1997-01-01", asOf: "1998-06-30")
    let rows = try await shop.session.query(
      """
      SELECT days_since_last_purchase, orders, CAST(revenue AS DOUBLE), r_score, f_score, m_score
      FROM customers WHERE orders > 0
      """
    ).rows
    #expect(rows.count == 23_502)
    for row in rows {
      let scores = shop.thresholds.scores(
        daysSinceLastPurchase: row[0].int ?? -1, orders: row[1].int ?? -1,
        monetary: row[2].double ?? .nan)
      #expect(scores.recency == row[3].int)
      #expect(scores.frequency == row[4].int)
      #expect(scores.monetary == row[5].int)
    }
  }

  @Test func `a customer exactly on a cut of ten classes is not above it`() async throws {
    // Of 91 values the cut at 7/10 is the 64th itself; 0.7 × 90 in doubles is just below 63.
    let shop = try await Shop(
      """
      SELECT 'c' || i AS customer, DATE '2024-01-01' AS day,
        CAST(10 * (i + 1) AS DECIMAL(18, 4)) AS amount
      FROM range(91) AS t(i)
      """, from: "2024-01-01", asOf: "2024-01-01", scoring: RFMScoring(classes: 10))
    let cuts = shop.thresholds.monetary
    #expect(cuts == [100, 190, 280, 370, 460, 550, 640, 730, 820])
    let onTheCut = try await shop.customer("c63", "m_score")
    #expect(onTheCut[0].int == 7)
    let above = try await shop.customer("c64", "m_score")
    #expect(above[0].int == 8)
  }

  @Test(arguments: [1, 2, 3, 7, 10, 99, 100, 101, 1000], 3...10)
  func `cuts are those that exact arithmetic gives`(count: Int, classes: Int) async throws {
    let shop = try await Shop(
      """
      SELECT 'c' || i AS customer, DATE '2024-01-01' AS day,
        CAST(1 + (i * i * 7919) % 1000003 AS DECIMAL(18, 4)) AS amount
      FROM range(\(count)) AS t(i)
      """, from: "2024-01-01", asOf: "2024-01-01", scoring: RFMScoring(classes: classes))
    let values = (0..<count).map { 1 + ($0 * $0 * 7919) % 1_000_003 }.sorted()
    for (part, cut) in zip(1..., shop.thresholds.monetary) {
      // Whole values: cut × classes is a whole number.
      let position = (count - 1) * part
      let below = values[position / classes]
      let above = values[min(position / classes + 1, count - 1)]
      let exact = below * classes + (above - below) * (position % classes)
      let error = abs(cut * Double(classes) - Double(exact))
      #expect(error <= Double(exact) * 0x1p-51)
      if position % classes == 0 { #expect(cut == Double(below)) }
    }
  }

  @Test func `fixed cuts are applied as given, in any number of classes`() async throws {
    let cuts = RFMThresholds(
      daysSinceLastPurchase: [30, 90], orders: [1, 3], monetary: [50, 100])
    let shop = try await Shop(
      """
      SELECT customer, CAST(day AS DATE) AS day, CAST(amount AS DECIMAL(18, 4)) AS amount
      FROM (VALUES ('a', '2024-06-01', 50), ('b', '2024-05-01', 50.01), ('c', '2024-01-01', 200))
        AS t(customer, day, amount)
      """,
      from: "2024-01-01", asOf: "2024-06-30", scoring: RFMScoring(classes: 3, fixed: cuts))
    let rows = try await shop.session.query(
      "SELECT r_score, f_score, m_score FROM customers ORDER BY customer"
    ).rows
    // 29, 60 and 181 days; one order each; 50 is not above the cut of 50.
    #expect(
      rows == [
        [.int(3), .int(1), .int(1)], [.int(2), .int(1), .int(2)], [.int(1), .int(1), .int(3)],
      ])
    #expect(shop.thresholds == cuts)
  }

  @Test(.enabled(if: RealData.onlineRetail != nil, "needs QUARTIER_DATA/online_retail.parquet"))
  func `frequency scores of the gift shop are the reference's`() async throws {
    let path = try #require(RealData.onlineRetail)
    let shop = try await Shop(
      """
      SELECT CAST(CAST(CustomerID AS BIGINT) AS VARCHAR) AS customer, InvoiceNo AS order_ref,
        CAST(InvoiceDate AS DATE) AS day,
        CAST(Quantity * CAST(UnitPrice AS DECIMAL(18, 4)) AS DECIMAL(18, 4)) AS amount
      FROM read_parquet(\(literal: path))
      WHERE CustomerID IS NOT NULL AND InvoiceNo NOT LIKE 'C%' AND Quantity > 0 AND UnitPrice > 0
      """,
      lineIsOrder: false, from: "2010-12-01", asOf: "2011-12-10")
    let counts = try await shop.session.query(
      "SELECT f_score, count(*) FROM customers GROUP BY ALL ORDER BY ALL"
    ).rows
    #expect(counts.map { $0[1].int } == [1493, 835, 508, 802, 700])
    let totals = try await shop.figures.totals(from: shop.session)
    #expect(totals.purchasers == 4338)
    #expect(totals.orders == 18_532)
    #expect(totals.grossRevenue.amount == SQLDecimal("8911407.904"))
    let concentration = try await shop.figures.concentration(from: shop.session)
    #expect(abs(try #require(concentration.gini) - 0.71513962) < 1e-6)
    #expect(abs(concentration.revenueShareOfTop[20] - 0.74617137) < 1e-6)
  }
}
