internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Stages a file in one pass of the engine, typed while it is read.
///
/// The result stands only if nothing at all was wrong: whenever a line could not be read, or
/// might have been read wrongly, the file is staged anew by `ExactStaging`.
struct FastStaging {
  let source: OrderSource
  let shape: StagedShape
  let cells: CellSQL
  let session: any QuerySession
  let age: Int
  /// The table to create.
  let target: String

  /// How the engine types columns; nil when this source cannot be read so.
  func typedReading() -> TypedReading? {
    guard case .csv(let dialect) = source.table.reading else {
      if case .parquet = source.table.reading { return TypedReading() }
      return nil
    }
    guard dialect.isRegular, dialect.separator != .blanks else { return nil }
    var typed = TypedReading()
    if let column = source.column(.date), case .text(_, let engine?) = source.date {
      typed.types[column] =
        engine.type == .instant
        // A line's time of day tells it from another one of that day.
        ? "TIMESTAMPTZ" : engine.type == .date && shape.identity == nil ? "DATE" : "TIMESTAMP"
      typed.dateFormat = engine.format
    }
    let amounts = source.amountColumns
    let marks = Set(amounts.compactMap { source.numbers[$0] }.filter(\.isPlain).map(\.decimal))
    if marks.count <= 1 {
      typed.decimal = marks.first ?? .point
      for column in amounts where source.numbers[column]?.isPlain == true {
        typed.types[column] = column == priceColumn ? "DECIMAL(18,6)" : "DECIMAL(18,4)"
      }
    }
    // A discount or a tax that cannot be read would silently count as none.
    guard source.optionalAmountColumns.allSatisfy({ typed.types[$0] != nil }) else { return nil }
    if let order = source.column(.order), isPlainNumber(source.profiles[order]) {
      typed.types[order] = "BIGINT"
    }
    return typed
  }

  private var priceColumn: Int? {
    if case .product(_, let price) = source.roles.amount?.source { price } else { nil }
  }

  /// Whether an id is a whole number in its shortest form, and seems to come once.
  private func isPlainNumber(_ profile: ColumnProfile) -> Bool {
    profile.filled > 0 && profile.integers == profile.filled && profile.leadingZeros == 0
      && profile.longest <= 17 && !profile.repeats && shape.identity == nil
  }

  /// Creates the target; nil when the file needs the exact way, and then nothing is left.
  func run(cancelled: [String]) async throws(IngestionError) -> StagedFile? {
    guard let typed = typedReading() else { return nil }
    let lines = LineSQL(
      source: source, shape: shape, cells: cells, typed: typed, trustsSample: true,
      cancelledStatuses: cancelled, age: age)
    let columns = lines.lineColumns
    async let zeros = NulSearch(source: source).finds()
    let isRead: Bool
    do throws(WarehouseError) {
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE \(identifier: target) AS SELECT \(columns.joined()) \
        FROM \(lines.base)
        """)
      isRead = true
    } catch {
      guard Self.isAboutData(error) else { throw .engine(error) }
      isRead = false
    }
    guard isRead, await !zeros else {
      try await session.drop(target)
      return nil
    }
    return try await check(lines)
  }

  /// Data that does not fit is the exact way's business; all else ends the import.
  private static func isAboutData(_ error: WarehouseError) -> Bool {
    switch error {
    case .engine(.data, _): true
    // The engine's reader gives up on lines that span several of its buffers.
    case .engine(.statement, let reason): reason.hasPrefix("Not implemented Error")
    default: false
    }
  }

  private func check(_ lines: LineSQL) async throws(IngestionError) -> StagedFile? {
    let row = try await session.fetchRow(
      """
      SELECT count(*), count(day), count(amount), year(min(day)), year(max(day)), \
      count(customer), min(customer) < '!', count(*) FILTER (suffix(customer, ' ')) \
      FROM \(identifier: target)
      """)
    let count = row[0].int ?? 0
    let firstYear = row[3].int ?? ImportLimits.years.lowerBound
    let lastYear = row[4].int ?? ImportLimits.years.lowerBound
    let isRight =
      row[1].int == count && row[2].int == count && ImportLimits.years.contains(firstYear)
      && ImportLimits.years.contains(lastYear)
    // A blank sorts before every other character that people see.
    let isPadded = row[6].bool == true || row[7].int != 0
    guard isRight, !isPadded, try await decimalsAreProven() else {
      try await session.drop(target)
      return nil
    }
    return StagedFile(
      table: target, lines: count, guests: count - (row[5].int ?? 0), quarantined: 0,
      orderIsNumber: lines.orderIsNumber, isExact: false)
  }

  /// A sample of whole numbers proves no decimal mark: decimals further down are looked at again.
  private func decimalsAreProven() async throws(IngestionError) -> Bool {
    guard source.amountColumns.contains(where: { source.numbers[$0]?.isProven == false }) else {
      return true
    }
    let decimals = try await session.fetchInt(
      "SELECT count(*) FROM \(identifier: target) WHERE amount % 1 <> 0")
    return decimals == 0
  }
}

/// One file's lines, staged.
struct StagedFile: Sendable, Hashable {
  let table: String
  /// Lines in the table.
  let lines: Int
  /// Lines among them without a customer.
  let guests: Int
  let quarantined: Int
  /// Signs and codes of currencies that were found where none was expected.
  var currencies: Set<String> = []
  /// `order_ref` is a BIGINT still.
  let orderIsNumber: Bool
  let isExact: Bool
}
