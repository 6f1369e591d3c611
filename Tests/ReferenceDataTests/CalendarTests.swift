import CustomerSchema
import Testing

@testable import ReferenceData

@Suite struct `Calendars` {
  @Test func `holidays are those that Etalab publishes for 2018 to 2031, in every zone`() throws {
    let zones: [String: HolidayZone] = [
      "Métropole": .metropolitan, "Alsace-Moselle": .alsaceMoselle, "Guadeloupe": .guadeloupe,
      "Martinique": .martinique, "Guyane": .guyane, "La Réunion": .reunion, "Mayotte": .mayotte,
      "Saint-Barthélémy": .saintBarthelemy, "Saint-Martin": .saintMartin,
      "Saint-Pierre-et-Miquelon": .saintPierreMiquelon, "Nouvelle-Calédonie": .newCaledonia,
      "Polynésie Française": .frenchPolynesia, "Wallis-et-Futuna": .wallisFutuna,
    ]
    #expect(Set(zones.values) == Set(HolidayZone.allCases))
    var published: [HolidayZone: [LocalDate]] = [:]
    for row in try fixture("public_holidays.csv") {
      for name in row[2].split(separator: "|") {
        let zone = try #require(zones[String(name)])
        published[zone, default: []].append(try #require(LocalDate(iso: row[0])))
      }
    }
    for zone in HolidayZone.allCases {
      let computed = (2018...2031).flatMap { year in
        PublicHoliday.all(year: year, zone: zone).map(\.date)
      }
      #expect(computed == published[zone]?.sorted(), "\(zone)")
    }
  }

  @Test(
    "Easter on dates that almanacs give",
    arguments: [
      (1818, "1818-03-22"), (1943, "1943-04-25"), (2000, "2000-04-23"), (2008, "2008-03-23"),
      (2011, "2011-04-24"), (2024, "2024-03-31"), (2038, "2038-04-25"), (2285, "2285-03-22"),
    ])
  func easter(year: Int, date: String) {
    #expect(PublicHoliday.easter(year: year)?.description == date)
  }

  @Test func `departments have their zone of holidays`() {
    #expect(HolidayZone(department: "67") == .alsaceMoselle)
    #expect(HolidayZone(department: "2A") == .metropolitan)
    #expect(HolidayZone(department: "974") == .reunion)
  }

  @Test func `sales and feasts follow the law`() throws {
    let calendar = try CommercialCalendar.load()
    func event(_ name: String, _ year: Int) throws -> DatedPeriod {
      try #require(
        calendar.events.first { $0.name == name && $0.firstDay.components.year == year })
    }
    // Published dates: winter sales from 7 January 2026 to 3 February, summer from 24 June to 21 July.
    #expect(try event("winter_sales", 2026).firstDay.description == "2026-01-07")
    #expect(try event("winter_sales", 2026).lastDay.description == "2026-02-03")
    #expect(try event("summer_sales", 2026).firstDay.description == "2026-06-24")
    #expect(try event("summer_sales", 2026).lastDay.description == "2026-07-21")
    #expect(try event("black_friday", 2024).firstDay.description == "2024-11-29")
    // 31 May 2020 was Pentecost, so mothers were feted a week later.
    #expect(try event("mothers_day", 2020).firstDay.description == "2020-06-07")
    #expect(try event("mothers_day", 2024).firstDay.description == "2024-05-26")
    #expect(calendar.events.allSatisfy { $0.firstDay <= $0.lastDay })
    for year in 2018...2031 {
      #expect(calendar.events.count { $0.firstDay.components.year == year } == 9, "\(year)")
    }
  }

  @Test func `school holidays go by zone`() throws {
    let calendar = try CommercialCalendar.load()
    // Winter 2025: zone B from 8 February, C from the 15th, A from the 22nd.
    let day = try #require(LocalDate(iso: "2025-02-12"))
    #expect(calendar.periods(on: day, schoolZone: "B").contains { $0.name == "Vacances d’hiver" })
    #expect(!calendar.periods(on: day, schoolZone: "A").contains { $0.schoolZone != nil })
    let christmas = try #require(LocalDate(iso: "2024-12-28"))
    #expect(calendar.periods(on: christmas).count { $0.name == "Vacances de Noël" } == 3)
    let coverage = try #require(calendar.coverage)
    #expect(coverage.contains(christmas))
  }

  @Test(
    "Ages are completed years",
    arguments: [
      ("1990-06-15", "2024-06-14", 33), ("1990-06-15", "2024-06-15", 34),
      ("2000-02-29", "2023-02-27", 22), ("2000-02-29", "2023-02-28", 23),
      ("2000-02-29", "2024-02-28", 23), ("2000-02-29", "2024-02-29", 24),
      ("2024-01-01", "2024-01-01", 0), ("1904-01-02", "2024-01-02", 120),
    ])
  func ages(birth: String, day: String, age: Int) throws {
    let birth = try #require(LocalDate(iso: birth))
    let day = try #require(LocalDate(iso: day))
    #expect(try Age.years(born: birth, on: day) == age)
  }

  @Test func `impossible ages are refused`() throws {
    let day = try #require(LocalDate(iso: "2024-06-15"))
    #expect(throws: Age.Problem.tooOld) {
      try Age.years(born: try #require(LocalDate(iso: "1874-06-15")), on: day)
    }
    #expect(throws: Age.Problem.future) { try Age.years(born: day.adding(days: 1), on: day) }
    #expect(Age.isPlaceholder(try #require(LocalDate(iso: "1970-01-01"))))
    #expect(!Age.isPlaceholder(try #require(LocalDate(iso: "1971-01-01"))))
  }

  @Test(
    "Generations have the published limits",
    arguments: [
      (1927, Generation.greatest), (1945, .silent), (1946, .boomer), (1964, .boomer), (1965, .x),
      (1980, .x), (1981, .millennial), (1996, .millennial), (1997, .z), (2012, .z), (2013, .alpha),
    ])
  func generations(year: Int, generation: Generation) {
    #expect(Generation(birthYear: year) == generation)
  }
}
