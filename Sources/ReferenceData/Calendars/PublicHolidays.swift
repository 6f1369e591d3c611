package import CustomerSchema

/// Where public holidays differ in France.
package enum HolidayZone: String, Sendable, Hashable, CaseIterable, Codable {
  case metropolitan
  /// Departments 57, 67 and 68.
  case alsaceMoselle = "alsace_moselle"
  case guadeloupe, martinique, guyane, reunion, mayotte
  case saintBarthelemy = "saint_barthelemy"
  case saintMartin = "saint_martin"
  case saintPierreMiquelon = "saint_pierre_miquelon"
  case newCaledonia = "new_caledonia"
  case frenchPolynesia = "french_polynesia"
  case wallisFutuna = "wallis_futuna"

  /// The zone of a department (`57`, `971`) or of a collectivity (`988`).
  package init(department code: String) {
    switch code {
    case "57", "67", "68": self = .alsaceMoselle
    case "971": self = .guadeloupe
    case "972": self = .martinique
    case "973": self = .guyane
    case "974": self = .reunion
    case "975": self = .saintPierreMiquelon
    case "976": self = .mayotte
    case "977": self = .saintBarthelemy
    case "978": self = .saintMartin
    case "986": self = .wallisFutuna
    case "987": self = .frenchPolynesia
    case "988": self = .newCaledonia
    default: self = .metropolitan
    }
  }

  /// Month and day of the abolition of slavery (decree n° 83-1003, amended, and local rules).
  fileprivate var abolition: (month: Int, day: Int)? {
    switch self {
    case .guadeloupe: (5, 27)
    case .martinique: (5, 22)
    case .guyane: (6, 10)
    case .reunion: (12, 20)
    case .mayotte: (4, 27)
    case .saintBarthelemy: (10, 9)
    case .saintMartin: (5, 28)
    default: nil
    }
  }
}

/// A public holiday (Code du travail, L3133-1 and L3134-13; local laws overseas).
package enum PublicHoliday: String, Sendable, Hashable, CaseIterable, Codable {
  case newYear = "new_year"
  case goodFriday = "good_friday"
  case easterMonday = "easter_monday"
  case labourDay = "labour_day"
  case victoryDay = "victory_day"
  case ascension
  case whitMonday = "whit_monday"
  case nationalDay = "national_day"
  case assumption
  case allSaints = "all_saints"
  case armistice
  case christmas
  case secondChristmasDay = "second_christmas_day"
  case slaveryAbolition = "slavery_abolition"

  /// The holidays of a year in a zone, by date; for years from 1983 to 9999.
  ///
  /// Holidays that only some communes keep (Mi-Carême, Victor Schœlcher, local feasts) are left out.
  package static func all(
    year: Int, zone: HolidayZone = .metropolitan
  ) -> [(date: LocalDate, holiday: PublicHoliday)] {
    guard (1983...9999).contains(year), let easter = easter(year: year) else { return [] }
    func day(_ month: Int, _ day: Int) -> LocalDate? {
      LocalDate(year: year, month: month, day: day)
    }
    var days: [(LocalDate?, PublicHoliday)] = [
      (day(1, 1), .newYear), (easter.adding(days: 1), .easterMonday), (day(5, 1), .labourDay),
      (day(5, 8), .victoryDay), (easter.adding(days: 39), .ascension),
      (easter.adding(days: 50), .whitMonday), (day(7, 14), .nationalDay),
      (day(8, 15), .assumption), (day(11, 1), .allSaints), (day(11, 11), .armistice),
      (day(12, 25), .christmas),
    ]
    if zone == .alsaceMoselle {
      days += [(easter.adding(days: -2), .goodFriday), (day(12, 26), .secondChristmasDay)]
    }
    if let abolition = zone.abolition {
      days.append((day(abolition.month, abolition.day), .slaveryAbolition))
    }
    return days.compactMap { date, holiday in date.map { (date: $0, holiday: holiday) } }
      .sorted { ($0.date, $0.holiday.rawValue) < ($1.date, $1.holiday.rawValue) }
  }

  /// Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher); nil before 1583.
  package static func easter(year: Int) -> LocalDate? {
    guard year >= 1583 else { return nil }
    let a = year % 19
    let b = year / 100
    let c = year % 100
    let d = b / 4
    let e = b % 4
    let g = (8 * b + 13) / 25
    let h = (19 * a + b - d - g + 15) % 30
    let i = c / 4
    let k = c % 4
    let l = (32 + 2 * e + 2 * i - h - k) % 7
    let m = (a + 11 * h + 19 * l) / 433
    let month = (h + l - 7 * m + 90) / 25
    let day = (h + l - 7 * m + 33 * month + 19) % 32
    return LocalDate(year: year, month: month, day: day)
  }
}
