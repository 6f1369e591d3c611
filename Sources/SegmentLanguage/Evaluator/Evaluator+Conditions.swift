internal import CustomerSchema

extension Evaluator {
  mutating func freshTruth(_ id: Int, _ row: Int) -> Bool {
    let instruction = instructions[id]
    let a = Int(instruction.a)
    let b = Int(instruction.b)
    let c = Int(instruction.c)
    switch instruction.kind {
    case .yes: return true
    case .no: return false
    case .all: return joined(a, b, row, deciding: false)
    case .any: return joined(a, b, row, deciding: true)
    case .not: return !truth(a, row)
    case .compare:
      guard let left = integer(a, row), let right = integer(b, row) else { return false }
      return Self.holds(c, left, right)
    case .compareClock, .compareClockDay, .compareDaysSince, .compareYearsSince, .compareCount:
      return timed(instruction, row)
    case .compareDoubles:
      let (left, right) = (double(a, row), double(b, row))
      guard left.isFinite, right.isFinite else { return false }
      return c == 0 ? left < right : c == 1 ? left <= right : left == right
    case .compareTexts:
      guard let left = text(a, row), let right = text(b, row) else { return false }
      switch c {
      case 0: return left.precedesInBytes(right)
      case 1: return !right.precedesInBytes(left)
      default: return left.hasSameBytes(as: right)
      }
    case .isOne:
      guard let value = integer(a, row) else { return false }
      return tables.sets[b].containsSorted(value)
    case .missing:
      for child in a..<a + b where isMissing(Int(tables.children[child]), row) { return true }
      return false
    case .textTest: return passes(id, a, tests[b], row)
    case .listTest:
      guard case .list(let texts) = value(ofAttribute: a) else { return false }
      return texts.contains { !$0.isEmpty && tests[b].accepts($0) }
    case .listIsEmpty:
      guard case .list(let texts) = value(ofAttribute: a) else { return true }
      return texts.allSatisfy(\.isEmpty)
    case .isTrue: return integer(a, row) == 1
    case .within: return isWithin(a, b, isDay: c == 1, row)
    case .anniversary: return hasAnniversary(a, b, row)
    case .sequence: return sequence(a)
    case .resumed: return resumption(a)
    case .regularly: return rhythm(a)
    case .held: return held(a)
    case .entered: return changed(member: a, tables.segments[b], c, isEntry: true)
    case .left: return changed(member: a, tables.segments[b], c, isEntry: false)
    case .memberAt: return wasMember(a, tables.segments[b], tables.instants[c])
    case .decision:
      let segment = tables.segments[a]
      return b == 1 ? record.included.contains(segment) : record.excluded.contains(segment)
    default: preconditionFailure("not a condition")
    }
  }

  private static func holds(_ order: Int, _ left: Int128, _ right: Int128) -> Bool {
    order == 0 ? left < right : order == 1 ? left <= right : left == right
  }

  /// One child that decides is enough; the answer then holds as long as any that does.
  private mutating func joined(
    _ start: Int, _ count: Int, _ row: Int, deciding: Bool
  ) -> Bool {
    let outer = until
    var all = Int64.max
    var deciders = Int64.min
    for position in start..<start + count {
      until = .max
      if truth(Int(tables.children[position]), row) == deciding {
        deciders = max(deciders, until)
        if deciders == .max { break }
      } else {
        all = min(all, until)
      }
    }
    let isDecided = deciders != .min
    until = min(outer, isDecided ? deciders : all)
    return isDecided ? deciding : !deciding
  }

  private mutating func isMissing(_ id: Int, _ row: Int) -> Bool {
    switch program.facts[id].kind {
    case .integer: integer(id, row) == nil
    case .double: !double(id, row).isFinite
    case .text: text(id, row) == nil
    case .truth: false
    }
  }

