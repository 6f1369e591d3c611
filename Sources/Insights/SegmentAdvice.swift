package import CustomerSchema
internal import Features

/// What to do with a segment, and why.
package enum SegmentAdvice {
  /// The id of customers who have not bought, in either partition.
  package static let noPurchase = "no_purchase"

  /// The catalogue key of a segment's name; `.who` and `.action` follow it.
  package static func key(_ id: String, _ partition: RunResult.MethodReport.Partition) -> String {
    id == noPurchase ? "segment.no_purchase" : "segment.\(partition.rawValue).\(id)"
  }

  /// The ids of a partition, from the most to the least engaged.
  package static func ids(_ partition: RunResult.MethodReport.Partition) -> [String] {
    switch partition {
    case .five: ["loyal_high_value", "new_high_potential", "occasional", "at_risk", "inactive"]
    case .eleven:
      [
        "champions", "loyal", "potential_loyalists", "new", "promising", "need_attention",
        "about_to_sleep", "at_risk", "cannot_lose", "hibernating", "lost",
      ]
    }
  }

  /// What to aim for with a segment.
  package static func intention(_ id: String) -> RunResult.Intention {
    switch id {
    case "loyal_high_value", "champions", "loyal", "cannot_lose", "need_attention": .retain
    case "occasional", "potential_loyalists", "promising": .develop
    case "new_high_potential", "new", noPurchase: .convert
    case "lost": .serveDifferently
    default: .reactivate
    }
  }

  /// The figures that a reason may quote; nil where they have no value.
  package struct Figures: Sendable {
    package let customers: Int
    package let customerShare: Double
    package let revenue: Money
    package let revenueShare: Double?
    package let averageBasket: Money?
    package let ordersPerCustomer: Double?
    package let medianDaysSinceLastPurchase: Double?

    package init(
      customers: Int, customerShare: Double, revenue: Money, revenueShare: Double?,
      averageBasket: Money?, ordersPerCustomer: Double?, medianDaysSinceLastPurchase: Double?
    ) {
      self.customers = customers
      self.customerShare = customerShare
      self.revenue = revenue
      self.revenueShare = revenueShare
      self.averageBasket = averageBasket
      self.ordersPerCustomer = ordersPerCustomer
      self.medianDaysSinceLastPurchase = medianDaysSinceLastPurchase
    }
  }

  /// One sentence of why, with the segment's own figures.
  package static func reason(
    _ id: String, _ partition: RunResult.MethodReport.Partition, _ figures: Figures
  ) -> UserMessage {
    guard figures.customers > 0 else { return UserMessage("reason.empty") }
    let shareOfBase = ["customerShare": MessageArgument.share(figures.customerShare)]
    if id == noPurchase { return UserMessage("reason.no_purchase", shareOfBase) }
    guard let revenueShare = figures.revenueShare, let basket = figures.averageBasket,
      let orders = figures.ordersPerCustomer, let days = figures.medianDaysSinceLastPurchase,
      abs(days) < 1e6
    else { return UserMessage("reason.no_revenue") }
    return UserMessage(
      "reason.\(partition.rawValue).\(id)",
      [
        "customerShare": .share(figures.customerShare), "revenue": .money(figures.revenue),
        "revenueShare": .share(revenueShare), "basket": .money(basket),
        "orders": .number(orders, decimals: 1), "count": .count(Int(days.rounded())),
      ])
  }

  /// The three segments that matter most for an objective, first to last.
  package static func priorities(
    _ objective: RunResult.Objective, _ partition: RunResult.MethodReport.Partition
  ) -> [String] {
    switch (partition, objective) {
    case (.five, .retain): ["loyal_high_value", "at_risk", "new_high_potential"]
    case (.five, .reactivate): ["at_risk", "inactive", "occasional"]
    case (.five, .convert): ["new_high_potential", "occasional", "inactive"]
    case (.five, .develop): ["occasional", "loyal_high_value", "new_high_potential"]
    case (.eleven, .retain): ["champions", "loyal", "cannot_lose"]
    case (.eleven, .reactivate): ["cannot_lose", "at_risk", "hibernating"]
    case (.eleven, .convert): ["new", "promising", "potential_loyalists"]
    case (.eleven, .develop): ["potential_loyalists", "loyal", "promising"]
    }
  }

  /// Why a segment comes early for an objective; nil when it is not one of its three.
  package static func objectiveReason(
    _ id: String, _ objective: RunResult.Objective,
    _ partition: RunResult.MethodReport.Partition
  ) -> UserMessage? {
    guard priorities(objective, partition).contains(id) else { return nil }
    return UserMessage("objective.\(objective.rawValue).\(partition.rawValue).\(id)")
  }

  /// A partition's ids in the order to act on them: the objective's three first, then the others
  /// from the most to the least engaged.
  package static func order(
    _ partition: RunResult.MethodReport.Partition, objective: RunResult.Objective?
  ) -> [String] {
    let first = objective.map { priorities($0, partition) } ?? []
    return first + ids(partition).filter { !first.contains($0) } + [noPurchase]
  }

  /// The life-cycle stages in the order in which their rules are tried.
  package static let stagesAsTried = [
    "new", "lost", "dormant", "reactivated", "slipping", "loyal", "active",
  ]

  /// The sentence of a life-cycle stage's rule, with the limits in force.
  package static func rule(
    stage: String, _ rules: RunResult.MethodReport.LifecycleRules
  ) -> UserMessage {
    UserMessage(
      "stage.\(stage).rule",
      [
        "newDays": .count(rules.newDays), "dormantMonths": .count(rules.dormantMonths),
        "lostMonths": .count(rules.lostMonths),
        "reactivationGapDays": .count(rules.reactivationGapDays),
        "reactivatedDays": .count(rules.reactivatedDays),
        "loyalOrders": .count(rules.loyalOrders), "loyalMonths": .count(rules.loyalMonths),
        "slippingFactor": .number(rules.slippingFactor, decimals: 2),
        "slippingDays": .count(rules.slippingDays),
      ])
  }
}
