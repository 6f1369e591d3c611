/// What a job title says of whom a person works for.
package enum EmploymentStatus: Sendable, Hashable {
  case unknown
  case employee
  /// With how many people in all; nil when that is not known (up to ten is then assumed).
  case selfEmployed(people: Int?)
}

/// What people without a job write in its place; PCS 2020 has no code for them.
package enum ActivityStatus: String, Sendable, Hashable, CaseIterable, Codable {
  case retired, student, unemployed, homemaker
}

/// How an occupation was found, from the surest to the least sure.
package enum OccupationEvidence: String, Sendable, Hashable, CaseIterable, Codable {
  /// The title is one of the project's list of common titles.
  case listedTitle = "listed_title"
  /// It is, once spelling is corrected.
  case correctedTitle = "corrected_title"
  /// Its words are near those of listed titles and of INSEE's labels.
  case nearest
}

/// The answer for one job title.
package struct OccupationMatch: Sendable, Hashable {
  package enum Outcome: Sendable, Hashable {
    /// The finest item that is sure enough, from a group to a profession.
    case occupation(Occupation)
    case outside(ActivityStatus)
    case unknown
  }
  package let outcome: Outcome
  /// The share of such answers that were right where it was measured, at the level of the answer;
  /// 0 for unknown.
  package let confidence: Double
  package let evidence: OccupationEvidence?
  /// INSEE's label when the title, spelling corrected, is one of its list.
  package let officialLabel: String?

  package var occupation: Occupation? {
    if case .occupation(let occupation) = outcome { return occupation }
    return nil
  }
}

