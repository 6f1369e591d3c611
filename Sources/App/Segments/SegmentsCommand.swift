internal import ArgumentParser
internal import CustomerSchema
internal import DuckDBEngine
internal import Foundation
internal import Platform
internal import SegmentLanguage
internal import Presentation
internal import Segments

/// `quartier segments`: what segments there are, and who is in them.
struct SegmentsCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "segments", abstract: Words.text("cli.segments.abstract"),
      discussion: Words.text("cli.segments.discussion"),
      subcommands: [
        Apply.self, Check.self, List.self, Show.self, Preview.self, Diff.self, Export.self,
        History.self, Members.self, Transitions.self, Changes.self, Quality.self, Starter.self,
      ])
  }
}

/// The workspace that a command works in.
struct WorkspaceOptions: ParsableArguments {
  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.segments.workspace"), valueName: "folder"))
  var workspace: String?

  /// Opens its store.
  ///
  /// - Throws: `PlatformError.notAWorkspace`, `WarehouseError`.
  func desk() async throws -> SegmentDesk {
    let folder = workspace ?? FileManager.default.currentDirectoryPath
    guard let found = try Workspace.find(from: folder) else {
      throw PlatformError.notAWorkspace(folder)
    }
    return try await SegmentDesk(found, engine: try DuckDBEngine())
  }
}

/// A definition file.
struct DefinitionFileOption: ParsableArguments {
  @Option(
    name: [.customShort("f"), .long],
    help: ArgumentHelp(Words.text("cli.segments.file"), valueName: "segments.yaml"))
  var file: String
}

/// Prints answers.
enum Answers {
  /// As JSON: keys in snake case, sorted.
  static func json(_ answer: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    Terminal.write(String(decoding: try encoder.encode(answer), as: UTF8.self))
  }

  static func localizer() throws -> Localizer {
    guard let localizer = Words.localizer else {
      throw PlatformError.missing("Presentation/Resources/Localization")
    }
    return localizer
  }

  /// An instant of an answer as the workspace's clocks show it.
  static func instant(
    _ text: String, _ desk: SegmentDesk, _ style: Formats.DateStyle = .long
  ) -> String {
    guard let (day, time) = desk.wallClock(of: text), let formats = Words.localizer?.formats else {
      return text
    }
    let date = formats.date(day, style)
    guard let time else { return date }
    return Words.text(
      style == .short ? "segments.instant.short" : "segments.instant",
      ["date": .text(date), "time": .text(time)])
  }

  static func table(_ columns: [TerminalTable.Column], _ rows: [[String]]) {
    let style = TerminalStyle(fileDescriptor: STDOUT_FILENO)
    for line in TerminalTable(columns: columns, rows: rows).lines(style) { Terminal.write(line) }
  }

  /// - Parameter fewerThan: what a number that is not told does not reach.
  static func number(_ number: Int?, _ fewerThan: Int? = nil) -> String {
    if let number { return Words.localizer?.formats.number(number) ?? String(number) }
    return fewerThan.map { Words.text("segments.fewer", ["count": .count($0)]) } ?? "–"
  }

  /// Warnings go to standard error, so that answers stay clean.
  static func warnings(_ messages: [UserMessage]) {
    guard let words = Words.localizer else { return }
    for message in messages {
      let place = words.location(message).map { "\($0): " } ?? ""
      Terminal.error("\(words.text("cli.warning")) \(place)\(words.text(message))")
      Terminal.excerpt(of: message)
      if let fix = words.fix(message) { Terminal.error("  → \(fix)") }
    }
  }
}
