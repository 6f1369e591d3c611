/// The name of a city reduced for comparison.
struct CityName: Sendable, Hashable {
  /// Letters of the words that matter: `STJEANLUZ` for « Saint-Jean-de-Luz », « ST JEAN DE LUZ ».
  let key: String
  /// The arrondissement that follows the name: « Lyon 3e », « PARIS 08 ».
  let district: Int?
  /// Written with CEDEX.
  let isCedex: Bool

  private static let small: Set<String> = [
    "LE", "LA", "LES", "L", "D", "DE", "DU", "DES", "EN", "ET", "SUR", "S", "SOUS", "AUX", "AU",
    "A", "LEZ", "LS",
  ]

  init(_ written: some StringProtocol) {
    var words = Folding.words(written).split(separator: " ").map(String.init)
    var isCedex = false
    if let cedex = words.firstIndex(of: "CEDEX") {
      isCedex = true
      words.removeSubrange(cedex...)
    }
    if let suffix = words.lastIndex(where: { $0.hasPrefix("ARR") }), suffix > 1,
      Self.number(words[suffix - 1]) != nil
    {
      words.removeSubrange(suffix...)
    }
    var district: Int?
    if words.count > 1, let number = Self.number(words[words.count - 1]) {
      district = number
      words.removeLast()
    }
    self.isCedex = isCedex
    self.district = district
    var key = ""
    for word in words {
      switch word {
      case "SAINT": key += "ST"
      case "SAINTE": key += "STE"
      case _ where Self.small.contains(word) && words.count > 1: continue
      default: key += word
      }
    }
    self.key = key
  }

  /// 1 to 20 from « 3 », « 03 », « 3E », « 3EME », « 1ER ».
  private static func number(_ word: String) -> Int? {
    let digits = word.prefix { ("0"..."9").contains($0) }
    guard !digits.isEmpty, ["", "E", "EME", "ER", "IEME"].contains(word.dropFirst(digits.count))
    else { return nil }
    return Int(digits).flatMap { (1...20).contains($0) ? $0 : nil }
  }
}
