package import CustomerSchema
internal import SQLBuilder
package import Warehouse

/// Reads a workspace and tells who its customers are today. Nothing is written.
package struct WorkspaceAudit: Sendable {
  let session: any QuerySession
  let currency: CurrencyCode
  /// µs since the epoch: nothing later is looked at.
  let now: Int64

  /// - Parameter session: with the store attached as `quartier`.
  package init(_ session: any QuerySession, currency: CurrencyCode, now: Int64) {
    self.session = session
    self.currency = currency
    self.now = now
  }

  /// - Parameter objective: what the criteria are rated for; nil for what customers do in general.
  /// - Throws: `WarehouseError`.
  package func run(objective: AuditObjective?) async throws -> AuditReport {
    try await createPurchases()
    let base = try await base()
    let asOf = try await asOf(base)
    let attributes = try await AttributeAudit(session: session, now: now).facts()
    let companyCoverage =
      attributes.filter { ["size_class", "naf_section", "naf"].contains($0.attribute) }
      .map(\.coverage).max() ?? 0
    let contacts = ContactAudit(session: session)
    let report = AuditReport(
      asOf: asOf, base: base,
      methods: (objective.map { [$0] } ?? AuditObjective.allCases).map {
        AuditMethod.choose($0, base: base, companyCoverage: companyCoverage)
      },
      attributes: attributes, duplicates: try await contacts.duplicates(),
      silos: try await contacts.silos(),
      products: try await ProductAudit(session: session, currency: currency).products(base),
      support: try await support(customers: base.customers),
      criteria: try await CriteriaAudit(session: session, asOf: asOf, objective: objective)
        .criteria())
    try await session.execute("DROP TABLE audit_purchase")
    return report
  }

  /// `audit_purchase`: a row per purchase of a customer who may be profiled.
  private func createPurchases() async throws {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE audit_purchase AS
      SELECT customer_id, CAST(local_at AS DATE) AS day, amount, source, key
      FROM quartier.orders
      WHERE kind = 'purchase' AND happened_at <= \(SQLValue.instant(now))
        AND customer_id IN (SELECT customer_id FROM quartier.profiled_customer)
      """)
  }

  private func base() async throws -> AuditReport.Base {
    let instant = SQLValue.instant(now)
    let row = try await session.row(
      """
      WITH buyer AS (
        SELECT customer_id, count(DISTINCT day) AS days FROM audit_purchase GROUP BY customer_id)
      SELECT (SELECT count(*) FROM quartier.profiled_customer),
        (SELECT count(*) FROM quartier.profiled_customer WHERE kind = 'company'),
        (SELECT count(*) FROM buyer), (SELECT count(*) FROM buyer WHERE days > 1),
        (SELECT count(*) FROM audit_purchase), (SELECT min(day) FROM audit_purchase),
        (SELECT max(day) FROM audit_purchase),
        (SELECT coalesce(sum(amount), 0)::DECIMAL(38, 4) FROM quartier.orders
          WHERE kind IN ('purchase', 'return') AND happened_at <= \(instant)),
        (SELECT count(*) FROM quartier.events WHERE happened_at <= \(instant)),
        (SELECT count(*) FROM quartier.events
          WHERE name = 'add_to_cart' AND happened_at <= \(instant)),
        (SELECT count(*) FROM quartier.subscriptions WHERE happened_at <= \(instant)),
        (SELECT count(*) FROM quartier.subscriptions WHERE ended_at <= \(instant)),
        (SELECT count(DISTINCT customer_id) FROM quartier.survey_answers),
        (SELECT count(*) FROM quartier.tickets WHERE happened_at <= \(instant)),
        (SELECT count(*) FROM quartier.opportunities WHERE happened_at <= \(instant))
      """)
    func count(_ index: Int) -> Int { row[index].int ?? 0 }
    func day(_ index: Int) -> LocalDate? {
      row[index].days.map { LocalDate(daysSinceEpoch: $0) }
    }
    return AuditReport.Base(
      customers: count(0), companies: count(1), prospects: count(0) - count(2),
      purchasers: count(2), returning: count(3), orders: count(4),
      revenue: Money(row[7].decimal ?? .zero, currency), firstPurchase: day(5),
      lastPurchase: day(6), events: count(8), carts: count(9), subscriptions: count(10),
      endedSubscriptions: count(11), respondents: count(12), tickets: count(13),
      opportunities: count(14))
  }

  /// Files are often older than the day on which they are looked at.
  private func asOf(_ base: AuditReport.Base) async throws -> LocalDate {
    let visited = try await session.value(
      """
      SELECT CAST(max(local_at) AS DATE) FROM quartier.events
      WHERE happened_at <= \(SQLValue.instant(now))
      """
    ).days.map { LocalDate(daysSinceEpoch: $0) }
    let days = [base.lastPurchase, visited].compactMap { $0 }
    return days.max() ?? LocalDate(daysSinceEpoch: Int32(clamping: now / 86_400_000_000))
  }

  // MARK: Support

  private static let reasonLimit = 10

  private func support(customers: Int) async throws -> AuditReport.Support {
    let row = try await session.row(
      """
      SELECT count(*), count(DISTINCT customer_id) FROM quartier.tickets
      WHERE happened_at <= \(SQLValue.instant(now))
      """)
    let contacting = row[1].int ?? 0
    return AuditReport.Support(
      tickets: row[0].int ?? 0, customers: contacting,
      share: customers > 0 ? Double(contacting) / Double(customers) : 0,
      reasons: try await reasons("coalesce(category, subject)"),
      channels: try await reasons("channel"))
  }

  private func reasons(_ column: SQL) async throws -> [AuditReport.Support.Reason] {
    try await session.query(
      """
      SELECT \(column) AS reason, count(*), count(DISTINCT customer_id),
        median(date_diff('minute', happened_at, closed_at) / 60.0)
          FILTER (closed_at >= happened_at),
        CAST(avg(satisfaction) AS DOUBLE)
      FROM quartier.tickets
      WHERE happened_at <= \(SQLValue.instant(now)) AND reason IS NOT NULL
      GROUP BY reason ORDER BY count(*) DESC, reason LIMIT \(Self.reasonLimit)
      """
    ).rows.map { row in
      AuditReport.Support.Reason(
        name: row[0].text ?? "", tickets: row[1].int ?? 0, customers: row[2].int ?? 0,
        medianHoursToClose: row[3].double, averageSatisfaction: row[4].double)
    }
  }
}
