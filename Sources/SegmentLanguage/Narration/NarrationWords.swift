package import CustomerSchema

/// The words a narrator speaks with: a language's catalogue.
package struct NarrationWords: Sendable {
  package let isFrench: Bool
  /// The text of a key with its placeholders filled.
  package let text: @Sendable (String, [String: MessageArgument]) -> String
  /// Whether the catalogue has a key.
  package let has: @Sendable (String) -> Bool

  package init(
    isFrench: Bool, text: @escaping @Sendable (String, [String: MessageArgument]) -> String,
    has: @escaping @Sendable (String) -> Bool
  ) {
    self.isFrench = isFrench
    self.text = text
    self.has = has
  }

  /// «de» before a noun: «du panier», «de la ville», «de l’âge», «des tags», «d’un an»; in English
  /// the preposition is the sentence's own.
  func of(_ noun: String) -> String {
    guard isFrench else { return noun }
    if noun.hasPrefix("le ") { return "du " + noun.dropFirst(3) }
    if noun.hasPrefix("les ") { return "des " + noun.dropFirst(4) }
    guard let first = noun.first?.lowercased(), "aeiouyhéèêâîô".contains(first) else {
      return "de " + noun
    }
    return "d’" + noun
  }

  /// Several texts joined by «et» or «ou».
  func join(_ texts: [String], isAnd: Bool) -> String {
    guard let last = texts.last, texts.count > 1 else { return texts.first ?? "" }
    let word = isFrench ? (isAnd ? " et " : " ou ") : (isAnd ? " and " : " or ")
    return texts.dropLast().joined(separator: ", ") + word + last
  }
}
