internal import ArgumentParser
internal import DuckDBEngine
internal import Features
internal import Foundation
internal import Insights
internal import Platform

/// `quartier customer`: one customer at a time.
struct CustomerCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "customer", abstract: Words.text("cli.customer.abstract"),
      subcommands: [Score.self])
  }

  /// `quartier customer score`: by the thresholds of a run.
  struct Score: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: "score", abstract: Words.text("cli.customer.score.abstract"))
    }

    @Option(
      name: .long, help: ArgumentHelp(Words.text("cli.customer.from"), valueName: "segments.json"))
    var from: String?

    @Option(name: .long, help: ArgumentHelp(Words.text("cli.customer.days"), valueName: "days"))
    var days: Int

    @Option(name: .long, help: ArgumentHelp(Words.text("cli.customer.orders"), valueName: "n"))
    var orders: Int

    @Option(
      name: .long, help: ArgumentHelp(Words.text("cli.customer.monetary"), valueName: "amount"))
    var monetary: Double

    @OptionGroup var common: CommonOptions

    func validate() throws {
      guard days >= 0, orders > 0, monetary.isFinite else {
        throw ValidationError(Words.text("cli.customer.range"))
      }
    }

    func run() async throws {
      let scorer: ScoreCustomer
      if let from {
        scorer = try ScoreCustomer(runAt: from)
      } else {
        let folder = FileManager.default.currentDirectoryPath
        guard let workspace = try Workspace.find(from: folder) else {
          throw PlatformError.notAWorkspace(folder)
        }
        scorer = try await ScoreCustomer(newestRunOf: workspace, engine: try DuckDBEngine())
      }
      let answer = try scorer.score(
        ScoreCustomer.Customer(
          daysSinceLastPurchase: days, orders: orders, monetary: monetary))
      if common.json {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Terminal.write(String(decoding: try encoder.encode(answer), as: UTF8.self))
      } else {
        Terminal.write("R \(answer.rScore) · F \(answer.fScore) · M \(answer.mScore)")
        Terminal.write(Words.text(SegmentAdvice.key(answer.segment, .five)))
        Terminal.write(Words.text(SegmentAdvice.key(answer.rfmGroup, .eleven)))
      }
    }
  }
}
