internal import ArgumentParser
internal import CustomerSchema
internal import DuckDBEngine
internal import Foundation
internal import Platform
internal import Presentation
internal import Privacy

/// `quartier privacy`: what people may ask for, and what the law asks of who holds their data.
struct PrivacyCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "privacy", abstract: Words.text("cli.privacy.abstract"),
      discussion: Words.text("cli.privacy.discussion"),
      subcommands: [
        Access.self, Erase.self, Certificate.self, Rectify.self, Object.self, Restrict.self,
        Consent.self, Retention.self, Audit.self,
      ])
  }

  /// Opens a workspace for people's rights.
  static func desk(_ folder: String?) async throws -> PrivacyDesk {
    try await PrivacyDesk(try opened(folder), engine: try DuckDBEngine())
  }
}

/// The workspace that a command on privacy works in.
struct PrivacyPlace: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp(Words.text("cli.workspace"), valueName: "folder"))
  var workspace: String?

  func desk() async throws -> PrivacyDesk { try await PrivacyCommand.desk(workspace) }
}

/// Whom a command is about.
struct PersonArguments: ParsableArguments {
  @Argument(help: ArgumentHelp(Words.text("cli.privacy.person"), valueName: "id"))
  var person: String

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.privacy.source"), valueName: "name"))
  var source: String?
}

/// Prints what commands on privacy answer.
enum PrivacyAnswers {
  static func line(_ key: String, _ value: String) {
    Terminal.write(
      Words.text(
        "segments.line", ["label": .text(Words.text(key)), "value": .text(value)]))
  }

  static func certificates(_ certificates: [ErasureCertificate]) {
    for (index, certificate) in certificates.enumerated() {
      if index > 0 { Terminal.write("") }
      Terminal.write(
        Words.text("privacy.certificate.title", ["number": .text(String(certificate.number))]))
      line("privacy.certificate.subject", certificate.subject)
      line(
        "privacy.certificate.ground", Words.text("privacy.ground.\(certificate.ground)"))
      line("privacy.certificate.hidden", certificate.hiddenAt)
      if let gone = certificate.goneAt {
        line("privacy.certificate.gone", gone)
      } else {
        line("privacy.certificate.due", certificate.dueAt)
      }
      let rows = certificate.removed.values.reduce(0, +)
      line("privacy.certificate.rows", Answers.number(rows))
      Terminal.write(
        Words.text(
          certificate.outside.isEmpty
            ? "privacy.certificate.nothing_outside" : "privacy.certificate.outside"))
      for copy in certificate.outside {
        Terminal.write("  \(copy.path) (\(Words.text("privacy.outside.\(copy.kind.rawValue)")))")
      }
    }
  }

  static func rights(_ answer: HandleRights.Answer) {
    Terminal.write(
      Words.text(
        answer.changed ? "privacy.rights.done" : "privacy.rights.unchanged",
        ["subject": .text(answer.customer)]))
    let decisions = answer.decisions.map { Words.text("privacy.decision.\($0.rawValue)") }
    if !decisions.isEmpty {
      line("privacy.rights.decisions", decisions.joined(separator: ", "))
    }
    if !answer.attributes.isEmpty {
      line("privacy.rights.attributes", answer.attributes.joined(separator: ", "))
    }
    if answer.changed, !answer.sources.isEmpty {
      line("privacy.rights.sources", answer.sources.joined(separator: ", "))
    }
  }
}

extension Channel: ExpressibleByArgument {}
extension Purpose: ExpressibleByArgument {}
