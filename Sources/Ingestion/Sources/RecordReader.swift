/// Cuts a text file into records, one after the other, in bounded memory.
///
/// After each successful `next()`, the fields of the record are in `content`, as UTF-8 without
/// their quotes. A record that cannot be cut has a `defect` and is passed over to its line's end.
struct RecordReader: ~Copyable {
  private let file: FileReader
  private let dialect: Dialect
  private var decoder: TextDecoder
  private var offset: Int
  private let end: Int
  private var raw: [UInt8]
  /// Decoded bytes; the current record starts at `position`.
  private var buffer: [UInt8] = []
  private var position = 0
  private var isAtEnd = false
  private var nextLine = 1

  /// The most bytes that were held at once.
  private(set) var mostHeld = 0
  /// The first physical line of the record, from 1.
  private(set) var line = 0
  /// The fields, one after the other.
  private(set) var content: [UInt8] = []
  private var mended: [UInt8] = []
  /// Where each field ends in `content`.
  private(set) var ends: [Int] = []
  private(set) var defect: RecordDefect?
  /// Records with characters that are valid UTF-8 beyond ASCII, and records that are not UTF-8
  /// and were read as Windows-1252.
  private(set) var encodings = (utf8: 0, windows1252: 0)

  /// - Parameters:
  ///   - range: the part of the file to read; its start is a record's start.
  init(file: consuming FileReader, dialect: Dialect, range: Range<Int>? = nil) {
    offset = range?.lowerBound ?? dialect.markBytes
    end = range?.upperBound ?? file.size
    self.file = file
    self.dialect = dialect
    decoder = TextDecoder(dialect.encoding)
    raw = [UInt8](repeating: 0, count: 1 << 20)
  }

  /// Moves to the next record that is not blank; false at the end.
  mutating func next() throws(IngestionError) -> Bool {
    while true {
      switch cut() {
      case .more: try refill()
      case .end: return false
      case .record(let next, let lines):
        position = next
        line = nextLine
        nextLine += lines
        // A blank line is no record, and no defect either; nor is one of separators only, as
        // spreadsheets leave them below their data.
        if defect == nil, content.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
        if dialect.encoding == .utf8 { mendEncoding() }
        return true
      case .tooLong:
        line = nextLine
        content.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        defect = .tooLong
        try skipLine()
        return true
      }
    }
  }

