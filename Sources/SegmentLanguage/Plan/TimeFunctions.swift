package import CustomerSchema

/// A day told from today: the start of today's period, moved. Never falls as time passes.
package struct DayFunction: Sendable, Hashable {
  package let period: Period
  /// Added after the period's start was found; clamped to the month's end.
  package let months: Int
  /// Added last.
  package let days: Int

  package init(_ period: Period = .day, months: Int = 0, days: Int = 0) {
    self.period = period
    self.months = months
    self.days = days
  }

  package func value(today: LocalDate) -> LocalDate {
    var day = period.start(of: today)
    if months != 0 { day = day.adding(months: months) }
    return days == 0 ? day : day.adding(days: days)
  }

  /// The first day after `today` on which the value is `target` or later.
  func firstDay(reaching target: LocalDate, after today: LocalDate) -> LocalDate {
    let tomorrow = today.adding(days: 1)
    var day = target.adding(days: -days).adding(months: -months).adding(days: -5)
    if day < tomorrow { day = tomorrow }
    while value(today: day) < target { day = period.next(after: day) }
    return day
  }
}

extension Period {
  /// The first day of the period a day lies in.
  func start(of day: LocalDate) -> LocalDate {
    switch self {
    case .day: return day
    case .week:
      return day.adding(days: 1 - day.weekday)
    case .month, .quarter, .year:
      let (year, month, _) = day.components
      let first = self == .month ? month : self == .quarter ? (month - 1) / 3 * 3 + 1 : 1
      return LocalDate(year: year, month: first, day: 1) ?? day
    }
  }

  /// The first day of the period after the one a day lies in.
  func next(after day: LocalDate) -> LocalDate {
    let start = start(of: day)
    return switch self {
    case .day: start.adding(days: 1)
    case .week: start.adding(days: 7)
    case .month: start.adding(months: 1)
    case .quarter: start.adding(months: 3)
    case .year: start.adding(months: 12)
    }
  }
}

extension LocalDate {
  /// 1 for Monday to 7 for Sunday; 1970-01-01 was a Thursday.
  var weekday: Int { ((Int(daysSinceEpoch) + 3) % 7 + 7) % 7 + 1 }
}

/// An instant told from the one a rule is told at. Never falls as time passes.
package enum InstantFunction: Sendable, Hashable {
  case constant(Int64)
  /// As much later, in µs.
  case elapsed(Int64)
  /// A day's first instant, moved by µs.
  case start(of: DayFunction, offset: Int64)

  package func value(at instant: Int64, _ clock: WorkspaceClock) -> Int64 {
    switch self {
    case .constant(let value): value
    case .elapsed(let offset): instant.saturatingAdd(offset)
    case .start(let day, let offset):
      clock.start(of: day.value(today: clock.day(of: instant))).saturatingAdd(offset)
    }
  }

  /// The first instant after `instant` at which the value is `target` or later; `Int64.max` for
  /// never.
  func firstInstant(
    reaching target: Int64, after instant: Int64, _ clock: WorkspaceClock
  ) -> Int64 {
    switch self {
    case .constant(let value): value >= target ? instant + 1 : .max
    case .elapsed(let offset):
      max(target.saturatingAdd(offset == .min ? .max : -offset), instant.saturatingAdd(1))
    case .start(let day, let offset):
      clock.start(
        of: day.firstDay(
          reaching: clock.firstDayBeginning(from: target.saturatingAdd(-offset)),
          after: clock.day(of: instant)))
    }
  }

  /// Whether it is told from the calendar.
  var isCalendar: Bool { if case .start = self { true } else { false } }
}

/// A stretch of time; both ends included, to the microsecond.
package struct PlanWindow: Sendable, Hashable {
  package let low: InstantFunction
  package let high: InstantFunction

  package static let always = PlanWindow(low: .constant(.min), high: .constant(.max))

  /// What a window of the language means. Rows after the instant do not exist yet, so `last` ends
  /// at the instant; periods and days end at their own end.
  package init(_ window: Window) {
    switch window {
    case .last(let span):
      (low, high) = (Self.after(span), .elapsed(0))
    case .between(let from, let to):
      low = Self.after(from)
      high =
        to.unit.isCalendar
        ? .start(of: to.dayFunction(sign: -1, plus: 1), offset: -1) : .elapsed(-to.microseconds)
    case .next(let span):
      low = .elapsed(1)
      high =
        span.unit.isCalendar
        ? .start(of: span.dayFunction(sign: 1, plus: 1), offset: -1) : .elapsed(span.microseconds)
    case .period(let period, let offset):
      low = .start(of: period.function(offset), offset: 0)
      high = .start(of: period.function(offset + 1), offset: -1)
    case .since, .before, .days:
      // Told by `init(_:clock:)`, which knows where days begin.
      (low, high) = (.constant(.min), .constant(.max))
    }
  }

  package init(_ window: Window, clock: WorkspaceClock) {
    switch window {
    case .since(let day):
      self.init(low: .constant(clock.start(of: day)), high: .constant(.max))
    case .before(let day):
      self.init(low: .constant(.min), high: .constant(clock.start(of: day) - 1))
    case .days(let first, let last):
      self.init(
        low: .constant(clock.start(of: first)),
        high: .constant(clock.start(of: last.adding(days: 1)) - 1))
    default: self.init(window)
    }
  }

  package init(low: InstantFunction, high: InstantFunction) {
    self.low = low
    self.high = high
  }

  /// The first microsecond of `(as_of − span, …`.
  static func after(_ span: Span) -> InstantFunction {
    span.unit.isCalendar
      ? .start(of: span.dayFunction(sign: -1, plus: 1), offset: 0)
      : .elapsed(1 - span.microseconds)
  }
}

extension Period {
  /// The start of the period `offset` periods from today's.
  func function(_ offset: Int) -> DayFunction {
    switch self {
    case .day: DayFunction(.day, days: offset)
    case .week: DayFunction(.week, days: 7 * offset)
    case .month: DayFunction(.month, months: offset)
    case .quarter: DayFunction(.quarter, months: 3 * offset)
    case .year: DayFunction(.year, months: 12 * offset)
    }
  }
}

extension Span {
  /// Of an elapsed unit; saturates.
  package var microseconds: Int64 {
    let unit: Int64 =
      switch unit {
      case .minutes: 60_000_000
      case .hours: 3_600_000_000
      case .weeks: 604_800_000_000
      default: 86_400_000_000
      }
    return Int64(count).saturatingMultiply(unit)
  }

  /// Months and days of a calendar unit.
  var calendar: (months: Int, days: Int) {
    switch unit {
    case .months: (count, 0)
    case .quarters: (3 * count, 0)
    case .years: (12 * count, 0)
    default: (0, count)
    }
  }

  func dayFunction(sign: Int, plus days: Int = 0) -> DayFunction {
    DayFunction(months: sign * calendar.months, days: sign * calendar.days + days)
  }
}
