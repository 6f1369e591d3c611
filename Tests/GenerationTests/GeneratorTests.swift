import CustomerSchema
import DuckDBEngine
import Foundation
import ReferenceData
import SQLBuilder
import Testing
import Warehouse

@testable import Generation

@Suite struct `Generated bases` {
  /// A folder that goes away with the test.
  private final class Folder {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "quartier-generate-\(UUID().uuidString)").path
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private static func options(_ customers: Int, seed: UInt64, companies: Bool = false)
    -> GenerationOptions
  {
    var options = GenerationOptions(customers: customers, seed: seed)
    options.includesCompanies = companies
    return options
  }

  /// FNV-1a of a file.
  private static func checksum(_ folder: String, _ file: GeneratedFile) throws -> UInt64 {
    let path = URL(fileURLWithPath: folder).appending(path: file.name)
    return try Data(contentsOf: path).reduce(0xcbf2_9ce4_8422_2325) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
  }

  @Test func `the same seed gives the same bytes, another seed others`() throws {
    let folders = [Folder(), Folder(), Folder()]
    for (folder, seed) in zip(folders, [7, 7, 8] as [UInt64]) {
      _ = try Generator(Self.options(3000, seed: seed, companies: true)).write(to: folder.path)
    }
    for file in GeneratedFile.allCases {
      let sums = try folders.map { try Self.checksum($0.path, file) }
      #expect(sums[0] == sums[1], "\(file)")
      if file != .campaigns && file != .promotions { #expect(sums[0] != sums[2], "\(file)") }
    }
    // A person depends on her number and the seed alone, so a smaller base is the beginning of it.
    let small = Folder()
    _ = try Generator(Self.options(1000, seed: 7)).write(to: small.path)
    let name = GeneratedFile.truthPeople.name
    let start = try String(contentsOfFile: small.path + "/" + name, encoding: .utf8)
    let whole = try String(contentsOfFile: folders[0].path + "/" + name, encoding: .utf8)
    #expect(whole.hasPrefix(start))
  }

  @Test func `distributions are those of the sources`() async throws {
    let folder = Folder()
    let result = try Generator(Self.options(20_000, seed: 1)).write(to: folder.path)
    #expect(result.rows["truth_people.csv"] == 20_000)
    let session = try await DuckDBEngine(DuckDBEngine.Options(threads: 2)).session()
    for file in ["truth_people", "orders", "crm", "shop", "loyalty", "truth_records"] {
      try await session.execute(
        """
        CREATE TEMP TABLE \(identifier: file) AS
        SELECT * FROM read_csv(\(literal: folder.path + "/" + file + ".csv"), header = true,
          all_varchar = true, delim = ',', quote = '"', escape = '"')
        """)
    }
    // 52.4 % of French adults are women; the standard error for 20,000 people is 0.35 points.
    let women = try await session.value("SELECT avg((sex = 'F')::INT) FROM truth_people")
    #expect(abs(try #require(women.double) - 0.523) < 0.012)
    // Paris has 3.15 % of the population of 2021.
    let paris = try await session.value("SELECT avg((commune = '75056')::INT) FROM truth_people")
    #expect(abs(try #require(paris.double) - 2_133_111 / 67_664_570) < 0.005)
    // Executives are 21.7 % of people at work, workers 18.9 (Insee, 2022); ages shift them a little.
    let executives = try await session.value(
      "SELECT avg((pcs_group = '3')::INT) FROM truth_people WHERE activity_status = 'working'")
    #expect(abs(try #require(executives.double) - 0.217) < 0.03)
    // November and December sell more than any other two months.
    let top = try await session.query(
      """
      SELECT month(CAST(order_date AS TIMESTAMP)) AS m FROM orders GROUP BY m
      ORDER BY count(*) DESC LIMIT 2
      """
    ).rows.compactMap { $0[0].int }
    #expect(Set(top) == [11, 12])
  }

  @Test func `files hang together, and the truth knows every record`() async throws {
    let folder = Folder()
    _ = try Generator(Self.options(5000, seed: 3, companies: true)).write(to: folder.path)
    let session = try await DuckDBEngine(DuckDBEngine.Options(threads: 2)).session()
    for file in GeneratedFile.allCases {
      try await session.execute(
        """
        CREATE TEMP TABLE \(identifier: file.rawValue) AS
        SELECT * FROM read_csv(\(literal: folder.path + "/" + file.name), header = true,
          all_varchar = true, delim = ',', quote = '"', escape = '"')
        """)
      let count = try await session.value("SELECT count(*) FROM \(identifier: file.rawValue)")
      #expect(try #require(count.int) > 0, "\(file)")
    }
    func zero(_ what: Comment, _ query: SQL) async throws {
      let value = try await session.value(query)
      #expect(value.int == 0, what)
    }
    try await zero(
      "records without a person",
      """
      SELECT count(*) FROM (SELECT crm_id AS id FROM crm UNION ALL SELECT shop_id FROM shop
        UNION ALL SELECT carte FROM loyalty) ANTI JOIN truth_records ON record_id = id
      """)
    for file in ["orders", "events", "tickets", "consents", "campaign_contacts", "reviews"] {
      try await zero(
        "customers of \(file) that no system has",
        """
        SELECT count(*) FROM \(identifier: file)
        ANTI JOIN truth_records ON record_id = customer_id WHERE customer_id IS NOT NULL
        """)
    }
    try await zero(
      "orders after somebody left",
      """
      SELECT count(*) FROM orders JOIN truth_records ON record_id = customer_id
      JOIN truth_people USING (person_id)
      WHERE status = 'payée' AND CAST(order_date AS DATE) > CAST(churn_date AS DATE)
      """)
    try await zero(
      "days outside the history",
      """
      SELECT count(*) FROM orders WHERE CAST(order_date AS DATE) > DATE '2025-12-31'
        OR CAST(order_date AS DATE) < DATE '2022-12-31'
      """)
    try await zero(
      "lines without their product",
      "SELECT count(*) FROM orders ANTI JOIN products USING (product_id)")
    let duplicates = try await session.value(
      """
      SELECT count(*) - count(DISTINCT person_id || source) FROM truth_records
      """)
    #expect(try #require(duplicates.int) > 500)
    let sirets = try await session.query("SELECT siret FROM companies").rows
    #expect(sirets.allSatisfy { $0[0].text.flatMap { CompanyIdentifier.siret($0) } != nil })
  }

  @Test func `a folder with files in it is left alone`() throws {
    let folder = Folder()
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    let mine = folder.path + "/mine.txt"
    try "kept".write(toFile: mine, atomically: true, encoding: .utf8)
    #expect(throws: GenerationError.folderNotEmpty(folder.path)) {
      try Generator(Self.options(10, seed: 1)).write(to: folder.path)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["mine.txt"])
  }

  @Test func `a million people take minutes at the pace of fifty thousand`() throws {
    let folder = Folder()
    let clock = ContinuousClock()
    let time = try clock.measure {
      _ = try Generator(Self.options(50_000, seed: 5)).write(to: folder.path)
    }
    print("50,000 people: \(time)")
    #expect(time < .seconds(480))
  }
}
