internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Makes the rows of a known export into rows that say all that they mean.
struct FormatShaping {
  let session: any QuerySession
  let scratch: String
  let cells: CellSQL
  /// Tells this source's table and copy from others'.
  let index: Int

  private var table: String { "import_format_\(index)" }

  /// - Returns: the source as it was, where the format needs nothing but a mapping.
  func apply(
    _ format: ExportFormat, to loaded: LoadedSource
  ) async throws(IngestionError) -> LoadedSource {
    if case .asIs = format.shape { return loaded }
    var source = loaded
    if case .csv(let dialect) = source.table.reading {
      let path = "\(scratch)/format\(index).csv"
      let normaliser = Normaliser(file: source.table.file, dialect: dialect, output: path)
      _ = try await offPool { (stop) throws(IngestionError) in try normaliser.run(stop) }
      source.table.reading = .normalised(path: path)
    }
    let names: [String]
    switch format.shape {
    case .asIs: return loaded
    case .cells(let rewrites): names = try await rewrite(source, rewrites)
    case .shopifyOrders: names = try await shopifyOrders(source)
    case .shopifyProducts: names = try await shopifyProducts(source)
    case .filledDown(let key, let columns): names = try await fillDown(source, key, columns)
    case .ledger: names = try await ledger(source)
    }
    return try await made(source, names)
  }

  /// The texts of a source's cells as `t0`, `t1`…, with `line` and `defect`.
  func base(_ source: LoadedSource) -> SQL {
    let texts = source.table.columns.indices.map { column -> SQL in
      let text = cells.text(
        source.table.cell(column), source.table.types[column], isClean: source.table.isClean)
      return
        "\(source.table.types[column] == .other ? "to_json(\(source.table.cell(column)))::VARCHAR" : text) AS \(identifier: "t\(column)")"
    }
    return """
      (SELECT \(source.table.line) AS line, \(source.table.defect) AS defect, \(texts.joined())
      FROM \(source.table.relation()))
      """
  }

  /// The position of the column with a header, folded or as written.
  func position(_ source: LoadedSource, _ header: String) -> Int? {
    let wanted = Vocabulary.fold(header)
    return source.table.columns.indices.first { column in
      !source.table.withheld.contains(column)
        && Vocabulary.fold(source.table.columns[column]) == wanted
    }
  }

  /// The text of a header's cell in `base`, null where the file has no such column.
  func cell(_ source: LoadedSource, _ header: String) -> SQL {
    position(source, header).map { SQL.column("t\($0)") } ?? "NULL::VARCHAR"
  }

  /// The first of several headers that the file has.
  func first(_ source: LoadedSource, _ headers: [String]) -> SQL {
    for header in headers where position(source, header) != nil { return cell(source, header) }
    return "NULL::VARCHAR"
  }

