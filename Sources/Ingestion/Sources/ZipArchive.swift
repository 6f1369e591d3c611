/// The directory of a zip archive.
struct ZipArchive: Sendable {
  struct Entry: Sendable, Hashable {
    let name: String
    /// 0 stored, 8 deflated.
    let method: Int
    let isEncrypted: Bool
    let checksum: UInt
    let packedSize: Int
    let size: Int
    let headerOffset: Int
  }

  let entries: [Entry]

  /// - Throws: `truncated` without a directory, `corrupt` for one that makes no sense.
  init(_ file: borrowing FileReader) throws(IngestionError) {
    let tailSize = min(file.size, 65_557)
    let tail = try file.bytes(at: file.size - tailSize, count: tailSize)
    guard let end = Self.lastIndex(of: [0x50, 0x4B, 0x05, 0x06], in: tail), end + 22 <= tail.count
    else { throw .truncated(file: file.name, compression: "zip") }
    var count = Self.number(tail, end + 10, 2)
    var size = Self.number(tail, end + 12, 4)
    var offset = Self.number(tail, end + 16, 4)
    if offset == 0xFFFF_FFFF || count == 0xFFFF,
      let wide = Self.lastIndex(of: [0x50, 0x4B, 0x06, 0x06], in: tail), wide + 56 <= tail.count
    {
      count = Self.number(tail, wide + 32, 8)
      size = Self.number(tail, wide + 40, 8)
      offset = Self.number(tail, wide + 48, 8)
    }
    guard offset >= 0, size >= 0, offset <= file.size - size, size < 1 << 26 else {
      throw .corrupt(file: file.name, format: "zip")
    }
    let directory = try file.bytes(at: offset, count: size)
    var entries: [Entry] = []
    var index = 0
    while entries.count < count, index + 46 <= directory.count {
      guard Self.number(directory, index, 4) == 0x0201_4B50 else {
        throw .corrupt(file: file.name, format: "zip")
      }
      let nameLength = Self.number(directory, index + 28, 2)
      let extraLength = Self.number(directory, index + 30, 2)
      let commentLength = Self.number(directory, index + 32, 2)
      let nameEnd = index + 46 + nameLength
      guard nameEnd + extraLength + commentLength <= directory.count else {
        throw .corrupt(file: file.name, format: "zip")
      }
      var packed = Self.number(directory, index + 20, 4)
      var plain = Self.number(directory, index + 24, 4)
      var header = Self.number(directory, index + 42, 4)
      Self.widen(directory[nameEnd..<(nameEnd + extraLength)], &plain, &packed, &header)
      entries.append(
        Entry(
          name: String(decoding: directory[(index + 46)..<nameEnd], as: UTF8.self),
          method: Self.number(directory, index + 10, 2),
          isEncrypted: Self.number(directory, index + 8, 2) & 1 == 1,
          checksum: UInt(Self.number(directory, index + 16, 4)), packedSize: packed, size: plain,
          headerOffset: header))
      index = nameEnd + extraLength + commentLength
    }
    self.entries = entries
  }

  /// Hands over an entry's content, checked by its size and checksum.
  ///
  /// - Parameter limit: bytes after which the rest is left out, unchecked.
  func extract(
    _ entry: Entry, _ file: borrowing FileReader, limit: Int = .max,
    _ write: (ArraySlice<UInt8>) throws(IngestionError) -> Void
  ) throws(IngestionError) {
    let name = file.name
    if entry.isEncrypted { throw .encryptedArchive(file: name) }
    let header = try file.bytes(at: entry.headerOffset, count: 30)
    guard header.count == 30, Self.number(header, 0, 4) == 0x0403_4B50 else {
      throw .corrupt(file: name, format: "zip")
    }
    let start =
      entry.headerOffset + 30 + Self.number(header, 26, 2) + Self.number(header, 28, 2)
    let end = start + entry.packedSize
    guard end <= file.size else { throw .truncated(file: name, compression: "zip") }
    switch entry.method {
    case 0:
      var offset = start
      while offset < min(end, limit == .max ? end : start + limit) {
        let bytes = try file.bytes(at: offset, count: min(1 << 18, end - offset))
        if bytes.isEmpty { throw .truncated(file: name, compression: "zip") }
        try write(bytes[...])
        offset += bytes.count
      }
    case 8:
      var inflater = Inflater(name: name, format: "zip", windowBits: -15)
      var written = 0
      do throws(IngestionError) {
        _ = try inflater.run(file, from: start, to: end) { (bytes) throws(IngestionError) in
          try write(bytes)
          written += bytes.count
          // The reading stops by an error that is caught just below.
          if written >= limit { throw .archive(file: name, entries: []) }
        }
      } catch .archive where written >= limit {
        return
      }
      guard inflater.size == entry.size, inflater.checksum == entry.checksum else {
        throw .corrupt(file: name, format: "zip")
      }
    default: throw .corrupt(file: name, format: "zip")
    }
  }

  /// The start of an entry's content, as text.
  func text(
    _ entry: Entry, _ file: borrowing FileReader, limit: Int
  ) throws(IngestionError) -> String {
    var bytes: [UInt8] = []
    try extract(entry, file, limit: limit) { (part) throws(IngestionError) in
      bytes.append(contentsOf: part)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func number(_ bytes: [UInt8], _ index: Int, _ length: Int) -> Int {
    var value = 0
    for offset in (0..<length).reversed() { value = value << 8 | Int(bytes[index + offset]) }
    return value
  }

  /// Sizes and offsets beyond 4 GB stand in an extra field, in this order.
  private static func widen(
    _ extra: ArraySlice<UInt8>, _ plain: inout Int, _ packed: inout Int, _ header: inout Int
  ) {
    let bytes = Array(extra)
    var index = 0
    while index + 4 <= bytes.count {
      let length = number(bytes, index + 2, 2)
      guard index + 4 + length <= bytes.count else { return }
      if number(bytes, index, 2) == 1 {
        var at = index + 4
        func next(_ value: inout Int) {
          guard value == 0xFFFF_FFFF, at + 8 <= index + 4 + length else { return }
          value = number(bytes, at, 8) & Int.max
          at += 8
        }
        next(&plain)
        next(&packed)
        next(&header)
      }
      index += 4 + length
    }
  }

  private static func lastIndex(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
    guard bytes.count >= pattern.count else { return nil }
    return (0...(bytes.count - pattern.count)).last { bytes[$0..<($0 + 4)].elementsEqual(pattern) }
  }
}
