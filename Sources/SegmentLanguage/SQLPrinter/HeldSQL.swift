internal import CustomerSchema
internal import SQLBuilder

extension QueryPrinter {
  /// Whether a condition on attributes has held: in every state of the last while.
  mutating func addHeld(_ index: Int) -> Joined {
    let held = program.helds[index]
    let now: SQL = "\(.int(asOf))"
    let start = PlanWindow.after(held.span).value(at: asOf, program.clock) - 1
    var latest: [SQL] = []
    var columns: [NodeID: String] = [:]
    var parsed: [SQL] = []
    var nothing: [NodeID: String] = [:]
    var missing: [SQL] = []
    for node in reach.below([held.condition]).sorted() {
      let attribute: Int
      switch program.nodes[node] {
      case .attribute(let index), .listTest(let index, _), .listIsEmpty(let index):
        attribute = index
      default: continue
      }
      let definition = program.attributes[attribute]
      let state = "w\(attribute)"
      let column = "h\(node)"
      if !latest.contains(where: { $0.text.contains("\"\(state)\"") }) {
        // A struct, so that a value that was withdrawn is not taken for one that was not said.
        latest.append(
          """
          last_value(CASE WHEN attribute_id = \(definition.id) THEN {'v': value} END IGNORE NULLS) \
          OVER (PARTITION BY customer_id ORDER BY valid_from, row_id \
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS \(identifier: state)
          """)
      }
      let text: SQL = "\(identifier: state).v"
      parsed.append(
        "\(Self.value(program.nodes[node], text, definition.type)) AS \(identifier: column)")
      missing.append(
        "\(Self.value(program.nodes[node], "CAST(NULL AS VARCHAR)", definition.type)) AS \(identifier: column)"
      )
      columns[node] = column
      nothing[node] = column
    }
    let ids = held.attributes.map { "\(program.attributes[$0].id)" as SQL }.joined()
    let condition = nodeSQL.sql(held.condition, columns, isTop: columns[held.condition] == nil)
    let separator: SQL = latest.isEmpty ? "" : ", "
    let states: SQL = """
      SELECT customer_id, epoch_us(valid_from) AS f, \
      lead(epoch_us(valid_from)) OVER (PARTITION BY customer_id ORDER BY valid_from, row_id) AS n\(separator)\
      \(latest.joined()) FROM \(relations.history) \
      WHERE attribute_id IN (\(ids)) \
      \(relations.restriction("customer_id"))
      """
    let told: SQL = """
      SELECT customer_id, f, n, \(condition) AS ok FROM \
      (SELECT customer_id, f, n, \(parsed.joined()) FROM (\(states)) WHERE n IS NULL OR n > f)
      """
    let column = name("h")
    let first = name("first")
    let due = name("due")
    let table = name("held")
    let isFirst: SQL = "(SELECT \(condition) FROM (SELECT \(missing.joined())))"
    addPart(
      table,
      """
      SELECT customer_id, coalesce(bool_and(ok) FILTER (WHERE f <= \(now) \
      AND (n IS NULL OR n > \(.int(start)))), true) AS \(identifier: column), \
      min(f) AS \(identifier: first), least(min(f) FILTER (WHERE f > \(now)), \
      min(CASE WHEN f > \(.int(start)) AND f <= \(now) THEN \(dueOfHeld(held)) END)) \
      AS \(identifier: due) FROM (\(told)) GROUP BY customer_id
      """)
    if includesNextDue { registerDue(due) }
    let node = program.nodes.firstIndex(of: .held(index)) ?? 0
    register(node, column)
    return (
      table,
      [
        (
          column,
          """
          CASE WHEN \(identifier: first) IS NULL THEN \(isFirst) \
          WHEN \(identifier: first) > \(.int(start)) THEN \(identifier: column) AND \(isFirst) \
          ELSE \(identifier: column) END
          """
        ), (due, "\(identifier: due)"),
      ]
    )
  }

  /// When a change at `f` leaves the span that must have passed.
  private func dueOfHeld(_ held: PlanHeld) -> SQL {
    guard held.span.unit.isCalendar else {
      return "f + \(.int(held.span.microseconds))"
    }
    return "CAST(\(.int(nodeSQL.midnight)) AS BIGINT)"
  }

  /// A leaf told from a value's text.
  private static func value(_ node: PlanNode, _ text: SQL, _ type: AttributeType) -> SQL {
    let value = ColumnSQL.parsed(text, type)
    switch node {
    case .listTest(_, let test):
      let passes = TextTestSQL.sql(test, "nullif(e, '')")
      return "coalesce(len(list_filter(\(value), lambda e: coalesce(\(passes), false))) > 0, false)"
    case .listIsEmpty:
      return "coalesce(len(list_filter(\(value), lambda e: coalesce(e <> '', false))) = 0, true)"
    default: return value
    }
  }
}
