internal import CustomerSchema
internal import NumericalMethods
internal import ReferenceData

/// The records of somebody in systems that do not talk: CRM, shop and loyalty card, each with its own
/// slips, gaps and duplicates.
struct Silos: Sendable {
  private(set) var crm: [String] = []
  private(set) var shop: [String] = []
  private(set) var loyalty: [String] = []

  /// The id by which a purchase of a channel knows her; nil for an anonymous one.
  func customer(web: Bool, _ random: inout RandomSource) -> String? {
    let first = web ? shop : loyalty
    let known = first.isEmpty ? (web ? loyalty : shop) : first
    if !web, loyalty.isEmpty, random.uniform() < 0.5 { return nil }
    return known.isEmpty ? crm.first : known[random.integer(below: known.count)]
  }

  /// One of her ids in any system.
  var anyID: String { crm.first ?? shop.first ?? loyalty.first ?? "" }

  init(
    _ person: Person, _ population: Population, _ options: GenerationOptions,
    _ random: inout RandomSource, _ rows: inout RowBuffer
  ) {
    let base = person.number * 4
    let inCRM = person.isProspect || random.uniform() < 0.65
    var inShop = !person.isProspect && random.uniform() < 0.5
    let hasCard = !person.isProspect && random.uniform() < 0.45
    if !inCRM, !inShop, !hasCard { inShop = true }
    // One in seven is entered twice in a system.
    func copies(_ random: inout RandomSource) -> Int { random.uniform() < 0.14 ? 2 : 1 }
    let commune = population.communes[person.commune]
    if inCRM {
      for copy in 0..<copies(&random) {
        let id = "C\(Digits.padded(base + copy, 9))"
        crm.append(id)
        let record = Record(person, commune.name, &random)
        rows.append(
          .crm,
          [
            id, random.uniform() < 0.1 ? "" : person.isWoman ? "Mme" : "M.", record.firstName,
            record.lastName, record.birth, record.email, record.phone,
            random.uniform() < 0.15 ? "" : person.address, record.postalCode, record.city, "France",
            random.uniform() < 0.35 ? "" : person.jobTitle,
            person.isProspect ? "prospect" : "client",
            Self.sources[random.integer(below: Self.sources.count)],
            "conseiller\(1 + random.integer(below: 20))", person.joined.description,
          ])
        rows.append(.truthRecords, ["crm", id, String(person.number)])
      }
    }
    if inShop {
      for copy in 0..<copies(&random) {
        let id = "S\(Digits.padded(base + copy, 9))"
        shop.append(id)
        let record = Record(person, commune.name, &random)
        rows.append(
          .shop,
          [
            id, record.firstName, record.lastName,
            record.email.isEmpty ? person.email : record.email,
            record.phone, record.postalCode, record.city, person.joined.description,
          ])
        rows.append(.truthRecords, ["shop", id, String(person.number)])
      }
    }
    if hasCard {
      for copy in 0..<copies(&random) {
        let id = "L\(Digits.padded(base + copy, 9))"
        loyalty.append(id)
        let record = Record(person, commune.name, &random)
        // The till asks for little: most cards have no e-mail, some only an initial.
        let firstName =
          random.uniform() < 0.15 ? String(record.firstName.prefix(1)) + "." : record.firstName
        rows.append(
          .loyalty,
          [
            id, record.lastName, firstName, record.birth, record.phone,
            random.uniform() < 0.6 ? "" : record.email, record.postalCode,
            person.joined.description,
          ])
        rows.append(.truthRecords, ["loyalty", id, String(person.number)])
      }
    }
  }

  private static let sources = [
    "salon", "site web", "magasin", "parrainage", "publicité", "import",
  ]
}

/// What one system wrote down of somebody.
private struct Record {
  let firstName: String
  let lastName: String
  let birth: String
  let email: String
  let phone: String
  let postalCode: String
  let city: String

  init(_ person: Person, _ city: String, _ random: inout RandomSource) {
    firstName = Self.name(person.firstName, &random)
    lastName = Self.name(person.lastName, &random)
    let (year, month, day) = person.birth.components
    let (d, m) = (Digits.padded(day, 2), Digits.padded(month, 2))
    let chance = random.uniform()
    if chance < 0.25 {
      birth = ""
    } else if chance < 0.27, day <= 12 {
      // Day and month changed round.
      birth = "\(m)/\(d)/\(year)"
    } else {
      birth = "\(d)/\(m)/\(year)"
    }
    let written = random.uniform()
    if written < 0.2 {
      email = ""
    } else if written < 0.28 {
      email = person.email.uppercased()
    } else if written < 0.32, let at = person.email.firstIndex(of: "@") {
      email = person.email[..<at] + "+promo" + person.email[at...]
    } else if written < 0.33 {
      email = person.email.replacing("gmail.com", with: "gmial.com")
    } else {
      email = person.email
    }
    let pairs = (0..<5).map { i in
      String(person.phone.dropFirst(2 * i).prefix(2))
    }
    switch random.integer(below: 10) {
    case 0, 1: phone = ""
    case 2, 3: phone = pairs.joined(separator: " ")
    case 4: phone = pairs.joined(separator: ".")
    case 5, 6: phone = "+33" + person.phone.dropFirst()
    // A spreadsheet ate the zero.
    case 7 where random.uniform() < 0.3: phone = String(person.phone.dropFirst())
    default: phone = person.phone
    }
    let dropsZero = person.postalCode.hasPrefix("0") && random.uniform() < 0.05
    postalCode = dropsZero ? String(person.postalCode.dropFirst()) : person.postalCode
    switch random.integer(below: 12) {
    case 0, 1: self.city = city.uppercased()
    case 2: self.city = city.replacing("Saint-", with: "St ").replacing("-", with: " ")
    case 3: self.city = ""
    default: self.city = city
    }
  }

  /// Mostly as it is; capitals, without accents, or with one slip of the finger.
  private static func name(_ name: String, _ random: inout RandomSource) -> String {
    let chance = random.uniform()
    if chance < 0.12 { return name.uppercased() }
    if chance < 0.2 { return name.folding }
    guard chance < 0.24, name.count > 3 else { return name }
    var letters = Array(name)
    let at = 1 + random.integer(below: letters.count - 2)
    switch random.integer(below: 3) {
    case 0: letters.remove(at: at)
    case 1: letters.insert(letters[at], at: at)
    default: letters.swapAt(at, at + 1)
    }
    return String(letters)
  }
}

extension String {
  /// Without accents, case kept.
  fileprivate var folding: String {
    var text = ""
    for character in self {
      let plain = Person.plain(String(character))
      text += plain.isEmpty ? String(character) : character.isUppercase ? plain.uppercased() : plain
    }
    return text
  }
}
