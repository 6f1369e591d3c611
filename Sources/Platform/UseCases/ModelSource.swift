internal import CustomerSchema
internal import Features
internal import Foundation
internal import Ingestion
internal import Scoring
internal import SQLBuilder
internal import SegmentLanguage
package import Warehouse

/// Where the customers come from of whom a model learns: order files, or a workspace.
package enum ModelSource: Sendable {
  case files(RunSegmentation)
  case workspace(WorkspaceOrders)

  /// Makes `order_history`, and what describing customers needs.
  ///
  /// - Parameter lines: whether products and categories are needed.
  func prepare(lines: Bool = false) async throws -> ModelBase {
    switch self {
    case .files(let segmentation):
      let prepared = try await segmentation.prepare()
      return ModelBase(
        session: prepared.session, currency: prepared.imported.currency, first: prepared.first,
        asOf: prepared.asOf, history: prepared.history, files: prepared)
    case .workspace(let orders): return try await orders.prepare(lines: lines)
    }
  }

  /// The session of a workspace whose customers are described by their attributes alone; files are
  /// read as usual.
  func prepareAttributes() async throws -> ModelBase {
    guard case .workspace(let orders) = self else { return try await prepare() }
    let day = try orders.day(last: nil)
    return ModelBase(
      session: try await orders.open(), currency: orders.currency, first: day, asOf: day,
      history: OrderHistory(
        columns: OrderHistory.Columns(
          product: false, category: false, channel: false, cancelled: false, lineIsOrder: true),
        zeroOrdersArePurchases: false), files: nil)
  }

  /// Makes the table `customers`.
  func describe(_ base: ModelBase) async throws {
    switch self {
    case .files(let segmentation):
      guard let prepared = base.files else { preconditionFailure("made by prepare()") }
      _ = try await segmentation.describe(prepared)
    case .workspace(let orders): try await orders.describe(base)
    }
  }

  var isWorkspace: Bool {
    if case .workspace = self { return true }
    return false
  }
}

/// Purchases ready to be learned from.
struct ModelBase {
  let session: any QuerySession
  let currency: CurrencyCode
  /// The day of the first purchase, and the day as of which everything is told.
  let first: LocalDate
  let asOf: LocalDate
  let history: OrderHistory
  /// What files were understood as; nil for a workspace.
  let files: RunSegmentation.Prepared?
}

