package import CustomerSchema
package import StatisticalModels

/// Why something cannot be modelled, or a stored model not found.
package enum ScoringError: Error {
  case model(ModelError)
  /// The hold-out would be empty: the calibration ends on or after the last day.
  case calibrationTooLate(LocalDate, last: LocalDate)
  /// Nobody had bought by the end of the calibration.
  case calibrationTooEarly(LocalDate, first: LocalDate)
  case unknownAttribute(String, known: [String])
  /// A treatment asked for that its kind of attribute cannot have.
  case unknownTreatment(String)
  case unknownColumn(String, known: [String])
  /// No column has a usual name for what an option would name.
  case columnNotFound(option: String, known: [String])
  case tooManyClasses(String, count: Int, most: Int)
  case noModel(String, known: [String])
  /// The stored text of a model cannot be read by this version.
  case modelUnreadable(String)
  /// An attribute of the name that a model would write comes from elsewhere.
  case attributeTaken(String)
  /// More different combinations of covariates than a model can carry.
  case tooManyCovariates(count: Int, most: Int)
  /// Nothing in the workspace to learn from: orders, answers or subscriptions.
  case nothingToLearnFrom(ModelKind)
  /// No cell of the column is a day.
  case noDates(String)
}

extension ScoringError: UserFacingError {
  package var userMessage: UserMessage {
    switch self {
    case .model(let error): error.userMessage
    case .calibrationTooLate(let date, let last):
      UserMessage("model.calibration_late", ["date": .date(date), "last": .date(last)])
    case .calibrationTooEarly(let date, let first):
      UserMessage("model.calibration_early", ["date": .date(date), "first": .date(first)])
    case .unknownAttribute(let name, let known):
      UserMessage("model.unknown_attribute", ["name": .text(name), "known": .texts(known)])
    case .unknownTreatment(let text):
      UserMessage("model.unknown_treatment", ["text": .text(text)])
    case .unknownColumn(let name, let known) where known.isEmpty:
      UserMessage("model.no_covariates", ["name": .text(name)])
    case .unknownColumn(let name, let known):
      UserMessage("model.unknown_column", ["name": .text(name), "known": .texts(known)])
    case .columnNotFound(let option, let known):
      UserMessage("model.column_not_found", ["option": .text(option), "known": .texts(known)])
    case .tooManyClasses(let name, let count, let most):
      UserMessage(
        "model.too_many_classes",
        ["name": .text(name), "count": .count(count), "most": .count(most)])
    case .noModel(let name, let known):
      known.isEmpty
        ? UserMessage("model.none_kept", ["name": .text(name)])
        : UserMessage("model.no_model", ["name": .text(name), "known": .texts(known)])
    case .modelUnreadable(let name): UserMessage("model.unreadable", ["name": .text(name)])
    case .attributeTaken(let name):
      UserMessage("model.attribute_taken", ["name": .text(name)])
    case .tooManyCovariates(let count, let most):
      UserMessage(
        "model.too_many_covariates", ["count": .count(count), "most": .count(most)])
    case .noDates(let column): UserMessage("model.no_dates", ["name": .text(column)])
    case .nothingToLearnFrom(let kind):
      UserMessage("model.nothing.\(kind.rawValue)")
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .unknownAttribute, .unknownTreatment, .unknownColumn: .usage
    default: .data
    }
  }
}

extension ModelError {
  /// The failure in words of the reader's language; details that exist in English only stay out.
  package var userMessage: UserMessage {
    switch self {
    case .invalidHistory(let row, _):
      UserMessage("model.error.invalid_history", ["row": .count(row)])
    case .noData: UserMessage("model.error.no_data")
    case .tooLittleData(let model, _, _):
      UserMessage("model.error.too_little_data", ["model": .text(model)])
    case .sizeMismatch(_, let expected, let found):
      UserMessage(
        "model.error.size_mismatch", ["expected": .count(expected), "found": .count(found)])
    case .notFinite(_, let row, let column):
      UserMessage("model.error.not_finite", ["row": .count(row), "column": .count(column)])
    case .outOfRange(_, let value, _):
      UserMessage("model.error.out_of_range", ["value": .text("\(value)")])
    case .unitMismatch(let expected, let found):
      UserMessage(
        "model.error.unit_mismatch",
        [
          "expected": .term("model.unit.\(expected.rawValue)"),
          "found": .term("model.unit.\(found.rawValue)"),
        ])
    case .noSensibleOptimum(let model, _):
      UserMessage("model.error.no_optimum", ["model": .text(model)])
    case .tooManyGroups(let requested, let available):
      UserMessage(
        "model.error.too_many_groups",
        ["requested": .count(requested), "available": .count(available)])
    case .unusableColumn(let name, _):
      UserMessage("model.error.unusable_column", ["name": .text(name)])
    }
  }
}
