/// One thing that is known of a customer.
package struct AttributeDefinition: Sendable, Hashable {
  /// Stable, in snake case; also the column's name. The localisation catalogues hold its name as
  /// `attribute.ID` and its meaning as `attribute.ID.meaning`.
  package let id: String
  package let type: AttributeType
  package let dataClass: DataClass
  /// Whether a customer may lack it.
  package let isOptional: Bool

  package init(
    _ id: String, _ type: AttributeType, _ dataClass: DataClass = .behaviour,
    isOptional: Bool = false
  ) {
    self.id = id
    self.type = type
    self.dataClass = dataClass
    self.isOptional = isOptional
  }
}

/// The kinds of value an attribute can have.
package enum AttributeType: Sendable, Hashable {
  case text, boolean, date, instant
  case count
  /// Days.
  case duration
  /// Between 0 and 1.
  case share
  /// A double: scores and measures of models.
  case number
  /// An exact number to the ten-thousandth: what files say and what is summed.
  case decimal
  case money
  /// One of the given values.
  case enumeration([String])
  /// Several texts, without an order that means something.
  case list
  /// Several objects with these fields, such as children with their birth dates.
  case objects([FieldDefinition])
}

/// What law and care an attribute needs.
package enum DataClass: String, Sendable, Hashable, Codable, CaseIterable {
  /// Points at a person: id, name, e-mail, phone, address.
  case identifying
  /// What a person did or is worth; personal data once tied to an id.
  case behaviour
  /// Special categories of Art. 9 GDPR.
  case special
}

/// The attributes known, in the order of the columns of the customer table.
package struct AttributeCatalogue: Sendable {
  package let attributes: [AttributeDefinition]

  package init(_ attributes: [AttributeDefinition]) { self.attributes = attributes }

  /// The attribute of an id; nil when there is none.
  package subscript(id: String) -> AttributeDefinition? { attributes.first { $0.id == id } }

  /// What a run computes for each customer; `customers.parquet` has exactly these columns.
  package static let orderHistory = AttributeCatalogue([
    AttributeDefinition("customer", .text, .identifying),
    AttributeDefinition("first_purchase", .date, isOptional: true),
    AttributeDefinition("last_purchase", .date, isOptional: true),
    AttributeDefinition("days_since_last_purchase", .duration, isOptional: true),
    AttributeDefinition("orders", .count),
    AttributeDefinition("purchase_occasions", .count),
    AttributeDefinition("gross_revenue", .money),
    AttributeDefinition("returned_amount", .money),
    AttributeDefinition("revenue", .money),
    AttributeDefinition("average_basket", .money, isOptional: true),
    AttributeDefinition("median_days_between_purchases", .duration, isOptional: true),
    AttributeDefinition("tenure_days", .duration, isOptional: true),
    AttributeDefinition("return_rate", .share, isOptional: true),
    AttributeDefinition("distinct_products", .count, isOptional: true),
    AttributeDefinition("favourite_category", .text, isOptional: true),
    AttributeDefinition("favourite_channel", .text, isOptional: true),
    AttributeDefinition("r_score", .count, isOptional: true),
    AttributeDefinition("f_score", .count, isOptional: true),
    AttributeDefinition("m_score", .count, isOptional: true),
    AttributeDefinition("rfm_score", .number, isOptional: true),
    AttributeDefinition("segment", .enumeration(segments)),
    AttributeDefinition("rfm_group", .enumeration(groups)),
    AttributeDefinition("lifecycle_stage", .enumeration(stages), isOptional: true),
    AttributeDefinition("lifecycle_rule", .text, isOptional: true),
  ])

  /// What models add, unless a run goes without.
  package static let models = AttributeCatalogue([
    AttributeDefinition("p_alive", .share, isOptional: true),
    AttributeDefinition("expected_purchases_12_months", .number, isOptional: true),
    AttributeDefinition("clv_12_months", .money, isOptional: true),
    AttributeDefinition("found_group", .text, isOptional: true),
  ])

  /// What a run adds where a file of events is given.
  package static let engagement = AttributeCatalogue([
    AttributeDefinition("last_interaction", .date, isOptional: true),
    AttributeDefinition("days_since_last_interaction", .duration, isOptional: true),
    AttributeDefinition("interactions", .count, isOptional: true),
    AttributeDefinition("active_days", .count, isOptional: true),
    AttributeDefinition("engagement_r_score", .count, isOptional: true),
    AttributeDefinition("engagement_f_score", .count, isOptional: true),
    AttributeDefinition("engagement_c_score", .count, isOptional: true),
    AttributeDefinition("engagement_score", .number, isOptional: true),
  ])

  /// The five segments that people act on, and the customers without a purchase.
  package static let segments = [
    "loyal_high_value", "new_high_potential", "occasional", "at_risk", "inactive", "no_purchase",
  ]
  /// The eleven groups of the R × FM grid, and the customers without a purchase.
  package static let groups = [
    "champions", "loyal", "potential_loyalists", "new", "promising", "need_attention",
    "about_to_sleep", "at_risk", "cannot_lose", "hibernating", "lost", "no_purchase",
  ]
  /// The life-cycle stages.
  package static let stages = [
    "new", "active", "loyal", "slipping", "dormant", "lost", "reactivated",
  ]
}
