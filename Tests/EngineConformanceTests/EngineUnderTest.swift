import DuckDBEngine
import Foundation
import Testing
import Warehouse

/// An engine that has to pass the suite. A new engine is one more case.
struct EngineUnderTest: Sendable, CustomTestStringConvertible {
  let name: String
  /// Opens a store at a path, or one in memory without a path.
  let open: @Sendable (_ path: String?) throws -> any QueryEngine

  var testDescription: String { name }

  static let all = [
    EngineUnderTest(name: "DuckDB") { path in
      try DuckDBEngine(DuckDBEngine.Options(path: path, threads: 2))
    }
  ]

  func session() async throws -> any QuerySession { try await open(nil).session() }
}

/// A folder that is removed at the end of a test.
struct TemporaryFolder: ~Copyable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "quartier-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path }
}
