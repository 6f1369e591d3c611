internal import ArgumentParser
internal import CustomerSchema
internal import Features
internal import Ingestion
internal import Insights
internal import Platform

enum ZeroOrdersChoice: String, ExpressibleByArgument, CaseIterable { case aside, purchase }

extension DateOrder: ExpressibleByArgument {}
extension AmountChoice: ExpressibleByArgument {}
extension PartitionKind: ExpressibleByArgument {}
extension MonetaryMeasure: ExpressibleByArgument {}
extension RunRequest.ListStyle: ExpressibleByArgument {}
extension RunRequest.WorkbookChoice: ExpressibleByArgument {}
extension RunRequest.ModelsChoice: ExpressibleByArgument {}

extension CalendarPeriod: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}

/// `last-order`, `now` or a day.
struct AsOfArgument: ExpressibleByArgument {
  let value: RunRequest.AsOf

  init(value: RunRequest.AsOf) { self.value = value }

  init?(argument: String) {
    switch argument {
    case "last-order": value = .lastOrder
    case "now": value = .now
    default:
      guard let date = LocalDate(iso: argument) ?? Self.frenchDate(argument) else { return nil }
      value = .date(date)
    }
  }

  /// `31/12/2024`.
  private static func frenchDate(_ text: String) -> LocalDate? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 3, let day = parts[0], let month = parts[1], let year = parts[2],
      year >= 1000
    else { return nil }
    return LocalDate(year: year, month: month, day: day)
  }

  var defaultValueDescription: String { "last-order" }
}

/// An objective in French or in English.
struct ObjectiveArgument: ExpressibleByArgument {
  let value: RunResult.Objective

  init?(argument: String) {
    switch argument.lowercased() {
    case "fideliser", "fidéliser", "retain": value = .retain
    case "reactiver", "réactiver", "reactivate": value = .reactivate
    case "transformer", "convert": value = .convert
    case "developper", "développer", "develop": value = .develop
    default: return nil
    }
  }
}

/// `20%` or `0.2`.
struct ShareArgument: ExpressibleByArgument {
  let value: Double

  init?(argument: String) {
    let isPercent = argument.hasSuffix("%")
    let digits = (isPercent ? String(argument.dropLast()) : argument).replacing(",", with: ".")
    guard let number = Double(digits) else { return nil }
    value = isPercent ? number / 100 : number
    guard (0...1).contains(value) else { return nil }
  }
}

/// Numbers separated by commas.
struct NumbersArgument: ExpressibleByArgument {
  let values: [Double]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Double($0) }.filter(\.isFinite)
    guard numbers.count == parts.count, !numbers.isEmpty else { return nil }
    values = numbers
  }
}

/// `500MB`, `2GB` (powers of ten, as disks are sold) or a number of bytes.
struct BytesArgument: ExpressibleByArgument {
  let value: Int

  init?(argument: String) {
    let units = [("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1.0), ("", 1.0)]
    let text = argument.uppercased()
    guard let (suffix, factor) = units.first(where: { text.hasSuffix($0.0) }),
      let number = Double(text.dropLast(suffix.count)), number > 0,
      // DuckDB needs some tens of megabytes to do anything.
      number * factor >= 64e6, number * factor < 1e16
    else { return nil }
    value = Int(number * factor)
  }
}

/// An ISO 4217 code.
struct CurrencyArgument: ExpressibleByArgument {
  let value: CurrencyCode

  init?(argument: String) {
    guard let code = CurrencyCode(rawValue: argument.uppercased()) else { return nil }
    value = code
  }
}
