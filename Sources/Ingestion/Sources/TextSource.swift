internal import CustomerSchema

/// Looks at a text file: how it is cut, and a sample of its cells.
struct TextSource: Sendable {
  let file: SourceFile
  let told: ToldDialect

  func load() throws(IngestionError) -> LoadedSource {
    let sniffer = DialectSniffer(path: file.path, name: file.name, told: told)
    let (dialect, first) = try sniffer.sniff()
    guard !first.isEmpty else { throw .noLines(file: file.name) }
    let width = dialect.columns.count
    let most = max(100, min(ImportLimits.sampleRecords, ImportLimits.sampleCells / max(1, width)))
    let sample = Array(first.prefix(most / 2)) + (try spread(dialect, most / 2))
    let table = SourceTable(
      file: file, reading: .csv(dialect), columns: dialect.columns,
      types: Array(repeating: .text, count: width))
    return LoadedSource(
      table: table, dialect: dialect, sheet: nil, hasHeader: dialect.hasHeader,
      headerLine: dialect.headerLine, sample: sample)
  }

  /// Records from all over a large file, so that the sample is not only its oldest lines.
  private func spread(
    _ dialect: Dialect, _ most: Int
  ) throws(IngestionError) -> [[String]] {
    let probe = try FileReader(path: file.path, name: file.name)
    let size = probe.size
    guard size > ImportLimits.sampleBytes * 2,
      dialect.encoding == .utf8 || dialect.encoding.isSingleByte
    else { return [] }
    let blocks = 8
    let width = dialect.columns.count
    var rows: [[String]] = []
    for block in 1...blocks {
      let length = 1 << 16
      let start = size / blocks * block - length
      let bytes = try probe.bytes(at: start, count: length)
      let lineBreak: UInt8 = dialect.lineBreak == .lineFeed ? 0x0A : 0x0D
      guard let first = bytes.firstIndex(of: lineBreak), let last = bytes.lastIndex(of: lineBreak),
        first < last
      else { continue }
      var reader = RecordReader(
        file: try FileReader(path: file.path, name: file.name), dialect: dialect,
        range: (start + first + 1)..<(start + last + 1))
      var taken = 0
      while taken < most / blocks, try reader.next() {
        // A block may start inside quotes: what is cut wrongly shows by its width.
        guard reader.defect == nil, reader.ends.count == width else { continue }
        rows.append((0..<width).map { String(decoding: reader.field($0), as: UTF8.self) })
        taken += 1
      }
    }
    return rows
  }
}
