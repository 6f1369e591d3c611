import Foundation
import SQLBuilder
import Testing
import Warehouse

@testable import Privacy

@Suite struct `The audit log` {
  private func filled() async throws -> Base {
    let base = try await Base()
    let log = AuditLog(base.session, key: base.key)
    for index in 1...5 {
      try await log.record(.members, detail: "segment \(index)", at: Int64(index) * 1_000_000)
    }
    return base
  }

  @Test func `an untouched log is intact and tells the newest first`() async throws {
    let base = try await filled()
    let log = AuditLog(base.session, key: base.key)
    #expect(try await log.verify() == .intact(entries: 5))
    let entries = try await log.entries(subject: nil, since: 3_000_000, limit: 2)
    #expect(entries.map(\.number) == [5, 4] && entries.allSatisfy { $0.actor == NSUserName() })
  }

  @Test(arguments: [
    ("UPDATE quartier.audit_log SET detail = 'other' WHERE entry_id = 3", 3),
    ("UPDATE quartier.audit_log SET actor = 'nobody' WHERE entry_id = 1", 1),
    ("UPDATE quartier.audit_log SET happened_at = now() WHERE entry_id = 5", 5),
    ("DELETE FROM quartier.audit_log WHERE entry_id = 2", 2),
  ])
  func `what was changed is told`(statement: String, entry: Int) async throws {
    let base = try await filled()
    try await base.session.execute(.resource(statement))
    let log = AuditLog(base.session, key: base.key)
    #expect(try await log.verify() == .changed(entry: entry))
  }

  @Test func `an end that was cut off is told`() async throws {
    let base = try await filled()
    try await base.session.execute("DELETE FROM quartier.audit_log WHERE entry_id > 3")
    let log = AuditLog(base.session, key: base.key)
    #expect(try await log.verify() == .cut(seen: 5, found: 3))
  }
}
