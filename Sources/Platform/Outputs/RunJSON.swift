package import Foundation
package import Insights

/// Results as JSON: keys in snake case, sorted, so that two runs can be compared.
package enum RunJSON {
  package static func encode(_ result: RunResult) throws -> Data { try encode(any: result) }

  /// Any answer of a command, in the same form.
  package static func encode(any answer: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(answer)
  }
}
