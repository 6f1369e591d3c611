import CustomerSchema
import Foundation
import SQLBuilder
import Testing
import Warehouse

@testable import SegmentLanguage

@Suite struct `SQL and the evaluator agree` {
  @Test(arguments: 0..<5)
  func `on random rules and customers`(seed: Int) async throws {
    let outcome = try await Agreement(seed: UInt64(seed)).run()
    #expect(outcome.pairs > 2000)
    // Rules that are nearly always true, or false, would prove little.
    #expect((0.1...0.9).contains(Double(outcome.members) / Double(outcome.pairs)))
    #expect(outcome.numbers > 0)
    #expect(outcome.expired > outcome.pairs / 10)
    #expect(outcome.made.count >= 30, "\(outcome.made)")
  }

  /// A condition that reads the customer alone is one node of the plan, whatever rows it filters.
  @Test func `one condition on the customer filters the rows of several streams`() async throws {
    let asOf: Int64 = 1_736_865_306_044_222
    var person = TestCustomer(id: 1)
    person.sayings = [.init(attribute: "opted_in", start: .min, value: .integer(1))]
    for (stream, count) in [("tickets", 1), ("orders", 130), ("opportunities", 70)] {
      for index in 0..<count {
        let instant = asOf - Int64(index + 1) * 3_600_000_000
        person.rows.append(
          .init(
            stream: stream, instant: instant, local: instant + 3_600_000_000, source: "crm",
            key: "k\(index)", values: stream == "orders" ? ["amount": .integer(10000)] : [:]))
      }
    }
    let texts = ["tickets": 1, "orders": 130, "opportunities": 70].flatMap { stream, count in
      [count, count + 1].map { "count(\(stream) where opted_in = true) >= \($0)" }
    }
    let clock = try #require(WorkspaceClock(timeZone: "Europe/Paris"))
    let warehouse = try await TestWarehouse()
    try await warehouse.load([person], asOf: asOf)
    for order in [texts.sorted(), texts.sorted().reversed()] {
      let rules = try order.enumerated().map { index, text in
        SegmentRule(
          id: Int64(index + 1), name: "s\(index)", expression: try .parse(text),
          hasDecisions: false)
      }
      let program = try SegmentProgram(
        rules: rules, schema: TestSchema.schema(zone: "Europe/Paris"), clock: clock)
      var evaluator = Evaluator(program, snapshot: .empty)
      let answers = evaluator.evaluate(person.record(RecordLayout(program)), asOf: asOf)
      let table = try await warehouse.session.query(
        SQLPrinter(program, relations: TestWarehouse.relations)
          .answers(asOf: asOf, snapshot: .empty))
      for (index, text) in order.enumerated() {
        let isReached = texts.firstIndex(of: text).map { $0.isMultiple(of: 2) }
        #expect(answers[index].isMember == isReached, "\(text)")
        #expect(table.rows[0][index + 1].bool == isReached, "\(text)")
      }
    }
  }

  @Test func `a condition on the clock alone makes rows due`() async throws {
    let clock = try #require(WorkspaceClock(timeZone: "Europe/Paris"))
    let day = try #require(LocalDate(year: 2024, month: 2, day: 27))
    let asOf = clock.start(of: day) + 12 * 3_600_000_000
    var person = TestCustomer(id: 1)
    for instant in [asOf - 31 * 86_400_000_000, asOf - 150 * 86_400_000_000] {
      person.rows.append(
        .init(
          stream: "opportunities", instant: instant, local: instant + 3_600_000_000, source: "",
          key: "", values: [:]))
    }
    let rule = SegmentRule(
      id: 1, name: "s",
      expression: try .parse(
        """
        resumed(opportunities where 7 minutes from now from 2023-12-30 to 2024-02-28, \
        after 30 days, since 2024-01-14)
        """), hasDecisions: false)
    let program = try SegmentProgram(
      rules: [rule], schema: TestSchema.schema(zone: "Europe/Paris"), clock: clock)
    let warehouse = try await TestWarehouse()
    try await warehouse.load([person], asOf: asOf)
    let row = try await warehouse.session.query(
      SQLPrinter(program, relations: TestWarehouse.relations)
        .answers(asOf: asOf, snapshot: .empty)
    ).rows[0]
    #expect(row[1].bool == true)
    // At 23:53 of 28 February, the 29th is seven minutes from now.
    let end = clock.start(of: day.adding(days: 2)) - 7 * 60_000_000
    #expect((asOf + 1...end).contains(row[2].microseconds ?? .max))
    var evaluator = Evaluator(program, snapshot: .empty)
    let answer = evaluator.evaluate(person.record(RecordLayout(program)), asOf: asOf)[0]
    #expect(answer.isMember && (asOf + 1...end).contains(answer.validUntil))
    #expect(
      !evaluator.evaluate(person.record(RecordLayout(program)), asOf: end)[0].isMember)
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["QUARTIER_SOAK_SECONDS"] != nil))
  func `for as long as asked`() async throws {
    let seconds = Double(ProcessInfo.processInfo.environment["QUARTIER_SOAK_SECONDS"] ?? "") ?? 60
    let end = Date().addingTimeInterval(seconds)
    // A seed that was reported is run again by naming it.
    var seed =
      ProcessInfo.processInfo.environment["QUARTIER_SOAK_SEED"].flatMap { UInt64($0) }
      ?? UInt64(Date().timeIntervalSince1970)
    var pairs = 0
    while Date() < end {
      pairs += try await Agreement(seed: seed).run().pairs
      seed += 1
    }
    print("\(pairs) pairs agreed")
  }
}

