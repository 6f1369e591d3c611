/// What a reader must know before believing a fitted model.
package enum Caution: Sendable, Codable, Equatable {
  /// The model gives everyone without a repeat purchase P(alive) = 1; the alternatives do not.
  case oneTimeBuyersAlwaysAlive(share: Double, alternatives: [String])
  /// Few customers bought again, so the parameters rest on little.
  case fewRepeatBuyers(count: Double)
  /// Plain NBD, in which nobody leaves, describes the histories as well: P(alive) says little.
  case leavingDoesNotShow(alternatives: [String])
  /// A standard error exceeds the estimate itself.
  case weaklyIdentified(parameter: String, relativeError: Double)
  /// Spend and frequency are correlated, against the assumption of the spend model.
  case spendFollowsFrequency(correlation: Double)
  /// The mean spend over customers is infinite (q ≤ 1): only customers with purchases have one.
  case infiniteMeanSpend(shape: Double)
  /// Different starts led to different optima; the best was kept.
  case severalOptima(agreeing: Int, of: Int)
}

/// Estimates of a maximum likelihood fit with everything needed to judge them.
package struct FitReport: Sendable, Codable, Equatable {
  package let parameterNames: [String]
  package let estimates: [Double]
  /// On the scale of the estimates, from the observed information.
  package let standardErrors: [Double]
  /// Covariance of the searched parameters (logarithms, coefficients as they are), row-major.
  package let searchCovariance: [Double]
  package let logLikelihood: Double
  package let aic: Double
  package let bic: Double
  package let customers: Double
  package let distinctHistories: Int
  package let converged: Bool
  package let iterations: Int
  package let evaluations: Int
  package let starts: Int
  package let agreeingStarts: Int
  package let cautions: [Caution]
}

extension FitReport {
  /// Whether a parameter of leaving is known worse than its own size.
  var isLeavingUncertain: Bool {
    cautions.contains {
      if case .weaklyIdentified(let name, _) = $0 { return ["a", "b", "s", "beta"].contains(name) }
      return false
    }
  }

  func adding(_ caution: Caution) -> FitReport {
    FitReport(
      parameterNames: parameterNames, estimates: estimates, standardErrors: standardErrors,
      searchCovariance: searchCovariance, logLikelihood: logLikelihood, aic: aic, bic: bic,
      customers: customers, distinctHistories: distinctHistories, converged: converged,
      iterations: iterations, evaluations: evaluations, starts: starts,
      agreeingStarts: agreeingStarts, cautions: cautions + [caution])
  }
}
