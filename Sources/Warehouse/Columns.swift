package import SQLBuilder

/// A session that hands over columns as they lie in the engine's memory, for tight loops over
/// millions of rows, and takes columns back.
package protocol ColumnarSession: QuerySession {
  /// Runs a query and hands over its columns a batch of rows at a time, as the rows come.
  ///
  /// An error thrown by `body` ends the query and is rethrown. What a batch points to is valid
  /// until `body` returns.
  func streamColumns(
    _ sql: SQL, _ body: @escaping @Sendable (ColumnBatch) throws -> Void
  ) async throws

  /// Appends rows to a temporary table that has these columns.
  ///
  /// `fill` is asked for one range of rows after the other, in order, and writes every value.
  func append(
    _ count: Int, rowsTo table: String, columns: [ColumnKind],
    _ fill: @escaping @Sendable (Range<Int>, ColumnSink) throws -> Void
  ) async throws
}

/// How the values of a column lie in memory.
package enum ColumnKind: Sendable, Hashable {
  /// One byte, 0 or 1.
  case boolean
  /// `Int32`; dates are days since 1970-01-01.
  case integer, date
  /// `Int64`.
  case bigint
  /// `Int64` of ten-thousandths: `DECIMAL(18,4)`.
  case money
  case double
  /// 16 bytes, see `TextColumn`.
  case text
}

/// Some rows of a query, column by column.
package struct ColumnBatch {
  package let count: Int
  package let columns: [Column]

  package init(count: Int, columns: [Column]) {
    self.count = count
    self.columns = columns
  }

  package struct Column {
    package let kind: ColumnKind
    /// `count` values; what stands in the place of a null means nothing.
    package let values: UnsafeRawPointer
    /// A bit per row, set where there is a value; nil where every row has one.
    package let validity: UnsafePointer<UInt64>?

    package init(
      kind: ColumnKind, values: UnsafeRawPointer, validity: UnsafePointer<UInt64>?
    ) {
      self.kind = kind
      self.values = values
      self.validity = validity
    }
  }
}

/// Where the rows of an append are written.
package struct ColumnSink {
  /// One place per column for the values of the range, by `ColumnKind`; texts go by `setText`.
  package let values: [UnsafeMutableRawPointer]
  /// One place per column for the bits of the rows that have a value, all set beforehand.
  package let validity: [UnsafeMutablePointer<UInt64>]
  /// Writes a text: column, row from 0 in the range, bytes of UTF-8.
  package let setText: (Int, Int, UnsafeRawBufferPointer) -> Void

  package init(
    values: [UnsafeMutableRawPointer], validity: [UnsafeMutablePointer<UInt64>],
    setText: @escaping (Int, Int, UnsafeRawBufferPointer) -> Void
  ) {
    self.values = values
    self.validity = validity
    self.setText = setText
  }
}
