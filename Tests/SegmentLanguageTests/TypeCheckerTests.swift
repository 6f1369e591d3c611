import CustomerSchema
import SQLBuilder
import Testing

@testable import SegmentLanguage

@Suite struct `What rules may mean` {
  static let schema = SegmentSchema.standard(attributes: [
    AttributeDefinition("vip_since", .instant, isOptional: true),
    AttributeDefinition("newsletter", .boolean, isOptional: true),
    AttributeDefinition("churn_probability", .share, isOptional: true),
    AttributeDefinition("score", .number, isOptional: true),
    AttributeDefinition("loyalty", .enumeration(["bronze", "silver", "gold"]), isOptional: true),
  ])

  func check(
    _ text: String, parameters: [String: Literal] = [:]
  ) throws(SegmentLanguageError) -> CheckedRule {
    try TypeChecker(Self.schema, segments: ["vip", "Fidèles"], parameters: parameters)
      .check(try Expression.parse(text))
  }

  func problems(_ text: String, parameters: [String: Literal] = [:]) -> [Problem] {
    do {
      _ = try check(text, parameters: parameters)
      return []
    } catch { return error.diagnostics.filter { $0.severity == .error }.map(\.problem) }
  }

  func warnings(_ text: String) throws -> [Problem] { try check(text).warnings.map(\.problem) }

  static let meaningful = [
    "average_basket > 300 EUR and count(orders, last 12 months) >= 4",
    "return_rate > 30%", "revenue / orders > 20 EUR", "revenue > 70% * median(revenue)",
    "sum(orders.amount, last 90 days) <= 70% * sum(orders.amount, from 180 days ago to 90 days ago)",
    "sum(orders.amount, last 90 days) / sum(orders.amount, from 180 days ago to 90 days ago) < 0.7",
    "age between 18 and 25", "birth_date before 1990-01-01", "signed_up in last 30 days",
    "signed_up > 30 days ago", "vip_since > 2024-01-01T00:00:00Z", "vip_since > 2024-01-01",
    "signed_up + 3 days < today", "today - signed_up > 30 days", "now - 3 hours > vip_since",
    "anniversary(birth_date) within 7 days", "loyalty = \"gold\" for at least 30 days",
    "loyalty != \"gold\"", "loyalty in (\"gold\", \"silver\")", "newsletter", "not newsletter",
    "newsletter = true", "tags contains \"prem\"", "tags in (\"a\", \"b\")", "tags is missing",
    "city is like \"evry\"", "postal_code matches \"^(75|92)\\d{3}$\"",
    "any(children where years_since(birth_date) < 3)", "count(children) >= 2",
    "min(children.birth_date) < 2010-01-01",
    "any(orders where amount > average_basket, last 30 days)",
    "any(orders where weekday in (6, 7) and hour >= 18)",
    "count(tickets where closed_at is missing) > 0",
    "first(orders.channel) = \"web\"", "distinct(order_lines.product, last 1 year) > 5",
    "max(orders.amount) > 500 EUR", "average(survey_answers.score where question = \"nps\") >= 9",
    "sum(orders.(amount + discount)) > 100 EUR", "days_since_last(events) > 30",
    "days_since_last_purchase > 26 weeks", "top 10% by revenue",
    "bottom 5 by days_since_last_purchase in segment \"vip\"",
    "revenue > percentile(revenue in segment \"Fidèles\", 90%)", "member of \"vip\" on 2024-01-01",
    "entered \"vip\" in last 7 days", "not member of \"Fidèles\"",
    "sequence(events where name = \"cart\" then no orders within 3 days, last 10 days)",
    "first_time(orders, last 30 days)", "stopped(orders, for 6 months)",
    "resumed(orders, after 6 months, last 30 days)",
    "regularly(orders, in at least 3 of last 4 months)", "churn_probability >= 0.7",
    "score * 2 - 1 > 0", "any(life_events where kind = \"move\", last 3 months)",
    "first_purchase in this year - 2 years", "last_interaction in last quarter", "true",
  ]

