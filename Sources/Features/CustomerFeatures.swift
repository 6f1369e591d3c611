package import CustomerSchema
internal import Foundation
internal import SQLBuilder
package import Warehouse

/// The instants that a run compares.
package struct RunPeriods: Sendable, Hashable {
  package let asOf: LocalDate
  package let length: CalendarPeriod
  /// The last day of the previous period; the current one starts the day after.
  package let previousEnd: LocalDate
  /// The last day before the previous period.
  package let beforePrevious: LocalDate

  package init(asOf: LocalDate, length: CalendarPeriod) {
    self.asOf = asOf
    self.length = length
    previousEnd = length.before(asOf)
    // Twice the length from `asOf`, not twice one step: month ends clamp differently.
    beforePrevious = length.before(asOf, periods: 2)
  }
}

/// A length of time on the calendar.
package enum CalendarPeriod: Sendable, Hashable {
  case days(Int)
  case months(Int)

  /// The day that lies so many periods before another, clamped to its month's end once.
  package func before(_ date: LocalDate, periods: Int = 1) -> LocalDate {
    switch self {
    case .days(let count): date.adding(days: -count * periods)
    case .months(let count): date.adding(months: -count * periods)
    }
  }

  /// Reads `30d`, `8w`, `3mo`, `1y`; nil for anything else, zero or more than a century.
  package init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int(digits), count > 0 else { return nil }
    switch text.dropFirst(digits.count) {
    case "d" where count <= 36_500: self = .days(count)
    case "w" where count <= 5_200: self = .days(7 * count)
    case "mo" where count <= 1_200: self = .months(count)
    case "y" where count <= 100: self = .months(12 * count)
    default: return nil
    }
  }

  /// The period that suits a history: a year when there are two, else a quarter, a month, a week.
  package static func suited(first: LocalDate, asOf: LocalDate) -> CalendarPeriod {
    switch first {
    case ...asOf.adding(months: -24): .months(12)
    case ...asOf.adding(months: -6): .months(3)
    case ...asOf.adding(months: -2): .months(1)
    default: .days(7)
    }
  }
}

extension CalendarPeriod: CustomStringConvertible {
  /// `3mo`, `7d`.
  package var description: String {
    switch self {
    case .days(let count): "\(count)d"
    case .months(let count): "\(count)mo"
    }
  }
}

/// The months of the cohort table: at most 60 steps, so that a customer's active steps fit in the
/// bits of one integer.
package struct CohortCalendar: Sendable, Hashable {
  /// Months since year 0 of the first step.
  let firstMonth: Int
  package let monthsPerStep: Int
  package let steps: Int

  package init(first: LocalDate, last: LocalDate) {
    let start = Self.month(first)
    let months = max(1, Self.month(last) - start + 1)
    monthsPerStep = [1, 3, 6, 12].first { months <= 60 * $0 } ?? (months + 59) / 60
    // Steps begin with the calendar: quarters in January, April, July and October.
    firstMonth = start - start % monthsPerStep
    steps = (Self.month(last) - firstMonth) / monthsPerStep + 1
  }

  private static func month(_ date: LocalDate) -> Int {
    let (year, month, _) = date.components
    return year * 12 + month - 1
  }

  /// The first day of a step.
  package func start(ofStep step: Int) -> LocalDate? {
    let month = firstMonth + step * monthsPerStep
    return LocalDate(year: month / 12, month: month % 12 + 1, day: 1)
  }

  /// The step of a day.
  func step(of day: LocalDate) -> Int { (Self.month(day) - firstMonth) / monthsPerStep }

  /// The step of a date column.
  func step(of day: SQL) -> SQL {
    "((year(\(day)) * 12 + month(\(day)) - 1 - \(firstMonth)) // \(monthsPerStep))"
  }
}

/// What is known of a `customer_features`.
package struct FeatureTable: Sendable, Hashable {
  /// Whether every customer's amounts are `DECIMAL(18,4)`, several times as fast as
  /// `DECIMAL(38,4)`.
  package let isCompact: Bool
  /// Whether it has the columns of `RecentMonths`.
  package let hasMonths: Bool

  package init(isCompact: Bool = false, hasMonths: Bool = false) {
    self.isCompact = isCompact
    self.hasMonths = hasMonths
  }
}

