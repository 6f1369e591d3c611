internal import CustomerSchema
internal import SQLBuilder

extension Lowering {
  /// A condition told of the customer, or of a row of `row`.
  func condition(_ expression: Expression, in row: Int?) throws(LoweringError) -> NodeID {
    switch expression.form {
    case .all(let parts):
      var nodes: [NodeID] = []
      for part in parts { nodes.append(try condition(part, in: row)) }
      return all(nodes)
    case .any(let parts):
      var nodes: [NodeID] = []
      for part in parts { nodes.append(try condition(part, in: row)) }
      return any(nodes)
    case .not(let inner): return not(try condition(inner, in: row))
    case .comparison(let comparison, let left, let right):
      return try compared(comparison, value(left, in: row), value(right, in: row))
    case .between(let middle, let low, let high):
      let middle = try value(middle, in: row)
      return all([
        try compared(.lessOrEqual, value(low, in: row), middle),
        try compared(.lessOrEqual, middle, value(high, in: row)),
      ])
    case .oneOf(let left, let choices): return try oneOf(left, choices, in: row)
    case .text(let operation, let left, let pattern):
      return try textTest(operation, left, pattern, in: row)
    case .missing(let inner):
      switch try value(inner, in: row) {
      case .list(let index): return add(.listIsEmpty(attribute: index))
      case .truth, .span: return add(.truth(false))
      case let other: return add(.missing(try presence(other)))
      }
    case .within(let inner, let window):
      let plan = PlanWindow(window, clock: clock)
      switch try value(inner, in: row) {
      case .day(let id): return add(.within(id, window: plan, isDay: true))
      case .instant(let id): return add(.within(id, window: plan, isDay: false))
      default: throw .ill("a date or an instant is expected")
      }
    case .anniversary(let inner, let days):
      return add(.anniversary(try day(value(inner, in: row)), days: days))
    case .exists(let source): return try exists(source)
    case .held(let inner, let span): return try held(inner, span)
    case .sequence(let sequence): return try lowered(sequence)
    case .firstTime(let source, let window):
      guard source.window == nil else { throw .ill("a window of its own") }
      let (collection, filter, _) = try rows(source)
      guard let (at, _) = field("at", of: collection) else { throw .ill("objects have no instant") }
      let first = aggregate(
        PlanAggregate(
          function: .min, collection: collection, filter: filter, window: .always, value: at))
      return add(
        .within(first, window: PlanWindow(window, clock: clock), isDay: false))
    case .stopped(let source, let span):
      guard source.window == nil else { throw .ill("a window of its own") }
      return all([
        try exists(source),
        not(
          try exists(
            Source(source.collection, filter: source.filter, window: .last(span)))),
      ])
    case .resumed(let source, let gap, let window):
      guard source.window == nil else { throw .ill("a window of its own") }
      let (collection, filter, _) = try rows(source)
      return resumption(
        PlanResumption(
          collection: collection, filter: filter, gap: gap,
          window: PlanWindow(window, clock: clock)))
    case .regularly(let source, let atLeast, let of, let unit):
      guard source.window == nil else { throw .ill("a window of its own") }
      let (collection, filter, _) = try rows(source)
      return rhythm(
        PlanRhythm(
          collection: collection, filter: filter, atLeast: atLeast, of: of, unit: unit))
    case .rank(let rank): return try ranked(rank, expression)
    case .member(let name): return try member(of: name)
    case .entered(let name, let window):
      return add(
        .entered(
          segment: try rule(named: name).id, member: try member(of: name),
          window: PlanWindow(window, clock: clock)))
    case .left(let name, let window):
      return add(
        .left(
          segment: try rule(named: name).id, member: try member(of: name),
          window: PlanWindow(window, clock: clock)))
    case .memberOn(let name, let date):
      return add(
        .memberAt(
          segment: try rule(named: name).id, member: try member(of: name),
          instant: clock.start(of: date.adding(days: 1)) - 1))
    case .literal, .name, .parameter, .now, .today, .ago, .fromNow, .negative, .arithmetic,
      .daysSince, .yearsSince, .aggregate, .population:
      switch try value(expression, in: row) {
      case .boolean(let id):
        if case .integer(let value) = nodes[id] { return add(.truth(value == 1)) }
        return add(.isTrue(id))
      case .truth(let id): return id
      default: throw .ill("a condition is expected")
      }
    }
  }

