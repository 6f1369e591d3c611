/// A place in a text that a person wrote, to be shown to her with the place marked.
package struct SourceExcerpt: Sendable, Hashable, Codable {
  /// From 1.
  package let line: Int
  /// In characters, from 1.
  package let column: Int
  /// The line up to the place, the place itself and the rest of its line: at most about a hundred
  /// characters together, with control characters and marks that reorder text made visible.
  package let before: String
  package let marked: String
  package let after: String

  /// - Parameter span: UTF-8 offsets; those beyond the text mean its end.
  package init(_ text: String, _ span: Range<Int>) {
    let bytes = Array(text.utf8)
    let start = min(span.lowerBound, bytes.count)
    let lineStart = bytes[..<start].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let lineEnd = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
    let end = max(start, min(span.upperBound, lineEnd))
    func characters(_ range: Range<Int>) -> [Character] {
      Array(String(decoding: bytes[range], as: UTF8.self))
    }
    let before = characters(lineStart..<start)
    let marked = characters(start..<end)
    let after = characters(end..<lineEnd)
    line = bytes[..<start].count { $0 == 0x0A } + 1
    column = before.count + 1
    self.before = (before.count > 60 ? "…" : "") + Self.visible(before.suffix(60))
    self.marked = Self.visible(marked.prefix(60)) + (marked.count > 60 ? "…" : "")
    let room = max(0, 40 - min(marked.count, 40))
    self.after = Self.visible(after.prefix(room)) + (after.count > room ? "…" : "")
  }

  /// A place in a line of a file, to the end of the word that begins there.
  ///
  /// - Parameter column: in scalars, from 1.
  package init(line text: Substring, column: Int) {
    let before = String(text.unicodeScalars.prefix(max(0, column - 1)))
    let word = text.unicodeScalars.dropFirst(max(0, column - 1)).prefix {
      !$0.properties.isWhitespace
    }
    let start = before.utf8.count
    self.init(String(text), start..<start + String(word).utf8.count)
  }

  /// The line, and a second one with carets under the place.
  ///
  /// - Parameter width: how many columns a text takes where it is shown.
  package func lines(width: (String) -> Int) -> [String] {
    let carets = String(repeating: "^", count: max(1, width(marked)))
    return [before + marked + after, String(repeating: " ", count: width(before)) + carets]
  }

  private static func visible(_ characters: some Swift.Sequence<Character>) -> String {
    var result = String.UnicodeScalarView()
    for scalar in String(characters).unicodeScalars {
      switch scalar.value {
      case 0x09, 0x0D: result.append(" ")
      case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069:
        result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
