internal import Foundation
package import Privacy
internal import SQLBuilder
internal import Warehouse

/// Rectification, objection, restriction and consent of one person.
package struct HandleRights: Sendable {
  private let desk: PrivacyDesk

  package init(_ desk: PrivacyDesk) { self.desk = desk }

  /// `docs/schemas/privacy-rights-1.schema.json`.
  package struct Answer: Sendable, Encodable {
    package let schema = "quartier.privacy-rights/1"
    /// The person's public id.
    package let customer: String
    /// Whether anything is otherwise than before.
    package let changed: Bool
    /// Decisions that hold now.
    package let decisions: [Decision]
    /// Attributes put right.
    package let attributes: [String]
    /// Systems that the data came from, which have to be told (Art. 19 GDPR).
    package let sources: [String]
  }

  /// Makes a decision hold, or ends it.
  package func decide(
    _ decision: Decision, _ name: String, source: String?, ends: Bool
  ) async throws -> Answer {
    let person = try await desk.person(name, source: source)
    let decisions = Decisions(desk.session)
    var changed = true
    if ends {
      try await decisions.end(decision, of: person, at: desk.now)
    } else {
      changed = try await decisions.begin(decision, of: person, at: desk.now)
    }
    try await desk.audit.record(
      decision == .restriction ? .restrict : .object, subject: person.subject,
      detail: decision.rawValue + (ends ? " ends" : ""), at: desk.now)
    return try await answer(person, changed: changed, attributes: [])
  }

  /// Puts values right, all or none.
  ///
  /// - Parameter values: attribute and value; nil to withdraw what is known.
  package func rectify(
    _ name: String, source: String?, _ values: [(attribute: String, value: String?)]
  ) async throws -> Answer {
    let person = try await desk.person(name, source: source)
    let rectification = Rectification(desk.session)
    var changed: [String] = []
    for (attribute, value) in values {
      // A mistake in one value leaves the others as they were.
      try await rectification.check(attribute: attribute, value: value)
    }
    for (attribute, value) in values {
      let isNew = try await rectification.run(
        person, attribute: attribute, value: value, now: desk.now)
      if isNew { changed.append(attribute) }
    }
    try await desk.audit.record(
      .rectify, subject: person.subject, detail: changed.joined(separator: ", "), at: desk.now)
    return try await answer(person, changed: !changed.isEmpty, attributes: changed)
  }

  private func answer(
    _ person: Person, changed: Bool, attributes: [String]
  ) async throws -> Answer {
    let sources = try await desk.session.query(
      """
      SELECT DISTINCT source FROM quartier.identifier
      WHERE customer_id = \(SQLValue.int(person.customer)) ORDER BY source
      """
    ).rows.compactMap { $0[0].text }
    return Answer(
      customer: person.subject, changed: changed,
      decisions: try await Decisions(desk.session).holding(of: person), attributes: attributes,
      sources: sources)
  }

  /// What a person says about a use of her data.
  package struct Statement: Sendable, Hashable {
    package var purpose = Purpose.directMarketing
    /// Nil for every channel: only a refusal can say that.
    package var channel: Channel?
    package var isGranted: Bool
    /// Microseconds since the epoch; nil for now.
    package var givenAt: Int64?
    package var expiresAt: Int64?
    package var source = "person"
    package var proof: String?

    package init(isGranted: Bool) { self.isGranted = isGranted }
  }

  /// `docs/schemas/privacy-consent-1.schema.json`.
  package struct Consents: Sendable, Encodable {
    package let schema = "quartier.privacy-consent/1"
    package let customer: String
    /// By channel, whether she may be sent marketing now, and why not.
    package let marketing: [Permission]
    package let entries: [ConsentLedger.Entry]
  }

  package struct Permission: Sendable, Encodable {
    package let channel: Channel
    package let isPermitted: Bool
    package let refusal: Refusal?
  }

  /// Records a statement, if there is one, and tells where that leaves the person.
  package func consents(
    _ name: String, source: String?, _ statement: Statement?
  ) async throws -> Consents {
    let person = try await desk.person(name, source: source)
    let ledger = ConsentLedger(desk.session)
    try await ledger.absorb(now: desk.now)
    if let statement {
      try await ledger.record(
        person, statement.purpose, statement.channel, isGranted: statement.isGranted,
        givenAt: statement.givenAt ?? desk.now, expiresAt: statement.expiresAt,
        source: statement.source, proof: statement.proof, now: desk.now)
      if statement.purpose == .profiling {
        let decisions = Decisions(desk.session)
        if !statement.isGranted {
          _ = try await decisions.begin(.profiling, of: person, at: desk.now)
        } else if try await decisions.holding(of: person).contains(.profiling) {
          try await decisions.end(.profiling, of: person, at: desk.now)
        }
      }
      try await desk.audit.record(
        .consent, subject: person.subject,
        detail: [
          statement.purpose.rawValue, statement.channel?.rawValue ?? "all",
          statement.isGranted ? "granted" : "refused",
        ].joined(separator: " "), at: desk.now)
    } else {
      try await desk.audit.record(.show, subject: person.subject, detail: "consents", at: desk.now)
    }
    var marketing: [Permission] = []
    for channel in Channel.allCases {
      let audience = try await desk.permissions.audience(
        AudienceRequest(
          .marketing(channel), candidates: "SELECT \(SQLValue.int(person.customer))"),
        now: desk.now)
      marketing.append(
        Permission(
          channel: channel, isPermitted: audience.permitted == 1,
          refusal: audience.refused.keys.first))
    }
    return Consents(
      customer: person.subject, marketing: marketing,
      entries: try await ledger.entries(of: person))
  }
}

extension PrivacyDesk {
  /// Tells who may be reached, by the settings of the workspace.
  package var permissions: Permissions {
    Permissions(
      session,
      settings: Permissions.Settings(
        allowsCustomersWithoutConsent: workspace.settings.customersWithoutConsent))
  }
}
