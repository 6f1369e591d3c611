internal import CustomerSchema
internal import SQLBuilder

/// Writes nodes as SQL for one instant. Whole numbers are BIGINT, or HUGEINT from 64 bits on;
/// days are days since 1970, instants µs since 1970; conditions are never null.
struct NodeSQL {
  let program: SegmentProgram
  let asOf: Int64
  let today: LocalDate
  let snapshot: PopulationSnapshot

  init(_ program: SegmentProgram, asOf: Int64, snapshot: PopulationSnapshot) {
    self.program = program
    self.asOf = asOf
    self.snapshot = snapshot
    today = program.clock.day(of: asOf)
  }

  /// - Parameter columns: nodes that the relation at hand has as columns of these names.
  func sql(_ id: NodeID, _ columns: [NodeID: String], isTop: Bool = false) -> SQL {
    if !isTop, let column = columns[id] { return "\(identifier: column)" }
    func inner(_ child: NodeID) -> SQL { sql(child, columns) }
    switch program.nodes[id] {
    case .integer(let value): return integer(value)
    case .double(let value): return "CAST(\(value) AS DOUBLE)"
    case .text(let value):
      return value.isEmpty ? "CAST(NULL AS VARCHAR)" : "CAST(\(value) AS VARCHAR)"
    case .add(let a, let b): return arithmetic("+", id, a, b, columns)
    case .subtract(let a, let b): return arithmetic("-", id, a, b, columns)
    case .multiply(let a, let b): return arithmetic("*", id, a, b, columns)
    case .absolute(let a): return "abs(\(inner(a)))"
    case .sign(let a): return "CAST(sign(\(inner(a))) AS BIGINT)"
    case .nonZero(let a): return "nullif(\(inner(a)), 0)"
    case .bounded(let a):
      return bounded(inner(a))
    case .quotient(let a, let b): return quotient(id, inner(a), inner(b))
    case .quantized(let a): return quantized(inner(a))
    case .day(let a): return ZoneSQL(program.clock).day(inner(a))
    case .dayStart(let a): return ZoneSQL(program.clock).start(inner(a))
    case .shiftDay(let a, let months): return ZoneSQL.shifted(inner(a), months: months)
    case .clock(let function):
      return integer(Int128(function.value(at: asOf, program.clock)))
    case .clockDay(let function):
      return integer(Int128(function.value(today: today).daysSinceEpoch))
    case .daysSince(let a): return "(\(integer(Int128(today.daysSinceEpoch))) - \(inner(a)))"
    case .yearsSince(let a): return yearsSince(inner(a))
    case .truthValue(let a): return "CAST(\(inner(a)) AS BIGINT)"
    case .doubleOf(let a, let scale): return doubleOf(a, inner(a), scale)
    case .addDoubles(let a, let b): return "(\(inner(a)) + \(inner(b)))"
    case .subtractDoubles(let a, let b): return "(\(inner(a)) - \(inner(b)))"
    case .multiplyDoubles(let a, let b): return "(\(inner(a)) * \(inner(b)))"
    case .divideDoubles(let a, let b):
      return "(\(inner(a)) / nullif(\(inner(b)), CAST(0 AS DOUBLE)))"
    case .frozen(let index):
      guard let value = snapshot.values[program.requirements[index].key] else {
        return "CAST(NULL AS DOUBLE)"
      }
      return "CAST(\(value) AS DOUBLE)"
    case .truth(let value): return value ? "true" : "false"
    case .all(let parts): return balanced(parts.map(inner)[...], " AND ")
    case .any(let parts): return balanced(parts.map(inner)[...], " OR ")
    case .not(let a): return "(NOT \(inner(a)))"
    case .compare(let order, let a, let b), .compareTexts(let order, let a, let b):
      return "coalesce(\(inner(a)) \(order.sql) \(inner(b)), false)"
    case .compareDoubles(let order, let a, let b):
      let (left, right) = (inner(a), inner(b))
      return """
        coalesce(\(left) \(order.sql) \(right) AND isfinite(\(left)) AND isfinite(\(right)), false)
        """
    case .isOne(let a, let values):
      guard !values.isEmpty else { return "false" }
      return "coalesce(\(inner(a)) IN (\(values.map(integer).joined())), false)"
    case .missing(let parts):
      return balanced(parts.map { missing($0, inner($0)) }[...], " OR ")
    case .textTest(let a, let test): return "coalesce(\(TextTestSQL.sql(test, inner(a))), false)"
    case .isTrue(let a): return "coalesce(\(inner(a)) = 1, false)"
    case .within(let a, let window, let isDay): return within(inner(a), window, isDay)
    case .anniversary(let a, let days): return anniversary(inner(a), days)
    case .entered(let segment, let member, let window):
      return changed(id, inner(member), isOpen(segment), window)
    case .left(let segment, let member, let window):
      return changed(id, "(NOT \(inner(member)))", "NOT \(isOpen(segment))", window)
    case .memberAt(_, let member, let instant):
      return asOf <= instant ? inner(member) : recorded(id)
    case .attribute, .field, .part, .aggregate, .listTest, .listIsEmpty, .sequence, .resumed,
      .regularly, .held, .decision:
      preconditionFailure("a leaf that the relation must have as a column")
    }
  }

