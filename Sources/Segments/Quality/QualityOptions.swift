/// From where on a segment earns a verdict. The defaults are conventions, stated with each verdict.
package struct QualityOptions: Sendable, Hashable, Codable {
  /// Fewer members are too few to act on.
  package var minimumMembers = 50
  /// A greater share of the base is too broad.
  package var maximumShare = 0.5
  /// Members in common over members of either, from which two segments are nearly the same.
  package var nearlySame = 0.8
  /// A segment without an entry or an exit for so many days never changes.
  package var unchangedDays = 30
  /// How far back actions and responses count as recent.
  package var actionDays = 90
  /// A member's revenue over the base's average, from which a segment has high potential.
  package var potential = 1.5
  /// The share of members contacted under which nothing is done with a segment.
  package var contacted = 0.05
  /// The relative fall of the response rate from which it has decayed.
  package var decline = 0.2
  /// More segments to act on than this are too many.
  package var segmentLimit = 6
  /// Adjusted p-values under this are taken for differences.
  package var significance = 0.05
  /// Segments of fewer natural persons show no statistics about them.
  package var privacyThreshold = 10

  package init() {}
}
