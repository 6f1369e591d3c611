import CustomerSchema
import SQLBuilder
import Testing

@testable import SegmentLanguage

@Suite struct `Text and tree` {
  @Test(arguments: 0..<200)
  func `every tree is read back from its text`(seed: Int) throws {
    var generator = TreeGenerator(seed)
    for depth in 0...5 {
      for _ in 0..<10 {
        let tree = generator.expression(depth)
        let text = tree.text
        let again = try Expression.parse(text)
        #expect(again == tree, "\(text)")
        #expect(again.text == text)
      }
    }
  }

  /// What people may write, and its canonical text.
  static let spellings: [(String, String)] = [
    ("average_basket > 300 €", "average_basket > 300 EUR"),
    ("average_basket > €300.50", "average_basket > 300.5 EUR"),
    ("revenue ≥ 1000 USD", "revenue >= 1000 USD"), ("revenue > $5", "revenue > 5 USD"),
    ("return_rate > 30 %", "return_rate > 30%"), ("a <> 3", "a != 3"), ("a ≠ 3.00", "a != 3"),
    ("status = « vip »", "status = \"vip\""), ("status = «vip»", "status = \"vip\""),
    ("status = “vip”", "status = \"vip\""), ("status = 'l''été'", "status = \"l'été\""),
    ("status = \"say \"\"hi\"\"\"", "status = \"say \"\"hi\"\"\""),
    ("A AND b Or NOT c", "(A and b) or not c"), ("not a = b", "not a = b"),
    ("(a and b) and c", "(a and b) and c"), ("((a))", "a"), ("- 4 < a", "-4 < a"),
    ("-(4) < a", "-(4) < a"), ("a - -4 = 0", "a - -4 = 0"), ("a - (b - c) = 1", "a - (b - c) = 1"),
    ("(a - b) - c = 1", "a - b - c = 1"), ("a * (b + c) = 1", "a * (b + c) = 1"),
    ("a not in (1, 2)", "a not in (1, 2)"), ("not a in (1,2)", "a not in (1, 2)"),
    ("city is not like \"evry\"", "city is not like \"evry\""),
    ("city not starts with \"E\"", "city not starts with \"E\""),
    ("signed_up in last 1 month", "signed_up in last 1 month"),
    ("signed_up last 30 day", "signed_up in last 30 days"),
    ("signed_up in since 2024-01-01", "signed_up since 2024-01-01"),
    ("signed_up in today", "signed_up today"),
    ("signed_up not today", "not signed_up today"),
    ("signed_up in this year - 2 years", "signed_up in this year - 2 years"),
    ("signed_up in this month - 1 month", "signed_up in last month"),
    ("count(orders, last 12 months) >= 4", "count(orders, last 12 months) >= 4"),
    (
      "sum(orders.amount where channel = \"web\", from 180 days ago to 90 days ago) > 0",
      "sum(orders.amount where channel = \"web\", from 180 days ago to 90 days ago) > 0"
    ),
    (
      "sum(orders . ( amount - discount ) ) > 3 EUR",
      "sum(orders.(amount - discount)) > 3 EUR"
    ),
    ("exists(children where yearsince = 3)", "any(children where yearsince = 3)"),
    ("revenue > average(revenue)", "revenue > average(revenue)"),
    (
      "revenue > percentile(revenue in segment \"a\", 90 %)",
      "revenue > percentile(revenue in segment \"a\", 90%)"
    ),
    ("top 10% by revenue in segment \"vip\"", "top 10% by revenue in segment \"vip\""),
    ("bottom 100 by revenue - costs", "bottom 100 by revenue - costs"),
    ("member of 'vip' on 2024-01-01", "member of \"vip\" on 2024-01-01"),
    ("not member of \"vip\"", "not member of \"vip\""),
    ("entered \"vip\" last 30 days", "entered \"vip\" in last 30 days"),
    (
      "status = \"gold\" for at least 30 days and x", "status = \"gold\" for at least 30 days and x"
    ),
    (
      "sequence(events where name=\"cart\" then no orders within 3 days, last 1 month)",
      "sequence(events where name = \"cart\" then no orders within 3 days, last 1 month)"
    ),
    (
      "regularly(orders, in at least 3 of last 4 months)",
      "regularly(orders, in at least 3 of last 4 months)"
    ),
    (
      "resumed(orders, after 6 months, last 30 days)",
      "resumed(orders, after 6 months, last 30 days)"
    ),
    ("anniversary(birth_date) within 7 days", "anniversary(birth_date) within 7 days"),
    ("at > 2024-02-29T12:30:00+02:00", "at > 2024-02-29T10:30:00Z"),
    ("at > 2024-02-29T12:30:00.500000Z", "at > 2024-02-29T12:30:00.5Z"),
    ("month = 12 and hour >= 18", "month = 12 and hour >= 18"),
    ("due < 30 calendar days from now", "due < 30 calendar days from now"),
    ("a = 1 # the first\n # and\n or b = 2", "a = 1 or b = 2"),
    ("\u{FEFF}a\u{A0}=\u{202F}1", "a = 1"), ("`and` = 1", "`and` = 1"), ("`a` = $t", "a = $t"),
  ]

  @Test(arguments: spellings)
  func `spellings have one canonical text`(written: String, canonical: String) throws {
    let tree = try Expression.parse(written)
    #expect(tree.text == canonical)
    #expect(try Expression.parse(canonical) == tree)
  }