  @Test func `derived attributes have the kinds they say`() throws {
    let checker = TypeChecker(Self.schema)
    for derived in Self.schema.derived {
      #expect(try checker.kind(of: derived.expression) == ValueKind(derived.type), "\(derived.id)")
    }
  }

  @Test(arguments: meaningful)
  func `rules that mean something`(text: String) throws {
    #expect(try check(text).expression.text == text)
  }

  static let wrong: [(String, Problem)] = [
    ("averag_basket > 3 EUR", .unknownAttribute("averag_basket", nearest: ["average_basket"])),
    ("zzzzzz > 3", .unknownAttribute("zzzzzz", nearest: [])),
    ("count(ordres) > 3", .unknownCollection("ordres", nearest: ["orders"])),
    (
      "any(orders where amuont > 3 EUR)",
      .unknownField("amuont", of: "orders", nearest: ["amount"])
    ),
    ("member of \"vpi\"", .unknownSegment("vpi", nearest: ["vip"])),
    ("loyalty = \"gould\"", .unknownValue("gould", of: "loyalty", values: ["gold"])),
    (
      "loyalty in (\"x\")",
      .unknownValue("x", of: "loyalty", values: ["bronze", "silver", "gold"])
    ),
    ("orders > $n", .unknownParameter("n", nearest: [])),
    ("average_basket > 300", .amountWithoutCurrency("300", currency: "EUR")),
    ("average_basket > 300 USD", .foreignCurrency("USD", workspace: "EUR")),
    ("signed_up > \"2024-01-01\"", .quotedDate("2024-01-01")),
    ("orders > \"3\"", .quotedNumber("3", expected: "rule.kind.number")),
    ("postal_code = 75001", .unquotedText("75001")),
    ("tags = \"a\"", .listEquality("\"a\"")),
    ("children = 2", .objectsCompared), ("children is missing", .objectsCompared),
    (
      "(newsletter and newsletter) is missing",
      .wrongKind("rule.kind.truth", expected: "rule.kind.text")
    ),
    ("city > \"A\"", .noOrder("rule.kind.text")),
    ("city = 2024-01-01", .mismatch(left: "rule.kind.text", right: "rule.kind.date")),
    ("orders", .notACondition("rule.kind.number", "orders")),
    ("not average_basket", .notACondition("rule.kind.money", "average_basket")),
    ("-city = 3", .notANumber("rule.kind.text")),
    (
      "revenue * revenue > 3 EUR",
      .arithmetic("*", left: "rule.kind.money", right: "rule.kind.money")
    ),
    ("revenue + 1 > 3 EUR", .arithmetic("+", left: "rule.kind.money", right: "rule.kind.number")),
    ("days_since(city) > 3", .notATime("rule.kind.text")),
    ("city in last 30 days", .notATime("rule.kind.text")),
    ("days_since_last_purchase > 2 months", .notInDays("2 months")),
    ("sum(orders.channel) > 3", .notANumber("rule.kind.text")),
    ("first(children.gender) = \"male\"", .noTimeInObjects("children")),
    ("count(children, last 3 days) > 1", .noTimeInObjects("children")),
    ("count(orders, next 3 days) > 1", .futureWindow("next 3 days")),
    ("count(orders, tomorrow) > 1", .futureWindow("tomorrow")),
    (
      "any(orders, from 90 days ago to 180 days ago)",
      .emptyWindow("from 90 days ago to 180 days ago")
    ),
    (
      "signed_up from 2024-03-01 to 2024-01-01",
      .emptyWindow("from 2024-03-01 to 2024-01-01")
    ),
    ("sequence(orders then orders within 1 month)", .calendarStep("1 month")),
    (
      "sequence(orders then no events within 1 day then orders within 1 day)", .absentStepNotLast
    ),
    ("any(orders where member of \"vip\")", .customerConditionInFilter),
    ("any(orders where any(events))", .customerConditionInFilter),
    ("revenue > median(revenue - median(revenue))", .nestedPopulation),
    ("top 0% by revenue", .percentOutOfRange("0%")),
    ("top 120% by revenue", .percentOutOfRange("120%")),
    ("top 0 by revenue", .notACount(0)), ("top 3 by city", .notANumber("rule.kind.text")),
    ("top 3 by birth_date", .notANumber("rule.kind.date")),
    ("tags in (city)", .patternNotLiteral),
    ("revenue > percentile(revenue, 101%)", .percentOutOfRange("101%")),
    ("anniversary(birth_date) within 400 days", .anniversaryTooFar(400)),
    ("orders > 3 for at least 3 days", .heldDerived("orders")),
    ("count(orders) > 3 for at least 3 days", .heldElsewhere),
    ("city matches \"(a)\\1\"", .pattern(.backReference)),
    ("city matches \"a(?=b)\"", .pattern(.lookAround)),
    ("city matches city", .patternNotLiteral), ("city contains \"\"", .emptyPattern),
    ("city is like \"- \"", .emptyPattern),
    (
      "city contains 3",
      .wrongKind("rule.kind.number", expected: "rule.kind.text")
    ),
  ]

