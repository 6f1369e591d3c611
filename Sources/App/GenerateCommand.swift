internal import ArgumentParser
internal import CustomerSchema
internal import Foundation
internal import Generation
internal import Presentation

/// `quartier generate`: an invented customer base with a truth file, for demonstrations and tests.
struct GenerateCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "generate", abstract: Words.text("cli.generate.abstract"),
      discussion: Words.text("cli.generate.discussion"))
  }

  enum Country: String, ExpressibleByArgument, CaseIterable { case fr }

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.generate.customers"), valueName: "10000"))
  var customers: Int

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.generate.seed"), valueName: "1"))
  var seed: UInt64 = 1

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.generate.out"), valueName: "folder"))
  var out: String

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.generate.country"), valueName: "fr"))
  var country: Country = .fr

  @Flag(name: .long, help: ArgumentHelp(Words.text("cli.generate.b2b")))
  var b2b = false

  @OptionGroup var common: CommonOptions

  /// What `--json` prints (`docs/schemas/generate-1.schema.json`).
  struct Answer: Encodable {
    let schema = "quartier.generate/1"
    let folder: String
    let seed: UInt64
    let customers: Int
    let rows: [String: Int]
  }

  func validate() throws {
    guard (1...19_000_000).contains(customers) else {
      throw ValidationError(Words.text("cli.generate.customers_range"))
    }
  }

  func run() async throws {
    var options = GenerationOptions(customers: customers, seed: seed)
    options.includesCompanies = b2b
    let result = try Generator(options).write(to: out) { share in
      Terminal.progress(share: share)
    }
    Terminal.endProgress()
    if common.json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let answer = Answer(
        folder: result.folder, seed: seed, customers: customers, rows: result.rows)
      Terminal.write(String(decoding: try encoder.encode(answer), as: UTF8.self))
    } else {
      for (name, count) in result.rows.sorted(by: { $0.key < $1.key }) {
        Terminal.write(
          Words.text("cli.generate.file", ["file": .text(name), "rows": .count(count)]))
      }
      Terminal.write(Words.text("cli.generate.done", ["folder": .text(result.folder)]))
    }
  }
}
