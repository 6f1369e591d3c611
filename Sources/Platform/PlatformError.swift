package import CustomerSchema

/// What can go wrong between the modules: the environment and the person's request.
package enum PlatformError: Error, Hashable {
  /// A folder or file cannot be made or written, with the system's reason.
  case cannotWrite(String, reason: String)
  /// The output would overwrite one of the sources.
  case outputIsSource(String)
  case noPurchases(asOf: LocalDate)
  case notAWorkspace(String)
  case workspaceExists(String)
  case settingsUnreadable(String, line: Int?, reason: String)
  case missing(String)
  case unknownTimeZone(String)
  /// An instant that has not come yet.
  case futureInstant(String)
  /// No run can be read there: not a `segments.json`, or a workspace without a run.
  case runUnreadable(String)
  /// A model command without files and outside any workspace.
  case nothingToModel
  /// A model command with both.
  case filesAndWorkspace
  /// A file of stores that cannot be read as one, with what is wrong.
  case storesUnreadable(String, reason: String)
  /// A store that neither a postal code, a city nor coordinates place.
  case storeNowhere(String)
}

extension PlatformError: UserFacingError {
  package var userMessage: UserMessage {
    switch self {
    case .cannotWrite(let path, let reason):
      UserMessage("output.cannot_write", ["file": .text(path), "reason": .text(reason)])
    case .outputIsSource(let path): UserMessage("output.is_source", ["file": .text(path)])
    case .noPurchases(let asOf): UserMessage("run.no_purchases", ["date": .date(asOf)])
    case .notAWorkspace(let path): UserMessage("workspace.none", ["folder": .text(path)])
    case .workspaceExists(let path): UserMessage("workspace.exists", ["folder": .text(path)])
    case .settingsUnreadable(let path, let line, let reason):
      UserMessage(
        "workspace.settings", ["reason": .text(reason)],
        at: SourceLocation(file: path, line: line))
    case .storesUnreadable(let path, let reason):
      UserMessage("workspace.stores", ["file": .text(path), "reason": .text(reason)])
    case .storeNowhere(let name): UserMessage("workspace.store.nowhere", ["store": .text(name)])
    case .missing(let what): UserMessage("environment.resource.missing", ["file": .text(what)])
    case .runUnreadable(let path): UserMessage("run.unreadable", ["file": .text(path)])
    case .futureInstant(let instant):
      UserMessage("segments.refresh.future", ["asked": .text(instant)])
    case .nothingToModel: UserMessage("model.no_source")
    case .filesAndWorkspace: UserMessage("model.two_sources")
    case .unknownTimeZone(let name): UserMessage("run.time_zone", ["zone": .text(name)])
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .cannotWrite, .missing: .environment
    case .noPurchases, .notAWorkspace, .settingsUnreadable, .runUnreadable, .storesUnreadable,
      .storeNowhere:
      .data
    case .outputIsSource, .workspaceExists, .unknownTimeZone, .futureInstant, .nothingToModel,
      .filesAndWorkspace:
      .usage
    }
  }
}