/// One round: rules and customers of a seed, told by both sides at one instant.
struct Agreement {
  struct Outcome {
    var pairs = 0
    var numbers = 0
    var made: [String: Int] = [:]
    var members = 0
    var expired = 0
  }

  let seed: UInt64
  static let zones = [
    "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Europe/Paris", "Pacific/Apia",
  ]

  func run() async throws -> Outcome {
    var rng = SeededGenerator(seed: seed &* 7919 &+ 17)
    let zone = Self.zones[Int(seed % UInt64(Self.zones.count))]
    let schema = TestSchema.schema(zone: zone)
    let clock = try #require(WorkspaceClock(timeZone: zone))
    let asOf = Self.instant(clock, &rng)
    var outcome = Outcome()
    var generator = RandomRules(seed: seed, today: clock.day(of: asOf))
    var rules: [SegmentRule] = []
    for index in 0..<40 {
      rules.append(
        SegmentRule(
          id: Int64(index + 1), name: "s\(index)", expression: generator.condition(2),
          hasDecisions: rng.chance(0.2)))
      if index % 4 == 0 { generator.segments.append("s\(index)") }
    }
    outcome.made = generator.made
    let customers = RandomCustomers(
      clock: clock, asOf: asOf, segments: rules.prefix(12).map(\.id))
    let people = (1...80).map { customers.customer(Int64($0), using: &rng) }
    let program = try SegmentProgram(rules: rules, schema: schema, clock: clock)
    let warehouse = try await TestWarehouse()
    var instant = asOf
    for _ in 0..<2 {
      try await warehouse.load(people, asOf: instant)
      let answers = try await compare(program, people, warehouse, instant, &outcome, &rng)
      // Next at an instant at which some answer is said to change.
      let changes = answers.flatMap { $0.map(\.validUntil) }.filter {
        $0 < instant + 400 * 86_400_000_000
      }
      guard !changes.isEmpty else { break }
      instant = rng.pick(changes)
    }
    return outcome
  }

  private static func instant(_ clock: WorkspaceClock, _ rng: inout SeededGenerator) -> Int64 {
    let base = LocalDate(year: 2023, month: 6, day: 1) ?? LocalDate(daysSinceEpoch: 19_000)
    let nudge = Int64(rng.pick([-1, 0, 1]))
    switch Int.random(in: 0..<4, using: &rng) {
    case 0:
      return rng.pick(
        clock.starts.filter { $0 > clock.start(of: base) }.prefix(8).map { $0 } + [
          clock.start(of: base)
        ])
        + rng.pick([0, 1_800_000_000, 86_400_000_000]) + nudge
    case 1:
      let leap =
        LocalDate(year: 2024, month: 2, day: 28 + Int.random(in: 0...1, using: &rng)) ?? base
      return clock.start(of: leap) + nudge
    case 2:
      return clock.start(of: base.adding(days: Int.random(in: 0...700, using: &rng))) + nudge
    default:
      return clock.start(of: base) + Int64.random(in: 0...(700 * 86_400_000_000), using: &rng)
    }
  }

