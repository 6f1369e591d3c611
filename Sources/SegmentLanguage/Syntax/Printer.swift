internal import CustomerSchema
internal import SQLBuilder

extension Expression {
  /// The rule in its canonical text: one line, lower-case keywords, parentheses where the order of
  /// operations or a reader needs them. Reading it gives this same tree again.
  package var text: String {
    var printer = Printer()
    printer.write(self, .condition)
    return printer.output
  }
}

private struct Printer {
  var output = ""

  /// How tightly a form holds together; what is looser than its place gets parentheses.
  enum Level: Int {
    case condition, conjunction, negation, held, test, sum, product, sign, primary
  }

  mutating func write(_ expression: Expression, _ least: Level) {
    let level = level(expression)
    guard level.rawValue < least.rawValue else { return write(expression.form) }
    output += "("
    write(expression.form)
    output += ")"
  }

  private func level(_ expression: Expression) -> Level {
    switch expression.form {
    case .any: .condition
    case .all: .conjunction
    case .not(let inner): Self.hasNegatedTest(inner) ? .test : .negation
    case .held: .held
    case .comparison, .between, .oneOf, .text, .missing, .within, .anniversary, .rank, .member,
      .entered, .left, .memberOn:
      .test
    case .arithmetic(.add, _, _), .arithmetic(.subtract, _, _): .sum
    case .arithmetic: .product
    case .negative: .sign
    case .literal(let literal): literal.isNegative ? .sign : .primary
    case .name, .parameter, .now, .today, .ago, .fromNow, .daysSince, .yearsSince, .aggregate,
      .population, .exists, .sequence, .firstTime, .stopped, .resumed, .regularly:
      .primary
    }
  }

  /// Whether «not» goes inside: `x not in ("a")`.
  private static func hasNegatedTest(_ inner: Expression) -> Bool {
    switch inner.form {
    case .between, .oneOf, .text, .missing: true
    case .within(_, let window): window.takesIn
    default: false
    }
  }

  private mutating func write(_ form: Expression.Form) {
    switch form {
    case .literal(let literal): output += literal.written
    case .name(let name): output += Self.name(name)
    case .parameter(let name): output += "$" + (Words.isBare(name) ? name : Self.quoted(name))
    case .now: output += "now"
    case .today: output += "today"
    case .ago(let span): output += span.written + " ago"
    case .fromNow(let span): output += span.written + " from now"
    case .negative(let value):
      output += "-"
      // `-4` would read as the number.
      if case .literal(let literal) = value.form, literal.negated != nil {
        output += "(" + literal.written + ")"
      } else {
        write(value, .sign)
      }
    case .arithmetic(let operation, let left, let right):
      let level: Level = operation == .add || operation == .subtract ? .sum : .product
      write(left, level)
      output += " " + operation.rawValue + " "
      write(right, level == .sum ? .product : .sign)
    case .daysSince(let value): call("days_since") { $0.write(value, .condition) }
    case .yearsSince(let value): call("years_since") { $0.write(value, .condition) }
    case .aggregate(let aggregate):
      call(aggregate.function.rawValue) {
        $0.write(aggregate.source, aggregate.value, by: aggregate.weight)
      }
    case .population(let statistic): write(statistic)
    default: writeCondition(form)
    }
  }

