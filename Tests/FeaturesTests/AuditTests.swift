import CustomerSchema
import Insights
import SQLBuilder
import StatisticalModels
import Testing
import Warehouse

@Suite struct `The audit of a workspace` {
  private func audit(
    _ store: WorkspaceStore, _ objective: AuditObjective? = nil
  ) async throws -> AuditReport {
    try await WorkspaceAudit(store.session, currency: .euro, now: WorkspaceStore.now)
      .run(objective: objective)
  }

  /// 120 people in four regions who buy by region, whatever their household.
  ///
  /// Customer `i` lives in region `i % 4`, is of household `i / 4 % 2` and orders `i % 4 + i / 40 % 3`
  /// times, so that scipy can compute the same from these formulas.
  private func shop() async throws -> WorkspaceStore {
    let store = try await WorkspaceStore()
    try await store.addCustomers(120)
    let regions = ["Bretagne", "Corse", "Normandie", "Occitanie"]
    for (id, type) in [
      ("region", "VARCHAR"), ("household", "VARCHAR"), ("income", "DECIMAL(18,4)"),
    ] {
      try await store.session.execute(
        """
        ALTER TABLE customer_attribute ADD COLUMN \(identifier: id) \(SQL.resource(type))
        """)
      try await store.session.execute(
        """
        INSERT INTO attribute_definition (attribute_id, type, data_class, origin)
        VALUES (\(id), \(type == "VARCHAR" ? "text" : "money"), 'behaviour', 'imported')
        """)
    }
    let names = regions.map { "\(literal: $0)" as SQL }.joined()
    try await store.session.execute(
      """
      INSERT INTO customer_attribute (customer_id, region, household, income)
      SELECT i + 1, list_extract([\(names)], (i % 4 + 1)::INTEGER),
        CASE i // 4 % 2 WHEN 0 THEN 'single' ELSE 'couple' END,
        CASE WHEN i < 48 THEN 1000 * (i % 4) END
      FROM range(120) AS t(i)
      """)
    try await store.session.execute(
      """
      INSERT INTO orders (customer_id, happened_at, local_at, source, key, row_id, kind, amount)
      SELECT i + 1, moment, timezone('UTC', moment), 'shop', i || '-' || n, nextval('row_ids'),
        'purchase', 10 * (1 + i % 4)
      FROM (
        SELECT i, n, TIMESTAMPTZ '2025-02-01 12:00:00+00' + to_days((n * 7 + i % 5)::INTEGER)
          AS moment
        FROM range(120) AS c(i), range(6) AS o(n) WHERE n < i % 4 + i // 40 % 3)
      """)
    return store
  }

  @Test func `what is compared is what the tests of two other programs say`() async throws {
    let store = try await shop()
    defer { store.remove() }
    let report = try await audit(store, .retain)
    let criteria = Dictionary(
      uniqueKeysWithValues: report.criteria.criteria.map { ($0.criterion, $0) })
    let region = try #require(criteria["region"])
    let orders = try #require(region.comparisons.first { $0.outcome == "orders_12_months" })
    // The same from whole lists of values, by ranks of one value after the other.
    var values: [Double] = []
    var groups: [Int] = []
    for i in 0..<120 where i % 4 + i / 40 % 3 > 0 {
      values.append(Double(i % 4 + i / 40 % 3))
      groups.append(i % 4)
    }
    let naive = try KruskalWallisTest(values, group: groups)
    #expect(orders.customers == values.count)
    #expect(abs(orders.statistic - naive.statistic) < 1e-9)
    // scipy 1.17.1: kruskal, and chi2_contingency without continuity correction.
    #expect(abs(orders.statistic - 65.7892857142857) < 1e-9)
    #expect(abs(orders.pValue / 3.400264853285757e-14 - 1) < 1e-9)
    #expect(abs(orders.effectSize - 0.6035714285714284) < 1e-12)
    #expect(abs(orders.pValue - naive.pValue) < 1e-12)
    #expect(abs(orders.effectSize - naive.epsilonSquared) < 1e-12)
    let back = try #require(region.comparisons.first { $0.outcome == "came_back" })
    let table = try ChiSquareTest(
      values.indices.map { groups[$0] }, values.map { $0 > 1 ? 1 : 0 })
    #expect(abs(back.statistic - table.statistic) < 1e-9)
    #expect(abs(back.effectSize - table.cramersV) < 1e-12)
    #expect(abs(back.statistic - 31.574074074074073) < 1e-9)
    #expect(abs(back.pValue / 6.434816978325563e-07 - 1) < 1e-9)
    #expect(abs(back.effectSize - 0.5357583756107197) < 1e-12)
    #expect(back.groups.first?.value == "Normandie" || back.groups.first?.value == "Occitanie")
    // Holm's correction is over everything that was tested, and never lowers a p-value.
    let all = report.criteria.criteria.flatMap(\.comparisons)
    let adjusted = MultipleTesting.holm(all.map(\.pValue))
    for (one, expected) in zip(all, adjusted) {
      #expect(abs(one.adjustedPValue - expected) < 1e-12 && one.adjustedPValue >= one.pValue)
    }
  }