/// Codes free-text job titles in PCS 2020.
///
/// INSEE's list of labels has no open table of codes, so codes come from a hand-made list of common
/// titles (`common_titles.csv`, `added_titles.csv`) and from the words of INSEE's own labels of
/// professions; what they do not settle is answered at a coarser level or not at all.
package struct JobTitleClassifier: Sendable {
  /// Below this an answer is not given.
  package static let defaultThreshold = 0.6

  let occupations: OccupationClassification
  private let titles: [String: Listed]
  private let officialLabels: [String: String]
  let spelling: Spelling
  let votes: TitleVotes

  struct Listed: Sendable, Hashable {
    let employee: String?
    let selfEmployed: String?
  }

  package static func load() throws(ReferenceDataError) -> JobTitleClassifier { try shared.get() }

  private static let shared = Lazy<JobTitleClassifier> { () throws(ReferenceDataError) in
    try JobTitleClassifier(leavingOut: nil)
  }

  /// The titles whose code is known by hand.
  static func listedTitles() throws(ReferenceDataError) -> [(forms: [String], codes: Listed)] {
    var rows: [(forms: [String], codes: Listed)] = []
    for table in ["occupations/common_titles.csv", "occupations/added_titles.csv"] {
      rows += try ReferenceTable(table).records(
        ["masculine", "feminine", "employee", "self_employed"]
      ) { (forms: [$0[0], $0[1]], codes: Listed(employee: $0.text(2), selfEmployed: $0.text(3))) }
    }
    return rows
  }

  /// - Parameter leavingOut: the key of a title that is not learnt from, to measure what is not known.
  init(leavingOut key: String?) throws(ReferenceDataError) {
    occupations = try .load()
    var titles: [String: Listed] = [:]
    var evidence: [(words: [String], code: String, weight: Double)] = []
    var vocabulary: [String: Int] = [:]
    func learn(_ words: [String]) { for word in words { vocabulary[word, default: 0] += 1 } }

    for row in try Self.listedTitles() {
      for form in row.forms {
        // « Femme de chambre / valet » lists two titles.
        for title in form.split(separator: " / ").map(String.init) {
          let words = TitleText.words(title)
          let joined = words.joined(separator: " ")
          if joined == key { continue }
          if titles[joined] == nil {
            titles[joined] = row.codes
            learn(words)
            if let code = row.codes.employee ?? row.codes.selfEmployed {
              evidence.append((words, code, 1))
            }
          }
        }
      }
    }
    for item in occupations.items where item.level == .profession {
      let words = TitleText.words(item.frenchLabel.prefix { $0 != "(" })
      learn(words)
      evidence.append((words, item.code, 0.6))
    }
    for former in occupations.formerLabels where former.code.count == 4 {
      guard let category = occupations.category(ofPCS2003: former.code) else { continue }
      let words = TitleText.words(former.label.prefix { $0 != "(" })
      learn(words)
      evidence.append((words, category.code, 0.5))
    }
    var officialLabels: [String: String] = [:]
    for label in try ReferenceTable("occupations/official_titles.csv").records(
      ["label_fr"], { $0[0] })
    {
      let words = TitleText.words(label)
      learn(words)
      officialLabels[words.joined(separator: " ")] = label
    }
    self.titles = titles
    self.officialLabels = officialLabels
    spelling = Spelling(vocabulary)
    votes = TitleVotes(evidence)
  }

  /// The occupation that a title names; constant time for listed titles, some microseconds else.
  ///
  /// - Parameters:
  ///   - title: as written, in either gender, inclusive forms and common abbreviations included.
  ///   - status: what else is known of the person; a title like « gérant » or « artisan » that says
  ///     it by itself counts when this is unknown.
  package func classify(
    _ title: some StringProtocol, status: EmploymentStatus = .unknown,
    threshold: Double = defaultThreshold
  ) -> OccupationMatch {
    var words = TitleText.words(title)
    guard !words.isEmpty, !Self.isNothing(words) else { return .unknown }
    if let outside = Self.activity(words) {
      return OccupationMatch(
        outcome: .outside(outside), confidence: 0.95, evidence: .listedTitle, officialLabel: nil)
    }
    var status = status
    if words.contains(where: Self.selfEmployedWords.contains) {
      if status == .unknown { status = .selfEmployed(people: nil) }
      if words.count > 1 { words.removeAll(where: Self.selfEmployedWords.contains) }
    }
    let written = words.joined(separator: " ")
    if let listed = titles[written] {
      return answer(listed, status, 0.97, .listedTitle, officialLabels[written], threshold)
    }
    // A word that no list knows is corrected, or kept when nothing is near.
    let corrected = words.map { spelling.correct($0) ?? $0 }
    let key = corrected.joined(separator: " ")
    let label = officialLabels[key]
    if key != written, let listed = titles[key] {
      return answer(listed, status, 0.9, .correctedTitle, label, threshold)
    }
    return nearest(corrected, status, label, threshold)
  }

  private func answer(
    _ listed: Listed, _ status: EmploymentStatus, _ confidence: Double,
    _ evidence: OccupationEvidence, _ label: String?, _ threshold: Double
  ) -> OccupationMatch {
    let code: String?
    switch status {
    case .employee: code = listed.employee ?? listed.selfEmployed
    case .unknown: code = listed.employee ?? listed.selfEmployed
    case .selfEmployed(let people):
      if let people, people > 10, listed.selfEmployed?.first != "3" {
        // Craft or trade, a head of more than ten people is in category 23.
        code = people >= 50 ? "23A1" : "23"
      } else {
        code = listed.selfEmployed ?? listed.employee
      }
    }
    guard let code, let item = occupations.item(code), confidence >= threshold else {
      return .unknown
    }
    return OccupationMatch(
      outcome: .occupation(item), confidence: confidence, evidence: evidence, officialLabel: label)
  }

  private func nearest(
    _ words: [String], _ status: EmploymentStatus, _ label: String?, _ threshold: Double
  ) -> OccupationMatch {
    let found = votes.best(words)
    for level in [found.profession, found.category, found.group] {
      guard let level, level.confidence >= threshold, var item = occupations.item(level.code)
      else { continue }
      if case .selfEmployed(let people) = status, let people, people > 10, item.code.first != "3" {
        guard let head = occupations.item(people >= 50 ? "23A1" : "23") else { continue }
        item = head
      }
      return OccupationMatch(
        outcome: .occupation(item), confidence: level.confidence, evidence: .nearest,
        officialLabel: label)
    }
    return OccupationMatch(outcome: .unknown, confidence: 0, evidence: nil, officialLabel: label)
  }

  private static let selfEmployedWords: Set<String> = Set(
    ["INDEPENDANT", "FREELANCE", "LIBERAL", "AUTOENTREPRENEUR", "MICROENTREPRENEUR"].map(
      TitleText.base))

  private static let nothing: Set<String> = Set(
    [
      "NC", "NA", "ND", "NR", "AUTRE", "AUCUN", "DIVERS", "INCONNU", "SALARIE", "ACTIF", "TEST",
      "NEANT", "RIEN", "NULL", "NONE", "XX", "XXX",
    ].map(TitleText.base))

  private static func isNothing(_ words: [String]) -> Bool {
    words.allSatisfy { nothing.contains($0) || $0.utf8.allSatisfy { $0 < 0x41 } }
  }

  /// What the title says of someone without a job; « ex » and « ancien » mean a former one.
  private static func activity(_ words: [String]) -> ActivityStatus? {
    let first = words[0]
    let second = words.count > 1 ? words[1] : ""
    if ["RETRAITE", "PENSIONNE", "RETRAITEE"].contains(first), second != "COMPLEMENTAIR" {
      return .retired
    }
    if ["ETUDIANT", "LYCEEN", "COLLEGIEN", "ELEVE", "ECOLIER"].contains(first) { return .student }
    if first == "CHOMEUR" || (first == "DEMANDEUR" && second == "EMPLOI")
      || (first == "SAN" && ["EMPLOI", "TRAVAIL", "ACTIVITE"].contains(second))
      || (first == "RECHERCHE" && second == "EMPLOI")
    {
      return .unemployed
    }
    if second == "FOYER", ["MERE", "FEMME", "HOMME", "PERE", "PARENT"].contains(first) {
      return .homemaker
    }
    return nil
  }
}

extension OccupationMatch {
  fileprivate static let unknown = OccupationMatch(
    outcome: .unknown, confidence: 0, evidence: nil, officialLabel: nil)
}
