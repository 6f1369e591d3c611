import CustomerSchema
import DuckDBEngine
import Foundation
import SQLBuilder
import Warehouse

/// Order histories to train on.
enum Shop {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func session() async throws -> any QuerySession {
    try await DuckDBEngine(DuckDBEngine.Options(threads: 2)).session()
  }

  /// The CDNOW sample as an order history, orders of 0 included.
  static func cdnow() async throws -> any QuerySession {
    let session = try await session()
    let file = root.appending(path: "third_party/data/cdnow/CDNOW_sample.txt").path
    try await session.execute(
      """
      CREATE TEMP TABLE order_history AS
      SELECT parts[2] AS customer, CAST(strptime(parts[3], '%Y%m%d') AS DATE) AS day,
        CAST(parts[5] AS DECIMAL(18, 4)) AS purchased, true AS is_purchase
      FROM (
        SELECT regexp_split_to_array(trim(column0), ' +') AS parts
        FROM read_csv(\(literal: file), header = false, sep = '\\t',
          columns = {'column0': 'VARCHAR'}))
      """)
    return session
  }

  /// Orders written as (customer, day of January 2024 plus n, amount).
  static func orders(_ orders: [(String, Int, Double)]) async throws -> any QuerySession {
    let session = try await session()
    try await session.execute(
      """
      CREATE TEMP TABLE order_history (
        customer VARCHAR, day DATE, purchased DECIMAL(18, 4), is_purchase BOOLEAN)
      """)
    for (customer, day, amount) in orders {
      try await session.execute(
        """
        INSERT INTO order_history
        VALUES (\(customer), DATE '2024-01-01' + CAST(\(day) AS INTEGER), \(amount), true)
        """)
    }
    return session
  }

  /// Many orders at once.
  static func orders(many orders: [(String, Int, Double)]) async throws -> any QuerySession {
    let session = try await Self.orders([])
    for start in stride(from: 0, to: orders.count, by: 5000) {
      let values = orders[start..<min(orders.count, start + 5000)].map { customer, day, amount in
        """
        (\(customer), DATE '2024-01-01' + CAST(\(day) AS INTEGER), \(amount), true)
        """ as SQL
      }
      try await session.execute("INSERT INTO order_history VALUES \(values.joined())")
    }
    return session
  }

  /// A table of customers with the columns that groups are found by, from a query.
  static func customers(_ rows: SQL) async throws -> any QuerySession {
    let session = try await session()
    try await session.execute("CREATE TEMP TABLE customers AS \(rows)")
    return session
  }
}

extension LocalDate {
  init(_ year: Int, _ month: Int, _ day: Int) {
    guard let date = LocalDate(year: year, month: month, day: day) else {
      preconditionFailure("a day of a test")
    }
    self = date
  }
}
