internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Reads a customer file into `staged_customers`, one row per customer of the file.
struct CustomerStaging {
  let session: any QuerySession
  let cells: CellSQL
  let options: ImportOptions
  let mapping: Mapping
  /// Whether the orders know customers by their e-mail addresses.
  let ordersUseEmail: Bool

  /// What was read, and what a person should know of it.
  struct Outcome: Sendable, Hashable {
    let source: SourceReport
    let notices: [UserMessage]
  }

  func run(_ loaded: LoadedSource, scratch: String) async throws(IngestionError) -> Outcome {
    var loaded = loaded
    let file = loaded.table.file
    let profiles = loaded.profiles
    var roles = try CustomerRecognition(file: file.name, profiles: profiles, mapping: mapping)
      .assign(ordersUseEmail: ordersUseEmail)
    try await normalise(&loaded, scratch)
    roles[.customer] = try await key(loaded, roles)
    guard let key = roles[.customer] else {
      throw .columnMissing(file: file.name, role: .customer, columns: loaded.table.columns)
    }
    func text(_ column: Int) -> SQL {
      cells.text(
        loaded.table.cell(column), loaded.table.types[column], isClean: loaded.table.isClean)
    }
    let isEmail = profiles[key].share(profiles[key].emails) > 0.8
    let customer: SQL = isEmail ? "lower(\(text(key)))" : text(key)
    var columns: [SQL] = ["\(customer) AS customer"]
    for role in CustomerRecognition.texts {
      guard let column = roles[role] else { continue }
      columns.append("\(text(column)) AS \(identifier: role.rawValue)")
    }
    var form: DateForm?
    if let column = roles[.signedUp] {
      form = try signedUpForm(profiles[column], loaded, column)
      let cell: SQL =
        loaded.table.types[column] == .text ? text(column) : loaded.table.cell(column)
      let day = cells.day(cell, loaded.table.types[column], form ?? .text(order: nil, engine: nil))
      columns.append("\(day) AS signed_up")
    }
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_customers AS
      SELECT \(loaded.table.line) AS line, \(loaded.table.defect) AS defect, \(columns.joined())
      FROM \(loaded.table.relation())
      """)
    let refused = loaded.sensitive.filter { $0.decision == .refused }
    let notices = refused.map { $0.notice(file.name) } + (try await settle(file.name))
    let count = try await session.fetchInt("SELECT count(*) FROM import_customers")
    try await session.drop("import_customers")
    return Outcome(
      source: report(loaded, profiles, roles, form, count), notices: notices)
  }

  private func normalise(
    _ loaded: inout LoadedSource, _ scratch: String
  ) async throws(IngestionError) {
    guard case .csv(let dialect) = loaded.table.reading else { return }
    let path = "\(scratch)/customers.csv"
    let normaliser = Normaliser(file: loaded.table.file, dialect: dialect, output: path)
    _ = try await offPool { (stop) throws(IngestionError) in try normaliser.run(stop) }
    loaded.table.reading = .normalised(path: path)
  }

  /// The column that the orders' customers are found in: the one recognised, or else the first
  /// other name of a customer that meets any.
  private func key(
    _ loaded: LoadedSource, _ roles: [ColumnRole: Int]
  ) async throws(IngestionError) -> Int? {
    let candidates = [roles[.customer], roles[.email], roles[.phone], roles[.name]].compactMap {
      $0
    }
    for column in candidates {
      let value = cells.text(
        loaded.table.cell(column), loaded.table.types[column], isClean: loaded.table.isClean)
      let met = try await session.fetchInt(
        """
        SELECT count(*) FROM (
          SELECT 1 FROM staged_lines WHERE customer IN (
            SELECT \(value) FROM \(loaded.table.relation())
            UNION ALL SELECT lower(\(value)) FROM \(loaded.table.relation())) LIMIT 1)
        """)
      if met > 0 { return column }
    }
    return candidates.first
  }

  private func signedUpForm(
    _ profile: ColumnProfile, _ loaded: LoadedSource, _ column: Int
  ) throws(IngestionError) -> DateForm {
    let dates = profile.dates
    var order = options.dateOrder ?? mapping.dates
    if order == nil {
      switch (dates.dayFirst, dates.monthFirst) {
      case (let day?, let month?):
        throw .datesMixed(
          dayFirst: day, monthFirst: month, column: profile.name, file: loaded.table.file.name)
      case (_?, nil): order = .dmy
      case (nil, _?): order = .mdy
      case (nil, nil):
        if let undecided = dates.undecided {
          throw .datesAmbiguous(
            file: loaded.table.file.name, column: profile.name, sample: undecided)
        }
      }
    }
    return DateForm(
      profile, order: order ?? .dmy, isWorkbook: loaded.table.file.format == .xlsx,
      is1904: loaded.is1904)
  }

  /// Sets aside lines without a customer, and of several lines of one customer keeps the last.
  private func settle(_ file: String) async throws(IngestionError) -> [UserMessage] {
    try await session.perform(
      """
      INSERT INTO quarantine
      SELECT \(literal: file), line, NULL, NULL,
        coalesce(defect, 'quarantine.customer.missing')
      FROM import_customers WHERE defect IS NOT NULL OR customer IS NULL ORDER BY line
      """)
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE staged_customers AS
      SELECT * EXCLUDE (line, defect) FROM import_customers
      WHERE defect IS NULL AND customer IS NOT NULL
      QUALIFY row_number() OVER (PARTITION BY customer ORDER BY line DESC) = 1
      """)
    let counts = try await session.fetchRow(
      """
      SELECT (SELECT count(*) FROM staged_customers),
        (SELECT count(*) FROM import_customers WHERE defect IS NULL AND customer IS NOT NULL),
        (SELECT count(*) FROM import_customers WHERE defect IS NOT NULL OR customer IS NULL),
        (SELECT count(DISTINCT customer) FROM staged_lines WHERE customer IS NOT NULL
          AND customer NOT IN (SELECT customer FROM staged_customers))
      """
    ).map { $0.int ?? 0 }
    var notices: [UserMessage] = []
    func tell(_ code: String, _ count: Int) {
      guard count > 0 else { return }
      notices.append(
        UserMessage(
          "import.notice.customers_\(code)", ["file": .text(file), "count": .count(count)],
          at: SourceLocation(file: file)))
    }
    tell("repeated", counts[1] - counts[0])
    tell("unusable", counts[2])
    tell("unknown", counts[3])
    return notices
  }

  private func report(
    _ loaded: LoadedSource, _ profiles: [ColumnProfile], _ roles: [ColumnRole: Int],
    _ form: DateForm?, _ lines: Int
  ) -> SourceReport {
    let file = loaded.table.file
    return SourceReport(
      file: file.name, bytes: file.bytes, format: file.format, compression: file.compression,
      encoding: loaded.dialect?.encoding.rawValue, separator: loaded.dialect?.separatorText,
      decimalSeparator: nil, hasHeader: loaded.hasHeader, sheet: loaded.sheet, lines: lines,
      columns: profiles.map { profile in
        let role = roles.first { $0.value == profile.index }?.key
        return ColumnReport(
          name: profile.name, role: role, form: role == .signedUp ? form?.description : nil,
          evidence: role == nil ? nil : "mapping.evidence.words")
      })
  }
}

