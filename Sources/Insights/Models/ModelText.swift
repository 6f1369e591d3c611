internal import CustomerSchema
internal import Presentation

/// What the terminal texts of all models share: headings, paragraphs, bullets, tables.
struct ModelText {
  let localizer: Localizer
  let style: TerminalStyle
  private(set) var lines: [String] = []

  init(_ localizer: Localizer, _ style: TerminalStyle) {
    self.localizer = localizer
    self.style = style
  }

  func text(_ key: String, _ arguments: [String: MessageArgument] = [:]) -> String {
    localizer.text(key, arguments)
  }

  mutating func title(_ text: String) {
    if !lines.isEmpty { lines.append("") }
    lines.append(style.apply(.bold, text))
  }

  mutating func paragraph(_ text: String, indent: Int = 0) {
    let margin = String(repeating: " ", count: indent)
    lines += DisplayWidth.wrap(text, width: style.width - indent).map { margin + $0 }
  }

  mutating func bullet(_ text: String) {
    for (index, line) in DisplayWidth.wrap(text, width: style.width - 4).enumerated() {
      lines.append((index == 0 ? "  • " : "    ") + line)
    }
  }

  /// A message and what to do about it.
  mutating func bullet(_ message: UserMessage) {
    let parts = [localizer.text(message), localizer.fix(message)].compactMap { $0 }
    bullet(parts.joined(separator: " "))
  }

  mutating func blank() { lines.append("") }

  /// A table whose columns are numbers but for those named flexible or leading.
  mutating func table(_ columns: [TerminalTable.Column], _ rows: [[String]]) {
    lines += TerminalTable(columns: columns, rows: rows).lines(style, indent: 2)
  }

  func column(_ key: String, rank: Int? = nil, leading: Bool = false) -> TerminalTable.Column {
    TerminalTable.Column(
      localizer.text(key), leading ? .leading : .trailing, isFlexible: leading, rank: rank)
  }

  func number(_ value: Double?, _ decimals: Int) -> String {
    value.map { localizer.formats.number($0, decimals: decimals) } ?? localizer.text("value.none")
  }

  func share(_ value: Double?) -> String {
    value.map { localizer.formats.percentage($0, decimals: 1) } ?? localizer.text("value.none")
  }

  func money(_ money: Money?, _ form: Formats.MoneyStyle = .rounded) -> String {
    money.map { localizer.formats.money($0, form) } ?? localizer.text("value.none")
  }

  func count(_ value: Int) -> String { localizer.formats.number(value) }

  /// The whole text, ending with a line end.
  var joined: String { lines.joined(separator: "\n") + "\n" }
}
