import Foundation
import Presentation
import Testing

@testable import Insights

/// Catalogues of a language, with stand-ins for the import's own codes where they are not there.
func localizer(_ language: Language) throws -> Localizer { try Localizer(language) }

/// The file beside the tests that holds an expected text.
func golden(_ name: String) -> String {
  URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/\(name)").path
}

/// Compares a text with its golden, or writes it under `UPDATE_GOLDEN=1`.
func expectGolden(
  _ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let path = golden(name)
  if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }
  let expected = try String(contentsOfFile: path, encoding: .utf8)
  #expect(text == expected, "UPDATE_GOLDEN=1 rewrites \(name)", sourceLocation: sourceLocation)
}
