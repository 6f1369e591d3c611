import CustomerSchema
import SQLBuilder

@testable import SegmentLanguage

/// Well-typed trees of every construct.
struct RandomRules {
  var rng: SeededGenerator
  /// Segments that may be referred to.
  var segments: [String] = []
  let today: LocalDate
  /// Counts what was made, to see that everything is.
  private(set) var made: [String: Int] = [:]

  init(seed: UInt64, today: LocalDate) {
    rng = SeededGenerator(seed: seed)
    self.today = today
  }

  private mutating func note(_ construct: String) { made[construct, default: 0] += 1 }
  private func node(_ form: Expression.Form) -> Expression { Expression(form) }
  private func name(_ id: String) -> Expression { Expression(.name(id)) }
  private func number(_ text: String) -> Expression {
    Expression(.literal(.number(SQLDecimal(text) ?? .zero)))
  }

  // MARK: Conditions

  mutating func condition(_ depth: Int) -> Expression {
    if depth > 0, rng.chance(0.6) {
      switch Int.random(in: 0..<5, using: &rng) {
      case 0, 1:
        note("all")
        return node(.all([condition(depth - 1), condition(depth - 1)]))
      case 2, 3:
        note("any")
        return node(.any([condition(depth - 1), condition(depth - 1)]))
      default:
        note("not")
        return node(.not(condition(depth - 1)))
      }
    }
    return leaf()
  }

  private mutating func leaf() -> Expression {
    switch Int.random(in: 0..<22, using: &rng) {
    case 0, 1, 2, 3: return comparison(nil)
    case 4:
      note("between")
      return node(.between(numeric(nil, 1), low: constant(), high: constant()))
    case 5: return oneOf(nil)
    case 6: return text(nil)
    case 7: return missing(nil)
    case 8: return within(nil)
    case 9:
      note("anniversary")
      return node(
        .anniversary(date(nil), withinDays: rng.pick([0, 1, 7, 30, 366])))
    case 10:
      note("exists")
      return node(.exists(source(window: true)))
    case 11: return held()
    case 12, 13: return sequence()
    case 14:
      note("firstTime")
      return node(.firstTime(source(window: false), streamWindow()))
    case 15:
      note("stopped")
      return node(.stopped(source(window: false), span()))
    case 16:
      note("resumed")
      return node(.resumed(source(window: false), gap: span(), streamWindow()))
    case 17:
      note("regularly")
      let of = rng.pick([2, 3, 4, 12, 70])
      return node(
        .regularly(
          source(window: false), atLeast: Int.random(in: 1...min(of, 3), using: &rng), of: of,
          rng.pick(Unit.allCases)))
    case 18: return rank()
    case 19, 20: return membership()
    default:
      note("flag")
      return rng.chance(0.5) ? name("opted_in") : node(.literal(.boolean(rng.chance(0.5))))
    }
  }

  private mutating func comparison(_ row: StreamDefinition?) -> Expression {
    note("comparison")
    let operation = rng.pick(ComparisonOperator.allCases)
    switch Int.random(in: 0..<7, using: &rng) {
    case 0, 1, 2: return node(.comparison(operation, numeric(row, 2), constant()))
    case 3: return node(.comparison(operation, numeric(row, 1), numeric(row, 1)))
    case 4: return node(.comparison(operation, temporal(row), temporal(row)))
    case 5:
      return node(
        .comparison(rng.pick([.equal, .notEqual]), textual(row), textual(row, literal: true)))
    default:
      return node(
        .comparison(
          rng.pick([.equal, .notEqual]), name("opted_in"), node(.literal(.boolean(rng.chance(0.5))))
        ))
    }
  }

  private mutating func oneOf(_ row: StreamDefinition?) -> Expression {
    note("oneOf")
    switch Int.random(in: 0..<3, using: &rng) {
    case 0: return node(.oneOf(numeric(row, 1), (0..<3).map { _ in constant() }))
    case 1 where row == nil:
      return node(.oneOf(name("tags"), (0..<3).map { _ in textual(nil, literal: true) }))
    default: return node(.oneOf(textual(row), (0..<3).map { _ in textual(nil, literal: true) }))
    }
  }

  static let patterns = ["e", "Évr", "eb", "ST", "'", "%", "citron", "saint etienne", "לו", "a%b"]

