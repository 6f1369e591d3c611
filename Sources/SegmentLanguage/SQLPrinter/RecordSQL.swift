internal import CustomerSchema
internal import SQLBuilder

extension QueryPrinter {
  /// What memberships on record say for the nodes that read them.
  mutating func addMemberships() -> Joined? {
    var selected: [SQL] = []
    var results: [(column: String, expression: SQL)] = []
    var segments = Set<Int64>()
    func add(_ column: String, _ condition: SQL) {
      selected.append("bool_or(\(condition)) AS \(identifier: column)")
      results.append((column, "coalesce(\(identifier: column), false)"))
    }
    let now: SQL = "\(.instant(asOf))"
    var dues: [SQL] = []
    for node in reach.nodes {
      switch program.nodes[node] {
      case .entered(let segment, _, let window):
        let (low, high) = nodeSQL.bounds(window)
        segments.insert(segment)
        add(
          NodeSQL.recorded(node),
          "segment_id = \(.int(segment)) AND entered_at BETWEEN \(.instant(low.storable)) AND \(.instant(min(high, asOf)))"
        )
        dues.append(nodeSQL.due("epoch_us(entered_at)", window))
      case .left(let segment, _, let window):
        let (low, high) = nodeSQL.bounds(window)
        segments.insert(segment)
        add(
          NodeSQL.recorded(node),
          "segment_id = \(.int(segment)) AND left_at BETWEEN \(.instant(low.storable)) AND \(.instant(min(high, asOf)))"
        )
        dues.append(nodeSQL.due("epoch_us(left_at)", window))
      case .memberAt(let segment, _, let instant):
        let moment: SQL = "\(.instant(instant))"
        segments.insert(segment)
        add(
          NodeSQL.recorded(node),
          "segment_id = \(.int(segment)) AND entered_at <= \(moment) AND (left_at IS NULL OR left_at > \(moment))"
        )
      default: break
      }
    }
    guard !segments.isEmpty else { return nil }
    for segment in segments.sorted() {
      add(
        NodeSQL.open(segment),
        "segment_id = \(.int(segment)) AND entered_at <= \(now) AND (left_at IS NULL OR left_at > \(now))"
      )
    }
    if includesNextDue {
      let column = name("due")
      for edge: SQL in ["entered_at", "left_at"] {
        dues.append("CASE WHEN \(edge) > \(now) THEN epoch_us(\(edge)) END")
      }
      selected.append("min(least(\(dues.joined()))) AS \(identifier: column)")
      results.append((column, "\(identifier: column)"))
      registerDue(column)
    }
    let table = name("memberships")
    let wanted = segments.sorted().map { "\(.int($0))" as SQL }.joined()
    addPart(
      table,
      """
      SELECT customer_id, \(selected.joined()) FROM \(relations.memberships) \
      WHERE segment_id IN (\(wanted)) \
      \(relations.restriction("customer_id")) GROUP BY customer_id
      """)
    return (table, results)
  }

  /// Who was put in or kept out by a person.
  mutating func addDecisions() -> Joined? {
    var selected: [SQL] = []
    var results: [(column: String, expression: SQL)] = []
    for node in reach.leaves {
      guard case .decision(let segment, let isIncluded) = program.nodes[node] else { continue }
      let column = name("d")
      selected.append(
        "bool_or(segment_id = \(.int(segment)) AND is_included = \(.bool(isIncluded))) AS \(identifier: column)"
      )
      results.append((column, "coalesce(\(identifier: column), false)"))
      register(node, column)
    }
    guard !selected.isEmpty else { return nil }
    let table = name("decisions")
    addPart(
      table,
      """
      SELECT customer_id, \(selected.joined()) FROM \(relations.decisions) \
      WHERE customer_id IS NOT NULL\(relations.restriction("customer_id")) GROUP BY customer_id
      """)
    return (table, results)
  }

  /// The next row of each table in use, and the next value of an attribute, still to come.
  mutating func addFutureRows() -> [Joined] {
    var tables = Set<String>()
    for node in reach.leaves {
      for collection in program.collections(of: node) {
        if let stream = program.collections[collection].stream { tables.insert(stream.table) }
      }
    }
    var attributes = Set<String>()
    for node in reach.leaves {
      switch program.nodes[node] {
      case .attribute(let index), .listTest(let index, _), .listIsEmpty(let index):
        attributes.insert(program.attributes[index].id)
      default:
        for collection in program.collections(of: node)
        where program.collections[collection].stream == nil {
          attributes.insert(program.collections[collection].id)
        }
      }
    }
    var result: [Joined] = []
    if !attributes.isEmpty {
      let table = name("future")
      let column = name("due")
      let ids = attributes.sorted().map { "\($0)" as SQL }.joined()
      addPart(
        table,
        """
        SELECT customer_id, min(epoch_us(valid_from)) AS \(identifier: column) \
        FROM \(relations.history) WHERE valid_from > \(.instant(asOf)) \
        AND attribute_id IN (\(ids)) \
        \(relations.restriction("customer_id")) GROUP BY customer_id
        """)
      registerDue(column)
      result.append((table, [(column, "\(identifier: column)")]))
    }
    return result
      + tables.sorted().map { stream in
        let table = name("future")
        let column = name("due")
        addPart(
          table,
          """
          SELECT customer_id, min(epoch_us(happened_at)) AS \(identifier: column) \
          FROM \(relations.table(stream)) WHERE happened_at > \(.instant(asOf)) \
          \(relations.restriction("customer_id")) GROUP BY customer_id
          """)
        registerDue(column)
        return (table, [(column, "\(identifier: column)")])
      }
  }
}

extension SegmentProgram {
  /// The collections whose rows a leaf reads.
  func collections(of node: NodeID) -> [Int] {
    switch nodes[node] {
    case .aggregate(let index): [aggregates[index].collection]
    case .sequence(let index): sequences[index].steps.map(\.collection)
    case .resumed(let index): [resumptions[index].collection]
    case .regularly(let index): [rhythms[index].collection]
    default: []
    }
  }
}

extension Int64 {
  /// The engine's instants end before the ends of 64 bits.
  var storable: Int64 {
    Swift.max(-200_000_000_000_000_000, Swift.min(self, 9_000_000_000_000_000_000))
  }
}
