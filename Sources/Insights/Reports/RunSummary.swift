internal import CustomerSchema
internal import Features
internal import Ingestion
internal import Scoring
package import Presentation

/// A run as a terminal shows it: what was understood, what matters, the segments, what was set
/// aside. The report begins with the same content.
package enum RunSummary {
  /// The whole text, ending with a line end; at most `style.width` columns but for long words.
  package static func text(
    _ result: RunResult, _ localizer: Localizer, style: TerminalStyle = .plain
  ) -> String {
    let writer = Writer(result: result, localizer: localizer, style: style)
    return writer.sections().map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  private struct Writer {
    let result: RunResult
    let localizer: Localizer
    let style: TerminalStyle

    func sections() -> [[String]] {
      [title(), files(), headlines(), segments(), value(), groups(), aside(), notices()].filter {
        !$0.isEmpty
      }
    }

    private func heading(_ key: String) -> String {
      style.apply(.bold, localizer.text(key))
    }

    private func title() -> [String] {
      let wording = RunWording(result, localizer)
      return [style.apply(.bold, localizer.text("summary.title", ["date": .date(result.asOf)]))]
        + paragraph(wording.totals, first: "", rest: "")
        + paragraph(wording.amountBasis, first: "", rest: "")
    }

    private func files() -> [String] {
      let wording = RunWording(result, localizer)
      var lines = [heading("summary.files")]
      for source in result.imported.sources {
        let head = "  " + Localizer.printable(source.file) + "  "
        let traits = wording.traits(source).joined(separator: " · ")
        lines += paragraph(traits, first: head, rest: "    ", firstStyle: .bold)
        lines += paragraph(wording.columns(source), first: "    ", rest: "    ")
      }
      return lines
    }

    private func headlines() -> [String] {
      guard !result.headlines.isEmpty else { return [] }
      return [heading("summary.headlines")]
        + result.headlines.flatMap { message in
          paragraph(localizer.text(message), first: "  • ", rest: "    ")
        }
    }

    private func segments() -> [String] {
      guard !result.segments.isEmpty else { return [] }
      let wording = RunWording(result, localizer)
      var title = heading("summary.segments")
      if let objective = result.objective {
        let name = MessageArgument.term("objective.\(objective.rawValue)")
        title += " – " + localizer.text("summary.objective", ["objective": name])
      }
      func column(_ key: String, rank: Int? = nil) -> TerminalTable.Column {
        TerminalTable.Column(localizer.text("column." + key), .trailing, rank: rank)
      }
      let table = TerminalTable(
        columns: [
          TerminalTable.Column(localizer.text("column.segment"), isFlexible: true),
          column("customers"), column("customer_share", rank: 1), column("revenue"),
          column("revenue_share"), column("basket", rank: 3), column("last_purchase", rank: 2),
          column("trend", rank: 4),
        ],
        rows: result.segments.map { segment in
          [
            wording.name(segment.id), wording.count(segment.customers),
            wording.percentage(segment.customerShare), wording.money(segment.revenue, .short),
            wording.percentage(segment.revenueShare),
            wording.money(segment.averageBasket, .rounded),
            wording.daysAgo(segment.medianDaysSinceLastPurchase),
            wording.change(segment.revenueTrend),
          ]
        })
      let known = result.segments.filter { $0.customers > 0 }
      var lines = [title] + table.lines(style, indent: 2) + (known.isEmpty ? [] : [""])
      if let empty = wording.emptySegments, !known.isEmpty {
        lines += paragraph(empty, first: "  ", rest: "  ") + [""]
      }
      for segment in known {
        let head = "  " + wording.name(segment.id) + "  "
        let intention = localizer.text("intention.\(segment.intention.rawValue)")
        let why = segment.objectiveReason ?? segment.reason
        lines += paragraph(
          intention + " – " + localizer.text(why), first: head, rest: "    ", firstStyle: .bold)
      }
      return lines
    }

    /// What customers will be worth, or why nobody can say.
    private func value() -> [String] {
      guard let models = result.models, let report = models.lifetime else { return [] }
      var lines = [heading("summary.value")]
      guard let totals = report.totals else {
        let reason = report.refusal.map { localizer.text($0) } ?? ""
        return lines + paragraph(reason, first: "  • ", rest: "    ")
      }
      lines += paragraph(
        localizer.text(
          "summary.value.total",
          [
            "value": .money(totals.value),
            "alive": .count(Int(totals.expectedAliveCustomers.rounded())),
            "customers": .count(report.data.customers),
          ]), first: "  • ", rest: "    ")
      for caution in report.cautions {
        lines += paragraph(localizer.text(caution), first: "  • ", rest: "    ")
      }
      return lines
    }

    /// The found groups, or why there are none.
    private func groups() -> [String] {
      guard let report = result.models?.groups else { return [] }
      let lines = [heading("summary.groups")]
      guard !report.groups.isEmpty else {
        let reason = report.refusal.map { localizer.text($0) } ?? ""
        return lines + paragraph(reason, first: "  • ", rest: "    ")
      }
      let wording = RunWording(result, localizer)
      let table = TerminalTable(
        columns: [
          TerminalTable.Column(localizer.text("model.column.group"), isFlexible: true),
          TerminalTable.Column(localizer.text("column.customers"), .trailing),
          TerminalTable.Column(localizer.text("column.customer_share"), .trailing, rank: 1),
          TerminalTable.Column(localizer.text("column.revenue"), .trailing),
          TerminalTable.Column(localizer.text("column.revenue_share"), .trailing, rank: 2),
        ],
        rows: report.groups.map { group in
          [
            GroupSummary.name(group, localizer), wording.count(group.customers),
            wording.percentage(group.customerShare), wording.money(group.revenue, .short),
            wording.percentage(group.revenueShare),
          ]
        })
      return lines + table.lines(style, indent: 2)
    }

    private func aside() -> [String] {
      let entries = RunWording(result, localizer).aside
      guard !entries.isEmpty else {
        return [heading("summary.aside"), "  " + localizer.text("aside.nothing")]
      }
      let width = entries.map { DisplayWidth.of($0.count) }.max() ?? 0
      return [heading("summary.aside")]
        + entries.flatMap { entry in
          let padding = String(repeating: " ", count: width - DisplayWidth.of(entry.count))
          let indent = String(repeating: " ", count: entry.isDetail ? 4 : 2)
          return paragraph(
            entry.text, first: indent + padding + entry.count + "  ",
            rest: indent + String(repeating: " ", count: width + 2))
        }
    }

    private func notices() -> [String] {
      let messages = result.notes + result.imported.notices
      guard !messages.isEmpty else { return [] }
      return [heading("summary.notices")]
        + messages.flatMap { message in
          let sentence = [localizer.text(message), localizer.fix(message)]
          return paragraph(
            sentence.compactMap { $0 }.joined(separator: " "), first: "  • ", rest: "    ")
        }
    }

    private func paragraph(
      _ text: String, first: String, rest: String, firstStyle: TerminalStyle.Emphasis? = nil
    ) -> [String] {
      guard !text.isEmpty else { return [] }
      // The hanging first part may be longer than the indent: wrap as if it were part of the text.
      let marker = String(repeating: "\u{A0}", count: DisplayWidth.of(first))
      let wrapped = DisplayWidth.wrap(
        marker + text, width: style.width)
      guard let head = wrapped.first else { return [] }
      let body = String(head.dropFirst(marker.count))
      let shown = firstStyle.map { style.apply($0, first) } ?? first
      let tail = wrapped.dropFirst().joined(separator: " ")
      let indented = DisplayWidth.wrap(tail, width: style.width - DisplayWidth.of(rest))
      return [shown + body] + indented.map { rest + $0 }
    }
  }
}
