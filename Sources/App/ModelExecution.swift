internal import CustomerSchema
internal import DuckDBEngine
internal import Foundation
internal import Platform
internal import Presentation

/// What the model commands that read orders share: the request, the engine, the scratch folder.
struct ModelExecution {
  let orders: [String]
  let reading: ReadingOptions
  let limits: LimitOptions
  let asOf: RunRequest.AsOf

  /// Prepares everything, hands over, and cleans up.
  func run(
    _ body: (RunSegmentation, Localizer, Workspace?) async throws -> Void
  ) async throws {
    guard let localizer = Words.localizer else {
      throw PlatformError.missing("Presentation/Resources/Localization")
    }
    let workspace = try Workspace.find(from: FileManager.default.currentDirectoryPath)
    var request = RunRequest()
    request.orders = orders
    request.language = Words.language.rawValue
    request.asOf = asOf
    try reading.apply(to: &request, workspace: workspace)
    try limits.apply(to: &request)
    let scratch = try Scratch(in: limits.tempDir)
    defer { scratch.remove() }
    let engine = try DuckDBEngine(
      DuckDBEngine.Options(
        memoryLimit: request.memoryLimit, threads: request.threads,
        temporaryDirectory: scratch.path, preservesInsertionOrder: false))
    defer { Terminal.endProgress() }
    let segmentation = RunSegmentation(
      engine: engine, request: request, scratch: scratch.path, progress: Terminal.progress)
    try await body(segmentation, localizer, workspace)
  }
}
