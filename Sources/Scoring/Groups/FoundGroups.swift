internal import NumericalMethods
internal import SQLBuilder
package import StatisticalModels
package import Warehouse

/// Found groups as a workspace keeps them: the attributes they read, the model, and their lasting numbers.
package struct FoundGroups: Sendable, Codable, Equatable {
  package let attributes: [GroupAttribute]
  package let stored: StoredGroups
  /// The lasting number of each group, from 1: what its name hangs on.
  package let numbers: [Int]

  package var count: Int { stored.sizes.count }

  /// Whether each customer also gets the probability of her group.
  package var hasProbability: Bool {
    if case .mixture = stored.method { return true }
    return false
  }

  /// Assigns the customers of the table `customers` without fitting again: makes a table of
  /// `customer`, `found_group`, `group_probability` for everybody with a purchase.
  ///
  /// - Returns: false where `customers` lacks a column that the groups read.
  /// - Throws: `ScoringError.model`.
  package func assign(
    into table: String = "customer_group", threads: Int? = nil, in session: any QuerySession
  ) async throws -> Bool {
    let present = Set(
      try await session.query("DESCRIBE customers").rows.compactMap { $0[0].text })
    guard attributes.allSatisfy({ present.contains($0.name) }) else { return false }
    do {
      try await GroupTable(attributes: attributes).assignAll(
        self, threads: threads, into: table, in: session)
      return true
    } catch let error as ModelError {
      throw ScoringError.model(error)
    }
  }

  /// The group of each customer, as its place in `numbers`, and from a mixture its probability.
  func assign(
    _ features: [FeatureColumn], threads: Int? = nil
  ) throws(ModelError) -> (labels: [Int], probabilities: [Double]?) {
    let labels = try stored.assign(features, threads: threads)
    let probabilities = try stored.probabilities(features, threads: threads)
    return (labels, probabilities.map { p in labels.indices.map { p[$0, labels[$0]] } })
  }

  /// The groups in another order: `order` names the old group of each new one, `numbers` what each is
  /// called from now on.
  func reordered(_ order: [Int], numbers: [Int]) -> FoundGroups {
    FoundGroups(attributes: attributes, stored: stored.reordered(order), numbers: numbers)
  }

  /// The group of a row of `customers` as SQL, 0 for the first: nil for groups that are no centres.
  ///
  /// The same arithmetic as the encoder's and the model's, on the engine's side: millions are assigned
  /// without leaving it.
  func assignment(from relation: SQL) -> SQL? {
    guard case .means(let encoder, let model) = stored.method else { return nil }
    var coordinates: [SQL] = []
    for (attribute, column) in zip(attributes, encoder.columns) {
      coordinates += Self.coordinates(attribute, column)
    }
    let names = coordinates.indices.map { "c\($0)" }
    let encoded = zip(coordinates, names).map { "\($0) AS \(identifier: $1)" as SQL }
    let distances = (0..<model.centres.rows).map { group in
      names.enumerated().map { index, name -> SQL in
        let gap: SQL = "(\(identifier: name) - (\(model.centres[group, index])))"
        return "\(gap) * \(gap)"
      }.joined(separator: " + ")
    }
    return """
      SELECT customer, list_position(distances, list_min(distances)) - 1 AS found
      FROM (
        SELECT customer, [\(distances.joined())] AS distances
        FROM (SELECT customer, \(encoded.joined()) FROM \(relation)))
      """
  }

  private static func coordinates(
    _ attribute: GroupAttribute, _ column: FeatureEncoder.Column
  ) -> [SQL] {
    let factor = column.weight.squareRoot()
    let value = attribute.value
    switch column.treatment {
    case .leftOut: return []
    case .numeric(let logarithm, let floor, let ceiling, let centre, let scale, let fill):
      let transformed: SQL =
        logarithm
        ? "CASE WHEN \(value) < 0 THEN -ln(1 - \(value)) ELSE ln(1 + \(value)) END" : value
      return [
        """
        \(factor) * ((least(greatest(coalesce(\(transformed), \(fill)), \(floor)), \(ceiling))
          - (\(centre))) / \(scale))
        """
      ]
    case .oneHot(let classes, let hasOther):
      let unit = factor * 0.5.squareRoot()
      var result = classes.map {
        "CASE WHEN \(value) = \($0) THEN \(unit) ELSE 0 END" as SQL
      }
      if hasOther {
        let list = classes.map { "\($0)" as SQL }.joined()
        result.append(
          "CASE WHEN \(value) IS NULL OR \(value) NOT IN (\(list)) THEN \(unit) ELSE 0 END")
      }
      return result
    }
  }
}
