/// How long each subject was observed and whether the event (churn) ended the observation.
package struct SurvivalData: Sendable {
  package let durations: [Double]
  package let events: [Bool]

  /// Throws `sizeMismatch`, `noData`, `notFinite` or `outOfRange` for a negative duration.
  package init(durations: [Double], events: [Bool]) throws(ModelError) {
    guard durations.count == events.count else {
      throw ModelError.sizeMismatch(
        what: "The list of events", expected: durations.count, found: events.count)
    }
    guard !durations.isEmpty else { throw ModelError.noData(what: "duration") }
    for (row, value) in durations.enumerated() {
      guard value.isFinite else {
        throw ModelError.notFinite(what: "The list of durations", row: row, column: 0)
      }
      guard value >= 0 else {
        throw ModelError.outOfRange(
          what: "The duration of row \(row)", value: value, allowed: "0 or more")
      }
    }
    self.durations = durations
    self.events = events
  }
}
