internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Stages a file of a kind of the table: usable rows into `import_rows`, the others with line,
/// column, value and reason into `quarantine`.
///
/// `import_rows`: `line`, `customer` VARCHAR, `happened_at` TIMESTAMPTZ, `key_text` VARCHAR, a typed
/// column per role, and what has no column as JSON where the kind keeps it.
struct RowStaging {
  let loaded: LoadedSource
  let profiles: [ColumnProfile]
  let roles: RoleAssignment
  let description: KindDescription
  let forms: FileForms
  let cells: CellSQL
  let session: any QuerySession
  /// Microseconds since the epoch: when rows without a date happened.
  let exportedAt: Int64
  let rates: Rates
  let forgotten: ErasedPeople?

  /// How amounts come to the workspace's currency.
  struct Rates: Sendable {
    let workspace: CurrencyCode
    let path: String?
    /// The currency that the mapping names.
    let told: CurrencyCode?
  }

  /// Roles that have a column, in the order of the table.
  var assigned: [(role: KindRole, column: Int)] {
    description.roles.compactMap { role in roles.columns[role.role].map { (role, $0) } }
  }

  private var table: SourceTable { loaded.table }

  func run() async throws(IngestionError) {
    let currency = try await settleCurrency()
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_all AS
      SELECT *, \(verdict) AS verdict FROM (
        SELECT line, defect, \(values(currency).joined()) FROM (
          SELECT *, \(computed.joined()) FROM (
            SELECT \(table.line) AS line, \(table.defect) AS defect, \(texts.joined())
            FROM \(table.relation()))))
      """)
    try await forgotten?.leaveOut(
      of: "import_all", id: "customer", email: nil,
      type: roles.customerIsEmail ? "email" : "customer")
    if description.kind == .referrals {
      try await forgotten?.empty("referred", of: "import_all")
    }
    try await session.perform(
      """
      INSERT INTO quarantine
      SELECT \(literal: table.file.name), line, verdict.column_name, verdict.value, verdict.reason
      FROM import_all WHERE verdict IS NOT NULL ORDER BY line
      """)
    if currency.isForeign { try await convert() }
    let dropped = (suspects.map { SQL.column("s\($0)") } + ["verdict", "defect"]).joined()
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_rows AS
      SELECT * EXCLUDE (\(dropped)) FROM import_all WHERE verdict IS NULL
      """)
  }

  // MARK: Layers

  private var used: [Int] {
    var columns = Set(roles.columns.values)
    if description.rest != nil {
      columns.formUnion(table.columns.indices.filter { !table.withheld.contains($0) })
    }
    return columns.sorted()
  }

  private func cell(_ column: Int) -> SQL { SQL.column("t\(column)") }

  private var texts: [SQL] {
    used.map { column in
      let cell = table.cell(column)
      let value: SQL =
        switch table.types[column] {
        case .text: cells.text(cell, .text, isClean: table.isClean)
        case .other: "to_json(\(cell))::VARCHAR"
        default: cell
        }
      return "\(value) AS \(identifier: "t\(column)")"
    }
  }

  private func text(_ column: Int) -> SQL {
    switch table.types[column] {
    case .text, .other:
      profiles[column].hasFloatingIds
        ? "regexp_replace(\(cell(column)), '\\.0$', '')" : cell(column)
    default: cells.text(cell(column), table.types[column])
    }
  }

  private var momentColumns: [Int] {
    assigned.filter { $0.role.type == .instant }.map(\.column)
      + [roles.columns[.date]].compactMap { $0 }
  }

  private var computed: [SQL] {
    var columns: [SQL] = []
    let moments = MomentSQL(cells: cells)
    for column in momentColumns {
      guard let form = forms.dates[column] else { continue }
      let parts = moments.parts(cell(column), table.types[column], form)
      columns.append("\(parts.zoned) AS \(identifier: "z\(column)")")
      columns.append("\(parts.local) AS \(identifier: "l\(column)")")
    }
    for (role, column) in assigned {
      switch role.type {
      case .money, .decimal:
        let number = cells.number(
          cell(column), table.types[column], forms.numbers[column] ?? .native)
        columns.append("\(number) AS \(identifier: "n\(column)")")
      case .boolean:
        columns.append(
          "\(BooleanWords.sql(text(column), table.types[column])) AS \(identifier: "b\(column)")")
      default: break
      }
    }
    columns.append("0 AS nothing")
    return columns
  }

  private func values(_ currency: CurrencyUse) -> [SQL] {
    let moments = MomentSQL(cells: cells)
    func instant(_ column: Int) -> SQL {
      moments.instant(zoned: SQL.column("z\(column)"), local: SQL.column("l\(column)"))
    }
    var columns: [SQL] = []
    let customer = roles.columns[.customer].map(text) ?? "NULL::VARCHAR"
    columns.append(
      roles.customerIsEmail ? "lower(\(customer)) AS customer" : "\(customer) AS customer")
    let date = roles.columns[.date].map(instant)
    columns.append("\(date ?? "make_timestamptz(\(.int(exportedAt)))") AS happened_at")
    columns.append("\(roles.columns[.key].map(text) ?? "NULL::VARCHAR") AS key_text")
    for (role, column) in assigned {
      let value: SQL =
        switch role.type {
        case .money, .decimal: SQL.column("n\(column)")
        case .boolean: SQL.column("b\(column)")
        case .instant: instant(column)
        default: canonical(text(column), role)
        }
      columns.append("\(value) AS \(identifier: role.column)")
    }
    if let rest = description.rest {
      let used = Set(roles.columns.values)
      let others = table.columns.indices.filter {
        !used.contains($0) && !table.withheld.contains($0)
      }
      let pairs = others.map { "\(literal: table.columns[$0]), \(text($0))" as SQL }
      let filled = others.map { "\(cell($0)) IS NOT NULL" as SQL }.joined(separator: " OR ")
      columns.append(
        others.isEmpty
          ? "NULL::VARCHAR AS \(identifier: rest)"
          : """
          CASE WHEN \(filled) THEN json_merge_patch('{}', json_object(\(pairs.joined())))::VARCHAR \
          END AS \(identifier: rest)
          """)
    }
    if let code = currency.code { columns.append("\(code) AS currency_code") }
    columns += suspects.map { "\(text($0)) AS \(identifier: "s\($0)")" }
    return columns
  }

  /// A text as it is stored, where several words mean one thing.
  private func canonical(_ text: SQL, _ role: KindRole) -> SQL {
    guard !role.values.isEmpty else { return text }
    let cases = role.values.sorted { $0.key < $1.key }.map {
      "WHEN \(literal: $0.key) THEN \(literal: $0.value)" as SQL
    }
    return "CASE \(SQL.folded(text)) \(cases.joined(separator: " ")) ELSE \(text) END"
  }

  // MARK: Verdicts

  /// Columns whose text is kept until it is known whether it can be read.
  private var suspects: [Int] {
    let typed = assigned.filter { $0.role.type != .text }.map(\.column)
    return Set(typed + [roles.columns[.date]].compactMap { $0 }).sorted()
  }

  private var verdict: SQL {
    func wrong(_ reason: String, _ column: Int?, _ value: SQL) -> SQL {
      let name: SQL = column.map { "\(literal: table.columns[$0])" } ?? "NULL::VARCHAR"
      return "{'reason': \(literal: reason), 'column_name': \(name), 'value': \(value)}"
    }
    var cases: [SQL] = [
      """
      WHEN defect IS NOT NULL \
      THEN {'reason': defect, 'column_name': NULL::VARCHAR, 'value': NULL::VARCHAR}
      """
    ]
    func moment(_ value: SQL, _ column: Int) {
      let text = SQL.column("s\(column)")
      let years = ImportLimits.years
      cases += [
        """
        WHEN \(text) IS NOT NULL AND \(value) IS NULL \
        THEN \(wrong("quarantine.date.unreadable", column, text))
        """,
        """
        WHEN year(\(value)) NOT BETWEEN \(number: years.lowerBound) AND \
        \(number: years.upperBound) THEN \(wrong("quarantine.date.absurd", column, text))
        """,
      ]
    }
    if description.isStream, !description.allowsAnonymous {
      cases.append(
        """
        WHEN customer IS NULL \
        THEN \(wrong("quarantine.customer.missing", roles.columns[.customer], "NULL::VARCHAR"))
        """)
    }
    if let date = roles.columns[.date] {
      cases.append(
        """
        WHEN \(SQL.column("s\(date)")) IS NULL \
        THEN \(wrong("quarantine.date.missing", date, "NULL::VARCHAR"))
        """)
      moment("happened_at", date)
    }
    for (role, column) in assigned {
      let value = SQL.column(role.column)
      if role.isRequired {
        let text = role.type == .text ? value : SQL.column("s\(column)")
        cases.append(
          "WHEN \(text) IS NULL THEN \(wrong("quarantine.value.missing", column, "NULL::VARCHAR"))")
      }
      let text = SQL.column("s\(column)")
      let isFull: SQL = "\(text) IS NOT NULL AND \(value) IS NULL"
      switch role.type {
      case .instant: moment(value, column)
      case .money, .decimal:
        cases += [
          """
          WHEN \(isFull) AND \(cells.isNumber(text, .text)) \
          THEN \(wrong("quarantine.number.too_large", column, text))
          """,
          "WHEN \(isFull) THEN \(wrong("quarantine.number.unreadable", column, text))",
        ]
      case .boolean:
        cases.append(
          "WHEN \(isFull) THEN \(wrong("quarantine.boolean.unreadable", column, text))")
      default: break
      }
    }
    return "CASE \(cases.joined(separator: " ")) END"
  }

  // MARK: Currency

  private struct CurrencyUse {
    /// The ISO code of a row; nil where all are in the workspace's currency.
    var code: SQL?
    var isForeign = false
  }

  private func settleCurrency() async throws(IngestionError) -> CurrencyUse {
    let money = assigned.filter { $0.role.type == .money }.map(\.column)
    guard !money.isEmpty else { return CurrencyUse() }
    var spellings: Set<String> = []
    if let column = roles.columns[.currency] {
      let found = try await session.fetch(
        "SELECT DISTINCT \(table.cell(column))::VARCHAR FROM \(table.relation())")
      spellings.formUnion(found.compactMap { $0[0].text?.trimmed }.filter { !$0.isEmpty })
    } else {
      for column in money {
        if let named = profiles[column].header.currency { spellings.insert(named) }
        spellings.formUnion(profiles[column].numbers.currencies)
      }
    }
    if let told = rates.told { spellings = [told.rawValue] }
    let codes = Set(spellings.map { CellShape.currencyCode($0) ?? $0.uppercased() })
    guard !codes.isSubset(of: [rates.workspace.rawValue]) else { return CurrencyUse() }
    guard rates.path != nil else {
      throw .foreignCurrency(
        file: table.file.name, currency: codes.sorted().joined(separator: ", "),
        workspace: rates.workspace)
    }
    let cases = spellings.sorted().map {
      "WHEN \(literal: $0) THEN \(literal: CellShape.currencyCode($0) ?? $0.uppercased())" as SQL
    }
    let written: SQL =
      roles.columns[.currency].map { cell($0) }
      ?? "coalesce(\(money.map { cells.currency(text($0)) }.joined()), \(literal: codes.sorted()[0]))"
    return CurrencyUse(
      code: """
        CASE \(written) \(cases.joined(separator: " ")) ELSE \(literal: rates.workspace.rawValue) END
        """, isForeign: true)
  }

  private func convert() async throws(IngestionError) {
    guard let path = rates.path else { return }
    try await RatesFile(name: path).load(into: session)
    let amounts = assigned.filter { $0.role.type == .money }.map { SQL.column($0.role.column) }
    let converted = amounts.map { "TRY_CAST(a.\($0) * r.rate AS DECIMAL(18,4)) AS \($0)" as SQL }
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_converted AS
      SELECT a.* EXCLUDE (currency_code) REPLACE (\(converted.joined())), a.currency_code, r.rate
      FROM import_all AS a ASOF LEFT JOIN (
        SELECT * FROM import_rates
        UNION ALL SELECT \(literal: rates.workspace.rawValue), DATE '0001-01-01', 1.0) AS r
        ON a.currency_code = r.currency AND \(cells.localDay(ofInstant: "a.happened_at")) >= r.day
      """)
    let missing = try await session.fetch(
      """
      SELECT currency_code, \(cells.localDay(ofInstant: "min(happened_at)"))::VARCHAR
      FROM import_converted WHERE rate IS NULL AND verdict IS NULL
      GROUP BY currency_code ORDER BY currency_code LIMIT 1
      """)
    if let row = missing.first {
      throw .rateMissing(currency: row[0].text ?? "", date: row[1].text ?? "", rates: path)
    }
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_all AS
      SELECT * EXCLUDE (currency_code, rate) FROM import_converted
      """)
    try await session.drop("import_converted")
    try await session.drop("import_rates")
  }
}

extension BooleanWords {
  /// Yes or no of a text; null for anything else.
  static func sql(_ text: SQL, _ type: CellType) -> SQL {
    let folded = SQL.folded(text)
    func list(_ words: Set<String>) -> SQL {
      words.sorted().map { "\(literal: $0)" as SQL }.joined()
    }
    return
      "CASE WHEN \(folded) IN (\(list(yes))) THEN true WHEN \(folded) IN (\(list(no))) THEN false END"
  }
}

extension SQL {
  /// A text in lower case, without accents, its words apart by one blank.
  static func folded(_ text: SQL) -> SQL {
    "trim(regexp_replace(lower(strip_accents(\(text))), '[^a-z0-9]+', ' ', 'g'))"
  }
}
