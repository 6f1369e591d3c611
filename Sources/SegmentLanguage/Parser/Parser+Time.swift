internal import CustomerSchema
internal import SQLBuilder

// MARK: - Lengths and windows

extension Parser {
  static let units: [String: Unit] = [
    "minute": .minutes, "minutes": .minutes, "hour": .hours, "hours": .hours, "day": .days,
    "days": .days, "week": .weeks, "weeks": .weeks, "month": .months, "months": .months,
    "quarter": .quarters, "quarters": .quarters, "year": .years, "years": .years,
  ]

  /// The unit that stands so many tokens ahead, and how many words it has.
  func unit(at offset: Int) -> (unit: Unit, words: Int)? {
    guard let word = token(after: offset).keyword else { return nil }
    if word == "calendar", isWord("day", after: offset + 1) || isWord("days", after: offset + 1) {
      return (.calendarDays, 2)
    }
    return Self.units[word].map { ($0, 1) }
  }

  mutating func unit() throws(SegmentLanguageError) -> Unit {
    guard let (unit, words) = unit(at: 0) else { throw unexpected(.unit) }
    for _ in 0..<words { advance() }
    return unit
  }

  /// `30 days`.
  mutating func span() throws(SegmentLanguageError) -> Span {
    let start = current.span.lowerBound
    guard case .number(let number) = current.kind else { throw unexpected(.length) }
    advance()
    return try span(number, start)
  }

  /// The length whose number has been taken.
  mutating func span(_ number: SQLDecimal, _ start: Int) throws(SegmentLanguageError) -> Span {
    let unit = try unit()
    let written = "\(number) \(unit.rawValue)"
    guard number.scale == 0, number.units > 0 else {
      throw problem(.lengthNotPositive(written), at: start..<end)
    }
    guard number.units <= unit.most else {
      throw problem(.lengthTooLong(written), at: start..<end)
    }
    return Span(Int(number.units), unit)
  }

  mutating func window() throws(SegmentLanguageError) -> Window {
    let start = current.span.lowerBound
    switch current.keyword {
    case "last", "next", "this":
      let word = current.keyword
      advance()
      if word != "this", case .number = current.kind {
        let span = try span()
        return word == "last" ? .last(span) : .next(span)
      }
      guard let period = current.keyword.flatMap(Period.init(rawValue:)) else {
        throw unexpected(.period)
      }
      advance()
      switch word {
      case "last": return .period(period, offset: -1)
      case "next": return .period(period, offset: 1)
      default: return .period(period, offset: try offset(period))
      }
    case "today":
      advance()
      return .period(.day, offset: try offset(.day))
    case "yesterday":
      advance()
      return .period(.day, offset: -1)
    case "tomorrow":
      advance()
      return .period(.day, offset: 1)
    case "since":
      advance()
      return .since(try date())
    case "before":
      advance()
      return .before(try date())
    case "from":
      advance()
      return try stretch(start)
    default: throw unexpected(.window)
    }
  }

  private mutating func date() throws(SegmentLanguageError) -> LocalDate {
    guard case .date(let date) = current.kind else { throw unexpected(.date) }
    advance()
    return date
  }

  /// `2024-01-01 to 2024-03-31` or `180 days ago to 90 days ago`.
  private mutating func stretch(_ start: Int) throws(SegmentLanguageError) -> Window {
    if case .date(let first) = current.kind {
      advance()
      try expect(word: "to", .to)
      return .days(first, try date())
    }
    let from = try span()
    try expect(word: "ago", .ago)
    try expect(word: "to", .to)
    let to = try span()
    try expect(word: "ago", .ago)
    guard from.unit.isCalendar == to.unit.isCalendar else {
      throw problem(.mixedWindow, at: start..<end)
    }
    return .between(from: from, to: to)
  }

  /// `- 12 months` after `this month`.
  private mutating func offset(_ period: Period) throws(SegmentLanguageError) -> Int {
    guard isSign(.plus) || isSign(.minus) else { return 0 }
    let sign = isSign(.plus) ? 1 : -1
    advance()
    let start = current.span.lowerBound
    let span = try span()
    guard span.unit == period.unit else {
      throw problem(
        .unexpected("\(span.count) \(span.unit.rawValue)", expected: .period), at: start..<end)
    }
    return sign * span.count
  }
}

extension Unit {
  /// The most of it that a length of time may have: a thousand years.
  var most: Int {
    switch self {
    case .minutes: RuleLimits.years * 525_960
    case .hours: RuleLimits.years * 8766
    case .days, .calendarDays: RuleLimits.years * 365
    case .weeks: RuleLimits.years * 52
    case .months: RuleLimits.years * 12
    case .quarters: RuleLimits.years * 4
    case .years: RuleLimits.years
    }
  }

  /// As written after a count.
  func written(_ count: Int) -> String {
    count == 1 ? String(rawValue.dropLast()) : rawValue
  }
}

extension Period {
  /// The unit in which whole periods are counted.
  var unit: Unit {
    switch self {
    case .day: .days
    case .week: .weeks
    case .month: .months
    case .quarter: .quarters
    case .year: .years
    }
  }
}
