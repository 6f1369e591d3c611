internal import CustomerSchema
package import Presentation
package import Scoring
internal import StatisticalModels

/// Two versions of a model side by side (`docs/schemas/model-compare-1.schema.json`).
package struct ModelComparison: Sendable, Encodable {
  package let schema = "quartier.model-compare/1"
  package let kind: ModelKind
  package let versions: [Int]
  package let rows: [Row]

  package struct Row: Sendable, Encodable {
    /// What is compared: `customers`, `rmse`, `groups`, a parameter…
    package let figure: String
    /// Nil where a version has none.
    package let first: Double?
    package let second: Double?
  }

  /// One named number of a model.
  package struct Figure: Sendable {
    let name: String
    let value: Double?
  }

  package init(kind: ModelKind, versions: [Int], figures: [[Figure]]) throws {
    self.kind = kind
    self.versions = versions
    var names: [String] = []
    for figure in figures.joined() where !names.contains(figure.name) { names.append(figure.name) }
    rows = names.map { name in
      func value(_ index: Int) -> Double? {
        figures[index].first { $0.name == name }?.value
      }
      return Row(figure: name, first: value(0), second: value(1))
    }
  }

  package static func figures(_ report: LifetimeReport) -> [Figure] {
    let own = report.holdOut?.methods.first { !$0.isBaseline }
    return [
      Figure(name: "customers", value: Double(report.data.customers)),
      Figure(name: "log_likelihood", value: report.fit?.logLikelihood),
      Figure(name: "bic", value: report.fit?.bic),
      Figure(name: "rmse", value: own?.rootMeanSquareError),
      Figure(name: "expected_alive_customers", value: report.totals?.expectedAliveCustomers),
      Figure(name: "expected_purchases", value: report.totals?.expectedPurchases),
      Figure(name: "value", value: report.totals?.value.double),
    ]
      + (report.fit?.parameters ?? []).map {
        Figure(name: "\(report.fit?.model ?? "") \($0.name)", value: $0.estimate)
      }
  }

  package static func figures(_ report: GroupReport) -> [Figure] {
    [
      Figure(name: "customers", value: Double(report.customers)),
      Figure(name: "groups", value: Double(report.groups.count)),
      Figure(name: "silhouette", value: report.quality?.silhouette),
      Figure(name: "stability", value: report.quality?.stability),
    ] + report.groups.map { Figure(name: "\($0.id) share", value: $0.customerShare) }
  }

  package static func figures(_ report: TribeReport) -> [Figure] {
    [
      Figure(name: "respondents", value: Double(report.respondents)),
      Figure(name: "tribes", value: Double(report.tribes.count)),
      Figure(name: "alpha", value: report.reliability?.alpha),
    ] + report.tribes.map { Figure(name: "\($0.id) share", value: $0.share) }
  }

  package static func figures(_ report: SurvivalReport) -> [Figure] {
    [
      Figure(name: "subscriptions", value: Double(report.subscriptions)),
      Figure(name: "ended", value: Double(report.ended)),
      Figure(name: "median", value: report.median?.estimate),
      Figure(name: "restricted_mean", value: report.restrictedMean?.estimate),
    ]
  }

  package func text(_ localizer: Localizer, style: TerminalStyle = .plain) -> String {
    var out = ModelText(localizer, style)
    out.title(out.text("model.compare.title", ["kind": .text(kind.rawValue)]))
    out.table(
      [
        out.column("model.column.figure", leading: true),
        TerminalTable.Column("\(versions[0])", .trailing),
        TerminalTable.Column("\(versions[1])", .trailing), out.column("model.column.change"),
      ],
      rows.map { row in
        let change =
          row.first.flatMap { first in
            row.second.flatMap { first == 0 ? nil : $0 / first - 1 }
          }
        return [
          row.figure, out.number(row.first, 4), out.number(row.second, 4),
          change.map { localizer.formats.change($0) } ?? out.text("value.none"),
        ]
      })
    return out.joined
  }
}

extension ModelRegistry.Entry {
  /// The list of kept models for a terminal.
  package static func text(
    _ entries: [ModelRegistry.Entry], _ localizer: Localizer, style: TerminalStyle = .plain
  ) -> String {
    var out = ModelText(localizer, style)
    guard !entries.isEmpty else {
      out.bullet(UserMessage("model.none_kept", ["name": .text("")]))
      return out.joined
    }
    out.title(out.text("model.list.title"))
    out.table(
      [
        out.column("model.column.model", leading: true), out.column("model.column.version"),
        out.column("model.column.as_of"), out.column("column.customers"),
        out.column("model.column.made", rank: 1), out.column("model.column.drift"),
      ],
      entries.map { entry in
        [
          entry.kind.rawValue, out.count(entry.version),
          localizer.formats.date(entry.asOf, .short), out.count(entry.customers), entry.madeAt,
          out.number(entry.stabilityIndex, 3),
        ]
      })
    return out.joined
  }
}

extension ModelRegistry.Drift {
  /// How far groups have moved, and what to do about it.
  package func text(_ localizer: Localizer) -> String {
    localizer.text(
      "model.drift.\(reading)",
      [
        "value": .number(stabilityIndex, decimals: 3), "date": .date(asOf),
        "count": .count(customers),
      ])
  }
}
