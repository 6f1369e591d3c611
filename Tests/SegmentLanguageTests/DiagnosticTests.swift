import CustomerSchema
import Foundation
import Presentation
import SQLBuilder
import Testing

@testable import SegmentLanguage

@Suite struct `What is said of a wrong rule` {
  @Test func `the place is shown in its line`() throws {
    let text = "revenue > 100 EUR\n  and ordrs > 3\n  and city = \"Évry\""
    let checker = TypeChecker(SegmentSchema.standard())
    let error = try #require(throws: SegmentLanguageError.self) {
      try checker.check(try Expression.parse(text))
    }
    let diagnostic = error.diagnostics[0]
    let excerpt = SourceExcerpt(text, try #require(diagnostic.span))
    #expect(excerpt.line == 2)
    #expect(excerpt.column == 7)
    #expect(
      excerpt.lines { $0.count } == [
        "  and ordrs > 3",
        "      ^^^^^",
      ])
  }

  @Test func `long lines are cut and marks that reorder text are shown`() throws {
    let text =
      String(repeating: "x", count: 300) + "\u{202E}ab" + String(repeating: "y", count: 300)
    let excerpt = SourceExcerpt(text, 303..<305)
    #expect(excerpt.before.count == 61 && excerpt.before.hasPrefix("…"))
    #expect(excerpt.before.hasSuffix("x\u{FFFD}"))
    #expect(excerpt.marked == "ab")
    #expect(excerpt.after.hasSuffix("y…"))
    #expect(SourceExcerpt("", 0..<0).lines { $0.count } == ["", "^"])
    #expect(SourceExcerpt("a", 5..<9).column == 2)
  }

  /// One of each problem.
  static let problems: [Problem] =
    [
      .empty, .tooLong(bytes: 3), .tooManyNodes, .tooDeep, .strayCharacter(";"), .unterminated,
      .emptyName, .reservedWord("in"), .unknownFunction("a", nearest: []),
      .unknownFunction("a", nearest: ["b"]), .numberTooLarge("9"),
      .tooManyDecimals("1", most: 4), .noSuchDate("x"), .dateOutOfRange("x"),
      .slashedDate("x", iso: "y"), .slashedDate("x", iso: nil), .noSuchInstant("x"),
      .instantWithoutZone("x"), .lengthNotPositive("x"), .lengthTooLong("x"), .mixedWindow,
      .unknownAttribute("a", nearest: []), .unknownAttribute("a", nearest: ["b"]),
      .unknownField("a", of: "b", nearest: []), .unknownField("a", of: "b", nearest: ["c"]),
      .unknownCollection("a", nearest: []), .unknownCollection("a", nearest: ["b"]),
      .unknownSegment("a", nearest: []), .unknownSegment("a", nearest: ["b"]),
      .unknownParameter("a", nearest: []), .unknownParameter("a", nearest: ["b"]),
      .unusedParameter("a"), .unknownValue("a", of: "b", values: ["c"]),
      .wrongKind("rule.kind.text", expected: "rule.kind.date"),
      .notACondition("rule.kind.text", "x"), .notANumber("rule.kind.text"),
      .notATime("rule.kind.list"), .noOrder("rule.kind.truth"),
      .mismatch(left: "rule.kind.money", right: "rule.kind.duration"),
      .arithmetic("+", left: "rule.kind.number", right: "rule.kind.instant"), .notInDays("x"),
      .foreignCurrency("USD", workspace: "EUR"), .amountWithoutCurrency("3", currency: "EUR"),
      .quotedDate("x"), .quotedNumber("x", expected: "rule.kind.number"), .unquotedText("3"),
      .listEquality("x"), .objectsCompared, .aggregateWithoutValue("sum"),
      .noTimeInObjects("children"), .futureWindow("x"), .emptyWindow("x"), .windowTwice,
      .calendarStep("x"), .absentStepNotLast, .tooManyPeriods(2000), .anniversaryTooFar(400),
      .customerConditionInFilter, .nestedPopulation, .percentOutOfRange("x"), .notACount(0),
      .patternNotLiteral, .emptyPattern, .heldDerived("x"), .heldElsewhere, .always,
      .partAlways("x"), .jsonSyntax, .jsonTwice("x"),
      .jsonType(expected: "rule.json.expected.text"),
      .jsonMissing("x"), .jsonUnknownKey("x", nearest: []), .jsonUnknownKey("x", nearest: ["y"]),
      .jsonUnknownForm("x", nearest: []), .jsonUnknownForm("x", nearest: ["y"]), .jsonNoForm,
      .jsonTooFew(2),
    ]
    + Problem.Expected.allCases.flatMap {
      [.unexpected("x", expected: $0), .unexpectedEnd(expected: $0)]
    }
    + [
      Never.contradiction("a", "b"), .opposites("a"), .impossible("a"), .constant("a"),
      .negatedTruth("a"), .emptyRange("a", "b"), .moreThanAll(5, 4),
      .quietLongerThanWindow("a", "b"),
    ].flatMap { [.never($0), .partNever($0)] }
    + [
      RegularExpression.Failure.empty, .tooLong, .tooLarge, .backReference, .lookAround,
      .groupOption, .escape("x"), .unicodeClass, .nothingToRepeat, .stackedQuantifier,
      .strayBrace, .repeatedTooOften, .range("x"), .unclosedClass, .unclosedGroup,
      .strayParenthesis,
    ].map { .pattern($0) }

  @Test(arguments: Language.allCases)
  func `every problem has its sentence and most a fix`(language: Language) throws {
    let localizer = try Localizer(language)
    for problem in Self.problems {
      let message = Diagnostic(problem).message
      let sentence = localizer.text(message)
      #expect(!sentence.contains("⟦") && !sentence.contains("{"), "\(sentence)")
      let needsFix = !["rule.syntax.unexpected", "rule.syntax.end", "rule.json.type"]
        .contains(message.code)
      let fix = localizer.fix(message)
      #expect((fix != nil) == needsFix, "\(message.code)")
      #expect(fix?.contains("⟦") != true && fix?.contains("{") != true, "\(fix ?? "")")
    }
  }

  @Test func `the nearest names come first`() {
    let names = ["average_basket", "orders", "revenue", "gross_revenue", "age", "city"]
    #expect(EditDistance.nearest("averge_baskt", in: names) == ["average_basket"])
    #expect(EditDistance.nearest("reveneu", in: names) == ["revenue"])
    #expect(EditDistance.nearest("basket", in: names) == ["average_basket"])
    #expect(EditDistance.nearest("zzz", in: names) == [])
    #expect(EditDistance.between("ca", "abc") == 3)
    #expect(EditDistance.between("abcd", "acbd") == 1)
  }
}