  func integer(_ value: Int128) -> SQL {
    if let small = Int64(exactly: value) { return "CAST(\(.int(small)) AS BIGINT)" }
    // 38 digits fit a bound decimal; a constant beyond them takes two parts.
    let part: Int128 = 1_000_000_000_000_000_000
    let (high, low) = value.quotientAndRemainder(dividingBy: part)
    return "(\(hugeint(high)) * \(hugeint(part)) + \(hugeint(low)))"
  }

  private func hugeint(_ value: Int128) -> SQL {
    if let small = Int64(exactly: value) { return "CAST(\(.int(small)) AS HUGEINT)" }
    return "CAST(\(.decimal(SQLDecimal(units: value, scale: 0))) AS HUGEINT)"
  }

  private func arithmetic(
    _ operation: SQL, _ id: NodeID, _ a: NodeID, _ b: NodeID, _ columns: [NodeID: String]
  ) -> SQL {
    let bits = program.facts[id].bits
    let (left, right) = (sql(a, columns), sql(b, columns))
    if bits <= 63 { return "(\(left) \(operation) \(right))" }
    let wide: SQL = "(CAST(\(left) AS HUGEINT) \(operation) CAST(\(right) AS HUGEINT))"
    return bits > 126 ? "TRY(\(wide))" : wide
  }

  private func bounded(_ value: SQL) -> SQL {
    let limit = integer(PlanNode.limit)
    // In a lateral list so that the value is written, and computed, once.
    return "list_filter([\(value)], lambda x: x BETWEEN -(\(limit)) AND \(limit))[1]"
  }

  private func quotient(_ id: NodeID, _ a: SQL, _ b: SQL) -> SQL {
    """
    list_transform([{'n': CAST(\(a) AS HUGEINT), 'd': nullif(CAST(\(b) AS HUGEINT), 0)}], lambda x: TRY(\
    sign(x.n) * sign(x.d) * ((2 * abs(x.n) + abs(x.d)) // (2 * abs(x.d)))))[1]
    """
  }

  private func quantized(_ value: SQL) -> SQL {
    """
    list_transform([round(\(value) * CAST(1e8 AS DOUBLE))], lambda x: \
    CASE WHEN abs(x) < CAST(1e28 AS DOUBLE) THEN TRY_CAST(x AS HUGEINT) END)[1]
    """
  }

