import CustomerSchema
import DuckDBEngine
import Foundation
import SQLBuilder
import Testing
import Warehouse

@testable import Ingestion

/// A scratch folder with files to import, removed when it goes away.
final class Workbench {
  let folder: String
  let session: any QuerySession

  init() async throws {
    folder = NSTemporaryDirectory() + "quartier-ingestion-" + UUID().uuidString
    try FileManager.default.createDirectory(
      atPath: folder + "/scratch", withIntermediateDirectories: true)
    session = try await DuckDBEngine(DuckDBEngine.Options(threads: 2)).session()
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func write(_ name: String, _ text: String) throws -> String {
    try write(name, Array(text.utf8))
  }

  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let path = folder + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  func importer(
    _ orders: [String], customers: String? = nil, _ options: ImportOptions = ImportOptions()
  ) -> OrderImporter {
    OrderImporter(
      session: session, excelExtension: Repository.excelExtension,
      scratchDirectory: folder + "/scratch", orders: orders, customers: customers, options: options)
  }

  func stage(
    _ orders: [String], customers: String? = nil, _ options: ImportOptions = ImportOptions()
  ) async throws -> ImportReport {
    try await importer(orders, customers: customers, options).stage()
  }

  func value(_ sql: SQL) async throws -> SQLValue { try await session.value(sql) }
  func rows(_ sql: SQL) async throws -> [[SQLValue]] { try await session.query(sql).rows }

  /// The code of the error that staging throws; nil when it throws none.
  func failure(
    _ orders: [String], _ options: ImportOptions = ImportOptions()
  ) async throws -> UserMessage? {
    do {
      _ = try await stage(orders, options)
      return nil
    } catch let error as IngestionError {
      return error.userMessage
    }
  }
}

enum Repository {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
  static let excelExtension = root + "/third_party/duckdb/extensions/excel.duckdb_extension"
  static let cdnow = root + "/third_party/data/cdnow/CDNOW_master.txt"
  static let grocery = root + "/third_party/data/completejourney/transactions.parquet"
  /// A folder of data sets that may not be committed; nil where it is not at hand.
  static let data = ProcessInfo.processInfo.environment["QUARTIER_DATA"]
  static var onlineRetail: String { (data ?? "") + "/online_retail.parquet" }
}

func decimal(_ text: String) -> SQLValue {
  SQLDecimal(text).map { .decimal($0) } ?? .null
}
