import CustomerSchema
import Foundation
import SQLBuilder
import SegmentLanguage
import Testing
import Warehouse

@testable import Segments

/// The grocery's year, event by event and in batches.
@Suite struct `Live memberships` {
  static let transactions = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "third_party/data/completejourney/transactions.parquet").path

  /// Twenty-one rules of every kind that orders can be asked for.
  static let rules = """
    - {name: Recent, rule: "count(orders, last 30 days) >= 1"}
    - {name: Frequent, rule: "count(orders, last 30 days) >= 8"}
    - {name: Month, rule: "count(orders, last 1 months) >= 5"}
    - {name: Spent, rule: "sum(orders.amount, last 60 days) > 300 EUR"}
    - {name: Basket, rule: "average_basket > 30 EUR and orders >= 4"}
    - {name: Falling, rule: "sum(orders.amount, last 30 days) < 0.7 * sum(orders.amount, from 60 days ago to 30 days ago)"}
    - {name: Quiet, rule: "stopped(orders, for 14 days)"}
    - {name: Back, rule: "resumed(orders, after 12 days, last 7 days)"}
    - {name: Steady, rule: "regularly(orders, in at least 3 of last 4 weeks)"}
    - {name: Pair, rule: "sequence(orders where amount > 60 EUR then orders where amount > 60 EUR within 5 days, last 30 days)"}
    - {name: Alone, rule: "sequence(orders where amount > 80 EUR then no orders within 4 days, last 20 days)"}
    - {name: First, rule: "first_time(orders where amount > 100 EUR, last 15 days)"}
    - {name: Evening, rule: "count(orders where hour >= 18, last 3 weeks) >= 3"}
    - {name: Weekend, rule: "count(orders where weekday >= 6) > count(orders where weekday < 6)"}
    - {name: Days, rule: "days_since_last_purchase between 5 and 9"}
    - {name: Largest, rule: "max(orders.amount, last 45 days) > 120 EUR"}
    - {name: Nothing, rule: "count(orders) = 0"}
    - {name: Today, rule: "any(orders, today)"}
    - {name: Arrived, rule: 'entered "Spent" in last 10 days'}
    - {name: Lost, rule: 'left "Frequent" in last 20 days and not member of "Frequent"'}
    - {name: Both, rule: 'member of "Recent" and not member of "Quiet" and member of "Steady"'}
    - {name: Best, rule: "top 20% by revenue"}
    - {name: Above, rule: "average_basket > median(average_basket)"}

    """

  /// Stages the baskets of one household in forty, in order, and makes their customers.
  private func prepare(_ store: TestStore) async throws {
    try await store.session.execute(
      """
      CREATE TEMP TABLE basket AS
      SELECT row_number() OVER (ORDER BY happened_at, basket_id) AS place, *
      FROM (
        SELECT household_id, basket_id, min(timezone('UTC', transaction_timestamp)) AS happened_at,
          sum(sales_value)::DECIMAL(18, 4) AS amount
        FROM read_parquet(\(literal: Self.transactions)) WHERE household_id % 40 = 0
        GROUP BY ALL)
      """)
    try await store.session.execute(
      """
      INSERT INTO customer (customer_id, first_seen)
      SELECT DISTINCT household_id, \(SQLValue.instant(Self.start)) FROM basket
      """)
  }

  private static func insert(_ condition: SQL) -> SQL {
    """
    INSERT INTO orders (customer_id, happened_at, local_at, source, key, row_id, kind, amount)
    SELECT household_id, happened_at, timezone('Europe/Paris', happened_at), 'till',
      basket_id::VARCHAR, nextval('row_ids'), 'purchase', amount
    FROM basket WHERE \(condition) ORDER BY place
    """
  }

  /// 2017-01-01T00:00:00Z.
  private static let start: Int64 = 1_483_228_800_000_000
  /// Ends of the refreshes: four in the year, at odd instants.
  private static let ends: [Int64] = [60, 130, 250, 380].map {
    start + Int64($0) * TestStore.day + 12_345_678
  }

  private func refresh(_ store: TestStore, _ instant: Int64) async throws {
    _ = try await SegmentRefresh(store.session, store.language, store.clock).run(asOf: instant) {
      "\($0)"
    }
  }

  @Test func `a year event by event ends in the intervals that refreshes compute`() async throws {
    let batch = try await TestStore()
    try await prepare(batch)
    try await batch.define(Self.rules)
    try await refresh(batch, Self.start)
    var from = Self.start
    for end in Self.ends {
      let span: SQL =
        "happened_at > \(SQLValue.instant(from)) AND happened_at <= \(SQLValue.instant(end))"
      try await batch.session.execute(Self.insert(span))
      try await batch.session.execute(
        "INSERT INTO touched_customer (customer_id) SELECT household_id FROM basket WHERE \(span)")
      try await refresh(batch, end)
      from = end
    }

    let store = try await TestStore()
    try await prepare(store)
    try await store.define(Self.rules)
    try await refresh(store, Self.start)
    let baskets = try await store.session.query(
      """
      SELECT place, household_id, happened_at, timezone('Europe/Paris', happened_at),
        basket_id::VARCHAR, amount FROM basket ORDER BY place
      """
    ).rows
    #expect(baskets.count > 4_000)
    var next = 0
    var flushed = 0
    var evictions = 0
    for end in Self.ends {
      // Few fit in memory: customers come and go.
      let live = try await LiveMembership.open(
        store.session, store.language, store.clock, capacity: 20)
      func flush() async throws {
        let span: SQL = "place > \(flushed) AND place <= \(next)"
        let loaded = live.loadedCustomers
        try await live.flush { try await store.session.execute(Self.insert(span)) }
        if live.loadedCustomers < loaded { evictions += 1 }
        flushed = next
      }
      while next < baskets.count, let instant = baskets[next][2].microseconds, instant <= end {
        let row = baskets[next]
        let customer = Int64(row[1].int ?? 0)
        try await live.load([customer])
        _ = live.absorb(
          LiveChange(
            customer: customer, instant: instant,
            .row(
              stream: "orders", local: row[3].microseconds ?? 0, source: "till",
              key: row[4].text ?? "", fields: ["amount": row[5]])), now: instant)
        next += 1
        // The clock is looked at now and then, and what was found is written.
        if next % 97 == 0 { _ = try await live.advance(to: instant) }
        if next % 331 == 0 { try await flush() }
      }
      _ = try await live.advance(to: end)
      try await flush()
      try await refresh(store, end)
    }
    #expect(evictions > 5)
    let expected = try await batch.exactIntervals()
    let found = try await store.exactIntervals()
    #expect(expected.count > 5_000)
    #expect(found.count == expected.count)
    if let place = zip(found, expected).enumerated().first(where: { $1.0 != $1.1 }) {
      Issue.record("at \(place.offset): live \(place.element.0), batch \(place.element.1)")
    }
    // And every interval that stands at the end is the one that a single telling gives.
    #expect(
      try await store.session.query("FROM next_due ORDER BY ALL").rows.count
        == batch.session.query("FROM next_due ORDER BY ALL").rows.count)
  }

  @Test
  func `what is late takes effect now, what lies ahead waits, what is taken back is not said`()
    async throws
  {
    let store = try await TestStore()
    try await store.customers(2)
    try await store.define(
      """
      - {name: Recent, rule: "count(orders, last 30 days) >= 1"}
      - {name: Single, rule: "count(orders) = 1"}

      """)
    try await store.refresh(0)
    let live = try await LiveMembership.open(store.session, store.language, store.clock)
    func order(_ customer: Int64, _ key: String, _ days: Double, now: Double) -> [String] {
      live.absorb(
        LiveChange(
          customer: customer, instant: TestStore.at(days),
          .row(
            stream: "orders", local: TestStore.at(days), source: "t", key: key,
            fields: ["amount": .int(5)])), now: TestStore.at(now)
      ).map { "\($0.segment) \($0.hasEntered) \($0.instant == TestStore.at(now)) \($0.reason)" }
    }
    try await live.load([1, 2])
    _ = try await live.advance(to: TestStore.at(10))
    #expect(order(1, "a", 5, now: 12) == ["1 true true data", "2 true true data"])
    #expect(order(2, "b", 20, now: 12) == [])
    #expect(order(2, "c", 14, now: 14) == ["1 true true data", "2 true true data"])
    // A second order at the same instant: the customer was never one of a single order.
    #expect(order(2, "d", 14, now: 14) == ["2 false true data"])
    let later = try await live.advance(to: TestStore.at(60))
    #expect(later.count == 2)
    try await live.flush()
    #expect(
      try await store.intervals() == [
        "Recent 1: 12 to 35 data time", "Recent 2: 14 to 50 data time", "Single 1: 12 to … data",
      ])
    #expect(live.pendingChanges == 0)
  }
}

@Suite struct `Timers` {
  @Test func `come out in the order of their instants`() {
    var queue = TimerQueue()
    var state: UInt64 = 1
    var dues: [Int64] = []
    for customer in 0..<500 as Range<Int64> {
      state = state &* 6_364_136_223_846_793_005 &+ 1
      dues.append(Int64(state >> 44))
      queue.insert(TimerQueue.Timer(due: dues[Int(customer)], customer: customer))
    }
    var out: [Int64] = []
    while let timer = queue.removeFirst() { out.append(timer.due) }
    #expect(out == dues.sorted())
    #expect(queue.first == nil)
  }
}
