import Foundation
import Testing

@testable import Presentation

/// Every code and key that the sources name is in the catalogues.
struct UsedKeysTests {
  /// Codes that `UserMessage` is made with, keys that `text` is asked for.
  private static var uses: [Regex<(Substring, Substring)>] {
    [
      #/UserMessage\(\s*"([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)"/#,
      #/localizer\.text\(\s*"([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)"/#,
      #/\.term\(\s*"([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)"/#,
    ]
  }

  @Test("No code in the sources is without its sentence", arguments: Language.allCases)
  func codes(language: Language) throws {
    let localizer = try Localizer(language)
    var count = 0
    for (path, source) in try Self.sources() {
      for use in Self.uses {
        for match in source.matches(of: use) {
          count += 1
          let key = String(match.output.1)
          let isThere = localizer.has(key)
          #expect(isThere, "\(key), used in \(path), is not in \(language)")
        }
      }
    }
    #expect(count > 40, "the search itself no longer finds what it looks for")
  }

  @Test("No label in a template is without its text", arguments: Language.allCases)
  func labels(language: Language) throws {
    let resources = try PresentationResources.locate()
    let labels = try Localizer(language).labels(under: "report.")
    let templates = resources.files(in: "Templates", endingWith: ".mustache")
    #expect(!templates.isEmpty)
    for file in templates {
      let template = try resources.text("Templates/" + file)
      for match in template.matches(of: #/\{\{text\.([a-z_.]+)\}\}/#) {
        #expect(labels[String(match.output.1)] != nil, "\(match.output.0) in \(file)")
      }
    }
  }

  /// Every Swift file under `Sources`, by its path.
  private static func sources() throws -> [(path: String, source: String)] {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = package.appending(path: "Sources").path
    let files = try #require(FileManager.default.enumerator(atPath: folder))
    return try files.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.map {
      ($0, try String(contentsOfFile: folder + "/" + $0, encoding: .utf8))
    }
  }
}
