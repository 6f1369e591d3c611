internal import NumericalMethods

extension GaussianMixtureModel {
  /// The same mixture with its components in another order: `order` names the old one of each new one.
  package func reordered(_ order: [Int]) -> GaussianMixtureModel {
    GaussianMixtureModel(
      kind: kind, weights: order.map { weights[$0] }, means: means.rows(order),
      // A tied mixture has one covariance for all.
      covariances: covariances.count == weights.count ? order.map { covariances[$0] } : covariances,
      logLikelihood: logLikelihood, aic: aic, bic: bic, icl: icl, iterations: iterations,
      converged: converged)
  }
}

extension KPrototypesModel {
  /// The same groups in another order: `order` names the old one of each new one.
  package func reordered(_ order: [Int]) -> KPrototypesModel {
    KPrototypesModel(
      centres: centres.rows(order), modes: order.map { modes[$0] },
      categoryWeight: categoryWeight, sizes: order.map { sizes[$0] }, cost: cost,
      iterations: iterations, converged: converged)
  }
}
