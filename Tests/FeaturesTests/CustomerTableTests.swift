import CustomerSchema
import Insights
import SQLBuilder
import Testing
import Warehouse

@testable import Features

@Suite struct `The customer table` {
  /// Six customers of a small shop, by hand.
  static let lines: SQL = """
    SELECT customer, CAST(day AS DATE) AS day, CAST(amount AS DECIMAL(18, 4)) AS amount,
      channel, category
    FROM (VALUES
      ('ann', '2024-01-10', 100, 'web', 'tea'), ('ann', '2024-01-10', 20, 'shop', 'mugs'),
      ('ann', '2024-02-09', 60, 'web', 'tea'), ('ann', '2024-04-09', 40.5, 'web', 'mugs'),
      ('ann', '2024-04-20', -40.5, 'web', 'mugs'),
      ('bob', '2024-06-25', 10, 'shop', 'tea'),
      ('cat', '2023-05-01', 30, 'web', 'tea'), ('cat', '2024-06-01', 30, 'shop', 'mugs'),
      ('dan', '2024-03-01', 0, 'web', 'tea'),
      ('eve', '2024-07-15', 25, 'web', 'tea'),
      (NULL, '2024-05-05', 12, 'shop', 'tea')
    ) AS t(customer, day, amount, channel, category)
    """

  private func shop() async throws -> Shop {
    try await Shop(
      Self.lines, category: true, channel: true, from: "2023-05-01", asOf: "2024-06-30")
  }

  @Test func `has the columns of the catalogue in its order`() async throws {
    let shop = try await shop()
    let table = try await shop.session.query("SELECT * FROM customers LIMIT 0")
    #expect(table.columns == AttributeCatalogue.orderHistory.attributes.map(\.id))
  }

  @Test func `tells a customer's history as counted by hand`() async throws {
    let shop = try await shop()
    let ann = try await shop.customer(
      "ann",
      """
      first_purchase, last_purchase, days_since_last_purchase, orders, purchase_occasions,
      gross_revenue, returned_amount, revenue, average_basket, median_days_between_purchases,
      tenure_days, return_rate, favourite_category, favourite_channel
      """)
    #expect(ann[0].days == LocalDate(iso: "2024-01-10")?.daysSinceEpoch)
    #expect(ann[1].days == LocalDate(iso: "2024-04-09")?.daysSinceEpoch)
    #expect(ann[2] == .int(82))
    #expect(ann[3] == .int(4))
    #expect(ann[4] == .int(3))
    #expect(ann[5].decimal == SQLDecimal("220.5"))
    #expect(ann[6].decimal == SQLDecimal("40.5"))
    #expect(ann[7].decimal == SQLDecimal("180"))
    #expect(ann[8].decimal == SQLDecimal("55.125"))
    // 30 days, then 60: the median is 45.
    #expect(ann[9] == .double(45))
    #expect(ann[10] == .int(172))
    #expect(abs((ann[11].double ?? 0) - 40.5 / 220.5) < 1e-15)
    #expect(ann[12] == .text("tea"))
    #expect(ann[13] == .text("web"))
  }

  @Test func `of equally good favourites the first in the alphabet is named`() async throws {
    let cat = try await shop().customer("cat", "favourite_category, favourite_channel")
    #expect(cat == [.text("mugs"), .text("shop")])
  }

  @Test func `an order of zero is set aside, and so is an order of the future`() async throws {
    let shop = try await shop()
    for id in ["dan", "eve"] {
      let row = try await shop.customer(id, "orders, first_purchase, revenue, segment, rfm_score")
      #expect(row[0] == .int(0))
      #expect(row[1] == .null)
      #expect(row[2].decimal == .zero)
      #expect(row[3] == .text("no_purchase"))
      #expect(row[4] == .null)
    }
    let totals = try await shop.figures.totals(from: shop.session)
    #expect(totals.customers == 5)
    #expect(totals.purchasers == 3)
    #expect(totals.orders == 7)
    #expect(totals.guestOrders == 1)
    #expect(totals.guestRevenue.amount == SQLDecimal("12"))
    #expect(totals.zeroOrders == 1)
    #expect(totals.zeroOnlyCustomers == 1)
    #expect(totals.returnOrders == 1)
    #expect(totals.ordersAfterAsOf == 1)
    #expect(totals.revenue.amount == SQLDecimal("250"))
  }

  @Test func `totals stop at the day of the calculation`() async throws {
    let shop = try await Shop(
      """
      SELECT customer, CAST(day AS DATE) AS day, CAST(amount AS DECIMAL(18, 4)) AS amount
      FROM (VALUES ('a', '2024-01-10', 5), ('a', '2024-01-12', 0), ('a', '2024-02-01', 0),
        ('b', '2024-02-02', 7), ('c', '2024-01-11', 0)) AS t(customer, day, amount)
      """, from: "2024-01-10", asOf: "2024-01-31")
    let totals = try await shop.figures.totals(from: shop.session)
    #expect(totals.zeroOrders == 2)
    #expect(totals.firstOrder == LocalDate(iso: "2024-01-10"))
    #expect(totals.lastOrder == LocalDate(iso: "2024-01-10"))
    #expect(totals.ordersAfterAsOf == 2)
    // A purchase before the day is the first one, one after it is none.
    let early = try await Shop(
      """
      SELECT 'a' AS customer, DATE '2024-03-01' AS day, CAST(5 AS DECIMAL(18, 4)) AS amount
      """, from: "2024-01-01", asOf: "2024-01-31")
    #expect(try await early.figures.totals(from: early.session).firstOrder == nil)
  }

