import CustomerSchema
import DuckDBEngine
import SQLBuilder
import SegmentLanguage
import Segments
import StatisticalModels
import Testing
import Warehouse

/// A store of 400 customers in memory; customer n spends n % 100 + 1 a year, customers from 200 on
/// ten times that.
private struct Shop {
  static let asOf: Int64 = 1_735_686_000_000_000  // 2024-12-31T23:00:00Z
  static let day: Int64 = 86_400_000_000

  let session: any QuerySession

  init() async throws {
    session = try await DuckDBEngine().session()
    try await Migrator(Migration.shipped()).migrate(session)
    try await session.execute(
      """
      INSERT INTO customer (customer_id, kind, first_seen)
      SELECT i, 'person', \(SQLValue.instant(0)) FROM range(400) AS t(i);
      """)
    try await session.execute(
      """
      INSERT INTO orders (customer_id, happened_at, local_at, source, key, row_id, kind, amount)
      SELECT i, \(SQLValue.instant(Self.asOf - 10 * Self.day)),
        \(SQLValue.localTimestamp(Self.asOf - 10 * Self.day)), 'shop', i::VARCHAR, i, 'purchase',
        (i % 100 + 1) * CASE WHEN i < 200 THEN 1 ELSE 10 END
      FROM range(400) AS t(i)
      """)
  }

  func refresh(daysAgo: Int64) async throws {
    try await session.execute(
      """
      INSERT INTO segment_refresh
        (as_of, made_at, absorbed_row, absorbed_change, replayed, together, entries, exits,
          last_change)
      VALUES (\(SQLValue.instant(Self.asOf - daysAgo * Self.day)), now(), 0, 0, 0, 0, 0, 0, 0)
      """)
  }

  /// Members by a condition on `i`, since so many days.
  func enter(_ segment: Int64, _ condition: SQL, daysAgo: Int64) async throws {
    try await session.execute(
      """
      INSERT INTO membership
      SELECT \(SQLValue.int(segment)), i, \(SQLValue.instant(Self.asOf - daysAgo * Self.day)),
        NULL, 'definition', NULL
      FROM range(400) AS t(i) WHERE \(condition)
      """)
  }

  func subject(_ id: Int64, _ name: String) throws -> QualityMeasurement.Subject {
    QualityMeasurement.Subject(
      StoredSegment(
        id: id, version: 1,
        definition: SegmentDefinition(
          name: name, intention: "retain", rule: try Expression.parse("any(orders)"))),
      tables: ["orders"], attributes: [])
  }

  static let values: SQL = """
    (SELECT customer_id, CAST(amount AS DOUBLE) AS spent,
      CASE WHEN customer_id % 3 = 0 THEN 'web' ELSE 'store' END AS channel FROM orders)
    """
  static let outcomes = [
    Outcome(name: "spent", column: "spent", isCategorical: false),
    Outcome(name: "channel", column: "channel", isCategorical: true),
  ]
}

