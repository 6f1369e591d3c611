import CustomerSchema
import SQLBuilder
import Testing
import Warehouse

@testable import SegmentLanguage

/// One customer, told by hand: agreement of two wrongs would be no proof.
///
/// As of Sunday 2024-03-31 12:00 in Paris, ten hours after clocks went from 2:00 to 3:00.
@Suite struct `Answers worked out by hand` {
  private static let day: Int64 = 86_400_000_000
  private static let asOf: Int64 = 1_711_879_200_000_000

  /// Orders: 100.00 web at exactly 30 days before, 50.50 shop 10 days before, 200.00 web a year
  /// and a day before; a return of 20.00 5 days before. Events: cart 3 days before, login 2 days
  /// and 1 hour before, buy 1 day before. An order of 999.00 comes tomorrow.
  private static func customer(_ clock: WorkspaceClock) -> TestCustomer {
    func row(_ stream: String, _ at: Int64, _ key: String, _ values: [String: RecordValue])
      -> TestCustomer.Row
    {
      TestCustomer.Row(
        stream: stream, instant: at, local: clock.local(at: at), source: "shop", key: key,
        values: values)
    }
    func order(_ days: Int64, _ units: Int64, _ channel: String) -> TestCustomer.Row {
      row(
        "orders", asOf - days * day, "o\(days)",
        ["amount": .integer(units), "channel": .text(channel)])
    }
    func event(_ before: Int64, _ name: String) -> TestCustomer.Row {
      row("events", asOf - before, name, ["name": .text(name), "page": .text("/promo/Été")])
    }
    var customer = TestCustomer(id: 1)
    customer.rows = [
      order(30, 1_000_000, "web"), order(10, 505_000, "shop"), order(367, 2_000_000, "web"),
      order(-1, 9_990_000, "app"),
      row("returns", asOf - 5 * day, "r", ["amount": .integer(200_000)]),
      event(3 * day, "cart"), event(2 * day + 3_600_000_000, "login"), event(day, "buy"),
    ]
    // Born on a leap day; gold for 20 days, silver before; asked for nothing.
    customer.sayings = [
      .init(attribute: "birth_date", start: .min, value: .integer(11_016)),
      .init(attribute: "status", start: asOf - 100 * day, value: .text("silver")),
      .init(attribute: "status", start: asOf - 20 * day, value: .text("gold")),
      .init(attribute: "city", start: .min, value: .text("Saint-Étienne")),
      .init(attribute: "tags", start: .min, value: .list(["VIP", "presse"])),
      .init(attribute: "visits", start: .min, value: .integer(7)),
      .init(attribute: "score", start: .min, value: .double(0.25)),
      .init(
        attribute: "children", start: .min,
        value: .objects([
          [.text("Léa"), .integer(16_000), .integer(100_000), .missing],
          [.text("Tom"), .integer(8_000), .integer(50_000), .double(3.5)],
        ])),
    ]
    customer.memberships = [
      MembershipInterval(segment: 1, entered: asOf - 50 * day, left: asOf - 40 * day),
      MembershipInterval(segment: 1, entered: asOf - 8 * day),
    ]
    return customer
  }

