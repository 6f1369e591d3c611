internal import CustomerSchema
internal import SQLBuilder

/// A workspace's lasting tables, attached to a session under one fixed catalogue name.
package enum Store {
  /// The catalogue name; `quartier.runs` is a table of the store wherever it was opened.
  package static let catalogue = "quartier"

  /// Attaches the store's file, making it when there is none, and brings it to the newest schema.
  ///
  /// - Throws: `WarehouseError`: `.locked` when another process holds it, `storeTooNew`.
  package static func attach(_ path: String, to session: any QuerySession) async throws {
    try await session.execute("ATTACH \(literal: path) AS \(identifier: catalogue)")
    let home = try await session.value("SELECT current_database()").text ?? "memory"
    try await session.execute("USE \(identifier: catalogue)")
    try await Migrator(Migration.shipped()).migrate(session)
    try await session.execute("USE \(identifier: home)")
  }

  /// Attaches a new, empty file to which a store is to be copied.
  package static func attachNew(
    _ path: String, as name: String, to session: any QuerySession
  ) async throws {
    try await session.execute("ATTACH \(literal: path) AS \(identifier: name)")
  }
}