@Suite struct `Hostile input` {
  private static let pieces = [
    "and", "or", "not", "in", "is", "missing", "like", "between", "contains", "starts", "with",
    "matches", "count", "sum", "any", "orders", "events", ".", "amount", "(", ")", ",", "where",
    "last", "next", "this", "month", "30", "days", "ago", "from", "to", "now", "today", "%", "€",
    "EUR", "=", "!=", "<", ">=", "+", "-", "*", "/", "\"a\"", "\"", "«", "»", "'", "`x`", "`", "$p",
    "$", "top", "bottom", "10%", "by", "revenue", "member", "of", "entered", "left", "segment",
    "sequence", "then", "no", "within", "first_time", "stopped", "for", "at", "least", "resumed",
    "after", "regularly", "true", "2024-01-01", "2024-01-01T00:00:00Z", "31/12/2024",
    "99999999999999999999", "0.5", "#", "\n", "🙂", "é", "\u{202E}", "مرحبا", "\0", "median",
    "percentile", "anniversary", "calendar", "yesterday", "since", "1e9", "..", "\\",
  ]

  @Test func `random words and bytes end in a rule or an error`() throws {
    let checker = TypeChecker(SegmentSchema.standard(), segments: ["a"])
    var random = Seeded(3)
    var read = 0
    for round in 0..<20_000 {
      let text: String
      if round % 4 == 0 {
        let bytes = (0..<random.int(0...60)).map { _ in UInt8(random.int(0...255)) }
        text = String(decoding: bytes, as: UTF8.self)
      } else {
        text = (0..<random.int(1...12)).map { _ in random.one(of: Self.pieces) }
          .joined(separator: random.happens(80) ? " " : "")
      }
      do {
        let tree = try Expression.parse(text)
        read += 1
        #expect(try Expression.parse(tree.text) == tree, "\(text.debugDescription)")
        #expect(try Expression(json: tree.json) == tree, "\(text.debugDescription)")
        _ = try? checker.check(tree)
      } catch {
        let span = error.diagnostics[0].span
        #expect(span.map { $0.upperBound <= text.utf8.count } != false)
      }
    }
    #expect(read > 300)
  }

