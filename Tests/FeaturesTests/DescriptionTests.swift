import CustomerSchema
import ReferenceData
import SQLBuilder
import Testing
import Warehouse

@testable import Features

@Suite struct `Describing customers` {
  private func described(
    stores: [StoreLocation] = [], suggestsSex: Bool = false,
    _ fill: (WorkspaceStore) async throws -> Void
  ) async throws -> WorkspaceStore {
    let store = try await WorkspaceStore()
    try await fill(store)
    _ = try await CustomerDescriber(stores: stores, suggestsSex: suggestsSex).run(
      store.session, now: WorkspaceStore.now, today: WorkspaceStore.today)
    return store
  }

  private func expect(
    _ store: WorkspaceStore, _ customer: Int, _ values: [String: String?],
    _ place: Testing.SourceLocation = #_sourceLocation
  ) async throws {
    for (attribute, value) in values {
      let found = try await store.current(customer, attribute)
      #expect(found == value, "\(attribute)", sourceLocation: place)
    }
  }

  // MARK: People

  @Test func `a job title gives group, category, profession and both definitions of CSP+`()
    async throws
  {
    let store = try await described { store in
      try await store.addCustomers(4)
      try await store.say(1, "profession", "Infirmière")
      try await store.say(2, "profession", "boulangère artisan")
      try await store.say(3, "profession", "Retraitée")
      try await store.say(4, "profession", "xyzzy")
    }
    defer { store.remove() }
    try await expect(
      store, 1,
      [
        "pcs_group": "4", "pcs_category": "43", "csp_plus_3_4": "true", "csp_plus_2_4": "true",
        "activity_status": "working",
      ])
    let confidence = Double(try await store.current(1, "pcs_confidence") ?? "") ?? 0
    #expect((0.6...1).contains(confidence))
    #expect(try await store.current(1, "pcs_code")?.hasPrefix("43") == true)
    try await expect(
      store, 3,
      [
        "pcs_group": "7", "activity_status": "retired", "pcs_code": nil, "csp_plus_2_4": "false",
      ])
    try await expect(store, 4, ["pcs_group": nil, "csp_plus_3_4": nil])
    // Craftspeople are CSP+ by one definition only.
    if try await store.current(2, "pcs_group") == "2" {
      try await expect(store, 2, ["csp_plus_3_4": "false", "csp_plus_2_4": "true"])
    }
  }

  @Test(arguments: [
    ("1980-02-29", "1980-02-29", "x"), ("1996-12-31", "1996-12-31", "millennial"),
    ("1997-01-01", "1997-01-01", "z"), ("1876-03-01", nil, nil), ("2026-06-01", nil, nil),
    ("1900-01-01", nil, nil), ("1927-05-05", "1927-05-05", "greatest"),
  ])
  func `birth dates that nobody can have give no age`(
    birth: String, usable: String?, generation: String?
  ) async throws {
    let store = try await described { store in
      try await store.addCustomers(1)
      try await store.say(1, "birth_date", birth)
    }
    defer { store.remove() }
    try await expect(store, 1, ["usable_birth_date": usable, "generation": generation])
  }

