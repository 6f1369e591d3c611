internal import Foundation
package import Privacy
internal import SQLBuilder
internal import Warehouse

/// Erases people and rewrites the store.
package struct ErasePerson: Sendable {
  private let desk: PrivacyDesk

  package init(_ desk: PrivacyDesk) { self.desk = desk }

  /// `docs/schemas/privacy-erase-1.schema.json`.
  package struct Answer: Sendable, Encodable {
    package let schema = "quartier.privacy-erase/1"
    package let certificates: [ErasureCertificate]
    /// Erasures whose bytes wait for the rewrite.
    package let waiting: Int
  }

  /// Hides a person at once.
  ///
  /// - Parameter rewrites: whether the store is rewritten now; within 24 hours otherwise.
  /// - Throws: `PrivacyError`, `WarehouseError`: nothing has then been erased, or the person is
  ///   hidden and the rewrite is still to be done.
  package func erase(
    _ name: String, source: String?, rewrites: Bool
  ) async throws -> Answer {
    let person = try await desk.person(name, source: source)
    let hidden = try await Erasure(desk.session, key: desk.key, now: desk.now)
      .hide("SELECT \(SQLValue.int(person.customer))", ground: .request)
    return try await finish(hidden, rewrites: rewrites)
  }

  /// Rewrites the store for all that waits.
  ///
  /// - Throws: `PrivacyError.noErasure` when nothing waits.
  package func rewriteWaiting() async throws -> Answer {
    let record = ErasureRecord(desk.session)
    guard try await record.waiting() > 0 else { throw PrivacyError.noErasure }
    let numbers = try await record.certificates().filter { $0.goneAt == nil }.map(\.number)
    try await rewrite()
    return Answer(certificates: try await record.certificates(numbers: numbers), waiting: 0)
  }

  func finish(_ hidden: Erasure.Hidden, rewrites: Bool) async throws -> Answer {
    let record = ErasureRecord(desk.session)
    // Before the store is looked through itself, it is rewritten.
    if rewrites { try await rewrite() }
    let scan = ByteScan(hidden.telling)
    let own: Set<String> = [desk.workspace.storePath, desk.workspace.storePath + ".wal"]
    var copies = try await record.knownCopies()
    let known = Set(copies.map(\.path))
    for file in ByteScan.files(below: desk.workspace.path)
    where !own.contains(file) && scan.isFound(inFile: file) == true {
      if known.contains(file) { copies.removeAll { $0.path == file } }
      copies.append(OutsideCopy(path: file, kind: .found))
    }
    try await record.note(copies, of: hidden.erasures)
    return Answer(
      certificates: try await record.certificates(numbers: hidden.erasures),
      waiting: try await record.waiting())
  }

  func rewrite() async throws {
    let record = ErasureRecord(desk.session)
    let count = try await record.waiting()
    try await StoreRewrite(desk.session, path: desk.workspace.storePath).run()
    try await record.conclude(at: SegmentDesk.now)
    try await desk.audit.record(.rewrite, detail: "erasures: \(count)", at: SegmentDesk.now)
  }

  /// `docs/schemas/privacy-certificate-1.schema.json`.
  package struct Certificates: Sendable, Encodable {
    package let schema = "quartier.privacy-certificate/1"
    package let certificates: [ErasureCertificate]
  }

  /// Certificates of a person who was erased, or of all.
  ///
  /// - Parameter subject: the random public id that she had.
  package func certificates(subject: String?) async throws -> Certificates {
    if let subject, UUID(uuidString: subject) == nil { throw PrivacyError.unknownPerson }
    let found = try await ErasureRecord(desk.session).certificates(subject: subject)
    guard subject == nil || !found.isEmpty else { throw PrivacyError.noErasure }
    return Certificates(certificates: found)
  }
}
