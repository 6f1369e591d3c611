internal import ArgumentParser
internal import CustomerSchema
internal import DuckDBEngine
internal import Features
internal import Foundation
internal import Insights
internal import Platform
internal import Presentation

/// `quartier audit`: who the customers are today.
struct AuditCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "audit", abstract: Words.text("cli.audit.abstract"),
      discussion: Words.text("cli.audit.discussion"))
  }

  @Option(
    name: .long,
    help: ArgumentHelp(
      Words.text("cli.audit.objective"),
      valueName: "retain|reactivate|convert|conquer|subscriptions|b2b"))
  var objective: AuditObjectiveArgument?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.workspace"), valueName: "folder"))
  var workspace: String?

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let answer = try await AuditCustomers(try opened(workspace), engine: try DuckDBEngine())
      .audit(objective: objective?.value)
    guard !common.json else { return try Answers.json(answer) }
    AuditText(report: answer.report, words: try Answers.localizer()).write()
  }
}

/// An objective in French or in English.
struct AuditObjectiveArgument: ExpressibleByArgument {
  let value: AuditObjective

  init?(argument: String) {
    guard let value = AuditObjective(name: argument) else { return nil }
    self.value = value
  }
}

/// The audit for a reader: the method first, then what there is, then what to segment by.
private struct AuditText {
  let report: AuditReport
  let words: Localizer

  /// Attributes and criteria shown; all are in the JSON.
  private static let attributeLimit = 30
  private static let criteriaLimit = 20

  func write() {
    Terminal.write(words.text("audit.as_of", ["date": .date(report.asOf)]))
    methods()
    base()
    attributes()
    duplicates()
    silos()
    products()
    support()
    criteria()
  }

  private func heading(_ key: String) {
    let style = TerminalStyle(fileDescriptor: STDOUT_FILENO)
    Terminal.write("")
    Terminal.write(style.apply(.bold, words.text("audit.heading.\(key)")))
  }

  private func column(
    _ key: String, _ alignment: TerminalTable.Alignment = .leading, isFlexible: Bool = false,
    rank: Int? = nil
  ) -> TerminalTable.Column {
    .init(words.text("audit.column.\(key)"), alignment, isFlexible: isFlexible, rank: rank)
  }

  private func number(_ value: Int) -> String { words.formats.number(value) }
  private func share(_ value: Double) -> String { words.formats.share(value) }
  private func money(_ value: Money) -> String { words.formats.money(value, .rounded) }

  private func name(_ attribute: String) -> String {
    for key in ["attribute.\(attribute)", "audit.outcome.\(attribute)"] where words.has(key) {
      return words.text(key)
    }
    return Localizer.printable(attribute)
  }

  // MARK: What to do

  private func methods() {
    heading("method")
    for method in report.methods {
      var arguments: [String: MessageArgument] = [
        "objective": .term("audit.objective.\(method.objective.rawValue)")
      ]
      for (key, count) in method.figures { arguments[key] = .count(count) }
      Terminal.write("  • " + words.text("audit.method.\(method.method)", arguments))
      if let command = method.command {
        Terminal.write("    " + words.text("audit.command", ["command": .text(command)]))
      }
      for missing in method.missing {
        Terminal.write("    " + words.text("audit.missing.\(missing)"))
      }
    }
  }

  private func base() {
    heading("base")
    let base = report.base
    var rows = [
      ("customers", number(base.customers)), ("companies", number(base.companies)),
      ("prospects", number(base.prospects)), ("purchasers", number(base.purchasers)),
      ("returning", number(base.returning)), ("orders", number(base.orders)),
      ("revenue", money(base.revenue)), ("events", number(base.events)),
      ("subscriptions", number(base.subscriptions)), ("tickets", number(base.tickets)),
      ("opportunities", number(base.opportunities)),
    ]
    if let first = base.firstPurchase, let last = base.lastPurchase {
      rows.insert(
        (
          "period",
          words.formats.date(first, .short) + " – " + words.formats.date(last, .short)
        ), at: 7)
    }
    Answers.table(
      [column("what"), column("count", .trailing)],
      rows.map { [words.text("audit.base.\($0.0)"), $0.1] })
  }

  // MARK: What is known

  private func attributes() {
    guard !report.attributes.isEmpty else { return }
    heading("attributes")
    Answers.table(
      [
        column("attribute", isFlexible: true), column("of", rank: 1), column("coverage", .trailing),
        column("age", .trailing, rank: 2), column("newest", rank: 0), column("origin", rank: 3),
      ],
      report.attributes.prefix(Self.attributeLimit).map { one in
        [
          name(one.attribute), words.text("audit.of.\(one.of)"), share(one.coverage),
          one.medianAgeDays.map { words.formats.number($0, atMost: 0) } ?? "–",
          one.newest.map { words.formats.date($0, .short) } ?? "–",
          words.text("audit.origin.\(one.origin)"),
        ]
      })
    more(report.attributes.count - Self.attributeLimit)
  }

  private func more(_ count: Int) {
    guard count > 0 else { return }
    Terminal.write(words.text("audit.more", ["count": .count(count)]))
  }

  private func duplicates() {
    heading("duplicates")
    if report.duplicates.isEmpty { return Terminal.write(words.text("audit.duplicates.no_keys")) }
    Answers.table(
      [
        column("key"), column("with_key", .trailing), column("groups", .trailing),
        column("customers", .trailing), column("surplus", .trailing),
      ],
      report.duplicates.map {
        [
          words.text("audit.key.\($0.key)"), number($0.withKey), number($0.groups),
          number($0.customers), number($0.surplus),
        ]
      })
  }

