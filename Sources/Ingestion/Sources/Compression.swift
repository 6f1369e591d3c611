internal import CZlib

/// The ways a single file is compressed.
enum Compression: String, Sendable, Hashable {
  case gzip
  case zstd
  case zip

  /// Nil for a file that is not compressed, workbooks (which are archives) included.
  init?(head: [UInt8]) {
    if head.starts(with: [0x1F, 0x8B]) {
      self = .gzip
    } else if head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
      self = .zstd
    } else if head.starts(with: [0x50, 0x4B, 0x03, 0x04]), !Self.isWorkbook(head) {
      self = .zip
    } else {
      return nil
    }
  }

  /// Workbooks start with one of the few parts that they are made of.
  private static func isWorkbook(_ head: [UInt8]) -> Bool {
    guard head.count > 30 else { return false }
    let length = Int(head[26]) | Int(head[27]) << 8
    guard head.count >= 30 + length else { return false }
    let name = String(decoding: head[30..<(30 + length)], as: UTF8.self)
    return ["[Content_Types].xml", "_rels/", "xl/", "docProps/"].contains { name.hasPrefix($0) }
  }
}

/// Writes the content of a compressed file to another file, in bounded memory.
struct Decompressor {
  /// As typed.
  let name: String
  let path: String
  let output: String

  func run(_ compression: Compression) throws(IngestionError) {
    let file = try FileReader(path: path, name: name)
    var writer = try FileWriter(path: output)
    switch compression {
    case .gzip: try gunzip(file, &writer)
    case .zstd, .zip: throw .wrongKind(file: name, found: "kind.binary")
    }
    try writer.flush()
  }

  /// All members of a gzip file, each checked by its own checksum.
  private func gunzip(
    _ file: borrowing FileReader, _ writer: inout FileWriter
  ) throws(IngestionError) {
    var offset = 0
    while offset < file.size {
      // 16 asks zlib for gzip's frame and its checksum; 15 is the largest window.
      offset = try inflate(file, from: offset, to: file.size, windowBits: 16 + 15, &writer)
      // Padding zeros may follow the last member.
      let rest = try file.bytes(at: offset, count: 2)
      if rest.isEmpty || rest[0] != 0x1F { return }
    }
  }

  /// Inflates one stream and returns the offset after it.
  func inflate(
    _ file: borrowing FileReader, from start: Int, to end: Int, windowBits: Int32,
    _ writer: inout FileWriter
  ) throws(IngestionError) -> Int {
    var stream = z_stream()
    guard
      inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .corrupt(file: name, format: "gzip") }
    defer { inflateEnd(&stream) }
    var output = [UInt8](repeating: 0, count: 1 << 18)
    var offset = start
    while true {
      var input = try file.bytes(at: offset, count: min(1 << 18, end - offset))
      guard !input.isEmpty else { throw .truncated(file: name, compression: "gzip") }
      let size = input.count
      var status: Int32 = Z_OK
      var used = 0
      var produced = 0
      // A full output means that there may be more of it without more input.
      repeat {
        input.withUnsafeMutableBufferPointer { source in
          output.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress.map { $0 + used }
            stream.avail_in = UInt32(size - used)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            status = CZlib.inflate(&stream, Z_NO_FLUSH)
            used = size - Int(stream.avail_in)
            produced = target.count - Int(stream.avail_out)
          }
        }
        try writer.write(output[0..<produced])
      } while status == Z_OK && (used < size || produced == output.count)
      // No progress without more input is no error.
      if status == Z_BUF_ERROR { status = Z_OK }
      offset += used
      switch status {
      case Z_STREAM_END: return offset
      case Z_OK:
        if offset >= end { throw .truncated(file: name, compression: "gzip") }
      default: throw .corrupt(file: name, format: "gzip")
      }
    }
  }
}
