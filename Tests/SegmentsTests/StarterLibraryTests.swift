import CustomerSchema
import SQLBuilder
import SegmentLanguage
import Testing
import Warehouse

@testable import Segments

/// Something a customer of the library's tests did, so many days before the day told.
private enum Deed: Sendable {
  case order(Double, Double = 50, discount: Double = 0, promotion: String? = nil)
  case returned(Double, Double)
  case event(Double, String, device: String? = nil)
  case contact(Double, String)
  case review(Double)
  case referral(Double)
  case life(Double, String)
  case opportunity(Double, closed: Bool)
  case attribute(String, SQLValue)
}

/// A member and a non-member of a segment, and who else is there.
private struct Example: Sendable {
  let id: String
  let member: [Deed]
  let other: [Deed]
  /// Customers against whom ranks and medians are told.
  var crowd: [[Deed]] = []
}

/// Orders at each of some days ago.
private func orders(_ days: [Double], _ amount: Double = 50) -> [Deed] {
  days.map { .order($0, amount) }
}

private let crowd = (1...8).map { orders([100], Double(10 * $0)) }

private let examples: [Example] = [
  Example(
    id: "vip", member: orders([10, 50, 120, 300], 200), other: orders([10, 50, 120], 200),
    crowd: crowd),
  Example(id: "new_customers", member: orders([12]), other: orders([12, 400])),
  Example(
    id: "dormant", member: orders([300]) + [.event(250, "page_view")],
    other: orders([300]) + [.contact(20, "opened")]),
  Example(
    id: "active_fans", member: [.review(30), .review(90)],
    other: orders([10]) + [.contact(10, "clicked"), .review(20)]),
  Example(
    id: "abandoned_cart", member: [.event(10, "add_to_cart")],
    other: [.event(10, "add_to_cart"), .order(8)]),
  Example(id: "occasional", member: orders([100, 200]), other: orders([30, 100, 200])),
  Example(id: "loyal", member: orders([20, 110, 200]), other: orders([20, 25, 30])),
  Example(
    id: "big_spenders_leaving", member: orders([100, 120, 150], 300) + orders([20], 100),
    other: orders([100, 120, 150], 300) + orders([20], 800), crowd: crowd),
  Example(
    id: "price_sensitive", member: [.order(20, discount: 5), .order(60, promotion: "SOLDES")],
    other: [.order(20, discount: 5), .order(60)]),
  // The day told is a Sunday.
  Example(id: "weekend_buyers", member: orders([7, 14, 21]), other: orders([3, 10, 18])),
  // At 12:00; a quarter of a day later it is 18:00.
  Example(
    id: "evening_buyers", member: orders([9.7, 19.7, 29.7]), other: orders([10, 20, 30])),
  Example(
    id: "mobile_first", member: (1...6).map { .event(Double($0), "page_view", device: "mobile") },
    other: (1...6).map {
      .event(Double($0), "page_view", device: $0 % 2 == 0 ? "mobile" : "desktop")
    }),
  Example(
    id: "high_returns", member: orders([20, 40, 60]) + [.returned(10, 50), .returned(30, 25)],
    other: orders([20, 40, 60]) + [.returned(10, 50)]),
  Example(
    id: "win_back", member: orders([250, 400], 300), other: orders([100, 400], 300), crowd: crowd),
  Example(id: "recent_movers", member: [.life(90, "move")], other: [.life(200, "move")]),
  Example(id: "newly_weds", member: [.life(200, "wedding")], other: [.life(90, "move")]),
  Example(
    id: "engaged_profile", member: [.attribute("profile", .text("engaged"))],
    other: [.attribute("profile", .text("pragmatic"))]),
  Example(
    id: "pragmatic_profile", member: [.attribute("profile", .text("pragmatic"))],
    other: [.attribute("profile", .text("wellbeing"))]),
  Example(
    id: "wellbeing_profile", member: [.attribute("profile", .text("wellbeing"))],
    other: [.attribute("tribe", .text("wellbeing"))]),
  // 115 to 175 days before 15 March 2026 lie in October to December 2025.
  Example(
    id: "seasonal_buyers", member: orders([90, 110, 455]), other: orders([90, 200, 300])),
  Example(
    id: "regular_buyers", member: orders([5, 40, 70, 100]), other: orders([5, 6, 7, 100])),
  // 60 days before is January, 240 July.
  Example(
    id: "sales_only", member: orders([60, 240]) + [.order(150, promotion: "PRIVEE")],
    other: orders([60, 150])),
  Example(
    id: "small_but_regular", member: orders([5, 40, 70, 100, 130], 30),
    other: orders([5, 40, 70, 100, 130], 3), crowd: crowd),
  Example(
    id: "browsers", member: (1...10).map { .event(Double($0), "page_view") },
    other: (1...10).map { .event(Double($0), "page_view") } + orders([15])),
  Example(
    id: "students", member: [.attribute("profession", .text("Etudiante"))],
    other: [.attribute("profession", .text("Étude notariale"))]),
  Example(
    id: "seniors", member: [.attribute("usable_birth_date", date("1961-03-15"))],
    other: [.attribute("birth_date", date("1961-03-16"))]),
  Example(
    id: "hot_prospects", member: [.attribute("lead_temperature", .text("hot"))],
    other: [.attribute("lead_temperature", .text("hot"))] + orders([40])),
  Example(
    id: "prospects_with_potential", member: [.opportunity(60, closed: false)],
    other: [.opportunity(60, closed: true)]),
  Example(
    id: "tpe", member: [.attribute("size_class", .text("tpe"))],
    other: [.attribute("size_class", .text("pme"))]),
  Example(
    id: "pme", member: [.attribute("size_class", .text("pme"))],
    other: [.attribute("size_class", .text("eti"))]),
  Example(
    id: "eti", member: [.attribute("size_class", .text("eti"))],
    other: [.attribute("size_class", .text("ge"))]),
  section("naf_manufacturing", "C"), section("naf_construction", "F"), section("naf_trade", "G"),
  section("naf_hospitality", "I"), section("naf_information", "J"),
]

