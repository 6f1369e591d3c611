internal import CustomerSchema

/// What to do with a segment and why, and which segments matter for an objective.
struct SegmentAdvice: Sendable {
  /// A segment worth less than this share of what its size would give is served at low cost.
  static let lowValueRatio = 0.25

  /// The intention for a segment, from its nature and what it is worth.
  ///
  /// - Parameter relativeValue: revenue share divided by customer share; nil without revenue.
  static func intention(_ id: String, relativeValue: Double?) -> RunResult.Intention {
    let isWorthLittle = relativeValue.map { $0 < lowValueRatio } ?? false
    return switch id {
    case "loyal_high_value", "champions", "loyal", "cannot_lose": .retain
    case "new_high_potential", "potential_loyalists", "need_attention": .develop
    case "occasional", "new", "promising": .convert
    case "at_risk", "about_to_sleep": .reactivate
    case "no_purchase": .convert
    default: isWorthLittle ? .serveDifferently : .reactivate
    }
  }

  /// The three segments that matter most for an objective, first the most important.
  static func priorities(
    _ objective: RunResult.Objective, eleven: Bool
  ) -> [String] {
    switch (objective, eleven) {
    case (.retain, false): ["at_risk", "loyal_high_value", "new_high_potential"]
    case (.reactivate, false): ["inactive", "at_risk", "occasional"]
    case (.convert, false): ["new_high_potential", "occasional", "inactive"]
    case (.develop, false): ["loyal_high_value", "new_high_potential", "occasional"]
    case (.retain, true): ["cannot_lose", "at_risk", "champions"]
    case (.reactivate, true): ["hibernating", "lost", "about_to_sleep"]
    case (.convert, true): ["new", "promising", "need_attention"]
    case (.develop, true): ["potential_loyalists", "loyal", "champions"]
    }
  }

  /// The order of action without an objective.
  static func order(eleven: Bool) -> [String] {
    eleven
      ? [
        "champions", "loyal", "cannot_lose", "at_risk", "potential_loyalists", "new", "promising",
        "need_attention", "about_to_sleep", "hibernating", "lost",
      ]
      : ["loyal_high_value", "at_risk", "new_high_potential", "occasional", "inactive"]
  }
}
