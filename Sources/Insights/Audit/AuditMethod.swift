internal import CustomerSchema

/// Chooses the method that serves an objective with what there is.
enum AuditMethod {
  /// From how many on a method is worth its name.
  static let modelledPurchasers = 200
  static let modelledReturning = 50
  static let modelledDays = 180
  static let scoredPurchasers = 20
  static let respondents = 200
  static let clusteredPurchasers = 200
  static let prospects = 50
  static let events = 500
  static let subscriptions = 50
  static let endedSubscriptions = 10
  static let companies = 20

  /// - Parameter coverage: share of companies whose size or activity is known.
  static func choose(
    _ objective: AuditObjective, base: AuditReport.Base, companyCoverage coverage: Double
  ) -> AuditReport.Method {
    var missing: [String] = []
    func method(
      _ code: String, _ command: String?, _ figures: [String: Int] = [:]
    ) -> AuditReport.Method {
      AuditReport.Method(
        objective: objective, method: code, command: command, figures: figures, missing: missing)
    }
    let days =
      base.firstPurchase.flatMap { first in
        base.lastPurchase.map { Int($0.daysSinceEpoch - first.daysSinceEpoch) }
      } ?? 0
    let isModelled =
      base.purchasers >= modelledPurchasers && base.returning >= modelledReturning
      && days >= modelledDays
    let purchases = ["purchasers": base.purchasers, "returning": base.returning, "days": days]
    switch objective {
    case .retain, .reactivate:
      if isModelled {
        return method(
          objective == .retain ? "lifetime_value" : "alive_probability",
          "quartier model clv ORDERS", purchases)
      }
      missing.append(days < modelledDays ? "longer_history" : "more_returning")
      if base.purchasers >= scoredPurchasers {
        return method(
          objective == .retain ? "rfm" : "lifecycle", "quartier run ORDERS", purchases)
      }
      missing = ["orders"]
      return method("none", nil)
    case .convert:
      let figures = ["prospects": base.prospects, "events": base.events, "carts": base.carts]
      if base.prospects >= prospects, base.events >= events {
        return method("behaviour", "quartier segments starter", figures)
      }
      missing.append(base.events < events ? "events" : "prospects")
      if base.prospects >= prospects {
        return method("prospect_attributes", "quartier segments starter", figures)
      }
      if base.carts > 0 { return method("carts", "quartier segments starter", figures) }
      missing = ["prospects", "events"]
      return method("none", nil)
    case .conquer:
      if base.respondents >= respondents {
        return method(
          "tribes", "quartier model tribes ANSWERS", ["respondents": base.respondents])
      }
      missing.append("survey")
      if base.purchasers >= clusteredPurchasers {
        return method("clusters", "quartier model clusters ORDERS", purchases)
      }
      if base.customers >= clusteredPurchasers {
        return method(
          "attributes", "quartier segments starter", ["customers": base.customers])
      }
      missing = ["customers"]
      return method("none", nil)
    case .subscriptions:
      let figures = [
        "subscriptions": base.subscriptions, "ended": base.endedSubscriptions,
      ]
      if base.subscriptions >= subscriptions, base.endedSubscriptions >= endedSubscriptions {
        return method("survival", "quartier model survival SUBSCRIPTIONS", figures)
      }
      missing.append(base.subscriptions < subscriptions ? "subscriptions" : "ended_subscriptions")
      if base.returning >= modelledReturning {
        return method("regular_buyers", "quartier segments starter", purchases)
      }
      return method("none", nil)
    case .b2b:
      let figures = ["companies": base.companies, "opportunities": base.opportunities]
      if base.companies >= companies, coverage >= 0.5 {
        return method("firmographic", "quartier segments starter", figures)
      }
      missing.append(base.companies < companies ? "companies" : "company_identity")
      if base.companies >= companies {
        return method("account_value", "quartier run ORDERS", figures)
      }
      return method("none", nil)
    }
  }
}
