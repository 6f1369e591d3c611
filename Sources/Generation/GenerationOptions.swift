package import CustomerSchema
package import ReferenceData

/// What is generated.
package struct GenerationOptions: Sendable, Hashable {
  /// People, of whom some have never bought.
  package var customers: Int
  /// The same seed gives the same bytes.
  package var seed: UInt64
  /// Also companies with their contacts and opportunities: one for ten people.
  package var includesCompanies = false
  /// The last day of the data; it never comes from the clock.
  package var lastDay = LocalDate(daysSinceEpoch: 20_453)
  /// Years of history before it.
  package var years = 3

  /// - Precondition: `customers` is at least 1.
  package init(customers: Int, seed: UInt64) {
    precondition(customers > 0, "a base has people")
    self.customers = customers
    self.seed = seed
  }

  var firstDay: LocalDate { lastDay.adding(months: -12 * years) }
}

/// Why nothing could be generated.
package enum GenerationError: UserFacingError, Sendable, Hashable {
  /// The folder has files already: nothing is overwritten.
  case folderNotEmpty(String)
  case cannotWrite(file: String, reason: String)
  case reference(ReferenceDataError)

  package var userMessage: UserMessage {
    switch self {
    case .folderNotEmpty(let folder):
      UserMessage("generate.folder_not_empty", ["folder": .text(folder)])
    case .cannotWrite(let file, let reason):
      UserMessage("output.cannot_write", ["file": .text(file), "reason": .text(reason)])
    case .reference(let error): error.userMessage
    }
  }

  package var exitStatus: ExitStatus { .environment }
}
