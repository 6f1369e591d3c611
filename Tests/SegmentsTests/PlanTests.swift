import CustomerSchema
import SegmentLanguage
import Testing

@testable import Segments

@Suite struct `Plans of changes` {
  static let language = RuleLanguage(SegmentSchema(attributes: []))

  static func definition(_ name: String, _ rule: String) throws -> SegmentDefinition {
    SegmentDefinition(name: name, rule: try Expression.parse(rule))
  }

  static func stored(_ definitions: [(String, String)]) throws -> [StoredSegment] {
    try definitions.enumerated().map { index, one in
      StoredSegment(id: Int64(index + 1), version: 1, definition: try definition(one.0, one.1))
    }
  }

  static func plan(
    _ current: [(String, String)], _ wanted: [(String, String)], renames: [String: String] = [:],
    prune: Bool = false
  ) throws -> CataloguePlan {
    try CataloguePlan(
      current: try stored(current),
      wanted: try wanted.enumerated().map { line, one in
        CataloguePlan.Wanted(
          definition: try definition(one.0, one.1), renamedFrom: renames[one.0],
          place: SourceLocation(file: "a", line: line + 1), rule: WrittenRule(text: one.1))
      }, prune: prune)
  }

  static func failure(_ body: () throws -> CataloguePlan) -> SegmentsError? {
    do {
      _ = try body()
      return nil
    } catch { return error as? SegmentsError }
  }

  @Test func `segments are created, edited, left alone and, when asked, deleted`() throws {
    let current = [("A", "orders > 1"), ("B", "orders > 2"), ("C", "orders > 3")]
    let wanted = [("A", "orders > 1"), ("B", "orders > 9"), ("D", "orders > 4")]
    let kept = try Self.plan(current, wanted)
    #expect(kept.changes.map(\.kind) == [.unchanged, .edited, .created])
    #expect(kept.definitions.map(\.name) == ["A", "B", "D", "C"])
    let pruned = try Self.plan(current, wanted, prune: true)
    #expect(pruned.changes.map(\.kind) == [.unchanged, .edited, .created, .deleted])
    #expect(pruned.changes.last?.name == "C")
  }

  @Test func `a renamed segment stays itself and its users follow`() throws {
    let current = [("VIP", "orders > 9"), ("Gone", #"member of "vip" and orders > 12"#)]
    let plan = try Self.plan(
      current, [("Meilleurs", "orders > 9")], renames: ["Meilleurs": "VIP"])
    #expect(plan.changes.map(\.kind) == [.renamed, .edited])
    #expect(plan.changes.first?.before?.id == 1)
    #expect(plan.definitions.last?.rule.text == #"member of "Meilleurs" and orders > 12"#)
    // The same file again: nothing to do.
    let again = try Self.plan(
      [("Meilleurs", "orders > 9")], [("Meilleurs", "orders > 9")], renames: ["Meilleurs": "VIP"])
    #expect(again.isEmpty)
    // Only its case: no new segment.
    #expect(
      try Self.plan(current, [("Vip", "orders > 9")]).changes.map(\.kind) == [.renamed, .edited])
  }

  @Test func `renames of nothing, to what exists, or twice are refused`() throws {
    let current = [("A", "orders > 1"), ("B", "orders > 2")]
    let unknown = Self.failure { try Self.plan(current, [("C", "x > 1")], renames: ["C": "Z"]) }
    #expect(unknown?.userMessage.code == "segments.rename.unknown")
    let both = Self.failure { try Self.plan(current, [("B", "x > 1")], renames: ["B": "A"]) }
    #expect(both?.userMessage.code == "segments.rename.both")
    let twice = Self.failure {
      try Self.plan(current, [("C", "x > 1"), ("D", "x > 1")], renames: ["C": "A", "D": "A"])
    }
    #expect(twice?.userMessage.code == "segments.rename.twice")
  }

  @Test func `two names that read alike are refused`() {
    let error = Self.failure { try Self.plan([], [("Été", "x > 1"), ("ete", "x > 2")]) }
    #expect(error?.userMessage.code == "segments.name.twice")
    #expect(error?.userMessage.location?.line == 2)
  }

  @Test func `a deletion that others need is refused with their names`() {
    let error = Self.failure {
      try Self.plan(
        [("A", "x > 1"), ("B", #"member of "A""#), ("C", #"left "a" in last 3 days"#)],
        [("B", #"member of "A""#), ("C", #"left "a" in last 3 days"#)], prune: true)
    }
    #expect(error == .inUse(segment: "A", by: ["B", "C"]))
  }

  @Test func `an unknown segment is refused with the nearest names`() {
    let error = Self.failure {
      try Self.plan([], [("Dormants", "x > 1"), ("B", #"x > 2 and not member of "Dormant""#)])
    }
    #expect(error?.userMessage.code == "segments.reference_near")
    #expect(error?.userMessage.arguments["nearest"] == .texts(["Dormants"]))
  }

  @Test func `cycles are refused with their path, diamonds are not`() throws {
    let cycle = Self.failure {
      try Self.plan(
        [],
        [
          ("A", #"member of "B""#), ("B", #"x > 1 or median(x) in segment "C" > 2"#),
          ("C", #"not member of "A""#),
        ].map { ($0.0, $0.1.replacing(#"median(x) in segment "C" > 2"#, with: #"member of "C""#)) })
    }
    #expect(cycle?.userMessage.code == "segments.cycle")
    #expect(cycle?.userMessage.arguments["path"] == "A → B → C → A")
    let itself = Self.failure { try Self.plan([], [("A", #"entered "a" in last 3 days"#)]) }
    #expect(itself?.userMessage.code == "segments.self_reference")
    let diamond = try Self.plan(
      [],
      [
        ("A", #"member of "B" or member of "C""#), ("B", #"member of "D""#),
        ("C", #"member of "D""#), ("D", "x > 1"),
      ])
    #expect(diamond.changes.count == 4)
  }

  @Test func `a chain of ten thousand segments is followed without recursion`() {
    let names = (0..<10_000).map { "s\($0)" }
    var uses = Dictionary(uniqueKeysWithValues: zip(names, names.dropFirst().map { [$0] }))
    #expect(ReferenceGraph(uses).cycle(startingWith: names) == nil)
    uses["s9999"] = ["s0"]
    #expect(ReferenceGraph(uses).cycle(startingWith: names)?.count == 10_000)
    #expect(ReferenceGraph(["a": ["b"], "c": ["a"]]).affected(by: ["b"]) == ["a", "b", "c"])
  }
}
