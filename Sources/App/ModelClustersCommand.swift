internal import ArgumentParser
internal import CustomerSchema
internal import Foundation
internal import Insights
internal import Platform
internal import Presentation
internal import Scoring

/// `quartier model clusters`: the groups that the data show by themselves.
struct ModelClustersCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "clusters", abstract: Words.text("cli.model.clusters.abstract"),
      discussion: Words.text("cli.model.clusters.discussion"))
  }

  @Argument(help: ArgumentHelp(Words.text("cli.run.orders"), valueName: "orders"))
  var orders: [String] = []

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.clusters.groups"), valueName: "2-10"))
  var groups: GroupsArgument = .init(range: 2...10)

  @Option(
    name: .long,
    help: ArgumentHelp(
      Words.text("cli.model.clusters.method"), valueName: "auto|k-means|mixture|k-prototypes|ward"))
  var method: MethodChoice = .auto

  @Option(
    name: .long,
    help: ArgumentHelp(Words.text("cli.model.clusters.attributes"), valueName: "a,b,c"))
  var attributes: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      Words.text("cli.model.clusters.treatment"), valueName: "name=log|standard|robust|none|out"))
  var treatment: [String] = []

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.model.clusters.seed"), valueName: "n"))
  var seed = 1

  @Option(
    name: .long,
    help: ArgumentHelp(Words.text("cli.run.as_of"), valueName: "last-order|now|2024-12-31"))
  var asOf: AsOfArgument?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.model.out"), valueName: "folder"))
  var out: String?

  @Flag(name: .long, help: ArgumentHelp(Words.text("cli.model.clusters.segments")))
  var segments = false

  @OptionGroup var place: ModelPlaceOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard seed >= 0 else { throw ValidationError(Words.text("cli.model.clusters.seed.range")) }
  }

  func run() async throws {
    var settings = GroupSettings()
    settings.groups = groups.range
    settings.method = GroupMethod(rawValue: method.rawValue)
    settings.seed = seed
    settings.threads = limits.threads
    settings.fitRows = 200_000
    for text in treatment {
      guard let treatment = GroupTreatment(text) else { throw ScoringError.unknownTreatment(text) }
      settings.treatments.append(treatment)
    }
    let names = attributes.map {
      $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    try await ModelExecution(
      orders: orders, workspace: place.workspace, reading: reading, limits: limits,
      asOf: asOf?.value
    ).run { source, localizer, _ in
      let outcome = try await TrainGroups(
        source, settings: settings, attributes: names,
        segmentWords: segments ? localizer : nil
      ).run()
      if let out { try await TrainGroups.write(outcome, to: out, localizer: localizer) }
      Terminal.endProgress()
      if common.json {
        let answer = try RunJSON.encode(any: outcome.training.report)
        Terminal.write(String(decoding: answer, as: UTF8.self))
        return
      }
      Terminal.write(
        GroupSummary.text(
          outcome.training.report, localizer, style: TerminalStyle(fileDescriptor: STDOUT_FILENO)))
      if let out { Terminal.write(Words.text("cli.run.written", ["file": .text(out)])) }
      Terminal.landed(outcome.landing)
      if !outcome.segments.isEmpty { Terminal.write(Words.text("cli.model.clusters.made")) }
      for name in outcome.segments { Terminal.write("  " + name) }
    }
  }
}

enum MethodChoice: String, ExpressibleByArgument, CaseIterable {
  case auto
  case kMeans = "k-means"
  case mixture
  case kPrototypes = "k-prototypes"
  case ward
}

/// `2-10`, or one number of groups.
struct GroupsArgument: ExpressibleByArgument {
  let range: ClosedRange<Int>

  init(range: ClosedRange<Int>) { self.range = range }

  init?(argument: String) {
    let parts = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2,
      first >= 2, last >= first, last <= 50
    else { return nil }
    range = first...last
  }

  var defaultValueDescription: String { "\(range.lowerBound)-\(range.upperBound)" }
}
