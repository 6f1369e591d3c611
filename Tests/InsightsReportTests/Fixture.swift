import CustomerSchema
import Features
import Ingestion
import SQLBuilder

@testable import Insights

/// A plausible year of a small online shop, and cases at the edge.
///
/// The figures are invented but add up: segments and their revenue sum to the totals, each
/// migration row to its segment, each cohort's first cell to its size.
enum Fixture {
  static func euros(_ text: String) -> Money { Money(SQLDecimal(text)!, .euro) }
  static let asOf = LocalDate(iso: "2024-01-31")!

  static func shop(
    objective: RunResult.Objective? = nil, currency: CurrencyCode = .euro
  ) -> RunResult {
    let ordered = SegmentAdvice.order(.five, objective: objective)
    let segments = shopSegments.sorted {
      ordered.firstIndex(of: $0.id)! < ordered.firstIndex(of: $1.id)!
    }
    var result = RunResult(
      schema: "quartier.run/1", quartierVersion: "0.1.0", asOf: asOf, asOfRule: .lastOrder,
      timeZone: "Europe/Paris", method: method(.five), imported: imported(), totals: shopTotals,
      segments: segments.map { $0.report(.five, objective: objective) },
      otherSegments: shopGroups.map { $0.report(.eleven, objective: nil) },
      lifecycle: lifecycle, grid: grid, migration: migration, cohorts: cohorts,
      concentration: concentration(exponent: 0.28), engagement: nil, objective: objective,
      headlines: [], notes: [])
    result.headlines = Headlines.messages(for: result)
    return result
  }

  static func method(_ partition: RunResult.MethodReport.Partition) -> RunResult.MethodReport {
    RunResult.MethodReport(
      partition: partition, scoring: .quantiles, monetary: .net, classes: 5,
      weights: .init(recency: 1, frequency: 1, monetary: 1),
      thresholds: .init(
        daysSinceLastPurchase: [24, 71, 148, 239], orders: [1, 1, 2, 4],
        monetary: [38.9, 74.5, 139.2, 312.4]),
      period: "3mo", zeroOrdersArePurchases: false, lifecycle: rules)
  }

  static let rules = RunResult.MethodReport.LifecycleRules(
    newDays: 30, dormantMonths: 6, lostMonths: 12, reactivationGapDays: 183, reactivatedDays: 90,
    loyalOrders: 4, loyalMonths: 12, slippingFactor: 2, slippingDays: 90)

  static func imported(
    file: String = "commandes-2023.csv", currency: CurrencyCode = .euro, quarantined: Int = 212
  ) -> ImportReport {
    ImportReport(
      sources: [
        SourceReport(
          file: file, bytes: 2_481_337, format: .csv, compression: nil, encoding: "windows-1252",
          separator: ";", decimalSeparator: ",", hasHeader: true, sheet: nil, lines: 14_820,
          columns: [
            ColumnReport(
              name: "N° client", role: .customer, form: nil, evidence: nil),
            ColumnReport(
              name: "N° commande", role: .order, form: nil, evidence: nil),
            ColumnReport(
              name: "Date", role: .date, form: "dd/MM/yyyy", evidence: nil),
            ColumnReport(
              name: "Total TTC", role: .amount, form: "1 234,56",
              evidence: nil),
            ColumnReport(
              name: "Catégorie", role: .category, form: nil, evidence: nil),
            ColumnReport(name: "Commentaire", role: nil, form: nil, evidence: nil),
          ])
      ], lines: 14_820, usableLines: 14_608, guestLines: 431, quarantinedLines: quarantined,
      quarantineReasons: [], identicalLinesWithinFile: 38, duplicateLinesAcrossFiles: 0,
      changedOrders: 4,
      ordersCutBetweenFiles: 0, currency: currency,
      amountBasis: AmountBasis(
        tax: .included, taxSource: .assumption, shipping: .unknown, discount: .excluded),
      columns: StagedColumns(
        order: true, product: false, category: true, channel: false, cancelled: false,
        lineIsOrder: false), notices: [])
  }

  static let shopTotals = RunResult.Totals(
    customers: 5_210, purchasers: 5_140, orders: 13_566, guestOrders: 402,
    guestRevenue: euros("21480.30"), grossRevenue: euros("1012340.55"),
    returnedAmount: euros("61240.05"), revenue: euros("951100.50"), zeroOrders: 79,
    zeroOnlyCustomers: 70, returnOrders: 611, averageBasket: euros("70.1091"),
    firstOrder: LocalDate(iso: "2022-11-02"), lastOrder: asOf, ordersAfterAsOf: 0,
    repeatRate: 0.561, retentionRate: 0.418, medianDaysBetweenPurchases: 47)

