internal import Features
/// What the templates of the report show; every text is final, in one language.
struct ReportPage: Sendable {
  let language: String
  let version: String
  let policy: String
  let style: String
  let library: String
  let script: String
  let data: String
  /// Labels by their key without `report.`.
  let text: [String: String]
  let contents: [Link]

  let title: String
  let scope: String
  let basis: String
  let basisParts: String
  let headlines: [Headline]
  let keyFigures: [KeyFigure]

  let segmentsLead: String
  let cards: [Card]
  let chartSegments: ChartFigure?
  let comparison: Table
  let otherSegments: Disclosure?
  let sections: [FigureSection]

  let aside: Table?
  let nothingAside: String?
  let notices: [Notice]
  let sources: [Source]
  let definitions: [Definition]
  let thresholds: Table?
  let colophon: String

  struct Link: Sendable {
    let anchor: String
    let label: String
  }

  struct Headline: Sendable {
    let sentence: String
    /// The section that shows where the sentence comes from.
    let anchor: String?
  }

  struct KeyFigure: Sendable {
    let label: String
    let value: String
    let note: String?
  }

  struct Card: Sendable {
    let anchor: String
    let tone: String
    let name: String
    let intention: String
    let who: String
    let customers: String
    let customerShare: String
    let revenue: String
    let revenueShare: String
    let basket: String
    let lastPurchase: String
    let bars: Bars?
    let spark: Spark?
    let action: String
    let reason: String
    let objectiveReason: String?
  }

  /// Two widths from 0 to 100.
  struct Bars: Sendable {
    let label: String
    let customers: String
    let revenue: String
  }

  /// Two SVG paths in a box of 120 by 34.
  struct Spark: Sendable {
    let label: String
    let line: String
    let area: String
    let trend: String
    let trendNote: String
  }

  struct ChartFigure: Sendable {
    let id: String
    let caption: String
    let description: String
    let choices: Choices?
    let table: Table
  }

  struct Choices: Sendable {
    let legend: String
    let options: [Option]

    struct Option: Sendable {
      let group: String
      let value: String
      let label: String
      let checked: Bool
    }
  }

  struct Table: Sendable {
    let caption: String
    let columns: [Column]
    let rows: [Row]

    struct Column: Sendable {
      let title: String
      let isText: Bool
    }

    struct Row: Sendable {
      let header: Header
      let cells: [Cell]
    }

    struct Header: Sendable {
      let label: String
      let tone: String?
    }

    struct Cell: Sendable {
      let value: String
      let isText: Bool
    }
  }

  struct Disclosure: Sendable {
    let summary: String
    let table: Table
  }

  struct FigureSection: Sendable {
    let anchor: String
    let title: String
    let lead: String
    let chart: ChartFigure?
    let tables: [Table]
    let empty: String?
  }

  struct Notice: Sendable { let sentence: String }

  struct Source: Sendable {
    let file: String
    let traits: String
    let table: Table?
    let unused: String?
  }

  struct Definition: Sendable {
    let term: String
    let sentences: [String]
  }
}

extension ReportPage.Table {
  /// A table whose rows begin with a header; columns named in `textColumns` (from 1, the header
  /// being 0) are aligned as text.
  init(
    _ caption: String, columns: [String], textColumns: Set<Int> = [],
    rows: [(header: String, tone: String?, cells: [String])]
  ) {
    self.caption = caption
    self.columns = columns.enumerated().map { index, title in
      Column(title: title, isText: index == 0 || textColumns.contains(index))
    }
    self.rows = rows.map { row in
      Row(
        header: Header(label: row.header, tone: row.tone),
        cells: row.cells.enumerated().map { index, value in
          Cell(value: value, isText: textColumns.contains(index + 1))
        })
    }
  }
}
