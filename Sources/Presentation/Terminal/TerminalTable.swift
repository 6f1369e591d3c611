/// A table with aligned columns for a terminal or a text file.
package struct TerminalTable: Sendable {
  package enum Alignment: Sendable { case leading, trailing }

  package struct Column: Sendable {
    package let title: String
    package let alignment: Alignment
    /// Whether the column may be cut when the table is wider than the terminal.
    package let isFlexible: Bool

    package init(_ title: String, _ alignment: Alignment = .leading, isFlexible: Bool = false) {
      self.title = title
      self.alignment = alignment
      self.isFlexible = isFlexible
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
    let widths = columnWidths(available: style.width - indent)
    let margin = String(repeating: " ", count: indent)
    let titles = margin + line(columns.map(\.title), widths)
    let rule = margin + widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
    return [style.apply(.bold, titles), style.apply(.faint, rule)]
      + rows.map { margin + line($0, widths) }
  }

  private func columnWidths(available: Int) -> [Int] {
    var widths = columns.indices.map { index in
      rows.reduce(DisplayWidth.of(columns[index].title)) {
        max($0, DisplayWidth.of($1[index]))
      }
    }
    let total = widths.reduce(0, +) + 2 * max(0, columns.count - 1)
    var excess = total - available
    // The widest flexible column gives way first, down to a dozen characters.
    while excess > 0,
      let widest = columns.indices.filter({ columns[$0].isFlexible && widths[$0] > 12 })
        .max(by: { widths[$0] < widths[$1] })
    {
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var parts: [String] = []
    for (index, cell) in cells.enumerated() {
      let text = DisplayWidth.truncate(cell, to: widths[index])
      let padding = String(repeating: " ", count: max(0, widths[index] - DisplayWidth.of(text)))
      let isLast = index == cells.count - 1
      switch columns[index].alignment {
      case .trailing: parts.append(padding + text)
      case .leading: parts.append(isLast ? text : text + padding)
      }
    }
    return parts.joined(separator: "  ")
  }
}
