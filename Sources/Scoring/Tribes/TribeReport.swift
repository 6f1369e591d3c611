package import CustomerSchema
package import StatisticalModels

/// What a survey says (`docs/schemas/model-tribes-1.schema.json`).
package struct TribeReport: Sendable, Codable {
  package var schema = "quartier.model-tribes/1"
  package var quartierVersion: String
  package var respondents: Int
  package var seed: Int
  package var items: [Item] = []
  /// Of the Likert items; nil with fewer than two.
  package var reliability: CronbachAlpha?
  package var factors: [Factor] = []
  /// Numbers of classes compared by BIC.
  package var criteria: [Criterion] = []
  /// Tribes, largest first; empty where the answers tell none apart.
  package var tribes: [Tribe] = []
  /// How surely respondents belong to their tribe, 0…1.
  package var entropyRSquared: Double?
  package var satisfaction: [SatisfactionReport] = []
  package var cautions: [UserMessage] = []

  package struct Item: Sendable, Codable {
    package let name: String
    package let kind: Kind
    package let answers: Int
    package let missing: Int
    /// Different answers.
    package let choices: Int
    package let mean: Double?

    package enum Kind: String, Sendable, Codable {
      case likert, choice, nps, csat, ces
      /// Not used: no answer, one answer, or nearly one per respondent.
      case out
    }
  }

  package struct Factor: Sendable, Codable {
    /// Share of the items' variance.
    package let explained: Double
    /// Strongest first.
    package let loadings: [Loading]

    package struct Loading: Sendable, Codable {
      package let item: String
      package let value: Double
    }
  }

  package struct Criterion: Sendable, Codable {
    package let classes: Int
    package let logLikelihood: Double
    package let bic: Double
    package let aic: Double
  }

  package struct Tribe: Sendable, Codable {
    /// `tribe_1` the largest.
    package let id: String
    package let share: Double
    package let respondents: Int
    /// Answers more frequent than elsewhere, strongest first.
    package let answers: [Answer]

    package struct Answer: Sendable, Codable {
      package let item: String
      package let answer: String
      package let probability: Double
      package let overall: Double
    }
  }

  package struct SatisfactionReport: Sendable, Codable {
    package let item: String
    package let measure: Item.Kind
    package let value: Double
    package let lower: Double
    package let upper: Double
    package let answers: Int
    /// The same by tribe.
    package let byTribe: [Part]
    /// The same by class of a column, or by segment of a workspace; nil where not asked for.
    package let byGroup: [GroupPart]?

    package struct GroupPart: Sendable, Codable {
      /// The class or the segment's name.
      package let group: String
      package let value: Double
      package let lower: Double
      package let upper: Double
      package let answers: Int
    }

    package struct Part: Sendable, Codable {
      package let tribe: String
      package let value: Double
      package let lower: Double
      package let upper: Double
      package let answers: Int
    }
  }
}
