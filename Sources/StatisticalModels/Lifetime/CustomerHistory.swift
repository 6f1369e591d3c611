/// One customer's purchases with ages that know their unit.
///
/// What is asked of a fitted model takes this: the model converts to its own unit, so that days are
/// never read as weeks. `repeatPurchases` does not count the first purchase; ages count from it.
package struct CustomerHistory: Sendable, Codable, Equatable {
  package let repeatPurchases: Int
  package let lastPurchaseAge: TimeSpan
  package let customerAge: TimeSpan

  /// Throws `invalidHistory` for a negative count, an age at last purchase beyond the customer age, or
  /// one without a repeat purchase.
  package init(
    repeatPurchases: Int, lastPurchaseAge: TimeSpan, customerAge: TimeSpan
  ) throws(ModelError) {
    let unit = customerAge.unit
    let reason = HistoryTable.fault(
      Double(repeatPurchases), lastPurchaseAge.value(in: unit), customerAge.amount)
    if let reason { throw ModelError.invalidHistory(row: 0, reason: reason) }
    self.repeatPurchases = repeatPurchases
    self.lastPurchaseAge = lastPurchaseAge
    self.customerAge = customerAge
  }

  private init(newIn unit: TimeUnit) {
    repeatPurchases = 0
    lastPurchaseAge = .zero(unit)
    customerAge = .zero(unit)
  }

  /// Someone who has made the first purchase just now.
  package static let newCustomer = CustomerHistory(newIn: .day)

  func history(in unit: TimeUnit) -> PurchaseHistory {
    let age = customerAge.value(in: unit)
    // Conversion must not push the last purchase a rounding error beyond the age.
    return PurchaseHistory(
      repeatPurchases: Double(repeatPurchases),
      lastPurchaseAge: min(lastPurchaseAge.value(in: unit), age), customerAge: age)
  }
}

extension LifetimeModel {
  /// P(still a customer at the end of the history).
  package func aliveProbability(_ history: CustomerHistory, covariates z: [Double] = []) -> Double {
    process(for: z).aliveProbability(history.history(in: unit))
  }

  /// Expected purchases within a horizon after the end of the history.
  package func expectedPurchases(
    _ history: CustomerHistory, over horizon: TimeSpan, covariates z: [Double] = []
  ) -> Double {
    process(for: z).expectedPurchases(
      history.history(in: unit), over: horizon.value(in: unit))
  }

  /// P(exactly `count` purchases within a horizon); 0 for a negative count.
  package func countProbability(
    _ count: Int, _ history: CustomerHistory, over horizon: TimeSpan, covariates z: [Double] = []
  ) -> Double {
    count < 0
      ? 0
      : process(for: z).countProbability(
        count, history.history(in: unit), over: horizon.value(in: unit))
  }

  /// The numbers of purchases within a horizon that leave at most (1 − level)/2 outside on either side.
  ///
  /// Throws `outOfRange` for a level outside 0…1.
  package func purchaseInterval(
    _ history: CustomerHistory, over horizon: TimeSpan, level: Double, covariates z: [Double] = []
  ) throws(ModelError) -> ClosedRange<Int> {
    guard level > 0, level < 1 else {
      throw ModelError.outOfRange(
        what: "The level", value: level, allowed: "between 0 and 1")
    }
    return process(for: z).purchaseInterval(
      history.history(in: unit), over: horizon.value(in: unit), level: level)
  }

  /// Expected purchases within a horizon, each discounted to the end of the history.
  package func discountedPurchases(
    _ history: CustomerHistory, over horizon: TimeSpan, discount: DiscountRate,
    covariates z: [Double] = []
  ) -> Double {
    process(for: z).discountedPurchases(
      history.history(in: unit), over: horizon.value(in: unit),
      rate: discount.continuous(per: unit))
  }

  /// Discounted expected residual transactions (DERT), without horizon.
  ///
  /// Throws `outOfRange` for a rate of 0.
  package func discountedResidualPurchases(
    _ history: CustomerHistory, discount: DiscountRate, covariates z: [Double] = []
  ) throws(ModelError) -> Double {
    guard discount.perYear > 0 else {
      throw ModelError.outOfRange(
        what: "The discount rate of a value without horizon", value: 0, allowed: "more than 0")
    }
    return process(for: z).discountedResidualPurchases(
      history.history(in: unit), rate: discount.continuous(per: unit))
  }
}
