package import CustomerSchema
package import Features
package import Ingestion
package import Scoring

/// Everything a run says, as a machine reads it (`segments.json`, `--json`) and as the report and
/// the terminal show it. Shares are between 0 and 1; days are calendar days.
package struct RunResult: Sendable, Codable {
  /// The version of this structure: `quartier.run/1`.
  package let schema: String
  package let quartierVersion: String
  package let asOf: LocalDate
  package let asOfRule: AsOfRule
  package let timeZone: String
  package let method: MethodReport
  package let imported: ImportReport
  package let totals: Totals
  /// The chosen partition, in the order to act on them (by the objective when one is given).
  package let segments: [SegmentReport]
  /// The other partition: the eleven groups when `segments` are the five, and conversely.
  package let otherSegments: [SegmentReport]
  package let lifecycle: [LifecycleReport]
  package let grid: [GridCell]
  /// Nil when nobody had bought one period earlier.
  package let migration: MigrationReport?
  package let cohorts: CohortReport
  package let concentration: ConcentrationReport
  /// Nil without event files.
  package let engagement: EngagementReport?
  /// What customers will be worth and the groups they form; nil without models.
  package internal(set) var models: ModelsReport?
  package let objective: Objective?
  /// What a busy owner must know, most important first.
  package internal(set) var headlines: [UserMessage]
  /// Assumptions and everything that was set aside.
  package let notes: [UserMessage]

  package enum AsOfRule: String, Sendable, Codable {
    case lastOrder = "last-order"
    case date, now
  }
}

extension RunResult {
  /// How scores and segments were made; enough to score one more customer.
  package struct MethodReport: Sendable, Codable {
    package let partition: PartitionKind
    package let scoring: ScoringBasis
    package let monetary: MonetaryMeasure
    package let classes: Int
    package let weights: RFMWeights
    package let thresholds: RFMThresholds
    /// The length of a period for retention, trend and migration, such as `3mo`.
    package let period: String
    /// Whether an order of total 0 counts as a purchase.
    package let zeroOrdersArePurchases: Bool
    package let lifecycle: LifecycleRules
    /// The rules of the five segments and of the eleven groups, in the order in which they are
    /// tried: with the thresholds, enough to place one more customer. Nil in runs of versions that
    /// did not keep them.
    package let segmentRules: [RFMPartition.Rule]?
    package let groupRules: [RFMPartition.Rule]?

    package init(
      partition: PartitionKind, scoring: ScoringBasis, monetary: MonetaryMeasure, classes: Int,
      weights: RFMWeights, thresholds: RFMThresholds, period: String,
      zeroOrdersArePurchases: Bool, lifecycle: LifecycleRules,
      segmentRules: [RFMPartition.Rule]? = RFMPartition.shippedRules(.five),
      groupRules: [RFMPartition.Rule]? = RFMPartition.shippedRules(.eleven)
    ) {
      self.partition = partition
      self.scoring = scoring
      self.monetary = monetary
      self.classes = classes
      self.weights = weights
      self.thresholds = thresholds
      self.period = period
      self.zeroOrdersArePurchases = zeroOrdersArePurchases
      self.lifecycle = lifecycle
      self.segmentRules = segmentRules
      self.groupRules = groupRules
    }

    package typealias Partition = PartitionKind
    package typealias Monetary = MonetaryMeasure
    package typealias Weights = RFMWeights
    package typealias Thresholds = RFMThresholds
    package typealias LifecycleRules = Features.LifecycleRules

    package enum ScoringBasis: String, Sendable, Codable { case quantiles, fixed }
  }

  package struct Totals: Sendable, Codable {
    /// Customers named in the file, buyers or not.
    package let customers: Int
    package let purchasers: Int
    /// Purchase orders of known customers.
    package let orders: Int
    /// Purchase orders without a customer.
    package let guestOrders: Int
    /// Revenue of guest orders, net of returns.
    package let guestRevenue: Money
    /// Known customers' revenue before and after returns.
    package let grossRevenue: Money
    package let returnedAmount: Money
    package let revenue: Money
    /// Orders of 0, set aside unless they count as purchases.
    package let zeroOrders: Int
    /// Customers with orders of 0 only.
    package let zeroOnlyCustomers: Int
    /// Orders with something sent back or marked cancelled.
    package let returnOrders: Int
    package let averageBasket: Money?
    package let firstOrder: LocalDate?
    package let lastOrder: LocalDate?
    /// Orders dated after `asOf`, left out.
    package let ordersAfterAsOf: Int
    package let repeatRate: Double?
    package let retentionRate: Double?
    package let medianDaysBetweenPurchases: Double?
  }

