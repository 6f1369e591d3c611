import Testing

@testable import ReferenceData

@Suite struct `Geography of France` {
  @Test func `counts and totals are INSEE's`() throws {
    let geography = try Geography.load()
    #expect(geography.communes.count == 34_875)
    #expect(geography.departments.count == 101)
    #expect(geography.regions.count == 18)
    #expect(geography.districts.count == 45)
    // The sum of the density grid of 2024, and of its seven classes.
    #expect(geography.communes.reduce(0) { $0 + $1.population } == 67_664_570)
    #expect(geography.communes.allSatisfy { (1...7).contains($0.density7) })
    #expect(geography.departments.reduce(0) { $0 + $1.communeCount } == 34_875)
    for department in geography.departments {
      let own = geography.communes.filter { $0.department == department.code }
      #expect(own.count == department.communeCount, "\(department.code)")
      #expect(geography.region(department.region) != nil)
      #expect(own.contains { $0.code == department.prefecture })
    }
    #expect(geography.postal.entries.count == 6328)
  }

  @Test func `density levels nest as the grid says`() throws {
    let three = [1: 1, 2: 2, 3: 2, 4: 2, 5: 3, 6: 3, 7: 3]
    let communes = try Geography.load().communes
    #expect(communes.allSatisfy { three[$0.density7] == $0.density3 })
    let geography = try Geography.load()
    #expect(try geography.label(zoning: "density7", code: "1") == "Grands centres urbains")
    #expect(try geography.label(zoning: "attraction_area", code: "001") == "Paris")
    #expect(try geography.label(zoning: "epci", code: "200054781") == "Métropole du Grand Paris")
  }

  @Test(
    "Climate and school zones",
    arguments: [
      ("75", "H1a", "C"), ("29", "H2a", "B"), ("13", "H3", "B"), ("31", "H2c", "C"),
      ("69", "H1c", "A"), ("2A", "H3", nil), ("974", nil, nil), ("67", "H1b", "B"),
    ] as [(String, String?, String?)])
  func zones(code: String, climate: String?, school: String?) throws {
    let department = try #require(try Geography.load().department(code))
    #expect(department.climateZone == climate)
    #expect(department.schoolZone == school)
  }

  /// Postal code, city, INSEE's code.
  @Test(
    "Addresses as people write them",
    arguments: [
      ("75008", "Paris", "75056"), ("69003", "LYON 3EME", "69123"), ("13008", "Marseille", "13055"),
      ("64500", "St Jean de Luz", "64483"), ("64500", "Saint-Jean-de-Luz", "64483"),
      ("94240", "L'Haÿ les Roses", "94038"), ("94240", "LHAY LES ROSES", "94038"),
      ("93100", "montreuil sous bois", "93048"), ("20000", "Ajaccio", "2A004"),
      ("20200", "Bastia", "2B033"), ("97400", "ST DENIS", "97411"),
      ("97200", "Fort de France", "97209"),
      ("35000", "Rennes Cedex 7", "35238"), ("71100", "Chalon s/ Saône", "71076"),
      ("74400", "Chamonix", "74056"), ("91000", "Évry", "91228"), ("67000", "Strasbourgg", "67482"),
      ("14000", "CAEN", "14118"), ("75 116", "PARIS", "75056"), ("01200", "Valserhone", "01033"),
      ("F-59000", "Lille", "59350"), ("1000", "Bourg en Bresse", "01053"),
    ])
  func addresses(postalCode: String, city: String, code: String) throws {
    let answer = try Geography.load().place(postalCode: postalCode, city: city)
    #expect(answer.commune?.code == code, "\(answer.outcome)")
  }

  @Test func `arrondissements keep their commune`() throws {
    let answer = try Geography.load().place(postalCode: "69003", city: "Lyon")
    guard case .commune(let commune, let district) = answer.outcome else {
      Issue.record("not one commune")
      return
    }
    #expect(commune.name == "Lyon")
    #expect(district?.code == "69383")
    let named = try Geography.load().place(postalCode: nil, city: "Lyon 3e arrondissement")
    #expect(named.basis == .cityAlone)
    guard case .commune(_, let third) = named.outcome else {
      Issue.record("not one commune")
      return
    }
    #expect(third?.code == "69383")
  }

  @Test func `a code of several communes without a city is told, never guessed`() throws {
    let answer = try Geography.load().place(postalCode: "01200", city: nil)
    guard case .ambiguous(let communes) = answer.outcome else {
      Issue.record("not ambiguous")
      return
    }
    #expect(communes.count > 5)
    // 01200 serves a commune of Haute-Savoie too, so not even the department is shared.
    #expect(answer.department == nil)
    #expect(communes.contains { $0.department == "74" })
    let one = try Geography.load().place(postalCode: "14000", city: "")
    #expect(one.commune?.name == "Caen")
    #expect(one.basis == .codeAlone)
  }

  @Test func `a hamlet for a city keeps the code's only commune and says so`() throws {
    let answer = try Geography.load().place(postalCode: "14000", city: "La Folie Couvrechef")
    #expect(answer.commune?.name == "Caen")
    #expect(answer.basis == .codeDespiteCity)
  }

  @Test func `a city without a code is found when it is the only one`() throws {
    let geography = try Geography.load()
    #expect(try geography.place(postalCode: "", city: "Strasbourg").commune?.code == "67482")
    guard
      case .ambiguous(let communes) = try geography.place(postalCode: nil, city: "Saint-Denis")
        .outcome
    else {
      Issue.record("not ambiguous")
      return
    }
    #expect(communes.contains { $0.code == "97411" } && communes.contains { $0.code == "93066" })
  }

