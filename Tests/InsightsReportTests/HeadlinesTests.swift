import CustomerSchema
import Features
import Ingestion
import Presentation
import Testing

@testable import Insights

struct HeadlinesTests {
  @Test("A shop's year is told in the order of importance")
  func order() {
    #expect(
      Headlines.messages(for: Fixture.shop()).map(\.code) == [
        "headline.concentration.dependent", "headline.best", "headline.leaving",
        "headline.left_best", "headline.trend.up", "headline.retention", "headline.new",
        "headline.repeat", "headline.returns", "headline.quarantine",
      ])
  }

  @Test("The first sentence gives the share of the best fifth, worded in each language")
  func concentration() throws {
    let messages = Headlines.messages(for: Fixture.shop())
    let first = try #require(messages.first)
    // 0.2^0.28 = 0.637, 0.01^0.28 = 0.275 by the fixture's curve.
    #expect(
      try localizer(.french).text(first)
        == "20\u{202F}% de vos clients font 64\u{202F}% du CA, et les 1\u{202F}% qui achètent le "
        + "plus en font 28\u{202F}%.")
    #expect(
      try localizer(.english).text(first)
        == "20% of your customers make 64% of revenue, and the 1% who buy most make 28%.")
  }

  @Test(
    "Runs with less to say say less, and the right thing first",
    arguments: [
      ("nobody bought", ["headline.no_purchase"]),
      ("one customer", ["headline.one_customer"]),
      ("revenue of zero", ["headline.no_revenue", "headline.one_time"]),
      ("negative revenue", ["headline.no_revenue", "headline.one_time"]),
      (
        "everybody equal",
        ["headline.concentration.equal", "headline.best", "headline.one_time"]
      ),
    ])
  func edges(name: String, codes: [String]) throws {
    let edge = try #require(Fixture.edges.first { $0.name == name })
    #expect(edge.result.headlines.map(\.code) == codes)
  }

  @Test("No headline has a number that is none", arguments: Language.allCases)
  func finite(language: Language) throws {
    let localizer = try localizer(language)
    for (name, result) in Fixture.edges + [("shop", Fixture.shop())] {
      for message in result.headlines {
        let sentence = localizer.text(message)
        #expect(!sentence.contains("–") && !sentence.contains("⟦"), "\(name): \(sentence)")
        #expect(sentence.firstMatch(of: /nan|inf\b/.ignoresCase()) == nil, "\(sentence)")
      }
    }
  }

  @Test(
    "The share of the best fifth is even, equal or telling by its size",
    arguments: [
      (1.0, "headline.concentration.equal"), (0.9, "headline.concentration.even"),
      (0.7, "headline.concentration"), (0.3, "headline.concentration"),
    ])
  func sizes(exponent: Double, code: String) {
    var result = Fixture.edge(purchasers: 60, revenue: "600.00")
    result = result.with(concentration: Fixture.concentration(exponent: exponent))
    #expect(Headlines.messages(for: result).first?.code == code)
  }

  @Test("Fewer than twenty purchasers are told to be few, and no concentration is made of them")
  func few() {
    let codes = Fixture.edge(purchasers: 19, revenue: "190.00").headlines.map(\.code)
    #expect(codes.contains("headline.few_customers"))
    #expect(!codes.contains { $0.hasPrefix("headline.concentration") })
    let enough = Fixture.edge(purchasers: 20, revenue: "200.00").headlines.map(\.code)
    #expect(!enough.contains("headline.few_customers"))
  }

  @Test("A trend needs two whole periods of history")
  func trend() {
    let young = Fixture.shop().with(firstOrder: LocalDate(iso: "2023-08-15"))
    #expect(!Headlines.messages(for: young).contains { $0.code.hasPrefix("headline.trend") })
    let old = Fixture.shop().with(firstOrder: LocalDate(iso: "2023-08-01"))
    #expect(Headlines.messages(for: old).contains { $0.code == "headline.trend.up" })
  }

  @Test("In the eleven groups, those not to lose are among those at risk")
  func eleven() throws {
    let shop = Fixture.shop()
    let result = shop.with(
      segments: shop.otherSegments, partition: .eleven)
    let leaving = try #require(
      Headlines.messages(for: result).first { $0.code == "headline.leaving" })
    // 588 at risk and 96 not to lose, 104,210.40 and 61,240.90.
    #expect(leaving.arguments["count"] == .count(684))
    #expect(leaving.arguments["revenue"] == .money(Fixture.euros("165451.30")))
  }
}

extension RunResult {
  /// The same run with some parts replaced.
  func with(
    segments: [SegmentReport]? = nil, partition: PartitionKind? = nil,
    concentration: ConcentrationReport? = nil, firstOrder: LocalDate? = nil
  ) -> RunResult {
    RunResult(
      schema: schema, quartierVersion: quartierVersion, asOf: asOf, asOfRule: asOfRule,
      timeZone: timeZone, method: partition.map(Fixture.method) ?? method, imported: imported,
      totals: firstOrder.map(totals.with) ?? totals, segments: segments ?? self.segments,
      otherSegments: otherSegments, lifecycle: lifecycle, grid: grid, migration: migration,
      cohorts: cohorts, concentration: concentration ?? self.concentration, engagement: nil,
      objective: objective,
      headlines: [], notes: notes)
  }
}

extension RunResult.Totals {
  func with(firstOrder: LocalDate) -> RunResult.Totals {
    RunResult.Totals(
      customers: customers, purchasers: purchasers, orders: orders, guestOrders: guestOrders,
      guestRevenue: guestRevenue, grossRevenue: grossRevenue, returnedAmount: returnedAmount,
      revenue: revenue, zeroOrders: zeroOrders, zeroOnlyCustomers: zeroOnlyCustomers,
      returnOrders: returnOrders, averageBasket: averageBasket, firstOrder: firstOrder,
      lastOrder: lastOrder, ordersAfterAsOf: ordersAfterAsOf, repeatRate: repeatRate,
      retentionRate: retentionRate, medianDaysBetweenPurchases: medianDaysBetweenPurchases)
  }
}
