internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Brings all amounts to one currency, or refuses.
struct CurrencySettlement {
  let session: any QuerySession
  let sources: [OrderSource]
  let files: [StagedFile]
  let shape: StagedShape
  let mapping: Mapping
  let options: ImportOptions

  /// The currency of `staged_lines.amount`; `currency`, where the lines had it, is gone.
  ///
  /// - Throws: `severalCurrencies` without rates, `rateMissing`, `ratesUnusable`.
  func run() async throws(IngestionError) -> CurrencyCode {
    guard shape.currency else {
      var codes = sources.reduce(into: Set<String>()) { $0.formUnion($1.currencyCodes) }
      for file in files { codes.formUnion(file.currencies) }
      return try single(codes)
    }
    let found = try await session.fetch(
      "SELECT DISTINCT currency FROM staged_lines WHERE currency IS NOT NULL"
    ).compactMap { $0[0].text }
    var spellings: [String: String] = [:]
    for spelling in found {
      spellings[spelling] = CellShape.currencyCode(spelling) ?? spelling.uppercased()
    }
    let codes = Set(spellings.values)
    if codes.count > 1 || isForeign(codes), options.ratesPath != nil {
      let target = self.target ?? .euro
      try await convert(spellings, to: target)
      return target
    }
    try await session.perform("ALTER TABLE staged_lines DROP COLUMN currency")
    return try single(codes)
  }

  /// The currency to convert to.
  private var target: CurrencyCode? { options.currency ?? options.defaultCurrency }

  private func isForeign(_ codes: Set<String>) -> Bool {
    guard let target, let code = codes.first else { return false }
    return code != target.rawValue
  }

  private func single(_ codes: Set<String>) throws(IngestionError) -> CurrencyCode {
    guard codes.count <= 1 else { throw .severalCurrencies(codes.sorted()) }
    return codes.first.flatMap { CurrencyCode(rawValue: $0) } ?? options.currency
      ?? mapping.currency ?? options.defaultCurrency ?? .none
  }

  // MARK: Conversion

  private func convert(
    _ spellings: [String: String], to target: CurrencyCode
  ) async throws(IngestionError) {
    guard let path = options.ratesPath else { return }
    try await RatesFile(name: path).load(into: session)
    let cases = spellings.sorted { $0.key < $1.key }.map { spelling, code -> SQL in
      "WHEN \(literal: spelling) THEN \(literal: code)"
    }
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_converted AS
      SELECT l.* EXCLUDE (currency)
        REPLACE (TRY_CAST(l.amount * r.rate AS DECIMAL(18,4)) AS amount), l.code, r.rate
      FROM (
        SELECT *, CASE currency \(cases.joined(separator: " ")) ELSE \(literal: target.rawValue) END AS code
        FROM staged_lines) AS l
      ASOF LEFT JOIN (
        SELECT * FROM import_rates
        UNION ALL SELECT \(literal: target.rawValue), DATE '0001-01-01', 1.0) AS r
        ON l.code = r.currency AND l.day >= r.day
      """)
    let missing = try await session.fetch(
      """
      SELECT code, min(day)::VARCHAR FROM import_converted WHERE rate IS NULL
      GROUP BY code ORDER BY code LIMIT 1
      """)
    if let row = missing.first {
      throw .rateMissing(
        currency: row[0].text ?? "", date: row[1].text ?? "", rates: path)
    }
    try await session.perform("ALTER TABLE import_converted DROP COLUMN code")
    try await session.perform("ALTER TABLE import_converted DROP COLUMN rate")
    try await session.perform("DROP TABLE staged_lines")
    try await session.perform("ALTER TABLE import_converted RENAME TO staged_lines")
    try await session.perform("DROP TABLE import_rates")
  }
}

/// A CSV of dated exchange rates: `date,currency,rate`, in any order of columns.
///
/// A rate is what one unit of the currency is worth in the target currency, from its date until
/// the next one. Dates are ISO, decimals have a point or a comma.
struct RatesFile {
  /// As typed.
  let name: String

  struct Rate: Sendable, Hashable {
    let currency: String
    let day: LocalDate
    let rate: SQLDecimal
  }

  /// Makes the temporary table `import_rates` (`currency`, `day`, `rate`).
  func load(into session: any QuerySession) async throws(IngestionError) {
    let rates = try read()
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_rates (
        currency VARCHAR, day DATE, rate DECIMAL(18,8))
      """)
    for start in stride(from: 0, to: rates.count, by: 500) {
      let rows = rates[start..<min(start + 500, rates.count)].map { rate -> SQL in
        "(\(rate.currency), \(rate.day.sqlValue), \(.decimal(rate.rate)))"
      }
      try await session.perform("INSERT INTO import_rates VALUES \(rows.joined())")
    }
  }

  func read() throws(IngestionError) -> [Rate] {
    let (dialect, _) = try DialectSniffer(path: name, name: name, told: ToldDialect()).sniff()
    let words = dialect.columns.map(Vocabulary.fold)
    func position(_ names: [String]) throws(IngestionError) -> Int {
      guard let index = words.firstIndex(where: { names.contains($0) }) else {
        throw .ratesUnusable(file: name, line: 1)
      }
      return index
    }
    let date = try position(["date", "jour", "day"])
    let currency = try position(["currency", "devise", "monnaie"])
    let rate = try position(["rate", "taux", "cours"])
    var reader = RecordReader(file: try FileReader(path: name, name: name), dialect: dialect)
    try reader.skipLines(dialect.linesAbove)
    var rates: [Rate] = []
    while try reader.next() {
      func text(_ index: Int) -> String? {
        index < reader.ends.count
          ? String(decoding: reader.field(index), as: UTF8.self).trimmed : nil
      }
      guard let day = text(date).flatMap({ LocalDate(iso: $0) }),
        let code = text(currency).flatMap({ CurrencyCode(rawValue: $0.uppercased()) }),
        let value = text(rate).flatMap({ SQLDecimal($0.replacing(",", with: ".")) }),
        value.units > 0, value.double < 1e9
      else { throw .ratesUnusable(file: name, line: reader.line) }
      rates.append(Rate(currency: code.rawValue, day: day, rate: value.rescaled(to: 8)))
    }
    guard !rates.isEmpty else { throw .ratesUnusable(file: name, line: 1) }
    return rates
  }
}