private func section(_ id: String, _ letter: String) -> Example {
  Example(
    id: id, member: [.attribute("naf_section", .text(letter))],
    other: [.attribute("naf_section", .text("A"))])
}

private func date(_ iso: String) -> SQLValue { LocalDate(iso: iso)?.sqlValue ?? .null }

@Suite("Starter library")
struct StarterLibraryTests {
  /// Sunday 15 March 2026, 12:00 in Paris.
  private static let asOf: Int64 = 1_773_572_400_000_000

  @Test("Every segment of the library has an example, and its words in both languages")
  func complete() throws {
    let library = try StarterLibrary()
    #expect(Set(library.segments.map(\.id)) == Set(examples.map(\.id)))
    #expect(library.segments.count == examples.count)
    for language in ["fr", "en"] {
      let definitions = try library.definitions(
        nil, language: language, of: RuleLanguage(SegmentSchema.standard()))
      #expect(Set(definitions.map { SegmentName.folded($0.name) }).count == examples.count)
      for definition in definitions {
        #expect(definition.intention?.isEmpty == false)
        _ = try TypeChecker(SegmentSchema.standard(), parameters: definition.parameters)
          .check(definition.rule)
      }
      // What is written is read back.
      let text = try library.text(nil, language: language)
      #expect(try DefinitionReader.read(text, file: "s.yaml").segments.count == examples.count)
    }
    #expect(throws: SegmentsError.unknownStarter("viip", nearest: ["vip"])) {
      try library.text(["viip"], language: "fr")
    }
    #expect(try library.text(["Clients VIP"], language: "en").contains("VIP"))
  }

  @Test("One is a member and another is not", arguments: examples.map(\.id))
  func example(id: String) async throws {
    let example = try #require(examples.first { $0.id == id })
    let store = try await TestStore()
    let people = [example.member, example.other] + example.crowd
    try await store.customers(people.count)
    for (index, deeds) in people.enumerated() {
      for (number, deed) in deeds.enumerated() {
        try await enact(deed, Int64(index + 1), "\(index)-\(number)", in: store)
      }
    }
    try await store.define(try StarterLibrary().text([id], language: "en"))
    _ = try await SegmentRefresh(store.session, store.language, store.clock)
      .run(asOf: Self.asOf) { "\($0)" }
    let members = try await store.session.query(
      "SELECT customer_id FROM membership WHERE left_at IS NULL"
    ).rows.compactMap { $0[0].int }
    #expect(members.contains(1))
    #expect(!members.contains(2))
  }

  private func enact(
    _ deed: Deed, _ customer: Int64, _ key: String, in store: TestStore
  ) async throws {
    func row(_ table: String, _ daysAgo: Double, _ columns: [(String, SQLValue)]) async throws {
      let instant = SQLValue.instant(Self.asOf - Int64(daysAgo * 86_400e6))
      let names = columns.map { "\(identifier: $0.0)" as SQL }
      let values = columns.map { "\($0.1)" as SQL }
      try await store.session.execute(
        """
        INSERT INTO \(identifier: table)
          (\((["customer_id", "happened_at", "local_at", "source", "key", "row_id"] + names)
            .joined()))
        SELECT \(([
          "\(SQLValue.int(customer))", "\(instant)", "timezone('Europe/Paris', \(instant))",
          "'test'", "\(key)", "nextval('row_ids')",
        ] + values).joined())
        """)
    }
    switch deed {
    case .order(let days, let amount, let discount, let promotion):
      try await row(
        "orders", days,
        [
          ("kind", .text("purchase")), ("amount", .double(amount)),
          ("discount", .double(discount)), ("promotion", promotion.map { .text($0) } ?? .null),
        ])
    case .returned(let days, let amount):
      try await row("orders", days, [("kind", .text("return")), ("amount", .double(-amount))])
    case .event(let days, let name, let device):
      try await row(
        "events", days, [("name", .text(name)), ("device", device.map { .text($0) } ?? .null)])
    case .contact(let days, let action):
      try await row("campaign_contacts", days, [("action", .text(action))])
    case .review(let days): try await row("reviews", days, [])
    case .referral(let days): try await row("referrals", days, [])
    case .life(let days, let kind): try await row("life_events", days, [("kind", .text(kind))])
    case .opportunity(let days, let closed):
      try await row(
        "opportunities", days,
        [("closed_at", closed ? .instant(Self.asOf - 86_400_000_000) : .null)])
    case .attribute(let id, let value):
      let type: SQL = value.days == nil ? "VARCHAR" : "DATE"
      try await store.session.execute(
        "ALTER TABLE customer_attribute ADD COLUMN IF NOT EXISTS \(identifier: id) \(type)")
      try await store.session.execute(
        """
        INSERT INTO customer_attribute (customer_id, \(identifier: id))
        VALUES (\(SQLValue.int(customer)), \(value))
        """)
    }
  }
}
