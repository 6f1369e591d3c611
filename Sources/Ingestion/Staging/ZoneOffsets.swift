internal import Foundation
internal import SQLBuilder

/// The offsets of a time zone from UTC, as SQL: several times faster than the engine's own
/// calendar, which is asked only outside the years listed.
struct ZoneOffsets: Sendable, Hashable {
  struct Change: Sendable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z at which the offset starts.
    let start: Int
    /// Seconds to add to UTC.
    let offset: Int
  }

  let name: String
  /// From the oldest, which holds from the first listed year on.
  private let changes: [Change]
  private let end: Int

  /// Years whose changes are listed; beyond them the engine's calendar is asked.
  private static let years = 1990...2037

  /// Nil for a name that is no time zone.
  init?(_ name: String) {
    guard let zone = TimeZone(identifier: name) else { return nil }
    self.name = name
    let start = Self.epoch(ofYear: Self.years.lowerBound)
    end = Self.epoch(ofYear: Self.years.upperBound + 1)
    var changes = [
      Change(
        start: start,
        offset: zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(start))))
    ]
    var moment = Date(timeIntervalSince1970: Double(start))
    while let next = zone.nextDaylightSavingTimeTransition(after: moment),
      next.timeIntervalSince1970 < Double(end), next > moment
    {
      changes.append(
        Change(start: Int(next.timeIntervalSince1970), offset: zone.secondsFromGMT(for: next)))
      moment = next
    }
    self.changes = changes
  }

  private static func epoch(ofYear year: Int) -> Int {
    // Days before a year in the Gregorian calendar, from 1970 on.
    let before = year - 1
    return ((year - 1970) * 365 + (before / 4 - before / 100 + before / 400) - 477) * 86_400
  }

  /// The local calendar day of a point in time (`TIMESTAMPTZ`).
  func day(_ instant: SQL) -> SQL {
    """
    CASE WHEN \(instant) >= \(moment(end)) OR \(instant) < \(moment(changes[0].start)) \
    THEN \(calendar(instant)) ELSE make_timestamp(epoch_us(\(instant)) + \
    \(offset(instant, changes[...])))::DATE END
    """
  }

  /// The wall clock (`TIMESTAMP`) of a point in time.
  func local(_ instant: SQL) -> SQL {
    """
    CASE WHEN \(instant) >= \(moment(end)) OR \(instant) < \(moment(changes[0].start)) \
    THEN timezone(\(literal: name), \(instant)) ELSE make_timestamp(epoch_us(\(instant)) + \
    \(offset(instant, changes[...]))) END
    """
  }

  /// The point in time of a wall clock (`TIMESTAMP`): in an hour that comes twice the later one,
  /// in an hour that is left out what the offset before it gives, as the engine's calendar does.
  func instant(_ local: SQL) -> SQL {
    let first = wallClock(Change(start: changes[0].start + 86_400, offset: 0))
    let last = wallClock(Change(start: end - 86_400, offset: 0))
    return """
      CASE WHEN \(local) >= \(last) OR \(local) < \(first) \
      THEN timezone(\(literal: name), \(local)) ELSE make_timestamptz(epoch_us(\(local)) - \
      \(localOffset(local, changes[...]))) END
      """
  }

  /// A change as clocks show it once they have changed.
  private func wallClock(_ change: Change) -> SQL {
    "make_timestamp(\(number: (change.start + change.offset) * 1_000_000))"
  }

  private func localOffset(_ local: SQL, _ changes: ArraySlice<Change>) -> SQL {
    let middle = changes.startIndex + changes.count / 2
    guard changes.count > 1 else {
      return "\(number: (changes.first?.offset ?? 0) * 1_000_000)"
    }
    return """
      CASE WHEN \(local) >= \(wallClock(changes[middle])) \
      THEN \(localOffset(local, changes[middle...])) \
      ELSE \(localOffset(local, changes[..<middle])) END
      """
  }

  private func moment(_ seconds: Int) -> SQL { "make_timestamptz(\(number: seconds * 1_000_000))" }

  /// The offset in microseconds, found by halving the list.
  private func offset(_ instant: SQL, _ changes: ArraySlice<Change>) -> SQL {
    let middle = changes.startIndex + changes.count / 2
    guard changes.count > 1 else {
      return "\(number: (changes.first?.offset ?? 0) * 1_000_000)"
    }
    return """
      CASE WHEN \(instant) >= \(moment(changes[middle].start)) \
      THEN \(offset(instant, changes[middle...])) ELSE \(offset(instant, changes[..<middle])) END
      """
  }

  private func calendar(_ instant: SQL) -> SQL {
    "timezone(\(literal: name), \(instant))::DATE"
  }
}
