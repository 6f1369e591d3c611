import CustomerSchema
import Foundation
import Presentation
import Testing

/// The program built beside the tests, as a person runs it.
enum Program {
  static let binary = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "quartier")

  /// Where the keys of the tests' workspaces lie.
  static let keys = FileManager.default.temporaryDirectory
    .appending(path: "quartier-test-keys-\(ProcessInfo.processInfo.processIdentifier)").path

  struct Answer {
    let status: Int32
    let output: Data
  }

  /// Runs it in English and returns what it prints; errors go where the tests' own go.
  static func run(_ arguments: String..., in folder: URL? = nil) throws -> Answer {
    try run(arguments, in: folder)
  }

  static func run(_ arguments: [String], in folder: URL? = nil) throws -> Answer {
    try run(binary, arguments, in: folder)
  }

  static func run(_ program: URL, _ arguments: [String], in folder: URL? = nil) throws -> Answer {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder ?? FileManager.default.temporaryDirectory
    process.environment = ProcessInfo.processInfo.environment.merging([
      "LC_ALL": "C.UTF-8", "QUARTIER_KEYS": keys,
    ]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Answer(status: process.terminationStatus, output: data)
  }
}

/// What the program says of its own commands and options.
struct CommandHelp: Decodable {
  let commandName: String
  let arguments: [Argument]?
  let subcommands: [CommandHelp]?

  struct Argument: Decodable {
    let names: [Name]?
    let allValues: [String]?
    var options: [String] {
      (names ?? []).filter { $0.kind == "long" }.map { "--" + $0.name }
    }
  }

  struct Name: Decodable {
    let kind: String
    let name: String
  }

  static func read() throws -> CommandHelp {
    struct Dump: Decodable { let command: CommandHelp }
    let answer = try Program.run("--experimental-dump-help")
    return try JSONDecoder().decode(Dump.self, from: answer.output).command
  }

  /// Commands that do something, by what one types.
  func leaves(_ path: [String] = []) -> [(name: String, arguments: [Argument])] {
    let path = path + [commandName]
    let below = (subcommands ?? []).filter { $0.commandName != "help" }
    guard below.isEmpty else { return below.flatMap { $0.leaves(path) } }
    return [(path.joined(separator: " "), arguments ?? [])]
  }
}

@Suite struct `What the guides say of the command line` {
  static let common: Set = ["--json", "--lang", "--help", "--version"]

  @Test(arguments: Language.allCases)
  func `every command, option and choice is explained, and no other`(language: Language) throws {
    let page = try Page("command-line", language)
    let shared = try page.section(
      language == .french ? "Pour toutes les commandes" : "For every command")
    for option in Self.common { #expect(spans(shared).contains { $0.hasPrefix(option) }) }
    for command in try CommandHelp.read().leaves() {
      let explained = spans(try page.section(command.name)).filter { $0.hasPrefix("--") }
      for argument in command.arguments {
        for option in argument.options where !Self.common.contains(option) {
          #expect(
            explained.contains { $0 == option || $0.hasPrefix(option + " ") },
            "\(page.path): \(command.name) \(option)")
          let row = page.tables.flatMap(\.rows).first { $0[0].hasPrefix("`\(option) ") }
          for value in argument.allValues ?? [] {
            #expect(
              row.map { spans($0[0]).contains { $0.hasSuffix(value) } } == true,
              "\(option) \(value)")
          }
        }
      }
    }
  }

  @Test func `no page names an option that no command has`() throws {
    let known = try CommandHelp.read().leaves().reduce(into: Self.common) { known, command in
      known.formUnion(command.arguments.flatMap(\.options))
    }.union(["--generate-completion-script"])
    // The benchmarks are another program, with options of their own.
    for path in try Repository.pages()
    where path != "CHANGELOG.md" && !path.hasPrefix("Benchmarks/") {
      let page = try Page(path)
      let lines = page.text.components(separatedBy: "\n").filter {
        // Commands of other programs have options of their own.
        !$0.contains("swift ") && !$0.contains("pip ") && !$0.contains("scripts/")
      }
      for match in lines.joined(separator: "\n").matches(of: /[^-\w|](--[a-z][a-z-]+)/) {
        #expect(known.contains(String(match.output.1)), "\(path)")
      }
    }
  }

  @Test(arguments: Language.allCases)
  func `every exit status is explained`(language: Language) throws {
    let table = try #require(
      try Page("command-line", language).tables.first { $0.rows.last?[0] == "130" })
    let statuses = (0..<128).compactMap { ExitStatus(rawValue: Int32($0))?.rawValue }
    #expect(table.rows.compactMap { Int32($0[0]) } == statuses + [130])
  }

  @Test(arguments: Language.allCases)
  func `every environment variable that is read is explained`(language: Language) throws {
    var read: Set<String> = ["LC_ALL", "LC_MESSAGES", "LANG", "TMPDIR"]
    for path in try Repository.files(below: "Sources", endingWith: ".swift") {
      for match in try Repository.text(path).matches(of: /environment\["([A-Z_]+)"\]/) {
        read.insert(String(match.output.1))
      }
    }
    for match in try Repository.text("scripts/setup.sh").matches(of: /\$\{(QUARTIER_\w+)/) {
      read.insert(String(match.output.1))
    }
    let table = try Page("command-line", language).table(with: "TMPDIR")
    #expect(Set(table.rows.flatMap { spans($0[0]) }) == read)
  }

  @Test(arguments: Language.allCases)
  func `the SQL of the guide runs on a new workspace`(language: Language) throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "quartier-docs-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try Program.run("init", folder.path).status == 0)
    let examples = try Page("workspace", language).code("sql")
    #expect(examples.count >= 5)
    let python = Repository.root.appending(path: "third_party/test-venv/bin/python")
    let script = """
      import duckdb, sys
      store = duckdb.connect(sys.argv[1])
      for example in sys.argv[2:]: store.execute(example)
      """
    let store = folder.appending(path: "quartier.duckdb").path
    #expect(try Program.run(python, ["-c", script, store] + examples).status == 0)
  }
}
