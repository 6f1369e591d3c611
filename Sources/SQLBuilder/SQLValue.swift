/// A value that travels to or from a query engine.
package enum SQLValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case decimal(SQLDecimal)
  case text(String)
  /// Days since 1970-01-01, without a time zone.
  case date(Int32)
  /// Microseconds since 1970-01-01T00:00:00Z.
  case instant(Int64)
  /// Microseconds since 1970-01-01T00:00:00 on a wall clock, without a time zone.
  case localTimestamp(Int64)
  case list([SQLValue])
}

extension SQLValue {
  /// The whole number held, from an integer or an integral decimal; nil for anything else.
  package var int: Int? {
    switch self {
    case .int(let value): Int(value)
    case .decimal(let value) where value.scale == 0: Int(exactly: value.units)
    default: nil
    }
  }

  /// The number held as a double (decimals are rounded to the nearest); nil for anything else.
  package var double: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    case .decimal(let value): value.double
    default: nil
    }
  }

  /// The exact decimal held, from a decimal or an integer; nil for anything else.
  package var decimal: SQLDecimal? {
    switch self {
    case .decimal(let value): value
    case .int(let value): SQLDecimal(units: Int128(value), scale: 0)
    default: nil
    }
  }

  /// The text held; nil for anything else.
  package var text: String? {
    if case .text(let value) = self { value } else { nil }
  }

  /// The truth value held; nil for anything else.
  package var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// Days since 1970-01-01; nil for anything but a date.
  package var days: Int32? {
    if case .date(let value) = self { value } else { nil }
  }

  /// Microseconds since the epoch, of an instant or a wall-clock timestamp; nil for anything else.
  package var microseconds: Int64? {
    switch self {
    case .instant(let value), .localTimestamp(let value): value
    default: nil
    }
  }

  /// The elements held; nil for anything but a list.
  package var list: [SQLValue]? {
    if case .list(let value) = self { value } else { nil }
  }

  /// Whether this is the SQL null.
  package var isNull: Bool { if case .null = self { true } else { false } }
}

/// An exact decimal: `units` divided by ten to the power `scale` (0 to 38).
package struct SQLDecimal: Sendable {
  package let units: Int128
  package let scale: UInt8

  package init(units: Int128, scale: UInt8) {
    self.units = units
    self.scale = scale
  }

  /// Reads `-1234.56`: digits with at most one point; nil for anything else or over 38 digits.
  package init?(_ text: some StringProtocol) {
    var units: Int128 = 0
    var scale: UInt8 = 0
    var digits = 0
    var seenPoint = false
    var negative = false
    for (index, byte) in text.utf8.enumerated() {
      switch byte {
      case UInt8(ascii: "-") where index == 0: negative = true
      case UInt8(ascii: "+") where index == 0: break
      case UInt8(ascii: ".") where !seenPoint: seenPoint = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        digits += 1
        guard digits <= 38 else { return nil }
        units = units * 10 + Int128(byte - UInt8(ascii: "0"))
        if seenPoint { scale += 1 }
      default: return nil
      }
    }
    guard digits > 0 else { return nil }
    self.init(units: negative ? -units : units, scale: scale)
  }

  /// The nearest double.
  package var double: Double {
    var divisor = 1.0
    for _ in 0..<scale { divisor *= 10 }
    return Double(units) / divisor
  }

  /// Half-away-from-zero rounding to `newScale` decimals; exact when the scale grows.
  package func rescaled(to newScale: UInt8) -> SQLDecimal {
    if newScale >= scale {
      return SQLDecimal(units: units * Self.power(newScale - scale), scale: newScale)
    }
    let divisor = Self.power(scale - newScale)
    let (quotient, remainder) = units.quotientAndRemainder(dividingBy: divisor)
    let roundUp = remainder.magnitude * 2 >= divisor.magnitude
    return SQLDecimal(units: quotient + (roundUp ? units.signum() : 0), scale: newScale)
  }

  private static func power(_ exponent: UInt8) -> Int128 {
    (0..<exponent).reduce(1) { product, _ in product * 10 }
  }
}

extension SQLDecimal: Hashable, Comparable {
  package static func == (left: SQLDecimal, right: SQLDecimal) -> Bool {
    let scale = max(left.scale, right.scale)
    return left.rescaled(to: scale).units == right.rescaled(to: scale).units
  }

  package static func < (left: SQLDecimal, right: SQLDecimal) -> Bool {
    let scale = max(left.scale, right.scale)
    return left.rescaled(to: scale).units < right.rescaled(to: scale).units
  }

  package func hash(into hasher: inout Hasher) {
    // Equal values of different scales must hash alike: drop trailing zeros.
    var reduced = units
    while reduced != 0, reduced % 10 == 0 { reduced /= 10 }
    hasher.combine(reduced)
  }
}

extension SQLDecimal: CustomStringConvertible {
  /// `-1234.56`: a point, no grouping, exactly `scale` decimals.
  package var description: String {
    let digits = String(units.magnitude)
    let sign = units < 0 ? "-" : ""
    guard scale > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: max(0, Int(scale) + 1 - digits.count)) + digits
    return sign + padded.dropLast(Int(scale)) + "." + padded.suffix(Int(scale))
  }
}

extension SQLDecimal {
  /// Nothing.
  package static let zero = SQLDecimal(units: 0, scale: 0)
}
