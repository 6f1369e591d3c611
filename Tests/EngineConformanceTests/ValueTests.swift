import SQLBuilder
import Testing
import Warehouse

@Suite struct `Values travel unchanged` {
  static let values: [(SQLValue, type: SQL)] = [
    (.null, "BIGINT"), (.bool(true), "BOOLEAN"), (.bool(false), "BOOLEAN"),
    (.int(.max), "BIGINT"), (.int(.min), "BIGINT"), (.int(0), "BIGINT"),
    (.double(0.1), "DOUBLE"), (.double(-.greatestFiniteMagnitude), "DOUBLE"),
    (.double(.infinity), "DOUBLE"), (.double(.leastNonzeroMagnitude), "DOUBLE"),
    (.text(""), "VARCHAR"), (.text("Zoë — «naïve» €"), "VARCHAR"),
    (.text("exactly12by!"), "VARCHAR"), (.text("exactly13byte"), "VARCHAR"),
    (.text("a\u{0}b"), "VARCHAR"), (.text("👩‍👩‍👧‍👦 שלום"), "VARCHAR"),
    (.text("'; DROP TABLE x; --"), "VARCHAR"),
    (.date(-719_162), "DATE"), (.date(19_782), "DATE"),
    (.instant(1_700_000_000_123_456), "TIMESTAMPTZ"), (.instant(-1), "TIMESTAMPTZ"),
    (.localTimestamp(1_711_853_999_999_999), "TIMESTAMP"),
    (.decimal(SQLDecimal(units: 123_456, scale: 4)), "DECIMAL(18, 4)"),
    (.decimal(SQLDecimal(units: -999_999_999_999_999_999, scale: 4)), "DECIMAL(18, 4)"),
    (
      .decimal(SQLDecimal(units: Int128("-99999999999999999999999999999999999999")!, scale: 4)),
      "DECIMAL(38, 4)"
    ),
  ]

  @Test(arguments: EngineUnderTest.all, values)
  func `a bound value comes back as it was`(
    engine: EngineUnderTest, value: (SQLValue, type: SQL)
  ) async throws {
    let session = try await engine.session()
    let answer = try await session.value("SELECT CAST(\(value.0) AS \(value.type)) AS value")
    #expect(answer == value.0)
  }

  @Test(arguments: EngineUnderTest.all)
  func `nulls stand between values, beyond one batch`(engine: EngineUnderTest) async throws {
    let session = try await engine.session()
    let rows = try await session.query(
      """
      SELECT CASE WHEN i % 3 = 0 THEN NULL ELSE i END, CASE WHEN i % 5 = 0 THEN NULL ELSE 'n' || i END
      FROM range(5000) AS numbers(i) ORDER BY i
      """
    ).rows
    #expect(rows.count == 5000)
    for (index, row) in rows.enumerated() {
      #expect(row[0] == (index % 3 == 0 ? .null : .int(Int64(index))))
      #expect(row[1] == (index % 5 == 0 ? .null : .text("n\(index)")))
    }
  }

  @Test(arguments: EngineUnderTest.all)
  func `lists hold values, nulls and lists`(engine: EngineUnderTest) async throws {
    let session = try await engine.session()
    let row = try await session.row("SELECT [1, NULL, 3], [['a'], []], CAST(NULL AS INTEGER[])")
    #expect(row[0] == .list([.int(1), .null, .int(3)]))
    #expect(row[1] == .list([.list([.text("a")]), .list([])]))
    #expect(row[2] == .null)
  }

  @Test(arguments: EngineUnderTest.all)
  func `sums of decimals are exact`(engine: EngineUnderTest) async throws {
    let session = try await engine.session()
    let sum = try await session.value(
      "SELECT sum(CAST(0.1 AS DECIMAL(18, 4))) FROM range(1000000)")
    #expect(sum == .decimal(SQLDecimal(units: 100_000_0000, scale: 4)))
  }

  @Test(arguments: EngineUnderTest.all)
  func `an instant is the same in every zone, a day is the zone's own`(
    engine: EngineUnderTest
  ) async throws {
    let session = try await engine.session()
    // 2024-03-31 00:30 UTC: 01:30 in Paris, half an hour before the clocks go forward.
    let instant = SQLValue.instant(1_711_845_000_000_000)
    let row = try await session.row(
      """
      SELECT timezone('Europe/Paris', CAST(\(instant) AS TIMESTAMPTZ)),
        CAST(timezone('America/New_York', CAST(\(instant) AS TIMESTAMPTZ)) AS DATE),
        timezone('Europe/Paris', TIMESTAMP '2024-10-27 02:30:00')
      """)
    #expect(row[0] == .localTimestamp(1_711_848_600_000_000))
    #expect(row[1] == .date(19_812))  // 2024-03-30
    // The hour that comes twice is read as its second passing, in winter time.
    #expect(row[2] == .instant(1_729_992_600_000_000))
  }

  @Test(arguments: EngineUnderTest.all)
  func `quantiles interpolate as type 7`(engine: EngineUnderTest) async throws {
    let session = try await engine.session()
    let cuts = try await session.value(
      """
      SELECT quantile_cont(CAST(v AS DOUBLE), [0.2, 0.4, 0.6, 0.8])
      FROM (VALUES (1), (1), (1), (1), (2), (2), (3), (5), (8), (13)) AS t(v)
      """)
    // Positions 1.8, 3.6, 5.4 and 7.2 from 0 in the sorted values, interpolated by hand.
    let expected = [1.0, 1.6, 2.4, 5.6]
    for (cut, value) in zip(cuts.list ?? [], expected) {
      #expect(abs((cut.double ?? .nan) - value) < 1e-12)
    }
    #expect(cuts.list?.count == 4)
  }

  @Test(arguments: EngineUnderTest.all)
  func `columns of numbers come and go as they are`(engine: EngineUnderTest) async throws {
    let session = try await engine.session()
    try await session.execute("CREATE TEMP TABLE numbers (a DOUBLE, b DOUBLE)")
    let a = (0..<5_000).map { Double($0) / 7 }
    let b = a.map { -$0 * 1e300 }
    try await session.append([a, b], to: "numbers")
    try await session.append([[], []], to: "numbers")
    let columns = try await session.numbers("SELECT a, b FROM numbers ORDER BY a")
    #expect(columns == [a, b])
    let withNull = try await session.numbers(
      "SELECT CASE WHEN a < 1 THEN NULL ELSE a END FROM numbers ORDER BY a LIMIT 8")
    #expect(withNull[0].prefix(7).allSatisfy(\.isNaN) && withNull[0][7] == 1)
    #expect(try await session.numbers("SELECT a FROM numbers WHERE a < 0") == [[]])
  }

  @Test(arguments: EngineUnderTest.all)
  func `columns that are no numbers are refused`(engine: EngineUnderTest) async throws {
    let session = try await engine.session()
    await #expect(throws: WarehouseError.self) { try await session.numbers("SELECT 'text'") }
    await #expect(throws: WarehouseError.self) {
      try await session.append([[1]], to: "no_such_table")
    }
  }
}
