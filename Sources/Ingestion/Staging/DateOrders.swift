internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

extension OrderImporter {
  /// Settles what single samples leave open: the order of day and month over all files, and
  /// decimal marks.
  func resolveForms(_ sources: inout [OrderSource]) async throws(IngestionError) {
    for index in sources.indices {
      try await proveDecimals(&sources[index], index)
    }
    try await orderDates(&sources)
  }

  // MARK: Days and months

  private struct OrderEvidence {
    var dayFirst: (sample: String, source: Int)?
    var monthFirst: (sample: String, source: Int)?
    var undecided: (sample: String, source: Int)?
  }

  private func orderDates(_ sources: inout [OrderSource]) async throws(IngestionError) {
    var evidence = OrderEvidence()
    var open: [Int] = []
    for (index, source) in sources.enumerated() {
      guard let column = source.column(.date), let date = source.date, date.order == nil else {
        continue
      }
      switch date {
      case .text, .cell: break
      default: continue
      }
      let dates = source.profiles[column].dates
      guard dates.parts > 0 || source.isMixed(dates) else { continue }
      open.append(index)
      evidence.dayFirst = evidence.dayFirst ?? dates.dayFirst.map { ($0, index) }
      evidence.monthFirst = evidence.monthFirst ?? dates.monthFirst.map { ($0, index) }
      evidence.undecided = evidence.undecided ?? dates.undecided.map { ($0, index) }
    }
    guard !open.isEmpty else { return }
    // A sample that proves nothing is no reason to ask: the whole columns may prove it.
    if evidence.dayFirst == nil, evidence.monthFirst == nil {
      for index in open { try await look(&sources[index], index, &evidence) }
    }
    try settle(evidence, &sources, open)
  }

  private func settle(
    _ evidence: OrderEvidence, _ sources: inout [OrderSource], _ open: [Int]
  ) throws(IngestionError) {
    func column(_ index: Int) -> String {
      sources[index].column(.date).map { sources[index].table.columns[$0] } ?? ""
    }
    switch (evidence.dayFirst, evidence.monthFirst) {
    case (let day?, let month?):
      throw .datesMixed(
        dayFirst: day.sample, monthFirst: month.sample, column: column(month.source),
        file: sources[month.source].name)
    case (nil, nil):
      guard let undecided = evidence.undecided else {
        // Days that equal their months read the same either way.
        for index in open { sources[index].setOrder(.dmy) }
        return
      }
      throw .datesAmbiguous(
        file: sources[undecided.source].name, column: column(undecided.source),
        sample: undecided.sample)
    case (_?, nil): for index in open { sources[index].setOrder(.dmy) }
    case (nil, _?): for index in open { sources[index].setOrder(.mdy) }
    }
  }

  /// Looks at a whole column for a day above 12.
  private func look(
    _ source: inout OrderSource, _ index: Int, _ evidence: inout OrderEvidence
  ) async throws(IngestionError) {
    guard let column = source.column(.date) else { return }
    if case .csv = source.table.reading { try await normalise(&source, index) }
    let found = try await DateEvidence.look(source.table, column, session)
    evidence.dayFirst = evidence.dayFirst ?? found.dayFirst.map { ($0, index) }
    evidence.monthFirst = evidence.monthFirst ?? found.monthFirst.map { ($0, index) }
    evidence.undecided = evidence.undecided ?? found.undecided.map { ($0, index) }
  }

  // MARK: Decimals

