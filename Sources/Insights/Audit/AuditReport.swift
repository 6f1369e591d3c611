package import CustomerSchema

/// What segmentation is to serve.
package enum AuditObjective: String, Sendable, Hashable, Codable, CaseIterable {
  case retain, reactivate, convert, conquer, subscriptions, b2b

  /// The objective of a French or English name, accents or not; nil for any other word.
  package init?(name: String) {
    switch name.lowercased() {
    case "retain", "fideliser", "fidéliser": self = .retain
    case "reactivate", "reactiver", "réactiver": self = .reactivate
    case "convert", "transformer", "convertir": self = .convert
    case "conquer", "conquerir", "conquérir": self = .conquer
    case "subscriptions", "abonnements", "abonnement": self = .subscriptions
    case "b2b", "btob", "entreprises": self = .b2b
    default: return nil
    }
  }
}

/// «Who are my customers today?», from what a workspace holds.
package struct AuditReport: Sendable, Hashable, Encodable {
  /// The day of the last purchase or visit known, not after the present.
  package let asOf: LocalDate
  package let base: Base
  /// One for the objective asked for, else one for each.
  package let methods: [Method]
  package let attributes: [AttributeFact]
  package let duplicates: [DuplicateFact]
  package let silos: Silos
  package let products: Products
  package let support: Support
  package let criteria: Criteria

  /// How many of what there are.
  package struct Base: Sendable, Hashable, Encodable {
    package let customers: Int
    package let companies: Int
    /// Without a purchase.
    package let prospects: Int
    package let purchasers: Int
    /// With purchases on two days at least.
    package let returning: Int
    package let orders: Int
    /// Of purchases, returns deducted.
    package let revenue: Money
    package let firstPurchase: LocalDate?
    package let lastPurchase: LocalDate?
    package let events: Int
    package let carts: Int
    package let subscriptions: Int
    package let endedSubscriptions: Int
    package let respondents: Int
    package let tickets: Int
    package let opportunities: Int
  }

  /// The method that serves an objective with these data.
  package struct Method: Sendable, Hashable, Encodable {
    package let objective: AuditObjective
    /// A code that the catalogues word: `audit.method.CODE`.
    package let method: String
    /// What to run; nil where data are missing first.
    package let command: String?
    /// What is there for it, by name.
    package let figures: [String: Int]
    /// What would allow a better one: codes worded `audit.missing.CODE`.
    package let missing: [String]
  }

  package struct AttributeFact: Sendable, Hashable, Encodable {
    package let attribute: String
    /// imported, declared, computed or model.
    package let origin: String
    /// What it can apply to: person, company or both (`customer`).
    package let of: String
    package let filled: Int
    /// Of those that it applies to, 0 to 1.
    package let coverage: Double
    /// Days since half of the values were last said; nil without a history.
    package let medianAgeDays: Double?
    package let newest: LocalDate?
  }

  /// Customers who share a key that only one customer should have.
  package struct DuplicateFact: Sendable, Hashable, Encodable {
    /// email, phone, name_birth_date or siret.
    package let key: String
    package let withKey: Int
    /// Keys that several customers have.
    package let groups: Int
    /// Customers with such a key.
    package let customers: Int
    /// Customers that would go if each key had one.
    package let surplus: Int
  }

  package struct Silos: Sendable, Hashable, Encodable {
    package let sources: [Source]
    package let pairs: [Pair]

    package struct Source: Sendable, Hashable, Encodable {
      package let source: String
      package let customers: Int
      /// Of them, known by no other source.
      package let alone: Int
    }

    /// Two sources and what could join them.
    package struct Pair: Sendable, Hashable, Encodable {
      package let first: String
      package let second: String
      /// Customers that both know.
      package let joined: Int
      /// Pairs of customers, one of each, with the same e-mail or telephone, not joined yet.
      package let joinable: Int
    }
  }

  package struct Products: Sendable, Hashable, Encodable {
    package let bestSellers: [BestSeller]
    /// What first-time buyers bought and whether they came back, the best first.
    package let entries: [Entry]
    /// Days after the first purchase that were looked at; nil when the history is too short.
    package let followedDays: Int?

    package struct BestSeller: Sendable, Hashable, Encodable {
      package let product: String
      package let buyers: Int
      package let quantity: Double
      package let revenue: Money
      package let share: Double
    }

    /// Customers whose first purchase had the product, against all other customers.
    package struct Entry: Sendable, Hashable, Encodable {
      package let product: String
      package let buyers: Int
      package let cameBack: Double
      package let othersCameBack: Double
      /// χ² of two shares, Benjamini and Hochberg's over the products.
      package let returnPValue: Double
      /// Average spent afterwards, the first purchase not counted.
      package let spent: Money
      package let othersSpent: Money
      /// Kruskal and Wallis, adjusted likewise.
      package let spentPValue: Double
      /// Both more often and more, beyond chance.
      package let standsOut: Bool
    }
  }

  package struct Support: Sendable, Hashable, Encodable {
    package let tickets: Int
    package let customers: Int
    /// Of all customers.
    package let share: Double
    package let reasons: [Reason]
    package let channels: [Reason]

    package struct Reason: Sendable, Hashable, Encodable {
      package let name: String
      package let tickets: Int
      package let customers: Int
      package let medianHoursToClose: Double?
      package let averageSatisfaction: Double?
    }
  }

  package struct Criteria: Sendable, Hashable, Encodable {
    /// Customers compared, at most.
    package let customers: Int
    /// Whether they are a sample of the base.
    package let isSample: Bool
    package let outcomes: [String]
    /// The most useful first.
    package let criteria: [Criterion]
  }

  package struct Criterion: Sendable, Hashable, Encodable {
    package let criterion: String
    package let coverage: Double
    package let ease: Ease
    package let usefulness: Usefulness
    package let verdict: Verdict
    /// The outcome in which its groups differ most.
    package let bestOutcome: String?
    package let comparisons: [Comparison]

    package enum Ease: String, Sendable, Hashable, Codable { case easy, partial, hard }
    package enum Usefulness: String, Sendable, Hashable, Codable {
      case absent = "none"
      case small, medium, large
    }
    package enum Verdict: String, Sendable, Hashable, Codable {
      case use
      /// Tells groups apart, but too few customers have it.
      case collect
      /// Most have it, and it tells nothing.
      case useless
      /// Few have it, and it tells nothing.
      case leave
    }
  }

  /// Whether the groups of a criterion differ in an outcome.
  package struct Comparison: Sendable, Hashable, Encodable {
    package let outcome: String
    /// kruskal_wallis or chi_square.
    package let test: String
    package let customers: Int
    package let statistic: Double
    package let degreesOfFreedom: Int
    package let pValue: Double
    /// Holm's, over all criteria and outcomes.
    package let adjustedPValue: Double
    /// ε², or Cramér's V.
    package let effectSize: Double
    /// By what is typical of them, the highest first: a median, or a share.
    package let groups: [Group]
  }

  package struct Group: Sendable, Hashable, Encodable {
    package let value: String
    package let customers: Int
    package let average: Double
    package let median: Double?
  }
}
