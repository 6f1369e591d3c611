internal import SQLBuilder
package import Warehouse

/// What the staged order lines look like and how far back orders count.
package struct OrderHistory: Sendable {
  /// Which optional columns `staged_lines` has.
  package struct Columns: Sendable, Hashable {
    package let product: Bool
    package let category: Bool
    package let channel: Bool
    package let cancelled: Bool
    /// Every line is an order of its own; otherwise lines are grouped by customer and `order_ref`.
    package let lineIsOrder: Bool

    package init(product: Bool, category: Bool, channel: Bool, cancelled: Bool, lineIsOrder: Bool) {
      self.product = product
      self.category = category
      self.channel = channel
      self.cancelled = cancelled
      self.lineIsOrder = lineIsOrder
    }
  }

  package let columns: Columns
  /// Whether an order of total 0 counts as a purchase.
  package let zeroOrdersArePurchases: Bool

  package init(columns: Columns, zeroOrdersArePurchases: Bool) {
    self.columns = columns
    self.zeroOrdersArePurchases = zeroOrdersArePurchases
  }

  /// Gives the memory of the orders and of their lines back, once all is told of them.
  package func drop(in session: any QuerySession) async throws(WarehouseError) {
    try await session.execute(
      columns.lineIsOrder ? "DROP VIEW order_history" : "DROP TABLE order_history")
    try await session.execute("DROP TABLE staged_lines")
  }

  /// Makes the relation `order_history`, one row per order:
  /// `customer` (null for guests), `day`, `channel` where known, `purchased` (the purchase's
  /// amount), `returned` (negative lines, as a positive amount), `reversed` (amount of an order
  /// that the source marks as returned or cancelled), `is_purchase`, `is_return`, `is_zero`; where
  /// a line is an order, also its `category`.
  ///
  /// A line with a negative amount is a return whatever the order; an order whose lines add up to
  /// 0 is set aside (`is_zero`) with all its amounts.
  package func create(in session: any QuerySession) async throws(WarehouseError) {
    let cancelled: SQL = columns.cancelled ? "cancelled" : "false"
    let category: SQL = columns.category ? ", category" : ""
    let channel: SQL = columns.channel ? ", channel" : ""
    if columns.lineIsOrder {
      let isPurchase: SQL = zeroOrdersArePurchases ? "amount >= 0" : "amount > 0"
      // A view: the lines are read where they are, without a second copy of millions of orders.
      try await session.execute(
        """
        CREATE OR REPLACE TEMP VIEW order_history AS
        SELECT customer, day\(channel)\(category),
          CASE WHEN amount > 0 AND NOT \(cancelled) THEN amount ELSE 0 END AS purchased,
          CASE WHEN amount < 0 THEN -amount ELSE 0 END AS returned,
          CASE WHEN amount > 0 AND \(cancelled) THEN amount ELSE 0 END AS reversed,
          \(isPurchase) AND NOT \(cancelled) AS is_purchase,
          amount < 0 OR (\(cancelled) AND amount <> 0) AS is_return,
          amount = 0 AS is_zero
        FROM staged_lines
        """)
    } else {
      let groupedChannel: SQL = columns.channel ? ", arg_max(channel, abs(amount)) AS channel" : ""
      let isPurchase: SQL =
        zeroOrdersArePurchases
        ? "(purchased > 0 OR (total = 0 AND NOT any_cancelled))" : "purchased > 0 AND total <> 0"
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE order_history AS
        SELECT customer, day\(channel),
          CASE WHEN total = 0 THEN 0 ELSE purchased END AS purchased,
          CASE WHEN total = 0 THEN 0 ELSE returned END AS returned,
          CASE WHEN total = 0 THEN 0 ELSE reversed END AS reversed,
          \(isPurchase) AS is_purchase,
          (returned > 0 OR reversed > 0) AND total <> 0 AS is_return,
          total = 0 AS is_zero
        FROM (
          SELECT customer, order_ref, min(day) AS day\(groupedChannel),
            sum(amount) AS total,
            coalesce(sum(amount) FILTER (amount > 0 AND NOT \(cancelled)), 0) AS purchased,
            coalesce(-sum(amount) FILTER (amount < 0), 0) AS returned,
            coalesce(sum(amount) FILTER (amount > 0 AND \(cancelled)), 0) AS reversed,
            bool_or(\(cancelled)) AS any_cancelled
          FROM staged_lines GROUP BY customer, order_ref
        )
        """)
    }
  }
}
