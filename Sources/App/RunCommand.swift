internal import ArgumentParser
internal import CustomerSchema
internal import DuckDBEngine
internal import Features
internal import Foundation
internal import Ingestion
internal import Insights
internal import Platform
internal import Presentation

/// `quartier run`: from order files to a segmented customer base.
struct RunCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "run", abstract: Words.text("cli.run.abstract"),
      discussion: Words.text("cli.run.discussion"))
  }

  @Argument(help: ArgumentHelp(Words.text("cli.run.orders"), valueName: "orders"))
  var orders: [String]

  @OptionGroup var source: SourceOptions
  @OptionGroup var method: MethodOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let folder = FileManager.default.currentDirectoryPath
    let workspace =
      try output.workspace.map { try Workspace(opening: $0) }
      ?? Workspace.find(from: folder)
    var request = RunRequest()
    request.orders = orders
    request.language = Words.language.rawValue
    try source.apply(to: &request, workspace: workspace)
    try method.apply(to: &request)
    try output.apply(to: &request)
    try limits.apply(to: &request)
    try await RunExecution(
      request: request, workspace: workspace, json: common.json,
      explainMapping: source.explainMapping, temporaryDirectory: limits.tempDir
    ).run()
  }
}

/// How the files are read.
struct SourceOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.customers"), valueName: "file"))
  var customers: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.events"), valueName: "file"))
  var events: [String] = []

  @Flag(name: .long, help: help("run.explain_mapping"))
  var explainMapping = false

  @OptionGroup var reading: ReadingOptions

  func apply(to request: inout RunRequest, workspace: Workspace?) throws {
    request.customers = customers
    request.events = events
    try reading.apply(to: &request, workspace: workspace)
  }
}

/// How customers are scored and divided.
struct MethodOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(Words.text("cli.run.as_of"), valueName: "last-order|now|2024-12-31"))
  var asOf: AsOfArgument = .init(value: .lastOrder)

  @Option(
    name: .long,
    help: ArgumentHelp(
      Words.text("cli.run.objective"), valueName: "fideliser|reactiver|transformer|developper"))
  var objective: ObjectiveArgument?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.segments"), valueName: "five|eleven"))
  var segments: PartitionKind = .five

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.period"), valueName: "3mo"))
  var period: CalendarPeriod?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.run.monetary"), valueName: "net|gross|average"))
  var monetary: MonetaryMeasure = .net

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.classes"), valueName: "3-10"))
  var classes: Int?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.weights"), valueName: "R,F,M"))
  var weights: NumbersArgument?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.run.recency_cuts"), valueName: "30,90,180,365"))
  var recencyCuts: NumbersArgument?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.run.frequency_cuts"), valueName: "1,2,4,8"))
  var frequencyCuts: NumbersArgument?

  @Option(
    name: .long,
    help: ArgumentHelp(Words.text("cli.run.monetary_cuts"), valueName: "50,100,200,500"))
  var monetaryCuts: NumbersArgument?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.models"), valueName: "auto|none"))
  var models: RunRequest.ModelsChoice = .automatic

  func validate() throws {
    if let classes, !(3...10).contains(classes) {
      throw ValidationError(Words.text("cli.run.classes.range"))
    }
    if let weights, weights.values.count != 3 || weights.values.contains(where: { $0 <= 0 }) {
      throw ValidationError(Words.text("cli.run.weights.three"))
    }
    let cuts = [recencyCuts, frequencyCuts, monetaryCuts].compactMap { $0?.values }
    guard cuts.isEmpty || cuts.count == 3 else {
      throw ValidationError(Words.text("cli.run.cuts.all"))
    }
    for values in cuts {
      guard values.count == cuts[0].count, (2...9).contains(values.count),
        zip(values, values.dropFirst()).allSatisfy({ $0 < $1 })
      else { throw ValidationError(Words.text("cli.run.cuts.ascending")) }
    }
    if let classes, let first = cuts.first, first.count != classes - 1 {
      throw ValidationError(Words.text("cli.run.cuts.classes"))
    }
  }

  func apply(to request: inout RunRequest) throws {
    request.asOf = asOf.value
    request.objective = objective?.value
    request.partition = segments
    request.period = period
    request.models = models
    var fixed: RFMThresholds?
    if let recencyCuts, let frequencyCuts, let monetaryCuts {
      fixed = RFMThresholds(
        daysSinceLastPurchase: recencyCuts.values, orders: frequencyCuts.values,
        monetary: monetaryCuts.values)
    }
    let given = weights?.values ?? [1, 1, 1]
    request.scoring = RFMScoring(
      classes: fixed?.classes ?? classes ?? 5, monetary: monetary,
      weights: RFMWeights(recency: given[0], frequency: given[1], monetary: given[2]),
      fixed: fixed)
  }
}

/// What is written, and how.
struct OutputOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.out"), valueName: "folder"))
  var out: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.report"), valueName: "file.html"))
  var report: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.csv"), valueName: "fr|intl"))
  var csv: RunRequest.ListStyle?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.run.workbook"), valueName: "auto|always|never"))
  var workbook: RunRequest.WorkbookChoice = .automatic

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.workspace"), valueName: "folder"))
  var workspace: String?

  func apply(to request: inout RunRequest) throws {
    request.output = out
    request.report = report
    request.listStyle = csv ?? (Words.language == .french ? .french : .international)
    request.workbooks = workbook
  }
}

/// What the machine may give.
struct LimitOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.memory_limit"), valueName: "2GB"))
  var memoryLimit: BytesArgument?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.threads"), valueName: "n"))
  var threads: Int?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.temp_dir"), valueName: "folder"))
  var tempDir: String?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError(Words.text("cli.run.threads.range"))
    }
  }

  /// Bytes for the engine so that the whole process stays near the limit: the rest of the process
  /// takes about 150 MB, and the engine goes about half beyond its own limit while it spills. At
  /// least a third of the limit.
  func engineMemory() -> Int? {
    memoryLimit.map { max(($0.value - 150_000_000) / 3 * 2, $0.value / 3) }
  }

  func apply(to request: inout RunRequest) throws {
    request.memoryLimit = engineMemory()
    request.threads = threads
  }
}