  /// The figures of a segment before advice is added.
  struct Segment {
    let id: String
    let customers: Int
    let revenue: String
    let orders: Double
    let days: Double
    let repeatRate: Double
    let retention: Double?
    let returns: Double
    let now: String
    let before: String
    let months: [Double]

    func report(
      _ partition: RunResult.MethodReport.Partition, objective: RunResult.Objective?,
      base: Int = 5_210, total: Money = shopTotals.revenue
    ) -> RunResult.SegmentReport {
      let revenue = euros(self.revenue)
      let share = total.double > 0 ? revenue.double / total.double : nil
      let basket =
        orders > 0 ? revenue.divided(by: Int((Double(customers) * orders).rounded())) : nil
      let figures = SegmentAdvice.Figures(
        customers: customers, customerShare: Double(customers) / Double(base), revenue: revenue,
        revenueShare: share, averageBasket: basket, ordersPerCustomer: orders > 0 ? orders : nil,
        medianDaysSinceLastPurchase: orders > 0 ? days : nil)
      let earlier = euros(before).double
      return RunResult.SegmentReport(
        id: id, customers: customers, customerShare: figures.customerShare, revenue: revenue,
        revenueShare: share, averageBasket: basket, ordersPerCustomer: figures.ordersPerCustomer,
        medianDaysSinceLastPurchase: figures.medianDaysSinceLastPurchase,
        repeatRate: orders > 0 ? repeatRate : nil, retentionRate: retention, returnRate: returns,
        revenueThisPeriod: euros(now), revenuePreviousPeriod: euros(before),
        revenueTrend: earlier > 0 ? euros(now).double / earlier - 1 : nil,
        intention: SegmentAdvice.intention(id),
        reason: SegmentAdvice.reason(id, partition, figures),
        objectiveReason: objective.flatMap { SegmentAdvice.objectiveReason(id, $0, partition) },
        monthlyRevenue: months)
    }
  }

  static let shopSegments = [
    Segment(
      id: "loyal_high_value", customers: 742, revenue: "468214.10", orders: 7.31, days: 14,
      repeatRate: 1, retention: 0.94, returns: 0.051, now: "148210.40", before: "139480.20",
      months: [
        31_200, 30_100, 33_900, 36_400, 35_200, 37_800, 39_900, 42_100, 44_800, 47_900, 53_200,
        49_100,
      ]),
    Segment(
      id: "new_high_potential", customers: 618, revenue: "57120.40", orders: 1.21, days: 19,
      repeatRate: 0.19, retention: nil, returns: 0.043, now: "57120.40", before: "0",
      months: [0, 0, 0, 0, 0, 0, 0, 0, 0, 12_400, 24_100, 20_620]),
    Segment(
      id: "occasional", customers: 1_391, revenue: "158960.20", orders: 2.24, days: 74,
      repeatRate: 0.68, retention: 0.44, returns: 0.061, now: "38120.10", before: "40210.70",
      months: [
        11_900, 12_800, 13_100, 12_600, 14_200, 13_800, 12_900, 13_300, 14_010, 12_900, 13_120,
        12_100,
      ]),
    Segment(
      id: "at_risk", customers: 829, revenue: "191403.90", orders: 3.12, days: 163,
      repeatRate: 0.93, retention: 0.0, returns: 0.082, now: "0", before: "51240.90",
      months: [
        24_100, 26_900, 27_200, 25_800, 22_400, 19_100, 14_300, 17_080, 19_860, 0, 0, 0,
      ]),
    Segment(
      id: "inactive", customers: 1_560, revenue: "75401.90", orders: 1.09, days: 287,
      repeatRate: 0.08, retention: nil, returns: 0.071, now: "0", before: "0",
      months: [19_800, 16_200, 12_900, 9_100, 6_400, 3_800, 1_201, 0, 0, 0, 0, 0]),
    Segment(
      id: "no_purchase", customers: 70, revenue: "0", orders: 0, days: 0, repeatRate: 0,
      retention: nil, returns: 0, now: "0", before: "0", months: Array(repeating: 0, count: 12)),
  ]

