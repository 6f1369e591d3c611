internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Brings the lines of several files together so that nothing counts twice.
///
/// Lines without an order id: of equal lines, the file that has most of them keeps its own.
/// Orders: the newest file's lines are the order; older versions are left out.
struct Deduplication {
  /// What was left out, and why.
  struct Outcome: Sendable, Hashable {
    var duplicates = 0
    var changedOrders = 0
    var cutOrders = 0
  }

  let session: any QuerySession
  let shape: StagedShape
  /// The table of all lines, with `file` (the place in the order of age, from 0) and `identity`.
  let table: String

  func run() async throws(IngestionError) -> Outcome {
    do throws(WarehouseError) {
      var outcome = Outcome()
      let before = try await count()
      try await dropEqualLines()
      if shape.order { try await dropOldVersions(&outcome) }
      outcome.duplicates = before - (try await count())
      return outcome
    } catch { throw .engine(error) }
  }

  private func count() async throws(WarehouseError) -> Int {
    try await session.value("SELECT count(*) FROM \(identifier: table)").int ?? 0
  }

  private var hasNoOrder: SQL { shape.order ? "order_ref IS NULL" : "true" }

  private func dropEqualLines() async throws(WarehouseError) {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE import_equal AS
      SELECT identity, day, amount, arg_max(file, (lines, -file::INTEGER)) AS keeper FROM (
        SELECT identity, day, amount, file, count(*) AS lines FROM \(identifier: table)
        WHERE \(hasNoOrder) GROUP BY ALL)
      GROUP BY ALL HAVING count(*) > 1
      """)
    try await session.execute(
      """
      DELETE FROM \(identifier: table) AS l USING import_equal AS e
      WHERE \(hasNoOrder) AND l.identity = e.identity AND l.day = e.day AND l.amount = e.amount
        AND l.file <> e.keeper
      """)
    try await session.execute("DROP TABLE import_equal")
  }

  private func dropOldVersions(_ outcome: inout Outcome) async throws(WarehouseError) {
    let products: SQL = shape.product ? "bit_xor(hash(product))" : "NULL::UBIGINT"
    // Sums of hashes tell multisets of lines apart; customers may be unknown (guests).
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE import_versions AS
      SELECT customer, order_ref, file, count(*) AS lines,
        sum(identity::HUGEINT) AS content, \(products) AS products
      FROM \(identifier: table) WHERE order_ref IS NOT NULL GROUP BY customer, order_ref, file
      """)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE import_shared AS
      SELECT customer, order_ref, max(file) AS keeper,
        count(DISTINCT (lines, content)) > 1 AS changed, max(lines) > 1 AS has_lines
      FROM import_versions GROUP BY customer, order_ref HAVING count(*) > 1
      """)
    let cut = try await cutOrders()
    let changed = try await session.value(
      "SELECT count(*) FROM import_shared WHERE changed").int ?? 0
    outcome.cutOrders = cut
    outcome.changedOrders = changed - cut
    try await session.execute(
      """
      DELETE FROM \(identifier: table) AS l USING import_shared AS s
      WHERE l.order_ref = s.order_ref AND l.customer IS NOT DISTINCT FROM s.customer
        AND l.file <> s.keeper
      """)
    try await session.execute("DROP TABLE import_versions")
    try await session.execute("DROP TABLE import_shared")
  }

  /// Orders of several lines whose versions have no line, and no product, in common: parts of one
  /// order rather than versions of it.
  private func cutOrders() async throws(WarehouseError) -> Int {
    let key: SQL = shape.product ? "hash(l.product)" : "l.identity"
    return try await session.value(
      """
      SELECT count(*) FROM (
        SELECT customer, order_ref FROM (
          SELECT s.customer, s.order_ref, \(key) AS part, count(DISTINCT l.file) AS files
          FROM import_shared AS s JOIN \(identifier: table) AS l
            ON l.order_ref = s.order_ref AND l.customer IS NOT DISTINCT FROM s.customer
          WHERE s.changed AND s.has_lines GROUP BY ALL)
        GROUP BY customer, order_ref HAVING max(files) = 1)
      """
    ).int ?? 0
  }
}

/// The order of files from the oldest export to the newest.
enum ExportOrder {
  /// Positions in `names`, the oldest first: by the dates in the names if all have one, else as
  /// given.
  static func oldestFirst(_ names: [String]) -> [Int] {
    let dates = names.map(date)
    guard dates.allSatisfy({ $0 != nil }) else { return Array(names.indices) }
    return names.indices.sorted { left, right in
      (dates[left]?.daysSinceEpoch ?? 0, left) < (dates[right]?.daysSinceEpoch ?? 0, right)
    }
  }

  /// The last date in a file's name: `2024-01-31`, `20240131` or `31-01-2024`.
  static func date(_ path: String) -> LocalDate? {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    var runs: [(value: Int, length: Int)] = []
    var found: LocalDate?
    var digits = ""
    func close(_ separates: Bool) {
      if let value = Int(digits) { runs.append((value, digits.count)) }
      digits = ""
      if runs.count >= 1, let last = runs.last, last.length == 8 {
        found =
          LocalDate(year: last.value / 10_000, month: last.value / 100 % 100, day: last.value % 100)
          .flatMap(plausible) ?? found
      }
      if runs.count >= 3 {
        let three = runs.suffix(3).map { $0 }
        if three[0].length == 4 {
          found =
            LocalDate(year: three[0].value, month: three[1].value, day: three[2].value)
            .flatMap(plausible) ?? found
        } else if three[2].length == 4 {
          found =
            LocalDate(year: three[2].value, month: three[1].value, day: three[0].value)
            .flatMap(plausible) ?? found
        }
      }
      if separates { runs = [] }
    }
    for character in name {
      if character.isASCII, character.isNumber {
        digits.append(character)
      } else {
        close(!"-_. ".contains(character))
      }
    }
    close(true)
    return found
  }

  private static func plausible(_ date: LocalDate) -> LocalDate? {
    ImportLimits.years.contains(date.components.year) ? date : nil
  }
}
