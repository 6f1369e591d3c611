internal import CustomerSchema
internal import Foundation
internal import Ingestion
internal import Platform
internal import Presentation

/// Where a command writes: results on standard output, everything else on standard error.
enum Terminal {
  static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
  static let errorIsTerminal = isatty(STDERR_FILENO) == 1

  static func write(_ text: String) {
    FileHandle.standardOutput.write(Data((text.hasSuffix("\n") ? text : text + "\n").utf8))
  }

  static func error(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// What stands at a message's place, with carets under it.
  static func excerpt(of message: UserMessage) {
    for line in message.excerpt?.lines(width: DisplayWidth.of) ?? [] { error("    " + line) }
  }

  /// One line that replaces itself on a terminal; nothing when piped.
  static func progress(_ step: RunStep) { progress(Words.text("progress.\(step.rawValue)")) }

  static func progress(_ text: String) {
    guard errorIsTerminal else { return }
    FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
  }

  /// Writes the mapping document on standard output; what stands in the way on standard error.
  static func explain(_ understanding: Understanding, _ localizer: Localizer) {
    let lines = understanding.mapping.map { line in
      switch line {
      case .comment(let message): "# " + localizer.text(message)
      case .text(let text): text
      }
    }
    write(lines.joined(separator: "\n"))
    for problem in understanding.problems {
      error("\(localizer.text("cli.error")) \(localizer.text(problem))")
      if let fix = localizer.fix(problem) { error("  → \(fix)") }
    }
  }

  /// The share done, from 0 to 1, in the same way.
  static func progress(share: Double) {
    guard errorIsTerminal else { return }
    let text = Words.text("progress.share", ["share": .share(share)])
    FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
  }

  /// Wipes the progress line.
  static func endProgress() {
    guard errorIsTerminal else { return }
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
  }
}
