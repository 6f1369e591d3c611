import CustomerSchema
import Foundation
import SegmentLanguage
import Testing

@testable import Segments

@Suite struct `Definition files` {
  static let example = """
    segments:
      - name: VIP
        intention: fidéliser
        owner: Claire
        description: Les meilleurs
        colour: "#ff8800"
        tags: [valeur, priorité]
        rule: average_basket > $least and orders >= 4
        parameters:
          least: 300
          city: "Evry"
        include: [5f0c7a3e-0000-4000-8000-000000000001]
        exclude:
          - {type: customer, value: "0012"}
        renamed_from: Very important
      - name: Dormants 😴
        rule: |-
          orders >= 1
          and days_since_last_purchase > 180

    """

  static func problems(_ text: String) -> [UserMessage] {
    do throws(SegmentsError) {
      _ = try DefinitionReader.read(text, file: "segments.yaml")
      return []
    } catch {
      return [error.userMessage] + error.furtherMessages
    }
  }

  @Test func `everything written is read`() throws {
    let file = try DefinitionReader.read(Self.example, file: "segments.yaml")
    let vip = try #require(file.segments.first)
    #expect(file.segments.count == 2)
    #expect(vip.name == "VIP" && vip.intention == "fidéliser" && vip.owner == "Claire")
    #expect(vip.colour == "#FF8800" && vip.tags == ["valeur", "priorité"])
    #expect(vip.parameters.map(\.name) == ["least", "city"])
    #expect(vip.parameters.map(\.isQuoted) == [false, true])
    #expect(vip.included.map(\.value) == ["5f0c7a3e-0000-4000-8000-000000000001"])
    #expect(vip.excluded.first?.value == "0012" && vip.excluded.first?.type == "customer")
    #expect(vip.renamedFrom == "Very important")
    #expect(vip.place == SourceLocation(file: "segments.yaml", line: 2, column: "11"))
    #expect(file.segments[1].name == "Dormants 😴")
    let bare = try DefinitionReader.read("- name: A\n  rule: orders > 1\n", file: "a.yaml")
    #expect(bare.segments.map(\.name) == ["A"])
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let code: String
    var line: Int?
    var column: String?
    var testDescription: String { code }
  }

