/// Why a model cannot be fitted or asked.
///
/// `code` is stable; `description` is one sentence with the offending values; `suggestion` says what
/// to do. Neither contains personal data.
package enum ModelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A purchase history breaks its own rules; `row` counts from 0.
  case invalidHistory(row: Int, reason: String)
  /// There is no row to fit.
  case noData(what: String)
  /// Too little information for this model; `simplest` is the soundest alternative.
  case tooLittleData(model: String, reason: String, simplest: String)
  /// Two inputs that must have one entry per row do not.
  case sizeMismatch(what: String, expected: Int, found: Int)
  /// A number that must be finite is not; `row` and `column` count from 0.
  case notFinite(what: String, row: Int, column: Int)
  /// A value lies outside its allowed range.
  case outOfRange(what: String, value: Double, allowed: String)
  /// Histories are in one time unit, the model in another.
  case unitMismatch(expected: TimeUnit, found: TimeUnit)
  /// The likelihood has no maximum that makes sense for the model.
  case noSensibleOptimum(model: String, reason: String)
  /// More groups were asked for than there are different points.
  case tooManyGroups(requested: Int, available: Int)
  /// A column cannot be used in this way.
  case unusableColumn(name: String, reason: String)

  /// Stable identifier for programs.
  package var code: String {
    switch self {
    case .invalidHistory: "model.invalid-history"
    case .noData: "model.no-data"
    case .tooLittleData: "model.too-little-data"
    case .sizeMismatch: "model.size-mismatch"
    case .notFinite: "model.not-finite"
    case .outOfRange: "model.out-of-range"
    case .unitMismatch: "model.unit-mismatch"
    case .noSensibleOptimum: "model.no-sensible-optimum"
    case .tooManyGroups: "model.too-many-groups"
    case .unusableColumn: "model.unusable-column"
    }
  }

  package var description: String {
    switch self {
    case .invalidHistory(let row, let reason): "Purchase history \(row) is invalid: \(reason)."
    case .noData(let what): "There is no \(what)."
    case .tooLittleData(let model, let reason, _): "\(model) cannot be fitted: \(reason)."
    case .sizeMismatch(let what, let expected, let found):
      "\(what) has \(found) entries instead of \(expected)."
    case .notFinite(let what, let row, let column):
      "\(what) holds a value that is not a finite number at row \(row), column \(column)."
    case .outOfRange(let what, let value, let allowed):
      "\(what) is \(value); allowed is \(allowed)."
    case .unitMismatch(let expected, let found):
      "The model counts time in \(expected.rawValue)s, the histories in \(found.rawValue)s."
    case .noSensibleOptimum(let model, let reason):
      "\(model) has no sensible maximum of its likelihood on these data: \(reason)."
    case .tooManyGroups(let requested, let available):
      "\(requested) groups were asked for, but there are only \(available) different points."
    case .unusableColumn(let name, let reason): "Column «\(name)» cannot be used: \(reason)."
    }
  }

  /// What to do about it.
  package var suggestion: String {
    switch self {
    case .invalidHistory:
      "Check that 0 ≤ age at last purchase ≤ customer age and that counts are not negative."
    case .noData: "Check the filter and the dates of the selection."
    case .tooLittleData(_, _, let simplest): "Use \(simplest) until more history has gathered."
    case .sizeMismatch: "Pass one entry per row."
    case .notFinite: "Replace or remove the value, or leave the column out."
    case .outOfRange(_, _, let allowed): "Choose a value: \(allowed)."
    case .unitMismatch(let expected, _): "Build the histories in \(expected.rawValue)s."
    case .noSensibleOptimum:
      "Compare another model (MBG/NBD, Pareto/NBD or plain NBD), or use a longer period."
    case .tooManyGroups(_, let available): "Ask for at most \(available) groups."
    case .unusableColumn: "Leave the column out or choose another treatment for it."
    }
  }
}