  @Test func `an amount, a percentage and a length are what they say`() throws {
    let tree = try Expression.parse("300 € = 30% or 1 week = -2.50")
    #expect(
      tree.form
        == .any([
          Expression(
            .comparison(
              .equal,
              Expression(.literal(.money(Money(SQLDecimal(units: 300, scale: 0), .euro)))),
              Expression(.literal(.percent(SQLDecimal(units: 30, scale: 0)))))),
          Expression(
            .comparison(
              .equal, Expression(.literal(.span(Span(1, .weeks)))),
              Expression(.literal(.number(SQLDecimal(units: -25, scale: 1)))))),
        ]))
  }

  @Test func `nodes know where they stand`() throws {
    let text = "é = 1 and  count(orders) > 3"
    let tree = try Expression.parse(text)
    guard case .all(let parts) = tree.form else { throw Wrong() }
    let span = try #require(parts[1].span)
    #expect(String(decoding: Array(text.utf8)[span], as: UTF8.self) == "count(orders) > 3")
  }

  struct Wrong: Error {}

  // MARK: Limits

  @Test func `two hundred parentheses are fine, three hundred are not`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "(", count: depth) + "a = 1" + String(repeating: ")", count: depth)
    }
    #expect(try Expression.parse(nested(200)).text == "a = 1")
    #expect(problem(nested(300)) == .tooDeep)
    #expect(problem(nested(400_000)) == .tooDeep)
    #expect(problem(String(repeating: "not ", count: 300) + "a") == .tooDeep)
    #expect(problem(String(repeating: "-", count: 300) + "a = 1") == .tooDeep)
    #expect(
      problem(Array(repeating: "a", count: 300).joined(separator: " + ") + " = 1") == .tooDeep)
  }

  @Test func `ten thousand nodes are read quickly, more than twenty thousand refused`() throws {
    let part = "revenue > 100 EUR"
    let text = Array(repeating: part, count: 3333).joined(separator: " and ")
    let clock = ContinuousClock()
    var tree: SegmentLanguage.Expression?
    let time = try clock.measure { tree = try Expression.parse(text) }
    // Milliseconds; a second would be a quadratic mistake.
    #expect(time < .seconds(16))
    #expect(tree?.text == text)
    let long = Array(repeating: part, count: 7000).joined(separator: " or ")
    #expect(problem(long) == .tooManyNodes)
    #expect(problem(String(repeating: " ", count: 1 << 20) + "a") == .tooLong(bytes: 1 << 20 + 1))
  }

  // MARK: Errors

  static let refused: [(String, Problem)] = [
    ("", .empty), ("  \n\t", .empty), ("# everyone\n# really", .empty),
    ("a >", .unexpectedEnd(expected: .value)), ("a = 1 b", .unexpected("b", expected: .end)),
    ("(a = 1", .unexpectedEnd(expected: .closing)), ("a = = 1", .unexpected("=", expected: .value)),
    ("a = \"open", .unterminated), ("a = «open", .unterminated), ("`open", .unterminated),
    ("`` = 1", .emptyName), ("a ; b", .strayCharacter(";")), ("a = @b", .strayCharacter("@")),
    ("a = \"x\0y\"", .strayCharacter("\0")),
    ("a = 9223372036854775808", .numberTooLarge("9223372036854775808")),
    (
      "a = " + String(repeating: "9", count: 60),
      .numberTooLarge(String(repeating: "9", count: 39) + "…")
    ),
    (
      "a = 0.1234567890123456789", .tooManyDecimals("0.1234567890123456789", most: 18)
    ),
    ("a = 0.12345 EUR", .tooManyDecimals("0.12345", most: 4)),
    ("a = 2023-02-29", .noSuchDate("2023-02-29")), ("a = 0000-01-01", .noSuchDate("0000-01-01")),
    ("a = 10000-01-01", .dateOutOfRange("10000-01-01")),
    ("a = 31/12/2024", .slashedDate("31/12/2024", iso: "2024-12-31")),
    ("a = 2024-01-01T10:00", .instantWithoutZone("2024-01-01T10:00")),
    ("a = 2024-01-01T25:00Z", .noSuchInstant("2024-01-01T25:00Z")),
    ("a in last 0 days", .lengthNotPositive("0 days")),
    ("a in last 1.5 days", .lengthNotPositive("1.5 days")),
    ("a in last 1001 years", .lengthTooLong("1001 years")),
    ("a in last 5", .unexpectedEnd(expected: .unit)),
    ("a from 2 months ago to 3 days ago", .mixedWindow),
    ("a is gold", .unexpected("gold", expected: .afterIs)),
    ("a between 1 or 2", .unexpected("or", expected: .and)),
    ("count(orders.amount) > 1", .unexpected(".", expected: .closing)),
    ("sum(orders) > 1", .unexpected(")", expected: .field)),
    ("cuont(orders) > 1", .unknownFunction("cuont", nearest: ["count"])),
    ("count(last) > 1", .reservedWord("last")), ("last > 1", .reservedWord("last")),
    ("member of vip", .unexpected("vip", expected: .segment)),
    ("top 10% revenue", .unexpected("revenue", expected: .by)),
    ("sequence(orders)", .unexpected(")", expected: .then)),
    ("a not = 3", .unexpected("=", expected: .comparison)),
    ("a = 1 for 3 days", .unexpected("3", expected: .least)),
  ]

  @Test(arguments: refused)
  func `a text that is no rule is refused with the reason`(text: String, expected: Problem) {
    #expect(problem(text) == expected)
  }

  private func problem(_ text: String) -> Problem? {
    do {
      _ = try Expression.parse(text)
      return nil
    } catch { return error.diagnostics.first?.problem }
  }
}
