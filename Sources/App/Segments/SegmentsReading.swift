internal import ArgumentParser
internal import CustomerSchema
internal import Foundation
internal import Platform
internal import Presentation
internal import Privacy
internal import SegmentLanguage
internal import Segments

extension SegmentsCommand {
  /// `quartier segments list`.
  struct List: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "list", abstract: Words.text("cli.segments.list.abstract"))
    }

    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let desk = try await place.desk()
      let answer = try await ListSegments(desk).list()
      guard !common.json else { return try Answers.json(answer) }
      guard !answer.segments.isEmpty else {
        if answer.customers == 0 { Terminal.write(Words.text("segments.customers.none")) }
        return Terminal.write(Words.text("segments.list.none"))
      }
      let formats = try Answers.localizer().formats
      var columns: [TerminalTable.Column] = [
        .init(Words.text("segments.column.segment"), isFlexible: true),
        .init(Words.text("segments.column.members"), .trailing),
        .init(Words.text("segments.column.share"), .trailing, rank: 2),
        .init(Words.text("segments.column.intention"), isFlexible: true, rank: 1),
      ]
      if answer.segments.contains(where: { $0.owner != nil }) {
        columns.append(.init(Words.text("segments.column.owner"), isFlexible: true, rank: 0))
      }
      Answers.table(
        columns,
        answer.segments.map { one in
          let share = one.size.flatMap { size in
            answer.customers > 0
              ? formats.share(Double(size) / Double(answer.customers)) : nil
          }
          return [
            one.name + (one.isPending ? " *" : ""), Answers.number(one.size, one.fewerThan),
            share ?? "–",
            one.intention ?? "", one.owner ?? "",
          ]
        })
      if let asOf = answer.asOf {
        Terminal.write(
          Words.text("segments.as_of", ["instant": .text(Answers.instant(asOf, desk))]))
      }
      if answer.segments.contains(where: \.isPending) {
        Terminal.write(Words.text("segments.list.pending"))
      }
    }
  }

  /// `quartier segments show NAME`.
  struct Show: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "show", abstract: Words.text("cli.segments.show.abstract"))
    }

    @Argument(help: ArgumentHelp(Words.text("cli.segments.name"), valueName: "name"))
    var name: String

    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let desk = try await place.desk()
      let localizer = try Answers.localizer()
      let card = try await ListSegments(desk).card(of: name) { definition in
        desk.sentence(
          definition,
          NarrationWords(
            isFrench: localizer.language == .french, text: { localizer.text($0, $1) },
            has: localizer.has))
      }
      guard !common.json else { return try Answers.json(card) }
      let segment = card.segment
      let style = TerminalStyle(fileDescriptor: STDOUT_FILENO)
      Terminal.write(style.apply(.bold, Localizer.printable(segment.name)))
      func line(_ key: String, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        Terminal.write(
          Words.text(
            "segments.line",
            ["label": .text(Words.text("segments.column.\(key)")), "value": .text(value)]))
      }
      line("sentence", card.sentence)
      line("rule", segment.rule)
      line(
        "parameters",
        card.parameters.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
          .joined(separator: ", "))
      line("intention", segment.intention)
      line("owner", segment.owner)
      line("description", segment.description)
      line("tags", segment.tags.joined(separator: ", "))
      line("uses", card.uses.joined(separator: ", "))
      line("used_by", card.usedBy.joined(separator: ", "))
      if card.included > 0 { line("included", Answers.number(card.included)) }
      if card.excluded > 0 { line("excluded", Answers.number(card.excluded)) }
      line("members", Answers.number(segment.size, segment.fewerThan))
      if segment.isPending { Terminal.write(Words.text("segments.list.pending")) }
      guard !card.sizes.isEmpty else { return }
      Terminal.write("")
      Answers.table(
        [
          .init(Words.text("segments.column.refresh")),
          .init(Words.text("segments.column.members"), .trailing),
          .init(Words.text("segments.column.version"), .trailing),
        ],
        card.sizes.map {
          [
            Answers.instant($0.asOf, desk, .short), Answers.number($0.size, $0.fewerThan),
            Answers.number($0.version),
          ]
        })
    }
  }

  /// `quartier segments history NAME`.
  struct History: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "history", abstract: Words.text("cli.segments.history.abstract"))
    }

    @Argument(help: ArgumentHelp(Words.text("cli.segments.name"), valueName: "name"))
    var name: String

    @Option(name: .long, help: help("segments.by"))
    var by: TellMemberships.PeriodLength = .month

    @Option(name: .long, help: ArgumentHelp(Words.text("cli.segments.from"), valueName: "date"))
    var from: DayArgument?

    @Option(name: .long, help: ArgumentHelp(Words.text("cli.segments.to"), valueName: "date"))
    var to: DayArgument?

    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let answer = try await TellMemberships(try await place.desk()).history(
        of: name, by: by, from: from?.value, to: to?.value)
      guard !common.json else { return try Answers.json(answer) }
      let formats = try Answers.localizer().formats
      Answers.table(
        [
          .init(Words.text("segments.column.from")), .init(Words.text("segments.column.to")),
          .init(Words.text("segments.column.members"), .trailing),
          .init(Words.text("segments.column.entries"), .trailing),
          .init(Words.text("segments.column.exits"), .trailing),
        ],
        answer.periods.map {
          [
            formats.date($0.from, .short), formats.date($0.to, .short),
            Answers.number($0.size, $0.fewerThan), Answers.number($0.entries),
            Answers.number($0.exits),
          ]
        })
    }
  }

  /// `quartier segments members NAME`.
  struct Members: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "members", abstract: Words.text("cli.segments.members.abstract"))
    }

    @Argument(help: ArgumentHelp(Words.text("cli.segments.name"), valueName: "name"))
    var name: String

    @Option(name: .long, help: ArgumentHelp(Words.text("cli.segments.on"), valueName: "date"))
    var on: DayArgument?

    @Option(
      name: .long, help: ArgumentHelp(Words.text("cli.segments.out"), valueName: "file.csv"))
    var out: String?

    @Option(name: .long, help: help("segments.for"))
    var `for`: Channel?

    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
      if self.for != nil, out == nil {
        throw ValidationError(Words.text("cli.segments.for.needs_out"))
      }
    }

    func run() async throws {
      let desk = try await place.desk()
      let memberships = TellMemberships(desk)
      if let out {
        let export = try await memberships.write(
          membersOf: name, on: on?.value, for: self.for.map { .marketing($0) } ?? .analysis,
          to: out)
        Terminal.error(
          Words.text(
            "segments.members.written", ["count": .count(export.written), "file": .text(out)]))
        for (refusal, count) in export.refused.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
          Terminal.error(
            Words.text(
              "segments.members.refused",
              ["count": .count(count), "why": .term("privacy.refusal.\(refusal.rawValue)")]))
        }
        return
      }
      let answer = try await memberships.members(of: name, on: on?.value)
      guard !common.json else { return try Answers.json(answer) }
      Answers.table(
        [
          .init(Words.text("segments.column.customer")),
          .init(Words.text("segments.column.since")),
          .init(Words.text("segments.column.reason")),
        ],
        answer.members.map {
          [
            $0.customer, Answers.instant($0.since, desk, .short),
            Words.text("segments.reason.\($0.reason)"),
          ]
        })
    }
  }

  /// `quartier segments transitions`.
  struct Transitions: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "transitions", abstract: Words.text("cli.segments.transitions.abstract"))
    }

    @Argument(help: ArgumentHelp(Words.text("cli.segments.names"), valueName: "name"))
    var names: [String] = []

    @Option(name: .long, help: ArgumentHelp(Words.text("cli.segments.from"), valueName: "date"))
    var from: DayArgument

    @Option(name: .long, help: ArgumentHelp(Words.text("cli.segments.to"), valueName: "date"))
    var to: DayArgument

    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let answer = try await TellMemberships(try await place.desk()).transitions(
        of: names, from: from.value, to: to.value)
      guard !common.json else { return try Answers.json(answer) }
      Answers.table(
        [
          .init(Words.text("segments.column.from_segment"), isFlexible: true),
          .init(Words.text("segments.column.to_segment"), isFlexible: true),
          .init(Words.text("segments.column.customers"), .trailing),
        ],
        answer.transitions.map {
          let none = Words.text("segments.transitions.none")
          return [$0.from ?? none, $0.to ?? none, Answers.number($0.customers, $0.fewerThan)]
        })
    }
  }

  /// `quartier segments changes`.
  struct Changes: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "changes", abstract: Words.text("cli.segments.changes.abstract"))
    }

    @Option(name: .long, help: ArgumentHelp(Words.text("cli.segments.after"), valueName: "n"))
    var after: Int64 = 0

    @Option(name: .long, help: ArgumentHelp(Words.text("cli.segments.limit"), valueName: "n"))
    var limit = 1000

    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
      guard after >= 0, (1...1_000_000).contains(limit) else {
        throw ValidationError(Words.text("cli.segments.changes.range"))
      }
    }

    func run() async throws {
      let desk = try await place.desk()
      let answer = try await TellMemberships(desk).changes(
        after: after, limit: limit)
      guard !common.json else { return try Answers.json(answer) }
      Answers.table(
        [
          .init("n", .trailing), .init(Words.text("segments.column.at")),
          .init(Words.text("segments.column.customer")),
          .init(Words.text("segments.column.segment"), isFlexible: true),
          .init(Words.text("segments.column.change")),
          .init(Words.text("segments.column.reason")),
        ],
        answer.changes.map {
          [
            String($0.id), Answers.instant($0.at, desk, .short), $0.customer, $0.segment,
            Words.text("segments.change.\($0.change)"),
            Words.text("segments.reason.\($0.reason)"),
          ]
        })
      Terminal.write(Words.text("segments.changes.next", ["next": .text(String(answer.next))]))
    }
  }
}

extension TellMemberships.PeriodLength: ExpressibleByArgument {}
