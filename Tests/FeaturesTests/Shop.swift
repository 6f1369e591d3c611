import CustomerSchema
import DuckDBEngine
import Features
import Foundation
import Insights
import SQLBuilder
import Testing
import Warehouse

/// A shop whose staged lines a test writes itself; described and scored with the real code.
struct Shop {
  let session: any QuerySession
  let asOf: LocalDate
  let periods: RunPeriods
  let cohorts: CohortCalendar
  let thresholds: RFMThresholds
  let figures: RunFigures

  /// - Parameter lines: the SQL of `staged_lines`.
  init(
    _ lines: SQL, product: Bool = false, category: Bool = false, channel: Bool = false,
    cancelled: Bool = false, lineIsOrder: Bool = true, zeroOrdersArePurchases: Bool = false,
    from first: String, asOf: String, period: CalendarPeriod = .months(3),
    scoring: RFMScoring = RFMScoring(), rules: LifecycleRules = LifecycleRules()
  ) async throws {
    session = try await DuckDBEngine(DuckDBEngine.Options(threads: 2)).session()
    self.asOf = try #require(LocalDate(iso: asOf))
    try await session.execute("CREATE TEMP TABLE staged_lines AS \(lines)")
    let history = OrderHistory(
      columns: OrderHistory.Columns(
        product: product, category: category, channel: channel, cancelled: cancelled,
        lineIsOrder: lineIsOrder),
      zeroOrdersArePurchases: zeroOrdersArePurchases)
    try await history.create(in: session)
    periods = RunPeriods(asOf: self.asOf, length: period)
    cohorts = CohortCalendar(first: try #require(LocalDate(iso: first)), last: self.asOf)
    try await CustomerFeatures(
      history: history, periods: periods, cohorts: cohorts, loyalMonths: rules.loyalMonths
    ).create(in: session)
    thresholds = try await CustomerTable(
      scoring: scoring, lifecycle: rules, asOf: self.asOf, earlier: periods.previousEnd
    ).create(in: session)
    figures = RunFigures(
      asOf: self.asOf, previousEnd: periods.previousEnd, currency: .none,
      zeroOrdersArePurchases: zeroOrdersArePurchases)
  }

  /// Some columns of one customer.
  func customer(_ id: String, _ columns: SQL) async throws -> [SQLValue] {
    try await session.row("SELECT \(columns) FROM customers WHERE customer = \(id)")
  }
}

/// Folders with data that no repository carries.
enum RealData {
  static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  /// Fetched by set-up.
  static let recordShop = package.appending(path: "third_party/data/cdnow/CDNOW_master.txt").path
  static let grocery = package.appending(
    path: "third_party/data/completejourney/transactions.parquet"
  ).path
  /// Only where `QUARTIER_DATA` names a folder that has it.
  static let onlineRetail: String? = ProcessInfo.processInfo.environment["QUARTIER_DATA"]
    .map { $0 + "/online_retail.parquet" }
    .flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }

  /// The record shop's lines, read without `Ingestion`.
  static let recordShopLines: SQL = """
    SELECT cells[1] AS customer, CAST(strptime(cells[2], '%Y%m%d') AS DATE) AS day,
      CAST(cells[4] AS DECIMAL(18, 4)) AS amount
    FROM (
      SELECT regexp_split_to_array(trim(line), '\\s+') AS cells
      FROM read_csv(\(literal: recordShop), columns = {'line': 'VARCHAR'}, header = false,
        skip = 1, delim = '|', quote = '', escape = ''))
    """
}
