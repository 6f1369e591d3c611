internal import CustomerSchema
internal import Features
internal import Presentation
internal import SQLBuilder

extension ReportBuilder {
  func name(_ id: String, _ partition: RunResult.MethodReport.Partition) -> String {
    localizer.text(SegmentAdvice.key(id, partition))
  }

  func segmentsLead() -> String {
    let lead = text("segments_lead")
    guard let objective = result.objective else { return lead }
    let name = MessageArgument.term("objective.\(objective.rawValue)")
    return lead + " " + text("segments_lead.objective", ["objective": name])
  }

  func card(_ segment: RunResult.SegmentReport) -> ReportPage.Card {
    let key = SegmentAdvice.key(segment.id, partition)
    return ReportPage.Card(
      anchor: "segment-\(segment.id)", tone: "tone-" + ReportTone.of(segment: segment.id),
      name: localizer.text(key),
      intention: localizer.text("intention.\(segment.intention.rawValue)"),
      who: localizer.text(key + ".who"), customers: wording.count(segment.customers),
      customerShare: wording.share(segment.customerShare),
      revenue: wording.briefMoney(segment.revenue),
      revenueShare: wording.share(segment.revenueShare),
      basket: basket(segment.averageBasket),
      lastPurchase: daysAgo(segment.medianDaysSinceLastPurchase), bars: bars(segment),
      spark: spark(segment), action: localizer.text(key + ".action"),
      reason: localizer.text(segment.reason),
      objectiveReason: segment.objectiveReason.map { localizer.text($0) })
  }

  /// An average basket to the cent, unless it is enormous.
  func basket(_ money: Money?) -> String {
    guard let money else { return wording.none }
    return abs(money.double) >= 1e6 ? wording.briefMoney(money) : formats.money(money, .exact)
  }

  private func daysAgo(_ days: Double?) -> String {
    guard let days, let whole = Int(exactly: days.rounded()) else { return wording.none }
    return whole == 0 ? text("today") : text("days_ago", ["count": .count(whole)])
  }

  private func bars(_ segment: RunResult.SegmentReport) -> ReportPage.Bars? {
    guard let revenueShare = segment.revenueShare else { return nil }
    return ReportPage.Bars(
      label: text(
        "bars",
        ["customerShare": .share(segment.customerShare), "revenueShare": .share(revenueShare)]),
      customers: Self.coordinate(min(100, max(0, segment.customerShare * 100))),
      revenue: Self.coordinate(min(100, max(0, revenueShare * 100))))
  }

  /// The line of monthly revenues, when there are at least two and not all 0.
  private func spark(_ segment: RunResult.SegmentReport) -> ReportPage.Spark? {
    let months = segment.monthlyRevenue
    guard months.count > 1, months.allSatisfy(\.isFinite), months.contains(where: { $0 != 0 }),
      let high = months.max(), let low = months.min()
    else { return nil }
    // 0 is always on the scale: a line that starts higher would exaggerate small changes.
    let floor = min(0, low)
    let height = max(high, 0) - floor
    let points = months.enumerated().map { index, revenue in
      let across = 120 * Double(index) / Double(months.count - 1)
      let down = 32 - 29 * (revenue - floor) / height
      return "\(Self.coordinate(across)) \(Self.coordinate(down))"
    }
    // Months end on the day of the calculation, not with the calendar's.
    let start = result.asOf.adding(months: -months.count)
    let line = "M" + points.joined(separator: " L")
    let period = MessageArgument.text(localizer.period(result.method.period))
    return ReportPage.Spark(
      label: text(
        "spark",
        [
          "from": .text(formats.date(start.adding(days: 1), .short)),
          "to": .text(formats.date(result.asOf, .short)), "low": .text(amount(low)),
          "high": .text(amount(high)),
        ]),
      line: line, area: line + " L120 32 L0 32 Z",
      trend: segment.revenueTrend.map { formats.change($0) },
      trendNote: segment.revenueTrend == nil
        ? text("trend.none") : text("trend.note", ["period": period]))
  }

  /// A whole amount in the run's currency, from a chart's number.
  func amount(_ value: Double) -> String {
    guard let units = Int128(exactly: (value * 10_000).rounded()) else { return wording.none }
    let money = Money(SQLDecimal(units: units, scale: 4), result.totals.revenue.currency)
    return formats.money(money, .rounded)
  }

  /// A coordinate to a tenth, as SVG reads it.
  private static func coordinate(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
  }

  func comparison(
    _ segments: [RunResult.SegmentReport], _ partition: RunResult.MethodReport.Partition
  ) -> ReportPage.Table {
    let columns = [
      partition == .five ? "segment" : "group", "customers", "customer_share", "revenue",
      "revenue_share", "basket", "orders", "days", "repeat", "retention", "returns", "trend",
      "intention",
    ]
    return ReportPage.Table(
      text("comparison"), columns: columns.map { text("column." + $0) },
      rows: segments.map { segment in
        (
          name(segment.id, partition), "tone-" + ReportTone.of(segment: segment.id),
          [
            wording.count(segment.customers), wording.percentage(segment.customerShare),
            wording.money(segment.revenue, .rounded), wording.percentage(segment.revenueShare),
            wording.money(segment.averageBasket, .exact),
            wording.number(segment.ordersPerCustomer, decimals: 2),
            wording.number(segment.medianDaysSinceLastPurchase, decimals: 0),
            wording.percentage(segment.repeatRate), wording.percentage(segment.retentionRate),
            wording.percentage(segment.returnRate), wording.change(segment.revenueTrend),
            localizer.text("intention.\(segment.intention.rawValue)"),
          ]
        )
      })
  }

  func otherSegments() -> ReportPage.Disclosure? {
    guard !result.otherSegments.isEmpty else { return nil }
    return ReportPage.Disclosure(
      summary: text("other.\(otherPartition.rawValue)"),
      table: comparison(result.otherSegments, otherPartition))
  }

  func segmentsFigure() -> ReportPage.ChartFigure? {
    guard let chart = segmentsChart() else { return nil }
    let rows = chart.names.indices.map { index in
      (
        chart.names[index],
        "tone-" + ReportTone.of(segment: result.segments[index].id) as String?,
        [
          wording.count(result.segments[index].customers), chart.series[0].labels[index],
          wording.money(result.segments[index].revenue, .exact), chart.series[1].labels[index],
        ]
      )
    }
    let columns = ["segment", "customers", "customer_share", "revenue", "revenue_share"]
    return ReportPage.ChartFigure(
      id: "segments", caption: text("chart.segments"), description: text("chart.segments"),
      choices: nil,
      table: ReportPage.Table(
        text("chart.segments"), columns: columns.map { text("column." + $0) }, rows: rows))
  }

  func segmentsChart() -> ReportCharts.Bars? {
    guard result.segments.contains(where: { $0.customers > 0 }) else { return nil }
    return ReportCharts.Bars(
      names: result.segments.map { name($0.id, partition) },
      series: [
        ReportCharts.Bars.Series(
          name: text("column.customer_share"), values: result.segments.map(\.customerShare),
          labels: result.segments.map { wording.percentage($0.customerShare) },
          details: result.segments.map {
            wording.percentage($0.customerShare) + " (" + wording.count($0.customers) + ")"
          }),
        ReportCharts.Bars.Series(
          name: text("column.revenue_share"), values: result.segments.map { $0.revenueShare ?? 0 },
          labels: result.segments.map { wording.percentage($0.revenueShare) },
          details: result.segments.map {
            wording.percentage($0.revenueShare) + " (" + wording.money($0.revenue, .rounded) + ")"
          }),
      ])
  }
}
