/// Why somebody entered or left a segment.
package enum MembershipReason: String, Sendable, Hashable, CaseIterable, Codable {
  /// Something the customer did or that became known; also what others did, for ranks.
  case data
  /// Time alone.
  case time
  /// The definition was made, edited or deleted.
  case definition
  /// A person put the customer in or out by hand.
  case manual
  /// The customer became part of another profile.
  case identity
}

/// One entry or exit.
package struct MembershipChange: Sendable, Hashable {
  package let segment: Int64
  package let customer: Int64
  /// Microseconds since the epoch.
  package let instant: Int64
  package let hasEntered: Bool
  package let reason: MembershipReason

  package init(
    segment: Int64, customer: Int64, instant: Int64, hasEntered: Bool, reason: MembershipReason
  ) {
    self.segment = segment
    self.customer = customer
    self.instant = instant
    self.hasEntered = hasEntered
    self.reason = reason
  }
}

extension MembershipChange: Comparable {
  /// The order of the change stream within one refresh.
  package static func < (left: MembershipChange, right: MembershipChange) -> Bool {
    (left.instant, left.customer, left.segment, left.hasEntered ? 1 : 0)
      < (right.instant, right.customer, right.segment, right.hasEntered ? 1 : 0)
  }
}
