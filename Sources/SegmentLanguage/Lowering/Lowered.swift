internal import CustomerSchema
internal import SQLBuilder

/// A value on its way into nodes, with its type.
enum Lowered {
  case exact(Fraction)
  case double(NodeID)
  case text(NodeID)
  case boolean(NodeID)
  case day(NodeID)
  case instant(NodeID)
  case list(Int)
  case span(Span)
  case truth(NodeID)

  /// numerator / (denominator × 10^scale), exactly. The denominator is never negative; for 0 the
  /// value is missing.
  struct Fraction {
    var numerator: NodeID
    var denominator: NodeID?
    var scale: Int
  }
}

extension Lowering {
  // MARK: Whole numbers, folded where they are known

  private func known(_ id: NodeID) -> Int128? {
    if case .integer(let value) = nodes[id] { value } else { nil }
  }

  func integer(_ value: Int128) -> NodeID { add(.integer(value)) }

  func plus(_ a: NodeID, _ b: NodeID, subtracting: Bool = false) -> NodeID {
    if let x = known(a), let y = known(b) {
      let (sum, overflow) =
        subtracting ? x.subtractingReportingOverflow(y) : x.addingReportingOverflow(y)
      if !overflow { return integer(sum) }
    }
    if known(b) == 0 { return a }
    return add(subtracting ? .subtract(a, b) : .add(a, b))
  }

  func times(_ a: NodeID, _ b: NodeID) -> NodeID {
    if let x = known(a), let y = known(b) {
      let (product, overflow) = x.multipliedReportingOverflow(by: y)
      if !overflow { return integer(product) }
    }
    if known(a) == 1 { return b }
    if known(b) == 1 { return a }
    return add(.multiply(a, b))
  }

  func times(_ a: NodeID, tenTo power: Int) -> NodeID {
    times(a, integer(powerOfTen(power)))
  }

  private func nonZero(_ a: NodeID) -> NodeID {
    if let value = known(a), value != 0 { return a }
    return add(.nonZero(a))
  }

  // MARK: Exact arithmetic

  func sum(
    _ a: Lowered.Fraction, _ b: Lowered.Fraction, subtracting: Bool
  ) -> Lowered.Fraction {
    if a.denominator == b.denominator {
      let scale = max(a.scale, b.scale)
      let numerator = plus(
        times(a.numerator, tenTo: scale - a.scale), times(b.numerator, tenTo: scale - b.scale),
        subtracting: subtracting)
      return Lowered.Fraction(numerator: numerator, denominator: a.denominator, scale: scale)
    }
    let (left, right, scale) = aligned(a, b)
    return Lowered.Fraction(
      numerator: plus(left, right, subtracting: subtracting),
      denominator: product(a.denominator, b.denominator), scale: scale)
  }

  func product(_ a: Lowered.Fraction, _ b: Lowered.Fraction) -> Lowered.Fraction {
    Lowered.Fraction(
      numerator: times(a.numerator, b.numerator),
      denominator: product(a.denominator, b.denominator), scale: a.scale + b.scale)
  }

  func quotient(_ a: Lowered.Fraction, _ b: Lowered.Fraction) -> Lowered.Fraction {
    // The divisor's sign goes up, its size goes down.
    var numerator = b.denominator.map { times(a.numerator, $0) } ?? a.numerator
    let divisor: NodeID
    if let value = known(b.numerator) {
      divisor = integer(value < 0 ? -value : value)
      if value < 0 { numerator = times(numerator, integer(-1)) }
    } else if isNeverNegative(b.numerator) {
      divisor = b.numerator
    } else {
      divisor = add(.absolute(b.numerator))
      numerator = times(numerator, add(.sign(b.numerator)))
    }
    var result = Lowered.Fraction(
      numerator: numerator, denominator: product(a.denominator, divisor),
      scale: a.scale - b.scale)
    if result.scale < 0 {
      result.numerator = times(result.numerator, tenTo: -result.scale)
      result.scale = 0
    }
    return result
  }

  private func isNeverNegative(_ id: NodeID) -> Bool {
    guard case .aggregate(let index) = nodes[id] else { return false }
    return [.count, .distinct].contains(aggregates[index].function)
  }

  private func product(_ a: NodeID?, _ b: NodeID?) -> NodeID? {
    guard let a, let b else { return a ?? b }
    return times(a, b)
  }