  @Test func `rules with a word taken out, doubled or replaced end in a rule or an error`() throws {
    let checker = TypeChecker(SegmentSchema.standard(), segments: ["vip"])
    var random = Seeded(5)
    for seed in 0..<400 {
      var generator = TreeGenerator(seed)
      var words = generator.expression(3).text.split(separator: " ").map(String.init)
      let place = random.int(0...words.count - 1)
      switch random.int(0...2) {
      case 0: words.remove(at: place)
      case 1: words.insert(words[place], at: place)
      default: words[place] = random.one(of: Self.pieces)
      }
      guard let tree = try? Expression.parse(words.joined(separator: " ")) else { continue }
      #expect(try Expression.parse(tree.text) == tree)
      _ = try? checker.check(tree)
    }
  }

  /// The deepest and the largest rules go all the way through.
  @Test(arguments: [
    String(repeating: "(newsletter or (orders > 3 and ", count: 60) + "newsletter"
      + String(repeating: "))", count: 60),
    String(repeating: "not (newsletter and ", count: 100) + "newsletter"
      + String(repeating: ")", count: 100),
    Array(repeating: "(orders > 3 or not newsletter)", count: 2500).joined(separator: " and "),
    Array(repeating: "orders >= 0", count: 5000).joined(separator: " and "),
    Array(repeating: "1", count: 250).joined(separator: " + ") + " > orders",
  ])
  func `deep and large rules are checked, told and lowered in little time`(text: String) throws {
    let schema = SegmentSchema.standard(attributes: [
      AttributeDefinition("newsletter", .boolean, isOptional: true)
    ])
    let narrator = Narrator(try words(.french), schema)
    let time = try ContinuousClock().measure {
      let rule = try TypeChecker(schema).check(try Expression.parse(text))
      #expect(try Expression(json: rule.expression.json) == rule.expression)
      #expect(narrator.sentence(rule.expression).hasPrefix("Clients"))
      _ = try SegmentProgram(
        rules: [SegmentRule(id: 1, name: "a", expression: rule.expression)], schema: schema)
    }
    #expect(time < .seconds(160))
  }

  @Test func `a rule of nothing but errors is refused in little time`() throws {
    let text = (0..<6000).map { "unknown_attribute_\($0) > 3" }.joined(separator: " and ")
    let tree = try Expression.parse(text)
    let time = ContinuousClock().measure {
      let error = #expect(throws: SegmentLanguageError.self) {
        try TypeChecker(SegmentSchema.standard()).check(tree)
      }
      #expect(error?.diagnostics.count == 100)
    }
    #expect(time < .seconds(80))
  }

  @Test(
    arguments: TreeGenerator.texts + ["'; DROP TABLE customer; --", "\" or 1=1 --", "${x}", "%s"])
  func `any text can stand wherever a text stands`(text: String) throws {
    let quoted = Literal.quoted(text)
    for rule in [
      "city = \(quoted)", "city in (\(quoted), \"x\")", "member of \(quoted)",
      "entered \(quoted) in last 3 days", "top 3 by revenue in segment \(quoted)",
      "revenue > median(revenue in segment \(quoted))", "city contains \(quoted)",
    ] {
      let tree = try Expression.parse(rule)
      #expect(try Expression.parse(tree.text) == tree)
      #expect(try Expression(json: tree.json) == tree)
    }
  }
}
