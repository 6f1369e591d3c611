package import Privacy
internal import SQLBuilder
internal import Warehouse

/// Tells whose data have been kept long enough, and erases them.
package struct ApplyRetention: Sendable {
  private let desk: PrivacyDesk

  package init(_ desk: PrivacyDesk) { self.desk = desk }

  /// `docs/schemas/privacy-retention-1.schema.json`.
  package struct Answer: Sendable, Encodable {
    package let schema = "quartier.privacy-retention/1"
    package let asOf: String
    package let plan: Retention.Plan
    /// Whether it was carried out.
    package let isApplied: Bool
  }

  /// - Parameter applies: whether people are erased and the store is rewritten, or only counted.
  package func run(applies: Bool) async throws -> Answer {
    let retention = Retention(desk.session, now: desk.now)
    let plan = try await retention.plan()
    let people = plan.due.reduce(0) { $0 + $1.people }
    if applies {
      if plan.orders + plan.orderLines > 0 { try await retention.dropOldOrders() }
      if people > 0 {
        let hidden = try await Erasure(desk.session, key: desk.key, now: desk.now)
          .hide(try retention.customers(), ground: .retention)
        _ = try await ErasePerson(desk).finish(hidden, rewrites: true)
      } else if plan.orders + plan.orderLines > 0 {
        try await ErasePerson(desk).rewrite()
      }
      try await desk.audit.record(
        .retention, detail: "people: \(people), orders: \(plan.orders)", at: desk.now)
    }
    return Answer(asOf: InstantText.iso(desk.now), plan: plan, isApplied: applies)
  }
}
