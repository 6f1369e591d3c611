internal import ArgumentParser
internal import CustomerSchema
internal import DuckDBEngine
internal import Foundation
internal import Platform

/// `quartier init`: a workspace that keeps its runs.
struct InitCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "init", abstract: Words.text("cli.init.abstract"))
  }

  @Argument(help: ArgumentHelp(Words.text("cli.init.folder"), valueName: "folder"))
  var folder: String

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.init.name"), valueName: "name"))
  var name: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.time_zone"), valueName: "zone"))
  var timeZone = "Europe/Paris"

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.currency"), valueName: "EUR"))
  var currency: CurrencyArgument?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if TimeZone(identifier: timeZone) == nil {
      throw ValidationError(Words.text("run.time_zone", ["zone": .text(timeZone)]))
    }
  }

  func run() async throws {
    var settings = Workspace.Settings(
      name: name ?? URL(fileURLWithPath: folder).standardizedFileURL.lastPathComponent)
    settings.timeZone = timeZone
    settings.currency = currency?.value.rawValue
    settings.language = common.lang?.rawValue
    let workspace = try await Workspace.create(
      at: folder, settings: settings, engine: try DuckDBEngine())
    if common.json {
      // docs/schemas/init-1.schema.json
      let answer = [
        "schema": "quartier.init/1", "workspace": workspace.path, "store": workspace.storePath,
      ]
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      Terminal.write(String(decoding: try encoder.encode(answer), as: UTF8.self))
    } else {
      Terminal.write(Words.text("cli.init.done", ["folder": .text(workspace.path)]))
    }
  }
}
