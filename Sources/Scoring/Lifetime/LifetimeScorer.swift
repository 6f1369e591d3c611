package import CustomerSchema
package import StatisticalModels
package import Warehouse

/// A trained lifetime model with its spend model, as a workspace keeps it: a new customer is valued
/// without fitting again.
package struct LifetimeScorer: Sendable, Codable, Equatable {
  package let lifetime: LifetimeModel
  /// Nil where everybody is expected to spend `meanSpend`.
  package let spend: GammaGammaModel?
  package let meanSpend: Double
  /// How purchases become money; nil in scorers of a run: spend within 12 months.
  package let rules: Rules?
  /// Nil without covariates.
  package let covariates: CovariateEncoding?

  /// What a value counts.
  package struct Rules: Sendable, Codable, Equatable {
    package let horizon: String
    package let discountPerYear: Double
    package let margin: Double
    package let costs: ServiceCosts
    package let unit: TimeUnit
    package let currency: CurrencyCode
  }

  package init(
    lifetime: LifetimeModel, spend: GammaGammaModel?, meanSpend: Double, rules: Rules? = nil,
    covariates: CovariateEncoding? = nil
  ) {
    self.lifetime = lifetime
    self.spend = spend
    self.meanSpend = meanSpend
    self.rules = rules
    self.covariates = covariates
  }
}

extension LifetimeScorer {
  /// Names of the relation's columns that `score` reads from `customer_covariates`.
  package var covariateNames: [String] { covariates?.columns.map(\.name) ?? [] }

  /// Values customers without fitting again: makes `customer_value` from `purchase_history`.
  ///
  /// Where the scorer has covariates, `customer_covariates` must be there; where it counts what
  /// winning each customer cost, `customer_costs`.
  ///
  /// - Parameter currency: of the spend where the scorer does not say.
  package func score(
    currency: CurrencyCode, threads: Int?, in session: any QuerySession
  ) async throws {
    var settings = LifetimeSettings()
    settings.unit = lifetime.unit
    settings.threads = threads
    if let rules {
      settings.horizon = Horizon(rules.horizon) ?? .twelveMonths
      settings.margin = rules.margin
      settings.costs = rules.costs
    }
    do {
      settings.discount = try DiscountRate(perYear: rules?.discountPerYear ?? 0)
      var vectors: [[Double]] = []
      if let covariates {
        vectors = try await CovariateGroups.create(
          covariateNames, known: covariates, in: session
        ).vectors
      }
      _ = try await LifetimeScores(
        settings: settings, currency: rules?.currency ?? currency, model: lifetime,
        spend: spend, meanSpend: meanSpend
      ).create(
        PurchaseHistories.groups(lifetime.unit, vectors: vectors, in: session),
        hasCovariates: covariates != nil, in: session)
    } catch let error as ModelError {
      throw ScoringError.model(error)
    }
  }

  /// The horizon that it values.
  package var horizon: Horizon {
    rules.flatMap { Horizon($0.horizon) } ?? .twelveMonths
  }
}
