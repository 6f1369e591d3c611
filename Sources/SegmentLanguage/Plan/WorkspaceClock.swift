package import CustomerSchema
internal import Foundation

/// The wall clock of one IANA time zone, as a table: hot code and SQL read the same numbers.
///
/// A day begins at the first instant whose local date has reached it, so that days that the zone
/// skips are empty and days on which clocks change have 23 or 25 hours.
package struct WorkspaceClock: Sendable, Hashable {
  /// Where each offset begins, in µs since 1970-01-01T00:00:00Z, ascending; the first holds
  /// since ever.
  let starts: [Int64]
  /// Local time minus UTC, in µs.
  let offsets: [Int64]

  static let microsecondsPerDay: Int64 = 86_400_000_000

  /// The zone's transitions from 1970 to 2100; nil for an unknown zone. Earlier and later instants have
  /// the first and the last offset.
  package init?(timeZone identifier: String) {
    guard let zone = TimeZone(identifier: identifier) else { return nil }
    func offset(_ seconds: Int64) -> Int64 {
      Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))) * 1_000_000
    }
    // Sampled weekly and bisected: Foundation's own search for transitions skips changes of
    // the standard offset.
    let step: Int64 = 604_800
    var time: Int64 = 0
    let end: Int64 = 4_102_444_800
    var starts = [Int64.min]
    var offsets = [offset(time)]
    while time < end {
      let next = time + step
      let there = offset(next)
      if there != offsets[offsets.count - 1] {
        var low = time
        var high = next
        while high - low > 1 {
          let middle = (low + high) / 2
          if offset(middle) == offsets[offsets.count - 1] { low = middle } else { high = middle }
        }
        starts.append(high * 1_000_000)
        offsets.append(there)
      }
      time = next
    }
    self.starts = starts
    self.offsets = offsets
  }

  private func segment(of instant: Int64) -> Int {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= instant { low = middle } else { high = middle }
    }
    return low
  }

  /// The wall clock at an instant, in µs since 1970-01-01T00:00:00 without a zone.
  package func local(at instant: Int64) -> Int64 {
    instant.saturatingAdd(offsets[segment(of: instant)])
  }

  /// The local date of an instant.
  package func day(of instant: Int64) -> LocalDate {
    Self.day(ofLocal: local(at: instant))
  }

  static func day(ofLocal local: Int64) -> LocalDate {
    LocalDate(daysSinceEpoch: Int32(clamping: local.flooredDivision(by: microsecondsPerDay)))
  }

  /// The first instant of a day.
  package func start(of day: LocalDate) -> Int64 {
    let midnight = Int64(day.daysSinceEpoch).saturatingMultiply(Self.microsecondsPerDay)
    var index = segment(of: midnight.saturatingAdd(-2 * Self.microsecondsPerDay))
    while true {
      let reached = max(starts[index], midnight.saturatingAdd(-offsets[index]))
      if index + 1 == starts.count || reached < starts[index + 1] { return reached }
      index += 1
    }
  }

  /// `start(of:)` as a table: from that day on, a day begins at its midnight as if in UTC minus the
  /// offset. A day whose midnight the clocks skip has a piece of its own.
  var dayPieces: [(from: Int32, offset: Int64)] {
    func midnight(_ day: Int32) -> Int64 { Int64(day) * Self.microsecondsPerDay }
    var pieces: [(from: Int32, offset: Int64)] = [(.min, offsets[0])]
    for start in starts.dropFirst() {
      let near = day(of: start).daysSinceEpoch
      for day in near - 1...near + 2 {
        let offset = midnight(day) - self.start(of: LocalDate(daysSinceEpoch: day))
        if offset != pieces[pieces.count - 1].offset, day > pieces[pieces.count - 1].from {
          pieces.append((day, offset))
        }
      }
    }
    return pieces
  }

  /// The last day that has begun at an instant.
  func lastDayBegun(at instant: Int64) -> LocalDate {
    var day = day(of: instant)
    while start(of: day.adding(days: 1)) <= instant { day = day.adding(days: 1) }
    while start(of: day) > instant { day = day.adding(days: -1) }
    return day
  }

  /// The first day that begins at an instant or after it.
  func firstDayBeginning(from instant: Int64) -> LocalDate {
    let day = lastDayBegun(at: instant)
    return start(of: day) == instant ? day : day.adding(days: 1)
  }
}

extension Int64 {
  func saturatingAdd(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  func saturatingMultiply(_ other: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
  }

  func flooredDivision(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder != 0 && (remainder < 0) != (divisor < 0) ? quotient - 1 : quotient
  }
}
