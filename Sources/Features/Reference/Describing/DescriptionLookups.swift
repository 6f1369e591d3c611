internal import CustomerSchema
internal import ReferenceData
internal import SQLBuilder
internal import Warehouse

/// The lookups of `description_input`: what reference tables say of addresses, titles and codes.
struct DescriptionLookups {
  let session: any QuerySession
  let stores: [StoreLocation]
  let suggestsSex: Bool
  let today: LocalDate

  /// A column of `description_value`: `i` is the input, lookups stand under their short names.
  static let columns: [(id: String, value: SQL)] = [
    ("pcs_group", "o.pcs_group"), ("pcs_category", "o.pcs_category"), ("pcs_code", "o.pcs_code"),
    ("pcs_confidence", "o.pcs_confidence"), ("activity_status", "o.activity_status"),
    ("csp_plus_3_4", "o.csp_plus_3_4"), ("csp_plus_2_4", "o.csp_plus_2_4"),
    ("usable_birth_date", "b.usable_birth_date"), ("generation", "b.generation"),
    ("woman_probability", "f.woman_probability"), ("gender", "t.gender"),
    ("household_type", "h.household_type"), ("education_level", "e.education_level"),
    ("income_band", incomeBand), ("language_code", "l.language_code"),
    ("place_precision", "p.place_precision"), ("commune_code", "p.commune_code"),
    ("commune_name", "p.commune_name"), ("department", "p.department"),
    ("department_name", "p.department_name"), ("region", "p.region"),
    ("density7", "p.density7"), ("density3", "p.density3"),
    ("attraction_area", "p.attraction_area"), ("attraction_role", "p.attraction_role"),
    ("overseas", "p.overseas"), ("climate_zone", "p.climate_zone"),
    ("school_zone", "p.school_zone"), ("delivery_profile", "p.delivery_profile"),
    ("nearest_store", "p.nearest_store"), ("store_distance_km", "p.store_distance_km"),
    ("company_siren", "c.company_siren"), ("siren_check", "c.siren_check"),
    ("siret_check", "c.siret_check"), ("vat_check", "c.vat_check"),
    ("naf_version", "n.naf_version"), ("naf_section", "n.naf_section"),
    ("naf_division", "n.naf_division"), ("naf_group", "n.naf_group"),
    ("naf_class", "n.naf_class"), ("naf_subclass", "n.naf_subclass"),
    ("headcount_band", "s.band"), ("size_class", "s.size_class"),
    ("size_basis", "s.size_basis"), ("legal_kind", "g.legal_kind"),
  ]

  private static let incomeBand: SQL = """
    CASE WHEN TRY_CAST(i.income AS DOUBLE) < 0 THEN NULL
      WHEN TRY_CAST(i.income AS DOUBLE) < 12000 THEN 'under_12'
      WHEN TRY_CAST(i.income AS DOUBLE) < 20000 THEN '12_20'
      WHEN TRY_CAST(i.income AS DOUBLE) < 30000 THEN '20_30'
      WHEN TRY_CAST(i.income AS DOUBLE) < 45000 THEN '30_45'
      WHEN TRY_CAST(i.income AS DOUBLE) < 70000 THEN '45_70'
      WHEN TRY_CAST(i.income AS DOUBLE) >= 70000 THEN 'from_70' END
    """

  /// The lookups by their short names, with the columns that they are joined by.
  private static let joins: [(name: String, inputs: [String])] = [
    ("o", ["profession"]), ("b", ["birth_date"]), ("f", ["first_name", "birth_date"]),
    ("t", ["title"]), ("h", ["household"]), ("e", ["education"]), ("l", ["language"]),
    ("p", ["postal_code", "city", "country"]), ("c", ["siren", "siret", "vat_number"]),
    ("n", ["naf"]), ("s", ["headcount", "headcount_band", "turnover", "balance_total"]),
    ("g", ["legal_category"]),
  ]

