internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

extension ImportReport {
  /// The report with one more source and more notices.
  func adding(_ source: SourceReport, _ notices: [UserMessage]) -> ImportReport {
    ImportReport(
      sources: sources + [source], lines: lines, usableLines: usableLines, guestLines: guestLines,
      quarantinedLines: quarantinedLines, quarantineReasons: quarantineReasons,
      identicalLinesWithinFile: identicalLinesWithinFile,
      duplicateLinesAcrossFiles: duplicateLinesAcrossFiles, changedOrders: changedOrders,
      ordersCutBetweenFiles: ordersCutBetweenFiles, currency: currency, amountBasis: amountBasis,
      columns: columns, notices: self.notices + notices)
  }
}

/// Brings staged files together and reports.
struct Finishing {
  let session: any QuerySession
  let sources: [OrderSource]
  let files: [StagedFile]
  let shape: StagedShape
  let mapping: Mapping
  let options: ImportOptions

  /// - Parameter refusesUnusable: whether too many unusable lines end the import.
  func run(refusesUnusable: Bool = true) async throws(IngestionError) -> ImportReport {
    let lines = files.reduce(0) { $0 + $1.lines + $1.quarantined }
    let quarantined = files.reduce(0) { $0 + $1.quarantined }
    let reasons = try await quarantineReasons()
    // A file of which only people who were erased are left is no empty file.
    let forgotten = try await session.fetchInt("SELECT count(*) FROM import_erased")
    if refusesUnusable, lines > 0 || forgotten == 0 {
      try refuseUnusable(lines, quarantined, reasons)
    }
    let outcome = try await unite()
    let cancelled = try await settleStatuses()
    let currency = try await CurrencySettlement(
      session: session, sources: sources, files: files, shape: shape, mapping: mapping,
      options: options
    ).run()
    let (lineIsOrder, hasOwnIds) = try await settleOrders()
    var repeatedTotals = 0
    if !lineIsOrder, sources.allSatisfy({ $0.roles.amount?.isOrderTotal == true }) {
      repeatedTotals = try await RepeatedTotals(session: session).settle()
    }
    let identical = try await identicalLines(hasOwnIds)
    var guests = files.reduce(0) { $0 + $1.guests }
    let usable = files.reduce(0) { $0 + $1.lines } - outcome.duplicates
    if outcome.duplicates > 0 {
      guests = try await session.fetchInt("SELECT count(*) - count(customer) FROM staged_lines")
    }
    let notices = Notices(sources: sources, options: options).all(
      outcome: outcome, cancelled: cancelled, future: try await futureLines(),
      repeatedTotals: repeatedTotals)
    return ImportReport(
      sources: zip(sources, files).map { $0.report(lines: $1.lines + $1.quarantined) },
      lines: lines, usableLines: usable, guestLines: guests, quarantinedLines: quarantined,
      quarantineReasons: reasons, identicalLinesWithinFile: identical,
      duplicateLinesAcrossFiles: outcome.duplicates, changedOrders: outcome.changedOrders,
      ordersCutBetweenFiles: outcome.cutOrders, currency: currency, amountBasis: try basis(),
      columns: StagedColumns(
        order: shape.order && !lineIsOrder, product: shape.product, category: shape.category,
        channel: shape.channel, cancelled: shape.status, lineIsOrder: lineIsOrder),
      notices: notices)
  }

  private func refuseUnusable(
    _ lines: Int, _ quarantined: Int, _ reasons: [QuarantineCount]
  ) throws(IngestionError) {
    guard lines > 0 else { throw .noLines(file: sources.first?.name ?? "") }
    let share = Double(quarantined) / Double(lines)
    guard share <= options.maximumUnusableShare, quarantined < lines else {
      throw .tooManyUnusable(
        unusable: quarantined, lines: lines, share: share, limit: options.maximumUnusableShare,
        reasons: reasons)
    }
  }

  /// What all files' amounts contain.
  ///
  /// - Throws: `taxMixed` when one file's amounts are with tax and another's without.
  private func basis() throws(IngestionError) -> AmountBasis {
    let all = sources.compactMap { source in
      source.roles.amount.map { (basis: $0.basis, name: source.name) }
    }
    if let included = all.first(where: { $0.basis.tax == .included }),
      let excluded = all.first(where: { $0.basis.tax == .excluded })
    {
      throw .taxMixed(included: included.name, excluded: excluded.name)
    }
    func common(_ part: KeyPath<AmountBasis, AmountBasis.Part>) -> AmountBasis.Part {
      let parts = Set(all.map { $0.basis[keyPath: part] })
      return parts.count == 1 ? parts.first ?? .unknown : .unknown
    }
    let known = all.first { $0.basis.tax != .unknown }?.basis
    // A file that says nothing beside one that says something is only assumed to agree.
    let agrees = all.allSatisfy { $0.basis.tax != .unknown }
    return AmountBasis(
      tax: known?.tax ?? .unknown,
      taxSource: agrees ? known?.taxSource ?? .assumption : .assumption,
      shipping: common(\.shipping), discount: common(\.discount))
  }

