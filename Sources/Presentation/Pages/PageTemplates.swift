internal import Mustache

/// The Mustache templates of the `Templates` folder.
package struct PageTemplates: Sendable {
  private let library: MustacheLibrary

  /// Reads and parses every template; throws the first that is unreadable or malformed.
  package init(_ resources: PresentationResources) throws(PresentationError) {
    MustacheContentTypes.register(EscapedHTML(), named: EscapedHTML.name)
    var library = MustacheLibrary()
    for file in resources.files(in: "Templates", endingWith: ".mustache") {
      let name = String(file.dropLast(".mustache".count))
      let text = try resources.text("Templates/" + file)
      do {
        // The content type falls back to the library's own at each partial: every template says it.
        try library.register("{{% CONTENT_TYPE: \(EscapedHTML.name)}}" + text, named: name)
      } catch {
        throw .templateMalformed(name: name, reason: String(describing: error))
      }
    }
    self.library = library
  }

  /// Renders a view model: a struct of texts, truth values, arrays and other view models.
  ///
  /// Everything is escaped but what a template writes in three braces. Throws
  /// `templateMalformed` when there is no such template.
  package func render(_ viewModel: some Sendable, _ template: String) throws(PresentationError)
    -> String
  {
    guard let text = library.render(viewModel, withTemplate: template) else {
      throw .templateMalformed(name: template, reason: "not found")
    }
    return text
  }
}

/// Escapes by Unicode scalar.
///
/// The library's own escaping compares characters, so that a quotation mark followed by a
/// combining accent, one character together, would leave an attribute.
struct EscapedHTML: MustacheContentType {
  static let name = "QUARTIER_HTML"

  func escapeText(_ text: String) -> String { HTML.escape(text) }
}

/// What pages need beside templates.
package enum HTML {
  /// The text as content or as a quoted attribute's value.
  package static func escape(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "'": result.append(contentsOf: "&#39;".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// JSON as the content of a `script` element: without `<`, `>`, `&` and the two separators that
  /// are line ends in older JavaScript, all written as escapes that JSON readers undo.
  package static func scriptSafe(json: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in json.unicodeScalars {
      switch scalar {
      case "<", ">", "&", "\u{2028}", "\u{2029}":
        let hex = String(scalar.value, radix: 16)
        let padded = String(repeating: "0", count: 4 - hex.count) + hex
        result.append(contentsOf: "\\u\(padded)".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
