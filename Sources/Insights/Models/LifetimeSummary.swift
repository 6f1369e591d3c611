package import CustomerSchema
package import Presentation
package import Scoring
internal import StatisticalModels

/// A lifetime model as a terminal shows it.
package enum LifetimeSummary {
  /// One customer in the list of the best.
  package struct Customer: Sendable, Encodable {
    package let id: String
    package let purchases: Int
    package let daysSinceLastPurchase: Int
    package let aliveProbability: Double
    package let expectedPurchases: Double
    package let value: Money
    package let lower: Money?
    package let upper: Money?

    package init(
      id: String, purchases: Int, daysSinceLastPurchase: Int, aliveProbability: Double,
      expectedPurchases: Double, value: Money, lower: Money?, upper: Money?
    ) {
      self.id = id
      self.purchases = purchases
      self.daysSinceLastPurchase = daysSinceLastPurchase
      self.aliveProbability = aliveProbability
      self.expectedPurchases = expectedPurchases
      self.value = value
      self.lower = lower
      self.upper = upper
    }
  }

  package static func text(
    _ report: LifetimeReport, best: [Customer], _ localizer: Localizer,
    style: TerminalStyle = .plain
  ) -> String {
    var out = ModelText(localizer, style)
    out.title(out.text("model.clv.title", ["date": .date(report.asOf)]))
    out.paragraph(
      out.text(
        "model.clv.data",
        [
          "customers": .text(
            localizer.text("unit.purchasers", ["count": .count(report.data.customers)])),
          "repeat": .count(report.data.repeatCustomers),
          "purchases": .count(report.data.repeatPurchases), "from": .date(report.firstPurchase),
        ]))
    if let refusal = report.refusal {
      writeRefusal(refusal, report, to: &out)
      return out.joined
    }
    if let totals = report.totals { writeTotals(totals, report, best, to: &out) }
    writeFit(report, to: &out)
    if let holdOut = report.holdOut { writeHoldOut(holdOut, to: &out) }
    if !report.cautions.isEmpty {
      out.title(out.text("model.clv.cautions"))
      for caution in report.cautions { out.bullet(caution) }
    }
    return out.joined
  }

  private static func writeRefusal(
    _ refusal: UserMessage, _ report: LifetimeReport, to out: inout ModelText
  ) {
    out.blank()
    out.bullet(refusal)
    guard let alternative = report.alternative else { return }
    out.title(out.text("model.clv.alternative"))
    out.bullet(
      out.text("model.clv.alternative.repeat", ["share": .share(alternative.repeatShare)]))
    if let rate = alternative.purchasesPerMonth {
      out.bullet(
        out.text("model.clv.alternative.rate", ["rate": .number(rate, decimals: 3)]))
    }
    out.bullet(
      out.text("model.clv.alternative.spend", ["amount": .money(alternative.spendPerPurchase)]))
  }

  private static func writeTotals(
    _ totals: LifetimeReport.TotalsReport, _ report: LifetimeReport, _ best: [Customer],
    to out: inout ModelText
  ) {
    let localizer = out.localizer
    out.title(
      out.text(
        "model.clv.totals", ["horizon": .text(localizer.period(report.settings.horizon))]))
    var value = out.text("model.clv.value", ["value": .money(totals.value)])
    if let lower = totals.valueLower, let upper = totals.valueUpper {
      value +=
        " "
        + out.text(
          "model.clv.interval",
          ["level": .share(report.settings.level), "lower": .money(lower), "upper": .money(upper)])
    }
    out.bullet(value)
    let costs = [
      totals.serviceCost.map { out.text("model.clv.costs.service", ["amount": .money($0)]) },
      totals.acquisitionCost.map {
        out.text("model.clv.costs.acquisition", ["amount": .money($0)])
      },
    ].compactMap { $0 }
    out.bullet(
      out.text(
        costs.isEmpty ? "model.clv.basis" : "model.clv.basis.net",
        [
          "margin": .share(report.settings.margin),
          "discount": .share(report.settings.discountPerYear), "costs": .texts(costs),
        ]))
    out.bullet(
      out.text(
        "model.clv.alive",
        [
          "alive": .count(Int(totals.expectedAliveCustomers.rounded())),
          "customers": .count(report.data.customers),
          "purchases": .count(Int(totals.expectedPurchases.rounded())),
        ]))
    out.title(out.text("model.clv.bands"))
    out.table(
      [
        out.column("model.column.alive", leading: true), out.column("column.customers"),
        out.column("model.column.expected"), out.column("model.column.value"),
      ],
      totals.bands.map { band in
        [
          "\(localizer.formats.percentage(band.from, decimals: 0)) – "
            + localizer.formats.percentage(band.to, decimals: 0),
          out.count(band.customers), out.number(band.expectedPurchases, 0), out.money(band.value),
        ]
      })
    guard !best.isEmpty else { return }
    out.title(out.text("model.clv.best"))
    out.table(
      [
        out.column("model.column.customer", leading: true), out.column("model.column.purchases"),
        out.column("model.column.days", rank: 1), out.column("model.column.alive"),
        out.column("model.column.expected"), out.column("model.column.value"),
        out.column("model.column.interval", rank: 2),
      ],
      best.map { customer in
        let interval =
          customer.lower.flatMap { lower in
            customer.upper.map { "\(out.money(lower)) – \(out.money($0))" }
          } ?? out.text("value.none")
        return [
          customer.id, out.count(customer.purchases), out.count(customer.daysSinceLastPurchase),
          out.share(customer.aliveProbability), out.number(customer.expectedPurchases, 2),
          out.money(customer.value), interval,
        ]
      })
  }

  private static func writeFit(_ report: LifetimeReport, to out: inout ModelText) {
    guard let choice = report.choice, let fit = report.fit else { return }
    out.title(
      out.text(
        "model.clv.model",
        [
          "model": .text(choice.chosen.title),
          "unit": .term("model.unit.\(report.settings.unit.rawValue)"),
        ]))
    out.paragraph(out.localizer.text(choice.reason), indent: 2)
    let fits = [fit, report.spend].compactMap { $0 }
    out.table(
      [
        out.column("model.column.model", leading: true), out.column("model.column.parameter"),
        out.column("model.column.estimate"), out.column("model.column.error"),
      ],
      fits.flatMap { fit in
        fit.parameters.map {
          [
            out.text("model.method.\(fit.model)"), $0.name, out.number($0.estimate, 4),
            out.number($0.standardError, 4),
          ]
        }
      })
    if let test = report.covariateTest {
      out.paragraph(covariates(test, out.localizer), indent: 2)
    }
    for fit in fits {
      out.paragraph(
        out.text(
          "model.clv.likelihood",
          [
            "model": .term("model.method.\(fit.model)"),
            "value": .number(fit.logLikelihood, decimals: 3),
            "aic": .number(fit.aic, decimals: 1), "bic": .number(fit.bic, decimals: 1),
          ]), indent: 2)
    }
  }

  /// What the covariates explain, in one sentence.
  static func covariates(
    _ test: LifetimeReport.CovariateTest, _ localizer: Localizer
  ) -> String {
    let least = 0.0001
    let p =
      test.pValue < least
      ? "< \(localizer.formats.number(least, decimals: 4))"
      : localizer.formats.number(test.pValue, decimals: 4)
    return localizer.text(
      test.references.isEmpty ? "model.clv.covariates.numbers" : "model.clv.covariates",
      [
        "combinations": .count(test.combinations),
        "statistic": .number(test.statistic, decimals: 2),
        "degrees": .count(test.degreesOfFreedom), "p": .text(p),
        "references": .texts(test.references.map { "\($0.covariate)=\($0.category)" }),
      ])
  }

  private static func writeHoldOut(
    _ check: LifetimeReport.HoldOutReport, to out: inout ModelText
  ) {
    out.title(
      out.text(
        "model.clv.hold_out",
        ["from": .date(check.calibrationEnd), "to": .date(check.end), "days": .count(check.days)]))
    out.paragraph(
      out.text(
        "model.clv.hold_out.data",
        ["customers": .count(check.customers), "purchases": .count(check.actualPurchases)]),
      indent: 2)
    out.table(
      [
        out.column("model.column.method", leading: true), out.column("model.column.predicted"),
        out.column("model.column.actual"), out.column("model.column.mae"),
        out.column("model.column.rmse"), out.column("model.column.correlation"),
      ],
      check.methods.map { method in
        [
          out.text("model.method.\(method.method)"), out.number(method.predictedTotal, 0),
          out.count(check.actualPurchases), out.number(method.meanAbsoluteError, 3),
          out.number(method.rootMeanSquareError, 3), out.number(method.correlation, 3),
        ]
      })
    for failure in check.failures { out.bullet(failure) }
    let shown = check.methods.first { !$0.isBaseline } ?? check.methods.first
    guard let shown else { return }
    out.title(
      out.text("model.clv.buckets", ["model": .term("model.method.\(shown.method)")]))
    out.table(
      [
        out.column("model.column.repeat"), out.column("column.customers"),
        out.column("model.column.predicted_mean"), out.column("model.column.actual_mean"),
      ],
      shown.buckets.map { bucket in
        [
          "\(bucket.repeatPurchases)\(bucket.isOpenEnded ? "+" : "")",
          out.count(bucket.customers), out.number(bucket.predictedMean, 3),
          out.number(bucket.actualMean, 3),
        ]
      })
    guard let last = check.tracking.last, last.actual > 0 else { return }
    out.paragraph(
      out.text(
        "model.clv.tracking",
        [
          "date": .date(last.day), "actual": .count(last.actual),
          "predicted": .count(Int(last.predicted.rounded())),
          "share": .text(
            out.localizer.formats.change(last.predicted / Double(last.actual) - 1)),
        ]), indent: 2)
  }
}
