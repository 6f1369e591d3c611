import DuckDBEngine
import Foundation
import SQLBuilder
import Warehouse

// Commits numbered batches to the store named by its argument and prints each number once the
// commit is acknowledged, until somebody kills it.
let engine = try DuckDBEngine(DuckDBEngine.Options(path: CommandLine.arguments[1], threads: 1))
let session = try await engine.session()
try await session.execute("CREATE TABLE IF NOT EXISTS batches (batch BIGINT, item BIGINT)")
for batch in 1...100_000 {
  try await session.transaction {
    try await session.execute(
      "INSERT INTO batches SELECT \(batch), item FROM range(500) AS items(item)")
  }
  FileHandle.standardOutput.write(Data("\(batch)\n".utf8))
}
