internal import CustomerSchema
internal import Features
internal import Presentation
internal import Scoring
internal import StatisticalModels

extension ReportBuilder {
  /// The sections of what models say; none without models.
  func modelSections() -> [ReportPage.FigureSection] {
    guard let models = result.models else { return [] }
    return [valueSection(models), groupsSection(models)]
  }

  // MARK: Value

  private func valueSection(_ models: RunResult.ModelsReport) -> ReportPage.FigureSection {
    guard let report = models.lifetime, let totals = report.totals else {
      return ReportPage.FigureSection(
        anchor: "value", title: text("value_title"), lead: text("value_lead.none"), chart: nil,
        tables: [], empty: refusal(models.lifetime?.refusal, models.failures))
    }
    return ReportPage.FigureSection(
      anchor: "value", title: text("value_title"), lead: valueLead(report, totals),
      chart: ReportPage.ChartFigure(
        id: "value", caption: text("value.bands"), description: text("value.bands"),
        choices: nil, table: bandTable(totals)),
      tables: [report.holdOut.map(checkTable)].compactMap { $0 }, empty: nil)
  }

  private func refusal(_ refusal: UserMessage?, _ failures: [UserMessage]) -> String {
    let messages = [refusal].compactMap { $0 } + (refusal == nil ? failures : [])
    let sentences = messages.flatMap { [localizer.text($0), localizer.fix($0)] }
    return sentences.compactMap { $0 }.joined(separator: " ")
  }

  private func valueLead(
    _ report: LifetimeReport, _ totals: LifetimeReport.TotalsReport
  ) -> String {
    var sentences = [
      text(
        "value_lead",
        [
          "value": .money(totals.value),
          "alive": .count(Int(totals.expectedAliveCustomers.rounded())),
          "customers": .count(report.data.customers),
          "purchases": .count(Int(totals.expectedPurchases.rounded())),
        ])
    ]
    if let lower = totals.valueLower, let upper = totals.valueUpper {
      sentences.append(
        text("value_lead.interval", ["lower": .money(lower), "upper": .money(upper)]))
    }
    sentences.append(
      text("value_lead.basis", ["model": .text(report.choice?.chosen.title ?? "")]))
    if let check = report.holdOut, let own = check.methods.first(where: { !$0.isBaseline }) {
      sentences.append(
        text(
          "value_lead.check",
          [
            "days": .count(check.days), "customers": .count(check.customers),
            "predicted": .count(Int(own.predictedTotal.rounded())),
            "actual": .count(check.actualPurchases),
          ]))
    }
    return (sentences + report.cautions.map { localizer.text($0) }).joined(separator: " ")
  }

  private func band(_ band: LifetimeReport.TotalsReport.Band) -> String {
    text(
      "value.band",
      [
        "from": .text(formats.percentage(band.from, decimals: 0)),
        "to": .text(formats.percentage(band.to, decimals: 0)),
      ])
  }

  private func bandTable(_ totals: LifetimeReport.TotalsReport) -> ReportPage.Table {
    ReportPage.Table(
      text("value.bands"),
      columns: [
        text("column.alive"), text("column.customers"), text("column.expected"),
        text("column.value"),
      ],
      rows: totals.bands.map { one in
        (
          band(one), nil,
          [
            wording.count(one.customers), wording.number(one.expectedPurchases, decimals: 0),
            wording.money(one.value, .rounded),
          ]
        )
      })
  }

  /// Predictions of the check against what happened, by purchases before it.
  private func checkTable(_ check: LifetimeReport.HoldOutReport) -> ReportPage.Table {
    let shown = check.methods.first { !$0.isBaseline } ?? check.methods.first
    return ReportPage.Table(
      text("value.check"),
      columns: [
        text("column.repeat_before"), text("column.customers"), text("column.predicted"),
        text("column.actual"),
      ],
      rows: (shown?.buckets ?? []).map { bucket in
        (
          "\(bucket.repeatPurchases)\(bucket.isOpenEnded ? "+" : "")", nil,
          [
            wording.count(bucket.customers), wording.number(bucket.predictedMean, decimals: 2),
            wording.number(bucket.actualMean, decimals: 2),
          ]
        )
      })
  }

  func valueChart() -> ReportCharts.Bars? {
    guard let totals = result.models?.lifetime?.totals else { return nil }
    let customers = Double(max(1, totals.bands.reduce(0) { $0 + $1.customers }))
    let value = max(totals.bands.reduce(0) { $0 + $1.value.double }, .leastNormalMagnitude)
    func series(
      _ key: String, _ shares: [Double], _ details: [String]
    ) -> ReportCharts.Bars.Series {
      ReportCharts.Bars.Series(
        name: text(key), values: shares, labels: shares.map { wording.share($0) },
        details: details)
    }
    return ReportCharts.Bars(
      names: totals.bands.map(band),
      series: [
        series(
          "value.share_of_customers", totals.bands.map { Double($0.customers) / customers },
          totals.bands.map { wording.count($0.customers) }),
        series(
          "value.share_of_value", totals.bands.map { $0.value.double / value },
          totals.bands.map { wording.money($0.value, .rounded) }),
      ])
  }

  // MARK: Found groups

  private static let groupTones = [
    "blue", "orange", "teal", "red", "gold", "slate", "sky", "mint", "sand", "azure",
  ]

  private func tone(ofGroup index: Int) -> String {
    Self.groupTones[index % Self.groupTones.count]
  }

