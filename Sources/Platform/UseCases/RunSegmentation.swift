package import CustomerSchema
package import Features
internal import Foundation
package import Ingestion
package import Insights
package import Scoring
internal import SQLBuilder
package import Warehouse

/// From order files to a segmented customer base.
package struct RunSegmentation: Sendable {
  private let engine: any QueryEngine
  private let request: RunRequest
  /// A folder for prepared sources.
  private let scratch: String
  private let progress: RunProgress
  private let previousGroups: KeptGroups?
  /// Whose people may say that no profile is made of them.
  private let workspace: Workspace?

  /// - Parameter engine: its sessions' temporary tables hold everything meanwhile.
  package init(
    engine: any QueryEngine, request: RunRequest, scratch: String,
    previousGroups: KeptGroups? = nil, workspace: Workspace? = nil,
    progress: @escaping RunProgress = { _ in }
  ) {
    self.engine = engine
    self.request = request
    self.scratch = scratch
    self.progress = progress
    self.previousGroups = previousGroups
    self.workspace = workspace
  }

  /// The figures, and the session whose temporary tables they came from.
  package struct Outcome: Sendable {
    package let result: RunResult
    package let session: any QuerySession
    /// Whether `customer_engagement` exists.
    package let hasEngagement: Bool
    /// Whether the amounts of `customers` are `DECIMAL(18,4)`.
    package let isCompact: Bool
    /// The scorers of the models; nil without models.
    let models: RunModels.Made?
    /// Columns of `staged_customers` besides the id.
    package let identityColumns: [String]
  }

  /// Orders as they were understood, in the tables `staged_lines` and `order_history`.
  package struct Prepared: Sendable {
    package let session: any QuerySession
    package let imported: ImportReport
    package let history: OrderHistory
    /// The day of the first purchase, and the day as of which everything is told.
    package let first: LocalDate
    package let asOf: LocalDate
  }

  /// Reads the orders and makes their history.
  package func prepare() async throws -> Prepared {
    let session = try await engine.session()
    progress(.reading)
    let imported = try await stage(in: session)
    try await workspace?.withdraw(from: "staged_lines", deletes: false, in: session)
    progress(.describing)
    let history = OrderHistory(
      columns: OrderHistory.Columns(
        product: imported.columns.product, category: imported.columns.category,
        channel: imported.columns.channel, cancelled: imported.columns.cancelled,
        lineIsOrder: imported.columns.lineIsOrder),
      zeroOrdersArePurchases: request.zeroOrdersArePurchases)
    try await history.create(in: session)
    let (first, asOf) = try await span(in: session)
    return Prepared(
      session: session, imported: imported, history: history, first: first, asOf: asOf)
  }

  /// The table `customers` and what it was made with.
  struct Described {
    let features: FeatureTable
    let periods: RunPeriods
    let cohorts: CohortCalendar
    let thresholds: RFMThresholds
  }

  /// Describes and scores every customer of a history.
  func describe(_ prepared: Prepared) async throws -> Described {
    let (session, first, asOf) = (prepared.session, prepared.first, prepared.asOf)
    let period = request.period ?? CalendarPeriod.suited(first: first, asOf: asOf)
    let periods = RunPeriods(asOf: asOf, length: period)
    let cohorts = CohortCalendar(first: first, last: asOf)
    let features = try await CustomerFeatures(
      history: prepared.history, periods: periods, cohorts: cohorts,
      loyalMonths: request.lifecycle.loyalMonths, memoryLimit: request.memoryLimit,
      threads: request.threads
    ).create(in: session)
    progress(.scoring)
    let thresholds = try await CustomerTable(
      scoring: request.scoring, lifecycle: request.lifecycle, asOf: asOf,
      earlier: periods.previousEnd
    ).create(from: features, in: session)
    return Described(
      features: features, periods: periods, cohorts: cohorts, thresholds: thresholds)
  }

  /// Reads, describes, scores and counts; writes nothing.
  package func run() async throws -> Outcome {
    let prepared = try await prepare()
    let (session, imported) = (prepared.session, prepared.imported)
    let described = try await describe(prepared)
    let (periods, cohorts) = (described.periods, described.cohorts)
    let (features, thresholds) = (described.features, described.thresholds)
    let asOf = prepared.asOf
    let engagement = try await engage(asOf: asOf, in: session)
    var models: RunModels.Made?
    if request.models == .automatic {
      progress(.modelling)
      models = try await RunModels(
        asOf: asOf, currency: imported.currency, threads: request.threads,
        previous: previousGroups
      ).create(in: session)
    }
    progress(.figures)
    let result = try await assemble(
      imported, features: features, thresholds: thresholds, engagement: engagement,
      models: models?.report, periods: periods, cohorts: cohorts, in: session)
    // Sorting customers for the outputs needs the room.
    try await prepared.history.drop(in: session)
    if !imported.columns.cancelled { try await session.execute("DROP TABLE customer_features") }
    return Outcome(
      result: result, session: session, hasEngagement: engagement != nil,
      isCompact: features.isCompact, models: models,
      identityColumns: try await identityColumns(in: session))
  }

  /// The day of the first purchase order and the day as of which everything is told.
  private func span(
    in session: any QuerySession
  ) async throws -> (first: LocalDate, asOf: LocalDate) {
    let row = try await session.row(
      "SELECT min(day) FILTER (is_purchase), max(day) FROM order_history")
    let fixed: LocalDate? =
      switch request.asOf {
      case .lastOrder: nil
      case .date(let date): date
      case .now: try today()
      }
    let last = row[1].days.map(LocalDate.init(daysSinceEpoch:))
    guard let asOf = fixed ?? last else { throw PlatformError.noPurchases(asOf: try today()) }
    guard let first = row[0].days.map(LocalDate.init(daysSinceEpoch:)), first <= asOf else {
      throw PlatformError.noPurchases(asOf: asOf)
    }
    return (first, asOf)
  }

  private func today() throws(PlatformError) -> LocalDate {
    guard let zone = TimeZone(identifier: request.timeZone) else {
      throw .unknownTimeZone(request.timeZone)
    }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    let parts = calendar.dateComponents([.year, .month, .day], from: Date())
    guard
      let date = LocalDate(year: parts.year ?? 0, month: parts.month ?? 0, day: parts.day ?? 0)
    else { throw .unknownTimeZone(request.timeZone) }
    return date
  }

  private func assemble(
    _ imported: ImportReport, features: FeatureTable, thresholds: RFMThresholds,
    engagement: RunFigures.EngagementFrame?, models: RunResult.ModelsReport?,
    periods: RunPeriods, cohorts: CohortCalendar,
    in session: any QuerySession
  ) async throws -> RunResult {
    let figures = RunFigures(
      asOf: periods.asOf, previousEnd: periods.previousEnd, currency: imported.currency,
      zeroOrdersArePurchases: request.zeroOrdersArePurchases, hasMonths: features.hasMonths)
    let totals = try await figures.totals(from: session)
    guard totals.purchasers > 0 || totals.guestOrders > 0 else {
      throw PlatformError.noPurchases(asOf: periods.asOf)
    }
    let other: PartitionKind = request.partition == .eleven ? .five : .eleven
    let method = RunResult.MethodReport(
      partition: request.partition, scoring: request.scoring.fixed == nil ? .quantiles : .fixed,
      monetary: request.scoring.monetary, classes: request.scoring.classes,
      weights: request.scoring.weights, thresholds: thresholds,
      period: periods.length.description,
      zeroOrdersArePurchases: request.zeroOrdersArePurchases, lifecycle: request.lifecycle)
    return try await figures.result(
      RunFigures.Frame(
        quartierVersion: quartierVersion, asOfRule: asOfRule, timeZone: request.timeZone,
        method: method, imported: imported, engagement: engagement, models: models,
        objective: request.objective),
      totals: totals,
      segments: figures.segments(
        partition: request.partition, objective: request.objective, totals: totals, monthly: true,
        from: session),
      otherSegments: figures.segments(
        partition: other, objective: nil, totals: totals, monthly: false, from: session),
      cohorts: figures.cohorts(
        steps: cohorts.steps, monthsPerStep: cohorts.monthsPerStep,
        start: cohorts.start(ofStep:), from: session),
      from: session)
  }

  private var asOfRule: RunResult.AsOfRule {
    switch request.asOf {
    case .lastOrder: .lastOrder
    case .now: .now
    case .date: .date
    }
  }

  /// Scores interactions where event files are given.
  private func engage(
    asOf: LocalDate, in session: any QuerySession
  ) async throws -> RunFigures.EngagementFrame? {
    guard !request.events.isEmpty else { return nil }
    let folder = scratch + "/events"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let report = try await importer(session, files: request.events, scratch: folder).stageEvents()
    try await workspace?.withdraw(from: "staged_events", deletes: true, in: session)
    let thresholds = try await Engagement(scoring: request.scoring, asOf: asOf).create(in: session)
    return RunFigures.EngagementFrame(imported: report, thresholds: thresholds)
  }

  private func identityColumns(in session: any QuerySession) async throws -> [String] {
    guard request.customers != nil else { return [] }
    return try await session.query("DESCRIBE staged_customers").rows
      .compactMap { $0[0].text }.filter { $0 != "customer" }
  }

  /// What was recognised, without reading whole files.
  package func understand() async throws -> Understanding {
    let session = try await engine.session()
    progress(.recognising)
    return try await importer(session, files: request.orders, scratch: scratch).understand()
  }

  private func stage(in session: any QuerySession) async throws -> ImportReport {
    try await importer(session, files: request.orders, scratch: scratch).stage()
  }

  private func importer(
    _ session: any QuerySession, files: [String], scratch: String
  ) -> OrderImporter {
    OrderImporter(
      session: session,
      excelExtension: ResourceLocator.current.fetched("extensions/excel.duckdb_extension")?.path,
      scratchDirectory: scratch, orders: files, customers: request.customers,
      options: ImportOptions(
        mappingPath: request.mapping, dateOrder: request.dateOrder, timeZone: request.timeZone,
        amounts: request.amounts, maximumUnusableShare: request.maximumUnusableShare,
        ratesPath: request.rates, currency: request.currency,
        defaultCurrency: request.defaultCurrency, sheet: request.sheet, today: try? today(),
        format: request.format))
  }
}
