import CustomerSchema
import Foundation
import SQLBuilder
import SegmentLanguage
import Testing
import Warehouse

@testable import Segments

@Suite struct `Memberships` {
  static let recent = """
    - name: Recent
      intention: retain
      rule: count(orders, last 30 days) >= 1

    """

  @Test func `somebody enters with the order and leaves when thirty days have passed`() async throws
  {
    let store = try await TestStore()
    try await store.customers(3)
    try await store.order(1, 2)
    try await store.define(Self.recent)
    let first = try await store.refresh(10)
    #expect(first.entries == 1 && first.exits == 0 && first.previous == nil)
    // Two orders and an absence between two refreshes.
    try await store.order(2, 12.5)
    try await store.order(2, 60)
    let second = try await store.refresh(70)
    #expect(second.entries == 2 && second.exits == 2)
    #expect(
      try await store.intervals() == [
        "Recent 1: 10 to 32 definition time", "Recent 2: 12.5 to 42.5 data time",
        "Recent 2: 60 to … data",
      ])
    #expect(second.sizes.values.first == 1)
  }

  @Test func `refreshing twice changes nothing`() async throws {
    let store = try await TestStore()
    try await store.customers(2)
    try await store.order(1, 2)
    try await store.define(Self.recent)
    try await store.refresh(10)
    let before = try await store.session.query("FROM membership_change").rows.count
    let again = try await store.refresh(10)
    #expect(!again.changed && again.sizes.values.first == 1)
    #expect(try await store.session.query("FROM segment_refresh").rows.count == 1)
    let later = try await store.refresh(10.5)
    #expect(later.changed && later.entries == 0 && later.exits == 0)
    #expect(try await store.session.query("FROM membership_change").rows.count == before)
    await #expect(throws: SegmentsError.self) { try await store.refresh(3) }
  }

  @Test func `what comes late takes effect when it is absorbed`() async throws {
    let store = try await TestStore()
    try await store.customers(1)
    try await store.define(Self.recent)
    try await store.refresh(10)
    try await store.order(1, 5)
    try await store.refresh(20)
    try await store.refresh(40)
    #expect(try await store.intervals() == ["Recent 1: 20 to 35 data time"])
  }

  @Test func `an order of the future waits for its instant`() async throws {
    let store = try await TestStore()
    try await store.customers(1)
    try await store.define(Self.recent)
    try await store.order(1, 25)
    try await store.refresh(10)
    try await store.refresh(20)
    #expect(try await store.intervals() == [])
    try await store.refresh(30)
    #expect(try await store.intervals() == ["Recent 1: 25 to … data"])
  }

  @Test func `definitions and decisions by hand are reasons of their own`() async throws {
    let store = try await TestStore()
    try await store.customers(4)
    for customer in [1, 2] as [Int64] { try await store.order(customer, 1) }
    try await store.define(Self.recent)
    try await store.refresh(5)
    let id =
      try await store.session.value(
        "SELECT public_id::VARCHAR FROM customer WHERE customer_id = 3"
      ).text ?? ""
    let other =
      try await store.session.value(
        "SELECT public_id::VARCHAR FROM customer WHERE customer_id = 1"
      ).text ?? ""
    try await store.define(Self.recent + "  include: [\(id)]\n  exclude: [\(other)]\n")
    try await store.refresh(6)
    try await store.define(
      "- name: Recent\n  intention: retain\n  rule: count(orders) >= 5\n  include: [\(id)]\n")
    try await store.refresh(7)
    try await store.define(
      "- name: Anciens\n  rule: count(orders) >= 5\n  renamed_from: Recent\n", prune: true)
    try await store.refresh(8)
    try await store.define("segments: []\n", prune: true)
    try await store.refresh(9)
    #expect(
      try await store.intervals() == [
        "Anciens 1: 5 to 6 definition manual", "Anciens 2: 5 to 7 definition definition",
        "Anciens 3: 6 to 8 manual manual",
      ])
    #expect(
      try await store.session.value("SELECT max(version) FROM segment_version").int == 4)
  }

  @Test func `a rename alone changes no membership and a deletion ends them`() async throws {
    let store = try await TestStore()
    try await store.customers(1)
    try await store.order(1, 1)
    try await store.define(Self.recent + "- name: Users\n  rule: member of \"recent\"\n")
    try await store.refresh(5)
    try await store.define(
      Self.recent.replacing("name: Recent", with: "name: Neufs\n  renamed_from: Recent"))
    let renamed = try await store.refresh(6)
    #expect(renamed.entries == 0 && renamed.exits == 0)
    let segments = try await SegmentCatalogue(store.session, store.language).segments()
    #expect(segments.map(\.name) == ["Neufs", "Users"])
    #expect(segments[1].definition.rule.text == #"member of "Neufs""#)
    try await store.define(Self.recent.replacing("Recent", with: "Neufs"), prune: true)
    try await store.refresh(7)
    #expect(try await store.intervals().last == "Users 1: 5 to 7 definition definition")
  }

  static let many = """
    - {name: Recent, rule: "count(orders, last 30 days) >= 1"}
    - {name: Month, rule: "count(orders, last 1 months) >= 2"}
    - {name: Quiet, rule: "stopped(orders, for 20 days)"}
    - {name: Back, rule: 'resumed(orders, after 15 days, last 10 days)'}
    - {name: Steady, rule: "regularly(orders, in at least 2 of last 3 months)"}
    - {name: Entered, rule: 'entered "Recent" in last 5 days'}
    - {name: Gone, rule: 'left "Recent" in last 12 days and not member of "Recent"'}
    - {name: Pair, rule: "sequence(orders where amount > 20 EUR then orders within 6 days, last 40 days)"}
    - {name: Big, rule: "sum(orders.amount, last 20 days) > 60 EUR"}
    - {name: Nothing, rule: "count(orders) = 0"}
    - {name: Days, rule: "days_since_last_purchase between 5 and 9"}
    - {name: Both, rule: 'member of "Recent" and not member of "Big"'}

    """

  /// Orders of some customers at instants with fractions, from a seed.
  static func orders(seed: UInt64, customers: Int, count: Int, days: Double)
    -> [(customer: Int64, days: Double, amount: Double)]
  {
    var state = seed
    func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 33) / Double(UInt64(1) << 31)
    }
    return (0..<count).map { _ in
      (
        Int64(next() * Double(customers)) + 1, (next() * days * 1000).rounded() / 1000,
        (next() * 50).rounded()
      )
    }.sorted { $0.days < $1.days }
  }

  @Test func `one by one and together give the same intervals, in many steps or few`() async throws
  {
    var results: [[[SQLValue]]] = []
    let orders = Self.orders(seed: 7, customers: 12, count: 90, days: 120)
    for (together, steps) in [(1, 4), (1_000_000, 4), (1_000_000, 40), (4, 13)] {
      let store = try await TestStore()
      try await store.customers(12)
      try await store.define(Self.many)
      try await store.refresh(0)
      var next = 0
      for step in 1...steps {
        let end = 150 * Double(step) / Double(steps) + 0.000123
        while next < orders.count, orders[next].days <= end {
          try await store.order(orders[next].customer, orders[next].days, orders[next].amount)
          next += 1
        }
        let report = try await store.refresh(end, togetherFrom: together)
        if together == 1_000_000 { #expect(report.together == 0) }
      }
      results.append(try await store.exactIntervals())
    }
    #expect(results[0].count > 150)
    for other in results.dropFirst() { #expect(other == results[0]) }
  }

  @Test func `the stream of changes can be resumed anywhere and makes the intervals`() async throws
  {
    let store = try await TestStore()
    try await store.customers(12)
    try await store.define(Self.many)
    try await store.refresh(0)
    for order in Self.orders(seed: 3, customers: 12, count: 60, days: 80) {
      try await store.order(order.customer, order.days, order.amount)
    }
    try await store.refresh(60)
    try await store.refresh(90)
    let history = MembershipHistory(store.session)
    let all = try await history.changes(after: 0, limit: 100_000)
    #expect(all.map(\.id) == Array(1...Int64(all.count)))
    var resumed: [MembershipHistory.StreamedChange] = []
    while true {
      let part = try await history.changes(after: resumed.last?.id ?? 0, limit: 7)
      guard !part.isEmpty else { break }
      resumed += part
    }
    #expect(resumed == all)
    var open: [String: Int64] = [:]
    var made: [String] = []
    for one in all.map(\.change) {
      let key = "\(one.segment) \(one.customer)"
      if one.hasEntered {
        #expect(open[key] == nil)
        open[key] = one.instant
      } else if let entered = open.removeValue(forKey: key) {
        made.append("\(key) \(entered) \(one.instant)")
      }
    }
    made += open.map { "\($0.key) \($0.value) …" }
    let stored = try await store.exactIntervals().map { row in
      "\(row[0].int ?? 0) \(row[1].int ?? 0) \(row[2].microseconds ?? 0) "
        + (row[3].microseconds.map(String.init) ?? "…")
    }
    #expect(made.sorted() == stored.sorted())
  }

  @Test func `sizes, entries, exits and transitions are counted by hand`() async throws {
    let store = try await TestStore()
    try await store.customers(3)
    try await store.define(
      Self.recent + "- name: Quiet\n  rule: stopped(orders, for 30 days)\n")
    try await store.refresh(0)
    try await store.order(1, 2)
    try await store.order(2, 10)
    try await store.refresh(50)
    let history = MembershipHistory(store.session)
    let boundaries = [0.0, 5, 20, 35, 45].map { TestStore.at($0) }
    let periods = try await history.periods(of: 1, boundaries: boundaries)
    #expect(periods.map(\.size) == [1, 2, 1, 0])
    #expect(periods.map(\.entries) == [1, 1, 0, 0])
    #expect(periods.map(\.exits) == [0, 0, 1, 1])
    let one = GroupSize(customers: 1, persons: 1)
    let moved = try await history.transitions(
      of: [1, 2], from: TestStore.at(20), to: TestStore.at(35))
    #expect(
      moved == [
        .init(from: 1, to: 1, group: one), .init(from: 1, to: 2, group: one),
      ])
    #expect(try await history.sizes(at: TestStore.at(11)) == [1: 2])
    // A company among the members is no person.
    try await store.session.execute("UPDATE customer SET kind = 'company' WHERE customer_id = 2")
    let both = GroupSize(customers: 2, persons: 1)
    #expect(try await history.groups(at: TestStore.at(11)) == [1: both])
    #expect(
      try await history.groups(of: 1, at: [4, 11, 35, 45].map(TestStore.at))
        == [one, both, GroupSize(customers: 1, persons: 0), .empty])
    #expect(both.isHidden(under: 3) && !both.isHidden(under: 2))
    #expect(!GroupSize(customers: 2, persons: 0).isHidden(under: 10))
    #expect(!GroupSize.empty.isHidden(under: 10))
  }
}
