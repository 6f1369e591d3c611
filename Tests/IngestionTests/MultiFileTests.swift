import CustomerSchema
import SQLBuilder
import Testing

@testable import Ingestion

/// Nothing counts twice, whatever exports overlap.
@Suite struct MultiFileTests {
  private static let header = "order_id,customer_id,date,product,amount\n"

  @Test func theSameFileTwiceCountsOnce() async throws {
    let bench = try await Workbench()
    let path = try bench.write(
      "a.csv", Self.header + "1,A,2024-01-01,x,10\n1,A,2024-01-01,x,10\n2,B,2024-01-02,y,5\n")
    let report = try await bench.stage([path, path])
    #expect(report.lines == 6)
    #expect(report.usableLines == 3)
    #expect(report.duplicateLinesAcrossFiles == 3)
    #expect(report.identicalLinesWithinFile == 2)
    #expect(report.changedOrders == 0)
    #expect(try await bench.value("SELECT sum(amount) FROM staged_lines") == decimal("25.0000"))
  }

  @Test func identicalLinesOfOneFileAreKept() async throws {
    let bench = try await Workbench()
    let path = try bench.write(
      "a.csv", "customer,date,amount\nA,2024-01-01,10\nA,2024-01-01,10\nB,2024-01-01,10\n")
    let report = try await bench.stage([path])
    #expect(report.usableLines == 3)
    #expect(report.identicalLinesWithinFile == 1)
    #expect(report.columns.lineIsOrder)
  }

  @Test func withoutOrderIdsAnIdenticalLineCountsItsMaximumPerFile() async throws {
    let bench = try await Workbench()
    let first = try bench.write(
      "a.csv", "customer,date,amount\nA,2024-01-01 10:00,10\nA,2024-01-01 10:00,10\nB,2024-01-01,7\n")
    let second = try bench.write(
      "b.csv", "customer,date,amount\nA,2024-01-01 10:00,10\nA,2024-01-01 11:00,10\nC,2024-01-03,1\n")
    let report = try await bench.stage([first, second])
    #expect(report.usableLines == 5)
    #expect(report.duplicateLinesAcrossFiles == 1)
    #expect(
      try await bench.rows("SELECT customer, sum(amount) FROM staged_lines GROUP BY 1 ORDER BY 1")
        == [
          [.text("A"), decimal("30.0000")], [.text("B"), decimal("7.0000")],
          [.text("C"), decimal("1.0000")],
        ])
  }

  @Test func theNewestFilesVersionOfAnOrderWins() async throws {
    let bench = try await Workbench()
    let old = try bench.write(
      "orders.csv",
      Self.header + "1,A,2024-01-01,x,10\n1,A,2024-01-01,y,20\n2,B,2024-01-01,x,10\n")
    let new = try bench.write(
      "orders2.csv",
      Self.header + "1,A,2024-01-01,x,10\n1,A,2024-01-01,y,15\n3,C,2024-01-05,x,1\n")
    let report = try await bench.stage([old, new])
    #expect(report.changedOrders == 1)
    #expect(report.ordersCutBetweenFiles == 0)
    #expect(report.duplicateLinesAcrossFiles == 2)
    #expect(report.lines == report.usableLines + report.duplicateLinesAcrossFiles)
    #expect(try await bench.value("SELECT sum(amount) FROM staged_lines") == decimal("36.0000"))
    let reversed = try await bench.stage([new, old])
    #expect(reversed.changedOrders == 1)
    #expect(try await bench.value("SELECT sum(amount) FROM staged_lines") == decimal("41.0000"))
  }

  @Test func datesInFileNamesDecideWhichExportIsNewer() async throws {
    let bench = try await Workbench()
    let new = try bench.write(
      "export_2024-02-01.csv", Self.header + "1,A,2024-01-01,x,10\n2,A,2024-01-01,x,1\n")
    let old = try bench.write(
      "export_2024-01-15.csv", Self.header + "1,A,2024-01-01,x,99\n3,A,2024-01-01,x,1\n")
    let report = try await bench.stage([new, old])
    #expect(report.changedOrders == 1)
    #expect(try await bench.value("SELECT max(amount) FROM staged_lines") == decimal("10.0000"))
  }

  @Test func oneNumberOfTwoCustomersIsTwoOrders() async throws {
    let bench = try await Workbench()
    let first = try bench.write("a.csv", Self.header + "1,A,2024-01-01,x,10\n")
    let second = try bench.write("b.csv", Self.header + "1,B,2024-01-01,x,10\n")
    let report = try await bench.stage([first, second])
    #expect(report.usableLines == 2)
    #expect(report.changedOrders == 0)
  }

  @Test func anOrderCutBetweenFilesIsReported() async throws {
    let bench = try await Workbench()
    let first = try bench.write(
      "a.csv", Self.header + "1,A,2024-01-01,x,10\n1,A,2024-01-01,y,20\n")
    let second = try bench.write(
      "b.csv", Self.header + "1,A,2024-01-01,z,5\n2,B,2024-01-02,x,1\n")
    let report = try await bench.stage([first, second])
    #expect(report.ordersCutBetweenFiles == 1)
    #expect(report.changedOrders == 0)
    #expect(report.notices.contains { $0.code == "import.notice.orders_cut" })
  }

  @Test func filesOfSeveralFormatsCountOnce() async throws {
    let bench = try await Workbench()
    let csv = try bench.write(
      "a.csv", "N° commande;Client;Date;Article;Montant\n7;00012;05/01/2024;Vis;1 234,50\n8;00013;25/01/2024;Clou;2,00\n")
    let json = try bench.write(
      "b.json",
      #"[{"order_id":"7","customer_id":"00012","date":"2024-01-05T10:00:00","product":"Vis","amount":1234.5}]"#)
    let report = try await bench.stage([csv, json])
    #expect(report.usableLines == 2)
    #expect(report.duplicateLinesAcrossFiles == 1)
    #expect(report.changedOrders == 0)
  }

  @Test(arguments: [
    ("/x/export_2024-01-31.csv", "2024-01-31"), ("ventes 31-12-2023.xlsx", "2023-12-31"),
    ("orders_20240131_153000.csv", "2024-01-31"), ("2024-01-01_2024-01-31.csv", "2024-01-31"),
    ("orders-1042.csv", nil), ("orders.csv", nil), ("99999999.csv", nil),
  ])
  func readsTheExportDateOfAName(_ name: String, _ date: String?) {
    #expect(ExportOrder.date(name)?.description == date)
  }
}
