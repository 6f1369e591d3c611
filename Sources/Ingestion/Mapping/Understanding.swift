package import CustomerSchema

/// What was understood of files without reading all of them.
package struct Understanding: Sendable, Hashable {
  package let sources: [SourceReport]
  /// What stands in the way of an import, such as a column that is missing.
  package let problems: [UserMessage]
  /// A mapping document that says the same, as a starting point for another one.
  package let mapping: [MappingLine]
}

/// One line of a mapping document.
package enum MappingLine: Sendable, Hashable {
  /// Written after `# `, in the reader's language.
  case comment(UserMessage)
  /// Written as it is.
  case text(String)
}

/// Writes mapping documents.
struct MappingWriter {
  let sources: [OrderSource]
  let options: ImportOptions
  let mapping: Mapping

  func lines() -> [MappingLine] {
    guard let source = sources.first else { return [] }
    var lines: [MappingLine] = [
      .comment(UserMessage("mapping.doc.title", ["file": .text(source.name)])),
      .comment(UserMessage("mapping.doc.usage")), .text(""),
    ]
    if let dialect = source.dialect {
      lines += [
        comment("encoding"), .text("encoding: \(dialect.encoding.rawValue)"),
        comment("separator"), .text("separator: \(Self.separator(dialect))"),
      ]
    }
    lines += [comment("header"), .text("header: \(header(source))")]
    if let sheet = source.sheet {
      lines += [comment("sheet"), .text("sheet: \(Self.quoted(sheet))")]
    }
    let decimal = source.amountColumns.first.flatMap { source.numbers[$0] }?.decimal
    lines += [
      comment("decimal"), .text("decimal: \(Self.quoted(decimal?.rawValue ?? "."))"),
      comment("dates"),
      .text(setting("dates", (options.dateOrder ?? mapping.dates ?? source.date?.order)?.rawValue)),
      comment("amounts"), .text(setting("amounts", amounts(source))),
      comment("currency"), .text(setting("currency", currency(source))), .text(""),
      comment("columns"), .text("columns:"),
    ]
    for role in Self.orderRoles {
      let value = source.column(role).map { reference($0, source) } ?? "none"
      lines.append(.text("  \(role.rawValue): \(value)"))
    }
    let others = source.profiles.filter { source.roles.role(of: $0.index) == nil }.map(\.name)
    if !others.isEmpty {
      lines.append(.comment(UserMessage("mapping.doc.unused", ["columns": .texts(others)])))
    }
    lines += [.text(""), comment("status"), .text("status:")]
    let statuses = source.column(.status).map { source.profiles[$0].values.sorted() } ?? []
    let cancelled = CancelledStatuses(mapping).among(statuses)
    lines.append(.text("  cancelled: \(list(cancelled))"))
    lines.append(.text("  kept: \(list(mapping.kept ?? []))"))
    return lines
  }

  /// The roles of order files, as a document lists them.
  static let orderRoles: [ColumnRole] = [
    .customer, .order, .date, .time, .amount, .quantity, .unitPrice, .discount, .tax, .shipping,
    .currency, .status, .product, .category, .channel,
  ]

  private func comment(_ key: String) -> MappingLine {
    .comment(UserMessage("mapping.doc.\(key)"))
  }

  /// A setting that nothing decides stays commented out.
  private func setting(_ key: String, _ value: String?) -> String {
    value.map { "\(key): \($0)" } ?? "# \(key):"
  }

  static func separator(_ dialect: Dialect) -> String {
    switch dialect.separator {
    case .blanks: "blanks"
    case .byte(0x09): "tab"
    case .byte: quoted(dialect.separatorText)
    }
  }

  private func header(_ source: OrderSource) -> String {
    source.hasHeader ? String(source.headerLine) : "none"
  }

  private func amounts(_ source: OrderSource) -> String? {
    switch source.roles.amount?.basis.tax {
    case .included: AmountChoice.ttc.rawValue
    case .excluded: AmountChoice.ht.rawValue
    default: nil
    }
  }

  private func currency(_ source: OrderSource) -> String? {
    if let told = options.currency ?? mapping.currency { return told.rawValue }
    let codes = source.currencyCodes
    return codes.count == 1 ? codes.first : nil
  }

  /// The column's name, or its position where the name would not find it.
  private func reference(_ column: Int, _ source: OrderSource) -> String {
    let name = source.table.columns[column]
    let isUnique = source.table.columns.count { $0 == name } == 1
    return source.hasHeader && isUnique ? Self.quoted(name) : String(column + 1)
  }

  private func list(_ texts: [String]) -> String {
    "[" + texts.map(Self.quoted).joined(separator: ", ") + "]"
  }

  /// A YAML text in double quotes.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        result += "\\x" + (hex.count == 1 ? "0" + hex : hex)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension OrderSource {
  /// ISO codes that the sample and the headers of the amounts name.
  var currencyCodes: Set<String> {
    var codes: Set<String> = []
    if let column = column(.currency) {
      return Set(profiles[column].values.map { CellShape.currencyCode($0) ?? $0.uppercased() })
    }
    if let headerCurrency { codes.insert(headerCurrency) }
    if toldCurrency != nil { return codes }
    for column in amountColumns {
      codes.formUnion(profiles[column].numbers.currencies.compactMap(CellShape.currencyCode))
    }
    return codes
  }
}
