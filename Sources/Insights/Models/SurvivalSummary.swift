internal import CustomerSchema
package import Presentation
package import Scoring
internal import StatisticalModels

/// How long subscriptions last, as a terminal shows it.
package enum SurvivalSummary {
  package static func text(
    _ report: SurvivalReport, _ localizer: Localizer, style: TerminalStyle = .plain
  ) -> String {
    var out = ModelText(localizer, style)
    out.title(out.text("model.survival.title"))
    out.paragraph(data(report, localizer))
    if let seen = seen(report, localizer) { out.paragraph(seen) }
    if let median = report.median?.estimate {
      out.bullet(
        out.text("model.survival.median", ["time": .number(median, decimals: 1)]))
    } else {
      out.bullet(out.text("model.survival.no_median"))
    }
    if let mean = report.restrictedMean { out.bullet(restricted(mean, localizer)) }
    if let value = report.value {
      out.bullet(
        out.text(
          "model.survival.value",
          [
            "value": .number(value.value, decimals: 2), "periods": .count(value.coveredPeriods),
            "amount": .number(value.meanAmount, decimals: 2),
            "discount": .share(value.discountPerPeriod),
          ]))
    }
    if let outlook = report.outlook, outlook.running > 0 {
      var text = out.text(
        "model.survival.outlook",
        [
          "running": .count(outlook.running), "covered": .count(outlook.covered),
          "periods": .count(outlook.periods),
          "remaining": .text(out.number(outlook.expectedRemaining, 1)),
        ])
      if let value = outlook.value {
        text +=
          " "
          + out.text("model.survival.outlook.value", ["value": .number(value, decimals: 2)])
      }
      out.bullet(text)
    }
    out.title(out.text("model.survival.curve"))
    out.table(
      [
        out.column("model.column.time"), out.column("model.column.survival"),
        out.column("model.column.interval"), out.column("model.column.at_risk"),
      ],
      report.curve.map { point in
        [
          out.number(point.time, 1), out.share(point.survival),
          "\(out.share(point.lower)) – \(out.share(point.upper))", out.count(point.atRisk),
        ]
      })
    groups(report, to: &out)
    cox(report, to: &out)
    return out.joined
  }

  private static func data(_ report: SurvivalReport, _ localizer: Localizer) -> String {
    localizer.text(
      "model.survival.data",
      [
        "count": .count(report.subscriptions), "ended": .count(report.ended),
        "left_out": .count(report.leftOut),
      ])
  }

  /// Until when subscriptions were seen, where dates say it.
  private static func seen(_ report: SurvivalReport, _ localizer: Localizer) -> String? {
    guard let date = report.asOf, let unit = report.unit else { return nil }
    return localizer.text(
      "model.survival.as_of",
      ["date": .date(date), "unit": .term("model.unit.\(unit.rawValue)")])
  }

  private static func restricted(
    _ mean: SurvivalReport.Restricted, _ localizer: Localizer
  ) -> String {
    localizer.text(
      "model.survival.mean",
      [
        "limit": .number(mean.limit, decimals: 1), "mean": .number(mean.estimate, decimals: 2),
        "lower": .number(mean.lower, decimals: 2), "upper": .number(mean.upper, decimals: 2),
      ])
  }

  private static func groups(_ report: SurvivalReport, to out: inout ModelText) {
    guard let column = report.groupColumn else { return }
    out.title(out.text("model.survival.groups", ["column": .text(column)]))
    out.table(
      [
        out.column("model.column.group", leading: true), out.column("model.column.subscriptions"),
        out.column("model.column.ended"), out.column("model.column.median"),
        out.column("model.column.mean"),
      ],
      report.groups.map { group in
        [
          group.name, out.count(group.subscriptions), out.count(group.ended),
          out.number(group.median, 1), out.number(group.restrictedMean?.estimate, 2),
        ]
      })
    if let test = report.logRank {
      out.paragraph(
        out.text(
          "model.survival.log_rank",
          [
            "statistic": .number(test.statistic, decimals: 2),
            "degrees": .count(test.degreesOfFreedom), "p": .text(p(test.pValue, out)),
          ]), indent: 2)
    }
  }

  private static func p(_ value: Double, _ out: ModelText) -> String {
    value < 0.0001 ? "< \(out.number(0.0001, 4))" : out.number(value, 4)
  }

  private static func cox(_ report: SurvivalReport, to out: inout ModelText) {
    guard let cox = report.cox else { return }
    out.title(out.text("model.survival.cox"))
    out.table(
      [
        out.column("model.column.covariate", leading: true), out.column("model.column.estimate"),
        out.column("model.column.error"), out.column("model.column.hazard"),
        out.column("model.column.interval", rank: 1), out.column("model.column.p"),
      ],
      cox.coefficients.map { one in
        [
          one.name, out.number(one.coefficient, 6), out.number(one.standardError, 6),
          out.number(one.hazardRatio, 3),
          "\(out.number(one.lower, 3)) – \(out.number(one.upper, 3))", p(one.pValue, out),
        ]
      })
    out.paragraph(
      out.text(
        "model.survival.concordance",
        [
          "value": .number(cox.concordance, decimals: 3),
          "likelihood": .number(cox.logLikelihood, decimals: 2), "count": .count(cox.rows),
        ]), indent: 2)
  }

  /// The model card as a page of Markdown.
  package static func card(_ report: SurvivalReport, _ localizer: Localizer) -> String {
    ModelCard.page(
      title: localizer.text("model.card.survival.title"), version: report.quartierVersion,
      date: nil, data: [data(report, localizer), seen(report, localizer)].compactMap { $0 },
      options: [localizer.text("model.card.survival.options")],
      quality: [report.restrictedMean.map { restricted($0, localizer) }].compactMap { $0 },
      limits: [localizer.text("model.card.survival.limits")],
      notFor: localizer.text("model.card.survival.not_for"), localizer)
  }
}
