internal import ArgumentParser
internal import Platform

/// The root command.
struct Quartier: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "quartier", abstract: Words.text("cli.abstract"),
      discussion: Words.text("cli.discussion"), version: quartierVersion,
      subcommands: [
        DemoCommand.self, RunCommand.self, InitCommand.self, ImportCommand.self,
        ImportsCommand.self, SegmentsCommand.self, RefreshCommand.self, CustomerCommand.self,
        AuditCommand.self, ModelCommand.self, PrivacyCommand.self, GenerateCommand.self,
        DoctorCommand.self,
      ])
  }
}

/// Options that every command has.
struct CommonOptions: ParsableArguments {
  @Flag(name: .long, help: help("json"))
  var json = false

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.lang"), valueName: "fr|en"))
  var lang: LanguageChoice?
}

/// The values of `--lang`; `Words` reads it before the command line is parsed.
enum LanguageChoice: String, ExpressibleByArgument, CaseIterable { case fr, en }
