package import CustomerSchema

/// A period that moves purchases: sales, school holidays, feasts.
package struct DatedPeriod: Sendable, Hashable {
  /// `winter_sales`, `black_friday`… or the French name of school holidays.
  package let name: String
  /// Both days included.
  package let firstDay: LocalDate
  package let lastDay: LocalDate
  /// A, B or C for school holidays; nil else.
  package let schoolZone: String?

  package func contains(_ day: LocalDate) -> Bool { (firstDay...lastDay).contains(day) }
}

/// Dated periods from 2018: commercial events to 2031, school holidays to the summer of 2028.
package struct CommercialCalendar: Sendable {
  /// By first day. Sales are the national ones: border departments, Corsica and overseas have
  /// their own dates by decree. `christmas_shopping` and `back_to_school` are indicative windows.
  package let events: [DatedPeriod]
  /// Zones A, B and C, by first day; Corsica and overseas have their own calendars.
  package let schoolHolidays: [DatedPeriod]

  package static func load() throws(ReferenceDataError) -> CommercialCalendar { try shared.get() }

  private static let shared = Lazy<CommercialCalendar> { () throws(ReferenceDataError) in
    let events = try ReferenceTable("calendar/commercial_events.csv").records([
      "event", "first_day", "last_day",
    ]) { row -> DatedPeriod? in
      guard let first = LocalDate(iso: row[1]), let last = LocalDate(iso: row[2]) else {
        return nil
      }
      return DatedPeriod(name: row[0], firstDay: first, lastDay: last, schoolZone: nil)
    }
    let school = try ReferenceTable("calendar/school_holidays.csv").records([
      "zone", "first_day", "last_day", "name_fr",
    ]) { row -> DatedPeriod? in
      guard let first = LocalDate(iso: row[1]), let last = LocalDate(iso: row[2]) else {
        return nil
      }
      return DatedPeriod(name: row[3], firstDay: first, lastDay: last, schoolZone: row[0])
    }
    return CommercialCalendar(
      events: events.sorted { ($0.firstDay, $0.name) < ($1.firstDay, $1.name) },
      schoolHolidays: school.sorted {
        ($0.firstDay, $0.schoolZone ?? "") < ($1.firstDay, $1.schoolZone ?? "")
      })
  }

  /// The days on which every kind of period is known.
  package var coverage: ClosedRange<LocalDate>? {
    guard let first = schoolHolidays.first?.firstDay,
      let last = schoolHolidays.map(\.lastDay).max(),
      let start = events.first?.firstDay
    else { return nil }
    return max(first, start)...last
  }

  /// The periods that hold a day; `schoolZone` limits school holidays to one zone.
  package func periods(on day: LocalDate, schoolZone: String? = nil) -> [DatedPeriod] {
    events.filter { $0.contains(day) }
      + schoolHolidays.filter { period in
        period.contains(day) && (schoolZone == nil || period.schoolZone == schoolZone)
      }
  }
}
