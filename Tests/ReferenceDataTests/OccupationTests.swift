import Foundation
import Testing

@testable import ReferenceData

@Suite struct `Occupations` {
  @Test func `counts are INSEE's official totals`() throws {
    let pcs = try OccupationClassification.load()
    let counts = OccupationLevel.allCases.map { level in pcs.items.count { $0.level == level } }
    #expect(counts == [6, 29, 121, 311])
    for item in pcs.items {
      #expect(pcs.path(to: item).map(\.level.rawValue) == Array(1...item.level.rawValue))
      #expect(pcs.path(to: item).allSatisfy { item.code.hasPrefix($0.code) })
    }
    #expect(pcs.formerLabels.count == 8 + 24 + 42 + 497)
    #expect(pcs.item("37 b1")?.frenchLabel.hasPrefix("Chargés d’études") == true)
    #expect(pcs.item("99") == nil)
  }

  @Test func `codes of 2003 pass to categories of 2020`() throws {
    let pcs = try OccupationClassification.load()
    #expect(pcs.category(ofPCS2003: "388a")?.code == "38")
    #expect(pcs.category(ofPCS2003: "12")?.code == "10")
    // Retired people have no category in PCS 2020.
    #expect(pcs.category(ofPCS2003: "7400") == nil)
  }

  @Test func `both definitions of CSP+ are told apart`() throws {
    let pcs = try OccupationClassification.load()
    let trader = try #require(pcs.item("22B1"))
    #expect(!HigherOccupations.groups3To4.contains(trader))
    #expect(HigherOccupations.groups2To4.contains(trader))
    for (code, isHigher) in [("10A1", false), ("37", true), ("4", true), ("52C1", false)] {
      let item = try #require(pcs.item(code))
      for definition in HigherOccupations.allCases {
        #expect(definition.contains(item) == isHigher, "\(code)")
      }
    }
  }

  @Test(
    "Common titles, in either gender and as people write them",
    arguments: [
      ("Infirmière", "43A5"), ("INFIRMIER", "43A5"), ("infirmier(ère)", "43A5"),
      ("Vendeur/Vendeuse", "55C1"), ("vendeur·euse", "55C1"), ("Aide soignante", "52C1"),
      ("Directrice des ressources humaines", "37A1"), ("DRH", "37A1"), ("Maçonne", "63B1"),
      ("Sage-femme", "43A2"), ("Boulangère (H/F)", "63D2"), ("Assistante maternelle", "56C2"),
      ("Prof des écoles", "42A1"), ("Secretaire", "54A2"), ("Developpeuse web", "38G2"),
      ("Coiffeuse", "56B1"), ("Infirmeire", "43A5"), ("Comptabel", "46A2"),
      ("Plombier chaufagiste", "63B4"), ("Femme de ménage", "56E1"),
    ])
  func common(title: String, code: String) throws {
    let match = try JobTitleClassifier.load().classify(title, status: .employee)
    let occupation = try #require(match.occupation)
    // The list's choice between an employee's professions may be finer than the test's.
    #expect(occupation.code.prefix(2) == code.prefix(2), "\(title): \(occupation.code)")
    #expect(match.confidence >= 0.9)
  }

  @Test func `being self-employed changes the code, and its size too`() throws {
    let classifier = try JobTitleClassifier.load()
    func code(_ title: String, _ status: EmploymentStatus) -> String? {
      classifier.classify(title, status: status).occupation?.code
    }
    #expect(code("Boulanger", .employee) == "63D2")
    #expect(code("Boulanger", .selfEmployed(people: 3)) == "21D2")
    #expect(code("Boulanger", .selfEmployed(people: 20)) == "23")
    #expect(code("Boulanger", .selfEmployed(people: 60)) == "23A1")
    #expect(code("Plombier indépendant", .unknown) == "21B4")
    #expect(code("Infirmière libérale", .unknown) == "43A3")
    #expect(code("Avocat", .selfEmployed(people: 30)) == "31B1")
  }

  @Test(
    "People without a job are no occupation",
    arguments: [
      ("Retraité", ActivityStatus.retired), ("retraitée de l’enseignement", .retired),
      ("Étudiante", .student), ("sans emploi", .unemployed), ("Demandeur d’emploi", .unemployed),
      ("mère au foyer", .homemaker), ("Femme au foyer", .homemaker),
    ])
  func outside(title: String, status: ActivityStatus) throws {
    #expect(try JobTitleClassifier.load().classify(title).outcome == .outside(status))
  }

