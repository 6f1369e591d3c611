import Foundation
import Testing

@testable import Presentation

struct TerminalTests {
  @Test(
    "Widths are those that terminals draw",
    arguments: [
      ("abc", 3), ("é", 1), ("e\u{301}", 1), ("1\u{202F}234,56\u{A0}€", 10), ("日本", 4), ("🍊", 2),
      ("👩‍👩‍👧", 2), ("❤️", 2), ("ｆｕｌｌ", 8), ("한글", 4), ("a\u{200B}b", 2), ("", 0), ("−5 %", 4),
    ])
  func width(text: String, columns: Int) {
    #expect(DisplayWidth.of(text) == columns)
  }

  @Test("A cut text ends with … and never exceeds its width, wide characters included")
  func truncate() {
    #expect(DisplayWidth.truncate("Nouveaux à fort potentiel", to: 10) == "Nouveaux …")
    #expect(DisplayWidth.truncate("日本語", to: 4) == "日…")
    #expect(DisplayWidth.truncate("abc", to: 3) == "abc")
  }

  @Test("Lines break at plain spaces only")
  func wrap() {
    #expect(
      DisplayWidth.wrap("il a rapporté 1\u{202F}234\u{A0}€ net", width: 14)
        == ["il a rapporté", "1\u{202F}234\u{A0}€ net"])
    #expect(DisplayWidth.wrap("abcdefgh ij", width: 4) == ["abcdefgh", "ij"])
    #expect(DisplayWidth.wrap("", width: 4) == [])
  }

  private static let table = TerminalTable(
    columns: [
      TerminalTable.Column("Segment", isFlexible: true), TerminalTable.Column("CA", .trailing),
      TerminalTable.Column("%", .trailing, rank: 1),
    ],
    rows: [["Fidèles", "1\u{202F}234\u{A0}€", "64"], ["日本のお客様", "5\u{A0}€", "3\u{1B}"]])

  @Test("Columns align whatever their characters, and control characters are shown")
  func aligned() {
    let lines = Self.table.lines(.plain)
    #expect(
      lines == [
        "Segment            CA   %", "────────────  ───────  ──",
        "Fidèles       1\u{202F}234\u{A0}€  64", "日本のお客様      5\u{A0}€  3␛",
      ])
    #expect(Set(lines.map(DisplayWidth.of)) == [25])
  }

  @Test("A narrow terminal loses the least important column, then cuts names")
  func narrow() {
    let wide = TerminalTable(
      columns: [
        TerminalTable.Column("Name", isFlexible: true), TerminalTable.Column("Rank 2", rank: 2),
        TerminalTable.Column("Rank 1", rank: 1), TerminalTable.Column("Kept", .trailing),
      ], rows: [[String(repeating: "n", count: 60), "two", "one", "kept"]])
    let lines = wide.lines(TerminalStyle(width: 40, isStyled: false))
    #expect(lines.allSatisfy { DisplayWidth.of($0) <= 40 })
    #expect(lines[0].contains("Rank 2") && !lines[0].contains("Rank 1"))
    #expect(lines[2].contains("…") && lines[2].contains("kept"))
  }

  @Test("A pipe is plain; a terminal has styles unless NO_COLOR or a dumb TERM refuses them")
  func detection() throws {
    let pipe = Pipe()
    #expect(
      TerminalStyle(fileDescriptor: pipe.fileHandleForWriting.fileDescriptor, environment: [:])
        == .plain)
    let controller = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    try #require(controller >= 0)
    defer { close(controller) }
    var lock: Int32 = 0
    var number: UInt32 = 0
    // TIOCSPTLCK and TIOCGPTN, whose macros Swift does not import.
    let answers = [ioctl(controller, 0x4004_5431, &lock), ioctl(controller, 0x8004_5430, &number)]
    try #require(answers == [0, 0])
    let terminal = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    try #require(terminal >= 0)
    defer { close(terminal) }
    var size = winsize(ws_row: 24, ws_col: 72, ws_xpixel: 0, ws_ypixel: 0)
    let sized = ioctl(terminal, UInt(TIOCSWINSZ), &size)
    try #require(sized == 0)
    func style(_ environment: [String: String]) -> TerminalStyle {
      TerminalStyle(fileDescriptor: terminal, environment: environment)
    }
    #expect(style(["TERM": "xterm"]) == TerminalStyle(width: 72, isStyled: true))
    #expect(style(["NO_COLOR": "1"]) == TerminalStyle(width: 72, isStyled: false))
    #expect(style(["NO_COLOR": ""]).isStyled)
    #expect(!style(["TERM": "dumb"]).isStyled)
  }

  @Test("Emphasis is written only where styles are on")
  func emphasis() {
    #expect(TerminalStyle.plain.apply(.bold, "x") == "x")
    #expect(TerminalStyle(width: 80, isStyled: true).apply(.bold, "x") == "\u{1B}[1mx\u{1B}[0m")
  }
}
