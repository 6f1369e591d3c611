package import CustomerSchema

/// What can go wrong with segments: their definitions, what is asked of them, their refresh.
package enum SegmentsError: Error, Sendable, Hashable {
  /// A definition file cannot be used; every problem found, in the order of the file, never empty.
  case definitions([DefinitionProblem])
  /// A file cannot be read, with the system's reason.
  case unreadable(file: String, reason: String)
  /// No segment has that name; the nearest names there are.
  case unknownSegment(String, nearest: [String])
  /// Deleting segments that others use: each with the names of those.
  case inUse(segment: String, by: [String])
  /// An instant before the one to which memberships have already been brought.
  case beforeLastRefresh(asked: String, last: String)
  /// A day after the instant to which memberships have been brought.
  case afterLastRefresh(asked: String, last: String)
  /// Something that needs memberships, in a workspace that has never been refreshed.
  case neverRefreshed
  /// What was kept cannot be read back: a rule of an older version of the language.
  case stored(segment: String, reason: String)
}

/// One problem of a definition file.
package struct DefinitionProblem: Sendable, Hashable {
  /// What and where; its location has line and column.
  package let message: UserMessage

  package init(_ message: UserMessage) { self.message = message }
}

extension SegmentsError: UserFacingError {
  package var userMessage: UserMessage {
    switch self {
    case .definitions(let problems):
      problems.first?.message ?? UserMessage("segments.file.empty")
    case .unreadable(let file, let reason):
      UserMessage("segments.file.unreadable", ["file": .text(file), "reason": .text(reason)])
    case .unknownSegment(let name, let nearest):
      nearest.isEmpty
        ? UserMessage("segments.unknown", ["name": .text(name)])
        : UserMessage("segments.unknown_near", ["name": .text(name), "nearest": .texts(nearest)])
    case .inUse(let segment, let users):
      UserMessage("segments.in_use", ["name": .text(segment), "users": .texts(users)])
    case .beforeLastRefresh(let asked, let last):
      UserMessage("segments.refresh.before", ["asked": .text(asked), "last": .text(last)])
    case .afterLastRefresh(let asked, let last):
      UserMessage("segments.after_refresh", ["asked": .text(asked), "last": .text(last)])
    case .neverRefreshed: UserMessage("segments.never_refreshed")
    case .stored(let segment, let reason):
      UserMessage("segments.stored", ["name": .text(segment), "reason": .text(reason)])
    }
  }

  /// The other problems of a definition file.
  package var furtherMessages: [UserMessage] {
    guard case .definitions(let problems) = self else { return [] }
    return problems.dropFirst().map(\.message)
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .unreadable: .environment
    case .stored: .internal
    default: .data
    }
  }
}
