internal import CustomerSchema
package import Presentation
package import Scoring
internal import StatisticalModels

/// What a survey says, as a terminal shows it.
package enum TribeSummary {
  package static func text(
    _ report: TribeReport, _ localizer: Localizer, style: TerminalStyle = .plain
  ) -> String {
    var out = ModelText(localizer, style)
    out.title(out.text("model.tribes.title"))
    out.paragraph(data(report, localizer))
    tribes(report, to: &out)
    satisfaction(report, to: &out)
    if let reliability = report.reliability {
      out.title(out.text("model.tribes.scale"))
      out.bullet(alpha(reliability, localizer))
    }
    for (index, factor) in report.factors.enumerated() {
      let items = factor.loadings.filter { abs($0.value) >= 0.4 }.prefix(6).map {
        "\(Localizer.printable($0.item)) (\(out.number($0.value, 2)))"
      }
      out.bullet(
        out.text(
          "model.tribes.factor",
          [
            "number": .count(index + 1), "share": .share(factor.explained),
            "items": .text(items.joined(separator: " · ")),
          ]))
    }
    out.title(out.text("model.tribes.items"))
    out.table(
      [
        out.column("model.column.item", leading: true), out.column("model.column.kind"),
        out.column("model.column.answers"), out.column("model.column.missing"),
        out.column("model.column.mean"),
      ],
      report.items.map { item in
        [
          item.name, out.text("model.tribes.kind.\(item.kind.rawValue)"),
          out.count(item.answers), out.count(item.missing), out.number(item.mean, 2),
        ]
      })
    if !report.cautions.isEmpty {
      out.title(out.text("model.clv.cautions"))
      for caution in report.cautions { out.bullet(caution) }
    }
    return out.joined
  }

  private static func data(_ report: TribeReport, _ localizer: Localizer) -> String {
    localizer.text(
      "model.tribes.data",
      [
        "count": .count(report.respondents),
        "items": .count(report.items.count { $0.kind != .out }),
      ])
  }

  private static func alpha(_ alpha: CronbachAlpha, _ localizer: Localizer) -> String {
    localizer.text(
      "model.tribes.alpha",
      [
        "alpha": .number(alpha.alpha, decimals: 3), "lower": .number(alpha.lower, decimals: 3),
        "upper": .number(alpha.upper, decimals: 3), "count": .count(alpha.respondents),
      ])
  }

  private static func tribes(_ report: TribeReport, to out: inout ModelText) {
    guard report.tribes.count > 1 else { return }
    out.title(out.text("model.tribes.found", ["count": .count(report.tribes.count)]))
    for tribe in report.tribes {
      let answers = tribe.answers.filter { $0.probability > $0.overall }.map { answer in
        out.text(
          "model.tribes.answer",
          [
            "item": .text(answer.item), "answer": .text(answer.answer),
            "share": .share(answer.probability), "overall": .share(answer.overall),
          ])
      }
      out.bullet(
        "\(tribe.id) – \(out.share(tribe.share)) (\(out.count(tribe.respondents)))")
      for answer in answers { out.paragraph(answer, indent: 6) }
    }
    guard !report.criteria.isEmpty else { return }
    out.blank()
    out.table(
      [
        out.column("model.column.classes"), out.column("model.column.likelihood"),
        out.column("model.column.bic"),
      ],
      report.criteria.map { row in
        [
          "\(row.classes)\(row.classes == report.tribes.count ? " ←" : "  ")",
          out.number(row.logLikelihood, 3), out.number(row.bic, 3),
        ]
      })
  }

  private static func satisfaction(_ report: TribeReport, to out: inout ModelText) {
    guard !report.satisfaction.isEmpty else { return }
    out.title(out.text("model.tribes.satisfaction"))
    func shown(_ value: Double, _ kind: TribeReport.Item.Kind) -> String {
      kind == .csat ? out.share(value) : out.number(value, kind == .nps ? 1 : 2)
    }
    out.table(
      [
        out.column("model.column.item", leading: true), out.column("model.column.kind"),
        out.column("model.column.value"), out.column("model.column.interval"),
        out.column("model.column.answers"),
      ],
      report.satisfaction.flatMap { measure in
        [
          [
            measure.item, out.text("model.tribes.kind.\(measure.measure.rawValue)"),
            shown(measure.value, measure.measure),
            "\(shown(measure.lower, measure.measure)) – \(shown(measure.upper, measure.measure))",
            out.count(measure.answers),
          ]
        ]
          + measure.byTribe.map { part in
            [
              "  \(part.tribe)", "", shown(part.value, measure.measure),
              "\(shown(part.lower, measure.measure)) – \(shown(part.upper, measure.measure))",
              out.count(part.answers),
            ]
          }
          + (measure.byGroup ?? []).map { part in
            [
              "  \(Localizer.printable(part.group))", "", shown(part.value, measure.measure),
              "\(shown(part.lower, measure.measure)) – \(shown(part.upper, measure.measure))",
              out.count(part.answers),
            ]
          }
      })
  }

  /// The model card as a page of Markdown.
  package static func card(_ report: TribeReport, _ localizer: Localizer) -> String {
    ModelCard.page(
      title: localizer.text("model.card.tribes.title"), version: report.quartierVersion,
      date: nil, data: [data(report, localizer)],
      options: [localizer.text("model.card.tribes.options", ["seed": .count(report.seed)])],
      quality: [report.reliability.map { alpha($0, localizer) }].compactMap { $0 }
        + [
          report.entropyRSquared.map {
            localizer.text("model.card.tribes.entropy", ["value": .number($0, decimals: 2)])
          }
        ].compactMap { $0 },
      limits: report.cautions.map { localizer.text($0) }
        + [localizer.text("model.card.tribes.limits")],
      notFor: localizer.text("model.card.tribes.not_for"), localizer)
  }
}
