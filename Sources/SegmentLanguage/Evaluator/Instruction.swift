internal import CustomerSchema

/// A node without references, so that evaluating it counts none: positions in tables instead.
struct Instruction {
  enum Kind: UInt8 {
    case integer, double, text, attribute, field, part
    case add, subtract, multiply, absolute, sign, nonZero, bounded, quotient, quantized
    case day, dayStart, shiftDay, clock, clockDay, daysSince, yearsSince, aggregate, truthValue
    case doubleOf, addDoubles, subtractDoubles, multiplyDoubles, divideDoubles, frozen
    case yes, no, all, any, not, compare, compareDoubles, compareTexts, isOne, missing, textTest
    case listTest, listIsEmpty, isTrue, within, anniversary
    case sequence, resumed, regularly, held, entered, left, memberAt, decision
    // Comparisons whose next change can be told exactly.
    case compareClock, compareClockDay, compareDaysSince, compareYearsSince, compareCount
  }
  var kind: Kind
  var a: Int32 = 0
  var b: Int32 = 0
  var c: Int32 = 0
}

/// The tables that instructions point into.
struct InstructionTables {
  var integers: [Int128] = []
  var doubles: [Double] = []
  var texts: [String] = []
  var tests: [TextTest] = []
  var windows: [PlanWindow] = []
  var functions: [InstantFunction] = []
  var days: [DayFunction] = []
  var children: [Int32] = []
  var sets: [[Int128]] = []
  var segments: [Int64] = []
  var instants: [Int64] = []

  mutating func window(_ window: PlanWindow) -> Int32 {
    if let known = windows.firstIndex(of: window) { return Int32(known) }
    windows.append(window)
    return Int32(windows.count - 1)
  }
}

/// Turns nodes into instructions.
struct Assembler {
  private let program: SegmentProgram
  private(set) var tables = InstructionTables()

  init(_ program: SegmentProgram) { self.program = program }

  mutating func instructions() -> [Instruction] {
    program.nodes.indices.map { instruction($0) }
  }

  mutating func window(_ window: PlanWindow) -> Int32 { tables.window(window) }