  @Test(arguments: wrong)
  func `what means nothing is refused with the reason`(text: String, problem: Problem) {
    #expect(problems(text).contains(problem), "\(problems(text))")
  }

  static let impossible: [(String, Never)] = [
    ("orders > 3 and orders < 2", .contradiction("orders > 3", "orders < 2")),
    ("orders > 3 and orders < 4", .contradiction("orders > 3", "orders < 4")),
    ("2 > orders and (newsletter and orders >= 3)", .contradiction("orders >= 3", "2 > orders")),
    ("count(orders) > 3 and orders < 2", .contradiction("count(orders) > 3", "orders < 2")),
    ("city = \"a\" and city = \"b\"", .contradiction("city = \"a\"", "city = \"b\"")),
    (
      "city in (\"a\", \"b\") and city = \"c\"",
      .contradiction("city in (\"a\", \"b\")", "city = \"c\"")
    ),
    ("city = \"a\" and city != \"a\"", .contradiction("city = \"a\"", "city != \"a\"")),
    (
      "city = \"a\" and city not in (\"a\", \"b\")",
      .contradiction("city = \"a\"", "city not in (\"a\", \"b\")")
    ),
    ("age between 5 and 3", .emptyRange("5", "3")),
    ("count(orders) < 0", .impossible("count(orders) < 0")),
    ("orders = 1.5", .impossible("orders = 1.5")), ("orders = -1", .impossible("orders = -1")),
    ("any(orders where hour > 23)", .impossible("hour > 23")),
    ("any(orders where weekday = 8)", .impossible("weekday = 8")),
    ("newsletter and not newsletter", .opposites("newsletter")),
    ("member of \"vip\" and not member of \"vip\"", .opposites("member of \"vip\"")),
    ("city is missing and city = \"a\"", .contradiction("city is missing", "city = \"a\"")),
    ("3 > 5", .constant("3 > 5")), ("3 months is missing", .constant("3 months is missing")),
    ("false", .constant("false")),
    ("orders < orders", .constant("orders < orders")),
    ("not orders >= 0", .negatedTruth("orders >= 0")),
    ("regularly(orders, in at least 5 of last 4 months)", .moreThanAll(5, 4)),
    (
      "stopped(orders, for 90 days) and any(orders, last 30 days)",
      .contradiction("any(orders, last 30 days)", "stopped(orders, for 90 days)")
    ),
    (
      "count(orders, last 3 months) = 0 and count(orders where channel = \"web\", last 1 month) >= 1",
      .contradiction(
        "count(orders where channel = \"web\", las…", "count(orders, last 3 months) = 0")
    ),
    (
      "sequence(events then no orders within 30 days, last 7 days)",
      .quietLongerThanWindow("30 days", "7 days")
    ),
    (
      "vip_since > 30 days ago and vip_since < 60 days ago",
      .contradiction("vip_since > 30 days ago", "vip_since < 60 days ago")
    ),
    (
      "vip_since in last 30 days and vip_since in next 3 days",
      .contradiction("vip_since in next 3 days", "vip_since in last 30 days")
    ),
    (
      "signed_up since 2024-01-01 and signed_up before 2024-01-01",
      .contradiction("signed_up since 2024-01-01", "signed_up before 2024-01-01")
    ),
    (
      "any(orders where amount > 5 EUR and amount < 3 EUR)",
      .contradiction("amount > 5 EUR", "amount < 3 EUR")
    ),
    (
      "return_rate > 50% and return_rate < 0.3",
      .contradiction("return_rate > 50%", "return_rate < 0.3")
    ),
    ("orders > 3 and orders < 2 or count(events) < 0", .contradiction("orders > 3", "orders < 2")),
  ]

