internal import Foundation
internal import SQLBuilder
package import Warehouse

/// One person or company of a workspace, whatever names she has.
package struct Person: Sendable, Hashable {
  /// Internal ids: the profile's own.
  package let customer: Int64
  /// The random public id, in lower case.
  package let subject: String
  /// person or company.
  package let kind: String
}

/// Finds people by what names them.
package struct PersonFinder: Sendable {
  private let session: any QuerySession
  private let key: WorkspaceKey?

  /// - Parameter key: tells that somebody unknown was erased; nil where there is none.
  package init(_ session: any QuerySession, key: WorkspaceKey?) {
    self.session = session
    self.key = key
  }

  /// The person that a public id or an external id names.
  ///
  /// - Parameter source: the system that the external id belongs to; nil for any.
  /// - Throws: `PrivacyError`: `.unknownPerson`, `.severalPeople`, `.gone`.
  package func person(_ name: String, source: String?) async throws -> Person {
    let name = name.trimmingCharacters(in: .whitespacesAndNewlines)
    let subject = UUID(uuidString: name)?.uuidString.lowercased()
    let filter: SQL = source.map { "AND i.source = \($0)" } ?? .empty
    let isSubject: SQL =
      subject.map {
        """
        c.customer_id IN (
          SELECT customer_id FROM quartier.profile_subject WHERE subject = CAST(\($0) AS UUID)) OR
        """
      } ?? .empty
    let rows = try await session.query(
      """
      SELECT c.customer_id, c.public_id::VARCHAR, c.kind FROM quartier.customer AS c
      WHERE \(isSubject) EXISTS (
        SELECT 1 FROM quartier.identifier AS i WHERE i.customer_id = c.customer_id \(filter)
          AND (i.value = \(name) OR i.type = 'email' AND i.value = lower(\(name))))
      ORDER BY c.customer_id LIMIT 20
      """
    ).rows
    let people = rows.compactMap { row -> Person? in
      guard let id = row[0].int, let subject = row[1].text else { return nil }
      return Person(customer: Int64(id), subject: subject, kind: row[2].text ?? "person")
    }
    guard let person = people.first else {
      if let instant = try await erased(name, subject, source) {
        throw PrivacyError.gone(at: instant)
      }
      throw PrivacyError.unknownPerson
    }
    guard people.count == 1 else { throw PrivacyError.severalPeople(people.map(\.subject)) }
    return person
  }

  /// When somebody of that name was erased.
  private func erased(_ name: String, _ subject: String?, _ source: String?) async throws -> Int64?
  {
    if let subject {
      let rows = try await session.query(
        "SELECT hidden_at FROM quartier.erasure WHERE subject = CAST(\(subject) AS UUID)"
      ).rows
      if let instant = rows.first?[0].microseconds { return instant }
    }
    guard let key, try await ErasedIdentifiers.areThere(session) else { return nil }
    let sources: [String]
    if let source {
      sources = [source]
    } else {
      sources = try await session.query("SELECT DISTINCT source FROM quartier.imports").rows
        .compactMap { $0[0].text }
    }
    var commitments = sources.flatMap { source in
      ["customer", "email"].map { type in
        key.erased.commitment(source: "\(source)", type: "\(type)", value: "\(name)")
      }
    }
    commitments.append(
      key.erased.commitment(
        source: ErasedIdentifiers.anySource, type: "'email'", value: "lower(\(name))"))
    return try await session.query(
      """
      SELECT max(e.hidden_at) FROM quartier.erasure AS e
      JOIN quartier.erased_identifier AS n ON n.erasure_id = e.erasure_id
      WHERE n.commitment IN (\(commitments.joined()))
      """
    ).rows.first?[0].microseconds
  }
}
