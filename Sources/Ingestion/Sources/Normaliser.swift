/// Copies a text file into a regular one: UTF-8, commas, quotes where needed, and before each
/// record's fields its line and its defect.
struct Normaliser {
  let file: SourceFile
  let dialect: Dialect
  let output: String

  /// What was found on the way.
  struct Findings: Sendable, Hashable {
    var records = 0
    /// Records with characters beyond ASCII in UTF-8, and records that were not UTF-8.
    var utf8 = 0
    var windows1252 = 0
  }

  /// - Throws: what reading and writing throw, and `engine(.cancelled)`.
  func run(_ stop: StopSignal) throws(IngestionError) -> Findings {
    var reader = RecordReader(
      file: try FileReader(path: file.path, name: file.name), dialect: dialect)
    try reader.skipLines(dialect.linesAbove)
    var writer = try FileWriter(path: output)
    let width = dialect.columns.count
    var findings = Findings()
    while try reader.next() {
      findings.records += 1
      if findings.records & 0xFFF == 0 { try stop.check() }
      let defect = reader.defect ?? Self.widthDefect(reader, width)
      let isCut = defect == .tooLong || defect == .openQuote
      let line = reader.line
      let fields = isCut ? 0 : min(width, reader.ends.count)
      try writer.append { buffer in
        buffer.append(contentsOf: String(line).utf8)
        buffer.append(UInt8(ascii: ","))
        if let defect { buffer.append(contentsOf: defect.rawValue.utf8) }
        reader.content.withUnsafeBufferPointer { content in
          var start = 0
          // A record with a defect keeps its fields only where they can be told apart.
          for column in 0..<fields {
            buffer.append(UInt8(ascii: ","))
            let end = reader.ends[column]
            Self.append(UnsafeBufferPointer(rebasing: content[start..<end]), to: &buffer)
            start = end
          }
        }
        for _ in fields..<width { buffer.append(UInt8(ascii: ",")) }
        buffer.append(0x0A)
      }
    }
    try writer.flush()
    findings.utf8 = reader.encodings.utf8
    findings.windows1252 = reader.encodings.windows1252
    return findings
  }

  /// Empty fields beyond the header's, as some programs write, are no defect.
  private static func widthDefect(
    _ reader: borrowing RecordReader, _ width: Int
  ) -> RecordDefect? {
    if reader.ends.count < width { return .tooFewColumns }
    if reader.ends.count > width {
      for extra in width..<reader.ends.count
      where reader.field(extra).contains(where: { $0 != 0x20 && $0 != 0x09 }) {
        return .tooManyColumns
      }
    }
    return nil
  }

  /// Appends a field without blanks at its ends; nothing for words that stand for nothing.
  private static func append(_ field: UnsafeBufferPointer<UInt8>, to buffer: inout [UInt8]) {
    var start = 0
    var end = field.count
    guard end > 0 else { return }
    // Hardly any field has something to trim.
    if !isPlain(field[0]) || !isPlain(field[end - 1]) {
      while start < end {
        let skip = blankLength(field, at: start, end)
        if skip == 0 { break }
        start += skip
      }
      trailing: while end > start {
        for length in 1...3 where end - length >= start {
          if blankLength(field, at: end - length, end) == length {
            end -= length
            continue trailing
          }
        }
        break
      }
      guard start < end else { return }
    }
    let trimmed = UnsafeBufferPointer(rebasing: field[start..<end])
    if trimmed.count <= 4, nullStarts.contains(trimmed[0]),
      NullWords.all.contains(String(decoding: trimmed, as: UTF8.self))
    {
      return
    }
    var needsQuotes = false
    var mayHide = false
    for byte in trimmed {
      if byte == 0x2C || byte == 0x22 || byte == 0x0A || byte == 0x0D { needsQuotes = true }
      if byte == 0xE2 || byte == 0xEF { mayHide = true }
    }
    if mayHide, hidesSomething(trimmed) {
      let shown = withoutHidden(trimmed)
      return shown.withUnsafeBufferPointer { append($0, to: &buffer) }
    }
    guard needsQuotes else { return buffer.append(contentsOf: trimmed) }
    buffer.append(0x22)
    for byte in trimmed {
      if byte == 0x22 { buffer.append(0x22) }
      buffer.append(byte)
    }
    buffer.append(0x22)
  }

  /// The zero-width space, the word joiner and the mark of UTF-8: nobody sees them, and texts that
  /// look alike differ by them. Joiners and marks of direction mean something in some scripts.
  private static func isHidden(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
    guard index + 2 < bytes.count else { return false }
    switch (bytes[index], bytes[index + 1], bytes[index + 2]) {
    case (0xE2, 0x80, 0x8B), (0xE2, 0x81, 0xA0), (0xEF, 0xBB, 0xBF): return true
    default: return false
    }
  }

  private static func hidesSomething(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.indices.contains { isHidden(bytes, at: $0) }
  }

  private static func withoutHidden(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var shown: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if isHidden(bytes, at: index) {
        index += 3
      } else {
        shown.append(bytes[index])
        index += 1
      }
    }
    return shown
  }

  @inline(__always)
  private static func isPlain(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x80 }

  /// First bytes of the words that stand for nothing.
  private static let nullStarts = Array("N\\n#".utf8)

  /// The length of the blank character at a position; 0 for another character.
  private static func blankLength(
    _ bytes: UnsafeBufferPointer<UInt8>, at index: Int, _ end: Int
  ) -> Int {
    switch bytes[index] {
    case 0x20, 0x09, 0x0A, 0x0D: return 1
    case 0xC2 where index + 1 < end && bytes[index + 1] == 0xA0: return 2
    case 0xE2 where index + 2 < end && bytes[index + 1] == 0x80:
      return bytes[index + 2] == 0xAF || bytes[index + 2] == 0x89 ? 3 : 0
    case 0xEF where index + 2 < end && bytes[index + 1] == 0xBB && bytes[index + 2] == 0xBF:
      return 3
    default: return 0
    }
  }
}
