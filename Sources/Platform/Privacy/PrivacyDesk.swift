internal import Foundation
package import Privacy
internal import SQLBuilder
package import Warehouse

/// A workspace opened for people's rights: every use case on privacy begins here.
package struct PrivacyDesk: Sendable {
  package let workspace: Workspace
  package let session: any QuerySession
  package let key: WorkspaceKey
  /// Microseconds since the epoch.
  package let now: Int64

  /// Opens the workspace's store and finds its key, or makes one.
  ///
  /// - Throws: `PrivacyError`, `WarehouseError`, `PlatformError`.
  package init(
    _ workspace: Workspace, engine: any QueryEngine, now: Int64 = SegmentDesk.now,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) async throws {
    let session = try await engine.session()
    try await Store.attach(workspace.storePath, to: session)
    try await self.init(workspace, session: session, now: now, environment: environment)
  }

  /// For a session that has the store already.
  package init(
    _ workspace: Workspace, session: any QuerySession, now: Int64 = SegmentDesk.now,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) async throws {
    self.workspace = workspace
    self.session = session
    self.now = now
    key = try await KeyRing(environment: environment, workspace: workspace.path)
      .key(of: session, creates: true)
  }

  package var audit: AuditLog { AuditLog(session, key: key) }

  /// The person that an id names.
  ///
  /// - Throws: `PrivacyError`: `.unknownPerson`, `.severalPeople`, `.gone`.
  package func person(_ name: String, source: String?) async throws -> Person {
    try await PersonFinder(session, key: key).person(name, source: source)
  }
}

extension Workspace {
  /// Takes those who may not be profiled out of a table of a run.
  func withdraw(
    from table: String, deletes: Bool, in session: any QuerySession
  ) async throws {
    try await Store.attach(storePath, to: session)
    try await RunWithdrawal(session, erased: try await erased(session))
      .run(on: table, deletes: deletes)
    try await session.execute("DETACH quartier")
  }

  /// Knows the names of people who were erased; nil where nobody was.
  ///
  /// - Throws: `PrivacyError.keyMissing`: without the key they would come back.
  func erased(
    _ session: any QuerySession,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) async throws -> ErasedIdentifiers? {
    guard try await ErasedIdentifiers.areThere(session) else { return nil }
    return try await KeyRing(environment: environment, workspace: path)
      .key(of: session, creates: false).erased
  }
}
