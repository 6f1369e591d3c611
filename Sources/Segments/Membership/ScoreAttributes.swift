package import CustomerSchema

/// The attributes that refreshes compute from everybody's orders, as `quartier run` does; frozen
/// from one refresh to the next.
package enum ScoreAttributes {
  package static let definitions = [
    AttributeDefinition("r_score", .count, isOptional: true),
    AttributeDefinition("f_score", .count, isOptional: true),
    AttributeDefinition("m_score", .count, isOptional: true),
    AttributeDefinition(
      "rfm_segment", .enumeration(AttributeCatalogue.segments), isOptional: true),
    AttributeDefinition("rfm_group", .enumeration(AttributeCatalogue.groups), isOptional: true),
    AttributeDefinition(
      "lifecycle_stage", .enumeration(AttributeCatalogue.stages), isOptional: true),
  ]

  package static let ids = Set(definitions.map(\.id))
}
