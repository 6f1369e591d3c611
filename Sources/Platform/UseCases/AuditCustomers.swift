internal import CustomerSchema
package import Insights
internal import SQLBuilder
package import Warehouse

/// Tells who the customers of a workspace are today, and what can be done with what is known.
package struct AuditCustomers: Sendable {
  private let workspace: Workspace
  private let engine: any QueryEngine

  package init(_ workspace: Workspace, engine: any QueryEngine) {
    self.workspace = workspace
    self.engine = engine
  }

  /// `docs/schemas/audit-1.schema.json`.
  package struct Answer: Sendable, Encodable {
    package let schema = "quartier.audit/1"
    package let objective: AuditObjective?
    package let report: AuditReport
  }

  /// - Parameter objective: what is to be achieved; nil for a look at everything.
  /// - Throws: `WarehouseError`; `.locked` when another process holds the workspace.
  package func audit(objective: AuditObjective?) async throws -> Answer {
    let session = try await engine.session()
    try await Store.attach(workspace.storePath, to: session)
    let audit = WorkspaceAudit(
      session, currency: workspace.settings.currency.flatMap(CurrencyCode.init) ?? .euro,
      now: SegmentDesk.now)
    let report = try await audit.run(objective: objective)
    try await session.execute("DETACH quartier")
    return Answer(objective: objective, report: report)
  }
}
