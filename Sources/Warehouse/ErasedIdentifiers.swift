package import SQLBuilder

/// Knows again, by a key that the store does not have, the names of people who were erased.
///
/// A commitment is HMAC-SHA-256 (RFC 2104) of a name in its source, in hexadecimal: from the store
/// alone nobody can tell whose it is.
package struct ErasedIdentifiers: Sendable, Hashable {
  /// The key against the inner and the outer padding, in hexadecimal.
  private let inner: String
  private let outer: String

  /// - Parameter key: at most 64 bytes.
  package init(key: [UInt8]) {
    precondition(key.count <= 64, "a longer key would have to be hashed first")
    let block = key + Array(repeating: 0, count: 64 - key.count)
    inner = Self.hexadecimal(block.map { $0 ^ 0x36 })
    outer = Self.hexadecimal(block.map { $0 ^ 0x5C })
  }

  /// The commitment of a name: the source that it is unique in, its type and its value.
  package func commitment(source: SQL, type: SQL, value: SQL) -> SQL {
    let text: SQL = "concat(\(source), chr(31), \(type), chr(31), \(value))"
    return """
      sha256(unhex(\(outer)) || unhex(sha256(unhex(\(inner)) || encode(\(text)))))
      """
  }

  /// The source of names that mean one person in whatever system, such as addresses.
  package static let anySource: SQL = "'*'"

  /// Whether a name is that of somebody erased. `email` may be null.
  package func isErased(source: String, type: String, value: SQL, email: SQL) -> SQL {
    let own = commitment(source: "\(literal: source)", type: "\(literal: type)", value: value)
    let address: SQL = type == "email" ? "coalesce(\(email), \(value))" : email
    let everywhere = commitment(source: Self.anySource, type: "'email'", value: "lower(\(address))")
    return """
      (\(own) IN (SELECT commitment FROM quartier.erased_identifier)
        OR (\(address) IS NOT NULL
          AND \(everywhere) IN (SELECT commitment FROM quartier.erased_identifier)))
      """
  }

  /// Whether the store has forgotten anybody: without a key nothing may then be imported.
  package static func areThere(_ session: any QuerySession) async throws(WarehouseError) -> Bool {
    try await session.value("SELECT count(*) > 0 FROM quartier.erased_identifier").bool ?? false
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
