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
  /// The known export that the file is.
  var format: ExportFormat?
  /// What a person said, completed by what the format knows.
  var mapping = Mapping()
  /// Columns with data that a customer file has no business with.
  var sensitive: [SensitiveColumn] = []
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
    case .normalised, .table, .prepared: true
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

/// What the lines of an order file keep for a workspace, besides what a run needs.
struct KeptColumns: Sendable, Hashable {
  struct Column: Sendable, Hashable {
    let name: String
    /// From 0.
    let position: Int
  }

  var texts: [Column] = []
  var numbers: [Column] = []

  /// Roles of what an order says of itself, found among the columns that nothing else uses.
  init(_ source: OrderSource, mapping: Mapping) throws(IngestionError) {
    var taken = Set(source.roles.columns.values)
    for role in KindDescription.orderExtras {
      var found: Int?
      if let told = mapping.columns[role.role] {
        found = try OrderRecognition.resolve(
          told, role.role, source.profiles.map(\.name), source.name)
      } else {
        found =
          source.profiles
          .filter { !taken.contains($0.index) && KindRecognition.fits($0, role) }
          .map { ($0, Vocabulary.score($0.header, role.words, denied: role.denied)) }
          .filter { $0.1 >= 60 }
          .max { ($0.1, -$0.0.index) < ($1.1, -$1.0.index) }?.0.index
      }
      guard let found else { continue }
      taken.insert(found)
      texts.append(Column(name: role.column, position: found))
    }
    if let status = source.column(.status) {
      texts.append(Column(name: "status_text", position: status))
    }
    for (role, name) in [(ColumnRole.quantity, "quantity"), (.discount, "discount")] {
      if let column = source.column(role), source.numbers[column] != nil {
        numbers.append(Column(name: name, position: column))
      }
    }
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
  /// One file for a workspace: each line keeps its number, its instant and what else it says.
  var kept: KeptColumns?

  /// - Parameter converts: whether there are rates to convert by.
  init(_ sources: [OrderSource], kept: KeptColumns? = nil, converts: Bool = false) {
    self.kept = kept
    func any(_ role: ColumnRole) -> Bool { sources.contains { $0.column(role) != nil } }
    order = any(.order)
    status = any(.status)
    // Where amounts carry signs, files differ or may be converted, each line keeps its own
    // currency.
    currency =
      converts || any(.currency) || sources.contains(where: \.hasWrittenCurrency)
      || Set(sources.map(\.headerCurrency)).count > 1
      || kept != nil && sources.contains { $0.headerCurrency != nil }
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
