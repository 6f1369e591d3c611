extension AttributeCatalogue {
  /// What a workspace may know of a person or company besides what they do, each with its meaning
  /// in the localisation catalogues. A workspace adds its own.
  package static let customer = AttributeCatalogue(told.attributes + described.attributes)

  /// What files say of them.
  private static let told = AttributeCatalogue([
    // Demographic
    AttributeDefinition("birth_date", .date, isOptional: true),
    AttributeDefinition("gender", .enumeration(["female", "male", "other"]), isOptional: true),
    AttributeDefinition("household", .text, isOptional: true),
    AttributeDefinition(
      "children",
      .objects([
        FieldDefinition("birth_date", .date),
        FieldDefinition("gender", .enumeration(["female", "male", "other"])),
      ]), isOptional: true),
    AttributeDefinition("education", .text, isOptional: true),
    AttributeDefinition("income", .money, isOptional: true),
    AttributeDefinition("profession", .text, isOptional: true),
    // INSEE's PCS 2020, its first level.
    AttributeDefinition(
      "pcs_group", .enumeration(["1", "2", "3", "4", "5", "6", "7", "8"]), isOptional: true),
    // Geographic
    AttributeDefinition("postal_code", .text, isOptional: true),
    AttributeDefinition("city", .text, isOptional: true),
    AttributeDefinition("department", .text, isOptional: true),
    AttributeDefinition("region", .text, isOptional: true),
    AttributeDefinition("country", .text, isOptional: true),
    AttributeDefinition("language", .text, isOptional: true),
    // Firmographic
    AttributeDefinition("kind", .enumeration(["person", "company"])),
    AttributeDefinition("naf", .text, isOptional: true),
    AttributeDefinition("naf_section", .text, isOptional: true),
    AttributeDefinition(
      "size_class", .enumeration(["tpe", "pme", "eti", "ge"]), isOptional: true),
    AttributeDefinition("headcount", .count, isOptional: true),
    AttributeDefinition("turnover", .money, isOptional: true),
    AttributeDefinition(
      "decision_power", .enumeration(["decides", "influences", "uses"]), isOptional: true),
    AttributeDefinition(
      "growth_stage", .enumeration(["launch", "growth", "maturity", "decline"]),
      isOptional: true),
    AttributeDefinition(
      "digital_maturity", .enumeration(["low", "medium", "high"]), isOptional: true),
    // Relation
    AttributeDefinition("status", .enumeration(["prospect", "customer"]), isOptional: true),
    AttributeDefinition(
      "lead_temperature", .enumeration(["cold", "warm", "hot"]), isOptional: true),
    AttributeDefinition("potential", .enumeration(["low", "medium", "high"]), isOptional: true),
    AttributeDefinition("owner", .text, isOptional: true),
    AttributeDefinition("signed_up", .date, isOptional: true),
    // Psychographic and needs
    AttributeDefinition("profile", .text, isOptional: true),
    AttributeDefinition("tribe", .text, isOptional: true),
    AttributeDefinition("needs", .list, isOptional: true),
    AttributeDefinition("interests", .list, isOptional: true),
    AttributeDefinition("tags", .list, isOptional: true),
    // Technographic
    AttributeDefinition("device", .text, isOptional: true),
    AttributeDefinition("operating_system", .text, isOptional: true),
    AttributeDefinition("payment_method", .text, isOptional: true),
    AttributeDefinition("applications", .list, isOptional: true),
    AttributeDefinition(
      "technology_ease", .enumeration(["low", "medium", "high"]), isOptional: true),
  ])
}
