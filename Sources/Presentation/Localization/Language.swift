/// A language in which people read Quartier.
package enum Language: String, Sendable, Hashable, Codable, CaseIterable {
  case english = "en"
  case french = "fr"

  /// The language of a locale such as `fr_FR.UTF-8` or `fr-CA`; nil for any other language.
  package init?(locale: some StringProtocol) {
    let code = locale.prefix { $0.isLetter }.lowercased()
    self.init(rawValue: code)
  }

  /// The language that an environment asks for: the first of `LC_ALL`, `LC_MESSAGES` and `LANG`
  /// that is set decides, as POSIX has it; English when it names another language or none does.
  package init(environment: [String: String]) {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy
      .compactMap { environment[$0] }.first { !$0.isEmpty }
    self = locale.flatMap { Language(locale: $0) } ?? .english
  }
}
