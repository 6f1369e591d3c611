internal import CustomerSchema
internal import SQLBuilder
package import Warehouse

/// Reads order files, says what it understood, and stages their lines for analysis.
package struct OrderImporter: Sendable {
  let session: any QuerySession
  let excelExtension: String?
  let scratch: String
  let orders: [String]
  let customers: String?
  let options: ImportOptions
  /// Whether lines keep their number, their instant and what else they say, for a workspace; the
  /// order's reference then stays as well.
  var keepsLines = false
  /// Whether an import with too many unusable lines stops here.
  var refusesUnusable = true
  /// Leaves out people who were erased; nil where nobody was.
  var forgotten: ErasedPeople?

  /// - Parameters:
  ///   - session: where temporary tables are made; DuckDB.
  ///   - excelExtension: path of the engine's excel extension; nil where workbooks cannot be read.
  ///   - scratchDirectory: an existing folder for uncompressed and normalised copies; who made it
  ///     removes it.
  ///   - orders: paths of order files, as typed, the older exports first.
  ///   - customers: path of a customer file, as typed.
  package init(
    session: any QuerySession, excelExtension: String?, scratchDirectory: String,
    orders: [String], customers: String? = nil, options: ImportOptions = ImportOptions()
  ) {
    self.session = session
    self.excelExtension = excelExtension
    scratch = scratchDirectory
    self.orders = orders
    self.customers = customers
    self.options = options
  }

  /// Creates `staged_lines`, `staged_customers` (with a customer file) and `quarantine` as
  /// temporary tables of the session.
  ///
  /// `staged_lines`: `customer` VARCHAR (null for guests), `order_ref` VARCHAR, `day` DATE in the
  /// time zone asked for, `amount` DECIMAL(18,4) signed, `cancelled` BOOLEAN, `product`,
  /// `category`, `channel` VARCHAR; the optional ones as the report's `columns` say.
  /// `quarantine`: `file`, `line` (from 1), `column_name`, `value`, `reason` (a message code).
  ///
  /// - Throws: `IngestionError`; the tables are then of no meaning.
  package func stage() async throws(IngestionError) -> ImportReport {
    try await stageOrders().report
  }

  /// As above, with the sources as they were understood.
  func stageOrders() async throws(IngestionError) -> (report: ImportReport, sources: [OrderSource])
  {
    let mapping = try readMapping()
    let cells = CellSQL(zone: try timeZone())
    try await session.createQuarantine()
    var sources = try await recognise(mapping)
    try await resolveForms(&sources)
    for source in sources { try requireColumns(source) }
    var kept: KeptColumns?
    if keepsLines, let source = sources.first {
      kept = try KeptColumns(source, mapping: source.mapping)
    }
    let shape = StagedShape(
      sources, kept: kept, converts: options.ratesPath != nil)
    let files = try await stageFiles(&sources, shape, mapping, cells)
    let report = try await Finishing(
      session: session, sources: sources, files: files, shape: shape, mapping: mapping,
      options: options
    ).run(refusesUnusable: refusesUnusable)
    guard let customers else { return (report, sources) }
    var consents = Mapping()
    consents.consents = mapping.consents
    let loaded = try await loader(consents).load(customers, orders.count)
    let outcome = try await CustomerStaging(
      session: session, cells: cells, options: options, mapping: mapping,
      ordersUseEmail: sources.contains { $0.roles.customerIsEmail }
    ).run(loaded, scratch: scratch)
    return (report.adding(outcome.source, outcome.notices), sources)
  }

  /// Says what a sample of the files tells, without staging anything.
  ///
  /// - Throws: `IngestionError` when a file or the mapping cannot be read at all; what stands in
  ///   the way of an import otherwise is among the result's problems.
  package func understand() async throws(IngestionError) -> Understanding {
    let mapping = try readMapping()
    _ = try timeZone()
    var sources = try await recognise(mapping)
    var problems: [UserMessage] = []
    for source in sources {
      do throws(IngestionError) { try requireColumns(source) } catch {
        problems.append(error.userMessage)
      }
    }
    do throws(IngestionError) { try await resolveForms(&sources) } catch {
      if case .engine = error { throw error }
      problems.append(error.userMessage)
    }
    return Understanding(
      sources: sources.map { $0.report(lines: 0) }, problems: problems,
      mapping: MappingWriter(
        sources: sources, options: options, mapping: sources.first?.mapping ?? mapping
      ).lines())
  }

  func readMapping() throws(IngestionError) -> Mapping {
    guard let path = options.mappingPath else { return Mapping() }
    return try MappingReader(file: path).read()
  }

  func timeZone() throws(IngestionError) -> ZoneOffsets {
    guard let zone = ZoneOffsets(options.timeZone) else { throw .timeZoneUnknown(options.timeZone) }
    return zone
  }

  private func loader(_ mapping: Mapping, sheet: String? = nil) -> SourceLoader {
    SourceLoader(
      session: session, scratch: scratch, excelExtension: excelExtension,
      told: mapping.toldDialect, sheet: sheet, consents: mapping.consents)
  }

  // MARK: Understanding

  func recognise(_ mapping: Mapping) async throws(IngestionError) -> [OrderSource] {
    let loader = loader(mapping, sheet: options.sheet ?? mapping.sheet)
    var sources: [OrderSource] = []
    for (index, name) in orders.enumerated() {
      var loaded = try await loader.load(name, index)
      try loaded.requireAllowed(mapping)
      var mapping = mapping
      let format = try ExportFormat.of(loaded, options, .orders)
      if let format {
        loaded = try await FormatShaping(
          session: session, scratch: scratch, cells: CellSQL(zone: try timeZone()), index: index
        ).apply(format, to: loaded)
        mapping = format.completing(mapping, loaded.table.columns)
      }
      let profiles = loaded.profiles
      var recognition = OrderRecognition(
        file: name, profiles: profiles, hasHeader: loaded.hasHeader, mapping: mapping,
        options: options)
      let roles = try recognition.assign()
      var source = OrderSource(
        table: loaded.table, dialect: loaded.dialect, sheet: loaded.sheet,
        hasHeader: loaded.hasHeader, headerLine: loaded.headerLine, profiles: profiles,
        roles: roles, toldCurrency: toldCurrency(mapping), date: nil, numbers: [:])
      if let column = roles.columns[.date] {
        source.date = DateForm(
          profiles[column], order: options.dateOrder ?? mapping.dates,
          isWorkbook: loaded.table.file.format == .xlsx, is1904: loaded.is1904)
      }
      source.numbers = numberForms(source, mapping)
      source.doubtful = Self.doubtful(source, loaded.sample)
      source.sensitive = loaded.sensitive
      source.format = format
      source.mapping = mapping
      sources.append(source)
    }
    return sources
  }

  /// What a person says that amounts are in. Where there are rates, the option names what to
  /// convert to, and the mapping what the file has.
  private func toldCurrency(_ mapping: Mapping) -> CurrencyCode? {
    guard let told = mapping.currency else { return nil }
    return options.ratesPath == nil ? options.currency ?? told : told
  }

  /// Roles that columns of one name and other content could play as well.
  private static func doubtful(
    _ source: OrderSource, _ sample: [[String]]
  ) -> [ColumnRole: [Int]] {
    var result: [ColumnRole: [Int]] = [:]
    for (role, rivals) in source.roles.rivals {
      guard let chosen = source.column(role) else { continue }
      let alike = rivals.filter { rival in
        source.profiles[rival].header == source.profiles[chosen].header
          && sample.contains { $0[rival] != $0[chosen] }
      }
      if !alike.isEmpty { result[role] = [chosen] + alike }
    }
    return result
  }

  private func numberForms(_ source: OrderSource, _ mapping: Mapping) -> [Int: NumberForm] {
    let told = options.decimalSeparator ?? mapping.decimal
    var columns = source.amountColumns
    if let quantity = source.column(.quantity) { columns.append(quantity) }
    if keepsLines, let discount = source.column(.discount) { columns.append(discount) }
    // One file writes all its numbers alike: what one column proves holds for all.
    let all = columns.map { source.profiles[$0].numbers }
    let points = all.reduce(0) { $0 + $1.point }
    let commas = all.reduce(0) { $0 + $1.comma }
    let isNumeric = [.xlsx, .json, .sqlite].contains(source.file.format)
    let decimal = told ?? (commas > points ? .comma : .point)
    let isProven = told != nil || points + commas > 0 || isNumeric
    var forms: [Int: NumberForm] = [:]
    for column in columns {
      let profile = source.profiles[column]
      guard profile.type == .text else {
        forms[column] = .native
        continue
      }
      let numbers = profile.numbers
      let otherMark = decimal == .comma ? numbers.point : numbers.comma
      forms[column] = NumberForm(
        decimal: decimal,
        isPlain: numbers.plain == numbers.count && otherMark == 0
          && (isProven || numbers.undecided == 0),
        isProven: isProven)
    }
    return forms
  }

  private func requireColumns(_ source: OrderSource) throws(IngestionError) {
    let names = source.table.columns
    if let (role, columns) = source.doubtful.min(by: { $0.key.rawValue < $1.key.rawValue }) {
      throw .columnAmbiguous(
        file: source.name, role: role, columns: columns.map { "\(names[$0]) (\($0 + 1))" })
    }
    if source.column(.customer) == nil {
      throw .columnMissing(file: source.name, role: .customer, columns: names)
    }
    if source.column(.date) == nil {
      throw .columnMissing(file: source.name, role: .date, columns: names)
    }
    if source.roles.amount == nil {
      throw .columnMissing(file: source.name, role: .amount, columns: names)
    }
  }

  // MARK: Staging

  /// Each file's lines in a table of its own, the fast way where every file allows it.
  private func stageFiles(
    _ sources: inout [OrderSource], _ shape: StagedShape, _ mapping: Mapping, _ cells: CellSQL
  ) async throws(IngestionError) -> [StagedFile] {
    var ages = Array(repeating: 0, count: sources.count)
    for (age, index) in ExportOrder.oldestFirst(sources.map(\.name)).enumerated() {
      ages[index] = age
    }
    let cancelled = sources.map { source in
      CancelledStatuses(source.mapping).among(
        source.column(.status).map { source.profiles[$0].values } ?? [])
    }
    var files: [StagedFile] = []
    for (index, source) in sources.enumerated() where shape.kept == nil {
      let fast = FastStaging(
        source: source, shape: shape, cells: cells, session: session, age: ages[index],
        target: "import_lines_\(index)")
      guard let file = try await fast.run(cancelled: cancelled[index]) else { break }
      files.append(file)
    }
    if files.count == sources.count { return files }
    // Lines are compared across files: all of them are read the same way.
    files = []
    for index in sources.indices {
      try await normalise(&sources[index], index)
      try await proveDecimals(&sources[index], index, isWholeFile: true)
      files.append(
        try await ExactStaging(
          source: sources[index], shape: shape, cells: cells, session: session, age: ages[index],
          orderIsFound: options.dateOrder == nil && mapping.dates == nil,
          target: "import_lines_\(index)", forgotten: forgotten
        ).run(cancelled: cancelled[index]))
    }
    return files
  }

  /// Gives a text file that the engine cuts by itself a copy whose rows know their lines.
  func normalise(_ source: inout OrderSource, _ index: Int) async throws(IngestionError) {
    guard case .csv(let dialect) = source.table.reading else { return }
    let path = "\(scratch)/source\(index).csv"
    let normaliser = Normaliser(file: source.file, dialect: dialect, output: path)
    let found = try await offPool { (stop) throws(IngestionError) in try normaliser.run(stop) }
    source.table.reading = .normalised(path: path)
    source.encodings = EncodingFindings(
      file: source.name, utf8: found.utf8, windows1252: found.windows1252)
  }
}

/// Which statuses, as written, mark returned or cancelled orders.
struct CancelledStatuses: Sendable {
  private let cancelled: Set<String>
  private let kept: Set<String>

  init(_ mapping: Mapping) {
    cancelled = Set((mapping.cancelled ?? []).map(Vocabulary.fold))
    kept = Set((mapping.kept ?? []).map(Vocabulary.fold))
  }

  func among(_ statuses: some Sequence<String>) -> [String] {
    statuses.filter { status in
      let folded = Vocabulary.fold(status)
      return cancelled.contains(folded)
        || !kept.contains(folded) && StatusWords.isCancelled(folded)
    }.sorted()
  }
}