  @Test func `shares of segments and of stages have one base`() async throws {
    let shop = try await Shop(
      """
      SELECT customer, DATE '2024-01-10' AS day, CAST(amount AS DECIMAL(18, 4)) AS amount
      FROM (VALUES ('a', 5), ('b', 6), ('c', 0), ('d', 0)) AS t(customer, amount)
      """, from: "2024-01-10", asOf: "2024-01-31")
    let totals = try await shop.figures.totals(from: shop.session)
    let stages = try await shop.figures.lifecycle(
      rules: LifecycleRules(), totals: totals, from: shop.session)
    #expect(stages.map(\.customerShare).reduce(0, +) == 0.5)
    let segments = try await shop.figures.segments(
      partition: .five, objective: nil, totals: totals, monthly: false, from: shop.session)
    #expect(segments.map(\.customerShare).reduce(0, +) == 1)
  }

  @Test func `zero orders are purchases when one says so`() async throws {
    let shop = try await Shop(
      Self.lines, zeroOrdersArePurchases: true, from: "2023-05-01", asOf: "2024-06-30")
    let dan = try await shop.customer("dan", "orders, revenue")
    #expect(dan[0] == .int(1))
    #expect(dan[1].decimal == .zero)
  }

  @Test func `lines of one order are one order, and its negative lines are returns`() async throws {
    let shop = try await Shop(
      """
      SELECT customer, order_ref, CAST(day AS DATE) AS day, CAST(amount AS DECIMAL(18, 4)) AS amount,
        product, cancelled
      FROM (VALUES
        ('a', '1', '2024-01-01', 10, 'x', false), ('a', '1', '2024-01-01', 15, 'y', false),
        ('a', '2', '2024-01-05', 30, 'x', false), ('a', '2', '2024-01-05', -12, 'y', false),
        ('a', '3', '2024-01-09', -5, 'x', false), ('a', '4', '2024-01-10', 8, 'z', true),
        ('a', '5', '2024-01-11', 7, 'x', false), ('a', '5', '2024-01-11', -7, 'x', false),
        ('b', '1', '2024-01-02', 9, 'x', false)
      ) AS t(customer, order_ref, day, amount, product, cancelled)
      """,
      product: true, cancelled: true, lineIsOrder: false, from: "2024-01-01", asOf: "2024-01-31")
    let row = try await shop.customer(
      "a", "orders, gross_revenue, returned_amount, revenue, return_rate, distinct_products")
    #expect(row[0] == .int(2))
    #expect(row[1].decimal == SQLDecimal("55"))
    #expect(row[2].decimal == SQLDecimal("17"))
    #expect(row[3].decimal == SQLDecimal("38"))
    // The cancelled order of 8 was bought and sent back: (17 + 8) / (55 + 8).
    #expect(abs((row[4].double ?? 0) - 25.0 / 63) < 1e-15)
    #expect(row[5] == .int(2))
    // The same number at another customer is another order.
    #expect(try await shop.customer("b", "orders") == [.int(1)])
    let totals = try await shop.figures.totals(from: shop.session)
    #expect(totals.zeroOrders == 1, "order 5 adds up to nothing")
    #expect(totals.returnOrders == 3)
  }

  static let stages: [(String, [String], stage: String, rule: String)] = [
    ("n", ["2024-06-15"], "new", "new"),
    ("29 days", ["2024-06-01"], "new", "new"),
    ("30 days", ["2024-05-31"], "active", "active"),
    ("lost", ["2022-01-01", "2023-06-30"], "lost", "lost"),
    ("a day less than a year", ["2022-01-01", "2023-07-01"], "dormant", "dormant"),
    ("half a year to the day", ["2023-06-01", "2023-12-30"], "dormant", "dormant"),
    ("a day less", ["2023-10-01", "2023-12-31"], "slipping", "slipping_days"),
    ("back", ["2023-09-01", "2024-05-01"], "reactivated", "reactivated"),
    (
      "late by her own rhythm", ["2024-03-01", "2024-03-11", "2024-03-21", "2024-04-20"],
      "slipping", "slipping_rhythm"
    ),
    ("on time by her own rhythm", ["2024-01-01", "2024-03-01", "2024-05-01"], "active", "active"),
    (
      "often", ["2023-08-01", "2023-11-01", "2024-02-01", "2024-05-01"], "loyal", "loyal"
    ),
  ]

  @Test(arguments: stages)
  func `gives the life-cycle stage by the first rule that fits`(
    example: (String, [String], stage: String, rule: String)
  ) async throws {
    let days = example.1.map { "('\($0)')" }.joined(separator: ", ")
    let values = SQL.resource(days)
    let shop = try await Shop(
      """
      SELECT 'x' AS customer, CAST(day AS DATE) AS day, CAST(10 AS DECIMAL(18, 4)) AS amount
      FROM (VALUES \(values)) AS t(day)
      """, from: "2022-01-01", asOf: "2024-06-30")
    let row = try await shop.customer("x", "lifecycle_stage, lifecycle_rule")
    #expect(row == [.text(example.stage), .text(example.rule)])
  }
}
