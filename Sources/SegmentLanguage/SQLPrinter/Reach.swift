internal import CustomerSchema

extension SegmentProgram {
  /// The nodes a node is told from within its own scope: those of its aggregate are not.
  func directChildren(_ node: NodeID) -> [NodeID] { nodes[node].children }

  /// Whether a printed relation must have it as a column: it comes from rows.
  func isLeaf(_ node: NodeID) -> Bool {
    switch nodes[node] {
    case .attribute, .field, .part, .aggregate, .listTest, .listIsEmpty, .sequence, .resumed,
      .regularly, .held, .decision:
      true
    default: false
    }
  }

  func readsMemberships(_ node: NodeID) -> Bool {
    switch nodes[node] {
    case .entered, .left, .memberAt: true
    default: false
    }
  }

  /// The conditions and values of rows that a leaf stands on.
  func rowNodes(_ node: NodeID) -> [NodeID] {
    switch nodes[node] {
    case .aggregate(let index):
      [aggregates[index].filter, aggregates[index].value].compactMap(\.self)
    case .sequence(let index): sequences[index].steps.compactMap(\.filter)
    case .resumed(let index): [resumptions[index].filter].compactMap(\.self)
    case .regularly(let index): [rhythms[index].filter].compactMap(\.self)
    default: []
    }
  }
}

/// What a set of roots stands on, sorted for printing.
struct Reach {
  private let program: SegmentProgram
  /// Every node, in order.
  let nodes: [NodeID]
  /// Those told of the customer.
  let customerNodes: Set<NodeID>
  /// Those of the customer that come from rows, in order.
  let leaves: [NodeID]
  let lastStage: Int
  let helds: [Int]

  init(_ program: SegmentProgram, roots: [NodeID]) {
    self.program = program
    var seen = Set<NodeID>()
    var waiting = roots
    while let next = waiting.popLast() {
      guard seen.insert(next).inserted else { continue }
      waiting += program.nodes[next].children
      waiting += program.rowNodes(next)
    }
    nodes = seen.sorted()
    customerNodes = seen.filter { program.facts[$0].row == nil }
    leaves = nodes.filter { program.facts[$0].row == nil && program.isLeaf($0) }
    var stage = 0
    var helds: [Int] = []
    for leaf in leaves {
      stage = max(stage, program.facts[leaf].stage)
      if case .held(let index) = program.nodes[leaf] { helds.append(index) }
    }
    lastStage = stage
    self.helds = helds
  }

  /// All aggregates and rhythms of one stage over one collection.
  struct Scan {
    let collection: Int
    var aggregates: [NodeID] = []
    var rhythms: [NodeID] = []
  }

  func scans(at stage: Int) -> [Scan] {
    var scans: [Int: Scan] = [:]
    for leaf in leaves where program.facts[leaf].stage == stage {
      switch program.nodes[leaf] {
      case .aggregate(let index):
        let collection = program.aggregates[index].collection
        scans[collection, default: Scan(collection: collection)].aggregates.append(leaf)
      case .regularly(let index):
        let collection = program.rhythms[index].collection
        scans[collection, default: Scan(collection: collection)].rhythms.append(leaf)
      default: break
      }
    }
    return scans.values.sorted { $0.collection < $1.collection }
  }

  /// Sequences and resumptions of one stage.
  func sequences(at stage: Int) -> [NodeID] {
    leaves.filter { leaf in
      guard program.facts[leaf].stage == stage else { return false }
      switch program.nodes[leaf] {
      case .sequence, .resumed: return true
      default: return false
      }
    }
  }

  /// Values of the customer that conditions on rows of a stage read, as large as they come;
  /// what the instant alone tells is not among them.
  func lifted(at stage: Int) -> Set<NodeID> {
    var result = Set<NodeID>()
    for leaf in leaves where program.facts[leaf].stage == stage {
      for node in program.rowNodes(leaf) { result.formUnion(lifted(under: node)) }
    }
    return result
  }

  func lifted(under row: NodeID) -> Set<NodeID> {
    var result = Set<NodeID>()
    var waiting = [row]
    while let next = waiting.popLast() {
      if program.facts[next].row == nil {
        if readsCustomer(next) { result.insert(next) }
      } else {
        waiting += program.nodes[next].children
      }
    }
    return result
  }

  private func readsCustomer(_ node: NodeID) -> Bool {
    below([node]).contains { program.isLeaf($0) || program.readsMemberships($0) }
  }

  /// Everything of the customer that these stand on within their scope.
  func below(_ nodes: Set<NodeID>) -> Set<NodeID> {
    var result = Set<NodeID>()
    var waiting = Array(nodes)
    while let next = waiting.popLast() {
      guard result.insert(next).inserted else { continue }
      waiting += program.nodes[next].children
    }
    return result
  }

  /// Which nodes become columns: the wanted ones, those used twice, and every fiftieth level.
  func shared(in scope: Set<NodeID>, wanted: [NodeID], known: [NodeID: String]) -> Set<NodeID> {
    var uses: [NodeID: Int] = [:]
    for node in scope { for child in program.nodes[node].children { uses[child, default: 0] += 1 } }
    var chosen = Set(wanted.filter { known[$0] == nil })
    var depth: [NodeID: Int] = [:]
    for node in scope.sorted() where known[node] == nil && !program.isLeaf(node) {
      let children = program.nodes[node].children
      guard !children.isEmpty else { continue }
      let level = 1 + (children.map { depth[$0] ?? 0 }.max() ?? 0)
      if uses[node, default: 0] > 1 || level >= 50 { chosen.insert(node) }
      depth[node] = chosen.contains(node) ? 0 : level
    }
    return chosen.filter { !program.isLeaf($0) }
  }
}