  private func groupsSection(_ models: RunResult.ModelsReport) -> ReportPage.FigureSection {
    guard let report = models.groups, !report.groups.isEmpty else {
      return ReportPage.FigureSection(
        anchor: "groups", title: text("groups_title"), lead: text("groups_lead.none"), chart: nil,
        tables: [], empty: refusal(models.groups?.refusal, models.failures))
    }
    var lead = [text("groups_lead")]
    if let proposal = report.proposal { lead.append(localizer.text(proposal.reason)) }
    lead += report.cautions.map { localizer.text($0) }
    return ReportPage.FigureSection(
      anchor: "groups", title: text("groups_title"), lead: lead.joined(separator: " "),
      chart: ReportPage.ChartFigure(
        id: "groups", caption: mapCaption(report), description: text("groups.map.description"),
        choices: nil, table: criteriaTable(report)),
      tables: [groupTable(report), traitTable(report)], empty: nil)
  }

  private func mapCaption(_ report: GroupReport) -> String {
    let share = report.map?.shares.reduce(0, +) ?? 0
    return text(
      "groups.map",
      ["count": .count(report.map?.points.count ?? 0), "share": .share(share)])
  }

  private func groupName(_ index: Int, _ group: GroupReport.Group) -> String {
    "\(index + 1). \(GroupSummary.name(group, localizer))"
  }

  private func groupTable(_ report: GroupReport) -> ReportPage.Table {
    let measures = (report.groups.first?.centre ?? []).filter { $0.median != nil }.map(\.attribute)
    return ReportPage.Table(
      text("groups.table"),
      columns: [
        text("column.found_group"), text("column.customers"), text("column.customer_share"),
        text("column.revenue"), text("column.revenue_share"),
      ] + measures.map { localizer.text("attribute.\($0)") },
      rows: report.groups.enumerated().map { index, group in
        (
          groupName(index, group), "tone-" + tone(ofGroup: index),
          [
            wording.count(group.customers), wording.percentage(group.customerShare),
            wording.briefMoney(group.revenue), wording.percentage(group.revenueShare),
          ]
            + measures.map { measure in
              let value = group.centre.first { $0.attribute == measure }?.median
              return value.map { self.value($0, measure, report) } ?? wording.none
            }
        )
      })
  }

  /// A centre's value with its unit.
  private func value(_ value: Double, _ measure: String, _ report: GroupReport) -> String {
    guard GroupAttribute.known.first(where: { $0.name == measure })?.kind == .money,
      let currency = report.groups.first?.revenue.currency
    else { return GroupSummary.amount(value, measure, localizer) }
    return wording.money(.rounding(value, currency), .exact)
  }

  private func traitTable(_ report: GroupReport) -> ReportPage.Table {
    ReportPage.Table(
      text("groups.traits"),
      columns: [text("column.found_group"), text("column.apart"), text("column.typical")],
      textColumns: [1, 2],
      rows: report.groups.enumerated().map { index, group in
        let traits = group.traits.filter { $0.strength >= 0.2 }
          .map { GroupSummary.trait($0, localizer) }
        return (
          groupName(index, group), "tone-" + tone(ofGroup: index),
          [
            traits.isEmpty ? wording.none : traits.joined(separator: " · "),
            group.typicalCustomers.map(Localizer.printable).joined(separator: ", "),
          ]
        )
      })
  }

  /// What the criteria say of each number of groups; nil where the number was given.
  private func criteriaTable(_ report: GroupReport) -> ReportPage.Table? {
    guard !report.criteria.isEmpty else { return nil }
    let columns = ["silhouette", "calinski", "davies", "gap", "bic", "stability", "smallest"]
    return ReportPage.Table(
      text("groups.criteria"),
      columns: [text("column.groups")]
        + columns.map { localizer.text("model.column.\($0)") },
      rows: report.criteria.map { row in
        (
          "\(row.groups)" + (row.groups == report.groups.count ? " ←" : ""), nil,
          [
            wording.number(row.silhouette, decimals: 3),
            wording.number(row.calinskiHarabasz, decimals: 0),
            wording.number(row.daviesBouldin, decimals: 2), wording.number(row.gap, decimals: 3),
            wording.number(row.bic, decimals: 0), wording.number(row.stability, decimals: 2),
            wording.percentage(row.smallestShare),
          ]
        )
      })
  }

  func groupsChart() -> ReportCharts.Scatter? {
    guard let report = result.models?.groups, let map = report.map, !report.groups.isEmpty else {
      return nil
    }
    func axis(_ index: Int) -> String {
      guard index < map.axes.count else { return "" }
      return map.axes[index].filter { abs($0.value) >= 0.35 }.prefix(3).map { loading in
        let parts = loading.attribute.split(separator: "=", maxSplits: 1).map(String.init)
        let label = localizer.text("attribute.\(parts[0])")
        let shown = parts.count > 1 ? "\(label) \(Localizer.printable(parts[1]))" : label
        return shown + (loading.value > 0 ? " ↑" : " ↓")
      }.joined(separator: " · ")
    }
    return ReportCharts.Scatter(
      columnsTitle: axis(0), rowsTitle: axis(1),
      groups: report.groups.enumerated().map { index, group in
        ReportCharts.Scatter.Group(
          name: groupName(index, group), short: "\(index + 1)", tone: tone(ofGroup: index),
          details: [
            groupName(index, group),
            localizer.text("unit.customers", ["count": .count(group.customers)]),
            wording.money(group.revenue, .rounded),
          ],
          points: map.points.filter { $0.group == index }.map { [$0.x, $0.y] })
      })
  }
}
