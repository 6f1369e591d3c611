internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// How complete and how fresh each attribute is.
struct AttributeAudit {
  let session: any QuerySession
  /// µs since the epoch.
  let now: Int64

  /// Attributes that make sense for one kind of customer only.
  static let ofCompanies: Set<String> = [
    "siren", "siret", "naf", "naf_section", "size_class", "headcount", "turnover",
    "growth_stage", "digital_maturity", "company_siren", "siren_check", "siret_check",
    "vat_check", "vat_number", "naf_version", "naf_division", "naf_group", "naf_class",
    "naf_subclass", "headcount_band", "size_basis", "balance_total", "legal_category",
    "legal_kind",
  ]
  static let ofPersons: Set<String> = [
    "first_name", "last_name", "title", "birth_date", "gender", "household", "children",
    "education", "income", "profession", "pcs_group", "pcs_category", "pcs_code",
    "pcs_confidence", "activity_status", "csp_plus_3_4", "csp_plus_2_4", "usable_birth_date",
    "generation", "woman_probability", "household_type", "education_level", "income_band",
    "decision_power", "workplace_mode", "transport",
  ]

  static func subject(_ id: String) -> String {
    ofCompanies.contains(id) ? "company" : ofPersons.contains(id) ? "person" : "customer"
  }

  /// One fact per attribute of the catalogue, the fullest first.
  func facts() async throws -> [AuditReport.AttributeFact] {
    let entries = try await AttributeStore.entries(session)
    let present = try await session.attributeColumns()
    let shown = entries.filter { present.contains($0.definition.id) }
    guard !shown.isEmpty else { return [] }
    let counts = shown.map { entry -> SQL in
      let value: SQL = "a.\(identifier: entry.definition.id)"
      switch Self.subject(entry.definition.id) {
      case "company": return "count(\(value)) FILTER (c.kind = 'company')"
      case "person": return "count(\(value)) FILTER (c.kind = 'person')"
      default: return "count(\(value))"
      }
    }
    let row = try await session.row(
      """
      SELECT count(*), count(*) FILTER (c.kind = 'company'), \(counts.joined())
      FROM quartier.profiled_customer AS c
        LEFT JOIN quartier.customer_attribute AS a USING (customer_id)
      """)
    let ages = try await ages()
    let all = row[0].int ?? 0
    let companies = row[1].int ?? 0
    return shown.enumerated().compactMap { position, entry in
      let id = entry.definition.id
      let subject = Self.subject(id)
      let whole = subject == "company" ? companies : subject == "person" ? all - companies : all
      guard whole > 0 else { return nil }
      let filled = row[position + 2].int ?? 0
      return AuditReport.AttributeFact(
        attribute: id, origin: entry.origin, of: subject, filled: filled,
        coverage: Double(filled) / Double(whole), medianAgeDays: ages[id]?.median,
        newest: ages[id]?.newest)
    }.sorted { ($1.coverage, $0.attribute) < ($0.coverage, $1.attribute) }
  }

  /// Of each attribute, days since the current values of half of the customers were said, and the
  /// day of the newest.
  private func ages() async throws -> [String: (median: Double?, newest: LocalDate?)] {
    let rows = try await session.query(
      """
      SELECT attribute_id, median(age), CAST(max(last_at) AS DATE) FROM (
        SELECT attribute_id, customer_id, max(valid_from) AS last_at,
          date_diff('hour', max(valid_from), \(SQLValue.instant(now))) / 24.0 AS age
        FROM quartier.attribute_history WHERE valid_from <= \(SQLValue.instant(now))
        GROUP BY attribute_id, customer_id)
      GROUP BY attribute_id
      """
    ).rows
    var result: [String: (median: Double?, newest: LocalDate?)] = [:]
    for row in rows {
      guard let id = row[0].text else { continue }
      result[id] = (row[1].double, row[2].days.map { LocalDate(daysSinceEpoch: $0) })
    }
    return result
  }
}

extension QuerySession {
  /// The attributes that have a column in the table of current values.
  func attributeColumns() async throws -> Set<String> {
    Set(
      try await query(
        """
        SELECT column_name FROM duckdb_columns()
        WHERE database_name = 'quartier' AND table_name = 'customer_attribute'
        """
      ).rows.compactMap { $0[0].text })
  }
}
