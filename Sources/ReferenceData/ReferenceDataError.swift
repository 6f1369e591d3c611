package import CustomerSchema

/// Why a reference table cannot be used: the installation lacks it or it was changed.
package enum ReferenceDataError: UserFacingError, Sendable, Hashable {
  case missing(table: String)
  case corrupt(table: String)

  package var userMessage: UserMessage {
    switch self {
    case .missing(let table): UserMessage("reference.missing", ["table": .text(table)])
    case .corrupt(let table): UserMessage("reference.corrupt", ["table": .text(table)])
    }
  }

  package var exitStatus: ExitStatus { .environment }
}
