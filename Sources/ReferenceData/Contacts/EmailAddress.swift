internal import Foundation

/// An e-mail address as it was given, as it can be sent to, and as it is compared.
package struct EmailAddress: Sendable, Hashable {
  /// Trimmed, its domain in small letters and ASCII (IDNA); the local part as written.
  package let sendable: String
  /// For finding the same mailbox only, never written to: small letters, tags after « + » and dots
  /// that the provider ignores removed, domains of one provider made one.
  package let key: String
  package let domain: String
  package let flags: Set<Flag>

  /// What is noticed about an address that is well formed.
  package enum Flag: String, Sendable, Hashable, CaseIterable, Codable {
    /// contact@, noreply@…: a function, not a person.
    case role
    /// A domain that hands out throw-away addresses.
    case disposable
    /// A domain that no longer takes mail.
    case deadDomain = "dead_domain"
    /// Reserved for documentation and tests (RFC 2606, RFC 6761).
    case reserved
    /// test@test.com, a@a.fr, azerty@…: typed to get past a form.
    case placeholder
    /// Almost a well-known provider; `suggestion` has the domain that was meant.
    case probableTypo = "probable_typo"
    /// A mailbox provider for the public, so the domain says nothing of an employer.
    case publicProvider = "public_provider"
  }

  /// The address with the domain that was probably meant; nil without that flag.
  package let suggestion: String?

  /// Whether the address can serve to recognise a person.
  package var identifiesAPerson: Bool {
    flags.isDisjoint(with: [.role, .disposable, .reserved, .placeholder])
  }

  /// Nil when the text has not the form of an address (RFC 5321's lengths, one @, a domain with a
  /// dot, no two dots in a row). `mailto:` and `Name <address>` are unwrapped.
  package init?(_ written: some StringProtocol) throws(ReferenceDataError) {
    guard let (local, domain) = Self.parts(written) else { return nil }
    let rules = try EmailRules.load()
    self.domain = domain
    sendable = local + "@" + domain

    let lowered = local.lowercased()
    let provider = rules.provider(of: domain)
    var box = lowered
    if provider?.hasPlusTags == true, let plus = box.firstIndex(of: "+"), plus > box.startIndex {
      box = String(box[..<plus])
    }
    if provider?.ignoresDots == true { box.removeAll { $0 == "." } }
    key = box + "@" + (provider?.sameAs ?? domain)

    var flags: Set<Flag> = []
    let role = lowered.prefix { $0 != "+" }
    if rules.roles.contains(String(role)) { flags.insert(.role) }
    if rules.isDisposable(domain) { flags.insert(.disposable) }
    if rules.deadDomains.contains(domain) { flags.insert(.deadDomain) }
    if Self.isReserved(domain) { flags.insert(.reserved) }
    if Self.isPlaceholder(local: box, domain: domain) { flags.insert(.placeholder) }
    if provider != nil { flags.insert(.publicProvider) }
    let meant = rules.typos[domain]
    if meant != nil { flags.insert(.probableTypo) }
    suggestion = meant.map { local + "@" + $0 }
    self.flags = flags
  }

  private static func parts(_ written: some StringProtocol) -> (local: String, domain: String)? {
    var text = String(
      String.UnicodeScalarView(
        written.unicodeScalars.filter { !Self.invisible.contains($0.value) && $0 != "\u{FEFF}" }))
    text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    if let open = text.lastIndex(of: "<"), text.hasSuffix(">") {
      text = String(text[text.index(after: open)...].dropLast())
    }
    if text.lowercased().hasPrefix("mailto:") { text.removeFirst(7) }
    text = text.trimmingCharacters(in: CharacterSet(charactersIn: " \u{A0}\"';,"))
    guard text.utf8.count <= 254, let at = text.lastIndex(of: "@") else { return nil }
    let local = String(text[..<at])
    guard (1...64).contains(local.utf8.count), local.utf8.allSatisfy(isLocalByte),
      !local.hasPrefix("."), !local.hasSuffix("."), !local.contains("..")
    else { return nil }
    var domain = text[text.index(after: at)...].lowercased()
    if !domain.utf8.allSatisfy({ $0 < 0x80 }) {
      // Foundation writes international hosts in Punycode.
      var components = URLComponents()
      components.host = domain
      guard let host = components.encodedHost,
        host.utf8.allSatisfy({ $0 < 0x80 }), !host.contains("%")
      else { return nil }
      domain = host
    }
    let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
    guard labels.count >= 2, labels.allSatisfy(isLabel), let top = labels.last,
      top.utf8.count >= 2, top.utf8.contains(where: { $0 > 0x39 })
    else { return nil }
    return (local, domain)
  }

  private static let invisible: Set<UInt32> = Set(
    [0xAD] + Array(0x200B...0x200F) + Array(0x202A...0x202E) + Array(0x2060...0x2069))

  private static func isLabel(_ label: Substring) -> Bool {
    (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
      && label.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
      }
  }

  private static func isLocalByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x61...0x7A, 0x41...0x5A, 0x30...0x39: true
    default: localSigns.contains(byte)
    }
  }

  private static let localSigns = Set(".!#$%&'*+/=?^_`{|}~-".utf8)

  private static func isReserved(_ domain: String) -> Bool {
    ["example.com", "example.org", "example.net"].contains(domain)
      || [".example", ".test", ".invalid", ".localhost"].contains { domain.hasSuffix($0) }
      || ["example.com", "example.org", "example.net"].contains { domain.hasSuffix("." + $0) }
  }

  private static let typed: Set<String> = [
    "test", "tests", "testtest", "toto", "tata", "titi", "azerty", "qwerty", "aaa", "xxx", "abc",
    "asdf", "none", "null", "no", "non", "nomail", "noemail", "sansmail", "pasdemail", "inconnu",
    "email", "mail", "fake", "nc", "na", "user",
  ]

  private static func isPlaceholder(local: String, domain: String) -> Bool {
    let name = domain.prefix { $0 != "." }
    let local = local.filter { $0.isLetter || $0.isNumber }
    if typed.contains(local), local == name || typed.contains(String(name)) { return true }
    if ["nomail", "noemail", "sansmail", "pasdemail", "inconnu", "null"].contains(local) {
      return true
    }
    return Set(local).count == 1 && (local == name || Set(name).count == 1)
  }
}