  private func doubleOf(_ id: NodeID, _ value: SQL, _ scale: Int) -> SQL {
    let whole: SQL =
      program.facts[id].bits <= 63
      ? "CAST(CAST(\(value) AS BIGINT) AS DOUBLE)"
      : """
      list_transform([\(value)], lambda x: CASE WHEN x BETWEEN -9223372036854775808 AND \
      9223372036854775807 THEN CAST(CAST(x AS BIGINT) AS DOUBLE) ELSE \
      TRY(CAST(CAST(x // 1000000000000000000 AS BIGINT) AS DOUBLE) * CAST(1e18 AS DOUBLE) \
      + CAST(CAST(x % 1000000000000000000 AS BIGINT) AS DOUBLE)) END)[1]
      """
    return scale > 0 ? "(\(whole) / CAST(\(doublePowerOfTen(scale)) AS DOUBLE))" : whole
  }

  private func missing(_ id: NodeID, _ value: SQL) -> SQL {
    program.facts[id].kind == .double
      ? "coalesce(NOT isfinite(\(value)), true)" : "(\(value) IS NULL)"
  }

  private func yearsSince(_ day: SQL) -> SQL {
    let (year, month, dayOfMonth) = today.components
    // The last anniversary is this year's or the last one's: compare months and days, a 29th of
    // February counting from the 28th in years that have no 29th.
    let limit = LocalDate(year: year, month: month, day: dayOfMonth)?.adding(days: 1)
    let isLastOfFebruary = month == 2 && dayOfMonth == 28 && limit?.components.month == 3
    let threshold = month * 100 + (isLastOfFebruary ? 29 : dayOfMonth)
    return """
      list_transform([CAST(DATE '1970-01-01' + CAST(\(day) AS INTEGER) AS DATE)], lambda x: \
      CAST(\(.int(Int64(year))) AS BIGINT) - year(x) - CASE WHEN month(x) * 100 + day(x) > \
      CAST(\(.int(Int64(threshold))) AS BIGINT) THEN 1 ELSE 0 END)[1]
      """
  }

  /// The column that says whether the records alone make a node true.
  static func recorded(_ id: NodeID) -> String { "recorded\(id)" }
  /// The column that says whether an interval of a segment is open.
  static func open(_ segment: Int64) -> String { "open\(segment)" }
  private func recorded(_ id: NodeID) -> SQL { "\(identifier: Self.recorded(id))" }
  private func isOpen(_ segment: Int64) -> SQL { "\(identifier: Self.open(segment))" }

  /// A change on record in the window, or one that is happening now.
  private func changed(_ id: NodeID, _ state: SQL, _ before: SQL, _ window: PlanWindow) -> SQL {
    let (low, high) = bounds(window)
    guard low <= asOf, asOf <= high else { return recorded(id) }
    return "(\(recorded(id)) OR (\(state) AND NOT (\(before))))"
  }

  func balanced(_ parts: ArraySlice<SQL>, _ separator: SQL) -> SQL {
    guard parts.count > 1 else { return parts.first ?? "true" }
    let middle = parts.startIndex + parts.count / 2
    return """
      (\(balanced(parts[..<middle], separator))\(separator)\(balanced(parts[middle...], separator)))
      """
  }

  /// The window's ends at this instant.
  func bounds(_ window: PlanWindow) -> (low: Int64, high: Int64) {
    (window.low.value(at: asOf, program.clock), window.high.value(at: asOf, program.clock))
  }

  private func within(_ value: SQL, _ window: PlanWindow, _ isDay: Bool) -> SQL {
    var (low, high) = bounds(window)
    if isDay { (low, high) = dayBounds(low, high) }
    return "coalesce(\(value) BETWEEN \(integer(Int128(low))) AND \(integer(Int128(high))), false)"
  }

  /// The days whose first instants lie between two instants.
  func dayBounds(_ low: Int64, _ high: Int64) -> (Int64, Int64) {
    (
      low == .min ? .min : Int64(program.clock.firstDayBeginning(from: low).daysSinceEpoch),
      high == .max ? .max : Int64(program.clock.lastDayBegun(at: high).daysSinceEpoch)
    )
  }

  private func anniversary(_ day: SQL, _ days: Int) -> SQL {
    """
    coalesce(\(nextAnniversary(day)) <= \
    \(integer(Int128(today.daysSinceEpoch) + Int128(days))), false)
    """
  }

