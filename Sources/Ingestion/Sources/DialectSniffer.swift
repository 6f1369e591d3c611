/// Finds out how a text file is cut, from its first records.
struct DialectSniffer {
  /// The file's path and its name as typed.
  let path: String
  let name: String
  /// What the mapping says already.
  let told: ToldDialect

  /// - Throws: `fileEmpty`, `lineTooLong`, or what reading throws.
  func sniff() throws(IngestionError) -> (Dialect, [[String]]) {
    let file = try FileReader(path: path, name: name)
    let sample = try file.bytes(at: 0, count: ImportLimits.sampleBytes)
    let mark = TextEncoding.announced(by: sample[...])
    let body = sample[(mark?.1 ?? 0)...]
    let encoding = told.encoding ?? mark?.0 ?? TextEncoding.guess(body)
    let isCut = file.size > sample.count
    var decoder = TextDecoder(encoding)
    var text: [UInt8] = []
    decoder.decode(body, into: &text)
    guard text.contains(where: { $0 > 0x20 }) else { throw .fileEmpty(file: name) }

    var dialect = Dialect(encoding: encoding, separator: .byte(UInt8(ascii: ",")))
    dialect.markBytes = mark?.1 ?? 0
    dialect.lineBreak = lineBreak(of: text)
    let breakByte: UInt8 = dialect.lineBreak == .lineFeed ? 0x0A : 0x0D
    if isCut, !text.contains(breakByte) {
      throw .lineTooLong(file: name, line: 1, limit: ImportLimits.recordBytes)
    }
    dialect.escape = escape(in: text)
    dialect.isRegular =
      encoding == .utf8 && TextEncoding.isUTF8(body) && !text.contains(0)
      && dialect.lineBreak == .lineFeed
    let readable = dialect.markBytes..<sample.count

    var best: (score: Double, dialect: Dialect, records: [SniffedRecord])?
    for separator in told.separator.map({ [$0] }) ?? Self.candidates {
      var candidate = dialect
      candidate.separator = separator
      let records = try self.records(candidate, readable, isCut: isCut)
      let score = score(records, separator)
      if score > best?.score ?? -1 { best = (score, candidate, records) }
    }
    guard let best else { throw .fileEmpty(file: name) }
    return layOut(best.dialect, best.records)
  }

  private static let candidates: [Dialect.Separator] = [
    .byte(UInt8(ascii: ";")), .byte(UInt8(ascii: ",")), .byte(0x09), .byte(UInt8(ascii: "|")),
    .blanks,
  ]

  fileprivate struct SniffedRecord {
    let line: Int
    let fields: [String]
  }

  private func records(
    _ dialect: Dialect, _ range: Range<Int>, isCut: Bool
  ) throws(IngestionError) -> [SniffedRecord] {
    var reader = RecordReader(
      file: try FileReader(path: path, name: name), dialect: dialect, range: range)
    var records: [SniffedRecord] = []
    while records.count < 1000, try reader.next() {
      var fields: [String] = []
      for index in reader.ends.indices {
        fields.append(String(decoding: reader.field(index), as: UTF8.self))
      }
      records.append(SniffedRecord(line: reader.line, fields: fields))
    }
    // The sample's end cuts its last record.
    if isCut, records.count < 1000, records.count > 1 { records.removeLast() }
    return records
  }

  /// How regular the records are: the share that has the most frequent number of fields, with
  /// a little for more fields and for a first record like the others.
  private func score(_ records: [SniffedRecord], _ separator: Dialect.Separator) -> Double {
    let width = Self.width(records)
    guard width > 1 else { return separator == .byte(UInt8(ascii: ",")) ? 0.01 : 0 }
    let share =
      Double(records.count { $0.fields.count == width }) / Double(max(1, records.count))
    let first = records.first?.fields.count == width ? 0.15 : 0
    let more = Double(min(width, 20)) * 0.01
    // Words hold blanks: they separate only where nothing else does.
    let penalty = separator == .blanks ? (share > 0.95 ? 0.6 : 2) : 0
    return max(0, share + first + more - penalty)
  }

  /// The most frequent number of fields, the larger of equals.
  private static func width(_ records: [SniffedRecord]) -> Int {
    var counts: [Int: Int] = [:]
    for record in records { counts[record.fields.count, default: 0] += 1 }
    return counts.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? 0
  }

