/// A table with aligned columns for a terminal or a text file.
package struct TerminalTable: Sendable {
  package enum Alignment: Sendable { case leading, trailing }

  package struct Column: Sendable {
    package let title: String
    package let alignment: Alignment
    /// Whether the column's cells may be cut when the table is wider than the terminal.
    package let isFlexible: Bool
    /// Columns with a value go when the table is still too wide, the lowest first.
    package let rank: Int?

    package init(
      _ title: String, _ alignment: Alignment = .leading, isFlexible: Bool = false,
      rank: Int? = nil
    ) {
      self.title = title
      self.alignment = alignment
      self.isFlexible = isFlexible
      self.rank = rank
    }
  }

  private let columns: [Column]
  private let rows: [[String]]

  /// Every row has one cell per column; missing ones are empty.
  package init(columns: [Column], rows: [[String]]) {
    self.columns = columns
    self.rows = rows.map { row in
      columns.indices.map { $0 < row.count ? Localizer.printable(row[$0]) : "" }
    }
  }

  /// The lines: titles, a rule, one line per row; each indented by `indent` spaces.
  package func lines(_ style: TerminalStyle, indent: Int = 0) -> [String] {
    let (shown, widths) = layout(available: style.width - indent)
    let margin = String(repeating: " ", count: indent)
    let titles = margin + line(columns.map(\.title), shown, widths)
    let rules = shown.map { String(repeating: "─", count: widths[$0]) }
    return [
      style.apply(.bold, titles), style.apply(.faint, margin + rules.joined(separator: "  ")),
    ]
      + rows.map { margin + line($0, shown, widths) }
  }

  /// The columns to show and each column's width.
  private func layout(available: Int) -> (shown: [Int], widths: [Int]) {
    var widths = columns.indices.map { index in
      rows.reduce(DisplayWidth.of(columns[index].title)) {
        max($0, DisplayWidth.of($1[index]))
      }
    }
    var shown = Array(columns.indices)
    func excess(_ shown: [Int]) -> Int {
      shown.reduce(2 * max(0, shown.count - 1) - available) { $0 + widths[$1] }
    }
    // A cut name can still be read from here on; below, whole columns give way instead.
    while excess(shown) > 0, let widest = flexible(shown, widths, above: 20) { widths[widest] -= 1 }
    while excess(shown) > 0,
      let lowest = shown.filter({ columns[$0].rank != nil })
        .min(by: { columns[$0].rank ?? 0 < columns[$1].rank ?? 0 })
    {
      shown.removeAll { $0 == lowest }
    }
    while excess(shown) > 0, let widest = flexible(shown, widths, above: 8) { widths[widest] -= 1 }
    return (shown, widths)
  }

  private func flexible(_ shown: [Int], _ widths: [Int], above minimum: Int) -> Int? {
    shown.filter { columns[$0].isFlexible && widths[$0] > minimum }
      .max { widths[$0] < widths[$1] }
  }

  private func line(_ cells: [String], _ shown: [Int], _ widths: [Int]) -> String {
    var parts: [String] = []
    for index in shown {
      let text = DisplayWidth.truncate(cells[index], to: widths[index])
      let padding = String(repeating: " ", count: max(0, widths[index] - DisplayWidth.of(text)))
      let isLast = index == shown.last
      switch columns[index].alignment {
      case .trailing: parts.append(padding + text)
      case .leading: parts.append(isLast ? text : text + padding)
      }
    }
    return parts.joined(separator: "  ")
  }
}