  @Test func `CEDEX codes give the commune of their department, or the department`() throws {
    let geography = try Geography.load()
    let defense = try geography.place(postalCode: "92055", city: "PARIS LA DEFENSE CEDEX")
    #expect(defense.outcome == .department)
    #expect(defense.department?.code == "92")
    let paris = try geography.place(postalCode: "75431", city: "PARIS CEDEX 09")
    #expect(paris.commune?.code == "75056")
    #expect(paris.basis == .departmentAndCity)
    let toulouse = try geography.place(postalCode: "31062 CEDEX 9", city: "Toulouse")
    #expect(toulouse.commune?.code == "31555")
    let ajaccio = try geography.place(postalCode: "20179", city: "AJACCIO CEDEX")
    #expect(ajaccio.commune?.code == "2A004")
  }

  @Test func `overseas collectivities, Monaco and the army are what they are`() throws {
    let geography = try Geography.load()
    #expect(
      try geography.place(postalCode: "98800", city: "Nouméa").outcome == .collectivity(code: "988")
    )
    #expect(
      try geography.place(postalCode: "97133", city: nil).outcome == .collectivity(code: "977"))
    #expect(
      try geography.place(postalCode: "98000", city: "Monaco").outcome == .foreign(country: "MC"))
    #expect(try geography.place(postalCode: "00410", city: "ARMEES").outcome == .military)
    let reunion = try geography.place(postalCode: "97400", city: "Saint-Denis")
    #expect(reunion.commune?.isOverseas == true)
    #expect(reunion.department?.name == "La Réunion")
  }

  @Test(
    "Foreign addresses are recognised",
    arguments: [
      ("SW1A 1AA", "London", nil, nil), ("1000", "Bruxelles", "Belgique", "BE"),
      ("B-1000", "Bruxelles", nil, "BE"), ("CH-1201", "Genève", nil, "CH"),
      ("10115", "Berlin", "Allemagne", "DE"), ("10115", "Berlin", "Germany", "DE"),
      ("H2X 1Y4", "Montréal", "CA", "CA"), ("75001", "Paris", "Deutschland", "DE"),
    ] as [(String, String, String?, String?)])
  func foreign(postalCode: String, city: String, country: String?, expected: String?) throws {
    let answer = try Geography.load().place(postalCode: postalCode, city: city, country: country)
    #expect(answer.outcome == .foreign(country: expected))
  }

  @Test(
    "What cannot be known is not",
    arguments: [
      ("99999", "Nowhere", UnknownPlace.noSuchCode), ("1000", nil, .shortCode),
      (nil, nil, .nothingGiven), ("  ", " ", .nothingGiven), (nil, "Atlantis", .noSuchCity),
      ("10115", "Berlin", .noSuchCode), ("96000", nil, .noSuchCode),
    ] as [(String?, String?, UnknownPlace)])
  func unknown(postalCode: String?, city: String?, reason: UnknownPlace) throws {
    let answer = try Geography.load().place(postalCode: postalCode, city: city)
    #expect(answer.outcome == .unknown(reason))
  }

  @Test func `every code and label of La Poste leads to its own commune`() throws {
    let geography = try Geography.load()
    let rows = try ReferenceTable("geography/postal_codes.csv").records([
      "postal_code", "commune", "label",
    ]) { ($0[0], $0[1], $0[2]) }
    var wrong: [String] = []
    for (postalCode, code, label) in rows where geography.commune(code) != nil {
      let answer = try geography.place(postalCode: postalCode, city: label)
      if answer.commune?.code != geography.commune(code)?.code {
        wrong.append("\(postalCode) \(label)")
      }
    }
    // « Les Hauts-Talican » and « Talican » share a code; the lookup tells them as ambiguous.
    #expect(wrong.count <= 2, "\(wrong)")
  }

  @Test func `distances are those of great circles`() throws {
    let geography = try Geography.load()
    func distance(_ from: String, _ to: String) throws -> Double {
      let from = try #require(geography.commune(from))
      let to = try #require(geography.commune(to))
      return from.location.distance(to: to.location)
    }
    // City centres are 392 km and 661 km apart; centroids of communes lie a few kilometres off.
    #expect(abs(try distance("75056", "69123") - 392) < 4)
    #expect(abs(try distance("75056", "13055") - 661) < 6)
    #expect(try distance("75056", "75056") == 0)
    // A quarter of a meridian.
    let pole = GeoPoint(latitude: 90, longitude: 0)
    #expect(abs(pole.distance(to: GeoPoint(latitude: 0, longitude: 50)) - 10_007.5) < 0.1)
  }

  @Test func `delivery profiles follow density`() throws {
    let geography = try Geography.load()
    #expect(geography.commune("75056")?.deliveryProfile == .urban)
    #expect(geography.commune("48095")?.deliveryProfile == .drive)
    #expect(geography.commune("01002")?.deliveryProfile == .rural)
  }

  @Test func `loading and looking up are quick`() throws {
    let clock = ContinuousClock()
    var geography: Geography?
    let loading = try clock.measure { geography = try Geography.load() }
    let places = [("75008", "Paris"), ("64500", "St Jean de Luz"), ("01200", "Valserhône")]
    var found = 0
    let time = try clock.measure {
      for i in 0..<100_000 {
        let place = places[i % places.count]
        if try geography?.place(postalCode: place.0, city: place.1).commune != nil { found += 1 }
      }
    }
    #expect(found == 100_000)
    #expect(loading < .seconds(40))
    #expect(time < .seconds(80))
    print("geography: loaded in \(loading), 100,000 addresses in \(time)")
  }
}