  @Test(
    "What says nothing is unknown, never a guess",
    arguments: [
      "", " ", "-", "N/A", "NC", "autre", "salarié", "xxx", "12345", "azerty qsdfgh", "日本",
    ]
  )
  func unknown(title: String) throws {
    let match = try JobTitleClassifier.load().classify(title)
    #expect(match.outcome == .unknown)
    #expect(match.confidence == 0)
  }

  @Test func `INSEE's labels are found again, misspelt and in the feminine`() throws {
    let classifier = try JobTitleClassifier.load()
    let labels = try Self.officialLabels()
    #expect(labels.count == 5404)
    var exact = 0
    var misspelt = 0
    var tried = 0
    var state: UInt64 = 42
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for label in labels {
      let key = TitleText.words(label).joined(separator: " ")
      if classifier.classify(label).officialLabel != nil { exact += 1 }
      // One slip inside the longest word: a letter dropped, doubled, or swapped with its neighbour.
      var letters = Array(label)
      guard let word = label.split(separator: " ").max(by: { $0.count < $1.count }),
        word.count >= 6, let start = label.range(of: String(word))
      else { continue }
      let from = label.distance(from: label.startIndex, to: start.lowerBound)
      let at = from + 1 + random(word.count - 3)
      switch random(3) {
      case 0: letters.remove(at: at)
      case 1: letters.insert(letters[at], at: at)
      default: letters.swapAt(at, at + 1)
      }
      tried += 1
      let found = classifier.classify(String(letters)).officialLabel
      if let found, TitleText.words(found).joined(separator: " ") == key { misspelt += 1 }
    }
    // All but the four labels whose words are noise (« poste », « métier ») are in the list.
    #expect(exact >= 5390, "\(exact)")
    #expect(Double(misspelt) / Double(tried) >= 0.93, "\(misspelt) of \(tried)")
  }

  @Test func `INSEE's published keys are reproduced`() throws {
    let rows = try ReferenceTable("occupations/official_titles.csv").records(["label_fr", "key"]) {
      (label: $0[0], key: $0[1])
    }
    let same = rows.count { TitleText.officialKey($0.label) == $0.key }
    // What is left are signs that the published programme keeps (« & », « < 50 »).
    #expect(same >= 5380, "\(same)")
  }

  @Test func `stated confidence is what leaving titles out measures`() throws {
    // Every eighth listed title; all of them gave the fitted curve.
    var stated: [Double] = []
    var right = 0
    for (position, row) in try JobTitleClassifier.listedTitles().enumerated()
    where position % 8 == 0 {
      guard let code = row.codes.employee ?? row.codes.selfEmployed else { continue }
      let words = TitleText.words(row.forms[0])
      let classifier = try JobTitleClassifier(leavingOut: words.joined(separator: " "))
      let best = classifier.votes.best(words.map { classifier.spelling.correct($0) ?? $0 })
      guard let group = best.group, group.confidence >= JobTitleClassifier.defaultThreshold else {
        continue
      }
      stated.append(group.confidence)
      if code.hasPrefix(group.code) { right += 1 }
    }
    let mean = stated.reduce(0, +) / Double(stated.count)
    // Some 45 titles: the standard error of the share is 0.05, so 0.15 is three of them.
    #expect(stated.count > 30)
    #expect(abs(Double(right) / Double(stated.count) - mean) < 0.15)
    #expect(mean > 0.75)
  }

  @Test func `a hundred thousand titles take seconds`() throws {
    let classifier = try JobTitleClassifier.load()
    let labels = try Self.officialLabels()
    let titles = try JobTitleClassifier.listedTitles().flatMap(\.forms)
    var answered = 0
    let clock = ContinuousClock()
    let time = clock.measure {
      for i in 0..<100_000 {
        let title = i % 5 == 0 ? labels[i % labels.count] : titles[i % titles.count]
        if classifier.classify(title).occupation != nil { answered += 1 }
      }
    }
    #expect(answered > 90_000)
    // About one second on an idle core; the machine may be shared.
    #expect(time < .seconds(120), "\(time)")
    print("100,000 job titles: \(time)")
  }

  private static func officialLabels() throws -> [String] {
    try ReferenceTable("occupations/official_titles.csv").records(["label_fr"]) { $0[0] }
  }
}
