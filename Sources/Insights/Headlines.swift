package import CustomerSchema
internal import Features
internal import Ingestion
internal import SQLBuilder

/// What a busy owner must know, from a run's figures, most important first.
///
/// Every threshold below which a sentence is not worth her time is a constant here.
package enum Headlines {
  /// Below so many purchasers a share says little, and a concentration nothing.
  static let fewPurchasers = 20
  /// The best fifth makes so little more than its fifth: revenue is even.
  static let evenShareOfTopFifth = 0.30
  /// Within this of exactly a fifth everybody weighs the same.
  static let equalTolerance = 0.005
  /// One customer in a hundred makes so much: the business depends on them. Needs 100 purchasers.
  static let dependentShareOfTopHundredth = 0.20
  /// Revenue changes smaller than this are noise between two periods.
  static let notableTrend = 0.05
  /// Returns, guests: share of sales from which they are worth a sentence.
  static let notableShareOfSales = 0.05
  /// Share of lines set aside from which it is worth a sentence.
  static let notableQuarantine = 0.01

  /// The sentences of a run; its own `headlines` are not looked at.
  package static func messages(for result: RunResult) -> [UserMessage] {
    let totals = result.totals
    let caveats = self.caveats(result)
    if totals.purchasers == 0 {
      return [UserMessage("headline.no_purchase", ["date": .date(result.asOf)])] + caveats
    }
    if totals.purchasers == 1 {
      return [UserMessage("headline.one_customer", ["revenue": .money(totals.revenue)])] + caveats
    }
    var messages: [UserMessage?] = []
    if totals.revenue.amount.units <= 0 {
      messages.append(UserMessage("headline.no_revenue", ["revenue": .money(totals.revenue)]))
    } else {
      messages.append(concentration(result))
      messages.append(best(result))
    }
    messages.append(leaving(result))
    messages.append(leftBest(result))
    messages.append(trend(result))
    messages.append(retention(result))
    messages.append(newcomers(result))
    messages.append(repeatPurchases(totals))
    messages.append(returns(totals))
    if totals.purchasers < fewPurchasers {
      messages.append(
        UserMessage("headline.few_customers", ["count": .count(totals.purchasers)]))
    }
    return messages.compactMap { $0 } + caveats
  }

  private static func concentration(_ result: RunResult) -> UserMessage? {
    let shares = result.concentration.revenueShareOfTop
    guard result.totals.purchasers >= fewPurchasers, shares.count == 101,
      shares[20].isFinite, result.concentration.gini != nil
    else { return nil }
    let share = shares[20]
    var arguments: [String: MessageArgument] = ["top": .share(0.2), "share": .share(share)]
    if abs(share - 0.2) < equalTolerance { return UserMessage("headline.concentration.equal") }
    if share < evenShareOfTopFifth {
      return UserMessage("headline.concentration.even", arguments)
    }
    if result.totals.purchasers >= 100, shares[1] >= dependentShareOfTopHundredth {
      arguments["best"] = .share(0.01)
      arguments["bestShare"] = .share(shares[1])
      return UserMessage("headline.concentration.dependent", arguments)
    }
    return UserMessage("headline.concentration", arguments)
  }

  private static func segment(_ ids: [String], _ result: RunResult) -> RunResult.SegmentReport? {
    result.segments.first { ids.contains($0.id) && $0.customers > 0 }
  }

  private static func best(_ result: RunResult) -> UserMessage? {
    guard let best = segment(["loyal_high_value", "champions"], result),
      let revenueShare = best.revenueShare
    else { return nil }
    return UserMessage(
      "headline.best",
      [
        "segment": .term(SegmentAdvice.key(best.id, result.method.partition)),
        "count": .count(best.customers), "customerShare": .share(best.customerShare),
        "revenueShare": .share(revenueShare),
      ])
  }

  /// Those at risk, and in the eleven groups also those not to lose, who are at risk too.
  private static func leaving(_ result: RunResult) -> UserMessage? {
    let leaving = result.segments.filter { ["at_risk", "cannot_lose"].contains($0.id) }
    let customers = leaving.reduce(0) { $0 + $1.customers }
    let revenue = leaving.reduce(Money.zero(result.totals.revenue.currency)) { $0 + $1.revenue }
    guard customers > 0, revenue.amount.units > 0, result.totals.revenue.amount.units > 0 else {
      return nil
    }
    return UserMessage(
      "headline.leaving",
      [
        "count": .count(customers), "revenue": .money(revenue),
        "revenueShare": .share(revenue.double / result.totals.revenue.double),
      ])
  }

  /// Best customers of one period ago who are now in a segment without a recent purchase.
  private static func leftBest(_ result: RunResult) -> UserMessage? {
    guard let migration = result.migration else { return nil }
    let quiet = ["at_risk", "inactive", "about_to_sleep", "cannot_lose", "hibernating", "lost"]
    let best = ["loyal_high_value", "champions"]
    let left = migration.flows.filter { flow in
      flow.from.map(best.contains) == true && quiet.contains(flow.to)
    }
    let count = left.reduce(0) { $0 + $1.customers }
    guard count > 0, let from = left.first?.from else { return nil }
    return UserMessage(
      "headline.left_best",
      [
        "count": .count(count), "from": .date(migration.from),
        "segment": .term(SegmentAdvice.key(from, result.method.partition)),
      ])
  }

  private static func trend(_ result: RunResult) -> UserMessage? {
    guard let period = CalendarPeriod(result.method.period), let first = result.totals.firstOrder
    else {
      return nil
    }
    let zero = Money.zero(result.totals.revenue.currency)
    let now = result.segments.reduce(zero) { $0 + $1.revenueThisPeriod }
    let before = result.segments.reduce(zero) { $0 + $1.revenuePreviousPeriod }
    // A base younger than two periods always grows: that says nothing.
    let isComparable = first <= period.before(result.asOf, periods: 2).adding(days: 1)
    guard before.amount.units > 0, now.amount.units >= 0, isComparable else { return nil }
    let change = now.double / before.double - 1
    guard abs(change) >= notableTrend else { return nil }
    return UserMessage(
      change > 0 ? "headline.trend.up" : "headline.trend.down",
      [
        "from": .date(period.before(result.asOf).adding(days: 1)), "to": .date(result.asOf),
        "revenue": .money(now), "share": .share(abs(change)),
      ])
  }

  private static func retention(_ result: RunResult) -> UserMessage? {
    guard let rate = result.totals.retentionRate, rate.isFinite,
      let period = CalendarPeriod(result.method.period)
    else { return nil }
    return UserMessage(
      "headline.retention",
      [
        "share": .share(rate),
        "from": .date(period.before(result.asOf, periods: 2).adding(days: 1)),
        "to": .date(period.before(result.asOf)),
      ])
  }

  private static func newcomers(_ result: RunResult) -> UserMessage? {
    guard let new = segment(["new_high_potential", "potential_loyalists"], result),
      let basket = new.averageBasket
    else { return nil }
    return UserMessage(
      "headline.new",
      [
        "segment": .term(SegmentAdvice.key(new.id, result.method.partition)),
        "count": .count(new.customers), "basket": .money(basket),
      ])
  }

  private static func repeatPurchases(_ totals: RunResult.Totals) -> UserMessage? {
    guard let rate = totals.repeatRate, rate.isFinite else { return nil }
    return rate >= 0.5
      ? UserMessage("headline.repeat", ["share": .share(rate)])
      : UserMessage("headline.one_time", ["share": .share(1 - rate)])
  }

  private static func returns(_ totals: RunResult.Totals) -> UserMessage? {
    let gross = totals.grossRevenue.double
    guard gross > 0 else { return nil }
    let share = abs(totals.returnedAmount.double) / gross
    guard share >= notableShareOfSales else { return nil }
    let amount = SQLDecimal(
      units: Int128(totals.returnedAmount.amount.units.magnitude), scale: 4)
    return UserMessage(
      "headline.returns",
      ["amount": .money(Money(amount, totals.returnedAmount.currency)), "share": .share(share)])
  }

  private static func caveats(_ result: RunResult) -> [UserMessage] {
    var messages: [UserMessage] = []
    let imported = result.imported
    if imported.lines > 0 {
      let share = Double(imported.quarantinedLines) / Double(imported.lines)
      if share >= notableQuarantine {
        messages.append(
          UserMessage(
            "headline.quarantine",
            [
              "count": .count(imported.quarantinedLines), "lines": .count(imported.lines),
              "share": .share(share),
            ]))
      }
    }
    let guests = result.totals.guestRevenue.double
    let all = guests + result.totals.revenue.double
    if all > 0, guests / all >= notableShareOfSales {
      messages.append(UserMessage("headline.guests", ["share": .share(guests / all)]))
    }
    if result.totals.ordersAfterAsOf > 0 {
      messages.append(
        UserMessage(
          "headline.future",
          ["count": .count(result.totals.ordersAfterAsOf), "date": .date(result.asOf)]))
    }
    return messages
  }
}
