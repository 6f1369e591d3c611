import Foundation
import Presentation
import Testing

@Suite struct `Pages` {
  static let guides = [
    "audit", "command-line", "customer-table", "describing", "figures", "found-groups", "import",
    "lifetime-value",
    "model-cards", "orders", "privacy", "report-and-lists", "rfm", "segment-language", "segments",
    "survival",
    "tribes",
    "workspace",
  ]

  @Test func `every guide exists in French and in English`() throws {
    for language in Language.allCases {
      #expect(
        try Repository.names(in: "docs/\(language.rawValue)") == Self.guides.map { $0 + ".md" })
    }
  }

  @Test(
    arguments: guides.map { ("docs/en/\($0).md", "docs/fr/\($0).md") } + [
      ("README.md", "README.fr.md")
    ])
  func `both languages say the same things in the same places`(
    english: String, french: String
  ) throws {
    let (english, french) = (try Page(english), try Page(french))
    #expect(english.headings.map(\.level) == french.headings.map(\.level))
    #expect(english.tables.map(\.rows.count) == french.tables.map(\.rows.count))
    for (one, other) in zip(english.tables, french.tables) {
      #expect(one.header.count == other.header.count)
      for row in one.rows + other.rows { #expect(row.count == one.header.count, "\(row)") }
    }
    #expect(english.code("sql") == french.code("sql"))
  }

  @Test func `links lead somewhere`() throws {
    for path in try Repository.pages() {
      let folder = (path as NSString).deletingLastPathComponent
      for link in try Page(path).links {
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let file =
          parts[0].isEmpty
          ? path
          : (folder as NSString)
            .appendingPathComponent(String(parts[0]))
        let target = (file as NSString).standardizingPath
        guard Repository.exists(target) else {
          Issue.record("\(path): \(link)")
          continue
        }
        if parts.count > 1 {
          #expect(
            try Page(target).anchors.contains(String(parts[1])), "\(path): \(link)")
        }
      }
    }
  }

  /// A space, an apostrophe or a mark that French print does not have.
  static let misprints = [
    ("a straight apostrophe", #"\p{L}'\p{L}"#),
    ("a plain space before a mark", #" [:;!?»%](?=\s|$)"#),
    ("no space before a mark", #"\p{L}[;!?»]"#), ("a plain space after «", "« "),
    ("no space after «", "«[^\u{A0}]"), ("a plain space in a number", "[0-9] [0-9]{3}(?![0-9])"),
    ("a plain space before a currency", "[0-9] [€$]"), ("English quotation marks", "[“”]"),
  ]

  @Test func `French pages are set as French is`() throws {
    let pages = try Repository.files(below: "docs/fr", endingWith: ".md") + ["README.fr.md"]
    for path in pages {
      let words = try Page(path).words
      for misprint in Self.misprints {
        for match in words.matches(of: try Regex(misprint.1)) {
          let place = words[..<match.range.lowerBound].suffix(30)
          Issue.record("\(path): \(misprint.0) after «\(place)»")
        }
      }
      #expect(!words.contains(/\b(tu|ton|tes|toi)\b/), "\(path) says «vous»")
    }
  }
}
