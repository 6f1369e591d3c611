internal import CustomerSchema
internal import Features
internal import Presentation

extension ReportBuilder {
  /// Who interacts, by level of the score, and what they buy; nil without files of events.
  func engagementSection() -> ReportPage.FigureSection? {
    guard let engagement = result.engagement else { return nil }
    let columns = ["engagement", "customers", "purchasers", "revenue"]
    let table = ReportPage.Table(
      text("engagement"), columns: columns.map { text("column." + $0) },
      rows: engagement.levels.map { level in
        (
          wording.count(level.score), nil,
          [
            wording.count(level.customers), wording.count(level.purchasers),
            wording.money(level.revenue, .rounded),
          ]
        )
      })
    let arguments: [String: MessageArgument] = [
      "count": .count(engagement.customers), "interactions": .count(engagement.interactions),
      "purchasers": .count(engagement.purchasers),
    ]
    return ReportPage.FigureSection(
      anchor: "engagement", title: text("engagement_title"),
      lead: text("engagement_lead", arguments), chart: nil,
      tables: engagement.levels.isEmpty ? [] : [table], empty: nil)
  }

  /// How interactions are scored, and the limits that were applied.
  func engagementDefinition() -> ReportPage.Definition? {
    guard let engagement = result.engagement else { return nil }
    let cuts = engagement.thresholds
    func list(_ values: [Double]) -> MessageArgument {
      .text(values.map { formats.number($0, atMost: 2) }.joined(separator: " · "))
    }
    let limits = text(
      "def.engagement.limits",
      [
        "days": list(cuts.daysSinceLastPurchase), "interactions": list(cuts.orders),
        "active": list(cuts.monetary),
      ])
    return ReportPage.Definition(
      term: text("def.engagement"),
      explanations: [text("def.engagement.1"), limits].map {
        ReportPage.Sentence(runs: runs($0))
      })
  }
}
