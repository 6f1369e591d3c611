/// Numbers of all customers, frozen at a refresh, that rules are told against until the next.
package struct PopulationSnapshot: Sendable, Hashable, Codable {
  /// By `PopulationRequirement.key`; a requirement without an entry has no value: no customer had
  /// one.
  package var values: [String: Double]

  package init(values: [String: Double] = [:]) { self.values = values }

  package static let empty = PopulationSnapshot()
}
