internal import StatisticalModels

/// Drift of an assignment to found groups.
enum GroupDrift {
  /// The population stability index of group sizes now against those of the fit.
  static func index(_ groups: FoundGroups, counts: [Double]) throws(ModelError) -> Double {
    try Drift.populationStabilityIndex(reference: groups.stored.sizes, current: counts)
  }
}
