internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Imports one file of a kind of the table.
struct RowFileImport {
  let context: ImportContext
  let loaded: LoadedSource
  let description: KindDescription

  private var session: any QuerySession { context.session }

  func run() async throws(IngestionError) -> FileImportReport {
    var loaded = loaded
    var profiles = loaded.profiles
    let file = loaded.table.file
    var roles = try recognise(profiles)
    // Of columns that nothing uses, only a refusal is worth a word.
    func isUsed(_ column: SensitiveColumn, _ roles: RoleAssignment) -> Bool {
      column.decision == .refused || description.rest != nil
        || roles.role(of: column.column) != nil || description.kind == .survey
    }
    var sensitive = loaded.sensitive.filter { isUsed($0, roles) }
    sensitive.sort { $0.decision == .refused && $1.decision != .refused }
    var questions: Int?
    if description.kind == .survey, roles.columns[.question] == nil {
      try await context.normalise(&loaded)
      questions = try await WideSurvey(context: context).unfold(&loaded, roles)
      profiles = loaded.profiles
      roles = try recognise(profiles)
    }
    try require(roles, loaded)
    try await context.normalise(&loaded)
    let forms = try await forms(loaded, profiles, roles)
    let staging = RowStaging(
      loaded: loaded, profiles: profiles, roles: roles, description: description, forms: forms,
      cells: context.cells, session: session, exportedAt: context.exportedAt,
      rates: RowStaging.Rates(
        workspace: context.workspaceCurrency, path: context.options.ratesPath,
        told: context.mapping.currency), forgotten: context.forgotten)
    try await staging.run()
    let lines = try await session.fetchInt("SELECT count(DISTINCT line) FROM import_all")
    try await session.drop("import_all")
    try await context.keepReplayed(["import_rows"])
    let unusable = try await context.settleQuarantine(lines)
    var report = FileImportReport(
      kind: context.kind, kindRecognised: context.request.kind == nil,
      system: context.request.system,
      source: FileImporter.report(loaded, profiles, roles, forms, lines), lines: lines,
      quarantinedLines: unusable.lines, quarantineReasons: unusable.reasons)
    report.erasedLines = try await context.erasedLines()
    let told =
      sensitive.map { $0.notice(file.name) } + (context.format?.notices(file.name) ?? [])
    report.notices = told + notices(roles, profiles, file.name)
    if let questions {
      report.notices =
        told + [
          UserMessage(
            "import.notice.wide_survey", ["file": .text(file.name), "count": .count(questions)],
            at: SourceLocation(file: file.name))
        ]
    }
    let idType = roles.customerIsEmail ? "email" : "customer"
    let filled =
      staging.assigned.map(\.role.column)
      + (description.rest != nil ? [description.rest].compactMap { $0 } : [])
    report = try await session.atomically { () throws(IngestionError) in
      var report = report
      let id = try await context.ledger.open()
      if description.isStream {
        try await session.perform(
          """
          CREATE OR REPLACE TEMP TABLE import_people AS
          SELECT \(literal: idType) AS type, customer AS value, min(line) AS line,
            min(happened_at) AS seen, NULL::VARCHAR AS email
          FROM import_rows WHERE customer IS NOT NULL GROUP BY customer
          """)
        let people = try await CustomerResolution(
          session: session, source: context.request.system, importID: id
        ).run()
        report.customersCreated = people.created
        let change = try await session.take(1, from: "change_ids")
        report.rows = try await RowAbsorption(
          session: session, description: description, filled: filled, cells: context.cells,
          source: context.request.system, importID: id, exportedAt: context.request.exportedAt,
          idType: idType
        ).run()
        report.customersTouched = try await touched(since: change + 1)
      } else {
        report.rows = try await ProductAbsorption(
          session: session, filled: filled, source: context.request.system, importID: id
        ).run()
      }
      try await context.ledger.close(
        id, bytes: file.bytes, lines: lines, quarantined: unusable.lines)
      report.importID = id
      return report
    }
    for table in [
      "import_rows", "import_new", "import_states", "import_repeated", "import_kept",
      "import_ids", "import_people",
    ] { try await session.drop(table) }
    return report
  }

  private func recognise(_ profiles: [ColumnProfile]) throws(IngestionError) -> RoleAssignment {
    try KindRecognition(
      file: loaded.table.file.name, profiles: profiles, mapping: context.mapping,
      description: description
    ).assign()
  }