/// Describes every customer by her orders, in one pass over them.
package struct CustomerFeatures: Sendable {
  package let history: OrderHistory
  package let periods: RunPeriods
  package let cohorts: CohortCalendar
  /// The window in which orders make a customer loyal.
  package let loyalMonths: Int
  /// Bytes that loops over orders may use beside the engine.
  package let memory: Int
  package let threads: Int

  /// - Parameters:
  ///   - memoryLimit: bytes that the engine is limited to; nil for no limit.
  ///   - threads: nil for one per core.
  package init(
    history: OrderHistory, periods: RunPeriods, cohorts: CohortCalendar, loyalMonths: Int,
    memoryLimit: Int? = nil, threads: Int? = nil
  ) {
    self.history = history
    self.periods = periods
    self.cohorts = cohorts
    self.loyalMonths = loyalMonths
    let machine = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    memory = memoryLimit.map { $0 / 8 } ?? min(machine / 4, 4 << 30)
    self.threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
  }

  /// Makes `customer_features` from `order_history` and `staged_lines`: one row per customer named
  /// in the lines, with what the customer table shows and what figures per segment need.
  ///
  /// Orders after `asOf` are left out; someone who has only such orders has a row with no purchase.
  ///
  /// - Returns: what is known of the table.
  @discardableResult
  package func create(in session: any QuerySession) async throws -> FeatureTable {
    let columns = history.columns
    let isWhole = !columns.product && (columns.lineIsOrder || !columns.category)
    let target = isWhole ? "customer_features" : "customer_history"
    var isFolded = false
    if let session = session as? any ColumnarSession {
      isFolded = try await fold(into: target, in: session, memory: memory, threads: threads)
    }
    if isFolded, isWhole {
      for (name, type, isThere) in [
        ("distinct_products", "BIGINT", false), ("favourite_category", "VARCHAR", columns.category),
        ("favourite_channel", "VARCHAR", columns.channel),
      ] as [(String, SQL, Bool)] where !isThere {
        try await session.execute(
          "ALTER TABLE customer_features ADD COLUMN \(identifier: name) \(type)")
      }
    } else {
      if !isFolded {
        try await createHistoryFeatures(in: session)
        try await createRhythm(in: session)
      }
      try await join(isFolded: isFolded, in: session)
    }
    return FeatureTable(isCompact: isFolded, hasMonths: isFolded)
  }

  /// Makes `customer_features` of `customer_history` and what else is told of customers.
  private func join(isFolded: Bool, in session: any QuerySession) async throws(WarehouseError) {
    let columns = history.columns
    var joins: SQL = ""
    var extra: SQL = ""
    if !isFolded {
      extra = """
        , rhythm.purchase_occasions, rhythm.median_days_between_purchases, rhythm.last_gap,
        -- What is not of the earlier state is of this period.
        (gross_revenue - returned_amount) - (earlier_gross_revenue - earlier_returned_amount)
          AS revenue_this_period,
        coalesce(last_purchase > \(periods.previousEnd.sqlValue), false) AS bought_this_period,
        -- Exact, half a ten-thousandth rounded up: in whole ten-thousandths.
        CASE WHEN orders > 0 THEN CAST(
          CAST((2 * CAST(gross_revenue * 10000 AS HUGEINT) + orders) // (2 * orders)
            AS DECIMAL(34, 0)) * CAST(0.0001 AS DECIMAL(4, 4)) AS DECIMAL(38, 4)) END
          AS average_basket,
        -- Of whole ten-thousandths, which doubles hold exactly: the quotient is the nearest.
        CASE WHEN gross_revenue + reversed_amount > 0
          THEN CAST(CAST((returned_amount + reversed_amount) * 10000 AS HUGEINT) AS DOUBLE)
            / CAST(CAST((gross_revenue + reversed_amount) * 10000 AS HUGEINT) AS DOUBLE) END
          AS return_rate
        """
      joins = " LEFT JOIN customer_rhythm AS rhythm USING (customer)"
    }
    if columns.product {
      try await createBreadth(in: session)
      extra = extra + ", coalesce(breadth.distinct_products, 0) AS distinct_products"
      joins = joins + " LEFT JOIN customer_breadth AS breadth USING (customer)"
    } else {
      extra = extra + ", CAST(NULL AS BIGINT) AS distinct_products"
    }
    if !columns.category {
      extra = extra + ", CAST(NULL AS VARCHAR) AS favourite_category"
    } else if !isFolded || !columns.lineIsOrder {
      try await createFavourite("category", from: categoryAmounts, in: session)
      extra = extra + ", category.favourite AS favourite_category"
      joins = joins + " LEFT JOIN customer_favourite_category AS category USING (customer)"
    }
    if !columns.channel {
      extra = extra + ", CAST(NULL AS VARCHAR) AS favourite_channel"
    } else if !isFolded {
      try await createFavourite("channel", from: channelAmounts, in: session)
      extra = extra + ", channel.favourite AS favourite_channel"
      joins = joins + " LEFT JOIN customer_favourite_channel AS channel USING (customer)"
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE customer_features AS
      SELECT history.*\(extra) FROM customer_history AS history\(joins)
      """)
    // What was joined is not kept twice.
    for table in [
      "customer_history", "customer_rhythm", "customer_breadth", "customer_favourite_category",
      "customer_favourite_channel",
    ] {
      try await session.execute("DROP TABLE IF EXISTS \(identifier: table)")
    }
  }

  /// Amounts, counts and days from one grouping of the orders.
  private func createHistoryFeatures(in session: any QuerySession) async throws(WarehouseError) {
    let asOf = periods.asOf.sqlValue
    let previousEnd = periods.previousEnd.sqlValue
    let beforePrevious = periods.beforePrevious.sqlValue
    let loyalStart = periods.asOf.adding(months: -loyalMonths).sqlValue
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE customer_history AS
      SELECT customer,
        min(day) FILTER (is_purchase) AS first_purchase,
        max(day) FILTER (is_purchase) AS last_purchase,
        count(*) FILTER (is_purchase) AS orders,
        sum(purchased) AS gross_revenue,
        sum(returned) AS returned_amount,
        \(reversedAmount) AS reversed_amount,
        count(*) FILTER (is_return) AS return_orders,
        count(*) FILTER (is_zero) AS zero_orders,
        coalesce(
          sum(purchased - returned) FILTER (day > \(beforePrevious) AND day <= \(previousEnd)), 0)
          AS revenue_previous_period,
        coalesce(
          bool_or(is_purchase AND day > \(beforePrevious) AND day <= \(previousEnd)), false)
          AS bought_previous_period,
        count(*) FILTER (is_purchase AND day > \(loyalStart)) AS loyal_window_orders,
        max(day) FILTER (is_purchase AND day <= \(previousEnd)) AS earlier_last_purchase,
        count(*) FILTER (is_purchase AND day <= \(previousEnd)) AS earlier_orders,
        coalesce(sum(purchased) FILTER (day <= \(previousEnd)), 0) AS earlier_gross_revenue,
        coalesce(sum(returned) FILTER (day <= \(previousEnd)), 0) AS earlier_returned_amount,
        bit_or(CAST(1 AS BIGINT) << \(cohorts.step(of: "day"))) FILTER (is_purchase)
          AS active_steps,
        list(day) FILTER (is_purchase) AS purchase_days
      FROM (
        SELECT * FROM order_history WHERE customer IS NOT NULL AND day <= \(asOf)
      )
      GROUP BY customer
      """)
    // Customers known only by orders after `asOf`: they exist, but nothing is known of them yet.
    try await session.execute(
      """
      INSERT INTO customer_history BY NAME
      SELECT customer, 0 AS orders, 0 AS gross_revenue, 0 AS returned_amount,
        0 AS reversed_amount, 0 AS return_orders, 0 AS zero_orders,
        0 AS revenue_previous_period, false AS bought_previous_period, 0 AS loyal_window_orders, 0 AS earlier_orders,
        0 AS earlier_gross_revenue, 0 AS earlier_returned_amount
      FROM (SELECT DISTINCT customer FROM order_history WHERE day > \(asOf)) AS later
      WHERE customer IS NOT NULL
        AND NOT EXISTS (
          SELECT 1 FROM customer_history AS known WHERE known.customer = later.customer)
      """)
  }

  /// Purchase occasions (distinct days) and the days between them.
  private func createRhythm(in session: any QuerySession) async throws(WarehouseError) {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE customer_rhythm AS
      SELECT customer, len(gaps) + 1 AS purchase_occasions,
        list_median(gaps) AS median_days_between_purchases, gaps[-1] AS last_gap
      FROM (
        SELECT customer,
          list_filter(
            list_transform(list_zip(days[2:], days[:-2]), lambda pair: pair[1] - pair[2]),
            lambda gap: gap > 0) AS gaps
        FROM (
          SELECT customer, list_sort(purchase_days) AS days
          FROM customer_history WHERE orders > 0))
      """)
    try await session.execute("ALTER TABLE customer_history DROP COLUMN purchase_days")
  }

  private func createBreadth(in session: any QuerySession) async throws(WarehouseError) {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE customer_breadth AS
      SELECT customer, count(*) AS distinct_products
      FROM (
        SELECT DISTINCT customer, product FROM staged_lines
        WHERE customer IS NOT NULL AND product IS NOT NULL AND amount > 0
          AND NOT \(cancelled) AND day <= \(periods.asOf.sqlValue))
      GROUP BY customer
      """)
  }

  /// Nothing is reversed where the source marks no order: a sum of millions of zeros is saved.
  private var reversedAmount: SQL {
    history.columns.cancelled ? "sum(reversed)" : "CAST(0 AS DECIMAL(38, 4))"
  }

  private var cancelled: SQL { history.columns.cancelled ? "cancelled" : "false" }

  private var categoryAmounts: SQL {
    """
    SELECT customer, category AS value, sum(amount) AS weight FROM staged_lines
    WHERE customer IS NOT NULL AND category IS NOT NULL AND amount > 0
      AND NOT \(cancelled) AND day <= \(periods.asOf.sqlValue)
    GROUP BY customer, category
    """
  }

  private var channelAmounts: SQL {
    """
    SELECT customer, channel AS value, count(*) AS weight FROM order_history
    WHERE customer IS NOT NULL AND channel IS NOT NULL AND is_purchase
      AND day <= \(periods.asOf.sqlValue)
    GROUP BY customer, channel
    """
  }

  /// The value of the greatest weight; of equal weights, the first in the alphabet.
  private func createFavourite(
    _ what: String, from weights: SQL, in session: any QuerySession
  ) async throws(WarehouseError) {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: "customer_favourite_" + what) AS
      SELECT customer, min_by(value, (-weight, value)) AS favourite
      FROM (\(weights)) GROUP BY customer
      """)
  }
}
