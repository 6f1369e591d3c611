internal import ArgumentParser
internal import CustomerSchema
internal import Foundation
internal import Presentation

/// The words of this process, in the language of `--lang` or of the machine.
enum Words {
  /// Read before anything is parsed, because help texts need them.
  static let language = language(
    arguments: CommandLine.arguments, environment: ProcessInfo.processInfo.environment)

  /// Nil when the catalogues are missing from the installation.
  static let localizer = try? Localizer(language)

  static func language(arguments: [String], environment: [String: String]) -> Language {
    for (index, argument) in arguments.enumerated() {
      if argument == "--lang", index + 1 < arguments.count,
        let language = Language(rawValue: arguments[index + 1])
      {
        return language
      }
      if let value = argument.split(separator: "=", maxSplits: 1).dropFirst().first,
        argument.hasPrefix("--lang="), let language = Language(rawValue: String(value))
      {
        return language
      }
    }
    return Language(environment: environment)
  }

  static func text(_ key: String, _ arguments: [String: MessageArgument] = [:]) -> String {
    localizer?.text(key, arguments) ?? key
  }
}

/// The help of an option, from the catalogues.
func help(_ key: String) -> ArgumentHelp { ArgumentHelp(Words.text("cli." + key)) }
