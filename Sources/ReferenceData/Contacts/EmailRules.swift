/// What is known of mailbox providers and domains.
struct EmailRules: Sendable {
  struct Provider: Sendable {
    /// The domain that stands for all of one provider's equal domains.
    let sameAs: String
    let hasPlusTags: Bool
    let ignoresDots: Bool
  }

  private let providers: [String: Provider]
  let typos: [String: String]
  let roles: Set<String>
  let deadDomains: Set<String>
  private let disposable: Set<String>

  static func load() throws(ReferenceDataError) -> EmailRules { try shared.get() }

  private static let shared = Lazy<EmailRules> { () throws(ReferenceDataError) in
    try EmailRules()
  }

  private init() throws(ReferenceDataError) {
    providers = Dictionary(
      try ReferenceTable("contact/email_providers.csv").records([
        "domain", "same_as", "plus_tags", "dots_ignored",
      ]) {
        (
          $0[0],
          Provider(
            sameAs: $0.text(1) ?? $0[0], hasPlusTags: $0[2] == "1", ignoresDots: $0[3] == "1")
        )
      }, uniquingKeysWith: { first, _ in first })
    typos = Dictionary(
      try ReferenceTable("contact/email_typos.csv").records(["domain", "meant"]) { ($0[0], $0[1]) },
      uniquingKeysWith: { first, _ in first })
    roles = Set(try ReferenceTable("contact/email_roles.csv").records(["local_part"]) { $0[0] })
    deadDomains = Set(try ReferenceTable("contact/dead_domains.csv").records(["domain"]) { $0[0] })
    disposable = Set(
      try ReferenceTable("contact/disposable_domains.csv").records(["domain"]) { $0[0] })
  }

  /// Families of domains of one provider (`outlook.be`) count without being listed one by one.
  func provider(of domain: String) -> Provider? {
    if let provider = providers[domain] { return provider }
    let isFamily = ["outlook.", "hotmail.", "live."].contains { domain.hasPrefix($0) }
    return isFamily && domain.utf8.count <= 14
      ? Provider(sameAs: domain, hasPlusTags: true, ignoresDots: false) : nil
  }

  /// Whether the domain or one above it is listed.
  func isDisposable(_ domain: String) -> Bool {
    var rest = Substring(domain)
    while true {
      if disposable.contains(String(rest)) { return true }
      guard let dot = rest.firstIndex(of: ".") else { return false }
      rest = rest[rest.index(after: dot)...]
    }
  }
}
