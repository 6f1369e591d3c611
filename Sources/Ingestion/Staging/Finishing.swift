internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Brings staged files together and reports.
struct Finishing {
  let session: any QuerySession
  let sources: [OrderSource]
  let files: [StagedFile]
  let shape: StagedShape
  let mapping: Mapping
  let options: ImportOptions

  func run() async throws(IngestionError) -> ImportReport {
    let lines = files.reduce(0) { $0 + $1.lines + $1.quarantined }
    let quarantined = files.reduce(0) { $0 + $1.quarantined }
    let reasons = try await quarantineReasons()
    let share = lines == 0 ? 0 : Double(quarantined) / Double(lines)
    if lines == 0 { throw .noLines(file: sources[0].name) }
    if share > options.maximumUnusableShare || quarantined == lines {
      throw .tooManyUnusable(
        unusable: quarantined, lines: lines, share: share, limit: options.maximumUnusableShare,
        reasons: reasons)
    }
    let outcome = try await unite()
    var columns = shape
    try await settleStatuses()
    let currency = try await settleCurrency(&columns)
    let (lineIsOrder, hasOwnIds) = try await settleOrders()
    let identical = try await identicalLines(hasOwnIds)
    var guests = files.reduce(0) { $0 + $1.guests }
    let usable = files.reduce(0) { $0 + $1.lines } - outcome.duplicates
    if outcome.duplicates > 0 {
      guests = try await int("SELECT count(*) - count(customer) FROM staged_lines")
    }
    return ImportReport(
      sources: zip(sources, files).map { $0.report(lines: $1.lines + $1.quarantined) },
      lines: lines, usableLines: usable, guestLines: guests, quarantinedLines: quarantined,
      quarantineReasons: reasons, identicalLinesWithinFile: identical,
      duplicateLinesAcrossFiles: outcome.duplicates, changedOrders: outcome.changedOrders,
      ordersCutBetweenFiles: outcome.cutOrders, currency: currency,
      amountBasis: sources[0].roles.amount?.basis
        ?? AmountBasis(
          tax: .unknown, taxSource: .assumption, shipping: .unknown, discount: .unknown),
      columns: StagedColumns(
        order: shape.order && !lineIsOrder, product: shape.product, category: shape.category,
        channel: shape.channel, cancelled: shape.status, lineIsOrder: lineIsOrder),
      notices: [])
  }

  private func quarantineReasons() async throws(IngestionError) -> [QuarantineCount] {
    do throws(WarehouseError) {
      return try await session.query(
        "SELECT reason, count(*) FROM quarantine GROUP BY reason ORDER BY count(*) DESC, reason"
      ).rows.map { QuarantineCount(reason: $0[0].text ?? "", lines: $0[1].int ?? 0) }
    } catch { throw .engine(error) }
  }

  private func int(_ sql: SQL) async throws(IngestionError) -> Int {
    do throws(WarehouseError) { return try await session.value(sql).int ?? 0 } catch {
      throw .engine(error)
    }
  }

  private func execute(_ sql: SQL) async throws(IngestionError) {
    do throws(WarehouseError) { try await session.execute(sql) } catch { throw .engine(error) }
  }

  /// One table of all files' lines, without what counts already.
  private func unite() async throws(IngestionError) -> Deduplication.Outcome {
    try await session.drop("staged_lines")
    if files.count == 1 {
      try await execute("ALTER TABLE \(identifier: files[0].table) RENAME TO staged_lines")
      return Deduplication.Outcome()
    }
    let parts = files.map { "SELECT * FROM \(identifier: $0.table)" as SQL }
    try await execute(
      "CREATE TEMP TABLE staged_lines AS \(parts.joined(separator: " UNION ALL "))")
    for file in files { try await session.drop(file.table) }
    let outcome = try await Deduplication(session: session, shape: shape, table: "staged_lines")
      .run()
    try await execute("ALTER TABLE staged_lines DROP COLUMN identity")
    try await execute("ALTER TABLE staged_lines DROP COLUMN file")
    return outcome
  }

  /// Where every line has an order id of its own, no two lines are equal.
  private func identicalLines(_ hasOwnIds: Bool) async throws(IngestionError) -> Int {
    if files.count == 1, hasOwnIds { return 0 }
    var count = 0
    for source in sources {
      count += try await IdenticalLines(session: session, source: source).count()
    }
    return count
  }

  /// Statuses that no sample had.
  private func settleStatuses() async throws(IngestionError) {
    guard shape.status else { return }
    let statuses: [String]
    do throws(WarehouseError) {
      statuses = try await session.query(
        "SELECT DISTINCT status FROM staged_lines WHERE NOT cancelled AND status IS NOT NULL"
      ).rows.compactMap { $0[0].text }
    } catch { throw .engine(error) }
    let missed = CancelledStatuses(mapping).among(statuses)
    if !missed.isEmpty {
      let words = missed.map { "\($0)" as SQL }.joined()
      try await execute("UPDATE staged_lines SET cancelled = true WHERE status IN (\(words))")
    }
    try await execute("ALTER TABLE staged_lines DROP COLUMN status")
  }

