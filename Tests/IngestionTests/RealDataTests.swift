import CustomerSchema
import Foundation
import SQLBuilder
import Testing

@testable import Ingestion

@Suite struct RealDataTests {
  @Test func stagesEveryPurchaseOfTheRecordShopBetweenBlanks() async throws {
    let bench = try await Workbench()
    let report = try await bench.stage([Repository.cdnow])
    #expect(report.lines == 69_659)
    #expect(report.usableLines == 69_659)
    #expect(report.quarantinedLines == 0)
    #expect(report.columns.lineIsOrder)
    #expect(report.sources[0].columns.map(\.role) == [.customer, .date, .quantity, .amount])
    #expect(report.sources[0].separator == " ")
    let sums = try await bench.rows(
      """
      SELECT sum(amount), count(DISTINCT customer), min(customer), min(day)::VARCHAR,
        max(day)::VARCHAR, count(*) FILTER (amount = 0) FROM staged_lines
      """)
    #expect(
      sums == [
        [
          decimal("2500315.6300"), .int(23_570), .text("00001"), .text("1997-01-01"),
          .text("1998-06-30"), .int(80),
        ]
      ])
  }

  @Test func stagesTheGrocerysYearWithTheAmountsOfItsLines() async throws {
    let bench = try await Workbench()
    let report = try await bench.stage([Repository.grocery])
    #expect(report.lines == 1_469_307)
    #expect(report.usableLines == 1_469_307)
    #expect(report.columns.order && !report.columns.lineIsOrder && report.columns.product)
    let sums = try await bench.rows(
      """
      SELECT sum(amount), count(DISTINCT customer), count(DISTINCT (customer, order_ref))
      FROM staged_lines
      """)
    #expect(sums == [[decimal("4596039.5800"), .int(2_469), .int(155_848)]])
  }

  @Test(.enabled(if: Repository.data != nil))
  func stagesTheGiftShopsLinesWithReturnsAndGuests() async throws {
    let bench = try await Workbench()
    let report = try await bench.stage([Repository.onlineRetail])
    #expect(report.lines == 541_909)
    #expect(report.guestLines == 135_080)
    let sums = try await bench.rows(
      """
      SELECT sum(amount), count(DISTINCT customer),
        sum(amount) FILTER (customer IS NOT NULL AND amount > 0) FROM staged_lines
      """)
    #expect(sums == [[decimal("9747747.9340"), .int(4_372), decimal("8911407.9040")]])
  }
}
