internal import ReferenceData

/// What people and programs write of their household, education and language, in words that compare.
///
/// Only words that leave no doubt are read: the rest stays as it was said, without a category.
enum DeclaredWords {
  /// `household_type` of a text such as « En couple avec enfants » or « célibataire ».
  static func household(_ text: String) -> String? {
    let words = Set(Folding.words(text).split(separator: " ").map(String.init))
    func has(_ any: String...) -> Bool { any.contains { words.contains($0) } }
    let isWithout = has("SANS", "WITHOUT", "NO", "AUCUN")
    let hasChildren =
      has("ENFANT", "ENFANTS", "CHILD", "CHILDREN", "KIDS", "FAMILLE", "FAMILY") && !isWithout
    if has("MONOPARENTAL", "MONOPARENTALE") || (has("SINGLE", "LONE") && has("PARENT")) {
      return "single_parent"
    }
    if has("COLOCATION", "COLOCATAIRE", "COLOC", "SHARED", "FLATSHARE") { return "shared" }
    if has(
      "COUPLE", "MARIE", "MARIEE", "MARIES", "PACSE", "PACSEE", "CONCUBINAGE", "CONJOINT",
      "MARRIED",
      "COHABITING")
    {
      return hasChildren ? "couple_children" : "couple"
    }
    if has(
      "CELIBATAIRE", "SEUL", "SEULE", "SINGLE", "ALONE", "DIVORCE", "DIVORCEE", "VEUF", "VEUVE",
      "WIDOWED", "DIVORCED", "SEPARE", "SEPAREE")
    {
      return hasChildren ? "single_parent" : "single"
    }
    return nil
  }

  /// `education_level`: the level of the highest diploma in the framework of certifications.
  static func education(_ text: String) -> String? {
    let folded = Folding.words(text)
    let words = folded.split(separator: " ").map(String.init)
    let joined = words.joined()
    func has(_ any: String...) -> Bool { any.contains { words.contains($0) } }
    // « Bac +3 », « BAC+5 », « bac plus 2 ».
    if let range = joined.firstRange(of: "BAC") {
      let rest = joined[range.upperBound...].replacing("PLUS", with: "")
      if let years = rest.first?.wholeNumberValue {
        switch years {
        case 1: return "4"
        case 2: return "5"
        case 3, 4: return "6"
        case 5...7: return "7"
        case 8: return "8"
        default: break
        }
      }
    }
    if has("DOCTORAT", "DOCTEUR", "PHD", "DOCTORATE") { return "8" }
    if has("MASTER", "MASTERE", "DEA", "DESS", "INGENIEUR", "MBA", "MSC") { return "7" }
    if has("LICENCE", "MAITRISE", "BACHELOR", "BUT") || joined == "DEGREE" { return "6" }
    if has("BTS", "DUT", "DEUG", "DEUST") { return "5" }
    if has("BAC", "BACCALAUREAT", "BP", "HIGHSCHOOL") || joined == "HIGHSCHOOL" { return "4" }
    if has("CAP", "BEP") { return "3" }
    if has("AUCUN", "SANS", "NONE", "BREVET", "BEPC", "DNB", "CEP") { return "none" }
    return nil
  }

  /// `language_code`: ISO 639-1 of `fr-FR`, « Français », `English`…
  static func language(_ text: String) -> String? {
    let words = Folding.words(text).split(separator: " ").map(String.init)
    guard let first = words.first else { return nil }
    if let code = languages[first] { return code }
    // `fr`, `fr_FR`, `pt-BR`.
    let code = first.lowercased()
    return first.count == 2 && Self.codes.contains(code) ? code : nil
  }

  private static let codes: Set<String> = Set(languages.values)

  private static let languages: [String: String] = [
    "FRANCAIS": "fr", "FRANCAISE": "fr", "FRENCH": "fr", "FRA": "fr", "FRE": "fr",
    "ANGLAIS": "en", "ENGLISH": "en", "ENG": "en", "ALLEMAND": "de", "GERMAN": "de",
    "DEUTSCH": "de", "DEU": "de", "GER": "de", "ESPAGNOL": "es", "SPANISH": "es",
    "ESPANOL": "es", "SPA": "es", "ITALIEN": "it", "ITALIAN": "it", "ITALIANO": "it",
    "ITA": "it", "PORTUGAIS": "pt", "PORTUGUESE": "pt", "PORTUGUES": "pt", "POR": "pt",
    "NEERLANDAIS": "nl", "DUTCH": "nl", "NEDERLANDS": "nl", "NLD": "nl", "ARABE": "ar",
    "ARABIC": "ar", "CHINOIS": "zh", "CHINESE": "zh", "RUSSE": "ru", "RUSSIAN": "ru",
    "POLONAIS": "pl", "POLISH": "pl", "ROUMAIN": "ro", "ROMANIAN": "ro", "TURC": "tr",
    "TURKISH": "tr", "JAPONAIS": "ja", "JAPANESE": "ja", "UKRAINIEN": "uk", "UKRAINIAN": "uk",
    "CATALAN": "ca", "BRETON": "br", "BASQUE": "eu", "CORSE": "co", "SUEDOIS": "sv",
    "SWEDISH": "sv", "DANOIS": "da", "DANISH": "da", "NORVEGIEN": "no", "NORWEGIAN": "no",
    "FINNOIS": "fi", "FINNISH": "fi", "GREC": "el", "GREEK": "el", "TCHEQUE": "cs",
    "CZECH": "cs", "HONGROIS": "hu", "HUNGARIAN": "hu", "COREEN": "ko", "KOREAN": "ko",
    "HEBREU": "he", "HEBREW": "he", "HINDI": "hi", "VIETNAMIEN": "vi", "VIETNAMESE": "vi",
  ]

  /// `gender` of a form of address that its bearer chose; nil for the others.
  static func gender(title: String) -> String? {
    switch Folding.key(title) {
    case "M", "MR", "MONSIEUR", "MISTER", "SIR": "male"
    case "MME", "MADAME", "MLLE", "MADEMOISELLE", "MRS", "MS", "MISS", "MELLE": "female"
    case "MX", "NONBINAIRE", "NONBINARY", "AUTRE", "OTHER": "other"
    default: nil
    }
  }
}
