internal import CustomerSchema
internal import Foundation
internal import Platform

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

  /// One line that replaces itself on a terminal; nothing when piped.
  static func progress(_ step: RunStep) {
    guard errorIsTerminal else { return }
    FileHandle.standardError.write(
      Data("\r\u{1B}[K\(Words.text("progress.\(step.rawValue)"))".utf8))
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
