internal import CustomerSchema
internal import SegmentLanguage

/// Follows one customer after another through time: what a change or the passing of time makes
/// of memberships. Refreshes and live evaluation both follow by it.
///
/// One for each thread: it has the evaluator's working space.
struct CustomerFollower {
  /// A customer's answers: by position in the program's rules.
  struct State: Sendable, Hashable {
    var isMember: [Bool]
    /// µs since 1970; the answer does not change before by time alone.
    var validUntil: [Int64]
    /// The earliest of these.
    var earliest: Int64
  }

  let program: SegmentProgram
  private var evaluator: Evaluator
  private let rulesOfCollection: [[Int]]
  private let rulesOfAttribute: [[Int]]
  private let rulesOfSegment: [Int64: [Int]]
  private let everyRule: [Int]
  private let segments: [Int64]
  /// By segment; nil for one that is not told here.
  private let positions: [Int64: Int]

  // Working space of a step.
  private var marks: [UInt32]
  private var epoch: UInt32 = 0
  private var reasons: [MembershipReason]
  private var pending: [Int] = []
  private var following: [Int] = []

  init(_ program: SegmentProgram, snapshot: PopulationSnapshot) {
    self.program = program
    evaluator = Evaluator(program, snapshot: snapshot)
    rulesOfCollection = program.collections.map { collection in
      collection.stream == nil
        ? program.rules(readingAttribute: collection.id) : program.rules(reading: collection.id)
    }
    rulesOfAttribute = program.attributes.map { program.rules(readingAttribute: $0.id) }
    var rulesOfSegment: [Int64: [Int]] = [:]
    for rule in program.rules {
      let readers = program.rules(readingSegment: rule.id)
      if !readers.isEmpty { rulesOfSegment[rule.id] = readers }
    }
    self.rulesOfSegment = rulesOfSegment
    everyRule = Array(program.rules.indices)
    segments = program.rules.map(\.id)
    positions = Dictionary(
      program.rules.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    marks = Array(repeating: 0, count: program.rules.count)
    reasons = Array(repeating: .data, count: program.rules.count)
  }

  /// The answers of a customer whose open memberships are these.
  ///
  /// - Parameter due: before which nothing changes by time alone.
  func state(members: Set<Int64>, due: Int64) -> State {
    State(
      isMember: segments.map(members.contains),
      validUntil: Array(repeating: due, count: segments.count), earliest: due)
  }

  /// Tells the rules that what changed can change, and those that fall due, at an instant.
  ///
  /// - Parameters:
  ///   - subjects: what changed at this instant; the record has it already.
  ///   - tellsAll: whether every rule is told.
  ///   - changes: gets what changes of memberships; the record's intervals follow.
  mutating func step(
    _ record: inout CustomerRecord, _ state: inout State, customer: Int64, at instant: Int64,
    subjects: [ChangeSubject], tellsAll: Bool = false, _ changes: inout [MembershipChange]
  ) {
    epoch &+= 1
    pending.removeAll(keepingCapacity: true)
    for subject in subjects {
      switch subject {
      case .rows(let index): for rule in rulesOfCollection[index] { add(rule, .data) }
      case .attribute(let index): for rule in rulesOfAttribute[index] { add(rule, .data) }
      }
    }
    if state.earliest <= instant {
      for rule in everyRule where state.validUntil[rule] <= instant { add(rule, .time) }
    }
    if tellsAll { for rule in everyRule { add(rule, .data) } }
    // A change of one segment may change those whose rules read its record.
    while !pending.isEmpty {
      let answers = evaluator.evaluate(record, asOf: instant, rules: pending)
      following.removeAll(keepingCapacity: true)
      for (rule, answer) in zip(pending, answers) {
        state.validUntil[rule] = answer.validUntil
        guard answer.isMember != state.isMember[rule] else { continue }
        state.isMember[rule] = answer.isMember
        let segment = segments[rule]
        changes.append(
          MembershipChange(
            segment: segment, customer: customer, instant: instant, hasEntered: answer.isMember,
            reason: reasons[rule]))
        guard let readers = rulesOfSegment[segment] else { continue }
        Self.record(segment, answer.isMember, at: instant, in: &record)
        // Also those told already in this step: the instant at which an interval on record leaves
        // their window is known only now.
        for reader in readers where !following.contains(reader) {
          if marks[reader] != epoch {
            marks[reader] = epoch
            reasons[reader] = reasons[rule]
          }
          following.append(reader)
        }
      }
      swap(&pending, &following)
    }
    var earliest = Int64.max
    for until in state.validUntil where until < earliest { earliest = until }
    state.earliest = earliest
  }

  private mutating func add(_ rule: Int, _ reason: MembershipReason) {
    guard marks[rule] != epoch else { return }
    marks[rule] = epoch
    reasons[rule] = reason
    pending.append(rule)
  }

  private static func record(
    _ segment: Int64, _ hasEntered: Bool, at instant: Int64, in record: inout CustomerRecord
  ) {
    // What is taken back at the very instant at which it was said has not been.
    let last = record.memberships.lastIndex { $0.segment == segment }
    if hasEntered {
      if let last, record.memberships[last].left == instant {
        record.memberships[last].left = nil
      } else {
        record.memberships.append(MembershipInterval(segment: segment, entered: instant))
      }
    } else if let last, record.memberships[last].left == nil {
      if record.memberships[last].entered == instant {
        record.memberships.remove(at: last)
      } else {
        record.memberships[last].left = instant
      }
    }
  }
}

extension CustomerFollower {
  /// Follows a loaded customer from the last telling to `end`, which is not told itself.
  ///
  /// - Returns: the instant from `end` on at which something is next.
  mutating func follow(
    _ customer: inout LoadedCustomer, until end: Int64, _ state: inout State,
    _ changes: inout [MembershipChange]
  ) -> Int64 {
    var next = 0
    var isNew = customer.isNew
    var subjects: [ChangeSubject] = []
    while true {
      let scheduled = next < customer.schedule.count ? customer.schedule[next].instant : .max
      let instant = min(scheduled, state.earliest)
      guard instant < end else { return instant }
      subjects.removeAll(keepingCapacity: true)
      while next < customer.schedule.count, customer.schedule[next].instant == instant {
        subjects.append(customer.schedule[next].subject)
        next += 1
      }
      step(
        &customer.record, &state, customer: customer.id, at: instant, subjects: subjects,
        tellsAll: isNew, &changes)
      isNew = false
      customer.isNew = false
    }
  }
}
