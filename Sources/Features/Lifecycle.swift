internal import CustomerSchema
internal import SQLBuilder

/// The limits of the life-cycle rules. The first rule that fits gives the stage:
///
/// 1. `new`: first purchase less than `newDays` days ago;
/// 2. `lost`: no purchase for `lostMonths` months;
/// 3. `dormant`: no purchase for `dormantMonths` months;
/// 4. `reactivated`: the last purchase came after a gap of at least `reactivationGapDays` days, and
///    less than `reactivatedDays` days ago;
/// 5. `slipping`: with a rhythm (three occasions), later than `slippingFactor` times the customer's
///    own median gap, and at least `newDays` days ago; without one, `slippingDays` days ago;
/// 6. `loyal`: at least `loyalOrders` orders in the last `loyalMonths` months;
/// 7. `active`: everybody else.
package struct LifecycleRules: Sendable, Hashable, Codable {
  package let newDays: Int
  package let dormantMonths: Int
  package let lostMonths: Int
  package let reactivationGapDays: Int
  package let reactivatedDays: Int
  package let loyalOrders: Int
  package let loyalMonths: Int
  package let slippingFactor: Double
  package let slippingDays: Int

  package init(
    newDays: Int = 30, dormantMonths: Int = 6, lostMonths: Int = 12,
    reactivationGapDays: Int = 183, reactivatedDays: Int = 90, loyalOrders: Int = 4,
    loyalMonths: Int = 12, slippingFactor: Double = 2, slippingDays: Int = 90
  ) {
    self.newDays = newDays
    self.dormantMonths = dormantMonths
    self.lostMonths = lostMonths
    self.reactivationGapDays = reactivationGapDays
    self.reactivatedDays = reactivatedDays
    self.loyalOrders = loyalOrders
    self.loyalMonths = loyalMonths
    self.slippingFactor = slippingFactor
    self.slippingDays = slippingDays
  }

  /// The stage of each row of `customer_features`, and the rule that gave it where a stage has two;
  /// null without a purchase.
  func columns(asOf: LocalDate) -> SQL {
    let asOfValue = asOf.sqlValue
    let since: SQL = "(\(asOfValue) - last_purchase)"
    let slipsByRhythm: SQL = """
      purchase_occasions >= 3 AND \(since) >= \(newDays)
        AND \(since) > \(slippingFactor) * median_days_between_purchases
      """
    let slipsByDays: SQL = "purchase_occasions < 3 AND \(since) >= \(slippingDays)"
    let rules: [(SQL, stage: String, rule: String)] = [
      ("\(asOfValue) - first_purchase < \(newDays)", "new", "new"),
      ("last_purchase <= \(asOf.adding(months: -lostMonths).sqlValue)", "lost", "lost"),
      ("last_purchase <= \(asOf.adding(months: -dormantMonths).sqlValue)", "dormant", "dormant"),
      (
        "last_gap >= \(reactivationGapDays) AND \(since) < \(reactivatedDays)", "reactivated",
        "reactivated"
      ),
      (slipsByRhythm, "slipping", "slipping_rhythm"),
      (slipsByDays, "slipping", "slipping_days"),
      ("loyal_window_orders >= \(loyalOrders)", "loyal", "loyal"),
    ]
    func choose(_ value: (_ stage: String, _ rule: String) -> String) -> SQL {
      let branches = rules.map { condition, stage, rule in
        "WHEN \(condition) THEN \(literal: value(stage, rule))" as SQL
      }
      return """
        CASE WHEN orders = 0 THEN NULL \(branches.joined(separator: " "))
        ELSE \(literal: value("active", "active")) END
        """
    }
    return """
      \(choose { stage, _ in stage }) AS lifecycle_stage,
      \(choose { _, rule in rule }) AS lifecycle_rule
      """
  }
}
