internal import CustomerSchema

/// What a mapping document says; nil or empty wherever the files decide.
struct Mapping: Sendable, Hashable {
  /// Which column plays a role.
  enum ColumnChoice: Sendable, Hashable {
    case name(String)
    /// From 1.
    case position(Int)
  }

  var encoding: TextEncoding?
  var separator: Dialect.Separator?
  /// Line (or sheet row) of the header, from 1; 0 for none.
  var headerRow: Int?
  var sheet: String?
  var decimal: DecimalSeparator?
  var dates: DateOrder?
  var amounts: AmountChoice?
  var currency: CurrencyCode?
  /// Words of the status column that mark a returned or cancelled order, as written.
  var cancelled: [String]?
  /// Words that mark an order that counts although it would be taken as cancelled.
  var kept: [String]?
  /// The first choice that a file has is taken; an empty list keeps the role unused.
  var columns: [ColumnRole: [ColumnChoice]] = [:]
  /// Columns of customer files by the attribute that they fill.
  var attributes: [String: ColumnChoice] = [:]
  /// Columns of customer files that are no attributes.
  var ignored: [ColumnChoice] = []

  /// When and how customers agreed explicitly to the use of a sensitive column, by its name.
  var consents: [String: String] = [:]

  var toldDialect: ToldDialect {
    ToldDialect(encoding: encoding, separator: separator, headerRow: headerRow)
  }
}