  private func touched(since change: Int) async throws(IngestionError) -> Int {
    try await session.fetchInt(
      "SELECT count(*) FROM quartier.touched_customer WHERE change_id > \(number: change)")
  }

  private func require(
    _ roles: RoleAssignment, _ loaded: LoadedSource
  ) throws(IngestionError) {
    guard let role = description.missing(roles).first else { return }
    throw .columnMissing(file: loaded.table.file.name, role: role, columns: loaded.table.columns)
  }

  private func forms(
    _ loaded: LoadedSource, _ profiles: [ColumnProfile], _ roles: RoleAssignment
  ) async throws(IngestionError) -> FileForms {
    var dates: [Int] = [roles.columns[.date]].compactMap { $0 }
    var numbers: [Int] = []
    for role in description.roles {
      guard let column = roles.columns[role.role] else { continue }
      switch role.type {
      case .instant, .date: dates.append(column)
      case .money, .decimal: numbers.append(column)
      default: break
      }
    }
    return try await FileForms(
      loaded, profiles: profiles, dateColumns: dates, numberColumns: numbers,
      options: context.options, mapping: context.mapping, session: session)
  }

  private func notices(
    _ roles: RoleAssignment, _ profiles: [ColumnProfile], _ file: String
  ) -> [UserMessage] {
    var notices: [UserMessage] = []
    if description.isStream, roles.columns[.key] == nil {
      notices.append(
        UserMessage("import.notice.no_key", ["file": .text(file)], at: SourceLocation(file: file)))
    }
    if description.isStream, roles.columns[.date] == nil {
      notices.append(
        UserMessage("import.notice.no_date", ["file": .text(file)], at: SourceLocation(file: file)))
    }
    let refused = Set(loaded.sensitive.filter { $0.decision == .refused }.map(\.column))
    let unused = profiles.filter {
      roles.role(of: $0.index) == nil && !refused.contains($0.index)
    }.map(\.name)
    if description.rest == nil, !unused.isEmpty {
      notices.append(
        UserMessage(
          "import.notice.unused_columns", ["file": .text(file), "columns": .texts(unused)],
          at: SourceLocation(file: file)))
    }
    return notices
  }
}

/// Brings `import_rows` into `products`: what is newest counts.
struct ProductAbsorption {
  let session: any QuerySession
  /// Columns that the file fills.
  let filled: [String]
  let source: String
  let importID: Int

  func run() async throws(IngestionError) -> RowCounts {
    var counts = RowCounts()
    let all = try await session.fetchInt("SELECT count(*) FROM import_rows")
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_new AS SELECT * FROM import_rows
      QUALIFY row_number() OVER (PARTITION BY product ORDER BY line DESC) = 1
      """)
    let names = ["product", "name", "category", "brand", "price", "cost"]
    let values = names.map { name -> SQL in
      filled.contains(name)
        ? "n.\(identifier: name)" : "o.\(identifier: name) AS \(identifier: name)"
    }
    let differs = filled.map {
      "n.\(identifier: $0) IS DISTINCT FROM o.\(identifier: $0)" as SQL
    }.joined(separator: " OR ")
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_states AS
      SELECT \(values.joined()), o.product IS NULL AS is_new, \(differs) AS differs
      FROM import_new AS n LEFT JOIN (
        SELECT * FROM quartier.products WHERE source = \(literal: source)) AS o
        ON o.product = n.product
      """)
    let row = try await session.fetchRow(
      """
      SELECT count(*), count(*) FILTER (is_new), count(*) FILTER (NOT is_new AND differs)
      FROM import_states
      """)
    counts.repeated = all - (row[0].int ?? 0)
    counts.added = row[1].int ?? 0
    counts.changed = row[2].int ?? 0
    counts.unchanged = (row[0].int ?? 0) - counts.added - counts.changed
    try await session.perform(
      """
      DELETE FROM quartier.products WHERE source = \(literal: source) AND product IN (
        SELECT product FROM import_states WHERE NOT is_new AND differs)
      """)
    try await session.perform(
      """
      INSERT INTO quartier.products BY NAME
      SELECT \(names.map { SQL.column($0) }.joined()), \(literal: source) AS source,
        \(number: importID) AS import_id
      FROM import_states WHERE is_new OR differs
      """)
    return counts
  }
}
