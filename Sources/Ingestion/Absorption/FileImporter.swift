internal import Crypto
internal import CustomerSchema
internal import Foundation
internal import SQLBuilder
package import Warehouse

/// Imports files into the canonical tables of a workspace, one transaction per file.
package struct FileImporter: Sendable {
  /// A file to import.
  package struct Request: Sendable, Hashable {
    /// As typed.
    package var file: String
    /// Nil where the columns are to tell.
    package var kind: ImportKind?
    /// The system that the file comes from: ids are unique within it.
    package var system: String
    /// When the file was made, in microseconds since the epoch; nil where nothing tells.
    package var exportedAt: Int64?
    /// The present, in microseconds since the epoch.
    package var now: Int64
    /// The import whose quarantined lines, and only they, are read again.
    package var replays: Int?

    package init(
      file: String, kind: ImportKind? = nil, system: String = "main", exportedAt: Int64? = nil,
      now: Int64, replays: Int? = nil
    ) {
      self.file = file
      self.kind = kind
      self.system = system
      self.exportedAt = exportedAt
      self.now = now
      self.replays = replays
    }
  }

  let session: any QuerySession
  let excelExtension: String?
  let scratch: String
  /// `currency` is the workspace's.
  let options: ImportOptions
  /// Knows the names of people who were erased; nil where nobody was.
  package var erased: ErasedIdentifiers?

  /// - Parameters:
  ///   - session: DuckDB, with the store attached.
  ///   - scratchDirectory: an existing folder for copies; who made it removes it.
  package init(
    session: any QuerySession, excelExtension: String?, scratchDirectory: String,
    options: ImportOptions
  ) {
    self.session = session
    self.excelExtension = excelExtension
    scratch = scratchDirectory
    self.options = options
  }

  var workspaceCurrency: CurrencyCode { options.currency ?? .euro }

  /// Imports one file.
  ///
  /// - Throws: `IngestionError`; nothing of the file is then in the store.
  package func run(_ request: Request) async throws(IngestionError) -> FileImportReport {
    let isDatabase = try DatabaseLocation(request.file) != nil
    if let replays = request.replays, !isDatabase {
      try await requireUnchanged(request.file, replays, try? await digest(request.file))
    }
    var mapping = try readMapping()
    guard let zone = ZoneOffsets(options.timeZone) else { throw .timeZoneUnknown(options.timeZone) }
    try await session.createQuarantine()
    var loaded = try await loader(mapping, request.kind).load(request.file, 0)
    let digest: String
    if let known = loaded.digest {
      digest = known
    } else {
      digest = try await self.digest(request.file)
    }
    if let replays = request.replays, isDatabase {
      try await requireUnchanged(request.file, replays, digest)
    }
    try loaded.requireAllowed(mapping)
    let format = try ExportFormat.of(loaded, options, request.kind)
    if let format {
      loaded = try await shaping(zone).apply(format, to: loaded)
      mapping = format.completing(mapping, loaded.table.columns)
    }
    let profiles = loaded.profiles
    let kind: ImportKind
    if let told = format?.kind ?? request.kind {
      kind = told
    } else {
      kind = try detect(loaded, profiles, mapping)
    }
    if format == nil, kind.describesCustomers, request.kind == nil,
      loaded.table.file.format == .json
    {
      // Lists are attributes of customers, and rows of their own everywhere else.
      loaded = try await loader(mapping, kind).load(request.file, 0)
    }
    let ledger = ImportLedger(
      session: session, request: request, kind: kind, options: options,
      digest: digest, sensitive: loaded.sensitive)
    if request.replays == nil, let earlier = try await ledger.earlier() {
      return FileImportReport(
        kind: kind, kindRecognised: request.kind == nil, system: request.system,
        source: Self.report(loaded, loaded.profiles, RoleAssignment(), nil, 0),
        earlierImport: earlier, lines: 0, quarantinedLines: 0, quarantineReasons: [])
    }
    let context = ImportContext(
      session: session, scratch: scratch, options: options, mapping: mapping,
      cells: CellSQL(zone: zone), request: request, kind: kind, ledger: ledger,
      excelExtension: excelExtension, workspaceCurrency: workspaceCurrency,
      forgotten: erased.map {
        ErasedPeople(session: session, erased: $0, source: request.system)
      }, format: format)
    if kind.isOrders { return try await OrderFileImport(context: context).run() }
    if kind.describesCustomers {
      return try await CustomerFileImport(context: context, loaded: loaded).run()
    }
    guard let description = KindDescription.of(kind) else {
      preconditionFailure("kind of no table")
    }
    return try await RowFileImport(
      context: context, loaded: loaded, description: description
    ).run()
  }

  func shaping(_ zone: ZoneOffsets) -> FormatShaping {
    FormatShaping(session: session, scratch: scratch, cells: CellSQL(zone: zone), index: 0)
  }

  func readMapping() throws(IngestionError) -> Mapping {
    guard let path = options.mappingPath else { return Mapping() }
    return try MappingReader(file: path).read()
  }

  func loader(_ mapping: Mapping, _ kind: ImportKind?) -> SourceLoader {
    var told = mapping.toldDialect
    told.words = KindDescription.words
    return SourceLoader(
      session: session, scratch: scratch, excelExtension: excelExtension, told: told,
      sheet: options.sheet ?? mapping.sheet,
      keepsLists: kind?.describesCustomers ?? false, consents: mapping.consents)
  }

  func detect(
    _ loaded: LoadedSource, _ profiles: [ColumnProfile], _ mapping: Mapping
  ) throws(IngestionError) -> ImportKind {
    try KindDetection(
      file: loaded.table.file.name, profiles: profiles, hasHeader: loaded.hasHeader,
      mapping: mapping, options: options
    ).kind()
  }

  /// Lines are known by their numbers: they mean something only in the same file.
  private func requireUnchanged(
    _ file: String, _ replays: Int, _ found: String?
  ) async throws(IngestionError) {
    let known = try await session.fetchRow(
      "SELECT digest FROM quartier.imports WHERE import_id = \(number: replays)"
    ).first?.text
    guard found != nil, found == known else { throw .sourceChanged(file: file) }
  }

  /// SHA-256 of a file's bytes, in hexadecimal.
  private func digest(_ name: String) async throws(IngestionError) -> String {
    try await offPool { (stop) throws(IngestionError) in
      let reader = try FileReader(path: name, name: name)
      var hash = SHA256()
      var position = 0
      while position < reader.size {
        try stop.check()
        let bytes = try reader.bytes(at: position, count: 1 << 22)
        if bytes.isEmpty { break }
        hash.update(data: bytes)
        position += bytes.count
      }
      return hash.finalize().map { byte in
        let text = String(byte, radix: 16)
        return text.count == 1 ? "0" + text : text
      }.joined()
    }
  }

  /// A source as a person should know it.
  static func report(
    _ loaded: LoadedSource, _ profiles: [ColumnProfile], _ roles: RoleAssignment,
    _ forms: FileForms?, _ lines: Int
  ) -> SourceReport {
    let file = loaded.table.file
    return SourceReport(
      file: file.name, bytes: file.bytes, format: file.format, compression: file.compression,
      encoding: loaded.dialect?.encoding.rawValue, separator: loaded.dialect?.separatorText,
      decimalSeparator: loaded.dialect == nil
        ? nil : forms?.numbers.values.first { $0 != .native }?.decimal.rawValue,
      hasHeader: loaded.hasHeader, sheet: loaded.sheet, lines: lines,
      columns: profiles.map { profile in
        let role = roles.role(of: profile.index)
        return ColumnReport(
          name: profile.name, role: role, form: forms?.dates[profile.index]?.description,
          evidence: role.flatMap { roles.evidence[$0] })
      })
  }
}

