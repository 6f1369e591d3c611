/// What becomes of a pair of records of people.
package enum PairDecision: Sendable, Hashable {
  /// They are one, by this rule: `key`, `email`, `phone` or `score`.
  case accept(rule: String)
  /// Somebody has to decide: `score` or `contradiction`.
  case review(reason: String)
  case reject
}

/// Decides by how a pair agrees. Clear identifiers come first, then the model's probability; what
/// contradicts is never joined without asking.
package struct PairRules: Sendable {
  let accept: Double
  let review: Double

  package init(_ settings: IdentitySettings) {
    accept = settings.accept
    review = settings.review
  }

  package func decide(_ pattern: AgreementPattern, probability: Double) -> PairDecision {
    if pattern.sharesKey {
      return pattern.contradicts ? .review(reason: "contradiction") : .accept(rule: "key")
    }
    let first = pattern[.firstName]
    let last = pattern[.lastName]
    let birth = pattern[.birthDate]
    let datesAgree = birth == -1 || birth >= 2
    if pattern[.email] == 2 {
      // An initial on an address of one's own is enough; on a shared telephone it is not.
      if datesAgree, first == -1 || first >= 2, last == -1 || last >= 2 {
        return .accept(rule: "email")
      }
      if pattern.contradicts { return .review(reason: "contradiction") }
    }
    if pattern[.phone] == 2, datesAgree, first >= 3, last >= 2 { return .accept(rule: "phone") }
    // « L. Morel » at one address may be two people: an initial wants more than that.
    let isNamed = first >= 3 || birth >= 2 || pattern[.email] == 2
    if probability >= accept, !pattern.contradicts, isNamed {
      // Two things that agree are enough only where one of them is nearly unique.
      let isTelling = birth >= 2 || pattern[.email] == 2 || pattern[.phone] == 2
      let agreements = ComparedField.allCases.count { pattern[$0] >= 2 }
      if agreements >= 3 || (agreements == 2 && isTelling && 1 - probability <= (1 - accept) / 50) {
        return .accept(rule: "score")
      }
    }
    if probability >= review {
      return .review(reason: pattern.contradicts ? "contradiction" : "score")
    }
    return .reject
  }
}
