internal import Foundation
internal import SQLBuilder
package import Warehouse

/// Who saw whom and who did what, in a log that shows when somebody changed it.
///
/// Each entry's hash is a keyed one over the entry and the hash before: without the key, which lies
/// outside the workspace, no entry can be changed, added in between or left out. The last entry seen
/// is written beside the key, so that an end cut off is noticed too.
package struct AuditLog: Sendable {
  private let session: any QuerySession
  private let key: WorkspaceKey

  package init(_ session: any QuerySession, key: WorkspaceKey) {
    self.session = session
    self.key = key
  }

  /// What people do that the log keeps.
  package enum Action: String, Sendable, Hashable, CaseIterable {
    case access, erase, rewrite, rectify, object, restrict, consent, members, breach, register
    case pseudonymise, retention, show
  }

  /// An entry.
  package struct Entry: Sendable, Hashable, Encodable {
    package let number: Int
    /// ISO 8601, UTC.
    package let at: String
    package let actor: String
    package let action: String
    /// The public id of whom it is about; nil for nobody or many.
    package let subject: String?
    package let detail: String
  }

  /// Adds an entry and notes it beside the key.
  ///
  /// - Parameter detail: numbers and names of segments, never personal data.
  package func record(
    _ action: Action, subject: String? = nil, detail: String = "", at instant: Int64
  ) async throws {
    try await add(action, subject: subject, detail: detail, at: instant)
    try await noteEnd()
  }

  /// Adds an entry inside a transaction; `noteEnd` follows once it is kept.
  package func add(
    _ action: Action, subject: String? = nil, detail: String = "", at instant: Int64
  ) async throws {
    let last = try await last()
    let number = (last?.number ?? 0) + 1
    let actor = NSUserName()
    let hash = key.auditHash(
      Self.text(
        last?.hash ?? "", number, instant, actor, action.rawValue, subject ?? "", detail))
    try await session.execute(
      """
      INSERT INTO quartier.audit_log VALUES (\(number), \(SQLValue.instant(instant)), \(actor),
        \(action.rawValue), CAST(\(subject.map { .text($0) } ?? SQLValue.null) AS UUID), \(detail),
        \(hash))
      """)
  }

  /// Notes the last entry beside the key.
  package func noteEnd() async throws {
    guard let last = try await last() else { return }
    try? Data("\(last.number) \(last.hash)\n".utf8).write(to: key.head, options: .atomic)
    try? FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: key.head.path)
  }

  /// Entries from the newest.
  package func entries(
    subject: String?, since: Int64?, limit: Int
  ) async throws -> [Entry] {
    var filters: [SQL] = ["true"]
    if let subject { filters.append("subject = CAST(\(subject) AS UUID)") }
    if let since { filters.append("happened_at >= \(SQLValue.instant(since))") }
    return try await session.query(
      """
      SELECT entry_id, happened_at, actor, action, subject::VARCHAR, detail FROM quartier.audit_log
      WHERE \(filters.joined(separator: " AND ")) ORDER BY entry_id DESC LIMIT \(limit)
      """
    ).rows.map { row in
      Entry(
        number: row[0].int ?? 0, at: InstantText.iso(row[1].microseconds ?? 0),
        actor: row[2].text ?? "", action: row[3].text ?? "", subject: row[4].text,
        detail: row[5].text ?? "")
    }
  }

  /// What the chain says.
  package enum Verdict: Sendable, Hashable {
    case intact(entries: Int)
    /// The first entry that is not as it was written.
    case changed(entry: Int)
    /// Entries up to this one were seen, and the log ends before or tells otherwise.
    case cut(seen: Int, found: Int)
  }

  /// Recomputes every hash.
  package func verify() async throws -> Verdict {
    let rows = try await session.query(
      """
      SELECT entry_id, happened_at, actor, action, subject::VARCHAR, detail, hash
      FROM quartier.audit_log ORDER BY entry_id
      """
    ).rows
    var previous = ""
    var hashes: [String] = []
    for (index, row) in rows.enumerated() {
      let hash = key.auditHash(
        Self.text(
          previous, index + 1, row[1].microseconds ?? 0, row[2].text ?? "", row[3].text ?? "",
          row[4].text ?? "", row[5].text ?? ""))
      guard row[0].int == index + 1, row[6].text == hash else { return .changed(entry: index + 1) }
      previous = hash
      hashes.append(hash)
    }
    if let seen = try? String(contentsOf: key.head, encoding: .utf8) {
      let parts = seen.split(whereSeparator: \.isWhitespace)
      if parts.count == 2, let number = Int(parts[0]) {
        guard number <= hashes.count, number < 1 || hashes[number - 1] == parts[1] else {
          return .cut(seen: number, found: hashes.count)
        }
      }
    }
    return .intact(entries: hashes.count)
  }

  private func last() async throws -> (number: Int, hash: String)? {
    let rows = try await session.query(
      "SELECT entry_id, hash FROM quartier.audit_log ORDER BY entry_id DESC LIMIT 1"
    ).rows
    return rows.first.map { ($0[0].int ?? 0, $0[1].text ?? "") }
  }

  /// What is hashed: the parts with their lengths, so that none can pass for another.
  private static func text(
    _ previous: String, _ number: Int, _ instant: Int64, _ actor: String, _ action: String,
    _ subject: String, _ detail: String
  ) -> String {
    [previous, String(number), String(instant), actor, action, subject, detail]
      .map { "\($0.utf8.count):\($0)" }.joined(separator: "\n")
  }
}