  /// Creates the table of `line`, `defect` and the values, in this order.
  func create(_ values: [(name: String, value: SQL)], from rows: SQL) async throws(IngestionError)
    -> [String]
  {
    let columns = values.enumerated().map { "\($1.value) AS \(identifier: "c\($0)")" as SQL }
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: table) AS
      SELECT line, defect, \(columns.joined()) FROM \(rows)
      """)
    return values.map(\.name)
  }

  private func made(
    _ source: LoadedSource, _ names: [String]
  ) async throws(IngestionError) -> LoadedSource {
    let shaped = SourceTable(
      file: source.table.file, reading: .prepared(table), columns: names,
      types: Array(repeating: .text, count: names.count))
    let most = max(
      100, min(ImportLimits.sampleRecords, ImportLimits.sampleCells / max(1, names.count)))
    let range = try await session.fetchRow("SELECT count(*) FROM \(shaped.relation())")
    let step = max(1, (range[0].int ?? 0) / (most / 2))
    let columns = names.indices.map { shaped.cell($0) }
    let sample = try await session.fetch(
      """
      SELECT \(columns.joined()) FROM (
        SELECT *, row_number() OVER (ORDER BY line) AS place FROM \(shaped.relation())
        WHERE defect IS NULL)
      WHERE place <= \(number: most / 2) OR place % \(number: step) = 0
      ORDER BY place LIMIT \(number: most)
      """
    ).map { $0.map { $0.text ?? "" } }
    guard !sample.isEmpty else { throw .noLines(file: source.table.file.name) }
    var result = LoadedSource(
      table: shaped, dialect: source.dialect, sheet: source.sheet, hasHeader: true,
      headerLine: source.headerLine, is1904: source.is1904, sample: sample)
    // What was found before stands where its column went, or nowhere.
    result.sensitive = source.sensitive.map { found in
      var found = found
      found.column = names.firstIndex(of: found.name) ?? -1
      return found
    }
    return result
  }

  // MARK: Cells and lines

  private func kept(_ source: LoadedSource) -> [Int] {
    source.table.columns.indices.filter { !source.table.withheld.contains($0) }
  }

  private func rewrite(
    _ source: LoadedSource, _ rewrites: CellRewrites
  ) async throws(IngestionError) -> [String] {
    func cell(_ header: String) -> SQL { self.cell(source, header) }
    var values = kept(source).map { column -> (name: String, value: SQL) in
      let name = source.table.columns[column]
      let rewrite = rewrites.changed[Vocabulary.fold(name)]
      return (name, rewrite?(cell) ?? SQL.column("t\(column)"))
    }
    for (name, value) in rewrites.added { values.append((name, value(cell))) }
    return try await create(values, from: base(source))
  }

  private func fillDown(
    _ source: LoadedSource, _ key: [String], _ columns: [String]
  ) async throws(IngestionError) -> [String] {
    let filled = Set(columns.compactMap { position(source, $0) })
    let keyed = first(source, key)
    let values = kept(source).map { column -> (name: String, value: SQL) in
      let cell = SQL.column("t\(column)")
      // Only what the order's first line says goes down to its other lines.
      return (
        source.table.columns[column],
        filled.contains(column)
          ? "first_value(\(cell)) OVER (PARTITION BY block ORDER BY line)" : cell
      )
    }
    return try await create(
      values,
      from: """
        (SELECT *, count(\(keyed)) OVER (ORDER BY line ROWS UNBOUNDED PRECEDING) AS block
        FROM \(base(source)))
        """)
  }

  // MARK: Shopify

  private func shopifyProducts(_ source: LoadedSource) async throws(IngestionError) -> [String] {
    func down(_ header: String) -> SQL {
      "first_value(\(cell(source, header)) IGNORE NULLS) OVER of_product"
    }
    var values: [(name: String, value: SQL)] = [
      (
        "Variant SKU or handle",
        "coalesce(\(cell(source, "variant sku")), \(cell(source, "handle")))"
      ),
      ("Title", "title_"), ("Vendor", "vendor_"), ("Type", "type_"),
      ("Variant Price", cell(source, "variant price")),
    ]
    if position(source, "cost per item") != nil {
      values.append(("Cost per item", cell(source, "cost per item")))
    }
    return try await create(
      values,
      from: """
        (SELECT *, \(down("title")) AS title_, \(down("vendor")) AS vendor_,
          \(down("type")) AS type_ FROM \(base(source))
        WINDOW of_product AS (PARTITION BY \(cell(source, "handle")) ORDER BY line
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
        QUALIFY \(cell(source, "variant price")) IS NOT NULL OR defect IS NOT NULL)
        """)
  }

  /// The lines of an order add up to what was paid: they share its discounts by their value, and
  /// shipping and taxes that stand beside prices are a line of their own, as are refunds.
  private func shopifyOrders(_ source: LoadedSource) async throws(IngestionError) -> [String] {
    let form = NumberForm(decimal: .point, isPlain: false, isProven: true)
    func number(_ header: String) -> SQL {
      position(source, header) == nil
        ? "NULL::DECIMAL(18,4)" : cells.number(cell(source, header), .text, form)
    }
    func ofOrder(_ value: SQL) -> SQL { "first_value(\(value) IGNORE NULLS) OVER of_order" }
    let texts = [
      "email", "created at", "currency", "financial status", "cancelled at", "source", "location",
      "payment method", "discount code",
    ]
    let carried = texts.enumerated().map {
      "\(ofOrder(cell(source, $1))) AS \(identifier: "o\($0)")" as SQL
    }
    func order(_ header: String) -> SQL {
      texts.firstIndex(of: header).map { SQL.column("o\($0)") } ?? "NULL::VARCHAR"
    }
    let name = cell(source, "name")
    let rows = table + "_lines"
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: rows) AS
      SELECT *, sum(own) OVER (PARTITION BY block) AS whole,
        sum(own) OVER (PARTITION BY block ORDER BY line ROWS UNBOUNDED PRECEDING) AS upto
      FROM (
        SELECT line, defect, \(name) AS ref, coalesce(\(name), 'line ' || line) AS block,
          \(carried.joined()), \(ofOrder(number("subtotal"))) AS subtotal,
          \(ofOrder(number("total"))) AS total,
          coalesce(\(ofOrder(number("refunded amount"))), 0) AS refunded,
          \(cell(source, "lineitem quantity")) AS quantity,
          coalesce(\(cell(source, "lineitem sku")), \(cell(source, "lineitem name"))) AS product,
          \(cell(source, "lineitem name")) AS name, \(cell(source, "vendor")) AS vendor,
          CAST(\(number("lineitem quantity")) AS DOUBLE) * \(number("lineitem price"))
            - coalesce(\(number("lineitem discount")), 0) AS own
        FROM \(base(source))
        WINDOW of_order AS (PARTITION BY coalesce(\(name), 'line ' || line) ORDER BY line
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))
      """)
    let status: SQL =
      "CASE WHEN \(order("cancelled at")) IS NOT NULL AND refunded = 0 THEN 'cancelled' ELSE \(order("financial status")) END"
    // Cumulated and then rounded, so that cents add up.
    let share: SQL = """
      CASE WHEN own IS NULL THEN NULL WHEN subtotal IS NULL OR whole = 0 THEN round(own, 2) \
      ELSE round(upto * CAST(subtotal AS DOUBLE) / whole, 2) \
      - round((upto - own) * CAST(subtotal AS DOUBLE) / whole, 2) END
      """
    let isRefund: SQL =
      "refunded > 0 AND lower(coalesce(\(order("financial status")), '')) NOT IN ('refunded', 'voided')"
    let none: SQL = "NULL::VARCHAR"
    func rest(_ amount: SQL, _ condition: SQL) -> SQL {
      """
      SELECT line, defect, ref, \(texts.indices.map { SQL.column("o\($0)") }.joined()),
        refunded, \(none) AS quantity, \(none) AS product, \(none) AS name, \(none) AS vendor,
        \(amount) AS amount
      FROM \(identifier: rows) WHERE defect IS NULL AND ref IS NOT NULL AND (\(condition))
      QUALIFY row_number() OVER (PARTITION BY block ORDER BY line) = 1
      """
    }
    let values: [(name: String, value: SQL)] = [
      ("Name", "ref"), ("Email", order("email")), ("Created at", order("created at")),
      ("Amount incl. tax", "CAST(CAST(amount AS DECIMAL(18,2)) AS VARCHAR)"),
      ("Lineitem quantity", "quantity"), ("Lineitem sku", "product"), ("Lineitem name", "name"),
      ("Currency", order("currency")), ("Financial Status", status), ("Source", order("source")),
      ("Location", order("location")), ("Payment Method", order("payment method")),
      ("Discount Code", order("discount code")), ("Vendor", "vendor"),
    ]
    let names = try await create(
      values,
      from: """
        (SELECT line, defect, ref, \(texts.indices.map { SQL.column("o\($0)") }.joined()),
          refunded, quantity, product, name, vendor, \(share) AS amount
        FROM \(identifier: rows)
        UNION ALL \(rest("total - subtotal", "total <> subtotal"))
        UNION ALL \(rest("-refunded", isRefund)))
        """)
    try await session.drop(rows)
    return names
  }
}