  @Test func `first names suggest a sex only where it is asked for, and never a gender`()
    async throws
  {
    for asked in [false, true] {
      let store = try await described(suggestsSex: asked) { store in
        try await store.addCustomers(2)
        try await store.say(1, "first_name", "Camille")
        try await store.say(2, "first_name", "Georgette")
        try await store.say(2, "title", "Mme")
      }
      defer { store.remove() }
      let probability = try await store.current(2, "woman_probability").flatMap { Double($0) }
      #expect((probability != nil) == asked)
      if let probability { #expect(probability > 0.95) }
      // What somebody said of herself is declared; a first name is not.
      try await expect(store, 1, ["gender": nil])
      try await expect(store, 2, ["gender": "female"])
    }
  }

  @Test func `household, education, income and language are put into words that compare`()
    async throws
  {
    let store = try await described { store in
      try await store.addCustomers(3)
      for (attribute, value) in [
        ("household", "En couple avec 2 enfants"), ("education", "Bac +5"),
        ("income", "29999.99"), ("language", "fr-FR"),
      ] { try await store.say(1, attribute, value) }
      for (attribute, value) in [
        ("household", "Célibataire, sans enfant"), ("education", "CAP cuisine"),
        ("income", "30000"), ("language", "Anglais"),
      ] { try await store.say(2, attribute, value) }
      for (attribute, value) in [
        ("household", "F-0012"), ("education", "?"), ("income", "-1"), ("language", "klingon"),
      ] { try await store.say(3, attribute, value) }
    }
    defer { store.remove() }
    try await expect(
      store, 1,
      [
        "household_type": "couple_children", "education_level": "7", "income_band": "20_30",
        "language_code": "fr",
      ])
    try await expect(
      store, 2,
      [
        "household_type": "single", "education_level": "3", "income_band": "30_45",
        "language_code": "en",
      ])
    try await expect(
      store, 3,
      [
        "household_type": nil, "education_level": nil, "income_band": nil, "language_code": nil,
      ])
  }

  // MARK: Places

  @Test func `places of every kind are found, and what is not sure is not said`() async throws {
    let addresses: [(String?, String?, String?)] = [
      ("75011", "Paris", nil), ("20000", "Ajaccio", nil), ("97400", "SAINT DENIS", "France"),
      ("92974", "PARIS LA DEFENSE CEDEX", nil), ("1000", "Bruxelles", "Belgique"),
      ("98800", "Nouméa", nil), ("99999", "Nulle Part", nil), (nil, nil, "France"),
    ]
    let paris = StoreLocation(
      name: "Bastille", point: GeoPoint(latitude: 48.8532, longitude: 2.3692))
    let store = try await described(stores: [paris]) { store in
      try await store.addCustomers(addresses.count)
      for (position, (code, city, country)) in addresses.enumerated() {
        for (attribute, value) in [("postal_code", code), ("city", city), ("country", country)] {
          if let value { try await store.say(position + 1, attribute, value) }
        }
      }
    }
    defer { store.remove() }
    try await expect(
      store, 1,
      [
        "commune_code": "75056", "department": "75", "region": "Île-de-France", "density7": "1",
        "density3": "1", "attraction_area": "Paris", "attraction_role": "11",
        "overseas": "false", "climate_zone": "H1a", "school_zone": "C",
        "delivery_profile": "urban", "nearest_store": "Bastille", "place_precision": "commune",
      ])
    let distance = Double(try await store.current(1, "store_distance_km") ?? "") ?? -1
    #expect((0..<3).contains(distance))
    try await expect(
      store, 2,
      [
        "commune_code": "2A004", "department": "2A", "region": "Corse", "school_zone": nil,
        "climate_zone": "H3", "overseas": "false",
      ])
    try await expect(
      store, 3,
      [
        "commune_code": "97411", "region": "La Réunion", "overseas": "true", "climate_zone": nil,
      ])
    try await expect(
      store, 4,
      ["department": "92", "commune_code": nil, "place_precision": "department"])
    try await expect(
      store, 5, ["place_precision": "foreign", "overseas": nil, "department": nil])
    try await expect(store, 6, ["place_precision": "collectivity", "overseas": "true"])
    try await expect(store, 7, ["place_precision": "unknown", "region": nil])
    try await expect(store, 8, ["place_precision": nil])
  }

  // MARK: Companies

  @Test func `companies get their activity, size and checks`() async throws {
    let store = try await described { store in
      try await store.addCustomers(4, kind: "company")
      for (attribute, value) in [
        ("siren", "345 130 488"), ("siret", "345 130 488 00017"), ("naf", "62.01Z"),
        ("headcount", "12"), ("turnover", "1500000"), ("legal_category", "5710"),
      ] { try await store.say(1, attribute, value) }
      // La Poste: this establishment satisfies its own rule, not Luhn's.
      for (attribute, value) in [
        ("siret", "356 000 000 00001"), ("headcount_band", "53"), ("legal_category", "5510"),
      ] { try await store.say(2, attribute, value) }
      for (attribute, value) in [
        ("siren", "345130488"), ("siret", "73282932000074"), ("vat_number", "FR00345130488"),
        ("naf", "9999X"), ("legal_category", "Association loi 1901"),
      ] { try await store.say(3, attribute, value) }
      for (day, turnover) in [("2023-06-30", "1000000"), ("2024-06-30", "1300000")] {
        try await store.say(4, "turnover", turnover, on: day)
      }
    }
    defer { store.remove() }
    try await expect(
      store, 1,
      [
        "company_siren": "345130488", "siren_check": "valid", "siret_check": "valid",
        "naf_version": "rev2", "naf_section": "J", "naf_division": "62", "naf_group": "62.0",
        "naf_class": "62.01", "naf_subclass": "62.01Z", "headcount_band": "11",
        "size_class": "pme", "size_basis": "decided", "legal_kind": "company",
      ])
    try await expect(
      store, 2,
      ["company_siren": "356000000", "siret_check": "valid", "size_class": "ge"])
    try await expect(
      store, 3,
      [
        "siren_check": "valid", "siret_check": "mismatch", "vat_check": "invalid",
        "naf_section": nil, "legal_kind": "association",
      ])
    try await expect(store, 4, ["growth_stage": "growth", "size_class": nil])
  }

  // MARK: Behaviour

  @Test func `purchases fall into sales, Christmas, school holidays and public holidays`()
    async throws
  {
    let store = try await described { store in
      try await store.addCustomers(1)
      try await store.say(1, "postal_code", "75011")
      try await store.say(1, "city", "Paris")
      // In the winter sales; in the winter holidays of zone C; on Whit Monday; on none.
      for (day, channel, payment) in [
        ("2024-01-17", "web", "card"), ("2024-02-15", "web", "card"),
        ("2024-05-20", "store", "cash"), ("2024-06-04", "web", "card"),
        // In December, before Christmas and the school holidays.
        ("2024-12-10", "store", "card"),
      ] {
        try await store.buy(
          1, on: day, channel: channel, payment: payment, product: "p",
          category: day < "2024-03" ? "tea" : "coffee")
      }
    }
    defer { store.remove() }
    try await expect(
      store, 1,
      [
        "sales_share": "0.2", "christmas_share": "0.2", "school_holiday_share": "0.2",
        "public_holiday_share": "0.2", "favourite_channel": "web", "payment_method": "card",
        "favourite_category": "coffee",
      ])
  }

  @Test func `user agents tell devices, and a phone first from five visits on`() async throws {
    let phone =
      "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 "
      + "(KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
    let store = try await described { store in
      try await store.addCustomers(2)
      for (customer, count) in [(1, 5), (2, 4)] {
        for visit in 1...count {
          try await store.session.execute(
            """
            INSERT INTO events (customer_id, happened_at, local_at, source, key, row_id, name,
              category, properties)
            VALUES (\(customer), TIMESTAMPTZ '2025-03-01' + to_days(CAST(\(visit) AS INTEGER)),
              TIMESTAMP '2025-03-01' + to_days(CAST(\(visit) AS INTEGER)), 'web',
              \("\(customer)-\(visit)"), nextval('row_ids'), 'page_view', 'shoes',
              json_object('user_agent', \(phone))::VARCHAR)
            """)
        }
        try await store.touch(customer)
      }
      try await store.say(1, "needs", "[\"boots\"]")
    }
    defer { store.remove() }
    try await expect(
      store, 1,
      [
        "device": "mobile", "operating_system": "iOS", "browser": "Safari",
        "mobile_first": "true",
        "known_needs": """
        [{"need":"boots","origin":"declared","source":"crm"},\
        {"need":"shoes","origin":"inferred","source":"events"}]
        """,
      ])
    try await expect(store, 2, ["device": "mobile", "mobile_first": nil])
    #expect(
      try await store.session.value("SELECT count(*) FROM events WHERE device = 'mobile'").int
        == 9)
  }

