internal import CustomerSchema
internal import SQLBuilder

extension QueryPrinter {
  /// Sequences and resumptions of one stage: one sorting of the rows that any of them looks at.
  ///
  /// Each layer of window functions carries every sequence one step further: a row has reached a
  /// step when it passes that step's filter and the latest row that reached the step before, at
  /// an earlier place, is near enough. The latest leaves most time, so no other needs a look.
  mutating func addSequences(_ nodes: [NodeID], from customers: SQL) -> Joined {
    var rows = SequenceRows(self)
    let works = nodes.map { work($0, &rows) }
    var dues: [SQL] = []
    if includesNextDue {
      dues = works.flatMap { $0.dues }
      if rows.hasTimedFilters(nodes) { dues.append("row_due") }
    }
    var relation = rows.relation(customers, includesNextDue)
    for layer in 0..<(works.map(\.layers.count).max() ?? 0) {
      var columns: [SQL] = []
      for work in works where layer < work.layers.count {
        if !columns.contains(work.layers[layer]) { columns.append(work.layers[layer]) }
      }
      relation = """
        SELECT *, \(columns.joined()) FROM (\(relation)) WINDOW \
        earlier AS (PARTITION BY customer_id ORDER BY t, "source", "key" \
        GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), \
        later AS (PARTITION BY customer_id ORDER BY t, "source", "key" \
        GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
        """
    }
    var selected: [SQL] = ["customer_id"]
    var results: [(column: String, expression: SQL)] = []
    for (node, work) in zip(nodes, works) {
      let column = name("q")
      selected.append("bool_or(\(work.found)) AS \(identifier: column)")
      results.append((column, "coalesce(\(identifier: column), false)"))
      register(node, column)
    }
    if !dues.isEmpty {
      let column = name("due")
      selected.append("min(least(\(dues.joined()), NULL)) AS \(identifier: column)")
      results.append((column, "\(identifier: column)"))
      registerDue(column)
    }
    let table = name("sequences")
    addPart(table, "SELECT \(selected.joined()) FROM (\(relation)) GROUP BY customer_id")
    return (table, results)
  }

  private struct Work {
    /// A window function for each layer.
    var layers: [SQL] = []
    /// Whether a row completes it.
    var found: SQL = "false"
    var dues: [SQL] = []
  }

  private func work(_ node: NodeID, _ rows: inout SequenceRows) -> Work {
    switch program.nodes[node] {
    case .sequence(let sequence): return work(program.sequences[sequence], node, &rows)
    case .resumed(let resumption): return work(program.resumptions[resumption], &rows)
    default: preconditionFailure("neither a sequence nor a resumption")
    }
  }

  private func work(
    _ sequence: PlanSequence, _ node: NodeID, _ rows: inout SequenceRows
  ) -> Work {
    var work = Work()
    let (low, high) = nodeSQL.bounds(sequence.window)
    // What follows the first row lies after it.
    let masks = sequence.steps.map { step in
      rows.mask(step.collection, step.filter, from: low, keepsLast: false)
    }
    var reached: SQL = "(\(masks[0]) AND t BETWEEN \(.int(low)) AND \(.int(high)))"
    let last = sequence.steps.count - 1
    work.dues.append("CASE WHEN \(masks[0]) THEN \(nodeSQL.due("t", sequence.window)) END")
    for step in 1...last {
      let within: SQL = "\(.int(sequence.steps[step].within))"
      let column: SQL = "\(identifier: "p\(node)_\(step)")"
      if step == last, sequence.lastIsAbsent {
        work.layers.append(
          "first_value(CASE WHEN \(masks[step]) THEN t END IGNORE NULLS) OVER later AS \(column)")
        let now: SQL = "\(.int(asOf))"
        work.found = """
          \(reached) AND t <= \(now) - \(within) AND (\(column) IS NULL OR \(column) - t > \(within))
          """
        work.dues.append("CASE WHEN \(reached) AND t > \(now) - \(within) THEN t + \(within) END")
        return work
      }
      work.layers.append(
        "last_value(CASE WHEN \(reached) THEN t END IGNORE NULLS) OVER earlier AS \(column)")
      reached = "coalesce(\(masks[step]) AND t - \(column) <= \(within), false)"
    }
    work.found = reached
    return work
  }

  private func work(_ resumption: PlanResumption, _ rows: inout SequenceRows) -> Work {
    var work = Work()
    let (low, high) = nodeSQL.bounds(resumption.window)
    let row = rows.mask(resumption.collection, resumption.filter, from: low, keepsLast: true)
    let isInside: SQL = "\(row) AND t BETWEEN \(.int(low)) AND \(.int(high))"
    // Named after the mask: resumptions of the same rows after other gaps look at the same column.
    let stem = rows.name(resumption.collection, resumption.filter)
    if resumption.gap.unit.isCalendar {
      let column: SQL = "\(identifier: "d_\(stem)")"
      // Local dates can go back where the clocks do.
      work.layers = ["max(CASE WHEN \(row) THEN d END) OVER earlier AS \(column)"]
      let (months, days) = resumption.gap.calendar
      let limit: SQL =
        months != 0 ? ZoneSQL.shifted("d", months: -months) : "d - \(.int(Int64(days)))"
      work.found = "coalesce(\(isInside) AND \(column) <= \(limit), false)"
    } else {
      let column: SQL = "\(identifier: "t_\(stem)")"
      work.layers = [
        "last_value(CASE WHEN \(row) THEN t END IGNORE NULLS) OVER earlier AS \(column)"
      ]
      work.found =
        "coalesce(\(isInside) AND t - \(column) >= \(.int(resumption.gap.microseconds)), false)"
    }
    work.dues.append("CASE WHEN \(row) THEN \(nodeSQL.due("t", resumption.window)) END")
    return work
  }
}