  private func lineBreak(of text: [UInt8]) -> Dialect.LineBreak {
    text.contains(0x0A) || !text.contains(0x0D) ? .lineFeed : .carriageReturn
  }

  /// A backslash before a quote inside a field tells of backslash escapes.
  private func escape(in text: [UInt8]) -> UInt8 {
    let quote = UInt8(ascii: "\"")
    let backslash = UInt8(ascii: "\\")
    var index = 1
    while index + 1 < text.count {
      if text[index] == backslash, text[index + 1] == quote {
        let next = index + 2 < text.count ? text[index + 2] : 0x0A
        // A quote that ends a field after a backslash is a path's end, not an escape.
        if ![0x0A, 0x0D, 0x2C, 0x3B, 0x09, 0x7C].contains(next) { return backslash }
      }
      index += 1
    }
    return quote
  }

  /// Finds the header, above which there may be a title, and names the columns.
  private func layOut(
    _ dialect: Dialect, _ records: [SniffedRecord]
  ) -> (Dialect, [[String]]) {
    var dialect = dialect
    let width = Self.width(records)
    let top: Int
    if let row = told.headerRow, row > 0 {
      top = records.firstIndex { $0.line >= row } ?? 0
    } else {
      // A title leaves most cells of its line empty.
      top =
        records.firstIndex {
          $0.fields.count == width && $0.fields.count { !$0.trimmed.isEmpty } * 2 > width
        } ?? records.firstIndex { $0.fields.count == width } ?? 0
    }
    let below = records.dropFirst(top + 1).filter { $0.fields.count == width }.map(\.fields)
    let first = records.indices.contains(top) ? records[top] : SniffedRecord(line: 1, fields: [])
    dialect.hasHeader =
      told.headerRow.map { $0 > 0 }
      ?? HeaderDetection.isHeader(first.fields, above: below, told.words)
    if dialect.hasHeader {
      let next = records.indices.contains(top + 1) ? records[top + 1].line : first.line + 1
      // Blank lines below the header are passed over by every reader.
      dialect.linesAbove = min(next - 1, first.line + first.lineBreaks)
      dialect.headerLine = first.line
      dialect.columns = HeaderDetection.names(first.fields)
      return (dialect, below)
    }
    dialect.linesAbove = first.line - 1
    dialect.columns = HeaderDetection.names(Array(repeating: "", count: first.fields.count))
    return (dialect, [first.fields] + below)
  }
}

extension DialectSniffer.SniffedRecord {
  /// Physical lines of the record: one and its inner line breaks.
  fileprivate var lineBreaks: Int {
    fields.reduce(0) { $0 + $1.utf8.count { $0 == 0x0A } }
  }
}

/// What the mapping says about a text file.
struct ToldDialect: Sendable, Hashable {
  var encoding: TextEncoding?
  var separator: Dialect.Separator?
  /// The line of the header, from 1; 0 for none; nil when it is to be found.
  var headerRow: Int?
  /// Folded words besides the vocabulary's of which two tell a header.
  var words: Set<String> = []
}

/// Tells headers from data.
enum HeaderDetection {
  /// Whether a first row names the columns below it: texts, all different, none that looks like
  /// a number, a date or an address, and either words that are known or columns below of another
  /// nature.
  static func isHeader(
    _ first: [String], above rows: [[String]], _ words: Set<String> = []
  ) -> Bool {
    let filled = first.filter { !$0.trimmed.isEmpty }
    guard !filled.isEmpty, filled.count * 2 >= first.count else { return false }
    guard
      filled.allSatisfy({
        !CellShape($0).isNumber && CellShape($0).date == nil && !$0.contains("@")
      })
    else { return false }
    if first.contains(where: { Vocabulary.knows($0) }) { return true }
    if !words.isEmpty, first.count(where: { words.contains(Vocabulary.read($0).words) }) >= 2 {
      return true
    }
    guard !rows.isEmpty else { return true }
    return first.indices.contains { column in
      let below = rows.prefix(200).compactMap {
        column < $0.count && !$0[column].trimmed.isEmpty ? CellShape($0[column]) : nil
      }
      return !below.isEmpty && below.count { $0.isNumber || $0.date != nil } * 10 >= below.count * 8
    }
  }

  /// Column names: the header's texts, `columnN` where there is none.
  static func names(_ header: [String]) -> [String] {
    header.enumerated().map { $1.trimmed.isEmpty ? "column\($0 + 1)" : $1.trimmed }
  }
}
