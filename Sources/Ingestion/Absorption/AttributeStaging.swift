internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Stages a file of customers: `import_values`, one row per customer and date of validity, with the
/// customer's id and a typed column `v0`, `v1`… per attribute.
struct AttributeStaging {
  let loaded: LoadedSource
  let profiles: [ColumnProfile]
  let forms: FileForms
  let cells: CellSQL
  let session: any QuerySession
  /// The columns that name the customer.
  let id: Int
  let email: Int?
  let idIsEmail: Bool
  /// A column with the day from which a line's values hold.
  let validFrom: Int?
  /// Microseconds since the epoch: for files without such a column.
  let exportedAt: Int64
  /// Microseconds since the epoch: values cannot hold from later on.
  let now: Int64
  let forgotten: ErasedPeople?

  private var table: SourceTable { loaded.table }

  /// - Returns: the attributes with their types as the whole file has them, and the number of
  ///   lines that a later line of the same customer replaces.
  func run(
    _ attributes: [AttributeColumn]
  ) async throws(IngestionError) -> (columns: [AttributeColumn], repeated: Int) {
    var attributes = attributes
    try await stageTexts(attributes)
    try await stageValues(attributes)
    // A type that a sample suggested has to hold for every value.
    let typed = attributes.indices.filter { attributes[$0].type != .text }
    if !typed.isEmpty {
      let counts = try await session.fetchRow(
        """
        SELECT \(typed.map { "count(*) FILTER (x\(number: $0) IS NOT NULL AND v\(number: $0) IS NULL)" as SQL }.joined())
        FROM import_typed
        """)
      var isAnew = false
      for (index, count) in zip(typed, counts) where (count.int ?? 0) > 0 {
        if attributes[index].isFixed { continue }
        attributes[index].type = .text
        isAnew = true
      }
      if isAnew { try await stageValues(attributes) }
      for index in typed where attributes[index].isFixed && attributes[index].type != .text {
        try await setAsideMisfits(attributes[index], index)
      }
    }
    let repeated = try await settle(attributes)
    for table in ["import_texts", "import_typed"] { try await session.drop(table) }
    return (attributes, repeated)
  }

  // MARK: Layers

