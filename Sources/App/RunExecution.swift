internal import CustomerSchema
internal import DuckDBEngine
internal import Foundation
internal import Ingestion
internal import Insights
internal import Platform
internal import Presentation

/// Carries out a run request: works, writes, keeps it in its workspace and says what came out.
struct RunExecution {
  let request: RunRequest
  let workspace: Workspace?
  let json: Bool
  var explainMapping = false
  var temporaryDirectory: String?

  func run() async throws {
    guard let localizer = Words.localizer else {
      throw PlatformError.missing("Presentation/Resources/Localization")
    }
    let outputs = RunOutputs(request: request, localizer: localizer)
    try outputs.check()
    let scratch = try Scratch(in: temporaryDirectory)
    defer { scratch.remove() }
    let engine = try DuckDBEngine(
      DuckDBEngine.Options(
        memoryLimit: request.memoryLimit, threads: request.threads,
        temporaryDirectory: scratch.path, preservesInsertionOrder: false))
    defer { Terminal.endProgress() }
    let segmentation = RunSegmentation(
      engine: engine, request: request, scratch: scratch.path,
      previousGroups: explainMapping || request.models == .none
        ? nil : try await workspace?.keptGroups(engine: engine),
      workspace: workspace, progress: Terminal.progress)
    if explainMapping {
      let understanding = try await segmentation.understand()
      Terminal.endProgress()
      Terminal.explain(understanding, localizer)
      return
    }
    let started = ContinuousClock.now
    let outcome = try await segmentation.run()
    Terminal.progress(.writing)
    // First what may be refused because somebody else works in the workspace.
    let kept = try await workspace?.keep(outcome)
    let written = try await outputs.write(outcome)
    Terminal.endProgress()
    if json {
      FileHandle.standardOutput.write(try RunJSON.encode(outcome.result))
      Terminal.write("")
      return
    }
    Terminal.write(
      RunSummary.text(
        outcome.result, localizer, style: TerminalStyle(fileDescriptor: STDOUT_FILENO)))
    for path in written { Terminal.write(Words.text("cli.run.written", ["file": .text(path)])) }
    if let kept { Terminal.write(Words.text("cli.run.kept", ["count": .count(kept)])) }
    if written.isEmpty { Terminal.write(Words.text("cli.run.nothing_written")) }
    let seconds = Double((ContinuousClock.now - started) / .milliseconds(1)) / 1000
    Terminal.error(
      Words.text("cli.run.duration", ["seconds": .number(seconds, decimals: 1)]))
  }
}

/// A folder for spilled and prepared data, removed at the end.
struct Scratch {
  let path: String

  init(in parent: String?) throws {
    let base = parent.map { URL(fileURLWithPath: $0) } ?? FileManager.default.temporaryDirectory
    let folder = base.appending(path: "quartier-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw PlatformError.cannotWrite(base.path, reason: "\(error.localizedDescription)")
    }
    path = folder.path
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
