/// A rule of data protection in France, with its source and how far it was checked.
///
/// Not legal advice: rules marked « connu » were written from knowledge of the text.
package struct ComplianceRule: Sendable, Hashable, Identifiable {
  /// Such as `CONS-01`.
  package let id: String
  package let frenchTheme: String
  package let frenchRule: String
  /// A number or a span as text; nil where the rule has none.
  package let value: String?
  package let frenchUnit: String?
  package let frenchLegalBasis: String
  package let frenchSource: String
  /// Obligation, recommendation, prohibition…
  package let frenchForce: String
  package let frenchVerification: String

  /// The 58 rules.
  package static func all() throws(ReferenceDataError) -> [ComplianceRule] { try rules.get() }

  package static func named(_ id: String) throws(ReferenceDataError) -> ComplianceRule? {
    try all().first { $0.id == id }
  }

  private static let rules = Lazy<[ComplianceRule]> { () throws(ReferenceDataError) in
    try ReferenceTable("compliance/rules.csv").records([
      "id", "theme_fr", "rule_fr", "value", "unit_fr", "legal_basis_fr", "source_fr", "force_fr",
      "checked_fr",
    ]) { row in
      ComplianceRule(
        id: row[0], frenchTheme: row[1], frenchRule: row[2], value: row.text(3),
        frenchUnit: row.text(4), frenchLegalBasis: row[5], frenchSource: row[6],
        frenchForce: row[7], frenchVerification: row[8])
    }
  }
}

/// How long data may be kept; each period is the value of a rule.
package enum RetentionPeriod: String, Sendable, Hashable, CaseIterable, Codable {
  /// A prospect, from the last contact that came from her.
  case prospect = "CONS-01"
  /// A customer's data for marketing, from the end of the relation.
  case customer = "CONS-02"
  case inactiveAccount = "CONS-04"
  /// Orders and invoices, archived.
  case accounting = "CONS-05"
  case contractProof = "CONS-06"
  /// The list of those who object: at least.
  case objections = "CONS-07"
  case identityDocument = "CONS-08"
  case paymentCard = "CONS-09"
  /// A consumer's consent to be called, since 11 August 2026: at most.
  case telephoneConsent = "CANAL-08"
  case cookieChoice = "TRAC-02"
  case audienceTracker = "TRAC-03"
  case audienceData = "TRAC-04"

  /// The rule that gives the period, with its force and source.
  package func rule() throws(ReferenceDataError) -> ComplianceRule {
    guard let rule = try ComplianceRule.named(rawValue) else {
      throw .corrupt(table: "compliance/rules.csv")
    }
    return rule
  }

  /// Months; « 1 / 3 ans » gives its first number.
  package func months() throws(ReferenceDataError) -> Int {
    let rule = try rule()
    guard let value = rule.value?.split(separator: " ").first.flatMap({ Int($0) }),
      let unit = rule.frenchUnit
    else { throw .corrupt(table: "compliance/rules.csv") }
    return unit.hasPrefix("an") ? 12 * value : value
  }
}