@Suite("Quality of segments")
struct QualityTests {
  @Test("Sizes, overlap, stability, potential, freshness and verdicts are what a hand computes")
  func figures() async throws {
    let shop = try await Shop()
    try await shop.refresh(daysAgo: 40)
    try await shop.refresh(daysAgo: 0)
    try await shop.enter(1, "i < 100", daysAgo: 40)
    try await shop.enter(2, "i < 90", daysAgo: 40)
    try await shop.enter(3, "i >= 200", daysAgo: 40)
    try await shop.enter(4, "i >= 100 AND i < 120", daysAgo: 0)
    try await shop.enter(5, "i < 5", daysAgo: 40)
    try await shop.enter(6, "true", daysAgo: 40)
    let subjects = try (1...7).map { try shop.subject($0, "s\($0)") }
    let quality = try await QualityMeasurement(shop.session).measure(
      subjects, compared: [1, 3], outcomes: Shop.outcomes, values: Shop.values)

    #expect(quality.base == 400)
    #expect(quality.segments.map(\.size) == [100, 90, 200, 20, nil, 400, 0])
    #expect(quality.segments[2].share == 0.5)
    #expect(quality.segments[0].stability == 1)
    #expect(quality.segments[3].stability == 0)
    #expect(quality.segments[0].unchangedDays == 40)
    #expect(quality.segments[0].freshness == Shop.asOf - 10 * Shop.day)
    // Members spend 505 on average, all customers (2 × 50.5 + 2 × 505) / 4 = 277.75.
    #expect(abs((quality.segments[2].potential ?? 0) - 505 / 277.75) < 1e-12)
    let first = quality.overlaps.first { ($0.first, $0.second) == (1, 2) }
    #expect(first?.common == 90)
    #expect(first?.jaccard == 0.9)
    // Fewer than ten persons: nothing is told of them, overlaps included.
    #expect(!quality.overlaps.contains { $0.first == 5 || $0.second == 5 })
    #expect(quality.segments[4].potential == nil)

    #expect(quality.verdicts.contains(.nearlySame(first: 1, second: 2, jaccard: 0.9)))
    #expect(quality.verdicts.contains(.empty(segment: 7)))
    #expect(quality.verdicts.contains(.tooSmall(segment: 4)))
    #expect(quality.verdicts.contains(.tooSmall(segment: 5)))
    #expect(quality.verdicts.contains(.tooBroad(segment: 6, share: 1)))
    #expect(quality.verdicts.contains(.neverChanges(segment: 3, days: 40)))
    #expect(
      quality.verdicts.contains(
        .underExploited(segment: 3, potential: 505 / 277.75, contacted: 0)))
    #expect(!quality.verdicts.contains { if case .tooMany = $0 { true } else { false } })
  }

  @Test("Outcomes tested by the engine's sums agree with tests on the values themselves")
  func outcomes() async throws {
    let shop = try await Shop()
    try await shop.refresh(daysAgo: 0)
    try await shop.enter(1, "i < 150", daysAgo: 0)
    try await shop.enter(2, "i >= 100 AND i < 300", daysAgo: 0)
    try await shop.enter(3, "i >= 300", daysAgo: 0)
    let quality = try await QualityMeasurement(shop.session).measure(
      try (1...3).map { try shop.subject($0, "s\($0)") }, compared: [1, 2, 3],
      outcomes: Shop.outcomes, values: Shop.values)

    // Customers 100 to 149 are in two segments and left out.
    let kept = (0..<400).filter { !(100..<150).contains($0) }
    let group = kept.map { $0 < 150 ? 0 : $0 < 300 ? 1 : 2 }
    let spent = kept.map { Double(($0 % 100 + 1) * ($0 < 200 ? 1 : 10)) }
    let expected = try KruskalWallisTest(spent, group: group)
    let channel = try ChiSquareTest(group, kept.map { $0 % 3 == 0 ? 1 : 0 })
    let numeric = try #require(quality.outcomes.first { $0.outcome == "spent" })
    let categorical = try #require(quality.outcomes.first { $0.outcome == "channel" })
    #expect(numeric.customers == 350)
    #expect(abs(numeric.statistic - expected.statistic) < 1e-9)
    #expect(abs(numeric.effectSize - expected.epsilonSquared) < 1e-12)
    #expect(numeric.effect == .large)
    #expect(numeric.groups.map(\.customers) == [100, 150, 100])
    #expect(numeric.groups[0].median == 50.5)
    #expect(abs(categorical.statistic - channel.statistic) < 1e-9)
    #expect(abs(categorical.effectSize - channel.cramersV) < 1e-12)
    #expect(categorical.effect == .negligible)
    #expect(categorical.groups[0].category == "store")
    // Two outcomes: Holm doubles the smaller p-value.
    #expect(abs(numeric.adjustedPValue - min(1, 2 * numeric.pValue)) < 1e-15)
    #expect(numeric.pairs.count == 3)
    #expect(numeric.pairs.allSatisfy { $0.differs })
    #expect(categorical.pairs.allSatisfy { !$0.differs })
  }

  @Test("Two segments that no outcome tells apart behave alike")
  func alike() async throws {
    let shop = try await Shop()
    try await shop.refresh(daysAgo: 0)
    try await shop.enter(1, "i < 200 AND i % 2 = 0", daysAgo: 0)
    try await shop.enter(2, "i < 200 AND i % 2 = 1", daysAgo: 0)
    try await shop.enter(3, "i >= 200", daysAgo: 0)
    let quality = try await QualityMeasurement(shop.session).measure(
      try (1...3).map { try shop.subject($0, "s\($0)") }, compared: [1, 2, 3],
      outcomes: Shop.outcomes, values: Shop.values)
    #expect(quality.verdicts.contains(.behaveAlike(first: 1, second: 2)))
    #expect(!quality.verdicts.contains(.behaveAlike(first: 1, second: 3)))
  }

  @Test("A segment that answers its campaigns less than it did is named")
  func decay() async throws {
    let shop = try await Shop()
    try await shop.refresh(daysAgo: 0)
    try await shop.enter(1, "i < 200", daysAgo: 0)
    func send(_ campaign: String, daysAgo: Int64, answered: Int) async throws {
      let sent = Shop.asOf - daysAgo * Shop.day
      for (action, limit, at) in [("sent", 200, sent), ("clicked", answered, sent + Shop.day)] {
        try await shop.session.execute(
          """
          INSERT INTO campaign_contacts
            (customer_id, happened_at, local_at, source, key, row_id, action, campaign)
          SELECT i, \(SQLValue.instant(at)), \(SQLValue.localTimestamp(at)), 'mail',
            \(campaign) || \(action) || i, i, \(action), \(campaign)
          FROM range(\(limit)) AS t(i)
          """)
      }
    }
    try await send("spring", daysAgo: 200, answered: 60)
    try await send("winter", daysAgo: 20, answered: 30)
    let quality = try await QualityMeasurement(shop.session).measure(
      [try shop.subject(1, "s")], compared: [], outcomes: [], values: Shop.values)
    let response = try #require(quality.segments[0].response)
    #expect(response.recentRate == 0.15)
    #expect(response.earlierRate == 0.3)
    #expect(quality.segments[0].contacted == 1)
    #expect(
      quality.verdicts.contains(.responseDecayed(segment: 1, earlier: 0.3, recent: 0.15)))
  }

  @Test("Without a refresh there is nothing to measure")
  func neverRefreshed() async throws {
    let shop = try await Shop()
    await #expect(throws: SegmentsError.neverRefreshed) {
      try await QualityMeasurement(shop.session).measure(
        [], compared: [], outcomes: [], values: Shop.values)
    }
  }
}