  private mutating func writeCondition(_ form: Expression.Form) {
    switch form {
    case .all(let parts): join(parts, " and ")
    case .any(let parts): join(parts, " or ")
    case .not(let inner):
      if Self.hasNegatedTest(inner) {
        writeTest(inner.form, isNegated: true)
      } else {
        output += "not "
        write(inner, .negation)
      }
    case .exists(let source): call("any") { $0.write(source) }
    case .held(let inner, let span):
      write(inner, .test)
      output += " for at least " + span.written
    case .sequence(let sequence): call("sequence") { $0.write(sequence) }
    case .firstTime(let source, let window):
      call("first_time") {
        $0.write(source)
        $0.output += ", " + window.written
      }
    case .stopped(let source, let span):
      call("stopped") {
        $0.write(source)
        $0.output += ", for " + span.written
      }
    case .resumed(let source, let gap, let window):
      call("resumed") {
        $0.write(source)
        $0.output += ", after " + gap.written + ", " + window.written
      }
    case .regularly(let source, let atLeast, let count, let unit):
      call("regularly") {
        $0.write(source)
        $0.output += ", in at least \(atLeast) of last " + Span(count, unit).written
      }
    case .rank(let rank): write(rank)
    case .member(let segment): output += "member of " + Literal.quoted(segment)
    case .entered(let segment, let window):
      output += "entered " + Literal.quoted(segment) + window.asTest
    case .left(let segment, let window):
      output += "left " + Literal.quoted(segment) + window.asTest
    case .memberOn(let segment, let date):
      output += "member of " + Literal.quoted(segment) + " on \(date)"
    case .anniversary(let value, let days):
      call("anniversary") { $0.write(value, .condition) }
      output += " within \(days) \(Unit.days.written(days))"
    default: writeTest(form, isNegated: false)
    }
  }

  private mutating func writeTest(_ form: Expression.Form, isNegated: Bool) {
    let not = isNegated ? "not " : ""
    switch form {
    case .comparison(let operation, let left, let right):
      write(left, .sum)
      output += " " + operation.rawValue + " "
      write(right, .sum)
    case .between(let value, let low, let high):
      write(value, .sum)
      output += " \(not)between "
      write(low, .sum)
      output += " and "
      write(high, .sum)
    case .oneOf(let value, let items):
      write(value, .sum)
      output += " \(not)in ("
      for (index, item) in items.enumerated() {
        if index > 0 { output += ", " }
        write(item, .sum)
      }
      output += ")"
    case .text(let operation, let value, let pattern):
      write(value, .sum)
      output += operation == .isLike ? " is \(not)like " : " \(not)\(operation.rawValue) "
      write(pattern, .sum)
    case .missing(let value):
      write(value, .sum)
      output += " is \(not)missing"
    case .within(let value, let window):
      write(value, .sum)
      output += isNegated ? " not in " + window.written : window.asTest
    default: preconditionFailure("a form that has no printer")
    }
  }

  private mutating func join(_ parts: [Expression], _ word: String) {
    for (index, part) in parts.enumerated() {
      if index > 0 { output += word }
      // Groups inside a group are always in parentheses, for readers.
      write(part, .negation)
    }
  }

  private mutating func call(_ name: String, _ content: (inout Printer) -> Void) {
    output += name + "("
    content(&self)
    output += ")"
  }

  private mutating func write(
    _ source: Source, _ value: Expression? = nil, by weight: Expression? = nil
  ) {
    output += Self.name(source.collection)
    if let value {
      output += "."
      if case .name(let name) = value.form {
        output += Self.name(name)
      } else {
        output += "("
        write(value, .condition)
        output += ")"
      }
    }
    if let weight {
      output += " by "
      write(weight, .sum)
    }
    if let filter = source.filter {
      output += " where "
      write(filter, .condition)
    }
    if let window = source.window { output += ", " + window.written }
  }

  private mutating func write(_ sequence: Sequence) {
    write(sequence.first)
    for step in sequence.steps {
      output += step.isAbsent ? " then no " : " then "
      write(step.source)
      output += " within " + step.within.written
    }
    if let window = sequence.window { output += ", " + window.written }
  }

  private mutating func write(_ rank: Rank) {
    output += rank.direction.rawValue + " "
    switch rank.size {
    case .percent(let percent): output += percent.plain + "%"
    case .customers(let count): output += String(count)
    }
    output += " by "
    write(rank.value, .sum)
    if let segment = rank.segment { output += " in segment " + Literal.quoted(segment) }
  }

