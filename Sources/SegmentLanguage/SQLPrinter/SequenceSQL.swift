internal import CustomerSchema
internal import SQLBuilder

extension QueryPrinter {
  /// Sequences and resumptions over the same collections: one sorting of their rows.
  ///
  /// Each layer of window functions carries every sequence one step further: a row has reached a
  /// step when it passes that step's filter and the latest row that reached the step before, at
  /// an earlier place, is near enough. The latest leaves most time, so no other needs a look.
  mutating func addSequences(_ group: Reach.SequenceGroup, from customers: SQL) -> Joined {
    var sources: [Int: RowSource] = [:]
    for collection in group.collections { sources[collection] = RowSource(self, collection) }
    var works: [Work] = []
    for (index, node) in group.nodes.enumerated() {
      works.append(work(node, index, &sources))
    }
    var dues: [SQL] = []
    if includesNextDue { dues = works.flatMap { $0.dues } }
    let masks = works.flatMap { $0.masks }
    var timed: [Int: SQL] = [:]
    if includesNextDue {
      for collection in group.collections {
        let filters = Set(group.nodes.flatMap { program.rowNodes($0) })
          .filter { program.facts[$0].row == collection }
        let own = filters.sorted().flatMap { sources[collection]?.dues($0) ?? [] }
        if !own.isEmpty { timed[collection] = "least(\(own.joined()), NULL)" }
      }
      if !timed.isEmpty { dues.append("row_due") }
    }
    let unions = group.collections.compactMap { collection -> SQL? in
      guard let source = sources[collection] else { return nil }
      let due = timed[collection] ?? "CAST(NULL AS BIGINT)"
      let columns = masks.map { mask -> SQL in
        mask.byCollection[collection].map { "\($0) AS \(identifier: mask.name)" }
          ?? "false AS \(identifier: mask.name)"
      }
      let anyMask = masks.compactMap { $0.byCollection[collection] }
      let isUsed = nodeSQL.balanced(anyMask[...], " OR ")
      return """
        SELECT customer_id, epoch_us(happened_at) AS t, \
        CAST(local_at AS DATE) - DATE '1970-01-01' AS d, "source", "key", \(due) AS row_due, \(columns.joined()) \
        FROM \(source.relation(customers, from: nil)) WHERE \(isUsed) OR row_due IS NOT NULL
        """
    }
    var relation = unions.joined(separator: " UNION ALL ")
    let depth = works.map(\.layers.count).max() ?? 0
    for layer in 0..<depth {
      let columns = works.flatMap { layer < $0.layers.count ? $0.layers[layer] : [] }
      guard !columns.isEmpty else { continue }
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
    for (node, work) in zip(group.nodes, works) {
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

  private struct Mask {
    let name: String
    var byCollection: [Int: SQL]
  }

  private struct Work {
    var masks: [Mask] = []
    var layers: [[SQL]] = []
    /// Whether a row completes it.
    var found: SQL = "false"
    var dues: [SQL] = []
  }

  private func work(
    _ node: NodeID, _ index: Int, _ sources: inout [Int: RowSource]
  ) -> Work {
    switch program.nodes[node] {
    case .sequence(let sequence): return work(program.sequences[sequence], index, &sources)
    case .resumed(let resumption): return work(program.resumptions[resumption], index, &sources)
    default: preconditionFailure("neither a sequence nor a resumption")
    }
  }

  private func mask(
    _ name: String, _ collection: Int, _ filter: NodeID?, _ sources: inout [Int: RowSource],
    _ work: inout Work
  ) -> SQL {
    let condition = filter.flatMap { sources[collection]?.column($0) } ?? "true"
    work.masks.append(Mask(name: name, byCollection: [collection: condition]))
    return "\(identifier: name)"
  }

  private func work(
    _ sequence: PlanSequence, _ index: Int, _ sources: inout [Int: RowSource]
  ) -> Work {
    var work = Work()
    let masks = sequence.steps.enumerated().map { step, plan in
      mask("s\(index)_\(step)", plan.collection, plan.filter, &sources, &work)
    }
    let (low, high) = nodeSQL.bounds(sequence.window)
    var reached: SQL = "(\(masks[0]) AND t BETWEEN \(.int(low)) AND \(.int(high)))"
    let last = sequence.steps.count - 1
    work.dues.append("CASE WHEN \(masks[0]) THEN \(nodeSQL.due("t", sequence.window)) END")
    for step in 1...last {
      let within: SQL = "\(.int(sequence.steps[step].within))"
      let column: SQL = "\(identifier: "p\(index)_\(step)")"
      if step == last, sequence.lastIsAbsent {
        work.layers.append(["min(CASE WHEN \(masks[step]) THEN t END) OVER later AS \(column)"])
        let now: SQL = "\(.int(asOf))"
        work.found = """
          \(reached) AND t <= \(now) - \(within) AND (\(column) IS NULL OR \(column) - t > \(within))
          """
        work.dues.append("CASE WHEN \(reached) AND t > \(now) - \(within) THEN t + \(within) END")
        return work
      }
      work.layers.append(["max(CASE WHEN \(reached) THEN t END) OVER earlier AS \(column)"])
      reached = "coalesce(\(masks[step]) AND t - \(column) <= \(within), false)"
    }
    work.found = reached
    return work
  }

  private func work(
    _ resumption: PlanResumption, _ index: Int, _ sources: inout [Int: RowSource]
  ) -> Work {
    var work = Work()
    let row = mask(
      "s\(index)_0", resumption.collection, resumption.filter, &sources, &work)
    let (low, high) = nodeSQL.bounds(resumption.window)
    let column: SQL = "\(identifier: "p\(index)_1")"
    let isInside: SQL = "\(row) AND t BETWEEN \(.int(low)) AND \(.int(high))"
    if resumption.gap.unit.isCalendar {
      work.layers = [["max(CASE WHEN \(row) THEN d END) OVER earlier AS \(column)"]]
      let (months, days) = resumption.gap.calendar
      let limit: SQL =
        months != 0 ? ZoneSQL.shifted("d", months: -months) : "d - \(.int(Int64(days)))"
      work.found = "coalesce(\(isInside) AND \(column) <= \(limit), false)"
    } else {
      work.layers = [["max(CASE WHEN \(row) THEN t END) OVER earlier AS \(column)"]]
      work.found =
        "coalesce(\(isInside) AND t - \(column) >= \(.int(resumption.gap.microseconds)), false)"
    }
    work.dues.append("CASE WHEN \(row) THEN \(nodeSQL.due("t", resumption.window)) END")
    return work
  }
}
