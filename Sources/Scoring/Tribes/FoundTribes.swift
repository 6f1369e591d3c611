package import StatisticalModels

/// Found tribes as a workspace keeps them: what assigns a respondent, and their lasting numbers.
package struct FoundTribes: Sendable, Codable, Equatable {
  package let stored: StoredGroups
  /// The lasting number of each tribe, from 1.
  package let numbers: [Int]

  /// The questions that it reads, in order.
  var questions: [String] {
    guard case .latentClasses(let encoder, _) = stored.method else { return [] }
    return encoder.items.map(\.name)
  }
}
