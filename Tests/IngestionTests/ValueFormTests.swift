import CustomerSchema
import Foundation
import SQLBuilder
import Testing

@testable import Ingestion

/// Dates and amounts are read as they are written, or asked about.
@Suite struct ValueFormTests {
  private func file(
    _ bench: Workbench, dates: [String], amounts: [String]? = nil, separator: String = ";"
  ) throws -> String {
    var text = ["client", "date", "montant"].joined(separator: separator) + "\n"
    for (index, date) in dates.enumerated() {
      let amount = amounts?[index] ?? "1"
      text += ["C\(index)", "\"\(date)\"", "\"\(amount)\""].joined(separator: separator) + "\n"
    }
    return try bench.write("values-\(UUID().uuidString).csv", text)
  }

  private func days(_ bench: Workbench) async throws -> [String] {
    try await bench.rows("SELECT day::VARCHAR FROM staged_lines ORDER BY customer").map {
      $0[0].text ?? ""
    }
  }

  private func amounts(_ bench: Workbench) async throws -> [String] {
    try await bench.rows("SELECT amount::VARCHAR FROM staged_lines ORDER BY customer").map {
      $0[0].text ?? ""
    }
  }

  @Test(arguments: [
    (["2024-01-05", "2024-12-31"], ["2024-01-05", "2024-12-31"]),
    (["2024/1/5", "2024/12/31"], ["2024-01-05", "2024-12-31"]),
    (["2024-01-05 10:30:00", "2024-12-31 23:59:59"], ["2024-01-05", "2024-12-31"]),
    (["2024-01-05T10:30:00.123", "2024-12-31T23:59"], ["2024-01-05", "2024-12-31"]),
    // In Paris it is already the next day, and in summer two hours later.
    (["2024-01-05T23:30:00Z", "2024-07-05T22:30:00Z"], ["2024-01-06", "2024-07-06"]),
    (["2024-01-05T23:30:00+01:00", "2024-07-06T05:30:00+0900"], ["2024-01-05", "2024-07-05"]),
    (["2024-01-05 22:30:00 UTC", "2024-01-05 23:30:00 +0000"], ["2024-01-05", "2024-01-06"]),
    (["05/01/2024", "31/12/2024"], ["2024-01-05", "2024-12-31"]),
    (["5/1/24", "31/12/24"], ["2024-01-05", "2024-12-31"]),
    (["05-01-2024", "31-12-2024"], ["2024-01-05", "2024-12-31"]),
    (["05.01.2024", "31.12.99"], ["2024-01-05", "1999-12-31"]),
    (["05/01/2024 10:30", "31/12/2024 23:59"], ["2024-01-05", "2024-12-31"]),
    (["05/01/2024 10:30:15", "31/12/2024 9h05"], ["2024-01-05", "2024-12-31"]),
    (["1/5/2024 3:04 PM", "12/31/2024 11:04 AM"], ["2024-01-05", "2024-12-31"]),
    (["20240105", "20241231"], ["2024-01-05", "2024-12-31"]),
    (["20240105103000", "20241231000000"], ["2024-01-05", "2024-12-31"]),
    (["45296", "45657"], ["2024-01-05", "2024-12-31"]),
    (["45296.4375", "45657.999"], ["2024-01-05", "2024-12-31"]),
    (["1704497400", "1735682400"], ["2024-01-06", "2024-12-31"]),
    (["1704497400000", "1735682400000"], ["2024-01-06", "2024-12-31"]),
    (["5 janvier 2024", "31 déc. 2024"], ["2024-01-05", "2024-12-31"]),
    (["vendredi 5 janvier 2024", "mardi 31 décembre 2024"], ["2024-01-05", "2024-12-31"]),
    (["mercredi 6 mars 2024", "1er août 2024"], ["2024-03-06", "2024-08-01"]),
    (["Jan 5, 2024", "December 31, 2024 10:00"], ["2024-01-05", "2024-12-31"]),
    (["05-Jan-24", "31-Dec-2024"], ["2024-01-05", "2024-12-31"]),
    (["29/02/2024", "2024-02-28"], ["2024-02-29", "2024-02-28"]),
    // Days that are their months read the same either way.
    (["01/01/2024", "02/02/2024"], ["2024-01-01", "2024-02-02"]),
  ])
  func readsDates(_ written: [String], _ expected: [String]) async throws {
    let bench = try await Workbench()
    let report = try await bench.stage([file(bench, dates: written)])
    #expect(report.quarantinedLines == 0)
    #expect(try await days(bench) == expected)
  }

