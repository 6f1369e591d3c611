internal import CCompression
internal import CustomerSchema
package import Foundation

/// The tables that ship with Quartier: CSV files with a header line, of which long ones are gzip.
///
/// DuckDB reads them as they are (`read_csv` knows gzip by the name); `ReferenceRelation` in `Features` does.
package struct ReferenceTable: Sendable, Hashable {
  /// Path below `Resources` without `.gz`, such as `geography/communes.csv`.
  package let name: String

  package init(_ name: String) { self.name = name }

  /// Where the file is, compressed or not.
  package func file() throws(ReferenceDataError) -> URL {
    let folder = ResourceLocator.current.folder(
      module: "ReferenceData", development: Bundle.module)
    guard let folder else { throw .missing(table: name) }
    for path in ["Resources/" + name + ".gz", "Resources/" + name] {
      let file = folder.appending(path: path)
      if FileManager.default.fileExists(atPath: file.path) { return file }
    }
    throw .missing(table: name)
  }

  /// The content, decompressed.
  func bytes() throws(ReferenceDataError) -> [UInt8] {
    let file = try file()
    guard let data = FileManager.default.contents(atPath: file.path) else {
      throw .missing(table: name)
    }
    return file.pathExtension == "gz" ? try gunzip([UInt8](data)) : [UInt8](data)
  }

  /// Each record below the header, with its fields in the order of `columns`.
  func records<Record>(
    _ columns: [String], _ make: (Fields) -> Record?
  ) throws(ReferenceDataError) -> [Record] {
    let bytes = try bytes()
    var reader = RecordReader(bytes)
    guard let header = reader.next() else { throw .corrupt(table: name) }
    var positions: [Int] = []
    for column in columns {
      guard let position = (0..<header.count).first(where: { header[$0] == column }) else {
        throw .corrupt(table: name)
      }
      positions.append(position)
    }
    let width = header.count
    var records: [Record] = []
    records.reserveCapacity(bytes.count / 60)
    while let record = reader.next() {
      guard record.count == width, let made = make(Fields(record, positions)) else {
        throw .corrupt(table: name)
      }
      records.append(made)
    }
    return records
  }

  private func gunzip(_ input: [UInt8]) throws(ReferenceDataError) -> [UInt8] {
    // The last four bytes of gzip are the size of the content.
    guard input.count > 18 else { throw .corrupt(table: name) }
    let size = input.suffix(4).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    guard size > 0, size < 1 << 28 else { throw .corrupt(table: name) }
    var stream = z_stream()
    guard
      inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .corrupt(table: name) }
    defer { inflateEnd(&stream) }
    var source = input
    var status = Z_ERRNO
    let output = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      source.withUnsafeMutableBufferPointer { bytes in
        stream.next_in = bytes.baseAddress
        stream.avail_in = UInt32(bytes.count)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(size)
        status = inflate(&stream, Z_FINISH)
      }
      count = size - Int(stream.avail_out)
    }
    guard status == Z_STREAM_END, output.count == size else { throw .corrupt(table: name) }
    return output
  }
}

/// The fields of one record that a table was asked for, by their order there.
struct Fields {
  private let record: [String]
  private let positions: [Int]

  init(_ record: [String], _ positions: [Int]) {
    self.record = record
    self.positions = positions
  }

  subscript(_ index: Int) -> String { record[positions[index]] }
  /// Nil where the field is empty.
  func text(_ index: Int) -> String? { self[index].isEmpty ? nil : self[index] }
  func int(_ index: Int) -> Int? { Int(self[index]) }
  func double(_ index: Int) -> Double? { Double(self[index]) }
}

/// Splits RFC 4180 text into records; good for files that Quartier itself wrote.
private struct RecordReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Nil at the end.
  mutating func next() -> [String]? {
    guard position < bytes.count else { return nil }
    var fields: [String] = []
    fields.reserveCapacity(16)
    while true {
      if position < bytes.count, bytes[position] == 0x22 {
        fields.append(quoted())
      } else {
        let start = position
        while position < bytes.count, bytes[position] != 0x2C, bytes[position] != 0x0A {
          position += 1
        }
        fields.append(String(decoding: bytes[start..<position], as: UTF8.self))
      }
      guard position < bytes.count else { return fields }
      position += 1
      if bytes[position - 1] == 0x0A { return fields }
    }
  }

  private mutating func quoted() -> String {
    position += 1
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == 0x22 {
        guard position < bytes.count, bytes[position] == 0x22 else { break }
        position += 1
      }
      content.append(byte)
    }
    return String(decoding: content, as: UTF8.self)
  }
}

extension ReferenceTable {
  /// All rows below the header as text, with these columns in this order.
  package func rows(_ columns: [String]) throws(ReferenceDataError) -> [[String]] {
    try records(columns) { fields in columns.indices.map { fields[$0] } }
  }
}
