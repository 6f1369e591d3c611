internal import CustomerSchema
internal import Features
internal import Foundation
internal import SQLBuilder
internal import Spreadsheets
internal import Warehouse

/// Writes the customer table and a list per segment to work with.
struct CustomerLists {
  /// Above this many customers a workbook is no longer a help: Excel takes minutes to open it.
  static let workbookLimit = 250_000

  let session: any QuerySession
  let style: RunRequest.ListStyle
  /// Which segments the lists are of.
  let partition: PartitionKind
  /// Whether `customer_engagement` adds its columns to the table.
  let hasEngagement: Bool
  /// Whether `customer_models` adds its columns to the table.
  let hasModels: Bool
  /// Columns of `staged_customers` besides the id, in order; empty without a customer file.
  let identityColumns: [String]
  /// Whether orders are marked returned or cancelled, which counts in return rates.
  let hasReversals: Bool
  /// Whether the amounts of `customers` are `DECIMAL(18,4)`.
  let isCompact: Bool
  /// Words for headings, segments and groups, by catalogue key.
  let words: @Sendable (String) -> String

  /// `customers.parquet` and `customers.csv`, every attribute as it is, sorted by customer.
  func writeTable(to folder: URL) async throws {
    let attributes =
      AttributeCatalogue.orderHistory.attributes
      + (hasModels ? AttributeCatalogue.models.attributes : [])
      + (hasEngagement ? AttributeCatalogue.engagement.attributes : [])
    let typed = attributes.map { attribute -> SQL in
      let name: SQL = "\(identifier: attribute.id)"
      // What orders come to is held in fewer digits than documented where it fits.
      let isShort = attribute.type == .money && AttributeCatalogue.orderHistory[attribute.id] != nil
      return isShort ? "CAST(\(name) AS DECIMAL(38, 4)) AS \(name)" : name
    }
    let parquet = folder.appending(path: "customers.parquet").path
    try await session.execute(
      """
      COPY (SELECT \(typed.joined()) FROM \(table) ORDER BY customer)
      TO \(literal: parquet) (FORMAT parquet, COMPRESSION zstd)
      """)
    let csv = folder.appending(path: "customers.csv").path
    let columns = attributes.map { attribute -> SQL in
      let name: SQL = "\(identifier: attribute.id)"
      return attribute.type == .text ? "\(CSVCell.safe(name)) AS \(name)" : name
    }
    try await session.execute(
      """
      COPY (SELECT \(columns.joined()) FROM \(table) ORDER BY customer)
      TO \(literal: csv) (FORMAT csv, HEADER)
      """)
  }

  /// Who only interacts is in the table too, as a customer without a purchase.
  private var table: SQL {
    let base: SQL =
      hasModels
      ? "(SELECT * FROM customers LEFT JOIN customer_models USING (customer))" : "customers"
    guard hasEngagement else { return base }
    return """
      (SELECT * REPLACE (
          coalesce(orders, 0) AS orders, coalesce(purchase_occasions, 0) AS purchase_occasions,
          coalesce(gross_revenue, 0) AS gross_revenue,
          coalesce(returned_amount, 0) AS returned_amount, coalesce(revenue, 0) AS revenue,
          coalesce(segment, 'no_purchase') AS segment,
          coalesce(rfm_group, 'no_purchase') AS rfm_group)
        FROM \(base) FULL JOIN customer_engagement USING (customer))
      """
  }

  /// `lists/SEGMENT.csv` for every segment that has somebody, best customers first.
  func writeLists(_ segments: [String], to folder: URL) async throws {
    let lists = folder.appending(path: "lists")
    try FileManager.default.createDirectory(at: lists, withIntermediateDirectories: true)
    // The byte order mark by which French Excel knows UTF-8 goes before the first heading.
    let mark = style == .french ? "\u{FEFF}" : ""
    let cells = listColumns.enumerated().map { index, column in
      let heading = (index == 0 ? mark : "") + words("attribute.\(column.id)")
      return "\(text(column)) AS \(identifier: heading)" as SQL
    }
    for segment in segments {
      let path = lists.appending(path: "\(segment).csv").path
      try await session.execute(
        """
        COPY (SELECT \(cells.joined()) \(source(segment)))
        TO \(literal: path) (FORMAT csv, HEADER, DELIMITER \(literal: style == .french ? ";" : ","))
        """)
    }
  }

  /// `segments.xlsx` with a sheet per segment.
  func writeWorkbook(_ segments: [(id: String, name: String, customers: Int)], to folder: URL)
    async throws
  {
    let workbook = try Workbook(
      path: folder.appending(path: "segments.xlsx").path, temporaryDirectory: folder.path)
    let columns = listColumns.map {
      Workbook.Column(words("attribute.\($0.id)"), $0.style, width: $0.width)
    }
    let cells = listColumns.map { "\($0.value) AS \(identifier: $0.id)" as SQL }.joined()
    for segment in segments {
      try workbook.addSheet(segment.name, columns: columns, rowCount: segment.customers)
      try await session.stream("SELECT \(cells) \(source(segment.id))") { batch in
        try workbook.append(batch.rows.map { $0.map(Self.cell) })
      }
    }
    try workbook.close()
  }

