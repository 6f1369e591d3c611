internal import CustomerSchema
internal import ReferenceData
internal import SQLBuilder
internal import Warehouse

/// The days that move purchases, as tables of a session.
struct PurchaseCalendar {
  let session: any QuerySession

  /// Makes `description_day`, a row for each day of which everything is known, and
  /// `description_holiday`: public holidays by department, with `''` for most of France.
  func create() async throws {
    let calendar = try CommercialCalendar.load()
    guard let coverage = calendar.coverage else {
      throw ReferenceDataError.corrupt(table: "calendar")
    }
    func contains(_ day: SQL, _ periods: [DatedPeriod]) -> SQL {
      let ranges = periods.map {
        "(\(day) BETWEEN \($0.firstDay.sqlValue) AND \($0.lastDay.sqlValue))" as SQL
      }
      return ranges.isEmpty ? "false" : "(\(ranges.joined(separator: " OR ")))"
    }
    let sales = calendar.events.filter { ["winter_sales", "summer_sales"].contains($0.name) }
    let christmas = calendar.events.filter { $0.name == "christmas_shopping" }
    let school = ["A", "B", "C"].map { zone in
      let column = "\(identifier: "school_" + zone.lowercased())" as SQL
      return
        "\(contains("day", calendar.schoolHolidays.filter { $0.schoolZone == zone })) AS \(column)"
        as SQL
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_day AS
      SELECT day, \(contains("day", sales)) AS is_sales,
        \(contains("day", christmas)) AS is_christmas, \(school.joined())
      FROM (
        SELECT CAST(unnest(generate_series(\(coverage.lowerBound.sqlValue)::TIMESTAMP,
          \(coverage.upperBound.sqlValue)::TIMESTAMP, INTERVAL 1 DAY)) AS DATE) AS day)
      """)
    var rows: [SQL] = []
    let places = ["", "57", "67", "68", "971", "972", "973", "974", "976"]
    for year in coverage.lowerBound.components.year...coverage.upperBound.components.year {
      for place in places {
        for (day, _) in PublicHoliday.all(year: year, zone: HolidayZone(department: place)) {
          rows.append("(\(literal: place), \(day.sqlValue))")
        }
      }
    }
    try await session.execute(
      "CREATE OR REPLACE TEMP TABLE description_holiday (department VARCHAR, day DATE)")
    for start in stride(from: 0, to: rows.count, by: 1_000) {
      let some = Array(rows[start..<min(start + 1_000, rows.count)])
      try await session.execute("INSERT INTO description_holiday VALUES \(some.joined())")
    }
  }
}
