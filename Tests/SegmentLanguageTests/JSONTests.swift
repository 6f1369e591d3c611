import Foundation
import Testing

@testable import SegmentLanguage

@Suite struct `JSON and tree` {
  @Test(arguments: 0..<200)
  func `every tree is read back from its JSON`(seed: Int) throws {
    var generator = TreeGenerator(seed)
    for depth in 0...5 {
      for _ in 0..<5 {
        let tree = generator.expression(depth)
        let json = tree.json
        let again = try Expression(json: json)
        #expect(again == tree, "\(json)")
        #expect(again.json == json)
        // What others read is the same JSON.
        #expect(try JSONSerialization.jsonObject(with: Data(json.utf8)) is [String: Any])
      }
    }
  }

  private func rule(_ node: String) -> String {
    #"{"schema": "quartier.segment-rule/1", "rule": \#(node)}"#
  }

  @Test func `a rule has the form that the schema describes`() throws {
    let tree = try Expression.parse("count(orders, last 12 months) >= 4 and average_basket > 300 €")
    #expect(
      tree.json
        == rule(
          #"{"all": [{"comparison": ">=", "left": {"aggregate": "count", "of": {"collection": "orders", "window": {"last": {"count": 12, "unit": "months"}}}}, "right": {"number": 4}}, {"comparison": ">", "left": {"name": "average_basket"}, "right": {"money": 300, "currency": "EUR"}}]}"#
        ))
  }

  static let refused: [(String, Problem, String)] = [
    (#"{"name": ""}"#, .jsonType(expected: "rule.json.expected.name"), "$.rule.name"),
    (#"{"nmae": "x"}"#, .jsonUnknownForm("nmae", nearest: ["name"]), "$.rule"),
    ("{}", .jsonNoForm, "$.rule"),
    ("[]", .jsonType(expected: "rule.json.expected.object"), "$.rule"),
    (#"{"name": "x", "also": 1}"#, .jsonUnknownKey("also", nearest: []), "$.rule"),
    (#"{"all": [{"name": "x"}]}"#, .jsonTooFew(2), "$.rule.all"),
    (
      #"{"any": [{"name": "x"}, {"not": 3}]}"#,
      .jsonType(expected: "rule.json.expected.object"), "$.rule.any[1].not"
    ),
    (
      #"{"comparison": "==", "left": {"now": true}}"#,
      .jsonUnknownForm("==", nearest: ["!=", "<=", "="]),
      "$.rule.comparison"
    ),
    (#"{"comparison": "=", "left": {"now": true}}"#, .jsonMissing("right"), "$.rule"),
    (#"{"number": 1e5}"#, .jsonType(expected: "rule.json.expected.number"), "$.rule.number"),
    (#"{"number": 9223372036854775808}"#, .numberTooLarge("9223372036854775808"), "$.rule.number"),
    (#"{"date": "2023-02-29"}"#, .noSuchDate("2023-02-29"), "$.rule.date"),
    (#"{"ago": {"count": 0, "unit": "days"}}"#, .lengthNotPositive("0 days"), "$.rule.ago.count"),
    (
      #"{"ago": {"count": 3, "unit": "dayz"}}"#, .jsonUnknownForm("dayz", nearest: ["days"]),
      "$.rule.ago.unit"
    ),
    (
      #"{"stopped": {"collection": "orders", "window": {"last": {"count": 1, "unit": "days"}}}, "for": {"count": 1, "unit": "days"}}"#,
      .jsonUnknownKey("window", nearest: []), "$.rule.stopped"
    ),
    (#"{"text": "a\u0000b"}"#, .strayCharacter("\0"), "$.rule.text"),
    (
      #"{"within": {"today": true}, "window": {"lst": 3}}"#,
      .jsonType(expected: "rule.json.expected.window"), "$.rule.window"
    ),
  ]

  @Test(arguments: refused)
  func `JSON that is no rule is refused with its path`(
    node: String, problem: Problem, path: String
  ) throws {
    let error = try #require(throws: SegmentLanguageError.self) {
      try Expression(json: rule(node))
    }
    #expect(error.diagnostics[0].problem == problem)
    #expect(error.diagnostics[0].path == path)
  }

  @Test(arguments: [
    "", "{", "nul", "{\"a\": }", "[1,]", "{\"schema\": \"\\x\"}", "\"\u{1}\"", "01", "1.", "{} {}",
    "\"\\ud800\"", "{'a': 1}",
  ])
  func `what is no JSON is refused with its place`(text: String) throws {
    let error = try #require(throws: SegmentLanguageError.self) { try Expression(json: text) }
    #expect(error.diagnostics[0].problem == .jsonSyntax)
    #expect(error.diagnostics[0].span != nil)
  }

  @Test func `depth, size and repeated keys are limited`() throws {
    func problem(_ json: String) -> Problem? {
      do {
        _ = try Expression(json: json)
        return nil
      } catch { return error.diagnostics[0].problem }
    }
    func deep(_ depth: Int) -> String {
      String(repeating: #"{"not": "#, count: depth) + #"{"name": "x"}"#
        + String(repeating: "}", count: depth)
    }
    #expect(problem(rule(deep(200))) == nil)
    #expect(problem(rule(deep(300))) == .tooDeep)
    #expect(problem(String(repeating: "[", count: 500_000)) == .tooDeep)
    #expect(problem(#"{"schema": 1, "schema": 2}"#) == .jsonTwice("schema"))
    #expect(problem("\"" + String(repeating: "x", count: 5_000_000)) == .tooLong(bytes: 5_000_001))
    let many = Array(repeating: #"{"name": "x"}"#, count: 20_001).joined(separator: ", ")
    #expect(problem(rule(#"{"all": [\#(many)]}"#)) == .tooManyNodes)
    #expect(
      problem(#"{"schema": "other/1", "rule": {}}"#)
        == .jsonType(expected: "rule.json.expected.schema"))
  }
}
