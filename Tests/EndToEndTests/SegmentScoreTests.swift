import Foundation
import Testing

/// What a refresh computes of everybody's orders is what a run computes of the same files.
@Suite struct `Scores of a workspace and of a run` {
  private static let cdnow = Package.root
    .appending(path: "third_party/data/cdnow/CDNOW_master.txt").path

  /// Compares the customers of a run's table with the workspace's columns, in another program.
  private func differences(
    _ program: Program, _ columns: [String: String]
  ) async throws -> String {
    let pairs = columns.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return try await Package.python(
      """
      import duckdb, sys
      base = duckdb.connect(sys.argv[1], read_only=True)
      pairs = [p.split("=") for p in sys.argv[3].split(",")]
      differs = " OR ".join(f"a.{s} IS DISTINCT FROM r.{r}::VARCHAR" for r, s in pairs)
      told = ", ".join(f"{s}::VARCHAR AS {s}" for _, s in pairs)
      print(*base.execute(f'''
        WITH run AS (FROM read_csv(?, all_varchar = true, nullstr = '')),
        told AS (SELECT i.value AS customer, {told} FROM customer_attribute
          JOIN (SELECT DISTINCT customer_id, value FROM identifier) AS i USING (customer_id))
        SELECT count(*), count(a.customer), count(*) FILTER ({differs})
        FROM run AS r LEFT JOIN told AS a USING (customer)''', [sys.argv[2]]).fetchone())
      """, program.path("shop/quartier.duckdb"), program.path("result/customers.csv"),
      pairs.joined(separator: ","))
  }

  @Test func `are equal for every customer of the record shop`() async throws {
    let program = try Program()
    defer { program.remove() }
    #expect(try await program.run("init", "shop", "--currency", "USD").status == 0)
    let shop = program.folder.appending(path: "shop")
    #expect(try await program.run(["import", Self.cdnow], in: shop).status == 0)
    try program.write(
      "- {name: Buyers, intention: retain, rule: any(orders)}\n", to: "shop/segments.yaml")
    #expect(
      try await program.run(["segments", "apply", "-f", "segments.yaml"], in: shop).status == 0)
    for day in ["1997-09-30", "1998-06-30"] {
      let refreshed = try await program.run(["refresh", "--as-of", day], in: shop)
      #expect(refreshed.status == 0, "\(refreshed.error)")
      let run = try await program.run(
        "run", Self.cdnow, "--as-of", day, "--currency", "USD", "--out", "result")
      #expect(run.status == 0, "\(run.error)")
      let differences = try await differences(
        program,
        [
          "r_score": "r_score", "f_score": "f_score", "m_score": "m_score",
          "segment": "rfm_segment", "rfm_group": "rfm_group",
          "lifecycle_stage": "lifecycle_stage",
        ])
      // 23,570 customers, 68 of whom only ever had orders of nothing.
      #expect(differences == "23570 23570 0\n", "\(day)")
      try FileManager.default.removeItem(at: program.folder.appending(path: "result"))
    }
  }
}
