internal import CustomerSchema

/// A rule's answer for one customer.
package struct Answer: Sendable, Hashable {
  package let isMember: Bool
  /// An instant, in µs, before which the answer does not change if nothing else happens;
  /// `Int64.max` for ever.
  package let validUntil: Int64
}

/// Answers rules for one customer in memory.
///
/// A value of this type has working space of its own: one for each thread. Every part that rules
/// share is evaluated once per call.
package struct Evaluator {
  package let program: SegmentProgram
  package var snapshot: PopulationSnapshot { didSet { readSnapshot() } }

  let instructions: [Instruction]
  let tables: InstructionTables
  let tests: [PreparedTextTest]
  let rowOf: [Int16]
  let aggregates: [CompiledAggregate]
  let sequenceWindows: [Int32]
  let resumptionWindows: [Int32]
  var frozen: [Double] = []

  // The instant at hand.
  var asOf: Int64 = .min
  var today = LocalDate(daysSinceEpoch: 0)
  var tomorrow: Int64 = 0
  var lows: [Int64]
  var highs: [Int64]
  private var isPrepared = false

  // The customer at hand, and what is known of them.
  var record: CustomerRecord
  private let empty: CustomerRecord
  /// The attributes' values hold at this instant; different from `asOf` within `held` only.
  var attributeTime: Int64 = 0
  var isHeld = false
  /// When what is being told changes next.
  var until: Int64 = .max
  private var epoch: UInt32 = 0
  private var marks: [UInt32]
  private var truths: [Bool]
  private var integers: [Int128]
  private var isMissing: [Bool]
  private var doubles: [Double]
  private var texts: [String?]
  private var untils: [Int64]
  var maskMarks: [UInt32]
  var maskStarts: [Int]
  var maskCounts: [Int]
  var maskUntils: [Int64]
  var maskWords: [UInt64] = []
  var testMemos: [Int32: TestMemo] = [:]
  let layout: RecordLayout

  struct CompiledAggregate {
    var function: PlanAggregate.Function
    var collection: Int
    var filter: Int
    var window: Int
    var value: Int
    var weight: Int
    var isText: Bool
    var hasTime: Bool
  }

  struct TestMemo {
    var epoch: UInt32
    /// 0 unknown, 1 no, 2 yes; by the text's code.
    var known: [UInt8]
  }

  package init(_ program: SegmentProgram, snapshot: PopulationSnapshot = .empty) {
    self.program = program
    self.snapshot = snapshot
    var assembler = Assembler(program)
    instructions = assembler.instructions()
    rowOf = program.facts.map { $0.row.map(Int16.init) ?? -1 }
    aggregates = program.aggregates.map { aggregate in
      CompiledAggregate(
        function: aggregate.function, collection: aggregate.collection,
        filter: aggregate.filter ?? -1, window: Int(assembler.window(aggregate.window)),
        value: aggregate.value ?? -1, weight: aggregate.weight ?? -1,
        isText: aggregate.value.map { program.facts[$0].kind == .text } ?? false,
        hasTime: program.collections[aggregate.collection].stream != nil)
    }
    sequenceWindows = program.sequences.map { assembler.window($0.window) }
    resumptionWindows = program.resumptions.map { assembler.window($0.window) }
    tables = assembler.tables
    tests = tables.tests.map(PreparedTextTest.init)
    lows = tables.windows.map { _ in 0 }
    highs = lows
    let count = program.nodes.count
    marks = Array(repeating: 0, count: count)
    truths = Array(repeating: false, count: count)
    integers = Array(repeating: 0, count: count)
    isMissing = Array(repeating: false, count: count)
    doubles = Array(repeating: 0, count: count)
    texts = Array(repeating: nil, count: count)
    untils = Array(repeating: .max, count: count)
    maskMarks = marks
    maskStarts = Array(repeating: 0, count: count)
    maskCounts = maskStarts
    maskUntils = untils
    layout = RecordLayout(program)
    empty = CustomerRecord(layout)
    record = empty
    readSnapshot()
  }

  private mutating func readSnapshot() {
    frozen = program.requirements.map { snapshot.values[$0.key] ?? .nan }
  }

  /// The answers of the rules at these positions, in their order; of all rules without positions.
  package mutating func evaluate(
    _ record: CustomerRecord, asOf: Int64, rules: [Int]? = nil
  ) -> [Answer] {
    prepare(asOf)
    self.record = record
    // The caller may go on to change the record: no second owner is left behind.
    defer { self.record = empty }
    epoch &+= 1
    maskWords.removeAll(keepingCapacity: true)
    attributeTime = asOf
    var answers: [Answer] = []
    if let rules {
      answers.reserveCapacity(rules.count)
      for rule in rules { answers.append(answer(program.roots[rule])) }
    } else {
      answers.reserveCapacity(program.roots.count)
      for root in program.roots { answers.append(answer(root)) }
    }
    return answers
  }

  private mutating func answer(_ root: NodeID) -> Answer {
    until = .max
    let isMember = truth(root, -1)
    return Answer(isMember: isMember, validUntil: until)
  }

  private mutating func prepare(_ instant: Int64) {
    guard !isPrepared || instant != asOf else { return }
    isPrepared = true
    asOf = instant
    today = program.clock.day(of: instant)
    tomorrow = program.clock.start(of: today.adding(days: 1))
    for (index, window) in tables.windows.enumerated() {
      lows[index] = window.low.value(at: instant, program.clock)
      highs[index] = window.high.value(at: instant, program.clock)
    }
  }

  // MARK: Nodes, each once

  var currentEpoch: UInt32 { epoch }

  /// Whether a node is told afresh: it stands on a row, or on another instant's attributes.
  private func isFresh(_ id: Int) -> Bool { isHeld || rowOf[id] >= 0 }

  mutating func truth(_ id: Int, _ row: Int) -> Bool {
    if isFresh(id) { return freshTruth(id, row) }
    if marks[id] == epoch {
      until = min(until, untils[id])
      return truths[id]
    }
    let outer = until
    until = .max
    let value = freshTruth(id, -1)
    marks[id] = epoch
    truths[id] = value
    untils[id] = until
    until = min(outer, until)
    return value
  }

  /// nil for missing.
  mutating func integer(_ id: Int, _ row: Int) -> Int128? {
    if isFresh(id) { return freshInteger(id, row) }
    if marks[id] == epoch {
      until = min(until, untils[id])
      return isMissing[id] ? nil : integers[id]
    }
    let outer = until
    until = .max
    let value = freshInteger(id, -1)
    marks[id] = epoch
    isMissing[id] = value == nil
    if let value { integers[id] = value }
    untils[id] = until
    until = min(outer, until)
    return value
  }

  /// NaN or infinite for missing.
  mutating func double(_ id: Int, _ row: Int) -> Double {
    if isFresh(id) { return freshDouble(id, row) }
    if marks[id] == epoch {
      until = min(until, untils[id])
      return doubles[id]
    }
    let outer = until
    until = .max
    let value = freshDouble(id, -1)
    marks[id] = epoch
    doubles[id] = value
    untils[id] = until
    until = min(outer, until)
    return value
  }

  /// nil for missing.
  mutating func text(_ id: Int, _ row: Int) -> String? {
    if isFresh(id) { return freshText(id, row) }
    if marks[id] == epoch {
      until = min(until, untils[id])
      return texts[id]
    }
    let outer = until
    until = .max
    let value = freshText(id, -1)
    marks[id] = epoch
    texts[id] = value
    untils[id] = until
    until = min(outer, until)
    return value
  }
}
