import CustomerSchema
import SQLBuilder

@testable import SegmentLanguage

/// A reproducible source of random numbers (SplitMix64).
struct Seeded: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: Int) { state = UInt64(bitPattern: Int64(seed)) &* 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
  mutating func one<T>(of items: [T]) -> T { items[int(0...items.count - 1)] }
  mutating func happens(_ percent: Int) -> Bool { int(1...100) <= percent }
}

/// Random trees of every form, whether they mean something or not.
struct TreeGenerator {
  var random: Seeded

  init(_ seed: Int) { random = Seeded(seed) }

  static let names = [
    "revenue", "orders", "month", "day", "left", "top", "count", "segment", "and", "last", "No",
    "Chiffre d’affaires", "naïve", "名前", "a`b", "🙂", "مرحبا", "1st", "'; DROP TABLE customer;--",
  ]
  static let texts = [
    "", "gold", "a \"b\" c", "«é»", "100%_", "'; DROP TABLE x; --", "🙂👩‍👩‍👧", "שלום", "tab\tand\nline",
    "# no comment", "\\d+(", "”", "e\u{301}x", "\u{202E}rtl", "\"\u{301}",
  ]

  private static let forms = 31

  mutating func expression(_ depth: Int) -> Expression {
    guard depth > 0 else { return leaf() }
    let d = depth - 1
    return Expression(form(random.int(0...Self.forms), d))
  }

  private mutating func form(_ index: Int, _ d: Int) -> Expression.Form {
    switch index {
    case 0, 1: .all(expressions(2...4, d))
    case 2, 3: .any(expressions(2...4, d))
    case 4, 5: .not(expression(d))
    case 6, 7:
      .comparison(random.one(of: ComparisonOperator.allCases), expression(d), expression(d))
    case 8: .between(expression(d), low: expression(d), high: expression(d))
    case 9: .oneOf(expression(d), expressions(1...3, d))
    case 10, 11: .text(random.one(of: TextOperator.allCases), expression(d), expression(d))
    case 12: .missing(expression(d))
    case 13, 14: .within(expression(d), window())
    case 15: .anniversary(expression(d), withinDays: random.int(0...400))
    case 16: .exists(source(d, hasWindow: true))
    case 17: .held(expression(d), span())
    case 18: .sequence(sequence(d))
    case 19: .firstTime(source(d), window())
    case 20: .stopped(source(d), span())
    case 21: .resumed(source(d), gap: span(), window())
    case 22:
      .regularly(
        source(d), atLeast: random.int(0...9), of: random.int(1...12),
        random.one(of: Unit.allCases))
    case 23: .rank(rank(d))
    case 24: .negative(expression(d))
    case 25, 26:
      .arithmetic(random.one(of: ArithmeticOperator.allCases), expression(d), expression(d))
    case 27: random.happens(50) ? .daysSince(expression(d)) : .yearsSince(expression(d))
    case 28, 29: .aggregate(aggregate(d))
    case 30: .population(statistic(d))
    default: leaf().form
    }
  }

  private mutating func expressions(_ count: ClosedRange<Int>, _ depth: Int) -> [Expression] {
    (0..<random.int(count)).map { _ in expression(depth) }
  }

  private mutating func leaf() -> Expression {
    let segment = random.one(of: Self.texts)
    let form: Expression.Form =
      switch random.int(0...12) {
      case 0: .parameter(random.one(of: Self.names))
      case 1: .now
      case 2: .today
      case 3: .ago(span())
      case 4: .fromNow(span())
      case 5: .member(segment)
      case 6: .entered(segment, window())
      case 7: .left(segment, window())
      case 8: .memberOn(segment, date())
      case 9, 10: .name(random.one(of: Self.names))
      default: .literal(literal())
      }
    return Expression(form)
  }

  mutating func literal() -> Literal {
    switch random.int(0...8) {
    case 0, 1: .number(decimal())
    case 2: .percent(decimal())
    case 3:
      .money(
        Money(
          SQLDecimal(units: Int128(random.int(-10_000_000...10_000_000)), scale: 4),
          CurrencyCode(rawValue: random.one(of: ["EUR", "USD", "GBP", "XXX"]))!))
    case 4: .text(random.one(of: Self.texts))
    case 5: .boolean(random.happens(50))
    case 6: .date(date())
    case 7: .instant(Int64(random.int(-62_135_596_800_000_000...253_402_300_799_999_999)))
    default: .span(span())
    }
  }

  private mutating func decimal() -> SQLDecimal {
    switch random.int(0...3) {
    case 0: SQLDecimal(units: Int128(random.int(-5...200)), scale: 0)
    case 1: SQLDecimal(units: Int128(random.int(-99_999...99_999)), scale: 2)
    case 2: SQLDecimal(units: Int128(Int64.max), scale: 0)
    default: SQLDecimal(units: Int128(random.int(1...999)), scale: 18)
    }
  }

  mutating func date() -> LocalDate {
    LocalDate(daysSinceEpoch: Int32(random.int(-719_162...2_932_896)))
  }

  mutating func span() -> Span { Span(random.int(1...400), random.one(of: Unit.allCases)) }

  mutating func window() -> Window {
    switch random.int(0...7) {
    case 0, 1: return .last(span())
    case 2:
      let units: [Unit] =
        random.happens(50)
        ? [.minutes, .hours, .days, .weeks] : [.calendarDays, .months, .quarters, .years]
      return .between(
        from: Span(random.int(1...99), random.one(of: units)),
        to: Span(random.int(1...99), random.one(of: units)))
    case 3: return .next(span())
    case 4: return .since(date())
    case 5: return .before(date())
    case 6: return .days(date(), date())
    default:
      return .period(random.one(of: Period.allCases), offset: random.int(-4...4))
    }
  }

  mutating func source(_ depth: Int, hasWindow: Bool = false) -> Source {
    Source(
      random.one(of: Self.names), filter: random.happens(50) ? expression(depth) : nil,
      window: hasWindow && random.happens(50) ? window() : nil)
  }

  private mutating func aggregate(_ depth: Int) -> Aggregate {
    let function = random.one(of: AggregateFunction.allCases)
    var value: Expression?
    if function.takesValue {
      value = random.happens(60) ? Expression(.name("amount")) : expression(depth)
    }
    let weight = function == .favourite && random.happens(50) ? expression(depth) : nil
    return Aggregate(function, source(depth, hasWindow: true), value: value, weight: weight)
  }

  private mutating func sequence(_ depth: Int) -> Sequence {
    let steps = (0..<random.int(1...3)).map { _ in
      Sequence.Step(source(depth), within: span(), isAbsent: random.happens(30))
    }
    return Sequence(source(depth), steps, window: random.happens(50) ? window() : nil)
  }

  private mutating func rank(_ depth: Int) -> Rank {
    Rank(
      random.happens(50) ? .top : .bottom,
      random.happens(50)
        ? .percent(SQLDecimal(units: Int128(random.int(0...1000)), scale: 1))
        : .customers(random.int(1...1000)), by: expression(depth),
      in: random.happens(30) ? random.one(of: Self.texts) : nil)
  }

  private mutating func statistic(_ depth: Int) -> PopulationStatistic {
    let function: PopulationStatistic.Function =
      switch random.int(0...2) {
      case 0: .median
      case 1: .average
      default: .percentile(SQLDecimal(units: Int128(random.int(0...1000)), scale: 1))
      }
    return PopulationStatistic(
      function, of: expression(depth), in: random.happens(30) ? random.one(of: Self.texts) : nil)
  }
}
