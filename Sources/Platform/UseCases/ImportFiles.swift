package import CustomerSchema
package import Features
package import Foundation
package import Ingestion
internal import Privacy
internal import SQLBuilder
package import Warehouse

/// What `import` is asked for.
package struct ImportRequest: Sendable, Hashable {
  /// Paths as typed, the older exports first.
  package var files: [String] = []
  /// Nil where the columns are to tell.
  package var kind: ImportKind?
  package var system = "main"
  /// Microseconds since the epoch; nil for the date in a file's name, else now.
  package var exportedAt: Int64?
  package var options = ImportOptions()
  /// A CSV that gets the lines set aside.
  package var quarantine: String?

  package init() {}
}

/// Brings files into a workspace.
package struct ImportFiles: Sendable {
  private let workspace: Workspace
  private let engine: any QueryEngine
  private let scratch: String
  /// Microseconds since the epoch.
  private let now: Int64
  /// Told of each file as it starts.
  private let progress: @Sendable (String) -> Void

  /// - Parameter scratch: an existing folder for prepared files; who made it removes it.
  package init(
    workspace: Workspace, engine: any QueryEngine, scratch: String, now: Int64,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.workspace = workspace
    self.engine = engine
    self.scratch = scratch
    self.now = now
    self.progress = progress
  }

  /// Imports each file in a transaction of its own, then describes the customers that changed.
  ///
  /// - Parameter done: told of each file that is in; those before one that fails stay.
  /// - Throws: `IngestionError`, `WarehouseError`, `PlatformError`.
  package func run(
    _ request: ImportRequest, done: (FileImportReport) throws -> Void
  ) async throws -> CustomerDescriber.Report {
    let session = try await attached()
    // Settings that are wrong are told before anything is imported.
    let description = try await WorkspaceDescription(workspace, session)
    var importer = self.importer(session, request.options)
    importer.erased = try await workspace.erased(session)
    var numbers: [Int] = []
    for file in FileImporter.oldestFirst(request.files) {
      progress(file)
      let report = try await importer.run(
        FileImporter.Request(
          file: file, kind: request.kind, system: request.system,
          exportedAt: try exportedAt(file, request), now: now))
      if let number = report.importID { numbers.append(number) }
      try await settleRights(session)
      try done(report)
    }
    if let path = request.quarantine { try await write(numbers, to: path, session) }
    let described = try await description.run(session, now: now)
    try await session.execute("DETACH quartier")
    return described
  }

  /// What a file would be taken for, without importing it.
  package func understand(_ file: String, _ request: ImportRequest) async throws -> Understanding {
    let session = try await attached()
    return try await importer(session, request.options).understand(
      FileImporter.Request(
        file: file, kind: request.kind, system: request.system, exportedAt: request.exportedAt,
        now: now))
  }

  /// Reads again the lines that imports set aside.
  ///
  /// - Parameter only: the number of one import; nil for all that wait.
  /// - Throws: `IngestionError.quarantineEmpty` when nothing waits.
  package func replay(
    only: Int?, _ request: ImportRequest, done: (FileImportReport) throws -> Void
  ) async throws -> CustomerDescriber.Report {
    let session = try await attached()
    let description = try await WorkspaceDescription(workspace, session)
    var importer = self.importer(session, request.options)
    importer.erased = try await workspace.erased(session)
    let waiting = try await importer.waiting(only: only, now: now)
    for again in waiting {
      progress(again.file)
      let report = try await importer.run(again)
      try await settleRights(session)
      try done(report)
    }
    if let path = request.quarantine {
      try await write(waiting.compactMap(\.replays), to: path, session)
    }
    let described = try await description.run(session, now: now)
    try await session.execute("DETACH quartier")
    return described
  }

  /// What a file says of consents goes into the ledger; what was put right stays right.
  private func settleRights(_ session: any QuerySession) async throws {
    try await ConsentLedger(session).absorb(now: now)
    try await Rectification(session).repeatAll(now: now)
  }

  private func attached() async throws -> any QuerySession {
    let session = try await engine.session()
    try await Store.attach(workspace.storePath, to: session)
    return session
  }

  private func importer(_ session: any QuerySession, _ options: ImportOptions) -> FileImporter {
    FileImporter(
      session: session,
      excelExtension: ResourceLocator.current.fetched("extensions/excel.duckdb_extension")?.path,
      scratchDirectory: scratch, options: options)
  }

  private func exportedAt(_ file: String, _ request: ImportRequest) throws -> Int64? {
    if let told = request.exportedAt { return told }
    guard let day = FileImporter.exportDate(file), let zone = workspace.zone else { return nil }
    let instant = day.start(in: zone)
    return instant <= now ? instant : nil
  }

  /// Values in the quarantine are as the files have them: only their owner may read them.
  private func write(_ imports: [Int], to path: String, _ session: any QuerySession) async throws {
    let target = URL(fileURLWithPath: path).path
    let numbers = (imports.isEmpty ? [0] : imports).map { "\($0)" as SQL }.joined()
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE quarantine_output AS
      SELECT file, line, column_name, value, reason FROM quartier.quarantine
      WHERE import_id IN (\(numbers)) ORDER BY import_id, line
      """)
    guard
      FileManager.default.createFile(
        atPath: target, contents: nil, attributes: [.posixPermissions: 0o600])
    else { throw PlatformError.cannotWrite(path, reason: "") }
    try await session.execute("COPY quarantine_output TO \(literal: target) (FORMAT csv, HEADER)")
  }
}

extension Workspace {
  var zone: TimeZone? { TimeZone(identifier: settings.timeZone) }

  /// One import that was made.
  package struct ImportEntry: Sendable, Hashable, Codable {
    package let number: Int
    /// ISO 8601, in UTC.
    package let made: String
    package let kind: String
    package let source: String
    package let file: String
    package let lines: Int
    package let setAside: Int
    /// Lines that still wait in the quarantine.
    package let waiting: Int
    /// The import whose quarantined lines it read again.
    package let replays: Int?
  }

  /// The imports, the newest last.
  package func imports(_ engine: any QueryEngine) async throws -> [ImportEntry] {
    let session = try await engine.session()
    try await Store.attach(storePath, to: session)
    let rows = try await session.query(
      """
      SELECT import_id, strftime(timezone('UTC', made_at), '%Y-%m-%dT%H:%M:%SZ'), kind, source,
        file, lines, set_aside, replays,
        (SELECT count(DISTINCT line) FROM quartier.quarantine AS q
          WHERE q.import_id = i.import_id AND q.line IS NOT NULL)
      FROM quartier.imports AS i ORDER BY import_id
      """
    ).rows
    return rows.map { row in
      ImportEntry(
        number: row[0].int ?? 0, made: row[1].text ?? "", kind: row[2].text ?? "",
        source: row[3].text ?? "", file: row[4].text ?? "", lines: row[5].int ?? 0,
        setAside: row[6].int ?? 0, waiting: row[8].int ?? 0, replays: row[7].int)
    }
  }
}

extension LocalDate {
  /// The instant at which the day starts in a zone, in microseconds since the epoch.
  package func start(in zone: TimeZone) -> Int64 {
    let wall = TimeInterval(daysSinceEpoch) * 86_400
    // The offset of the day's start may differ from the one of the same instant in UTC.
    let first = zone.secondsFromGMT(for: Date(timeIntervalSince1970: wall))
    let second = zone.secondsFromGMT(
      for: Date(timeIntervalSince1970: wall - TimeInterval(first)))
    return Int64((wall - TimeInterval(second)) * 1_000_000)
  }
}
