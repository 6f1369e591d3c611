import CustomerSchema
import SegmentLanguage

/// Customers in memory with about ten orders and twenty events each.
struct SingleCustomers {
  private let layout: RecordLayout
  private let clock: WorkspaceClock
  private var state: UInt64 = 20_250_101

  init(_ layout: RecordLayout, _ clock: WorkspaceClock) {
    self.layout = layout
    self.clock = clock
  }

  func records(_ count: Int) -> [CustomerRecord] {
    var copy = self
    return (0..<count).map { _ in copy.record() }
  }

  private mutating func below(_ limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % limit
  }

  private mutating func record() -> CustomerRecord {
    var record = CustomerRecord(layout)
    for (index, collection) in layout.collections.enumerated() {
      let rows =
        switch collection.stream?.table {
        case "orders": collection.id == "orders" ? 10 : below(10) == 0 ? 1 : 0
        case "events": 20
        default: 0
        }
      for row in 0..<rows {
        let instant = BenchmarkData.asOf - Int64(below(94_608_000)) * 1_000_000
        var values: [RecordValue] = []
        for column in collection.columns { values.append(value(column)) }
        record.append(
          index, at: instant, local: clock.local(at: instant), source: "shop", key: "k\(row)",
          values)
      }
    }
    for (index, attribute) in layout.attributes.enumerated() {
      record.set(index, to: value(attribute), from: .min, layout)
    }
    return record
  }

  private mutating func value(_ attribute: AttributeDefinition) -> RecordValue {
    switch attribute.id {
    case "status": .text(["gold", "silver", "none"][below(3)])
    case "city": .text(["Paris", "Lyon", "Marseille", "Évry"][below(4)])
    case "optin": .integer(Int64(below(2)))
    case "birth_date", "usable_birth_date": .integer(Int64(below(24_000) - 11_000))
    case "signed_up": .integer(BenchmarkData.asOf - Int64(below(94_608_000)) * 1_000_000)
    case "score": .double(Double(below(1000)) / 1000)
    case "tags": .list(below(50) == 0 ? ["vip"] : [])
    default: .missing
    }
  }

  private mutating func value(_ field: FieldDefinition) -> RecordValue {
    switch field.id {
    case "name": .text(["visit", "visit", "search", "cart", "buy", "login"][below(6)])
    case "page": .text(["/promo", "/product/\(below(5000))", "/"][below(3)])
    case "channel": .text(["web", "shop", "app", "phone", "mobile"][below(5)])
    case "device": .text(["mobile", "desktop"][below(2)])
    case "promotion": below(5) == 0 ? .text("P1") : .missing
    case "amount": .integer(Int64(500 + below(15_000)) * 100)
    default: .missing
    }
  }
}
