import NumericalMethods

/// Found groups as something that can be stored and asked: a new customer is assigned without refitting.
package struct GroupScorer: Sendable, Codable, Equatable {
  package let encoder: FeatureEncoder
  package let model: KMeansModel

  package init(encoder: FeatureEncoder, model: KMeansModel) {
    self.encoder = encoder
    self.model = model
  }

  /// The group of each customer; throws what the encoder throws.
  package func assign(
    _ features: [FeatureColumn], threads: Int? = nil
  ) throws(ModelError) -> [Int] {
    try model.assign(encoder.encode(features), threads: threads)
  }

  /// How far the sizes of groups have moved since the fit: population stability index of an assignment.
  package func drift(of labels: [Int]) throws(ModelError) -> Double {
    var counts = [Double](repeating: 0, count: model.sizes.count)
    for label in labels {
      guard counts.indices.contains(label) else {
        throw ModelError.outOfRange(
          what: "A group", value: Double(label), allowed: "0 to \(counts.count - 1)")
      }
      counts[label] += 1
    }
    return try Drift.populationStabilityIndex(reference: model.sizes, current: counts)
  }

  /// The same groups numbered so that each keeps the number of the old group whose customers it holds.
  ///
  /// `old` and `new` are both scorers' groups of the same customers. Groups that continue none get the
  /// numbers that are left, in their order.
  package func renumbered(old: [Int], new: [Int]) throws(ModelError) -> GroupScorer {
    guard old.count == new.count else {
      throw ModelError.sizeMismatch(what: "The new grouping", expected: old.count, found: new.count)
    }
    let source = Partition.continuation(old: old, new: new, groups: model.sizes.count)
    return GroupScorer(
      encoder: encoder,
      model: model.reordered(source))
  }
}

extension KMeansModel {
  /// The same groups with the given one at each place.
  func reordered(_ source: [Int]) -> KMeansModel {
    KMeansModel(
      centres: centres.rows(source), sizes: source.map { sizes[$0] }, inertia: inertia,
      iterations: iterations, converged: converged)
  }
}
