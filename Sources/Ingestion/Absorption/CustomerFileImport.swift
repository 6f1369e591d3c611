internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Imports one file whose lines describe customers: columns become attributes.
struct CustomerFileImport {
  let context: ImportContext
  let loaded: LoadedSource

  private var session: any QuerySession { context.session }

  /// The columns that name a customer, and how.
  private struct Naming {
    let id: Int
    let email: Int?
    let isEmail: Bool
    let type: String
    var roles: [ColumnRole: Int]
  }

  func run() async throws(IngestionError) -> FileImportReport {
    var loaded = loaded
    let profiles = loaded.profiles
    let file = loaded.table.file
    let naming = try naming(profiles)
    let validFrom = validityColumn(profiles, naming)
    let known: [AttributeStore.Entry]
    do throws(WarehouseError) { known = try await AttributeStore.entries(session) } catch {
      throw .engine(error)
    }
    var excluded = Set([validFrom].compactMap { $0 })
    if !naming.isEmail, naming.roles[.name] != naming.id, naming.roles[.phone] != naming.id {
      excluded.insert(naming.id)
    }
    let attributeRoles = naming.roles.filter { $0.key != .customer && $0.value != validFrom }
    var columns = try AttributeRecognition(
      loaded: loaded, profiles: profiles, mapping: context.mapping, known: known,
      excluded: excluded, roles: Dictionary(attributeRoles.map { ($1, $0) }) { first, _ in first }
    ).columns()
    try await context.normalise(&loaded)
    let forms = try await forms(loaded, profiles, columns, validFrom)
    let staged = try await AttributeStaging(
      loaded: loaded, profiles: profiles, forms: forms, cells: context.cells, session: session,
      id: naming.id, email: naming.email, idIsEmail: naming.isEmail, validFrom: validFrom,
      exportedAt: context.exportedAt, now: context.request.now
    ).run(columns)
    columns = staged.columns
    let used = try await session.fetchInt("SELECT count(*) FROM import_values")
    let lost = try await session.fetchInt(
      """
      SELECT count(DISTINCT line) FROM quarantine WHERE reason <> 'quarantine.value.misfit'
      """)
    let lines = used + lost + staged.repeated
    try await context.keepReplayed(["import_values"])
    let unusable = try await context.settleQuarantine(lines)
    var report = FileImportReport(
      kind: context.kind, kindRecognised: context.request.kind == nil,
      system: context.request.system,
      source: source(loaded, profiles, naming, validFrom, columns, forms, lines), lines: lines,
      quarantinedLines: unusable.lines, quarantineReasons: unusable.reasons)
    report.rows.repeated = staged.repeated
    report.notices = notices(naming, staged.repeated, file.name, profiles)
    report = try await session.atomically { () throws(IngestionError) in
      try await absorb(columns, known, naming, report, lines, unusable.lines)
    }
    for table in ["import_values", "import_ids", "import_people", "import_changes"] {
      try await session.drop(table)
    }
    return report
  }

