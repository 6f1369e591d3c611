internal import ArgumentParser
internal import CustomerSchema
internal import Platform
internal import Presentation

extension IdentityCommand {
  /// `quartier identity explain A B`.
  struct Explain: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "explain", abstract: Words.text("cli.identity.explain.abstract"))
    }

    @Argument(help: ArgumentHelp(Words.text("cli.identity.customer"), valueName: "customer"))
    var first: String

    @Argument(help: ArgumentHelp(Words.text("cli.identity.customer"), valueName: "other"))
    var second: String

    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let answer = try await ShowIdentity(try await place.desk()).explain(first, second)
      guard !common.json else { return try Answers.json(answer) }
      let names: [String: MessageArgument] = [
        "first": .text(answer.first.record), "second": .text(answer.second.record),
      ]
      Terminal.write(
        Words.text(answer.isOne ? "identity.explain.one" : "identity.explain.two", names))
      for link in answer.path { Terminal.write("  " + IdentityWords.link(link)) }
      if answer.isToldApart { Terminal.write(Words.text("identity.explain.apart")) }
      if let pair = answer.pair {
        Terminal.write(
          Words.text(
            "identity.explain.pair",
            [
              "pair": .text(String(pair.pair)),
              "reason": .term("identity.reason.\(pair.reason)"),
              "status": .term("identity.status.\(pair.status)"),
            ]))
      }
      guard let comparison = answer.comparison else {
        return Terminal.write(Words.text("identity.explain.no_people"))
      }
      Answers.table(
        [
          .init(Words.text("identity.column.field")), .init(Words.text("identity.column.level")),
          .init(Words.text("identity.column.weight"), .trailing),
        ],
        comparison.agreements.map { one in
          [
            Words.text("identity.field.\(one.field)"), Words.text("identity.level.\(one.level)"),
            one.level == "missing" ? "" : IdentityWords.number(one.weight),
          ]
        })
      Terminal.write(
        Words.text(
          "identity.explain.decision",
          [
            "decision": .term("identity.decision.\(comparison.decision)"),
            "weight": .number(comparison.weight, decimals: 1),
            "probability": .text(IdentityWords.share(comparison.probability)),
          ]))
      if !comparison.isLearned { Terminal.write(Words.text("identity.explain.not_learned")) }
    }
  }

  /// `quartier identity show CUSTOMER`.
  struct Show: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "show", abstract: Words.text("cli.identity.show.abstract"))
    }

    @Argument(help: ArgumentHelp(Words.text("cli.identity.customer"), valueName: "customer"))
    var customer: String

    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let profile = try await ShowIdentity(try await place.desk()).profile(customer)
      guard !common.json else { return try Answers.json(profile) }
      Terminal.write(
        Words.text(
          "identity.show.title",
          ["customer": .text(profile.customer), "id": .text(profile.publicID)]))
      Answers.table(
        [
          .init(Words.text("identity.column.record")),
          .init(Words.text("identity.column.identifiers"), isFlexible: true),
        ],
        profile.records.map { record in
          [record.record, Localizer.printable(record.identifiers.joined(separator: ", "))]
        })
      if !profile.values.isEmpty {
        Terminal.write("")
        Answers.table(
          [
            .init(Words.text("identity.column.attribute")),
            .init(Words.text("identity.column.value"), isFlexible: true),
            .init(Words.text("identity.column.origin")),
            .init(Words.text("identity.column.others"), isFlexible: true),
          ],
          profile.values.map { value in
            let line = value.line.map { ":\($0)" } ?? ""
            let file = value.file.map { " \(IdentityWords.fileName($0))\(line)" } ?? ""
            return [
              value.attribute, Localizer.printable(value.value),
              Localizer.printable(value.source + file),
              Localizer.printable(value.others.joined(separator: " · ")),
            ]
          })
      }
      if !profile.links.isEmpty {
        Terminal.write("")
        for link in profile.links { Terminal.write(IdentityWords.link(link)) }
      }
      guard !profile.relations.isEmpty else { return }
      Terminal.write("")
      Answers.table(
        [
          .init(Words.text("identity.column.relation")),
          .init(Words.text("identity.column.customer")),
          .init(Words.text("identity.column.role"), isFlexible: true),
          .init(Words.text("identity.column.power")),
        ],
        profile.relations.map { one in
          [
            Words.text("identity.relation.\(one.kind)"), one.customer,
            Localizer.printable(one.role ?? ""),
            one.decisionPower.map { Words.text("identity.power.\($0)") } ?? "",
          ]
        })
    }
  }

  /// `quartier identity runs`.
  struct Runs: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "runs", abstract: Words.text("cli.identity.runs.abstract"))
    }

    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let answer = try await ShowIdentity(try await place.desk()).runs()
      guard !common.json else { return try Answers.json(answer) }
      guard !answer.runs.isEmpty else { return Terminal.write(Words.text("identity.runs.none")) }
      Answers.table(
        [
          .init(Words.text("identity.column.run"), .trailing),
          .init(Words.text("identity.column.made")), .init(Words.text("identity.column.action")),
          .init(Words.text("identity.column.by"), isFlexible: true),
          .init(Words.text("identity.column.links"), .trailing),
          .init(Words.text("identity.column.apart"), .trailing),
          .init(Words.text("identity.column.pairs"), .trailing),
          .init(Words.text("identity.column.undone")),
        ],
        answer.runs.map { run in
          [
            String(run.run), run.madeAt, Words.text("identity.action.\(run.action)"),
            Localizer.printable(run.madeBy), Answers.number(run.links), Answers.number(run.apart),
            Answers.number(run.pairs), run.undoneAt ?? "",
          ]
        })
    }
  }
}

