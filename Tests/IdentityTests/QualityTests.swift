import CustomerSchema
import Foundation
import Generation
import Ingestion
import SQLBuilder
import Testing
import Warehouse

@testable import Identity

@Suite struct `How well records are told apart` {
  /// Shares of pairs: of those joined, how many are right; of those that are one, how many are
  /// joined.
  private struct Quality {
    let precision: Double
    let recall: Double
    /// The same if somebody decides every pair that waits rightly.
    let recallWithReview: Double
    let waiting: Int
  }

  /// - Parameter truth: a table `truth` (`value`, `person`) of ids.
  private func measure(_ bench: IdentityBench) async throws -> Quality {
    try await bench.session.execute(
      """
      CREATE OR REPLACE TEMP TABLE told AS
      SELECT i.value, t.person, abs(coalesce(i.record_id, i.customer_id)) AS record, i.customer_id
      FROM quartier.identifier AS i JOIN truth AS t ON t.value = i.value
      WHERE i.type = 'customer'
      """)
    func pairs(_ key: SQL) async throws -> Double {
      try await bench.session.value(
        """
        SELECT coalesce(sum(n * (n - 1) / 2), 0)::DOUBLE
        FROM (SELECT count(*) AS n FROM told GROUP BY \(key))
        """
      ).double ?? 0
    }
    let joined = try await pairs("customer_id")
    let true1 = try await pairs("person")
    let right = try await pairs("customer_id, person")
    // Deciding rightly joins the profiles that share a person.
    let asked = try await bench.session.query(
      """
      SELECT count(*), count(*) FILTER (x.person = y.person),
        coalesce(sum(CASE WHEN x.person = y.person THEN x.n * y.n ELSE 0 END), 0)::BIGINT
      FROM quartier.identity_pair AS q
      JOIN (SELECT *, count(*) OVER (PARTITION BY customer_id, person) AS n FROM told) AS x
        ON x.record = q.first_record
      JOIN (SELECT *, count(*) OVER (PARTITION BY customer_id, person) AS n FROM told) AS y
        ON y.record = q.second_record
      WHERE q.status = 'open'
      """
    ).rows[0]
    return Quality(
      precision: right / joined, recall: right / true1,
      recallWithReview: min(1, (right + Double(asked[2].int ?? 0)) / true1),
      waiting: asked[0].int ?? 0)
  }

  private static let febrl = IdentityBench.root.appending(path: "third_party/data/febrl")

  /// The sets of FEBRL, without the number of social insurance that would tell everything.
  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: Self.febrl.appending(path: "dataset1.csv").path),
      "FEBRL is not there: scripts/setup.sh fetches it"),
    arguments: [
      (["dataset1"], 0.999, 0.72, 0.94), (["dataset3"], 0.999, 0.65, 0.97),
      (["dataset4a", "dataset4b"], 0.999, 0.74, 0.93),
    ] as [([String], Double, Double, Double)])
  func `FEBRL`(
    sets: [String], precision: Double, recall: Double, withReview: Double
  ) async throws {
    let bench = try await IdentityBench()
    try await bench.session.execute("CREATE TEMP TABLE truth (value VARCHAR, person VARCHAR)")
    for set in sets {
      let file = Self.febrl.appending(path: "\(set).csv").path
      let csv = bench.folder + "/\(set).csv"
      try await bench.session.execute(
        """
        CREATE OR REPLACE TEMP TABLE febrl AS SELECT
          #1 AS id, nullif(trim(#2), '') AS first_name, nullif(trim(#3), '') AS last_name,
          nullif(concat_ws(' ', nullif(trim(#4), ''), nullif(trim(#5), '')), '') AS address,
          nullif(trim(#7), '') AS city, nullif(trim(#8), '') AS postal_code,
          TRY_CAST(TRY_STRPTIME(trim(#10), '%Y%m%d') AS DATE)::VARCHAR AS birth_date
        FROM read_csv(\(literal: file), header = true, all_varchar = true, quote = '')
        """)
      try await bench.session.execute(
        """
        COPY (SELECT id AS "id client", first_name AS prénom, last_name AS nom,
          birth_date AS "date naissance", address AS adresse, postal_code AS "code postal",
          city AS ville FROM febrl) TO \(literal: csv) (HEADER)
        """)
      try await bench.session.execute(
        "INSERT INTO truth SELECT id, regexp_extract(id, 'rec-([0-9]+)', 1) FROM febrl")
      try await bench.bring(file: csv, as: .customers, source: set)
    }
    try await bench.resolve()
    let found = try await measure(bench)
    #expect(found.precision >= precision)
    #expect(found.recall >= recall)
    #expect(found.recallWithReview >= withReview)
  }

  @Test func `the generator's truth`() async throws {
    let bench = try await IdentityBench()
    let base = bench.folder + "/base"
    _ = try Generator(GenerationOptions(customers: 8_000, seed: 3)).write(to: base)
    for source in ["crm", "shop", "loyalty"] {
      try await bench.bring(file: "\(base)/\(source).csv", as: .customers, source: source)
    }
    try await bench.session.execute(
      """
      CREATE TEMP TABLE truth AS SELECT record AS value, person FROM
      read_csv(\(literal: base + "/truth_records.csv"), all_varchar = true, header = true)
        AS t(source, record, person)
      """)
    let report = try await bench.resolve()
    let found = try await measure(bench)
    #expect(found.precision >= 0.999)
    #expect(found.recall >= 0.96)
    #expect(found.recallWithReview >= 0.99)
    #expect(report.model.hasConverged)
  }
}
