internal import ArgumentParser
internal import CustomerSchema
internal import Foundation
internal import Platform
internal import Presentation
internal import Segments

extension SegmentsCommand {
  /// `quartier segments quality [NAME…]`.
  struct Quality: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "quality", abstract: Words.text("cli.segments.quality.abstract"),
        discussion: Words.text("cli.segments.quality.discussion"))
    }

    @Argument(help: ArgumentHelp(Words.text("cli.segments.quality.names"), valueName: "name"))
    var names: [String] = []

    @Option(
      name: .long,
      help: ArgumentHelp(Words.text("cli.segments.quality.outcome"), valueName: "value"))
    var outcome: [String] = []

    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let desk = try await place.desk()
      let answer = try await JudgeSegments(desk).judge(
        names: names.isEmpty ? nil : names, outcomes: outcome.isEmpty ? nil : outcome)
      guard !common.json else { return try Answers.json(answer) }
      QualityText(answer: answer, desk: desk, words: try Answers.localizer()).write()
    }
  }

  /// `quartier segments starter [NAME…]`.
  struct Starter: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "starter", abstract: Words.text("cli.segments.starter.abstract"),
        discussion: Words.text("cli.segments.starter.discussion"))
    }

    @Argument(help: ArgumentHelp(Words.text("cli.segments.starter.names"), valueName: "name"))
    var names: [String] = []

    @OptionGroup var common: CommonOptions

    func run() async throws {
      let library = try StarterLibrary()
      let french = Words.language == .french
      guard !common.json else {
        return try Answers.json(
          Catalogue(
            segments: library.segments.map {
              Catalogue.Item(
                id: $0.id, name: $0.name.inLanguage(french ? "fr" : "en"),
                intention: $0.intention.inLanguage(french ? "fr" : "en"), rule: $0.rule)
            }))
      }
      Terminal.write(
        try library.text(names.isEmpty ? nil : names, language: french ? "fr" : "en"))
    }

    /// `docs/schemas/segments-starter-1.schema.json`.
    struct Catalogue: Encodable {
      let schema = "quartier.segments-starter/1"
      let segments: [Item]

      struct Item: Encodable {
        let id: String
        let name: String
        let intention: String
        let rule: String
      }
    }
  }
}

/// The quality of segments for a reader: verdicts first, then the figures.
private struct QualityText {
  let answer: JudgeSegments.Answer
  let desk: SegmentDesk
  let words: Localizer

  /// Overlaps shown, the greatest first.
  private static let overlapLimit = 10

  func write() {
    guard !answer.segments.isEmpty else {
      return Terminal.write(words.text("segments.list.none"))
    }
    Terminal.write(
      words.text("segments.as_of", ["instant": .text(Answers.instant(answer.asOf, desk))]))
    heading("verdicts")
    if answer.verdicts.isEmpty { Terminal.write(words.text("segments.quality.fine")) }
    for verdict in answer.verdicts { Terminal.write("  • " + sentence(verdict)) }
    heading("segments")
    segments()
    if !answer.overlaps.isEmpty {
      heading("overlaps")
      overlaps()
    }
    guard !answer.outcomes.isEmpty else { return }
    heading("outcomes")
    outcomes()
  }

  private func heading(_ key: String) {
    let style = TerminalStyle(fileDescriptor: STDOUT_FILENO)
    Terminal.write("")
    Terminal.write(style.apply(.bold, words.text("segments.quality.\(key)")))
  }

  private func sentence(_ verdict: JudgeSegments.VerdictItem) -> String {
    var arguments: [String: MessageArgument] = [:]
    for (key, value) in verdict.figures {
      switch key {
      case "count": arguments[key] = .count(Int(value))
      case "potential": arguments[key] = .number(value, decimals: 1)
      default: arguments[key] = .share(value)
      }
    }
    for (key, name) in zip(["segment", "other"], verdict.segments) { arguments[key] = .text(name) }
    arguments["minimum"] = .count(answer.options.minimumMembers)
    arguments["limit"] = .count(answer.options.segmentLimit)
    arguments["days"] = .count(answer.options.actionDays)
    return words.text("segments.verdict.\(verdict.code)", arguments)
  }

