import Foundation
import Testing

@Suite struct `Bad input` {
  /// A file, what is said of it and the exit status; nothing may be written.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let content: @Sendable () -> Data
    var file = "orders.csv"
    var arguments: [String] = []
    var status: Int32 = 1
    /// Words that the error has to say.
    let says: [String]

    var testDescription: String { name }
  }

  static func text(_ text: String) -> @Sendable () -> Data { { Data(text.utf8) } }

  static let header = "customer_id,order_date,amount\n"

  static let cases: [Case] = [
    Case(name: "an empty file", content: text(""), says: ["empty"]),
    Case(name: "blank lines only", content: text("\n\n  \n"), says: ["empty"]),
    Case(name: "a header only", content: text(header), says: ["orders.csv"]),
    Case(
      name: "a program called a table",
      content: { Data([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0]) },
      says: ["orders.csv"]),
    Case(
      name: "a picture called a workbook",
      content: { Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D]) },
      file: "orders.xlsx", says: ["orders.xlsx"]),
    Case(
      name: "text called Parquet", content: text("hello\n"), file: "orders.parquet",
      says: ["orders.parquet"]),
    Case(
      name: "a damaged Parquet file", content: { Data("PAR1".utf8) + Data(count: 64) },
      file: "orders.parquet", says: ["orders.parquet"]),
    Case(
      name: "half a gzip",
      content: {
        // gzip of a few lines, cut off before its end.
        Data([
          0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x4B, 0x2E, 0x2D, 0x2E, 0xC9,
        ])
      }, file: "orders.csv.gz", says: ["orders.csv.gz"]),
    Case(
      name: "no customer column", content: text("order_date,amount\n2024-01-01,10\n2024-01-02,5\n"),
      says: ["customer"]),
    Case(
      name: "no date column", content: text("customer_id,amount\na,10\nb,20\n"), says: ["date"]),
    Case(
      name: "dates that can be read in two ways",
      content: text(
        "customer_id,order_date,amount\na,03/04/2024,10\nb,05/06/2024,20\nc,01/02/2024,5\n"),
      says: ["--dates"]),
    Case(
      name: "two currencies",
      content: text(
        "customer_id,order_date,amount,currency\na,2024-01-01,10,EUR\nb,2024-01-02,20,USD\n"),
      says: ["EUR", "USD"]),
    Case(
      name: "half of the lines unusable",
      content: text(header + "a,2024-01-01,10\nb,never,20\nc,2024-01-03,30\nd,soon,40\n"),
      says: ["50", "%"]),
    Case(
      name: "no purchase at all", content: text(header + "a,2024-01-01,-10\n"), says: ["purchase"]),
    Case(
      name: "an as-of before everything", content: text(header + "a,2024-01-01,10\n"),
      arguments: ["--as-of", "2020-01-01"], says: ["purchase"]),
  ]

  @Test(arguments: cases)
  func `ends in one sentence, its status and nothing written`(example: Case) async throws {
    let program = try Program()
    defer { program.remove() }
    let file = try program.write(example.content(), to: example.file)
    let answer = try await program.run(
      ["run", file, "--out", program.path("result"), "--report", program.path("r.html")]
        + example.arguments)
    #expect(answer.status == example.status, "\(answer.error)")
    for word in example.says {
      #expect(answer.error.localizedCaseInsensitiveContains(word), "\(answer.error)")
    }
    #expect(answer.output.isEmpty)
    #expect(!program.exists("result"))
    #expect(!program.exists("r.html"))
    #expect(!answer.error.contains("⟦"), "every word is in the catalogues: \(answer.error)")
    // The same sentence exists in French.
    let french = try await program.run(["run", file, "--lang", "fr"] + example.arguments)
    #expect(french.status == example.status)
    #expect(french.error != answer.error)
    #expect(!french.error.contains("⟦"))
  }

  @Test func `a file that is not there, a folder and a locked file are told apart`() async throws {
    let program = try Program()
    defer { program.remove() }
    let missing = try await program.run("run", program.path("nowhere.csv"))
    #expect([1, 4].contains(missing.status))
    #expect(missing.error.contains("nowhere.csv"))
    let folder = try await program.run("run", program.folder.path)
    #expect([1, 2, 4].contains(folder.status))
    #expect(!folder.error.isEmpty)
  }

  @Test(.enabled(if: getuid() != 0, "root may read everything"))
  func `a file without permission is told`() async throws {
    let program = try Program()
    defer { program.remove() }
    let file = try program.write(Self.header + "a,2024-01-01,10\n", to: "orders.csv")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: file)
    let answer = try await program.run("run", file)
    #expect(answer.status == 4)
    #expect(answer.error.contains("orders.csv"))
  }

  @Test func `the command line's own mistakes have status 2`() async throws {
    let program = try Program()
    defer { program.remove() }
    for arguments in [
      ["run"], ["nonsense"], ["run", "x.csv", "--classes", "11"],
      ["run", "x.csv", "--as-of", "yesterday"], ["run", "x.csv", "--weights", "1,2"],
      ["run", "x.csv", "--recency-cuts", "1,2"], ["run", "x.csv", "--memory-limit", "tiny"],
      ["run", "x.csv", "--time-zone", "Mars/Olympus"],
    ] {
      let answer = try await program.run(arguments)
      #expect(answer.status == 2, "\(arguments): \(answer.error)")
      #expect(!answer.error.isEmpty)
      #expect(answer.output.isEmpty)
    }
  }

  @Test func `an output that would overwrite its source is refused`() async throws {
    let program = try Program()
    defer { program.remove() }
    let file = try program.write(Self.header + "a,2024-01-01,10\n", to: "customers.csv")
    let answer = try await program.run("run", file, "--out", program.folder.path)
    #expect(answer.status == 2)
    #expect(try program.text("customers.csv") == Self.header + "a,2024-01-01,10\n")
  }

  @Test func `a full disk leaves nothing behind`() async throws {
    let program = try Program()
    defer { program.remove() }
    // A file system of 1 MB, where this machine allows one.
    let disk = program.path("disk")
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
    let mount = Process()
    mount.executableURL = URL(filePath: "/bin/mount")
    mount.arguments = ["-t", "tmpfs", "-o", "size=400k", "tmpfs", disk]
    mount.standardError = FileHandle.nullDevice
    try mount.run()
    mount.waitUntilExit()
    try #require(mount.terminationStatus == 0 || getuid() != 0)
    guard mount.terminationStatus == 0 else { return }
    defer {
      let unmount = Process()
      unmount.executableURL = URL(filePath: "/bin/umount")
      unmount.arguments = [disk]
      try? unmount.run()
      unmount.waitUntilExit()
    }
    let lines = (0..<20_000).map { "c\($0 % 9000),2024-01-\(10 + $0 % 20),\($0 % 97 + 1).50" }
    let file = try program.write(
      Self.header + lines.joined(separator: "\n") + "\n", to: "orders.csv")
    let answer = try await program.run("run", file, "--out", disk + "/result")
    #expect(answer.status == 4, "\(answer.error)")
    #expect(answer.error.localizedCaseInsensitiveContains("space") || answer.error.contains("full"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk).isEmpty)
  }

  @Test func `odd but usable files give right results`() async throws {
    let program = try Program()
    defer { program.remove() }
    func totals(_ text: String, _ arguments: String...) async throws -> [String: Any] {
      let file = try program.write(text, to: "orders.csv")
      let answer = try await program.run(["run", file, "--json"] + arguments)
      #expect(answer.status == 0, "\(answer.error)")
      return try #require(try answer.json()["totals"] as? [String: Any])
    }
    let one = try await totals(Self.header + "a,2024-01-01,10\n")
    #expect(one["purchasers"] as? Int == 1)
    #expect(one["orders"] as? Int == 1)
    let equal = try await totals(
      Self.header + (1...30).map { "c\($0),2024-01-15,10" }.joined(separator: "\n") + "\n")
    #expect(equal["purchasers"] as? Int == 30)
    let huge = try await totals(
      Self.header + "a,2024-01-01,1000000000000\na,2024-02-01,1000000000000.25\n")
    let revenue = try #require(huge["revenue"] as? [String: Any])
    #expect(revenue["amount"] as? String == "2000000000000.2500")
    let future = try await totals(Self.header + "a,2094-01-01,10\nb,2094-02-01,20\n")
    #expect(future["purchasers"] as? Int == 2)
    let returnsOnly = try await totals(Self.header + "a,2024-01-01,10\nb,2024-01-02,-20\n")
    #expect(returnsOnly["purchasers"] as? Int == 1)
    #expect((returnsOnly["revenue"] as? [String: Any])?["amount"] as? String == "-10.0000")
    let extra = (0..<297).map { "x\($0)" }.joined(separator: ",")
    let filler = (0..<297).map { _ in "1" }.joined(separator: ",")
    let wide = try await totals(
      "customer_id,order_date,amount,\(extra)\na,2024-01-01,10,\(filler)\nb,2024-01-02,5,\(filler)\n"
    )
    #expect(wide["purchasers"] as? Int == 2)
  }
}
