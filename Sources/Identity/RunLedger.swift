internal import SQLBuilder
internal import Warehouse

/// The record of what was decided about profiles. Its callers hold the transaction.
struct RunLedger {
  let session: any QuerySession
  /// The present, in microseconds since the epoch.
  let now: Int64
  let author: String

  func open() async throws(WarehouseError) -> Int {
    try await session.value("SELECT nextval('quartier.identity_run_ids')").int ?? 0
  }

  func close(_ run: Int, action: String, detail: String) async throws(WarehouseError) {
    try await session.execute(
      """
      INSERT INTO quartier.identity_run
      VALUES (\(run), \(SQLValue.instant(now)), \(action), \(author),
        \(IdentitySettings.rulesVersion), \(detail), NULL)
      """)
  }
}

extension QuerySession {
  /// Pairs whose records are one profile now wait for nobody any more.
  func settlePairs(_ run: Int) async throws(WarehouseError) {
    try await execute(
      """
      UPDATE quartier.identity_pair AS q SET status = 'settled', decided_by = \(run)
      FROM quartier.profile_record AS x, quartier.profile_record AS y
      WHERE q.status = 'open' AND x.record = q.first_record AND y.record = q.second_record
        AND x.customer_id = y.customer_id
      """)
  }

  /// Joins the records that links hold together into `identity_want`, without looking further.
  func wantLinked(limit: Int) async throws {
    let rows = try await query(
      "SELECT first_record, second_record FROM quartier.identity_link WHERE ended_by IS NULL"
    ).rows
    var positions: [Int: Int] = [:]
    var records: [Int] = []
    var pairs: [(Int, Int)] = []
    func position(_ record: Int) -> Int {
      if let place = positions[record] { return place }
      positions[record] = records.count
      records.append(record)
      return records.count - 1
    }
    for row in rows {
      guard let a = row[0].int, let b = row[1].int else { continue }
      pairs.append((position(a), position(b)))
    }
    var clusters = Clustering(
      traits: records.map { _ in RecordTraits() }, apart: [:], limit: limit)
    for (a, b) in pairs { clusters.join(a, b) }
    try await want(&clusters, records)
  }

  /// Makes `identity_want` of clusters: the lowest record of each survives.
  func want(_ clusters: inout Clustering, _ records: [Int]) async throws {
    var survivor: [Int: Int] = [:]
    var roots: [Int] = []
    for (place, record) in records.enumerated() {
      let root = clusters.root(place)
      roots.append(root)
      survivor[root] = min(survivor[root] ?? record, record)
    }
    var size: [Int: Int] = [:]
    for root in roots { size[root, default: 0] += 1 }
    let kept = records.indices.filter { size[roots[$0]] ?? 1 > 1 }
    let rows = kept.map { (Int64(records[$0]), Int64(survivor[roots[$0]] ?? records[$0])) }
    try await execute(
      "CREATE OR REPLACE TEMP TABLE identity_want (record BIGINT, customer_id BIGINT)")
    try await append(pairs: rows, to: "identity_want")
  }

  /// Adds rows to a temporary table of two whole numbers.
  func append(pairs rows: [(Int64, Int64)], to table: String) async throws {
    guard !rows.isEmpty else { return }
    guard let session = self as? any ColumnarSession else {
      throw WarehouseError.unexpectedResult("the engine takes no columns")
    }
    try await session.append(rows.count, rowsTo: table, columns: [.bigint, .bigint]) {
      range, sink in
      let first = sink.values[0].assumingMemoryBound(to: Int64.self)
      let second = sink.values[1].assumingMemoryBound(to: Int64.self)
      for row in range {
        first[row - range.lowerBound] = rows[row].0
        second[row - range.lowerBound] = rows[row].1
      }
    }
  }
}
