internal import Features
/// The figures that the report's script draws, each with its text already worded.
struct ReportCharts: Encodable {
  /// A whole percentage with `#` for the number.
  var percent = "#"
  var segments: Bars?
  var grid: Grid?
  var concentration: Curve?
  var lifecycle: Stages?
  var cohorts: Cohorts?
  var migration: Flows?
  var value: Bars?
  var groups: Scatter?

  struct Bars: Encodable {
    let names: [String]
    let series: [Series]

    struct Series: Encodable {
      let name: String
      let values: [Double]
      let labels: [String]
      let details: [String]
    }
  }

  struct Grid: Encodable {
    let columns: [String]
    let rows: [String]
    let columnsTitle: String
    let columnsScale: String
    let rowsTitle: String
    let cells: [Cell]

    struct Cell: Encodable {
      let column: Int
      let row: Int
      let customers: Int
      let revenue: Double
      let group: String
      let customersLabel: String
      let revenueLabel: String
      let details: [String]
    }
  }

  struct Curve: Encodable {
    let shares: [Double]
    let details: [String]
    let marks: [Mark]
    let columnsTitle: String
    let rowsTitle: String
    let equality: String

    struct Mark: Encodable {
      let x: Double
      let y: Double
      let label: String
    }
  }

  struct Stages: Encodable {
    let names: [String]
    let values: [Int]
    let labels: [String]
    let tones: [String]
    let details: [[String]]
  }

  struct Cohorts: Encodable {
    let columns: [String]
    let rows: [String]
    /// The largest share, to scale colours by.
    let top: Double
    let cells: [Cell]

    struct Cell: Encodable {
      let column: Int
      let row: Int
      let share: Double
      let label: String
      let details: [String]
    }
  }

  struct Scatter: Encodable {
    let columnsTitle: String
    let rowsTitle: String
    let groups: [Group]

    struct Group: Encodable {
      let name: String
      /// Where there is no room for the name.
      let short: String
      let tone: String
      let details: [String]
      let points: [[Double]]
    }
  }

  struct Flows: Encodable {
    let before: String
    let after: String
    let nodes: [Node]
    let links: [Link]

    struct Node: Encodable {
      let id: String
      let depth: Int
      let label: String
      let count: String
      let tone: String
      let details: [String]
    }

    struct Link: Encodable {
      let source: String
      let target: String
      let value: Int
      let tone: String
      let details: [String]
    }
  }
}

/// The colour of each segment and stage, by its name in the style sheet. Hues differ in lightness
/// too, and every mark carries its name, so that nothing depends on telling colours apart.
enum ReportTone {
  static func of(segment id: String) -> String {
    switch id {
    case "loyal_high_value", "champions": "blue"
    case "loyal": "azure"
    case "occasional", "potential_loyalists": "sky"
    case "new_high_potential", "new": "teal"
    case "promising": "mint"
    case "need_attention": "gold"
    case "about_to_sleep": "sand"
    case "at_risk": "orange"
    case "cannot_lose": "red"
    case "lost": "slate"
    case SegmentAdvice.noPurchase: "stone"
    default: "grey"
    }
  }

  static func of(stage: String) -> String {
    switch stage {
    case "new": "teal"
    case "active": "sky"
    case "loyal": "blue"
    case "reactivated": "mint"
    case "slipping": "orange"
    case "lost": "slate"
    default: "grey"
    }
  }
}
