package import CustomerSchema
package import StatisticalModels

/// How long subscriptions last (`docs/schemas/model-survival-1.schema.json`).
package struct SurvivalReport: Sendable, Codable {
  package var schema = "quartier.model-survival/1"
  package var quartierVersion: String
  /// Rows with a duration and a known end or none.
  package var subscriptions: Int
  /// Rows left out: no duration, or what is neither an end nor none.
  package var leftOut: Int
  /// Subscriptions that have ended.
  package var ended: Int
  package var level: Double
  /// The day until which subscriptions were seen, and the unit of times, where dates say them.
  package var asOf: LocalDate?
  package var unit: TimeUnit?
  /// At up to 30 times, in the unit of the file.
  package var curve: [Point] = []
  package var median: Estimate?
  package var restrictedMean: Restricted?
  package var groupColumn: String?
  package var groups: [Group] = []
  package var logRank: LogRankTest?
  package var cox: Cox?
  package var value: Value?
  /// What the subscriptions that run now have before them.
  package var outlook: Outlook?

  package struct Outlook: Sendable, Codable {
    package let periods: Int
    /// Subscriptions that run.
    package let running: Int
    /// Those of whom the horizon can be told: the curve reaches so far.
    package let covered: Int
    /// How many of them are expected to remain after the horizon.
    package let expectedRemaining: Double?
    /// What they are expected to bring until then; nil without an amount.
    package let value: Double?
  }

  package struct Point: Sendable, Codable {
    package let time: Double
    package let survival: Double
    package let lower: Double
    package let upper: Double
    package let atRisk: Int
  }

  /// Left out where the curve does not fall so low.
  package struct Estimate: Sendable, Codable {
    package let estimate: Double?
    package let lower: Double?
    package let upper: Double?
  }

  /// Mean duration up to a limit.
  package struct Restricted: Sendable, Codable {
    package let limit: Double
    package let estimate: Double
    package let lower: Double
    package let upper: Double
  }

  package struct Group: Sendable, Codable {
    package let name: String
    package let subscriptions: Int
    package let ended: Int
    package let median: Double?
    package let restrictedMean: Restricted?
  }

  package struct Cox: Sendable, Codable {
    package let coefficients: [Coefficient]
    package let concordance: Double
    package let logLikelihood: Double
    package let rows: Int

    package struct Coefficient: Sendable, Codable {
      /// The column, or `column=class` against the most frequent class.
      package let name: String
      package let coefficient: Double
      package let standardError: Double
      package let hazardRatio: Double
      package let lower: Double
      package let upper: Double
      package let pValue: Double
    }
  }

  /// What a new subscription is worth.
  package struct Value: Sendable, Codable {
    package let amountColumn: String
    package let meanAmount: Double
    package let periods: Int
    package let discountPerPeriod: Double
    package let value: Double
    /// Fewer than `periods` where the curve ends before.
    package let coveredPeriods: Int
  }
}
