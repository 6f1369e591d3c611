internal import ArgumentParser
internal import CustomerSchema
internal import DuckDBEngine
internal import Features
internal import Foundation
internal import Ingestion
internal import Platform
internal import Presentation

extension ImportKind: ExpressibleByArgument {}

/// `quartier import`: files into the workspace's tables.
struct ImportCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "import", abstract: Words.text("cli.import.abstract"),
      discussion: Words.text("cli.import.discussion"))
  }

  @Argument(help: ArgumentHelp(Words.text("cli.import.files"), valueName: "files"))
  var files: [String] = []

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.import.table"), valueName: "name"))
  var table: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.import.query"), valueName: "SQL"))
  var query: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.import.as"), valueName: "kind"))
  var `as`: ImportKind?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.import.source"), valueName: "name"))
  var source = "main"

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.import.as_of"), valueName: "2024-12-31"))
  var asOf: MomentArgument?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.mapping"), valueName: "file.yaml"))
  var mapping: String?

  @Flag(name: .long, help: help("run.explain_mapping"))
  var explainMapping = false

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.dates"), valueName: "dmy|mdy|ymd"))
  var dates: DateOrder?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.amounts"), valueName: "ht|ttc"))
  var amounts: AmountChoice?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.rates"), valueName: "file.csv"))
  var rates: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.sheet"), valueName: "name"))
  var sheet: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.format"), valueName: "name"))
  var format: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.max_unusable"), valueName: "20%"))
  var maxUnusable: ShareArgument?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.import.quarantine"), valueName: "file.csv"))
  var quarantine: String?

  @Flag(name: .long, help: help("import.replay"))
  var replayQuarantine = false

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.import.import"), valueName: "number"))
  var `import`: Int?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.workspace"), valueName: "folder"))
  var workspace: String?

  @OptionGroup var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if files.isEmpty, !replayQuarantine {
      throw ValidationError(Words.text("cli.import.needs_files"))
    }
    if !files.isEmpty, replayQuarantine {
      throw ValidationError(Words.text("cli.import.no_files"))
    }
    if table != nil || query != nil, files.count != 1 || (table != nil && query != nil) {
      throw ValidationError(Words.text("cli.import.one_table"))
    }
  }

  func run() async throws {
    guard let localizer = Words.localizer else {
      throw PlatformError.missing("Presentation/Resources/Localization")
    }
    let workspace = try opened(self.workspace)
    let now = Int64(Date().timeIntervalSince1970 * 1_000_000)
    var request = ImportRequest()
    // A table or a query of a database is named behind its address.
    let place = table ?? query.map { "query:" + $0 }
    request.files = place.map { place in files.map { "\($0)#\(place)" } } ?? files
    request.kind = self.as
    request.system = source
    request.quarantine = quarantine
    if let asOf {
      let moment = try asOf.microseconds(in: workspace.settings.timeZone)
      guard moment <= now else { throw ValidationError(Words.text("cli.import.as_of.future")) }
      request.exportedAt = moment
    }
    request.options = ImportOptions(
      mappingPath: mapping, dateOrder: dates, timeZone: workspace.settings.timeZone,
      amounts: amounts, maximumUnusableShare: maxUnusable?.value ?? 0.20, ratesPath: rates,
      currency: workspace.settings.currency.flatMap(CurrencyCode.init(rawValue:)) ?? .euro,
      sheet: sheet, format: format)
    let scratch = try Scratch(in: limits.tempDir)
    defer { scratch.remove() }
    let engine = try DuckDBEngine(
      DuckDBEngine.Options(
        memoryLimit: limits.memoryLimit?.value, threads: limits.threads,
        temporaryDirectory: scratch.path, preservesInsertionOrder: false))
    defer { Terminal.endProgress() }
    let work = ImportFiles(
      workspace: workspace, engine: engine, scratch: scratch.path, now: now,
      progress: { Terminal.progress(Words.text("progress.import", ["file": .text($0)])) })
    if explainMapping {
      for file in request.files {
        Terminal.explain(try await work.understand(file, request), localizer)
      }
      return
    }
    var reports: [FileImportReport] = []
    let writer = ImportWriter(localizer: localizer)
    func done(_ report: FileImportReport) {
      Terminal.endProgress()
      reports.append(report)
      if !common.json { Terminal.write(writer.text(report)) }
    }
    let described =
      replayQuarantine
      ? try await work.replay(only: self.import, request, done: done)
      : try await work.run(request, done: done)
    Terminal.endProgress()
    guard !common.json else {
      return Terminal.write(
        try ImportAnswer(
          imports: reports,
          described: ImportAnswer.Described(
            customers: described.customers, changed: described.changed,
            newAttributes: described.defined)
        ).json())
    }
    if described.changed > 0 { Terminal.write(writer.text(described)) }
  }
}

/// The workspace named, or the one that the current folder is or lies in.
func opened(_ path: String?) throws -> Workspace {
  if let path { return try Workspace(opening: path) }
  let folder = FileManager.default.currentDirectoryPath
  guard let workspace = try Workspace.find(from: folder) else {
    throw PlatformError.notAWorkspace(folder)
  }
  return workspace
}

