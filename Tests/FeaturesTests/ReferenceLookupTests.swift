import DuckDBEngine
import ReferenceData
import SQLBuilder
import Testing
import Warehouse

@testable import Features

@Suite struct `Reference relations` {
  @Test("Every relation has its rows", arguments: ReferenceRelation.allCases)
  func relations(relation: ReferenceRelation) async throws {
    let session = try await DuckDBEngine(DuckDBEngine.Options(threads: 2)).session()
    try await relation.create(in: session)
    let counts: [ReferenceRelation: Int] = [
      .communes: 34_875, .departments: 101, .regions: 18, .postalCodes: 35_700, .activities: 1728,
      .activities2025: 1794, .occupations: 467, .legalCategories: 308, .headcountBands: 16,
      .commercialEvents: 126, .schoolHolidays: 180,
    ]
    let count = try await session.value("SELECT count(*) FROM \(identifier: relation.rawValue)")
    #expect(count.int == counts[relation])
  }

  @Test func `types are what queries compute with, and codes keep their zeros`() async throws {
    let session = try await DuckDBEngine(DuckDBEngine.Options(threads: 2)).session()
    for relation in [ReferenceRelation.communes, .departments] {
      try await relation.create(in: session)
    }
    let population = try await session.value("SELECT sum(population) FROM reference_communes")
    #expect(population.int == 67_664_570)
    let ain = try await session.row(
      "SELECT name, school_zone FROM reference_departments WHERE code = '01'")
    #expect(ain == [.text("Ain"), .text("A")])
    let corsica = try await session.value(
      "SELECT school_zone FROM reference_departments WHERE code = '2A'")
    #expect(corsica == .null)
  }

  @Test func `a million customers get their commune at the cost of distinct addresses`()
    async throws
  {
    let session = try await DuckDBEngine(DuckDBEngine.Options(threads: 2)).session()
    try await ReferenceRelation.postalCodes.create(in: session)
    // Every address of La Poste, a few dozen times, and some without a city or in another country.
    try await session.execute(
      """
      CREATE TEMP TABLE people AS
      SELECT i AS id, postal_code, CASE WHEN i % 10 = 0 THEN NULL ELSE label END AS city,
        CASE WHEN i % 1000 = 1 THEN 'Belgique' END AS country
      FROM (SELECT *, row_number() OVER () AS i FROM reference_postal_codes, range(29)) LIMIT 1000000
      """)
    let clock = ContinuousClock()
    var distinct = 0
    let time = try await clock.measure {
      distinct = try await CustomerLookups.places(
        "places", of: "people", postalCode: "postal_code", city: "city", country: "country",
        in: session)
      try await session.execute(
        """
        CREATE TEMP TABLE located AS
        SELECT people.id, places.commune, places.department, places.outcome
        FROM people JOIN places ON people.postal_code IS NOT DISTINCT FROM places.postal_code
          AND people.city IS NOT DISTINCT FROM places.city
          AND people.country IS NOT DISTINCT FROM places.country
        """)
    }
    print("1,000,000 addresses, \(distinct) distinct: \(time)")
    #expect(distinct > 35_000)
    let row = try await session.row(
      """
      SELECT count(*), count(*) FILTER (outcome = 'foreign'), count(*) FILTER (outcome = 'commune'),
        count(*) FILTER (outcome = 'unknown')
      FROM located
      """)
    #expect(row[0].int == 1_000_000)
    #expect((row[1].int ?? 0) >= 1000)
    #expect((row[2].int ?? 0) > 880_000)
    #expect(row[3].int == 0)
  }

  @Test func `job titles get their occupation once each, nulls included`() async throws {
    let session = try await DuckDBEngine(DuckDBEngine.Options(threads: 2)).session()
    try await session.execute(
      """
      CREATE TEMP TABLE people AS
      SELECT unnest(['Infirmière', 'Infirmière', 'retraité', NULL, 'boulangère']) AS job
      """)
    let distinct = try await CustomerLookups.occupations(
      "titles", of: "people", jobTitle: "job", in: session)
    #expect(distinct == 4)
    let rows = try await session.query(
      "SELECT job_title, pcs_group, activity_status FROM titles ORDER BY job_title NULLS LAST"
    ).rows
    #expect(
      rows == [
        [.text("Infirmière"), .text("4"), .null], [.text("boulangère"), .text("6"), .null],
        [.text("retraité"), .null, .text("retired")], [.null, .null, .null],
      ])
  }
}
