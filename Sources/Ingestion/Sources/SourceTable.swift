internal import SQLBuilder

/// How the engine reads a source, and what its columns are.
struct SourceTable: Sendable {
  enum Reading: Sendable, Hashable {
    /// A regular UTF-8 file that the engine cuts by itself.
    case csv(Dialect)
    /// A copy that `Normaliser` wrote: line, defect and all columns.
    case normalised(path: String)
    case parquet
    /// A table with `line` and the columns `c0`, `c1`…
    case table(String)
    /// The same with `defect`, its texts clean: what a format's rows were made into.
    case prepared(String)
  }

  let file: SourceFile
  var reading: Reading
  /// Names as they are shown.
  let columns: [String]
  private(set) var types: [CellType]
  /// Columns whose values nobody may read.
  private(set) var withheld: Set<Int> = []

  init(file: SourceFile, reading: Reading, columns: [String], types: [CellType]) {
    self.file = file
    self.reading = reading
    self.columns = columns
    self.types = types
  }

  /// Makes a column one of empty texts.
  mutating func withhold(_ column: Int) {
    withheld.insert(column)
    types[column] = .text
  }

  /// Whether rows can say which line they come from.
  var isLined: Bool { if case .csv = reading { false } else { true } }

  /// Whether texts are without blanks at their ends and words for nothing.
  var isClean: Bool {
    switch reading {
    case .normalised, .prepared: true
    default: false
    }
  }

  /// The cell of a column in the rows of `relation`.
  func cell(_ column: Int) -> SQL {
    if withheld.contains(column) { return "NULL::VARCHAR" }
    return switch reading {
    case .parquet: SQL.column(columns[column])
    default: SQL.column("c\(column)")
    }
  }

  /// The relation to select from.
  ///
  /// - Parameter typed: for files that the engine cuts: the types of columns that are not text,
  ///   and how their dates and decimals are written.
  func relation(_ typed: TypedReading = TypedReading()) -> SQL {
    switch reading {
    case .csv(let dialect):
      let separator =
        switch dialect.separator {
        case .byte(let byte): String(Unicode.Scalar(byte))
        case .blanks: " "
        }
      let names = columns.indices.map { column -> SQL in
        "\(literal: "c\(column)"): \(literal: typed.types[column] ?? "VARCHAR")"
      }
      var options: [SQL] = [
        "auto_detect = false", "header = false", "skip = \(number: dialect.linesAbove)",
        "delim = \(literal: separator)", "quote = '\"'",
        "escape = \(literal: String(Unicode.Scalar(dialect.escape)))",
        "nullstr = [\(NullWords.all.sorted().map { "\(literal: $0)" as SQL }.joined())]",
        "columns = {\(names.joined())}",
      ]
      if let format = typed.dateFormat {
        options.append("dateformat = \(literal: format)")
        options.append("timestampformat = \(literal: format)")
      }
      if typed.decimal == .comma { options.append("decimal_separator = ','") }
      if typed.ignoresErrors { options.append("ignore_errors = true") }
      return "read_csv(\(literal: file.path), \(options.joined()))"
    case .normalised(let path):
      let names = ["'line': 'BIGINT'", "'defect': 'VARCHAR'"] as [SQL]
      let cells = columns.indices.map { "\(literal: "c\($0)"): 'VARCHAR'" as SQL }
      return """
        read_csv(\(literal: path), auto_detect = false, header = false, delim = ',', quote = '"', \
        escape = '"', max_line_size = 33554432, columns = {\((names + cells).joined())})
        """
    case .parquet:
      return "read_parquet(\(literal: file.path), file_row_number = true)"
    case .table(let name), .prepared(let name): return "\(identifier: name)"
    }
  }

  /// The line of a row, from 1; rows of Parquet files count as lines.
  var line: SQL {
    switch reading {
    case .csv: "NULL::BIGINT"
    case .normalised, .table, .prepared: "line"
    case .parquet: "file_row_number + 1"
    }
  }

  /// The defect of a row, null for none.
  var defect: SQL {
    switch reading {
    case .normalised, .prepared: "defect"
    default: "NULL::VARCHAR"
    }
  }
}

/// How the engine is to type columns while it reads.
struct TypedReading: Sendable, Hashable {
  /// SQL types by column.
  var types: [Int: String] = [:]
  var dateFormat: String?
  var decimal: DecimalSeparator = .point
  var ignoresErrors = false
}

extension SQL {
  /// A quoted column.
  static func column(_ name: String) -> SQL { "\(identifier: name)" }
}

extension SQL.Interpolation {
  /// Writes a whole number, for the places where an engine takes no binding.
  mutating func appendInterpolation(number value: Int) { appendLiteral(String(value)) }
}
