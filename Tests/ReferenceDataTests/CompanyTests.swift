import Testing

@testable import ReferenceData

@Suite struct `Activities` {
  @Test(
    "Counts are INSEE's official totals",
    arguments: [
      (ActivityVersion.rev2, [21, 88, 272, 615, 732]),
      (.naf2025, [22, 87, 287, 651, 747]),
    ])
  func counts(version: ActivityVersion, expected: [Int]) throws {
    let naf = try ActivityClassification.load(version)
    let counts = ActivityLevel.allCases.map { level in naf.items.count { $0.level == level } }
    #expect(counts == expected)
    // Every item hangs from one of the level above, so none is lost by a wrong code.
    for item in naf.items {
      let path = naf.path(to: item)
      #expect(path.map(\.level.rawValue) == Array(1...item.level.rawValue), "\(item.code)")
    }
  }

  @Test(
    "Codes are read as people write them",
    arguments: [
      "62.01Z", "6201Z", "62.01 Z", "62.01z", " 62-01Z ", "NAF 62.01Z", "APE : 6201Z",
      "62\u{A0}01\u{200B}Z",
    ])
  func tolerant(written: String) throws {
    let naf = try ActivityClassification.load(.rev2)
    let item = try #require(naf.item(written))
    #expect(item.code == "62.01Z")
    #expect(item.frenchLabel == "Programmation informatique")
    #expect(naf.path(to: item).map(\.code) == ["J", "62", "62.0", "62.01", "62.01Z"])
    #expect(item.a10 == "JZ")
    #expect(item.a38 == "JC")
  }

  @Test func `a leading zero that a spreadsheet dropped comes back`() throws {
    let naf = try ActivityClassification.load(.rev2)
    #expect(naf.item("111Z")?.code == "01.11Z")
    #expect(naf.item("1.11Z")?.code == "01.11Z")
    #expect(naf.item("99.99Z") == nil)
    #expect(naf.item("") == nil)
    #expect(naf.item("commerce") == nil)
  }

  @Test func `aggregates have their published number of items`() throws {
    // A10 has 10 items and A38 has 38; INSEE's tables also list parts « dont », 2 and 1 here.
    #expect(try ActivityAggregate.load(scheme: "A10").count == 12)
    #expect(try ActivityAggregate.load(scheme: "A38").count == 39)
    let subclasses = try ActivityClassification.load(.rev2).items.filter { $0.level == .subclass }
    #expect(Set(subclasses.compactMap(\.a10)).count == 10)
    #expect(Set(subclasses.compactMap(\.a38)).count == 38)
  }
}

@Suite struct `Company size` {
  @Test(
    "The decree's thresholds decide",
    arguments: [
      (9.0, 1_000_000.0, nil, CompanySize.microenterprise),
      (9, 3_000_000, 2_000_000, .microenterprise),
      (9, 2_000_001, 2_000_001, .smallOrMedium),
      (10, 100, 100, .smallOrMedium),
      (249, 60_000_000, 43_000_000, .smallOrMedium),
      (249, 50_000_001, 43_000_001, .intermediate),
      (250, 1, 1, .intermediate),
      (4999, 1_500_000_000, 3_000_000_000, .intermediate),
      (4999, 1_500_000_001, 2_000_000_001, .large),
      (5000, 1, nil, .large),
      (0, 0, nil, .microenterprise),
      // A holding without employees and with a great balance sheet.
      (3, 1_600_000_000, 2_100_000_000, .large),
    ] as [(Double, Double?, Double?, CompanySize)])
  func certain(headcount: Double, turnover: Double?, balance: Double?, expected: CompanySize) {
    let found = CompanySize.classify(
      headcount: headcount...headcount, turnover: turnover, balance: balance)
    #expect(found?.size == expected)
    #expect(found?.isCertain == true)
  }

  @Test func `headcount alone is an estimate, except where it excludes every other class`() {
    let small = CompanySize.classify(headcount: 20...49, turnover: nil, balance: nil)
    #expect(small?.size == .smallOrMedium)
    #expect(small?.isCertain == false)
    let large = CompanySize.classify(headcount: 10000...(.infinity), turnover: nil, balance: nil)
    #expect(large?.size == .large)
    #expect(large?.isCertain == true)
  }

