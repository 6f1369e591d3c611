package import CustomerSchema

/// What an import understood and what became of every line.
package struct ImportReport: Sendable, Hashable, Codable {
  package let sources: [SourceReport]
  /// Data lines read, over all sources.
  package let lines: Int
  /// Lines that are in `staged_lines`.
  package let usableLines: Int
  /// Usable lines without a customer.
  package let guestLines: Int
  /// Lines set aside in the quarantine.
  package let quarantinedLines: Int
  /// Quarantined lines by reason, most frequent first.
  package let quarantineReasons: [QuarantineCount]
  /// Lines that are identical to another line of the same file: kept, and told.
  package let identicalLinesWithinFile: Int
  /// Lines left out because another file has them too.
  package let duplicateLinesAcrossFiles: Int
  /// Orders of which an older file had another version.
  package let changedOrders: Int
  /// Orders whose lines are spread over several files.
  package let ordersCutBetweenFiles: Int
  package let currency: CurrencyCode
  package let amountBasis: AmountBasis
  package let columns: StagedColumns
  /// What the person should know and could change, such as an assumption.
  package let notices: [UserMessage]

  package init(
    sources: [SourceReport], lines: Int, usableLines: Int, guestLines: Int, quarantinedLines: Int,
    quarantineReasons: [QuarantineCount], identicalLinesWithinFile: Int,
    duplicateLinesAcrossFiles: Int, changedOrders: Int, ordersCutBetweenFiles: Int,
    currency: CurrencyCode, amountBasis: AmountBasis, columns: StagedColumns,
    notices: [UserMessage]
  ) {
    self.sources = sources
    self.lines = lines
    self.usableLines = usableLines
    self.guestLines = guestLines
    self.quarantinedLines = quarantinedLines
    self.quarantineReasons = quarantineReasons
    self.identicalLinesWithinFile = identicalLinesWithinFile
    self.duplicateLinesAcrossFiles = duplicateLinesAcrossFiles
    self.changedOrders = changedOrders
    self.ordersCutBetweenFiles = ordersCutBetweenFiles
    self.currency = currency
    self.amountBasis = amountBasis
    self.columns = columns
    self.notices = notices
  }
}

/// How many lines one reason put in the quarantine.
package struct QuarantineCount: Sendable, Hashable, Codable {
  /// A message code, such as `quarantine.date.unreadable`.
  package let reason: String
  package let lines: Int

  package init(reason: String, lines: Int) {
    self.reason = reason
    self.lines = lines
  }
}

/// One file as it was understood.
package struct SourceReport: Sendable, Hashable, Codable {
  /// As the person wrote it.
  package let file: String
  package let bytes: Int
  package let format: SourceFormat
  /// Such as `gzip`; nil when the file is not compressed.
  package let compression: String?
  /// Such as `UTF-8` or `windows-1252`; nil for binary formats.
  package let encoding: String?
  /// Such as `;`, a tab, or ` ` for runs of blanks; nil for formats without one.
  package let separator: String?
  /// Nil for formats without lines.
  package let decimalSeparator: String?
  package let hasHeader: Bool
  /// Sheet of a workbook.
  package let sheet: String?
  package let lines: Int
  package let columns: [ColumnReport]

  package init(
    file: String, bytes: Int, format: SourceFormat, compression: String?, encoding: String?,
    separator: String?, decimalSeparator: String?, hasHeader: Bool, sheet: String?, lines: Int,
    columns: [ColumnReport]
  ) {
    self.file = file
    self.bytes = bytes
    self.format = format
    self.compression = compression
    self.encoding = encoding
    self.separator = separator
    self.decimalSeparator = decimalSeparator
    self.hasHeader = hasHeader
    self.sheet = sheet
    self.lines = lines
    self.columns = columns
  }
}

/// The kinds of file that can be read.
package enum SourceFormat: String, Sendable, Hashable, Codable, CaseIterable {
  case csv, json, parquet, xlsx
  /// Databases.
  case sqlite, postgresql, mysql
}

/// One column as it was understood.
package struct ColumnReport: Sendable, Hashable, Codable {
  /// The header's text, or `column1`… without a header.
  package let name: String
  /// What it is used as; nil when it is not used.
  package let role: ColumnRole?
  /// How its values are written, such as `dd/MM/yyyy` or `1 234,56`; nil when as they are.
  package let form: String?
  /// Why: a message code such as `mapping.evidence.synonym`.
  package let evidence: String?

  package init(name: String, role: ColumnRole?, form: String?, evidence: String?) {
    self.name = name
    self.role = role
    self.form = form
    self.evidence = evidence
  }
}

/// What a column of a file can be.
package enum ColumnRole: String, Sendable, Hashable, Codable, CaseIterable {
  case customer, order, date, time, amount, quantity
  case unitPrice = "unit_price"
  case discount
  case tax
  case shipping
  case currency, status, product, category, channel
  // The following only come from a customer file.
  case name
  case firstName = "first_name"
  case lastName = "last_name"
  case email, phone
  case postalCode = "postal_code"
  case city, country
  case signedUp = "signed_up"
  // The following only come from files that are imported into a workspace.
  /// The message, ticket or line id that tells a row from all others.
  case key
  case store
  case paymentMethod = "payment_method"
  case promotion, device, brand
  case productName = "product_name"
  case cost, event, page, os, browser, campaign, duration
  case action, rating, comment, referred, survey, question, answer, score, subject, priority
  case closedAt = "closed_at"
  case satisfaction, plan
  case monthlyAmount = "monthly_amount"
  case endedAt = "ended_at"
  case stage, owner, won
  case opportunity
  case costKind = "cost_kind"
  case purpose, granted
  case legalBasis = "legal_basis"
  case proof
  case expiresAt = "expires_at"
  case lifeEvent = "life_event"
  case detail
}

/// What amounts contain, and how that is known.
package struct AmountBasis: Sendable, Hashable, Codable {
  package enum Tax: String, Sendable, Hashable, Codable { case included, excluded, unknown }
  package enum Part: String, Sendable, Hashable, Codable { case included, excluded, unknown }
  package enum Source: String, Sendable, Hashable, Codable {
    /// The person said it.
    case option
    /// The file says it, by a column's name.
    case file
    /// Neither: assumed.
    case assumption
  }

  package let tax: Tax
  package let taxSource: Source
  package let shipping: Part
  /// `included`: amounts are before the discount; `excluded`: the discount is already taken off.
  package let discount: Part

  package init(tax: Tax, taxSource: Source, shipping: Part, discount: Part) {
    self.tax = tax
    self.taxSource = taxSource
    self.shipping = shipping
    self.discount = discount
  }
}

/// Which optional columns `staged_lines` has for this import; the others are absent.
package struct StagedColumns: Sendable, Hashable, Codable {
  package let order: Bool
  package let product: Bool
  package let category: Bool
  package let channel: Bool
  /// `cancelled BOOLEAN`: the source marks orders as returned or cancelled.
  package let cancelled: Bool
  /// Every line is an order of its own: no order id, or no order id twice.
  package let lineIsOrder: Bool

  package init(
    order: Bool, product: Bool, category: Bool, channel: Bool, cancelled: Bool, lineIsOrder: Bool
  ) {
    self.order = order
    self.product = product
    self.category = category
    self.channel = channel
    self.cancelled = cancelled
    self.lineIsOrder = lineIsOrder
  }
}
