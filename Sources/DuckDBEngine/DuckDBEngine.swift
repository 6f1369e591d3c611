internal import CDuckDB
internal import Foundation
package import Warehouse

/// DuckDB, embedded in the process: one database, any number of sessions.
package final class DuckDBEngine: QueryEngine {
  /// Where a database lives and how much it may use.
  package struct Options: Sendable, Hashable {
    /// The store's file; nil for a database in memory.
    package var path: String?
    /// Bytes of memory before spilling; nil for the engine's own default (80 % of the machine).
    package var memoryLimit: Int?
    /// Worker threads; nil for one per core.
    package var threads: Int?
    /// Where spilled data goes; nil for the engine's own choice.
    package var temporaryDirectory: String?
    /// Whether rows keep the order in which they are inserted and read.
    package var preservesInsertionOrder: Bool
    /// Whether the file is opened without the right to change it.
    package var readOnly: Bool

    package init(
      path: String? = nil, memoryLimit: Int? = nil, threads: Int? = nil,
      temporaryDirectory: String? = nil, preservesInsertionOrder: Bool = true,
      readOnly: Bool = false
    ) {
      self.path = path
      self.memoryLimit = memoryLimit
      self.threads = threads
      self.temporaryDirectory = temporaryDirectory
      self.preservesInsertionOrder = preservesInsertionOrder
      self.readOnly = readOnly
    }

    fileprivate var settings: [(String, String)] {
      var result = [
        ("preserve_insertion_order", preservesInsertionOrder ? "true" : "false"),
        // Extensions come from the set-up only, never from the network at run time.
        ("autoinstall_known_extensions", "false"),
        ("autoload_known_extensions", "false"),
        ("access_mode", readOnly ? "READ_ONLY" : "AUTOMATIC"),
      ]
      if let memoryLimit { result.append(("memory_limit", "\(memoryLimit)B")) }
      if let threads { result.append(("threads", String(threads))) }
      if let temporaryDirectory { result.append(("temp_directory", temporaryDirectory)) }
      return result
    }
  }

  private let database: DatabaseHandle

  /// Opens or creates the database.
  ///
  /// - Throws: `WarehouseError.engine`: `.locked` when another process has it open, `.permission`,
  ///   `.inputOutput` when the path cannot be used or is not a DuckDB file.
  package init(_ options: Options = Options()) throws(WarehouseError) {
    database = try DatabaseHandle(path: options.path, settings: options.settings)
  }

  package var dialect: SQLDialect { .duckDB }

  package func session() async throws(WarehouseError) -> any QuerySession {
    try DuckDBSession(database)
  }

  /// The version of the native library, such as `v1.5.5`.
  package static var libraryVersion: String { String(cString: duckdb_library_version()) }
}

/// Owns the native database; closed with the last session that holds it.
// DuckDB's database handle may be used from any thread; the pointer never changes after init.
final class DatabaseHandle: @unchecked Sendable {
  let raw: duckdb_database?

  init(path: String?, settings: [(String, String)]) throws(WarehouseError) {
    var config: duckdb_config?
    guard duckdb_create_config(&config) == DuckDBSuccess else {
      throw .engine(.internal, reason: "no configuration could be made")
    }
    defer { duckdb_destroy_config(&config) }
    for (name, value) in settings
    where duckdb_set_config(config, name, value) != DuckDBSuccess {
      throw .engine(.statement, reason: "DuckDB has no option \(name)")
    }
    var database: duckdb_database?
    var message: UnsafeMutablePointer<CChar>?
    guard duckdb_open_ext(path, &database, config, &message) == DuckDBSuccess else {
      defer { duckdb_free(message) }
      throw .fromDuckDB(message.map { String(cString: $0) } ?? "the database cannot be opened")
    }
    raw = database
  }

  deinit {
    var database = raw
    duckdb_close(&database)
  }
}

extension WarehouseError {
  /// Sorts DuckDB's messages ("Kind Error: reason") into the failures that callers tell apart.
  static func fromDuckDB(_ message: String) -> WarehouseError {
    if message.hasPrefix("INTERRUPT") { return .cancelled }
    let lowercased = message.lowercased()
    let failure: EngineFailure =
      if lowercased.contains("no space left on device")
        || lowercased.contains("failed to offload data block")
      {
        .diskFull
      } else if lowercased.contains("could not set lock on file") {
        .locked
      } else if lowercased.contains("permission denied") {
        .permission
      } else {
        switch message.prefix(while: { $0 != ":" }) {
        case "Parser Error", "Catalog Error", "Binder Error", "Syntax Error", "Permission Error":
          .statement
        case "Constraint Error": .constraint
        case "IO Error", "HTTP Error": .inputOutput
        case "Out of Memory Error": .outOfMemory
        case "TransactionContext Error": .conflict
        case "INTERNAL Error", "FATAL Error": .internal
        default: .data
        }
      }
    return .engine(failure, reason: message)
  }
}
