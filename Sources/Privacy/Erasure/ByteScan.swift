internal import Foundation

/// Looks for texts in the bytes of files.
package struct ByteScan: Sendable {
  /// Patterns by the hash of their first four bytes.
  private let patterns: [UInt32: [[UInt8]]]
  private let longest: Int
  /// A bit per hash of four bytes, to pass over almost everything.
  private let filter: [UInt64]

  /// - Parameter texts: those of fewer than four bytes are not looked for: they would be everywhere.
  package init(_ texts: some Sequence<String>) {
    var patterns: [UInt32: [[UInt8]]] = [:]
    var filter = [UInt64](repeating: 0, count: 1024)
    var longest = 0
    let forms = Set(texts).flatMap { text -> [[UInt8]] in
      let latin = text.data(using: .windowsCP1252).map(Array.init)
      let wide = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
      return [Array(text.utf8), wide] + (latin.map { [$0] } ?? [])
    }
    for bytes in Set(forms) where bytes.count >= 4 {
      let start = Self.word(bytes[0], bytes[1], bytes[2], bytes[3])
      patterns[start, default: []].append(bytes)
      let place = Self.place(start)
      filter[place >> 6] |= 1 << UInt64(place & 63)
      longest = max(longest, bytes.count)
    }
    self.patterns = patterns
    self.filter = filter
    self.longest = longest
  }

  private static func word(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> UInt32 {
    UInt32(a) | UInt32(b) << 8 | UInt32(c) << 16 | UInt32(d) << 24
  }

  private static func place(_ word: UInt32) -> Int { Int((word &* 2_654_435_761) >> 16) }

  /// Whether a file has one of the texts, in UTF-8, UTF-16 or Windows-1252; nil when it cannot be
  /// read.
  package func isFound(inFile path: String) -> Bool? {
    guard !patterns.isEmpty else { return false }
    guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? handle.close() }
    // A text may lie across two pieces: the end of one begins the next.
    var carried: [UInt8] = []
    while let piece = try? handle.read(upToCount: 1 << 22), !piece.isEmpty {
      let bytes = carried + piece
      if isFound(in: bytes) { return true }
      carried = Array(bytes.suffix(longest - 1))
    }
    return false
  }

  /// Whether bytes have one of the texts.
  package func isFound(in bytes: [UInt8]) -> Bool {
    guard bytes.count >= 4, !patterns.isEmpty else { return false }
    return bytes.withUnsafeBufferPointer { bytes in
      filter.withUnsafeBufferPointer { filter in
        var word = Self.word(0, bytes[0], bytes[1], bytes[2])
        for end in 3..<bytes.count {
          word = word >> 8 | UInt32(bytes[end]) << 24
          let place = Self.place(word)
          guard filter[place >> 6] >> UInt64(place & 63) & 1 == 1,
            let candidates = patterns[word]
          else { continue }
          let start = end - 3
          for pattern in candidates where start + pattern.count <= bytes.count {
            if pattern.indices.allSatisfy({ bytes[start + $0] == pattern[$0] }) { return true }
          }
        }
        return false
      }
    }
  }

  /// The regular files below a folder, hidden ones too, sorted; links are not followed.
  package static func files(below folder: String) -> [String] {
    guard
      let paths = FileManager.default.enumerator(
        at: URL(fileURLWithPath: folder), includingPropertiesForKeys: [.isRegularFileKey])
    else { return [] }
    return paths.compactMap { item -> String? in
      guard let url = item as? URL,
        (try? url.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true
      else { return nil }
      return url.path
    }.sorted()
  }
}
