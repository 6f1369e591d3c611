package import SQLBuilder
internal import Synchronization
package import Warehouse

/// Describes every row of a relation by a function of the program, at the cost of its distinct values.
///
/// The distinct values of the input columns are read once, described in Swift, and kept as a temporary
/// table that queries join: a million customers have some tens of thousands of addresses.
package struct ReferenceLookup: Sendable {
  /// What is read, such as `customer`, and the expressions of its inputs (text).
  let relation: SQL
  let inputs: [(name: String, expression: SQL)]
  /// The text columns that the function gives.
  let outputs: [String]

  package init(relation: SQL, inputs: [(name: String, expression: SQL)], outputs: [String]) {
    precondition(!inputs.isEmpty && !outputs.isEmpty, "a lookup reads and gives something")
    self.relation = relation
    self.inputs = inputs
    self.outputs = outputs
  }

  /// Rows sent to the engine at once.
  private static let batch = 20_000
  /// Control characters that no output of a lookup has.
  private static let separator = "\u{1F}"
  private static let null = "\u{1E}"

  /// Makes the temporary table `table`: inputs, then outputs, one row for each distinct input.
  ///
  /// Join it with `IS NOT DISTINCT FROM`, since inputs may be null.
  ///
  /// - Parameter describe: the outputs of one row of inputs, as many as `outputs`.
  /// - Returns: the number of distinct inputs.
  @discardableResult
  package func create(
    _ table: String, in session: any QuerySession,
    describe: @escaping @Sendable ([String?]) throws -> [String?]
  ) async throws -> Int {
    let read = table + "_inputs"
    let found = table + "_outputs"
    let columns = inputs.map { "\($0.expression) AS \(identifier: $0.name)" as SQL }.joined()
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: read) AS
      SELECT row_number() OVER () AS lookup_id, * FROM (SELECT DISTINCT \(columns) FROM \(relation))
      """)
    let width = outputs.count
    let described = Mutex<(count: Int, columns: [[String]])>(
      (0, [[String]](repeating: [], count: width + 1)))
    try await session.stream("SELECT * FROM \(identifier: read)") { rows in
      var columns = [[String]](repeating: [], count: width + 1)
      for row in rows.rows {
        let values = try describe(row.dropFirst().map(\.text))
        precondition(values.count == width, "a lookup gives as many values as it has outputs")
        columns[0].append(String(row[0].int ?? 0))
        for (column, value) in values.enumerated() {
          columns[column + 1].append(value ?? Self.null)
        }
      }
      described.withLock { all in
        all.count += rows.rows.count
        for column in 0...width { all.columns[column] += columns[column] }
      }
    }
    let definition = outputs.map { "\(identifier: $0) VARCHAR" as SQL }.joined()
    try await session.execute(
      "CREATE OR REPLACE TEMP TABLE \(identifier: found) (lookup_id BIGINT, \(definition))")
    let (count, values) = described.withLock { $0 }
    var start = 0
    while start < count {
      let range = start..<min(start + Self.batch, count)
      // A column travels as one text: engines bind texts, not lists.
      let lists = values.map { column -> SQL in
        let joined = column[range].joined(separator: Self.separator)
        return """
          nullif(unnest(string_split(\(joined), \(literal: Self.separator))), \(literal: Self.null))
          """
      }
      try await session.execute("INSERT INTO \(identifier: found) SELECT \(lists.joined())")
      start = range.upperBound
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: table) AS
      SELECT * EXCLUDE (lookup_id) FROM \(identifier: read) JOIN \(identifier: found) USING (lookup_id)
      """)
    try await session.execute("DROP TABLE \(identifier: read)")
    try await session.execute("DROP TABLE \(identifier: found)")
    return count
  }
}
