internal import CustomerSchema
internal import Features
internal import Presentation

extension ReportBuilder {
  /// Where customers who had not bought yet come from, in charts and tables.
  private static let notYet = "not_yet"

  private func origin(_ id: String?) -> String {
    id.map { name($0, partition) } ?? text("migration.new")
  }

  /// The ids on one side of the flows, in the partition's order.
  private func sides(_ flows: [RunResult.MigrationReport.Flow]) -> (from: [String?], to: [String]) {
    let order = SegmentAdvice.ids(partition) + [SegmentAdvice.noPurchase]
    let origins = Set(flows.map(\.from))
    let targets = Set(flows.map(\.to))
    let unknown = targets.subtracting(order).sorted()
    return (
      order.filter { origins.contains($0) }.map { $0 } + (origins.contains(nil) ? [nil] : []),
      order.filter { targets.contains($0) } + unknown
    )
  }

  func migrationSection() -> ReportPage.FigureSection {
    guard let migration = result.migration, !migration.flows.isEmpty else {
      return ReportPage.FigureSection(
        anchor: "migration", title: text("migration_title"), lead: "", chart: nil, tables: [],
        empty: text("migration.empty"))
    }
    let dates: [String: MessageArgument] = [
      "from": .date(migration.from), "to": .date(migration.to),
    ]
    let existing = migration.flows.filter { $0.from != nil }
    let before = existing.reduce(0) { $0 + $1.customers }
    let stayed = existing.reduce(0) { $0 + ($1.from == $1.to ? $1.customers : 0) }
    var lead = text("migration_lead", dates)
    if before > 0 {
      let share = MessageArgument.share(Double(stayed) / Double(before))
      lead += " " + text("migration.stayed", ["share": share, "date": .date(migration.from)])
    }
    let (origins, targets) = sides(migration.flows)
    let table = ReportPage.Table(
      text("migration", dates),
      columns: [text("column.from", ["date": .date(migration.from)])]
        + targets.map { name($0, partition) },
      rows: origins.map { from in
        let row = migration.flows.filter { $0.from == from }
        let total = row.reduce(0) { $0 + $1.customers }
        return (
          origin(from), "tone-" + ReportTone.of(segment: from ?? SegmentAdvice.noPurchase),
          targets.map { to in
            let customers = row.first { $0.to == to }?.customers ?? 0
            guard customers > 0, total > 0 else { return wording.none }
            let share = formats.share(Double(customers) / Double(total))
            return wording.count(customers) + " (" + share + ")"
          }
        )
      })
    return ReportPage.FigureSection(
      anchor: "migration", title: text("migration_title"), lead: lead,
      chart: ReportPage.ChartFigure(
        id: "migration", caption: text("migration", dates), description: lead, choices: nil,
        table: table), tables: [], empty: nil)
  }

  func migrationChart() -> ReportCharts.Flows? {
    guard let migration = result.migration, !migration.flows.isEmpty else { return nil }
    let flows = migration.flows.filter { $0.customers > 0 }
    let (origins, targets) = sides(flows)
    func node(_ id: String?, _ depth: Int, _ customers: Int) -> ReportCharts.Flows.Node {
      let count = localizer.text("unit.customers", ["count": .count(customers)])
      return ReportCharts.Flows.Node(
        id: (depth == 0 ? "from:" : "to:") + (id ?? Self.notYet), depth: depth,
        label: origin(id), count: wording.count(customers),
        tone: ReportTone.of(segment: id ?? SegmentAdvice.noPurchase),
        details: [origin(id), count])
    }
    let nodes =
      origins.map { from in
        node(from, 0, flows.reduce(0) { $0 + ($1.from == from ? $1.customers : 0) })
      }
      + targets.map { to in
        node(to, 1, flows.reduce(0) { $0 + ($1.to == to ? $1.customers : 0) })
      }
    // Nodes keep the order of the links that name them.
    let links = origins.flatMap { from in
      targets.compactMap { to in flows.first { $0.from == from && $0.to == to } }
    }
    return ReportCharts.Flows(
      before: text("migration.before", ["date": .text(formats.date(migration.from, .short))]),
      after: text("migration.before", ["date": .text(formats.date(migration.to, .short))]),
      nodes: nodes,
      links: links.map { flow in
        ReportCharts.Flows.Link(
          source: "from:" + (flow.from ?? Self.notYet), target: "to:" + flow.to,
          value: flow.customers,
          tone: ReportTone.of(segment: flow.from ?? SegmentAdvice.noPurchase),
          details: [
            text(
              "migration.flow",
              ["from": .text(origin(flow.from)), "to": .text(name(flow.to, partition))]),
            localizer.text("unit.customers", ["count": .count(flow.customers)]),
            wording.money(flow.revenue, .rounded),
          ])
      })
  }
}