  /// Makes `description_value`: a text column per attribute, a row per row of the input.
  func create() async throws {
    try await createPeople()
    try await createPlaces()
    try await createCompanies()
    let joins = Self.joins.map { name, inputs -> SQL in
      let conditions = inputs.map {
        "\(identifier: name).\(identifier: $0) IS NOT DISTINCT FROM i.\(identifier: $0)" as SQL
      }.joined(separator: " AND ")
      return
        "LEFT JOIN \(identifier: "description_" + name) AS \(identifier: name) ON \(conditions)"
    }.joined(separator: " ")
    let values = Self.columns.map { "\($0.value) AS \(identifier: $0.id)" as SQL }.joined()
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_value AS
      SELECT i.customer_id, i.valid_from, \(values)
      FROM \(identifier: DescriptionInputs.table) AS i \(joins)
      """)
    for (name, _) in Self.joins {
      try await session.execute("DROP TABLE \(identifier: "description_" + name)")
    }
  }

  private func lookup(
    _ name: String, _ outputs: [String],
    _ describe: @escaping @Sendable ([String?]) throws -> [String?]
  ) async throws {
    let inputs = Self.joins.first { $0.name == name }?.inputs ?? []
    try await ReferenceLookup(
      relation: "\(identifier: DescriptionInputs.table)",
      inputs: inputs.map { ($0, "\(identifier: $0)") }, outputs: outputs
    ).create("description_" + name, in: session, describe: describe)
  }

  // MARK: People

  private func createPeople() async throws {
    let classifier = try JobTitleClassifier.load()
    try await lookup(
      "o",
      [
        "pcs_group", "pcs_category", "pcs_code", "pcs_confidence", "activity_status",
        "csp_plus_3_4", "csp_plus_2_4",
      ]
    ) { row in
      guard let title = row[0] else { return [String?](repeating: nil, count: 7) }
      return Self.occupation(classifier.classify(title))
    }
    let today = today
    try await lookup("b", ["usable_birth_date", "generation"]) { row in
      guard let birth = row[0].flatMap({ LocalDate(iso: $0) }), !Age.isPlaceholder(birth),
        (try? Age.years(born: birth, on: today)) != nil
      else { return [nil, nil] }
      return [birth.description, Generation(birthYear: birth.components.year).rawValue]
    }
    if suggestsSex {
      let names = try FirstNames.load()
      try await lookup("f", ["woman_probability"]) { row in
        guard let name = row[0] else { return [nil] }
        let year = row[1].flatMap { LocalDate(iso: $0) }?.components.year
        let found =
          year.flatMap { names.womanProbability(name, born: $0...$0) }
          ?? names.womanProbability(name)
        return [found.map { String($0.probability) }]
      }
    } else {
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE description_f (
          first_name VARCHAR, birth_date VARCHAR, woman_probability VARCHAR)
        """)
    }
    try await lookup("t", ["gender"]) { [$0[0].flatMap(DeclaredWords.gender)] }
    try await lookup("h", ["household_type"]) { [$0[0].flatMap(DeclaredWords.household)] }
    try await lookup("e", ["education_level"]) { [$0[0].flatMap(DeclaredWords.education)] }
    try await lookup("l", ["language_code"]) { [$0[0].flatMap(DeclaredWords.language)] }
  }

  /// The seven outputs of a job title.
  static func occupation(_ match: OccupationMatch) -> [String?] {
    switch match.outcome {
    case .unknown: return [String?](repeating: nil, count: 7)
    case .outside(let status):
      // PCS 2020 classes people who work; 7 and 8 are the groups of PCS 2003 for the others.
      return [
        status == .retired ? "7" : "8", nil, nil, String(match.confidence), status.rawValue,
        "false", "false",
      ]
    case .occupation(let found):
      return [
        String(found.code.prefix(1)), found.code.count > 1 ? String(found.code.prefix(2)) : nil,
        found.code, String(match.confidence), "working",
        String(HigherOccupations.groups3To4.contains(found)),
        String(HigherOccupations.groups2To4.contains(found)),
      ]
    }
  }

  // MARK: Places

  private func createPlaces() async throws {
    let geography = try Geography.load()
    let areas = try AttractionAreas()
    let stores = stores
    try await lookup(
      "p",
      [
        "place_precision", "commune_code", "commune_name", "department", "department_name",
        "region", "density7", "density3", "attraction_area", "attraction_role", "overseas",
        "climate_zone", "school_zone", "delivery_profile", "nearest_store", "store_distance_km",
      ]
    ) { row in
      // A country alone says nothing of a place in France.
      guard row.contains(where: { $0 != nil }) else { return [String?](repeating: nil, count: 16) }
      let answer = try geography.place(postalCode: row[0], city: row[1], country: row[2])
      if case .unknown(.nothingGiven) = answer.outcome {
        return [String?](repeating: nil, count: 16)
      }
      let nearest = answer.point.flatMap { point in
        stores.map { (store: $0, distance: point.distance(to: $0.point)) }
          .min { ($0.distance, $0.store.name) < ($1.distance, $1.store.name) }
      }
      var overseas = answer.department.map(\.isOverseas)
      if case .collectivity = answer.outcome { overseas = true }
      let area = answer.shared(\.attractionArea)
      return [
        answer.outcome.name, answer.commune?.code, answer.commune?.name, answer.department?.code,
        answer.department?.name, answer.department.flatMap { geography.region($0.region)?.name },
        answer.density7.map { String($0) }, answer.density3.map { String($0) },
        area.flatMap { areas.name($0) }, answer.shared(\.attractionRole),
        overseas.map { String($0) }, answer.department?.climateZone,
        answer.department?.schoolZone, answer.shared(\.deliveryProfile)?.rawValue,
        nearest?.store.name, nearest.map { String(($0.distance * 10).rounded() / 10) },
      ]
    }
  }

  // MARK: Companies

  private func createCompanies() async throws {
    try await lookup("c", ["company_siren", "siren_check", "siret_check", "vat_check"]) { row in
      CompanyCodes.identifiers(siren: row[0], siret: row[1], vat: row[2])
    }
    let former = try ActivityClassification.load(.rev2)
    let recent = try ActivityClassification.load(.naf2025)
    try await lookup(
      "n",
      [
        "naf_version", "naf_section", "naf_division", "naf_group", "naf_class", "naf_subclass",
      ]
    ) { row in
      guard let code = row[0],
        let (version, item, classification) = former.item(code).map({ ("rev2", $0, former) })
          ?? recent.item(code).map({ ("naf2025", $0, recent) })
      else { return [String?](repeating: nil, count: 6) }
      return [version]
        + ActivityLevel.allCases.map { level in
          classification.ancestor(of: item, at: level)?.code
        }
    }
    try await lookup("s", ["band", "size_class", "size_basis"]) { row in
      try CompanyCodes.size(
        headcount: row[0], band: row[1], turnover: row[2], balance: row[3])
    }
    try await lookup("g", ["legal_kind"]) { [try $0[0].flatMap(CompanyCodes.legalKind)] }
  }
}

/// Attraction areas by names that tell them apart.
private struct AttractionAreas {
  private let names: [String: String]

  init() throws {
    let rows = try ReferenceTable("geography/attraction_areas.csv").rows(["code", "name"]).map {
      (code: $0[0], name: $0[1])
    }
    let counts = Dictionary(rows.map { ($0.name, 1) }, uniquingKeysWith: +)
    names = Dictionary(
      rows.map { ($0.code, counts[$0.name, default: 1] > 1 ? "\($0.name) (\($0.code))" : $0.name) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Nil for communes outside any area.
  func name(_ code: String) -> String? { code == "000" ? nil : names[code] }
}
