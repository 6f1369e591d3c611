package import CustomerSchema

/// The place of a node in `SegmentProgram.nodes`; its children come before it.
package typealias NodeID = Int

/// A resolved, typed operation. Equal nodes are one node, whichever rules they come from.
///
/// Values are of three kinds: whole numbers (counts, units of ten-thousandths, days since 1970,
/// microseconds since 1970, 0 and 1 for booleans) in 128 bits, doubles, and texts; each can be
/// missing. Conditions are true or false. Exact arithmetic is made of whole numbers alone: a
/// fraction is two of them, and comparing fractions is comparing products. A whole number beyond
/// 38 digits is missing.
package enum PlanNode: Sendable, Hashable {
  // Values
  case integer(Int128)
  case double(Double)
  case text(String)
  /// The customer's value of `SegmentProgram.attributes[_]`, of the kind its type has.
  case attribute(Int)
  /// A field of the row at hand: `SegmentProgram.collections[_].columns[_]`.
  case field(collection: Int, column: Int)
  /// What every row of a stream has.
  case part(collection: Int, RowPart)
  case add(NodeID, NodeID)
  case subtract(NodeID, NodeID)
  case multiply(NodeID, NodeID)
  case absolute(NodeID)
  /// −1, 0 or 1.
  case sign(NodeID)
  /// The same; missing for 0.
  case nonZero(NodeID)
  /// Rounded half away from zero; missing for a divisor of 0.
  case quotient(NodeID, NodeID)
  /// The same; missing beyond ±10^28: what is summed over rows cannot overflow.
  case bounded(NodeID)
  /// An instant's local date.
  case day(NodeID)
  /// A day's first instant.
  case dayStart(NodeID)
  /// A day moved by months, clamped to the month's end.
  case shiftDay(NodeID, months: Int)
  /// A double to eight decimals, in units of 10^−8, rounded half away from zero.
  case quantized(NodeID)
  case clock(InstantFunction)
  case clockDay(DayFunction)
  /// Calendar days from a day to today.
  case daysSince(NodeID)
  /// Full years from a day to today.
  case yearsSince(NodeID)
  /// A whole number or text over rows: `SegmentProgram.aggregates[_]`.
  case aggregate(Int)
  /// 1 or 0 for a condition.
  case truthValue(NodeID)
  /// A whole number over a power of ten, as the nearest double of the quotient of doubles.
  case doubleOf(NodeID, scale: Int)
  case addDoubles(NodeID, NodeID)
  case subtractDoubles(NodeID, NodeID)
  case multiplyDoubles(NodeID, NodeID)
  /// Missing for a divisor of 0.
  case divideDoubles(NodeID, NodeID)
  /// A double of the population snapshot: `SegmentProgram.requirements[_]`.
  case frozen(Int)

  // Conditions
  case truth(Bool)
  case all([NodeID])
  case any([NodeID])
  case not(NodeID)
  case compare(Order, NodeID, NodeID)
  case compareDoubles(Order, NodeID, NodeID)
  case compareTexts(Order, NodeID, NodeID)
  /// Whether a whole number is one of these, ascending.
  case isOne(NodeID, of: [Int128])
  /// Whether any of these values is missing.
  case missing([NodeID])
  case textTest(NodeID, TextTest)
  /// Whether an element of a list attribute passes.
  case listTest(attribute: Int, TextTest)
  case listIsEmpty(attribute: Int)
  case isTrue(NodeID)
  /// Whether an instant lies in the window, or the first instant of a day.
  case within(NodeID, window: PlanWindow, isDay: Bool)
  case anniversary(NodeID, days: Int)
  case sequence(Int)
  case resumed(Int)
  case regularly(Int)
  case held(Int)
  /// A recorded interval of the segment began in the window, or the membership `member` tells
  /// begins at this very instant.
  case entered(segment: Int64, member: NodeID, window: PlanWindow)
  case left(segment: Int64, member: NodeID, window: PlanWindow)
  /// As recorded at a past instant; `member` up to and including it.
  case memberAt(segment: Int64, member: NodeID, instant: Int64)
  case decision(segment: Int64, isIncluded: Bool)

  package enum Order: String, Sendable, Hashable {
    case less = "<"
    case lessOrEqual = "<="
    case equal = "="
  }
}