  private func share(_ value: Double?) -> String { value.map(words.formats.share) ?? "–" }

  private func segments() {
    Answers.table(
      [
        .init(words.text("segments.column.segment"), isFlexible: true),
        .init(words.text("segments.column.members"), .trailing),
        .init(words.text("segments.column.share"), .trailing, rank: 4),
        .init(words.text("segments.quality.column.stability"), .trailing, rank: 2),
        .init(words.text("segments.quality.column.potential"), .trailing, rank: 3),
        .init(words.text("segments.quality.column.contacted"), .trailing, rank: 1),
        .init(words.text("segments.quality.column.freshness"), rank: 0),
      ],
      answer.segments.map { one in
        [
          one.name, Answers.number(one.size, answer.options.privacyThreshold), share(one.share),
          share(one.stability),
          one.potential.map { "× " + words.formats.number($0, atMost: 1) } ?? "–",
          share(one.contacted), one.freshness.map { Answers.instant($0, desk, .short) } ?? "–",
        ]
      })
  }

  private func overlaps() {
    Answers.table(
      [
        .init(words.text("segments.column.segment"), isFlexible: true),
        .init(words.text("segments.quality.column.other"), isFlexible: true),
        .init(words.text("segments.quality.column.common"), .trailing),
        .init(words.text("segments.quality.column.jaccard"), .trailing),
      ],
      answer.overlaps.prefix(Self.overlapLimit).map {
        [$0.first, $0.second, words.formats.number($0.common), share($0.jaccard)]
      })
  }

  private func outcomes() {
    for outcome in answer.outcomes {
      let isDifferent = outcome.adjustedPValue < answer.options.significance
      Terminal.write(
        "  • "
          + words.text(
            isDifferent && outcome.effect != .negligible
              ? "segments.quality.differs" : "segments.quality.alike",
            [
              "outcome": .text(label(outcome.outcome)),
              "effect": .term("segments.quality.effect.\(outcome.effect.rawValue)"),
              "figures": .text(figures(outcome)),
            ]))
    }
    Terminal.write("")
    var names: [String] = []
    for group in answer.outcomes.flatMap(\.groups) where !names.contains(group.segment) {
      names.append(group.segment)
    }
    Answers.table(
      [.init(words.text("segments.column.segment"), isFlexible: true)]
        + answer.outcomes.enumerated().map { index, outcome in
          .init(label(outcome.outcome), .trailing, rank: answer.outcomes.count - index)
        },
      names.map { name in
        [name]
          + answer.outcomes.map { outcome in
            outcome.groups.first { $0.segment == name }.map(typical) ?? "–"
          }
      })
    Terminal.write(words.text("segments.quality.typical"))
  }

  /// The median, or the most frequent category with its share.
  private func typical(_ group: JudgeSegments.Group) -> String {
    if let median = group.median { return words.formats.number(median, atMost: 2) }
    guard let category = group.category else { return "–" }
    return "\(Localizer.printable(category)) (\(share(group.categoryShare)))"
  }

  private func figures(_ outcome: JudgeSegments.OutcomeItem) -> String {
    let isNumber = outcome.test == "kruskal_wallis"
    func number(_ value: Double, _ decimals: Int) -> String {
      words.formats.number(value, atMost: decimals)
    }
    let p =
      outcome.adjustedPValue < 0.001
      ? "p < " + number(0.001, 3) : "p = " + number(outcome.adjustedPValue, 3)
    return
      "\(isNumber ? "H" : "χ²")(\(outcome.degreesOfFreedom)) = \(number(outcome.statistic, 1)), \(p), "
      + "\(isNumber ? "ε²" : "V") = \(number(outcome.effectSize, 3))"
  }

  /// An attribute's name in words; any other value as it was asked for.
  private func label(_ outcome: String) -> String {
    words.has("attribute.\(outcome)")
      ? words.text("attribute.\(outcome)") : Localizer.printable(outcome)
  }
}
