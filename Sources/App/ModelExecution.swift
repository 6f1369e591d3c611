internal import ArgumentParser
internal import CustomerSchema
internal import DuckDBEngine
internal import Foundation
internal import Platform
internal import Presentation
internal import Scoring

/// The workspace that a model learns from and lands in, where no files are named.
struct ModelPlaceOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp(Words.text("cli.model.place"), valueName: "folder"))
  var workspace: String?
}

/// What the model commands that read orders share: the request, the engine, the scratch folder.
struct ModelExecution {
  let orders: [String]
  let workspace: String?
  let reading: ReadingOptions
  let limits: LimitOptions
  /// Nil for the last order of files, for today in a workspace.
  let asOf: RunRequest.AsOf?

  /// Prepares everything, hands over with the scratch folder, and cleans up.
  func run(
    _ body: (ModelSource, Localizer, String) async throws -> Void
  ) async throws {
    guard let localizer = Words.localizer else {
      throw PlatformError.missing("Presentation/Resources/Localization")
    }
    let found = try Self.workspace(workspace)
    guard orders.isEmpty || workspace == nil else { throw PlatformError.filesAndWorkspace }
    var request = RunRequest()
    request.orders = orders
    request.language = Words.language.rawValue
    request.asOf = asOf ?? .lastOrder
    try reading.apply(to: &request, workspace: found)
    try limits.apply(to: &request)
    let scratch = try Scratch(in: limits.tempDir)
    defer { scratch.remove() }
    let engine = try DuckDBEngine(
      DuckDBEngine.Options(
        memoryLimit: request.memoryLimit, threads: request.threads,
        temporaryDirectory: scratch.path, preservesInsertionOrder: false))
    defer { Terminal.endProgress() }
    if orders.isEmpty {
      guard let found else { throw PlatformError.nothingToModel }
      let source = ModelSource.workspace(
        WorkspaceOrders(
          found, engine: engine, asOf: asOf ?? .now,
          zeroOrdersArePurchases: request.zeroOrdersArePurchases,
          memoryLimit: request.memoryLimit, threads: request.threads,
          progress: Terminal.progress))
      try await body(source, localizer, scratch.path)
      return
    }
    let segmentation = RunSegmentation(
      engine: engine, request: request, scratch: scratch.path, progress: Terminal.progress)
    try await body(.files(segmentation), localizer, scratch.path)
  }

  /// The workspace named, or the one of the current folder.
  static func workspace(_ path: String?) throws -> Workspace? {
    try path.map { try Workspace(opening: $0) }
      ?? Workspace.find(from: FileManager.default.currentDirectoryPath)
  }
}

extension Terminal {
  /// Says where a model went.
  static func landed(_ landing: ModelLanding?) {
    guard let landing else { return }
    write(
      Words.text(
        landing.attributes.isEmpty ? "cli.model.landed.kept" : "cli.model.landed",
        [
          "kind": .text(landing.kind.rawValue), "version": .count(landing.version),
          "attributes": .texts(landing.attributes), "count": .count(landing.customers),
        ]))
  }
}
