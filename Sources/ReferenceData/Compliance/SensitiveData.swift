/// Data that the GDPR or French law forbids or restricts in a customer file.
package enum SensitiveKind: String, Sendable, Hashable, CaseIterable, Codable {
  case health, religion, politics
  case tradeUnion = "trade_union"
  case ethnicOrigin = "ethnic_origin"
  case sexualLife = "sexual_life"
  case biometrics, genetics
  case criminalRecord = "criminal_record"
  case socialSecurityNumber = "social_security_number"
  case bankAccount = "bank_account"
  case paymentCard = "payment_card"

  /// Article 9 of the GDPR: refused without explicit consent.
  package var isSpecialCategory: Bool {
    switch self {
    case .criminalRecord, .socialSecurityNumber, .bankAccount, .paymentCard: false
    default: true
    }
  }
}

/// A reason to look at a column before it is imported. A person decides: nothing is removed by itself.
package struct SensitiveFinding: Sendable, Hashable {
  package enum Basis: String, Sendable, Hashable, CaseIterable, Codable {
    case columnName = "column_name"
    case values
  }
  package enum Certainty: String, Sendable, Hashable, CaseIterable, Codable {
    /// The name has only this meaning, or values with valid check digits fill the column.
    case certain
    /// The name has other meanings, or few values have that form.
    case possible
  }
  package let kind: SensitiveKind
  package let basis: Basis
  package let certainty: Certainty
  /// Values with that content and values looked at; 0 of 0 when the name alone tells.
  package let matches: Int
  package let values: Int
}

