internal import CustomerSchema
internal import Features
internal import Presentation

extension ReportBuilder {
  // MARK: The grid of scores

  /// The side of the grid, which is on the scale of 1 to 5 whatever the number of classes.
  private static let gridSide = 5

  /// The group of a cell, which is always one of the eleven.
  private func group(_ cell: RunResult.GridCell) -> String { name(cell.group, .eleven) }

  private func scores(_ cell: RunResult.GridCell) -> String {
    text(
      "grid.scores", ["recency": .count(cell.recencyScore), "value": .count(cell.valueScore)])
  }

  func gridSection() -> ReportPage.FigureSection {
    let cells = result.grid.sorted {
      ($0.recencyScore, $0.valueScore) > ($1.recencyScore, $1.valueScore)
    }
    let columns = ["recency_score", "value_score", "group", "customers", "revenue"]
    let table = ReportPage.Table(
      text("grid"), columns: columns.map { text("column." + $0) }, textColumns: [2],
      rows: cells.map { cell in
        (
          wording.count(cell.recencyScore), nil,
          [
            wording.count(cell.valueScore), group(cell), wording.count(cell.customers),
            wording.money(cell.revenue, .exact),
          ]
        )
      })
    let options = ["customers", "revenue"].map { value in
      ReportPage.Choices.Option(
        group: "grid-choice", value: value, label: text("grid.choice." + value),
        checked: value == "customers")
    }
    return ReportPage.FigureSection(
      anchor: "grid", title: text("grid_title"), lead: text("grid_lead"),
      chart: result.grid.isEmpty
        ? nil
        : ReportPage.ChartFigure(
          id: "grid", caption: text("grid"), description: text("grid"),
          choices: ReportPage.Choices(legend: text("grid.choice"), options: options), table: table),
      tables: [], empty: result.grid.isEmpty ? text("concentration.empty") : nil)
  }

  func gridChart() -> ReportCharts.Grid? {
    guard !result.grid.isEmpty else { return nil }
    let scores = (1...Self.gridSide).map(String.init)
    return ReportCharts.Grid(
      columns: scores, rows: scores, columnsTitle: text("grid.columns"),
      columnsScale: text("grid.scale"), rowsTitle: text("grid.rows"),
      cells: result.grid.map { cell in
        ReportCharts.Grid.Cell(
          column: cell.valueScore - 1, row: cell.recencyScore - 1, customers: cell.customers,
          revenue: cell.revenue.double, group: group(cell),
          customersLabel: wording.count(cell.customers),
          revenueLabel: wording.money(cell.revenue, .short),
          details: [
            group(cell), self.scores(cell),
            localizer.text("unit.customers", ["count": .count(cell.customers)]),
            wording.money(cell.revenue, .rounded),
          ])
      })
  }

  // MARK: Concentration

  private var hasConcentration: Bool {
    result.concentration.gini != nil && result.concentration.revenueShareOfTop.count == 101
      && result.concentration.revenueShareOfTop.allSatisfy(\.isFinite)
  }

  func concentrationSection() -> ReportPage.FigureSection {
    let shares = result.concentration.revenueShareOfTop
    guard hasConcentration else {
      return ReportPage.FigureSection(
        anchor: "concentration", title: text("concentration_title"),
        lead: text("concentration"), chart: nil, tables: [], empty: text("concentration.empty"))
    }
    var arguments: [String: MessageArgument] = ["top": .share(0.2), "share": .share(shares[20])]
    var key = "concentration_lead.short"
    if let needed = result.concentration.customersForEightyPercent, needed.isFinite {
      arguments["needed"] = .share(needed)
      key = "concentration_lead"
    }
    let points = [1, 5] + Array(stride(from: 10, through: 100, by: 10))
    let table = ReportPage.Table(
      text("concentration"), columns: [text("column.best_share"), text("column.revenue_share")],
      rows: points.map { point in
        (
          formats.percentage(Double(point) / 100, decimals: 0), nil,
          [wording.percentage(shares[point])]
        )
      })
    return ReportPage.FigureSection(
      anchor: "concentration", title: text("concentration_title"), lead: text(key, arguments),
      chart: ReportPage.ChartFigure(
        id: "concentration", caption: text("concentration"), description: text(key, arguments),
        choices: nil, table: table), tables: [], empty: nil)
  }

  func concentrationChart() -> ReportCharts.Curve? {
    guard hasConcentration else { return nil }
    let shares = result.concentration.revenueShareOfTop
    func mark(_ customers: Double, _ revenue: Double) -> ReportCharts.Curve.Mark {
      ReportCharts.Curve.Mark(
        x: customers, y: revenue, label: formats.share(customers) + " → " + formats.share(revenue))
    }
    var marks = [mark(0.2, shares[20])]
    if let needed = result.concentration.customersForEightyPercent, abs(needed - 0.2) > 0.06 {
      marks.append(mark(needed, 0.8))
    }
    return ReportCharts.Curve(
      shares: shares,
      details: shares.enumerated().map { point, share in
        text(
          "concentration.point",
          [
            "customers": .text(formats.percentage(Double(point) / 100, decimals: 0)),
            "revenue": .share(share),
          ])
      }, marks: marks, columnsTitle: text("concentration.columns"),
      rowsTitle: text("concentration.rows"), equality: text("concentration.equality"))
  }

