internal import ArgumentParser
internal import CustomerSchema
internal import DuckDBEngine
internal import Foundation
internal import Insights
internal import Platform
internal import Presentation
internal import Scoring

extension ModelKind: ExpressibleByArgument {}

/// The workspace whose models are read.
struct ModelStoreOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp(Words.text("cli.model.workspace"), valueName: "folder"))
  var workspace: String?

  func open() async throws -> (ReadModels, Localizer) {
    guard let localizer = Words.localizer else {
      throw PlatformError.missing("Presentation/Resources/Localization")
    }
    let folder = FileManager.default.currentDirectoryPath
    let found =
      try workspace.map { try Workspace(opening: $0) } ?? Workspace.find(from: folder)
    guard let found else { throw PlatformError.notAWorkspace(folder) }
    return (try await ReadModels(found, engine: try DuckDBEngine()), localizer)
  }

  var style: TerminalStyle { TerminalStyle(fileDescriptor: STDOUT_FILENO) }
}

/// `quartier model list`: every version kept.
struct ModelListCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "list", abstract: Words.text("cli.model.list.abstract"))
  }

  @OptionGroup var store: ModelStoreOptions
  @OptionGroup var common: CommonOptions

  private struct Answer: Encodable {
    let schema = "quartier.model-list/1"
    let models: [ModelRegistry.Entry]
  }

  func run() async throws {
    let (models, localizer) = try await store.open()
    let entries = try await models.list()
    Terminal.write(
      common.json
        ? String(decoding: try RunJSON.encode(any: Answer(models: entries)), as: UTF8.self)
        : ModelRegistry.Entry.text(entries, localizer, style: store.style))
  }
}

/// `quartier model show`: a model as its command showed it.
struct ModelShowCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "show", abstract: Words.text("cli.model.show.abstract"))
  }

  @Argument(help: ArgumentHelp(Words.text("cli.model.kind")))
  var kind: ModelKind

  @Option(
    name: .customLong("number"), help: ArgumentHelp(Words.text("cli.model.version"), valueName: "n")
  )
  var number: Int?

  @OptionGroup var store: ModelStoreOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let (models, localizer) = try await store.open()
    Terminal.write(
      try await models.show(
        kind, version: number, card: false, json: common.json, localizer, style: store.style))
  }
}

/// `quartier model card`: data, options, quality, limits, who should not use it.
struct ModelCardCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "card", abstract: Words.text("cli.model.card.abstract"))
  }

  @Argument(help: ArgumentHelp(Words.text("cli.model.kind")))
  var kind: ModelKind

  @Option(
    name: .customLong("number"), help: ArgumentHelp(Words.text("cli.model.version"), valueName: "n")
  )
  var number: Int?

  @OptionGroup var store: ModelStoreOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let (models, localizer) = try await store.open()
    Terminal.write(
      try await models.show(
        kind, version: number, card: true, json: common.json, localizer, style: store.style))
  }
}

/// `quartier model compare`: two versions side by side.
struct ModelCompareCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "compare", abstract: Words.text("cli.model.compare.abstract"))
  }

  @Argument(help: ArgumentHelp(Words.text("cli.model.kind")))
  var kind: ModelKind

  @Argument(help: ArgumentHelp(Words.text("cli.model.version")))
  var first: Int

  @Argument(help: ArgumentHelp(Words.text("cli.model.version")))
  var second: Int

  @OptionGroup var store: ModelStoreOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let (models, localizer) = try await store.open()
    let comparison = try await models.compare(kind, first, second)
    Terminal.write(
      common.json
        ? String(decoding: try RunJSON.encode(any: comparison), as: UTF8.self)
        : comparison.text(localizer, style: store.style))
  }
}
