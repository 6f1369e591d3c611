internal import CustomerSchema
internal import SQLBuilder

/// One order file with everything that was understood of it.
struct OrderSource: Sendable {
  var table: SourceTable
  /// Of text files.
  let dialect: Dialect?
  let sheet: String?
  let hasHeader: Bool
  /// The line or row of the header, from 1.
  let headerLine: Int
  let profiles: [ColumnProfile]
  let roles: RoleAssignment
  /// Columns of one name that could play one role, by role.
  var doubtful: [ColumnRole: [Int]] = [:]
  /// The currency that the mapping names.
  var toldCurrency: CurrencyCode?
  var date: DateForm?
  /// What a copy of the file showed; nil without a copy.
  var encodings: EncodingFindings?
  /// By column, for every column that is read as a number.
  var numbers: [Int: NumberForm]

  var file: SourceFile { table.file }
  var name: String { table.file.name }

  func column(_ role: ColumnRole) -> Int? { roles.columns[role] }

  /// The currency that the mapping or the headers of the amounts name.
  var headerCurrency: String? {
    toldCurrency?.rawValue ?? amountColumns.lazy.compactMap { profiles[$0].header.currency }.first
  }

  /// Whether amounts are texts that may carry signs or codes of currencies.
  var hasWrittenCurrency: Bool {
    toldCurrency == nil
      && [priced].compactMap { $0 }.contains {
        profiles[$0].type == .text && (numbers[$0]?.isPlain != true || isTextTable)
      }
  }

  /// Whether the engine cannot type the cells while it reads them.
  private var isTextTable: Bool {
    switch table.reading {
    case .csv(let dialect): !dialect.isRegular || dialect.separator == .blanks
    case .parquet: false
    case .normalised, .table: true
    }
  }

  /// The column whose cells may carry a currency.
  var priced: Int? {
    switch roles.amount?.source {
    case .column(let column): column
    case .product(_, let price): price
    case nil: nil
    }
  }

  /// The columns that change an amount where they are filled.
  var optionalAmountColumns: [Int] {
    guard let plan = roles.amount else { return [] }
    return [plan.quantity, plan.discount, plan.tax?.column].compactMap { $0 }
  }

  /// The columns that amounts are made of.
  var amountColumns: [Int] {
    guard let plan = roles.amount else { return [] }
    let columns: [Int] =
      switch plan.source {
      case .column(let column): [column]
      case .product(let quantity, let price): [quantity, price]
      }
    return columns + optionalAmountColumns
  }
}

/// Which optional columns the staged lines have while files are brought together.
struct StagedShape: Sendable, Hashable {
  var order = false
  var status = false
  var currency = false
  var product = false
  var category = false
  var channel = false
  /// Several files: each line keeps its file and what identifies it across files.
  var identity: LineIdentity?

  /// - Parameter converts: whether there are rates to convert by.
  init(_ sources: [OrderSource], converts: Bool = false) {
    func any(_ role: ColumnRole) -> Bool { sources.contains { $0.column(role) != nil } }
    order = any(.order)
    status = any(.status)
    // Where amounts carry signs, files differ or may be converted, each line keeps its own
    // currency.
    currency =
      converts || any(.currency) || sources.contains(where: \.hasWrittenCurrency)
      || Set(sources.map(\.headerCurrency)).count > 1
    product = any(.product)
    category = any(.category)
    channel = any(.channel)
    identity = LineIdentity(sources)
  }

  /// The optional text columns with their roles.
  var texts: [(ColumnRole, String)] {
    let all: [(ColumnRole, String, Bool)] = [
      (.status, "status", status), (.currency, "currency", currency),
      (.product, "product", product),
      (.category, "category", category), (.channel, "channel", channel),
    ]
    return all.filter { $0.2 }.map { ($0.0, $0.1) }
  }
}
