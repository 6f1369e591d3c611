internal import CustomerSchema
package import Features
internal import Foundation
internal import ReferenceData
internal import SQLBuilder
internal import SegmentLanguage
internal import Warehouse

/// Describes the customers of a workspace as its settings ask.
struct WorkspaceDescription: Sendable {
  private let describer: CustomerDescriber
  private let clock: WorkspaceClock

  /// Reads what the settings name.
  ///
  /// - Throws: `PlatformError.storesUnreadable`, `.storeNowhere`, `.unknownTimeZone`.
  init(_ workspace: Workspace, _ session: any QuerySession) async throws {
    guard let clock = WorkspaceClock(timeZone: workspace.settings.timeZone) else {
      throw PlatformError.unknownTimeZone(workspace.settings.timeZone)
    }
    self.clock = clock
    var stores: [StoreLocation] = []
    if let list = workspace.settings.stores {
      let geography = try Geography.load()
      for store in try await list.stores(in: workspace.path, session) {
        guard let located = try store.located(by: geography) else {
          throw PlatformError.storeNowhere(store.name)
        }
        stores.append(located)
      }
    }
    describer = CustomerDescriber(
      stores: stores, suggestsSex: workspace.settings.firstNameSex)
  }

  /// - Parameters:
  ///   - session: with the store attached, outside a transaction.
  ///   - now: µs since the epoch.
  func run(_ session: any QuerySession, now: Int64) async throws -> CustomerDescriber.Report {
    try await describer.run(session, now: now, today: clock.day(of: now))
  }
}

/// The stores of a workspace: in its settings, or in a CSV file beside them.
package enum StoreList: Sendable, Hashable, Codable {
  case written([WrittenStore])
  /// A path, relative to the workspace.
  case file(String)

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let path = try? container.decode(String.self) {
      self = .file(path)
    } else {
      self = .written(try container.decode([WrittenStore].self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .written(let stores): try container.encode(stores)
    case .file(let path): try container.encode(path)
    }
  }

  /// A business with more branches than this has another way to find the nearest.
  private static let limit = 5_000

  func stores(in folder: String, _ session: any QuerySession) async throws -> [WrittenStore] {
    switch self {
    case .written(let stores): return stores
    case .file(let name):
      let path = URL(fileURLWithPath: name, relativeTo: URL(fileURLWithPath: folder + "/")).path
      guard FileManager.default.isReadableFile(atPath: path) else {
        throw PlatformError.storesUnreadable(path, reason: "")
      }
      return try Self.rows(try await Self.table(path, session), path)
    }
  }

  private static func table(
    _ path: String, _ session: any QuerySession
  ) async throws -> ResultTable {
    do throws(WarehouseError) {
      return try await session.query(
        """
        SELECT * FROM read_csv(\(literal: path), header = true, all_varchar = true)
        LIMIT \(limit + 1)
        """)
    } catch {
      throw PlatformError.storesUnreadable(path, reason: "CSV")
    }
  }

  private static let headers: [String: [String]] = [
    "name": ["name", "nom", "store", "magasin", "boutique", "agence"],
    "postal_code": ["postal_code", "code_postal", "cp", "zip", "postcode"],
    "city": ["city", "ville", "commune"],
    "latitude": ["latitude", "lat"], "longitude": ["longitude", "lon", "lng", "long"],
  ]

  private static func rows(_ table: ResultTable, _ path: String) throws -> [WrittenStore] {
    let names = table.columns.map { $0.lowercased().replacing(" ", with: "_") }
    func column(_ role: String) -> Int? {
      (headers[role] ?? []).lazy.compactMap { names.firstIndex(of: $0) }.first
    }
    guard let name = column("name") else {
      throw PlatformError.storesUnreadable(
        path, reason: "\(table.columns.joined(separator: ", ")) ≠ name, postal_code, city")
    }
    guard table.rows.count <= limit else {
      throw PlatformError.storesUnreadable(path, reason: "> \(limit)")
    }
    return table.rows.compactMap { row in
      func text(_ role: String) -> String? {
        column(role).flatMap { row[$0].text }.flatMap { $0.isEmpty ? nil : $0 }
      }
      func number(_ role: String) -> Double? {
        text(role).flatMap { Double($0.replacing(",", with: ".")) }
      }
      guard let store = row[name].text, !store.isEmpty else { return nil }
      return WrittenStore(
        name: store, postalCode: text("postal_code"), city: text("city"),
        latitude: number("latitude"), longitude: number("longitude"))
    }
  }
}