  @Test func `a criterion that predicts nothing is not chosen for being known of everybody`()
    async throws
  {
    let store = try await shop()
    defer { store.remove() }
    let report = try await audit(store, .retain)
    let criteria = Dictionary(
      uniqueKeysWithValues: report.criteria.criteria.map { ($0.criterion, $0) })
    #expect(report.criteria.criteria.first?.criterion == "region")
    let region = try #require(criteria["region"])
    #expect(region.verdict == .use && region.usefulness == .large && region.ease == .easy)
    let household = try #require(criteria["household"])
    #expect(household.verdict == .useless && household.usefulness == .absent)
    #expect(household.coverage == 1 && household.bestOutcome == nil)
    // Known of 38 of 110 purchasers: worth collecting, not using.
    let income = try #require(criteria["income"])
    #expect(income.ease == .hard && income.verdict == .collect && income.coverage == 38.0 / 110)
  }

  @Test func `the base, products, and who comes back add up`() async throws {
    let store = try await WorkspaceStore()
    defer { store.remove() }
    try await store.addCustomers(200)
    // Who begins with tea comes back in three cases of four, who begins with coffee in one of four.
    try await store.session.execute(
      """
      INSERT INTO orders (customer_id, happened_at, local_at, source, key, row_id, kind, amount)
      SELECT i + 1, TIMESTAMPTZ '2025-01-10 12:00:00+00' + to_days((180 * n)::INTEGER),
        TIMESTAMP '2025-01-10 12:00:00' + to_days((180 * n)::INTEGER), 'shop', i || '-' || n,
        nextval('row_ids'), 'purchase', 20
      FROM range(200) AS c(i), range(2) AS o(n)
      WHERE n = 0 OR CASE WHEN i < 100 THEN i % 4 < 3 ELSE i % 4 = 0 END
      """)
    try await store.session.execute(
      """
      INSERT INTO order_lines (customer_id, happened_at, local_at, source, key, row_id, order_key,
        kind, product, quantity, amount)
      SELECT customer_id, happened_at, local_at, source, key, nextval('row_ids'), key, 'purchase',
        CASE WHEN customer_id <= 100 THEN 'tea' ELSE 'coffee' END, 2, amount FROM orders
      """)
    // The follow-up must be over for everybody: one customer buys a year later.
    try await store.session.execute(
      """
      INSERT INTO orders (customer_id, happened_at, local_at, source, key, row_id, kind, amount)
      VALUES (200, TIMESTAMPTZ '2026-01-01 08:00:00+00', TIMESTAMP '2026-01-01 08:00:00', 'shop', 'z',
        nextval('row_ids'), 'purchase', 20)
      """)
    try await store.session.execute(
      """
      INSERT INTO tickets (customer_id, happened_at, local_at, source, key, row_id, category,
        closed_at, satisfaction)
      SELECT i + 1, TIMESTAMPTZ '2025-03-01 08:00:00+00', TIMESTAMP '2025-03-01 08:00:00', 'desk',
        i || '', nextval('row_ids'), CASE WHEN i < 6 THEN 'delivery' ELSE 'refund' END,
        TIMESTAMPTZ '2025-03-01 08:00:00+00' + to_hours((i + 1)::INTEGER), i % 5
      FROM range(10) AS t(i)
      """)
    let report = try await audit(store)
    #expect(report.base.customers == 200 && report.base.purchasers == 200)
    #expect(report.base.orders == 301 && report.base.returning == 101)
    #expect(report.base.revenue.amount == SQLDecimal("6020"))
    #expect(report.asOf == LocalDate(iso: "2026-01-01"))
    #expect(report.products.bestSellers.map(\.product) == ["tea", "coffee"])
    #expect(report.products.bestSellers[0].quantity == 350)
    #expect(abs(report.products.bestSellers[0].share - 175.0 / 300) < 1e-12)
    #expect(report.products.followedDays == 178)
    #expect(report.methods.count == AuditObjective.allCases.count)
    #expect(report.support.tickets == 10 && report.support.customers == 10)
    #expect(report.support.reasons.map(\.name) == ["delivery", "refund"])
    // Hours 1 to 6, whose middle is 3.5.
    #expect(report.support.reasons[0].medianHoursToClose == 3.5)
    #expect(abs((report.support.reasons[0].averageSatisfaction ?? 0) - 10.0 / 6) < 1e-9)
  }

