internal import CustomerSchema
internal import Foundation

/// A file that a person gave, as it can be read.
struct SourceFile: Sendable, Hashable {
  /// As typed.
  let name: String
  /// Absolute path of the uncompressed content, free of characters that the engine expands.
  let path: String
  /// Size of the file given.
  let bytes: Int
  let format: SourceFormat
  /// Such as `gzip`; nil when the file is not compressed.
  let compression: String?
}

/// Opens files and finds out what they are, by their content and never by their names.
struct SourceProbe: Sendable {
  /// Where uncompressed copies go.
  let scratch: String

  /// - Parameter index: tells this file's scratch files from others'.
  func probe(
    _ name: String, _ index: Int, _ stop: StopSignal
  ) throws(IngestionError) -> SourceFile {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: name, isDirectory: &isFolder), isFolder.boolValue {
      throw .folder(file: name, candidates: Self.candidates(in: name))
    }
    let reader = try FileReader(path: name, name: name)
    let bytes = reader.size
    guard bytes > 0 else { throw .fileEmpty(file: name) }
    let absolute = URL(fileURLWithPath: name).path
    let head = try reader.bytes(at: 0, count: 1024)
    if let compression = Compression(head: head) {
      let path = "\(scratch)/source\(index).plain"
      try Decompressor(name: name, path: absolute, output: path, stop: stop).run(compression)
      let plain = try FileReader(path: path, name: name)
      guard plain.size > 0 else { throw .fileEmpty(file: name) }
      let format = try Self.format(of: plain, name)
      return SourceFile(
        name: name, path: path, bytes: bytes, format: format, compression: compression.rawValue)
    }
    let format = try Self.format(of: reader, name)
    return SourceFile(
      name: name, path: try engineSafe(absolute, index), bytes: bytes, format: format,
      compression: nil)
  }

  /// Files of a folder that could be given, with the folder's path as typed before their names.
  private static func candidates(in folder: String) -> [String] {
    let extensions: Set<String> = [
      "csv", "tsv", "txt", "json", "ndjson", "jsonl", "parquet", "xlsx", "gz", "zst", "zip",
    ]
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    return names.filter { name in
      name.split(separator: ".").last.map { extensions.contains($0.lowercased()) } ?? false
    }.sorted().prefix(10).map { prefix + $0 }
  }

  /// A link without the characters that the engine would expand, where the path has some.
  private func engineSafe(_ path: String, _ index: Int) throws(IngestionError) -> String {
    guard path.contains(where: { "*?[]{}".contains($0) }) else { return path }
    let link = "\(scratch)/source\(index).link"
    do {
      try? FileManager.default.removeItem(atPath: link)
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    } catch {
      throw .unreadable(file: path, reason: "\(error)")
    }
    return link
  }

  /// The kind of an uncompressed file.
  private static func format(
    of reader: borrowing FileReader, _ name: String
  ) throws(IngestionError) -> SourceFormat {
    let head = try reader.bytes(at: 0, count: 4096)
    if head.starts(with: Array("PAR1".utf8)) {
      let tail = try reader.bytes(at: max(0, reader.size - 4), count: 4)
      guard tail == Array("PAR1".utf8), reader.size > 12 else {
        throw .corrupt(file: name, format: "Parquet")
      }
      return .parquet
    }
    if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return .xlsx }
    for (magic, kind) in foreign where head.starts(with: magic) {
      throw .wrongKind(file: name, found: kind)
    }
    let start = head.drop { $0 <= 0x20 || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
    switch start.first {
    case UInt8(ascii: "{"): return .json
    case UInt8(ascii: "["): return .json
    case UInt8(ascii: "<"):
      let text = String(decoding: start.prefix(512), as: UTF8.self).lowercased()
      if ["<html", "<!doctype", "<?xml", "<table"].contains(where: { text.hasPrefix($0) }) {
        throw .wrongKind(file: name, found: text.hasPrefix("<?xml") ? "kind.xml" : "kind.html")
      }
    default: break
    }
    // Text has few control bytes; a file full of them is something else, UTF-16 aside.
    let controls = head.count { $0 < 0x20 && ![0x09, 0x0A, 0x0D, 0x0C, 0x1B, 0].contains($0) }
    let zeros = head.count { $0 == 0 }
    let isWide =
      TextEncoding.announced(by: head[...]).map { $0.0 != .utf8 }
      ?? (TextEncoding.guess(head[...]) != .utf8)
    if !isWide, controls * 20 > head.count || zeros * 3 > head.count {
      throw .wrongKind(file: name, found: "kind.binary")
    }
    return .csv
  }

  private static let foreign: [([UInt8], String)] = [
    ([0xD0, 0xCF, 0x11, 0xE0], "kind.xls"), (Array("%PDF".utf8), "kind.pdf"),
    (Array("Rar!".utf8), "kind.rar"), ([0x37, 0x7A, 0xBC, 0xAF], "kind.7z"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "kind.xz"), (Array("BZh".utf8), "kind.bzip2"),
    ([0x89, 0x50, 0x4E, 0x47], "kind.image"), ([0xFF, 0xD8, 0xFF], "kind.image"),
    (Array("GIF8".utf8), "kind.image"), (Array("SQLite format 3".utf8), "kind.sqlite"),
    (Array("ORC".utf8), "kind.orc"), (Array("Obj\u{1}".utf8), "kind.avro"),
    (Array("ARROW1".utf8), "kind.arrow"), ([0x7F, 0x45, 0x4C, 0x46], "kind.binary"),
  ]
}
