internal import Foundation

/// How wide a terminal is and whether it takes bold and colour.
package struct TerminalStyle: Sendable, Hashable {
  /// Columns, from 40 on.
  package let width: Int
  package let isStyled: Bool

  package init(width: Int, isStyled: Bool) {
    self.width = max(40, width)
    self.isStyled = isStyled
  }

  /// For pipes and files: no styles, 100 columns.
  package static let plain = TerminalStyle(width: 100, isStyled: false)

  /// What a file descriptor is, by `isatty`, `NO_COLOR`, `TERM` and the window's size.
  package init(
    fileDescriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    guard isatty(fileDescriptor) == 1 else {
      self = .plain
      return
    }
    var size = winsize()
    let known = ioctl(fileDescriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    // Beyond 100 columns lines get hard to read.
    let width = min(100, known ? Int(size.ws_col) : 80)
    let refuses = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    self.init(width: width, isStyled: !refuses && environment["TERM"] != "dumb")
  }

  package enum Emphasis: String, Sendable {
    case bold = "1"
    case faint = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case blue = "34"
  }

  /// The text with an emphasis, or as it is where styles are off.
  package func apply(_ emphasis: Emphasis, _ text: String) -> String {
    isStyled && !text.isEmpty ? "\u{1B}[\(emphasis.rawValue)m\(text)\u{1B}[0m" : text
  }
}
