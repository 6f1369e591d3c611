internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Imports one file of orders or of their lines.
struct OrderFileImport {
  let context: ImportContext

  private var session: any QuerySession { context.session }

  func run() async throws(IngestionError) -> FileImportReport {
    let request = context.request
    var options = context.options
    options.currency = context.workspaceCurrency
    var importer = OrderImporter(
      session: session, excelExtension: context.excelExtension, scratchDirectory: context.scratch,
      orders: [request.file], options: options)
    importer.keepsLines = true
    importer.forgotten = context.forgotten
    // A replay's lines are few, and all of them were unusable once.
    if request.replays != nil { importer.refusesUnusable = false }
    let (staged, sources) = try await importer.stageOrders()
    let foreign = staged.currency
    if foreign != context.workspaceCurrency, foreign != .none {
      throw .foreignCurrency(
        file: request.file, currency: foreign.rawValue, workspace: context.workspaceCurrency)
    }
    try await context.keepReplayed(["staged_lines"])
    let unusable = try await context.settleQuarantine(staged.lines)
    let isLineLevel = staged.columns.order
    let kind: ImportKind =
      context.kind == .orderLines || isLineLevel ? .orderLines : .orders
    let hasLines =
      kind == .orderLines || staged.columns.product || staged.columns.category
    let source = staged.sources[0]
    var report = FileImportReport(
      kind: kind, kindRecognised: request.kind == nil, system: request.system, source: source,
      lines: staged.lines, quarantinedLines: unusable.lines, quarantineReasons: unusable.reasons)
    report.notices = staged.notices
    report.erasedLines = try await context.erasedLines()
    let idType = sources.contains { $0.roles.customerIsEmail } ? "email" : "customer"
    let kept = try await keptColumns()
    let ledger = ImportLedger(
      session: session, request: request, kind: kind, options: context.options,
      digest: context.ledger.digest, sensitive: context.ledger.sensitive)
    report = try await session.atomically { () throws(IngestionError) in
      var report = report
      let id = try await ledger.open()
      try await session.perform(
        """
        CREATE OR REPLACE TEMP TABLE import_people AS
        SELECT \(literal: idType) AS type, customer AS value, min(line) AS line,
          min(happened_at) AS seen, NULL::VARCHAR AS email
        FROM staged_lines WHERE customer IS NOT NULL GROUP BY customer
        """)
      let people = try await CustomerResolution(
        session: session, source: request.system, importID: id
      ).run()
      report.customersCreated = people.created
      let change = try await session.take(1, from: "change_ids")
      report.rows = try await OrderAbsorption(
        session: session, cells: context.cells, report: staged, kept: kept,
        source: request.system, importID: id, exportedAt: request.exportedAt, idType: idType,
        hasLines: hasLines, isOrderLevel: kind == .orders
      ).run()
      report.customersTouched = try await session.fetchInt(
        "SELECT count(*) FROM quartier.touched_customer WHERE change_id > \(number: change + 1)")
      if hasLines {
        report.orderLines = try await session.fetchInt("SELECT count(*) FROM import_lines")
      }
      try await ledger.close(
        id, bytes: source.bytes, lines: staged.lines, quarantined: unusable.lines)
      report.importID = id
      return report
    }
    for table in [
      "staged_lines", "import_lines", "import_orders", "import_states", "import_kept",
      "import_ids", "import_people",
    ] { try await session.drop(table) }
    return report
  }

  /// The columns that the staged lines kept for the workspace.
  private func keptColumns() async throws(IngestionError) -> Set<String> {
    Set(try await session.fetch("DESCRIBE staged_lines").compactMap { $0[0].text })
  }
}