  private mutating func instruction(_ id: NodeID) -> Instruction {
    func make(_ kind: Instruction.Kind, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0) -> Instruction {
      Instruction(kind: kind, a: Int32(a), b: Int32(b), c: Int32(c))
    }
    func put<Item>(_ item: Item, _ path: WritableKeyPath<InstructionTables, [Item]>) -> Int {
      tables[keyPath: path].append(item)
      return tables[keyPath: path].count - 1
    }
    switch program.nodes[id] {
    case .integer(let value): return make(.integer, put(value, \.integers))
    case .double(let value): return make(.double, put(value, \.doubles))
    case .text(let value): return make(.text, put(value, \.texts))
    case .attribute(let index): return make(.attribute, index)
    case .field(let collection, let column): return make(.field, collection, column)
    case .part(let collection, let part):
      return make(.part, collection, RowPart.order.firstIndex(of: part) ?? 0)
    case .add(let a, let b): return make(.add, a, b)
    case .subtract(let a, let b): return make(.subtract, a, b)
    case .multiply(let a, let b): return make(.multiply, a, b)
    case .absolute(let a): return make(.absolute, a)
    case .sign(let a): return make(.sign, a)
    case .nonZero(let a): return make(.nonZero, a)
    case .bounded(let a): return make(.bounded, a)
    case .quotient(let a, let b): return make(.quotient, a, b)
    case .quantized(let a): return make(.quantized, a)
    case .day(let a): return make(.day, a)
    case .dayStart(let a): return make(.dayStart, a)
    case .shiftDay(let a, let months): return make(.shiftDay, a, months)
    case .clock(let function): return make(.clock, put(function, \.functions))
    case .clockDay(let function): return make(.clockDay, put(function, \.days))
    case .daysSince(let a): return make(.daysSince, a)
    case .yearsSince(let a): return make(.yearsSince, a)
    case .aggregate(let index): return make(.aggregate, index)
    case .truthValue(let a): return make(.truthValue, a)
    case .doubleOf(let a, let scale): return make(.doubleOf, a, scale)
    case .addDoubles(let a, let b): return make(.addDoubles, a, b)
    case .subtractDoubles(let a, let b): return make(.subtractDoubles, a, b)
    case .multiplyDoubles(let a, let b): return make(.multiplyDoubles, a, b)
    case .divideDoubles(let a, let b): return make(.divideDoubles, a, b)
    case .frozen(let index): return make(.frozen, index)
    case .truth(let value): return make(value ? .yes : .no)
    case .all(let parts): return list(.all, parts.sorted { cost($0) < cost($1) })
    case .any(let parts): return list(.any, parts.sorted { cost($0) < cost($1) })
    case .missing(let parts): return list(.missing, parts)
    case .not(let a): return make(.not, a)
    case .compare(let order, let a, let b): return comparison(order, a, b)
    case .compareDoubles(let order, let a, let b): return make(.compareDoubles, a, b, order.code)
    case .compareTexts(let order, let a, let b): return make(.compareTexts, a, b, order.code)
    case .isOne(let a, let values): return make(.isOne, a, put(values, \.sets))
    case .textTest(let a, let test): return make(.textTest, a, put(test, \.tests))
    case .listTest(let index, let test): return make(.listTest, index, put(test, \.tests))
    case .listIsEmpty(let index): return make(.listIsEmpty, index)
    case .isTrue(let a): return make(.isTrue, a)
    case .within(let a, let window, let isDay):
      return make(.within, a, Int(tables.window(window)), isDay ? 1 : 0)
    case .anniversary(let a, let days): return make(.anniversary, a, days)
    case .sequence(let index): return make(.sequence, index)
    case .resumed(let index): return make(.resumed, index)
    case .regularly(let index): return make(.regularly, index)
    case .held(let index): return make(.held, index)
    case .entered(let segment, let member, let window):
      return make(.entered, member, put(segment, \.segments), Int(tables.window(window)))
    case .left(let segment, let member, let window):
      return make(.left, member, put(segment, \.segments), Int(tables.window(window)))
    case .memberAt(let segment, let member, let instant):
      return make(.memberAt, member, put(segment, \.segments), put(instant, \.instants))
    case .decision(let segment, let isIncluded):
      return make(.decision, put(segment, \.segments), isIncluded ? 1 : 0)
    }
  }

  private mutating func list(_ kind: Instruction.Kind, _ parts: [NodeID]) -> Instruction {
    let start = tables.children.count
    tables.children += parts.map(Int32.init)
    return Instruction(kind: kind, a: Int32(start), b: Int32(parts.count))
  }

  /// What time cannot change first: where it decides, the answer holds for ever.
  private func cost(_ id: NodeID) -> Int {
    (program.facts[id].dependsOnTime ? 2 : 0) + (program.facts[id].stage > 0 ? 1 : 0)
  }

  private func comparison(_ order: PlanNode.Order, _ a: NodeID, _ b: NodeID) -> Instruction {
    var result = Instruction(kind: .compare, a: Int32(a), b: Int32(b), c: Int32(order.code))
    // The side that moves is told in bit 2 of c: 0 for the left.
    for (moving, still, side) in [(a, b, 0), (b, a, 4)] {
      let isKnown = if case .integer = program.nodes[still] { true } else { false }
      switch program.nodes[moving] {
      case .clock: result.kind = .compareClock
      case .clockDay: result.kind = .compareClockDay
      case .daysSince where isKnown: result.kind = .compareDaysSince
      case .yearsSince where isKnown: result.kind = .compareYearsSince
      case .aggregate(let index)
      where isKnown && program.aggregates[index].function == .count
        && program.aggregates[index].value == nil
        && program.collections[program.aggregates[index].collection].stream != nil
        && program.aggregates[index].filter.map { !program.facts[$0].dependsOnTime } ?? true:
        result.kind = .compareCount
      default: continue
      }
      result.c += Int32(side)
      return result
    }
    return result
  }
}

extension RowPart {
  static let order: [RowPart] = [.at, .date, .weekday, .hour, .month, .source, .key]
}

extension PlanNode.Order {
  /// 0 less, 1 less or equal, 2 equal.
  var code: Int {
    switch self {
    case .less: 0
    case .lessOrEqual: 1
    case .equal: 2
    }
  }
}
