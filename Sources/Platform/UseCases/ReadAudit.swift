internal import Foundation
package import Privacy
internal import Warehouse

/// Who saw whom, and whether the log is as it was written.
package struct ReadAudit: Sendable {
  private let desk: PrivacyDesk

  package init(_ desk: PrivacyDesk) { self.desk = desk }

  /// `docs/schemas/privacy-audit-1.schema.json`.
  package struct Answer: Sendable, Encodable {
    package let schema = "quartier.privacy-audit/1"
    /// intact, changed or cut.
    package let chain: String
    /// The first entry that is not as it was, or the last one seen of a log cut off.
    package let at: Int?
    /// Entries in the log.
    package let total: Int?
    /// Those asked for, the newest first.
    package let entries: [AuditLog.Entry]
  }

  /// - Parameters:
  ///   - name: whose entries; nil for all.
  ///   - since: microseconds since the epoch.
  package func read(name: String?, since: Int64?, limit: Int) async throws -> Answer {
    var subject: String?
    if let name {
      do {
        subject = try await desk.person(name, source: nil).subject
      } catch PrivacyError.gone where UUID(uuidString: name) != nil {
        // Of somebody erased the log knows the public id only.
        subject = name
      }
    }
    let entries = try await desk.audit.entries(subject: subject, since: since, limit: limit)
    switch try await desk.audit.verify() {
    case .intact(let count):
      return Answer(chain: "intact", at: nil, total: count, entries: entries)
    case .changed(let entry):
      return Answer(chain: "changed", at: entry, total: nil, entries: entries)
    case .cut(let seen, let found):
      return Answer(chain: "cut", at: seen, total: found, entries: entries)
    }
  }
}
