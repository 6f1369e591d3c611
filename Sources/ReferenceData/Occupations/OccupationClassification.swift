/// How fine an item of PCS 2020 is.
package enum OccupationLevel: Int, Sendable, Hashable, CaseIterable, Codable {
  case group = 1, category, subcategory, profession
}

/// One item of PCS 2020: 6 groups, 29 categories, 121 subcategories, 311 professions.
package struct Occupation: Sendable, Hashable {
  /// `3`, `37`, `37B` or `37B1`.
  package let code: String
  package let level: OccupationLevel
  package let parent: String?
  package let frenchLabel: String
  /// Shorter, where INSEE gives one.
  package let shortFrenchLabel: String?
}

/// PCS 2020 (INSEE) and its passage from PCS 2003.
package struct OccupationClassification: Sendable {
  /// In the order of the nomenclature.
  package let items: [Occupation]
  private let positions: [String: Int]
  /// PCS 2003 level of 42 items to PCS 2020 category, and PCS 2003 labels by code.
  private let passage: [String: String]
  package let formerLabels: [(code: String, label: String)]

  package static func load() throws(ReferenceDataError) -> OccupationClassification {
    try shared.get()
  }

  private static let shared = Lazy<OccupationClassification> { () throws(ReferenceDataError) in
    try OccupationClassification()
  }

  private init() throws(ReferenceDataError) {
    items = try ReferenceTable("occupations/pcs2020.csv").records(
      ["code", "level", "parent", "label_fr", "label_short_fr"]
    ) { row in
      row.int(1).flatMap(OccupationLevel.init).map {
        Occupation(
          code: row[0], level: $0, parent: row.text(2), frenchLabel: row[3],
          shortFrenchLabel: row.text(4))
      }
    }
    positions = Dictionary(
      items.enumerated().map { ($1.code, $0) }, uniquingKeysWith: { first, _ in first })
    passage = Dictionary(
      try ReferenceTable("occupations/pcs2003_to_pcs2020.csv").records(["pcs2003", "pcs2020"]) {
        ($0[0], $0[1])
      }, uniquingKeysWith: { first, _ in first })
    formerLabels = try ReferenceTable("occupations/pcs2003.csv").records(["code", "label_fr"]) {
      (code: $0[0], label: $0[1])
    }
  }

  /// The item of a code as written (`37b1`, `37 B1`); nil when there is none.
  package func item(_ written: some StringProtocol) -> Occupation? {
    positions[Folding.key(written)].map { items[$0] }
  }

  /// The item and those above it, from the group down.
  package func path(to item: Occupation) -> [Occupation] {
    var path = [item]
    while let parent = path[0].parent, let position = positions[parent] {
      path.insert(items[position], at: 0)
    }
    return path
  }

  /// The PCS 2020 category (two digits) of a PCS 2003 code of two to four characters.
  ///
  /// Exact on codes, approximate on content: some professions changed category. Nil for retired and
  /// inactive people (7 and 8), whom PCS 2020 leaves out, and for unknown codes.
  package func category(ofPCS2003 code: some StringProtocol) -> Occupation? {
    let key = Folding.key(code)
    guard key.count >= 2, let category = passage[String(key.prefix(2))] else { return nil }
    return item(category)
  }
}

/// What advertisers call CSP+: there are two definitions, so the one in use is always named.
package enum HigherOccupations: String, Sendable, Hashable, CaseIterable, Codable {
  /// Groups 3 and 4: executives, higher intellectual and intermediate professions.
  case groups3To4 = "csp_plus_3_4"
  /// Groups 2 to 4: with craftspeople, traders and heads of companies.
  case groups2To4 = "csp_plus_2_4"

  /// Whether an occupation of any level belongs.
  package func contains(_ occupation: Occupation) -> Bool {
    guard let group = occupation.code.first?.wholeNumberValue else { return false }
    return group <= 4 && group >= (self == .groups3To4 ? 3 : 2)
  }
}
