package import CustomerSchema

extension SegmentSchema {
  /// What every workspace has: the attributes that customers declare or that files bring, and
  /// those that follow from what customers do, defined as `quartier run` defines them.
  ///
  /// - Parameter attributes: the workspace's own, which come after the built-in ones; one with a
  ///   built-in id replaces it.
  package static func standard(
    attributes own: [AttributeDefinition] = [], timeZone: String = "Europe/Paris",
    currency: CurrencyCode = .euro
  ) -> SegmentSchema {
    let ids = Set(own.map(\.id))
    return SegmentSchema(
      attributes: AttributeCatalogue.customer.attributes.filter { !ids.contains($0.id) } + own,
      derived: standardDerived.filter { !ids.contains($0.id) }, timeZone: timeZone,
      currency: currency)
  }

  /// Attributes that are rules of computation, as the language writes them.
  private static let standardDerived: [DerivedAttribute] = [
    ("orders", .count, "count(orders)"),
    ("purchase_occasions", .count, "distinct(orders.date)"),
    ("gross_revenue", .money, "sum(orders.amount)"),
    ("returned_amount", .money, "sum(returns.amount)"),
    ("revenue", .money, "sum(orders.amount) - sum(returns.amount)"),
    ("average_basket", .money, "sum(orders.amount) / count(orders)"),
    ("return_rate", .share, "sum(returns.amount) / sum(orders.amount)"),
    ("first_purchase", .date, "first(orders.date)"),
    ("last_purchase", .date, "last(orders.date)"),
    ("days_since_first_purchase", .duration, "days_since_first(orders)"),
    ("days_since_last_purchase", .duration, "days_since_last(orders)"),
    ("tenure_days", .duration, "days_since_first(orders)"),
    ("distinct_products", .count, "distinct(order_lines.product)"),
    ("cancelled_orders", .count, "count(cancelled_orders)"),
    ("interactions", .count, "count(events)"),
    ("active_days", .count, "distinct(events.date)"),
    ("last_interaction", .date, "last(events.date)"),
    ("days_since_last_interaction", .duration, "days_since_last(events)"),
    ("age", .count, "years_since(usable_birth_date)"),
    (
      "mobile_share", .share,
      "count(events where device = \"mobile\") / count(events where device is not missing)"
    ),
    ("days_since_sign_up", .duration, "days_since(signed_up)"),
  ].map { id, type, text in
    guard let expression = try? Expression.parse(text) else {
      preconditionFailure("\(id) is no expression")
    }
    return DerivedAttribute(id, type, expression)
  }
}
