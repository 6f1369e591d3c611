internal import SegmentLanguage
internal import Segments

/// How many customers a rule would have, before anybody keeps it.
package struct PreviewRule: Sendable {
  private let desk: SegmentDesk

  package init(_ desk: SegmentDesk) { self.desk = desk }

  /// `docs/schemas/segments-preview-1.schema.json`.
  package struct Answer: Sendable, Encodable {
    package let schema = "quartier.segments-preview/1"
    /// In its canonical form.
    package let rule: String
    package let asOf: String
    package let customers: Int
    /// Absent for fewer persons than `fewerThan`.
    package let members: Int?
    package let share: Double?
    package let fewerThan: Int?
    /// What was told first, from a sample; absent for small bases.
    package let estimate: Estimate?
  }

  package struct Estimate: Sendable, Encodable {
    package let members: Int
    package let low: Int
    package let high: Int
  }

  /// - Parameters:
  ///   - asOf: nil for the last refresh, or now where there has been none.
  ///   - onEstimate: called as soon as there is an estimate.
  /// - Throws: `SegmentsError.definitions` with places in the rule; `WarehouseError.cancelled`.
  package func preview(
    _ text: String, asOf: Int64?, onEstimate: (Estimate) -> Void
  ) async throws -> Answer {
    let written = WrittenRule(typed: text)
    let rule = try desk.language.read(written)
    let last = try await desk.history.lastRefresh()
    let instant = asOf ?? last ?? SegmentDesk.now
    let segments = try await desk.catalogue.segments()
    let preview: RulePreview
    do {
      preview = try await RulePreview(
        rule, among: segments, language: desk.language, asOf: instant, in: desk.session)
    } catch let error as SegmentLanguageError {
      throw SegmentsError.definitions(
        desk.language.problems(error.diagnostics.filter { $0.severity == .error }, of: written))
    }
    let estimate = try await preview.estimate().map {
      Estimate(members: $0.members, low: $0.low, high: $0.high)
    }
    let threshold = desk.privacyThreshold
    if let estimate, estimate.low >= threshold { onEstimate(estimate) }
    let count = try await preview.count(under: threshold)
    let told = desk.told(count.members)
    return Answer(
      rule: desk.language.text(rule), asOf: SegmentDesk.text(instant), customers: count.customers,
      members: told.number,
      share: told.number.flatMap { members in
        count.customers > 0 ? Double(members) / Double(count.customers) : nil
      }, fewerThan: told.fewerThan,
      estimate: count.members.customers >= threshold ? estimate : nil)
  }
}
