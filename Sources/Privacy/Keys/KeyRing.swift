internal import Crypto
package import Foundation
internal import SQLBuilder
package import Warehouse

/// Where the keys of workspaces lie: never in the workspace that they protect.
///
/// One file per workspace, `ID.key`, 32 random bytes in hexadecimal, readable by its owner only; and
/// `ID.head`, the last entry of the audit log as it was last seen.
package struct KeyRing: Sendable {
  package let folder: URL

  /// - Parameters:
  ///   - environment: `QUARTIER_KEYS` names the folder; otherwise it is `quartier/keys` in
  ///     `XDG_CONFIG_HOME` or in `.config` of the home folder.
  ///   - workspace: the folder that the keys must not lie in.
  /// - Throws: `PrivacyError.keyInWorkspace`.
  package init(environment: [String: String], workspace: String) throws(PrivacyError) {
    func filled(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
    if let folder = filled(environment["QUARTIER_KEYS"]) {
      self.folder = URL(fileURLWithPath: folder)
    } else {
      let base =
        filled(environment["XDG_CONFIG_HOME"]).map { URL(fileURLWithPath: $0) }
        ?? URL(fileURLWithPath: NSHomeDirectory()).appending(path: ".config")
      folder = base.appending(path: "quartier/keys")
    }
    let inside = folder.standardizedFileURL.resolvingSymlinksInPath().path + "/"
    let outer = URL(fileURLWithPath: workspace).standardizedFileURL.resolvingSymlinksInPath().path
    guard !inside.hasPrefix(outer + "/") else { throw .keyInWorkspace(path: folder.path) }
  }

  /// The key of an attached store.
  ///
  /// - Parameter creates: whether it is made where there is none; not where anything in the store
  ///   depends on one already.
  /// - Throws: `PrivacyError`: `.keyMissing`, `.keyUnreadable`, `.keyUnwritable`.
  package func key(
    of session: any QuerySession, creates: Bool
  ) async throws -> WorkspaceKey {
    let id =
      try await session.value(
        "SELECT workspace_id::VARCHAR FROM quartier.workspace_identity"
      ).text ?? ""
    let file = folder.appending(path: id + ".key")
    if FileManager.default.fileExists(atPath: file.path) {
      guard let text = try? String(contentsOf: file, encoding: .utf8),
        let bytes = Self.bytes(text.trimmingCharacters(in: .whitespacesAndNewlines)),
        bytes.count == 32
      else { throw PrivacyError.keyUnreadable(path: file.path) }
      return WorkspaceKey(bytes: bytes, head: folder.appending(path: id + ".head"))
    }
    let isNeeded =
      try await session.value(
        """
        SELECT (SELECT count(*) FROM quartier.erased_identifier)
          + (SELECT count(*) FROM quartier.audit_log)
        """
      ).int ?? 0
    guard creates, isNeeded == 0 else { throw PrivacyError.keyMissing(path: file.path) }
    let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
    do {
      let manager = FileManager.default
      try manager.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      let text = bytes.map { byte in
        String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
      }.joined()
      guard
        manager.createFile(
          atPath: file.path, contents: Data((text + "\n").utf8),
          attributes: [.posixPermissions: 0o600])
      else { throw PrivacyError.keyUnwritable(path: file.path, reason: "") }
    } catch let error as PrivacyError {
      throw error
    } catch {
      throw PrivacyError.keyUnwritable(
        path: file.path, reason: (error as NSError).localizedDescription)
    }
    return WorkspaceKey(bytes: bytes, head: folder.appending(path: id + ".head"))
  }

  private static func bytes(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}

/// The secret of one workspace.
package struct WorkspaceKey: Sendable {
  private let bytes: [UInt8]
  /// The file with the last audit entry that was seen.
  let head: URL

  init(bytes: [UInt8], head: URL) {
    self.bytes = bytes
    self.head = head
  }

  /// Recognises names of the erased. Each use of the key has a key of its own, so that one tells
  /// nothing of another.
  package var erased: ErasedIdentifiers { ErasedIdentifiers(key: derived("erased identifiers")) }

  /// HMAC-SHA-256 under the key for the audit log, in hexadecimal.
  func auditHash(_ text: String) -> String {
    let key = SymmetricKey(data: derived("audit log"))
    return HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }

  /// HKDF (RFC 5869) of the key.
  private func derived(_ purpose: String) -> [UInt8] {
    HKDF<SHA256>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: bytes), info: Data("quartier \(purpose)".utf8),
      outputByteCount: 32
    ).withUnsafeBytes { Array($0) }
  }
}
