package import CustomerSchema
internal import SQLBuilder
package import StatisticalModels

/// An attribute of the customer table by which groups can be found.
package struct GroupAttribute: Sendable, Codable, Hashable {
  /// The column's name in `customers`.
  package let name: String
  package let kind: FeatureKind

  /// What can be asked for, in the order of the customer table.
  package static let known: [GroupAttribute] = [
    GroupAttribute(name: "days_since_last_purchase", kind: .count),
    GroupAttribute(name: "orders", kind: .count),
    GroupAttribute(name: "purchase_occasions", kind: .count),
    GroupAttribute(name: "gross_revenue", kind: .money),
    GroupAttribute(name: "revenue", kind: .money),
    GroupAttribute(name: "average_basket", kind: .money),
    GroupAttribute(name: "median_days_between_purchases", kind: .count),
    GroupAttribute(name: "tenure_days", kind: .count),
    GroupAttribute(name: "return_rate", kind: .share),
    GroupAttribute(name: "distinct_products", kind: .count),
    GroupAttribute(name: "favourite_category", kind: .category),
    GroupAttribute(name: "favourite_channel", kind: .category),
  ]

  /// What groups are found by unless asked otherwise: when, how often, how much, since when and
  /// what came back. Revenue is left out, because it is orders times basket.
  package static let usual: [GroupAttribute] = known.filter {
    ["days_since_last_purchase", "orders", "average_basket", "tenure_days", "return_rate"]
      .contains($0.name)
  }

  /// An attribute of a workspace's catalogue; nil for those that no distance can be made of.
  package init?(_ definition: AttributeDefinition) {
    switch definition.type {
    case .money: kind = .money
    case .count, .duration: kind = .count
    case .share: kind = .share
    case .number, .decimal: kind = .number
    case .text, .enumeration, .boolean: kind = .category
    case .date, .instant, .list, .objects: return nil
    }
    name = definition.id
  }

  private init(name: String, kind: FeatureKind) {
    self.name = name
    self.kind = kind
  }

  /// Attributes by name.
  ///
  /// - Parameter own: those of a workspace, besides the known ones.
  /// - Throws: `ScoringError.unknownAttribute`.
  package static func named(
    _ names: [String], own: [GroupAttribute] = []
  ) throws(ScoringError) -> [GroupAttribute] {
    let known = Self.known + own.filter { one in !Self.known.contains { $0.name == one.name } }
    var found: [GroupAttribute] = []
    for name in names {
      guard let attribute = known.first(where: { $0.name == name }) else {
        throw .unknownAttribute(name, known: known.map(\.name))
      }
      if !found.contains(attribute) { found.append(attribute) }
    }
    return found
  }

  /// The value as the encoder takes it: DOUBLE, or VARCHAR for a category.
  var value: SQL {
    kind == .category
      ? "CAST(\(identifier: name) AS VARCHAR)" : "CAST(\(identifier: name) AS DOUBLE)"
  }
}

/// How the person wants an attribute treated, instead of leaving it to the data.
package struct GroupTreatment: Sendable, Hashable {
  package let attribute: String
  package let treatment: Treatment

  package enum Treatment: String, Sendable, CaseIterable {
    /// Logarithm, then standard scaling.
    case log
    /// Standard or robust scaling without logarithm.
    case standard, robust
    /// As it is.
    case none
    /// Not used.
    case out
  }

  /// Reads `average_basket=robust`; nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, let treatment = Treatment(rawValue: parts[1]) else { return nil }
    attribute = parts[0]
    self.treatment = treatment
  }

  var override: TreatmentOverride {
    var result = TreatmentOverride()
    switch treatment {
    case .log: result.logarithm = true
    case .standard:
      result.logarithm = false
      result.scaling = .standard
    case .robust:
      result.logarithm = false
      result.scaling = .robust
    case .none:
      result.logarithm = false
      result.scaling = .unscaled
      result.winsorising = 0...1
    case .out: result.isLeftOut = true
    }
    return result
  }
}
