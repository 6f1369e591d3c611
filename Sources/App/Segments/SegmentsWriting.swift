internal import ArgumentParser
internal import CustomerSchema
internal import Foundation
internal import Insights
internal import Platform
internal import SegmentLanguage
internal import Presentation
internal import Scoring
internal import Segments

extension SegmentsCommand {
  /// `quartier segments apply -f FILE`.
  struct Apply: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "apply", abstract: Words.text("cli.segments.apply.abstract"))
    }

    @OptionGroup var definitions: DefinitionFileOption

    @Flag(name: .long, help: help("segments.prune"))
    var prune = false

    @Flag(name: .long, help: help("segments.dry_run"))
    var dryRun = false

    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let file = try DefinitionReader.read(file: definitions.file)
      let outcome = try await ApplySegments(try await place.desk()).apply(
        file, prune: prune, dryRun: dryRun)
      Answers.warnings(outcome.warnings)
      guard !common.json else { return try Answers.json(outcome.answer) }
      var columns: [TerminalTable.Column] = [
        .init(Words.text("segments.column.segment"), isFlexible: true),
        .init(Words.text("segments.column.change")),
      ]
      if dryRun {
        columns += [
          .init(Words.text("segments.column.entering"), .trailing),
          .init(Words.text("segments.column.leaving"), .trailing),
          .init(Words.text("segments.column.members"), .trailing),
        ]
      }
      Answers.table(
        columns,
        outcome.answer.segments.map { one in
          let name = one.renamedFrom.map { "\($0) → \(one.name)" } ?? one.name
          let cells = [name, Words.text("segments.applied.\(one.change)")]
          guard dryRun else { return cells }
          return cells + [one.entering, one.leaving, one.size].map(Answers.number)
        })
      Terminal.write(Words.text(dryRun ? "segments.apply.dry" : "segments.apply.done"))
    }
  }

  /// `quartier segments check -f FILE`.
  struct Check: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "check", abstract: Words.text("cli.segments.check.abstract"))
    }

    @OptionGroup var definitions: DefinitionFileOption
    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    /// `docs/schemas/segments-check-1.schema.json`.
    struct Answer: Encodable {
      let schema = "quartier.segments-check/1"
      let segments: Int
      let warnings: [ApplySegments.Warning]
    }

    func run() async throws {
      let file = try DefinitionReader.read(file: definitions.file)
      let (count, warnings) = try await ApplySegments(try await place.desk()).check(file)
      Answers.warnings(warnings)
      guard !common.json else {
        return try Answers.json(
          Answer(segments: count, warnings: warnings.map(ApplySegments.Warning.init)))
      }
      Terminal.write(Words.text("segments.check.done", ["count": .count(count)]))
    }
  }

  /// `quartier segments diff -f FILE`.
  struct Diff: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "diff", abstract: Words.text("cli.segments.diff.abstract"))
    }

    @OptionGroup var definitions: DefinitionFileOption
    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let file = try DefinitionReader.read(file: definitions.file)
      let answer = try await ApplySegments(try await place.desk()).difference(file)
      guard !common.json else { return try Answers.json(answer) }
      guard !answer.segments.isEmpty else {
        return Terminal.write(Words.text("segments.diff.none"))
      }
      for segment in answer.segments {
        Terminal.write(
          "\(Localizer.printable(segment.name)): \(Words.text("segments.applied.\(segment.change)"))"
        )
        for field in segment.fields {
          let label = Words.text("segments.column.\(field.field)")
          if let before = field.before {
            Terminal.write("  - \(label): \(Localizer.printable(before))")
          }
          if let after = field.after {
            Terminal.write("  + \(label): \(Localizer.printable(after))")
          }
        }
      }
    }
  }

  /// `quartier segments export`.
  struct Export: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "export", abstract: Words.text("cli.segments.export.abstract"))
    }

    @Option(
      name: .long, help: ArgumentHelp(Words.text("cli.segments.export.out"), valueName: "file"))
    var out: String?

    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let answer = try await ApplySegments(try await place.desk()).export()
      if let out {
        do {
          try Data(answer.yaml.utf8).write(to: URL(fileURLWithPath: out), options: .atomic)
        } catch {
          throw PlatformError.cannotWrite(out, reason: (error as NSError).localizedDescription)
        }
        Terminal.error(Words.text("cli.run.written", ["file": .text(out)]))
        return
      }
      guard !common.json else { return try Answers.json(answer) }
      Terminal.write(answer.yaml)
    }
  }

  /// `quartier segments preview RULE`.
  struct Preview: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "preview", abstract: Words.text("cli.segments.preview.abstract"))
    }

    @Argument(help: ArgumentHelp(Words.text("cli.segments.rule"), valueName: "rule"))
    var rule: String

    @Option(name: .long, help: ArgumentHelp(Words.text("cli.segments.as_of"), valueName: "date"))
    var asOf: InstantArgument?

    @OptionGroup var place: WorkspaceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let desk = try await place.desk()
      let formats = try Answers.localizer().formats
      let answer = try await PreviewRule(desk).preview(
        rule, asOf: try asOf.map { try $0.instant(desk.clock) }
      ) { estimate in
        guard !common.json else { return }
        Terminal.error(
          Words.text(
            "segments.preview.estimate",
            [
              "count": .count(estimate.members), "low": .count(estimate.low),
              "high": .count(estimate.high),
            ]))
      }
      guard !common.json else { return try Answers.json(answer) }
      if let members = answer.members {
        Terminal.write(
          Words.text(
            "segments.preview.count",
            [
              "count": .count(members), "customers": .count(answer.customers),
              "share": .text(formats.share(answer.share ?? 0)),
            ]))
      } else {
        Terminal.write(
          Words.text(
            "segments.preview.few",
            ["few": .count(answer.fewerThan ?? 0), "customers": .count(answer.customers)]))
      }
      Terminal.write(Words.text("segments.as_of", ["instant": .text(answer.asOf)]))
    }
  }
}

