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
  let basis: [Run]
  let headlines: [Headline]
  /// What limits the figures; nil when nothing does.
  let caveats: Caveats?
  let keyFigures: [KeyFigure]

  let segmentsLead: String
  let cards: [Card]
  let emptySegments: String?
  let chartSegments: ChartFigure?
  let comparison: Table
  let otherSegments: Disclosure?
  let sections: [FigureSection]

  let aside: Table?
  let nothingAside: String?
  let notices: [Sentence]
  let sourcesLead: [Run]
  let sources: [Source]
  let definitions: [Definition]
  let scoreTables: [Table]
  let colophon: String

  /// A piece of a sentence: plain words, or an option as one types it.
  struct Run: Sendable {
    let plain: String?
    let option: String?
  }

  struct Sentence: Sendable { let runs: [Run] }

  struct Link: Sendable {
    let anchor: String
    let label: String
  }

  struct Headline: Sendable {
    let sentence: String
    /// The section that shows where the sentence comes from.
    let anchor: String?
  }

  struct Caveats: Sendable { let sentences: [Headline] }

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
    let trend: String?
    let trendNote: String
  }

  struct ChartFigure: Sendable {
    let id: String
    let caption: String
    let description: String
    let choices: Choices?
    /// Nil where a table of the same figures stands beside the chart.
    let table: Table?
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
      /// The class of the coloured mark before the label.
      let tone: String?
      let isDetail: Bool
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

  struct Source: Sendable {
    let file: String
    let traits: String
    let table: Table?
    let unused: String?
  }

  struct Definition: Sendable {
    let term: String
    let explanations: [Sentence]
  }
}

extension ReportPage.Table {
  /// A table whose rows begin with a header; columns in `textColumns` (the header is 0) are aligned
  /// as text, rows in `details` are parts of the row before.
  init(
    _ caption: String, columns: [String], textColumns: Set<Int> = [],
    rows: [(header: String, tone: String?, cells: [String])], details: Set<Int> = []
  ) {
    self.caption = caption
    self.columns = columns.enumerated().map { index, title in
      Column(title: title, isText: index == 0 || textColumns.contains(index))
    }
    self.rows = rows.enumerated().map { index, row in
      Row(
        header: Header(label: row.header, tone: row.tone, isDetail: details.contains(index)),
        cells: row.cells.enumerated().map { index, value in
          Cell(value: value, isText: textColumns.contains(index + 1))
        })
    }
  }
}
