internal import CustomerSchema
internal import SQLBuilder

extension QueryPrinter {
  typealias Joined = (table: String, results: [(column: String, expression: SQL)])

  /// The groupings of a collection's rows by customer.
  ///
  /// Aggregates of short windows have a grouping of their own, which reads the latest rows only:
  /// an aggregate costs something for every row of its grouping, whether in its window or not.
  mutating func addScan(_ scan: Reach.Scan, from customers: SQL) -> [Joined] {
    var distincts: [DistinctKey: [ScanItem]] = [:]
    var ends: [ScanItem] = []
    var plain: [ScanItem] = []
    var others: [ScanItem] = []
    let hasTime = program.collections[scan.collection].stream != nil
    for node in scan.aggregates {
      guard case .aggregate(let index) = program.nodes[node] else { continue }
      let aggregate = program.aggregates[index]
      let (low, high) = nodeSQL.bounds(aggregate.window)
      let item = ScanItem(node: node, aggregate: aggregate, low: low, high: high)
      switch aggregate.function {
      case .distinct where high >= asOf:
        guard let value = aggregate.value else { continue }
        distincts[DistinctKey(value: value, filter: aggregate.filter), default: []].append(item)
        others.append(item)
      case .first where hasTime, .last where hasTime:
        ends.append(item)
        others.append(item)
      default: plain.append(item)
      }
    }
    var joined: [Joined] = []
    for tier in tiers(plain, others, rhythmGroups(scan)) {
      joined += addTier(tier, scan.collection, from: customers).map { [$0] } ?? []
    }
    for (key, items) in distincts.sorted(by: { $0.key < $1.key }) {
      joined.append(addDistinct(key, items, scan.collection, from: customers))
    }
    if !ends.isEmpty { joined.append(addEnds(ends, scan.collection, from: customers)) }
    return joined
  }

  private mutating func addTier(
    _ tier: ScanTier, _ collection: Int, from customers: SQL
  ) -> Joined? {
    var rows = RowSource(self, collection)
    var selected: [SQL] = ["customer_id"]
    var results: [(column: String, expression: SQL)] = []
    for item in tier.items {
      let column = name("g")
      selected.append("\(sql(item, &rows)) AS \(identifier: column)")
      let isCount = [.count, .distinct, .sum].contains(item.aggregate.function)
      results.append(
        (column, isCount ? "coalesce(\(identifier: column), 0)" : "\(identifier: column)"))
      register(item.node, column)
    }
    for group in tier.rhythms {
      let mask = name("g")
      selected.append("\(sql(group, &rows)) AS \(identifier: mask)")
      for (node, rhythm) in group.rhythms {
        let column = name("g")
        let places: SQL =
          group.isMask
          ? "bit_count(\(identifier: mask) & \(.int(Int64(1) << Int64(rhythm.of) - 1)))"
          : "\(identifier: mask)"
        results.append((column, "coalesce(\(places) >= \(rhythm.atLeast), false)"))
        register(node, column)
      }
    }
    let timed = tier.items + tier.others
    if includesNextDue, let due = dueOfRows(timed, tier.rhythms, &rows) {
      let column = name("due")
      selected.append("min(\(due)) AS \(identifier: column)")
      results.append((column, "\(identifier: column)"))
      registerDue(column)
    }
    for window in includesNextDue ? calendarWindows(timed) : [] {
      let (low, high) = nodeSQL.bounds(window)
      var edges: [SQL] = []
      if window.low.isCalendar { edges.append("happened_at >= \(.instant(low.storable))") }
      if window.high.isCalendar { edges.append("happened_at > \(.instant(high.storable))") }
      for (edge, isHigh) in zip(edges, [!window.low.isCalendar, true]) {
        let column = name("due")
        selected.append("min(CASE WHEN \(edge) THEN happened_at END) AS \(identifier: column)")
        let part =
          isHigh
          ? PlanWindow(low: .constant(.min), high: window.high)
          : PlanWindow(low: window.low, high: .constant(.min))
        results.append((column, nodeSQL.due("epoch_us(\(identifier: column))", part)))
        registerDue(column)
      }
    }
    guard selected.count > 1 else { return nil }
    let table = name("scan")
    addPart(
      table,
      """
      SELECT \(selected.joined()) FROM \(rows.relation(customers, from: tier.low)) \
      GROUP BY customer_id
      """)
    return (table, results)
  }

