import CustomerSchema
import Foundation
import Testing

@testable import SegmentLanguage

/// The guides of the language and the schema of its JSON, kept true.
@Suite struct `What the guides say of rules` {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func guide(_ language: String) throws -> String {
    try String(
      contentsOf: root.appending(path: "docs/\(language)/segment-language.md"), encoding: .utf8)
  }

  /// The rules in a guide's examples.
  static func examples(_ language: String) throws -> [String] {
    try guide(language).matches(of: /(?ms)^```segment\n(.*?)^```/).flatMap {
      $0.output.1.split(separator: "\n").map(String.init)
    }
  }

  @Test func `every example means something`() throws {
    let examples = try Self.examples("en")
    #expect(examples == (try Self.examples("fr")))
    #expect(examples.count >= 35)
    let checker = TypeChecker(SegmentSchema.standard(), segments: ["vip", "loyal"])
    for example in examples {
      let rule = try checker.check(try Expression.parse(example))
      #expect(rule.warnings == [], "\(example)")
    }
  }

  @Test func `what is said to be refused is refused`() throws {
    let checker = TypeChecker(SegmentSchema.standard())
    let section = try Self.guide("en").components(separatedBy: "## What is refused")[1]
      .components(separatedBy: "\n## ")[0]
    let rules = section.matches(of: /(?m)^\| `(.*?)` \|/).map { String($0.output.1) }
    #expect(rules.count == 5)
    for rule in rules {
      let tree = try Expression.parse(rule)
      let error = try #require(throws: SegmentLanguageError.self) { try checker.check(tree) }
      guard case .never = error.diagnostics[0].problem else {
        Issue.record("\(rule)")
        continue
      }
    }
  }

  @Test(arguments: ["en", "fr"])
  func `every attribute, stream, field, function and keyword is there`(language: String) throws {
    let guide = try Self.guide(language)
    let schema = SegmentSchema.standard()
    for attribute in schema.attributes {
      #expect(guide.contains("\n| `\(attribute.id)` |"), "\(attribute.id)")
      if case .enumeration(let values) = attribute.type {
        let list = values.map { "`\($0)`" }.joined(separator: " ")
        #expect(guide.contains("\n| `\(attribute.id)` | \(list) |"), "\(attribute.id)")
      }
    }
    for derived in schema.derived {
      let row = try #require(guide.firstMatch(of: try Regex("\n\\| `\(derived.id)` .*")))
      #expect(guide[row.range].hasSuffix("| `\(derived.expression.text)` |"), "\(derived.id)")
    }
    for stream in schema.streams.streams {
      // `orders` is an attribute too, in an earlier table.
      let row = try #require(guide.matches(of: try Regex("\n\\| `\(stream.id)` .*")).last)
      let fields = stream.fields.map { "`\($0.id)`" }.joined(separator: " ")
      #expect(guide[row.range].hasSuffix("| \(fields) |"), "\(stream.id)")
    }
    let grammar = try #require(guide.firstMatch(of: /(?s)```ebnf\n(.*?)```/)).output.1
    for word in Words.reserved.union(Parser.functions) {
      #expect(grammar.contains("\"\(word)\""), "\(word)")
    }
    #expect(!guide.contains("ATTRIBUTES") && !guide.contains("STREAMS"))
  }

  @Test func `the schema describes what rules are written as, all of it and nothing else`() throws {
    let python = Self.root.appending(path: "third_party/test-venv/bin/python")
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "quartier-rules-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var files: [String] = []
    for seed in 0..<800 {
      var generator = TreeGenerator(seed)
      let file = folder.appending(path: "\(seed).json")
      try generator.expression(2).json.write(to: file, atomically: true, encoding: .utf8)
      files.append(file.path)
    }
    let process = Process()
    process.executableURL = python
    process.arguments =
      [
        Self.root.appending(path: "Tests/DocumentationTests/schema_check.py").path, "check",
        Self.root.appending(path: "docs/schemas/segment-rule-1.schema.json").path,
      ] + files
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let said = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(String(decoding: said, as: UTF8.self) == "")
  }
}
