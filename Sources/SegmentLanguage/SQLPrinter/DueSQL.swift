internal import CustomerSchema
internal import SQLBuilder

// Lower bounds of the next change by time alone. Each is after the instant of the query; what it
// cannot say exactly it says too early, never too late.

extension NodeSQL {
  /// The start of tomorrow.
  var midnight: Int64 { program.clock.start(of: today.adding(days: 1)) }

  /// When an instant `x`, in µs, enters or leaves a window next; null for never.
  func due(_ x: SQL, _ window: PlanWindow) -> SQL {
    var triggers: [SQL] = []
    if case .elapsed(let offset) = window.low { triggers.append(passing(x, 1 - offset)) }
    if case .elapsed(let offset) = window.high { triggers.append(passing(x, -offset)) }
    if window.low.isCalendar || window.high.isCalendar { triggers.append(calendar(x, window)) }
    return triggers.isEmpty ? "CAST(NULL AS BIGINT)" : "least(\(triggers.joined()))"
  }

  /// `x + offset` where that is still to come.
  func passing(_ x: SQL, _ offset: Int64) -> SQL {
    let limit = asOf.saturatingAdd(offset == .min ? .max : -offset)
    return "CASE WHEN \(x) > \(.int(limit)) THEN \(x) + \(.int(offset)) END"
  }

  /// The midnights looked at: exact for a week, then further and further apart.
  private static let steps = [1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 31, 45, 62, 92, 183, 366, 731]

  private func calendar(_ x: SQL, _ window: PlanWindow) -> SQL {
    func edges(_ days: Int) -> (low: Int64, high: Int64) {
      let instant = program.clock.start(of: today.adding(days: days))
      func value(_ function: InstantFunction) -> Int64 {
        function.isCalendar ? function.value(at: instant, program.clock) : .min
      }
      return (value(window.low), value(window.high))
    }
    let now = bounds(window)
    var branches: SQL = ""
    var before = 0
    var last: (Int64, Int64) = (.min, .min)
    for step in Self.steps {
      let (low, high) = edges(step)
      if (low, high) == last {
        before = step
        continue
      }
      last = (low, high)
      var changes: [SQL] = []
      if window.low.isCalendar { changes.append("\(x) < \(.int(low))") }
      if window.high.isCalendar {
        changes.append("(\(x) > \(.int(now.high)) AND \(x) <= \(.int(high)))")
      }
      let due = program.clock.start(of: today.adding(days: before + 1))
      branches =
        branches + " WHEN \(changes.joined(separator: " OR ")) THEN CAST(\(.int(due)) AS BIGINT)"
      before = step
    }
    let rest = program.clock.start(of: today.adding(days: before + 1))
    // Below the low end now it never comes back, whatever midnight brings.
    let isOver: SQL = window.low.isCalendar ? " WHEN \(x) < \(.int(now.low)) THEN NULL" : ""
    let isSettled: SQL =
      window.low.isCalendar ? "" : " WHEN \(x) <= \(.int(now.high)) THEN NULL"
    return """
      CASE WHEN \(x) IS NULL THEN NULL\(isOver)\(isSettled)\(branches) \
      ELSE CAST(\(.int(rest)) AS BIGINT) END
      """
  }

