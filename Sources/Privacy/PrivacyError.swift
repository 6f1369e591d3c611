package import CustomerSchema
internal import Foundation

/// Why something about a person's data cannot be done. No case holds personal data.
package enum PrivacyError: Error, Sendable, Hashable {
  /// No customer has the identifier given.
  case unknownPerson
  /// Several customers have it; their public ids.
  case severalPeople([String])
  /// The person was erased; the instant, in microseconds since the epoch.
  case gone(at: Int64)
  /// The workspace's key is not where it should be.
  case keyMissing(path: String)
  case keyUnreadable(path: String)
  case keyUnwritable(path: String, reason: String)
  /// Keys may not lie in the workspace that they protect.
  case keyInWorkspace(path: String)
  case unknownAttribute(String, known: [String])
  /// The text is no value of the attribute; the attribute and its type.
  case wrongValue(attribute: String, type: String)
  /// A decision that was to be ended does not hold.
  case noDecision(String)
  /// The store cannot be replaced by its rewritten form.
  case rewriteFailed(path: String, reason: String)
  case noErasure
  /// The audit log is not as it was written; the entry, or the last one seen of a log cut off.
  case logChanged(entry: Int, isCut: Bool)
  /// The place for a copy is taken.
  case destinationTaken(String)
}

extension PrivacyError: UserFacingError {
  package var userMessage: UserMessage {
    switch self {
    case .unknownPerson: UserMessage("privacy.unknown_person")
    case .severalPeople(let ids):
      UserMessage("privacy.several_people", ["ids": .texts(ids), "count": .count(ids.count)])
    case .gone(let instant):
      UserMessage("privacy.gone", ["instant": .text(InstantText.iso(instant))])
    case .keyMissing(let path): UserMessage("privacy.key_missing", ["file": .text(path)])
    case .keyUnreadable(let path): UserMessage("privacy.key_unreadable", ["file": .text(path)])
    case .keyUnwritable(let path, let reason):
      UserMessage("privacy.key_unwritable", ["file": .text(path), "reason": .text(reason)])
    case .keyInWorkspace(let path):
      UserMessage("privacy.key_in_workspace", ["folder": .text(path)])
    case .unknownAttribute(let name, let known):
      UserMessage("privacy.unknown_attribute", ["attribute": .text(name), "known": .texts(known)])
    case .wrongValue(let attribute, let type):
      UserMessage(
        "privacy.wrong_value",
        ["attribute": .text(attribute), "type": .term("privacy.type.\(type)")])
    case .noDecision(let kind):
      UserMessage("privacy.no_decision", ["kind": .term("privacy.decision.\(kind)")])
    case .rewriteFailed(let path, let reason):
      UserMessage("privacy.rewrite_failed", ["file": .text(path), "reason": .text(reason)])
    case .noErasure: UserMessage("privacy.no_erasure")
    case .logChanged(let entry, false):
      UserMessage("privacy.log_changed", ["entry": .text(String(entry))])
    case .logChanged(let entry, true):
      UserMessage("privacy.log_cut", ["entry": .text(String(entry))])
    case .destinationTaken(let path):
      UserMessage("privacy.destination_taken", ["folder": .text(path)])
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .unknownPerson, .severalPeople, .gone, .noDecision, .noErasure, .logChanged:
      .data
    case .unknownAttribute, .wrongValue, .destinationTaken: .usage
    case .keyMissing, .keyUnreadable, .keyUnwritable, .keyInWorkspace, .rewriteFailed:
      .environment
    }
  }
}

/// Instants as texts.
package enum InstantText {
  /// `2024-02-29T23:59:59Z`: UTC, whole seconds.
  package static func iso(_ microseconds: Int64) -> String {
    let seconds = Double(microseconds) / 1_000_000
    return Date(timeIntervalSince1970: seconds.rounded(.down)).formatted(.iso8601)
  }
}