  // MARK: History

  @Test func `values have the history of what they follow from, and files are believed`()
    async throws
  {
    let store = try await described { store in
      try await store.addCustomers(2)
      try await store.say(1, "postal_code", "75011", on: "2024-01-01")
      try await store.say(1, "city", "Paris", on: "2024-01-01")
      try await store.say(1, "postal_code", "29200", on: "2025-05-01")
      try await store.say(1, "city", "Brest", on: "2025-05-01")
      try await store.say(2, "postal_code", "69001")
      try await store.say(2, "region", "Rhône-Alpes")
    }
    defer { store.remove() }
    let regions = try await store.session.query(
      """
      SELECT CAST(valid_from AS DATE)::VARCHAR, value FROM attribute_history
      WHERE customer_id = 1 AND attribute_id = 'region' ORDER BY valid_from
      """
    ).rows
    #expect(
      regions == [
        [.text("2024-01-01"), .text("Île-de-France")], [.text("2025-05-01"), .text("Bretagne")],
      ])
    try await expect(store, 1, ["region": "Bretagne"])
    try await expect(store, 2, ["region": "Rhône-Alpes", "department": "69"])
    let origins = try await store.session.query(
      """
      SELECT attribute_id, origin FROM attribute_definition
      WHERE attribute_id IN ('region', 'density3') ORDER BY 1
      """
    ).rows
    #expect(
      origins == [
        [.text("density3"), .text("computed")], [.text("region"), .text("imported")],
      ])
    // Nothing new: nothing is looked at, nothing changes.
    let describer = CustomerDescriber()
    let again = try await describer.run(
      store.session, now: WorkspaceStore.now, today: WorkspaceStore.today)
    #expect(again == CustomerDescriber.Report())
    // A move that is withdrawn takes what followed from it along.
    try await store.say(1, "postal_code", nil, on: "2025-06-01")
    try await store.say(1, "city", nil, on: "2025-06-01")
    let moved = try await describer.run(
      store.session, now: WorkspaceStore.now, today: WorkspaceStore.today)
    #expect(moved.customers == 1 && moved.changed == 1)
    try await expect(store, 1, ["region": nil, "density3": nil])
  }

  @Test func `another list of stores describes everybody anew`() async throws {
    let store = try await described { store in
      try await store.addCustomers(1)
      try await store.say(1, "postal_code", "75011")
    }
    defer { store.remove() }
    try await expect(store, 1, ["nearest_store": nil])
    let written = WrittenStore(name: "Lyon", postalCode: "69001", city: "Lyon")
    let located = try #require(try written.located(by: try Geography.load()))
    let report = try await CustomerDescriber(stores: [located]).run(
      store.session, now: WorkspaceStore.now, today: WorkspaceStore.today)
    #expect(report.changed == 1)
    // 391 km from Paris to Lyon, as the crow flies.
    let distance = Double(try await store.current(1, "store_distance_km") ?? "") ?? 0
    #expect(abs(distance - 392) < 5)
    #expect(try WrittenStore(name: "?").located(by: try Geography.load()) == nil)
  }

  @Test(arguments: [
    ("naf_section", "F", "Construction", "Construction"),
    ("naf_subclass", "62.01Z", "Programmation informatique", "Computer programming activities"),
    ("department", "2A", "Corse-du-Sud", "Corse-du-Sud"),
    ("commune_code", "29019", "Brest", "Brest"),
    ("region", "Bretagne", nil, nil), ("naf_section", "9", nil, nil),
  ])
  func `codes have their official labels`(
    attribute: String, value: String, french: String?, english: String?
  ) throws {
    #expect(
      try ReferenceLabels.label(of: value, attribute: attribute, isFrench: true) == french)
    #expect(
      try ReferenceLabels.label(of: value, attribute: attribute, isFrench: false) == english)
  }

  @Test func `every computed attribute is in the catalogue and computed`() {
    let computed = Set(DescriptionLookups.columns.map(\.id) + BehaviourDescription.columns)
    let told: Set<String> = [
      "vat_number", "balance_total", "legal_category", "workplace_mode", "transport",
    ]
    for attribute in AttributeCatalogue.described.attributes {
      #expect(computed.contains(attribute.id) != told.contains(attribute.id), "\(attribute.id)")
    }
  }
}