  /// A bound of when a node with these columns changes; nil when time alone cannot change it but
  /// through nodes that have bounds of their own.
  func due(_ id: NodeID, _ columns: [NodeID: String]) -> SQL? {
    func sql(_ node: NodeID) -> SQL { self.sql(node, columns) }
    func unless(missing node: NodeID, _ due: SQL) -> SQL {
      "CASE WHEN \(sql(node)) IS NOT NULL THEN \(due) END"
    }
    let tomorrow: SQL = "CAST(\(.int(midnight)) AS BIGINT)"
    switch program.nodes[id] {
    case .compare(_, let a, let b):
      for (clock, other) in [(a, b), (b, a)] {
        if case .clock(.elapsed(let offset)) = program.nodes[clock] {
          return "least(\(passing(sql(other), -offset)), \(passing(sql(other), 1 - offset)))"
        }
        if case .clock(.start) = program.nodes[clock] { return unless(missing: other, tomorrow) }
        guard case .integer(let days) = program.nodes[other] else { continue }
        let limit = Int64(clamping: days)
        if case .daysSince(let day) = program.nodes[clock] {
          return dueDay(sql(day), [limit, limit.saturatingAdd(1)])
        }
        if case .yearsSince(let day) = program.nodes[clock] {
          return dueYear(sql(day), limit)
        }
      }
      return nil
    case .daysSince(let day), .yearsSince(let day): return unless(missing: day, tomorrow)
    case .clockDay: return tomorrow
    case .day(let instant):
      guard case .clock = program.nodes[instant] else { return nil }
      return tomorrow
    case .clock(.start): return tomorrow
    case .clock(.elapsed): return "CAST(\(.int(asOf + 1)) AS BIGINT)"
    case .within(let value, let window, let isDay):
      guard isDay else { return due(sql(value), window) }
      guard !window.isConstant else { return nil }
      if window.low.isCalendar || window.high.isCalendar { return unless(missing: value, tomorrow) }
      return unless(missing: value, due(ZoneSQL(program.clock).start(sql(value)), window))
    case .anniversary(let day, let days):
      let last: SQL = "\(.int(Int64(today.daysSinceEpoch) + Int64(days)))"
      let change: SQL = "CASE WHEN x <= \(last) THEN x + 1 ELSE x - \(.int(Int64(days))) END"
      return "list_transform([\(nextAnniversary(sql(day)))], lambda x: \(onDay(change)))[1]"
    case .memberAt(_, _, let instant):
      return asOf <= instant ? "CAST(\(.int(instant + 1)) AS BIGINT)" : nil
    case .entered(_, let member, let window), .left(_, let member, let window):
      // Where the change is happening now, its own instant goes through the window.
      _ = member
      var edges: [Int64] = []
      for case .constant(let edge) in [window.low, window.high] where edge < .max {
        edges += [edge, edge + 1].filter { $0 > asOf }
      }
      let moving = due("CAST(\(.int(asOf)) AS BIGINT)", window)
      guard let fixed = edges.min() else { return moving }
      return "least(\(moving), CAST(\(.int(fixed)) AS BIGINT))"
    default: return nil
    }
  }

  /// Which comparisons say more than the clock below them.
  func settlesClock(_ id: NodeID) -> Bool {
    guard case .compare(_, let a, let b) = program.nodes[id] else { return false }
    for (clock, other) in [(a, b), (b, a)] {
      switch (program.nodes[clock], program.nodes[other]) {
      case (.clock, _), (.daysSince, .integer), (.yearsSince, .integer): return true
      default: continue
      }
    }
    return false
  }

  /// The first of some days after a day that is still to come: local midnights are never earlier
  /// than 14 hours before UTC's.
  private func dueDay(_ day: SQL, _ offsets: [Int64]) -> SQL {
    let triggers = offsets.map { offset -> SQL in
      """
      CASE WHEN \(day) > \(.int(Int64(today.daysSinceEpoch).saturatingAdd(-offset))) \
      THEN \(day) + \(.int(offset)) END
      """
    }
    return """
      list_transform([least(\(triggers.joined()))], lambda x: \(onDay("x")))[1]
      """
  }

  /// The day on which full years reach a number, or the one after it.
  private func dueYear(_ day: SQL, _ years: Int64) -> SQL {
    let triggers = [years, years.saturatingAdd(1)].map { years -> SQL in
      let months = Int(clamping: years.saturatingMultiply(12))
      guard abs(months) < 120_000 else { return "CAST(NULL AS BIGINT)" }
      return ZoneSQL.shifted(day, months: months)
    }
    let now: SQL = "\(.int(Int64(today.daysSinceEpoch)))"
    return """
      list_transform([\(triggers.joined())], lambda x: CASE WHEN x > \(now) THEN \(onDay("x")) END).list_min()
      """
  }

  private func onDay(_ day: SQL) -> SQL {
    // `greatest` would take a missing day for none.
    """
    CASE WHEN (\(day)) IS NOT NULL THEN greatest(CAST(\(.int(midnight)) AS BIGINT), \
    (\(day)) * 86400000000 - CAST(50400000000 AS BIGINT)) END
    """
  }
}

extension QueryPrinter {
  /// The calendar windows of a grouping: their bounds are told once a customer, of the earliest row
  /// that is to leave and of the earliest that is to enter, because no later row goes before.
  func calendarWindows(_ items: [ScanItem]) -> [PlanWindow] {
    var result: [PlanWindow] = []
    for item in items {
      let window = item.aggregate.window
      let part = PlanWindow(low: window.low.calendarPart, high: window.high.calendarPart)
      if !part.isConstant, !result.contains(part) { result.append(part) }
    }
    return result
  }

