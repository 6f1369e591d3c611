import CustomerSchema
import Foundation
import SQLBuilder
import Testing

@testable import Ingestion

/// Whatever file is given, the lines that can be used are, or one clear error says why not.
@Suite struct BadInputTests {
  private static let good = (0..<20).map { "C\($0),2024-01-05,\($0).50\n" }.joined()
  private static let header = "customer,date,amount\n"

  private func code(_ bench: Workbench, _ name: String, _ bytes: [UInt8]) async throws -> String? {
    try await bench.failure([bench.write(name, bytes)])?.code
  }

  private func code(_ name: String, _ text: String) async throws -> String? {
    try await code(Workbench(), name, Array(text.utf8))
  }

  @Test func filesThatAreNotThere() async throws {
    let bench = try await Workbench()
    #expect(try await bench.failure([bench.folder + "/no.csv"])?.code == "import.file.missing")
    _ = try bench.write("a.csv", Self.header + Self.good)
    _ = try bench.write("b.xlsx", "x")
    _ = try bench.write("notes.md", "x")
    let failure = try await bench.failure([bench.folder])
    #expect(failure?.code == "import.file.folder")
    #expect(
      failure?.arguments["files"] == .texts([bench.folder + "/a.csv", bench.folder + "/b.xlsx"]))
  }

  @Test(.enabled(if: getuid() != 0, "root may read everything"))
  func aFileWithoutPermission() async throws {
    let bench = try await Workbench()
    let path = try bench.write("a.csv", Self.header + Self.good)
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    let failure = try await bench.failure([path])
    #expect(failure?.code == "import.file.permission")
  }

  @Test(arguments: [
    ("empty", "", "import.file.empty"), ("blank lines", "\n \n\t\n", "import.file.empty"),
    ("header only", "customer,date,amount\n", "import.file.no_lines"),
    ("header without line break", "customer,date,amount", "import.file.no_lines"),
    ("pdf", "%PDF-1.7\n%....", "import.file.kind"),
    ("web page", "<!DOCTYPE html><html><body>no</body></html>", "import.file.kind"),
    ("xml", "<?xml version=\"1.0\"?><orders/>", "import.file.kind"),
    ("no customer", "sku,date,amount\nA,2024-01-05,1\n", "import.column.missing"),
    ("no date", "customer,sku,amount\nA,B,1\n", "import.column.missing"),
    ("no amount", "customer,date,sku\nA,2024-01-05,B\n", "import.column.missing"),
    ("one column", "customer\nA\nB\n", "import.column.missing"),
    ("prose", "Dear all,\nplease find the report attached.\nRegards\n", "import.column.missing"),
    ("broken json", "[{\"customer\": 1, \"date\":", "import.file.corrupt"),
    ("json without objects", "[1, 2, 3]", "import.column.missing"),
    ("empty json", "[]", "import.file.no_lines"),
    ("parquet by name only", "PAR1 and nothing else", "import.file.corrupt"),
  ])
  func filesThatCannotBeUsed(_ name: String, _ text: String, _ expected: String) async throws {
    #expect(try await code("file.csv", text) == expected, "\(name)")
  }

  @Test(arguments: [
    ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1], "import.file.kind"),
    ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A], "import.file.kind"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "import.file.kind"),
    ([0x50, 0x4B, 0x03, 0x04, 0x00, 0x00, 0x00], "import.file.truncated"),
    ([0x1F, 0x8B, 0x08, 0x00, 0x00], "import.file.truncated"),
    ([0x1F, 0x8B, 0x08, 0x00, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF], "import.file.corrupt"),
    ([0x28, 0xB5, 0x2F, 0xFD, 0x00], "import.file.truncated"),
    ([UInt8](repeating: 0, count: 5000), "import.file.kind"),
    ((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }, "import.file.kind"),
  ])
  func bytesThatAreNoTable(_ bytes: [UInt8], _ expected: String) async throws {
    #expect(try await code(Workbench(), "file.csv", bytes) == expected)
  }

  @Test(arguments: ["gzip", "zstd", "zip", "parquet", "xlsx"])
  func truncatedFilesAreRefusedWhereverTheyAreCut(_ format: String) async throws {
    let bench = try await Workbench()
    let path = try await Packed.write(format, Self.header + Self.good + Self.good, bench)
    let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    let report = try await bench.stage([path])
    #expect(report.usableLines == 40)
    for cut in [whole.count / 4, whole.count / 2, whole.count - 9, whole.count - 1] {
      let code = try await code(bench, "cut.csv", Array(whole[0..<cut]))
      #expect(
        code == "import.file.truncated" || code == "import.file.corrupt"
          || code == "import.file.kind", "\(format) cut at \(cut): \(code ?? "no error")")
    }
  }

  @Test func archivesOfSeveralFilesNameThem() async throws {
    let bench = try await Workbench()
    let path = bench.folder + "/two.zip"
    try Data(
      Packed.zip([("a.csv", Array(Self.header.utf8)), ("b.csv", Array(Self.header.utf8))])
    ).write(to: URL(fileURLWithPath: path))
    let failure = try await bench.failure([path])
    #expect(failure?.code == "import.file.archive")
    #expect(failure?.arguments["files"] == .texts(["a.csv", "b.csv"]))
  }

  @Test func linesOfAnotherWidthAreSetAside() async throws {
    let bench = try await Workbench()
    let path = try bench.write(
      "a.csv",
      Self.header + Self.good + "X,2024-01-05\nY,2024-01-05,1,2\nZ,2024-01-05,1,,\n\n ,, \n")
    let report = try await bench.stage([path])
    #expect(report.lines == 23)
    #expect(report.usableLines == 21)
    #expect(
      try await bench.rows("SELECT line, reason FROM quarantine ORDER BY line")
        == [
          [.int(22), .text("quarantine.columns.missing")],
          [.int(23), .text("quarantine.columns.extra")],
        ])
  }

  @Test func linesKeepTheirNumbersBelowLineBreaksInQuotes() async throws {
    let bench = try await Workbench()
    let path = try bench.write(
      "a.csv",
      "\n" + Self.header + "\"two\nlines\",2024-01-05,1\n\nA,nonsense,1\n" + Self.good)
    let report = try await bench.stage([path])
    #expect(report.usableLines == 21)
    #expect(
      try await bench.rows("SELECT line, value FROM quarantine") == [[.int(6), .text("nonsense")]])
  }

  @Test func aQuoteThatIsNeverClosedLosesOneLine() async throws {
    let bench = try await Workbench()
    let many = String(repeating: Self.good, count: 2000)
    let path = try bench.write("a.csv", Self.header + Self.good + "\"X,2024-01-05,1\n" + many)
    let report = try await bench.stage([path])
    #expect(report.lines == 40_021)
    #expect(
      try await bench.rows("SELECT line, reason FROM quarantine")
        == [[.int(22), .text("quarantine.quote.open")]])
  }

  @Test func nulBytesAreSetAside() async throws {
    let bench = try await Workbench()
    let text = Self.header + Self.good + "A\0B,2024-01-05,1\n" + Self.good
    let report = try await bench.stage([bench.write("a.csv", text)])
    #expect(report.usableLines == 40)
    #expect(
      try await bench.rows("SELECT line, reason FROM quarantine")
        == [[.int(22), .text("quarantine.text.nul")]])
  }

  @Test func mixedEncodingsAreReadLineByLine() async throws {
    let bench = try await Workbench()
    let bytes =
      Array((Self.header + Self.good).utf8) + Array("Zoé,2024-01-05,1\n".utf8)
      + [0x5A, 0x6F, 0xE9] + Array(",2024-01-05,1\n".utf8)
    let report = try await bench.stage([bench.write("a.csv", bytes)])
    #expect(report.quarantinedLines == 0)
    #expect(report.notices.contains { $0.code == "import.notice.mixed_encodings" })
    #expect(
      try await bench.value("SELECT count(*) FROM staged_lines WHERE customer = 'Zoé'") == .int(2))
  }

  @Test func aHugeLineIsSetAsideInBoundedMemory() async throws {
    let bench = try await Workbench()
    let path = bench.folder + "/huge.csv"
    let huge = 64 << 20
    try shell(
      "{ printf 'customer,date,amount\\n'; for i in $(seq 30); do printf 'C%d,2024-01-05,1\\n' $i; done; head -c \(huge) /dev/zero | tr '\\0' x; printf '\\nB,2024-01-06,2\\n'; } > '\(path)'"
    )
    let report = try await bench.stage([path])
    #expect(report.usableLines == 31)
    #expect(
      try await bench.rows("SELECT line, reason FROM quarantine")
        == [[.int(32), .text("quarantine.line.too_long")]])
    let dialect = Dialect(encoding: .utf8, separator: .byte(UInt8(ascii: ",")))
    var reader = RecordReader(file: try FileReader(path: path, name: path), dialect: dialect)
    while try reader.next() {}
    #expect(reader.mostHeld <= ImportLimits.recordBytes + 2 << 20)
  }

  @Test func aFileThatIsOneHugeLineIsRefused() async throws {
    let bench = try await Workbench()
    let path = bench.folder + "/huge.csv"
    try shell("head -c 8000000 /dev/zero | tr '\\0' x > '\(path)'")
    #expect(try await bench.failure([path])?.code == "import.file.line_too_long")
  }

  @Test func twoColumnsOfOneNameAreToldApartOrRefused() async throws {
    let bench = try await Workbench()
    let other = try bench.write(
      "a.csv", "customer,date,amount,amount\nA,2024-01-05,1,2\nB,2024-01-06,3,4\n")
    let failure = try await bench.failure([other])
    #expect(failure?.code == "import.column.ambiguous")
    #expect(failure?.arguments["columns"] == .texts(["amount (3)", "amount (4)"]))
    let same = try bench.write(
      "b.csv", "customer,date,amount,amount\nA,2024-01-05,1,1\nB,2024-01-06,3,3\n")
    #expect(try await bench.stage([same]).usableLines == 2)
    let unused = try bench.write(
      "c.csv", "customer,date,note,note,amount\nA,2024-01-05,x,y,1\nB,2024-01-06,z,t,3\n")
    #expect(try await bench.stage([unused]).usableLines == 2)
  }

  @Test func threeHundredColumnsAreRead() async throws {
    let bench = try await Workbench()
    let names = (1...297).map { "extra\($0)" }
    var text = (names + ["customer", "date", "amount"]).joined(separator: ",") + "\n"
    for line in 0..<50 {
      text +=
        (names.map { "\($0)-\(line)" } + ["C\(line)", "2024-01-05", "2.5"])
        .joined(separator: ",") + "\n"
    }
    let report = try await bench.stage([bench.write("a.csv", text)])
    #expect(report.usableLines == 50)
    #expect(report.sources[0].columns.count == 300)
  }

  @Test func tooManyUnusableLinesStopTheImport() async throws {
    let bench = try await Workbench()
    let bad = String(repeating: "A,never,1\n", count: 6)
    let path = try bench.write("a.csv", Self.header + Self.good + bad)
    let failure = try await bench.failure([path])
    #expect(failure?.code == "import.unusable.too_many")
    #expect(failure?.arguments["count"] == .count(6))
    #expect(failure?.arguments["lines"] == .count(26))
    #expect(failure?.arguments["reason"] == .term("quarantine.date.unreadable"))
    let report = try await bench.stage([path], ImportOptions(maximumUnusableShare: 0.5))
    #expect(report.quarantinedLines == 6)
    #expect(
      report.quarantineReasons == [
        QuarantineCount(reason: "quarantine.date.unreadable", lines: 6)
      ])
  }

  @Test func oneOrderIsEnough() async throws {
    let bench = try await Workbench()
    let report = try await bench.stage([bench.write("a.csv", Self.header + "A,2024-01-05,10\n")])
    #expect(report.usableLines == 1)
  }

  @Test func datesInTheFutureAreTold() async throws {
    let bench = try await Workbench()
    let today = try #require(LocalDate(iso: "2023-12-31"))
    let report = try await bench.stage(
      [bench.write("a.csv", Self.header + Self.good)], ImportOptions(today: today))
    let notice = report.notices.first { $0.code == "import.notice.future_dates" }
    #expect(notice?.arguments["count"] == .count(20))
    #expect(notice?.arguments["date"] == LocalDate(iso: "2024-01-05").map { .date($0) })
  }

  @Test func namesWithCharactersThatTheEngineExpandsAreFiles() async throws {
    let bench = try await Workbench()
    let path = try bench.write("orders [1] *?'x'.csv", Self.header + Self.good)
    #expect(try await bench.stage([path]).usableLines == 20)
  }

  @Test func anUnknownTimeZoneIsRefused() async throws {
    let bench = try await Workbench()
    let path = try bench.write("a.csv", Self.header + Self.good)
    #expect(
      try await bench.failure([path], ImportOptions(timeZone: "Europe/Nowhere"))?.code
        == "import.zone.unknown")
  }
}
