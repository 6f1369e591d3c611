package import CustomerSchema
package import ReferenceData
package import Warehouse

/// Why an import cannot be done. Nothing is left behind when one is thrown.
package enum IngestionError: UserFacingError, Sendable, Hashable {
  case fileMissing(file: String)
  /// A folder was given; the files in it that could be given instead.
  case folder(file: String, candidates: [String])
  case notPermitted(file: String)
  case unreadable(file: String, reason: String)
  case fileEmpty(file: String)
  /// A header and nothing below it.
  case noLines(file: String)
  /// The content is of a kind that is not read; the kind is a term of the catalogues.
  case wrongKind(file: String, found: String)
  /// A compressed file ends before its end.
  case truncated(file: String, compression: String)
  case corrupt(file: String, format: String)
  /// A zip archive with several files or none.
  case archive(file: String, entries: [String])
  case encryptedArchive(file: String)
  case lineTooLong(file: String, line: Int, limit: Int)
  case tooManyColumns(file: String, count: Int, limit: Int)
  /// No column plays a role that is needed.
  case columnMissing(file: String, role: ColumnRole, columns: [String])
  /// Several columns could equally well play a role.
  case columnAmbiguous(file: String, role: ColumnRole, columns: [String])
  /// The mapping names a column that the file does not have.
  case columnUnknown(file: String, role: ColumnRole, column: String, columns: [String])
  /// The columns do not tell what the lines are; the kinds that they may be.
  case kindUnclear(file: String, possible: [ImportKind])
  /// Every date can be read as day/month and as month/day.
  case datesAmbiguous(file: String, column: String, sample: String)
  /// Some dates can only be day/month and others only month/day.
  case datesMixed(dayFirst: String, monthFirst: String, column: String, file: String)
  /// `1.234` may be 1234 or 1.234.
  case numbersAmbiguous(file: String, column: String, sample: String)
  case severalCurrencies([String])
  case rateMissing(currency: String, date: String, rates: String)
  case ratesUnusable(file: String, line: Int)
  /// Amounts were asked for with or without tax, and the files have only the other.
  case amountsUnavailable(wanted: AmountChoice, columns: [String], file: String)
  /// Files of which some have amounts with tax and others without.
  case taxMixed(included: String, excluded: String)
  case tooManyUnusable(
    unusable: Int, lines: Int, share: Double, limit: Double, reasons: [QuarantineCount])
  case timeZoneUnknown(String)
  case sheetUnknown(file: String, sheet: String, sheets: [String])
  case excelUnavailable(file: String)
  /// Amounts are in another currency than the workspace's, and no rate was given.
  case foreignCurrency(file: String, currency: String, workspace: CurrencyCode)
  /// The file that lines were set aside from is not what it was, or not there.
  case sourceChanged(file: String)
  /// Nothing waits in the quarantine.
  case quarantineEmpty
  /// An address has a password in it, where everybody can read it.
  case databasePassword(system: String)
  case databaseAddress(system: String)
  /// The part that reads databases is not installed.
  case databaseUnavailable(system: String)
  /// The database did not answer, or refused; its own words.
  case databaseFailed(file: String, reason: String)
  /// No such table, or none was named among several.
  case tableUnknown(file: String, table: String, tables: [String])
  /// Queries of SQLite: its tables and views are read as they are.
  case databaseQuery
  /// No export of that name is known.
  case formatUnknown(String, known: [String])
  /// The file lacks headers of the export that it is said to be.
  case formatUnfit(file: String, format: String, missing: [String])
  /// The mapping uses a column that is refused; the raw value of the kind of data.
  case columnSensitive(file: String, column: String, kind: String)
  case referenceData(ReferenceDataError)
  case mapping(MappingProblem, file: String, line: Int?)
  /// The engine failed; its reason is for the log.
  case engine(WarehouseError)

  package var userMessage: UserMessage {
    switch self {
    case .fileMissing(let file): about(file, "import.file.missing")
    case .folder(let file, let candidates):
      candidates.isEmpty
        ? about(file, "import.file.folder_empty")
        : about(file, "import.file.folder", ["files": .texts(candidates)])
    case .notPermitted(let file): about(file, "import.file.permission")
    case .unreadable(let file, let reason):
      about(file, "import.file.unreadable", ["reason": .text(reason)])
    case .fileEmpty(let file): about(file, "import.file.empty")
    case .noLines(let file): about(file, "import.file.no_lines")
    case .wrongKind(let file, let found):
      about(file, "import.file.kind", ["found": .term(found)])
    case .truncated(let file, let compression):
      about(file, "import.file.truncated", ["compression": .text(compression)])
    case .corrupt(let file, let format):
      about(file, "import.file.corrupt", ["format": .text(format)])
    case .archive(let file, let entries):
      entries.isEmpty
        ? about(file, "import.file.archive_empty")
        : about(file, "import.file.archive", ["files": .texts(entries)])
    case .encryptedArchive(let file): about(file, "import.file.encrypted")
    case .lineTooLong(let file, let line, let limit):
      UserMessage(
        "import.file.line_too_long",
        ["file": .text(file), "line": .count(line), "count": .count(limit)],
        at: SourceLocation(file: file, line: line))
    case .tooManyColumns(let file, let count, let limit):
      about(
        file, "import.file.too_many_columns", ["count": .count(count), "limit": .count(limit)])
    case .columnMissing(let file, let role, let columns):
      about(
        file, "import.column.missing",
        ["role": .term(role.term), "key": .text(role.rawValue), "columns": .texts(columns)])
    case .columnAmbiguous(let file, let role, let columns):
      about(
        file, "import.column.ambiguous",
        ["role": .term(role.term), "key": .text(role.rawValue), "columns": .texts(columns)])
    case .columnUnknown(let file, let role, let column, let columns):
      about(
        file, "import.column.unknown",
        [
          "role": .term(role.term), "key": .text(role.rawValue), "column": .text(column),
          "columns": .texts(columns),
        ])
    case .kindUnclear(let file, let possible):
      about(file, "import.kind.unclear", ["kinds": .texts(possible.map(\.rawValue))])
    case .datesAmbiguous(let file, let column, let sample):
      inColumn(file, column, "import.date.ambiguous", ["sample": .text(sample)])
    case .datesMixed(let dayFirst, let monthFirst, let column, let file):
      inColumn(
        file, column, "import.date.mixed",
        ["first": .text(dayFirst), "second": .text(monthFirst)])
    case .numbersAmbiguous(let file, let column, let sample):
      inColumn(file, column, "import.number.ambiguous", ["sample": .text(sample)])
    case .severalCurrencies(let codes):
      UserMessage("import.currency.several", ["currencies": .texts(codes)])
    case .rateMissing(let currency, let date, let rates):
      about(
        rates, "import.currency.rate_missing",
        ["currency": .text(currency), "date": .text(date)])
    case .ratesUnusable(let file, let line):
      UserMessage(
        "import.currency.rates_unusable", ["file": .text(file), "line": .count(line)],
        at: SourceLocation(file: file, line: line))
    case .amountsUnavailable(let wanted, let columns, let file):
      about(
        file, "import.amounts.unavailable",
        ["wanted": .term("tax.\(wanted.rawValue)"), "columns": .texts(columns)])
    case .taxMixed(let included, let excluded):
      about(included, "import.amounts.mixed", ["other": .text(excluded)])
    case .tooManyUnusable(let unusable, let lines, let share, let limit, let reasons):
      UserMessage(
        "import.unusable.too_many",
        [
          "count": .count(unusable), "lines": .count(lines), "share": .share(share),
          "limit": .share(limit), "reason": .term(reasons.first?.reason ?? "quarantine.other"),
          "reason_count": .count(reasons.first?.lines ?? 0),
        ])
    case .timeZoneUnknown(let zone): UserMessage("import.zone.unknown", ["zone": .text(zone)])
    case .sheetUnknown(let file, let sheet, let sheets):
      about(
        file, "import.sheet.unknown", ["sheet": .text(sheet), "sheets": .texts(sheets)])
    case .excelUnavailable(let file): about(file, "import.excel.unavailable")
    case .foreignCurrency(let file, let currency, let workspace):
      about(
        file, "import.currency.foreign",
        ["currency": .text(currency), "workspace": .text(workspace.rawValue)])
    case .sourceChanged(let file): about(file, "import.replay.changed")
    case .quarantineEmpty: UserMessage("import.replay.nothing")
    case .databasePassword(let system):
      UserMessage("import.database.password.\(system)")
    case .databaseAddress(let system):
      UserMessage("import.database.address", ["system": .text(system)])
    case .databaseUnavailable(let system):
      UserMessage("import.database.unavailable", ["system": .text(system)])
    case .databaseFailed(let file, let reason):
      about(file, "import.database.failed", ["reason": .text(reason)])
    case .tableUnknown(let file, _, let tables):
      tables.isEmpty
        ? about(file, "import.database.no_tables")
        : about(file, "import.database.table", ["tables": .texts(tables)])
    case .databaseQuery: UserMessage("import.database.query")
    case .formatUnknown(let format, let known):
      UserMessage(
        "import.format.unknown", ["format": .text(format), "formats": .texts(known)])
    case .formatUnfit(let file, let format, let missing):
      about(
        file, "import.format.unfit",
        ["format": .term("format.\(format)"), "columns": .texts(missing)])
    case .columnSensitive(let file, let column, let kind):
      inColumn(file, column, "import.column.sensitive", ["kind": .term("sensitive.\(kind)")])
    case .referenceData(let error): error.userMessage
    case .mapping(let problem, let file, let line):
      UserMessage(
        problem.code, problem.arguments.merging(["file": .text(file)]) { old, _ in old },
        at: SourceLocation(file: file, line: line))
    case .engine(.cancelled): UserMessage("import.cancelled")
    case .engine(.engine(.diskFull, _)): UserMessage("import.engine.disk_full")
    case .engine(.engine(.outOfMemory, _)): UserMessage("import.engine.memory")
    case .engine: UserMessage("import.engine.failed")
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .notPermitted, .excelUnavailable, .referenceData, .databaseUnavailable, .databaseFailed:
      .environment
    case .timeZoneUnknown, .formatUnknown, .databasePassword, .databaseAddress, .databaseQuery:
      .usage
    case .engine(.engine(let failure, _)):
      switch failure {
      case .diskFull, .permission, .locked, .outOfMemory, .inputOutput: .environment
      default: .internal
      }
    case .engine(.cancelled): .environment
    case .engine: .internal
    default: .data
    }
  }

  private func about(
    _ file: String, _ code: String, _ arguments: [String: MessageArgument] = [:]
  ) -> UserMessage {
    UserMessage(
      code, arguments.merging(["file": .text(file)]) { old, _ in old },
      at: SourceLocation(file: file))
  }

  private func inColumn(
    _ file: String, _ column: String, _ code: String, _ arguments: [String: MessageArgument]
  ) -> UserMessage {
    UserMessage(
      code, arguments.merging(["file": .text(file), "column": .text(column)]) { old, _ in old },
      at: SourceLocation(file: file, column: column))
  }
}

