internal import ArgumentParser
internal import CustomerSchema
internal import Foundation
internal import Platform
internal import Presentation

/// `quartier identity`: one profile for each person and company.
struct IdentityCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "identity", abstract: Words.text("cli.identity.abstract"),
      discussion: Words.text("cli.identity.discussion"),
      subcommands: [
        Resolve.self, Review.self, Accept.self, Reject.self, Explain.self, Show.self, Split.self,
        Undo.self, Runs.self,
      ])
  }

  /// Who decides.
  struct AuthorOption: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp(Words.text("cli.identity.by"), valueName: "name"))
    var by: String?

    var name: String { by ?? NSUserName() }
  }

  // MARK: Resolving

  /// `quartier identity resolve`.
  struct Resolve: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "resolve", abstract: Words.text("cli.identity.resolve.abstract"))
    }

    @Flag(name: .long, help: help("identity.dry_run"))
    var dryRun = false

    @OptionGroup var author: AuthorOption
    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let desk = try await place.desk()
      let answer = try await ResolveIdentity(desk).resolve(
        author: author.name, isTrial: dryRun
      ) { step in Terminal.progress(Words.text("identity.progress.\(step)")) }
      Terminal.endProgress()
      guard !common.json else { return try Answers.json(answer) }
      Terminal.write(
        Words.text(
          dryRun ? "identity.resolve.trial" : "identity.resolve.done",
          [
            "records": .count(answer.records), "before": .count(answer.profilesBefore),
            "after": .count(answer.profilesAfter),
          ]))
      IdentityWords.counts("identity.links", answer.links, "identity.rule")
      IdentityWords.counts("identity.waiting", answer.waiting, "identity.reason")
      IdentityWords.counts("identity.relations", answer.relations, "identity.relation")
      for shared in answer.shared {
        Terminal.error(
          Words.text(
            "identity.shared",
            [
              "field": .term("identity.field.\(shared.field)"), "values": .count(shared.values),
              "records": .count(shared.records),
            ]))
      }
      for block in answer.skipped {
        Terminal.error(
          Words.text(
            "identity.skipped",
            ["groups": .count(block.groups), "records": .count(block.records)]))
      }
      if !answer.waiting.isEmpty { Terminal.write(Words.text("identity.resolve.next")) }
      if let run = answer.run, !answer.links.isEmpty {
        Terminal.write(Words.text("identity.resolve.undo", ["run": .text(String(run))]))
      }
    }
  }

  // MARK: Deciding

  /// `quartier identity review`.
  struct Review: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "review", abstract: Words.text("cli.identity.review.abstract"))
    }

    @Option(name: .long, help: ArgumentHelp(Words.text("cli.identity.limit"), valueName: "n"))
    var limit = 20

    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
      guard (1...100_000).contains(limit) else {
        throw ValidationError(Words.text("cli.identity.limit_range"))
      }
    }

    func run() async throws {
      let answer = try await ShowIdentity(try await place.desk()).waiting(limit: limit)
      guard !common.json else { return try Answers.json(answer) }
      guard answer.total > 0 else {
        return Terminal.write(Words.text("identity.review.none"))
      }
      for pair in answer.pairs {
        Terminal.write(
          Words.text(
            "identity.review.pair",
            [
              "pair": .text(String(pair.pair)),
              "reason": .term("identity.reason.\(pair.reason)"),
            ])
            + IdentityWords.probability(pair.probability))
        Answers.table(
          [
            .init(""), .init(pair.first.record, isFlexible: true),
            .init(pair.second.record, isFlexible: true), .init(Words.text("identity.column.level")),
          ], IdentityWords.sides(pair))
        Terminal.write("")
      }
      Terminal.write(Words.text("identity.review.total", ["count": .count(answer.total)]))
    }
  }

  /// `quartier identity accept PAIR…`.
  struct Accept: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "accept", abstract: Words.text("cli.identity.accept.abstract"))
    }

    @Argument(help: ArgumentHelp(Words.text("cli.identity.pairs"), valueName: "pair"))
    var pairs: [Int]

    @OptionGroup var author: AuthorOption
    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      try await IdentityWords.decide(.accept(pairs), author, place, common)
    }
  }

  /// `quartier identity reject PAIR…`.
  struct Reject: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "reject", abstract: Words.text("cli.identity.reject.abstract"))
    }

    @Argument(help: ArgumentHelp(Words.text("cli.identity.pairs"), valueName: "pair"))
    var pairs: [Int]

    @OptionGroup var author: AuthorOption
    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      try await IdentityWords.decide(.reject(pairs), author, place, common)
    }
  }

  /// `quartier identity split CUSTOMER RECORD…`.
  struct Split: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "split", abstract: Words.text("cli.identity.split.abstract"))
    }

    @Argument(help: ArgumentHelp(Words.text("cli.identity.customer"), valueName: "customer"))
    var customer: String

    @Argument(help: ArgumentHelp(Words.text("cli.identity.records"), valueName: "record"))
    var records: [String]

    @OptionGroup var author: AuthorOption
    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      try await IdentityWords.decide(.split(customer, records), author, place, common)
    }
  }

  /// `quartier identity undo [RUN]`.
  struct Undo: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "undo", abstract: Words.text("cli.identity.undo.abstract"))
    }

    @Argument(help: ArgumentHelp(Words.text("cli.identity.run"), valueName: "run"))
    var number: Int?

    @OptionGroup var author: AuthorOption
    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      try await IdentityWords.decide(.undo(number), author, place, common)
    }
  }
}
