internal import CustomerSchema
internal import Foundation
internal import SegmentLanguage
internal import Yams

/// Segments ready to apply, with thresholds to adjust, in French and English.
package struct StarterLibrary: Sendable {
  package let segments: [StarterSegment]

  /// Reads the library that ships with Quartier.
  ///
  /// - Throws: `SegmentsError.unreadable` when the installation lacks it or it is damaged.
  package init() throws(SegmentsError) {
    let file = "Segments/Resources/starter.yaml"
    let folder = ResourceLocator.current.folder(module: "Segments", development: Bundle.module)
    let path = folder?.appending(path: "Resources/starter.yaml")
    guard let path, let text = try? String(contentsOf: path, encoding: .utf8) else {
      throw .unreadable(file: file, reason: "missing")
    }
    do {
      segments = try YAMLDecoder().decode([StarterSegment].self, from: text)
    } catch {
      throw .unreadable(file: file, reason: "damaged")
    }
  }

  /// The definitions of some segments, or of all, in a language's words.
  ///
  /// - Parameters:
  ///   - ids: as `StarterSegment.id` or as a name in either language, case and accents aside; nil
  ///     for all.
  ///   - language: `fr` or `en`.
  /// - Throws: `SegmentsError.unknownStarter` with the nearest ids.
  package func definitions(
    _ ids: [String]?, language: String, of rules: RuleLanguage
  ) throws(SegmentsError) -> [SegmentDefinition] {
    var result: [SegmentDefinition] = []
    for segment in try chosen(ids) {
      result.append(try segment.definition(language: language, rules))
    }
    return result
  }

  /// A definition file of some segments, or of all, in a language's words.
  ///
  /// - Throws: `SegmentsError.unknownStarter`.
  package func text(_ ids: [String]?, language: String) throws(SegmentsError) -> String {
    let rules = RuleLanguage(SegmentSchema.standard())
    return DefinitionWriter(rules, publicIDs: [:]).text(
      try definitions(ids, language: language, of: rules))
  }

  private func chosen(_ ids: [String]?) throws(SegmentsError) -> [StarterSegment] {
    guard let ids else { return segments }
    var result: [StarterSegment] = []
    for id in ids {
      let key = SegmentName.folded(id)
      guard
        let segment = segments.first(where: { segment in
          segment.id == id
            || segment.name.all.contains { SegmentName.folded($0) == key }
        })
      else {
        throw .unknownStarter(id, nearest: SegmentName.nearest(to: id, among: segments.map(\.id)))
      }
      if !result.contains(where: { $0.id == segment.id }) { result.append(segment) }
    }
    return result
  }
}

/// A segment of the library.
package struct StarterSegment: Sendable, Hashable, Decodable {
  /// Never changes, whatever the language.
  package let id: String
  /// Which kind of segmentation it belongs to; becomes a tag.
  package let kind: Words
  package let name: Words
  package let intention: Words
  package let description: Words
  /// Thresholds as the language writes them.
  package let parameters: [String: String]
  package let rule: String

  /// A text in both languages.
  package struct Words: Sendable, Hashable, Decodable {
    package let fr: String
    package let en: String

    package var all: [String] { [fr, en] }
    package func inLanguage(_ language: String) -> String { language == "fr" ? fr : en }
  }

  private enum CodingKeys: String, CodingKey {
    case id, kind, name, intention, description, parameters, rule
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    id = try container.decode(String.self, forKey: .id)
    kind = try container.decode(Words.self, forKey: .kind)
    name = try container.decode(Words.self, forKey: .name)
    intention = try container.decode(Words.self, forKey: .intention)
    description = try container.decode(Words.self, forKey: .description)
    parameters =
      try container.decodeIfPresent([String: String].self, forKey: .parameters) ?? [:]
    rule = try container.decode(String.self, forKey: .rule)
  }

  func definition(
    language: String, _ rules: RuleLanguage
  ) throws(SegmentsError) -> SegmentDefinition {
    var literals: [String: Literal] = [:]
    for (key, text) in parameters {
      literals[key] = try rules.storedLiteral(text, segment: id)
    }
    return SegmentDefinition(
      name: name.inLanguage(language), intention: intention.inLanguage(language),
      description: description.inLanguage(language), tags: [kind.inLanguage(language)],
      rule: try rules.stored(rule, segment: id), parameters: literals)
  }
}
