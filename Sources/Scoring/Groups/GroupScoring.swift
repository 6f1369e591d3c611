internal import NumericalMethods
internal import SQLBuilder
package import StatisticalModels

/// Found groups as something to keep: a new customer is assigned without refitting.
package struct StoredGroups: Sendable, Codable, Equatable {
  package let attributes: [GroupAttribute]
  /// Of all attributes, or of the numbers only for prototypes; nil where these have no number.
  package let encoder: FeatureEncoder?
  package let model: Model
  /// The lasting number of each group, from 1: what its name hangs on.
  package let numbers: [Int]

  package enum Model: Sendable, Codable, Equatable {
    /// The nearest centre: k-means, and Ward's tree cut into groups.
    case centres(KMeansModel)
    case mixture(GaussianMixtureModel)
    /// Numbers by the encoder, categories by their place in `classes`, one list per category.
    case prototypes(KPrototypesModel, classes: [[String]])
  }

  /// The number of groups.
  package var groups: Int {
    switch model {
    case .centres(let model): model.centres.rows
    case .mixture(let model): model.weights.count
    case .prototypes(let model, _): model.modes.count
    }
  }

  private func encode(_ features: [FeatureColumn]) throws(ModelError) -> Matrix {
    guard let encoder else { throw ModelError.noData(what: "number") }
    return try encoder.encode(features)
  }

  /// The group of each customer and, from a mixture, its probability.
  func assign(
    _ features: [FeatureColumn], threads: Int? = nil
  ) throws(ModelError) -> (labels: [Int], probabilities: [Double]?) {
    switch model {
    case .centres(let model):
      return (try model.assign(encode(features), threads: threads), nil)
    case .mixture(let model):
      let p = try model.probabilities(encode(features), threads: threads)
      var labels: [Int] = []
      var best: [Double] = []
      for row in 0..<p.rows {
        var top = 0
        for group in 1..<max(1, p.columns) where p[row, group] > p[row, top] { top = group }
        labels.append(top)
        best.append(p[row, top])
      }
      return (labels, best)
    case .prototypes(let model, let classes):
      return (model.assign(try Self.mixed(features, classes, encoder)), nil)
    }
  }

  /// Encoded numbers beside coded categories; a category never seen differs from everything.
  static func mixed(
    _ features: [FeatureColumn], _ classes: [[String]], _ encoder: FeatureEncoder?
  ) throws(ModelError) -> MixedTable {
    let numbers =
      try encoder?.encode(features.filter { $0.kind != .category })
      ?? Matrix(rows: features.first?.values.count ?? 0, columns: 0)
    let categories = features.compactMap { feature -> [String?]? in
      if case .categories(let values) = feature.values { values } else { nil }
    }
    let places = classes.map { names in
      Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Int32($0)) })
    }
    var codes: [Int32] = []
    codes.reserveCapacity(numbers.rows * categories.count)
    for row in 0..<numbers.rows {
      for (column, values) in categories.enumerated() {
        codes.append(values[row].flatMap { places[column][$0] } ?? -1)
      }
    }
    return try MixedTable(
      numbers: numbers, categories: codes, categoryCounts: classes.map { max(1, $0.count) })
  }

  /// The groups in another order: `order` names the old group of each new one, `numbers` what each is
  /// called from now on.
  func reordered(_ order: [Int], numbers: [Int]) -> StoredGroups {
    func moved<Value>(_ values: [Value]) -> [Value] { order.map { values[$0] } }
    let model: Model =
      switch model {
      case .centres(let m):
        .centres(
          KMeansModel(
            centres: m.centres.rows(order), sizes: moved(m.sizes), inertia: m.inertia,
            iterations: m.iterations, converged: m.converged))
      case .mixture(let m): .mixture(m.reordered(order))
      case .prototypes(let m, let classes): .prototypes(m.reordered(order), classes: classes)
      }
    return StoredGroups(
      attributes: attributes, encoder: encoder, model: model, numbers: numbers)
  }

  /// The group of a row of `customers` as SQL, 0 for the first: nil for groups that are no centres.
  ///
  /// The same arithmetic as the encoder's and the model's, on the engine's side: millions are assigned
  /// without leaving it.
  func assignment(from relation: SQL) -> SQL? {
    guard case .centres(let model) = model, let encoder else { return nil }
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
