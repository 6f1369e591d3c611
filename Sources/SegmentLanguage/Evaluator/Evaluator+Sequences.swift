internal import CustomerSchema

extension Evaluator {
  private struct Place {
    var instant: Int64
    var collection: Int
    var row: Int
    var steps: UInt64
  }

  /// The rows that are a step of a sequence, in order; rows at the same place share a number.
  private mutating func places(_ plan: PlanSequence) -> (places: [Place], groups: [Int]) {
    var places: [Place] = []
    let collections = Set(plan.steps.map(\.collection)).sorted()
    for collection in collections {
      let rows = record.rows[collection]
      var masks = [UInt64](repeating: 0, count: rows.count)
      for (step, known) in plan.steps.enumerated() where known.collection == collection {
        let start = known.filter.map { mask($0, rows.count) } ?? -1
        for row in 0..<rows.count where passes(start, row) { masks[row] |= 1 << UInt64(step) }
      }
      for row in 0..<rows.count where masks[row] != 0 {
        places.append(
          Place(
            instant: rows.instants[row], collection: collection, row: row, steps: masks[row]))
      }
    }
    if collections.count > 1 { places.sort { order($0, $1) < 0 } }
    var groups: [Int] = []
    for index in places.indices {
      let isSame = index > 0 && order(places[index - 1], places[index]) == 0
      groups.append(index == 0 ? 0 : groups[index - 1] + (isSame ? 0 : 1))
    }
    return (places, groups)
  }

  private func order(_ a: Place, _ b: Place) -> Int {
    if a.instant != b.instant { return a.instant < b.instant ? -1 : 1 }
    let (x, y) = (record.rows[a.collection], record.rows[b.collection])
    return rowOrder(x.sources[a.row], x.keys[a.row], y.sources[b.row], y.keys[b.row])
  }

  mutating func sequence(_ index: Int) -> Bool {
    let plan = program.sequences[index]
    let window = sequenceWindows[index]
    let bounds = (lows[Int(window)], highs[Int(window)])
    let (places, groups) = places(plan)
    let last = plan.steps.count - 1
    let carried = plan.lastIsAbsent ? last : last + 1
    // The latest row that reached each step, and the latest start that leads to it.
    var reached = [Int64?](repeating: nil, count: last + 1)
    var starts = [Int64](repeating: .min, count: last + 1)
    var latestStart: Int64 = .min
    var isFound = false
    var next = Int64.max
    var position = 0
    while position < places.count {
      var end = position + 1
      while end < places.count, groups[end] == groups[position] { end += 1 }
      let instant = places[position].instant
      guard instant <= asOf else {
        next = min(next, instant)
        break
      }
      let steps = places[position..<end].reduce(UInt64(0)) { $0 | $1.steps }
      for step in (0..<carried).reversed() where steps >> UInt64(step) & 1 == 1 {
        var start = instant
        if step == 0 {
          if instant > bounds.1 {
            let high = tables.windows[Int(window)].high
            next = min(next, high.firstInstant(reaching: instant, after: asOf, program.clock))
          }
          guard bounds.0 <= instant, instant <= bounds.1 else { continue }
        } else {
          guard let before = reached[step - 1], instant - before <= plan.steps[step].within
          else { continue }
          start = starts[step - 1]
        }
        if step == last {
          (isFound, latestStart) = (true, max(latestStart, start))
        } else if plan.lastIsAbsent, step == last - 1 {
          let deadline = instant.saturatingAdd(plan.steps[last].within)
          if deadline > asOf {
            next = min(next, deadline)
          } else if !follows(places, end, last, deadline) {
            (isFound, latestStart) = (true, max(latestStart, start))
          }
        }
        // Written after every step of this place was told from earlier ones: steps go down.
        reached[step] = instant
        starts[step] = start
      }
      position = end
    }
    if isFound {
      let low = tables.windows[Int(window)].low
      if latestStart < .max {
        until = min(
          until, low.firstInstant(reaching: latestStart + 1, after: asOf, program.clock))
      }
    } else {
      until = min(until, next)
    }
    return isFound
  }

  private func follows(
    _ places: [Place], _ from: Int, _ step: Int, _ deadline: Int64
  ) -> Bool {
    var index = from
    while index < places.count, places[index].instant <= deadline {
      if places[index].steps >> UInt64(step) & 1 == 1 { return true }
      index += 1
    }
    return false
  }

  mutating func resumption(_ index: Int) -> Bool {
    let plan = program.resumptions[index]
    let window = Int(resumptionWindows[index])
    let rows = record.rows[plan.collection]
    let start = plan.filter.map { mask($0, rows.count) } ?? -1
    let (months, days) = plan.gap.calendar
    var previous: Int?
    var latestPrevious: Int64 = .min
    var latestDay = LocalDate(daysSinceEpoch: .min)
    var best: Int64 = .min
    for row in 0..<rows.count where passes(start, row) {
      let instant = rows.instants[row]
      if instant > asOf {
        until = min(until, instant)
        break
      }
      let day = WorkspaceClock.day(ofLocal: rows.locals[row])
      if previous != nil {
        let isAfterGap =
          plan.gap.unit.isCalendar
          ? latestDay <= (months != 0 ? day.adding(months: -months) : day.adding(days: -days))
          : instant - latestPrevious >= plan.gap.microseconds
        if isAfterGap {
          if lows[window] <= instant, instant <= highs[window] { best = max(best, instant) }
          if instant > highs[window] { pass(instant, window) }
        }
      }
      previous = row
      latestPrevious = max(latestPrevious, instant)
      latestDay = max(latestDay, day)
    }
    guard best != .min else { return false }
    pass(best, window)
    return true
  }

  mutating func rhythm(_ index: Int) -> Bool {
    let plan = program.rhythms[index]
    let rows = record.rows[plan.collection]
    let start = plan.filter.map { mask($0, rows.count) } ?? -1
    var windows = Set<Int>()
    let lows = plan.unit.isCalendar ? plan.lows(at: asOf, program.clock) : []
    let length = Span(1, plan.unit).microseconds
    for row in 0..<rows.count where passes(start, row) {
      let instant = rows.instants[row]
      if instant > asOf {
        until = min(until, instant)
        break
      }
      if plan.unit.isCalendar {
        guard let place = lows.firstIndex(where: { instant >= $0 }) else { continue }
        windows.insert(place)
        let low = PlanRhythm.low(place + 1, plan.unit)
        until = min(until, low.firstInstant(reaching: instant + 1, after: asOf, program.clock))
      } else {
        let place = (asOf - instant) / length
        guard place < plan.of else { continue }
        windows.insert(Int(place))
        until = min(until, instant.saturatingAdd((place + 1).saturatingMultiply(length)))
      }
    }
    return windows.count >= plan.atLeast
  }
}

extension PlanRhythm {
  /// Where each window begins, the newest first.
  func lows(at instant: Int64, _ clock: WorkspaceClock) -> [Int64] {
    (1...of).map { Self.low($0, unit).value(at: instant, clock) }
  }
}
