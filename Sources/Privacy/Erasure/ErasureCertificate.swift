internal import Foundation

/// What an erasure removed, when, and what Quartier cannot reach.
package struct ErasureCertificate: Sendable, Hashable, Codable {
  package let number: Int
  /// The random public id that the person had.
  package let subject: String
  /// request or retention.
  package let ground: String
  /// Instants in ISO 8601, UTC: from when on nobody saw the person, until when the bytes are to be
  /// gone, and when they were.
  package let hiddenAt: String
  package let dueAt: String
  package let goneAt: String?
  /// Rows removed, by table.
  package let removed: [String: Int]
  /// Copies that Quartier does not keep.
  package let outside: [OutsideCopy]
}

/// A file that may have an erased person still.
package struct OutsideCopy: Sendable, Hashable, Codable {
  package enum Kind: String, Sendable, Hashable, Codable {
    /// One of her identifiers was found in its bytes.
    case found
    /// A file that was imported and is still there.
    case source
    /// A copy of the store that Quartier made.
    case copy
  }
  package let path: String
  package let kind: Kind

  package init(path: String, kind: Kind) {
    self.path = path
    self.kind = kind
  }
}
