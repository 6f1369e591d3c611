internal import CustomerSchema

/// Finds the roles of a file's columns for a kind of the table.
struct KindRecognition {
  let file: String
  let profiles: [ColumnProfile]
  let mapping: Mapping
  let description: KindDescription

  private struct Candidate {
    let role: ColumnRole
    let column: Int
    let score: Int
  }

  /// - Throws: `columnUnknown` for a mapped column that is not there.
  func assign() throws(IngestionError) -> RoleAssignment {
    var result = RoleAssignment()
    var taken: Set<Int> = []
    let known: Set<ColumnRole> = Set(
      description.roles.map(\.role) + [.customer, .key, .date, .currency])
    for (role, choices) in mapping.columns where known.contains(role) {
      guard
        let index = try OrderRecognition.resolve(choices, role, profiles.map(\.name), file)
      else { continue }
      result.columns[role] = index
      result.evidence[role] = "mapping.evidence.told"
      taken.insert(index)
    }
    for candidate in candidates() {
      guard mapping.columns[candidate.role] == nil, result.columns[candidate.role] == nil,
        !taken.contains(candidate.column)
      else { continue }
      result.columns[candidate.role] = candidate.column
      let score = (candidate.score + 300) % 100
      result.evidence[candidate.role] =
        score == 0 || score >= 60 ? "mapping.evidence.words" : "mapping.evidence.similar"
      taken.insert(candidate.column)
    }
    if let customer = result.columns[.customer] {
      let profile = profiles[customer]
      result.customerIsEmail = profile.share(profile.emails) > 0.8
    }
    return result
  }

  /// The strongest name first; earlier columns first among equals.
  private func candidates() -> [Candidate] {
    var candidates: [Candidate] = []
    func add(_ role: ColumnRole, _ column: Int, _ score: Int, handicap: Int = 0) {
      if score > 0 {
        candidates.append(Candidate(role: role, column: column, score: score + handicap))
      }
    }
    for profile in profiles {
      let header = profile.header
      for role in description.roles where Self.fits(profile, role) {
        add(role.role, profile.index, Vocabulary.score(header, role.words, denied: role.denied))
      }
      add(.key, profile.index, exact(header, description.keyWords))
      if description.isStream {
        if profile.filled == 0 || Self.isMoment(profile) {
          add(.date, profile.index, Vocabulary.score(header, description.dateWords))
          add(.date, profile.index, Vocabulary.score(header, .date), handicap: -5)
        }
        guard !profile.type.isTemporal, profile.dateShare < 0.9, !profile.numbers.hasOnlyFractions
        else { continue }
        add(.customer, profile.index, Vocabulary.score(header, .customer))
        add(.customer, profile.index, Vocabulary.score(header, .customerEmail), handicap: -100)
        // Where nobody else is named, the company is the customer.
        add(.customer, profile.index, exact(header, CustomerNaming.companyIDs), handicap: -50)
      }
      if description.roles.contains(where: { $0.type == .money }) {
        let isCode = profile.values.contains { CellShape.currencyCode($0) != nil }
        if isCode { add(.currency, profile.index, Vocabulary.score(header, .currency)) }
      }
    }
    return candidates.sorted { ($0.score, -$0.column) > ($1.score, -$1.column) }
  }

  /// A key is only what is called so: everything else may come again.
  private func exact(_ header: Vocabulary.Header, _ words: [String]) -> Int {
    words.firstIndex(of: header.words).map { max(60, 100 - $0) } ?? 0
  }

  /// Whether a column's content can be what a role wants; an empty column may fill later.
  static func fits(_ profile: ColumnProfile, _ role: KindRole) -> Bool {
    guard profile.filled > 0 else { return true }
    switch role.type {
    case .money, .decimal: return profile.numberShare >= 0.8
    case .instant, .date: return isMoment(profile)
    case .boolean:
      return profile.type == .boolean
        || !profile.values.isEmpty && profile.values.allSatisfy { BooleanWords.value($0) != nil }
    default:
      return !profile.type.isTemporal && (profile.dateShare < 0.9 || profile.type == .integer)
    }
  }

  static func isMoment(_ profile: ColumnProfile) -> Bool {
    profile.dateShare >= 0.5
      || profile.numberShare > 0.9 && profile.numbers.minimum >= 20_000 && !profile.hasFractions
  }
}

