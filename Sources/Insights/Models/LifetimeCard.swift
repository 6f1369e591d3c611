internal import CustomerSchema
package import Presentation
package import Scoring
internal import StatisticalModels

extension LifetimeSummary {
  /// The model card as a page of Markdown: data, options, quality, limits, and who should not use it.
  package static func card(_ report: LifetimeReport, _ localizer: Localizer) -> String {
    func text(_ key: String, _ arguments: [String: MessageArgument] = [:]) -> String {
      localizer.text("model.card." + key, arguments)
    }
    let model = report.choice?.chosen.title ?? localizer.text("value.none")
    var lines = ["# " + text("clv.title", ["model": .text(model)]), ""]
    lines.append(
      text(
        "made", ["version": .text(report.quartierVersion), "date": .date(report.asOf)]))
    lines += ["", "## " + text("data"), ""]
    lines.append(
      text(
        "clv.data",
        [
          "customers": .count(report.data.customers), "repeat": .count(report.data.repeatCustomers),
          "from": .date(report.firstPurchase), "to": .date(report.asOf),
        ]))
    lines += ["", "## " + text("options"), ""]
    lines.append(
      text(
        "clv.options",
        [
          "horizon": .text(localizer.period(report.settings.horizon)),
          "unit": .term("model.unit.\(report.settings.unit.rawValue)"),
          "discount": .share(report.settings.discountPerYear),
          "margin": .share(report.settings.margin),
        ]))
    if let choice = report.choice { lines += ["", localizer.text(choice.reason)] }
    lines += ["", "## " + text("quality"), ""]
    for fit in [report.fit, report.spend].compactMap({ $0 }) {
      let parameters = fit.parameters.map {
        "\($0.name) = \(localizer.formats.number($0.estimate, decimals: 4)) "
          + "(± \(localizer.formats.number($0.standardError, decimals: 4)))"
      }
      lines.append(
        "- " + localizer.text("model.method.\(fit.model)") + " : "
          + parameters.joined(separator: " ; ")
          + " ; LL \(localizer.formats.number(fit.logLikelihood, decimals: 3))"
          + " ; AIC \(localizer.formats.number(fit.aic, decimals: 1))"
          + " ; BIC \(localizer.formats.number(fit.bic, decimals: 1))")
    }
    if let test = report.covariateTest { lines.append("- " + covariates(test, localizer)) }
    if let check = report.holdOut {
      lines += [
        "",
        localizer.text(
          "model.clv.hold_out",
          [
            "from": .date(check.calibrationEnd), "to": .date(check.end),
            "days": .count(check.days),
          ]),
        "",
      ]
      for method in check.methods {
        lines.append(
          "- "
            + text(
              "clv.method",
              [
                "model": .term("model.method.\(method.method)"),
                "predicted": .count(Int(method.predictedTotal.rounded())),
                "actual": .count(check.actualPurchases),
                "rmse": .number(method.rootMeanSquareError, decimals: 3),
              ]))
      }
    } else {
      lines += ["", text("clv.unchecked")]
    }
    lines += ["", "## " + text("limits"), ""]
    for caution in report.cautions + [report.refusal].compactMap({ $0 }) {
      lines.append("- " + localizer.text(caution))
    }
    lines += ["- " + text("clv.limits"), "", "## " + text("not_for"), "", text("clv.not_for"), ""]
    return lines.joined(separator: "\n")
  }
}