  private mutating func text(_ row: StreamDefinition?) -> Expression {
    note("text")
    let operation = rng.pick(TextOperator.allCases)
    let value = row == nil && rng.chance(0.3) ? name("tags") : textual(row)
    let pattern =
      operation == .matches
      ? rng.pick(["^w.b$", "[éÉ]", "a|o", "(ab)*c+", "\\d", "^$"]) : rng.pick(Self.patterns)
    return node(.text(operation, value, node(.literal(.text(pattern)))))
  }

  private mutating func missing(_ row: StreamDefinition?) -> Expression {
    note("missing")
    switch Int.random(in: 0..<4, using: &rng) {
    case 0: return node(.missing(numeric(row, 1)))
    case 1: return node(.missing(temporal(row)))
    case 2 where row == nil: return node(.missing(name("tags")))
    default: return node(.missing(textual(row)))
    }
  }

  private mutating func within(_ row: StreamDefinition?) -> Expression {
    note("within")
    return node(.within(temporal(row), valueWindow()))
  }

  private mutating func held() -> Expression {
    note("held")
    func simple(_ generator: inout RandomRules) -> Expression {
      switch Int.random(in: 0..<6, using: &generator.rng) {
      case 0:
        return generator.node(
          .comparison(
            generator.rng.pick([.equal, .notEqual]), generator.name("status"),
            generator.node(.literal(.text("gold")))))
      case 1: return generator.node(.missing(generator.name("city")))
      case 2:
        return generator.node(
          .comparison(
            generator.rng.pick(ComparisonOperator.allCases), generator.name("visits"),
            generator.plainConstant()))
      case 3: return generator.name("opted_in")
      case 4:
        return generator.node(
          .comparison(
            .greater, generator.name("limit_amount"),
            generator.node(.arithmetic(.multiply, generator.name("factor"), generator.number("2"))))
        )
      default:
        return generator.node(
          .oneOf(generator.name("tags"), [generator.node(.literal(.text("web")))]))
      }
    }
    var inner = simple(&self)
    if rng.chance(0.4) { inner = node(.any([inner, node(.not(simple(&self)))])) }
    return node(.held(inner, span()))
  }

  private mutating func sequence() -> Expression {
    note("sequence")
    var steps: [Sequence.Step] = []
    let count = rng.pick([1, 1, 2, 3])
    for index in 0..<count {
      let within = Span(
        rng.pick([1, 2, 3, 30, 90]), rng.pick([.minutes, .hours, .days, .weeks, .days]))
      steps.append(
        Sequence.Step(
          source(window: false), within: within, isAbsent: index == count - 1 && rng.chance(0.4)))
    }
    return node(
      .sequence(
        Sequence(source(window: false), steps, window: rng.chance(0.5) ? streamWindow() : nil)))
  }

  private mutating func rank() -> Expression {
    note("rank")
    let size: Rank.Size =
      rng.chance(0.5)
      ? .percent(SQLDecimal(rng.pick(["10", "33.3", "50", "100"])) ?? .zero)
      : .customers(rng.pick([1, 5, 50]))
    let value = rng.chance(0.8) ? numeric(nil, 1) : temporal(nil)
    return node(
      .rank(
        Rank(
          rng.pick([.top, .bottom]), size, by: value,
          in: segments.isEmpty || rng.chance(0.6) ? nil : rng.pick(segments))))
  }

  private mutating func membership() -> Expression {
    guard !segments.isEmpty else { return comparison(nil) }
    note("membership")
    let segment = rng.pick(segments)
    switch Int.random(in: 0..<4, using: &rng) {
    case 0: return node(.member(segment))
    case 1: return node(.entered(segment, streamWindow()))
    case 2: return node(.left(segment, streamWindow()))
    default:
      return node(.memberOn(segment, today.adding(days: rng.pick([-400, -60, -30, -1, 0, 3]))))
    }
  }

  // MARK: Values

  mutating func constant() -> Expression {
    note("constant")
    let numbers = ["0", "1", "2", "3", "5", "12", "30", "0.25", "99.9999", "250", "-1", "100000"]
    switch Int.random(in: 0..<8, using: &rng) {
    case 0: return node(.literal(.percent(SQLDecimal(rng.pick(["30", "50", "12.5"])) ?? .zero)))
    case 1, 2:
      return node(.literal(.money(Money(SQLDecimal(rng.pick(numbers)) ?? .zero, .euro))))
    case 3: return node(.literal(.span(Span(rng.pick([1, 7, 30]), rng.pick([.days, .weeks])))))
    case 4 where rng.chance(0.3):
      note("population")
      let function: PopulationStatistic.Function = rng.pick([
        .median, .average, .percentile(SQLDecimal("90") ?? .zero),
        .percentile(SQLDecimal("12.5") ?? .zero),
      ])
      return node(
        .population(
          PopulationStatistic(
            function, of: numeric(nil, 0),
            in: segments.isEmpty || rng.chance(0.6) ? nil : rng.pick(segments))))
    default: return number(rng.pick(numbers))
    }
  }