  /// The first anniversary that is not before today, as a day.
  func nextAnniversary(_ day: SQL) -> SQL {
    let year = SQLValue.int(Int64(today.components.year))
    let now = integer(Int128(today.daysSinceEpoch))
    return """
      list_transform(list_transform([CAST(DATE '1970-01-01' + CAST(\(day) AS INTEGER) AS DATE)], \
      lambda x: {'d': x, 'n': greatest(CAST(1 AS BIGINT), CAST(\(year) AS BIGINT) - year(x))}), lambda x: \
      CASE WHEN CAST(x.d + to_years(CAST(x.n AS INTEGER)) AS DATE) - DATE '1970-01-01' >= \(now) \
      THEN CAST(x.d + to_years(CAST(x.n AS INTEGER)) AS DATE) - DATE '1970-01-01' \
      ELSE CAST(x.d + to_years(CAST(x.n + 1 AS INTEGER)) AS DATE) - DATE '1970-01-01' END)[1]
      """
  }
}

extension PlanNode {
  /// What a row's computed value must stay within: 28 digits.
  static let limit: Int128 = 10_000_000_000_000_000_000_000_000_000
}

extension PlanNode.Order {
  var sql: SQL {
    switch self {
    case .less: "<"
    case .lessOrEqual: "<="
    case .equal: "="
    }
  }
}

/// Writes text tests.
enum TextTestSQL {
  /// Null for a missing text.
  static func sql(_ test: TextTest, _ text: SQL) -> SQL {
    switch test {
    case .isOne(let texts):
      guard !texts.isEmpty else { return "false" }
      return "\(text) IN (\(texts.map { "\($0)" as SQL }.joined()))"
    case .contains(let part): return "contains(\(TextFolding.fold(text)), \(part))"
    case .startsWith(let part): return "starts_with(\(TextFolding.fold(text)), \(part))"
    case .endsWith(let part): return "ends_with(\(TextFolding.fold(text)), \(part))"
    case .isLike(let key): return "\(TextFolding.likeKey(text)) = \(key)"
    case .matches(let pattern): return RegularExpression.matches(text, pattern: pattern)
    }
  }
}

/// Writes the workspace's calendar as SQL: the same table as `WorkspaceClock`, as nested CASEs.
struct ZoneSQL {
  private let clock: WorkspaceClock

  init(_ clock: WorkspaceClock) { self.clock = clock }

  /// The local day of an instant in µs.
  func day(_ instant: SQL) -> SQL {
    let offset = tree(
      clock.starts.indices.map { (clock.starts[$0], clock.offsets[$0]) }[...], "x")
    return """
      list_transform(list_transform([\(instant)], lambda x: x + \(offset)), \
      lambda x: (x - (x % 86400000000 + 86400000000) % 86400000000) // 86400000000)[1]
      """
  }

  /// The first instant of a day, in µs.
  func start(_ day: SQL) -> SQL {
    let offset = tree(clock.dayPieces.map { (Int64($0.from), $0.offset) }[...], "x")
    return "list_transform([\(day)], lambda x: x * 86400000000 - \(offset))[1]"
  }

  /// A day moved by months, clamped to the month's end.
  static func shifted(_ day: SQL, months: Int) -> SQL {
    """
    (CAST(DATE '1970-01-01' + CAST(\(day) AS INTEGER) + to_months(CAST(\(months) AS INTEGER)) \
    AS DATE) - DATE '1970-01-01')
    """
  }

  private func tree(_ pieces: ArraySlice<(Int64, Int64)>, _ value: SQL) -> SQL {
    guard pieces.count > 1 else {
      return "CAST(\(.int(pieces.first?.1 ?? 0)) AS BIGINT)"
    }
    let middle = pieces.startIndex + pieces.count / 2
    return """
      CASE WHEN \(value) < CAST(\(.int(pieces[middle].0)) AS BIGINT) \
      THEN \(tree(pieces[..<middle], value)) ELSE \(tree(pieces[middle...], value)) END
      """
  }
}
