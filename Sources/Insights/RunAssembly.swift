internal import CustomerSchema
package import Features
package import Ingestion
internal import SQLBuilder
package import Warehouse

extension RunFigures {
  /// The reports of every segment of a partition, in the order to act on them: by the objective
  /// when one is given. Segments without anybody are listed too, so that nobody wonders.
  package func segments(
    partition: PartitionKind, objective: RunResult.Objective?, totals: RunResult.Totals,
    monthly: Bool, from session: any QuerySession
  ) async throws(WarehouseError) -> [RunResult.SegmentReport] {
    let reader = SegmentFigureReader(
      session: session, asOf: asOf, firstOrder: totals.firstOrder, hasMonths: hasMonths)
    let figures = try await reader.read(partition == .eleven ? .group : .segment, monthly: monthly)
    let byID = Dictionary(uniqueKeysWithValues: figures.map { ($0.id, $0) })
    return SegmentAdvice.order(partition, objective: objective)
      .filter { $0 != SegmentAdvice.noPurchase || byID[$0] != nil }
      .map { id in
        report(
          byID[id] ?? .empty(id), partition: partition, totals: totals, objective: objective)
      }
  }

  private func report(
    _ figures: SegmentFigures, partition: PartitionKind, totals: RunResult.Totals,
    objective: RunResult.Objective?
  ) -> RunResult.SegmentReport {
    let customerShare = share(figures.customers, of: totals.customers) ?? 0
    let revenue = Money(figures.revenue, currency)
    let revenueShare = totals.revenue.double > 0 ? revenue.double / totals.revenue.double : nil
    let now = Money(figures.revenueThisPeriod, currency)
    let before = Money(figures.revenuePreviousPeriod, currency)
    let basket = Money(figures.grossRevenue, currency).divided(by: figures.orders)
    let ordersPerCustomer =
      figures.customers > 0 ? Double(figures.orders) / Double(figures.customers) : nil
    return RunResult.SegmentReport(
      id: figures.id, customers: figures.customers, customerShare: customerShare,
      revenue: revenue, revenueShare: revenueShare, averageBasket: basket,
      ordersPerCustomer: ordersPerCustomer,
      medianDaysSinceLastPurchase: figures.medianDaysSinceLastPurchase,
      repeatRate: figures.orders > 0
        ? share(figures.repeatCustomers, of: figures.customers) : nil,
      retentionRate: share(figures.boughtBothPeriods, of: figures.boughtPreviousPeriod),
      returnRate: figures.returnedShare, revenueThisPeriod: now, revenuePreviousPeriod: before,
      revenueTrend: before.double > 0 ? now.double / before.double - 1 : nil,
      intention: SegmentAdvice.intention(figures.id),
      reason: SegmentAdvice.reason(
        figures.id, partition,
        SegmentAdvice.Figures(
          customers: figures.customers, customerShare: customerShare, revenue: revenue,
          revenueShare: revenueShare, averageBasket: basket,
          ordersPerCustomer: ordersPerCustomer,
          medianDaysSinceLastPurchase: figures.medianDaysSinceLastPurchase)),
      objectiveReason: objective.flatMap {
        SegmentAdvice.objectiveReason(figures.id, $0, partition)
      },
      monthlyRevenue: figures.monthlyRevenue)
  }

  /// Customers and revenue by life-cycle stage; stages without anybody are listed too.
  package func lifecycle(
    rules: LifecycleRules, totals: RunResult.Totals,
    from session: any QuerySession
  ) async throws(WarehouseError) -> [RunResult.LifecycleReport] {
    let reader = SegmentFigureReader(
      session: session, asOf: asOf, firstOrder: totals.firstOrder, hasMonths: hasMonths)
    let figures = try await reader.read(.stage, monthly: false)
    let byID = Dictionary(uniqueKeysWithValues: figures.map { ($0.id, $0) })
    return AttributeCatalogue.stages.map { stage in
      let figures = byID[stage] ?? .empty(stage)
      return RunResult.LifecycleReport(
        stage: stage, customers: figures.customers,
        customerShare: share(figures.customers, of: totals.customers) ?? 0,
        revenue: Money(figures.revenue, currency),
        rule: SegmentAdvice.rule(stage: stage, rules))
    }
  }
}

