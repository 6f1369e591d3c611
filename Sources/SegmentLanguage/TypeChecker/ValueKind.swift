package import CustomerSchema

/// What values can be combined and compared.
package enum ValueKind: Sendable, Hashable {
  /// Counts, shares, percentages, scores and ratios.
  case number
  /// An amount in the workspace's currency.
  case money
  /// Days.
  case duration
  case date, instant
  /// With the values it can have, for an enumeration.
  case text([String]?)
  case truth
  case list
  case objects([FieldDefinition])

  package init(_ type: AttributeType) {
    self =
      switch type {
      case .text: .text(nil)
      case .boolean: .truth
      case .date: .date
      case .instant: .instant
      case .count, .share, .number, .decimal: .number
      case .duration: .duration
      case .money: .money
      case .enumeration(let values): .text(values)
      case .list: .list
      case .objects(let fields): .objects(fields)
      }
  }

  /// The key of its name in the catalogues.
  var term: String {
    switch self {
    case .number: "rule.kind.number"
    case .money: "rule.kind.money"
    case .duration: "rule.kind.duration"
    case .date: "rule.kind.date"
    case .instant: "rule.kind.instant"
    case .text: "rule.kind.text"
    case .truth: "rule.kind.truth"
    case .list: "rule.kind.list"
    case .objects: "rule.kind.objects"
    }
  }

  /// Whether its values have an order that `<` and `between` can ask about.
  var isOrdered: Bool {
    switch self {
    case .number, .money, .duration, .date, .instant: true
    case .text, .truth, .list, .objects: false
    }
  }

  var isNumeric: Bool { self == .number || self == .money || self == .duration }
  var isTemporal: Bool { self == .date || self == .instant }
  var isText: Bool { if case .text = self { true } else { false } }

  /// Whether values of both kinds can be equal: those of one kind, days with plain numbers, and
  /// dates (their first instant) with instants.
  func isComparable(with other: ValueKind) -> Bool {
    switch (self, other) {
    case (.text, .text), (.number, .number), (.money, .money), (.duration, .duration),
      (.truth, .truth), (.duration, .number), (.number, .duration):
      true
    case _ where isTemporal && other.isTemporal: true
    default: false
    }
  }
}
