internal import ArgumentParser
internal import CustomerSchema
internal import Dispatch
internal import Foundation
internal import Presentation
internal import Warehouse

@main
enum Main {
  static func main() async {
    let work = Task { await run(Array(CommandLine.arguments.dropFirst())) }
    // A first interruption lets the work clean up after itself; a second ends the process.
    signal(SIGINT, SIG_IGN)
    let interruption = DispatchSource.makeSignalSource(signal: SIGINT)
    interruption.setEventHandler {
      work.cancel()
      signal(SIGINT, SIG_DFL)
    }
    interruption.resume()
    exit(await work.value)
  }

  /// Runs one command line and returns the exit status.
  static func run(_ arguments: [String]) async -> Int32 {
    do {
      var command = try Quartier.parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      return ExitStatus.done.rawValue
    } catch {
      return report(error)
    }
  }

  private static func report(_ error: any Error) -> Int32 {
    if let error = error as? any UserFacingError { return report(error) }
    if error is CancellationError { return interrupted }
    let message = Quartier.fullMessage(for: error)
    switch Quartier.exitCode(for: error) {
    case .success:
      print(message)
      return ExitStatus.done.rawValue
    case .validationFailure:
      Terminal.error(message)
      return ExitStatus.usage.rawValue
    default:
      return reportInternal(String(describing: type(of: error)), detail: "\(error)")
    }
  }

  private static func report(_ error: any UserFacingError) -> Int32 {
    if error as? WarehouseError == .cancelled { return interrupted }
    let message = error.userMessage
    if error.exitStatus == .internal {
      return reportInternal(message.code, detail: "\(error)")
    }
    guard let words = Words.localizer else {
      Terminal.error("\(message.code) \(message.arguments)")
      return error.exitStatus.rawValue
    }
    for message in [message] + error.furtherMessages { report(message, in: words) }
    return error.exitStatus.rawValue
  }

  private static func report(_ message: UserMessage, in words: Localizer) {
    let sentence = words.text(message)
    // A sentence that names its file needs no place in front, unless it is a line of it.
    let isNamed = message.location.map { $0.line == nil && sentence.contains($0.file) } ?? true
    let place = isNamed ? "" : words.location(message).map { "\($0): " } ?? ""
    Terminal.error("\(words.text("cli.error")) \(place)\(sentence)")
    Terminal.excerpt(of: message)
    if let fix = words.fix(message) { Terminal.error("  → \(fix)") }
  }

  /// A defect: an id to quote; the detail, which may hold data, only when it is asked for.
  private static func reportInternal(_ kind: String, detail: String) -> Int32 {
    let id = UUID().uuidString.prefix(8).lowercased()
    Terminal.error(
      Words.text("cli.internal_error", ["id": .text("\(kind)-\(id)")]))
    if ProcessInfo.processInfo.environment["QUARTIER_DEBUG"] == "1" { Terminal.error(detail) }
    return ExitStatus.internal.rawValue
  }

  /// What a shell expects after Ctrl-C.
  private static let interrupted: Int32 = 130
}
