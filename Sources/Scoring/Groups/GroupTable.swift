internal import NumericalMethods
internal import SQLBuilder
internal import StatisticalModels
internal import Warehouse

/// Customers as points: a sample to find groups on, everybody to assign.
struct GroupTable {
  let attributes: [GroupAttribute]

  /// Customers on whom groups are found, in an order that is the same each time and says nothing.
  struct Sample {
    let customers: [String]
    let revenue: [Double]
    let features: [FeatureColumn]
  }

  static func createEmpty(in session: any QuerySession) async throws {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE customer_group (
        customer VARCHAR, found_group VARCHAR, group_probability DOUBLE)
      """)
  }

  func createSample(rows: Int, in session: any QuerySession) async throws {
    let columns = attributes.map { "\($0.value) AS \(identifier: $0.name)" as SQL }.joined()
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE group_sample AS
      SELECT customer, CAST(revenue AS DOUBLE) AS group_revenue, \(columns)
      FROM customers WHERE orders > 0 ORDER BY hash(customer), customer LIMIT \(rows)
      """)
  }

  func sample(in session: any QuerySession) async throws -> Sample {
    let order: SQL = "ORDER BY hash(customer), customer"
    let customers = try await session.query("SELECT customer FROM group_sample \(order)").rows
    let revenue = try await session.numbers("SELECT group_revenue FROM group_sample \(order)")
    return Sample(
      customers: customers.map { $0[0].text ?? "" }, revenue: revenue.first ?? [],
      features: try await features(from: "group_sample", order: order, in: session))
  }

  private func features(
    from relation: SQL, order: SQL, in session: any QuerySession
  ) async throws -> [FeatureColumn] {
    let numeric = attributes.filter { $0.kind != .category }
    let categorical = attributes.filter { $0.kind == .category }
    var numbers: [[Double]] = []
    if !numeric.isEmpty {
      let columns = numeric.map(\.value).joined()
      numbers = try await session.numbers("SELECT \(columns) FROM \(relation) \(order)")
    }
    var texts = [[String?]](repeating: [], count: categorical.count)
    if !categorical.isEmpty {
      let columns = categorical.map(\.value).joined()
      for row in try await session.query("SELECT \(columns) FROM \(relation) \(order)").rows {
        for column in texts.indices { texts[column].append(row[column].text) }
      }
    }
    return attributes.map { attribute in
      if let index = numeric.firstIndex(of: attribute) {
        return FeatureColumn(attribute.name, attribute.kind, numbers[index])
      }
      let index = categorical.firstIndex(of: attribute) ?? 0
      return FeatureColumn(attribute.name, categories: texts[index])
    }
  }

  /// Makes `customer_group` (or the table named) for everybody with a purchase.
  func assignAll(
    _ stored: FoundGroups, threads: Int?, into target: String = "customer_group",
    in session: any QuerySession
  ) async throws {
    let buyers: SQL = "(SELECT * FROM customers WHERE orders > 0)"
    let numbers = stored.numbers.map { "\($0)" as SQL }.joined()
    if let assignment = stored.assignment(from: buyers) {
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE \(identifier: target) AS
        SELECT customer, 'group_' || [\(numbers)][found + 1] AS found_group,
          CAST(NULL AS DOUBLE) AS group_probability
        FROM (\(assignment))
        """)
      return
    }
    let features = try await features(
      from: buyers, order: "ORDER BY customer", in: session)
    let found = try stored.assign(features, threads: threads)
    try await session.execute(
      "CREATE OR REPLACE TEMP TABLE group_labels (n DOUBLE, found DOUBLE, probability DOUBLE)")
    try await session.append(
      [
        found.labels.indices.map { Double($0 + 1) }, found.labels.map { Double($0) },
        found.probabilities ?? [Double](repeating: .nan, count: found.labels.count),
      ], to: "group_labels")
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: target) AS
      SELECT customer,
        'group_' || [\(numbers)][CAST(found AS BIGINT) + 1] AS found_group,
        CASE WHEN NOT isnan(probability) THEN probability END AS group_probability
      FROM (
        SELECT customer, CAST(row_number() OVER (ORDER BY customer) AS DOUBLE) AS n
        FROM \(buyers))
      JOIN group_labels USING (n)
      """)
  }
}