  /// Not a number of all customers, which has no history.
  private mutating func plainConstant() -> Expression {
    let constant = constant()
    if case .population = constant.form { return number("3") }
    return constant
  }

  mutating func numeric(_ row: StreamDefinition?, _ depth: Int) -> Expression {
    if depth > 0, rng.chance(0.35) {
      note("arithmetic")
      let left = numeric(row, depth - 1)
      if rng.chance(0.1) { return node(.negative(left)) }
      let right =
        rng.chance(0.5) ? number(rng.pick(["2", "0.7", "-3", "0"])) : numeric(row, depth - 1)
      return node(.arithmetic(rng.pick(ArithmeticOperator.allCases), left, right))
    }
    if let row {
      let fields = row.fields.filter {
        $0.type.kind == .integer && ![.boolean, .instant, .date].contains($0.type)
      }
      if rng.chance(0.15) { return name(rng.pick(["weekday", "hour", "month"])) }
      if rng.chance(0.1) { return node(.daysSince(name("at"))) }
      if rng.chance(0.15) { return name(rng.pick(["average_basket", "visits", "order_count"])) }
      return fields.isEmpty ? name("hour") : name(rng.pick(fields).id)
    }
    switch Int.random(in: 0..<12, using: &rng) {
    case 0: return name(rng.pick(["visits", "commute", "limit_amount", "factor"]))
    case 1: return name(rng.pick(["score", "return_share"]))
    case 2:
      return name(
        rng.pick(["order_count", "average_basket", "revenue", "days_since_last_purchase"]))
    case 3:
      note("daysSince")
      return node(.daysSince(temporal(nil)))
    case 4:
      note("yearsSince")
      return node(.yearsSince(temporal(nil)))
    case 5:
      note("objects")
      return objects()
    default: return aggregate()
    }
  }

  private mutating func objects() -> Expression {
    func filter(_ generator: inout RandomRules) -> Expression? {
      switch Int.random(in: 0..<4, using: &generator.rng) {
      case 0: return nil
      case 1:
        return generator.node(
          .comparison(
            .less, generator.node(.yearsSince(generator.name("born"))), generator.number("18")))
      case 2:
        return generator.node(
          .comparison(.greater, generator.name("allowance"), generator.name("limit_amount")))
      default:
        return generator.node(
          .all([
            generator.node(
              .comparison(.equal, generator.name("name"), generator.node(.literal(.text("Évry"))))),
            generator.node(.not(generator.node(.missing(generator.name("weight"))))),
          ]))
      }
    }
    let condition = filter(&self)
    switch Int.random(in: 0..<3, using: &rng) {
    case 0: return node(.aggregate(Aggregate(.count, Source("children", filter: condition))))
    case 1:
      return node(
        .aggregate(
          Aggregate(
            rng.pick([.sum, .average, .min, .max]), Source("children", filter: condition),
            value: name(rng.pick(["allowance", "weight"])))))
    default:
      return node(
        .aggregate(Aggregate(.distinct, Source("children", filter: condition), value: name("name")))
      )
    }
  }

  private mutating func aggregate() -> Expression {
    let source = source(window: true)
    guard let stream = StreamCatalogue.canonical[source.collection] else { return number("1") }
    let function = rng.pick(AggregateFunction.allCases)
    note("aggregate \(function.rawValue)")
    switch function {
    case .count, .daysSinceFirst, .daysSinceLast:
      return node(.aggregate(Aggregate(function, source)))
    case .distinct:
      let value = rng.chance(0.5) ? textual(stream) : numeric(stream, 0)
      return node(.aggregate(Aggregate(function, source, value: value)))
    case .favourite:
      note("favourite")
      let weight = rng.chance(0.5) ? numeric(stream, 0) : nil
      return node(
        .aggregate(Aggregate(function, source, value: numeric(stream, 0), weight: weight)))
    default:
      return node(.aggregate(Aggregate(function, source, value: numeric(stream, 1))))
    }
  }

