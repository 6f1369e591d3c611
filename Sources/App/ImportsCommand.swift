internal import ArgumentParser
internal import CustomerSchema
internal import DuckDBEngine
internal import Foundation
internal import Ingestion
internal import Platform
internal import Presentation

/// `quartier imports`: what was imported.
struct ImportsCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "imports", abstract: Words.text("cli.imports.abstract"),
      subcommands: [List.self, Formats.self], defaultSubcommand: List.self)
  }

  /// `quartier imports list`.
  struct List: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "list", abstract: Words.text("cli.imports.list.abstract"))
    }

    @Option(name: .long, help: ArgumentHelp(Words.text("cli.workspace"), valueName: "folder"))
    var workspace: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
      let entries = try await opened(workspace).imports(try DuckDBEngine())
      if common.json {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Terminal.write(
          String(decoding: try encoder.encode(Answer(imports: entries)), as: UTF8.self))
        return
      }
      guard !entries.isEmpty else {
        Terminal.write(Words.text("cli.imports.none"))
        return
      }
      guard let localizer = Words.localizer else { return }
      func number(_ count: Int) -> String { localizer.text(MessageArgument.count(count)) }
      let names = ["number", "made", "kind", "source", "file", "lines", "set_aside", "waiting"]
      let table = TerminalTable(
        columns: names.map { name in
          TerminalTable.Column(
            Words.text("cli.imports.\(name)"),
            ["number", "lines", "set_aside", "waiting"].contains(name) ? .trailing : .leading,
            isFlexible: name == "file")
        },
        rows: entries.map { entry in
          [
            String(entry.number), entry.made, localizer.text("import_kind.\(entry.kind)"),
            entry.source, URL(fileURLWithPath: entry.file).lastPathComponent,
            number(entry.lines),
            number(entry.setAside), number(entry.waiting),
          ]
        })
      let style = TerminalStyle(fileDescriptor: STDOUT_FILENO)
      Terminal.write(table.lines(style).joined(separator: "\n"))
    }
  }

  /// `quartier imports formats`.
  struct Formats: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "formats", abstract: Words.text("cli.imports.formats.abstract"))
    }

    @OptionGroup var common: CommonOptions

    func run() async throws {
      guard let localizer = Words.localizer else { return }
      if common.json {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let formats = ExportFormat.all.map { format in
          FormatAnswer(
            format: format.id, name: localizer.text(format.term), kind: format.kind.rawValue,
            headers: format.headers)
        }
        Terminal.write(
          String(
            decoding: try encoder.encode(FormatsAnswer(formats: formats)), as: UTF8.self))
        return
      }
      let table = TerminalTable(
        columns: ["format", "name", "becomes"].map { name in
          TerminalTable.Column(
            Words.text("cli.imports.formats.\(name)"), .leading, isFlexible: name == "name")
        },
        rows: ExportFormat.all.map { format in
          [format.id, localizer.text(format.term), localizer.text(format.kind.term)]
        })
      let style = TerminalStyle(fileDescriptor: STDOUT_FILENO)
      Terminal.write(table.lines(style).joined(separator: "\n"))
    }
  }

  /// docs/schemas/imports-formats-1.schema.json
  private struct FormatsAnswer: Encodable {
    let schema = "quartier.imports-formats/1"
    let formats: [FormatAnswer]
  }

  private struct FormatAnswer: Encodable {
    let format: String
    let name: String
    let kind: String
    let headers: [[String]]
  }

  /// docs/schemas/imports-1.schema.json
  private struct Answer: Encodable {
    let schema = "quartier.imports/1"
    let imports: [Workspace.ImportEntry]
  }
}