  /// A text of a row is tested once for each different text.
  private mutating func passes(_ id: Int, _ child: Int, _ test: PreparedTextTest, _ row: Int)
    -> Bool
  {
    guard row >= 0, instructions[child].kind == .field else {
      return text(child, row).map { test.accepts($0) } ?? false
    }
    let field = instructions[child]
    guard case .texts(let codes, let values) = table(Int(field.a)).columns[Int(field.b)],
      codes[row] >= 0
    else { return false }
    let code = Int(codes[row])
    var memo =
      testMemos.removeValue(forKey: Int32(id)) ?? TestMemo(epoch: currentEpoch, known: [])
    if memo.epoch != currentEpoch { memo = TestMemo(epoch: currentEpoch, known: []) }
    if memo.known.count < values.count {
      memo.known += Array(repeating: 0, count: values.count - memo.known.count)
    }
    if memo.known[code] == 0 { memo.known[code] = test.accepts(values[code]) ? 2 : 1 }
    let result = memo.known[code] == 2
    testMemos[Int32(id)] = memo
    return result
  }

  // MARK: Comparisons with what moves

  private mutating func timed(_ instruction: Instruction, _ row: Int) -> Bool {
    let order = Int(instruction.c) & 3
    let isRight = instruction.c & 4 != 0
    let moving = Int(isRight ? instruction.b : instruction.a)
    let still = Int(isRight ? instruction.a : instruction.b)
    guard let limit = integer(still, row) else { return false }
    let value: Int128?
    let source = instructions[moving]
    switch instruction.kind {
    case .compareClock:
      let function = tables.functions[Int(source.a)]
      let now = Int128(function.value(at: asOf, program.clock))
      if let turn = Self.turn(order, isRight, now, limit) {
        let target = Int64(clamping: turn)
        until = min(until, function.firstInstant(reaching: target, after: asOf, program.clock))
      }
      value = now
    case .compareClockDay:
      let function = tables.days[Int(source.a)]
      let now = Int128(function.value(today: today).daysSinceEpoch)
      if let turn = Self.turn(order, isRight, now, limit) {
        let target = LocalDate(clamping: turn)
        until = min(until, start(function.firstDay(reaching: target, after: today)))
      }
      value = now
    case .compareDaysSince:
      value = integer(Int(source.a), row).map { day in
        let now = Int128(today.daysSinceEpoch) - day
        if let turn = Self.turn(order, isRight, now, limit) {
          until = min(until, start(LocalDate(clamping: day + turn)))
        }
        return now
      }
    case .compareYearsSince:
      value = integer(Int(source.a), row).map { day in
        let born = LocalDate(clamping: day)
        let now = Int128(fullYears(born))
        if let turn = Self.turn(order, isRight, now, limit), turn < 100_000 {
          until = min(until, start(born.adding(months: 12 * Int(turn))))
        }
        return now
      }
    default:
      return counted(Int(source.a), order, isRight, limit)
    }
    guard let value else { return false }
    return isRight ? Self.holds(order, limit, value) : Self.holds(order, value, limit)
  }

  /// The value at which a comparison with something that only grows turns next; nil for never.
  private static func turn(
    _ order: Int, _ isRight: Bool, _ now: Int128, _ limit: Int128
  ) -> Int128? {
    if order == 2 { return now < limit ? limit : now == limit ? limit + 1 : nil }
    let threshold = (order == 0) == isRight ? limit + 1 : limit
    return now < threshold ? threshold : nil
  }

  /// A day's start, but never before tomorrow's.
  func start(_ day: LocalDate) -> Int64 { max(tomorrow, program.clock.start(of: day)) }

  /// A count against a constant: rows leave and enter one by one until the answer turns.
  private mutating func counted(
    _ index: Int, _ order: Int, _ isRight: Bool, _ limit: Int128
  ) -> Bool {
    let outer = until
    let count = aggregate(index) ?? 0
    let coarse = until
    until = outer
    func holds(_ count: Int128) -> Bool {
      isRight ? Self.holds(order, limit, count) : Self.holds(order, count, limit)
    }
    let now = holds(count)
    guard coarse != .max else { return now }
    // An attribute that the filter reads may change at a known instant.
    let filter = aggregates[index].filter
    if filter >= 0 { until = min(until, maskUntils[filter]) }
    let window = tables.windows[aggregates[index].window]
    var rows = MovingRows(self, index)
    var running = count
    for _ in 0..<256 {
      guard let (instant, change) = rows.next(self, window) else { return now }
      running += Int128(change)
      if holds(running) != now {
        until = min(until, instant)
        return now
      }
    }
    until = min(until, coarse)
    return now
  }

