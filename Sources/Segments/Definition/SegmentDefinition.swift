package import SegmentLanguage

/// What a segment is: a rule, who is in or out beside it, and what people say of it.
package struct SegmentDefinition: Sendable, Hashable {
  /// Unique in a workspace, case and accents aside.
  package var name: String
  /// What the segment is for; nil when nobody has said.
  package var intention: String?
  package var owner: String?
  package var description: String?
  /// `#RRGGBB`.
  package var colour: String?
  package var tags: [String]
  /// With its parameters unfilled; other segments by the names they have now.
  package var rule: Expression
  package var parameters: [String: Literal]
  /// Customers that are members whatever the rule says, by internal id.
  package var included: Set<Int64>
  /// Customers that are no members whatever else; stronger than `included`.
  package var excluded: Set<Int64>

  package init(
    name: String, intention: String? = nil, owner: String? = nil, description: String? = nil,
    colour: String? = nil, tags: [String] = [], rule: Expression,
    parameters: [String: Literal] = [:], included: Set<Int64> = [], excluded: Set<Int64> = []
  ) {
    self.name = name
    self.intention = intention
    self.owner = owner
    self.description = description
    self.colour = colour
    self.tags = tags
    self.rule = rule
    self.parameters = parameters
    self.included = included
    self.excluded = excluded
  }

  /// Whether the same customers belong to both by their rules alone.
  package func hasSameRule(as other: SegmentDefinition) -> Bool {
    rule == other.rule && parameters == other.parameters
  }

  /// Whether both say the same of who is in, by rule and by hand.
  package func hasSameMembers(as other: SegmentDefinition) -> Bool {
    hasSameRule(as: other) && included == other.included && excluded == other.excluded
  }
}

/// A segment of a workspace, in the version that holds.
package struct StoredSegment: Sendable, Hashable {
  /// Stays when the segment is renamed.
  package let id: Int64
  /// From 1.
  package let version: Int
  package let definition: SegmentDefinition

  package init(id: Int64, version: Int, definition: SegmentDefinition) {
    self.id = id
    self.version = version
    self.definition = definition
  }

  package var name: String { definition.name }
}
