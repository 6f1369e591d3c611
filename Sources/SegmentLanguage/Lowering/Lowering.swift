internal import CustomerSchema
internal import SQLBuilder

/// Turns trees into nodes, each different one once.
final class Lowering {
  private(set) var nodes: [PlanNode] = []
  private(set) var facts: [SegmentProgram.NodeFacts] = []
  private(set) var aggregates: [PlanAggregate] = []
  private(set) var sequences: [PlanSequence] = []
  private(set) var resumptions: [PlanResumption] = []
  private(set) var rhythms: [PlanRhythm] = []
  private(set) var helds: [PlanHeld] = []
  private(set) var attributes: [AttributeDefinition] = []
  private(set) var collections: [PlanCollection] = []
  private(set) var requirements: [PopulationRequirement] = []

  let schema: SegmentSchema
  let clock: WorkspaceClock
  private let rules: [SegmentRule]
  private var ids: [PlanNode: NodeID] = [:]
  private var aggregateIDs: [PlanAggregate: Int] = [:]
  private var attributeIDs: [String: Int] = [:]
  private var collectionIDs: [String: Int] = [:]
  private var requirementIDs: [String: Int] = [:]
  private var ruleIndices: [String: Int] = [:]
  private var loweredRules: [Int: NodeID] = [:]
  private var loweredDerived: [String: Lowered] = [:]
  /// Segments and derived attributes on the way, to find those that end in themselves.
  private var path: [String] = []
  /// Of the rule at hand.
  private var parameters: [String: Literal] = [:]

  init(rules: [SegmentRule], schema: SegmentSchema, clock: WorkspaceClock) {
    self.rules = rules
    self.schema = schema
    self.clock = clock
    for (index, rule) in rules.enumerated() { ruleIndices[rule.name] = index }
  }

  func lowerAll() throws(LoweringError) -> [NodeID] {
    var roots: [NodeID] = []
    for index in rules.indices { roots.append(try root(of: index)) }
    return roots
  }

  // MARK: Segments and derived attributes

  func rule(named name: String) throws(LoweringError) -> SegmentRule {
    guard let index = ruleIndices[name] else { throw .unknownSegment(name) }
    return rules[index]
  }

  func member(of name: String) throws(LoweringError) -> NodeID {
    guard let index = ruleIndices[name] else { throw .unknownSegment(name) }
    return try root(of: index)
  }

  private func root(of index: Int) throws(LoweringError) -> NodeID {
    if let known = loweredRules[index] { return known }
    let rule = rules[index]
    try enter(rule.name)
    let outer = parameters
    parameters = rule.parameters
    var node = try condition(rule.expression, in: nil)
    parameters = outer
    path.removeLast()
    if rule.hasDecisions {
      node = all([
        any([node, add(.decision(segment: rule.id, isIncluded: true))]),
        not(add(.decision(segment: rule.id, isIncluded: false))),
      ])
    }
    loweredRules[index] = node
    return node
  }

  private func enter(_ name: String) throws(LoweringError) {
    if let start = path.firstIndex(of: name) { throw .cycle(Array(path[start...]) + [name]) }
    path.append(name)
  }

  func derived(_ name: String) throws(LoweringError) -> Lowered? {
    if let known = loweredDerived[name] { return known }
    guard let attribute = schema.derived.first(where: { $0.id == name }) else { return nil }
    try enter(name)
    let outer = parameters
    parameters = [:]
    let lowered = try value(attribute.expression, in: nil)
    parameters = outer
    path.removeLast()
    loweredDerived[name] = lowered
    return lowered
  }

  func parameter(_ name: String) throws(LoweringError) -> Literal {
    guard let literal = parameters[name] else { throw .unknownParameter(name) }
    return literal
  }

  // MARK: Names

  func attribute(_ name: String) -> Int? {
    if let known = attributeIDs[name] { return known }
    guard let definition = schema.attributes.first(where: { $0.id == name }) else { return nil }
    attributes.append(definition)
    attributeIDs[name] = attributes.count - 1
    return attributes.count - 1
  }

