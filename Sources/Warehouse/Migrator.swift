internal import CustomerSchema
internal import Foundation
internal import SQLBuilder

/// One numbered change of the store's schema; never edited once released.
package struct Migration: Sendable, Hashable {
  package let version: Int
  package let name: String
  package let sql: String

  package init(version: Int, name: String, sql: String) {
    self.version = version
    self.name = name
    self.sql = sql
  }

  /// FNV-1a of the text, to notice a migration that was edited after it ran.
  package var checksum: Int64 {
    Int64(
      bitPattern: sql.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
  }

  /// The migrations shipped, in order. Files are named `0001-what.sql`.
  package static func shipped() throws(WarehouseError) -> [Migration] {
    let folder = ResourceLocator.current.folder(module: "Warehouse", development: Bundle.module)?
      .appending(path: "Migrations")
    guard let folder,
      let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    else { throw .unexpectedResult("the migrations that ship with Quartier are missing") }
    return files.compactMap { file -> Migration? in
      guard file.hasSuffix(".sql"), let version = Int(file.prefix(4)),
        let sql = try? String(contentsOf: folder.appending(path: file), encoding: .utf8)
      else { return nil }
      return Migration(
        version: version, name: String(file.dropFirst(5).dropLast(4)), sql: sql)
    }
    .sorted { $0.version < $1.version }
  }
}

/// Brings a store to the newest schema, one transaction per migration.
package struct Migrator: Sendable {
  private let migrations: [Migration]

  package init(_ migrations: [Migration]) { self.migrations = migrations }

  /// Applies what is missing to the session's current catalogue.
  ///
  /// - Returns: the versions applied now.
  /// - Throws: `storeTooNew`, `migrationChanged`, or the engine's refusal of a migration, which is
  ///   then rolled back as a whole.
  @discardableResult
  package func migrate(_ session: any QuerySession) async throws -> [Int] {
    try await session.execute(
      """
      CREATE TABLE IF NOT EXISTS schema_migrations (
        version INTEGER PRIMARY KEY, name VARCHAR NOT NULL, checksum BIGINT NOT NULL,
        applied_at TIMESTAMPTZ NOT NULL)
      """)
    let applied = try await session.query(
      "SELECT version, checksum FROM schema_migrations ORDER BY version"
    ).rows
    let known = migrations.last?.version ?? 0
    if let newest = applied.last?[0].int, newest > known {
      throw WarehouseError.storeTooNew(found: newest, known: known)
    }
    var done: [Int] = []
    for migration in migrations {
      if let row = applied.first(where: { $0[0].int == migration.version }) {
        guard row[1] == .int(migration.checksum) else {
          throw WarehouseError.migrationChanged(version: migration.version)
        }
        continue
      }
      try await session.transaction {
        try await session.execute(.resource(migration.sql))
        try await session.execute(
          """
          INSERT INTO schema_migrations VALUES (
            \(migration.version), \(migration.name), \(SQLValue.int(migration.checksum)),
            now())
          """)
      }
      done.append(migration.version)
    }
    return done
  }
}