  // MARK: Life cycle

  func lifecycleSection() -> ReportPage.FigureSection {
    let columns = ["stage", "customers", "customer_share", "revenue", "rule"]
    let tried = SegmentAdvice.stagesAsTried
    let stages = result.lifecycle.sorted {
      tried.firstIndex(of: $0.stage) ?? tried.count < tried.firstIndex(of: $1.stage) ?? tried.count
    }
    let table = ReportPage.Table(
      text("lifecycle.rules"), columns: columns.map { text("column." + $0) }, textColumns: [4],
      rows: stages.map { stage in
        (
          localizer.text("stage.\(stage.stage)"), "tone-" + ReportTone.of(stage: stage.stage),
          [
            wording.count(stage.customers), wording.percentage(stage.customerShare),
            wording.money(stage.revenue, .rounded), localizer.text(stage.rule),
          ]
        )
      })
    let chart = ReportPage.ChartFigure(
      id: "lifecycle", caption: text("lifecycle"), description: text("lifecycle"), choices: nil,
      table: nil)
    let isEmpty = result.lifecycle.isEmpty
    return ReportPage.FigureSection(
      anchor: "lifecycle", title: text("lifecycle_title"), lead: text("lifecycle_lead"),
      chart: isEmpty ? nil : chart, tables: isEmpty ? [] : [table],
      empty: isEmpty ? text("cohorts.empty") : nil)
  }

  func lifecycleChart() -> ReportCharts.Stages? {
    guard !result.lifecycle.isEmpty else { return nil }
    let stages = result.lifecycle
    return ReportCharts.Stages(
      names: stages.map { localizer.text("stage.\($0.stage)") }, values: stages.map(\.customers),
      labels: stages.map {
        wording.count($0.customers) + " (" + wording.share($0.customerShare) + ")"
      }, tones: stages.map { ReportTone.of(stage: $0.stage) },
      details: stages.map {
        [
          localizer.text("stage.\($0.stage)"),
          localizer.text("unit.customers", ["count": .count($0.customers)]),
          wording.money($0.revenue, .rounded),
        ]
      })
  }

  // MARK: Cohorts

  private var hasCohorts: Bool { result.cohorts.rows.contains { $0.active.count > 1 } }

  private func cohortName(_ row: RunResult.CohortReport.Row) -> String {
    text(
      "cohorts.row",
      ["start": .text(formats.date(row.start, .shortMonth)), "count": .count(row.customers)])
  }

  private func cohortShare(_ row: RunResult.CohortReport.Row, _ step: Int) -> Double {
    row.customers > 0 ? Double(row.active[step]) / Double(row.customers) : 0
  }

  func cohortsSection() -> ReportPage.FigureSection {
    let months = ["count": MessageArgument.count(result.cohorts.monthsPerStep)]
    guard hasCohorts else {
      return ReportPage.FigureSection(
        anchor: "cohorts", title: text("cohorts_title"), lead: text("cohorts_lead.months", months),
        chart: nil, tables: [], empty: text("cohorts.empty"))
    }
    let steps = result.cohorts.rows.map(\.active.count).max() ?? 0
    let table = ReportPage.Table(
      text("cohorts.months", months),
      columns: [text("column.cohort"), text("column.customers")]
        + (1..<max(2, steps)).map { "+\($0)" },
      rows: result.cohorts.rows.map { row in
        (
          formats.date(row.start, .month), nil,
          [wording.count(row.customers)]
            + (1..<max(2, steps)).map { step in
              step < row.active.count ? wording.share(cohortShare(row, step)) : ""
            }
        )
      })
    return ReportPage.FigureSection(
      anchor: "cohorts", title: text("cohorts_title"), lead: text("cohorts_lead.months", months),
      chart: ReportPage.ChartFigure(
        id: "cohorts", caption: text("cohorts.months", months),
        description: text("cohorts.months", months), choices: nil,
        table: table), tables: [], empty: nil)
  }

  func cohortsChart() -> ReportCharts.Cohorts? {
    guard hasCohorts else { return nil }
    let rows = result.cohorts.rows.filter { $0.active.count > 1 }
    let steps = rows.map(\.active.count).max() ?? 0
    var cells: [ReportCharts.Cohorts.Cell] = []
    var top = 0.0
    for (index, row) in rows.enumerated() {
      // The first step is 100 % by construction.
      for step in row.active.indices.dropFirst() {
        let share = cohortShare(row, step)
        top = max(top, share)
        let active = text(
          "cohorts.cell",
          [
            "active": .count(row.active[step]), "customers": .count(row.customers),
            "share": .share(share),
          ])
        cells.append(
          ReportCharts.Cohorts.Cell(
            column: step - 1, row: index, share: share,
            label: formats.number(share * 100, decimals: 0),
            details: [formats.date(row.start, .month) + ", +\(step)", active]))
      }
    }
    return ReportCharts.Cohorts(
      columns: (1..<steps).map(String.init), rows: rows.map(cohortName),
      top: top, cells: cells)
  }
}
