package import SQLBuilder

/// Text without case and accents, as `contains`, `starts with`, `ends with` and `is like` see it.
///
/// The definition is DuckDB's `strip_accents(lower(x))`, told scalar by scalar: letters become
/// lower case and lose their accents, marks vanish, and what is left of Korean letters forms
/// syllables again. `œ`, `æ` and `ß` stay. Folding twice changes nothing.
package enum TextFolding {
  /// Folds a text.
  package static func fold(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) {
      return String(decoding: text.utf8.map(lowered), as: UTF8.self)
    }
    var result: [UInt32] = []
    for scalar in text.unicodeScalars {
      switch table[scalar.value] {
      case 0: break
      case let folded: append(folded ?? scalar.value, &result)
      }
    }
    var scalars = String.UnicodeScalarView()
    for value in result { if let scalar = Unicode.Scalar(value) { scalars.append(scalar) } }
    return String(scalars)
  }

  /// Folds a text and leaves out hyphens, spaces and apostrophes: «Saint-Étienne» and
  /// «saint etienne» have one key.
  package static func likeKey(_ text: String) -> String {
    let folded = fold(text).unicodeScalars.filter { !ignored.contains($0) }
    return String(String.UnicodeScalarView(folded))
  }

  /// The same as `fold` in an engine.
  package static func fold(_ text: SQL) -> SQL { "strip_accents(lower(\(text)))" }

  /// The same as `likeKey` in an engine.
  package static func likeKey(_ text: SQL) -> SQL {
    "translate(\(fold(text)), \(String(String.UnicodeScalarView(ignoredList))), '')"
  }

  /// Spaces that files contain, hyphens and dashes, apostrophes.
  private static let ignoredList: [Unicode.Scalar] = [
    " ", "\t", "\n", "\r", "\u{A0}", "\u{2009}", "\u{202F}", "-", "\u{AD}", "\u{2010}",
    "\u{2011}", "\u{2012}", "\u{2013}", "\u{2014}", "\u{2212}", "'", "\u{2BC}", "\u{2018}",
    "\u{2019}",
  ]
  private static let ignored = Set(ignoredList)

  private static func lowered(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 0x20 : byte
  }

  /// Appends a scalar; a Korean vowel or final joins the syllable it follows (Unicode 3.12).
  private static func append(_ value: UInt32, _ result: inout [UInt32]) {
    if let last = result.last {
      if (0x1100..<0x1113).contains(last), (0x1161..<0x1176).contains(value) {
        result[result.count - 1] = 0xAC00 + ((last - 0x1100) * 21 + (value - 0x1161)) * 28
        return
      }
      if (0xAC00..<0xD7A4).contains(last), (last - 0xAC00) % 28 == 0,
        (0x11A8..<0x11C3).contains(value)
      {
        result[result.count - 1] = last + value - 0x11A7
        return
      }
    }
    result.append(value)
  }

  /// What each scalar that does not stay becomes; 0 for what vanishes.
  private static let table: [UInt32: UInt32] = {
    var table: [UInt32: UInt32] = [:]
    for token in folded.split(whereSeparator: \.isWhitespace) {
      let isConstant = token.contains("=")
      let sides = token.split { $0 == ">" || $0 == "=" }
      let start = sides[0].replacing("/", with: "").split(separator: "+")
      guard let first = UInt32(start[0], radix: 16), let target = UInt32(sides[1], radix: 16)
      else { preconditionFailure("\(token) is no folding") }
      let count = start.count > 1 ? UInt32(start[1], radix: 16) ?? 1 : 1
      let stride: UInt32 = sides[0].hasSuffix("/") ? 2 : 1
      for step in 0..<count {
        table[first + step * stride] = isConstant ? target : target + step * stride
      }
    }
    for token in removed.split(whereSeparator: \.isWhitespace) {
      let parts = token.split(separator: "+").compactMap { UInt32($0, radix: 16) }
      for value in parts[0]..<parts[0] + (parts.count > 1 ? parts[1] : 1) { table[value] = 0 }
    }
    return table
  }()
}
