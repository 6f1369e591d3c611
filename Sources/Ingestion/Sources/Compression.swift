internal import CCompression
internal import Foundation

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
    } else if head.starts(with: [0x50, 0x4B, 0x05, 0x06]) {
      // An archive with nothing in it.
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
    return ["[Content_Types].xml", "_rels/", "xl/", "docProps/", "customXml/"].contains {
      name.hasPrefix($0)
    }
  }
}

/// Writes the content of a compressed file to another file, in bounded memory.
struct Decompressor {
  /// As typed.
  let name: String
  let path: String
  let output: String
  let stop: StopSignal

  func run(_ compression: Compression) throws(IngestionError) {
    let file = try FileReader(path: path, name: name)
    var writer = try FileWriter(path: output)
    switch compression {
    case .gzip: try gunzip(file, &writer)
    case .zstd: try unzstd(file, &writer)
    case .zip: try unzip(file, &writer)
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
      var inflater = Inflater(name: name, format: "gzip", windowBits: 16 + 15)
      offset = try inflater.run(file, from: offset, to: file.size) {
        (bytes) throws(IngestionError) in
        try stop.check()
        try writer.write(bytes)
      }
      // Padding zeros may follow the last member.
      let rest = try file.bytes(at: offset, count: 2)
      if rest.isEmpty || rest[0] != 0x1F { return }
    }
  }

  /// The only file of an archive; folders and the notes of macOS do not count.
  private func unzip(
    _ file: borrowing FileReader, _ writer: inout FileWriter
  ) throws(IngestionError) {
    let archive = try ZipArchive(file)
    let entries = archive.entries.filter {
      !$0.name.hasSuffix("/") && !$0.name.hasPrefix("__MACOSX/")
        && !$0.name.hasSuffix(".DS_Store")
    }
    guard entries.count == 1, let entry = entries.first else {
      throw .archive(file: name, entries: entries.prefix(10).map(\.name))
    }
    try archive.extract(entry, file) { (bytes) throws(IngestionError) in
      try stop.check()
      try writer.write(bytes)
    }
  }

  private func unzstd(
    _ file: borrowing FileReader, _ writer: inout FileWriter
  ) throws(IngestionError) {
    guard let zstd = Zstandard() else { throw .wrongKind(file: name, found: "kind.zstd") }
    var stream = zstd.create()
    defer { _ = zstd.free(stream) }
    guard stream != nil else { throw .corrupt(file: name, format: "zstd") }
    var target = [UInt8](repeating: 0, count: 1 << 18)
    var offset = 0
    var left = 1
    while offset < file.size {
      let source = try file.bytes(at: offset, count: 1 << 18)
      var used = 0
      while used < source.count {
        var produced = 0
        source.withUnsafeBytes { input in
          target.withUnsafeMutableBytes { output in
            var from = zstd_input(source: input.baseAddress, size: input.count, position: used)
            var to = zstd_output(target: output.baseAddress, size: output.count, position: 0)
            left = zstd.decompress(stream, &to, &from)
            used = from.position
            produced = to.position
          }
        }
        if zstd.isError(left) != 0 { throw .corrupt(file: name, format: "zstd") }
        try stop.check()
        try writer.write(target[0..<produced])
      }
      offset += source.count
    }
    // What is left to read of a frame is 0 exactly at its end.
    if left != 0 { throw .truncated(file: name, compression: "zstd") }
    stream = nil
  }
}

/// One run of zlib over a part of a file.
struct Inflater {
  let name: String
  let format: String
  /// 15 for zlib's frame, 31 for gzip's, −15 for none.
  let windowBits: Int32
  /// CRC-32 and size of what came out.
  private(set) var checksum: UInt = 0
  private(set) var size = 0

  init(name: String, format: String, windowBits: Int32) {
    self.name = name
    self.format = format
    self.windowBits = windowBits
  }

  /// Inflates one stream and returns the offset after it.
  mutating func run(
    _ file: borrowing FileReader, from start: Int, to end: Int,
    _ write: (ArraySlice<UInt8>) throws(IngestionError) -> Void
  ) throws(IngestionError) -> Int {
    var stream = z_stream()
    guard
      inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .corrupt(file: name, format: format) }
    defer { inflateEnd(&stream) }
    var output = [UInt8](repeating: 0, count: 1 << 18)
    var offset = start
    while true {
      var input = try file.bytes(at: offset, count: min(1 << 18, end - offset))
      guard !input.isEmpty else { throw .truncated(file: name, compression: format) }
      let count = input.count
      var status: Int32 = Z_OK
      var used = 0
      var produced = 0
      // A full output means that there may be more of it without more input.
      repeat {
        input.withUnsafeMutableBufferPointer { source in
          output.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress.map { $0 + used }
            stream.avail_in = UInt32(count - used)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            status = inflate(&stream, Z_NO_FLUSH)
            used = count - Int(stream.avail_in)
            produced = target.count - Int(stream.avail_out)
            checksum = crc32(checksum, target.baseAddress, UInt32(produced))
          }
        }
        size += produced
        try write(output[0..<produced])
      } while status == Z_OK && (used < count || produced == output.count)
      // No progress without more input is no error.
      if status == Z_BUF_ERROR { status = Z_OK }
      offset += used
      switch status {
      case Z_STREAM_END: return offset
      case Z_OK:
        if offset >= end { throw .truncated(file: name, compression: format) }
      default: throw .corrupt(file: name, format: format)
      }
    }
  }
}

/// libzstd, looked up at run time so that nothing but zstd files needs it.
private struct Zstandard {
  let create: zstd_create_stream
  let free: zstd_free_stream
  let decompress: zstd_decompress_stream
  let isError: zstd_is_error

  init?() {
    for library in ["libzstd.so.1", "libzstd.1.dylib"] {
      guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL),
        let create = dlsym(handle, "ZSTD_createDStream"),
        let free = dlsym(handle, "ZSTD_freeDStream"),
        let decompress = dlsym(handle, "ZSTD_decompressStream"),
        let isError = dlsym(handle, "ZSTD_isError")
      else { continue }
      // The signatures are those of zstd.h, unchanged since 1.0.
      self.create = unsafeBitCast(create, to: zstd_create_stream.self)
      self.free = unsafeBitCast(free, to: zstd_free_stream.self)
      self.decompress = unsafeBitCast(decompress, to: zstd_decompress_stream.self)
      self.isError = unsafeBitCast(isError, to: zstd_is_error.self)
      return
    }
    return nil
  }
}