/// Finds the roles of a customer file's columns.
struct CustomerRecognition {
  let file: String
  let profiles: [ColumnProfile]
  let mapping: Mapping

  /// Roles that are kept as text.
  static let texts: [ColumnRole] = [
    .name, .firstName, .lastName, .email, .phone, .postalCode, .city, .country,
  ]

  func assign(ordersUseEmail: Bool) throws(IngestionError) -> [ColumnRole: Int] {
    var result: [ColumnRole: Int] = [:]
    var taken: Set<Int> = []
    let words: [(ColumnRole, Vocabulary.HeaderRole)] = [
      (.customer, .customer), (.email, .email), (.phone, .phone), (.firstName, .firstName),
      (.lastName, .lastName), (.name, .name), (.postalCode, .postalCode), (.city, .city),
      (.country, .country), (.signedUp, .signedUp),
    ]
    var candidates: [(role: ColumnRole, column: Int, score: Int)] = []
    for (role, header) in words {
      for profile in profiles {
        var score = Vocabulary.score(profile.header, header)
        // A bare `id` is the customer's in a file of customers.
        if role == .customer, profile.header.words == "id" { score = 55 }
        guard score > 0, role != .signedUp || profile.dateShare >= 0.5 else { continue }
        candidates.append((role, profile.index, score))
      }
    }
    candidates.sort { ($0.score, -$0.column) > ($1.score, -$1.column) }
    for candidate in candidates
    where result[candidate.role] == nil && !taken.contains(candidate.column) {
      result[candidate.role] = candidate.column
      taken.insert(candidate.column)
    }
    // The mapping describes order files; what it names is used where this file has it too.
    for (role, choices) in mapping.columns
    where Self.texts.contains(role) || role == .signedUp || role == .customer {
      let names = profiles.map(\.name)
      let named = choices.filter { if case .name = $0 { true } else { false } }
      if let index = try? OrderRecognition.resolve(named, role, names, file) {
        result[role] = index
      }
    }
    if ordersUseEmail, let email = result[.email] { result[.customer] = email }
    return result
  }
}
