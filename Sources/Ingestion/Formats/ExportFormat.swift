internal import CustomerSchema

/// The export of a program that Quartier knows: its columns need no mapping.
package struct ExportFormat: Sendable {
  /// What its rows need besides a mapping.
  enum Shape: Sendable {
    case asIs
    /// Cells written anew, and columns added.
    case cells(CellRewrites)
    /// Order columns stand on an order's first line only; totals and refunds are the order's.
    case shopifyOrders
    /// Product columns stand on a product's first line; lines without a price are pictures.
    case shopifyProducts
    /// Columns that are empty below the line that fills them.
    case filledDown(key: [String], columns: [String])
    /// Accounting entries, of which sales become invoices.
    case ledger
  }

  /// Such as `shopify-orders`: the word after `--format`.
  package let id: String
  package let kind: ImportKind
  /// Sets of headers, folded, of which one is there as a whole.
  let signatures: [[String]]
  /// Headers by role; of several the first that the file has. None keeps a role unused.
  let columns: [ColumnRole: [String]]
  /// Headers by attribute, of files that describe customers.
  let attributes: [String: [String]]
  let ignored: [String]
  let dates: DateOrder?
  let amounts: AmountChoice?
  let cancelled: [String]?
  let kept: [String]?
  let shape: Shape
  /// A message code of what one should know of this export; nil for nothing.
  let caution: String?

  init(
    _ id: String, _ kind: ImportKind, _ signatures: [[String]],
    _ columns: [ColumnRole: [String]] = [:], attributes: [String: [String]] = [:],
    ignored: [String] = [], dates: DateOrder? = nil, amounts: AmountChoice? = nil,
    cancelled: [String]? = nil, kept: [String]? = nil, shape: Shape = .asIs,
    caution: String? = nil
  ) {
    self.id = id
    self.kind = kind
    self.signatures = signatures
    self.columns = columns
    self.attributes = attributes
    self.ignored = ignored
    self.dates = dates
    self.amounts = amounts
    self.cancelled = cancelled
    self.kept = kept
    self.shape = shape
    self.caution = caution
  }

  /// The key of its name in the catalogues.
  package var term: String { "format.\(id)" }

  package static let all: [ExportFormat] = shops + relations + accounting

  package static func named(_ id: String) -> ExportFormat? { all.first { $0.id == id } }

  /// The headers that tell it, folded; for people who wonder why a file is not recognised.
  package var headers: [[String]] { signatures }

  // MARK: Recognition

  /// The format whose headers a file has; of several the one that names most of them.
  static func recognise(_ columns: [String]) -> ExportFormat? {
    let present = Set(columns.map(Vocabulary.fold))
    var best: (format: ExportFormat, size: Int)?
    for format in all {
      for signature in format.signatures where signature.allSatisfy(present.contains) {
        if signature.count > best?.size ?? 0 { best = (format, signature.count) }
      }
    }
    return best?.format
  }

  /// Headers that the file lacks, by the signature that it comes nearest to.
  func missing(_ columns: [String]) -> [String] {
    let present = Set(columns.map(Vocabulary.fold))
    return signatures.map { $0.filter { !present.contains($0) } }.min { $0.count < $1.count } ?? []
  }

  /// What a person said, completed by what the format knows.
  ///
  /// - Parameter names: the columns, once they are shaped.
  func completing(_ told: Mapping, _ names: [String]) -> Mapping {
    var mapping = told
    func find(_ headers: [String]) -> String? {
      for header in headers {
        let wanted = Vocabulary.fold(header)
        if let name = names.first(where: { Vocabulary.fold($0) == wanted }) { return name }
      }
      return nil
    }
    for (role, headers) in columns where mapping.columns[role] == nil {
      if headers.isEmpty {
        mapping.columns[role] = []
      } else if let name = find(headers) {
        mapping.columns[role] = [.name(name)]
      }
    }
    for (id, headers) in attributes where mapping.attributes[id] == nil {
      if let name = find(headers), !told.attributes.values.contains(.name(name)) {
        mapping.attributes[id] = .name(name)
      }
    }
    for header in ignored { if let name = find([header]) { mapping.ignored.append(.name(name)) } }
    mapping.dates = mapping.dates ?? dates
    mapping.amounts = mapping.amounts ?? amounts
    mapping.cancelled = mapping.cancelled ?? cancelled
    mapping.kept = mapping.kept ?? kept
    return mapping
  }

  /// What a person should know: which export it was taken for.
  func notices(_ file: String) -> [UserMessage] {
    var notices = [
      UserMessage(
        "import.notice.format",
        ["file": .text(file), "format": .term(term), "id": .text(id)],
        at: SourceLocation(file: file))
    ]
    if let caution {
      notices.append(
        UserMessage(caution, ["file": .text(file)], at: SourceLocation(file: file)))
    }
    return notices
  }
}

extension ExportFormat {
  /// The format of a file: the one told, or the one that its headers tell.
  ///
  /// - Parameter kind: what the lines are, where a person said it; a format of another kind is not
  ///   taken for granted then.
  /// - Throws: `formatUnknown`; `formatUnfit` when the file lacks headers of the format told.
  static func of(
    _ loaded: LoadedSource, _ options: ImportOptions, _ kind: ImportKind?
  ) throws(IngestionError) -> ExportFormat? {
    let file = loaded.table.file.name
    if let told = options.format {
      if told == "none" { return nil }
      guard let format = named(told) else {
        throw .formatUnknown(told, known: all.map(\.id))
      }
      let missing = format.missing(loaded.table.columns)
      guard missing.isEmpty else { throw .formatUnfit(file: file, format: told, missing: missing) }
      return format
    }
    guard loaded.hasHeader, let format = recognise(loaded.table.columns) else { return nil }
    if let kind, kind != format.kind, !(kind.isOrders && format.kind.isOrders) { return nil }
    return format
  }
}
