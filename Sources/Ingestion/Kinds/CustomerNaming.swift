internal import CustomerSchema
internal import Warehouse

/// The columns of a customer file that name the customer, and how.
struct CustomerNaming: Sendable {
  /// The column whose values tell customers apart.
  let id: Int
  /// A column with another name of theirs.
  let email: Int?
  let isEmail: Bool
  /// The type of the identifier: customer, contact or email.
  let type: String
  let roles: [ColumnRole: Int]
  /// A column that says from when a line's values hold.
  let validFrom: Int?

  /// - Throws: `columnMissing` when nothing names the customers.
  init(
    file: String, profiles: [ColumnProfile], mapping: Mapping, kind: ImportKind, columns: [String]
  ) throws(IngestionError) {
    var roles = try CustomerRecognition(file: file, profiles: profiles, mapping: mapping)
      .assign(ordersUseEmail: false)
    func words(_ list: [String]) -> Int? {
      profiles.first { list.contains($0.header.words) && $0.filled > 0 }?.index
    }
    if mapping.columns[.customer] == nil {
      switch kind {
      case .contacts: roles[.customer] = words(Self.contactIDs) ?? roles[.customer]
      case .prospects: roles[.customer] = words(Self.prospectIDs) ?? roles[.customer]
      case .companies:
        // The numbers that the state gives come after the ones of the file's own system.
        roles[.customer] = words(Self.companyIDs) ?? roles[.customer] ?? words(["siret", "siren"])
      case .customers: roles[.customer] = roles[.customer] ?? words(Self.systemIDs)
      default: break
      }
    }
    let name = roles[.name] ?? words(["company name", "companyname", "raison sociale"])
    let names = [roles[.customer], roles[.email], roles[.phone], name].compactMap { $0 }
    guard let id = names.first(where: { profiles[$0].filled > 0 }) else {
      throw .columnMissing(file: file, role: .customer, columns: columns)
    }
    if id == name { roles[.name] = id }
    let profile = profiles[id]
    self.id = id
    isEmail = profile.share(profile.emails) > 0.8
    email = isEmail ? nil : roles[.email]
    type = isEmail ? "email" : kind == .contacts ? "contact" : "customer"
    self.roles = roles
    if let told = mapping.columns[.date] {
      validFrom = try OrderRecognition.resolve(told, .date, profiles.map(\.name), file)
    } else {
      validFrom =
        profiles.first {
          Self.validityWords.contains($0.header.words) && KindRecognition.isMoment($0)
            && $0.index != id
        }?.index
    }
  }

  private static let contactIDs = ["contact id", "id contact", "n contact", "numero contact"]
  private static let prospectIDs = [
    "lead id", "prospect id", "id prospect", "id lead", "n prospect",
  ]
  static let companyIDs = [
    "company id", "id company", "id societe", "id entreprise", "account id", "n societe",
    "code societe", "organization id",
  ]
  /// What systems call the number that they give to a customer.
  private static let systemIDs = [
    "crm id", "id crm", "shop id", "id shop", "id boutique", "carte", "n carte", "numero carte",
    "card number", "loyalty id", "id fidelite", "numero fidelite", "n fidelite", "n adherent",
    "numero adherent", "member id", "id adherent",
  ]
  private static let validityWords: Set<String> = [
    "valid from", "as of", "date export", "export date", "exported at", "extraction date",
    "date extraction", "snapshot date", "valable depuis", "valide partir", "date valeur",
  ]

  /// Whether the column that names customers says nothing else of them.
  private var idIsNoAttribute: Bool {
    !isEmail && roles[.name] != id && roles[.phone] != id
  }

  /// The attributes that the other columns fill.
  func attributes(
    _ loaded: LoadedSource, _ profiles: [ColumnProfile], _ mapping: Mapping,
    _ known: [AttributeStore.Entry]
  ) throws(IngestionError) -> [AttributeColumn] {
    var excluded = Set([validFrom].compactMap { $0 })
    if idIsNoAttribute { excluded.insert(id) }
    // Only what the mapping says; headers are looked at anew, by their exact words.
    let others = roles.filter {
      $0.key != .customer && $0.value != validFrom && mapping.columns[$0.key] != nil
    }
    return try AttributeRecognition(
      loaded: loaded, profiles: profiles, mapping: mapping, known: known, excluded: excluded,
      roles: Dictionary(others.map { ($1, $0) }) { first, _ in first }
    ).columns()
  }
}
