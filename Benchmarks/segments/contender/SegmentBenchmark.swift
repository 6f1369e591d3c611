import DuckDBEngine
import Foundation
import SQLBuilder
import SegmentLanguage
import Warehouse

/// Times the segment language: `SegmentBenchmark TASK [CUSTOMERS] [STORE]`, where TASK is
/// `refresh`, `single`, `preview` or `all`. Prints JSON.
@main struct SegmentBenchmark {
  static func main() async throws {
    let arguments = CommandLine.arguments
    let task = arguments.count > 1 ? arguments[1] : "all"
    let customers = arguments.count > 2 ? Int(arguments[2]) ?? 1_000_000 : 1_000_000
    let engine = try DuckDBEngine(.init(preservesInsertionOrder: false))
    let session = try await engine.session()
    let store = arguments.count > 3 ? arguments[3] : ":memory:"
    let isNew = store == ":memory:" || !FileManager.default.fileExists(atPath: store)
    try await Store.attach(store, to: session)
    if isNew { try await BenchmarkData(customers: customers).create(session) }
    try await session.execute("USE quartier")

    let rules = try BenchmarkRules.texts().enumerated().map { index, text in
      SegmentRule(id: Int64(index + 1), name: "s\(index)", expression: try Expression.parse(text))
    }
    guard let clock = WorkspaceClock(timeZone: BenchmarkData.schema.timeZone) else { return }
    let program = try SegmentProgram(rules: rules, schema: BenchmarkData.schema, clock: clock)
    let printer = SQLPrinter(program)
    let asOf = BenchmarkData.asOf
    var results: [String: Double] = [:]

    /// Wall and processor seconds of some work.
    func measure(_ name: String, _ work: () async throws -> Void) async throws {
      var before = rusage()
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &before)
      let start = ContinuousClock.now
      try await work()
      let wall = ContinuousClock.now - start
      var after = rusage()
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &after)
      func seconds(_ usage: rusage) -> Double {
        Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
          + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
      }
      results["\(name) wall"] =
        Double(wall.components.seconds) + Double(wall.components.attoseconds) / 1e18
      results["\(name) processor"] = seconds(after) - seconds(before)
      FileHandle.standardError.write(
        Data(
          "\(name): \(results["\(name) wall"]!) s, processor \(results["\(name) processor"]!) s\n"
            .utf8))
    }

    var snapshot = PopulationSnapshot.empty
    func measurePopulation() async throws {
      for level in 0..<program.populationLevels {
        guard let sql = printer.population(level: level, asOf: asOf, snapshot: snapshot) else {
          continue
        }
        for row in try await session.query(sql).rows {
          guard let index = row[0].int, let value = row[1].double else { continue }
          snapshot.values[program.requirements[index].key] = value
        }
      }
    }
    try await measure("population") { try await measurePopulation() }

    func answer(_ sql: SQL) async throws {
      try await session.execute("CREATE OR REPLACE TEMP TABLE told AS \(sql)")
    }

    if task == "refresh" || task == "all" {
      try await measure("together") {
        try await answer(printer.answers(asOf: asOf, snapshot: snapshot))
      }
      try await measure("together without next_due") {
        try await answer(
          printer.answers(asOf: asOf, snapshot: snapshot, includesNextDue: false))
      }
      for rule in BenchmarkRules.candidates(3) {
        try await measure("alone \(rule): \(BenchmarkRules.texts()[rule])") {
          try await answer(printer.answers(asOf: asOf, snapshot: snapshot, rules: [rule]))
        }
      }
    }
    if task == "preview" || task == "all" {
      for rule in [0, 45, 126, 181] {
        var few = SegmentRelations()
        few.customers = SQLPrinter.sample(of: "profiled_customer", perMille: 10)
        let sampled = SQLPrinter(program, relations: few)
        try await measure("estimate \(rule)") {
          _ = try await session.query(sampled.count(rule: rule, asOf: asOf, snapshot: snapshot))
        }
        try await measure("exact \(rule)") {
          _ = try await session.query(printer.count(rule: rule, asOf: asOf, snapshot: snapshot))
        }
      }
    }
    if task == "single" || task == "all" {
      let layout = RecordLayout(program)
      let records = SingleCustomers(layout, clock).records(1000)
      var evaluator = Evaluator(program, snapshot: snapshot)
      for round in 0..<3 {
        var times: [Double] = []
        var members = 0
        for (index, record) in records.enumerated() {
          let start = ContinuousClock.now
          let answers = evaluator.evaluate(record, asOf: asOf + Int64(index))
          let wall = ContinuousClock.now - start
          times.append(Double(wall.components.attoseconds) / 1e12)
          members += answers.count(where: \.isMember)
        }
        times.sort()
        results["single median µs"] = times[times.count / 2]
        results["single 99th percentile µs"] = times[times.count * 99 / 100]
        results["single members"] = Double(members)
        if round == 2 {
          FileHandle.standardError.write(Data("single: median \(times[500]) µs\n".utf8))
        }
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    print(String(decoding: try encoder.encode(results), as: UTF8.self))
  }
}
