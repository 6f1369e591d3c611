internal import CustomerSchema

extension Evaluator {
  /// The attribute's value at the instant of attributes, which holds until the next one is said.
  mutating func value(ofAttribute index: Int) -> RecordValue {
    let position = record.attributes[index].position(at: attributeTime)
    let next = position.map { $0 + 1 } ?? 0
    if !isHeld, next < record.attributes[index].starts.count {
      until = min(until, record.attributes[index].starts[next])
    }
    guard let position else { return .missing }
    if isHeld, record.attributes[index].starts[position] == .min { return .missing }
    return record.attributes[index].values[position]
  }

  mutating func freshInteger(_ id: Int, _ row: Int) -> Int128? {
    let instruction = instructions[id]
    let a = Int(instruction.a)
    let b = Int(instruction.b)
    switch instruction.kind {
    case .integer: return tables.integers[a]
    case .attribute:
      if case .integer(let value) = value(ofAttribute: a) { return Int128(value) }
      return nil
    case .field:
      guard case .integers(let values) = table(a).columns[b], values[row] != .min else {
        return nil
      }
      return Int128(values[row])
    case .part: return part(RowPart.order[b], a, row)
    case .add: return checked(integer(a, row), integer(b, row)) { $0.addingReportingOverflow($1) }
    case .subtract:
      return checked(integer(a, row), integer(b, row)) { $0.subtractingReportingOverflow($1) }
    case .multiply:
      return checked(integer(a, row), integer(b, row)) { $0.multipliedReportingOverflow(by: $1) }
    case .absolute: return integer(a, row).flatMap { $0 == .min ? nil : abs($0) }
    case .sign: return integer(a, row).map { $0.signum() }
    case .nonZero: return integer(a, row).flatMap { $0 == 0 ? nil : $0 }
    case .bounded:
      return integer(a, row).flatMap { $0.magnitude <= PlanNode.limit.magnitude ? $0 : nil }
    case .quotient:
      guard let x = integer(a, row), let y = integer(b, row), y != 0 else { return nil }
      return Self.rounded(x, y)
    case .quantized:
      let value = (double(a, row) * 1e8).rounded(.toNearestOrAwayFromZero)
      return abs(value) < 1e28 ? Int128(value) : nil
    case .day:
      return integer(a, row).map {
        Int128(program.clock.day(of: Int64(clamping: $0)).daysSinceEpoch)
      }
    case .dayStart:
      return integer(a, row).map { Int128(program.clock.start(of: LocalDate(clamping: $0))) }
    case .shiftDay:
      return integer(a, row).map {
        Int128(LocalDate(clamping: $0).adding(months: b).daysSinceEpoch)
      }
    case .clock:
      let function = tables.functions[a]
      switch function {
      case .constant: break
      case .elapsed: until = min(until, asOf.saturatingAdd(1))
      case .start: until = min(until, tomorrow)
      }
      return Int128(function.value(at: asOf, program.clock))
    case .clockDay:
      until = min(until, tomorrow)
      return Int128(tables.days[a].value(today: today).daysSinceEpoch)
    case .daysSince:
      guard let day = integer(a, row) else { return nil }
      until = min(until, tomorrow)
      return Int128(today.daysSinceEpoch) - day
    case .yearsSince:
      guard let day = integer(a, row) else { return nil }
      until = min(until, tomorrow)
      return Int128(fullYears(LocalDate(clamping: day)))
    case .aggregate: return aggregate(a)
    case .truthValue: return truth(a, row) ? 1 : 0
    default: preconditionFailure("not a whole number")
    }
  }

  private func checked(
    _ a: Int128?, _ b: Int128?, _ operation: (Int128, Int128) -> (Int128, Bool)
  ) -> Int128? {
    guard let a, let b else { return nil }
    let (value, overflow) = operation(a, b)
    return overflow ? nil : value
  }

  /// Half away from zero; nil beyond 128 bits.
  static func rounded(_ x: Int128, _ y: Int128) -> Int128? {
    let (twice, overflow) = x.magnitude.multipliedReportingOverflow(by: 2)
    let (divisor, overflows) = y.magnitude.multipliedReportingOverflow(by: 2)
    guard !overflow, !overflows, let size = Int128(exactly: twice),
      let by = Int128(exactly: divisor), let middle = Int128(exactly: y.magnitude)
    else { return nil }
    let (sum, tooMuch) = size.addingReportingOverflow(middle)
    guard !tooMuch else { return nil }
    return x.signum() * y.signum() * (sum / by)
  }

  func fullYears(_ day: LocalDate) -> Int {
    let years = today.components.year - day.components.year
    return day.adding(months: 12 * years) > today ? years - 1 : years
  }

  private func part(_ part: RowPart, _ collection: Int, _ row: Int) -> Int128? {
    let table = table(collection)
    let local = table.locals[row]
    switch part {
    case .at: return Int128(table.instants[row])
    case .date: return Int128(WorkspaceClock.day(ofLocal: local).daysSinceEpoch)
    case .weekday: return Int128(WorkspaceClock.day(ofLocal: local).weekday)
    case .hour:
      let day = WorkspaceClock.microsecondsPerDay
      return Int128((local - local.flooredDivision(by: day) * day) / 3_600_000_000)
    case .month: return Int128(WorkspaceClock.day(ofLocal: local).components.month)
    case .source, .key: return nil
    }
  }

  mutating func freshDouble(_ id: Int, _ row: Int) -> Double {
    let instruction = instructions[id]
    let a = Int(instruction.a)
    let b = Int(instruction.b)
    switch instruction.kind {
    case .double: return tables.doubles[a]
    case .attribute:
      if case .double(let value) = value(ofAttribute: a), value.isFinite { return value }
      return .nan
    case .field:
      guard case .doubles(let values) = table(a).columns[b] else { return .nan }
      return values[row]
    case .doubleOf: return integer(a, row).map { exactDouble(of: $0, scale: b) } ?? .nan
    case .addDoubles: return double(a, row) + double(b, row)
    case .subtractDoubles: return double(a, row) - double(b, row)
    case .multiplyDoubles: return double(a, row) * double(b, row)
    case .divideDoubles:
      let divisor = double(b, row)
      return divisor == 0 ? .nan : double(a, row) / divisor
    case .frozen: return frozen[a]
    default: preconditionFailure("not a double")
    }
  }

  mutating func freshText(_ id: Int, _ row: Int) -> String? {
    let instruction = instructions[id]
    let a = Int(instruction.a)
    switch instruction.kind {
    case .text: return tables.texts[a].isEmpty ? nil : tables.texts[a]
    case .attribute:
      if case .text(let value) = value(ofAttribute: a), !value.isEmpty { return value }
      return nil
    case .field:
      guard case .texts(let codes, let values) = table(a).columns[Int(instruction.b)],
        codes[row] >= 0
      else { return nil }
      return values[Int(codes[row])]
    case .part:
      let text =
        RowPart.order[Int(instruction.b)] == .source
        ? table(a).sources[row] : table(a).keys[row]
      return text.isEmpty ? nil : text
    case .aggregate: return textAggregate(a)
    default: preconditionFailure("not a text")
    }
  }

  /// The rows of a collection as they are now.
  func table(_ collection: Int) -> RowTable {
    guard let attribute = layout.objectCollections[collection] else {
      return record.rows[collection]
    }
    guard let position = record.attributes[attribute].position(at: attributeTime) else {
      return record.rows[collection]
    }
    return record.attributes[attribute].tables[position]
  }
}

extension LocalDate {
  init(clamping days: Int128) { self.init(daysSinceEpoch: Int32(clamping: days)) }
}
