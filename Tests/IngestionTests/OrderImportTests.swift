import CustomerSchema
import Foundation
import SQLBuilder
import Testing
import Warehouse

@testable import Ingestion

@Suite struct OrderImportTests {
  @Test func `the record shop's and the grocery's totals are those of a run`() async throws {
    let bench = try await ImportBench()
    let shop = try await bench.bring(Repository.cdnow, source: "shop")
    #expect(shop.kind == .orders && shop.customersCreated == 23_570)
    let grocery = try await bench.bring(Repository.grocery, source: "grocery")
    #expect(grocery.kind == .orderLines && grocery.orderLines == 1_469_307)
    #expect(
      try await bench.texts(
        """
        SELECT source, kind, count(*), sum(amount),
          CASE kind WHEN 'purchase' THEN count(DISTINCT customer_id) END
        FROM quartier.orders GROUP BY source, kind ORDER BY source, kind
        """) == [
          "grocery purchase 155370 4596039.5800 2469", "grocery zero 478 0.0000 –",
          "shop purchase 69579 2500315.6300 23502", "shop zero 80 0.0000 –",
        ])
    #expect(
      try await bench.texts(
        """
        SELECT count(*), sum(amount) FROM quartier.order_lines WHERE source = 'grocery'
        """) == ["1469307 4596039.5800"])
    // Days are those of the zone; the dates of the file are wall clocks.
    #expect(
      try await bench.texts(
        """
        SELECT count(*) FROM quartier.orders
        WHERE local_at <> timezone('Europe/Paris', happened_at)
        """) == ["0"])
  }

  @Test(.enabled(if: Repository.data != nil, "needs QUARTIER_DATA/online_retail.parquet"))
  func `the gift shop's purchases, returns and guests are those of a run`() async throws {
    let bench = try await ImportBench()
    let report = try await bench.bring(Repository.onlineRetail)
    #expect(report.lines == 541_909 && report.customersCreated == 4_372)
    #expect(
      try await bench.texts(
        """
        SELECT count(*), sum(amount), count(DISTINCT customer_id) FROM quartier.orders
        WHERE kind = 'purchase' AND customer_id IS NOT NULL
        """) == ["18532 8911407.9040 4338"])
    #expect(
      try await bench.texts(
        """
        SELECT sum(o.amount) FROM quartier.orders AS o JOIN quartier.identifier AS i
          ON i.customer_id = o.customer_id WHERE i.value = '12346'
        """) == ["0.0000"])
    // All lines, guests and returns included.
    #expect(
      try await bench.texts("SELECT sum(amount) FROM quartier.orders") == ["9747747.9340"])
    let again = try await bench.bring(Repository.onlineRetail, on: "2024-05-01")
    #expect(again.rows.added == 0 && again.rows.changed == 0 && again.rows.unchanged == 25_900)
    #expect(again.customersTouched == 0)
  }

  private static let head = "order_id;customer_id;order_date;sku;quantity;amount;status;store\n"

  @Test func `an order is what its lines add up to, of one kind or several`() async throws {
    let bench = try await ImportBench()
    let report = try await bench.bring(
      try bench.write(
        "o.csv",
        Self.head
          + "A;1;2024-01-05 10:00;P1;2;20;paid;Lyon\nA;1;2024-01-05 10:00;P2;-1;-5;paid;Lyon\n"
          + "B;1;2024-01-06;P1;1;10;cancelled;\nC;;2024-01-07;P1;1;10;paid;\n"
          + "D;2;2024-01-08;P1;1;0;paid;\nE;2;2024-01-09;P1;-1;-10;paid;\n"))
    #expect(report.kind == .orderLines && report.rows.added == 5 && report.rows.anonymous == 1)
    #expect(
      try await bench.texts(
        """
        SELECT key, customer_id, kind, amount, items, store, status FROM quartier.orders ORDER BY key
        """) == [
          "A 1 purchase 20.0000 2 Lyon paid", "A/return 1 return -5.0000 1 Lyon paid",
          "B 1 cancelled 10.0000 1 – cancelled", "C – purchase 10.0000 1 – paid",
          "D 2 zero 0.0000 1 – paid", "E 2 return -10.0000 1 – paid",
        ])
    #expect(
      try await bench.texts(
        "SELECT order_key, kind, quantity FROM quartier.order_lines ORDER BY key") == [
          "A purchase 2.0000", "A return -1.0000", "B cancelled 1.0000", "C purchase 1.0000",
          "D zero 1.0000", "E return -1.0000",
        ])
  }

  @Test func `a newer export replaces an order as a whole`() async throws {
    let bench = try await ImportBench()
    let two = "A;1;2024-01-05;P1;1;10;paid;Lyon\nA;1;2024-01-05;P2;1;5;paid;Lyon\n"
    let other = "B;2;2024-01-06;P1;1;7;paid;Nice\nB;2;2024-01-06;P3;1;7;paid;Nice\n"
    try await bench.bring(try bench.write("a.csv", Self.head + two + other), on: "2024-02-01")
    let report = try await bench.bring(
      try bench.write("b.csv", Self.head + "A;1;2024-01-05;P1;1;10;paid;Lyon\n" + other),
      as: .orderLines, on: "2024-03-01")
    #expect(report.rows.changed == 1 && report.rows.unchanged == 1 && report.customersTouched == 1)
    #expect(
      try await bench.texts("SELECT key, amount FROM quartier.orders ORDER BY key") == [
        "A 10.0000", "B 14.0000",
      ])
    #expect(try await bench.texts("SELECT count(*) FROM quartier.order_lines") == ["3"])
    // An older one does not.
    let older = try await bench.bring(
      try bench.write("c.csv", Self.head + two), as: .orderLines, on: "2024-01-15")
    #expect(older.rows.older == 1)
    // Totals of orders win over sums of lines, and keep what they do not say.
    let totals = try await bench.bring(
      try bench.write("d.csv", "order_id;customer_id;order_date;total\nA;1;2024-01-05;12\n"),
      as: .orders, on: "2024-04-01")
    #expect(totals.rows.changed == 1)
    #expect(
      try await bench.texts("SELECT amount, store FROM quartier.orders WHERE key = 'A'") == [
        "12.0000 Lyon"
      ])
    let lines = try await bench.bring(
      try bench.write("e.csv", Self.head + two), as: .orderLines, on: "2024-05-01")
    #expect(lines.rows.changed == 1)
    #expect(
      try await bench.texts(
        """
        SELECT (SELECT sum(amount) FROM quartier.orders WHERE key = 'A'),
          (SELECT count(*) FROM quartier.order_lines WHERE order_key = 'A')
        """) == ["12.0000 2"])
  }

  @Test func `lines without a number are known again by their content`() async throws {
    let bench = try await ImportBench()
    let head = "customer_id,date,amount\n"
    try await bench.bring(
      try bench.write("a.csv", head + "1,2024-01-05,10\n1,2024-01-05,10\n2,2024-01-06,3\n"))
    let second = try await bench.bring(
      try bench.write("b.csv", head + "1,2024-01-05,10\n2,2024-01-06,3\n2,2024-01-07,3\n"))
    #expect(second.rows.added == 1 && second.rows.unchanged == 2)
    #expect(
      try await bench.texts("SELECT count(*), sum(amount) FROM quartier.orders") == ["4 26.0000"])
  }

  @Test func `orders in dollars are refused without a rate`() async throws {
    let bench = try await ImportBench()
    let file = try bench.write(
      "o.csv", "customer_id,date,amount\n1,2024-01-05,$10.00\n2,2024-01-06,$20.00\n")
    #expect(try await bench.failure(file) == "import.currency.foreign")
    let rates = try bench.write("rates.csv", "date,currency,rate\n2024-01-01,USD,0.5\n")
    try await bench.bring(file, ImportOptions(ratesPath: rates))
    #expect(try await bench.texts("SELECT sum(amount) FROM quartier.orders") == ["15.0000"])
  }
}
