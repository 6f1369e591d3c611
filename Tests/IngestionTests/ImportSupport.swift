import CustomerSchema
import DuckDBEngine
import Foundation
import SQLBuilder
import Testing
import Warehouse

@testable import Ingestion

/// A store of its own with files to import, removed when it goes away.
final class ImportBench {
  let bench: Workbench
  private let folder: String
  var session: any QuerySession { bench.session }
  /// 2024-06-01T00:00:00Z; grows by a second with every import.
  private var now: Int64 = 1_717_200_000_000_000

  init() async throws {
    bench = try await Workbench()
    folder = bench.folder
    try await Store.attach(folder + "/store.duckdb", to: bench.session)
  }

  func write(_ name: String, _ text: String) throws -> String { try bench.write(name, text) }

  @discardableResult
  func bring(
    _ file: String, as kind: ImportKind? = nil, source: String = "main", on day: String? = nil,
    replays: Int? = nil, _ options: ImportOptions = ImportOptions()
  ) async throws -> FileImportReport {
    now += 1_000_000
    var options = options
    options.currency = options.currency ?? .euro
    let importer = FileImporter(
      session: session, excelExtension: Repository.excelExtension,
      scratchDirectory: folder + "/scratch", options: options)
    let exported = day.flatMap { LocalDate(iso: $0) }.map {
      Int64($0.daysSinceEpoch) * 86_400_000_000
    }
    return try await importer.run(
      FileImporter.Request(
        file: file, kind: kind, system: source, exportedAt: exported, now: now, replays: replays))
  }

  /// The code of the error that an import throws; nil when it throws none.
  func failure(
    _ file: String, as kind: ImportKind? = nil, _ options: ImportOptions = ImportOptions()
  ) async throws -> String? {
    do {
      try await bring(file, as: kind, options)
      return nil
    } catch let error as IngestionError {
      return error.userMessage.code
    }
  }

  func rows(_ sql: SQL) async throws -> [[SQLValue]] { try await session.query(sql).rows }

  /// Rows as texts, for comparing at a glance.
  func texts(_ sql: SQL) async throws -> [String] {
    try await rows(sql).map { row in
      row.map { value in
        switch value {
        case .null: "–"
        case .text(let text): text
        case .int(let number): String(number)
        case .decimal(let number): number.description
        case .bool(let truth): truth ? "true" : "false"
        default: "\(value)"
        }
      }.joined(separator: " ")
    }
  }
}
