package import CustomerSchema

/// What rules can speak of in one workspace.
package struct SegmentSchema: Sendable, Hashable {
  /// Stored attributes of a customer; `customer_attribute` has a column of each id.
  package var attributes: [AttributeDefinition]
  /// Attributes that are expressions over streams and other attributes, such as
  /// `average_basket`: told fresh at every instant, never stored.
  package var derived: [DerivedAttribute]
  package var streams: StreamCatalogue
  /// Calendar arithmetic happens in this IANA time zone.
  package var timeZone: String
  /// The currency of every amount.
  package var currency: CurrencyCode

  package init(
    attributes: [AttributeDefinition], derived: [DerivedAttribute] = [],
    streams: StreamCatalogue = .canonical, timeZone: String = "Europe/Paris",
    currency: CurrencyCode = .euro
  ) {
    self.attributes = attributes
    self.derived = derived
    self.streams = streams
    self.timeZone = timeZone
    self.currency = currency
  }
}

/// An attribute that is an expression.
package struct DerivedAttribute: Sendable, Hashable {
  package let id: String
  package let type: AttributeType
  package let expression: Expression

  package init(_ id: String, _ type: AttributeType, _ expression: Expression) {
    self.id = id
    self.type = type
    self.expression = expression
  }
}
