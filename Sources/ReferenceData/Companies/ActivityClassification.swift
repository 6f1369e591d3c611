/// A version of the French classification of activities.
package enum ActivityVersion: String, Sendable, Hashable, CaseIterable, Codable {
  /// NAF rév. 2 of 2008, in force in Sirene.
  case rev2
  /// NAF 2025, which replaces it in Sirene from 2027.
  case naf2025

  var table: ReferenceTable {
    switch self {
    case .rev2: ReferenceTable("companies/naf_rev2.csv")
    case .naf2025: ReferenceTable("companies/naf_2025.csv")
    }
  }
}

/// How fine an item of the classification is.
package enum ActivityLevel: Int, Sendable, Hashable, CaseIterable, Codable {
  case section = 1, division, group, `class`, subclass
}

/// One item of the classification, from a section to a sub-class.
package struct Activity: Sendable, Hashable {
  /// As INSEE writes it: `J`, `62`, `62.0`, `62.01`, `62.01Z`.
  package let code: String
  package let level: ActivityLevel
  /// The code of the item above; nil for a section.
  package let parent: String?
  /// Nil where INSEE's French label is not openly available (intermediate items of NAF 2025).
  package let frenchLabel: String?
  /// Up to 40 characters; nil where there is none.
  package let shortFrenchLabel: String?
  /// The label of the European class (NACE), which a sub-class shares with its siblings.
  package let englishLabel: String
  /// INSEE's aggregates in 38 and 10 items; only for sub-classes of NAF rév. 2.
  package let a38: String?
  package let a10: String?
}

/// NAF, from section to sub-class, with tolerant reading of codes.
package struct ActivityClassification: Sendable {
  package let version: ActivityVersion
  /// In the order of the nomenclature.
  package let items: [Activity]
  private let positions: [String: Int]

  package static func load(
    _ version: ActivityVersion
  ) throws(ReferenceDataError) -> ActivityClassification {
    switch version {
    case .rev2: try rev2.get()
    case .naf2025: try naf2025.get()
    }
  }

  private static let rev2 = Lazy<ActivityClassification> { () throws(ReferenceDataError) in
    try ActivityClassification(
      version: .rev2,
      items: ActivityVersion.rev2.table.records(
        ["code", "level", "parent", "label_fr", "label_short_fr", "label_en", "a38", "a10"]
      ) { row in
        guard let level = row.int(1).flatMap(ActivityLevel.init) else { return nil }
        return Activity(
          code: row[0], level: level, parent: row.text(2), frenchLabel: row.text(3),
          shortFrenchLabel: row.text(4), englishLabel: row[5], a38: row.text(6), a10: row.text(7))
      })
  }

  private static let naf2025 = Lazy<ActivityClassification> { () throws(ReferenceDataError) in
    try ActivityClassification(
      version: .naf2025,
      items: ActivityVersion.naf2025.table.records(
        ["code", "level", "parent", "label_fr", "label_en"]
      ) { row in
        guard let level = row.int(1).flatMap(ActivityLevel.init) else { return nil }
        return Activity(
          code: row[0], level: level, parent: row.text(2), frenchLabel: row.text(3),
          shortFrenchLabel: nil, englishLabel: row[4], a38: nil, a10: nil)
      })
  }

  private init(version: ActivityVersion, items: [Activity]) {
    self.version = version
    self.items = items
    positions = Dictionary(
      items.enumerated().map { (Self.bare($1.code), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The item of a code as people write it: `6201Z`, `62.01 Z`, `62.01z`, `NAF 62.01Z`, `1.11Z`.
  ///
  /// Nil for a code that this version does not have. A sub-class's leading zero that a spreadsheet
  /// dropped is given back, since no other code has that form.
  package func item(_ written: some StringProtocol) -> Activity? {
    var code = Self.bare(written)
    for prefix in ["NAF", "APE", "CODE"] where code.hasPrefix(prefix) {
      code.removeFirst(prefix.count)
    }
    if let position = positions[code] { return items[position] }
    guard code.count == 4, let last = code.last, last.isLetter else { return nil }
    return positions["0" + code].map { items[$0] }
  }

  /// The item and everything above it, from the section down.
  package func path(to item: Activity) -> [Activity] {
    var path = [item]
    while let parent = path[0].parent, let position = positions[Self.bare(parent)] {
      path.insert(items[position], at: 0)
    }
    return path
  }

  /// The item that holds `item` at a level; nil when the item is coarser than that.
  package func ancestor(of item: Activity, at level: ActivityLevel) -> Activity? {
    path(to: item).first { $0.level == level }
  }

  private static func bare(_ code: some StringProtocol) -> String { Folding.key(code) }
}

/// An aggregate of activities in 10 (A10) or 38 (A38) items.
package struct ActivityAggregate: Sendable, Hashable {
  package let code: String
  package let frenchLabel: String
  package let englishLabel: String

  /// Those of a scheme, `A10` or `A38`; the lines « dont … » are parts of others.
  package static func load(scheme: String) throws(ReferenceDataError) -> [ActivityAggregate] {
    try ReferenceTable("companies/naf_aggregates.csv").records(
      ["scheme", "code", "label_fr", "label_en"]
    ) {
      (
        scheme: $0[0],
        item: ActivityAggregate(
          code: $0[1], frenchLabel: $0[2], englishLabel: $0[3])
      )
    }
    .filter { $0.scheme == scheme }.map(\.item)
  }
}
