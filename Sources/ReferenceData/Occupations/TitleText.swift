/// A job title reduced for comparison: INSEE's published normalisation, then one form for both genders.
enum TitleText {
  /// The stop words of INSEE's coding programme for PCS 2020.
  static let stopWords: Set<String> = [
    "DE", "D", "EN", "DES", "L", "DU", "LA", "ET", "OU", "DANS", "A", "UN", "AUX", "POUR", "LE",
    "SUR", "AU", "UNE", "CHEZ", "LES", "AVEC", "PAR",
  ]

  /// Words of a job advertisement that say nothing of the job.
  private static let noise: Set<String> = [
    "H", "F", "HF", "FH", "M", "W", "X", "CDI", "CDD", "SENIOR", "JUNIOR", "CONFIRME", "DEBUTANT",
    "TEMPS", "PLEIN", "PARTIEL", "POSTE", "METIER", "PROFESSION", "ACTUELLEMENT", "MR", "MME",
  ]

  /// Endings left by « vendeur/euse » or « vendeur.se ».
  private static let endings: Set<String> = [
    "E", "SE", "EUSE", "TRICE", "RICE", "IERE", "ERE", "NE", "ES", "EUSES", "TRICES", "VE", "LE",
    "S", "TE",
  ]

  private static let expansions: [String: [String]] = [
    "RESP": ["RESPONSABLE"], "DIR": ["DIRECTEUR"], "TECH": ["TECHNICIEN"], "ING": ["INGENIEUR"],
    "ASST": ["ASSISTANT"], "DG": ["DIRECTEUR", "GENERAL"],
    "DRH": ["DIRECTEUR", "RESSOURCES", "HUMAINES"],
    "RRH": ["RESPONSABLE", "RESSOURCES", "HUMAINES"],
    "DAF": ["DIRECTEUR", "ADMINISTRATIF", "FINANCIER"], "RH": ["RESSOURCES", "HUMAINES"],
    "PDG": ["PRESIDENT", "DIRECTEUR", "GENERAL"], "CEO": ["CHIEF", "EXECUTIVE", "OFFICER"],
    "CTO": ["CHIEF", "TECHNOLOGY", "OFFICER"], "CFO": ["CHIEF", "FINANCIAL", "OFFICER"],
    "PROF": ["PROFESSEUR"], "KINE": ["KINESITHERAPEUTE"], "INFO": ["INFORMATIQUE"],
    "COMPTA": ["COMPTABLE"], "DEV": ["DEVELOPPEUR"], "IDE": ["INFIRMIER"],
    "PL": ["POIDS", "LOURD"],
    "AESH": ["ACCOMPAGNANT", "ELEVES", "SITUATION", "HANDICAP"],
    "AVS": ["AUXILIAIRE", "VIE", "SOCIALE"],
    "ASH": ["AGENT", "SERVICE", "HOSPITALIER"], "AMP": ["AIDE", "MEDICO", "PSYCHOLOGIQUE"],
    "DSI": ["DIRECTEUR", "INFORMATIQUE"], "CPE": ["CONSEILLER", "PRINCIPAL", "EDUCATION"],
    "DIRCOM": ["DIRECTEUR", "COMMUNICATION"], "COM": ["COMMUNICATION"], "INFIRM": ["INFIRMIER"],
  ]

  /// The words of a title that matter, in order, each in one form for both genders and numbers.
  static func words(_ title: some StringProtocol) -> [String] {
    var words: [String] = []
    for word in tokens(title) {
      for expanded in expansions[word] ?? [word] where !noise.contains(expanded) {
        let base = base(expanded)
        // « vendeur/vendeuse » names one job.
        if words.last != base { words.append(base) }
      }
    }
    return words
  }

  /// INSEE's key of a label: capitals without accents, signs, stop words or spaces.
  static func officialKey(_ label: some StringProtocol) -> String {
    Folding.words(label).split(separator: " ").filter { !stopWords.contains(String($0)) }.joined()
  }

  private static func tokens(_ title: some StringProtocol) -> [String] {
    let bytes = plain(title)
    var tokens: [String] = []
    for part in bytes.split(separator: 0x20) {
      let word = String(decoding: part, as: UTF8.self)
      if stopWords.contains(word) || (!tokens.isEmpty && endings.contains(word)) { continue }
      tokens.append(word)
    }
    return tokens
  }

  /// Folded bytes without what inclusive writing adds: « Infirmier(ère) », « chargé·e ».
  private static func plain(_ title: some StringProtocol) -> [UInt8] {
    guard title.utf8.contains(where: { $0 == 0x28 || $0 == 0xC2 || $0 == 0xE2 }) else {
      return Folding.wordBytes(title)
    }
    var kept = ""
    var characters = Substring(title)
    while let character = characters.first {
      characters.removeFirst()
      let ends: Character
      switch character {
      case "(": ends = ")"
      case "·", "•", "‧": ends = character
      default:
        kept.append(character)
        continue
      }
      let ending = characters.prefix { $0.isLetter || $0 == "-" }
      let followsLetter = kept.last?.isLetter == true
      let closes = ends == ")" ? characters.dropFirst(ending.count).first == ")" : true
      if followsLetter, closes, ending.count <= 6, !ending.isEmpty {
        characters.removeFirst(ending.count + (ends == ")" ? 1 : 0))
      } else {
        kept.append(" ")
      }
    }
    return Folding.wordBytes(kept)
  }

  private static let feminine: [(ending: [UInt8], replacement: [UInt8])] = [
    ("TRICE", "TEUR"), ("EUSE", "EUR"), ("EURE", "EUR"), ("IERE", "IER"), ("IENNE", "IEN"),
    ("ONNE", "ON"), ("ESSE", "E"), ("ELLE", "EL"), ("ANTE", "ANT"), ("ENTE", "ENT"), ("ERE", "ER"),
    ("ALE", "AL"), ("IVE", "IF"), ("EE", "E"), ("INE", "IN"), ("ONE", "ON"), ("ISE", "IS"),
    ("URE", "UR"), ("FFE", "F"), ("AUX", "AL"),
  ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

  /// One form for both genders and numbers. Not always a French word: both sides are reduced alike.
  static func base(_ word: String) -> String {
    var bytes = Array(word.utf8)
    if bytes.count > 3, bytes.last == 0x53 { bytes.removeLast() }
    guard bytes.count > 4 else { return String(decoding: bytes, as: UTF8.self) }
    for rule in feminine where bytes.count > rule.ending.count + 1 && bytes.ends(with: rule.ending)
    {
      bytes.removeLast(rule.ending.count)
      bytes.append(contentsOf: rule.replacement)
      break
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Array where Element == UInt8 {
  fileprivate func ends(with ending: [UInt8]) -> Bool {
    count >= ending.count && self[(count - ending.count)...].elementsEqual(ending)
  }
}