/// What the import of one file works with.
struct ImportContext: Sendable {
  let session: any QuerySession
  let scratch: String
  let options: ImportOptions
  let mapping: Mapping
  let cells: CellSQL
  let request: FileImporter.Request
  let kind: ImportKind
  let ledger: ImportLedger
  let excelExtension: String?
  let workspaceCurrency: CurrencyCode
  /// Leaves out people who were erased; nil where nobody was.
  let forgotten: ErasedPeople?
  /// The known export that the file is.
  var format: ExportFormat?

  /// When what has no date of its own happened.
  var exportedAt: Int64 { request.exportedAt ?? request.now }

  /// Gives a text file a copy whose rows know their lines.
  func normalise(_ loaded: inout LoadedSource) async throws(IngestionError) {
    guard case .csv(let dialect) = loaded.table.reading else { return }
    let path = "\(scratch)/import.csv"
    let normaliser = Normaliser(file: loaded.table.file, dialect: dialect, output: path)
    _ = try await offPool { (stop) throws(IngestionError) in try normaliser.run(stop) }
    loaded.table.reading = .normalised(path: path)
  }

  /// Lines that could not be used, by reason; when they are too many, nothing is imported.
  ///
  /// - Parameter lines: data lines read.
  func settleQuarantine(
    _ lines: Int
  ) async throws(IngestionError) -> (lines: Int, reasons: [QuarantineCount]) {
    let quarantined = try await session.fetchInt("SELECT count(DISTINCT line) FROM quarantine")
    let reasons = try await session.fetch(
      "SELECT reason, count(*) FROM quarantine GROUP BY reason ORDER BY count(*) DESC, reason"
    ).map { QuarantineCount(reason: $0[0].text ?? "", lines: $0[1].int ?? 0) }
    guard lines > 0 else {
      guard try await erasedLines() > 0 else { throw .noLines(file: request.file) }
      return (quarantined, reasons)
    }
    let share = Double(quarantined) / Double(lines)
    let limit = options.maximumUnusableShare
    if request.replays == nil, share > limit || quarantined == lines {
      throw .tooManyUnusable(
        unusable: quarantined, lines: lines, share: share, limit: limit, reasons: reasons)
    }
    return (quarantined, reasons)
  }

  /// Lines left out because they tell of people who were erased.
  func erasedLines() async throws(IngestionError) -> Int {
    try await session.fetchInt("SELECT count(DISTINCT line) FROM import_erased")
  }

  /// Of a replay, only the lines that were set aside come back.
  func keepReplayed(_ tables: [String]) async throws(IngestionError) {
    guard let replays = request.replays else { return }
    for table in tables + ["quarantine"] {
      try await session.perform(
        """
        DELETE FROM temp.\(identifier: table) WHERE line NOT IN (
          SELECT line FROM quartier.quarantine WHERE import_id = \(number: replays)
            AND line IS NOT NULL)
        """)
    }
  }
}
