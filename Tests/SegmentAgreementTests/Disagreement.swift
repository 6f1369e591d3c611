import CustomerSchema
import SQLBuilder
import Warehouse

@testable import SegmentLanguage

/// A case on which something is wrong, made as small as it gets.
struct Disagreement {
  enum Kind: Equatable {
    /// SQL and the evaluator say different things.
    case answers
    /// The answer changes by this instant, before what the evaluator says.
    case validUntil(changedBy: Int64)
    /// The answer changes by this instant, before what SQL says.
    case nextDue(changedBy: Int64)
  }

  let kind: Kind
  var rule: SegmentRule
  let rules: [SegmentRule]
  var customer: TestCustomer
  let asOf: Int64
  let snapshot: PopulationSnapshot
  let clock: WorkspaceClock
  let zone: String
  /// Whether it shows only beside the other rules.
  private(set) var isTogether = false
  /// Beside whom it shows.
  private(set) var others: [TestCustomer] = []
  private let people: [TestCustomer]

  init(
    kind: Kind, rule: SegmentRule, rules: [SegmentRule], customer: TestCustomer,
    among people: [TestCustomer], asOf: Int64,
    snapshot: PopulationSnapshot, clock: WorkspaceClock, zone: String
  ) {
    self.kind = kind
    self.rule = rule
    self.rules = rules
    self.customer = customer
    self.people = people
    self.asOf = asOf
    self.snapshot = snapshot
    self.clock = clock
    self.zone = zone
  }

  /// How long smaller cases are tried.
  private static let patience = Duration.seconds(45)

  func minimal(_ warehouse: TestWarehouse) async -> String {
    var current = self
    current.isTogether = await !persists(warehouse)
    if current.isTogether, await !current.persists(warehouse) {
      current.others = people.filter { $0.id != customer.id }
      current.isTogether = false
      if await !current.persists(warehouse) { current.isTogether = true }
    }
    let start = ContinuousClock.now
    var isSmaller = true
    while isSmaller {
      isSmaller = false
      for candidate in current.smallerRules() + current.smallerCustomers() {
        guard ContinuousClock.now - start < Self.patience else { break }
        if await candidate.persists(warehouse) {
          current = candidate
          isSmaller = true
          break
        }
      }
    }
    return """
      \(kind), as of \(TestSchema.instant(asOf)) (\(asOf))
      rule\(current.isTogether ? ", beside the others" : ""): \(current.rule.expression.text)
      segments: \(Self.referred(current.rule, rules))
      customer: \(current.customer)
      beside: \(current.others)
      """
  }

  /// The rules of the segments that a rule speaks of.
  private static func referred(_ rule: SegmentRule, _ rules: [SegmentRule]) -> String {
    var names = rule.expression.segments
    var index = 0
    while index < names.count {
      let name = names[index]
      let more = rules.first { $0.name == name }?.expression.segments ?? []
      names += more.filter { !names.contains($0) }
      index += 1
    }
    return names.map { name in
      "\(name): \(rules.first { $0.name == name }?.expression.text ?? "?")"
    }.joined(separator: "; ")
  }

  private func persists(_ warehouse: TestWarehouse) async -> Bool {
    do {
      let all = rules.map { $0.id == rule.id ? rule : $0 }
      let position = all.firstIndex { $0.id == rule.id } ?? 0
      let program = try SegmentProgram(
        rules: all, schema: TestSchema.schema(zone: zone), clock: clock)
      var evaluator = Evaluator(program, snapshot: snapshot)
      let record = customer.record(RecordLayout(program))
      let answer = evaluator.evaluate(record, asOf: asOf, rules: [position])[0]
      func changes(by instant: Int64) -> Bool {
        evaluator.evaluate(record, asOf: instant, rules: [position])[0].isMember != answer.isMember
      }
      if case .validUntil(let instant) = kind {
        return instant < answer.validUntil && changes(by: instant)
      }
      try await warehouse.load(
        ([customer] + others).sorted { $0.id < $1.id }, asOf: asOf)
      let table = try await warehouse.session.query(
        SQLPrinter(program, relations: TestWarehouse.relations).answers(
          asOf: asOf, snapshot: snapshot, rules: isTogether ? nil : [position]))
      guard let row = table.rows.first(where: { $0[0] == .int(customer.id) }) else { return false }
      if case .nextDue(let instant) = kind {
        return instant < row[row.count - 1].microseconds ?? .max && changes(by: instant)
      }
      return row[isTogether ? position + 1 : 1].bool != answer.isMember
    } catch {
      return false
    }
  }

  // MARK: Smaller rules

  private func smallerRules() -> [Disagreement] {
    (Self.conditions(below: rule.expression) + Self.smaller(rule.expression)).map { expression in
      var candidate = self
      candidate.rule = SegmentRule(
        id: rule.id, name: rule.name, expression: expression, hasDecisions: rule.hasDecisions)
      return candidate
    }
  }

  /// Conditions on the customer that can stand for the whole.
  private static func conditions(below expression: Expression) -> [Expression] {
    switch expression.form {
    case .all(let parts), .any(let parts): parts + parts.flatMap(conditions)
    case .not(let inner), .held(let inner, _): [inner] + conditions(below: inner)
    default: []
    }
  }