  mutating func temporal(_ row: StreamDefinition?) -> Expression {
    if rng.chance(0.2) { return rng.chance(0.5) ? date(row) : moment() }
    if let row {
      let fields = row.fields.filter { $0.type == .instant }.map(\.id) + ["at", "date"]
      return name(rng.pick(fields))
    }
    switch Int.random(in: 0..<6, using: &rng) {
    case 0: return name("birth_date")
    case 1, 2: return name("signed_up")
    case 3: return name("last_purchase")
    case 4:
      note("temporal aggregate")
      return node(
        .aggregate(
          Aggregate(
            rng.pick([.min, .max, .first, .last, .favourite]), source(window: true),
            value: name(rng.pick(["at", "date"])))))
    default:
      note("shifted time")
      let span = rng.chance(0.5) ? span() : Span(3, .hours)
      return node(
        .arithmetic(
          rng.pick([.add, .subtract]), name(rng.pick(["birth_date", "signed_up"])),
          node(.literal(.span(span)))))
    }
  }

  private mutating func date(_ row: StreamDefinition?) -> Expression {
    rng.pick([
      name(row == nil ? "birth_date" : "date"), node(.today),
      node(.literal(.date(today.adding(days: rng.pick([-30, 0, 1, -400]))))),
    ])
  }

  private mutating func moment() -> Expression {
    note("moment")
    let span = span()
    return rng.pick([node(.now), node(.ago(span)), node(.fromNow(span))])
  }

  mutating func textual(_ row: StreamDefinition?, literal: Bool = false) -> Expression {
    if literal { return node(.literal(.text(rng.pick(RandomCustomers.texts)))) }
    if let row {
      let fields = row.fields.filter { $0.type == .text }.map(\.id)
      return name(rng.chance(0.1) || fields.isEmpty ? "source" : rng.pick(fields))
    }
    switch Int.random(in: 0..<4, using: &rng) {
    case 0: return name("status")
    case 1: return name("city")
    default:
      note("text aggregate")
      let source = source(window: true)
      guard let stream = StreamCatalogue.canonical[source.collection] else { return name("city") }
      let function = rng.pick([AggregateFunction.first, .last, .favourite])
      let weight = function == .favourite && rng.chance(0.5) ? numeric(stream, 0) : nil
      return node(
        .aggregate(Aggregate(function, source, value: textual(stream), weight: weight)))
    }
  }

  // MARK: Rows and windows

  mutating func source(window: Bool) -> Source {
    let id = rng.pick(TestSchema.streams)
    guard let stream = StreamCatalogue.canonical[id] else { return Source(id) }
    var filter: Expression?
    if rng.chance(0.6) {
      filter = rowCondition(stream)
      if rng.chance(0.2), let first = filter {
        filter = node(.any([first, node(.not(rowCondition(stream)))]))
      }
    }
    return Source(id, filter: filter, window: window && rng.chance(0.7) ? streamWindow() : nil)
  }

  private mutating func rowCondition(_ stream: StreamDefinition) -> Expression {
    note("filter")
    switch Int.random(in: 0..<7, using: &rng) {
    case 0, 1: return comparison(stream)
    case 2: return oneOf(stream)
    case 3: return missing(stream)
    case 4: return within(stream)
    case 5: return text(stream)
    default:
      return node(
        .comparison(.equal, textual(stream), node(.literal(.text(rng.pick(RandomCustomers.texts)))))
      )
    }
  }

  mutating func span() -> Span {
    let unit = rng.pick(Unit.allCases)
    return Span(
      unit == .years ? 1 : unit == .quarters ? rng.pick([1, 2]) : rng.pick([1, 2, 3, 7, 30]), unit)
  }

  mutating func streamWindow() -> Window {
    switch Int.random(in: 0..<8, using: &rng) {
    case 0, 1, 2: return .last(span())
    case 3:
      let unit = rng.pick(Unit.allCases)
      return .between(from: Span(rng.pick([2, 3, 6]), unit), to: Span(1, unit))
    case 4, 5: return .period(rng.pick(Period.allCases), offset: rng.pick([0, -1, -2]))
    case 6:
      return rng.chance(0.5) ? .since(today.adding(days: -45)) : .before(today.adding(days: -20))
    default: return .days(today.adding(days: -60), today.adding(days: rng.pick([-30, 0, 2])))
    }
  }

  private mutating func valueWindow() -> Window {
    switch Int.random(in: 0..<4, using: &rng) {
    case 0: return .next(span())
    case 1: return .period(rng.pick(Period.allCases), offset: rng.pick([0, 1, 2, -1]))
    default: return streamWindow()
    }
  }
}
