internal import SQLBuilder

/// How recency, frequency and monetary value become scores.
package struct RFMScoring: Sendable, Hashable {
  /// The number of classes, 3 to 10.
  package let classes: Int
  package let monetary: MonetaryMeasure
  package let weights: RFMWeights
  /// Cut points given by hand; nil for the quantiles of the customers themselves.
  package let fixed: RFMThresholds?

  package init(
    classes: Int = 5, monetary: MonetaryMeasure = .net, weights: RFMWeights = RFMWeights(),
    fixed: RFMThresholds? = nil
  ) {
    precondition((3...10).contains(classes), "between 3 and 10 classes")
    precondition(fixed.map { $0.classes == classes } ?? true, "one cut fewer than classes")
    self.classes = classes
    self.monetary = monetary
    self.weights = weights
    self.fixed = fixed
  }

  /// A score of 1…`classes` on the 1…5 scale of the partitions, spread evenly.
  package func onFivePointScale(_ score: Int) -> Int {
    classes == 5 ? score : 1 + Int((Double((score - 1) * 4) / Double(classes - 1)).rounded())
  }

  /// The joint score of frequency and monetary value on the 1…5 scale: their weighted mean,
  /// halves rounded up.
  package func valueScore(frequency: Int, monetary: Int) -> Int {
    let total = weights.frequency + weights.monetary
    let mean =
      (weights.frequency * Double(frequency) + weights.monetary * Double(monetary)) / total
    return Int((mean + 0.5).rounded(.down))
  }
}

/// What M is made of.
package enum MonetaryMeasure: String, Sendable, Hashable, Codable, CaseIterable {
  /// Revenue net of returns.
  case net
  /// Revenue before returns.
  case gross
  /// Gross revenue divided by orders.
  case average
}

/// How much each measure counts; only their proportions matter.
package struct RFMWeights: Sendable, Hashable, Codable {
  package let recency: Double
  package let frequency: Double
  package let monetary: Double

  /// Each weight is positive and finite.
  package init(recency: Double = 1, frequency: Double = 1, monetary: Double = 1) {
    self.recency = recency
    self.frequency = frequency
    self.monetary = monetary
  }
}

/// Cut points, ascending, one fewer than classes; equal values always score alike.
///
/// F and M score 1 plus the number of cuts strictly below the value; R scores the number of
/// classes minus the number of cuts strictly below the days since the last purchase.
package struct RFMThresholds: Sendable, Hashable, Codable {
  package let daysSinceLastPurchase: [Double]
  package let orders: [Double]
  package let monetary: [Double]

  package init(daysSinceLastPurchase: [Double], orders: [Double], monetary: [Double]) {
    precondition(
      daysSinceLastPurchase.count == orders.count && orders.count == monetary.count,
      "the three measures have the same number of cuts")
    self.daysSinceLastPurchase = daysSinceLastPurchase
    self.orders = orders
    self.monetary = monetary
  }

  package var classes: Int { orders.count + 1 }

  /// The scores of one customer, without looking at any other.
  package func scores(
    daysSinceLastPurchase days: Int, orders orderCount: Int, monetary amount: Double
  ) -> RFMScores {
    func cutsBelow(_ cuts: [Double], _ value: Double) -> Int { cuts.count { $0 < value } }
    return RFMScores(
      recency: classes - cutsBelow(daysSinceLastPurchase, Double(days)),
      frequency: 1 + cutsBelow(orders, Double(orderCount)),
      monetary: 1 + cutsBelow(monetary, amount))
  }

  /// The SQL of the scores over columns.
  func scores(
    days: SQL, orders orderCount: SQL, monetary amount: SQL
  ) -> (recency: SQL, frequency: SQL, monetary: SQL) {
    func cutsBelow(_ cuts: [Double], _ value: SQL) -> SQL {
      cuts.map { "CAST(\($0) < \(value) AS INTEGER)" as SQL }.joined(separator: " + ")
    }
    return (
      "\(classes) - (\(cutsBelow(daysSinceLastPurchase, days)))",
      "1 + \(cutsBelow(orders, orderCount))", "1 + \(cutsBelow(monetary, amount))"
    )
  }
}

/// The three scores, 1 to the number of classes, the highest the best.
package struct RFMScores: Sendable, Hashable {
  package let recency: Int
  package let frequency: Int
  package let monetary: Int
}
