internal import ArgumentParser
internal import CustomerSchema
internal import Foundation
internal import Insights
internal import Platform
internal import Presentation
internal import Scoring
internal import StatisticalModels

/// `quartier model clv`: what each customer is worth, and whether she is still one.
struct ModelClvCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "clv", abstract: Words.text("cli.model.clv.abstract"),
      discussion: Words.text("cli.model.clv.discussion"))
  }

  @Argument(help: ArgumentHelp(Words.text("cli.run.orders"), valueName: "orders"))
  var orders: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      Words.text("cli.model.clv.model"), valueName: "auto|bg-nbd|mbg-nbd|pareto-nbd"))
  var model: FamilyChoice = .auto

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.clv.unit"), valueName: "day|week|month"))
  var unit: UnitChoice = .week

  @Option(
    name: .long,
    help: ArgumentHelp(Words.text("cli.model.clv.calibration_end"), valueName: "1997-09-30"))
  var calibrationEnd: DayArgument?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.clv.horizon"), valueName: "12mo"))
  var horizon: Horizon = .twelveMonths

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.clv.discount"), valueName: "10%/yr"))
  var discount: DiscountArgument?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.model.clv.margin"), valueName: "30%"))
  var margin: ShareArgument?

  @Option(
    name: .long,
    help: ArgumentHelp(Words.text("cli.run.as_of"), valueName: "last-order|now|2024-12-31"))
  var asOf: AsOfArgument?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.clv.covariates"), valueName: "a,b,c"))
  var covariates: String?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.clv.customers"), valueName: "file"))
  var customers: String?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.clv.customer_id"), valueName: "column"))
  var customerID: String?

  @Option(
    name: .long,
    help: ArgumentHelp(Words.text("cli.model.clv.acquisition"), valueName: "12.50|column"))
  var acquisitionCost: String?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.clv.cost_per_order"), valueName: "3.20"))
  var costPerOrder: AmountArgument?

  @Option(
    name: .long, help: ArgumentHelp(Words.text("cli.model.clv.cost_per_year"), valueName: "8"))
  var costPerYear: AmountArgument?

  @Option(name: .long, help: ArgumentHelp(Words.text("cli.model.out"), valueName: "folder"))
  var out: String?

  @OptionGroup var place: ModelPlaceOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    var settings = LifetimeSettings()
    settings.family = model.family
    settings.unit = unit.unit
    settings.horizon = horizon
    if let discount { settings.discount = try DiscountRate(perYear: discount.perYear) }
    if let margin { settings.margin = margin.value }
    settings.calibrationEnd = calibrationEnd?.value
    settings.threads = limits.threads
    settings.costs.perPurchase = costPerOrder?.value ?? 0
    settings.costs.perYear = costPerYear?.value ?? 0
    var facts = CustomerFacts()
    facts.file = customers
    facts.id = customerID
    facts.covariates = (covariates ?? "").split(separator: ",").map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    if let acquisitionCost {
      facts.acquisition =
        AmountArgument(argument: acquisitionCost).map { .amount($0.value) }
        ?? .column(acquisitionCost)
    }
    try await ModelExecution(
      orders: orders, workspace: place.workspace, reading: reading, limits: limits,
      asOf: asOf?.value
    ).run { source, localizer, scratch in
      let outcome = try await TrainLifetime(
        source, settings: settings, facts: facts, scratch: scratch
      ).run()
      if let out { try await TrainLifetime.write(outcome, to: out, localizer: localizer) }
      Terminal.endProgress()
      if common.json {
        let answer = try RunJSON.encode(any: outcome.training.report)
        Terminal.write(String(decoding: answer, as: UTF8.self))
        return
      }
      Terminal.write(
        LifetimeSummary.text(
          outcome.training.report, best: outcome.best, localizer,
          style: TerminalStyle(fileDescriptor: STDOUT_FILENO)))
      if let out { Terminal.write(Words.text("cli.run.written", ["file": .text(out)])) }
      Terminal.landed(outcome.landing)
    }
  }
}

enum FamilyChoice: String, ExpressibleByArgument, CaseIterable {
  case auto
  case bgNBD = "bg-nbd"
  case mbgNBD = "mbg-nbd"
  case paretoNBD = "pareto-nbd"

  var family: LifetimeFamily? { LifetimeFamily(rawValue: rawValue) }
}

enum UnitChoice: String, ExpressibleByArgument, CaseIterable {
  case day, week, month

  var unit: TimeUnit {
    switch self {
    case .day: .day
    case .week: .week
    case .month: .month
    }
  }
}

extension Horizon: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
  package var defaultValueDescription: String { text }
}

/// An amount that is not negative, with a decimal point or comma.
struct AmountArgument: ExpressibleByArgument {
  let value: Double

  init?(argument: String) {
    guard let number = Double(argument.replacing(",", with: ".")), number >= 0, number < 1e12
    else { return nil }
    value = number
  }
}

/// `10%/yr`, `10%/an`, `10%` or `0.1`: an effective rate per year.
struct DiscountArgument: ExpressibleByArgument {
  let perYear: Double

  init?(argument: String) {
    var text = argument.replacing(",", with: ".")
    for suffix in ["/yr", "/an", "/year"] where text.hasSuffix(suffix) {
      text = String(text.dropLast(suffix.count))
    }
    let isPercent = text.hasSuffix("%")
    guard let number = Double(isPercent ? String(text.dropLast()) : text), number >= 0 else {
      return nil
    }
    perYear = isPercent ? number / 100 : number
    guard perYear <= 10 else { return nil }
  }
}