  @Test func `first-time buyers of one product come back more, beyond chance`() async throws {
    let store = try await WorkspaceStore()
    defer { store.remove() }
    try await store.addCustomers(200)
    try await store.session.execute(
      """
      INSERT INTO orders (customer_id, happened_at, local_at, source, key, row_id, kind, amount)
      SELECT i + 1, TIMESTAMPTZ '2025-01-10 12:00:00+00' + to_days((30 * n)::INTEGER),
        TIMESTAMP '2025-01-10 12:00:00' + to_days((30 * n)::INTEGER), 'shop', i || '-' || n,
        nextval('row_ids'), 'purchase', 20
      FROM range(200) AS c(i), range(2) AS o(n)
      WHERE n = 0 OR CASE WHEN i < 100 THEN i % 4 < 3 ELSE i % 4 = 0 END
      """)
    try await store.session.execute(
      """
      INSERT INTO order_lines (customer_id, happened_at, local_at, source, key, row_id, order_key,
        kind, product, amount)
      SELECT customer_id, happened_at, local_at, source, key, nextval('row_ids'), key, 'purchase',
        CASE WHEN customer_id <= 100 THEN 'tea' ELSE 'coffee' END, amount FROM orders
      """)
    try await store.session.execute(
      """
      INSERT INTO orders (customer_id, happened_at, local_at, source, key, row_id, kind, amount)
      VALUES (200, TIMESTAMPTZ '2025-12-20 08:00:00+00', TIMESTAMP '2025-12-20 08:00:00', 'shop', 'z',
        nextval('row_ids'), 'purchase', 20)
      """)
    let entries = try await audit(store).products.entries
    #expect(entries.map(\.product) == ["tea", "coffee"])
    let tea = entries[0]
    #expect(tea.buyers == 100 && tea.cameBack == 0.75 && tea.othersCameBack == 0.25)
    #expect(tea.standsOut && !entries[1].standsOut)
    // χ² of 75 and 25 against 25 and 75: 200 (75² − 25²)² / 100⁴ = 50; two products, both at 50.
    let expected = try ChiSquareTest(counts: [[75, 25], [25, 75]])
    #expect(abs(expected.statistic - 50) < 1e-9)
    #expect(abs(tea.returnPValue - expected.pValue) < 1e-15)
    #expect(tea.spent.amount == SQLDecimal("15") && tea.othersSpent.amount == SQLDecimal("5"))
  }

  @Test func `duplicates and silos are counted by simple keys`() async throws {
    let store = try await WorkspaceStore()
    defer { store.remove() }
    try await store.addCustomers(6)
    for (customer, attribute, value) in [
      (1, "email", "Jean@Example.fr "), (2, "email", "jean@example.fr"),
      (3, "email", "anne@example.fr"), (4, "phone", "06 12 34 56 78"),
      (5, "phone", "+33612345678"), (6, "phone", "12"), (1, "first_name", "Éloïse"),
      (1, "last_name", "Le Goff"), (1, "birth_date", "1990-05-01"),
      (6, "first_name", "eloise"), (6, "last_name", "LEGOFF"), (6, "birth_date", "1990-05-01"),
    ] { try await store.say(customer, attribute, value) }
    for (customer, source) in [
      (1, "crm"), (2, "shop"), (3, "crm"), (3, "shop"), (4, "crm"), (5, "till"), (6, "crm"),
    ] {
      try await store.session.execute(
        "INSERT INTO identifier (source, type, value, customer_id, import_id, source_line) VALUES (\(source), 'id', \("\(customer)"), \(customer), NULL, NULL)"
      )
    }
    let report = try await audit(store)
    let duplicates = Dictionary(uniqueKeysWithValues: report.duplicates.map { ($0.key, $0) })
    #expect(duplicates["email"]?.groups == 1 && duplicates["email"]?.withKey == 3)
    #expect(duplicates["phone"]?.surplus == 1 && duplicates["phone"]?.withKey == 2)
    #expect(duplicates["name_birth_date"]?.customers == 2)
    let sources = Dictionary(
      uniqueKeysWithValues: report.silos.sources.map { ($0.source, $0) })
    #expect(sources["crm"]?.customers == 4 && sources["crm"]?.alone == 3)
    let pairs = report.silos.pairs.map { [$0.first, $0.second, "\($0.joined)", "\($0.joinable)"] }
    #expect(
      pairs == [
        ["crm", "shop", "1", "1"], ["crm", "till", "0", "1"], ["shop", "till", "0", "0"],
      ])
    let email = try #require(report.attributes.first { $0.attribute == "email" })
    #expect(email.coverage == 0.5 && email.newest == LocalDate(iso: "2025-01-01"))
    #expect(abs((email.medianAgeDays ?? 0) - 365) < 1)
  }

  @Test(arguments: AuditObjective.allCases)
  func `an empty workspace is answered for every objective`(objective: AuditObjective) async throws
  {
    let store = try await WorkspaceStore()
    defer { store.remove() }
    let report = try await audit(store, objective)
    #expect(report.methods.map(\.method) == ["none"])
    #expect(report.methods[0].command == nil && !report.methods[0].missing.isEmpty)
    #expect(report.criteria.criteria.isEmpty && report.duplicates.isEmpty)
    #expect(report.silos.sources.isEmpty && report.products.bestSellers.isEmpty)
  }

  @Test(arguments: [
    ("fidéliser", AuditObjective.retain), ("Reactiver", .reactivate), ("transformer", .convert),
    ("CONQUÉRIR", .conquer), ("abonnements", .subscriptions), ("b2b", .b2b), ("grow", nil),
  ])
  func `objectives have French names`(name: String, objective: AuditObjective?) {
    #expect(AuditObjective(name: name) == objective)
  }
}
