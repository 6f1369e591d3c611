internal import Foundation
internal import SQLBuilder
internal import StatisticalModels
internal import Warehouse

/// How static covariates of customers (acquisition channel, region…) become numbers.
///
/// Numbers are standardised; a missing one is the mean. Classes become indicators against the most
/// frequent class, a missing answer being a class of its own; rare classes are taken together.
package struct CovariateEncoding: Sendable, Codable, Equatable {
  package let columns: [Column]

  package struct Column: Sendable, Codable, Equatable {
    /// The covariate as it was asked for.
    package let name: String
    package let kind: Kind
  }

  package enum Kind: Sendable, Codable, Equatable {
    case number(mean: Double, deviation: Double)
    /// Indicators against `reference`; whoever is in none of both is among the others.
    case classes(reference: String, indicators: [String], hasOthers: Bool)
  }

  /// The class of who has no answer.
  static let missing = "–"
  /// Customers below which a class has no effect of its own, and classes at most.
  static let leastCustomers = 30.0
  static let mostClasses = 12
  /// Different combinations beyond which a fit would take too long.
  static let mostCombinations = 2000

  /// Learns the encoding from rows of texts with their numbers of customers.
  ///
  /// - Throws: `ModelError.unusableColumn` where a covariate is the same for everybody.
  init(
    _ names: [String], rows: [[String?]], customers: [Double]
  ) throws(ModelError) {
    var columns: [Column] = []
    for (place, name) in names.enumerated() {
      let texts = rows.map { $0[place] }
      columns.append(Column(name: name, kind: try Self.kind(name, texts, customers)))
    }
    self.columns = columns
  }

  private static func kind(
    _ name: String, _ texts: [String?], _ customers: [Double]
  ) throws(ModelError) -> Kind {
    let numbers = texts.map { SurvivalTraining.number($0) }
    let areNumbers = zip(texts, numbers).allSatisfy { $0 == nil || $1 != nil }
    if areNumbers, Set(numbers.compactMap { $0 }).count > 2 {
      var (n, sum, squares) = (0.0, 0.0, 0.0)
      for case (let value?, let count) in zip(numbers, customers) {
        n += count
        sum += count * value
      }
      let mean = sum / n
      for case (let value?, let count) in zip(numbers, customers) {
        squares += count * (value - mean) * (value - mean)
      }
      let deviation = (squares / n).squareRoot()
      guard deviation > 0, deviation.isFinite else { throw same(name) }
      return .number(mean: mean, deviation: deviation)
    }
    var counts: [String: Double] = [:]
    for (text, count) in zip(texts, customers) { counts[text ?? missing, default: 0] += count }
    let order = counts.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
    guard let reference = order.first?.key, order.count > 1 else { throw same(name) }
    let own = order.dropFirst().prefix(mostClasses).filter { $0.value >= leastCustomers }
    let others = order.dropFirst().count > own.count
    guard !own.isEmpty || others else { throw same(name) }
    return .classes(
      reference: reference, indicators: own.map(\.key).sorted(), hasOthers: others)
  }

  private static func same(_ name: String) -> ModelError {
    .unusableColumn(name: name, reason: "it is the same for every customer")
  }

  /// Names of the coefficients: `age`, `channel=web`.
  package var names: [String] {
    columns.flatMap { column -> [String] in
      switch column.kind {
      case .number: [column.name]
      case .classes(_, let indicators, let hasOthers):
        indicators.map { "\(column.name)=\($0)" } + (hasOthers ? ["\(column.name)=…"] : [])
      }
    }
  }

  /// The numbers of a customer with these texts.
  func vector(_ texts: [String?]) -> [Double] {
    zip(columns, texts).flatMap { column, text -> [Double] in
      switch column.kind {
      case .number(let mean, let deviation):
        return [SurvivalTraining.number(text).map { ($0 - mean) / deviation } ?? 0]
      case .classes(let reference, let indicators, let hasOthers):
        let value = text ?? Self.missing
        var result = indicators.map { $0 == value ? 1.0 : 0 }
        if hasOthers {
          result.append(value == reference || indicators.contains(value) ? 0 : 1)
        }
        return result
      }
    }
  }
}

/// Customers by their covariates: which vectors there are, and `purchase_history` with the column
/// `covariate_group` that leads to them.
struct CovariateGroups {
  let encoding: CovariateEncoding
  /// The distinct vectors.
  let vectors: [[Double]]

  /// Reads `customer_covariates` (`customer` and a text column per covariate) and adds the column
  /// `covariate_group` to `purchase_history`.
  ///
  /// - Parameter known: an encoding learned before; nil learns one.
  /// - Throws: `ScoringError.tooManyCovariates`, `ModelError.unusableColumn`.
  static func create(
    _ names: [String], known: CovariateEncoding? = nil, in session: any QuerySession
  ) async throws -> CovariateGroups {
    let columns = names.map { "k.\(identifier: $0)" as SQL }.joined()
    let read = names.map { "\(identifier: $0)" as SQL }.joined()
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE covariate_rows AS
      SELECT CAST(row_number() OVER (ORDER BY \(read)) - 1 AS DOUBLE) AS covariate_row, *
      FROM (
        SELECT \(columns), CAST(count(*) AS DOUBLE) AS row_customers
        FROM purchase_history AS h LEFT JOIN customer_covariates AS k USING (customer)
        GROUP BY \(columns))
      """)
    let rows = try await session.query(
      "SELECT row_customers, \(read) FROM covariate_rows ORDER BY covariate_row"
    ).rows
    let texts = rows.map { $0.dropFirst().map(\.text) }
    let encoding =
      try known
      ?? CovariateEncoding(names, rows: texts, customers: rows.map { $0[0].double ?? 0 })
    var vectors: [[Double]] = []
    var place: [[Double]: Int] = [:]
    var group: [Double] = []
    for text in texts {
      let vector = encoding.vector(text)
      if let known = place[vector] {
        group.append(Double(known))
      } else {
        place[vector] = vectors.count
        group.append(Double(vectors.count))
        vectors.append(vector)
      }
    }
    guard vectors.count <= CovariateEncoding.mostCombinations else {
      throw ScoringError.tooManyCovariates(
        count: vectors.count, most: CovariateEncoding.mostCombinations)
    }
    try await session.execute(
      "CREATE OR REPLACE TEMP TABLE covariate_map (covariate_row DOUBLE, covariate_group DOUBLE)")
    try await session.append([group.indices.map { Double($0) }, group], to: "covariate_map")
    let same = names.map {
      "r.\(identifier: $0) IS NOT DISTINCT FROM k.\(identifier: $0)" as SQL
    }.joined(separator: " AND ")
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE grouped_history AS
      SELECT h.*, m.covariate_group
      FROM purchase_history AS h LEFT JOIN customer_covariates AS k USING (customer)
      JOIN covariate_rows AS r ON \(same)
      JOIN covariate_map AS m ON m.covariate_row = r.covariate_row
      """)
    try await session.execute("DROP TABLE purchase_history")
    try await session.execute("ALTER TABLE grouped_history RENAME TO purchase_history")
    return CovariateGroups(encoding: encoding, vectors: vectors)
  }
}