  func collection(_ id: String) throws(LoweringError) -> Int {
    if let known = collectionIDs[id] { return known }
    let stream = schema.streams[id]
    if stream == nil {
      guard let index = attribute(id), case .objects = attributes[index].type else {
        throw .unknownName(id)
      }
    }
    collections.append(PlanCollection(id: id, stream: stream, columns: [], usesParts: []))
    collectionIDs[id] = collections.count - 1
    return collections.count - 1
  }

  /// The row's field or part of that name; nil when the collection has none.
  func field(_ name: String, of collection: Int) -> (NodeID, AttributeType)? {
    let stream = collections[collection].stream
    let known: [FieldDefinition]
    if let stream {
      known = stream.fields
    } else if let index = attribute(collections[collection].id),
      case .objects(let fields) = attributes[index].type
    {
      known = fields
    } else {
      known = []
    }
    if let field = known.first(where: { $0.id == name }) {
      let column: Int
      if let used = collections[collection].columns.firstIndex(of: field) {
        column = used
      } else {
        collections[collection].columns.append(field)
        column = collections[collection].columns.count - 1
      }
      return (add(.field(collection: collection, column: column)), field.type)
    }
    guard stream != nil, let part = RowPart(rawValue: name),
      let definition = FieldDefinition.ofEveryRow.first(where: { $0.id == name })
    else { return nil }
    collections[collection].usesParts.insert(part)
    return (add(.part(collection: collection, part)), definition.type)
  }

  // MARK: Nodes

  /// The node's place, a new one only when there is none yet.
  func add(_ node: PlanNode) -> NodeID {
    if let known = ids[node] { return known }
    nodes.append(node)
    facts.append(facts(of: node))
    ids[node] = nodes.count - 1
    return nodes.count - 1
  }

  func aggregate(_ aggregate: PlanAggregate) -> NodeID {
    let index =
      aggregateIDs[aggregate]
      ?? {
        aggregates.append(aggregate)
        aggregateIDs[aggregate] = aggregates.count - 1
        return aggregates.count - 1
      }()
    return add(.aggregate(index))
  }

  func sequence(_ sequence: PlanSequence) -> NodeID {
    add(.sequence(index(of: sequence, in: &sequences)))
  }
  func resumption(_ resumption: PlanResumption) -> NodeID {
    add(.resumed(index(of: resumption, in: &resumptions)))
  }
  func rhythm(_ rhythm: PlanRhythm) -> NodeID {
    add(.regularly(index(of: rhythm, in: &rhythms)))
  }
  func held(_ held: PlanHeld) -> NodeID { add(.held(index(of: held, in: &helds))) }

  private func index<Item: Equatable>(of item: Item, in items: inout [Item]) -> Int {
    if let known = items.firstIndex(of: item) { return known }
    items.append(item)
    return items.count - 1
  }

  func requirement(
    _ statistic: PopulationRequirement.Statistic, _ value: NodeID, among: NodeID?, text: String
  ) -> NodeID {
    let used = parameters.sorted { $0.key < $1.key }.map {
      " \($0.key)=\(Expression(.literal($0.value)).text)"
    }
    let key = text + used.joined()
    if let known = requirementIDs[key] { return add(.frozen(known)) }
    requirements.append(
      PopulationRequirement(
        statistic: statistic, value: value, among: among, key: key,
        level: max(facts[value].level, among.map { facts[$0].level } ?? 0)))
    requirementIDs[key] = requirements.count - 1
    return add(.frozen(requirements.count - 1))
  }

  func all(_ parts: [NodeID]) -> NodeID { joined(parts, absorbing: false) { .all($0) } }
  func any(_ parts: [NodeID]) -> NodeID { joined(parts, absorbing: true) { .any($0) } }

  private func joined(
    _ parts: [NodeID], absorbing: Bool, _ make: ([NodeID]) -> PlanNode
  ) -> NodeID {
    var kept: [NodeID] = []
    var seen = Set<NodeID>()
    for part in parts {
      if case .truth(let value) = nodes[part] {
        if value == absorbing { return part }
        continue
      }
      if seen.insert(part).inserted { kept.append(part) }
    }
    if kept.isEmpty { return add(.truth(!absorbing)) }
    return kept.count == 1 ? kept[0] : add(make(kept))
  }

  func not(_ part: NodeID) -> NodeID {
    switch nodes[part] {
    case .not(let inner): inner
    case .truth(let value): add(.truth(!value))
    default: add(.not(part))
    }
  }
}
