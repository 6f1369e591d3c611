package import CustomerSchema
internal import Foundation

/// Between instants and the days of the workspace's calendar.
package struct WorkspaceClock: Sendable {
  private let zone: TimeZone

  /// - Parameter zone: an IANA name.
  /// - Throws: `PlatformError.unknownTimeZone`.
  package init(_ zone: String) throws(PlatformError) {
    guard let known = TimeZone(identifier: zone) else { throw .unknownTimeZone(zone) }
    self.zone = known
  }

  /// The present, in microseconds since the epoch.
  package static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000_000) }

  /// The first instant of a day: its midnight, or where the clocks leave that out what follows.
  package func start(of day: LocalDate) -> Int64 {
    let wall = Double(day.daysSinceEpoch) * 86_400
    // The offset before and after any change of that night.
    for probe in [wall - 86_400, wall + 86_400] {
      let offset = Double(zone.secondsFromGMT(for: Date(timeIntervalSince1970: probe)))
      let instant = Date(timeIntervalSince1970: wall - offset)
      if Double(zone.secondsFromGMT(for: instant)) == offset { return microseconds(instant) }
    }
    let before = Date(timeIntervalSince1970: wall - 86_400)
    let change = zone.nextDaylightSavingTimeTransition(after: before) ?? before
    return microseconds(change)
  }

  /// The last microsecond of a day.
  package func end(of day: LocalDate) -> Int64 { start(of: day.adding(days: 1)) - 1 }

  /// The day on which an instant falls.
  package func day(of instant: Int64) -> LocalDate {
    let seconds = Int64((Double(instant) / 1_000_000).rounded(.down))
    let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
    let local = seconds + Int64(offset)
    return LocalDate(daysSinceEpoch: Int32(local >= 0 ? local / 86_400 : (local - 86_399) / 86_400))
  }

  /// `2024-02-29T23:59:59.999999Z`: UTC, with microseconds where there are any.
  package static func text(_ instant: Int64) -> String {
    let floor = instant >= 0 ? instant / 1_000_000 : (instant - 999_999) / 1_000_000
    let fraction = instant - floor * 1_000_000
    let days = floor >= 0 ? floor / 86_400 : (floor - 86_399) / 86_400
    let second = floor - days * 86_400
    func padded(_ number: Int64, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let time = [second / 3600, second / 60 % 60, second % 60].map { padded($0, 2) }
    return "\(LocalDate(daysSinceEpoch: Int32(days)))T" + time.joined(separator: ":")
      + (fraction == 0 ? "" : "." + padded(fraction, 6)) + "Z"
  }

  private func microseconds(_ date: Date) -> Int64 {
    Int64((date.timeIntervalSince1970 * 1_000_000).rounded())
  }
}
