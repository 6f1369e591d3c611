import CustomerSchema
import Foundation
import SQLBuilder
import Testing
import Warehouse

@testable import Ingestion

/// The same shop, written in every way that people send it, gives the same lines.
@Suite(.serialized) struct FormatTests {
  /// A small shop: 3,000 lines of 700 orders by 90 customers, with returns, guests, free items,
  /// thousands, accents, quotes and separators inside texts.
  static let shop: SQL = """
    SELECT 'CMD-' || (1000 + i // 4) AS commande,
      CASE WHEN i // 4 % 11 <> 0 THEN lpad(((i // 4 * 7919) % 90)::VARCHAR, 5, '0') END AS client,
      TIMESTAMP '2023-01-01 08:00:00' + to_minutes((i // 4) * 611) AS moment,
      ((i * 37 % 500) - 20)::DECIMAL(18,2) * 7.25 AS montant,
      CASE i % 4 WHEN 0 THEN 'Thé «Été»' WHEN 1 THEN 'Vis 6,3; 5"' WHEN 2 THEN 'Œuvre' ELSE 'Simple' END AS produit
    FROM range(3000) r(i)
    """

  static let facts: SQL = """
    SELECT count(*), sum(amount), count(DISTINCT customer), count(DISTINCT order_ref),
      min(day)::VARCHAR, max(day)::VARCHAR, min(customer), count(*) - count(customer),
      md5(string_agg(coalesce(customer, '-') || day || amount || product, ',' ORDER BY order_ref, product, amount))
    FROM staged_lines
    """

  static func expected(_ bench: Workbench) async throws -> [[SQLValue]] {
    try await bench.rows(
      """
      WITH staged_lines AS (SELECT client AS customer, commande AS order_ref, moment::DATE AS day,
        montant::DECIMAL(18,4) AS amount, produit AS product FROM (\(shop))) \(facts)
      """)
  }

  static let french: SQL = """
    SELECT commande AS "N° commande", client AS "Code client",
      strftime(moment, '%d/%m/%Y %H:%M') AS "Date de commande",
      replace(replace(printf('%,.2f', montant::DOUBLE), ',', chr(160)), '.', ',') || ' €' AS "Montant TTC",
      produit AS "Désignation" FROM (\(shop))
    """

  private func frenchText(_ bench: Workbench) async throws -> String {
    let path = bench.folder + "/french.csv"
    try await bench.session.execute(
      "COPY (\(Self.french)) TO \(literal: path) (FORMAT csv, DELIMITER ';', HEADER)")
    return try String(contentsOfFile: path, encoding: .utf8)
  }

  enum Form: String, CaseIterable {
    case utf8, utf8Mark, windows1252, utf16LittleEndian, utf16BigEndian, carriageReturns,
      windowsLines
    case gzip, zstd, zip
  }

  @Test(arguments: Form.allCases)
  func readsAFrenchExport(_ form: Form) async throws {
    let bench = try await Workbench()
    let text = try await frenchText(bench)
    var bytes = Array(text.utf8)
    switch form {
    case .utf8: break
    case .utf8Mark: bytes = [0xEF, 0xBB, 0xBF] + bytes
    case .windows1252: bytes = try #require(text.data(using: .windowsCP1252)).map { $0 }
    case .utf16LittleEndian:
      bytes = [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    case .utf16BigEndian: bytes = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    case .carriageReturns: bytes = bytes.map { $0 == 0x0A ? 0x0D : $0 }
    case .windowsLines: bytes = bytes.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
    case .gzip, .zstd, .zip: break
    }
    var path = try bench.write("export.csv", bytes)
    switch form {
    case .gzip:
      try shell("gzip -k '\(path)'")
      path += ".gz"
    case .zstd:
      let packed = path + ".zst"
      try await bench.session.execute(
        """
        COPY (\(Self.french)) TO \(literal: packed) (FORMAT csv, DELIMITER ';', HEADER, COMPRESSION zstd)
        """)
      path = packed
    case .zip:
      try Data(Packed.zip([("a.csv", bytes)])).write(to: URL(fileURLWithPath: path + ".zip"))
      path += ".zip"
    default: break
    }
    let report = try await bench.stage([path])
    #expect(report.quarantinedLines == 0)
    #expect(report.currency == .euro)
    #expect(report.amountBasis.tax == .included)
    #expect(report.sources[0].separator == ";")
    #expect(report.sources[0].decimalSeparator == ",")
    #expect(try await bench.rows(Self.facts) == Self.expected(bench))
  }

  @Test(
    arguments: ["lines", "line_items", "items", "articles"], ["sku", "product_id", "reference"])
  func linesOfANestedDocumentNameTheirProduct(list: String, product: String) async throws {
    let bench = try await Workbench()
    let path = try bench.write(
      "orders.json",
      """
      [{"id": "1", "created_at": "2024-01-05", "customer": {"id": "A"}, "\(list)": [
          {"\(product)": "x-1", "name": "Thé", "quantity": 2, "price": 3.5},
          {"\(product)": "y-2", "name": "Café", "quantity": 1, "price": 4.0}]},
       {"id": "2", "created_at": "2024-01-06", "customer": {"id": "B"}, "\(list)": [
          {"\(product)": "x-1", "name": "Thé", "quantity": 1, "price": 3.5}]}]
      """)
    let report = try await bench.stage([path])
    #expect(report.columns.product)
    #expect(
      try await bench.rows("SELECT customer, product, amount FROM staged_lines ORDER BY ALL") == [
        [.text("A"), .text("x-1"), decimal("7.0000")],
        [.text("A"), .text("y-2"), decimal("4.0000")],
        [.text("B"), .text("x-1"), decimal("3.5000")],
      ])
  }

  @Test(arguments: ["parquet", "csv", "tsv", "json", "ndjson", "xlsx", "doubles"])
  func readsAnInternationalExport(_ format: String) async throws {
    let bench = try await Workbench()
    let path = bench.folder + "/export." + format
    let columns: SQL = """
      SELECT commande AS order_id, client AS customer_id, moment AS order_date, montant AS amount,
        produit AS product_name FROM (\(Self.shop))
      """
    let copy: SQL
    switch format {
    case "csv": copy = "COPY (\(columns)) TO \(literal: path) (FORMAT csv, HEADER)"
    case "tsv": copy = "COPY (\(columns)) TO \(literal: path) (FORMAT csv, HEADER, DELIMITER '\t')"
    case "json": copy = "COPY (\(columns)) TO \(literal: path) (FORMAT json, ARRAY true)"
    case "ndjson": copy = "COPY (\(columns)) TO \(literal: path) (FORMAT json)"
    case "xlsx":
      try await bench.session.execute("LOAD \(literal: Repository.excelExtension)")
      copy = "COPY (\(columns)) TO \(literal: path) (FORMAT xlsx, HEADER true)"
    case "doubles":
      copy = """
        COPY (SELECT * REPLACE (amount::DOUBLE AS amount) FROM (\(columns)))
        TO \(literal: path) (FORMAT parquet)
        """
    default: copy = "COPY (\(columns)) TO \(literal: path) (FORMAT parquet)"
    }
    try await bench.session.execute(copy)
    let report = try await bench.stage([path])
    #expect(report.quarantinedLines == 0)
    #expect(report.currency == .none)
    #expect(report.amountBasis.tax == .unknown)
    #expect(try await bench.rows(Self.facts) == Self.expected(bench))
  }
}
