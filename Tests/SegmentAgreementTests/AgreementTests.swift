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

  @Test(.enabled(if: ProcessInfo.processInfo.environment["QUARTIER_SOAK_SECONDS"] != nil))
  func `for as long as asked`() async throws {
    let seconds = Double(ProcessInfo.processInfo.environment["QUARTIER_SOAK_SECONDS"] ?? "") ?? 60
    let end = Date().addingTimeInterval(seconds)
    var seed = UInt64(Date().timeIntervalSince1970)
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
        let text = await Disagreement(
          rule: program.rules[index], rules: program.rules, customer: person, asOf: asOf,
          snapshot: snapshot, sqlSays: row[index + 1].bool ?? false, clock: program.clock
        ).minimal(warehouse)
        Issue.record("\(text)")
        throw Stop()
      }
      try probe(
        program, record, person, answers, row[row.count - 1].microseconds, asOf, &evaluator, &rng)
    }
    return all
  }

  struct Stop: Error {}

  /// Nothing changes before what either side says.
  private func probe(
    _ program: SegmentProgram, _ record: CustomerRecord, _ person: TestCustomer,
    _ answers: [Answer], _ nextDue: Int64?, _ asOf: Int64, _ evaluator: inout Evaluator,
    _ rng: inout SeededGenerator
  ) throws {
    if let nextDue, nextDue <= asOf {
      Issue.record("next_due is not in the future")
      throw Stop()
    }
    var probes: Set<Int64> = []
    let horizon = asOf + 800 * 86_400_000_000
    for answer in answers {
      guard answer.validUntil > asOf else {
        Issue.record("validUntil is not in the future")
        throw Stop()
      }
      probes.insert(min(answer.validUntil, horizon) - 1)
    }
    probes.insert(min(nextDue ?? horizon, horizon) - 1)
    let edge = min(nextDue ?? horizon, horizon)
    if edge > asOf + 1 { probes.insert(Int64.random(in: asOf + 1..<edge, using: &rng)) }
    probes.insert(Int64.random(in: asOf + 1..<horizon, using: &rng))
    for instant in probes.sorted().prefix(12) where instant > asOf {
      let later = evaluator.evaluate(record, asOf: instant)
      for (index, answer) in answers.enumerated() where answer.isMember != later[index].isMember {
        if instant < answer.validUntil {
          Issue.record(
            """
            validUntil \(answer.validUntil) passes over a change at or before \(instant), \
            told at \(asOf): \(program.rules[index].expression.text) \(person)
            """)
          throw Stop()
        }
        if instant < nextDue ?? .max {
          Issue.record(
            """
            next_due \(nextDue ?? .max) passes over a change at or before \(instant), told at \
            \(asOf): \(program.rules[index].expression.text) \(person)
            """)
          throw Stop()
        }
      }
    }
  }
}