/// What the commands on profiles say.
enum IdentityWords {
  static func decide(
    _ decision: DecideIdentity.Decision, _ author: IdentityCommand.AuthorOption,
    _ place: WorkspaceOptions, _ common: CommonOptions
  ) async throws {
    let answer = try await DecideIdentity(try await place.desk(), author: author.name)
      .decide(decision)
    guard !common.json else { return try Answers.json(answer) }
    Terminal.write(
      Words.text(
        "identity.decided.\(answer.action)",
        [
          "run": .text(String(answer.run)), "before": .count(answer.profilesBefore),
          "after": .count(answer.profilesAfter),
        ]))
  }

  /// One line: `#1 = #2: same e-mail address (…)`.
  static func link(_ link: ShowIdentity.Link) -> String {
    let levels = link.evidence.sorted { $0.key < $1.key }.map { field, level in
      "\(Words.text("identity.field.\(field)")): \(Words.text("identity.level.\(level)"))"
    }
    return Words.text(
      "identity.link",
      [
        "first": .text(link.first), "second": .text(link.second),
        "rule": .term("identity.rule.\(link.rule)"),
        "evidence": .text(levels.joined(separator: ", ")), "run": .text(String(link.run)),
        "made": .text(link.madeAt), "by": .text(Localizer.printable(link.madeBy)),
      ]) + probability(link.probability)
  }

  static func counts(_ title: String, _ counts: [ResolveIdentity.Count], _ words: String) {
    guard !counts.isEmpty else { return }
    let total = counts.reduce(0) { $0 + $1.count }
    Terminal.write(Words.text(title, ["count": .count(total)]))
    for one in counts {
      Terminal.write("  \(Words.text("\(words).\(one.name)")): \(Answers.number(one.count))")
    }
  }

  /// What two records say, of every field that one of them has.
  static func sides(_ pair: ShowIdentity.WaitingPair) -> [[String]] {
    let fields = [
      "first_name", "last_name", "name", "birth_date", "email", "phone", "address", "postal_code",
      "city", "company", "siren", "siret",
    ]
    let level = ["postal_code": "place"]
    return [
      [
        Words.text("identity.column.identifiers"),
        Localizer.printable(pair.first.identifiers.joined(separator: ", ")),
        Localizer.printable(pair.second.identifiers.joined(separator: ", ")), "",
      ]
    ]
      + fields.compactMap { field -> [String]? in
        let (one, other) = (pair.first.values[field], pair.second.values[field])
        guard one != nil || other != nil else { return nil }
        let word = pair.evidence[level[field] ?? field]
        return [
          Words.text("identity.field.\(field)"), Localizer.printable(one ?? "–"),
          Localizer.printable(other ?? "–"), word.map { Words.text("identity.level.\($0)") } ?? "",
        ]
      }
  }

  static func share(_ value: Double) -> String { Words.localizer?.formats.share(value) ?? "" }

  static func number(_ value: Double) -> String {
    Words.localizer?.text(MessageArgument.number(value, decimals: 1)) ?? ""
  }

  /// ` (98 %)`, or nothing.
  static func probability(_ value: Double?) -> String { value.map { " (\(share($0)))" } ?? "" }

  static func fileName(_ path: String) -> String {
    String(path.split(separator: "/").last ?? "")
  }
}
