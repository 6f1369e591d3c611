/// A named, typed value of a stream's rows or of an attribute's objects.
package struct FieldDefinition: Sendable, Hashable {
  /// In snake case; the localisation catalogues hold its name as `field.ID`.
  package let id: String
  package let type: AttributeType

  package init(_ id: String, _ type: AttributeType) {
    self.id = id
    self.type = type
  }
}

/// Something customers do or that happens to them, in rows that have an instant.
///
/// Every stream's table has `customer_id`, `happened_at` (an instant), `local_at` (the same on the
/// workspace's wall clock), `source`, `key` and `row_id`; rows of one instant are ordered by
/// (`source`, `key`) compared byte by byte.
package struct StreamDefinition: Sendable, Hashable {
  /// In snake case, plural; the localisation catalogues hold its name as `stream.ID`.
  package let id: String
  /// The store's table.
  package let table: String
  /// Only rows whose `kind` is this belong to the stream; nil for all.
  package let kind: String?
  /// Besides `FieldDefinition.ofEveryRow`.
  package let fields: [FieldDefinition]
  /// Whether amounts are stored negative and read as positive (returns).
  package let isNegated: Bool

  package init(
    _ id: String, table: String? = nil, kind: String? = nil, isNegated: Bool = false,
    _ fields: [FieldDefinition]
  ) {
    self.id = id
    self.table = table ?? id
    self.kind = kind
    self.isNegated = isNegated
    self.fields = fields
  }
}

extension FieldDefinition {
  /// What every row of every stream has: its instant, and where that falls on the workspace's
  /// wall clock: `date`, `weekday` (1 Monday to 7 Sunday), `hour` (0 to 23), `month` (1 to 12).
  /// They are computed from `happened_at` and `local_at`, never stored.
  package static let ofEveryRow = [
    FieldDefinition("at", .instant), FieldDefinition("date", .date),
    FieldDefinition("weekday", .count), FieldDefinition("hour", .count),
    FieldDefinition("month", .count), FieldDefinition("source", .text),
    FieldDefinition("key", .text),
  ]
}

/// The streams known.
package struct StreamCatalogue: Sendable, Hashable {
  package let streams: [StreamDefinition]

  package init(_ streams: [StreamDefinition]) { self.streams = streams }

  /// The stream of an id; nil when there is none.
  package subscript(id: String) -> StreamDefinition? { streams.first { $0.id == id } }

  private static let orderFields = [
    FieldDefinition("amount", .money), FieldDefinition("discount", .money),
    FieldDefinition("channel", .text), FieldDefinition("store", .text),
    FieldDefinition("payment_method", .text), FieldDefinition("promotion", .text),
    FieldDefinition("status", .text), FieldDefinition("device", .text),
    FieldDefinition("items", .count),
  ]
  private static let lineFields = [
    FieldDefinition("order_key", .text), FieldDefinition("product", .text),
    FieldDefinition("category", .text), FieldDefinition("brand", .text),
    FieldDefinition("quantity", .decimal), FieldDefinition("amount", .money),
    FieldDefinition("discount", .money), FieldDefinition("channel", .text),
  ]

  /// The canonical streams of a workspace.
  package static let canonical = StreamCatalogue([
    // An order is a purchase: returns and what was cancelled as a whole are streams of their own.
    StreamDefinition("orders", kind: "purchase", orderFields),
    StreamDefinition("returns", table: "orders", kind: "return", isNegated: true, orderFields),
    StreamDefinition("cancelled_orders", table: "orders", kind: "cancelled", orderFields),
    StreamDefinition("order_lines", kind: "purchase", lineFields),
    StreamDefinition(
      "return_lines", table: "order_lines", kind: "return", isNegated: true, lineFields),
    StreamDefinition("cancelled_lines", table: "order_lines", kind: "cancelled", lineFields),
    StreamDefinition(
      "events",
      [
        FieldDefinition("name", .text), FieldDefinition("page", .text),
        FieldDefinition("product", .text), FieldDefinition("category", .text),
        FieldDefinition("channel", .text), FieldDefinition("device", .text),
        FieldDefinition("os", .text), FieldDefinition("browser", .text),
        FieldDefinition("campaign", .text), FieldDefinition("amount", .money),
        FieldDefinition("duration_seconds", .decimal),
      ]),
    StreamDefinition(
      "campaign_contacts",
      [
        FieldDefinition("action", .text), FieldDefinition("campaign", .text),
        FieldDefinition("channel", .text), FieldDefinition("cost", .money),
      ]),
    StreamDefinition(
      "survey_answers",
      [
        FieldDefinition("survey", .text), FieldDefinition("question", .text),
        FieldDefinition("answer", .text), FieldDefinition("score", .decimal),
      ]),
    StreamDefinition(
      "tickets",
      [
        FieldDefinition("subject", .text), FieldDefinition("category", .text),
        FieldDefinition("channel", .text), FieldDefinition("status", .text),
        FieldDefinition("priority", .text), FieldDefinition("closed_at", .instant),
        FieldDefinition("satisfaction", .decimal),
      ]),
    StreamDefinition(
      "reviews",
      [
        FieldDefinition("product", .text), FieldDefinition("rating", .decimal),
        FieldDefinition("comment", .text),
      ]),
    StreamDefinition(
      "referrals", [FieldDefinition("referred", .text), FieldDefinition("status", .text)]),
    StreamDefinition(
      "subscriptions",
      [
        FieldDefinition("plan", .text), FieldDefinition("monthly_amount", .money),
        FieldDefinition("status", .text), FieldDefinition("ended_at", .instant),
      ]),
    StreamDefinition(
      "opportunities",
      [
        FieldDefinition("name", .text), FieldDefinition("stage", .text),
        FieldDefinition("amount", .money), FieldDefinition("owner", .text),
        FieldDefinition("closed_at", .instant), FieldDefinition("won", .boolean),
      ]),
    StreamDefinition(
      "life_events", [FieldDefinition("kind", .text), FieldDefinition("detail", .text)]),
    StreamDefinition("costs", [FieldDefinition("kind", .text), FieldDefinition("amount", .money)]),
    StreamDefinition(
      "consents",
      [
        FieldDefinition("purpose", .text), FieldDefinition("channel", .text),
        FieldDefinition("granted", .boolean), FieldDefinition("legal_basis", .text),
        FieldDefinition("expires_at", .instant),
      ]),
  ])
}