  /// One segment with its figures and what to do.
  package struct SegmentReport: Sendable, Codable {
    /// Such as `loyal_high_value`; the catalogues have `segment.ID`, `segment.ID.who`,
    /// `segment.ID.action`.
    package let id: String
    package let customers: Int
    package let customerShare: Double
    package let revenue: Money
    package let revenueShare: Double?
    package let averageBasket: Money?
    package let ordersPerCustomer: Double?
    package let medianDaysSinceLastPurchase: Double?
    package let repeatRate: Double?
    package let retentionRate: Double?
    package let returnRate: Double?
    /// Revenue of the last period and of the one before.
    package let revenueThisPeriod: Money
    package let revenuePreviousPeriod: Money
    /// Change between both; nil when there was none before.
    package let revenueTrend: Double?
    package let intention: Intention
    /// One sentence of why.
    package let reason: UserMessage
    /// Why it comes early for the objective; nil for the others.
    package let objectiveReason: UserMessage?
    /// Twelve revenues, one per month up to `asOf`, oldest first (sparkline); fewer for a young
    /// base.
    package let monthlyRevenue: [Double]
  }

  package enum Intention: String, Sendable, Codable, CaseIterable {
    case retain, develop, convert, reactivate
    case serveDifferently = "serve_differently"
  }

  package enum Objective: String, Sendable, Codable, CaseIterable {
    case retain, reactivate, convert, develop
  }

  package struct LifecycleReport: Sendable, Codable {
    /// `new`, `active`, `loyal`, `slipping`, `dormant`, `lost`, `reactivated`.
    package let stage: String
    package let customers: Int
    package let customerShare: Double
    package let revenue: Money
    /// The rule that gives the stage, with its limits.
    package let rule: UserMessage
  }

  /// One cell of the R × FM heat map (1 to 5 each).
  package struct GridCell: Sendable, Codable {
    package let recencyScore: Int
    package let valueScore: Int
    package let customers: Int
    package let revenue: Money
    /// The eleven-group id of the cell.
    package let group: String
  }

  package struct MigrationReport: Sendable, Codable {
    package let from: LocalDate
    package let to: LocalDate
    /// Every pair with at least one customer; `from` nil for those who had not bought yet.
    package let flows: [Flow]

    package struct Flow: Sendable, Codable {
      package let from: String?
      package let to: String
      package let customers: Int
      package let revenue: Money
    }
  }

  package struct CohortReport: Sendable, Codable {
    /// Months per step of the table (1; 3 when the history is long).
    package let monthsPerStep: Int
    package let rows: [Row]

    package struct Row: Sendable, Codable {
      /// The first day of the cohort's first month.
      package let start: LocalDate
      package let customers: Int
      /// Customers with a purchase k steps after the first; element 0 is the cohort's size.
      package let active: [Int]
    }
  }

  /// Customers by their interactions, scored as purchases are.
  package struct EngagementReport: Sendable, Codable {
    package let imported: EventReport
    /// In the places of days, orders and monetary value: days since the last interaction, number
    /// of interactions, days with one.
    package let thresholds: RFMThresholds
    /// Customers with an interaction, and those of them who bought.
    package let customers: Int
    package let interactions: Int
    package let purchasers: Int
    /// By the whole part of the score, best first: who could buy more, who only looks.
    package let levels: [Level]

    package struct Level: Sendable, Codable {
      package let score: Int
      package let customers: Int
      package let purchasers: Int
      package let revenue: Money
    }

    package init(
      imported: EventReport, thresholds: RFMThresholds, customers: Int, interactions: Int,
      purchasers: Int, levels: [Level]
    ) {
      self.imported = imported
      self.thresholds = thresholds
      self.customers = customers
      self.interactions = interactions
      self.purchasers = purchasers
      self.levels = levels
    }
  }

  /// What models say of the customers; what does not apply says why.
  package struct ModelsReport: Sendable, Codable {
    package let lifetime: LifetimeReport?
    package let groups: GroupReport?
    /// Models that could not be made.
    package let failures: [UserMessage]

    package init(lifetime: LifetimeReport?, groups: GroupReport?, failures: [UserMessage]) {
      self.lifetime = lifetime
      self.groups = groups
      self.failures = failures
    }
  }

  package struct ConcentrationReport: Sendable, Codable {
    /// Of revenue per purchaser (negative revenues count as 0); nil without revenue.
    package let gini: Double?
    /// 101 points: revenue share of the best 0 %, 1 % … 100 % of purchasers.
    package let revenueShareOfTop: [Double]
    /// Share of purchasers, best first, that make 80 % of revenue.
    package let customersForEightyPercent: Double?
  }
}
