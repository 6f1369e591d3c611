/// How a text file is cut into records and fields.
struct Dialect: Sendable, Hashable {
  enum Separator: Sendable, Hashable {
    case byte(UInt8)
    /// Runs of spaces and tabs.
    case blanks
  }

  enum LineBreak: Sendable, Hashable { case lineFeed, carriageReturn }

  var encoding: TextEncoding
  /// Bytes of the mark at the start of the file.
  var markBytes = 0
  var separator: Separator
  /// The byte that, inside quotes, makes the next one literal; a doubled quote works always.
  var escape: UInt8 = UInt8(ascii: "\"")
  var lineBreak: LineBreak = .lineFeed
  /// Whether the sample had nothing that the engine could stumble over or read wrongly.
  var isRegular = true
  /// Physical lines above the first data record, the header's included.
  var linesAbove = 0
  var hasHeader = false
  /// The header's line, from 1.
  var headerLine = 1
  /// Header texts, or `column1`… without a header. Their number is every record's.
  var columns: [String] = []

  /// What people see: `;`, a tab, or a blank for runs of blanks.
  var separatorText: String {
    switch separator {
    case .byte(let byte): String(Unicode.Scalar(byte))
    case .blanks: " "
    }
  }
}

/// Why a record cannot be used whatever its values are.
enum RecordDefect: String, Sendable, Hashable {
  case tooFewColumns = "quarantine.columns.missing"
  case tooManyColumns = "quarantine.columns.extra"
  case openQuote = "quarantine.quote.open"
  case strayQuote = "quarantine.quote.stray"
  case nul = "quarantine.text.nul"
  case tooLong = "quarantine.line.too_long"
}
