internal import CustomerSchema
internal import Features
internal import Ingestion
internal import Presentation
internal import SQLBuilder

/// Makes the report's view models out of a run.
struct ReportBuilder {
  let result: RunResult
  let localizer: Localizer
  let wording: RunWording

  init(_ result: RunResult, _ localizer: Localizer) {
    self.result = result
    self.localizer = localizer
    wording = RunWording(result, localizer)
  }

  var formats: Formats { localizer.formats }
  var partition: RunResult.MethodReport.Partition { result.method.partition }
  var otherPartition: RunResult.MethodReport.Partition { partition == .five ? .eleven : .five }

  /// A text of the report.
  func text(_ key: String, _ arguments: [String: MessageArgument] = [:]) -> String {
    localizer.text("report." + key, arguments)
  }

  func page(
    policy: String, style: String, library: String, script: String, data: String
  ) -> ReportPage {
    let sections =
      [
        gridSection(), concentrationSection(), lifecycleSection(), cohortsSection(),
        migrationSection(),
      ] + [engagementSection()].compactMap { $0 } + modelSections()
    let aside = asideTable()
    return ReportPage(
      language: localizer.language.rawValue, version: result.quartierVersion, policy: policy,
      style: style, library: library, script: script, data: data,
      text: localizer.labels(under: "report."), contents: contents(sections),
      title: text("title", ["date": .date(result.asOf)]), scope: wording.totals,
      basis: runs(wording.amountBasis + " " + wording.amountParts), headlines: headlines { !$0 },
      caveats: caveats(),
      keyFigures: keyFigures(), segmentsLead: segmentsLead(),
      cards: result.segments.filter { $0.customers > 0 }.map(card),
      emptySegments: wording.emptySegments,
      chartSegments: segmentsFigure(), comparison: comparison(result.segments, partition),
      otherSegments: otherSegments(), sections: sections, aside: aside,
      nothingAside: aside == nil ? localizer.text("aside.nothing") : nil, notices: notices(),
      sourcesLead: runs(text("sources_lead")),
      sources: result.imported.sources.map(source), definitions: definitions(),
      scoreTables: scoreTables(),
      colophon: text("colophon", ["version": .text(result.quartierVersion)])
    )
  }

  /// A sentence with its options, such as `--amounts ht`, told apart.
  func runs(_ sentence: String) -> [ReportPage.Run] {
    var runs: [ReportPage.Run] = []
    var rest = sentence[...]
    while let match = rest.firstMatch(of: /--[a-z][a-z-]*( (ht|ttc))?/) {
      runs.append(ReportPage.Run(plain: String(rest[..<match.range.lowerBound]), option: nil))
      runs.append(ReportPage.Run(plain: nil, option: String(match.output.0)))
      rest = rest[match.range.upperBound...]
    }
    runs.append(ReportPage.Run(plain: String(rest), option: nil))
    return runs
  }

  func charts() -> ReportCharts {
    ReportCharts(
      percent: formats.percentage(0, decimals: 0).replacing("0", with: "#"),
      segments: segmentsChart(), grid: gridChart(), concentration: concentrationChart(),
      lifecycle: lifecycleChart(), cohorts: cohortsChart(), migration: migrationChart(),
      value: valueChart(), groups: groupsChart())
  }

  private func contents(_ sections: [ReportPage.FigureSection]) -> [ReportPage.Link] {
    (["segments"] + sections.map(\.anchor) + ["aside", "sources", "method"]).map {
      ReportPage.Link(anchor: $0, label: text("nav." + $0))
    }
  }

  /// The sentences that limit the figures rather than tell what they say.
  private static let caveatCodes: Set<String> = [
    "headline.few_customers", "headline.quarantine", "headline.guests", "headline.future",
  ]

  private func caveats() -> ReportPage.Caveats? {
    let sentences = headlines { $0 }
    return sentences.isEmpty ? nil : ReportPage.Caveats(sentences: sentences)
  }

  private func headlines(_ isShown: (_ isCaveat: Bool) -> Bool) -> [ReportPage.Headline] {
    let shown = result.headlines.filter { isShown(Self.caveatCodes.contains($0.code)) }
    return shown.map { message in
      ReportPage.Headline(sentence: localizer.text(message), anchor: Self.anchor(message.code))
    }
  }

  /// The section that explains a headline.
  private static func anchor(_ code: String) -> String? {
    let anchors = [
      "headline.concentration": "concentration", "headline.best": "segments",
      "headline.leaving": "segments", "headline.left_best": "migration",
      "headline.trend": "segments", "headline.retention": "cohorts", "headline.new": "segments",
      "headline.repeat": "cohorts", "headline.one_time": "cohorts", "headline.returns": "aside",
      "headline.quarantine": "aside", "headline.guests": "aside", "headline.future": "aside",
    ]
    return anchors.first { code == $0.key || code.hasPrefix($0.key + ".") }?.value
  }

  private func keyFigures() -> [ReportPage.KeyFigure] {
    let totals = result.totals
    func figure(_ key: String, _ value: String, _ note: String? = nil) -> ReportPage.KeyFigure {
      ReportPage.KeyFigure(label: text("figure." + key), value: value, note: note)
    }
    let known = text("figure.customers.note", ["count": .count(totals.customers)])
    let hasReturns = totals.returnedAmount.amount.units != 0
    let returned = text("figure.revenue.note", ["returned": .money(totals.returnedAmount)])
    let guests = text("figure.orders.note", ["count": .count(totals.guestOrders)])
    let period = text(
      "figure.retention.note", ["period": .text(localizer.period(result.method.period))])
    var figures = [
      figure(
        "customers", wording.count(totals.purchasers),
        totals.customers > totals.purchasers ? known : nil),
      figure("revenue", wording.briefMoney(totals.revenue), hasReturns ? returned : nil),
      figure("orders", wording.count(totals.orders), totals.guestOrders > 0 ? guests : nil),
    ]
    if let average = totals.averageBasket { figures.append(figure("basket", basket(average))) }
    if let rate = totals.repeatRate {
      figures.append(figure("repeat", formats.share(rate), text("figure.repeat.note")))
    }
    if let rate = totals.retentionRate {
      figures.append(figure("retention", formats.share(rate), period))
    }
    return figures
  }
}
