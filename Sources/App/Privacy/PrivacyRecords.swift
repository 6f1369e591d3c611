internal import ArgumentParser
internal import CustomerSchema
internal import Foundation
internal import Platform
internal import Presentation
internal import Privacy

extension PrivacyCommand {
  /// `quartier privacy consent ID`.
  struct Consent: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "consent", abstract: Words.text("cli.privacy.consent.abstract"),
        discussion: Words.text("cli.privacy.consent.discussion"))
    }

    @OptionGroup var whom: PersonArguments

    /// A channel, or all of them.
    enum Refused: String, ExpressibleByArgument, CaseIterable {
      case email, sms, push, phone, post, all
    }

    @Option(name: .long, help: help("privacy.consent.grant"))
    var grant: Channel?

    @Option(name: .long, help: help("privacy.consent.refuse"))
    var refuse: Refused?

    @Option(name: .long, help: help("privacy.consent.purpose"))
    var purpose: Purpose = .directMarketing

    @Option(
      name: .long,
      help: ArgumentHelp(Words.text("cli.privacy.consent.given"), valueName: "2026-09-01"))
    var given: MomentArgument?

    @Option(
      name: .long,
      help: ArgumentHelp(Words.text("cli.privacy.consent.expires"), valueName: "2027-09-01"))
    var expires: MomentArgument?

    @Option(
      name: .long, help: ArgumentHelp(Words.text("cli.privacy.consent.proof"), valueName: "text"))
    var proof: String?

    @OptionGroup var place: PrivacyPlace
    @OptionGroup var common: CommonOptions

    func validate() throws {
      if grant != nil, refuse != nil {
        throw ValidationError(Words.text("cli.privacy.consent.both"))
      }
    }

    func run() async throws {
      let desk = try await place.desk()
      let zone = desk.workspace.settings.timeZone
      var statement: HandleRights.Statement?
      if grant != nil || refuse != nil {
        var made = HandleRights.Statement(isGranted: grant != nil)
        made.purpose = purpose
        made.channel = grant ?? refuse.flatMap { Channel(rawValue: $0.rawValue) }
        made.givenAt = try given?.microseconds(in: zone)
        made.expiresAt = try expires?.microseconds(in: zone)
        made.proof = proof
        statement = made
      }
      let answer = try await HandleRights(desk).consents(
        whom.person, source: whom.source, statement)
      guard !common.json else { return try Answers.json(answer) }
      Answers.table(
        [
          .init(Words.text("privacy.column.channel")),
          .init(Words.text("privacy.column.marketing")),
        ],
        answer.marketing.map { one in
          [
            Words.text("privacy.channel.\(one.channel.rawValue)"),
            one.isPermitted
              ? Words.text("privacy.permitted")
              : Words.text("privacy.refusal.\(one.refusal?.rawValue ?? "no_consent")"),
          ]
        })
      guard !answer.entries.isEmpty else { return }
      Terminal.write("")
      Answers.table(
        [
          .init(Words.text("privacy.column.given_at")),
          .init(Words.text("privacy.column.purpose"), isFlexible: true),
          .init(Words.text("privacy.column.channel")),
          .init(Words.text("privacy.column.statement")),
          .init(Words.text("privacy.column.source"), isFlexible: true),
        ],
        answer.entries.map { entry in
          let localizer = Words.localizer
          let purpose = "privacy.purpose.\(entry.purpose)"
          let channel = "privacy.channel.\(entry.channel ?? "all")"
          return [
            entry.givenAt,
            localizer?.has(purpose) == true ? Words.text(purpose) : entry.purpose,
            localizer?.has(channel) == true ? Words.text(channel) : entry.channel ?? "",
            Words.text(entry.granted ? "privacy.granted" : "privacy.refused"), entry.source,
          ]
        })
    }
  }

  /// `quartier privacy audit`.
  struct Audit: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "audit", abstract: Words.text("cli.privacy.audit.abstract"),
        discussion: Words.text("cli.privacy.audit.discussion"))
    }

    @Option(name: .long, help: ArgumentHelp(Words.text("cli.privacy.audit.of"), valueName: "id"))
    var of: String?

    @Option(
      name: .long,
      help: ArgumentHelp(Words.text("cli.privacy.audit.since"), valueName: "2026-09-01"))
    var since: MomentArgument?

    @Option(name: .long, help: ArgumentHelp(Words.text("cli.privacy.audit.limit"), valueName: "n"))
    var limit = 100

    @OptionGroup var place: PrivacyPlace
    @OptionGroup var common: CommonOptions

    func validate() throws {
      guard (0...1_000_000).contains(limit) else {
        throw ValidationError(Words.text("cli.segments.changes.range"))
      }
    }

    func run() async throws {
      let desk = try await place.desk()
      let answer = try await ReadAudit(desk).read(
        name: of, since: try since?.microseconds(in: desk.workspace.settings.timeZone),
        limit: limit)
      if common.json {
        try Answers.json(answer)
      } else {
        Answers.table(
          [
            .init("n", .trailing), .init(Words.text("privacy.column.at")),
            .init(Words.text("privacy.column.actor"), isFlexible: true),
            .init(Words.text("privacy.column.action")),
            .init(Words.text("privacy.column.subject"), rank: 1),
            .init(Words.text("privacy.column.detail"), isFlexible: true, rank: 0),
          ],
          answer.entries.map { entry in
            [
              String(entry.number), entry.at, entry.actor,
              Words.text("privacy.action.\(entry.action)"), entry.subject ?? "", entry.detail,
            ]
          })
        if answer.chain == "intact" {
          Terminal.write(
            Words.text("privacy.chain.intact", ["count": .count(answer.total ?? 0)]))
        }
      }
      guard answer.chain == "intact" else {
        throw PrivacyError.logChanged(entry: answer.at ?? 0, isCut: answer.chain == "cut")
      }
    }
  }
}
