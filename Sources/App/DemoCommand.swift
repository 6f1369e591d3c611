internal import ArgumentParser
internal import CustomerSchema
internal import Foundation
internal import Platform
internal import Presentation

/// `quartier demo`: the main job on real data.
struct DemoCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "demo", abstract: Words.text("cli.demo.abstract"))
  }

  enum DataSet: String, ExpressibleByArgument, CaseIterable {
    case shop, grocery

    /// Where set-up put it.
    var file: String {
      switch self {
      case .shop: "data/cdnow/CDNOW_master.txt"
      case .grocery: "data/completejourney/transactions.parquet"
      }
    }
  }

  @Argument(help: ArgumentHelp(Words.text("cli.demo.data"), valueName: "shop|grocery"))
  var data: DataSet = .shop

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.out"), valueName: "folder"))
  var out: String?

  @OptionGroup var common: CommonOptions

  func run() async throws {
    guard let file = ResourceLocator.current.fetched(data.file) else {
      throw PlatformError.missing(data.file)
    }
    var request = RunRequest()
    request.orders = [file.path]
    // Both are American shops; their files name no currency.
    request.currency = CurrencyCode(rawValue: "USD")
    request.output = out ?? "quartier-demo/\(data.rawValue)"
    request.language = Words.language.rawValue
    request.listStyle = Words.language == .french ? .french : .international
    try await RunExecution(request: request, workspace: nil, json: common.json).run()
    if !common.json {
      let report = URL(fileURLWithPath: request.output ?? "").appending(path: "report.html").path
      Terminal.write(Words.text("cli.demo.report", ["file": .text(report)]))
    }
  }
}
