import Foundation
import Testing

/// Rows of a CSV fixture without quotes, header left out.
func fixture(_ name: String) throws -> [[String]] {
  let file = try #require(
    Bundle.module.url(forResource: "Fixtures/" + name, withExtension: nil))
  return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().map {
    $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }
}
