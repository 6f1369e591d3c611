internal import CustomerSchema

extension Evaluator {
  /// Where the words of a filter's mask begin in `maskWords`: bit i says that row i passes. Rows
  /// still to come have theirs too. Notes when time changes what rows pass.
  ///
  /// A condition on the customer alone filters rows of several collections: what fewer rows left
  /// is no mask of more.
  mutating func mask(_ filter: Int, _ count: Int) -> Int {
    if maskMarks[filter] == currentEpoch, count <= maskCounts[filter] {
      until = min(until, maskUntils[filter])
      return maskStarts[filter]
    }
    let outer = until
    until = .max
    var words = [UInt64](repeating: 0, count: (count + 63) / 64)
    for row in 0..<count where truth(filter, row) { words[row >> 6] |= 1 << UInt64(row & 63) }
    maskMarks[filter] = currentEpoch
    maskUntils[filter] = until
    maskCounts[filter] = count
    maskStarts[filter] = maskWords.count
    maskWords += words
    until = min(outer, until)
    return maskStarts[filter]
  }

  func passes(_ start: Int, _ row: Int) -> Bool {
    start < 0 || maskWords[start + row >> 6] >> UInt64(row & 63) & 1 == 1
  }

  /// The rows of an aggregate: those in the window now, and when that changes.
  private mutating func range(
    _ aggregate: CompiledAggregate, _ rows: RowTable
  ) -> (Range<Int>, Int) {
    if !aggregate.hasTime, let attribute = layout.objectCollections[aggregate.collection] {
      // The objects may change at a known instant.
      _ = value(ofAttribute: attribute)
    }
    let start = aggregate.filter >= 0 ? mask(aggregate.filter, rows.count) : -1
    guard aggregate.hasTime else { return (0..<rows.count, start) }
    let low = lows[aggregate.window]
    let high = min(highs[aggregate.window], asOf)
    let first = low == .min ? 0 : rows.position(before: low)
    let end = max(first, rows.position(before: high + 1))
    let window = tables.windows[aggregate.window]
    if low != .min, let leaving = (first..<end).first(where: { passes(start, $0) }) {
      until = min(
        until,
        window.low.firstInstant(
          reaching: rows.instants[leaving] + 1, after: asOf, program.clock))
    }
    if end < rows.count, let entering = (end..<rows.count).first(where: { passes(start, $0) }) {
      until = min(until, entry(rows.instants[entering], window, aggregate.window))
    }
    return (first..<end, start)
  }

  /// When a row of an instant after the window's end is in it at the earliest.
  func entry(_ instant: Int64, _ window: PlanWindow, _ index: Int) -> Int64 {
    highs[index] >= instant
      ? instant
      : max(instant, window.high.firstInstant(reaching: instant, after: asOf, program.clock))
  }

  /// nil for missing; counts and sums of nothing are 0.
  mutating func aggregate(_ index: Int) -> Int128? {
    let aggregate = aggregates[index]
    let rows = table(aggregate.collection)
    let (range, start) = range(aggregate, rows)
    switch aggregate.function {
    case .count:
      guard aggregate.value >= 0 else { return Int128(count(range, start)) }
      var count = 0
      for row in range where passes(start, row) && hasValue(aggregate, row) { count += 1 }
      return Int128(count)
    case .distinct: return Int128(distinct(aggregate, range, start))
    case .sum:
      var sum: Int128 = 0
      for row in range where passes(start, row) {
        guard let value = integer(aggregate.value, row) else { continue }
        sum &+= value
      }
      return sum
    case .min, .max:
      var best: Int128?
      for row in range where passes(start, row) {
        guard let value = integer(aggregate.value, row) else { continue }
        if let known = best {
          if aggregate.function == .min ? value < known : value > known { best = value }
        } else {
          best = value
        }
      }
      return best
    case .first:
      for row in range where passes(start, row) {
        if let value = integer(aggregate.value, row) { return value }
      }
      return nil
    case .last:
      for row in range.reversed() where passes(start, row) {
        if let value = integer(aggregate.value, row) { return value }
      }
      return nil
    case .favourite:
      var weights: [Int128: Int128] = [:]
      for row in range where passes(start, row) {
        guard let value = integer(aggregate.value, row), let weight = weight(aggregate, row)
        else { continue }
        weights[value, default: 0] &+= weight
      }
      return weights.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }
  }

  /// What a row counts for its value; nil where that is missing.
  private mutating func weight(_ aggregate: CompiledAggregate, _ row: Int) -> Int128? {
    aggregate.weight < 0 ? 1 : integer(aggregate.weight, row)
  }