  @Test func `money alone decides nothing, and nothing known says nothing`() {
    #expect(CompanySize.classify(headcount: nil, turnover: 1, balance: nil) == nil)
    #expect(CompanySize.classify(headcount: nil, turnover: nil, balance: nil) == nil)
    #expect(CompanySize.classify(headcount: (-5)...(-5), turnover: nil, balance: nil) == nil)
    let huge = CompanySize.classify(headcount: nil, turnover: 2e9, balance: 3e9)
    #expect(huge?.size == .large)
    #expect(huge?.isCertain == true)
  }

  @Test func `with one amount above its ceiling the other is still needed`() {
    // The decree asks for turnover or balance below the ceiling: one unknown leaves it open.
    let open = CompanySize.classify(headcount: 5...5, turnover: 3_000_000, balance: nil)
    #expect(open?.size == .microenterprise)
    #expect(open?.isCertain == false)
  }

  @Test func `headcount bands cover every number once`() throws {
    let bands = try HeadcountBand.all()
    #expect(bands.count == 16)
    for employees in [0, 1, 2, 3, 5, 6, 9, 10, 49, 50, 249, 250, 4999, 5000, 9999, 10000, 400_000] {
      let holding = bands.filter {
        $0.code != "NN" && employees >= $0.minimum && employees <= ($0.maximum ?? .max)
      }
      #expect(holding.count == 1, "\(employees)")
    }
    #expect(try HeadcountBand.holding(employees: 250)?.code == "32")
    #expect(try HeadcountBand.holding(employees: -1) == nil)
    #expect(try HeadcountBand.named("1")?.code == "01")
    #expect(try HeadcountBand.named("nn")?.range == 0...0)
  }
}

@Suite struct `Company identifiers` {
  @Test(
    "Published numbers are valid",
    // EDF, Orange's former subsidiary, DINUM, La Poste, and INSEE's own documentation example.
    arguments: ["552081317", "345 130 488", "130.025.265", "356\u{A0}000\u{A0}000", "732829320"])
  func siren(written: String) { #expect(CompanyIdentifier.siren(written)?.count == 9) }

  @Test(
    "Wrong numbers are not", arguments: ["552081318", "123456789", "35600000", "", "000000000"])
  func wrongSIREN(written: String) { #expect(CompanyIdentifier.siren(written) == nil) }

  @Test(
    "SIRET with spaces",
    arguments: ["34513048800017", "130 025 265 00013", "356 000 000 00048", "732 829 320 00074"])
  func siret(written: String) { #expect(CompanyIdentifier.siret(written)?.count == 14) }

  @Test(
    "Wrong SIRET",
    arguments: ["13002526500012", "73282932000075", "3451304880001", "3451304880001A"])
  func wrongSIRET(written: String) { #expect(CompanyIdentifier.siret(written) == nil) }

  @Test func `establishments of La Poste follow the rule of five`() {
    // 35600000049837 sums to 45; Luhn's rule does not hold for it.
    #expect(!Checksum.luhn("35600000049837"))
    #expect(CompanyIdentifier.siret("35600000049837") == "35600000049837")
    #expect(CompanyIdentifier.siret("35600000049838") == nil)
    // The exception is La Poste's alone.
    #expect(CompanyIdentifier.siret("55208131700010") == nil)
  }

  @Test func `VAT numbers follow their key`() {
    #expect(CompanyIdentifier.vat(ofSIREN: "552081317") == "FR03552081317")
    #expect(CompanyIdentifier.vat("FR 03 552 081 317") == "FR03552081317")
    #expect(CompanyIdentifier.vat("fr04552081317") == nil)
    #expect(CompanyIdentifier.vat("FRXA552081317") == "FRXA552081317")
    #expect(CompanyIdentifier.vat("FRIO552081317") == nil)
    #expect(CompanyIdentifier.vat("DE123456789") == nil)
  }

  @Test func `associations and sole traders are told apart`() throws {
    #expect(CompanyIdentifier.association("w751 234567") == "W751234567")
    #expect(CompanyIdentifier.association("W7512345678") == nil)
    #expect(try LegalCategory.all().count == 308)
    #expect(try LegalCategory.named("1000")?.kind == .soleTrader)
    #expect(try LegalCategory.named("9220")?.kind == .association)
    #expect(try LegalCategory.named("9300")?.kind == .foundation)
    #expect(try LegalCategory.named("5710")?.kind == .company)
    #expect(try LegalCategory.named("7210")?.kind == .publicBody)
    #expect(try LegalCategory.named("5799")?.frenchLabel.isEmpty == false)
    #expect(try LegalCategory.named("") == nil)
  }
}
