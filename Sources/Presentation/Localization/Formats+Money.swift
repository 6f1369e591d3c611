package import CustomerSchema
internal import SQLBuilder

extension Formats {
  /// An amount with its currency; the number alone where the source names no currency (`XXX`).
  package func money(_ money: Money, _ style: MoneyStyle = .exact) -> String {
    let decimals = Self.minorDigits(money.currency)
    switch style {
    case .exact: return amount(money, decimals)
    case .rounded:
      let units = money.amount.units.magnitude
      return amount(money, units == 0 || units >= 100 * 10_000 ? 0 : decimals)
    case .plain:
      let isShort = money.amount.rescaled(to: UInt8(decimals)) == money.amount
      let isWhole = money.amount.units % 10_000 == 0
      return amount(money, isWhole ? 0 : isShort ? decimals : 4)
    case .short: return short(money)
    }
  }

  private func amount(_ money: Money, _ decimals: Int) -> String {
    let units = money.amount.rescaled(to: UInt8(decimals)).units
    return dressed(decimal(units, decimals), money.currency)
  }

  /// Three figures at most: 950 €, 8,9 k€, 64 k€, 2,5 M€, 1,2 Md€.
  private func short(_ money: Money) -> String {
    let units = money.amount.units
    // Each step begins where rounding to the one below would give 1,000.
    let steps: [(exponent: Int, from: Int128, french: String, english: String)] = [
      (9, 999_500_000_0000, "Md", "bn"), (6, 999_500_0000, "M", "M"), (3, 999_5000, "k", "k"),
    ]
    let magnitude = Int128(units.magnitude)
    guard let step = steps.first(where: { magnitude >= $0.from }) else {
      return amount(money, 0)
    }
    // Scale 4 plus the step's exponent is the amount in thousands, millions or billions.
    let scaled = SQLDecimal(units: units, scale: UInt8(4 + step.exponent))
    let tenths = scaled.rescaled(to: 1).units
    let decimals = tenths.magnitude < 100 || (step.exponent > 3 && tenths.magnitude < 1000) ? 1 : 0
    var number = decimal(scaled.rescaled(to: UInt8(decimals)).units, decimals)
    if number.hasSuffix(language == .french ? ",0" : ".0") { number.removeLast(2) }
    let symbol = Self.symbol(money.currency)
    if language == .french {
      let unit = symbol ?? ""
      let currency = unit.count > 1 ? Typography.noBreakSpace + unit : unit
      return number + Typography.noBreakSpace + step.french + currency
    }
    return dressed(number + step.english, money.currency)
  }

  /// A number's text with its currency where the language puts it.
  private func dressed(_ number: String, _ currency: CurrencyCode) -> String {
    guard let symbol = Self.symbol(currency) else { return number }
    if language == .french { return number + Typography.noBreakSpace + symbol }
    let isNegative = number.hasPrefix(Self.minus)
    let digits = isNegative ? String(number.dropFirst()) : number
    // A sign touches its number in English, a code does not.
    let space = symbol.count > 1 ? Typography.noBreakSpace : ""
    return (isNegative ? Self.minus : "") + symbol + space + digits
  }

  /// The sign in common use, else the ISO code; nil for no currency.
  package static func symbol(_ currency: CurrencyCode) -> String? {
    switch currency.rawValue {
    case "XXX": nil
    case "EUR": "€"
    case "GBP": "£"
    case "USD": "$"
    case "JPY": "¥"
    default: currency.rawValue
    }
  }

  /// Decimals of a currency by ISO 4217: 2, but for these.
  static func minorDigits(_ currency: CurrencyCode) -> Int {
    switch currency.rawValue {
    case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
      "XAF", "XOF", "XPF":
      0
    case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
    default: 2
    }
  }
}
