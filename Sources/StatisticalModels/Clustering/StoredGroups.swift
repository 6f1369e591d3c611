package import NumericalMethods

/// Groups found by any method, as something that can be stored and asked: a new customer is assigned
/// without refitting.
package struct StoredGroups: Sendable, Codable, Equatable {
  /// How the groups were found, with the constants that read a customer.
  package enum Method: Sendable, Codable, Equatable {
    case means(encoder: FeatureEncoder, model: KMeansModel)
    case mixture(encoder: FeatureEncoder, model: GaussianMixtureModel)
    case prototypes(encoder: MixedEncoder, model: KPrototypesModel)
    case latentClasses(encoder: AnswerEncoder, model: LatentClassModel)
  }

  package let method: Method
  /// Customers of each group when it was found, against which drift is measured.
  package let sizes: [Double]

  /// `labels` are the groups of the customers that the model was fitted on.
  package init(_ method: Method, labels: [Int]) throws(ModelError) {
    self.method = method
    sizes = try Self.counts(labels, groups: Self.groups(method))
  }

  private init(_ method: Method, sizes: [Double]) {
    self.method = method
    self.sizes = sizes
  }

  private static func groups(_ method: Method) -> Int {
    switch method {
    case .means(_, let model): model.centres.rows
    case .mixture(_, let model): model.weights.count
    case .prototypes(_, let model): model.modes.count
    case .latentClasses(_, let model): model.classes
    }
  }

  private static func counts(_ labels: [Int], groups: Int) throws(ModelError) -> [Double] {
    var counts = [Double](repeating: 0, count: groups)
    for label in labels {
      guard counts.indices.contains(label) else {
        throw ModelError.outOfRange(
          what: "A group", value: Double(label), allowed: "0 to \(groups - 1)")
      }
      counts[label] += 1
    }
    return counts
  }

  /// The group of each customer. `features` are the columns that were learned, in order; for latent
  /// classes the questions, then the covariates.
  ///
  /// Throws what the encoder throws.
  package func assign(
    _ features: [FeatureColumn], threads: Int? = nil
  ) throws(ModelError) -> [Int] {
    switch method {
    case .means(let encoder, let model):
      try model.assign(encoder.encode(features), threads: threads)
    case .mixture(let encoder, let model):
      try model.assign(encoder.encode(features), threads: threads)
    case .prototypes(let encoder, let model): try model.assign(encoder.encode(features))
    case .latentClasses(let encoder, let model):
      try model.assign(Self.answers(encoder, features))
    }
  }

  /// Probabilities of each customer's groups, a row per customer; nil where the method knows none.
  package func probabilities(
    _ features: [FeatureColumn], threads: Int? = nil
  ) throws(ModelError) -> Matrix? {
    switch method {
    case .means, .prototypes: nil
    case .mixture(let encoder, let model):
      try model.probabilities(encoder.encode(features), threads: threads)
    case .latentClasses(let encoder, let model):
      try model.probabilities(Self.answers(encoder, features))
    }
  }

  private static func answers(
    _ encoder: AnswerEncoder, _ features: [FeatureColumn]
  ) throws(ModelError) -> SurveyAnswers {
    let items = encoder.items.count
    return try encoder.encode(
      Array(features.prefix(items)), covariates: Array(features.dropFirst(items)))
  }

  /// How far the sizes of groups have moved since the fit: population stability index of an assignment.
  package func drift(of labels: [Int]) throws(ModelError) -> Double {
    try Drift.populationStabilityIndex(
      reference: sizes, current: Self.counts(labels, groups: sizes.count))
  }

  /// The same groups numbered so that each keeps the number of the old group whose customers it holds.
  ///
  /// `old` and `new` are both scorers' groups of the same customers. Throws `sizeMismatch`.
  package func renumbered(old: [Int], new: [Int]) throws(ModelError) -> StoredGroups {
    guard old.count == new.count else {
      throw ModelError.sizeMismatch(what: "The new grouping", expected: old.count, found: new.count)
    }
    return reordered(Partition.continuation(old: old, new: new, groups: sizes.count))
  }

  /// The same groups in another order: `source` names the old group of each new one.
  package func reordered(_ source: [Int]) -> StoredGroups {
    let next: Method =
      switch method {
      case .means(let encoder, let model):
        .means(encoder: encoder, model: model.reordered(source))
      case .mixture(let encoder, let model):
        .mixture(encoder: encoder, model: model.reordered(source))
      case .prototypes(let encoder, let model):
        .prototypes(encoder: encoder, model: model.reordered(source))
      case .latentClasses(let encoder, let model):
        .latentClasses(encoder: encoder, model: model.reordered(source))
      }
    return StoredGroups(next, sizes: source.map { sizes[$0] })
  }
}

extension GaussianMixtureModel {
  /// The same components with the given one at each place.
  func reordered(_ source: [Int]) -> GaussianMixtureModel {
    GaussianMixtureModel(
      kind: kind, weights: source.map { weights[$0] }, means: means.rows(source),
      covariances: source.map { covariances[$0] }, logLikelihood: logLikelihood, aic: aic,
      bic: bic, icl: icl, iterations: iterations, converged: converged)
  }
}

extension KPrototypesModel {
  /// The same groups with the given one at each place.
  func reordered(_ source: [Int]) -> KPrototypesModel {
    KPrototypesModel(
      centres: centres.rows(source), modes: source.map { modes[$0] },
      categoryWeight: categoryWeight, sizes: source.map { sizes[$0] }, cost: cost,
      iterations: iterations, converged: converged)
  }
}

extension LatentClassModel {
  /// The same classes with the given one at each place. Log-odds are then against the class that comes
  /// first; standard errors hold for the old comparison only, so they are left out where it changes.
  func reordered(_ source: [Int]) -> LatentClassModel {
    func row(_ c: Int) -> [Double] {
      c == 0 ? [Double](repeating: 0, count: coefficients.columns) : coefficients.row(c - 1)
    }
    let base = row(source[0])
    let odds = source.dropFirst().map { c in zip(row(c), base).map { $0 - $1 } }
    let keepsErrors = source[0] == 0 && coefficientErrors.rows > 0
    return LatentClassModel(
      items: items, answerCounts: answerCounts, covariateNames: covariateNames,
      shares: source.map { shares[$0] },
      answerProbabilities: answerProbabilities.map { $0.rows(source) },
      coefficients: Matrix(
        rows: odds.count, columns: coefficients.columns, values: odds.flatMap { $0 }),
      coefficientErrors: keepsErrors
        ? coefficientErrors.rows(source.dropFirst().map { $0 - 1 }) : Matrix(rows: 0, columns: 0),
      logLikelihood: logLikelihood, parameterCount: parameterCount, aic: aic, bic: bic,
      entropyRSquared: entropyRSquared, respondents: respondents, iterations: iterations,
      converged: converged, agreeingStarts: agreeingStarts)
  }
}
