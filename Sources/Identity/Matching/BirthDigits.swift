internal import CustomerSchema

/// A day as it is written, for finding slips of the pen.
struct BirthDigits: Sendable, Hashable {
  private let year: Int
  private let month: Int
  private let day: Int

  init(_ days: Int32) {
    let date = LocalDate(daysSinceEpoch: days).components
    (year, month, day) = (date.year, date.month, date.day)
  }

  /// Whether they may be one day written differently, or agree in part: same year, same day of the
  /// year, day and month changed round, one slip.
  func isNear(_ other: BirthDigits) -> Bool {
    if year == other.year || (month == other.month && day == other.day) { return true }
    return Self.haveOneSlip(digits, other.digits)
  }

  private var digits: [Int] {
    [year / 1000, year / 100 % 10, year / 10 % 10, year % 10, month / 10, month % 10, day / 10]
      + [day % 10]
  }

  /// One digit changed, left out and another added is not one slip; two neighbours changed round
  /// are.
  private static func haveOneSlip(_ a: [Int], _ b: [Int]) -> Bool {
    let places = a.indices.filter { a[$0] != b[$0] }
    switch places.count {
    case 0, 1: return true
    case 2:
      return places[1] == places[0] + 1 && a[places[0]] == b[places[1]]
        && a[places[1]] == b[places[0]]
    default: return false
    }
  }
}
