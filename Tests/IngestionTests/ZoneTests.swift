import SQLBuilder
import Testing
import Warehouse

@testable import Ingestion

@Suite struct ZoneTests {
  /// The engine's own calendar (ICU) is the judge: every half hour of several years, and the
  /// far ends.
  @Test(arguments: [
    "Europe/Paris", "UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
    "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia", "Asia/Kathmandu",
  ])
  func daysAgreeWithTheEnginesCalendar(_ name: String) async throws {
    let bench = try await Workbench()
    let zone = try #require(ZoneOffsets(name))
    let differences = try await bench.value(
      """
      SELECT count(*) FROM (
        SELECT make_timestamptz(us) AS t FROM (
          SELECT unnest(range(631152000000000, 2208988800000000, 5400000000 * 7)) AS us
          UNION ALL SELECT unnest(range(1262304000000000, 1293840000000000, 1800000000))
          UNION ALL SELECT unnest(range(1704067200000000, 1735689600000000, 1800000000))
          UNION ALL SELECT unnest(range(-2208988800000000, -2145916800000000, 86000000000))
          UNION ALL SELECT unnest(range(3000000000000000, 3031536000000000, 86000000000))))
      WHERE \(zone.day("t")) IS DISTINCT FROM timezone(\(literal: name), t)::DATE
      """)
    #expect(differences == .int(0))
  }

  @Test func aNameThatIsNoZoneIsNone() { #expect(ZoneOffsets("Europe/Nowhere") == nil) }
}
