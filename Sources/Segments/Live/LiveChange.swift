package import SQLBuilder

/// Something that becomes known of a customer while memberships are live.
package struct LiveChange: Sendable, Hashable {
  package enum Content: Sendable, Hashable {
    /// A row of a stream, with its fields by id; amounts as rules read them: positive for returns.
    case row(stream: String, local: Int64, source: String, key: String, fields: [String: SQLValue])
    /// A value of an attribute; null when it is withdrawn.
    case attribute(id: String, value: SQLValue)
  }

  package let customer: Int64
  /// When it happened, in µs since 1970.
  package let instant: Int64
  package let content: Content

  package init(customer: Int64, instant: Int64, _ content: Content) {
    self.customer = customer
    self.instant = instant
    self.content = content
  }
}