  /// The text of a field.
  func field(_ index: Int) -> ArraySlice<UInt8> {
    content[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }

  /// Skips physical lines, whatever they hold.
  mutating func skipLines(_ count: Int) throws(IngestionError) {
    for _ in 0..<count { try skipLine() }
  }

  private mutating func skipLine() throws(IngestionError) {
    let breakByte: UInt8 = dialect.lineBreak == .lineFeed ? 0x0A : 0x0D
    while true {
      if let found = buffer[position...].firstIndex(of: breakByte) {
        position = found + 1
        nextLine += 1
        return
      }
      // Nothing of a line that is skipped needs to stay in memory.
      position = buffer.count
      if isAtEnd { return }
      try refill()
    }
  }

  private mutating func refill() throws(IngestionError) {
    buffer.removeSubrange(0..<position)
    position = 0
    let wanted = min(raw.count, end - offset)
    let count = try file.read(at: offset, wanted, into: &raw)
    offset += count
    isAtEnd = count == 0 || offset >= end
    decoder.decode(raw[0..<count], into: &buffer)
    mostHeld = max(mostHeld, buffer.count)
  }

  private enum Cut {
    /// The record ends before this position, after so many line breaks.
    case record(next: Int, lines: Int)
    case more
    case end
    case tooLong
  }

  private mutating func cut() -> Cut {
    content.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    defect = nil
    guard position < buffer.count else { return isAtEnd ? .end : .more }
    return switch dialect.separator {
    case .byte(let separator): cutDelimited(separator)
    case .blanks: cutBlanks()
    }
  }

  private func incomplete(_ start: Int) -> Cut {
    buffer.count - start > ImportLimits.recordBytes ? .tooLong : .more
  }

  private mutating func cutDelimited(_ separator: UInt8) -> Cut {
    let quote = UInt8(ascii: "\"")
    let escape = dialect.escape
    let lineBreak: UInt8 = dialect.lineBreak == .lineFeed ? 0x0A : 0x0D
    let start = position
    var lines = 0
    var index = start
    var found: RecordDefect?
    let isAtEnd = isAtEnd
    let outcome: Cut? = buffer.withUnsafeBufferPointer { bytes -> Cut? in
      let count = bytes.count
      while true {
        // At the start of a field.
        if index < count, bytes[index] == quote {
          index += 1
          var run = index
          while true {
            guard index < count else {
              if isAtEnd { return nil }
              return .more
            }
            let byte = bytes[index]
            if byte == quote {
              if index + 1 < count, bytes[index + 1] == quote {
                content.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run...index]))
                index += 2
                run = index
                continue
              }
              // Whether a second quote follows is only known with the next byte.
              if index + 1 == count, !isAtEnd { return .more }
              content.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run..<index]))
              index += 1
              break
            }
            if byte == escape, escape != quote, index + 1 < count {
              content.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run..<index]))
              run = index + 1
              index += 2
              continue
            }
            if byte == lineBreak { lines += 1 }
            if byte == 0 { found = .nul }
            index += 1
          }
          // Blanks and a carriage return may follow the closing quote, nothing else.
          while index < count, bytes[index] == 0x20 || bytes[index] == 0x0D,
            bytes[index] != lineBreak
          { index += 1 }
          if index < count, bytes[index] != separator, bytes[index] != lineBreak {
            found = found ?? .strayQuote
            while index < count, bytes[index] != separator, bytes[index] != lineBreak { index += 1 }
          }
        } else {
          let run = index
          var last = index
          while index < count {
            let byte = bytes[index]
            if byte == separator || byte == lineBreak { break }
            if byte == 0 { found = .nul }
            index += 1
          }
          last = index
          if last > run, index < count, bytes[index] == lineBreak, bytes[last - 1] == 0x0D {
            last -= 1
          } else if last > run, index == count, isAtEnd, bytes[last - 1] == 0x0D {
            last -= 1
          }
          content.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run..<last]))
        }
        guard index < count else {
          guard isAtEnd else { return .more }
          ends.append(content.count)
          return .record(next: count, lines: lines + 1)
        }
        ends.append(content.count)
        let isBreak = bytes[index] == lineBreak
        index += 1
        if isBreak { return .record(next: index, lines: lines + 1) }
      }
    }
    defect = found
    switch outcome {
    case .record(let next, _) where next - start > ImportLimits.recordBytes: return .tooLong
    case .record: return outcome ?? .end
    case .more: return incompleteDelimited(start)
    default: return openQuote(start)
    }
  }

  /// A record that goes beyond what may be held: an open quote where one is in it, else too long.
  private mutating func incompleteDelimited(_ start: Int) -> Cut {
    guard buffer.count - start > ImportLimits.recordBytes else { return .more }
    let lineBreak: UInt8 = dialect.lineBreak == .lineFeed ? 0x0A : 0x0D
    let window = buffer[start..<(start + ImportLimits.recordBytes)]
    return window.contains(lineBreak) ? openQuote(start) : .tooLong
  }

  /// A quote that nothing closes: the record is its first line, and the next line starts anew.
  private mutating func openQuote(_ start: Int) -> Cut {
    let lineBreak: UInt8 = dialect.lineBreak == .lineFeed ? 0x0A : 0x0D
    content.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    defect = .openQuote
    let next = buffer[start...].firstIndex(of: lineBreak).map { $0 + 1 } ?? buffer.count
    return .record(next: next, lines: 1)
  }

  private mutating func cutBlanks() -> Cut {
    let start = position
    var index = start
    var inField = false
    while index < buffer.count {
      let byte = buffer[index]
      switch byte {
      case 0x0A:
        if inField { ends.append(content.count) }
        return .record(next: index + 1, lines: 1)
      case 0x20, 0x09, 0x0D:
        if inField { ends.append(content.count) }
        inField = false
      default:
        if byte == 0 { defect = .nul }
        inField = true
        content.append(byte)
      }
      index += 1
    }
    guard isAtEnd else { return incomplete(start) }
    if inField { ends.append(content.count) }
    return .record(next: index, lines: 1)
  }

  /// Reads a record that is not UTF-8 as Windows-1252.
  private mutating func mendEncoding() {
    let isValid: Bool? = content.withUnsafeBufferPointer { bytes in
      var all: UInt8 = 0
      for byte in bytes { all |= byte }
      return all < 0x80 ? nil : TextEncoding.utf8Prefix(bytes) == bytes.count
    }
    guard let isValid else { return }
    guard !isValid else {
      encodings.utf8 += 1
      return
    }
    encodings.windows1252 += 1
    mended.removeAll(keepingCapacity: true)
    var start = 0
    for index in ends.indices {
      for position in start..<ends[index] {
        TextEncoding.windows1252.append(content[position], to: &mended)
      }
      start = ends[index]
      ends[index] = mended.count
    }
    swap(&content, &mended)
  }
}
