package import StatisticalModels

/// A trained lifetime model with its spend model, as a workspace keeps it: a new customer is valued
/// without fitting again.
package struct LifetimeScorer: Sendable, Codable, Equatable {
  package let lifetime: LifetimeModel
  /// Nil where everybody is expected to spend `meanSpend`.
  package let spend: GammaGammaModel?
  package let meanSpend: Double

  package init(lifetime: LifetimeModel, spend: GammaGammaModel?, meanSpend: Double) {
    self.lifetime = lifetime
    self.spend = spend
    self.meanSpend = meanSpend
  }
}