  @Test(arguments: [
    Case(text: "", code: "segments.file.empty"),
    Case(text: "# nothing here\n\n", code: "segments.file.empty"),
    Case(text: "---\n", code: "segments.file.empty"),
    Case(text: "segments:\n", code: "segments.file.empty"),
    Case(text: "just words", code: "segments.yaml.list", line: 1, column: "1"),
    Case(text: "segments: 3\n", code: "segments.yaml.list", line: 1, column: "11"),
    Case(text: "segment: []\n", code: "segments.yaml.unknown_key_near", line: 1, column: "1"),
    Case(
      text: "- name: A\n  rul: orders > 1\n  rule: orders > 1\n",
      code: "segments.yaml.unknown_key_near", line: 2, column: "3"),
    Case(
      text: "- name: A\n  zzzzzzzz: 1\n  rule: orders > 1\n",
      code: "segments.yaml.unknown_key", line: 2, column: "3"),
    Case(
      text: "- name: A\n  name: B\n  rule: orders > 1\n",
      code: "segments.yaml.duplicate_key", line: 1, column: "3"),
    Case(text: "- rule: orders > 1\n", code: "segments.name.missing", line: 1),
    Case(text: "- name: A\n", code: "segments.rule.missing", line: 1),
    Case(text: "- name: A\n  rule:\n", code: "segments.rule.empty", line: 2),
    Case(text: "- name: A\n  rule: '  '\n", code: "segments.rule.empty", line: 2, column: "9"),
    Case(text: "- name: A\n  rule: [1]\n", code: "segments.rule.form", line: 2, column: "9"),
    Case(text: "- name: ' '\n  rule: a\n", code: "segments.name.empty", line: 1, column: "9"),
    Case(text: "- name: \"a\\x1b[31m\"\n  rule: a\n", code: "segments.name.control", line: 1),
    Case(text: "- name: \"a\\u202Eb\"\n  rule: a\n", code: "segments.name.control", line: 1),
    Case(text: "- name: A\n  colour: #FF8800\n  rule: a\n", code: "segments.colour", line: 2),
    Case(text: "- name: A\n  colour: red\n  rule: a\n", code: "segments.colour", line: 2),
    Case(
      text: "- name: A\n  parameters: [1]\n  rule: a\n", code: "segments.parameters.form", line: 2),
    Case(
      text: "- name: A\n  parameters: {a-b: 1}\n  rule: a\n",
      code: "segments.parameters.name", line: 2),
    Case(text: "- name: A\n  include: 12\n  rule: a\n", code: "segments.customers.form", line: 2),
    Case(text: "- name: [A\n", code: "segments.yaml.syntax", line: 2),
    Case(text: "- name: A\n\trule: a\n", code: "segments.yaml.syntax", line: 2),
    Case(text: "- &a name: A\n", code: "segments.yaml.alias", line: 1),
    Case(text: "a: &a [1]\n", code: "segments.yaml.alias", line: 1, column: "4"),
    Case(text: "- name: A\n  rule: a\n---\n- name: B\n", code: "segments.yaml.syntax", line: 3),
  ])
  func `what is not understood is an error with its place`(_ one: Case) {
    let found = Self.problems(one.text)
    #expect(found.first?.code == one.code, "\(found)")
    let place = found.first?.location
    #expect(place?.file == "segments.yaml")
    if let line = one.line { #expect(place?.line == line) }
    if let column = one.column { #expect(place?.column == column) }
  }

  @Test func `all problems of a file are told at once`() {
    let codes = Self.problems("- name: A\n  rul: 1\n- rule: b\n  colour: blue\n").map(\.code)
    #expect(
      codes == [
        "segments.yaml.unknown_key_near", "segments.rule.missing", "segments.colour",
        "segments.name.missing",
      ])
  }

  @Test(.timeLimit(.minutes(1)))
  func `a bomb of aliases and a bottomless file are refused at once`() {
    var bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for (name, before) in zip("bcdefghi", "abcdefgh") {
      bomb +=
        "\(name): &\(name) [\(Array(repeating: "*\(before)", count: 9).joined(separator: ","))]\n"
    }
    #expect(Self.problems(bomb + "*i : 1\n").map(\.code) == ["segments.yaml.alias"])
    #expect(Self.problems("!!seq &a [x]\n").map(\.code) == ["segments.yaml.alias"])
    let deep = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
    #expect(Self.problems("- name: A\n  rule: \(deep)\n").map(\.code) == ["segments.yaml.too_deep"])
    let wide = "- [" + String(repeating: "1,", count: 450_000) + "1]\n"
    #expect(Self.problems(wide).map(\.code) == ["segments.yaml.too_many"])
  }

  @Test func `an ampersand in a text is no alias`() throws {
    let text = """
      - name: "R&D & co"
        intention: 'a: &b'
        description: salt & pepper # and: &this
        rule: name = "a & b"

      """
    #expect(try DefinitionReader.read(text, file: "a").segments.first?.name == "R&D & co")
  }

  @Test(arguments: [
    ("- name: A\n  rule: orders > 1 and $x\n", 2, 24),
    ("- name: A\n  rule: 'it''s > 1 and $x'\n", 2, 24),
    ("- name: A\n  rule: \"a = \\\"b\\\" and $x\"\n", 2, 24),
    ("- name: A\n  rule: |-\n    orders > 1\n    and $x\n", 4, 9),
    ("- name: A\n  rule: >-\n    orders > 1\n    and\n    $x\n", 5, 5),
  ])
  func `places in a rule are places in the file`(
    text: String, line: Int, column: Int
  ) throws {
    let rule = try #require(try DefinitionReader.read(text, file: "a").segments.first?.rule)
    guard case .text(let content) = rule.content else { throw CancellationError() }
    let offset = try #require(Array(content.utf8).firstIndex(of: UInt8(ascii: "$")))
    #expect(
      rule.place(at: offset) == SourceLocation(file: "a", line: line, column: String(column)))
  }

  @Test func `names are compared without case, accents, width and spacing`() {
    #expect(SegmentName.folded("  Été  À venir") == SegmentName.folded("ete a VENIR"))
    #expect(SegmentName.folded("ＶＩＰ") == SegmentName.folded("vip"))
    #expect(SegmentName.folded("VIP") != SegmentName.folded("VIP+"))
    #expect(
      SegmentName.nearest(to: "dormant", among: ["VIP", "Dormants", "Nouveaux"]) == ["Dormants"])
  }
}
