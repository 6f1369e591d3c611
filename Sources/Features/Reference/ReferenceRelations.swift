internal import Foundation
internal import ReferenceData
internal import SQLBuilder
package import Warehouse

/// The reference tables that queries join, as temporary tables of a session.
package enum ReferenceRelation: String, Sendable, Hashable, CaseIterable {
  /// Code, name, department, location, population, density, areas: 34,875 rows.
  case communes = "reference_communes"
  case departments = "reference_departments"
  case regions = "reference_regions"
  /// Postal code, commune or arrondissement, routing label: 35,700 rows.
  case postalCodes = "reference_postal_codes"
  case activities = "reference_naf_rev2"
  case activities2025 = "reference_naf_2025"
  case occupations = "reference_pcs_2020"
  case legalCategories = "reference_legal_categories"
  case headcountBands = "reference_headcount_bands"
  case commercialEvents = "reference_commercial_events"
  case schoolHolidays = "reference_school_holidays"

  private var table: ReferenceTable {
    switch self {
    case .communes: ReferenceTable("geography/communes.csv")
    case .departments: ReferenceTable("geography/departments.csv")
    case .regions: ReferenceTable("geography/regions.csv")
    case .postalCodes: ReferenceTable("geography/postal_codes.csv")
    case .activities: ReferenceTable("companies/naf_rev2.csv")
    case .activities2025: ReferenceTable("companies/naf_2025.csv")
    case .occupations: ReferenceTable("occupations/pcs2020.csv")
    case .legalCategories: ReferenceTable("companies/legal_categories.csv")
    case .headcountBands: ReferenceTable("companies/headcount_bands.csv")
    case .commercialEvents: ReferenceTable("calendar/commercial_events.csv")
    case .schoolHolidays: ReferenceTable("calendar/school_holidays.csv")
    }
  }

  /// Columns that are not text, with their conversion; codes stay text for their leading zeros.
  private var numbers: [(column: String, type: SQL)] {
    switch self {
    case .communes:
      [
        ("latitude", "DOUBLE"), ("longitude", "DOUBLE"), ("population", "INTEGER"),
        ("density7", "INTEGER"), ("density3", "INTEGER"), ("area_km2", "DOUBLE"),
        ("urban_unit_size", "INTEGER"), ("median_living_standard", "INTEGER"),
      ]
    case .departments:
      [("population", "INTEGER"), ("area_km2", "INTEGER"), ("communes", "INTEGER")]
    case .regions: [("population", "INTEGER"), ("departments", "INTEGER")]
    case .activities, .activities2025, .occupations, .legalCategories: [("level", "INTEGER")]
    case .headcountBands: [("minimum", "INTEGER"), ("maximum", "INTEGER")]
    case .commercialEvents:
      [("year", "INTEGER"), ("first_day", "DATE"), ("last_day", "DATE")]
    case .schoolHolidays: [("first_day", "DATE"), ("last_day", "DATE")]
    case .postalCodes: []
    }
  }

  /// The tables whose files this installation lacks.
  package static var missing: [ReferenceRelation] {
    allCases.filter { (try? $0.table.file()) == nil }
  }

  /// Makes the table in the session, replacing one of that name; empty fields are null.
  package func create(in session: any QuerySession) async throws {
    let path = try table.file().path
    let conversions = numbers.map {
      "CAST(\(identifier: $0.column) AS \($0.type)) AS \(identifier: $0.column)" as SQL
    }
    let replaced: SQL =
      conversions.isEmpty ? "" : " REPLACE (\(conversions.joined(separator: ", ")))"
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: rawValue) AS
      SELECT *\(replaced) FROM read_csv(
        \(literal: path), header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')
      """)
  }
}
