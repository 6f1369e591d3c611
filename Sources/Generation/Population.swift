internal import NumericalMethods
internal import ReferenceData

/// Positions drawn with given weights by a search in their running sums.
struct Weighted: Sendable {
  private let sums: [Double]

  init(_ weights: [Double]) {
    var total = 0.0
    sums = weights.map { weight in
      total += weight
      return total
    }
  }

  var isEmpty: Bool { (sums.last ?? 0) <= 0 }

  func draw(_ random: inout RandomSource) -> Int {
    let target = random.uniform() * (sums.last ?? 0)
    var low = 0
    var high = sums.count - 1
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > target { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// The real distributions that people are drawn from, made once.
struct Population: Sendable {
  let communes: [Commune]
  let postalCodes: [[String]]
  private let communeWeights: Weighted
  private let ages: (women: Weighted, men: Weighted, bands: [(Int, Int)], womenShare: Double)
  private let firstNames: (women: [String], men: [String])
  private let nameWeights: (women: [Weighted], men: [Weighted])
  private let surnames: (names: [String], weights: Weighted)
  private let streets: (names: [String], weights: Weighted)
  /// Shares of the six groups among people at work, by sex and by age band.
  private let groups: [String: Weighted]
  let titles: [Int: [(masculine: String, feminine: String)]]

  init() throws(ReferenceDataError) {
    let geography = try Geography.load()
    communes = geography.communes
    communeWeights = Weighted(communes.map { Double($0.population) })
    let codes = try ReferenceTable("geography/communes.csv").rows(["postal_codes"])
    postalCodes = codes.map { $0[0].split(separator: "|").map(String.init) }

    let pyramid = try ReferenceTable("distributions/age_pyramid.csv").rows([
      "age_min", "age_max", "men_thousands", "women_thousands",
    ])
    // Adults: a band that begins before 18 counts for its adult years.
    var bands: [(Int, Int)] = []
    var women: [Double] = []
    var men: [Double] = []
    for row in pyramid {
      guard let from = Int(row[0]), let to = Int(row[1]), to >= 18 else { continue }
      let share = Double(to - max(from, 18) + 1) / Double(to - from + 1)
      bands.append((max(from, 18), min(to, 99)))
      men.append((Double(row[2]) ?? 0) * share)
      women.append((Double(row[3]) ?? 0) * share)
    }
    let total = (women: women.reduce(0, +), men: men.reduce(0, +))
    ages = (Weighted(women), Weighted(men), bands, total.women / (total.women + total.men))

    let decades = (0..<13).map { "births_\(1900 + 10 * $0)" }
    let names = try ReferenceTable("names/first_names.csv").rows(["sex", "name"] + decades)
    func sex(_ code: String) -> (names: [String], weights: [Weighted]) {
      let own = names.filter { $0[0] == code }
      return (
        own.map { $0[1] },
        (0..<13).map { decade in Weighted(own.map { Double($0[decade + 2]) ?? 0 }) }
      )
    }
    let (f, m) = (sex("F"), sex("M"))
    firstNames = (f.names, m.names)
    nameWeights = (f.weights, m.weights)
    let surnameRows = try ReferenceTable("names/surnames.csv").rows(["name", "per_million"])
    surnames = (surnameRows.map { $0[0] }, Weighted(surnameRows.map { Double($0[1]) ?? 0 }))
    let streetRows = try ReferenceTable("names/streets.csv").rows(["name", "town_halls"])
    // Counted at town halls, so what is named after them weighs a twentieth.
    streets = (
      streetRows.map { $0[0] },
      Weighted(
        streetRows.map { row in
          let isOfficial = ["Mairie", "Hôtel", "École", "Ecole"].contains { row[0].contains($0) }
          return (Double(row[1]) ?? 0) * (isOfficial ? 0.05 : 1)
        })
    )
    var groups: [String: [Double]] = [:]
    for row in try ReferenceTable("distributions/pcs_employment_2022.csv").rows([
      "group", "women", "men", "age_15_24", "age_25_49", "age_50_plus", "all",
    ]) where Int(row[0]).map((1...6).contains) == true {
      let all = max(Double(row[6]) ?? 1, 0.01)
      for (sex, column) in [("F", 1), ("M", 2)] {
        for (band, age) in [("15", 3), ("25", 4), ("50", 5)] {
          // Sex and age as if independent given the group.
          let weight = (Double(row[column]) ?? 0) * (Double(row[age]) ?? 0) / all
          groups[sex + band, default: []].append(weight)
        }
      }
    }
    self.groups = groups.mapValues(Weighted.init)
    let pcs = try OccupationClassification.load()
    var titles: [Int: [(masculine: String, feminine: String)]] = [:]
    for table in ["occupations/common_titles.csv", "occupations/added_titles.csv"] {
      for row in try ReferenceTable(table).rows([
        "masculine", "feminine", "employee", "self_employed",
      ]) {
        for code in Set([row[2], row[3]]).sorted() {
          guard let item = pcs.item(code), let group = item.code.first?.wholeNumberValue else {
            continue
          }
          titles[group, default: []].append((row[0], row[1]))
        }
      }
    }
    self.titles = titles
  }

  func commune(_ random: inout RandomSource) -> Int { communeWeights.draw(&random) }

  func isWoman(_ random: inout RandomSource) -> Bool { random.uniform() < ages.womenShare }

  func age(woman: Bool, _ random: inout RandomSource) -> Int {
    let (from, to) = ages.bands[(woman ? ages.women : ages.men).draw(&random)]
    return from + random.integer(below: to - from + 1)
  }

  func firstName(woman: Bool, birthYear: Int, _ random: inout RandomSource) -> String {
    let decade = min(max((birthYear - 1900) / 10, 0), 12)
    let weights = woman ? nameWeights.women[decade] : nameWeights.men[decade]
    return (woman ? firstNames.women : firstNames.men)[weights.draw(&random)]
  }

  func surname(_ random: inout RandomSource) -> String {
    surnames.names[surnames.weights.draw(&random)]
  }

  func street(_ random: inout RandomSource) -> String {
    "\(1 + random.integer(below: 120)) \(streets.names[streets.weights.draw(&random)])"
  }

  /// A PCS group of somebody at work.
  func group(woman: Bool, age: Int, _ random: inout RandomSource) -> Int {
    let key = (woman ? "F" : "M") + (age < 25 ? "15" : age < 50 ? "25" : "50")
    return (groups[key]?.draw(&random) ?? 4) + 1
  }
}
