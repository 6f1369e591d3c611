import Foundation
import Testing

@testable import ReferenceData

@Suite struct `Reference tables` {
  @Test func `a table that is missing is named`() {
    #expect(throws: ReferenceDataError.missing(table: "geography/nowhere.csv")) {
      try ReferenceTable("geography/nowhere.csv").bytes()
    }
  }

  @Test func `everything fits in six megabytes`() throws {
    let folder = try ReferenceTable("geography/regions.csv").file().deletingLastPathComponent()
      .deletingLastPathComponent()
    let files = try #require(
      FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.fileSizeKey]))
    var size = 0
    for case let file as URL in files {
      size += try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
    }
    #expect(size > 1_000_000 && size < 6_000_000)
  }

  @Test(
    "Text is folded for comparison",
    arguments: [
      ("L’Haÿ-les-Roses", "L HAY LES ROSES"), ("Œuf  d’Éléphant", "OEUF D ELEPHANT"),
      ("Straße", "STRASSE"), ("  ", ""), ("ＦＵＬＬ", "FULL"), ("Ma\u{200B}rtin", "MARTIN"),
      ("Cafe\u{301}", "CAFE"), ("Łódź", "LODZ"), ("日本", ""), ("a\u{A0}b", "A B"),
    ])
  func folding(text: String, expected: String) { #expect(Folding.words(text) == expected) }
}