/// docs/schemas/import-1.schema.json
private struct ImportAnswer: Encodable {
  let schema = "quartier.import/1"
  let imports: [FileImportReport]
  let described: Described

  struct Described: Encodable {
    let customers: Int
    let changed: Int
    let newAttributes: [String]
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

/// A day, whose start in the workspace's zone is meant, or an instant with its offset.
struct MomentArgument: ExpressibleByArgument {
  private enum Moment { case day(LocalDate), instant(Date) }
  private let moment: Moment

  init?(argument: String) {
    if let day = AsOfArgument(argument: argument), case .date(let date) = day.value {
      moment = .day(date)
    } else if let instant = try? Date(argument, strategy: .iso8601) {
      moment = .instant(instant)
    } else {
      return nil
    }
  }

  func microseconds(in zone: String) throws -> Int64 {
    switch moment {
    case .instant(let date): return Int64(date.timeIntervalSince1970 * 1_000_000)
    case .day(let day):
      guard let zone = TimeZone(identifier: zone) else {
        throw PlatformError.unknownTimeZone(zone)
      }
      return day.start(in: zone)
    }
  }
}

/// Says what an import did.
struct ImportWriter {
  let localizer: Localizer

  /// What was worked out of the customers afterwards.
  func text(_ described: CustomerDescriber.Report) -> String {
    let line = localizer.text("cli.import.described", ["count": .count(described.changed)])
    guard !described.defined.isEmpty else { return line }
    let names = described.defined.map { localizer.text("attribute.\($0)") }
    return line + "\n  "
      + localizer.text("cli.import.described_attributes", ["attributes": .texts(names)])
  }

  func text(_ report: FileImportReport) -> String {
    let file = MessageArgument.text(report.source.file)
    if let earlier = report.earlierImport {
      return localizer.text("cli.import.known", ["file": file, "number": .count(earlier)])
    }
    let rows = report.rows
    var lines: [String] = []
    let isNothing = rows.added + rows.changed == 0 && report.valuesChanged == 0
    if isNothing {
      lines.append(localizer.text("cli.import.nothing", ["file": file]))
    } else {
      lines.append(
        localizer.text(
          "cli.import.title",
          [
            "file": file, "kind": .term(report.kind.term),
            "number": .text(String(report.importID ?? 0)),
          ]))
    }
    if report.kindRecognised {
      lines.append(
        "  " + localizer.text("cli.import.recognised", ["kind": .term(report.kind.term)]))
    }
    // What is refused is the first thing to know.
    let refused = report.notices.filter { $0.code == "import.notice.sensitive_refused" }
    for notice in refused { lines.append("  " + localizer.text(notice)) }
    lines.append("  " + columns(report))
    let counts: [(String, Int?)] = [
      ("lines", report.lines), ("set_aside", report.quarantinedLines), ("added", rows.added),
      ("changed", rows.changed), ("unchanged", rows.unchanged), ("older", rows.older),
      ("repeated", rows.repeated), ("anonymous", rows.anonymous),
      ("order_lines", report.orderLines), ("created", report.customersCreated),
      ("touched", report.customersTouched), ("values", report.valuesChanged),
    ]
    let table = counts.filter { $0.0 == "lines" || ($0.1 ?? 0) > 0 }.map { key, count in
      (localizer.text("cli.import.\(key)"), localizer.text(MessageArgument.count(count ?? 0)))
    }
    let width = table.map { $0.1.count }.max() ?? 0
    for (name, count) in table {
      lines.append(
        "  " + String(repeating: " ", count: width - count.count) + count + "  " + name)
    }
    if report.erasedLines > 0 {
      lines.append(
        "  " + localizer.text("cli.import.erased", ["count": .count(report.erasedLines)]))
    }
    for reason in report.quarantineReasons {
      lines.append(
        "  "
          + localizer.text(
            "cli.import.reasons",
            ["reason": .term(reason.reason), "count": .count(reason.lines)]))
    }
    let new = report.attributes.filter(\.isNew).map { "\($0.id) (\($0.type))" }
    if !new.isEmpty {
      lines.append("  " + localizer.text("cli.import.new_attributes", ["attributes": .texts(new)]))
    }
    for notice in report.notices where !refused.contains(notice) {
      lines.append("  " + localizer.text(notice))
    }
    return lines.joined(separator: "\n")
  }

  private func columns(_ report: FileImportReport) -> String {
    let attributes = Dictionary(
      report.attributes.map { ($0.column, $0.id) }, uniquingKeysWith: { first, _ in first })
    let names = report.source.columns.compactMap { column -> String? in
      if let id = attributes[column.name] { return "\(column.name) → \(id)" }
      return column.role.map { "\(column.name) → \(localizer.text($0.term))" }
    }
    return localizer.text("cli.import.columns", ["columns": .texts(names)])
  }
}