/// The orders of a workspace, of the customers who may be profiled.
package struct WorkspaceOrders: Sendable {
  private let workspace: Workspace
  private let engine: any QueryEngine
  private let asOf: RunRequest.AsOf
  private let zeroOrdersArePurchases: Bool
  private let memoryLimit: Int?
  private let threads: Int?
  private let progress: RunProgress

  package init(
    _ workspace: Workspace, engine: any QueryEngine, asOf: RunRequest.AsOf,
    zeroOrdersArePurchases: Bool = false, memoryLimit: Int? = nil, threads: Int? = nil,
    progress: @escaping RunProgress = { _ in }
  ) {
    self.workspace = workspace
    self.engine = engine
    self.asOf = asOf
    self.zeroOrdersArePurchases = zeroOrdersArePurchases
    self.memoryLimit = memoryLimit
    self.threads = threads
    self.progress = progress
  }

  var currency: CurrencyCode {
    workspace.settings.currency.flatMap(CurrencyCode.init(rawValue:)) ?? .euro
  }

  /// A session with the workspace's store, whose tables need no qualification.
  func open() async throws -> any QuerySession {
    let session = try await engine.session()
    try await Store.attach(workspace.storePath, to: session)
    try await session.execute("USE quartier")
    return session
  }

  /// The segments of the workspace, in a session that `open` gave.
  func desk(_ session: any QuerySession) async throws -> SegmentDesk {
    try await SegmentDesk(workspace, opened: session)
  }

  /// The day as of which a workspace is told: today unless asked otherwise.
  ///
  /// - Parameter last: the last day on which anything happened.
  func day(last: LocalDate?) throws(PlatformError) -> LocalDate {
    guard let clock = WorkspaceClock(timeZone: workspace.settings.timeZone) else {
      throw .unknownTimeZone(workspace.settings.timeZone)
    }
    let today = clock.day(of: SegmentDesk.now)
    switch asOf {
    case .now: return today
    case .lastOrder: return last ?? today
    case .date(let date):
      guard date <= today else { throw .futureInstant("\(date)") }
      return date
    }
  }

  /// Makes `staged_lines`, `order_history` and `customer_shown`.
  func prepare(lines: Bool) async throws -> ModelBase {
    progress(.reading)
    let session = try await open()
    return try await Self.prepare(
      session, currency: currency, zeroOrdersArePurchases: zeroOrdersArePurchases, lines: lines
    ) { try day(last: $0) }
  }

  /// The same in a session that has the store open.
  static func prepare(
    _ session: any QuerySession, currency: CurrencyCode, zeroOrdersArePurchases: Bool,
    lines: Bool, day: (LocalDate?) throws -> LocalDate
  ) async throws -> ModelBase {
    let span = try await session.row(
      """
      SELECT min(CAST(local_at AS DATE)) FILTER (amount > 0 AND kind = 'purchase'),
        max(CAST(local_at AS DATE))
      FROM orders JOIN (SELECT customer_id FROM profiled_customer) USING (customer_id)
      """)
    let asOf = try day(span[1].days.map(LocalDate.init(daysSinceEpoch:)))
    guard let first = span[0].days.map(LocalDate.init(daysSinceEpoch:)), first <= asOf else {
      throw span[0].days == nil
        ? ScoringError.nothingToLearnFrom(.clv) : PlatformError.noPurchases(asOf: asOf)
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE staged_lines AS \(lines ? Self.lines : Self.orders)
      WHERE CAST(local_at AS DATE) <= \(asOf.sqlValue)
      """)
    let history = OrderHistory(
      columns: OrderHistory.Columns(
        product: lines, category: lines, channel: true, cancelled: true, lineIsOrder: !lines),
      zeroOrdersArePurchases: zeroOrdersArePurchases)
    try await history.create(in: session)
    return ModelBase(
      session: session, currency: currency, first: first, asOf: asOf, history: history, files: nil)
  }

  /// A row per order: what is needed unless products are.
  private static let orders: SQL = """
    SELECT CAST(customer_id AS VARCHAR) AS customer, CAST(local_at AS DATE) AS day, amount,
      channel, kind = 'cancelled' AS cancelled
    FROM orders JOIN (SELECT customer_id FROM profiled_customer) USING (customer_id)
    """

  /// The lines of orders that have any, and the other orders whole.
  private static let lines: SQL = """
    SELECT CAST(customer_id AS VARCHAR) AS customer, CAST(local_at AS DATE) AS day, amount,
      channel, kind = 'cancelled' AS cancelled, product, category, order_ref
    FROM (
      SELECT customer_id, local_at, amount, channel, kind, product, category,
        concat(source, chr(31), order_key) AS order_ref
      FROM order_lines
      UNION ALL
      SELECT customer_id, local_at, amount, channel, kind, NULL, NULL,
        concat(source, chr(31), regexp_replace(key, '/return$', '')) AS order_ref
      FROM orders AS o
      WHERE NOT EXISTS (
        SELECT 1 FROM order_lines AS l WHERE l.source = o.source
          AND l.order_key = regexp_replace(o.key, '/return$', ''))
    ) JOIN (SELECT customer_id FROM profiled_customer) USING (customer_id)
    """

  func describe(_ base: ModelBase) async throws {
    progress(.describing)
    try await Self.describe(base, memoryLimit: memoryLimit, threads: threads)
  }

  static func describe(_ base: ModelBase, memoryLimit: Int?, threads: Int?) async throws {
    let periods = RunPeriods(
      asOf: base.asOf, length: CalendarPeriod.suited(first: base.first, asOf: base.asOf))
    let rules = LifecycleRules()
    let features = try await CustomerFeatures(
      history: base.history, periods: periods,
      cohorts: CohortCalendar(first: base.first, last: base.asOf),
      loyalMonths: rules.loyalMonths, memoryLimit: memoryLimit, threads: threads
    ).create(in: base.session)
    _ = try await CustomerTable(
      scoring: RFMScoring(), lifecycle: rules, asOf: base.asOf, earlier: periods.previousEnd
    ).create(from: features, in: base.session)
  }

  /// How people know customers: the id of their files, the public one where they have none. Ids of
  /// several sources can be the same text: then all but the oldest customer show the public one.
  static let shown: SQL = """
    SELECT CAST(customer_id AS VARCHAR) AS customer, CAST(public_id AS VARCHAR) AS public_id,
      CASE WHEN row_number() OVER (PARTITION BY value ORDER BY customer_id) = 1
        THEN coalesce(value, CAST(public_id AS VARCHAR)) ELSE CAST(public_id AS VARCHAR)
      END AS shown
    FROM profiled_customer LEFT JOIN (
      SELECT customer_id, min(value) AS value FROM identifier
      WHERE type = 'customer' GROUP BY customer_id) USING (customer_id)
    """
}
