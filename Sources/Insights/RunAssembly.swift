package import CustomerSchema
internal import Features
package import Ingestion
internal import SQLBuilder
package import Warehouse

extension RunFigures {
  /// The reports of every segment of a partition, in the order to act on them: by the objective
  /// when one is given. Segments without anybody are listed too, so that nobody wonders.
  package func segments(
    eleven: Bool, objective: RunResult.Objective?, totals: RunResult.Totals, monthly: Bool,
    from session: any QuerySession
  ) async throws(WarehouseError) -> [RunResult.SegmentReport] {
    let reader = SegmentFigureReader(session: session, asOf: asOf, firstOrder: totals.firstOrder)
    let figures = try await reader.read(eleven ? .group : .segment, monthly: monthly)
    let byID = Dictionary(uniqueKeysWithValues: figures.map { ($0.id, $0) })
    var order = SegmentAdvice.order(eleven: eleven)
    var priorities: [String] = []
    if let objective {
      priorities = SegmentAdvice.priorities(objective, eleven: eleven)
      order = priorities + order.filter { !priorities.contains($0) }
    }
    if byID["no_purchase"] != nil { order.append("no_purchase") }
    return order.map { id in
      report(
        byID[id] ?? .empty(id), eleven: eleven, totals: totals,
        objective: priorities.contains(id) ? objective : nil)
    }
  }

  private func report(
    _ figures: SegmentFigures, eleven: Bool, totals: RunResult.Totals,
    objective: RunResult.Objective?
  ) -> RunResult.SegmentReport {
    let customerShare = share(figures.customers, of: totals.customers) ?? 0
    let revenue = Money(figures.revenue, currency)
    let revenueShare = totals.revenue.double > 0 ? revenue.double / totals.revenue.double : nil
    let now = Money(figures.revenueThisPeriod, currency)
    let before = Money(figures.revenuePreviousPeriod, currency)
    let purchaserShare = share(figures.customers, of: totals.purchasers) ?? 0
    let relativeValue = revenueShare.flatMap { purchaserShare > 0 ? $0 / purchaserShare : nil }
    let intention = SegmentAdvice.intention(figures.id, relativeValue: relativeValue)
    let basket = Money(figures.grossRevenue, currency).divided(by: figures.orders)
    var arguments: [String: MessageArgument] = [
      "count": .count(figures.customers), "customer_share": .share(customerShare),
      "revenue_share": .share(revenueShare ?? 0), "revenue": .money(revenue),
    ]
    if let days = figures.medianDaysSinceLastPurchase {
      arguments["days"] = .number(days, decimals: 0)
    }
    if let basket { arguments["basket"] = .money(basket) }
    let partition = eleven ? "eleven" : "five"
    let reason =
      figures.customers == 0
      ? UserMessage("reason.empty")
      : figures.id == "no_purchase"
        ? UserMessage("reason.no_purchase", arguments)
        : UserMessage("reason.\(partition).\(figures.id).\(intention.rawValue)", arguments)
    return RunResult.SegmentReport(
      id: figures.id, customers: figures.customers, customerShare: customerShare,
      revenue: revenue, revenueShare: revenueShare, averageBasket: basket,
      ordersPerCustomer: figures.customers > 0
        ? Double(figures.orders) / Double(figures.customers) : nil,
      medianDaysSinceLastPurchase: figures.medianDaysSinceLastPurchase,
      repeatRate: figures.orders > 0
        ? share(figures.repeatCustomers, of: figures.customers) : nil,
      retentionRate: share(figures.boughtBothPeriods, of: figures.boughtPreviousPeriod),
      returnRate: figures.returnedShare, revenueThisPeriod: now, revenuePreviousPeriod: before,
      revenueTrend: before.double > 0 ? now.double / before.double - 1 : nil,
      intention: intention, reason: reason,
      objectiveReason: objective.map {
        UserMessage("objective.\($0.rawValue).reason.\(figures.id)", arguments)
      },
      monthlyRevenue: figures.monthlyRevenue)
  }

  /// Customers and revenue by life-cycle stage; stages without anybody are listed too.
  package func lifecycle(
    rules: [String: [String: MessageArgument]], totals: RunResult.Totals,
    from session: any QuerySession
  ) async throws(WarehouseError) -> [RunResult.LifecycleReport] {
    let reader = SegmentFigureReader(session: session, asOf: asOf, firstOrder: totals.firstOrder)
    let figures = try await reader.read(.stage, monthly: false)
    let byID = Dictionary(uniqueKeysWithValues: figures.map { ($0.id, $0) })
    return AttributeCatalogue.stages.map { stage in
      let figures = byID[stage] ?? .empty(stage)
      return RunResult.LifecycleReport(
        stage: stage, customers: figures.customers,
        customerShare: share(figures.customers, of: totals.purchasers) ?? 0,
        revenue: Money(figures.revenue, currency),
        rule: UserMessage("stage.\(stage).rule", rules[stage] ?? [:]))
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
    package let objective: RunResult.Objective?

    package init(
      quartierVersion: String, asOfRule: RunResult.AsOfRule, timeZone: String,
      method: RunResult.MethodReport, imported: ImportReport, objective: RunResult.Objective?
    ) {
      self.quartierVersion = quartierVersion
      self.asOfRule = asOfRule
      self.timeZone = timeZone
      self.method = method
      self.imported = imported
      self.objective = objective
    }
  }

  /// Everything together, with the remaining figures read and the sentences made.
  package func result(
    _ frame: Frame, totals: RunResult.Totals, segments: [RunResult.SegmentReport],
    otherSegments: [RunResult.SegmentReport], cohorts: RunResult.CohortReport,
    from session: any QuerySession
  ) async throws(WarehouseError) -> RunResult {
    let limits = frame.method.lifecycle
    let rules: [String: [String: MessageArgument]] = [
      "new": ["days": .count(limits.newDays)],
      "active": [:],
      "loyal": ["orders": .count(limits.loyalOrders)],
      "slipping": [
        "factor": .number(limits.slippingFactor, decimals: 1), "days": .count(limits.slippingDays),
      ],
      "dormant": ["months": .count(limits.dormantMonths)],
      "lost": ["months": .count(limits.lostMonths)],
      "reactivated": [
        "gap": .count(limits.reactivationGapDays), "days": .count(limits.reactivatedDays),
      ],
    ]
    let column = frame.method.partition == .eleven ? "rfm_group" : "segment"
    let result = RunResult(
      schema: "quartier.run/1", quartierVersion: frame.quartierVersion, asOf: asOf,
      asOfRule: frame.asOfRule, timeZone: frame.timeZone, method: frame.method,
      imported: frame.imported, totals: totals, segments: segments, otherSegments: otherSegments,
      lifecycle: try await lifecycle(rules: rules, totals: totals, from: session),
      grid: try await grid(from: session),
      migration: try await migration(of: column, from: session), cohorts: cohorts,
      concentration: try await .read(from: session), objective: frame.objective, headlines: [],
      notes: [])
    return result
  }
}
