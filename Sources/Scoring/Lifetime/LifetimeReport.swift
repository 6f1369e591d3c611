package import CustomerSchema
package import StatisticalModels

/// What a lifetime model says of a base, with everything needed to judge it
/// (`docs/schemas/model-clv-1.schema.json`). Shares and probabilities are between 0 and 1.
package struct LifetimeReport: Sendable, Codable {
  package var schema = "quartier.model-clv/1"
  package var quartierVersion: String
  package var asOf: LocalDate
  package var firstPurchase: LocalDate
  package var data: DataReport
  package var settings: SettingsReport
  /// Which family was taken and why; nil where none applies.
  package var choice: ChoiceReport?
  /// The fit on everything known as of the day; nil where no model applies.
  package var fit: FitSummary?
  /// The spend per purchase; nil where one mean for everybody is used instead.
  package var spend: FitSummary?
  /// Whether the covariates explain anything; nil without any in the model.
  package var covariateTest: CovariateTest?
  package var meanSpend: Money
  package var holdOut: HoldOutReport?
  package var totals: TotalsReport?
  /// What a reader must know before believing the figures.
  package var cautions: [UserMessage] = []
  /// Why no model applies; then `alternative` holds what can be said instead.
  package var refusal: UserMessage?
  package var alternative: AlternativeReport?

  package struct DataReport: Sendable, Codable {
    package let customers: Int
    package let repeatCustomers: Int
    package let repeatPurchases: Int
    package let distinctHistories: Int
  }

  package struct SettingsReport: Sendable, Codable {
    /// As asked for, such as `12mo`.
    package let horizon: String
    package let horizonDays: Double
    package let unit: TimeUnit
    package let discountPerYear: Double
    /// Share of spend that counts as value.
    package let margin: Double
    /// Of the intervals.
    package let level: Double
    package let calibrationEnd: LocalDate?
    /// Deducted per purchase and per year as a customer; nil where nothing is.
    package let costPerPurchase: Money?
    package let costPerYear: Money?
    /// Columns whose effects are in the model; nil without any.
    package let covariates: [String]?
  }

  package struct ChoiceReport: Sendable, Codable {
    /// `bg-nbd`, `mbg-nbd`, `pareto-nbd` or `auto`.
    package let requested: String
    package let chosen: LifetimeFamily
    package let reason: UserMessage
  }

  /// The likelihood ratio test of the model with covariates against the one without.
  package struct CovariateTest: Sendable, Codable {
    package let statistic: Double
    package let degreesOfFreedom: Int
    package let pValue: Double
    /// Different combinations of covariates.
    package let combinations: Int
    /// Per covariate that is a class: the class that the others are compared with.
    package let references: [Reference]

    package struct Reference: Sendable, Codable {
      package let covariate: String
      package let category: String
    }
  }

  /// A maximum likelihood fit.
  package struct FitSummary: Sendable, Codable {
    package let model: String
    package let parameters: [Parameter]
    package let logLikelihood: Double
    package let aic: Double
    package let bic: Double
    package let customers: Int
    package let converged: Bool
    package let starts: Int
    package let agreeingStarts: Int
    package let evaluations: Int

    package struct Parameter: Sendable, Codable {
      package let name: String
      package let estimate: Double
      package let standardError: Double
    }

    init(_ model: String, _ report: FitReport) {
      self.model = model
      parameters = report.parameterNames.indices.map {
        Parameter(
          name: report.parameterNames[$0], estimate: report.estimates[$0],
          standardError: report.standardErrors[$0])
      }
      logLikelihood = report.logLikelihood
      aic = report.aic
      bic = report.bic
      customers = Int(report.customers)
      converged = report.converged
      starts = report.starts
      agreeingStarts = report.agreeingStarts
      evaluations = report.evaluations
    }
  }

  /// Predictions from the calibration period against what came after it.
  package struct HoldOutReport: Sendable, Codable {
    package let calibrationEnd: LocalDate
    package let end: LocalDate
    package let days: Int
    package let customers: Int
    package let actualPurchases: Int
    /// Models and naive baselines, best first by root mean square error.
    package let methods: [Method]
    /// Families that these data do not carry.
    package let failures: [UserMessage]
    /// Repeat purchases of the whole base since its beginning, by the chosen model and counted.
    package let tracking: [Point]

    package struct Method: Sendable, Codable {
      /// A family, one with `+covariates`, or `same-as-last-period`.
      package let method: String
      package let isBaseline: Bool
      package let meanAbsoluteError: Double
      package let rootMeanSquareError: Double
      package let correlation: Double?
      package let predictedTotal: Double
      package let fit: FitSummary?
      package let buckets: [HoldOutBucket]
    }

    package struct Point: Sendable, Codable {
      package let day: LocalDate
      package let actual: Int
      package let predicted: Double
    }
  }

  package struct TotalsReport: Sendable, Codable {
    /// Sum of P(alive).
    package let expectedAliveCustomers: Double
    /// Within the horizon.
    package let expectedPurchases: Double
    package let value: Money
    /// Confidence limits of the expectation; nil where the spend has no fitted model.
    package let valueLower: Money?
    package let valueUpper: Money?
    /// What was deducted: the cost to serve within the horizon, and what winning the customers cost;
    /// nil where not known.
    package let serviceCost: Money?
    package let acquisitionCost: Money?
    /// Customers by P(alive), highest first.
    package let bands: [Band]

    package struct Band: Sendable, Codable {
      /// Lower and upper limit of P(alive).
      package let from: Double
      package let to: Double
      package let customers: Int
      package let expectedPurchases: Double
      package let value: Money
    }
  }

  /// The simplest sound figures, without a model.
  package struct AlternativeReport: Sendable, Codable {
    /// Observed repeat purchases per customer and 30 days as a customer; nil without any time.
    package let purchasesPerMonth: Double?
    package let repeatShare: Double
    package let spendPerPurchase: Money
  }
}
