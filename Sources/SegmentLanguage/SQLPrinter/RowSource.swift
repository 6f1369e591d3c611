internal import CustomerSchema
internal import SQLBuilder

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
