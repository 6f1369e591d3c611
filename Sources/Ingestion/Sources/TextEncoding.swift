/// How the characters of a text file are written.
enum TextEncoding: String, Sendable, Hashable, CaseIterable {
  case utf8 = "UTF-8"
  case windows1252 = "windows-1252"
  case latin9 = "ISO-8859-15"
  case utf16LittleEndian = "UTF-16LE"
  case utf16BigEndian = "UTF-16BE"

  /// Reads the names that people and programs use; nil for one that is not known.
  init?(name: String) {
    switch name.lowercased().filter({ $0.isLetter || $0.isNumber }) {
    case "utf8", "utf8bom", "ascii", "usascii": self = .utf8
    case "windows1252", "cp1252", "1252", "latin1", "iso88591", "ansi": self = .windows1252
    case "iso885915", "latin9": self = .latin9
    case "utf16", "utf16le", "unicode": self = .utf16LittleEndian
    case "utf16be": self = .utf16BigEndian
    default: return nil
    }
  }

  /// The encoding that a file's first bytes announce, and the length of the announcement.
  static func announced(by bytes: ArraySlice<UInt8>) -> (TextEncoding, Int)? {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return (.utf8, 3) }
    if bytes.starts(with: [0xFF, 0xFE]) { return (.utf16LittleEndian, 2) }
    if bytes.starts(with: [0xFE, 0xFF]) { return (.utf16BigEndian, 2) }
    return nil
  }

  /// Guesses from a sample without a mark: UTF-16 by where its zeros stand, else UTF-8, whose
  /// readers take records that are no UTF-8 for Windows-1252.
  static func guess(_ sample: ArraySlice<UInt8>) -> TextEncoding {
    var zeros = (even: 0, odd: 0)
    for (index, byte) in sample.prefix(4096).enumerated() where byte == 0 {
      if index & 1 == 0 { zeros.even += 1 } else { zeros.odd += 1 }
    }
    let half = min(sample.count, 4096) / 2
    if half > 2 {
      if zeros.odd * 10 > half * 4, zeros.even * 20 < half { return .utf16LittleEndian }
      if zeros.even * 10 > half * 4, zeros.odd * 20 < half { return .utf16BigEndian }
    }
    return .utf8
  }

  /// Whether a sample is valid UTF-8, a character cut at its end aside.
  static func isUTF8(_ sample: ArraySlice<UInt8>) -> Bool {
    sample.withUnsafeBufferPointer { bytes in
      let valid = utf8Prefix(bytes)
      // A character has at most four bytes.
      return valid == bytes.count
        || bytes.count - valid < 4 && (0xC2...0xF4).contains(bytes[valid])
    }
  }

  /// The length of the longest start of a text that is valid UTF-8 (RFC 3629).
  static func utf8Prefix(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let count = bytes.count
    var index = 0
    func isTail(_ position: Int) -> Bool { position < count && bytes[position] & 0xC0 == 0x80 }
    while index < count {
      let byte = bytes[index]
      switch byte {
      case 0..<0x80: index += 1
      case 0xC2...0xDF:
        guard isTail(index + 1) else { return index }
        index += 2
      case 0xE0...0xEF:
        guard isTail(index + 1), isTail(index + 2) else { return index }
        let second = bytes[index + 1]
        // No longer form than needed, and no surrogates.
        if byte == 0xE0 && second < 0xA0 || byte == 0xED && second > 0x9F { return index }
        index += 3
      case 0xF0...0xF4:
        guard isTail(index + 1), isTail(index + 2), isTail(index + 3) else { return index }
        let second = bytes[index + 1]
        if byte == 0xF0 && second < 0x90 || byte == 0xF4 && second > 0x8F { return index }
        index += 4
      default: return index
      }
    }
    return count
  }

  /// Whether each byte is one character.
  var isSingleByte: Bool { self == .windows1252 || self == .latin9 }

  /// Appends one character of a single-byte encoding as UTF-8.
  @inline(__always)
  func append(_ byte: UInt8, to output: inout [UInt8]) {
    guard byte >= 0x80 else { return output.append(byte) }
    let scalar: UInt32 =
      switch self {
      case .windows1252 where byte < 0xA0: Self.windows1252High[Int(byte) - 0x80]
      case .latin9: Self.latin9Differences[byte] ?? UInt32(byte)
      default: UInt32(byte)
      }
    Self.append(scalar, to: &output)
  }

  @inline(__always)
  static func append(_ scalar: UInt32, to output: inout [UInt8]) {
    if scalar < 0x80 {
      output.append(UInt8(scalar))
    } else if scalar < 0x800 {
      output.append(UInt8(0xC0 | scalar >> 6))
      output.append(UInt8(0x80 | scalar & 0x3F))
    } else if scalar < 0x10000 {
      output.append(UInt8(0xE0 | scalar >> 12))
      output.append(UInt8(0x80 | scalar >> 6 & 0x3F))
      output.append(UInt8(0x80 | scalar & 0x3F))
    } else {
      output.append(UInt8(0xF0 | scalar >> 18))
      output.append(UInt8(0x80 | scalar >> 12 & 0x3F))
      output.append(UInt8(0x80 | scalar >> 6 & 0x3F))
      output.append(UInt8(0x80 | scalar & 0x3F))
    }
  }

  /// Code points of the bytes 80 to 9F (WHATWG's table; the five free bytes are controls).
  private static let windows1252High: [UInt32] = [
    0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0x8D, 0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
  ]
  private static let latin9Differences: [UInt8: UInt32] = [
    0xA4: 0x20AC, 0xA6: 0x160, 0xA8: 0x161, 0xB4: 0x17D, 0xB8: 0x17E, 0xBC: 0x152, 0xBD: 0x153,
    0xBE: 0x178,
  ]
}

/// Turns a stream of bytes in one encoding into UTF-8, chunk by chunk.
struct TextDecoder {
  let encoding: TextEncoding
  /// A byte or a high surrogate that waits for the next chunk.
  private var pendingByte: UInt8?
  private var pendingSurrogate: UInt16?

  init(_ encoding: TextEncoding) { self.encoding = encoding }

  /// Appends the chunk's characters to `output`. UTF-8 passes as it is, valid or not.
  mutating func decode(_ chunk: ArraySlice<UInt8>, into output: inout [UInt8]) {
    switch encoding {
    case .utf8: output.append(contentsOf: chunk)
    case .windows1252, .latin9: for byte in chunk { encoding.append(byte, to: &output) }
    case .utf16LittleEndian, .utf16BigEndian:
      for byte in chunk {
        guard let first = pendingByte else {
          pendingByte = byte
          continue
        }
        pendingByte = nil
        let unit =
          encoding == .utf16LittleEndian
          ? UInt16(byte) << 8 | UInt16(first) : UInt16(first) << 8 | UInt16(byte)
        append(unit, to: &output)
      }
    }
  }

  private mutating func append(_ unit: UInt16, to output: inout [UInt8]) {
    if let high = pendingSurrogate {
      pendingSurrogate = nil
      if (0xDC00...0xDFFF).contains(unit) {
        let scalar = 0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(unit) - 0xDC00)
        return TextEncoding.append(scalar, to: &output)
      }
      TextEncoding.append(0xFFFD, to: &output)
    }
    switch unit {
    case 0xD800...0xDBFF: pendingSurrogate = unit
    case 0xDC00...0xDFFF: TextEncoding.append(0xFFFD, to: &output)
    default: TextEncoding.append(UInt32(unit), to: &output)
    }
  }
}
