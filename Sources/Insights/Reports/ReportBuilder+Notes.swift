internal import CustomerSchema
internal import Features
internal import Ingestion
internal import Presentation

extension ReportBuilder {
  func asideTable() -> ReportPage.Table? {
    let entries = wording.aside
    guard !entries.isEmpty else { return nil }
    return ReportPage.Table(
      text("aside"), columns: [text("column.what"), text("column.number")],
      rows: entries.map { ($0.text, nil, [$0.count]) },
      details: Set(entries.indices.filter { entries[$0].isDetail }))
  }

  func notices() -> [ReportPage.Sentence] {
    (result.notes + result.imported.notices).map { message in
      let parts = [localizer.location(message), localizer.text(message), localizer.fix(message)]
      return ReportPage.Sentence(runs: runs(parts.compactMap { $0 }.joined(separator: " ")))
    }
  }

  func source(_ source: SourceReport) -> ReportPage.Source {
    let used = source.columns.filter { $0.role != nil }
    let unused = source.columns.filter { $0.role == nil }
    let file = Localizer.printable(source.file)
    let columns = ["column", "role", "form", "evidence"]
    let table = ReportPage.Table(
      text("sources.columns", ["file": .text(file)]), columns: columns.map { text("column." + $0) },
      textColumns: [1, 2, 3],
      rows: used.map { column in
        (
          Localizer.printable(column.name), nil,
          [
            column.role.map(wording.role) ?? wording.none,
            column.form.map(Localizer.printable) ?? wording.none,
            column.evidence.map { localizer.text($0) } ?? wording.none,
          ]
        )
      })
    // Three hundred names would drown the rest.
    let shown = unused.prefix(20).map { Localizer.printable($0.name) }
    let names = shown.joined(separator: ", ") + (unused.count > shown.count ? "…" : "")
    return ReportPage.Source(
      file: file, traits: wording.traits(source).joined(separator: " · "),
      table: used.isEmpty ? nil : table,
      unused: unused.isEmpty
        ? nil
        : text("sources.unused", ["count": .count(unused.count), "columns": .text(names)]))
  }

  /// The cut points and the rules of both partitions.
  func scoreTables() -> [ReportPage.Table] {
    [
      thresholds(), rules(partition), rules(otherPartition),
    ].compactMap { $0 }
  }

  /// Which scores make which segment; nil when the run does not say.
  private func rules(_ partition: RunResult.MethodReport.Partition) -> ReportPage.Table? {
    let rules = partition == .five ? result.method.segmentRules : result.method.groupRules
    guard let rules, !rules.isEmpty else { return nil }
    func range(_ scores: [Int]?) -> String {
      guard let scores, let low = scores.first, let high = scores.last else {
        return text("rules.any")
      }
      return low == high
        ? wording.count(low) : text("rules.range", ["from": .count(low), "to": .count(high)])
    }
    let columns = [
      partition == .five ? "segment" : "group", "recency", "frequency", "monetary", "fm",
    ]
    return ReportPage.Table(
      text("rules.\(partition.rawValue)"), columns: columns.map { text("column." + $0) },
      rows: rules.map { rule in
        (
          name(rule.id, partition), "tone-" + ReportTone.of(segment: rule.id),
          [rule.r, rule.f, rule.m, rule.fm].map(range)
        )
      })
  }

  /// The cut points of each measure; nil when there are none.
  private func thresholds() -> ReportPage.Table? {
    let method = result.method
    let cuts = method.thresholds
    let count = [cuts.daysSinceLastPurchase, cuts.orders, cuts.monetary].map(\.count).max() ?? 0
    guard count > 0 else { return nil }
    func row(
      _ key: String, _ values: [Double], _ shown: (Double) -> String
    ) -> (header: String, tone: String?, cells: [String]) {
      (
        text("method.measure." + key), nil,
        (0..<count).map { $0 < values.count ? shown(values[$0]) : "" }
      )
    }
    let number = { (value: Double) in formats.number(value, atMost: 2) }
    return ReportPage.Table(
      text("method.thresholds"),
      columns: [text("column.measure")]
        + (1...count).map { text("method.thresholds.cut", ["count": .count($0)]) },
      rows: [
        row("days", cuts.daysSinceLastPurchase, number), row("orders", cuts.orders, number),
        row(method.monetary.rawValue, cuts.monetary) { formats.number($0, decimals: 2) },
      ])
  }

  func definitions() -> [ReportPage.Definition] {
    let method = result.method
    func definition(
      _ key: String, _ sentences: [String], _ arguments: [String: MessageArgument] = [:]
    )
      -> ReportPage.Definition
    {
      self.definition(
        text("def." + key, arguments), sentences.map { text("def.\(key).\($0)", arguments) })
    }
    let classes = ["classes": MessageArgument.count(method.classes)]
    let zero = method.zeroOrdersArePurchases ? "zero_included" : "zero_excluded"
    return [
      definition(
        "as_of", [result.asOfRule.rawValue],
        ["date": .date(result.asOf), "zone": .text(result.timeZone)]),
      amountsDefinition(), definition("purchase", ["1", "2", zero, "guests"]),
      definition("rfm", ["recency", "frequency", method.monetary.rawValue]),
      definition(
        "scores",
        [method.scoring.rawValue, "ties", "weights", "joint"]
          + (method.classes == 5 ? [] : ["scale"]),
        classes.merging([
          "recency": .number(method.weights.recency, decimals: 2),
          "frequency": .number(method.weights.frequency, decimals: 2),
          "monetary": .number(method.weights.monetary, decimals: 2),
        ]) { first, _ in first }), definition("segments", ["1", "2"]),
      definition(
        "indicators", ["basket", "repeat", "retention", "returns", "trend", "median"]),
      periodDefinition(), concentrationDefinition(),
      definition("cohorts", ["1"]), definition("migration", ["1"]),
      engagementDefinition(),
    ].compactMap { $0 }
  }

  private func definition(_ term: String, _ sentences: [String]) -> ReportPage.Definition {
    ReportPage.Definition(
      term: term, explanations: sentences.map { ReportPage.Sentence(runs: runs($0)) })
  }

  private func amountsDefinition() -> ReportPage.Definition {
    let currency = result.totals.revenue.currency
    let named = text("def.amounts.currency", ["currency": .text(currency.rawValue)])
    return definition(
      text("def.amounts"),
      [
        wording.amountBasis, wording.amountParts,
        currency == .none ? text("def.amounts.no_currency") : named,
      ])
  }

  private func periodDefinition() -> ReportPage.Definition? {
    guard let period = CalendarPeriod(result.method.period) else { return nil }
    let start = period.before(result.asOf)
    let sentence = text(
      "def.period.1",
      [
        "period": .text(localizer.period(result.method.period)),
        "from": .date(start.adding(days: 1)), "to": .date(result.asOf),
        "previous": .date(period.before(result.asOf, periods: 2).adding(days: 1)),
        "until": .date(start),
      ])
    return definition(text("def.period"), [sentence])
  }

  private func concentrationDefinition() -> ReportPage.Definition {
    var sentences = [text("def.concentration.1")]
    if let gini = result.concentration.gini, gini.isFinite {
      sentences.append(
        text("def.concentration.gini", ["gini": .number(gini, decimals: 3)]))
    }
    return definition(text("def.concentration"), sentences)
  }
}