  /// A rule, and whether the customer is in.
  private static let cases: [(String, Bool)] = [
    // The order at exactly 30 days is just out of (as_of − 30 d, as_of].
    ("count(orders, last 30 days) = 1", true),
    ("count(orders, last 721 hours) = 2", true),
    // By the calendar: local dates after 2024-02-29 (31 March minus a month, clamped).
    ("count(orders, last 1 month) = 2", true),
    ("count(orders) = 3", true),
    ("sum(orders.amount) = 350.50 EUR", true),
    ("revenue = 330.50 EUR", true),
    ("average(orders.amount) > 116.83 EUR", true),
    ("average(orders.amount) > 116.84 EUR", false),
    ("average(orders.amount) * 3 = 350.50 EUR", true),
    ("max(orders.amount) = 200 EUR", true),
    ("distinct(orders.channel) = 2", true),
    ("first(orders.channel) = \"web\" and last(orders.channel) = \"shop\"", true),
    ("days_since_last(orders) = 10", true),
    ("days_since_first(orders) = 367", true),
    (
      "sum(orders.amount, last 90 days) < 70% * sum(orders.amount, from 400 days ago to 90 days ago)",
      false
    ),
    ("sum(tickets.satisfaction) = 0", true),
    ("average(tickets.satisfaction) is missing", true),
    ("not average(tickets.satisfaction) > 1", true),
    ("average(tickets.satisfaction) != 1", true),
    ("sum(orders.amount) / count(tickets) is missing", true),
    // 2000-02-29: 24 years and a month.
    ("years_since(birth_date) = 24", true),
    ("anniversary(birth_date) within 333 days", false),
    ("anniversary(birth_date) within 334 days", true),
    ("city is like \"saint etienne\"", true),
    ("city = \"saint-étienne\"", false),
    ("city starts with \"SAINT\" and city ends with \"étienne\"", true),
    ("city matches \"^S.*t-\"", true),
    ("tags in (\"VIP\", \"x\")", true),
    ("tags contains \"press\"", true),
    ("visits between 7 and 9 and visits not in (1, 2)", true),
    ("score < 0.3", true),
    ("status = \"gold\" for at least 20 days", true),
    ("status = \"gold\" for at least 21 days", false),
    ("status != \"none\" for at least 99 days", true),
    // Before the first value it was missing, which is not «silver» either.
    ("status != \"none\" for at least 400 days", true),
    ("any(events where page contains \"ete\")", true),
    ("sequence(events where name = \"cart\" then events where name = \"buy\" within 2 days)", true),
    (
      "sequence(events where name = \"cart\" then events where name = \"buy\" within 47 hours)",
      false
    ),
    (
      "sequence(events where name = \"cart\" then no events where name = \"buy\" within 2 days)",
      false
    ),
    ("sequence(events where name = \"buy\" then no orders within 1 days)", true),
    ("sequence(events where name = \"buy\" then no orders within 2 days)", false),
    ("first_time(orders, last 400 days)", true),
    ("first_time(orders, last 60 days)", false),
    ("stopped(orders, for 10 days)", true),
    ("stopped(orders, for 11 days)", false),
    ("resumed(orders, after 300 days, last 40 days)", true),
    ("resumed(orders, after 300 days, last 20 days)", false),
    // (20, 30] days ago holds no order that is not at its open end; (0, 10] excludes day 10.
    ("regularly(orders, in at least 2 of last 4 weeks)", false),
    ("regularly(orders, in at least 2 of last 2 months)", false),
    ("regularly(orders, in at least 1 of last 1 months)", true),
    ("count(children where years_since(born) < 18) = 1", true),
    ("sum(children.allowance) = 15 EUR", true),
    ("any(children where name = \"Tom\" and weight > 3)", true),
    ("any(children where name = \"Léa\" and weight > 3)", false),
    ("entered \"base\" in last 8 days", false),
    ("entered \"base\" in last 9 days", true),
    ("left \"base\" in last 41 days", true),
    ("left \"base\" in last 40 days", false),
    ("member of \"base\" on 2024-02-15", true),
    ("member of \"base\" on 2024-03-01", false),
    ("member of \"base\"", true),
    // The day of the change has 23 hours.
    ("any(orders where at >= 30 days ago)", true),
    ("count(orders where weekday >= 6) = 0", true),
  ]