  @Test func anAmbiguousDateIsAskedAbout() async throws {
    let bench = try await Workbench()
    let path = try file(bench, dates: ["03/04/2024", "05/06/2024", "07/07/2024"])
    let failure = try await bench.failure([path])
    #expect(failure?.code == "import.date.ambiguous")
    #expect(failure?.arguments["sample"] == .text("03/04/2024"))
    _ = try await bench.stage([path], ImportOptions(dateOrder: .dmy))
    #expect(try await days(bench) == ["2024-04-03", "2024-06-05", "2024-07-07"])
    _ = try await bench.stage([path], ImportOptions(dateOrder: .mdy))
    #expect(try await days(bench) == ["2024-03-04", "2024-05-06", "2024-07-07"])
  }

  @Test func anotherFilesDatesDecide() async throws {
    let bench = try await Workbench()
    let open = try file(bench, dates: ["03/04/2024"])
    let proof = try file(bench, dates: ["25/04/2024"])
    _ = try await bench.stage([open, proof])
    #expect(try await days(bench) == ["2024-04-03", "2024-04-25"])
  }

  @Test func aProofFarBelowTheSampleDecides() async throws {
    let bench = try await Workbench()
    var dates = (0..<30_000).map { _ in "03/04/2024" }
    dates[17_001] = "03/25/2024"
    let path = try file(bench, dates: dates)
    let report = try await bench.stage([path])
    #expect(report.quarantinedLines == 0)
    #expect(
      try await bench.rows("SELECT day::VARCHAR, count(*) FROM staged_lines GROUP BY 1 ORDER BY 1")
        == [[.text("2024-03-04"), .int(29_999)], [.text("2024-03-25"), .int(1)]])
  }

  @Test func datesThatContradictEachOtherAreRefused() async throws {
    let bench = try await Workbench()
    let mixed = try file(bench, dates: ["25/12/2024", "12/25/2024"])
    let failure = try await bench.failure([mixed])
    #expect(failure?.code == "import.date.mixed")
    var dates = (0..<30_000).map { _ in "25/12/2024" }
    dates[17_001] = "12/25/2024"
    let hidden = try file(bench, dates: dates)
    #expect(try await bench.failure([hidden])?.code == "import.date.mixed")
    let told = try await bench.stage([hidden], ImportOptions(dateOrder: .dmy))
    #expect(told.quarantinedLines == 1)
  }

  @Test(arguments: [
    (["1 234,56 €", "-12,50 €"], ["1234.5600", "-12.5000"]),
    (["1\u{A0}234,56", "1\u{202F}234\u{202F}567,8"], ["1234.5600", "1234567.8000"]),
    (["1.234,56", "12,5"], ["1234.5600", "12.5000"]),
    (["1,234.56", "1,234,567.89"], ["1234.5600", "1234567.8900"]),
    (["1'234.50", "1’234’567.25"], ["1234.5000", "1234567.2500"]),
    (["$1,234.56", "USD 12.00"], ["1234.5600", "12.0000"]),
    (["(12.50)", "12.50-"], ["-12.5000", "-12.5000"]),
    (["\u{2212}12,50", "+3,25"], ["-12.5000", "3.2500"]),
    (["12", "7"], ["12.0000", "7.0000"]),
    (["1.5", "2"], ["1.5000", "2.0000"]),
    (["1.23456", "0.00005"], ["1.2346", "0.0001"]),
    (["1.234.567", "12"], ["1234567.0000", "12.0000"]),
    (["1.234", "12,5"], ["1234.0000", "12.5000"]),
    (["1.234", "12.5"], ["1.2340", "12.5000"]),
    (["12,50", "12.50"], ["12.5000", "12.5000"]),
    ([".5", "5."], ["0.5000", "5.0000"]),
    (["1.5E+03", "2.25"], ["1500.0000", "2.2500"]),
    (["1,5E+03", "2 000,25"], ["1500.0000", "2000.2500"]),
    (["€ -12,50", "-€3,00"], ["-12.5000", "-3.0000"]),
    (["1000000000000", "99999999999999.9999"], ["1000000000000.0000", "99999999999999.9999"]),
  ])
  func readsAmounts(_ written: [String], _ expected: [String]) async throws {
    let bench = try await Workbench()
    let path = try file(bench, dates: ["2024-01-05", "2024-01-06"], amounts: written)
    let report = try await bench.stage([path])
    #expect(report.quarantinedLines == 0)
    #expect(try await amounts(bench) == expected)
  }

  @Test func anAmbiguousAmountIsAskedAbout() async throws {
    let bench = try await Workbench()
    let dates = ["2024-01-05", "2024-01-06"]
    let path = try file(bench, dates: dates, amounts: ["1.234", "5"])
    let failure = try await bench.failure([path])
    #expect(failure?.code == "import.number.ambiguous")
    #expect(failure?.arguments["sample"] == .text("1.234"))
    _ = try await bench.stage([path], ImportOptions(decimalSeparator: .comma))
    #expect(try await amounts(bench) == ["1234.0000", "5.0000"])
    _ = try await bench.stage([path], ImportOptions(decimalSeparator: .point))
    #expect(try await amounts(bench) == ["1.2340", "5.0000"])
  }

  @Test func anAmbiguousAmountFarBelowTheSampleIsAskedAbout() async throws {
    let bench = try await Workbench()
    var values = (0..<30_000).map { String($0) }
    values[17_001] = "1.234"
    let dates = values.map { _ in "2024-01-05" }
    let path = try file(bench, dates: dates, amounts: values)
    #expect(try await bench.failure([path])?.code == "import.number.ambiguous")
    values[25_000] = "12,5"
    let proven = try file(bench, dates: dates, amounts: values)
    let report = try await bench.stage([proven])
    #expect(report.quarantinedLines == 0)
    #expect(
      try await bench.value("SELECT amount FROM staged_lines WHERE customer = 'C17001'")
        == decimal("1234.0000"))
  }

  @Test(arguments: [
    "abc", "12,5,6", "1,23.4", "12 34", "1e", "--5", "0x10", "12.50.1", "1 2345,00",
  ])
  func whatIsNoAmountIsSetAside(_ value: String) async throws {
    let bench = try await Workbench()
    let amounts = ["1,50", "2,50", "3,50", "4,50", "5,50", value]
    let path = try file(bench, dates: amounts.map { _ in "2024-01-05" }, amounts: amounts)
    let report = try await bench.stage([path])
    #expect(report.quarantinedLines == 1)
    #expect(
      try await bench.rows("SELECT line, column_name, value, reason FROM quarantine")
        == [[.int(7), .text("montant"), .text(value), .text("quarantine.amount.unreadable")]])
  }

  @Test func whatIsTooLargeOrAbsurdIsSetAside() async throws {
    let bench = try await Workbench()
    var amounts = (0..<20).map { "\($0).5" }
    var dates = amounts.map { _ in "2024-01-05" }
    amounts[3] = "100000000000000"
    dates[4] = "0024-01-05"
    dates[5] = "2924-01-05"
    dates[6] = "2024-02-30"
    let report = try await bench.stage([file(bench, dates: dates, amounts: amounts)])
    #expect(report.usableLines == 16)
    #expect(
      try await bench.rows("SELECT line, reason FROM quarantine ORDER BY line")
        == [
          [.int(5), .text("quarantine.amount.too_large")],
          [.int(6), .text("quarantine.date.absurd")], [.int(7), .text("quarantine.date.absurd")],
          [.int(8), .text("quarantine.date.unreadable")],
        ])
  }
}