  /// Counts of different values: each value once, with its latest row, for all windows.
  private mutating func addDistinct(
    _ key: DistinctKey, _ items: [ScanItem], _ collection: Int, from customers: SQL
  ) -> Joined {
    var rows = RowSource(self, collection)
    let value = rows.column(key.value)
    var conditions: [SQL] = ["\(value) IS NOT NULL"]
    if let filter = key.filter { conditions.append(rows.column(filter)) }
    let latest: SQL = rows.hasTime ? ", max(happened_at) AS latest" : ""
    var selected: [SQL] = ["customer_id"]
    var results: [(column: String, expression: SQL)] = []
    for item in items {
      let column = name("g")
      let counted: SQL =
        item.low == .min ? "*" : "CASE WHEN latest >= \(.instant(item.low.storable)) THEN 1 END"
      selected.append("count(\(counted)) AS \(identifier: column)")
      results.append((column, "coalesce(\(identifier: column), 0)"))
      register(item.node, column)
    }
    let table = name("distinct")
    let relation = rows.relation(customers, from: items.map(\.low).min())
    addPart(
      table,
      """
      SELECT \(selected.joined()) FROM (SELECT customer_id\(latest) FROM \(relation) \
      WHERE \(conditions.joined(separator: " AND ")) GROUP BY customer_id, \(value)) \
      GROUP BY customer_id
      """)
    return (table, results)
  }

  /// First and last values: the instants first, then the rows of these instants, of which there
  /// are mostly one each, by source and key.
  private mutating func addEnds(
    _ items: [ScanItem], _ collection: Int, from customers: SQL
  ) -> Joined {
    var rows = RowSource(self, collection)
    var instants: [SQL] = ["customer_id"]
    var selected: [SQL] = ["customer_id"]
    var wanted: [SQL] = []
    var results: [(column: String, expression: SQL)] = []
    for item in items {
      let value = item.aggregate.value.map { rows.column($0) } ?? "NULL"
      let conditions = conditions(item, &rows) + ["\(value) IS NOT NULL"]
      let condition = conditions.joined(separator: " AND ")
      let instant = name("at")
      let column = name("g")
      let isLast = item.aggregate.function == .last
      let extreme: SQL = isLast ? "max" : "min"
      let chosen: SQL = isLast ? "arg_max" : "arg_min"
      instants.append(
        "\(extreme)(CASE WHEN \(condition) THEN happened_at END) AS \(identifier: instant)"
      )
      let isWanted: SQL = "\(condition) AND happened_at = \(identifier: instant)"
      wanted.append("(\(isWanted))")
      selected.append(
        """
        \(chosen)(\(value), row("source", "key")) \
        FILTER (WHERE \(isWanted)) AS \(identifier: column)
        """)
      results.append((column, "\(identifier: column)"))
      register(item.node, column)
    }
    let relation = rows.relation(customers, from: items.map(\.low).min())
    let table = name("ends")
    addPart(
      table,
      """
      SELECT \(selected.joined()) FROM \(relation) JOIN (SELECT \(instants.joined()) \
      FROM \(relation) GROUP BY customer_id) USING (customer_id) \
      WHERE \(nodeSQL.balanced(wanted[...], " OR ")) GROUP BY customer_id
      """)
    return (table, results)
  }

  private func conditions(_ item: ScanItem, _ rows: inout RowSource) -> [SQL] {
    var conditions: [SQL] = []
    if let filter = item.aggregate.filter { conditions.append(rows.column(filter)) }
    if item.low > .min { conditions.append("happened_at >= \(.instant(item.low.storable))") }
    if item.high < asOf { conditions.append("happened_at <= \(.instant(item.high.storable))") }
    return conditions
  }

