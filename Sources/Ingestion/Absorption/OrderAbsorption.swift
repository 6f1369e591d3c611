internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Brings `staged_lines` into `orders` and `order_lines`.
///
/// Which rows are purchases, returns and orders of nothing is decided as for a run: a negative line
/// is a return whatever its order; an order whose lines add up to 0 is set aside as a whole.
struct OrderAbsorption {
  let session: any QuerySession
  let cells: CellSQL
  let report: ImportReport
  /// Columns of `staged_lines`.
  let kept: Set<String>
  let source: String
  let importID: Int
  let exportedAt: Int64?
  let idType: String
  /// Whether the file says what orders are made of.
  let hasLines: Bool
  /// Whether the file's amounts are totals of orders: then they win over sums of lines.
  let isOrderLevel: Bool

  private static let orderColumns = [
    "discount", "channel", "store", "payment_method", "promotion", "status", "device", "items",
  ]
  private static let lineColumns = [
    "product", "category", "brand", "quantity", "discount", "channel",
  ]

  /// Called inside the transaction, with `import_ids`.
  func run() async throws(IngestionError) -> RowCounts {
    var counts = RowCounts()
    try await lines()
    try await orders()
    try await compare(&counts)
    let before = try await session.fetchInt("SELECT count(*) FROM import_states")
    if before > 0 { try await removeOld() }
    try await write()
    return counts
  }

  private func has(_ column: String) -> Bool {
    switch column {
    case "product": report.columns.product
    case "category": report.columns.category
    case "channel": report.columns.channel
    case "status": kept.contains("status_text")
    case "items": kept.contains("quantity")
    default: kept.contains(column)
    }
  }

  private func staged(_ column: String) -> SQL {
    has(column)
      ? "l.\(identifier: column == "status" ? "status_text" : column)"
      : column == "quantity" || column == "discount" ? "NULL::DECIMAL(18,4)" : "NULL::VARCHAR"
  }

  // MARK: Lines and orders of the file

