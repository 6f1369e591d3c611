internal import CustomerSchema
internal import NumericalMethods
internal import ReferenceData

/// Companies with their contacts and opportunities. Sizes are assumptions; activities are drawn evenly.
struct Companies: Sendable {
  private let activities: [String]
  private let bands: [HeadcountBand]
  private static let bandWeights: [String: Double] = [
    "NN": 30, "00": 8, "01": 24, "02": 12, "03": 8, "11": 7, "12": 5, "21": 2.4, "22": 1.4,
    "31": 0.5, "32": 0.8, "41": 0.4, "42": 0.2, "51": 0.15, "52": 0.1, "53": 0.05,
  ]
  private let weights: Weighted

  init() throws(ReferenceDataError) {
    activities = try ActivityClassification.load(.rev2).items.filter { $0.level == .subclass }
      .map(\.code)
    bands = try HeadcountBand.all()
    weights = Weighted(bands.map { Self.bandWeights[$0.code] ?? 0 })
  }

  func write(
    _ number: Int, _ population: Population, _ options: GenerationOptions,
    _ random: inout RandomSource, _ rows: inout RowBuffer
  ) {
    let id = "E\(Digits.padded(number, 8))"
    let band = bands[weights.draw(&random)]
    let top = band.maximum ?? 20_000
    let headcount = band.minimum + random.integer(below: max(1, top - band.minimum + 1))
    // Between 80 000 and 250 000 euros for each head.
    let turnover = (headcount + 1) * (80_000 + random.integer(below: 170_000))
    let size = CompanySize.classify(
      headcount: Double(headcount)...Double(headcount), turnover: Double(turnover), balance: nil)
    let siren = Self.siren(number)
    let commune = population.commune(&random)
    let codes = population.postalCodes[commune]
    let owner = population.surname(&random)
    let isSole = band.code == "NN" && random.uniform() < 0.7
    rows.append(
      .companies,
      [
        id, isSole ? "\(owner) EI" : "\(owner) SAS", siren, Self.siret(siren),
        activities[random.integer(below: activities.count)], isSole ? "1000" : "5710", band.code,
        random.uniform() < 0.4 ? "" : String(turnover), population.street(&random),
        codes.isEmpty ? "" : codes[random.integer(below: codes.count)],
        population.communes[commune].name,
      ])
    rows.append(
      .truthCompanies, [id, size?.size.rawValue ?? "", String(headcount)])
    let roles = [
      ("Directeur général", "décideur"), ("Responsable des achats", "acheteur"),
      ("Assistant administratif", "utilisateur"), ("Directeur technique", "prescripteur"),
    ]
    for position in 0..<(headcount < 10 ? 1 : 1 + random.integer(below: 4)) {
      let isWoman = random.uniform() < 0.5
      let first = population.firstName(
        woman: isWoman, birthYear: 1965 + random.integer(below: 35), &random)
      let last = position == 0 ? owner : population.surname(&random)
      rows.append(
        .contacts,
        [
          "K\(Digits.padded(number * 4 + position, 9))", id, first, last,
          "\(Person.plain(first)).\(Person.plain(last))@entreprise\(number).example",
          "07" + Digits.padded(20_000_000 + (number * 4 + position) % 9_000_000, 8),
          roles[position % 4].0, roles[position % 4].1,
        ])
    }
    if random.uniform() < 0.5 {
      let created = options.firstDay.adding(days: random.integer(below: 365 * options.years))
      let closed = created.adding(days: 20 + random.integer(below: 200))
      let isOpen = closed > options.lastDay
      let isWon = random.uniform() < 0.3
      rows.append(
        .opportunities,
        [
          "X\(Digits.padded(number, 8))", id, "Équipement \(owner)",
          isOpen ? "négociation" : isWon ? "gagnée" : "perdue",
          Digits.money(cents: 50_000 + random.integer(below: 5_000_000)),
          "conseiller\(1 + random.integer(below: 20))", created.description,
          isOpen ? "" : closed.description,
        ])
    }
  }

  /// A SIREN with a valid key that begins with 0, as no attributed one does.
  static func siren(_ number: Int) -> String {
    let start = "0" + Digits.padded(number % 10_000_000, 7)
    return (0...9).map { start + String($0) }.first { Checksum.luhn($0) } ?? start + "0"
  }

  static func siret(_ siren: String) -> String {
    (0...9).map { siren + "0001" + String($0) }.first { Checksum.luhn($0) } ?? siren + "00010"
  }
}
