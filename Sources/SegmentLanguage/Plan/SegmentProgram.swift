package import CustomerSchema

/// One segment's rule, as its workspace knows it.
package struct SegmentRule: Sendable, Hashable {
  /// What memberships are recorded under.
  package let id: Int64
  /// What other rules call it.
  package let name: String
  package let expression: Expression
  package let parameters: [String: Literal]
  /// Whether a person put customers in or kept some out beside the rule.
  package let hasDecisions: Bool

  package init(
    id: Int64, name: String, expression: Expression, parameters: [String: Literal] = [:],
    hasDecisions: Bool = false
  ) {
    self.id = id
    self.name = name
    self.expression = expression
    self.parameters = parameters
    self.hasDecisions = hasDecisions
  }
}

/// All rules of a workspace, lowered together: names resolved, derived attributes and segments
/// expanded, equal parts shared. `SQLPrinter` and `Evaluator` both work from it.
package struct SegmentProgram: Sendable {
  package let rules: [SegmentRule]
  /// Each rule's membership: the rule and the decisions beside it.
  package let roots: [NodeID]
  package let nodes: [PlanNode]
  package let aggregates: [PlanAggregate]
  package let sequences: [PlanSequence]
  package let resumptions: [PlanResumption]
  package let rhythms: [PlanRhythm]
  package let helds: [PlanHeld]
  package let attributes: [AttributeDefinition]
  package let collections: [PlanCollection]
  package let requirements: [PopulationRequirement]
  package let clock: WorkspaceClock
  /// What can change each rule's answer besides time.
  package let dependencies: [Dependencies]
  /// Facts of each node that printers and evaluators ask for again and again.
  let facts: [NodeFacts]

  /// What a rule reads.
  package struct Dependencies: Sendable, Hashable {
    package var streams: Set<String> = []
    package var attributes: Set<String> = []
    /// Segments whose recorded intervals or decisions it reads.
    package var segments: Set<Int64> = []
    package var requirements: Set<Int> = []
  }

  struct NodeFacts: Sendable, Hashable {
    enum Kind: Sendable { case integer, double, text, truth }
    var kind: Kind
    /// Below 2 to this power in magnitude.
    var bits: Int
    /// The collection whose row it reads; nil when it is told of the customer.
    var row: Int?
    /// Whether it can change by the passing of time alone.
    var dependsOnTime: Bool
    /// How many aggregates lie one above the other below it.
    var stage: Int
    /// How many levels of the population snapshot it needs.
    var level: Int
  }

  /// Lowers rules that have passed the type checker.
  ///
  /// - Throws: `LoweringError` for what the checker would have refused.
  package init(rules: [SegmentRule], schema: SegmentSchema) throws(LoweringError) {
    guard let clock = WorkspaceClock(timeZone: schema.timeZone) else {
      throw .unknownTimeZone(schema.timeZone)
    }
    try self.init(rules: rules, schema: schema, clock: clock)
  }

  /// The same with a clock that was made before: making one takes some milliseconds.
  package init(
    rules: [SegmentRule], schema: SegmentSchema, clock: WorkspaceClock
  ) throws(LoweringError) {
    let lowering = Lowering(rules: rules, schema: schema, clock: clock)
    roots = try lowering.lowerAll()
    self.rules = rules
    self.clock = clock
    nodes = lowering.nodes
    facts = lowering.facts
    aggregates = lowering.aggregates
    sequences = lowering.sequences
    resumptions = lowering.resumptions
    rhythms = lowering.rhythms
    helds = lowering.helds
    attributes = lowering.attributes
    collections = lowering.collections
    requirements = lowering.requirements
    dependencies = lowering.dependencies(of: roots)
  }
}

/// Why rules could not be lowered: nothing the type checker lets through.
package enum LoweringError: Error, Sendable, Hashable {
  case unknownTimeZone(String)
  case unknownName(String)
  case unknownSegment(String)
  case unknownParameter(String)
  /// Segments or derived attributes that end up in themselves, in order.
  case cycle([String])
  /// A form with operands it does not take.
  case ill(String)
}