  private func sql(_ item: ScanItem, _ rows: inout RowSource) -> SQL {
    let aggregate = item.aggregate
    var conditions = conditions(item, &rows)
    let value = aggregate.value.map { rows.column($0) } ?? "*"
    switch aggregate.function {
    case .first, .last:
      conditions.append("\(value) IS NOT NULL")
      let chosen: SQL = aggregate.function == .first ? "arg_min" : "arg_max"
      return """
        \(chosen)(\(value), position) \
        FILTER (WHERE \(conditions.joined(separator: " AND ")))
        """
    case .count, .sum, .min, .max, .distinct: break
    }
    // A value that is null for other rows is much cheaper than a filter on each aggregate.
    let counted: SQL = aggregate.value == nil ? "1" : value
    let chosen: SQL =
      conditions.isEmpty
      ? value : "CASE WHEN \(conditions.joined(separator: " AND ")) THEN \(counted) END"
    switch aggregate.function {
    case .sum: return "sum(\(chosen))"
    case .min: return "min(\(chosen))"
    case .max: return "max(\(chosen))"
    case .distinct: return "count(DISTINCT \(chosen))"
    default: return "count(\(chosen))"
    }
  }

  // MARK: Rhythms

  private func rhythmGroups(_ scan: Reach.Scan) -> [RhythmGroup] {
    var groups: [RhythmGroup] = []
    for node in scan.rhythms {
      guard case .regularly(let index) = program.nodes[node] else { continue }
      let rhythm = program.rhythms[index]
      let place = groups.firstIndex { group in
        guard let first = group.rhythms.first?.rhythm else { return false }
        return group.isMask && rhythm.of <= 62 && first.unit == rhythm.unit
          && first.filter == rhythm.filter
      }
      if let place {
        groups[place].rhythms.append((node, rhythm))
      } else {
        groups.append(RhythmGroup(rhythms: [(node, rhythm)], isMask: rhythm.of <= 62))
      }
    }
    for index in groups.indices {
      let group = groups[index]
      groups[index].low =
        group.unit.isCalendar
        ? PlanRhythm.low(group.of, group.unit).value(at: asOf, program.clock)
        : asOf.saturatingAdd(1).saturatingAdd(
          -Span(1, group.unit).microseconds.saturatingMultiply(Int64(group.of)))
    }
    return groups
  }

  /// In which of the windows there are rows, as bits; of more than fit, how many.
  private func sql(_ group: RhythmGroup, _ rows: inout RowSource) -> SQL {
    let place: SQL
    if group.unit.isCalendar {
      let lows = (1...group.of).map {
        PlanRhythm.low($0, group.unit).value(at: asOf, program.clock)
      }
      place = calendarPlace(lows[...])
    } else {
      let length = Span(1, group.unit).microseconds
      place = "((\(.int(asOf)) - epoch_us(happened_at)) // \(.int(length)))"
    }
    var condition: SQL = "happened_at >= \(.instant(group.low.storable))"
    if let filter = group.rhythms.first?.rhythm.filter {
      condition = "\(rows.column(filter)) AND \(condition)"
    }
    return group.isMask
      ? """
      bit_or(CASE WHEN \(condition) THEN CAST(1 AS BIGINT) << CAST(least(\(place), 62) AS INTEGER) END)
      """
      : "count(DISTINCT CASE WHEN \(condition) THEN \(place) END)"
  }

  private func calendarPlace(_ lows: ArraySlice<Int64>) -> SQL {
    guard lows.count > 1 else { return "CAST(\(lows.startIndex) AS BIGINT)" }
    let middle = lows.startIndex + lows.count / 2
    return """
      CASE WHEN happened_at >= \(.instant(lows[middle - 1].storable)) \
      THEN \(calendarPlace(lows[..<middle])) ELSE \(calendarPlace(lows[middle...])) END
      """
  }
}