/// The rows that sequences look at, of all their collections, each with the filters it passes.
private struct SequenceRows {
  private struct Key: Hashable {
    let collection: Int
    let filter: NodeID?
  }

  private struct Mask {
    let name: String
    let condition: SQL
    /// Rows before it are of no use, but for the last one where `keepsLast` says so.
    var low: Int64
    var keepsLast: Bool
  }

  private let printer: QueryPrinter
  private var sources: [Int: RowSource] = [:]
  private var masks: [Key: Mask] = [:]

  init(_ printer: QueryPrinter) { self.printer = printer }

  /// The column of a filter of rows from an instant on.
  mutating func mask(
    _ collection: Int, _ filter: NodeID?, from low: Int64, keepsLast: Bool
  ) -> SQL {
    let key = Key(collection: collection, filter: filter)
    // A condition that changes with time changes what comes before what.
    let isTimed = filter.map { printer.program.facts[$0].dependsOnTime } ?? false
    let low = isTimed ? .min : low
    if var known = masks[key] {
      known.low = min(known.low, low)
      known.keepsLast = known.keepsLast || keepsLast
      masks[key] = known
      return "\(identifier: known.name)"
    }
    var source = sources[collection] ?? RowSource(printer, collection)
    let condition = filter.map { source.column($0) } ?? "true"
    sources[collection] = source
    let name = "s\(masks.count)"
    masks[key] = Mask(name: name, condition: condition, low: low, keepsLast: keepsLast)
    return "\(identifier: name)"
  }

  func name(_ collection: Int, _ filter: NodeID?) -> String {
    masks[Key(collection: collection, filter: filter)]?.name ?? ""
  }

  func hasTimedFilters(_ nodes: [NodeID]) -> Bool {
    nodes.contains { node in
      printer.program.rowNodes(node).contains { printer.program.facts[$0].dependsOnTime }
    }
  }

  /// `customer_id`, `t` and `d` (µs and days since 1970), `source`, `key`, `row_due` and the masks.
  mutating func relation(
    _ customers: SQL, _ includesNextDue: Bool
  ) -> SQL {
    let all = masks.sorted { $0.value.name < $1.value.name }
    var unions: [SQL] = []
    for collection in sources.keys.sorted() {
      guard var source = sources[collection] else { continue }
      let own = all.filter { $0.key.collection == collection }
      var due: SQL = "CAST(NULL AS BIGINT)"
      if includesNextDue {
        // By the rows that they filter: a condition on the clock alone reads none.
        let filters = Set(own.compactMap(\.key.filter))
        let dues = filters.sorted().flatMap { source.dues($0) }
        if !dues.isEmpty { due = "least(\(dues.joined()), NULL)" }
      }
      func columns(_ value: (Key, Mask) -> SQL) -> SQL {
        all.map { "\(value($0.key, $0.value)) AS \(identifier: $0.value.name)" as SQL }.joined()
      }
      let isUsed = own.map { used($0.value) }
      let low = own.map(\.value.low).min() ?? .min
      unions.append(
        """
        SELECT customer_id, epoch_us(happened_at) AS t, \
        CAST(local_at AS DATE) - DATE '1970-01-01' AS d, "source", "key", \(due) AS row_due, \
        \(columns { $0.collection == collection ? $1.condition : "false" }) \
        FROM \(source.relation(customers, from: low)) \
        WHERE \(printer.nodeSQL.balanced(isUsed[...], " OR ")) OR row_due IS NOT NULL
        """)
      for (key, mask) in own where mask.keepsLast && mask.low > .min {
        var earlier = RowSource(printer, collection)
        let condition = key.filter.map { earlier.column($0) } ?? "true"
        let before: SQL = "happened_at < \(.instant(mask.low.storable))"
        unions.append(
          """
          SELECT customer_id, max(epoch_us(happened_at)), \
          max(CAST(local_at AS DATE)) - DATE '1970-01-01', '', '', CAST(NULL AS BIGINT), \
          \(columns { known, _ in known == key ? "true" : "false" }) \
          FROM \(earlier.relation(customers, from: nil)) \
          WHERE \(condition) AND \(before) GROUP BY customer_id
          """)
      }
    }
    return unions.joined(separator: " UNION ALL ")
  }

  private func used(_ mask: Mask) -> SQL {
    guard mask.low > .min else { return mask.condition }
    return "(\(mask.condition) AND happened_at >= \(.instant(mask.low.storable)))"
  }
}
