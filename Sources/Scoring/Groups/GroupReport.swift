package import CustomerSchema
package import StatisticalModels

/// Groups that the data show by themselves, with everything needed to judge and use them
/// (`docs/schemas/model-clusters-1.schema.json`).
package struct GroupReport: Sendable, Codable {
  package var schema = "quartier.model-clusters/1"
  package var quartierVersion: String
  package var asOf: LocalDate
  /// Customers with a purchase, all of whom are assigned.
  package var customers: Int
  /// Customers on whom the groups were found and described.
  package var fittedOn: Int
  package var seed: Int
  package var method: GroupMethod?
  package var methodReason: UserMessage?
  package var attributes: [AttributeReport] = []
  /// What several criteria say of each number of groups; empty where the number was given.
  package var criteria: [GroupCountCriteria] = []
  package var proposal: ProposalReport?
  package var groups: [Group] = []
  package var quality: QualityReport?
  package var map: MapReport?
  /// The heights of the last merges of Ward's tree, greatest first; empty for other methods.
  package var mergeHeights: [Double] = []
  package var cautions: [UserMessage] = []
  /// Why no groups can be found; then there are none.
  package var refusal: UserMessage?

  /// How an attribute enters the distance, and why.
  package struct AttributeReport: Sendable, Codable {
    package let name: String
    package let kind: FeatureKind
    /// `log`, `scaled`, `classes` or `out`.
    package let treatment: String
    package let reasons: [TreatmentReason]
    package let weight: Double
    package let missingShare: Double
  }

  package struct ProposalReport: Sendable, Codable {
    package let proposed: Int
    package let reason: UserMessage
    package let bestBySilhouette: Int
    package let bestByGap: Int
    package let bestByBic: Int?
  }

  package struct Group: Sendable, Codable {
    /// `group_1`, `group_2`…: the greatest revenue first, or the number it had before.
    package let id: String
    /// The parts of a proposed name, such as «bought recently» and «buys often».
    package let nameParts: [UserMessage]
    package let customers: Int
    package let customerShare: Double
    package let revenue: Money
    package let revenueShare: Double?
    package let centre: [CentreValue]
    package let traits: [Trait]
    /// Customers closest to the centre.
    package let typicalCustomers: [String]

    func namingTypicalCustomers(_ name: (String) -> String) -> Group {
      Group(
        id: id, nameParts: nameParts, customers: customers, customerShare: customerShare,
        revenue: revenue, revenueShare: revenueShare, centre: centre, traits: traits,
        typicalCustomers: typicalCustomers.map(name))
    }
  }

  /// The centre in original units.
  package struct CentreValue: Sendable, Codable {
    package let attribute: String
    /// Nil for categories.
    package let mean: Double?
    package let median: Double?
    /// The most frequent class of a category.
    package let mode: String?
  }

  /// What sets a group apart: for numbers Cohen's d against all others, for categories the lift of a
  /// class.
  package struct Trait: Sendable, Codable {
    package let attribute: String
    package let isHigher: Bool
    package let effect: Double?
    package let category: String?
    package let share: Double?
    package let lift: Double?
    package let strength: Double
  }

  package struct QualityReport: Sendable, Codable {
    package let silhouette: Double?
    package let calinskiHarabasz: Double?
    package let daviesBouldin: Double?
    /// Mean adjusted Rand index between groupings of overlapping halves; nil where the number of
    /// groups was given.
    package let stability: Double?
    package let converged: Bool
  }

  /// Customers of a sample on the plane that shows most of their differences.
  package struct MapReport: Sendable, Codable {
    /// Shares of the variance of both directions.
    package let shares: [Double]
    /// What goes up along each direction, and what goes down (negative), strongest first.
    package let axes: [[Loading]]
    package let points: [Point]

    package struct Loading: Sendable, Codable {
      package let attribute: String
      package let value: Double
    }

    package struct Point: Sendable, Codable {
      package let x: Double
      package let y: Double
      /// The group's place in the list, from 0.
      package let group: Int
    }
  }
}

/// How groups are found.
package enum GroupMethod: String, Sendable, Codable, CaseIterable {
  case kMeans = "k-means"
  case mixture
  case kPrototypes = "k-prototypes"
  case ward
}
