import CustomerSchema
import Features
import Foundation
import SQLBuilder

@testable import Ingestion
@testable import Insights

extension Fixture {
  static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

  /// Runs that have less to say than a shop's year; each by its name.
  static let edges: [(name: String, result: RunResult)] = [
    ("nobody bought", edge(purchasers: 0, revenue: "0")),
    ("one customer", edge(purchasers: 1, revenue: "42.00")),
    ("revenue of zero", edge(purchasers: 30, revenue: "0")),
    ("negative revenue", edge(purchasers: 30, revenue: "-120.50")),
    ("everybody equal", edge(purchasers: 50, revenue: "500.00", isEqual: true)),
    ("amounts of 10^12", edge(purchasers: 40, revenue: "40000000000000.0000")),
    ("hostile names", edge(purchasers: 40, revenue: "400.00", file: hostileName)),
  ]

  static let engagement = RunResult.EngagementReport(
    imported: EventReport(sources: [], lines: 9_120, anonymousLines: 310, quarantinedLines: 4),
    thresholds: .init(
      daysSinceLastPurchase: [3, 17, 49, 120], orders: [1, 2, 5, 12], monetary: [1, 2, 4, 9]),
    customers: 3_402, interactions: 8_806, purchasers: 2_950,
    levels: (1...5).reversed().map { score in
      RunResult.EngagementReport.Level(
        score: score, customers: 680 + score, purchasers: 590, revenue: euros("\(score * 31250)"))
    })

  /// The shop's year by the eleven groups, with moves between all of them.
  static func eleven() -> RunResult {
    let ids = SegmentAdvice.ids(.eleven)
    let flows = ids.enumerated().flatMap { index, from in
      [index, (index + 1) % ids.count, (index + 4) % ids.count].map { to in
        RunResult.MigrationReport.Flow(
          from: from, to: ids[to], customers: 20 + (index * 37 + to * 11) % 160,
          revenue: euros("1000"))
      }
    }
    let shop = shop()
    var result = RunResult(
      schema: shop.schema, quartierVersion: shop.quartierVersion, asOf: shop.asOf,
      asOfRule: shop.asOfRule, timeZone: shop.timeZone, method: method(.eleven),
      imported: shop.imported, totals: shop.totals, segments: shop.otherSegments,
      otherSegments: shop.segments, lifecycle: shop.lifecycle, grid: shop.grid,
      migration: RunResult.MigrationReport(
        from: migration.from, to: migration.to, flows: flows), cohorts: shop.cohorts,
      concentration: shop.concentration, engagement: engagement, objective: nil, headlines: [],
      notes: [])
    result.headlines = Headlines.messages(for: result)
    return result
  }

  /// Everything that could leave its place in a page or steer a terminal.
  static let hostileName =
    "</script><script>alert(1)</script>\"\u{301} onmouseover='alert(2)' & <img src=x>\u{1B}[31m.csv"

  static func edge(
    purchasers: Int, revenue: String, isEqual: Bool = false,
    file: String = "/exports/online-shop/orders-2023/export-2023-12-31.csv"
  ) -> RunResult {
    let money = euros(revenue)
    let hasRevenue = money.amount > SQLDecimal(units: 0, scale: 0)
    let ids = SegmentAdvice.ids(.five)
    let segments = ids.map { id in
      let isFull = id == "loyal_high_value" && purchasers > 0
      return Segment(
        id: id, customers: isFull ? purchasers : 0, revenue: isFull ? revenue : "0",
        orders: isFull ? 1 : 0, days: 0, repeatRate: 0, retention: nil, returns: 0,
        now: isFull ? revenue : "0", before: "0", months: isFull ? [money.double] : []
      ).report(.five, objective: nil, base: max(1, purchasers), total: money)
    }
    var result = RunResult(
      schema: "quartier.run/1", quartierVersion: "0.1.0", asOf: asOf, asOfRule: .now,
      timeZone: "UTC", method: method(.five), imported: imported(file: file, quarantined: 0),
      totals: RunResult.Totals(
        customers: purchasers, purchasers: purchasers, orders: purchasers, guestOrders: 0,
        guestRevenue: euros("0"), grossRevenue: money, returnedAmount: euros("0"), revenue: money,
        zeroOrders: 0, zeroOnlyCustomers: 0, returnOrders: 0,
        averageBasket: money.divided(by: purchasers), firstOrder: purchasers > 0 ? asOf : nil,
        lastOrder: purchasers > 0 ? asOf : nil, ordersAfterAsOf: 0,
        repeatRate: purchasers > 0 ? 0 : nil, retentionRate: nil, medianDaysBetweenPurchases: nil),
      segments: segments, otherSegments: [], lifecycle: [], grid: [], migration: nil,
      cohorts: RunResult.CohortReport(monthsPerStep: 1, rows: []),
      concentration: hasRevenue
        ? concentration(exponent: isEqual ? 1 : 0.4)
        : RunResult.ConcentrationReport(
          gini: nil, revenueShareOfTop: [], customersForEightyPercent: nil), engagement: nil,
      objective: nil,
      headlines: [], notes: [])
    result.headlines = Headlines.messages(for: result)
    return result
  }
}