  private func stageTexts(_ attributes: [AttributeColumn]) async throws(IngestionError) {
    let used = Set(
      attributes.map(\.column) + [id] + [email].compactMap { $0 } + [validFrom].compactMap { $0 })
    let texts = used.sorted().map { column -> SQL in
      let cell = table.cell(column)
      let value: SQL =
        switch table.types[column] {
        case .text: cells.text(cell, .text, isClean: table.isClean)
        case .other: "to_json(\(cell))::VARCHAR"
        default: cell
        }
      return "\(value) AS \(identifier: "t\(column)")"
    }
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_texts AS
      SELECT \(table.line) AS line, \(table.defect) AS defect, \(texts.joined())
      FROM \(table.relation())
      """)
    let key = text(id)
    let since: SQL =
      validFrom.map { column in
        let moments = MomentSQL(cells: cells)
        let parts = moments.parts(
          SQL.column("t\(column)"), table.types[column],
          forms.dates[column] ?? .text(order: nil, engine: nil))
        return moments.instant(zoned: parts.zoned, local: parts.local)
      } ?? "make_timestamptz(\(.int(exportedAt)))"
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_names AS
      SELECT line, \(idIsEmail ? "lower(\(key))" : key) AS value,
        \(email.map { "lower(\(text($0)))" as SQL } ?? "NULL::VARCHAR") AS email,
        \(since) AS valid_from, defect
      FROM import_texts
      """)
    try await forgotten?.leaveOut(
      of: "import_names", id: "value", email: "email", type: idIsEmail ? "email" : "customer")
    let sinceName: SQL = validFrom.map { "\(literal: table.columns[$0])" } ?? "NULL"
    try await session.perform(
      """
      INSERT INTO quarantine
      SELECT \(literal: table.file.name), line,
        CASE WHEN defect IS NOT NULL THEN NULL WHEN value IS NULL THEN \(literal: table.columns[id])
          ELSE \(sinceName) END,
        CASE WHEN defect IS NULL AND value IS NOT NULL THEN valid_from::VARCHAR END,
        CASE WHEN defect IS NOT NULL THEN defect
          WHEN value IS NULL THEN 'quarantine.customer.missing'
          WHEN valid_from IS NULL THEN 'quarantine.date.unreadable'
          ELSE 'quarantine.date.future' END
      FROM import_names
      WHERE defect IS NOT NULL OR value IS NULL OR valid_from IS NULL
        OR valid_from > make_timestamptz(\(.int(now))) ORDER BY line
      """)
    try await session.perform(
      "DELETE FROM import_names WHERE line IN (SELECT line FROM quarantine)")
  }

  private func text(_ column: Int) -> SQL {
    let cell = SQL.column("t\(column)")
    switch table.types[column] {
    case .text, .other:
      return profiles[column].hasFloatingIds
        ? "regexp_replace(\(cell), '\\.0$', '')" : cell
    default: return cells.text(cell, table.types[column])
    }
  }

  private func stageValues(_ attributes: [AttributeColumn]) async throws(IngestionError) {
    var inner: [SQL] = []
    var outer: [SQL] = []
    for (index, attribute) in attributes.enumerated() {
      let cell = SQL.column("t\(attribute.column)")
      let type = table.types[attribute.column]
      let value = SQL.column("v\(index)")
      let number = cells.number(cell, type, forms.numbers[attribute.column] ?? .native)
      switch attribute.type {
      case .text: outer.append("\(text(attribute.column)) AS \(value)")
      case .enumeration(let values):
        let cases = BuiltInAttribute.words(attribute.id, values).sorted { $0.key < $1.key }.map {
          "WHEN \(literal: $0.key) THEN \(literal: $0.value)" as SQL
        }
        outer.append(
          "CASE \(SQL.folded(text(attribute.column))) \(cases.joined(separator: " ")) END AS \(value)"
        )
      case .boolean: outer.append("\(BooleanWords.sql(text(attribute.column), type)) AS \(value)")
      case .date:
        let form = forms.dates[attribute.column] ?? .text(order: nil, engine: nil)
        outer.append("\(cells.day(cell, type, form)) AS \(value)")
      case .instant:
        let moments = MomentSQL(cells: cells)
        let parts = moments.parts(
          cell, type, forms.dates[attribute.column] ?? .text(order: nil, engine: nil))
        inner.append("\(parts.zoned) AS \(identifier: "z\(index)")")
        inner.append("\(parts.local) AS \(identifier: "l\(index)")")
        outer.append(
          "\(moments.instant(zoned: SQL.column("z\(index)"), local: SQL.column("l\(index)"))) AS \(value)"
        )
      case .count, .duration:
        if type == .integer {
          outer.append("TRY_CAST(\(cell) AS BIGINT) AS \(value)")
        } else {
          inner.append("\(number) AS \(identifier: "n\(index)")")
          let whole = SQL.column("n\(index)")
          outer.append(
            "CASE WHEN \(whole) = trunc(\(whole)) THEN TRY_CAST(\(whole) AS BIGINT) END AS \(value)"
          )
        }
      case .decimal, .money: outer.append("\(number) AS \(value)")
      case .share, .number: outer.append("TRY_CAST(\(number) AS DOUBLE) AS \(value)")
      case .list: outer.append("\(list(text(attribute.column), attribute)) AS \(value)")
      case .objects:
        let text = text(attribute.column)
        outer.append(
          """
          CASE WHEN json_valid(\(text)) THEN CASE json_type(\(text)) WHEN 'ARRAY' THEN json(\(text)) \
          WHEN 'OBJECT' THEN json('[' || \(text) || ']') END END::JSON AS \(value)
          """)
      }
      outer.append("\(cell) AS \(identifier: "x\(index)")")
    }
    if outer.isEmpty { outer.append("0 AS nothing") }
    inner.append("0 AS anything")
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_typed AS
      SELECT line, \(outer.joined()) FROM (SELECT *, \(inner.joined()) FROM import_texts)
      """)
  }

  /// Texts in their order, each once: a list's order means nothing.
  private func list(_ text: SQL, _ attribute: AttributeColumn) -> SQL {
    let cells = loaded.sample.map { $0[attribute.column] }
    let marks: [Character] = ["|", ";", ","]
    let mark = String(marks.first { mark in cells.contains { $0.contains(mark) } } ?? "|")
    let parts: SQL = """
      CASE WHEN left(\(text), 1) = '[' AND json_valid(\(text)) \
      THEN from_json(\(text), '["VARCHAR"]') ELSE string_split(\(text), \(literal: mark)) END
      """
    return """
      CASE WHEN \(text) IS NOT NULL THEN list_sort(list_distinct(list_filter(\
      list_transform(\(parts), lambda p: trim(p)), lambda p: p <> ''))) END
      """
  }

  /// A value that an attribute of a settled type cannot hold is set aside; its line counts.
  private func setAsideMisfits(
    _ attribute: AttributeColumn, _ index: Int
  ) async throws(IngestionError) {
    try await session.perform(
      """
      INSERT INTO quarantine
      SELECT \(literal: table.file.name), t.line, \(literal: table.columns[attribute.column]),
        t.x\(number: index)::VARCHAR, 'quarantine.value.misfit'
      FROM import_typed AS t JOIN import_names AS n ON n.line = t.line
      WHERE t.x\(number: index) IS NOT NULL AND t.v\(number: index) IS NULL ORDER BY t.line
      """)
  }

  // MARK: One row per customer

  private func settle(_ attributes: [AttributeColumn]) async throws(IngestionError) -> Int {
    let values = attributes.indices.map { "t.v\(number: $0)" as SQL }
    let list: SQL = values.isEmpty ? .empty : ", \(values.joined())"
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_values AS
      SELECT n.line, n.value, n.email, n.valid_from\(list)
      FROM import_names AS n JOIN import_typed AS t ON t.line = n.line
      """)
    let all = try await session.fetchInt("SELECT count(*) FROM import_names")
    let unique = try await session.fetchInt(
      "SELECT count(*) FROM (SELECT DISTINCT value, valid_from FROM import_names)")
    if unique < all {
      try await session.perform(
        """
        DELETE FROM import_values WHERE line NOT IN (
          SELECT max(line) FROM import_values GROUP BY value, valid_from)
        """)
    }
    try await session.drop("import_names")
    return all - unique
  }
}