  private func futureLines() async throws(IngestionError) -> (lines: Int, last: LocalDate)? {
    guard let today = options.today else { return nil }
    let last = try await session.fetchRow("SELECT max(day) FROM staged_lines").first?.days ?? 0
    guard last > today.daysSinceEpoch else { return nil }
    let count = try await session.fetchInt(
      "SELECT count(*) FROM staged_lines WHERE day > \(today.sqlValue)")
    return (count, LocalDate(daysSinceEpoch: last))
  }

  private func quarantineReasons() async throws(IngestionError) -> [QuarantineCount] {
    try await session.fetch(
      "SELECT reason, count(*) FROM quarantine GROUP BY reason ORDER BY count(*) DESC, reason"
    ).map { QuarantineCount(reason: $0[0].text ?? "", lines: $0[1].int ?? 0) }
  }

  /// One table of all files' lines, without what counts already.
  private func unite() async throws(IngestionError) -> Deduplication.Outcome {
    try await session.drop("staged_lines")
    if files.count == 1 {
      try await session.perform("ALTER TABLE \(identifier: files[0].table) RENAME TO staged_lines")
      return Deduplication.Outcome()
    }
    let parts = files.map { "SELECT * FROM \(identifier: $0.table)" as SQL }
    try await session.perform(
      "CREATE TEMP TABLE staged_lines AS \(parts.joined(separator: " UNION ALL "))")
    for file in files { try await session.drop(file.table) }
    let outcome = try await Deduplication(session: session, shape: shape, table: "staged_lines")
      .run()
    try await session.perform("ALTER TABLE staged_lines DROP COLUMN identity")
    try await session.perform("ALTER TABLE staged_lines DROP COLUMN file")
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
  ///
  /// - Returns: the statuses, as written, of the lines that are returned or cancelled.
  private func settleStatuses() async throws(IngestionError) -> [String] {
    guard shape.status else { return [] }
    let statuses = try await session.fetch(
      "SELECT DISTINCT status, cancelled FROM staged_lines WHERE status IS NOT NULL")
    let all = CancelledStatuses(sources.count == 1 ? sources[0].mapping : mapping).among(
      statuses.compactMap { $0[0].text })
    let known = Set(statuses.filter { $0[1].bool == true }.compactMap { $0[0].text })
    let missed = all.filter { !known.contains($0) }
    if !missed.isEmpty {
      let words = missed.map { "\($0)" as SQL }.joined()
      try await session.perform(
        "UPDATE staged_lines SET cancelled = true WHERE status IN (\(words))")
    }
    try await session.perform("ALTER TABLE staged_lines DROP COLUMN status")
    return all
  }

  /// Finds out whether each line is an order of its own; then order ids are not needed any more.
  ///
  /// - Returns: that, and whether every line has an order id that no other line has.
  private func settleOrders() async throws(IngestionError) -> (Bool, Bool) {
    guard shape.order else { return (true, false) }
    let isUnique = try await OrderUniqueness(session: session).holds(
      isNumber: files.allSatisfy(\.orderIsNumber))
    // A workspace keeps the ids: orders are found again by them.
    if isUnique, shape.kept != nil { return (true, false) }
    if isUnique {
      let missing = try await session.fetchInt(
        "SELECT count(*) - count(order_ref) FROM staged_lines")
      try await session.perform("ALTER TABLE staged_lines DROP COLUMN order_ref")
      return (true, missing == 0)
    }
    if files.contains(where: \.orderIsNumber) {
      try await session.perform("ALTER TABLE staged_lines ALTER COLUMN order_ref TYPE VARCHAR")
    }
    if shape.kept != nil { return (false, false) }
    // A line without an order id is an order of its own; the unit separator is in no real id.
    try await session.perform(
      "UPDATE staged_lines SET order_ref = chr(31) || rowid::VARCHAR WHERE order_ref IS NULL")
    return (false, false)
  }
}
