package import CustomerSchema

/// Why profiles could not be resolved, decided or shown.
package enum IdentityError: Error, Sendable, Hashable {
  /// `identity.yaml` cannot be understood.
  case settingsUnreadable(file: String, line: Int?, reason: String)
  /// No customer has this id.
  case customerUnknown(String)
  /// Several customers have this id: in several systems.
  case customerAmbiguous(String)
  /// No pair has this number.
  case pairUnknown(Int)
  /// The pair was decided already.
  case pairDecided(Int)
  /// No run has this number.
  case runUnknown(Int)
  case runUndone(Int)
  /// Nothing was done that could be undone.
  case nothingToUndo
  /// The record is not part of that profile.
  case notInProfile(String)
  /// The profile has one record only.
  case singleRecord(String)
  /// Somebody has said that two of these records are not the same.
  case saidApart(Int)
}

extension IdentityError: UserFacingError {
  package var userMessage: UserMessage {
    switch self {
    case .settingsUnreadable(let file, let line, let reason):
      UserMessage(
        "identity.settings.unreadable", ["reason": .text(reason)],
        at: SourceLocation(file: file, line: line))
    case .customerUnknown(let id): UserMessage("identity.customer.unknown", ["id": .text(id)])
    case .customerAmbiguous(let id): UserMessage("identity.customer.ambiguous", ["id": .text(id)])
    case .pairUnknown(let pair): UserMessage("identity.pair.unknown", ["pair": .text("\(pair)")])
    case .pairDecided(let pair): UserMessage("identity.pair.decided", ["pair": .text("\(pair)")])
    case .runUnknown(let run): UserMessage("identity.run.unknown", ["run": .text("\(run)")])
    case .runUndone(let run): UserMessage("identity.run.undone", ["run": .text("\(run)")])
    case .nothingToUndo: UserMessage("identity.undo.nothing")
    case .notInProfile(let id): UserMessage("identity.split.not_in_profile", ["id": .text(id)])
    case .singleRecord(let id): UserMessage("identity.split.single", ["id": .text(id)])
    case .saidApart(let pair): UserMessage("identity.pair.apart", ["pair": .text("\(pair)")])
    }
  }

  package var exitStatus: ExitStatus { .data }
}