  private mutating func favouriteText(
    _ aggregate: CompiledAggregate, _ range: Range<Int>, _ start: Int
  ) -> String? {
    var weights: [(value: String, weight: Int128)] = []
    for row in range where passes(start, row) {
      guard let value = text(aggregate.value, row), let weight = weight(aggregate, row) else {
        continue
      }
      if let known = weights.firstIndex(where: { $0.value.hasSameBytes(as: value) }) {
        weights[known].weight &+= weight
      } else {
        weights.append((value, weight))
      }
    }
    return weights.max { left, right in
      left.weight == right.weight
        ? right.value.precedesInBytes(left.value) : left.weight < right.weight
    }?.value
  }

  mutating func textAggregate(_ index: Int) -> String? {
    let aggregate = aggregates[index]
    let rows = table(aggregate.collection)
    let (range, start) = range(aggregate, rows)
    if aggregate.function == .favourite { return favouriteText(aggregate, range, start) }
    var best: String?
    for row in aggregate.function == .last ? Array(range.reversed()) : Array(range)
    where passes(start, row) {
      guard let value = text(aggregate.value, row) else { continue }
      guard let known = best else {
        best = value
        if aggregate.function == .first || aggregate.function == .last { return best }
        continue
      }
      let isBetter =
        aggregate.function == .min ? value.precedesInBytes(known) : known.precedesInBytes(value)
      if isBetter { best = value }
    }
    return best
  }

  private func count(_ range: Range<Int>, _ start: Int) -> Int {
    guard start >= 0, !range.isEmpty else { return range.count }
    var total = 0
    let last = (range.upperBound - 1) >> 6
    for word in range.lowerBound >> 6...last {
      var bits = maskWords[start + word]
      if word == range.lowerBound >> 6 { bits &= ~0 << UInt64(range.lowerBound & 63) }
      if word == last {
        let used = range.upperBound - last << 6
        if used < 64 { bits &= (1 << UInt64(used)) - 1 }
      }
      total += bits.nonzeroBitCount
    }
    return total
  }

  private mutating func hasValue(_ aggregate: CompiledAggregate, _ row: Int) -> Bool {
    aggregate.isText
      ? text(aggregate.value, row) != nil : integer(aggregate.value, row) != nil
  }

  private mutating func distinct(
    _ aggregate: CompiledAggregate, _ range: Range<Int>, _ start: Int
  ) -> Int {
    if aggregate.isText {
      var texts: [String] = []
      for row in range where passes(start, row) {
        if let value = text(aggregate.value, row),
          !texts.contains(where: { $0.hasSameBytes(as: value) })
        {
          texts.append(value)
        }
      }
      return texts.count
    }
    var values = Set<Int128>()
    for row in range where passes(start, row) {
      if let value = integer(aggregate.value, row) { values.insert(value) }
    }
    return values.count
  }
}

/// The rows of a count as they leave and enter its window, in the order of time.
struct MovingRows {
  private let rows: RowTable
  private let start: Int
  private let window: Int
  private var leaving: Int
  private var entering: Int

  init(_ evaluator: Evaluator, _ index: Int) {
    let aggregate = evaluator.aggregates[index]
    rows = evaluator.table(aggregate.collection)
    start = aggregate.filter >= 0 ? evaluator.maskStarts[aggregate.filter] : -1
    window = aggregate.window
    leaving = evaluator.lows[window] == .min ? 0 : rows.position(before: evaluator.lows[window])
    let high = min(evaluator.highs[window], evaluator.asOf)
    entering = max(leaving, rows.position(before: high + 1))
  }

  /// The next change and all that happen with it; nil when there are none.
  mutating func next(_ evaluator: Evaluator, _ plan: PlanWindow) -> (Int64, Int)? {
    while leaving < rows.count, !evaluator.passes(start, leaving) { leaving += 1 }
    while entering < rows.count, !evaluator.passes(start, entering) { entering += 1 }
    let leave =
      leaving < rows.count
      ? plan.low.firstInstant(
        reaching: rows.instants[leaving] + 1, after: evaluator.asOf, evaluator.program.clock)
      : .max
    let enter =
      entering < rows.count
      ? evaluator.entry(rows.instants[entering], plan, window) : .max
    guard leave != .max || enter != .max else { return nil }
    var change = 0
    let instant = min(leave, enter)
    if enter == instant {
      entering += 1
      change += 1
    }
    if leave == instant {
      leaving += 1
      change -= 1
    }
    if let (next, more) = peek(evaluator, plan, instant) {
      _ = next
      return (instant, change + more)
    }
    return (instant, change)
  }

  /// Further rows that move at the same instant.
  private mutating func peek(
    _ evaluator: Evaluator, _ plan: PlanWindow, _ instant: Int64
  ) -> (Int64, Int)? {
    let saved = self
    guard let (next, change) = next(evaluator, plan), next == instant else {
      self = saved
      return nil
    }
    return (next, change)
  }
}
