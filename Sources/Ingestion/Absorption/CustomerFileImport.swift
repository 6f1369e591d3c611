internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Imports one file whose lines describe customers: columns become attributes.
struct CustomerFileImport {
  let context: ImportContext
  let loaded: LoadedSource

  private var session: any QuerySession { context.session }

  func run() async throws(IngestionError) -> FileImportReport {
    var loaded = loaded
    let profiles = loaded.profiles
    let file = loaded.table.file
    let naming = try CustomerNaming(
      file: file.name, profiles: profiles, mapping: context.mapping, kind: context.kind,
      columns: loaded.table.columns)
    let validFrom = naming.validFrom
    let known: [AttributeStore.Entry]
    do throws(WarehouseError) { known = try await AttributeStore.entries(session) } catch {
      throw .engine(error)
    }
    var columns = try naming.attributes(loaded, profiles, context.mapping, known)
    try await context.normalise(&loaded)
    let forms = try await forms(loaded, profiles, columns, validFrom)
    let staged = try await AttributeStaging(
      loaded: loaded, profiles: profiles, forms: forms, cells: context.cells, session: session,
      id: naming.id, email: naming.email, idIsEmail: naming.isEmail, validFrom: validFrom,
      exportedAt: context.exportedAt, now: context.request.now, forgotten: context.forgotten
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
    report.erasedLines = try await context.erasedLines()
    report.notices =
      loaded.sensitiveNotices + (context.format?.notices(file.name) ?? [])
      + notices(naming, staged.repeated, file.name, profiles)
    report = try await session.atomically { () throws(IngestionError) in
      try await absorb(columns, known, naming, report, lines, unusable.lines)
    }
    for table in ["import_values", "import_ids", "import_people", "import_changes"] {
      try await session.drop(table)
    }
    return report
  }

  private func absorb(
    _ columns: [AttributeColumn], _ known: [AttributeStore.Entry], _ naming: CustomerNaming,
    _ started: FileImportReport, _ lines: Int, _ unusable: Int
  ) async throws(IngestionError) -> FileImportReport {
    var report = started
    let id = try await context.ledger.open()
    let absorption = AttributeAbsorption(
      session: session, source: context.request.system, importID: id, now: context.request.now)
    let defined = try await absorption.define(columns)
    // A column that says it for each customer wins.
    let said = AttributeAbsorption.said(by: context.kind).filter { entry in
      !columns.contains { $0.id == entry.definition.id }
    }
    try await absorption.define(
      said, besides: Set(known.map(\.definition.id)).union(defined))
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
      columns, said: said, defined: defined)
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

  // MARK: Columns

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
    _ loaded: LoadedSource, _ profiles: [ColumnProfile], _ naming: CustomerNaming,
    _ validFrom: Int?,
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
    _ naming: CustomerNaming, _ repeated: Int, _ file: String, _ profiles: [ColumnProfile]
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
