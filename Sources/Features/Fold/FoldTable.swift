internal import Foundation
internal import SQLBuilder
internal import Warehouse

extension CustomerFeatures {
  /// Makes a table with the columns of `customer_features` that orders tell, in tight loops over
  /// the columns of `order_history`, many times as fast as grouping in SQL.
  ///
  /// Favourites are among them where they can be had of orders: the channel, and the category
  /// where a line is an order.
  ///
  /// - Parameter memory: bytes that the loops may use; with less than all orders need, customers
  ///   are described a part at a time.
  /// - Returns: false when amounts, days or words do not fit the loops' records; then no table is
  ///   left.
  func fold(
    into table: String, in session: any ColumnarSession, memory: Int, threads: Int
  ) async throws -> Bool {
    guard let periods = FoldPeriods(periods, cohorts: cohorts, loyalMonths: loyalMonths) else {
      return false
    }
    let columns = FoldColumns(history.columns)
    try await session.execute(
      "CREATE OR REPLACE TEMP TABLE \(identifier: table) (\(columns.definition))")
    let orders = try await session.value("SELECT count(*) FROM order_history").int ?? 0
    // Records and their copies by customer, with the customers themselves.
    let parts = max(1, (orders * 56 + memory - 1) / max(1, memory))
    for part in 0..<parts {
      let reader = FoldReader(columns: history.columns)
      try await session.streamColumns(reader.query(part: part, of: parts)) { reader.read($0) }
      guard reader.fits else { break }
      let run = FoldRun(reader)
      guard await run.run(periods, threads: threads) else { break }
      reader.dropRecords()
      try await session.append(run.order.count, rowsTo: table, columns: columns.kinds) {
        range, sink in
        columns.write(run, range, periods, sink)
      }
      if part == parts - 1 { return true }
    }
    try await session.execute("DROP TABLE \(identifier: table)")
    return false
  }
}

/// The columns of the table that the loops make.
struct FoldColumns: Sendable {
  let category: Bool
  let channel: Bool
  /// The first of the twelve columns of months; words follow them.
  private let months: Int
  private let all: [(name: String, type: SQL, kind: ColumnKind)]

  init(_ columns: OrderHistory.Columns) {
    category = columns.category && columns.lineIsOrder
    channel = columns.channel
    var all: [(String, SQL, ColumnKind)] = [
      ("customer", "VARCHAR", .text), ("first_purchase", "DATE", .date),
      ("last_purchase", "DATE", .date), ("orders", "BIGINT", .bigint),
      ("gross_revenue", "DECIMAL(18, 4)", .money), ("returned_amount", "DECIMAL(18, 4)", .money),
      ("reversed_amount", "DECIMAL(18, 4)", .money), ("return_orders", "BIGINT", .bigint),
      ("zero_orders", "BIGINT", .bigint), ("revenue_previous_period", "DECIMAL(18, 4)", .money),
      ("bought_previous_period", "BOOLEAN", .boolean), ("loyal_window_orders", "BIGINT", .bigint),
      ("earlier_last_purchase", "DATE", .date), ("earlier_orders", "BIGINT", .bigint),
      ("earlier_gross_revenue", "DECIMAL(18, 4)", .money),
      ("earlier_returned_amount", "DECIMAL(18, 4)", .money), ("active_steps", "BIGINT", .bigint),
      ("purchase_occasions", "BIGINT", .bigint),
      ("median_days_between_purchases", "DOUBLE", .double), ("last_gap", "BIGINT", .bigint),
      ("revenue_this_period", "DECIMAL(18, 4)", .money),
      ("bought_this_period", "BOOLEAN", .boolean),
      ("average_basket", "DECIMAL(18, 4)", .money), ("return_rate", "DOUBLE", .double),
    ]
    months = all.count
    for month in 0..<RecentMonths.count {
      all.append((RecentMonths.column(month), "DECIMAL(18, 4)", .money))
    }
    if category { all.append(("favourite_category", "VARCHAR", .text)) }
    if channel { all.append(("favourite_channel", "VARCHAR", .text)) }
    self.all = all.map { (name: $0.0, type: $0.1, kind: $0.2) }
  }

  var kinds: [ColumnKind] { all.map(\.kind) }

  var definition: SQL {
    all.map { "\(identifier: $0.name) \($0.type)" as SQL }.joined()
  }

  /// Writes the customers of a range of `run.order`.
  func write(_ run: FoldRun, _ range: Range<Int>, _ periods: FoldPeriods, _ sink: ColumnSink) {
    let writer = Writer(sink: sink)
    for place in range {
      let customer = run[place]
      let row = place - range.lowerBound
      let hasBought = customer.orders > 0
      run.customers[Int(customer.code)].withBytes { sink.setText(0, row, $0) }
      writer.set(1, row, customer.firstPurchase)
      writer.set(2, row, customer.lastPurchase)
      writer.set(3, row, Int64(customer.orders))
      writer.set(4, row, customer.purchased)
      writer.set(5, row, customer.returned)
      writer.set(6, row, customer.reversed)
      writer.set(7, row, Int64(customer.returnOrders))
      writer.set(8, row, Int64(customer.zeroOrders))
      writer.set(9, row, customer.previousPeriod)
      writer.set(10, row, customer.boughtPreviousPeriod)
      writer.set(11, row, Int64(customer.loyalWindowOrders))
      writer.set(12, row, customer.earlierLastPurchase)
      writer.set(13, row, Int64(customer.earlierOrders))
      writer.set(14, row, customer.earlierPurchased)
      writer.set(15, row, customer.earlierReturned)
      writer.set(16, row, hasBought ? customer.activeSteps : nil)
      writer.set(17, row, hasBought ? Int64(customer.occasions) : nil)
      writer.set(18, row, customer.medianGap)
      writer.set(19, row, customer.lastGap.map(Int64.init))
      // What is not of the earlier state is of this period.
      writer.set(
        20, row,
        (customer.purchased - customer.returned)
          - (customer.earlierPurchased - customer.earlierReturned))
      writer.set(21, row, (customer.lastPurchase ?? .min) > periods.previousEnd)
      writer.set(22, row, customer.averageBasket)
      writer.set(23, row, customer.returnRate)
      let monthly = run.months(place)
      for month in 0..<RecentMonths.count { writer.set(months + month, row, monthly[month]) }
      let words = months + RecentMonths.count
      if category { writer.set(words, row, customer.category, run.categories) }
      if channel { writer.set(words + (category ? 1 : 0), row, customer.channel, run.channels) }
    }
  }

  private struct Writer {
    let sink: ColumnSink

    func set<Value>(_ column: Int, _ row: Int, _ value: Value?) {
      guard let value else {
        sink.validity[column][row >> 6] &= ~(1 << UInt64(row & 63))
        return
      }
      sink.values[column].assumingMemoryBound(to: Value.self)[row] = value
    }

    func set(_ column: Int, _ row: Int, _ code: UInt16, _ words: [KeyTable.Key]) {
      guard code != OrderRecord.none else {
        sink.validity[column][row >> 6] &= ~(1 << UInt64(row & 63))
        return
      }
      words[Int(code)].withBytes { sink.setText(column, row, $0) }
    }
  }
}