/// Finds sensitive columns by their names and by a sample of their values.
package struct SensitiveDataDetector: Sendable {
  private let columnWords: [(kind: SensitiveKind, words: [String])]
  private let valueWords: [String: SensitiveKind]

  package static func load() throws(ReferenceDataError) -> SensitiveDataDetector {
    try shared.get()
  }

  private static let shared = Lazy<SensitiveDataDetector> { () throws(ReferenceDataError) in
    var columns: [(kind: SensitiveKind, words: [String])] = []
    // The second table has the English words, and French ones that the first lacks.
    for name in ["sensitive_columns", "sensitive_columns_more"] {
      columns += try ReferenceTable("compliance/\(name).csv").records(["kind", "word"]) { row in
        SensitiveKind(rawValue: row[0]).map {
          (kind: $0, words: Folding.words(row[1]).split(separator: " ").map(String.init))
        }
      }
    }
    let values = try ReferenceTable("compliance/sensitive_values.csv").records(["kind", "word"]) {
      row in SensitiveKind(rawValue: row[0]).map { (row[1], $0) }
    }
    return SensitiveDataDetector(
      columnWords: columns,
      valueWords: Dictionary(values, uniquingKeysWith: { first, _ in first }))
  }

  /// What a column may hold, the surest first; one finding per kind and basis.
  ///
  /// - Parameter values: a sample is enough; empty ones are not counted.
  package func findings(column name: String, values: some Sequence<String>) -> [SensitiveFinding] {
    let byName = named(name)
    let byValue = valued(values)
    return (byName + byValue).sorted {
      $0.certainty != $1.certainty
        ? $0.certainty == .certain : $0.kind.rawValue < $1.kind.rawValue
    }
  }

  /// Words with an ordinary meaning in commerce: alone in a name they make a finding possible.
  private static let weak: Set<String> = [
    "ORIGINE", "PARTI", "VOTE", "RACE", "TRAITEMENT", "IRIS", "EMPREINTE", "CONFESSION", "CULTE",
    "SYMPATHIE", "ALD", "CASHER", "HALAL", "RAMADAN", "MILITANT", "INFRACTION", "NIR",
  ]

  /// Words beside a weak one that settle its ordinary meaning: « origine_commande ».
  private static let ordinary: Set<String> = [
    "COMMANDE", "CLIENT", "CONTACT", "LEAD", "PROSPECT", "CAMPAGNE", "TRAFIC", "CANAL", "SOURCE",
    "PRODUIT", "VISITE", "PAIEMENT", "STATUT", "DATE", "FACTURE", "DEMANDE", "CODE", "SAV", "VENTE",
    "FICHIER", "LIVRAISON", "URL", "CO2", "CARBONE", "CHIEN", "ANIMAL", "CHAT",
  ]

  private func named(_ name: String) -> [SensitiveFinding] {
    let words = Self.words(ofColumn: name)
    var found: [SensitiveKind: SensitiveFinding.Certainty] = [:]
    for (kind, sought) in columnWords where Self.contains(words, sought) {
      let isWeak = sought.count == 1 && Self.weak.contains(sought[0])
      if isWeak, !Self.ordinary.isDisjoint(with: words) { continue }
      let certainty: SensitiveFinding.Certainty = isWeak && sought != ["NIR"] ? .possible : .certain
      if found[kind] != .certain { found[kind] = certainty }
    }
    let joined = words.joined()
    if words.contains("IBAN") || words.contains("RIB") { found[.bankAccount] = .certain }
    if ["NUMEROCARTEBANCAIRE", "NUMEROCB", "CARTEBANCAIRE", "CARDNUMBER", "CREDITCARD"]
      .contains(where: joined.contains)
    {
      found[.paymentCard] = .certain
    }
    return found.map {
      SensitiveFinding(kind: $0.key, basis: .columnName, certainty: $0.value, matches: 0, values: 0)
    }
  }

  /// Words of a name, « groupeSanguin » split at its capital.
  private static func words(ofColumn name: String) -> [String] {
    var spaced = ""
    var previous: Character?
    for character in name {
      if character.isUppercase, previous?.isLowercase == true { spaced += " " }
      spaced.append(character)
      previous = character
    }
    return Folding.words(spaced).split(separator: " ").map(String.init)
  }

  /// Whether the words follow each other in the name; a plural S may follow, and from five letters
  /// on more (« biometr » in « biometrie »), but not after a word with an ordinary meaning.
  private static func contains(_ words: [String], _ sought: [String]) -> Bool {
    guard !sought.isEmpty, words.count >= sought.count else { return false }
    return (0...(words.count - sought.count)).contains { start in
      zip(words[start...], sought).allSatisfy { word, part in
        word == part || word == part + "S"
          || (part.utf8.count >= 5 && !weak.contains(part) && word.hasPrefix(part))
      }
    }
  }

  private func valued(_ values: some Sequence<String>) -> [SensitiveFinding] {
    var total = 0
    var counts: [SensitiveKind: Int] = [:]
    var bareNumbers = 0
    for value in values {
      let trimmed = value.drop { $0 == " " }
      if trimmed.isEmpty { continue }
      total += 1
      for kind in kinds(in: value) { counts[kind, default: 0] += 1 }
      if PersonalNumbers.hasSocialSecurityForm(value) { bareNumbers += 1 }
    }
    var findings = counts.map { kind, count in
      let isNumber = !kind.isSpecialCategory
      // Random digits pass a check digit once in a hundred: a tenth of a column is no chance.
      let isCertain = count * 10 >= total && (isNumber ? count >= 1 : count >= 3)
      return SensitiveFinding(
        kind: kind, basis: .values, certainty: isCertain ? .certain : .possible, matches: count,
        values: total)
    }
    // Thirteen digits have no key, so the whole column must have the form.
    if counts[.socialSecurityNumber] == nil, bareNumbers >= 5, bareNumbers * 10 >= total * 9 {
      findings.append(
        SensitiveFinding(
          kind: .socialSecurityNumber, basis: .values, certainty: .possible, matches: bareNumbers,
          values: total))
    }
    return findings
  }

  /// What one value holds: a number with valid check digits, alone or in a sentence, or a word of
  /// health, religion, union or sexual life.
  package func kinds(in value: String) -> Set<SensitiveKind> {
    var kinds: Set<SensitiveKind> = []
    if value.utf8.count < 8, !value.utf8.contains(where: { $0 > 0x3A }) { return kinds }
    if value.utf8.count >= 13 {
      for run in Self.runs(value) {
        if PersonalNumbers.isIBAN(run) { kinds.insert(.bankAccount) }
        if PersonalNumbers.isSocialSecurityNumber(run) { kinds.insert(.socialSecurityNumber) }
        if PersonalNumbers.isPaymentCard(run) { kinds.insert(.paymentCard) }
      }
    }
    for word in Folding.words(value).split(separator: " ") {
      // Feminine and plural forms.
      var base = String(word)
      for ending in ["", "S", "E", "ES", "NE", "NES", "LE", "LES"] where base.hasSuffix(ending) {
        base = String(word.dropLast(ending.utf8.count))
        if let kind = valueWords[base] {
          kinds.insert(kind)
          break
        }
        base = String(word)
      }
    }
    return kinds
  }

  /// Pieces of a text that may be a number: the text itself, and runs of digits or of groups of
  /// capitals and digits separated by single spaces, dots or hyphens.
  private static func runs(_ value: String) -> [Substring] {
    var runs: [Substring] = [Substring(value)]
    var start: String.Index?
    var previousIsSeparator = false
    var index = value.startIndex
    func close(_ end: String.Index) {
      if let start, value[start..<end].utf8.count >= 13 { runs.append(value[start..<end]) }
    }
    while index < value.endIndex {
      let byte = value[index].asciiValue ?? 0
      let isPart = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
      let isSeparator = byte == 0x20 || byte == 0x2E || byte == 0x2D
      if isPart {
        if start == nil { start = index }
        previousIsSeparator = false
      } else if isSeparator, start != nil, !previousIsSeparator {
        previousIsSeparator = true
      } else {
        close(index)
        start = nil
        previousIsSeparator = false
      }
      index = value.index(after: index)
    }
    close(value.endIndex)
    return runs + digitRuns(value)
  }

  /// Digits alone with single separators, so that « CB 4970… » is found behind its letters.
  private static func digitRuns(_ value: String) -> [Substring] {
    var runs: [Substring] = []
    var start: String.Index?
    var last: String.Index?
    for index in value.indices {
      let byte = value[index].asciiValue ?? 0
      if (0x30...0x39).contains(byte) {
        if start == nil { start = index }
        last = index
      } else if start != nil, byte == 0x20 || byte == 0x2D || byte == 0x2E,
        last.map({ value.index(after: $0) == index }) == true
      {
        continue
      } else {
        if let start, let last, value[start...last].utf8.count >= 13 {
          runs.append(value[start...last])
        }
        start = nil
        last = nil
      }
    }
    if let start, let last, value[start...last].utf8.count >= 13 {
      runs.append(value[start...last])
    }
    return runs
  }
}
