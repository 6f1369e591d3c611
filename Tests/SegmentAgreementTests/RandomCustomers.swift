import CustomerSchema
import SQLBuilder

@testable import SegmentLanguage

/// Customers whose rows lie where answers turn: at the ends of windows, to the microsecond.
struct RandomCustomers {
  let clock: WorkspaceClock
  let asOf: Int64
  let segments: [Int64]

  static let texts = [
    "web", "shop", "app", "", "Évry", "evry", "É", "e\u{301}", "l'été", "\"quoted\"",
    "'; DROP TABLE orders; --", "🧡 citron", "שלום", "a%b_c", "WEB", "Saint-Étienne", "cart",
    "login", "buy", "view", "gold",
  ]
  private static let sources = ["shop", "crm", "Z", "é"]
  private static let day: Int64 = 86_400_000_000

  func customer(_ id: Int64, using rng: inout SeededGenerator) -> TestCustomer {
    var customer = TestCustomer(id: id)
    let busy = rng.chance(0.1) ? 80 : 12
    for stream in TestSchema.streams {
      guard let definition = StreamCatalogue.canonical[stream], rng.chance(0.8) else { continue }
      var last: Int64?
      for _ in 0..<Int.random(in: 0...busy, using: &rng) {
        var at = instant(using: &rng)
        if let last, rng.chance(0.15) { at = last }
        last = at
        customer.rows.append(row(definition, at, &rng))
      }
    }
    removeTwins(&customer)
    for attribute in TestSchema.attributes where rng.chance(0.85) {
      sayings(attribute, &customer, &rng)
    }
    for segment in segments {
      var at = asOf - 400 * Self.day
      while rng.chance(0.5) {
        at = max(at + 1, instant(using: &rng))
        guard at <= asOf else { break }
        let left = rng.chance(0.7) ? max(at + 1, instant(using: &rng)) : nil
        customer.memberships.append(
          MembershipInterval(segment: segment, entered: at, left: left))
        guard let left else { break }
        at = left
      }
      if rng.chance(0.1) {
        customer.decisions.append(.init(segment: segment, isIncluded: rng.chance(0.5)))
      }
    }
    return customer
  }

  /// Rows at one place of one stream would have no order.
  private func removeTwins(_ customer: inout TestCustomer) {
    var seen = Set<[String]>()
    customer.rows = customer.rows.filter {
      let table = StreamCatalogue.canonical[$0.stream]?.table ?? ""
      return seen.insert([table, String($0.instant), $0.source, $0.key]).inserted
    }
  }

  func instant(using rng: inout SeededGenerator) -> Int64 {
    let nudge = Int64(rng.pick([-1, 0, 0, 1]))
    switch Int.random(in: 0..<10, using: &rng) {
    case 0...3:
      let days = rng.pick([0, 1, 2, 3, 7, 14, 21, 28, 30, 31, 60, 90, 180, 365])
      return asOf - Int64(days) * Self.day + nudge
    case 4: return asOf - Int64(Int.random(in: 0...72, using: &rng)) * 3_600_000_000 + nudge
    case 5, 6:
      let months = Int.random(in: 0...14, using: &rng)
      let local = clock.day(of: asOf).adding(months: -months).adding(
        days: Int.random(in: -1...2, using: &rng))
      return clock.start(of: local) + nudge
    case 7:
      let change = rng.pick(
        clock.starts.filter { $0 > asOf - 800 * Self.day && $0 <= asOf } + [asOf])
      return change + rng.pick([-3_600_000_000, 0, 3_600_000_000, 7_200_000_000]) + nudge
    case 8: return asOf + Int64(Int.random(in: 0...20, using: &rng)) * Self.day / 2 + nudge
    default: return asOf - Int64.random(in: 0...(400 * Self.day), using: &rng)
    }
  }

  private func row(
    _ stream: StreamDefinition, _ at: Int64, _ rng: inout SeededGenerator
  ) -> TestCustomer.Row {
    var values: [String: RecordValue] = [:]
    for field in stream.fields {
      let isRequired = field.id == "name" && stream.id == "events" || field.id == "amount"
      values[field.id] =
        rng.chance(0.2) && !isRequired ? .missing : value(field.type, &rng)
      if isRequired, case .text("") = values[field.id] { values[field.id] = .text("view") }
    }
    return TestCustomer.Row(
      stream: stream.id, instant: at, local: clock.local(at: at), source: rng.pick(Self.sources),
      key: "k\(Int.random(in: 0...9, using: &rng))", values: values)
  }

  func value(_ type: AttributeType, _ rng: inout SeededGenerator) -> RecordValue {
    switch type {
    case .text: return .text(rng.pick(Self.texts))
    case .enumeration(let values): return .text(rng.pick(values))
    case .boolean: return .integer(rng.chance(0.5) ? 1 : 0)
    case .date:
      let today = clock.day(of: asOf)
      let day =
        rng.chance(0.5)
        ? today.adding(months: -12 * Int.random(in: 0...60, using: &rng)).adding(
          days: Int.random(in: -8...8, using: &rng))
        : rng.pick([
          LocalDate(year: 2000, month: 2, day: 29) ?? today, today, today.adding(days: -30),
        ])
      return .integer(Int64(day.daysSinceEpoch))
    case .instant: return .integer(instant(using: &rng))
    case .count: return .integer(Int64(Int.random(in: 0...12, using: &rng)))
    case .duration: return .integer(Int64(Int.random(in: -5...40, using: &rng)))
    case .share: return .double(rng.pick([0, 0.25, 0.5, 0.75, 1]))
    case .number:
      return .double(rng.pick([0, 0.1, 0.3, 1, -2.5, 1e300, -1e-7, 4, 12.125]))
    case .decimal, .money:
      return .integer(
        rng.chance(0.03)
          ? rng.pick([999_999_999_999_999_999, -999_999_999_999_999_999, 1])
          : Int64(Int.random(in: -20...2000, using: &rng)) * rng.pick([1, 2500, 10_000]))
    case .list:
      return .list((0..<Int.random(in: 0...3, using: &rng)).map { _ in rng.pick(Self.texts) })
    case .objects(let fields):
      return .objects(
        (0..<Int.random(in: 0...3, using: &rng)).map { _ in
          fields.map { rng.chance(0.2) ? .missing : value($0.type, &rng) }
        })
    }
  }

  private func sayings(
    _ attribute: AttributeDefinition, _ customer: inout TestCustomer, _ rng: inout SeededGenerator
  ) {
    if rng.chance(0.3) {
      customer.sayings.append(
        .init(attribute: attribute.id, start: .min, value: value(attribute.type, &rng)))
      return
    }
    for _ in 0..<Int.random(in: 1...3, using: &rng) {
      let start = instant(using: &rng)
      guard
        !customer.sayings.contains(where: { $0.attribute == attribute.id && $0.start == start })
      else { continue }
      let said: RecordValue = rng.chance(0.15) ? .missing : value(attribute.type, &rng)
      customer.sayings.append(.init(attribute: attribute.id, start: start, value: said))
    }
  }
}