  private func absorb(
    _ columns: [AttributeColumn], _ known: [AttributeStore.Entry], _ naming: Naming,
    _ started: FileImportReport, _ lines: Int, _ unusable: Int
  ) async throws(IngestionError) -> FileImportReport {
    var report = started
    let id = try await context.ledger.open()
    let absorption = AttributeAbsorption(
      session: session, source: context.request.system, importID: id, now: context.request.now)
    let defined = try await absorption.define(columns)
    try await absorption.defineRelationship(known)
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_people AS
      SELECT \(literal: naming.type) AS type, value, min(line) AS line, min(valid_from) AS seen,
        arg_max(email, line) AS email
      FROM import_values GROUP BY value
      """)
    var resolution = CustomerResolution(
      session: session, source: context.request.system, importID: id)
    resolution.kind = context.kind == .companies ? "company" : "person"
    report.customersCreated = try await resolution.run().created
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_values AS
      SELECT v.* EXCLUDE (value, email), i.customer_id FROM import_values AS v
      JOIN import_ids AS i ON i.value = v.value AND i.type = \(literal: naming.type)
      """)
    let outcome = try await absorption.run(
      columns, relationship: Self.relationship(context.kind), defined: defined)
    report.valuesChanged = outcome.changes
    report.customersTouched = outcome.customers
    let rows = try await session.fetchInt("SELECT count(DISTINCT customer_id) FROM import_values")
    report.rows.added = report.customersCreated
    report.rows.changed = max(0, outcome.customers - report.customersCreated)
    report.rows.unchanged = max(0, rows - report.rows.added - report.rows.changed)
    let names = Set(known.map(\.definition.id)).union(outcome.defined)
    report.attributes = columns.filter { names.contains($0.id) }.map { column in
      AttributeReport(
        id: column.id, type: column.type.storedName,
        column: loaded.table.columns[column.column], isNew: outcome.defined.contains(column.id))
    }
    try await context.ledger.close(
      id, bytes: loaded.table.file.bytes, lines: lines, quarantined: unusable)
    report.importID = id
    return report
  }

  private static func relationship(_ kind: ImportKind) -> String {
    switch kind {
    case .prospects: "prospect"
    case .companies: "company"
    case .contacts: "contact"
    default: "customer"
    }
  }

  // MARK: Columns

  private func naming(_ profiles: [ColumnProfile]) throws(IngestionError) -> Naming {
    let file = loaded.table.file.name
    var roles = try CustomerRecognition(
      file: file, profiles: profiles, mapping: context.mapping
    ).assign(ordersUseEmail: false)
    func words(_ list: [String]) -> Int? {
      profiles.first { list.contains($0.header.words) && $0.filled > 0 }?.index
    }
    if context.mapping.columns[.customer] == nil {
      switch context.kind {
      case .contacts: roles[.customer] = words(Self.contactIDs) ?? roles[.customer]
      case .prospects: roles[.customer] = words(Self.prospectIDs) ?? roles[.customer]
      case .companies:
        // The numbers that the state gives come after the ones of the file's own system.
        roles[.customer] = words(Self.companyIDs) ?? roles[.customer] ?? words(["siret", "siren"])
      default: break
      }
    }
    let name = roles[.name] ?? words(["company name", "companyname", "raison sociale"])
    guard
      let id = [roles[.customer], roles[.email], roles[.phone], name].compactMap({ $0 }).first(
        where: { profiles[$0].filled > 0 })
    else { throw .columnMissing(file: file, role: .customer, columns: loaded.table.columns) }
    if id == name { roles[.name] = id }
    let profile = profiles[id]
    let isEmail = profile.share(profile.emails) > 0.8
    return Naming(
      id: id, email: isEmail ? nil : roles[.email], isEmail: isEmail,
      type: isEmail ? "email" : context.kind == .contacts ? "contact" : "customer", roles: roles)
  }

  private static let contactIDs = ["contact id", "id contact", "n contact", "numero contact"]
  private static let prospectIDs = ["lead id", "prospect id", "id prospect", "id lead", "n prospect"]
  private static let companyIDs = [
    "company id", "id company", "id societe", "id entreprise", "account id", "n societe",
    "code societe", "organization id",
  ]

  /// A column that says from when a line's values hold.
  private func validityColumn(_ profiles: [ColumnProfile], _ naming: Naming) -> Int? {
    if let told = context.mapping.columns[.date], !told.isEmpty {
      return try? OrderRecognition.resolve(
        told, .date, profiles.map(\.name), loaded.table.file.name)
    }
    return profiles.first {
      Self.validityWords.contains($0.header.words) && KindRecognition.isMoment($0)
        && $0.index != naming.id
    }?.index
  }

  private static let validityWords: Set<String> = [
    "valid from", "as of", "date export", "export date", "exported at", "extraction date",
    "date extraction", "snapshot date", "valable depuis", "valide partir", "date valeur",
  ]

  private func forms(
    _ loaded: LoadedSource, _ profiles: [ColumnProfile], _ columns: [AttributeColumn],
    _ validFrom: Int?
  ) async throws(IngestionError) -> FileForms {
    var dates = [validFrom].compactMap { $0 }
    var numbers: [Int] = []
    for column in columns {
      switch column.type {
      case .date, .instant: dates.append(column.column)
      case .count, .duration, .decimal, .money, .share, .number: numbers.append(column.column)
      default: break
      }
    }
    return try await FileForms(
      loaded, profiles: profiles, dateColumns: dates, numberColumns: numbers,
      options: context.options, mapping: context.mapping, session: session)
  }

  // MARK: Words

  private func source(
    _ loaded: LoadedSource, _ profiles: [ColumnProfile], _ naming: Naming, _ validFrom: Int?,
    _ columns: [AttributeColumn], _ forms: FileForms, _ lines: Int
  ) -> SourceReport {
    var roles = RoleAssignment()
    for (role, column) in naming.roles {
      roles.columns[role] = column
      roles.evidence[role] = "mapping.evidence.words"
    }
    if let validFrom {
      roles.columns[.date] = validFrom
      roles.evidence[.date] = "mapping.evidence.words"
    }
    return FileImporter.report(loaded, profiles, roles, forms, lines)
  }

  private func notices(
    _ naming: Naming, _ repeated: Int, _ file: String, _ profiles: [ColumnProfile]
  ) -> [UserMessage] {
    var notices: [UserMessage] = []
    if naming.isEmail || naming.roles[.customer] != naming.id {
      notices.append(
        UserMessage(
          "import.notice.customer_by",
          ["file": .text(file), "column": .text(profiles[naming.id].name)],
          at: SourceLocation(file: file)))
    }
    if repeated > 0 {
      notices.append(
        UserMessage(
          "import.notice.customers_repeated", ["file": .text(file), "count": .count(repeated)],
          at: SourceLocation(file: file)))
    }
    return notices
  }
}
