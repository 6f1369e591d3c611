package import CustomerSchema

extension Formats {
  /// A day, or its month.
  package func date(_ date: LocalDate, _ style: DateStyle = .long) -> String {
    let (year, month, day) = date.components
    switch style {
    // The day stays with its month at a line's end.
    case .long:
      return "\(dayText(day))\(Typography.noBreakSpace)\(Self.months(language)[month - 1]) \(year)"
    case .short:
      return
        "\(dayText(day))\(Typography.noBreakSpace)\(Self.shortMonths(language)[month - 1]) \(year)"
    case .month: return "\(Self.months(language)[month - 1]) \(year)"
    case .shortMonth:
      let short = String(abs(year) % 100)
      let twoDigits = short.count < 2 ? "0" + short : short
      return "\(Self.shortMonths(language)[month - 1]) \(twoDigits)"
    }
  }

  /// French writes the first of a month as an ordinal.
  private func dayText(_ day: Int) -> String {
    language == .french && day == 1 ? "1er" : String(day)
  }

  private static func months(_ language: Language) -> [String] {
    switch language {
    case .french:
      [
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
        "octobre", "novembre", "décembre",
      ]
    case .english:
      [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
      ]
    }
  }

  private static func shortMonths(_ language: Language) -> [String] {
    switch language {
    case .french:
      [
        "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
        "déc.",
      ]
    case .english:
      ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    }
  }
}
