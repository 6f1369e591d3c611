internal import ArgumentParser
internal import CustomerSchema
internal import Foundation
internal import Platform
internal import Presentation
internal import Privacy

extension PrivacyCommand {
  /// `quartier privacy access ID`.
  struct Access: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "access", abstract: Words.text("cli.privacy.access.abstract"))
    }

    @OptionGroup var whom: PersonArguments

    @Option(
      name: .long, help: ArgumentHelp(Words.text("cli.privacy.access.out"), valueName: "folder"))
    var out: String?

    @OptionGroup var place: PrivacyPlace
    @OptionGroup var common: CommonOptions

    func validate() throws {
      if out == nil, !common.json {
        throw ValidationError(Words.text("cli.privacy.access.needs_out"))
      }
    }

    func run() async throws {
      let access = AccessPerson(try await place.desk())
      let archive = try await access.archive(whom.person, source: whom.source)
      var written: [String] = []
      if let out {
        written = try await access.write(archive, to: out, try Answers.localizer())
      }
      if common.json { return Terminal.write(try access.json(archive)) }
      for path in written { Terminal.write(Words.text("cli.run.written", ["file": .text(path)])) }
    }
  }

  /// `quartier privacy erase ID`.
  struct Erase: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "erase", abstract: Words.text("cli.privacy.erase.abstract"),
        discussion: Words.text("cli.privacy.erase.discussion"))
    }

    @Argument(help: ArgumentHelp(Words.text("cli.privacy.erase.person"), valueName: "id"))
    var person: String?

    @Option(name: .long, help: ArgumentHelp(Words.text("cli.privacy.source"), valueName: "name"))
    var source: String?

    @Flag(name: .long, help: help("privacy.erase.now"))
    var now = false

    @OptionGroup var place: PrivacyPlace
    @OptionGroup var common: CommonOptions

    func validate() throws {
      if person == nil, !now { throw ValidationError(Words.text("cli.privacy.erase.needs_person")) }
    }

    func run() async throws {
      let erase = ErasePerson(try await place.desk())
      let answer: ErasePerson.Answer
      if let person {
        answer = try await erase.erase(person, source: source, rewrites: now)
      } else {
        answer = try await erase.rewriteWaiting()
      }
      guard !common.json else { return try Answers.json(answer) }
      PrivacyAnswers.certificates(answer.certificates)
      if answer.waiting > 0 { Terminal.write(Words.text("privacy.erase.waiting")) }
    }
  }

  /// `quartier privacy certificate`.
  struct Certificate: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "certificate", abstract: Words.text("cli.privacy.certificate.abstract"))
    }

    @Argument(help: ArgumentHelp(Words.text("cli.privacy.certificate.subject"), valueName: "id"))
    var subject: String?

    @OptionGroup var place: PrivacyPlace
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let answer = try await ErasePerson(try await place.desk()).certificates(subject: subject)
      guard !common.json else { return try Answers.json(answer) }
      guard !answer.certificates.isEmpty else {
        return Terminal.write(Words.text("privacy.certificate.none"))
      }
      PrivacyAnswers.certificates(answer.certificates)
    }
  }

  /// `quartier privacy rectify ID attribute=value`.
  struct Rectify: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "rectify", abstract: Words.text("cli.privacy.rectify.abstract"),
        discussion: Words.text("cli.privacy.rectify.discussion"))
    }

    @OptionGroup var whom: PersonArguments

    @Argument(
      help: ArgumentHelp(Words.text("cli.privacy.rectify.values"), valueName: "attribute=value"))
    var values: [String]

    @OptionGroup var place: PrivacyPlace
    @OptionGroup var common: CommonOptions

    private var pairs: [(attribute: String, value: String?)]? {
      var pairs: [(attribute: String, value: String?)] = []
      for text in values {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { return nil }
        pairs.append((String(parts[0]), parts[1].isEmpty ? nil : String(parts[1])))
      }
      return pairs
    }

    func validate() throws {
      guard pairs != nil else {
        throw ValidationError(Words.text("cli.privacy.rectify.malformed"))
      }
    }

    func run() async throws {
      let answer = try await HandleRights(try await place.desk()).rectify(
        whom.person, source: whom.source, pairs ?? [])
      guard !common.json else { return try Answers.json(answer) }
      PrivacyAnswers.rights(answer)
    }
  }

  /// `quartier privacy object ID`.
  struct Object: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "object", abstract: Words.text("cli.privacy.object.abstract"))
    }

    @OptionGroup var whom: PersonArguments

    /// What a person objects to.
    enum Choice: String, ExpressibleByArgument, CaseIterable { case marketing, profiling }

    @Option(name: .long, help: help("privacy.object.against"))
    var against: Choice

    @Flag(name: .long, help: help("privacy.end"))
    var end = false

    @OptionGroup var place: PrivacyPlace
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let answer = try await HandleRights(try await place.desk()).decide(
        against == .marketing ? .marketing : .profiling, whom.person, source: whom.source, ends: end
      )
      guard !common.json else { return try Answers.json(answer) }
      PrivacyAnswers.rights(answer)
    }
  }

  /// `quartier privacy restrict ID`.
  struct Restrict: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "restrict", abstract: Words.text("cli.privacy.restrict.abstract"))
    }

    @OptionGroup var whom: PersonArguments

    @Flag(name: .long, help: help("privacy.end"))
    var end = false

    @OptionGroup var place: PrivacyPlace
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let answer = try await HandleRights(try await place.desk()).decide(
        .restriction, whom.person, source: whom.source, ends: end)
      guard !common.json else { return try Answers.json(answer) }
      PrivacyAnswers.rights(answer)
    }
  }
}
