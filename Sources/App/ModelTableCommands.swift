internal import ArgumentParser
internal import CustomerSchema
internal import DuckDBEngine
internal import Foundation
internal import Insights
internal import Platform
internal import Presentation
internal import Scoring

/// `quartier model survival`: how long subscriptions last.
struct ModelSurvivalCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "survival", abstract: Words.text("cli.model.survival.abstract"))
  }

  @Argument(help: ArgumentHelp(Words.text("cli.model.survival.file"), valueName: "file"))
  var file: String?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.survival.duration"), valueName: "column"))
  var duration: String?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.survival.event"), valueName: "column"))
  var event: String?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.survival.start"), valueName: "column"))
  var start: String?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.survival.end"), valueName: "column"))
  var end: String?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.survival.as_of"), valueName: "2024-12-31")
  )
  var asOf: AsOfArgument?

  @Option(
    name: .long,
    help: ArgumentHelp(Words.text("cli.model.survival.unit"), valueName: "day|week|month"))
  var unit: UnitChoice = .month

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.survival.id"), valueName: "column"))
  var id: String?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.survival.group"), valueName: "column"))
  var group: String?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.survival.covariates"), valueName: "a,b,c")
  )
  var covariates: String?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.survival.amount"), valueName: "column"))
  var amount: String?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.survival.horizon"), valueName: "24"))
  var horizon: Double?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.survival.discount"), valueName: "1%"))
  var discount: ShareArgument?

  @OptionGroup var table: TableOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let horizon, !(horizon > 0 && horizon < 1e6) {
      throw ValidationError(Words.text("cli.model.survival.horizon.range"))
    }
    if start != nil, duration != nil {
      throw ValidationError(Words.text("cli.model.survival.both"))
    }
    if start == nil, end != nil {
      throw ValidationError(Words.text("cli.model.survival.end_alone"))
    }
  }

  func run() async throws {
    var settings = SurvivalSettings()
    settings.duration = duration ?? ""
    settings.event = event ?? ""
    settings.start = start ?? ""
    settings.end = end ?? ""
    settings.unit = unit.unit
    settings.id = id
    if case .date(let date) = asOf?.value { settings.asOf = date }
    settings.group = group
    settings.covariates = names(covariates) ?? []
    settings.amount = amount
    settings.horizon = horizon
    settings.discountPerPeriod = discount?.value ?? 0
    try await table.run(file, asOf: asOf?.value) { analysis, localizer in
      let outcome = try await analysis.survival(settings)
      let report = outcome.report
      if let out = table.out {
        try await AnalyseTable.write(outcome, to: out, localizer: localizer)
      }
      table.show(
        common.json
          ? String(decoding: try RunJSON.encode(any: report), as: UTF8.self)
          : SurvivalSummary.text(
            report, localizer, style: TerminalStyle(fileDescriptor: STDOUT_FILENO)),
        json: common.json, outcome.landing)
    }
  }
}

/// `quartier model tribes`: what a survey says, and the tribes among its respondents.
struct ModelTribesCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "tribes", abstract: Words.text("cli.model.tribes.abstract"))
  }

  @Argument(help: ArgumentHelp(Words.text("cli.model.tribes.file"), valueName: "file"))
  var file: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.model.tribes.items"), valueName: "a,b,c"))
  var items: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.model.tribes.id"), valueName: "column"))
  var id: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.model.tribes.nps"), valueName: "column"))
  var nps: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.model.tribes.csat"), valueName: "column"))
  var csat: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.model.tribes.ces"), valueName: "column"))
  var ces: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.model.tribes.tribes"), valueName: "1-6"))
  var tribes: TribesArgument = .init(range: 1...6)

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.tribes.group"), valueName: "column"))
  var group: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.model.tribes.survey"), valueName: "name"))
  var survey: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.model.tribes.seed"), valueName: "n"))
  var seed = 1

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.tribes.as_of"), valueName: "2024-12-31"))
  var asOf: AsOfArgument?

  @OptionGroup var table: TableOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard seed >= 0 else { throw ValidationError(Words.text("cli.model.clusters.seed.range")) }
  }

  func run() async throws {
    var settings = TribeSettings()
    settings.group = group
    settings.seed = seed
    settings.items = names(items)
    settings.id = id
    settings.nps = nps
    settings.csat = csat
    settings.ces = ces
    settings.classes = tribes.range
    try await table.run(file, asOf: asOf?.value) { analysis, localizer in
      let outcome = try await analysis.tribes(settings, survey: survey)
      if let out = table.out {
        try await AnalyseTable.write(outcome, to: out, localizer: localizer)
      }
      let report = outcome.training.report
      table.show(
        common.json
          ? String(decoding: try RunJSON.encode(any: report), as: UTF8.self)
          : TribeSummary.text(
            report, localizer, style: TerminalStyle(fileDescriptor: STDOUT_FILENO)),
        json: common.json, outcome.landing)
    }
  }
}

/// Names separated by commas; nil without any.
private func names(_ text: String?) -> [String]? {
  text?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
}

/// What the commands that read any table share.
struct TableOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.sheet"), valueName: "name"))
  var sheet: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.model.out"), valueName: "folder"))
  var out: String?

  @OptionGroup var place: ModelPlaceOptions

  /// - Parameter asOf: the day as of which a workspace is told; nil for today.
  func run(
    _ file: String?, asOf: RunRequest.AsOf?,
    _ body: (AnalyseTable, Localizer) async throws -> Void
  ) async throws {
    guard let localizer = Words.localizer else {
      throw PlatformError.missing("Presentation/Resources/Localization")
    }
    let scratch = try Scratch(in: nil)
    defer { scratch.remove() }
    let engine = try DuckDBEngine(DuckDBEngine.Options(temporaryDirectory: scratch.path))
    if let file {
      guard place.workspace == nil else { throw PlatformError.filesAndWorkspace }
      try await body(
        AnalyseTable(.file(file, sheet: sheet, engine: engine, scratch: scratch.path)), localizer)
      return
    }
    guard let workspace = try ModelExecution.workspace(place.workspace) else {
      throw PlatformError.nothingToModel
    }
    try await body(
      AnalyseTable(
        .workspace(WorkspaceOrders(workspace, engine: engine, asOf: asOf ?? .now))), localizer)
  }

  func show(_ text: String, json: Bool, _ landing: ModelLanding?) {
    Terminal.write(text)
    guard !json else { return }
    if let out { Terminal.write(Words.text("cli.run.written", ["file": .text(out)])) }
    Terminal.landed(landing)
  }
}

/// `1-6`, or one number of tribes.
struct TribesArgument: ExpressibleByArgument {
  let range: ClosedRange<Int>

  init(range: ClosedRange<Int>) { self.range = range }

  init?(argument: String) {
    let parts = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2,
      first >= 1, last >= first, last <= 20
    else { return nil }
    range = first...last
  }

  var defaultValueDescription: String { "\(range.lowerBound)-\(range.upperBound)" }
}