  private func exists(_ source: Source) throws(LoweringError) -> NodeID {
    let (collection, filter, window) = try rows(source)
    let count = aggregate(
      PlanAggregate(
        function: .count, collection: collection, filter: filter, window: window, value: nil))
    return add(.compare(.less, integer(0), count))
  }

  // MARK: Comparisons

  private func compared(
    _ comparison: ComparisonOperator, _ left: Lowered, _ right: Lowered
  ) throws(LoweringError) -> NodeID {
    switch comparison {
    case .equal: try ordered(.equal, left, right)
    case .notEqual: not(try ordered(.equal, left, right))
    case .less: try ordered(.less, left, right)
    case .lessOrEqual: try ordered(.lessOrEqual, left, right)
    case .greater: try ordered(.less, right, left)
    case .greaterOrEqual: try ordered(.lessOrEqual, right, left)
    }
  }

  private func ordered(
    _ order: PlanNode.Order, _ left: Lowered, _ right: Lowered
  ) throws(LoweringError) -> NodeID {
    switch (left, right) {
    case (.double, _), (_, .double):
      return add(.compareDoubles(order, try double(left), try double(right)))
    case (.text(let a), .text(let b)): return add(.compareTexts(order, a, b))
    case (.boolean, _), (.truth, _):
      return add(.compare(order, try boolean(left), try boolean(right)))
    case (.instant(let a), .instant(let b)): return add(.compare(order, a, b))
    // A day stands for its first instant.
    case (.instant(let a), .day(let b)): return add(.compare(order, a, start(b)))
    case (.day(let a), .instant(let b)): return add(.compare(order, start(a), b))
    case (.day(let a), .day(let b)): return add(.compare(order, a, b))
    case (.list(let index), .text(let text)), (.text(let text), .list(let index)):
      guard order == .equal, case .text(let known) = nodes[text] else {
        throw .ill("a list is compared with a known text")
      }
      return add(.listTest(attribute: index, .isOne(of: [known])))
    default: return self.comparison(order, try exact(left), try exact(right))
    }
  }

  private func start(_ day: NodeID) -> NodeID {
    switch nodes[day] {
    case .integer(let value):
      integer(Int128(clock.start(of: LocalDate(daysSinceEpoch: Int32(clamping: value)))))
    case .clockDay(let function): add(.clock(.start(of: function, offset: 0)))
    default: add(.dayStart(day))
    }
  }

  private func boolean(_ value: Lowered) throws(LoweringError) -> NodeID {
    switch value {
    case .boolean(let id): return id
    case .truth(let id): return add(.truthValue(id))
    default: throw .ill("yes or no is expected")
    }
  }

  private func oneOf(
    _ left: Expression, _ choices: [Expression], in row: Int?
  ) throws(LoweringError) -> NodeID {
    let value = try value(left, in: row)
    var options: [Lowered] = []
    for choice in choices { options.append(try self.value(choice, in: row)) }
    // Known texts and whole numbers are one look-up.
    let texts = options.compactMap { option -> String? in
      if case .text(let id) = option, case .text(let text) = nodes[id] { text } else { nil }
    }
    if texts.count == options.count {
      let test = TextTest.isOne(of: texts.filter { !$0.isEmpty }.sortedByBytes())
      if case .text(let id) = value { return add(.textTest(id, test)) }
      if case .list(let index) = value { return add(.listTest(attribute: index, test)) }
    }
    if case .exact(let fraction) = value, fraction.denominator == nil {
      let numbers = options.compactMap { option -> Int128? in
        guard case .exact(let known) = option, known.denominator == nil,
          known.scale <= fraction.scale
        else { return nil }
        let units = times(known.numerator, tenTo: fraction.scale - known.scale)
        return if case .integer(let value) = nodes[units] { value } else { nil }
      }
      if numbers.count == options.count {
        return add(.isOne(fraction.numerator, of: Set(numbers).sorted()))
      }
    }
    var parts: [NodeID] = []
    for option in options { parts.append(try ordered(.equal, value, option)) }
    return any(parts)
  }

