/// A legal category of the Sirene register.
package struct LegalCategory: Sendable, Hashable {
  /// One, two or four digits.
  package let code: String
  /// 1 to 3.
  package let level: Int
  package let parent: String?
  package let frenchLabel: String

  /// What the register's categories mean for a customer file.
  package enum Kind: String, Sendable, Hashable, CaseIterable, Codable {
    /// A natural person in business (1xxx): data about it is personal data.
    case soleTrader
    /// An association (92xx) or a foundation (93xx).
    case association
    case foundation
    /// A body governed by public law (7xxx, and public establishments in 4xxx).
    case publicBody
    /// A commercial company (54xx to 57xx and other 5xxx).
    case company
    /// Civil companies, cooperatives, mutual funds, unions of owners and others.
    case other
  }

  package var kind: Kind {
    if code.hasPrefix("1") { return .soleTrader }
    if code.hasPrefix("92") { return .association }
    if code.hasPrefix("93") { return .foundation }
    if code.hasPrefix("7") || code.hasPrefix("4") { return .publicBody }
    return code.hasPrefix("5") ? .company : .other
  }

  package static func all() throws(ReferenceDataError) -> [LegalCategory] {
    try categories.get().list
  }

  /// The category of a code as written; the nearest level above when a four-digit code is unknown.
  package static func named(_ code: some StringProtocol) throws(ReferenceDataError)
    -> LegalCategory?
  {
    let digits = String(decoding: code.utf8.filter { (0x30...0x39).contains($0) }, as: UTF8.self)
    let index = try categories.get().byCode
    for length in [4, 2, 1] where digits.count >= length {
      if let found = index[String(digits.prefix(length))] { return found }
    }
    return nil
  }

  private static let categories = Lazy<(list: [LegalCategory], byCode: [String: LegalCategory])> {
    () throws(ReferenceDataError) in
    let list = try ReferenceTable("companies/legal_categories.csv").records(
      ["code", "level", "parent", "label_fr"]
    ) { row -> LegalCategory? in
      row.int(1).map {
        LegalCategory(code: row[0], level: $0, parent: row.text(2), frenchLabel: row[3])
      }
    }
    return (list, Dictionary(list.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first }))
  }
}
