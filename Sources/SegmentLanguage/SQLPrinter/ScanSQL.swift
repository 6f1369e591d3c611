internal import CustomerSchema
internal import SQLBuilder

extension QueryPrinter {
  typealias Joined = (table: String, results: [(column: String, expression: SQL)])

  /// One grouping of a collection's rows by customer; nil where it would tell nothing.
  mutating func addScan(_ scan: Reach.Scan, from customers: SQL) -> Joined? {
    var rows = RowSource(self, scan.collection)
    var selected: [SQL] = ["customer_id"]
    var results: [(column: String, expression: SQL)] = []
    var lowest: Int64? = .max
    for node in scan.aggregates {
      guard case .aggregate(let index) = program.nodes[node] else { continue }
      let aggregate = program.aggregates[index]
      let (low, high) = nodeSQL.bounds(aggregate.window)
      // Values are grouped before customers: a relation of its own, but rows may be due here.
      if aggregate.function == .favourite {
        if includesNextDue { lowest = low == .min ? nil : lowest.map { min($0, low) } }
        continue
      }
      lowest = low == .min ? nil : lowest.map { min($0, low) }
      let column = name("g")
      selected.append(
        "\(sql(aggregate, low, high, &rows)) AS \(identifier: column)")
      let isCount = [.count, .distinct, .sum].contains(aggregate.function)
      results.append(
        (column, isCount ? "coalesce(\(identifier: column), 0)" : "\(identifier: column)"))
      register(node, column)
    }
    for node in scan.rhythms {
      guard case .regularly(let index) = program.nodes[node] else { continue }
      let rhythm = program.rhythms[index]
      let (expression, low) = sql(rhythm, &rows)
      lowest = lowest.map { min($0, low) }
      let column = name("g")
      selected.append("\(expression) AS \(identifier: column)")
      results.append((column, "coalesce(\(identifier: column) >= \(rhythm.atLeast), false)"))
      register(node, column)
    }
    if includesNextDue, let due = dueOfRows(scan, &rows) {
      let column = name("due")
      selected.append("min(\(due)) AS \(identifier: column)")
      results.append((column, "\(identifier: column)"))
      registerDue(column)
    }
    for window in includesNextDue ? calendarWindows(scan) : [] {
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
      SELECT \(selected.joined()) FROM \(rows.relation(customers, from: lowest)) \
      GROUP BY customer_id
      """)
    return (table, results)
  }

  private func sql(
    _ aggregate: PlanAggregate, _ low: Int64, _ high: Int64, _ rows: inout RowSource
  ) -> SQL {
    var conditions = conditions(aggregate, low, high, &rows)
    let value = aggregate.value.map { rows.column($0) } ?? "*"
    switch aggregate.function {
    case .first, .last:
      conditions.append("\(value) IS NOT NULL")
      let order: SQL = rows.hasTime ? "row(happened_at, \"source\", \"key\")" : "position"
      let call: SQL =
        aggregate.function == .first
        ? "arg_min(\(value), \(order))" : "arg_max(\(value), \(order))"
      return "\(call) FILTER (WHERE \(conditions.joined(separator: " AND ")))"
    case .count, .sum, .min, .max, .distinct, .favourite: break
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

  /// The rows of an aggregate among those of its collection.
  private func conditions(
    _ aggregate: PlanAggregate, _ low: Int64, _ high: Int64, _ rows: inout RowSource
  ) -> [SQL] {
    var conditions: [SQL] = []
    if let filter = aggregate.filter { conditions.append(rows.column(filter)) }
    if low > .min { conditions.append("happened_at >= \(.instant(low.storable))") }
    if high < asOf { conditions.append("happened_at <= \(.instant(high))") }
    return conditions
  }

  /// The value of the greatest weight of each customer; of equal weights, the least value.
  mutating func addFavourite(_ node: NodeID, from customers: SQL) -> Joined? {
    guard case .aggregate(let index) = program.nodes[node] else { return nil }
    let aggregate = program.aggregates[index]
    guard aggregate.function == .favourite, let taken = aggregate.value else { return nil }
    var rows = RowSource(self, aggregate.collection)
    let (low, high) = nodeSQL.bounds(aggregate.window)
    var conditions = conditions(aggregate, low, high, &rows)
    let value = rows.column(taken)
    conditions.append("\(value) IS NOT NULL")
    var weight: SQL = "count(*)"
    if let weighed = aggregate.weight.map({ rows.column($0) }) {
      conditions.append("\(weighed) IS NOT NULL")
      weight = "sum(\(weighed))"
    }
    let table = name("favourite")
    let column = name("g")
    addPart(
      table,
      """
      SELECT customer_id, arg_min(chosen, row(-weight, chosen)) AS \(identifier: column) FROM (
        SELECT customer_id, \(value) AS chosen, \(weight) AS weight
        FROM \(rows.relation(customers, from: low == .min ? nil : low))
        WHERE \(conditions.joined(separator: " AND ")) GROUP BY customer_id, chosen)
      GROUP BY customer_id
      """)
    register(node, column)
    return (table, [(column, "\(identifier: column)")])
  }

  /// In how many of the windows there are rows; and where the first window begins.
  private func sql(_ rhythm: PlanRhythm, _ rows: inout RowSource) -> (SQL, Int64) {
    let place: SQL
    let low: Int64
    if rhythm.unit.isCalendar {
      let lows = rhythm.lows(at: asOf, program.clock)
      low = lows[lows.count - 1]
      place = calendarPlace(lows[...], 0)
    } else {
      let length = Span(1, rhythm.unit).microseconds
      low = asOf.saturatingAdd(1).saturatingAdd(-length.saturatingMultiply(Int64(rhythm.of)))
      place = "((\(.int(asOf)) - epoch_us(happened_at)) // \(.int(length)))"
    }
    var condition: SQL = "happened_at >= \(.instant(low.storable))"
    if let filter = rhythm.filter { condition = "\(rows.column(filter)) AND \(condition)" }
    if rhythm.of <= 62 {
      let mask: SQL = "bit_or(CAST(1 AS BIGINT) << CAST(least(\(place), 62) AS INTEGER))"
      return ("bit_count(\(mask) FILTER (WHERE \(condition)))", low)
    }
    return ("count(DISTINCT \(place)) FILTER (WHERE \(condition))", low)
  }

  private func calendarPlace(_ lows: ArraySlice<Int64>, _ offset: Int) -> SQL {
    guard lows.count > 1 else { return "CAST(\(lows.startIndex) AS BIGINT)" }
    let middle = lows.startIndex + lows.count / 2
    return """
      CASE WHEN happened_at >= \(.instant(lows[middle - 1])) \
      THEN \(calendarPlace(lows[..<middle], offset)) \
      ELSE \(calendarPlace(lows[middle...], offset)) END
      """
  }
}

extension PlanRhythm {
  /// Where the `count` newest windows together begin.
  static func low(_ count: Int, _ unit: Unit) -> InstantFunction {
    PlanWindow.after(Span(count, unit))
  }
}

/// The rows of a collection with the columns that its aggregates use, each computed once.
struct RowSource {
  let hasTime: Bool
  let printer: QueryPrinter
  private let collection: Int
  private var leaves: [NodeID: String] = [:]
  private var leafColumns: [SQL] = []
  private var derived: [NodeID: String] = [:]
  private var derivedColumns: [SQL] = []
  private var lifted = Set<NodeID>()

  init(_ printer: QueryPrinter, _ collection: Int) {
    self.printer = printer
    self.collection = collection
    hasTime = printer.program.collections[collection].stream != nil
  }

  /// A condition on the row or a value of it, as a column.
  mutating func column(_ node: NodeID) -> SQL {
    if let known = derived[node] { return "\(identifier: known)" }
    let name = "v\(derived.count)"
    derived[node] = name
    derivedColumns.append("\(expression(node)) AS \(identifier: name)")
    return "\(identifier: name)"
  }

  private mutating func expression(_ node: NodeID) -> SQL {
    printer.nodeSQL.sql(node, columns(for: node))
  }

  /// When time alone changes one node; see `NodeSQL.due`.
  mutating func due(_ node: NodeID) -> SQL? { printer.nodeSQL.due(node, columns(for: node)) }

  private mutating func columns(for node: NodeID) -> [NodeID: String] {
    var columns: [NodeID: String] = [:]
    var waiting = [node]
    var seen = Set<NodeID>()
    while let next = waiting.popLast() {
      guard seen.insert(next).inserted else { continue }
      switch printer.program.nodes[next] {
      case .field, .part: columns[next] = leaf(next)
      default: waiting += printer.program.nodes[next].children
      }
    }
    for value in printer.reach.lifted(under: node) {
      lifted.insert(value)
      columns[value] = printer.columns[value]
    }
    return columns
  }

  private mutating func leaf(_ node: NodeID) -> String {
    if let known = leaves[node] { return known }
    let name = "f\(leaves.count)"
    leaves[node] = name
    let known = printer.program.collections[collection]
    let source: SQL
    switch printer.program.nodes[node] {
    case .field(_, let column):
      let field = known.columns[column]
      if let stream = known.stream {
        let value = ColumnSQL.value("t.\(identifier: field.id)", field.type)
        source = stream.negates(field) ? "-\(value)" : value
      } else {
        source = ColumnSQL.parsed("t.object.\(identifier: field.id)", field.type)
      }
    case .part(_, let part): source = ColumnSQL.part(part)
    default: preconditionFailure("not a leaf of rows")
    }
    leafColumns.append("\(source) AS \(identifier: name)")
    return name
  }

  /// The relation: `customer_id`, `happened_at`, `source`, `key` and the columns asked for.
  ///
  /// - Parameter low: rows before it are of no use; nil when all are.
  func relation(_ customers: SQL, from low: Int64?) -> SQL {
    let known = printer.program.collections[collection]
    let asOf = printer.asOf
    var inner: [SQL] = ["t.customer_id"]
    let source: SQL
    if let stream = known.stream {
      inner += ["t.happened_at", "t.local_at", "t.\"source\"", "t.\"key\""]
      var conditions: [SQL] = ["t.happened_at <= \(.instant(asOf))"]
      if let low, low > .min { conditions.append("t.happened_at >= \(.instant(low.storable))") }
      if let kind = stream.kind { conditions.append("t.kind = \(kind)") }
      conditions.append(
        "t.customer_id IS NOT NULL\(printer.relations.restriction("t.customer_id"))")
      source = """
        \(printer.relations.table(stream.table)) AS t\(join(customers)) \
        WHERE \(conditions.joined(separator: " AND "))
        """
    } else {
      inner += ["t.position"]
      source = "(\(objects(known))) AS t\(join(customers))"
    }
    inner += leafColumns
    inner += lifted.sorted().compactMap { node in
      printer.columns[node].map { "b.\(identifier: $0)" }
    }
    let outer: [SQL] = ["*"] + derivedColumns
    return "(SELECT \(outer.joined()) FROM (SELECT \(inner.joined()) FROM \(source)))"
  }

  private func join(_ customers: SQL) -> SQL {
    lifted.isEmpty ? "" : " JOIN \(customers) AS b ON b.customer_id = t.customer_id"
  }

  private func objects(_ known: PlanCollection) -> SQL {
    let quoted = known.columns.map { "\"\($0.id)\":\"VARCHAR\"" }.joined(separator: ",")
    let shape = known.columns.isEmpty ? "[\"JSON\"]" : "[{\(quoted)}]"
    let column: SQL = "a.\(identifier: known.id)"
    return """
      SELECT customer_id, unnest(elements) AS object, generate_subscripts(elements, 1) AS position \
      FROM (SELECT a.customer_id, TRY(from_json(\(column), \(literal: shape))) AS elements \
      FROM \(printer.relations.attributes) AS a \
      WHERE a.customer_id IS NOT NULL\(printer.relations.restriction("a.customer_id")))
      """
  }
}

extension StreamDefinition {
  /// Whether a field is stored negative and read as positive.
  func negates(_ field: FieldDefinition) -> Bool {
    isNegated && (field.id == "amount" || field.id == "quantity")
  }
}

extension ColumnSQL {
  static func part(_ part: RowPart) -> SQL {
    switch part {
    case .at: "epoch_us(t.happened_at)"
    case .date: "(CAST(t.local_at AS DATE) - DATE '1970-01-01')"
    case .weekday: "isodow(t.local_at)"
    case .hour: "hour(t.local_at)"
    case .month: "month(t.local_at)"
    case .source: "nullif(t.\"source\", '')"
    case .key: "nullif(t.\"key\", '')"
    }
  }
}
