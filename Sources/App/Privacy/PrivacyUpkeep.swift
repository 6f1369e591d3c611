internal import ArgumentParser
internal import Foundation
internal import Platform
internal import Presentation
internal import Privacy

extension PrivacyCommand {
  /// `quartier privacy retention --dry-run|--apply`.
  struct Retention: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "retention", abstract: Words.text("cli.privacy.retention.abstract"),
        discussion: Words.text("cli.privacy.retention.discussion"))
    }

    @Flag(name: .long, help: help("privacy.retention.dry_run"))
    var dryRun = false

    @Flag(name: .long, help: help("privacy.retention.apply"))
    var apply = false

    @OptionGroup var place: PrivacyPlace
    @OptionGroup var common: CommonOptions

    func validate() throws {
      if dryRun == apply { throw ValidationError(Words.text("cli.privacy.retention.either")) }
    }

    func run() async throws {
      let answer = try await ApplyRetention(try await place.desk()).run(applies: apply)
      guard !common.json else { return try Answers.json(answer) }
      Answers.table(
        [
          .init(Words.text("privacy.column.rule"), isFlexible: true),
          .init(Words.text("privacy.column.months"), .trailing),
          .init(Words.text("privacy.column.reference")),
          .init(Words.text("privacy.column.due"), .trailing),
          .init(Words.text("privacy.column.oldest")),
        ],
        answer.plan.due.map { due in
          [
            Words.text("privacy.retention.\(due.rule.rawValue)"), Answers.number(due.months),
            due.reference, Answers.number(due.people), due.since ?? "–",
          ]
        } + [
          [
            Words.text("privacy.retention.orders"), Answers.number(answer.plan.orderMonths),
            "CONS-05", Answers.number(answer.plan.orders), "–",
          ]
        ])
      Terminal.write(
        Words.text(answer.isApplied ? "privacy.retention.applied" : "privacy.retention.dry"))
    }
  }
}