extension SegmentFigures {
  /// A segment without anybody.
  static func empty(_ id: String) -> SegmentFigures {
    SegmentFigures(
      id: id, customers: 0, revenue: .zero, grossRevenue: .zero, orders: 0,
      medianDaysSinceLastPurchase: nil, repeatCustomers: 0, boughtPreviousPeriod: 0,
      boughtBothPeriods: 0, returnedShare: nil, revenueThisPeriod: .zero,
      revenuePreviousPeriod: .zero)
  }
}

extension RunFigures {
  /// What a run knows before any figure is read.
  package struct Frame: Sendable {
    package let quartierVersion: String
    package let asOfRule: RunResult.AsOfRule
    package let timeZone: String
    package let method: RunResult.MethodReport
    package let imported: ImportReport
    package let engagement: EngagementFrame?
    package let models: RunResult.ModelsReport?
    package let objective: RunResult.Objective?

    package init(
      quartierVersion: String, asOfRule: RunResult.AsOfRule, timeZone: String,
      method: RunResult.MethodReport, imported: ImportReport,
      engagement: EngagementFrame?, models: RunResult.ModelsReport? = nil,
      objective: RunResult.Objective?
    ) {
      self.quartierVersion = quartierVersion
      self.asOfRule = asOfRule
      self.timeZone = timeZone
      self.method = method
      self.imported = imported
      self.engagement = engagement
      self.models = models
      self.objective = objective
    }
  }

  /// What became of event files, and the cuts of their scores.
  package struct EngagementFrame: Sendable {
    package let imported: EventReport
    package let thresholds: RFMThresholds

    package init(imported: EventReport, thresholds: RFMThresholds) {
      self.imported = imported
      self.thresholds = thresholds
    }
  }

  /// Who interacts and what that is worth; nil without event files.
  private func engagement(
    _ frame: EngagementFrame?, from session: any QuerySession
  ) async throws(WarehouseError) -> RunResult.EngagementReport? {
    guard let frame else { return nil }
    let known = try await session.row(
      """
      SELECT count(*), CAST(sum(e.interactions) AS BIGINT), count(*) FILTER (c.orders > 0)
      FROM customer_engagement AS e LEFT JOIN customers AS c USING (customer)
      """)
    let levels = try await session.query(
      """
      SELECT CAST(floor(e.engagement_score) AS BIGINT) AS level, count(*),
        count(*) FILTER (c.orders > 0), coalesce(sum(c.revenue), 0)
      FROM customer_engagement AS e LEFT JOIN customers AS c USING (customer)
      GROUP BY level ORDER BY level DESC
      """
    ).rows.map { row in
      RunResult.EngagementReport.Level(
        score: row[0].int ?? 0, customers: row[1].int ?? 0, purchasers: row[2].int ?? 0,
        revenue: money(row[3]))
    }
    return RunResult.EngagementReport(
      imported: frame.imported, thresholds: frame.thresholds, customers: known[0].int ?? 0,
      interactions: known[1].int ?? 0, purchasers: known[2].int ?? 0, levels: levels)
  }

  /// Everything together, with the remaining figures read and the sentences made.
  package func result(
    _ frame: Frame, totals: RunResult.Totals, segments: [RunResult.SegmentReport],
    otherSegments: [RunResult.SegmentReport], cohorts: RunResult.CohortReport,
    from session: any QuerySession
  ) async throws -> RunResult {
    var result = RunResult(
      schema: "quartier.run/1", quartierVersion: frame.quartierVersion, asOf: asOf,
      asOfRule: frame.asOfRule, timeZone: frame.timeZone, method: frame.method,
      imported: frame.imported, totals: totals, segments: segments, otherSegments: otherSegments,
      lifecycle: try await lifecycle(
        rules: frame.method.lifecycle, totals: totals, from: session),
      grid: try await grid(from: session),
      migration: try await migration(of: frame.method.partition, from: session), cohorts: cohorts,
      concentration: try await concentration(from: session),
      engagement: try await engagement(frame.engagement, from: session), models: frame.models,
      objective: frame.objective,
      headlines: [],
      notes: [])
    result.headlines = Headlines.messages(for: result)
    return result
  }
}