/// What every row of a stream has besides its fields.
package enum RowPart: String, Sendable, Hashable {
  case at, date, weekday, hour, month, source, key
}

/// A test of one text; the pattern is folded already where it has to be.
package enum TextTest: Sendable, Hashable {
  /// Byte by byte; ascending.
  case isOne(of: [String])
  case contains(String)
  case startsWith(String)
  case endsWith(String)
  case isLike(String)
  case matches(String)
}

/// An aggregate over the rows of a collection that pass a filter and lie in a window.
package struct PlanAggregate: Sendable, Hashable {
  package let function: Function
  package let collection: Int
  /// A condition on a row; nil for all rows.
  package let filter: NodeID?
  package let window: PlanWindow
  /// What is taken of a row; rows without it do not count. nil for a count of rows.
  package let value: NodeID?
  /// A whole number, for `favourite`: rows without it do not count. nil to count rows.
  package var weight: NodeID? = nil

  package enum Function: String, Sendable, Hashable {
    case count, sum, min, max, distinct, first, last
    /// The value of most rows or of the greatest sum of weights; of several, the least.
    case favourite
  }
}

/// Rows that follow one another.
package struct PlanSequence: Sendable, Hashable {
  package struct Step: Sendable, Hashable {
    package let collection: Int
    package let filter: NodeID?
    /// µs after the step before; 0 for the first.
    package let within: Int64
  }
  package let steps: [Step]
  /// The last step must not happen.
  package let lastIsAbsent: Bool
  /// Where the first row lies.
  package let window: PlanWindow
}

/// A row in a window that came after a gap without rows.
package struct PlanResumption: Sendable, Hashable {
  package let collection: Int
  package let filter: NodeID?
  package let gap: Span
  package let window: PlanWindow
}

/// Rows in so many of the windows that end now, one after the other.
package struct PlanRhythm: Sendable, Hashable {
  package let collection: Int
  package let filter: NodeID?
  package let atLeast: Int
  package let of: Int
  package let unit: Unit
}

/// A condition on attributes that has held.
package struct PlanHeld: Sendable, Hashable {
  package let condition: NodeID
  package let span: Span
  /// Ascending.
  package let attributes: [Int]
}

/// What must be known of all customers before rules can be told of one.
package struct PopulationRequirement: Sendable, Hashable {
  package enum Statistic: Sendable, Hashable {
    /// The value at that place from the top or the bottom.
    case cut(Rank.Direction, Rank.Size)
    case statistic(PopulationStatistic.Function)
  }
  package let statistic: Statistic
  /// A double.
  package let value: NodeID
  /// A condition: among whom; nil for the whole base.
  package let among: NodeID?
  /// Its key in the snapshot: the same statistic of the same rules has the same key.
  package let key: String
  /// Requirements of a level need the values of the levels below only.
  package let level: Int
}

/// Rows a rule speaks of: a stream's, or the objects of an attribute.
package struct PlanCollection: Sendable, Hashable {
  package let id: String
  package let stream: StreamDefinition?
  /// The fields in use.
  package internal(set) var columns: [FieldDefinition]
  package internal(set) var usesParts: Set<RowPart>
}

extension AttributeType {
  enum Kind { case integer, double, text, list, objects }

  var kind: Kind {
    switch self {
    case .boolean, .date, .instant, .count, .duration, .decimal, .money: .integer
    case .share, .number: .double
    case .text, .enumeration: .text
    case .list: .list
    case .objects: .objects
    }
  }
}