  /// Both numerators over one denominator; missing where a denominator is 0.
  private func aligned(
    _ a: Lowered.Fraction, _ b: Lowered.Fraction
  ) -> (NodeID, NodeID, Int) {
    let scale = max(a.scale, b.scale)
    var left = times(a.numerator, tenTo: scale - a.scale)
    var right = times(b.numerator, tenTo: scale - b.scale)
    if let denominator = b.denominator, b.denominator != a.denominator {
      left = times(left, nonZero(denominator))
    }
    if let denominator = a.denominator, b.denominator != a.denominator {
      right = times(right, nonZero(denominator))
    }
    if let shared = a.denominator, shared == b.denominator {
      // Equal denominators cancel out of a comparison, but 0 must still make it missing.
      left = times(left, nonZero(shared))
      right = times(right, nonZero(shared))
    }
    return (left, right, scale)
  }

  func comparison(
    _ order: PlanNode.Order, _ a: Lowered.Fraction, _ b: Lowered.Fraction
  ) -> NodeID {
    let (left, right, _) = aligned(a, b)
    return add(.compare(order, left, right))
  }

  // MARK: As other kinds

  func double(_ value: Lowered) throws(LoweringError) -> NodeID {
    switch value {
    case .double(let id): return id
    case .exact(let fraction):
      let numerator = doubleOf(fraction.numerator, scale: fraction.scale)
      guard let denominator = fraction.denominator else { return numerator }
      return add(.divideDoubles(numerator, doubleOf(denominator, scale: 0)))
    case .day(let id), .instant(let id): return doubleOf(id, scale: 0)
    case .span(let span): return try double(.exact(days(span)))
    default: throw .ill("a number is expected")
    }
  }

  private func doubleOf(_ id: NodeID, scale: Int) -> NodeID {
    if let value = known(id), scale <= 22 {
      return add(.double(exactDouble(of: value, scale: scale)))
    }
    return add(.doubleOf(id, scale: scale))
  }

  func exact(_ value: Lowered) throws(LoweringError) -> Lowered.Fraction {
    switch value {
    case .exact(let fraction): return fraction
    case .span(let span): return try days(span)
    default: throw .ill("an exact number is expected")
    }
  }

  /// A length in days, exactly.
  private func days(_ span: Span) throws(LoweringError) -> Lowered.Fraction {
    let count = Int128(span.count)
    switch span.unit {
    case .minutes:
      return .init(numerator: integer(count), denominator: integer(1440), scale: 0)
    case .hours: return .init(numerator: integer(count), denominator: integer(24), scale: 0)
    case .days, .calendarDays: return .init(numerator: integer(count), scale: 0)
    case .weeks: return .init(numerator: integer(7 * count), scale: 0)
    case .months, .quarters, .years: throw .ill("months have no fixed length in days")
    }
  }

  /// All nodes that must be there for the value to be.
  func presence(_ value: Lowered) throws(LoweringError) -> [NodeID] {
    switch value {
    case .exact(let fraction):
      return [fraction.numerator] + (fraction.denominator.map { [nonZero($0)] } ?? [])
    case .double(let id), .text(let id), .boolean(let id), .day(let id), .instant(let id):
      return [id]
    case .list, .span, .truth: throw .ill("cannot be missing")
    }
  }
}

/// 10^power, for powers up to 38; more saturates, and what it multiplies goes missing.
func powerOfTen(_ power: Int) -> Int128 {
  var result: Int128 = 1
  for _ in 0..<max(0, power) {
    let (product, overflow) = result.multipliedReportingOverflow(by: 10)
    if overflow { return .max }
    result = product
  }
  return result
}

/// A whole number over 10^scale as both evaluators compute it: the nearest double below 2^63,
/// above in two parts, then one division.
func exactDouble(of value: Int128, scale: Int) -> Double {
  var result: Double
  if let small = Int64(exactly: value) {
    result = Double(small)
  } else {
    let part: Int128 = 1_000_000_000_000_000_000
    let (high, low) = value.quotientAndRemainder(dividingBy: part)
    guard let high = Int64(exactly: high) else { return .nan }
    result = Double(high) * 1e18 + Double(Int64(low))
  }
  if scale > 0 { result /= doublePowerOfTen(scale) }
  return result
}

/// 10^scale for 0 to 22, exactly.
func doublePowerOfTen(_ scale: Int) -> Double {
  (0..<scale).reduce(1) { product, _ in product * 10 }
}
