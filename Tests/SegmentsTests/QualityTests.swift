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
        (as_of, made_at, is_live, absorbed_row, absorbed_change, absorbed_customer, replayed,
          together, entries, exits, last_change)
      VALUES (\(SQLValue.instant(Self.asOf - daysAgo * Self.day)), now(), false, 0, 0, 0,
        0, 0, 0, 0, 0)
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

  /// A campaign to the first customers, of whom the first ones click a day later.
  func send(_ campaign: String, daysAgo: Int64, to sent: Int, answered: Int) async throws {
    let start = Self.asOf - daysAgo * Self.day
    for (action, count, at) in [("sent", sent, start), ("clicked", answered, start + Self.day)] {
      try await session.execute(
        """
        INSERT INTO campaign_contacts
          (customer_id, happened_at, local_at, source, key, row_id, action, campaign)
        SELECT i, \(SQLValue.instant(at)), \(SQLValue.localTimestamp(at)), 'mail',
          \(campaign) || \(action) || i, i, \(action), \(campaign)
        FROM range(\(count)) AS t(i)
        """)
    }
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
    try await shop.send("spring", daysAgo: 200, to: 200, answered: 60)
    try await shop.send("winter", daysAgo: 20, to: 200, answered: 30)
    let quality = try await QualityMeasurement(shop.session).measure(
      [try shop.subject(1, "s")], compared: [], outcomes: [], values: Shop.values)
    let response = try #require(quality.segments[0].response)
    #expect(response.recentRate == 0.15)
    #expect(response.earlierRate == 0.3)
    #expect(quality.segments[0].contacted == 1)
    #expect(
      quality.verdicts.contains(.responseDecayed(segment: 1, earlier: 0.3, recent: 0.15)))
  }

  @Test("Each verdict begins exactly where it is said to")
  func limits() async throws {
    let shop = try await Shop()
    try await shop.refresh(daysAgo: 40)
    try await shop.refresh(daysAgo: 0)
    // Members, of 400: 49 and 50; 200 and 201; 100 with 80 and 79 of them.
    try await shop.enter(1, "i < 49", daysAgo: 29)
    try await shop.enter(2, "i < 50", daysAgo: 30)
    try await shop.enter(3, "i < 200", daysAgo: 1)
    try await shop.enter(4, "i < 201", daysAgo: 1)
    try await shop.enter(5, "i >= 100 AND i < 200", daysAgo: 1)
    try await shop.enter(6, "i >= 100 AND i < 180", daysAgo: 1)
    try await shop.enter(7, "i >= 121 AND i < 200", daysAgo: 1)
    let subjects = try (1...7).map { try shop.subject($0, "s\($0)") }
    let quality = try await QualityMeasurement(shop.session).measure(
      subjects, compared: [], outcomes: [], values: Shop.values)
    func about(_ segment: Int64) -> [Verdict] {
      quality.verdicts.filter { verdict in
        switch verdict {
        case .empty(segment), .tooSmall(segment), .tooBroad(segment, _), .neverChanges(segment, _):
          true
        default: false
        }
      }
    }
    #expect(about(1) == [.tooSmall(segment: 1)])
    #expect(about(2) == [.neverChanges(segment: 2, days: 30)])
    #expect(about(3) == [])
    #expect(about(4) == [.tooBroad(segment: 4, share: 201 / 400)])
    let same = quality.verdicts.compactMap { verdict -> [Int64]? in
      if case .nearlySame(let first, let second, _) = verdict { [first, second] } else { nil }
    }
    // 49 of 50, 200 of 201, 80 of 100; not 79 of 100.
    #expect(same == [[1, 2], [3, 4], [5, 6]])
    #expect(quality.verdicts.contains(.tooMany(count: 7)))
    let six = try await QualityMeasurement(shop.session).measure(
      Array(subjects.prefix(6)), compared: [], outcomes: [], values: Shop.values)
    #expect(!six.verdicts.contains { if case .tooMany = $0 { true } else { false } })
  }

  @Test("Only segments that spend much and hear little are under-exploited")
  func exploited() async throws {
    let shop = try await Shop()
    try await shop.refresh(daysAgo: 0)
    try await shop.enter(1, "i >= 200", daysAgo: 0)
    try await shop.enter(2, "i < 200", daysAgo: 0)
    func verdicts(contacted: Int, daysAgo: Int64) async throws -> [Int64] {
      try await shop.session.execute("DELETE FROM campaign_contacts")
      let sent = Shop.asOf - daysAgo * Shop.day
      try await shop.session.execute(
        """
        INSERT INTO campaign_contacts
          (customer_id, happened_at, local_at, source, key, row_id, action, campaign)
        SELECT 399 - i, \(SQLValue.instant(sent)), \(SQLValue.localTimestamp(sent)), 'mail',
          i::VARCHAR, i, 'sent', 'spring' FROM range(\(contacted)) AS t(i)
        """)
      return try await QualityMeasurement(shop.session).measure(
        try (1...2).map { try shop.subject($0, "s\($0)") }, compared: [], outcomes: [],
        values: Shop.values
      ).verdicts.compactMap {
        if case .underExploited(let segment, _, _) = $0 { segment } else { nil }
      }
    }
    // Of 200 members: 5 % are 10; what lies more than 90 days back is not recent.
    #expect(try await verdicts(contacted: 9, daysAgo: 30) == [1])
    #expect(try await verdicts(contacted: 10, daysAgo: 30) == [])
    #expect(try await verdicts(contacted: 200, daysAgo: 91) == [1])
  }

  @Test("A fall that is small, or that chance explains, is no decay")
  func noDecay() async throws {
    let shop = try await Shop()
    try await shop.refresh(daysAgo: 0)
    try await shop.enter(1, "i < 200", daysAgo: 0)
    func decays(of sent: Int, earlier: Int, recent: Int) async throws -> Bool {
      try await shop.session.execute("DELETE FROM campaign_contacts")
      try await shop.send("spring", daysAgo: 200, to: sent, answered: earlier)
      try await shop.send("winter", daysAgo: 20, to: sent, answered: recent)
      return try await QualityMeasurement(shop.session).measure(
        [try shop.subject(1, "s")], compared: [], outcomes: [], values: Shop.values
      ).verdicts.contains { if case .responseDecayed = $0 { true } else { false } }
    }
    #expect(try await decays(of: 200, earlier: 60, recent: 30))
    // A rise; a fall by a sixth; a fall by half of four answers.
    #expect(try await !decays(of: 200, earlier: 30, recent: 60))
    #expect(try await !decays(of: 200, earlier: 180, recent: 150))
    #expect(try await !decays(of: 20, earlier: 4, recent: 2))
  }

  @Test("Groups of fewer persons than the threshold are told of nowhere, companies are")
  func privacy() async throws {
    let shop = try await Shop()
    try await shop.refresh(daysAgo: 0)
    // Nine of the second are in the third too: alone, each has enough.
    try await shop.enter(1, "i < 100", daysAgo: 0)
    try await shop.enter(2, "i >= 100 AND i < 118", daysAgo: 0)
    try await shop.enter(3, "i >= 109 AND i < 200", daysAgo: 0)
    func measure() async throws -> SegmentQuality {
      try await QualityMeasurement(shop.session).measure(
        try (1...3).map { try shop.subject($0, "s\($0)") }, compared: [1, 2, 3],
        outcomes: Shop.outcomes, values: Shop.values)
    }
    let persons = try await measure()
    #expect(persons.segments.map(\.size) == [100, 18, 91])
    #expect(persons.overlaps.isEmpty)
    #expect(persons.outcomes.allSatisfy { $0.groups.map(\.segment) == [1, 3] })
    try await shop.session.execute("UPDATE customer SET kind = 'company'")
    let companies = try await measure()
    #expect(companies.overlaps.map(\.common) == [9])
    #expect(companies.outcomes.allSatisfy { $0.groups.map(\.segment) == [1, 2, 3] })
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
