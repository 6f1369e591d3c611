internal import CustomerSchema
internal import Foundation
internal import NumericalMethods

/// How a kind of customer behaves: assumptions of this project, not measurements.
struct Behaviour: Sendable {
  let name: String
  let share: Double
  /// Orders a year and years until a customer leaves, on average; both vary between people.
  let ordersPerYear: Double
  let yearsOfLife: Double
  /// Euros; half of the baskets are below.
  let medianBasket: Double
  let webShare: Double
  /// How likely an order uses a promotion.
  let promotionShare: Double
  /// Weight of November and December on top of the season of everybody.
  let giftSeason: Double

  static let all = [
    Behaviour(
      name: "regular", share: 0.18, ordersPerYear: 9, yearsOfLife: 4, medianBasket: 45,
      webShare: 0.3, promotionShare: 0.15, giftSeason: 1),
    Behaviour(
      name: "bargain", share: 0.22, ordersPerYear: 5, yearsOfLife: 2.5, medianBasket: 32,
      webShare: 0.4, promotionShare: 0.7, giftSeason: 1),
    Behaviour(
      name: "gift", share: 0.15, ordersPerYear: 2, yearsOfLife: 4, medianBasket: 70,
      webShare: 0.5, promotionShare: 0.2, giftSeason: 6),
    Behaviour(
      name: "occasional", share: 0.35, ordersPerYear: 1.5, yearsOfLife: 2, medianBasket: 48,
      webShare: 0.35, promotionShare: 0.25, giftSeason: 1),
    Behaviour(
      name: "premium", share: 0.10, ordersPerYear: 6, yearsOfLife: 5, medianBasket: 120,
      webShare: 0.45, promotionShare: 0.05, giftSeason: 1.5),
  ]
  static let weights = Weighted(all.map(\.share))
  /// The gamma shape of rates between people of one kind.
  static let shape = 2.0
  /// Purchases by month, 100 on average: an assumption of the reference data.
  static let months: [Double] = [95, 82, 92, 93, 97, 101, 92, 80, 97, 102, 128, 141]
}

/// Somebody, as she truly is.
struct Person: Sendable {
  let number: Int
  let isWoman: Bool
  let birth: LocalDate
  let firstName: String
  let lastName: String
  let commune: Int
  let postalCode: String
  let address: String
  /// 1 to 6 for people at work, nil else.
  let group: Int?
  /// `working`, `retired`, `student`, `unemployed`, `homemaker`.
  let activity: String
  let jobTitle: String
  let email: String
  let phone: String
  let behaviour: Behaviour
  let ordersPerYear: Double
  let dropoutPerYear: Double
  let medianBasket: Double
  let joined: LocalDate
  /// The day on which she stops buying, whether or not it is within the data.
  let churn: LocalDate
  let isProspect: Bool

  init(
    _ number: Int, _ population: Population, _ options: GenerationOptions,
    _ random: inout RandomSource
  ) {
    self.number = number
    isWoman = population.isWoman(&random)
    let age = population.age(woman: isWoman, &random)
    birth = options.lastDay.adding(months: -12 * age).adding(days: -random.integer(below: 365))
    firstName = population.firstName(
      woman: isWoman, birthYear: birth.components.year, &random)
    lastName = population.surname(&random)
    commune = population.commune(&random)
    let codes = population.postalCodes[commune]
    postalCode = codes.isEmpty ? "" : codes[random.integer(below: codes.count)]
    address = population.street(&random)

    let chance = random.uniform()
    if age >= 67 || (age >= 60 && chance < 0.6) {
      activity = "retired"
    } else if age < 25, chance < 0.5 {
      activity = "student"
    } else if chance < 0.07 {
      activity = "unemployed"
    } else if chance < 0.13 {
      activity = "homemaker"
    } else {
      activity = "working"
    }
    group =
      activity == "working" ? population.group(woman: isWoman, age: age, &random) : nil
    let titles = group.flatMap { population.titles[$0] } ?? []
    let forms = titles.isEmpty ? ("", "") : titles[random.integer(below: titles.count)]
    switch activity {
    case "retired": jobTitle = isWoman ? "Retraitée" : "Retraité"
    case "student": jobTitle = isWoman ? "Étudiante" : "Étudiant"
    case "unemployed": jobTitle = "Sans emploi"
    case "homemaker": jobTitle = isWoman ? "Mère au foyer" : "Père au foyer"
    default: jobTitle = isWoman ? forms.1 : forms.0
    }
    let domain = Self.domains[Self.domainWeights.draw(&random)]
    // No mailbox is known to have such a name; nothing generated is to be written to.
    email = "\(Self.plain(firstName)).\(Self.plain(lastName)).qz\(number)@\(domain)"
    // 07 10 to 07 29 is given to no operator (libphonenumber 9.0.43), so nobody answers.
    phone = "07" + Digits.padded(10_000_000 + number % 20_000_000, 8)

    behaviour = Behaviour.all[Behaviour.weights.draw(&random)]
    let shape = Behaviour.shape
    ordersPerYear = random.gamma(shape: shape, rate: shape / behaviour.ordersPerYear)
    dropoutPerYear = random.gamma(shape: shape, rate: shape * behaviour.yearsOfLife)
    medianBasket = behaviour.medianBasket * exp(0.35 * random.normal())
    let days = Int(options.lastDay.daysSinceEpoch - options.firstDay.daysSinceEpoch)
    joined = options.firstDay.adding(days: random.integer(below: max(1, days)))
    let life = min(random.exponential(rate: dropoutPerYear) * 365.25, 36_500)
    churn = joined.adding(days: 1 + Int(life))
    isProspect = random.uniform() < 0.12
  }

  private static let domains = [
    "gmail.com", "orange.fr", "wanadoo.fr", "hotmail.fr", "outlook.fr", "yahoo.fr", "free.fr",
    "sfr.fr", "laposte.net", "icloud.com",
  ]
  private static let domainWeights = Weighted([43, 10, 4, 11, 6, 8, 5, 4, 3, 3])

  /// Small letters without accents or signs.
  static func plain(_ name: String) -> String {
    var plain = ""
    for scalar in name.decomposedStringWithCanonicalMapping.unicodeScalars {
      switch scalar.value {
      case 0x61...0x7A: plain.unicodeScalars.append(scalar)
      case 0x41...0x5A: plain.unicodeScalars.append(Unicode.Scalar(scalar.value + 32)!)
      case 0x153, 0x152: plain += "oe"
      default: break
      }
    }
    return plain
  }
}
