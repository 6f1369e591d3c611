internal import CustomerSchema
internal import SQLBuilder

/// One query on its way: the common table expressions so far, and which nodes are columns.
struct QueryPrinter {
  let program: SegmentProgram
  let relations: SegmentRelations
  let nodeSQL: NodeSQL
  let asOf: Int64
  let includesNextDue: Bool
  let roots: [NodeID]
  let reach: Reach
  /// Nodes of the customer that the relation at hand has as columns.
  private(set) var columns: [NodeID: String] = [:]
  private(set) var parts: [SQL] = []
  /// Columns of lower bounds of the next change, in µs.
  private(set) var dueColumns: [String] = []
  /// The relation that has all columns so far.
  private var current: SQL = ""
  private var names = 0

  init(
    _ program: SegmentProgram, _ relations: SegmentRelations, asOf: Int64,
    snapshot: PopulationSnapshot, roots: [NodeID], includesNextDue: Bool
  ) {
    self.program = program
    self.relations = relations
    self.asOf = asOf
    self.includesNextDue = includesNextDue
    self.roots = roots
    nodeSQL = NodeSQL(program, asOf: asOf, snapshot: snapshot)
    reach = Reach(program, roots: roots)
  }

  /// Builds everything below the roots; the relation with their columns.
  mutating func relation() -> SQL {
    base()
    addRecords()
    if reach.lastStage > 0 {
      for stage in 1...reach.lastStage { addStage(stage) }
    }
    materialise(reach.below(Set(roots)), roots)
    return current
  }

  func with() -> SQL { parts.isEmpty ? "" : "WITH \(parts.joined())" }

  func column(_ node: NodeID) -> SQL { nodeSQL.sql(node, columns) }

  mutating func name(_ stem: String) -> String {
    names += 1
    return "\(stem)\(names)"
  }

  mutating func addPart(_ name: String, _ body: SQL) {
    parts.append("\(identifier: name) AS (\(body))")
  }

  mutating func register(_ node: NodeID, _ column: String) { columns[node] = column }
  mutating func registerDue(_ column: String) { dueColumns.append(column) }

  // MARK: The customers and their attributes

  private mutating func base() {
    var selected: [SQL] = ["c.customer_id"]
    for node in reach.leaves {
      switch program.nodes[node] {
      case .attribute(let index):
        let column = name("a")
        let definition = program.attributes[index]
        selected.append(
          "\(ColumnSQL.value("a.\(identifier: definition.id)", definition.type)) AS \(identifier: column)"
        )
        register(node, column)
      case .listTest(let index, let test):
        let column = name("a")
        let list: SQL = "a.\(identifier: program.attributes[index].id)"
        let passes = TextTestSQL.sql(test, "nullif(e, '')")
        selected.append(
          "coalesce(len(list_filter(\(list), lambda e: coalesce(\(passes), false))) > 0, false) AS \(identifier: column)"
        )
        register(node, column)
      case .listIsEmpty(let index):
        let column = name("a")
        let list: SQL = "a.\(identifier: program.attributes[index].id)"
        selected.append(
          "coalesce(len(list_filter(\(list), lambda e: coalesce(e <> '', false))) = 0, true) AS \(identifier: column)"
        )
        register(node, column)
      default: break
      }
    }
    let attributes: SQL =
      selected.count > 1
      ? " LEFT JOIN \(relations.attributes) AS a ON a.customer_id = c.customer_id" : ""
    addPart("base", "SELECT \(selected.joined()) FROM \(relations.customers) AS c\(attributes)")
    current = "base"
  }

  // MARK: Stages

  /// Reads each collection once and joins what came out to the customers.
  private mutating func addStage(_ stage: Int) {
    let lifted = reach.lifted(at: stage)
    if !lifted.isEmpty { materialise(lifted.union(reach.below(lifted)), Array(lifted)) }
    var joins: [SQL] = []
    var selected: [SQL] = ["b.*"]
    func join(_ table: String, _ results: [(column: String, expression: SQL)]) {
      let alias = "\(identifier: table)" as SQL
      joins.append(" LEFT JOIN \(alias) ON \(alias).customer_id = b.customer_id")
      selected += results.map { "\($0.expression) AS \(identifier: $0.column)" }
    }
    for scan in reach.scans(at: stage) {
      for (table, results) in addScan(scan, from: current) { join(table, results) }
    }
    let sequences = reach.sequences(at: stage)
    if !sequences.isEmpty {
      let (table, results) = addSequences(sequences, from: current)
      join(table, results)
    }
    let next = name("stage")
    addPart(next, "SELECT \(selected.joined()) FROM \(current) AS b\(joins.joined(separator: ""))")
    current = "\(identifier: next)"
  }