  @Test(arguments: impossible)
  func `what can never match is refused with the reason`(text: String, reason: Never) {
    #expect(problems(text).contains(.never(reason)), "\(problems(text))")
  }

  @Test(arguments: [
    "tags in (\"a\") and tags in (\"b\")", "orders > 3 and revenue < 2 EUR",
    "orders >= 3 and orders <= 3", "not age > 3 and not age < 5", "age != 1 and age != 2",
    "age > 3 or age < 2", "city = \"a\" or city != \"a\"",
    "any(orders, last 30 days) and count(orders, from 180 days ago to 30 days ago) = 0",
    "stopped(orders, for 30 days) and any(orders, last 90 days)",
    "stopped(orders where channel = \"web\", for 90 days) and any(orders, last 30 days)",
    "any(orders where channel = \"a\") and any(orders where channel = \"b\")",
    "sequence(events then no orders within 7 days, last 30 days)",
    "vip_since > 2024-01-01 and vip_since from 2024-01-01 to 2024-01-01",
    "age > 3.5 and age < 4.5", "revenue > 3 EUR and revenue < 4 EUR",
  ])
  func `what can match is not refused`(text: String) throws {
    #expect(try warnings(text) == [])
  }

  @Test func `parts that change nothing are warned of`() throws {
    #expect(try warnings("true") == [.always])
    #expect(try warnings("orders >= 0") == [.always])
    #expect(try warnings("newsletter or not newsletter") == [.always])
    #expect(try warnings("newsletter and orders >= 0") == [.partAlways("orders >= 0")])
    #expect(
      try warnings("newsletter or (orders > 3 and orders < 2)")
        == [.partNever(.contradiction("orders > 3", "orders < 2"))])
    #expect(try warnings("any(orders where hour >= 0)") == [.partAlways("hour >= 0")])
  }

  @Test func `parameters are replaced by their values`() throws {
    let money = Literal.money(Money(SQLDecimal(units: 300, scale: 0), .euro))
    let rule = try check("average_basket > $basket", parameters: ["basket": money])
    #expect(rule.expression.text == "average_basket > 300 EUR")
    #expect(
      problems("average_basket > $baskt", parameters: ["basket": money])
        == [.unknownParameter("baskt", nearest: ["basket"])])
    let unused = try check("newsletter", parameters: ["basket": money])
    #expect(unused.warnings.map(\.problem) == [.unusedParameter("basket")])
    #expect(
      problems("average_basket > $b", parameters: ["b": .text("x")])
        == [.quotedNumber("x", expected: "rule.kind.money")])
  }

  @Test func `all errors are told at once, in the order of the text`() throws {
    let text = "cty = \"a\" and ordrs > 3\n  and member of \"vpi\""
    do {
      _ = try check(text)
      Issue.record("accepted")
    } catch {
      #expect(error.diagnostics.count == 3)
      #expect(error.diagnostics.map { $0.span?.lowerBound } == [0, 14, 30])
    }
  }

  @Test func `a rule of ten thousand nodes is checked quickly`() throws {
    let parts = (0..<3333).map { "revenue > \($0) EUR" }
    let tree = try Expression.parse(parts.joined(separator: " and "))
    let time = try ContinuousClock().measure {
      _ = try TypeChecker(Self.schema).check(tree)
    }
    #expect(time < .seconds(24))
  }
}