  private func textTest(
    _ operation: TextOperator, _ left: Expression, _ pattern: Expression, in row: Int?
  ) throws(LoweringError) -> NodeID {
    guard case .text(let id) = try value(pattern, in: row), case .text(let text) = nodes[id] else {
      throw .ill("the pattern is a text in quotes")
    }
    let test = TextTest(operation, pattern: text)
    switch try value(left, in: row) {
    case .text(let id): return add(.textTest(id, test))
    case .list(let index): return add(.listTest(attribute: index, test))
    default: throw .ill("a text is expected")
    }
  }

  // MARK: Rows that follow one another, and all customers

  private func lowered(_ sequence: Sequence) throws(LoweringError) -> NodeID {
    guard sequence.first.window == nil, !sequence.steps.isEmpty else { throw .ill("a step") }
    let (collection, filter, _) = try rows(sequence.first)
    var steps = [PlanSequence.Step(collection: collection, filter: filter, within: 0)]
    for (index, step) in sequence.steps.enumerated() {
      guard step.source.window == nil, !step.within.unit.isCalendar,
        !step.isAbsent || index == sequence.steps.count - 1
      else { throw .ill("a step") }
      let (collection, filter, _) = try rows(step.source)
      steps.append(
        PlanSequence.Step(
          collection: collection, filter: filter, within: step.within.microseconds))
    }
    for step in steps where collections[step.collection].stream == nil {
      throw .ill("objects do not follow one another")
    }
    return self.sequence(
      PlanSequence(
        steps: steps, lastIsAbsent: sequence.steps[sequence.steps.count - 1].isAbsent,
        window: sequence.window.map { PlanWindow($0, clock: clock) } ?? .always))
  }

  private func held(_ inner: Expression, _ span: Span) throws(LoweringError) -> NodeID {
    let node = try condition(inner, in: nil)
    guard facts[node].stage == 0, facts[node].level == 0, !facts[node].dependsOnTime else {
      throw .ill("only conditions on attributes can have held")
    }
    var used = Set<Int>()
    var waiting = [node]
    var seen = Set<NodeID>()
    while let next = waiting.popLast() {
      guard seen.insert(next).inserted else { continue }
      switch nodes[next] {
      case .attribute(let index), .listTest(let index, _), .listIsEmpty(let index):
        used.insert(index)
      case .decision: throw .ill("only conditions on attributes can have held")
      default: waiting += nodes[next].children
      }
    }
    return self.held(PlanHeld(condition: node, span: span, attributes: used.sorted()))
  }

  private func ranked(_ rank: Rank, _ expression: Expression) throws(LoweringError) -> NodeID {
    let value = try double(self.value(rank.value, in: nil))
    let among: NodeID? = if let segment = rank.segment { try member(of: segment) } else { nil }
    let cut = requirement(
      .cut(rank.direction, rank.size), value, among: among, text: key(expression))
    let place =
      rank.direction == .top
      ? add(.compareDoubles(.lessOrEqual, cut, value))
      : add(.compareDoubles(.lessOrEqual, value, cut))
    return among.map { all([$0, place]) } ?? place
  }
}

extension [String] {
  /// As engines order texts: byte by byte.
  func sortedByBytes() -> [String] { sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}
