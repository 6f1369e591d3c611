package import SQLBuilder

/// An exact amount in one currency, to the ten-thousandth.
///
/// `amount` has scale 4, like the store's DECIMAL(18,4) and its sums' DECIMAL(38,4). Amounts in
/// two currencies never meet: adding them is a programmer's error, refused by a precondition.
package struct Money: Sendable, Hashable {
  /// Always of scale 4.
  package let amount: SQLDecimal
  package let currency: CurrencyCode

  /// Rounds `amount` half away from zero to four decimals.
  package init(_ amount: SQLDecimal, _ currency: CurrencyCode) {
    self.amount = amount.rescaled(to: 4)
    self.currency = currency
  }

  /// Nothing, in a currency.
  package static func zero(_ currency: CurrencyCode) -> Money {
    Money(SQLDecimal(units: 0, scale: 4), currency)
  }

  package static func + (left: Money, right: Money) -> Money {
    precondition(left.currency == right.currency, "amounts of two currencies do not add up")
    return Money(
      SQLDecimal(units: left.amount.units + right.amount.units, scale: 4), left.currency)
  }

  /// This amount over `count`, rounded half away from zero; nil when `count` is 0.
  package func divided(by count: Int) -> Money? {
    guard count != 0 else { return nil }
    let wide = SQLDecimal(units: amount.units * 10_000 / Int128(count), scale: 8)
    return Money(wide, currency)
  }

  /// The nearest double, for ratios and charts.
  package var double: Double { amount.double }
}

extension Money: Codable {
  private enum CodingKeys: String, CodingKey { case amount, currency }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let text = try container.decode(String.self, forKey: .amount)
    guard let amount = SQLDecimal(text) else {
      throw DecodingError.dataCorruptedError(
        forKey: .amount, in: container, debugDescription: "not a decimal number")
    }
    self.init(amount, try container.decode(CurrencyCode.self, forKey: .currency))
  }

  /// `{"amount": "1234.5600", "currency": "EUR"}`: text, because JSON readers round numbers.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(amount.description, forKey: .amount)
    try container.encode(currency, forKey: .currency)
  }
}

/// An ISO 4217 code, such as `EUR`; `XXX` where the source names no currency.
package struct CurrencyCode: Sendable, Hashable, Codable, RawRepresentable {
  package let rawValue: String

  /// Three capital letters; nil otherwise.
  package init?(rawValue: String) {
    guard rawValue.utf8.count == 3,
      rawValue.utf8.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
    else { return nil }
    self.rawValue = rawValue
  }

  private init(known: String) { rawValue = known }

  package static let euro = CurrencyCode(known: "EUR")
  /// ISO 4217's code for «no currency».
  package static let none = CurrencyCode(known: "XXX")
}