  private mutating func write(_ statistic: PopulationStatistic) {
    let name =
      switch statistic.function {
      case .median: "median"
      case .average: "average"
      case .percentile: "percentile"
      }
    call(name) {
      $0.write(statistic.value, .sum)
      if let segment = statistic.segment { $0.output += " in segment " + Literal.quoted(segment) }
      if case .percentile(let percent) = statistic.function { $0.output += ", \(percent.plain)%" }
    }
  }

  private static func name(_ name: String) -> String {
    Words.isBare(name) ? name : quoted(name)
  }

  private static func quoted(_ name: String) -> String {
    "`" + doubled(name, "`") + "`"
  }
}

/// The text with every `mark` doubled; by scalars, for a combining letter may hide the mark.
private func doubled(_ text: String, _ mark: Unicode.Scalar) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    result.append(scalar)
    if scalar == mark { result.append(mark) }
  }
  return String(result)
}

extension Literal {
  static func quoted(_ text: String) -> String { "\"" + doubled(text, "\"") + "\"" }

  var isNegative: Bool {
    switch self {
    case .number(let number), .percent(let number): number.units < 0
    case .money(let money): money.amount.units < 0
    default: false
    }
  }

  /// As rules write it.
  package var written: String {
    switch self {
    case .number(let number): number.plain
    case .percent(let number): number.plain + "%"
    case .money(let money): money.amount.plain + " " + money.currency.rawValue
    case .text(let text): Self.quoted(text)
    case .boolean(let truth): truth ? "true" : "false"
    case .date(let date): date.description
    case .instant(let instant): Self.iso(instant)
    case .span(let span): span.written
    }
  }

  /// `2024-02-29T12:30:00.5Z`.
  static func iso(_ microseconds: Int64) -> String {
    let perDay: Int64 = 86_400_000_000
    let day = microseconds.quotientAndFloor(perDay)
    let date = LocalDate(daysSinceEpoch: Int32(day.quotient))
    let seconds = SQLDecimal(units: Int128(day.remainder % 60_000_000), scale: 6).plain
    let minutes = day.remainder / 60_000_000
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let isPadded = seconds.prefix { $0 != "." }.count < 2
    return "\(date)T\(two(minutes / 60)):\(two(minutes % 60)):\(isPadded ? "0" : "")\(seconds)Z"
  }
}

extension Int64 {
  fileprivate func quotientAndFloor(_ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

extension SQLDecimal {
  /// Without zeros at its end.
  var plain: String {
    guard scale > 0 else { return description }
    let text = description.reversed().drop { $0 == "0" }
    return String((text.first == "." ? text.dropFirst() : text).reversed())
  }
}

extension Span {
  package var written: String { "\(count) \(unit.written(count))" }
}

extension Window {
  /// Whether it follows a value with «in».
  var takesIn: Bool {
    switch self {
    case .last, .next: true
    case .period(let period, let offset): period != .day || abs(offset) > 1
    case .between, .since, .before, .days: false
    }
  }

  /// After a value: ` in last 30 days`, ` since 2024-01-01`.
  var asTest: String { takesIn ? " in " + written : " " + written }

  package var written: String {
    switch self {
    case .last(let span): return "last " + span.written
    case .next(let span): return "next " + span.written
    case .between(let from, let to): return "from \(from.written) ago to \(to.written) ago"
    case .since(let date): return "since \(date)"
    case .before(let date): return "before \(date)"
    case .days(let first, let last): return "from \(first) to \(last)"
    case .period(let period, let offset):
      switch (period, offset) {
      case (.day, 0): return "today"
      case (.day, -1): return "yesterday"
      case (.day, 1): return "tomorrow"
      case (_, 0): return "this \(period.rawValue)"
      case (_, -1): return "last \(period.rawValue)"
      case (_, 1): return "next \(period.rawValue)"
      default:
        let base = period == .day ? "today" : "this \(period.rawValue)"
        let sign = offset < 0 ? "-" : "+"
        return "\(base) \(sign) \(Span(abs(offset), period.unit).written)"
      }
    }
  }
}
