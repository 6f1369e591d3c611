package import Foundation
package import Insights

/// A run's result as JSON: keys in snake case, sorted, so that two runs can be compared.
package enum RunJSON {
  package static func encode(_ result: RunResult) throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(result)
  }
}