  private func compare(
    _ program: SegmentProgram, _ people: [TestCustomer], _ warehouse: TestWarehouse,
    _ asOf: Int64, _ outcome: inout Outcome, _ rng: inout SeededGenerator
  ) async throws -> [[Answer]] {
    let printer = SQLPrinter(program, relations: TestWarehouse.relations)
    var snapshot = PopulationSnapshot.empty
    for level in 0..<program.populationLevels {
      guard let sql = printer.population(level: level, asOf: asOf, snapshot: snapshot) else {
        continue
      }
      for row in try await warehouse.session.query(sql).rows {
        guard let index = row[0].int, let value = row[1].double else { continue }
        snapshot.values[program.requirements[index].key] = value
        outcome.numbers += 1
      }
    }
    let table = try await warehouse.session.query(
      printer.answers(asOf: asOf, snapshot: snapshot))
    var told: [Int64: [SQLValue]] = [:]
    for row in table.rows { if case .int(let id) = row[0] { told[id] = row } }
    #expect(told.count == people.count)
    var evaluator = Evaluator(program, snapshot: snapshot)
    let layout = RecordLayout(program)
    var all: [[Answer]] = []
    for person in people {
      let record = person.record(layout)
      let answers = evaluator.evaluate(record, asOf: asOf)
      all.append(answers)
      let row = try #require(told[person.id])
      for (index, answer) in answers.enumerated() {
        outcome.pairs += 1
        if answer.isMember { outcome.members += 1 }
        if answer.validUntil != .max { outcome.expired += 1 }
        guard row[index + 1].bool != answer.isMember else { continue }
        try await report(.answers, index, program, person, people, warehouse, asOf, snapshot)
      }
      let nextDue = row[row.count - 1].microseconds
      if let wrong = probe(record, answers, nextDue, asOf, &evaluator, &rng) {
        try await report(wrong.kind, wrong.rule, program, person, people, warehouse, asOf, snapshot)
      }
    }
    try await compareLater(printer, people, warehouse, told, asOf, snapshot, &rng)
    return all
  }

  /// SQL told later says the same of those who are not due before.
  private func compareLater(
    _ printer: SQLPrinter, _ people: [TestCustomer], _ warehouse: TestWarehouse,
    _ told: [Int64: [SQLValue]], _ asOf: Int64, _ snapshot: PopulationSnapshot,
    _ rng: inout SeededGenerator
  ) async throws {
    // The instant just before somebody is due is where most can go wrong.
    let dues = told.values.compactMap { $0[$0.count - 1].microseconds }.sorted()
    guard let due = dues.isEmpty ? nil : rng.pick(dues), due - 1 > asOf else { return }
    let later = try await warehouse.session.query(
      printer.answers(asOf: due - 1, snapshot: snapshot))
    for row in later.rows {
      guard case .int(let id) = row[0], let before = told[id],
        let person = people.first(where: { $0.id == id }),
        due - 1 < before[before.count - 1].microseconds ?? .max
      else { continue }
      for index in printer.program.rules.indices where row[index + 1] != before[index + 1] {
        try await report(
          .nextDue(changedBy: due - 1), index, printer.program, person, people, warehouse, asOf,
          snapshot)
      }
    }
  }

  private func report(
    _ kind: Disagreement.Kind, _ rule: Int, _ program: SegmentProgram, _ person: TestCustomer,
    _ people: [TestCustomer], _ warehouse: TestWarehouse, _ asOf: Int64,
    _ snapshot: PopulationSnapshot
  ) async throws {
    let text = await Disagreement(
      kind: kind, rule: program.rules[rule], rules: program.rules, customer: person, among: people,
      asOf: asOf,
      snapshot: snapshot, clock: program.clock,
      zone: Self.zones[Int(seed % UInt64(Self.zones.count))]
    ).minimal(warehouse)
    Issue.record("seed \(seed): \(text)")
    throw Stop()
  }

  struct Stop: Error {}

  /// What changes before either side says so.
  private func probe(
    _ record: CustomerRecord, _ answers: [Answer], _ nextDue: Int64?, _ asOf: Int64,
    _ evaluator: inout Evaluator, _ rng: inout SeededGenerator
  ) -> (kind: Disagreement.Kind, rule: Int)? {
    // What is due now has changed by now.
    if let nextDue, nextDue <= asOf { return (.nextDue(changedBy: asOf), 0) }
    var probes: Set<Int64> = []
    let horizon = asOf + 800 * 86_400_000_000
    for (index, answer) in answers.enumerated() {
      guard answer.validUntil > asOf else { return (.validUntil(changedBy: asOf), index) }
      probes.insert(min(answer.validUntil, horizon) - 1)
    }
    let edge = min(nextDue ?? horizon, horizon)
    probes.insert(edge - 1)
    if edge > asOf + 1 { probes.insert(Int64.random(in: asOf + 1..<edge, using: &rng)) }
    probes.insert(Int64.random(in: asOf + 1..<horizon, using: &rng))
    for instant in probes.sorted().prefix(12) where instant > asOf {
      let later = evaluator.evaluate(record, asOf: instant)
      for (index, answer) in answers.enumerated() where answer.isMember != later[index].isMember {
        if instant < answer.validUntil { return (.validUntil(changedBy: instant), index) }
        if instant < nextDue ?? .max { return (.nextDue(changedBy: instant), index) }
      }
    }
    return nil
  }
}
