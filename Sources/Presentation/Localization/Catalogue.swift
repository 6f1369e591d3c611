internal import Foundation

/// Every text of one language by its key, merged from the files of the `Localization` folder.
///
/// A file is a flat JSON object. `KEY#one` and `KEY#other` are the singular and plural of `KEY`.
package struct Catalogue: Sendable {
  package let language: Language
  package let texts: [String: String]
  /// Keys that more than one file defines; a defect, found by tests.
  package let duplicateKeys: [String]

  /// Reads all `*.LANGUAGE.json`; throws when a file is unreadable or not a flat object of texts.
  package init(
    _ language: Language, resources: PresentationResources
  ) throws(PresentationError) {
    var merged: [String: String] = [:]
    var duplicates: [String] = []
    for file in resources.files(in: "Localization", endingWith: ".\(language.rawValue).json") {
      let path = "Localization/" + file
      let json = try resources.text(path)
      guard let texts = try? JSONDecoder().decode([String: String].self, from: Data(json.utf8))
      else { throw .catalogueMalformed(path: resources.directory + "/" + path) }
      for (key, text) in texts {
        let composed = Typography.compose(text, language)
        if merged.updateValue(composed, forKey: key) != nil { duplicates.append(key) }
      }
    }
    self.language = language
    texts = merged
    duplicateKeys = duplicates.sorted()
  }

  /// A catalogue of given texts.
  init(_ language: Language, texts: [String: String]) {
    self.language = language
    self.texts = texts
    duplicateKeys = []
  }

  /// The names of the placeholders in a text, without their form: `count` in `{count:short}`.
  package static func placeholders(in text: String) -> Set<String> {
    var names: Set<String> = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      let inside = rest[rest.index(after: open)..<close]
      names.insert(String(inside.prefix { $0 != ":" }))
      rest = rest[rest.index(after: close)...]
    }
    return names
  }
}
