import CustomerSchema
import Foundation
import Testing

@testable import SegmentLanguage

/// What the checker lets through, the evaluator answers.
@Suite struct `Checked rules` {
  private static func answer(_ texts: [String], _ schema: SegmentSchema) throws {
    let names = ["vip", "loyal", "Fidèles"]
    let checker = TypeChecker(schema, segments: Set(names))
    let others = names.enumerated().map {
      SegmentRule(
        id: Int64($0.offset), name: $0.element,
        expression: Expression(.name("newsletter")))
    }
    let rules = try texts.enumerated().map { index, text in
      SegmentRule(
        id: Int64(100 + index), name: "rule \(index)",
        expression: try checker.check(try Expression.parse(text)).expression)
    }
    let program = try SegmentProgram(rules: others + rules, schema: schema)
    var evaluator = Evaluator(program)
    let answers = evaluator.evaluate(
      CustomerRecord(RecordLayout(program)), asOf: 1_717_000_000_000_000)
    #expect(answers.count == rules.count + others.count)
    // Nobody of whom nothing is known is a member of a rule that asks for something.
    for (index, text) in texts.enumerated() where text == "true" {
      #expect(answers[others.count + index].isMember)
    }
  }

  @Test func `every example of the guide is answered`() throws {
    let schema = SegmentSchema.standard(attributes: [
      AttributeDefinition("newsletter", .boolean, isOptional: true)
    ])
    try Self.answer(try `What the guides say of rules`.examples("en"), schema)
  }

  @Test func `every rule that means something is answered`() throws {
    try Self.answer(`What rules may mean`.meaningful, `What rules may mean`.schema)
  }

  /// Parts of rules put in the place of other parts: whatever passes the checker is lowered.
  @Test func `what the checker lets through is never refused later`() throws {
    let schema = `What rules may mean`.schema
    let names = ["vip", "loyal", "Fidèles"]
    let checker = TypeChecker(schema, segments: Set(names))
    let rules = try
      (`What rules may mean`.meaningful + `What the guides say of rules`.examples("en"))
      .map { try Expression.parse($0) }
    var parts: [SegmentLanguage.Expression] = []
    func collect(_ tree: SegmentLanguage.Expression) {
      parts.append(tree)
      tree.children.forEach(collect)
    }
    rules.forEach(collect)
    let others = names.enumerated().map {
      SegmentRule(
        id: Int64($0.offset), name: $0.element, expression: Expression(.name("newsletter")))
    }
    let clock = try #require(WorkspaceClock(timeZone: schema.timeZone))
    var random = Seeded(17)
    var accepted = 0
    for _ in 0..<6000 {
      var place = random.int(1...12)
      let part = random.one(of: parts)
      func replace(_ tree: SegmentLanguage.Expression) -> SegmentLanguage.Expression {
        place -= 1
        return place == 0 ? part : tree.map(replace)
      }
      let mixed = replace(random.one(of: rules))
      guard let rule = try? checker.check(mixed) else { continue }
      accepted += 1
      let all = others + [SegmentRule(id: 99, name: "mixed", expression: rule.expression)]
      do { _ = try SegmentProgram(rules: all, schema: schema, clock: clock) } catch {
        Issue.record("\(mixed.text): \(error)")
      }
    }
    #expect(accepted > 600)
  }
}