/// `quartier refresh`: brings every segment to an instant.
struct RefreshCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "refresh", abstract: Words.text("cli.refresh.abstract"))
  }

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.refresh.as_of"), valueName: "date"))
  var asOf: InstantArgument?

  @OptionGroup var place: WorkspaceOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let desk = try await place.desk()
    let answer = try await RefreshWorkspace(desk).refresh(
      asOf: try asOf.map { try $0.instant(desk.clock) })
    guard !common.json else { return try Answers.json(answer) }
    Terminal.write(
      Words.text(
        answer.changed ? "refresh.done" : "refresh.unchanged",
        [
          "instant": .text(answer.asOf), "entries": .count(answer.entries),
          "exits": .count(answer.exits),
        ]))
    for model in answer.models {
      Terminal.write(
        Words.text(
          "refresh.model.\(model.kind.rawValue)",
          [
            "kind": .text(model.kind.rawValue), "version": .count(model.version),
            "count": .count(model.customers), "date": .date(model.asOf),
          ]))
      if let drift = model.drift, let words = Words.localizer {
        Terminal.write("  " + drift.text(words))
      }
    }
    guard !answer.segments.isEmpty else { return }
    Answers.table(
      [
        .init(Words.text("segments.column.segment"), isFlexible: true),
        .init(Words.text("segments.column.members"), .trailing),
      ], answer.segments.map { [$0.name, Answers.number($0.size)] })
  }
}

/// A day (its end, or now when it is today), or an instant such as `2024-01-31T12:00:00Z`.
struct InstantArgument: ExpressibleByArgument {
  private enum Value {
    case now
    case day(LocalDate)
    case instant(Int64)
  }

  private let value: Value

  init?(argument: String) {
    if argument == "now" {
      value = .now
    } else if let day = DayArgument(argument: argument)?.value {
      value = .day(day)
    } else if let date = try? Date(argument, strategy: .iso8601) {
      value = .instant(Int64((date.timeIntervalSince1970 * 1_000_000).rounded()))
    } else {
      return nil
    }
  }

  /// In microseconds since the epoch.
  func instant(_ clock: WorkspaceClock) throws -> Int64 {
    switch value {
    case .now: return SegmentDesk.now
    case .instant(let instant): return instant
    case .day(let day):
      let end = clock.start(of: day.adding(days: 1)) - 1
      return clock.day(of: SegmentDesk.now) == day ? min(end, SegmentDesk.now) : end
    }
  }
}