  private func settleCurrency(_ columns: inout StagedShape) async throws(IngestionError)
    -> CurrencyCode
  {
    var codes: Set<String> = []
    if shape.currency {
      do throws(WarehouseError) {
        codes = Set(
          try await session.query(
            "SELECT DISTINCT upper(currency) FROM staged_lines WHERE currency IS NOT NULL"
          ).rows.compactMap { $0[0].text.map { CellShape.currencyCode($0) ?? $0 } })
      } catch { throw .engine(error) }
      try await execute("ALTER TABLE staged_lines DROP COLUMN currency")
    } else {
      for source in sources {
        for column in source.amountColumns {
          let profile = source.profiles[column]
          codes.formUnion(profile.numbers.currencies.compactMap(CellShape.currencyCode))
          if let code = profile.header.currency { codes.insert(code) }
        }
      }
    }
    guard codes.count <= 1 else { throw .severalCurrencies(codes.sorted()) }
    return codes.first.flatMap { CurrencyCode(rawValue: $0) } ?? options.currency ?? .none
  }

  /// Finds out whether each line is an order of its own; then order ids are not needed any more.
  ///
  /// - Returns: that, and whether every line has an order id that no other line has.
  private func settleOrders() async throws(IngestionError) -> (Bool, Bool) {
    guard shape.order else { return (true, false) }
    let isUnique = try await OrderUniqueness(session: session).holds(
      isNumber: files.allSatisfy(\.orderIsNumber))
    if isUnique {
      let missing = try await int("SELECT count(*) - count(order_ref) FROM staged_lines")
      try await execute("ALTER TABLE staged_lines DROP COLUMN order_ref")
      return (true, missing == 0)
    }
    if files.contains(where: \.orderIsNumber) {
      try await execute("ALTER TABLE staged_lines ALTER COLUMN order_ref TYPE VARCHAR")
    }
    // A line without an order id is an order of its own; the unit separator is in no real id.
    try await execute(
      "UPDATE staged_lines SET order_ref = chr(31) || rowid::VARCHAR WHERE order_ref IS NULL")
    return (false, false)
  }
}

/// Whether no order id comes twice, exactly and without a group per order where that is possible.
struct OrderUniqueness {
  let session: any QuerySession

  func holds(isNumber: Bool) async throws(IngestionError) -> Bool {
    do throws(WarehouseError) {
      let early = try await session.row(
        """
        SELECT count(order_ref), count(DISTINCT order_ref)
        FROM (SELECT order_ref FROM staged_lines LIMIT 20000)
        """)
      guard early[0] == early[1] else { return false }
      if isNumber, let unique = try await bits() { return unique }
      return try await groups()
    } catch { throw .engine(error) }
  }

  /// One bit per possible number, where numbers are dense enough; nil where they are not.
  private func bits() async throws(WarehouseError) -> Bool? {
    let row = try await session.row(
      "SELECT count(order_ref), min(order_ref), max(order_ref) FROM staged_lines")
    guard let count = row[0].int, let least = row[1].int, let most = row[2].int else {
      return row[0].int == 0 ? true : nil
    }
    let (span, overflow) = most.subtractingReportingOverflow(least)
    guard !overflow, span < max(1 << 20, count * 64), span < 1 << 32 else { return nil }
    let set = try await session.value(
      """
      SELECT bit_count(bitstring_agg(order_ref, \(number: least)::BIGINT, \(number: most)::BIGINT))
      FROM staged_lines WHERE order_ref IS NOT NULL
      """)
    return set.int == count
  }

  /// Groups by hash, a part at a time so that memory stays bounded; equal hashes are compared by
  /// their ids.
  private func groups() async throws(WarehouseError) -> Bool {
    let count = try await session.value("SELECT count(order_ref) FROM staged_lines").int ?? 0
    let parts = max(1, count / 2_000_000)
    for part in 0..<parts {
      let repeated = try await session.value(
        """
        SELECT count(*) FROM (
          SELECT hash(order_ref) AS h FROM staged_lines
          WHERE order_ref IS NOT NULL AND hash(order_ref) % \(number: parts) = \(number: part)
          GROUP BY h HAVING count(*) > 1)
        """)
      guard repeated.int != 0 else { continue }
      let really = try await session.value(
        """
        SELECT count(*) FROM (
          SELECT order_ref FROM staged_lines
          WHERE order_ref IS NOT NULL AND hash(order_ref) % \(number: parts) = \(number: part)
          GROUP BY order_ref HAVING count(*) > 1)
        """)
      if really.int != 0 { return false }
    }
    return true
  }
}

extension OrderSource {
  func report(lines: Int) -> SourceReport {
    let encoding = dialect.map { $0.encoding.rawValue }
    let mark = amountColumns.first.flatMap { numbers[$0] }?.decimal.rawValue
    return SourceReport(
      file: name, bytes: file.bytes, format: file.format, compression: file.compression,
      encoding: encoding, separator: dialect?.separatorText,
      decimalSeparator: dialect == nil ? nil : mark, hasHeader: hasHeader, sheet: sheet,
      lines: lines,
      columns: profiles.map { profile in
        let role = roles.role(of: profile.index)
        return ColumnReport(
          name: profile.name, role: role, form: form(of: profile, role),
          evidence: role.flatMap { roles.evidence[$0] })
      })
  }

  private func form(of profile: ColumnProfile, _ role: ColumnRole?) -> String? {
    if role == .date { return date?.description }
    guard role != nil, profile.type == .text, let form = numbers[profile.index] else { return nil }
    return form.description(hasFractions: profile.hasFractions)
  }
}