  /// Joins what is recorded of memberships, decisions and attributes, and rows yet to come.
  private mutating func addRecords() {
    var joined: [(table: String, results: [(column: String, expression: SQL)])] = []
    if let memberships = addMemberships() { joined.append(memberships) }
    if let decisions = addDecisions() { joined.append(decisions) }
    for index in reach.helds { joined.append(addHeld(index)) }
    if includesNextDue { joined += addFutureRows() }
    guard !joined.isEmpty else { return }
    var selected: [SQL] = ["b.*"]
    var joins: [SQL] = []
    for (table, results) in joined {
      let alias = "\(identifier: table)" as SQL
      joins.append(" LEFT JOIN \(alias) ON \(alias).customer_id = b.customer_id")
      selected += results.map { "\($0.expression) AS \(identifier: $0.column)" }
    }
    let next = name("records")
    addPart(next, "SELECT \(selected.joined()) FROM \(current) AS b\(joins.joined(separator: ""))")
    current = "\(identifier: next)"
  }

  // MARK: Shared nodes

  /// Makes columns of `wanted` and of what several nodes among `scope` share, layer by layer.
  private mutating func materialise(_ scope: Set<NodeID>, _ wanted: [NodeID]) {
    let chosen = reach.shared(in: scope, wanted: wanted, known: columns)
    guard !chosen.isEmpty else { return }
    var layers: [[NodeID]] = []
    var layer: [NodeID: Int] = [:]
    // Children come first, so their layers are known.
    var height: [NodeID: Int] = [:]
    for node in scope.union(wanted).sorted() where columns[node] == nil {
      let below = program.directChildren(node).map { height[$0] ?? 0 }.max() ?? 0
      if chosen.contains(node) {
        layer[node] = below
        while layers.count <= below { layers.append([]) }
        layers[below].append(node)
        height[node] = below + 1
      } else {
        height[node] = below
      }
    }
    for nodes in layers {
      var selected: [SQL] = ["*"]
      var added: [(NodeID, String)] = []
      for node in nodes {
        let column = name("n")
        selected.append("\(nodeSQL.sql(node, columns)) AS \(identifier: column)")
        added.append((node, column))
      }
      let next = name("layer")
      addPart(next, "SELECT \(selected.joined()) FROM \(current)")
      current = "\(identifier: next)"
      for (node, column) in added { register(node, column) }
    }
  }
}

/// Columns of the store in the forms that nodes are computed in.
enum ColumnSQL {
  static func value(_ column: SQL, _ type: AttributeType) -> SQL {
    switch type {
    case .text, .enumeration: "nullif(\(column), '')"
    case .boolean: "CAST(\(column) AS BIGINT)"
    case .date: "(\(column) - DATE '1970-01-01')"
    case .instant: "epoch_us(\(column))"
    case .count, .duration: "CAST(\(column) AS BIGINT)"
    case .share, .number: "CASE WHEN isfinite(\(column)) THEN \(column) END"
    case .decimal, .money: units(column)
    case .list, .objects: column
    }
  }

  /// Ten-thousandths of a DECIMAL(18, 4), all in 64 bits: in two parts, because the whole does not
  /// bear a multiplication.
  private static func units(_ column: SQL) -> SQL {
    """
    (CAST(trunc(\(column)) AS BIGINT) * 10000 \
    + CAST((\(column) - trunc(\(column))) * 10000 AS BIGINT))
    """
  }

  /// The same, naming its operand once.
  private static func wideUnits(_ value: SQL) -> SQL {
    "CAST(CAST(\(value) AS DECIMAL(38, 4)) * 10000 AS BIGINT)"
  }

  /// The same from text, as histories and objects have it.
  static func parsed(_ text: SQL, _ type: AttributeType) -> SQL {
    let parsed: SQL =
      switch type {
      case .text, .enumeration: text
      case .boolean: "TRY_CAST(\(text) AS BOOLEAN)"
      case .date: "TRY_CAST(\(text) AS DATE)"
      case .instant: "TRY_CAST(\(text) AS TIMESTAMPTZ)"
      case .count, .duration: "TRY_CAST(\(text) AS BIGINT)"
      case .share, .number: "TRY_CAST(\(text) AS DOUBLE)"
      case .decimal, .money: "TRY_CAST(\(text) AS DECIMAL(18, 4))"
      case .list: "TRY(from_json(\(text), '[\"VARCHAR\"]'))"
      case .objects: text
      }
    if case .decimal = type { return wideUnits(parsed) }
    if case .money = type { return wideUnits(parsed) }
    return value(parsed, type)
  }
}
