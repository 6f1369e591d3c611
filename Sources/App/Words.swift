internal import ArgumentParser
internal import CustomerSchema
internal import Foundation
internal import Platform
internal import Presentation

/// The words of this process, in the language of `--lang`, of the workspace or of the machine.
enum Words {
  /// Read before anything is parsed, because help texts need them.
  static let language = language(
    arguments: CommandLine.arguments, environment: ProcessInfo.processInfo.environment,
    folder: FileManager.default.currentDirectoryPath)

  /// Nil when the catalogues are missing from the installation.
  static let localizer = try? Localizer(language)

  static func language(
    arguments: [String], environment: [String: String], folder: String
  ) -> Language {
    if let language = value(of: "--lang", in: arguments).flatMap(Language.init(rawValue:)) {
      return language
    }
    // Settings that cannot be read are told later, by the command that needs them.
    let workspace = try? Workspace.find(from: value(of: "--workspace", in: arguments) ?? folder)
    return workspace?.settings.language.flatMap(Language.init(rawValue:))
      ?? Language(environment: environment)
  }

  /// The value of an option, written `--option value` or `--option=value`.
  private static func value(of option: String, in arguments: [String]) -> String? {
    for (index, argument) in arguments.enumerated() {
      if argument == option, index + 1 < arguments.count { return arguments[index + 1] }
      if argument.hasPrefix(option + "=") { return String(argument.dropFirst(option.count + 1)) }
    }
    return nil
  }

  static func text(_ key: String, _ arguments: [String: MessageArgument] = [:]) -> String {
    localizer?.text(key, arguments) ?? key
  }
}

/// The help of an option, from the catalogues.
func help(_ key: String) -> ArgumentHelp { ArgumentHelp(Words.text("cli." + key)) }
