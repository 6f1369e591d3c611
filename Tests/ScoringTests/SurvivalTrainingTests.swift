import CustomerSchema
import SQLBuilder
import StatisticalModels
import Testing
import Warehouse

@testable import Scoring

@Suite struct `Survival from a table of subscriptions` {
  private func run(
    _ rows: SQL, _ columns: [String], _ change: (inout SurvivalSettings) -> Void
  ) async throws -> (report: SurvivalReport, session: any QuerySession) {
    let session = try await Shop.session()
    try await session.execute("CREATE TEMP TABLE given AS SELECT * FROM (VALUES \(rows)) AS t")
    for (index, name) in columns.enumerated() {
      try await session.execute(
        "ALTER TABLE given RENAME COLUMN \(identifier: "col\(index)") TO \(identifier: name)")
    }
    var settings = SurvivalSettings()
    change(&settings)
    let report = try await SurvivalTraining(settings: settings, quartierVersion: "test")
      .run(on: "given", columns: columns, in: session)
    return (report, session)
  }

  /// By hand, in days as of 11 January: 2 ended, 10 runs, 5 ended, 3 runs (its end is yet to come);
  /// the others begin later, end before they begin, or say no day.
  @Test func `dates give durations, and what cannot be is left out`() async throws {
    let rows: SQL = """
      ('a', '2024-01-01', '2024-01-03'), ('b', '01/01/2024', NULL),
      ('c', '2024-01-02 10:00:00', '07/01/2024'), ('d', '08/01/2024', '20/02/2024'),
      ('e', '12/01/2024', NULL), ('f', '05/01/2024', '04/01/2024'), ('g', 'soon', NULL),
      ('h', '05/01/2024', 'never')
      """
    let (report, session) = try await run(rows, ["id", "von", "bis"]) {
      $0.start = "von"
      $0.end = "bis"
      $0.id = "id"
      $0.unit = .day
      $0.asOf = LocalDate(2024, 1, 11)
    }
    #expect(report.subscriptions == 4 && report.ended == 2 && report.leftOut == 4)
    #expect(report.asOf == LocalDate(2024, 1, 11) && report.unit == .day)
    let outlook = try await session.query(
      "SELECT id, duration, ended FROM subscription_outlook ORDER BY id"
    ).rows
    #expect(outlook.map { $0[0].text } == ["a", "b", "c", "d"])
    #expect(outlook.map { $0[1].double } == [2, 10, 5, 3])
    #expect(outlook.map { $0[2].bool } == [true, false, true, false])
    // S(2) = 3/4; d is out before the next end, at which two are left: S(5) = 3/4 · 1/2.
    #expect(report.curve.map(\.survival).suffix(1) == [0.375])
    let month = try await run(
      "('1/31/2024', '2/15/2024'), ('12/25/2023', NULL)", ["start", "end"]
    ) {
      $0.start = "start"
      $0.end = "end"
      $0.unit = .day
    }
    #expect(month.report.asOf == LocalDate(2024, 2, 15) && month.report.ended == 1)
    await #expect(throws: ScoringError.self) {
      _ = try await run("('x', 'never'), ('y', 'z')", ["start", "end"]) {
        $0.start = "start"
        $0.end = "end"
      }
    }
  }

  /// By hand: of ten that ended at 1…10, who has lasted 4 is still there after 3 more with
  /// probability S(7)/S(4) = 3/6, and pays at 4, 5 and 6: 1 + S(5)/S(4) + S(6)/S(4).
  @Test func `a running subscription is worth what its curve says from now on`() async throws {
    let values = (1...10).map { "(\("\($0)"), 'yes', '10')" as SQL } + ["('4', 'no', '20')"]
    let (report, session) = try await run(values.joined(), ["tenure", "churn", "paid"]) {
      $0.duration = "tenure"
      $0.event = "churn"
      $0.amount = "paid"
      $0.horizon = 3
    }
    let outlook = try await session.query(
      "SELECT survival, value FROM subscription_outlook WHERE NOT ended"
    ).rows
    // Eleven at risk until 4, when one ends and one is last seen; six are left after it.
    let shares: [Double] = [5.0 / 6, 4.0 / 6, 3.0 / 6]
    #expect(outlook.count == 1)
    #expect(abs(try #require(outlook[0][0].double) - shares[2]) < 1e-12)
    let worth = 20 * (1 + shares[0] + shares[1])
    #expect(abs(try #require(outlook[0][1].double) - worth) < 1e-9)
    let told = try #require(report.outlook)
    #expect(told.running == 1 && told.covered == 1 && told.periods == 3)
    #expect(abs(try #require(told.value) - worth) < 1e-9)
  }
}