  /// Numbers such as `1.234` where nothing in the sample proves what the mark means: the whole
  /// columns decide, or no one.
  ///
  /// - Parameter isWholeFile: whether the sample is known to have missed such numbers.
  func proveDecimals(
    _ source: inout OrderSource, _ index: Int, isWholeFile: Bool = false
  ) async throws(IngestionError) {
    let unproven = source.numbers.filter { !$0.value.isProven }.keys.sorted()
    let open = unproven.filter { isWholeFile || source.profiles[$0].numbers.undecided > 0 }
    guard !open.isEmpty else { return }
    if case .csv = source.table.reading { try await normalise(&source, index) }
    var point = 0
    var comma = 0
    var undecided: (column: Int, sample: String)?
    for column in unproven {
      let found = try await DecimalEvidence.look(source.table, column, session)
      point += found.point
      comma += found.comma
      if let sample = found.undecided, undecided == nil { undecided = (column, sample) }
    }
    if point + comma == 0, let undecided {
      throw .numbersAmbiguous(
        file: source.name, column: source.table.columns[undecided.column],
        sample: undecided.sample)
    }
    for column in unproven {
      source.numbers[column]?.decimal = comma > point ? .comma : .point
      source.numbers[column]?.isProven = true
    }
  }
}

/// What the dates of a whole column prove about the order of day and month.
struct DateEvidence: Sendable {
  let dayFirst: String?
  let monthFirst: String?
  let undecided: String?

  /// Looks at a column of rows that can be read, for a day above 12.
  static func look(
    _ table: SourceTable, _ column: Int, _ session: any QuerySession
  ) async throws(IngestionError) -> DateEvidence {
    let pattern = CellSQL.openDay
    let row = try await session.fetchRow(
      """
      SELECT min(d) FILTER (a > 12 AND b <= 12), min(d) FILTER (b > 12 AND a <= 12),
        min(d) FILTER (a <> b AND a <= 12 AND b <= 12)
      FROM (
        SELECT d, regexp_extract(d, \(literal: pattern), 1)::INTEGER AS a,
          regexp_extract(d, \(literal: pattern), 2)::INTEGER AS b
        FROM (SELECT trim(\(table.cell(column))) AS d FROM \(table.relation()))
        WHERE regexp_full_match(d, \(literal: pattern)))
      """)
    return DateEvidence(dayFirst: row[0].text, monthFirst: row[1].text, undecided: row[2].text)
  }
}

/// What the numbers of a whole column prove about the mark of decimals.
struct DecimalEvidence: Sendable {
  let point: Int
  let comma: Int
  let undecided: String?

  static func look(
    _ table: SourceTable, _ column: Int, _ session: any QuerySession
  ) async throws(IngestionError) -> DecimalEvidence {
    let row = try await session.fetchRow(
      """
      SELECT
        count(*) FILTER (regexp_matches(v, \(literal: Self.provesPoint))),
        count(*) FILTER (regexp_matches(v, \(literal: Self.provesComma))),
        min(v) FILTER (regexp_matches(v, '^\\D*\\d{1,3}[.,]\\d{3}\\D*$'))
      FROM (SELECT trim(\(table.cell(column))) AS v FROM \(table.relation()))
      """)
    return DecimalEvidence(point: row[0].int ?? 0, comma: row[1].int ?? 0, undecided: row[2].text)
  }

  /// Regular expressions of numbers in which one mark can only separate decimals: other than
  /// three digits after it, groups by the other mark before it, or more digits than a group.
  private static let provesPoint = proves("[.]", ",")
  private static let provesComma = proves(",", "[.]")

  private static func proves(_ mark: String, _ other: String) -> String {
    "\\d\(mark)\\d{1,2}(\\D|$)|\\d\(mark)\\d{4}|\\d{4}\(mark)\\d|\(other)\\d{3}\(mark)"
      + "|\(other)\\d{3}\(other)\\d{3}|(^|\\D)\(mark)\\d"
  }
}

extension OrderSource {
  /// Whether the sample may have missed dates whose order is open.
  fileprivate func isMixed(_ dates: DateStatistics) -> Bool {
    if case .text(_, nil) = date { dates.words == 0 && dates.compact == 0 } else { false }
  }

  mutating func setOrder(_ order: DateOrder) {
    guard let column = column(.date) else { return }
    let isWorkbook = if case .cell = date { true } else { false }
    if isWorkbook {
      date = date?.withOrder(order)
    } else {
      date = DateForm(profiles[column], order: order, isWorkbook: false, is1904: false)
    }
  }
}
