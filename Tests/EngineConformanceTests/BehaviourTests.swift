import Foundation
import SQLBuilder
import Testing
import Warehouse

@Suite struct `Failures say why` {
  static let failures: [(SQL, EngineFailure, String)] = [
    ("SELEC 1", .statement, "SELEC"), ("SELECT * FROM nowhere", .statement, "nowhere"),
    ("SELECT CAST('abc' AS INTEGER)", .data, "abc"),
    ("SELECT CAST(1e30 AS DECIMAL(18, 4))", .data, "DECIMAL(18,4)"),
    ("SELECT * FROM read_parquet('/nowhere/x.parquet')", .inputOutput, "/nowhere/x.parquet"),
  ]

  @Test(arguments: EngineUnderTest.all, failures)
  func `an error has its kind and the engine's reason`(
    engine: EngineUnderTest, failure: (SQL, EngineFailure, String)
  ) async throws {
    let session = try await engine.session()
    let error = await #expect(throws: WarehouseError.self) { try await session.query(failure.0) }
    guard case .engine(let kind, let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(kind == failure.1)
    #expect(reason.localizedCaseInsensitiveContains(failure.2), "\(reason)")
    #expect(try await session.value("SELECT 1") == .int(1), "the session goes on")
  }

  @Test(arguments: EngineUnderTest.all)
  func `a constraint is named`(engine: EngineUnderTest) async throws {
    let session = try await engine.session()
    try await session.execute("CREATE TABLE unique_ids (id BIGINT PRIMARY KEY)")
    try await session.execute("INSERT INTO unique_ids VALUES (1)")
    let error = await #expect(throws: WarehouseError.self) {
      try await session.execute("INSERT INTO unique_ids VALUES (1)")
    }
    guard case .engine(.constraint, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(arguments: EngineUnderTest.all)
  func `a type without a place is refused, not garbled`(engine: EngineUnderTest) async throws {
    let session = try await engine.session()
    await #expect(throws: WarehouseError.self) {
      try await session.query("SELECT {'a': 1} AS structure")
    }
  }

  @Test(arguments: EngineUnderTest.all)
  func `a failed transaction leaves nothing`(engine: EngineUnderTest) async throws {
    let session = try await engine.session()
    try await session.execute("CREATE TABLE kept (v BIGINT)")
    await #expect(throws: WarehouseError.self) {
      try await session.transaction {
        try await session.execute("INSERT INTO kept VALUES (1)")
        try await session.execute("SELECT * FROM nowhere")
      }
    }
    #expect(try await session.value("SELECT count(*) FROM kept") == .int(0))
    try await session.transaction { try await session.execute("INSERT INTO kept VALUES (2)") }
    #expect(try await session.value("SELECT count(*) FROM kept") == .int(1))
  }
}

@Suite struct `Sessions live together` {
  @Test(.timeLimit(.minutes(10)), arguments: EngineUnderTest.all)
  func `cancelling the task interrupts the statement`(engine: EngineUnderTest) async throws {
    let session = try await engine.session()
    let task = Task {
      try await session.query(
        "SELECT count(*) FROM range(100000000000) AS numbers(i) WHERE hash(i) = 7")
    }
    try await Task.sleep(for: .milliseconds(200))
    task.cancel()
    let outcome = await task.result
    #expect(throws: WarehouseError.cancelled) { try outcome.get() }
    #expect(try await session.value("SELECT 1") == .int(1))
  }

  @Test(.timeLimit(.minutes(10)), arguments: EngineUnderTest.all)
  func `a cancellation is not lost, however early it comes`(engine: EngineUnderTest) async throws {
    let session = try await engine.session()
    for delay in 0..<40 {
      let task = Task {
        try await session.query(
          "SELECT count(*) FROM range(100000000000) AS numbers(i) WHERE hash(i) = 7")
      }
      try await Task.sleep(for: .microseconds(delay * 50))
      task.cancel()
      let outcome = await task.result
      #expect(throws: WarehouseError.cancelled) { try outcome.get() }
    }
  }

  @Test(arguments: EngineUnderTest.all)
  func `a stream stops where its reader fails`(engine: EngineUnderTest) async throws {
    struct Enough: Error {}
    let session = try await engine.session()
    await #expect(throws: Enough.self) {
      try await session.stream("SELECT i FROM range(100000000) AS numbers(i)") { _ in
        throw Enough()
      }
    }
    #expect(try await session.value("SELECT 1") == .int(1))
  }

  @Test(arguments: EngineUnderTest.all)
  func `readers never see half a change`(engine: EngineUnderTest) async throws {
    let folder = try TemporaryFolder()
    let store = try engine.open(folder.path("store"))
    let writer = try await store.session()
    try await writer.execute("CREATE TABLE account (id BIGINT, v BIGINT)")
    try await writer.execute("INSERT INTO account SELECT i, 0 FROM range(100) AS ids(i)")
    try await withThrowingTaskGroup { group in
      group.addTask {
        for _ in 0..<100 {
          try await writer.transaction { try await writer.execute("UPDATE account SET v = v + 1") }
        }
      }
      for _ in 0..<3 {
        group.addTask {
          let reader = try await store.session()
          for _ in 0..<100 {
            let row = try await reader.row("SELECT min(v), max(v), count(*) FROM account")
            #expect(row[0] == row[1])
            #expect(row[2] == .int(100))
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await writer.value("SELECT min(v) FROM account") == .int(100))
  }

  @Test(arguments: EngineUnderTest.all)
  func `temporary tables belong to their session`(engine: EngineUnderTest) async throws {
    let store = try engine.open(nil)
    let one = try await store.session()
    let two = try await store.session()
    try await one.execute("CREATE TEMP TABLE mine AS SELECT 1 AS v")
    await #expect(throws: WarehouseError.self) { try await two.query("SELECT * FROM mine") }
  }

  @Test(.timeLimit(.minutes(10)), arguments: EngineUnderTest.all)
  func `what was acknowledged survives kill -9`(engine: EngineUnderTest) async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("store")
    let writer = try #require(conformanceWriter)
    for _ in 0..<5 {
      let process = Process()
      process.executableURL = writer
      process.arguments = [path]
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      try await Task.sleep(for: .milliseconds(Int.random(in: 300...900)))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      let lines = String(
        decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
      let acknowledged = lines.split(separator: "\n").last.flatMap { Int($0) } ?? 0
      #expect(acknowledged > 0, "the writer had started")
      let session = try await engine.open(path).session()
      let row = try await session.row(
        """
        SELECT coalesce(max(batch), 0),
          (SELECT count(*) FROM (
            SELECT batch FROM batches GROUP BY batch HAVING count(*) <> 500))
        FROM batches
        """)
      #expect(row[0].int ?? 0 >= acknowledged, "an acknowledged batch is there")
      #expect(row[1] == .int(0), "no batch is there in part")
      try await session.execute("DELETE FROM batches")
    }
  }

  /// Built beside the tests.
  private var conformanceWriter: URL? {
    let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    let file = folder.appending(path: "ConformanceWriter")
    return FileManager.default.isExecutableFile(atPath: file.path) ? file : nil
  }
}
