import CustomerSchema
import DuckDBEngine
import Foundation
import Ingestion
import SQLBuilder
import Testing
import Warehouse

@testable import Identity

/// A store of its own with files to import and records to unify, removed when it goes away.
final class IdentityBench {
  let folder: String
  let session: any QuerySession
  var settings = IdentitySettings()
  /// 2024-06-01T00:00:00Z; grows by a second with everything that is done.
  private(set) var now: Int64 = 1_717_200_000_000_000

  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  init() async throws {
    folder = NSTemporaryDirectory() + "quartier-identity-" + UUID().uuidString
    try FileManager.default.createDirectory(
      atPath: folder + "/scratch", withIntermediateDirectories: true)
    session = try await DuckDBEngine(DuckDBEngine.Options(threads: 2)).session()
    try await Store.attach(folder + "/store.duckdb", to: session)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func tick() -> Int64 {
    now += 1_000_000
    return now
  }

  @discardableResult
  func bring(
    _ name: String, _ text: String, as kind: ImportKind, source: String, on day: String? = nil
  ) async throws -> FileImportReport {
    let path = folder + "/" + name
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return try await bring(file: path, as: kind, source: source, on: day)
  }

  @discardableResult
  func bring(
    file: String, as kind: ImportKind, source: String, on day: String? = nil
  ) async throws -> FileImportReport {
    var options = ImportOptions()
    options.currency = .euro
    options.dateOrder = .dmy
    let (settings, now) = (settings, tick())
    var importer = FileImporter(
      session: session, excelExtension: nil, scratchDirectory: folder + "/scratch",
      options: options)
    importer.settle = { (session, number) throws(WarehouseError) in
      try await ProfileGraph(session, settings, now: now).settle(import: number)
    }
    let exported = day.flatMap { LocalDate(iso: $0) }.map {
      Int64($0.daysSinceEpoch) * 86_400_000_000
    }
    return try await importer.run(
      FileImporter.Request(file: file, kind: kind, system: source, exportedAt: exported, now: now))
  }

  @discardableResult
  func resolve(isTrial: Bool = false) async throws -> ProfileResolution.Report {
    let now = tick()
    return try await ProfileResolution(
      session, settings, now: now,
      today: LocalDate(daysSinceEpoch: Int32(now / 86_400_000_000))
    ).run(author: "Claire", isTrial: isTrial)
  }

  var decisions: PairDecisions {
    PairDecisions(session, settings, now: tick(), author: "Claire")
  }

  var reading: ProfileReading { ProfileReading(session) }

  func find(_ written: String) async throws -> CustomerSearch.Found {
    try await CustomerSearch(session).find(written)
  }

  func areOne(_ one: String, _ other: String) async throws -> Bool {
    try await find(one).profile == find(other).profile
  }

  /// Rows as texts, for comparing at a glance.
  func texts(_ sql: SQL) async throws -> [String] {
    try await session.query(sql).rows.map { row in
      row.map { value in
        switch value {
        case .null: "–"
        case .text(let text): text
        case .int(let number): String(number)
        case .decimal(let number): number.description
        default: "\(value)"
        }
      }.joined(separator: " ")
    }
  }

  /// Everything that belongs to customers, of every table, as it is now.
  func state() async throws -> [String: [[SQLValue]]] {
    var state: [String: [[SQLValue]]] = [:]
    let tables =
      [
        "customer", "customer_alias", "profile_record", "identifier", "customer_attribute",
        "attribute_history",
      ] + StreamTables.all
    for table in tables {
      state[table] = try await session.query(
        "SELECT COLUMNS(c -> c <> 'public_id') FROM quartier.\(identifier: table) ORDER BY ALL"
      ).rows
    }
    return state
  }
}
