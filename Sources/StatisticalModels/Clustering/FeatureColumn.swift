/// What a column of customer attributes means; decides how it enters a distance.
package enum FeatureKind: String, Sendable, Codable, CaseIterable {
  /// An amount in a currency, possibly negative where returns exceed purchases.
  case money
  /// A number of things.
  case count
  /// A part of a whole, 0…1.
  case share
  /// Any other number, such as an age or a score.
  case number
  /// One of several classes without order.
  case category
}

/// One attribute of all customers, as it is known.
package struct FeatureColumn: Sendable {
  package enum Values: Sendable {
    /// NaN where missing.
    case numbers([Double])
    /// Nil where missing.
    case categories([String?])

    package var count: Int {
      switch self {
      case .numbers(let values): values.count
      case .categories(let values): values.count
      }
    }
  }

  package let name: String
  package let kind: FeatureKind
  package let values: Values

  /// A numeric column; NaN where missing.
  package init(_ name: String, _ kind: FeatureKind, _ numbers: [Double]) {
    precondition(kind != .category, "a category column holds text")
    self.name = name
    self.kind = kind
    values = .numbers(numbers)
  }

  /// A column of classes; nil where missing.
  package init(_ name: String, categories: [String?]) {
    self.name = name
    kind = .category
    values = .categories(categories)
  }
}

/// How a column enters the distance between customers.
package enum FeatureTreatment: Sendable, Codable, Equatable {
  /// sign(v) ln(1 + |v|) if `logarithm`, then cut off at `floor`…`ceiling`, then (v − centre)/scale; missing
  /// values get `fill`. All but the first are on the transformed scale.
  case numeric(
    logarithm: Bool, floor: Double, ceiling: Double, centre: Double, scale: Double, fill: Double)
  /// One coordinate per listed class, and one for all others where `hasOther`; two customers of different
  /// class are 1 apart.
  case oneHot(classes: [String], hasOther: Bool)
  /// Not used.
  case leftOut
}

/// Why a treatment was chosen; readers get a sentence from it.
package enum TreatmentReason: String, Sendable, Codable {
  /// Amounts and counts spread over orders of magnitude.
  case spansMagnitudes = "spans-magnitudes"
  /// Few values lie far out and would rule the distance.
  case farOutliers = "far-outliers"
  /// Usual scaling to mean 0 and standard deviation 1.
  case ordinary
  /// Classes have no order.
  case classes
  /// More classes than 20: rare ones are taken together.
  case manyClasses = "many-classes"
  case allMissing = "all-missing"
  case mostlyMissing = "mostly-missing"
  case constant
  /// Nearly every customer has a class of her own.
  case tooManyClasses = "too-many-classes"
  case overridden
}

/// What a caller may fix instead of leaving it to the data.
package struct TreatmentOverride: Sendable {
  package enum Scaling: Sendable {
    case standard, robust, unscaled
  }

  package var isLeftOut = false
  /// Nil leaves the choice to the data.
  package var logarithm: Bool?
  package var scaling: Scaling?
  /// Shares below and above which values are cut off, such as 0.01…0.99; 0…1 cuts nothing.
  package var winsorising: ClosedRange<Double>?

  package init() {}
}
