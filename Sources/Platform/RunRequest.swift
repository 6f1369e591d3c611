package import CustomerSchema
package import Features
package import Ingestion
package import Insights

/// What a person asks of `quartier run`.
package struct RunRequest: Sendable {
  /// Order files as typed.
  package var orders: [String] = []
  /// A file of customers, for names in the lists.
  package var customers: String?
  /// Files of interactions (visits, clicks, openings), for engagement scores.
  package var events: [String] = []
  package var mapping: String?
  /// When the file's dates can be read in two ways.
  package var dateOrder: DateOrder?
  /// When the file does not say or has both.
  package var amounts: AmountChoice?
  /// ISO code for amounts whose source names none, and what rates convert to.
  package var currency: CurrencyCode?
  /// The same where neither `currency` nor the mapping names one.
  package var defaultCurrency: CurrencyCode?
  package var rates: String?
  package var sheet: String?
  /// The export that the order files are; `none` for no known one; nil for what their headers tell.
  package var format: String?
  /// Which share of unusable lines stops the run.
  package var maximumUnusableShare = 0.2
  package var zeroOrdersArePurchases = false
  package var timeZone = "Europe/Paris"

  package var asOf: AsOf = .lastOrder
  /// Nil for the period that suits the history.
  package var period: CalendarPeriod?
  package var partition: PartitionKind = .five
  package var scoring = RFMScoring()
  package var lifecycle = LifecycleRules()
  package var objective: RunResult.Objective?
  package var models: ModelsChoice = .automatic

  package var output: String?
  package var report: String?
  package var language: String = "en"
  package var listStyle: ListStyle = .international
  package var workbooks: WorkbookChoice = .automatic

  package var memoryLimit: Int?
  package var threads: Int?

  package init() {}

  /// The day as of which everything is told.
  package enum AsOf: Sendable, Hashable {
    case lastOrder, now
    case date(LocalDate)
  }

  /// Whether customers are valued and groups are looked for.
  package enum ModelsChoice: String, Sendable, Hashable, CaseIterable {
    /// With the usual settings, where they apply.
    case automatic = "auto"
    case none
  }

  /// How CSV files for people are written.
  package enum ListStyle: String, Sendable, Hashable, CaseIterable {
    /// As French Excel opens them: semicolon, byte order mark, decimal comma.
    case french = "fr"
    /// Comma, decimal point.
    case international = "intl"
  }

  /// Whether a workbook with a sheet per segment is written.
  package enum WorkbookChoice: String, Sendable, Hashable, CaseIterable {
    /// Up to 250,000 customers.
    case automatic = "auto"
    case always, never
  }
}
