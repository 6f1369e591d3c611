package import CustomerSchema

/// What a person said about an import; nil wherever the files decide.
package struct ImportOptions: Sendable, Hashable {
  /// A mapping document (YAML) that overrides what is recognised.
  package var mappingPath: String?
  /// How dates such as 03/04/2024 are written.
  package var dateOrder: DateOrder?
  /// IANA name of the zone whose calendar days count.
  package var timeZone: String
  package var amounts: AmountChoice?
  /// The decimal separator of numbers such as 1.234.
  package var decimalSeparator: DecimalSeparator?
  /// The share of lines, 0 to 1, that may be unusable before the import stops.
  package var maximumUnusableShare: Double
  /// A CSV with `date,currency,rate`: what one unit of `currency` was worth in the target
  /// currency from that date on.
  package var ratesPath: String?
  /// The currency to convert to when there are rates; also the currency of files that name none,
  /// whatever the mapping says.
  package var currency: CurrencyCode?
  /// The same where neither `currency` nor a mapping says anything.
  package var defaultCurrency: CurrencyCode?
  /// The export that files are, such as `shopify-orders`; `none` for no known one; nil where their
  /// headers are to tell.
  package var format: String?
  /// The sheet of workbooks to read.
  package var sheet: String?
  /// Today, to tell of dates in the future; nil to leave them untold.
  package var today: LocalDate?

  package init(
    mappingPath: String? = nil, dateOrder: DateOrder? = nil, timeZone: String = "Europe/Paris",
    amounts: AmountChoice? = nil, decimalSeparator: DecimalSeparator? = nil,
    maximumUnusableShare: Double = 0.20, ratesPath: String? = nil, currency: CurrencyCode? = nil,
    defaultCurrency: CurrencyCode? = nil, sheet: String? = nil, today: LocalDate? = nil,
    format: String? = nil
  ) {
    self.format = format
    self.mappingPath = mappingPath
    self.dateOrder = dateOrder
    self.timeZone = timeZone
    self.amounts = amounts
    self.decimalSeparator = decimalSeparator
    self.maximumUnusableShare = maximumUnusableShare
    self.ratesPath = ratesPath
    self.currency = currency
    self.defaultCurrency = defaultCurrency
    self.sheet = sheet
    self.today = today
  }
}

/// The order of day, month and year in dates made of numbers.
package enum DateOrder: String, Sendable, Hashable, CaseIterable { case dmy, mdy, ymd }

/// Amounts with tax (`ttc`) or without (`ht`).
package enum AmountChoice: String, Sendable, Hashable, CaseIterable { case ht, ttc }

/// What stands between whole part and decimals.
package enum DecimalSeparator: String, Sendable, Hashable, CaseIterable {
  case point = "."
  case comma = ","

  /// The mark that groups thousands when this one separates decimals.
  var other: DecimalSeparator { self == .point ? .comma : .point }
}

/// Bounds that keep an import's memory and time in hand.
enum ImportLimits {
  /// Bytes of one record, line breaks inside quotes included.
  static let recordBytes = 1 << 20
  static let columns = 4096
  /// Bytes and records that recognition looks at, per file.
  static let sampleBytes = 1 << 19
  static let sampleRecords = 2000
  static let sampleCells = 60_000
  static let mappingBytes = 1 << 18
  static let mappingDepth = 8
  /// First and last year of a believable order.
  static let years = 1900...2100
}