  /// Lines with their customer and their order's key.
  private func lines() async throws(IngestionError) {
    let cancelled: SQL = report.columns.cancelled ? "l.cancelled" : "false"
    let content: [SQL] =
      ["l.customer", "epoch_us(l.happened_at)::VARCHAR", "l.amount::VARCHAR"]
      + (Self.lineColumns + ["store", "status"]).filter(has).map { "(\(staged($0)))::VARCHAR" }
    let parts = content.map { "coalesce(\($0), chr(30))" as SQL }
    let hash: SQL = "left(md5(concat_ws(chr(31), \(parts.joined()))), 24)"
    let reference: SQL = report.columns.order || hasReference ? "l.order_ref" : "NULL::VARCHAR"
    let extras: [SQL] = ["store", "payment_method", "promotion", "status", "device"].map {
      "\(staged($0)) AS \(identifier: $0)"
    }
    let values: [SQL] = Self.lineColumns.map { "\(staged($0)) AS \(identifier: $0)" } + extras
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_lines AS
      SELECT l.line, i.customer_id, l.happened_at, \(cancelled) AS cancelled, l.amount,
        \(reference) IS NOT NULL AS is_keyed, coalesce(\(reference), \(hash)) AS ref,
        \(values.joined())
      FROM staged_lines AS l
      LEFT JOIN import_ids AS i ON i.value = l.customer AND i.type = \(literal: idType)
      """)
    // Lines without a number that are alike are told apart by their count.
    let repeated = try await session.fetchInt(
      """
      SELECT count(*) FROM (
        SELECT ref FROM import_lines WHERE NOT is_keyed GROUP BY ref HAVING count(*) > 1)
      """)
    if repeated > 0 {
      try await session.perform(
        """
        UPDATE import_lines SET ref = n.numbered FROM (
          SELECT rowid AS id, ref || '-' || row_number() OVER (PARTITION BY ref ORDER BY line)
              AS numbered,
            row_number() OVER (PARTITION BY ref ORDER BY line) AS place
          FROM import_lines WHERE NOT is_keyed) AS n
        WHERE import_lines.rowid = n.id AND n.place > 1
        """)
    }
  }

  private var hasReference: Bool { report.sources[0].columns.contains { $0.role == .order } }

  /// One row per order and kind.
  private func orders() async throws(IngestionError) {
    let texts = ["store", "payment_method", "promotion", "status", "device"]
    if report.columns.lineIsOrder {
      let names = texts.map { SQL.column($0) }
      try await session.perform(
        """
        CREATE OR REPLACE TEMP TABLE import_orders AS
        SELECT customer_id, ref, ref AS key, happened_at, line,
          CASE WHEN amount = 0 THEN 'zero' WHEN amount < 0 THEN 'return'
            WHEN cancelled THEN 'cancelled' ELSE 'purchase' END AS kind,
          amount, discount, channel, \(names.joined()),
          TRY_CAST(round(abs(quantity)) AS BIGINT) AS items
        FROM import_lines
        """)
      return
    }
    let merged = texts.map { "max(\(identifier: $0)) AS \(identifier: $0)" as SQL }
    func row(_ kind: String, _ condition: SQL, _ amount: SQL, _ key: SQL, _ items: SQL) -> SQL {
      """
      SELECT customer_id, ref, \(key) AS key, happened_at, line, \(literal: kind) AS kind,
        TRY_CAST(\(amount) AS DECIMAL(18,4)) AS amount, discount, channel,
        \(texts.map { SQL.column($0) }.joined()), TRY_CAST(round(\(items)) AS BIGINT) AS items
      FROM import_groups WHERE \(condition)
      """
    }
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_groups AS
      SELECT customer_id, ref, min(happened_at) AS happened_at, min(line) AS line,
        sum(amount) AS total,
        coalesce(sum(amount) FILTER (amount > 0 AND NOT cancelled), 0) AS purchased,
        coalesce(sum(amount) FILTER (amount < 0), 0) AS returned,
        coalesce(sum(amount) FILTER (amount > 0 AND cancelled), 0) AS reversed,
        sum(discount) AS discount, arg_max(channel, abs(amount)) AS channel, \(merged.joined()),
        sum(abs(quantity)) FILTER (amount > 0) AS bought,
        sum(abs(quantity)) FILTER (amount < 0) AS brought_back,
        sum(abs(quantity)) AS all_items
      FROM import_lines GROUP BY customer_id, ref
      """)
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_orders AS
      \(row("zero", "total = 0", "0", "ref", "all_items")) UNION ALL
      \(row("purchase", "total <> 0 AND purchased > 0", "purchased", "ref", "bought")) UNION ALL
      \(row("return", "total <> 0 AND returned < 0", "returned",
        "CASE WHEN purchased > 0 THEN ref || '/return' ELSE ref END", "brought_back")) UNION ALL
      \(row("cancelled", "total <> 0 AND reversed > 0", "reversed",
        "CASE WHEN purchased > 0 OR returned < 0 THEN ref || '/cancelled' ELSE ref END", "bought"))
      """)
    try await session.drop("import_groups")
  }

  // MARK: What the workspace has already

  private static let base: SQL = "regexp_replace(o.key, '/(return|cancelled)$', '')"
  /// Whose a row is as the file says it, whatever profile it belongs to.
  private static let record: SQL = "coalesce(o.source_customer_id, o.customer_id)"

  private func compare(_ counts: inout RowCounts) async throws(IngestionError) {
    let known = try await session.fetchInt(
      "SELECT count(*) FROM (SELECT 1 FROM quartier.orders WHERE source = \(literal: source) LIMIT 1)"
    )
    if known > 0 {
      try await states()
    } else {
      try await session.perform(
        """
        CREATE OR REPLACE TEMP TABLE import_states (
          customer_id BIGINT, ref VARCHAR, state VARCHAR, keeps_order BOOLEAN)
        """)
    }
    let rows = try await session.fetch("SELECT state, count(*) FROM import_states GROUP BY state")
    for row in rows {
      let count = row[1].int ?? 0
      switch row[0].text {
      case "unchanged": counts.unchanged = count
      case "older": counts.older = count
      default: counts.changed = count
      }
    }
    let total = try await session.fetchRow(
      """
      SELECT count(*), count(*) FILTER (customer_id IS NULL) FROM (
        SELECT DISTINCT customer_id, ref FROM import_orders)
      """)
    counts.added = (total[0].int ?? 0) - counts.unchanged - counts.older - counts.changed
    counts.anonymous = total[1].int ?? 0
  }

  /// The state of every order of the file that the workspace has.
  private func states() async throws(IngestionError) {
    let filled = Self.orderColumns.filter(has)
    let order: [SQL] =
      ["happened_at", "kind", "amount"] + filled.map { SQL.column($0) }
    let newOrder = order.map { "n.\($0)" as SQL }.joined()
    let oldOrder = order.map { "o.\($0)" as SQL }.joined()
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_old AS
      SELECT o.* REPLACE (\(Self.record) AS customer_id), \(Self.base) AS ref
      FROM quartier.orders AS o
      JOIN (SELECT DISTINCT customer_id, ref FROM import_orders) AS n
        ON \(Self.base) = n.ref AND \(Self.record) IS NOT DISTINCT FROM n.customer_id
      WHERE o.source = \(literal: source)
      """)
    let isOlder: SQL =
      exportedAt.map { "max(m.exported_at) > make_timestamptz(\(.int($0)))" } ?? "false"
    let keepsOrder: SQL = isOrderLevel ? "false" : "bool_or(m.kind = 'orders')"
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_matches AS
      SELECT o.customer_id, o.ref, o.prints = n.prints AS same_orders, o.is_older, o.keeps_order
      FROM (
        SELECT o.customer_id, o.ref, sum(hash(\(oldOrder))::HUGEINT) AS prints,
          coalesce(\(isOlder), false) AS is_older, coalesce(\(keepsOrder), false) AS keeps_order
        FROM import_old AS o LEFT JOIN quartier.imports AS m ON m.import_id = o.import_id
        GROUP BY o.customer_id, o.ref) AS o
      JOIN (
        SELECT n.customer_id, n.ref, sum(hash(\(newOrder))::HUGEINT) AS prints
        FROM import_orders AS n GROUP BY n.customer_id, n.ref) AS n
        ON n.ref = o.ref AND n.customer_id IS NOT DISTINCT FROM o.customer_id
      """)
    try await session.drop("import_old")
    guard hasLines else {
      try await session.perform(
        """
        CREATE OR REPLACE TEMP TABLE import_states AS
        SELECT customer_id, ref, keeps_order,
          CASE WHEN same_orders THEN 'unchanged' WHEN is_older THEN 'older' ELSE 'changed' END
            AS state
        FROM import_matches
        """)
      return
    }
    let line = ["amount"] + Self.lineColumns.filter(has)
    func prints(_ alias: SQL) -> SQL {
      "sum(hash(\(line.map { "\(alias).\(identifier: $0)" as SQL }.joined()))::HUGEINT)"
    }
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_states AS
      SELECT m.customer_id, m.ref, m.keeps_order,
        CASE WHEN (m.same_orders OR m.keeps_order) AND o.prints IS NOT DISTINCT FROM n.prints
            THEN 'unchanged'
          WHEN m.is_older AND NOT (m.keeps_order AND o.prints IS NULL) THEN 'older'
          ELSE 'changed' END AS state
      FROM import_matches AS m
      LEFT JOIN (
        SELECT \(Self.record) AS customer_id, o.order_key, \(prints("o")) AS prints
        FROM quartier.order_lines AS o JOIN import_matches AS m ON m.ref = o.order_key
          AND m.customer_id IS NOT DISTINCT FROM \(Self.record)
        WHERE o.source = \(literal: source) GROUP BY \(Self.record), o.order_key) AS o
        ON o.order_key = m.ref AND o.customer_id IS NOT DISTINCT FROM m.customer_id
      LEFT JOIN (
        SELECT customer_id, ref, \(prints("s")) AS prints FROM (
          \(signedLines)) AS s GROUP BY customer_id, ref) AS n
        ON n.ref = m.ref AND n.customer_id IS NOT DISTINCT FROM m.customer_id
      """)
    try await session.drop("import_matches")
  }

  /// The file's lines as they are stored.
  private var signedLines: SQL {
    let zero: SQL =
      report.columns.lineIsOrder ? "false" : "sum(amount) OVER (PARTITION BY customer_id, ref) = 0"
    return """
      SELECT * REPLACE (
          CASE WHEN amount < 0 AND NOT is_nothing THEN -abs(quantity) ELSE quantity END AS quantity),
        CASE WHEN is_nothing OR amount = 0 THEN 'zero' WHEN amount < 0 THEN 'return'
          WHEN cancelled THEN 'cancelled' ELSE 'purchase' END AS kind
      FROM (SELECT *, \(zero) AS is_nothing FROM import_lines)
      """
  }

  // MARK: Writing

  private func removeOld() async throws(IngestionError) {
    let columns = Self.orderColumns.filter { !has($0) }
    // What the file has no column for stays as an older version said it.
    if !columns.isEmpty {
      try await session.perform(
        """
        CREATE OR REPLACE TEMP TABLE import_kept AS
        SELECT s.customer_id, s.ref, \(columns.map { "max(o.\(identifier: $0)) AS \(identifier: $0)" as SQL }.joined())
        FROM quartier.orders AS o JOIN import_states AS s
          ON \(Self.base) = s.ref AND s.customer_id IS NOT DISTINCT FROM \(Self.record)
        WHERE o.source = \(literal: source) AND s.state = 'changed' AND NOT s.keeps_order
        GROUP BY s.customer_id, s.ref
        """)
    }
    try await session.perform(
      """
      DELETE FROM quartier.orders AS o USING import_states AS s
      WHERE o.source = \(literal: source) AND \(Self.base) = s.ref
        AND \(Self.record) IS NOT DISTINCT FROM s.customer_id
        AND s.state = 'changed' AND NOT s.keeps_order
      """)
    guard hasLines else { return }
    try await session.perform(
      """
      DELETE FROM quartier.order_lines AS o USING import_states AS s
      WHERE o.source = \(literal: source) AND o.order_key = s.ref
        AND \(Self.record) IS NOT DISTINCT FROM s.customer_id AND s.state = 'changed'
      """)
  }

  private func write() async throws(IngestionError) {
    let hasStates = try await session.fetchInt("SELECT count(*) FROM import_states") > 0
    func isNew(_ alias: SQL, _ also: SQL) -> SQL {
      hasStates
        ? """
        NOT EXISTS (SELECT 1 FROM import_states AS s WHERE s.ref = \(alias).ref
          AND s.customer_id IS NOT DISTINCT FROM \(alias).customer_id
          AND (s.state IN ('unchanged', 'older') \(also)))
        """ : "true"
    }
    let columns = Self.orderColumns.filter { !has($0) }
    let hasKept = hasStates && !columns.isEmpty
    let values = Self.orderColumns.map { name -> SQL in
      hasKept && !has(name)
        ? "k.\(identifier: name) AS \(identifier: name)" : "n.\(identifier: name)"
    }
    let join: SQL =
      hasKept
      ? """
      LEFT JOIN import_kept AS k
        ON k.ref = n.ref AND k.customer_id IS NOT DISTINCT FROM n.customer_id
      """ : .empty
    let orders = try await session.fetchInt("SELECT count(*) FROM import_orders")
    let firstOrder = try await session.take(orders, from: "row_ids")
    try await session.perform(
      """
      INSERT INTO quartier.orders BY NAME
      SELECT n.customer_id, n.happened_at, \(cells.zone.local("n.happened_at")) AS local_at,
        \(literal: source) AS source, n.key, \(number: firstOrder) + row_number() OVER () AS row_id,
        \(number: importID) AS import_id, n.line AS source_line, n.kind, n.amount, \(values.joined())
      FROM import_orders AS n \(join)
      WHERE \(isNew("n", "OR s.keeps_order"))
      """)
    if hasLines {
      let lines = try await session.fetchInt("SELECT count(*) FROM import_lines")
      let firstLine = try await session.take(lines, from: "row_ids")
      let names = Self.lineColumns.map { "n.\(identifier: $0)" as SQL }
      let place: SQL =
        report.columns.lineIsOrder
        ? "'1'" : "row_number() OVER (PARTITION BY n.customer_id, n.ref ORDER BY n.line)::VARCHAR"
      try await session.perform(
        """
        INSERT INTO quartier.order_lines BY NAME
        SELECT n.customer_id, n.happened_at, \(cells.zone.local("n.happened_at")) AS local_at,
          \(literal: source) AS source, n.ref || '/' || \(place) AS key,
          \(number: firstLine) + row_number() OVER () AS row_id,
          \(number: importID) AS import_id, n.line AS source_line, n.ref AS order_key, n.kind,
          n.amount, \(names.joined())
        FROM (\(signedLines)) AS n WHERE \(isNew("n", ""))
        """)
    }
    try await session.perform(
      """
      INSERT INTO quartier.touched_customer (customer_id)
      SELECT DISTINCT n.customer_id FROM import_orders AS n
      WHERE n.customer_id IS NOT NULL AND \(isNew("n", ""))
      """)
  }
}
