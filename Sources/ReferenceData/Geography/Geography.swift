/// The communes, departments and regions of France, and the way from an address to them.
package struct Geography: Sendable {
  /// 34 875, in the order of their codes.
  package let communes: [Commune]
  /// 101 and 18.
  package let departments: [Department]
  package let regions: [Region]
  package let districts: [MunicipalDistrict]
  let communePositions: [String: Int]
  let departmentPositions: [String: Int]
  let postal: PostalIndex

  package static func load() throws(ReferenceDataError) -> Geography { try shared.get() }

  private static let shared = Lazy<Geography> { () throws(ReferenceDataError) in try Geography() }

  private init() throws(ReferenceDataError) {
    communes = try ReferenceTable("geography/communes.csv").records([
      "code", "name", "department", "latitude", "longitude", "population", "density7", "density3",
      "area_km2", "attraction_area", "attraction_role", "urban_unit", "urban_unit_size",
      "median_living_standard", "epci",
    ]) { row in
      guard let latitude = row.double(3), let longitude = row.double(4),
        let population = row.int(5),
        let density7 = row.int(6), let density3 = row.int(7)
      else { return nil }
      return Commune(
        code: row[0], name: row[1], department: row[2],
        location: GeoPoint(latitude: latitude, longitude: longitude), population: population,
        density7: density7, density3: density3, areaKm2: row.double(8), attractionArea: row[9],
        attractionRole: row[10], urbanUnit: row[11], urbanUnitSize: row.int(12) ?? 0,
        medianLivingStandard: row.int(13), epci: row.text(14))
    }
    departments = try ReferenceTable("geography/departments.csv").records([
      "code", "name", "region", "prefecture", "population", "area_km2", "communes", "academy",
      "school_zone", "climate_zone", "winter_zone",
    ]) { row in
      guard let population = row.int(4), let area = row.int(5), let count = row.int(6) else {
        return nil
      }
      return Department(
        code: row[0], name: row[1], region: row[2], prefecture: row[3], population: population,
        areaKm2: area, communeCount: count, academy: row[7], schoolZone: row.text(8),
        climateZone: row.text(9), winterZone: row.text(10))
    }
    regions = try ReferenceTable("geography/regions.csv").records([
      "code", "name", "prefecture", "population", "overseas",
    ]) { row in
      row.int(3).map {
        Region(
          code: row[0], name: row[1], prefecture: row[2], population: $0, isOverseas: row[4] == "1")
      }
    }
    districts = try ReferenceTable("geography/municipal_districts.csv").records([
      "code", "commune", "name", "latitude", "longitude",
    ]) { row in
      guard let latitude = row.double(3), let longitude = row.double(4) else { return nil }
      return MunicipalDistrict(
        code: row[0], commune: row[1], name: row[2],
        location: GeoPoint(latitude: latitude, longitude: longitude))
    }
    communePositions = Dictionary(
      communes.enumerated().map { ($1.code, $0) }, uniquingKeysWith: { first, _ in first })
    departmentPositions = Dictionary(
      departments.enumerated().map { ($1.code, $0) }, uniquingKeysWith: { first, _ in first })
    postal = try PostalIndex(
      communes: communes, positions: communePositions, districts: districts)
  }

  /// The commune of an INSEE code; an arrondissement gives its commune. Nil when there is none.
  package func commune(_ code: String) -> Commune? {
    if let position = communePositions[code] { return communes[position] }
    return districts.first { $0.code == code }.flatMap { commune($0.commune) }
  }

  package func department(_ code: String) -> Department? {
    departmentPositions[code].map { departments[$0] }
  }

  package func region(_ code: String) -> Region? { regions.first { $0.code == code } }

  /// A label of a zoning (`density7`, `density3`, `attraction_role`, `attraction_size`,
  /// `urban_unit_size`, `attraction_area`, `urban_unit`, `epci`) in French; nil for an unknown code.
  package func label(zoning: String, code: String) throws(ReferenceDataError) -> String? {
    try Self.labels.get()[zoning + ":" + code]
  }

  private static let labels = Lazy<[String: String]> { () throws(ReferenceDataError) in
    var labels: [String: String] = [:]
    for (zoning, code, label) in try ReferenceTable("geography/zone_labels.csv").records(
      ["zoning", "code", "label_fr"], { ($0[0], $0[1], $0[2]) })
    {
      labels[zoning + ":" + code] = label
    }
    for (table, zoning, columns) in [
      ("density", "density7", ["density7", "label7_fr"]),
      ("density", "density3", ["density3", "label3_fr"]),
      ("attraction_areas", "attraction_area", ["code", "name"]),
      ("urban_units", "urban_unit", ["code", "name"]), ("epci", "epci", ["siren", "name"]),
    ] {
      for (code, label) in try ReferenceTable("geography/\(table).csv").records(
        columns, { ($0[0], $0[1]) })
      {
        labels[zoning + ":" + code] = label
      }
    }
    return labels
  }

  /// The overseas collectivities that are not departments, by the three digits of their codes.
  package static let collectivities: [String: String] = [
    "975": "Saint-Pierre-et-Miquelon", "977": "Saint-Barthélemy", "978": "Saint-Martin",
    "984": "Terres australes et antarctiques françaises", "986": "Wallis-et-Futuna",
    "987": "Polynésie française", "988": "Nouvelle-Calédonie", "989": "Île de Clipperton",
  ]
}