  private mutating func isWithin(_ child: Int, _ window: Int, isDay: Bool, _ row: Int) -> Bool {
    guard let found = integer(child, row) else { return false }
    let value =
      isDay ? program.clock.start(of: LocalDate(clamping: found)) : Int64(clamping: found)
    pass(value, window)
    return lows[window] <= value && value <= highs[window]
  }

  /// Notes when an instant that is there already enters or leaves a window.
  mutating func pass(_ value: Int64, _ window: Int) {
    guard value >= lows[window] else { return }
    let known = tables.windows[window]
    if value > highs[window] {
      until = min(until, known.high.firstInstant(reaching: value, after: asOf, program.clock))
    }
    if value < .max {
      until = min(until, known.low.firstInstant(reaching: value + 1, after: asOf, program.clock))
    }
  }

  private mutating func hasAnniversary(_ child: Int, _ days: Int, _ row: Int) -> Bool {
    guard let found = integer(child, row) else { return false }
    let day = LocalDate(clamping: found)
    let years = max(1, today.components.year - day.components.year)
    var next = day.adding(months: 12 * years)
    if next < today { next = day.adding(months: 12 * (years + 1)) }
    let first = next.adding(days: -days)
    let isNear = first <= today
    until = min(until, start(isNear ? next.adding(days: 1) : first))
    return isNear
  }

  // MARK: Records

  private mutating func changed(
    member: Int, _ segment: Int64, _ window: Int, isEntry: Bool
  ) -> Bool {
    var isRecorded = false
    var isOpen = false
    for interval in record.memberships where interval.segment == segment {
      if interval.entered > asOf {
        until = min(until, interval.entered)
        continue
      }
      if let left = interval.left, left > asOf { until = min(until, left) }
      if interval.left.map({ $0 > asOf }) ?? true { isOpen = true }
      let edge = isEntry ? interval.entered : interval.left
      guard let edge, edge <= asOf else { continue }
      pass(edge, window)
      if lows[window] <= edge, edge <= highs[window] { isRecorded = true }
    }
    let isMember = truth(member, -1)
    let isHappening = isEntry ? isMember && !isOpen : !isMember && isOpen
    if isHappening {
      pass(asOf, window)
      // Until it is on record it goes on happening, into fixed windows and out of them.
      for case .constant(let edge) in [tables.windows[window].low, tables.windows[window].high]
      where edge >= asOf && edge < .max {
        until = min(until, edge + 1)
      }
      if lows[window] > asOf { until = min(until, lows[window]) }
    }
    return isRecorded || (isHappening && lows[window] <= asOf && asOf <= highs[window])
  }

  private mutating func wasMember(_ member: Int, _ segment: Int64, _ instant: Int64) -> Bool {
    guard asOf > instant else {
      until = min(until, instant + 1)
      return truth(member, -1)
    }
    return record.memberships.contains {
      $0.segment == segment && $0.entered <= instant && ($0.left.map { $0 > instant } ?? true)
    }
  }

  /// Whether a condition was true in every state since the start of the span.
  private mutating func held(_ index: Int) -> Bool {
    let plan = program.helds[index]
    let start = PlanWindow.after(plan.span)
    let low = start.value(at: asOf, program.clock) - 1
    var instants: [Int64] = []
    for attribute in plan.attributes {
      for instant in record.attributes[attribute].starts where instant != .min {
        instants.append(instant)
      }
    }
    instants.sort()
    let outer = until
    isHeld = true
    var holds = true
    var failing: Int64 = .min
    // From the newest state back to the one that held at the start of the span.
    for instant in instants.reversed() where instant <= asOf {
      attributeTime = instant
      if !freshTruth(plan.condition, -1) { (holds, failing) = (false, max(failing, instant)) }
      if instant <= low { break }
    }
    if instants.first.map({ $0 > low }) ?? true {
      attributeTime = .min
      if !freshTruth(plan.condition, -1) { holds = false }
    }
    isHeld = false
    attributeTime = asOf
    until = outer
    if let next = instants.first(where: { $0 > asOf }) { until = min(until, next) }
    if !holds {
      // The states before the newest failing one's end must leave the span.
      for instant in instants where instant > low && instant <= asOf {
        until = min(until, start.firstInstant(reaching: instant + 1, after: asOf, program.clock))
        break
      }
    }
    return holds
  }
}

extension [Int128] {
  func containsSorted(_ value: Int128) -> Bool {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == value
  }
}
