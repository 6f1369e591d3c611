internal import ArgumentParser
internal import CustomerSchema
internal import Foundation
internal import Ingestion
internal import Platform

/// How order files are read, by every command that reads them.
struct ReadingOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.mapping"), valueName: "file.yaml"))
  var mapping: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.dates"), valueName: "dmy|mdy|ymd"))
  var dates: DateOrder?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.amounts"), valueName: "ht|ttc"))
  var amounts: AmountChoice?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.currency"), valueName: "EUR"))
  var currency: CurrencyArgument?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.rates"), valueName: "file.csv"))
  var rates: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.sheet"), valueName: "name"))
  var sheet: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.format"), valueName: "name"))
  var format: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.time_zone"), valueName: "zone"))
  var timeZone: String?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.run.max_unusable"), valueName: "20%"))
  var maxUnusable: ShareArgument?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.run.zero_orders"), valueName: "aside|purchase"))
  var zeroOrders: ZeroOrdersChoice = .aside

  func apply(to request: inout RunRequest, workspace: Workspace?) throws {
    request.mapping = mapping
    request.dateOrder = dates
    request.amounts = amounts
    request.currency = currency?.value
    request.defaultCurrency = workspace?.settings.currency.flatMap(CurrencyCode.init(rawValue:))
    request.rates = rates
    request.sheet = sheet
    request.format = format
    request.timeZone = timeZone ?? workspace?.settings.timeZone ?? request.timeZone
    guard TimeZone(identifier: request.timeZone) != nil else {
      throw PlatformError.unknownTimeZone(request.timeZone)
    }
    if let maxUnusable { request.maximumUnusableShare = maxUnusable.value }
    request.zeroOrdersArePurchases = zeroOrders == .purchase
  }
}