extension KindDescription {
  /// All headers of all kinds and attributes.
  static let words: Set<String> = {
    var words = Set(BuiltInAttribute.all.flatMap(\.words))
    for kind in all {
      words.formUnion(kind.keyWords + kind.dateWords + kind.roles.flatMap(\.words))
    }
    return words
  }()
}

/// Texts that mean yes or no.
enum BooleanWords {
  static let yes: Set<String> = [
    "yes", "oui", "true", "vrai", "y", "o", "1", "x", "on", "granted", "accorde", "opt in",
    "subscribed", "inscrit", "accepted", "accepte", "agreed", "given", "won", "gagne", "gagnee",
    "active", "actif", "t", "v",
  ]
  static let no: Set<String> = [
    "no", "non", "false", "faux", "n", "0", "off", "denied", "refuse", "opt out", "unsubscribed",
    "desinscrit", "declined", "refused", "withdrawn", "retire", "revoked", "lost", "perdu",
    "perdue", "inactive", "inactif", "f",
  ]

  static func value(_ text: String) -> Bool? {
    let folded = Vocabulary.fold(text)
    return yes.contains(folded) ? true : no.contains(folded) ? false : nil
  }
}

/// Tells what the lines of a file are from its columns.
struct KindDetection {
  let file: String
  let profiles: [ColumnProfile]
  let hasHeader: Bool
  let mapping: Mapping
  let options: ImportOptions

  /// - Throws: `kindUnclear` with the kinds that it may be.
  func kind() throws(IngestionError) -> ImportKind {
    var clear: [ImportKind] = []
    for description in KindDescription.all where tells(description) {
      clear.append(description.kind)
    }
    let orders = try orderKind()
    if let orders, orders.isClear {
      // An order's number decides over words that order files may have as well.
      clear.removeAll { [.products, .events, .costs].contains($0) }
      clear.append(orders.kind)
    }
    if clear.count == 1 { return clear[0] }
    if clear.isEmpty {
      if let orders { return orders.kind }
      if let people = peopleKind() { return people }
    }
    throw .kindUnclear(file: file, possible: clear.isEmpty ? ImportKind.allCases : clear)
  }

  private func tells(_ description: KindDescription) -> Bool {
    description.telling.contains { roles in
      var taken: Set<Int> = []
      return roles.allSatisfy { role in
        guard let words = description[role] else { return false }
        let found = profiles.first {
          !taken.contains($0.index) && KindRecognition.fits($0, words)
            && words.words.prefix(words.telling).contains($0.header.words)
        }
        if let found { taken.insert(found.index) }
        return found != nil
      }
    }
      && (!description.isStream
        || profiles.contains {
          Vocabulary.score($0.header, .customer) >= 60
            || Vocabulary.score($0.header, .customerEmail) >= 60
        })
      && (description.isStream
        || !profiles.contains { Vocabulary.score($0.header, .customer) >= 60 })
  }

  private func orderKind() throws(IngestionError) -> (kind: ImportKind, isClear: Bool)? {
    var recognition = OrderRecognition(
      file: file, profiles: profiles, hasHeader: hasHeader, mapping: Mapping(), options: options)
    let roles = try recognition.assign()
    guard roles.amount != nil, roles.columns[.date] != nil, roles.columns[.customer] != nil else {
      return nil
    }
    let order = roles.columns[.order]
    let isClear = order.map { Vocabulary.score(profiles[$0].header, .order) >= 60 } ?? false
    let isLines = order.map { profiles[$0].repeats } ?? false
    return (isLines ? .orderLines : .orders, isClear)
  }

  /// Customers or companies, where columns describe people or companies and nothing happens.
  private func peopleKind() -> ImportKind? {
    guard hasHeader else { return nil }
    func count(_ roles: [Vocabulary.HeaderRole]) -> Int {
      roles.count { role in profiles.contains { Vocabulary.score($0.header, role) >= 60 } }
    }
    let words = Set(profiles.map(\.header.words))
    let people = count([.firstName, .lastName, .email, .phone])
    let isCompany =
      !words.isDisjoint(with: Self.companyWords) && count([.firstName, .lastName]) == 0
    if isCompany { return .companies }
    return people >= 2 ? .customers : nil
  }

  private static let companyWords: Set<String> = [
    "siren", "siret", "naf", "code naf", "ape", "code ape", "company name", "raison sociale",
    "companyname", "effectif", "headcount", "nb employes",
  ]
}
