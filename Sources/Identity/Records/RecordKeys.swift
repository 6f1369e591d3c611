internal import Foundation
internal import ReferenceData

/// What records are compared by, of what was written.
enum RecordKeys {
  /// The key of a mailbox; nil where the address says nothing of who it is.
  static func email(_ written: String) throws -> String? {
    guard var address = try EmailAddress(written) else { return nil }
    // Almost a well-known provider: the one that was meant. For comparing only.
    if let meant = address.suggestion, let corrected = try EmailAddress(meant) {
      address = corrected
    }
    return address.identifiesAPerson ? address.key : nil
  }

  /// E.164; nil where the number says nothing of who it is.
  static func phone(_ written: String) throws -> String? {
    // A spreadsheet made a number of it: « 612345678.0 ».
    let text = written.hasSuffix(".0") ? String(written.dropLast(2)) : written
    guard let number = try PhoneNumber(text), number.identifiesAPerson else { return nil }
    return number.e164
  }

  /// A name for comparing; nil for what is none.
  static func name(_ written: String) -> String? {
    let key = PersonName.key(written)
    guard !key.isEmpty else { return nil }
    // An initial is less than a name, and more than nothing.
    if key.utf8.count == 1 { return key.first?.isLetter == true ? key : nil }
    return PersonName.isDoubtful(written) ? nil : key
  }

  /// First and last name of a name in one piece: words all in capitals are the last name where
  /// others are not, else the first word is the first name.
  static func parts(_ written: String) -> (first: String?, last: String?) {
    var words = written.split(whereSeparator: \.isWhitespace).map(String.init)
    if let title = words.first, titles.contains(title.lowercased()), words.count > 1 {
      words.removeFirst()
    }
    guard words.count > 1 else { return (nil, words.first.flatMap(name)) }
    func isCapitals(_ word: String) -> Bool {
      word.count { $0.isLetter } > 1 && word == word.uppercased()
    }
    let capitals = words.filter(isCapitals)
    if !capitals.isEmpty, capitals.count < words.count {
      let rest = words.filter { !isCapitals($0) }
      return (name(rest.joined(separator: " ")), name(capitals.joined(separator: " ")))
    }
    return (name(words[0]), name(words.dropFirst().joined(separator: " ")))
  }

  private static let titles: Set<String> = [
    "m", "m.", "mr", "mr.", "mme", "mme.", "mlle", "mlle.", "mrs", "mrs.", "ms", "ms.", "dr", "dr.",
    "me",
  ]

  /// An address without case, accents, signs and the usual abbreviations.
  static func street(_ written: String) -> String? {
    let words = Folding.words(written).split(separator: " ").map { word -> Substring in
      abbreviations[String(word)] ?? word
    }
    let key = words.joined(separator: " ")
    return key.count < 4 ? nil : key
  }

  private static let abbreviations: [String: Substring] = [
    "AV": "AVENUE", "AVE": "AVENUE", "BD": "BOULEVARD", "BLD": "BOULEVARD", "BLVD": "BOULEVARD",
    "R": "RUE", "PL": "PLACE", "CH": "CHEMIN", "CHE": "CHEMIN", "RTE": "ROUTE", "ALL": "ALLEE",
    "IMP": "IMPASSE", "SQ": "SQUARE", "ST": "SAINT", "STE": "SAINTE", "STR": "STREET",
    "RD": "ROAD", "QU": "QUAI", "FG": "FAUBOURG", "FBG": "FAUBOURG", "RES": "RESIDENCE",
  ]

  /// A company's name without its legal form.
  static func company(_ written: String) -> String? {
    let words = Folding.words(written).split(separator: " ").filter {
      !legalForms.contains(String($0))
    }
    let key = words.joined(separator: " ")
    return key.count < 2 ? nil : key
  }

  private static let legalForms: Set<String> = [
    "SA", "SAS", "SASU", "SARL", "EURL", "SCI", "SNC", "SCOP", "EI", "EIRL", "GIE", "SC", "SELARL",
    "LTD", "LIMITED", "INC", "LLC", "GMBH", "CORP", "STE", "SOCIETE", "ETS", "ETABLISSEMENTS",
  ]

  static func siren(_ written: String) -> String? { CompanyIdentifier.siren(written) }
  static func siret(_ written: String) -> String? { CompanyIdentifier.siret(written) }
}