  /// The tree with one thing less, anywhere in it.
  private static func smaller(_ expression: Expression) -> [Expression] {
    var result = simpler(expression.form).map { Expression($0) }
    for (index, child) in expression.children.enumerated() {
      for smallerChild in smaller(child) {
        var place = -1
        result.append(
          expression.map { other in
            place += 1
            return place == index ? smallerChild : other
          })
      }
    }
    return result
  }

  /// The same form with less in it.
  private static func simpler(_ form: Expression.Form) -> [Expression.Form] {
    switch form {
    case .all(let parts), .any(let parts):
      var result = parts.map(\.form)
      guard parts.count > 2 else { return result }
      for index in parts.indices {
        var fewer = parts
        fewer.remove(at: index)
        if case .all = form { result.append(.all(fewer)) } else { result.append(.any(fewer)) }
      }
      return result
    case .not(let inner): return [inner.form]
    case .negative(let inner): return [inner.form]
    case .arithmetic(_, let left, let right): return [left.form, right.form]
    case .aggregate(let aggregate):
      return simpler(aggregate.source).map {
        .aggregate(Aggregate(aggregate.function, $0, value: aggregate.value))
      }
    case .exists(let source): return simpler(source).map { .exists($0) }
    case .stopped(let source, let span): return simpler(source).map { .stopped($0, span) }
    case .firstTime(let source, let window):
      return simpler(source).map { .firstTime($0, window) }
    case .resumed(let source, let gap, let window):
      return simpler(source).map { .resumed($0, gap: gap, window) }
    case .regularly(let source, let atLeast, let count, let unit):
      return simpler(source).map { .regularly($0, atLeast: atLeast, of: count, unit) }
    case .sequence(let sequence):
      var result = simpler(sequence.first).map {
        Expression.Form.sequence(Sequence($0, sequence.steps, window: sequence.window))
      }
      if sequence.window != nil {
        result.append(.sequence(Sequence(sequence.first, sequence.steps)))
      }
      for index in sequence.steps.indices {
        let step = sequence.steps[index]
        for source in simpler(step.source) {
          var steps = sequence.steps
          steps[index] = Sequence.Step(source, within: step.within, isAbsent: step.isAbsent)
          result.append(.sequence(Sequence(sequence.first, steps, window: sequence.window)))
        }
        guard sequence.steps.count > 1 else { continue }
        var steps = sequence.steps
        steps.remove(at: index)
        result.append(.sequence(Sequence(sequence.first, steps, window: sequence.window)))
      }
      return result
    case .oneOf(let value, let items) where items.count > 1:
      return items.indices.map { index in
        var fewer = items
        fewer.remove(at: index)
        return .oneOf(value, fewer)
      }
    case .literal(let literal): return simpler(literal).map { .literal($0) }
    default: return []
    }
  }

  private static func simpler(_ source: Source) -> [Source] {
    var result: [Source] = []
    if source.filter != nil { result.append(Source(source.collection, window: source.window)) }
    if source.window != nil { result.append(Source(source.collection, filter: source.filter)) }
    return result
  }

  private static func simpler(_ literal: Literal) -> [Literal] {
    switch literal {
    case .number(let number) where number.units != 0:
      [.number(SQLDecimal(units: 0, scale: 0)), .number(SQLDecimal(units: 1, scale: 0))]
        .filter { $0 != literal }
    case .money(let money) where money.amount.units != 0:
      [.money(Money(SQLDecimal(units: 0, scale: 0), money.currency))]
    default: []
    }
  }

  // MARK: Smaller customers

  private func smallerCustomers() -> [Disagreement] {
    var result: [Disagreement] = []
    func add(_ change: (inout TestCustomer) -> Void) {
      var candidate = self
      change(&candidate.customer)
      if candidate.customer != customer { result.append(candidate) }
    }
    if !others.isEmpty {
      for part in [0..<others.count / 2, others.count / 2..<others.count] where !part.isEmpty {
        var candidate = self
        candidate.others.removeSubrange(part)
        result.append(candidate)
      }
      for index in others.indices {
        var candidate = self
        candidate.others.remove(at: index)
        result.append(candidate)
      }
    }
    let half = customer.rows.count / 2
    if half > 1 {
      add { $0.rows.removeFirst(half) }
      add { $0.rows.removeLast(half) }
    }
    add { $0.sayings = [] }
    add { $0.memberships = [] }
    add { $0.decisions = [] }
    for index in customer.rows.indices { add { $0.rows.remove(at: index) } }
    for index in customer.sayings.indices { add { $0.sayings.remove(at: index) } }
    for index in customer.memberships.indices { add { $0.memberships.remove(at: index) } }
    for index in customer.decisions.indices { add { $0.decisions.remove(at: index) } }
    for index in customer.rows.indices {
      for field in customer.rows[index].values.keys.sorted() {
        add { $0.rows[index].values[field] = nil }
      }
      add { $0.rows[index].source = "" }
      add { $0.rows[index].key = "" }
    }
    return result
  }
}
