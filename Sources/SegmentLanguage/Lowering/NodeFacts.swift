internal import CustomerSchema

extension PlanNode {
  /// The nodes it is told from; those of its aggregate, sequence… are not among them.
  var children: [NodeID] {
    switch self {
    case .integer, .double, .text, .attribute, .field, .part, .clock, .clockDay, .aggregate,
      .frozen, .truth, .listTest, .listIsEmpty, .sequence, .resumed, .regularly, .held, .decision:
      []
    case .absolute(let a), .sign(let a), .nonZero(let a), .bounded(let a), .day(let a),
      .dayStart(let a), .shiftDay(let a, _), .quantized(let a),
      .daysSince(let a), .yearsSince(let a), .truthValue(let a), .doubleOf(let a, _), .not(let a),
      .isOne(let a, _), .textTest(let a, _), .isTrue(let a), .within(let a, _, _),
      .anniversary(let a, _), .entered(_, let a, _), .left(_, let a, _), .memberAt(_, let a, _):
      [a]
    case .add(let a, let b), .subtract(let a, let b), .multiply(let a, let b),
      .quotient(let a, let b), .addDoubles(let a, let b), .subtractDoubles(let a, let b),
      .multiplyDoubles(let a, let b), .divideDoubles(let a, let b), .compare(_, let a, let b),
      .compareDoubles(_, let a, let b), .compareTexts(_, let a, let b):
      [a, b]
    case .all(let parts), .any(let parts), .missing(let parts): parts
    }
  }
}

extension Lowering {
  /// Sums are kept below 2^126: rows beyond 2^30 of the greatest bounded values do not occur.
  private static let sumBits = 126

  func facts(of node: PlanNode) -> SegmentProgram.NodeFacts {
    var result = SegmentProgram.NodeFacts(
      kind: .integer, bits: 0, row: nil, dependsOnTime: false, stage: 0, level: 0)
    for child in node.children { result.take(facts[child]) }
    func bits(_ id: NodeID) -> Int { facts[id].bits }
    switch node {
    case .integer(let value): result.bits = 128 - value.magnitude.leadingZeroBitCount
    case .double: result.kind = .double
    case .text: result.kind = .text
    case .attribute(let index): result.setType(attributes[index].type)
    case .field(let collection, let column):
      result.row = collection
      result.setType(collections[collection].columns[column].type)
    case .part(let collection, let part):
      result.row = collection
      result.setType(FieldDefinition.ofEveryRow.first { $0.id == part.rawValue }?.type ?? .text)
    case .add(let a, let b), .subtract(let a, let b): result.bits = max(bits(a), bits(b)) + 1
    case .multiply(let a, let b): result.bits = bits(a) + bits(b)
    case .absolute(let a), .nonZero(let a): result.bits = bits(a)
    case .bounded, .quantized: (result.kind, result.bits) = (.integer, 94)
    case .quotient(let a, let b): result.bits = max(bits(a) + 1, bits(b)) + 1
    case .sign, .truthValue: result.bits = 1
    case .day, .shiftDay: result.bits = 32
    case .dayStart: result.bits = 63
    case .clock, .clockDay, .daysSince, .yearsSince:
      (result.bits, result.dependsOnTime) = (64, true)
      if case .clock(.constant) = node { result.dependsOnTime = false }
    case .aggregate(let index):
      let aggregate = aggregates[index]
      result.takeRows(
        aggregate.filter.map { facts[$0] }, aggregate.value.map { facts[$0] },
        aggregate.weight.map { facts[$0] })
      let value = aggregate.value.map { facts[$0] }
      switch aggregate.function {
      case .count, .distinct: result.bits = 40
      case .sum: result.bits = min((value?.bits ?? 0) + 40, Self.sumBits)
      case .min, .max, .first, .last, .favourite:
        (result.kind, result.bits) = (value?.kind ?? .integer, value?.bits ?? 0)
      }
    case .doubleOf, .addDoubles, .subtractDoubles, .multiplyDoubles, .divideDoubles:
      result.kind = .double
    case .frozen(let index):
      (result.kind, result.level) = (.double, requirements[index].level + 1)
    case .truth, .all, .any, .not, .compare, .compareDoubles, .compareTexts, .isOne, .missing,
      .textTest, .listTest, .listIsEmpty, .isTrue, .decision:
      result.kind = .truth
    case .within(_, let window, _):
      (result.kind, result.dependsOnTime) = (.truth, result.dependsOnTime || !window.isConstant)
    case .anniversary, .entered, .left, .memberAt:
      (result.kind, result.dependsOnTime) = (.truth, true)
    case .sequence(let index):
      result.kind = .truth
      result.takeRows(sequences[index].steps.map { $0.filter.map { facts[$0] } })
    case .resumed(let index):
      result.kind = .truth
      result.takeRows(resumptions[index].filter.map { facts[$0] })
    case .regularly(let index):
      result.kind = .truth
      result.takeRows(rhythms[index].filter.map { facts[$0] })
    case .held: (result.kind, result.dependsOnTime) = (.truth, true)
    }
    return result
  }
}

extension PlanWindow {
  var isConstant: Bool {
    if case .constant = low, case .constant = high { true } else { false }
  }
}

extension SegmentProgram.NodeFacts {
  fileprivate mutating func take(_ child: Self) {
    row = row ?? child.row
    dependsOnTime = dependsOnTime || child.dependsOnTime
    stage = max(stage, child.stage)
    level = max(level, child.level)
  }

  /// What stands on rows is told of the customer, in a stage of its own.
  fileprivate mutating func takeRows(_ parts: Self?...) { takeRows(parts) }

  fileprivate mutating func takeRows(_ parts: [Self?]) {
    for case let part? in parts { take(part) }
    row = nil
    dependsOnTime = true
    stage += 1
  }

  fileprivate mutating func setType(_ type: AttributeType) {
    switch type.kind {
    case .integer: kind = .integer
    case .double: kind = .double
    case .text, .list, .objects: kind = .text
    }
    switch type {
    case .boolean: bits = 1
    case .date: bits = 32
    case .decimal, .money: bits = 60
    default: bits = 63
    }
  }
}
