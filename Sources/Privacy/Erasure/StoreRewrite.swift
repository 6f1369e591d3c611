internal import Foundation
internal import SQLBuilder
package import Warehouse

/// Writes a store anew with what it holds now, and nothing of what it held.
///
/// An engine that deletes rows leaves their bytes in the file until something else takes the room.
/// The new file takes the old one's place in one step: a crash leaves the old store or the new one.
package struct StoreRewrite: Sendable {
  private let session: any QuerySession
  private let path: String

  /// - Parameters:
  ///   - session: with the store attached.
  ///   - path: the store's file.
  package init(_ session: any QuerySession, path: String) {
    self.session = session
    self.path = path
  }

  private var newPath: String { path + ".rewrite" }

  /// Rewrites the store and attaches the new one in place of the old.
  ///
  /// - Throws: `WarehouseError`; `PrivacyError.rewriteFailed`: the old store is then still there.
  package func run() async throws {
    let manager = FileManager.default
    removeLeftovers()
    let wasCurrent = try await session.value("SELECT current_database()").text == Store.catalogue
    if wasCurrent { try await session.execute("USE memory") }
    try await session.execute("CHECKPOINT quartier")
    try await Store.attachNew(newPath, as: "rewritten", to: session)
    try? manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: newPath)
    do {
      try await session.execute("COPY FROM DATABASE quartier TO rewritten")
      try await session.execute("CHECKPOINT rewritten")
      try await session.execute("DETACH rewritten")
    } catch {
      _ = try? await session.execute("DETACH rewritten")
      removeLeftovers()
      throw error
    }
    try replace()
    try await session.execute("DETACH quartier")
    try? manager.removeItem(atPath: path + ".wal")
    try await Store.attach(path, to: session)
    if wasCurrent { try await session.execute("USE quartier") }
  }

  /// Moves the new file into place, once it is on the disk for good.
  private func replace() throws {
    func fail(_ code: Int32) -> PrivacyError {
      removeLeftovers()
      return .rewriteFailed(path: path, reason: String(cString: strerror(code)))
    }
    let file = open(newPath, O_RDONLY)
    guard file >= 0 else { throw fail(errno) }
    defer { close(file) }
    guard fsync(file) == 0, rename(newPath, path) == 0 else { throw fail(errno) }
    let folder = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  /// What an interrupted command may have left: a half-written copy, spilled data.
  private func removeLeftovers() {
    let manager = FileManager.default
    for leftover in [newPath, newPath + ".wal", newPath + ".tmp", path + ".tmp"] {
      try? manager.removeItem(atPath: leftover)
    }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    func remove(_ prefix: String, in folder: URL) {
      let names = (try? manager.contentsOfDirectory(atPath: folder.path)) ?? []
      for name in names where name.hasPrefix(prefix) {
        try? manager.removeItem(at: folder.appending(path: name))
      }
    }
    remove(".quartier-partial-", in: folder)
    // Where an engine in memory spills.
    remove("duckdb_temp_", in: folder.appending(path: ".tmp"))
  }
}