extension ColumnRole {
  /// The key of this role's name in the catalogues.
  package var term: String { "role.\(rawValue)" }
}

/// What is wrong with a mapping document.
package enum MappingProblem: Sendable, Hashable {
  /// Not YAML; the parser's words.
  case syntax(String)
  case unknownKey(String, known: [String])
  case duplicateKey(String)
  /// A value of another kind than the key wants; a term of the catalogues names the kind.
  case wrongType(key: String, expected: String)
  /// A value that is none of the possible ones.
  case wrongValue(key: String, value: String, possible: [String])
  case tooLarge(limit: Int)
  case tooDeep(limit: Int)
  case aliases
  case missing

  var code: String {
    switch self {
    case .syntax: "import.mapping.syntax"
    case .unknownKey: "import.mapping.unknown_key"
    case .duplicateKey: "import.mapping.duplicate_key"
    case .wrongType: "import.mapping.type"
    case .wrongValue: "import.mapping.value"
    case .tooLarge: "import.mapping.too_large"
    case .tooDeep: "import.mapping.too_deep"
    case .aliases: "import.mapping.aliases"
    case .missing: "import.mapping.missing"
    }
  }

  var arguments: [String: MessageArgument] {
    switch self {
    case .syntax(let reason): ["reason": .text(reason)]
    case .unknownKey(let key, let known): ["key": .text(key), "known": .texts(known)]
    case .duplicateKey(let key): ["key": .text(key)]
    case .wrongType(let key, let expected): ["key": .text(key), "expected": .term(expected)]
    case .wrongValue(let key, let value, let possible):
      ["key": .text(key), "value": .text(value), "possible": .texts(possible)]
    case .tooLarge(let limit), .tooDeep(let limit): ["limit": .count(limit)]
    case .aliases, .missing: [:]
    }
  }
}