  /// When a row's place in the other windows of a grouping changes next.
  func dueOfRows(
    _ items: [ScanItem], _ rhythms: [RhythmGroup], _ rows: inout RowSource
  ) -> SQL? {
    var offsets = Set<Int64>()
    var dues: [SQL] = []
    var seenConditions = Set<NodeID>()
    func take(rowsOf node: NodeID, _ rows: inout RowSource) {
      for condition in program.rowNodes(node) where seenConditions.insert(condition).inserted {
        dues += rows.dues(condition)
      }
    }
    for item in items {
      let window = item.aggregate.window
      if case .elapsed(let offset) = window.low { offsets.insert(1 - offset) }
      if case .elapsed(let offset) = window.high, offset != 0 { offsets.insert(-offset) }
      take(rowsOf: item.node, &rows)
    }
    for group in rhythms {
      for (node, _) in group.rhythms { take(rowsOf: node, &rows) }
      if group.unit.isCalendar {
        dues.append(
          """
          CASE WHEN happened_at >= \(.instant(group.low.storable)) \
          THEN CAST(\(.int(nodeSQL.midnight)) AS BIGINT) END
          """)
      } else {
        let length = Span(1, group.unit).microseconds
        let age: SQL = "(\(.int(asOf)) - epoch_us(happened_at))"
        dues.append(
          """
          CASE WHEN \(age) < \(.int(length.saturatingMultiply(Int64(group.of)))) \
          THEN \(.int(asOf)) + \(.int(length)) - \(age) % \(.int(length)) END
          """)
      }
    }
    if rows.hasTime {
      let at: SQL = "epoch_us(happened_at)"
      if let passing = nodeSQL.firstPassing(at, offsets.sorted()) { dues.append(passing) }
    }
    return dues.isEmpty ? nil : dues.count == 1 ? dues[0] : "least(\(dues.joined()))"
  }

  /// The least of all bounds, in µs.
  func nextDue() -> SQL {
    var dues: [SQL] = dueColumns.map { "\(identifier: $0)" }
    let within = reach.below(Set(roots))
    var settled = Set<NodeID>()
    for node in within where nodeSQL.settlesClock(node) {
      settled.formUnion(program.nodes[node].children)
    }
    // A clock below several nodes counts unless all of them settle it.
    for node in within where !nodeSQL.settlesClock(node) {
      settled.subtract(program.nodes[node].children)
    }
    for node in within.sorted() where !settled.contains(node) {
      if let due = nodeSQL.due(node, columns) { dues.append(due) }
    }
    guard !dues.isEmpty else { return "CAST(NULL AS BIGINT)" }
    return dues.count == 1 ? dues[0] : "least(\(dues.joined()))"
  }
}

extension InstantFunction {
  /// The same where it goes by the calendar, otherwise nothing that could change.
  var calendarPart: InstantFunction { isCalendar ? self : .constant(.min) }
}

extension NodeSQL {
  /// The first of `x + offset` that is still to come; offsets ascending.
  func firstPassing(_ x: SQL, _ offsets: [Int64]) -> SQL? {
    guard !offsets.isEmpty else { return nil }
    var branches: SQL = ""
    for offset in offsets {
      let limit = asOf.saturatingAdd(offset == .min ? .max : -offset)
      branches = branches + " WHEN \(x) > \(.int(limit)) THEN \(x) + \(.int(offset))"
    }
    return "CASE\(branches) END"
  }
}

extension RowSource {
  /// When a condition on a row changes with time.
  mutating func dues(_ condition: NodeID) -> [SQL] {
    let program = printer.program
    guard program.facts[condition].dependsOnTime else { return [] }
    var result: [SQL] = []
    var waiting = [condition]
    var seen = Set<NodeID>()
    while let next = waiting.popLast() {
      guard seen.insert(next).inserted else { continue }
      // What is told of the customer has bounds of its own, unless it is the bare clock.
      if program.facts[next].row == nil, printer.reach.lifted(under: next).contains(next) {
        continue
      }
      if let due = due(next) { result.append(due) }
      if !printer.nodeSQL.settlesClock(next) { waiting += program.nodes[next].children }
    }
    return result
  }
}
