import CustomerSchema
import SQLBuilder
import StatisticalModels
import Testing
import Warehouse

@testable import Scoring

@Suite struct `Groups from the customer table` {
  /// Three clear kinds of customers, with noise that a fixed formula makes.
  static let threeKinds: SQL = """
    SELECT 'c' || i AS customer,
      CASE i % 3 WHEN 0 THEN 10 WHEN 1 THEN 300 ELSE 40 END + hash(i) % 9
        AS days_since_last_purchase,
      CASE i % 3 WHEN 0 THEN 20 WHEN 1 THEN 1 ELSE 4 END + hash(i + 1) % 2 AS orders,
      CAST(CASE i % 3 WHEN 0 THEN 30 WHEN 1 THEN 20 ELSE 200 END + hash(i + 2) % 7
        AS DECIMAL(18, 4)) AS average_basket,
      400 + 10 * (i % 3) + hash(i + 3) % 3 AS tenure_days, CAST(0 AS DOUBLE) AS return_rate,
      CAST(CASE i % 3 WHEN 0 THEN 600 WHEN 1 THEN 20 ELSE 800 END AS DECIMAL(38, 4)) AS revenue,
      CASE i % 3 WHEN 0 THEN 'web' WHEN 1 THEN 'shop' END AS favourite_channel
    FROM range(600) AS t(i)
    """

  private func find(
    _ session: any QuerySession, _ change: (inout GroupSettings) -> Void = { _ in }
  ) async throws -> GroupTraining.Outcome {
    var settings = GroupSettings()
    settings.groups = 2...5
    settings.threads = 2
    change(&settings)
    return try await GroupTraining(
      settings: settings, asOf: LocalDate(2024, 6, 1), currency: .euro, quartierVersion: "test"
    ).run(in: session)
  }

  @Test(arguments: [nil, GroupMethod.mixture, .ward])
  func `clear kinds are found, described and numbered by revenue`(method: GroupMethod?)
    async throws
  {
    let session = try await Shop.customers(Self.threeKinds)
    let outcome = try await find(session) {
      $0.method = method
      if method == .mixture { $0.groups = 3...3 }
    }
    let report = outcome.report
    #expect(report.groups.map(\.id) == ["group_1", "group_2", "group_3"])
    #expect(report.groups.map(\.customers) == [200, 200, 200])
    #expect(report.groups.map(\.revenue.double) == [160_000, 120_000, 4000])
    let pure = try await session.value(
      """
      SELECT count(DISTINCT (found_group, CAST(substr(customer, 2) AS BIGINT) % 3))
      FROM customer_group
      """)
    #expect(pure == .int(3))
    let basket = try #require(report.groups[0].centre.first { $0.attribute == "average_basket" })
    #expect(abs(try #require(basket.median) - 203) < 1)
    #expect(report.groups.allSatisfy { !$0.typicalCustomers.isEmpty && !$0.nameParts.isEmpty })
    #expect(Set(report.groups.map(\.nameParts)).count == 3)
    #expect(report.attributes.first { $0.name == "return_rate" }?.treatment == "out")
    #expect(report.map?.points.count == 600)
    if method != .mixture { #expect(report.proposal?.proposed == 3) }
    let shares = try await session.value(
      "SELECT count(*) FROM customer_group WHERE group_probability > 0.99")
    #expect(shares == .int(method == .mixture ? 600 : 0))
  }

  @Test func `categories bring prototypes`() async throws {
    let session = try await Shop.customers(Self.threeKinds)
    let outcome = try await find(session) {
      $0.attributes = try! GroupAttribute.named(["orders", "average_basket", "favourite_channel"])
      $0.groups = 3...3
    }
    #expect(outcome.report.method == .kPrototypes)
    #expect(outcome.report.groups.map(\.customers) == [200, 200, 200])
    #expect(outcome.report.groups.compactMap { $0.centre[2].mode } == ["web", "shop"])
  }

  @Test func `the engine assigns as the stored scorer does`() async throws {
    let session = try await Shop.customers(
      """
      SELECT 'c' || i AS customer, 1 + (i * 37) % 400 AS days_since_last_purchase,
        1 + (i * i) % 17 AS orders, CAST((i * 91) % 1000 AS DECIMAL(18, 4)) AS average_basket,
        400 + (i * 13) % 900 AS tenure_days,
        CASE WHEN i % 5 = 0 THEN NULL ELSE (i % 10) / 10.0 END AS return_rate,
        CAST(1 AS DECIMAL(38, 4)) AS revenue
      FROM range(4000) AS t(i)
      """)
    let outcome = try await find(session) {
      $0.groups = 6...6
      $0.fitRows = 1000
      $0.treatments = [GroupTreatment("orders=robust")].compactMap { $0 }
    }
    let stored = try #require(outcome.found)
    let columns = try await session.numbers(
      """
      SELECT CAST(days_since_last_purchase AS DOUBLE), CAST(orders AS DOUBLE),
        CAST(average_basket AS DOUBLE), CAST(tenure_days AS DOUBLE), CAST(return_rate AS DOUBLE),
        CAST(substr(found_group, 7) AS DOUBLE)
      FROM customers JOIN customer_group USING (customer)
      """)
    let features = zip(stored.attributes, columns).map {
      FeatureColumn($0.name, $0.kind, $1)
    }
    let labels = try stored.assign(features).labels
    #expect(columns[5].count == 4000)
    #expect(zip(labels, columns[5]).allSatisfy { Double($0 + 1) == $1 })
    #expect(Set(labels).count == 6)
  }

  @Test func `groups found again keep their numbers and names`() async throws {
    let session = try await Shop.customers(Self.threeKinds)
    let first = try await find(session) { $0.groups = 3...3 }
    let names = Dictionary(
      uniqueKeysWithValues: first.report.groups.enumerated().map { ($0 + 1, $1.nameParts) })
    // Revenues are turned round, so that their order would give other numbers.
    try await session.execute("UPDATE customers SET revenue = 1000 - revenue")
    let again = try await find(session) {
      $0.groups = 3...3
      $0.seed = 99
      $0.previous = first.found
      $0.previousNames = names
    }
    #expect(again.report.groups.map(\.id) == first.report.groups.map(\.id))
    #expect(again.report.groups.map(\.nameParts) == first.report.groups.map(\.nameParts))
    #expect(
      again.report.groups.map { $0.centre[0].median }
        == first.report.groups.map { $0.centre[0].median })
  }

  @Test func `bases without groups get a sentence; impossible numbers an error`() async throws {
    let alike: SQL = """
      SELECT 'c' || i AS customer, 5 AS days_since_last_purchase, 1 AS orders,
        CAST(10 AS DECIMAL(18, 4)) AS average_basket, 30 AS tenure_days,
        CAST(0 AS DOUBLE) AS return_rate, CAST(10 AS DECIMAL(38, 4)) AS revenue
      FROM range(100) AS t(i)
      """
    let same = try await find(try await Shop.customers(alike))
    #expect(same.report.refusal?.code == "model.groups.refusal.alike")
    let one = try await find(try await Shop.customers("SELECT * FROM (\(alike)) LIMIT 1"))
    #expect(one.report.refusal?.code == "model.groups.refusal.few")
    let session = try await Shop.customers(
      "SELECT * REPLACE (1 + CAST(substr(customer, 2) AS BIGINT) % 3 AS orders) FROM (\(alike))")
    await #expect(throws: ScoringError.self) { _ = try await find(session) { $0.groups = 9...9 } }
  }
}
