internal import CustomerSchema
internal import Features
internal import Foundation
internal import Ingestion
internal import Insights
package import Presentation
internal import SQLBuilder
internal import Warehouse

/// Writes what a run was asked to write, all of it or nothing.
package struct RunOutputs: Sendable {
  private let request: RunRequest
  private let localizer: Localizer

  package init(request: RunRequest, localizer: Localizer) {
    self.request = request
    self.localizer = localizer
  }

  /// Refuses outputs that would destroy a source, before any work is done.
  ///
  /// - Throws: `PlatformError.outputIsSource`.
  package func check() throws(PlatformError) {
    let sources = Set(
      (request.orders + request.events + [request.customers].compactMap { $0 }).map(Self.real))
    var outputs = [request.report].compactMap { $0 }
    if let folder = request.output {
      outputs += Self.fixedNames.map { URL(fileURLWithPath: folder).appending(path: $0).path }
    }
    for output in outputs where sources.contains(Self.real(output)) {
      throw .outputIsSource(output)
    }
  }

  /// Files of a fixed name in the output folder.
  static let fixedNames = [
    "customers.parquet", "customers.csv", "segments.json", "quarantine.csv", "segments.xlsx",
    "report.html",
  ]

  private static func real(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
  }

  /// - Returns: the paths written, for people.
  package func write(_ outcome: RunSegmentation.Outcome) async throws -> [String] {
    var written: [String] = []
    if let folder = request.output {
      let staged = try StagedOutput(destination: folder)
      do {
        try await write(outcome, to: staged.folder)
      } catch {
        staged.discard()
        throw writeError(error, folder)
      }
      try staged.commit()
      written.append(folder)
    }
    if let report = request.report {
      try writeReport(outcome.result, to: report)
      written.append(report)
    }
    return written
  }

  private func write(_ outcome: RunSegmentation.Outcome, to folder: URL) async throws {
    let result = outcome.result
    let partition = result.method.partition
    let lists = CustomerLists(
      session: outcome.session, style: request.listStyle, partition: partition,
      hasEngagement: outcome.hasEngagement, hasModels: result.models != nil,
      identityColumns: outcome.identityColumns,
      hasReversals: result.imported.columns.cancelled, isCompact: outcome.isCompact,
      words: { localizer.text($0) })
    try await lists.writeTable(to: folder)
    let filled = result.segments.filter { $0.customers > 0 }
    try await lists.writeLists(filled.map(\.id), to: folder)
    if writesWorkbook(result.totals.customers) {
      try await lists.writeWorkbook(
        filled.map {
          ($0.id, localizer.text(SegmentAdvice.key($0.id, partition)), $0.customers)
        }, to: folder)
    }
    try await lists.writeQuarantine(to: folder)
    try RunJSON.encode(result).write(to: folder.appending(path: "segments.json"))
    if request.report == nil {
      try Data(RunReport.html(result, language: localizer.language).utf8)
        .write(to: folder.appending(path: "report.html"))
    }
  }

  private func writesWorkbook(_ customers: Int) -> Bool {
    switch request.workbooks {
    case .automatic: customers <= CustomerLists.workbookLimit
    case .always: true
    case .never: false
    }
  }

  private func writeReport(_ result: RunResult, to path: String) throws {
    let target = URL(fileURLWithPath: path)
    let html = try RunReport.html(result, language: localizer.language)
    do {
      try FileManager.default.createDirectory(
        at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      // Atomic: a temporary file beside it, then renamed.
      try Data(html.utf8).write(to: target, options: .atomic)
    } catch {
      throw PlatformError.cannotWrite(path, reason: systemReason(error))
    }
  }

  /// Foundation's own errors become one of ours; the others already are.
  private func writeError(_ error: any Error, _ path: String) -> any Error {
    error is any UserFacingError || error is CancellationError
      ? error : PlatformError.cannotWrite(path, reason: systemReason(error))
  }
}
