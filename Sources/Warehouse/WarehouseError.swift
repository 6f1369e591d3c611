package import CustomerSchema

/// What can go wrong between Quartier and a query engine or its store.
package enum WarehouseError: Error, Sendable, Hashable {
  /// The engine refused or failed a statement, with its own reason.
  case engine(EngineFailure, reason: String)
  /// The calling task was cancelled and the statement interrupted.
  case cancelled
  /// A query that has to give rows or columns did not.
  case unexpectedResult(String)
  /// The store was written by a newer version: its schema version and the newest one known.
  case storeTooNew(found: Int, known: Int)
  /// A migration that the store has already run is not the one shipped.
  case migrationChanged(version: Int)
}

/// The kinds of engine failure that callers treat differently.
package enum EngineFailure: String, Sendable, Hashable, CaseIterable {
  /// The statement cannot be parsed or names something that does not exist.
  case statement
  /// A value cannot be converted, a division or range failed, or input data is malformed.
  case data
  /// A uniqueness, foreign-key, check or not-null constraint is violated.
  case constraint
  /// A file cannot be opened, read or written.
  case inputOutput
  /// No space is left on the disk.
  case diskFull
  /// The file is not allowed to be read or written.
  case permission
  /// Another process holds the store.
  case locked
  /// The memory limit is reached and spilling did not help.
  case outOfMemory
  /// Two transactions changed the same rows.
  case conflict
  /// A failure inside the engine itself.
  case `internal`
}

extension WarehouseError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .engine(let failure, let reason): "\(failure.rawValue): \(reason)"
    case .cancelled: "cancelled"
    case .unexpectedResult(let what): what
    case .storeTooNew(let found, let known): "store version \(found), newest known \(known)"
    case .migrationChanged(let version): "migration \(version) differs from the one applied"
    }
  }
}

extension WarehouseError: UserFacingError {
  package var userMessage: UserMessage {
    switch self {
    case .engine(let failure, let reason):
      UserMessage("engine.\(failure.rawValue)", ["reason": .text(reason)])
    case .cancelled: UserMessage("engine.cancelled")
    case .unexpectedResult(let what): UserMessage("engine.unexpected", ["reason": .text(what)])
    case .storeTooNew(let found, let known):
      UserMessage("store.too_new", ["found": .count(found), "known": .count(known)])
    case .migrationChanged(let version):
      UserMessage("store.migration_changed", ["version": .count(version)])
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .engine(let failure, _):
      switch failure {
      case .inputOutput, .diskFull, .permission, .locked, .outOfMemory: .environment
      case .data, .constraint: .data
      case .statement, .conflict, .internal: .internal
      }
    case .cancelled: .environment
    case .unexpectedResult, .migrationChanged: .internal
    case .storeTooNew: .environment
    }
  }
}