  static let shopGroups = [
    ("champions", 402, "301120.40", 9.1, 9.0), ("loyal", 520, "238410.20", 5.4, 38),
    ("potential_loyalists", 611, "71210.10", 2.1, 27), ("new", 430, "24890.30", 1, 16),
    ("promising", 318, "14120.00", 1, 44), ("need_attention", 402, "66140.80", 2.6, 96),
    ("about_to_sleep", 447, "32180.70", 1.6, 121), ("at_risk", 588, "104210.40", 2.7, 188),
    ("cannot_lose", 96, "61240.90", 6.8, 214), ("hibernating", 741, "26470.30", 1.1, 251),
    ("lost", 585, "11106.40", 1, 322),
  ].map { id, customers, revenue, orders, days in
    Segment(
      id: id, customers: customers, revenue: revenue, orders: orders, days: days,
      repeatRate: min(1, (orders - 1) / 2), retention: nil, returns: 0.05, now: "1000",
      before: "1100", months: [1, 2, 3])
  }

  static let lifecycle = [
    ("new", 412, "31240.10"), ("active", 1_066, "148210.20"), ("loyal", 1_011, "521470.80"),
    ("slipping", 914, "121480.60"), ("dormant", 1_142, "84120.30"), ("lost", 477, "24708.10"),
    ("reactivated", 118, "19870.40"),
  ].map { stage, customers, revenue in
    RunResult.LifecycleReport(
      stage: stage, customers: customers, customerShare: Double(customers) / 5_140,
      revenue: euros(revenue), rule: SegmentAdvice.rule(stage: stage, rules))
  }

  /// The usual R × FM map of the eleven groups.
  static let grid: [RunResult.GridCell] = {
    let groups = [
      ["lost", "hibernating", "at_risk", "at_risk", "cannot_lose"],
      ["lost", "hibernating", "at_risk", "at_risk", "cannot_lose"],
      ["about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"],
      ["promising", "potential_loyalists", "potential_loyalists", "loyal", "loyal"],
      ["new", "potential_loyalists", "potential_loyalists", "loyal", "champions"],
    ]
    return groups.enumerated().flatMap { recency, row in
      row.enumerated().map { value, group in
        let customers = 60 + (recency * 97 + value * 53 + recency * value * 41) % 310
        return RunResult.GridCell(
          recencyScore: recency + 1, valueScore: value + 1, customers: customers,
          revenue: euros("\(customers * (value * value * 31 + 28)).40"), group: group)
      }
    }
  }()

  static let migration = RunResult.MigrationReport(
    from: LocalDate(iso: "2023-10-31")!, to: asOf,
    flows: [
      ("loyal_high_value", "loyal_high_value", 588), ("loyal_high_value", "occasional", 61),
      ("loyal_high_value", "at_risk", 97), ("new_high_potential", "loyal_high_value", 74),
      ("new_high_potential", "occasional", 263), ("new_high_potential", "at_risk", 40),
      ("new_high_potential", "inactive", 181), ("occasional", "loyal_high_value", 68),
      ("occasional", "occasional", 868), ("occasional", "at_risk", 204),
      ("occasional", "inactive", 118), ("at_risk", "loyal_high_value", 12),
      ("at_risk", "occasional", 94), ("at_risk", "at_risk", 488), ("at_risk", "inactive", 176),
      ("inactive", "occasional", 41), ("inactive", "inactive", 1_085),
      (nil, "new_high_potential", 618), (nil, "occasional", 64),
    ].map { from, to, customers in
      RunResult.MigrationReport.Flow(
        from: from, to: to, customers: customers, revenue: euros("\(customers * 113).00"))
    })

  static let cohorts: RunResult.CohortReport = {
    let first = LocalDate(iso: "2022-11-01")!
    let rows = (0..<15).map { index in
      let size = 312 + (index * 89) % 140
      let active = (0..<(15 - index)).map { step in
        step == 0 ? size : size * (34 - step * 2 + (index * 5 + step * 3) % 7) / 100
      }
      return RunResult.CohortReport.Row(
        start: first.adding(months: index), customers: size, active: active)
    }
    return RunResult.CohortReport(monthsPerStep: 1, rows: rows)
  }()

  /// Revenue shares of the curve share = x^exponent: smooth, concave, from 0 to 1.
  static func concentration(exponent: Double) -> RunResult.ConcentrationReport {
    let shares = (0...100).map { power(Double($0) / 100, exponent) }
    return RunResult.ConcentrationReport(
      gini: 1 - 2 * exponent / (exponent + 1), revenueShareOfTop: shares,
      customersForEightyPercent: power(0.8, 1 / exponent))
  }
}
