extension AttributeCatalogue {
  /// What Quartier works out from what files say, from reference tables and from what customers do.
  /// A file that says one of them itself is believed.
  package static let described = AttributeCatalogue([
    // Occupation: PCS 2020 from the profession.
    AttributeDefinition("pcs_category", .enumeration(occupationCategories), isOptional: true),
    // The finest code that is sure enough, from `3` to `37B1`.
    AttributeDefinition("pcs_code", .text, isOptional: true),
    // Share of such answers that were right where it was measured.
    AttributeDefinition("pcs_confidence", .share, isOptional: true),
    AttributeDefinition(
      "activity_status",
      .enumeration(["working", "retired", "student", "unemployed", "homemaker"]),
      isOptional: true),
    // The two definitions of CSP+ that are in use.
    AttributeDefinition("csp_plus_3_4", .boolean, isOptional: true),
    AttributeDefinition("csp_plus_2_4", .boolean, isOptional: true),
    // Age and household
    // Missing where the birth date is one that nobody can have, or that stands for none.
    AttributeDefinition("usable_birth_date", .date, isOptional: true),
    AttributeDefinition(
      "generation",
      .enumeration(["greatest", "silent", "boomer", "x", "millennial", "z", "alpha"]),
      isOptional: true),
    // Only where the workspace asks for it: what births say of a first name, never a gender.
    AttributeDefinition("woman_probability", .share, isOptional: true),
    AttributeDefinition(
      "household_type",
      .enumeration(["single", "couple", "couple_children", "single_parent", "shared"]),
      isOptional: true),
    // Levels of the French framework of certifications (decree n° 2019-14).
    AttributeDefinition(
      "education_level", .enumeration(["none", "3", "4", "5", "6", "7", "8"]), isOptional: true),
    AttributeDefinition("income_band", .enumeration(incomeBands), isOptional: true),
    // ISO 639-1.
    AttributeDefinition("language_code", .text, isOptional: true),
    AttributeDefinition("workplace_mode", .text, isOptional: true),
    AttributeDefinition("transport", .text, isOptional: true),
    // Place
    AttributeDefinition(
      "place_precision",
      .enumeration([
        "commune", "ambiguous", "department", "collectivity", "military", "foreign", "unknown",
      ]), isOptional: true),
    AttributeDefinition("commune_code", .text, isOptional: true),
    AttributeDefinition("commune_name", .text, isOptional: true),
    AttributeDefinition("department_name", .text, isOptional: true),
    AttributeDefinition(
      "density7", .enumeration(["1", "2", "3", "4", "5", "6", "7"]), isOptional: true),
    AttributeDefinition("density3", .enumeration(["1", "2", "3"]), isOptional: true),
    AttributeDefinition("attraction_area", .text, isOptional: true),
    AttributeDefinition(
      "attraction_role", .enumeration(["11", "12", "13", "20", "30"]), isOptional: true),
    AttributeDefinition("overseas", .boolean, isOptional: true),
    AttributeDefinition(
      "climate_zone",
      .enumeration(["H1a", "H1b", "H1c", "H2a", "H2b", "H2c", "H2d", "H3"]), isOptional: true),
    AttributeDefinition("school_zone", .enumeration(["A", "B", "C"]), isOptional: true),
    AttributeDefinition(
      "delivery_profile", .enumeration(["urban", "drive", "rural"]), isOptional: true),
    AttributeDefinition("nearest_store", .text, isOptional: true),
    // As the crow flies, from the centre of the commune or arrondissement.
    AttributeDefinition("store_distance_km", .decimal, isOptional: true),
    // Companies
    AttributeDefinition("company_siren", .text, isOptional: true),
    AttributeDefinition("siren_check", .enumeration(identifierChecks), isOptional: true),
    AttributeDefinition("siret_check", .enumeration(identifierChecks), isOptional: true),
    AttributeDefinition("vat_check", .enumeration(identifierChecks), isOptional: true),
    AttributeDefinition("vat_number", .text, isOptional: true),
    AttributeDefinition("naf_version", .enumeration(["rev2", "naf2025"]), isOptional: true),
    AttributeDefinition("naf_division", .text, isOptional: true),
    AttributeDefinition("naf_group", .text, isOptional: true),
    AttributeDefinition("naf_class", .text, isOptional: true),
    AttributeDefinition("naf_subclass", .text, isOptional: true),
    AttributeDefinition("headcount_band", .enumeration(headcountBands), isOptional: true),
    // Whether the decree's rule decides the size with what is known, or headcount alone suggests it.
    AttributeDefinition("size_basis", .enumeration(["decided", "estimated"]), isOptional: true),
    AttributeDefinition("balance_total", .money, isOptional: true),
    AttributeDefinition("legal_category", .text, isOptional: true),
    AttributeDefinition(
      "legal_kind",
      .enumeration([
        "sole_trader", "association", "foundation", "public_body", "company", "other",
      ]), isOptional: true),
    // What they use
    AttributeDefinition("browser", .text, isOptional: true),
    AttributeDefinition("mobile_first", .boolean, isOptional: true),
    AttributeDefinition("favourite_channel", .text, isOptional: true),
    AttributeDefinition("favourite_category", .text, isOptional: true),
    // When they buy: shares of orders
    AttributeDefinition("sales_share", .share, isOptional: true),
    AttributeDefinition("christmas_share", .share, isOptional: true),
    AttributeDefinition("school_holiday_share", .share, isOptional: true),
    AttributeDefinition("public_holiday_share", .share, isOptional: true),
    // What they need: each need, `declared` or `inferred`, and where it comes from.
    AttributeDefinition(
      "known_needs",
      .objects([
        FieldDefinition("need", .text),
        FieldDefinition("origin", .text),
        FieldDefinition("source", .text),
      ]), isOptional: true),
  ])

  /// The 29 categories of PCS 2020.
  package static let occupationCategories = [
    "10", "21", "22", "23", "31", "33", "34", "35", "37", "38", "42", "43", "44", "45", "46", "47",
    "48", "52", "53", "54", "55", "56", "62", "63", "64", "65", "67", "68", "69",
  ]

  /// Yearly income in thousands of the workspace's currency: up to, and from on.
  package static let incomeBands = ["under_12", "12_20", "20_30", "30_45", "45_70", "from_70"]

  /// Sirene's bands of employees.
  package static let headcountBands = [
    "NN", "00", "01", "02", "03", "11", "12", "21", "22", "31", "32", "41", "42", "51", "52", "53",
  ]

  private static let identifierChecks = ["valid", "invalid", "mismatch"]
}
