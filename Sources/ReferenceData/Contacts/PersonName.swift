internal import Foundation

/// Names of people, as shown and as compared.
package enum PersonName {
  /// A name as it is shown: no invisible or direction-changing characters, single spaces, look-alike
  /// letters of other scripts in a Latin word made Latin, and ordinary French capitals when it was
  /// typed all in capitals or all in small letters (« DE LA TOUR » → « de La Tour »).
  package static func display(_ written: some StringProtocol) -> String {
    let safe = safe(written)
    let letters = safe.unicodeScalars.filter(\.properties.isAlphabetic)
    let isOneCase =
      letters.allSatisfy { !$0.properties.isLowercase }
      || letters.allSatisfy { !$0.properties.isUppercase }
    return isOneCase && letters.count > 1 ? capitalised(safe) : safe
  }

  /// A name reduced for matching: capital ASCII letters, words separated by one space, particles
  /// joined to what follows (« de La Tour » and « DELATOUR » give `DELATOUR`).
  ///
  /// A name without Latin letters keeps its own, in capitals without marks.
  package static func key(_ written: some StringProtocol) -> String {
    let safe = safe(written)
    let words = Folding.words(safe).split(separator: " ").map(String.init)
    guard !words.isEmpty else {
      return safe.decomposedStringWithCompatibilityMapping.uppercased().unicodeScalars
        .filter { $0.properties.isAlphabetic }.reduce(into: "") { $0.unicodeScalars.append($1) }
    }
    var key = ""
    var joins = true
    for word in words {
      if !joins { key += " " }
      key += word
      joins = particles.contains(word)
    }
    return key
  }

  /// One or two letters, digits or nothing that is a name.
  package static func isDoubtful(_ written: some StringProtocol) -> Bool {
    let key = key(written)
    return key.count < 2 || key.contains { $0.isNumber }
      || ["TEST", "XXX", "XX", "NC", "INCONNU", "NOM", "PRENOM", "NULL", "NONE"].contains(key)
  }

  private static let particles: Set<String> = [
    "D", "DE", "DU", "DES", "LA", "LE", "L", "VAN", "VON", "DER", "DEN", "EL", "AL", "BEN", "SAINT",
    "ST", "MC", "MAC", "O",
  ]
  private static let small: Set<String> = ["d", "de", "du", "des", "von", "van", "der", "den"]

  private static func capitalised(_ text: String) -> String {
    var words: [String] = []
    for word in text.lowercased().split(separator: " ", omittingEmptySubsequences: true) {
      if words.isEmpty == false || text.contains(" "), small.contains(String(word)) {
        words.append(String(word))
        continue
      }
      var result = ""
      var startsPart = true
      var part = ""
      for character in word {
        result += startsPart ? character.uppercased() : String(character)
        if character == "-" || character == "'" || character == "’" {
          // « d’Ormesson » keeps its small d.
          if part == "d", character != "-" {
            result = String(result.dropLast(2)) + "d" + String(character)
          }
          startsPart = true
          part = ""
        } else {
          startsPart = false
          part.append(character)
        }
      }
      words.append(result)
    }
    return words.joined(separator: " ")
  }

  /// Without control, invisible and direction characters; look-alikes of Latin letters inside a word
  /// that has Latin letters made Latin; canonical composition.
  package static func safe(_ written: some StringProtocol) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in written.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .privateUse, .surrogate, .unassigned:
        if scalar == "\t" || scalar == "\n" || scalar == "\r" { scalars.append(" ") }
      case .spaceSeparator, .lineSeparator, .paragraphSeparator: scalars.append(" ")
      default: scalars.append(scalar)
      }
    }
    return String(scalars).precomposedStringWithCanonicalMapping
      .split(separator: " ", omittingEmptySubsequences: true)
      .map { latinised(String($0)) }.joined(separator: " ")
  }

  private static func latinised(_ word: String) -> String {
    let hasLatin = word.unicodeScalars.contains {
      (0x41...0x5A).contains($0.value) || (0x61...0x7A).contains($0.value)
        || ((0xC0...0x24F).contains($0.value) && $0.properties.isAlphabetic)
    }
    guard hasLatin, word.unicodeScalars.contains(where: { lookAlikes[$0] != nil }) else {
      return word
    }
    return String(
      String.UnicodeScalarView(word.unicodeScalars.map { lookAlikes[$0] ?? $0 }))
  }

  /// Cyrillic and Greek letters that cannot be told from Latin ones (Unicode's confusables).
  private static let lookAlikes: [Unicode.Scalar: Unicode.Scalar] = [
    "А": "A", "В": "B", "С": "C", "Е": "E", "Н": "H", "І": "I", "Ј": "J", "К": "K", "М": "M",
    "О": "O", "Р": "P", "Ѕ": "S", "Т": "T", "Х": "X", "У": "Y", "а": "a", "с": "c", "е": "e",
    "і": "i", "ј": "j", "о": "o", "р": "p", "ѕ": "s", "х": "x", "у": "y", "Α": "A", "Β": "B",
    "Ε": "E", "Ζ": "Z", "Η": "H", "Ι": "I", "Κ": "K", "Μ": "M", "Ν": "N", "Ο": "O", "Ρ": "P",
    "Τ": "T", "Υ": "Y", "Χ": "X", "ο": "o", "ν": "v", "α": "a", "ρ": "p", "ι": "i",
  ]
}