  @Test func `of every construct`() async throws {
    let schema = TestSchema.schema(zone: "Europe/Paris")
    let clock = try #require(WorkspaceClock(timeZone: "Europe/Paris"))
    let base = SegmentRule(
      id: 1, name: "base", expression: try Expression.parse("count(orders) > 0"))
    let rules = try Self.cases.enumerated().map { index, known in
      SegmentRule(
        id: Int64(index + 2), name: "r\(index)", expression: try Expression.parse(known.0))
    }
    let program = try SegmentProgram(rules: [base] + rules, schema: schema, clock: clock)
    let customer = Self.customer(clock)
    let warehouse = try await TestWarehouse()
    try await warehouse.load([customer], asOf: Self.asOf)
    let row = try await warehouse.session.row(
      SQLPrinter(program, relations: TestWarehouse.relations).answers(
        asOf: Self.asOf, snapshot: .empty))
    var evaluator = Evaluator(program)
    let answers = evaluator.evaluate(
      customer.record(RecordLayout(program)), asOf: Self.asOf)
    for (index, known) in Self.cases.enumerated() {
      #expect(answers[index + 1].isMember == known.1, "\(known.0)")
      #expect(row[index + 2].bool == known.1, "in SQL: \(known.0)")
    }
  }

  @Test func `until when they hold`() throws {
    let clock = try #require(WorkspaceClock(timeZone: "Europe/Paris"))
    let midnight = Self.asOf + 12 * 3_600_000_000
    let cases: [(String, Int64)] = [
      // Two, until tomorrow's comes.
      ("count(orders, last 60 days) >= 3", Self.asOf + Self.day),
      // The one of 10 days ago leaves as tomorrow's comes, which leaves eleven days later.
      ("any(orders, last 11 days)", Self.asOf + 12 * Self.day),
      ("stopped(orders, for 10 days)", Self.asOf + Self.day),
      ("visits > 3", .max),
      ("days_since(birth_date) > 9000", midnight + Self.day * (9001 - 8798)),
      ("any(events, today)", .max),
      ("any(events, yesterday)", midnight),
      ("status = \"gold\" for at least 21 days", Self.asOf + Self.day),
    ]
    for (text, until) in cases {
      let program = try SegmentProgram(
        rules: [SegmentRule(id: 1, name: "r", expression: try Expression.parse(text))],
        schema: TestSchema.schema(zone: "Europe/Paris"), clock: clock)
      var evaluator = Evaluator(program)
      let record = Self.customer(clock).record(RecordLayout(program))
      let answer = evaluator.evaluate(record, asOf: Self.asOf)[0]
      #expect(answer.validUntil == until, "\(text)")
    }
  }

  @Test func `numbers of all customers`() async throws {
    let clock = try #require(WorkspaceClock(timeZone: "Europe/Paris"))
    let texts = [
      "top 40% by visits", "bottom 1 by visits", "visits > median(visits)",
      "visits >= percentile(visits, 25%)", "visits > average(visits)",
    ]
    let rules = try texts.enumerated().map { index, text in
      SegmentRule(id: Int64(index), name: "r\(index)", expression: try Expression.parse(text))
    }
    let program = try SegmentProgram(
      rules: rules, schema: TestSchema.schema(zone: "Europe/Paris"), clock: clock)
    // 1, 2, 2, 4, 10; one customer without the value.
    let visits: [Int64?] = [1, 2, 2, 4, 10, nil]
    let people = visits.enumerated().map { index, visits in
      var customer = TestCustomer(id: Int64(index + 1))
      customer.sayings = [
        .init(
          attribute: "visits", start: .min,
          value: visits.map { .integer($0) } ?? .missing)
      ]
      return customer
    }
    let warehouse = try await TestWarehouse()
    try await warehouse.load(people, asOf: Self.asOf)
    let printer = SQLPrinter(program, relations: TestWarehouse.relations)
    let sql = try #require(printer.population(level: 0, asOf: Self.asOf, snapshot: .empty))
    var values: [Int: Double] = [:]
    for row in try await warehouse.session.query(sql).rows {
      values[row[0].int ?? -1] = row[1].double
    }
    // 40 % of five is two: the second greatest. Type 7: place 0.25 × 4 = 1, the second least.
    #expect(values == [0: 4, 1: 1, 2: 2, 3: 2, 4: 3.8])
  }
}
