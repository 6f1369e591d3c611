import Presentation
import Testing

@testable import Insights

struct RunSummaryTests {
  @Test("The terminal's summary of a shop's year", arguments: Language.allCases)
  func shop(language: Language) throws {
    let text = RunSummary.text(Fixture.shop(), try localizer(language))
    try expectGolden(text, "summary-shop.\(language.rawValue).txt")
  }

  @Test("No line is wider than the terminal", arguments: Language.allCases, [80, 100])
  func width(language: Language, width: Int) throws {
    let style = TerminalStyle(width: width, isStyled: false)
    let edges = Fixture.edges.filter { $0.name != "hostile names" }.map(\.result)
    for result in [Fixture.shop(objective: .reactivate)] + edges {
      for line in RunSummary.text(result, try localizer(language), style: style).split(
        separator: "\n")
      {
        #expect(DisplayWidth.of(String(line)) <= width, "\(line)")
      }
    }
  }

  @Test("Styles appear only when asked for, and a file's name cannot steer the terminal")
  func styles() throws {
    let hostile = Fixture.edge(purchasers: 40, revenue: "400.00", file: Fixture.hostileName)
    let plain = RunSummary.text(hostile, try localizer(.english))
    #expect(!plain.contains("\u{1B}"))
    let styled = RunSummary.text(
      Fixture.shop(), try localizer(.english), style: TerminalStyle(width: 100, isStyled: true))
    #expect(styled.contains("\u{1B}[1m"))
  }
}
