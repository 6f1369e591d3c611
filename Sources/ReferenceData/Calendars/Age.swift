package import CustomerSchema

/// Ages and generations from birth dates.
package enum Age {
  /// Nobody is known to have lived longer than 122 years; older birth dates are mistakes.
  package static let oldest = 120

  /// Why a birth date gives no age.
  package enum Problem: String, Error, Sendable, Hashable, CaseIterable, Codable {
    case future, tooOld = "too_old"
  }

  /// Completed years on a day. Someone born on 29 February turns a year older on 28 February of
  /// common years (the last day of the month, as in article 641 of the Code de procédure civile).
  package static func years(born birth: LocalDate, on day: LocalDate) throws(Problem) -> Int {
    guard birth <= day else { throw .future }
    let (birthYear, _, _) = birth.components
    let (year, _, _) = day.components
    var age = year - birthYear
    if birth.adding(months: 12 * age) > day { age -= 1 }
    guard age <= oldest else { throw .tooOld }
    return age
  }

  /// Dates that forms and programs write when none is known.
  package static func isPlaceholder(_ birth: LocalDate) -> Bool {
    let (year, month, day) = birth.components
    return month == 1 && day == 1 && [1, 1900, 1901, 1970, 2000].contains(year)
  }
}

/// Generations by year of birth, with the limits of the Pew Research Center (2019).
package enum Generation: String, Sendable, Hashable, CaseIterable, Codable {
  /// To 1927, 1928 to 1945, 1946 to 1964, 1965 to 1980, 1981 to 1996, 1997 to 2012, from 2013.
  case greatest, silent, boomer, x, millennial, z, alpha

  package init(birthYear: Int) {
    switch birthYear {
    case ...1927: self = .greatest
    case 1928...1945: self = .silent
    case 1946...1964: self = .boomer
    case 1965...1980: self = .x
    case 1981...1996: self = .millennial
    case 1997...2012: self = .z
    default: self = .alpha
    }
  }
}
