import Foundation
import SQLBuilder
import Testing
import Warehouse

/// Files packed in the ways that people send them.
enum Packed {
  /// Writes a CSV text in a format; returns the path.
  static func write(_ format: String, _ csv: String, _ bench: Workbench) async throws -> String {
    let plain = try bench.write("packed.csv", csv)
    let path = bench.folder + "/packed." + format
    switch format {
    case "gzip": try shell("gzip -c '\(plain)' > '\(path)'")
    case "zip":
      try Data(zip([("orders/a.csv", Array(csv.utf8))])).write(to: URL(fileURLWithPath: path))
    case "zstd":
      try await bench.session.execute(
        """
        COPY (SELECT * FROM read_csv(\(literal: plain), all_varchar = true))
        TO \(literal: path) (FORMAT csv, HEADER, COMPRESSION zstd)
        """)
    case "xlsx":
      try await bench.session.execute("LOAD \(literal: Repository.excelExtension)")
      try await bench.session.execute(
        "COPY (SELECT * FROM \(literal: plain)) TO \(literal: path) (FORMAT xlsx, HEADER true)")
    default:
      try await bench.session.execute(
        "COPY (SELECT * FROM \(literal: plain)) TO \(literal: path) (FORMAT parquet)")
    }
    return path
  }

  /// An archive of stored files.
  static func zip(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    func little(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(value >> (8 * $0) & 0xFF) }
    }
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for (name, content) in files {
      let offset = bytes.count
      let common =
        little(0, 2) + little(0, 2) + little(0, 4) + little(checksum(content), 4)
        + little(content.count, 4) + little(content.count, 4) + little(name.utf8.count, 2)
        + little(0, 2)
      bytes += little(0x0403_4B50, 4) + little(20, 2) + common + Array(name.utf8) + content
      directory +=
        little(0x0201_4B50, 4) + little(20, 2) + little(20, 2) + common + little(0, 2)
        + little(0, 2) + little(0, 2) + little(0, 4) + little(offset, 4) + Array(name.utf8)
    }
    let start = bytes.count
    return bytes + directory + little(0x0605_4B50, 4) + little(0, 4) + little(files.count, 2)
      + little(files.count, 2) + little(directory.count, 4) + little(start, 4) + little(0, 2)
  }

  /// CRC-32, bit by bit.
  private static func checksum(_ bytes: [UInt8]) -> Int {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return Int(crc ^ 0xFFFF_FFFF)
  }
}

func shell(_ command: String) throws {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/bin/sh")
  process.arguments = ["-c", command]
  try process.run()
  process.waitUntilExit()
  #expect(process.terminationStatus == 0)
}
