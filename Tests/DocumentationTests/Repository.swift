import Foundation
import Presentation
import Testing

/// The files of the package, as a reader of the repository sees them.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path)
  }

  /// The names in a folder, sorted.
  static func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path).sorted()
  }

  /// The paths of the files below a folder that end so, sorted.
  static func files(below folder: String, endingWith suffix: String) throws -> [String] {
    let all = try FileManager.default.subpathsOfDirectory(
      atPath: root.appending(path: folder).path)
    return all.filter { $0.hasSuffix(suffix) }.map { folder + "/" + $0 }.sorted()
  }

  /// Everything that a reader may open and follow links in.
  static func pages() throws -> [String] {
    let guides = try files(below: "docs", endingWith: ".md")
    let others = ["README.md", "README.fr.md", "CHANGELOG.md", "Examples/README.md"]
    return guides + others + ["Benchmarks/README.md"].filter(exists)
  }
}

/// A Markdown page, taken apart as far as the tests need.
struct Page {
  let path: String
  let text: String

  init(_ path: String) throws {
    self.path = path
    text = try Repository.text(path)
  }

  /// A guide in a language.
  init(_ guide: String, _ language: Language) throws {
    try self.init("docs/\(language.rawValue)/\(guide).md")
  }

  /// The lines with whether they are inside a code block.
  private var lines: [(text: String, isCode: Bool)] {
    var isCode = false
    return text.components(separatedBy: "\n").map { line in
      if line.hasPrefix("```") {
        isCode.toggle()
        return (line, true)
      }
      return (line, isCode)
    }
  }

  /// The text without code blocks.
  var prose: String {
    lines.filter { !$0.isCode }.map(\.text).joined(separator: "\n")
  }

  /// The text without code blocks, code spans and the targets of links.
  var words: String {
    prose.replacing(/`[^`]*`/, with: "`").replacing(/\]\([^)]*\)/, with: "]")
  }

  /// The code blocks of a kind, such as `sql`.
  func code(_ kind: String) -> [String] {
    text.matches(of: /(?ms)^```(\w*)\n(.*?)^```/)
      .filter { $0.output.1 == kind }.map { String($0.output.2) }
  }

  /// Headings, with their level.
  var headings: [(level: Int, title: String)] {
    lines.filter { !$0.isCode }.compactMap { line in
      line.text.wholeMatch(of: /(#+) (.*)/).map { ($0.output.1.count, String($0.output.2)) }
    }
  }

  /// The fragments by which its headings are reached: lower case, words joined by hyphens.
  var anchors: Set<String> {
    Set(
      headings.map { heading in
        heading.title.lowercased()
          .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
          .replacing(" ", with: "-")
      })
  }

  /// The targets of its links that are not on the web.
  var links: [String] {
    prose.replacing(/`[^`]*`/, with: "`").matches(of: /\]\(([^)]+)\)/)
      .map { String($0.output.1) }.filter { !$0.contains("://") && !$0.hasPrefix("mailto:") }
  }

  /// Its tables, in order.
  var tables: [Table] {
    var tables: [Table] = []
    var rows: [[String]] = []
    for line in lines + [("", false)] {
      if !line.isCode, line.text.hasPrefix("|") {
        rows.append(
          line.text.dropFirst().dropLast().components(separatedBy: "|")
            .map { $0.trimmingCharacters(in: .whitespaces) })
      } else if !rows.isEmpty {
        tables.append(Table(header: rows[0], rows: Array(rows.dropFirst(2))))
        rows = []
      }
    }
    return tables
  }

  /// The table of which a row begins with such a code span in some column.
  func table(with code: String, inColumn column: Int = 0) throws -> Table {
    try #require(
      tables.first { table in
        table.rows.contains { $0.count > column && $0[column] == "`\(code)`" }
      }, "\(path) has no table with `\(code)`")
  }

  /// The prose from a heading to the next one of the same or a higher level.
  func section(_ title: String) throws -> String {
    let marks = headings
    let index = try #require(marks.firstIndex { $0.title == title }, "\(path): \(title)")
    let mark = String(repeating: "#", count: marks[index].level) + " "
    let text = "\n" + prose
    let start = try #require(text.range(of: "\n\(mark)\(title)\n"))
    let rest = text[start.upperBound...]
    let next = marks[(index + 1)...].first { $0.level <= marks[index].level }
    let end = next.flatMap { heading in
      rest.range(of: "\n" + String(repeating: "#", count: heading.level) + " \(heading.title)\n")
    }
    return String(rest[..<(end?.lowerBound ?? rest.endIndex)])
  }

  struct Table {
    let header: [String]
    let rows: [[String]]
  }
}

/// What a code span says: the text between its backticks.
func span(_ cell: String) -> String { cell.replacing("`", with: "") }

/// All code spans of a text.
func spans(_ text: String) -> [String] {
  text.matches(of: /`([^`]+)`/).map { String($0.output.1) }
}