  private static func cell(_ value: SQLValue) -> Workbook.Cell {
    switch value {
    case .text(let text): .text(text)
    case .date(let days): .date(LocalDate(daysSinceEpoch: days))
    default: value.double.map { .number($0) } ?? .empty
    }
  }

  /// `quarantine.csv`, every line set aside with its place and the reason in words.
  func writeQuarantine(to folder: URL) async throws {
    let path = folder.appending(path: "quarantine.csv").path
    let reasons = try await session.query("SELECT DISTINCT reason FROM quarantine").rows
      .compactMap { $0[0].text }
    let branches = reasons.map { "WHEN \(literal: $0) THEN \(literal: words($0))" as SQL }
    let explained: SQL =
      branches.isEmpty ? "''" : "CASE reason \(branches.joined(separator: " ")) END"
    try await session.execute(
      """
      COPY (
        SELECT file, line, column_name AS column, \(CSVCell.safe("value")) AS value, reason AS code,
          \(explained) AS reason
        FROM quarantine ORDER BY file, line, column_name)
      TO \(literal: path) (FORMAT csv, HEADER)
      """)
  }

  /// One column of a list.
  struct ListColumn {
    let id: String
    let value: SQL
    let style: Workbook.CellStyle
    let width: Double
    /// In whole ten-thousandths, where rounding `value` might miss the nearest.
    var tenThousandths: SQL?
  }

  private var listColumns: [ListColumn] {
    let identity = identityColumns.map {
      ListColumn(
        id: $0, value: "known.\(identifier: $0)", style: $0 == "signed_up" ? .date : .text,
        width: 20)
    }
    func column(
      _ id: String, _ style: Workbook.CellStyle, _ width: Double = 14
    ) -> ListColumn {
      ListColumn(id: id, value: "c.\(identifier: id)", style: style, width: width)
    }
    let known: [ListColumn] = [
      column("last_purchase", .date), column("days_since_last_purchase", .count),
      column("orders", .count), column("revenue", .money, 16), column("average_basket", .money),
      column("median_days_between_purchases", .decimal), returnRate,
      column("favourite_category", .text, 20), column("favourite_channel", .text),
    ]
    let stage = ListColumn(
      id: "lifecycle_stage", value: worded("c.lifecycle_stage", "stage", AttributeCatalogue.stages),
      style: .text, width: 18)
    return [column("customer", .text, 16)] + identity + known + [stage]
  }

  /// Rounded from the amounts: a rate of exactly 0.00025 is no double, and half of such rates would
  /// fall on the wrong side.
  private var returnRate: ListColumn {
    let reversed: SQL = hasReversals ? " + f.reversed_amount" : ""
    func units(_ amount: SQL) -> SQL { "CAST((\(amount)\(reversed)) * 10000 AS HUGEINT)" }
    let part = units("c.returned_amount")
    let whole = units("c.gross_revenue")
    return ListColumn(
      id: "return_rate", value: "c.return_rate", style: .share, width: 14,
      tenThousandths: """
        CASE WHEN c.return_rate > 0
          THEN CAST((20000 * \(part) + \(whole)) // (2 * \(whole)) AS BIGINT)
          WHEN c.return_rate = 0 THEN 0 END
        """)
  }

  private func worded(_ column: SQL, _ prefix: String, _ values: [String]) -> SQL {
    let branches = values.map {
      "WHEN \(literal: $0) THEN \(literal: words("\(prefix).\($0)"))" as SQL
    }
    return "CASE \(column) \(branches.joined(separator: " ")) END"
  }

  private func source(_ segment: String) -> SQL {
    let join: SQL =
      identityColumns.isEmpty
      ? "" : "LEFT JOIN staged_customers AS known ON known.customer = c.customer"
    let reversals: SQL =
      hasReversals ? "JOIN customer_features AS f ON f.customer = c.customer" : ""
    return """
      FROM customers AS c \(join) \(reversals)
      WHERE c.\(identifier: partition == .eleven ? "rfm_group" : "segment") = \(literal: segment) ORDER BY c.revenue DESC, c.customer
      """
  }

  /// A cell as text in the list's style.
  private func text(_ column: ListColumn) -> SQL {
    switch column.style {
    case .text: CSVCell.safe(column.value)
    case .count: column.value
    case .date: style == .french ? "strftime(\(column.value), '%d/%m/%Y')" : column.value
    case .money:
      decimal("CAST(\(column.value) AS \(isCompact ? "DECIMAL(18, 2)" : "DECIMAL(38, 2)" as SQL))")
    case .decimal: decimal("CAST(round(\(column.value), 1) AS DECIMAL(18, 1))")
    case .share:
      if let whole = column.tenThousandths {
        decimal("CAST(\(whole) * CAST(0.0001 AS DECIMAL(4, 4)) AS DECIMAL(18, 4))")
      } else {
        decimal("CAST(round(\(column.value), 4) AS DECIMAL(18, 4))")
      }
    }
  }

  private func decimal(_ value: SQL) -> SQL {
    style == .french ? "replace(CAST(\(value) AS VARCHAR), '.', ',')" : value
  }
}
