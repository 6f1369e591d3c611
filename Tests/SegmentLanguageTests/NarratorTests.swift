import CustomerSchema
import Foundation
import Presentation
import Testing

@testable import SegmentLanguage

/// A language's words for narrators.
func words(_ language: Language) throws -> NarrationWords {
  let localizer = try Localizer(language)
  return NarrationWords(
    isFrench: language == .french, text: { localizer.text($0, $1) }, has: { localizer.has($0) })
}

@Suite struct `Rules as sentences` {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Goldens")

  private static let schema = SegmentSchema.standard(attributes: [
    AttributeDefinition("vip_since", .instant, isOptional: true),
    AttributeDefinition("newsletter", .boolean, isOptional: true),
    AttributeDefinition("churn_probability", .share, isOptional: true),
    AttributeDefinition("loyalty", .enumeration(["bronze", "silver", "gold"]), isOptional: true),
    AttributeDefinition("pets", .objects([FieldDefinition("age", .count)]), isOptional: true),
  ])

  private static let labels = [
    "vip_since": "VIP depuis", "newsletter": "newsletter", "churn_probability": "risque de départ",
    "loyalty": "niveau de fidélité", "pets": "animaux",
  ]

  /// Each rule of the golden file, with its French and its English sentence.
  @Test func `every construct has its sentence in both languages`() throws {
    let file = Self.folder.appending(path: "sentences.txt")
    let golden = try String(contentsOf: file, encoding: .utf8)
    let french = Narrator(try words(.french), Self.schema, labels: Self.labels)
    let english = Narrator(try words(.english), Self.schema, labels: Self.labels)
    let checker = TypeChecker(Self.schema, segments: ["vip", "Fidèles"])
    var told = ""
    var count = 0
    for block in golden.components(separatedBy: "\n\n") {
      let lines = block.split(separator: "\n", omittingEmptySubsequences: true)
      guard let line = lines.first else { continue }
      let rule = try checker.check(try Expression.parse(String(line))).expression
      let sentences = [french.sentence(rule), english.sentence(rule)]
      told += ([String(line)] + sentences).joined(separator: "\n") + "\n\n"
      count += 1
      for sentence in sentences {
        #expect(!sentence.contains("⟦") && !sentence.contains("  "), "\(sentence)")
      }
    }
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try told.write(to: file, atomically: true, encoding: .utf8)
    } else {
      #expect(told == golden)
    }
    #expect(count >= 80)
  }

  @Test(arguments: Language.allCases)
  func `no tree is without words`(language: Language) throws {
    let narrator = Narrator(try words(language), Self.schema)
    for seed in 0..<300 {
      var generator = TreeGenerator(seed)
      let sentence = narrator.sentence(generator.expression(4))
      #expect(!sentence.contains("⟦"), "\(sentence)")
    }
  }

  @Test(arguments: Language.allCases)
  func `whatever a workspace has is named`(language: Language) throws {
    let localizer = try Localizer(language)
    let schema = SegmentSchema.standard()
    for id in schema.attributes.map(\.id) + schema.derived.map(\.id) {
      #expect(localizer.has("attribute.\(id)") && localizer.has("attribute.\(id).phrase"), "\(id)")
    }
    for attribute in schema.attributes {
      guard case .enumeration(let values) = attribute.type else { continue }
      for value in values { #expect(localizer.has("attribute.\(attribute.id).value.\(value)")) }
    }
    let forms = ["did", "did_not", "count", "items", "of_items", "first", "last"]
    for stream in schema.streams.streams {
      #expect(localizer.has("stream.\(stream.id)"), "\(stream.id)")
      for form in forms { #expect(localizer.has("stream.\(stream.id).\(form)"), "\(stream.id)") }
      for field in stream.fields + FieldDefinition.ofEveryRow {
        #expect(localizer.has("field.\(field.id)"), "\(field.id)")
        #expect(localizer.has("field.\(field.id).phrase"), "\(field.id)")
      }
    }
  }
}
