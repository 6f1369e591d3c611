internal import Foundation
internal import SQLBuilder

/// A JSON document, read by our own reader: numbers keep their digits, keys their order, a key said
/// twice is an error, and depth and size are limited before anything is built.
enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  /// As written.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  struct Member: Sendable, Hashable {
    let key: String
    let value: JSONValue
  }

  static func object(_ members: [(String, JSONValue)]) -> JSONValue {
    .object(members.map { Member(key: $0.0, value: $0.1) })
  }

  static func number(_ value: Int) -> JSONValue { .number(String(value)) }
}

// MARK: - Writing

extension JSONValue {
  /// One line, without blanks but after `,` and `:`.
  var text: String {
    var output = ""
    write(&output)
    return output
  }

  private func write(_ output: inout String) {
    switch self {
    case .null: output += "null"
    case .bool(let truth): output += truth ? "true" : "false"
    case .number(let digits): output += digits
    case .string(let text): Self.write(text, &output)
    case .array(let items):
      output += "["
      for (index, item) in items.enumerated() {
        if index > 0 { output += ", " }
        item.write(&output)
      }
      output += "]"
    case .object(let members):
      output += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { output += ", " }
        Self.write(member.key, &output)
        output += ": "
        member.value.write(&output)
      }
      output += "}"
    }
  }

  private static func write(_ text: String, _ output: inout String) {
    output += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\t": output += "\\t"
      case "\r": output += "\\r"
      // `</script>` must not end a script that a page carries.
      case "<": output += "\\u003c"
      case _
      where scalar.value < 0x20 || scalar.value == 0x7F || (0x2028...0x2029).contains(scalar.value):
        let hex = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: output.unicodeScalars.append(scalar)
      }
    }
    output += "\""
  }
}

// MARK: - Reading

/// Reads RFC 8259 JSON.
struct JSONReader {
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0
  /// A node of a rule has a few levels of JSON.
  static let deepest = RuleLimits.depth * 4

  private init(_ text: String) { bytes = Array(text.utf8) }

  /// - Throws: `json`, with the offset of what is no JSON, or for a document beyond the limits.
  static func read(_ text: String) throws(SegmentLanguageError) -> JSONValue {
    guard text.utf8.count <= RuleLimits.bytes * 4 else {
      throw .json(Diagnostic(.tooLong(bytes: text.utf8.count), path: "$"))
    }
    var reader = JSONReader(text)
    let value = try reader.value()
    reader.skipBlanks()
    guard reader.position == reader.bytes.count else { throw reader.wrong() }
    return value
  }

  private func wrong() -> SegmentLanguageError {
    let place = min(position, bytes.count)
    return .json(Diagnostic(.jsonSyntax, at: place..<min(place + 1, bytes.count)))
  }

  private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func accept(_ character: Character) -> Bool {
    skipBlanks()
    guard byte == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func value() throws(SegmentLanguageError) -> JSONValue {
    skipBlanks()
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else { throw .json(Diagnostic(.tooDeep, at: position..<position)) }
    switch byte {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["):
      position += 1
      guard !accept("]") else { return .array([]) }
      var items = [try value()]
      while accept(",") { items.append(try value()) }
      guard accept("]") else { throw wrong() }
      return .array(items)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"): return try number()
    case let digit? where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit):
      return try number()
    default: throw wrong()
    }
  }

  private mutating func object() throws(SegmentLanguageError) -> JSONValue {
    position += 1
    guard !accept("}") else { return .object([JSONValue.Member]()) }
    var members: [JSONValue.Member] = []
    var keys: Set<String> = []
    repeat {
      skipBlanks()
      let start = position
      let key = try string()
      guard keys.insert(key).inserted else {
        throw .json(Diagnostic(.jsonTwice(Lexer.clipped(key)), at: start..<position))
      }
      guard accept(":") else { throw wrong() }
      members.append(JSONValue.Member(key: key, value: try value()))
    } while accept(",")
    guard accept("}") else { throw wrong() }
    return .object(members)
  }

  private mutating func word(
    _ word: String, _ value: JSONValue
  ) throws(SegmentLanguageError) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw wrong() }
    position += word.utf8.count
    return value
  }

  private mutating func number() throws(SegmentLanguageError) -> JSONValue {
    let start = position
    if byte == UInt8(ascii: "-") { position += 1 }
    let whole = digits()
    guard whole > 0, whole == 1 || bytes[position - whole] != UInt8(ascii: "0") else {
      throw wrong()
    }
    if byte == UInt8(ascii: ".") {
      position += 1
      guard digits() > 0 else { throw wrong() }
    }
    if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      position += 1
      if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { position += 1 }
      guard digits() > 0 else { throw wrong() }
    }
    return .number(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func string() throws(SegmentLanguageError) -> String {
    guard byte == UInt8(ascii: "\"") else { throw wrong() }
    position += 1
    var content: [UInt8] = []
    while let byte, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw wrong() }
      position += 1
      guard byte == UInt8(ascii: "\\") else {
        content.append(byte)
        continue
      }
      content += Array(String(Character(try escape())).utf8)
    }
    guard byte != nil else { throw wrong() }
    position += 1
    return String(decoding: content, as: UTF8.self)
  }

  private mutating func escape() throws(SegmentLanguageError) -> Unicode.Scalar {
    guard let byte else { throw wrong() }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var unit = try codeUnit()
      if (0xD800..<0xDC00).contains(unit) {
        guard bytes[position...].starts(with: Array("\\u".utf8)) else { throw wrong() }
        position += 2
        let low = try codeUnit()
        guard (0xDC00..<0xE000).contains(low) else { throw wrong() }
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(unit) else { throw wrong() }
      return scalar
    default: throw wrong()
    }
  }

  private mutating func codeUnit() throws(SegmentLanguageError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw wrong() }
    let digits = String(decoding: bytes[position..<position + 4], as: UTF8.self)
    guard digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16) else {
      throw wrong()
    }
    position += 4
    return value
  }
}
