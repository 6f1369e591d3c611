import SQLBuilder
import Testing
import Warehouse

@testable import DuckDBEngine

@Test func answersAQuery() async throws {
  let session = try await DuckDBEngine().session()
  let table = try await session.query("SELECT \(7) AS a, \("é") AS b, 1.5::DECIMAL(18,4) AS c")
  #expect(table.columns == ["a", "b", "c"])
  #expect(
    table.rows == [[.int(7), .text("é"), .decimal(SQLDecimal(units: 15000, scale: 4))]])
}