  private func silos() {
    heading("silos")
    let silos = report.silos
    if silos.sources.count < 2 { return Terminal.write(words.text("audit.silos.one")) }
    Answers.table(
      [column("source"), column("customers", .trailing), column("alone", .trailing)],
      silos.sources.map { [$0.source, number($0.customers), number($0.alone)] })
    for pair in silos.pairs {
      Terminal.write(
        "  • "
          + words.text(
            pair.joined == 0 ? "audit.silos.apart" : "audit.silos.joined",
            [
              "first": .text(pair.first), "second": .text(pair.second),
              "joined": .count(pair.joined), "joinable": .count(pair.joinable),
            ]))
    }
  }

  // MARK: What is sold and asked

  private func products() {
    let products = report.products
    guard !products.bestSellers.isEmpty else { return }
    heading("products")
    Answers.table(
      [
        column("product", isFlexible: true), column("buyers", .trailing),
        column("revenue", .trailing), column("share", .trailing),
      ],
      products.bestSellers.map {
        [$0.product, number($0.buyers), money($0.revenue), share($0.share)]
      })
    guard let days = products.followedDays, !products.entries.isEmpty else { return }
    Terminal.write("")
    Terminal.write(words.text("audit.entries", ["days": .count(days)]))
    Answers.table(
      [
        column("product", isFlexible: true), column("buyers", .trailing, rank: 2),
        column("came_back", .trailing), column("others", .trailing, rank: 0),
        column("spent", .trailing), column("others_spent", .trailing, rank: 1),
        column("stands_out"),
      ],
      products.entries.map {
        [
          $0.product, number($0.buyers), share($0.cameBack), share($0.othersCameBack),
          money($0.spent), money($0.othersSpent),
          words.text($0.standsOut ? "audit.yes" : "audit.chance"),
        ]
      })
  }

  private func support() {
    let support = report.support
    guard support.tickets > 0 else { return }
    heading("support")
    Terminal.write(
      words.text(
        "audit.support",
        [
          "tickets": .count(support.tickets), "count": .count(support.customers),
          "share": .share(support.share),
        ]))
    for (key, reasons) in [("reason", support.reasons), ("channel", support.channels)]
    where !reasons.isEmpty {
      Answers.table(
        [
          column(key, isFlexible: true), column("tickets", .trailing),
          column("customers", .trailing), column("hours", .trailing),
          column("satisfaction", .trailing),
        ],
        reasons.map {
          [
            $0.name, number($0.tickets), number($0.customers),
            $0.medianHoursToClose.map { words.formats.number($0, atMost: 1) } ?? "–",
            $0.averageSatisfaction.map { words.formats.number($0, atMost: 1) } ?? "–",
          ]
        })
    }
  }

  // MARK: What to segment by

  private func criteria() {
    heading("criteria")
    let criteria = report.criteria
    if criteria.criteria.isEmpty { return Terminal.write(words.text("audit.criteria.none")) }
    Terminal.write(
      words.text(
        criteria.isSample ? "audit.criteria.sample" : "audit.criteria.all",
        [
          "count": .count(criteria.customers),
          "outcomes": .texts(criteria.outcomes.map(name)),
        ]))
    Answers.table(
      [
        column("criterion", isFlexible: true), column("usefulness"), column("best", rank: 1),
        column("effect", .trailing, rank: 2), column("ease"), column("coverage", .trailing),
        column("verdict"), column("extremes", isFlexible: true, rank: 0),
      ],
      criteria.criteria.prefix(Self.criteriaLimit).map(row))
    more(criteria.criteria.count - Self.criteriaLimit)
    Terminal.write(words.text("audit.criteria.note"))
  }

  private func row(_ one: AuditReport.Criterion) -> [String] {
    let best = one.comparisons.first { $0.outcome == one.bestOutcome }
    return [
      name(one.criterion), words.text("audit.usefulness.\(one.usefulness.rawValue)"),
      best.map { name($0.outcome) } ?? "–",
      best.map {
        ($0.test == "chi_square" ? "V " : "ε² ") + words.formats.number($0.effectSize, decimals: 3)
      } ?? "–",
      words.text("audit.ease.\(one.ease.rawValue)"), share(one.coverage),
      words.text("audit.verdict.\(one.verdict.rawValue)"),
      best.map { extremes(one.criterion, $0) } ?? "–",
    ]
  }

  /// The groups that are highest and lowest.
  private func extremes(_ criterion: String, _ one: AuditReport.Comparison) -> String {
    guard let first = one.groups.first, let last = one.groups.last, one.groups.count > 1 else {
      return "–"
    }
    func told(_ group: AuditReport.Group) -> String {
      let key = "attribute.\(criterion).value.\(group.value)"
      let label = try? ReferenceLabels.label(
        of: group.value, attribute: criterion, isFrench: words.language == .french)
      let value = words.has(key) ? words.text(key) : label ?? group.value
      let typical =
        one.test == "chi_square"
        ? share(group.average) : words.formats.number(group.median ?? group.average, atMost: 1)
      return "\(value) : \(typical)"
    }
    return told(first) + " › " + told(last)
  }
}
