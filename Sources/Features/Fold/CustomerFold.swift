package import CustomerSchema

/// What one customer's orders come to; the columns of `customer_features`.
struct FoldedCustomer {
  var code: UInt32 = 0
  /// Days since 1970-01-01; nil without a purchase.
  var firstPurchase: Int32?
  var lastPurchase: Int32?
  var earlierLastPurchase: Int32?
  var orders: Int32 = 0
  var returnOrders: Int32 = 0
  var zeroOrders: Int32 = 0
  var loyalWindowOrders: Int32 = 0
  var earlierOrders: Int32 = 0
  var occasions: Int32 = 0
  var lastGap: Int32?
  var boughtPreviousPeriod = false
  /// The number of the favourite; `OrderRecord.none` without one.
  var category = OrderRecord.none
  var channel = OrderRecord.none
  /// Ten-thousandths.
  var purchased: Int64 = 0
  var returned: Int64 = 0
  var reversed: Int64 = 0
  var previousPeriod: Int64 = 0
  var earlierPurchased: Int64 = 0
  var earlierReturned: Int64 = 0
  var activeSteps: Int64 = 0
  var medianGap: Double?
  /// A sum or a day does not fit.
  var isUnfit = false
}

extension FoldedCustomer {
  /// Exact, half a ten-thousandth rounded up; nil without an order.
  var averageBasket: Int64? {
    guard orders > 0 else { return nil }
    let count = Int64(orders)
    return (2 * purchased + count) / (2 * count)
  }

  /// What came back of what was bought; nil when nothing was.
  var returnRate: Double? {
    let whole = purchased + reversed
    return whole > 0 ? Double(returned + reversed) / Double(whole) : nil
  }
}

/// The twelve months that end on the day of the calculation.
package enum RecentMonths {
  package static let count = 12

  /// The last days before each month, oldest first.
  package static func starts(asOf: LocalDate) -> [LocalDate] {
    (1...count).reversed().map { asOf.adding(months: -$0) }
  }

  /// The column of `customer_features` with a month's revenue net of returns, from 0, the oldest.
  package static func column(_ month: Int) -> String { "revenue_month_\(month)" }
}

/// What is asked about the orders of every customer.
struct FoldPeriods: Sendable {
  let asOf: Int32
  let previousEnd: Int32
  let beforePrevious: Int32
  let loyalStart: Int32
  /// The step of the cohort table of each day from `firstDay` on.
  let firstDay: Int32
  let steps: [UInt8]
  /// The last days before each of the twelve months that end on `asOf`, oldest first.
  let monthStarts: [Int32]

  /// Nil when the cohorts have no first day.
  init?(_ periods: RunPeriods, cohorts: CohortCalendar, loyalMonths: Int) {
    guard let first = cohorts.start(ofStep: 0) else { return nil }
    asOf = periods.asOf.daysSinceEpoch
    previousEnd = periods.previousEnd.daysSinceEpoch
    beforePrevious = periods.beforePrevious.daysSinceEpoch
    loyalStart = periods.asOf.adding(months: -loyalMonths).daysSinceEpoch
    firstDay = first.daysSinceEpoch
    monthStarts = RecentMonths.starts(asOf: periods.asOf).map(\.daysSinceEpoch)
    steps = (firstDay...max(firstDay, asOf)).map {
      UInt8(truncatingIfNeeded: cohorts.step(of: LocalDate(daysSinceEpoch: $0)))
    }
  }
}

/// Folds the records of a range of customers.
struct CustomerFolder {
  let periods: FoldPeriods
  /// The place of each channel and category in the alphabet.
  let channelRanks: [UInt16]
  let categoryRanks: [UInt16]

  /// What `DECIMAL(18,4)` holds.
  private static let greatest: Int64 = 999_999_999_999_999_999

  private var days: [Int32] = []
  private var channelWeights: [Int64]
  private var categoryWeights: [Int64]

  init(periods: FoldPeriods, channelRanks: [UInt16], categoryRanks: [UInt16]) {
    self.periods = periods
    self.channelRanks = channelRanks
    self.categoryRanks = categoryRanks
    channelWeights = Array(repeating: 0, count: channelRanks.count)
    categoryWeights = Array(repeating: 0, count: categoryRanks.count)
  }

  /// - Parameter months: twelve sums of revenue net of returns, ten-thousandths, all 0 before.
  mutating func fold(
    _ records: UnsafeBufferPointer<OrderRecord>, code: UInt32,
    months: UnsafeMutablePointer<Int64>
  ) -> FoldedCustomer {
    var customer = FoldedCustomer()
    customer.code = code
    days.removeAll(keepingCapacity: true)
    var first = Int32.max
    var last = Int32.min
    var earlierLast = Int32.min
    var isSorted = true
    for record in records {
      let day = record.day
      guard day <= periods.asOf else { continue }
      add(record, day, to: &customer)
      if day > periods.monthStarts[0] { add(record, day, to: months) }
      if record.isReturn { customer.returnOrders &+= 1 }
      if record.isZero { customer.zeroOrders &+= 1 }
      guard record.isPurchase else { continue }
      customer.orders &+= 1
      first = min(first, day)
      if day < last { isSorted = false }
      last = max(last, day)
      days.append(day)
      let place = Int(day) - Int(periods.firstDay)
      if place >= 0, periods.steps[place] < 63 {
        customer.activeSteps |= 1 << Int64(periods.steps[place])
      } else {
        customer.isUnfit = true
      }
      if day > periods.loyalStart { customer.loyalWindowOrders &+= 1 }
      if day <= periods.previousEnd {
        customer.earlierOrders &+= 1
        earlierLast = max(earlierLast, day)
        if day > periods.beforePrevious { customer.boughtPreviousPeriod = true }
      }
      if record.channel != OrderRecord.none { channelWeights[Int(record.channel)] &+= 1 }
    }
    if max(customer.purchased, customer.returned, customer.reversed) > Self.greatest {
      customer.isUnfit = true
    }
    guard customer.orders > 0 || customer.purchased > 0 else { return customer }
    if customer.orders > 0 {
      customer.firstPurchase = first
      customer.lastPurchase = last
      customer.earlierLastPurchase = customer.earlierOrders > 0 ? earlierLast : nil
      if !isSorted { days.sort() }
      describeRhythm(&customer)
    }
    chooseFavourites(records, &customer)
    return customer
  }

  private func add(
    _ record: OrderRecord, _ day: Int32, to months: UnsafeMutablePointer<Int64>
  ) {
    var month = 0
    for start in periods.monthStarts.dropFirst() where day > start { month += 1 }
    if record.isPurchased {
      months[month] &+= record.amount
    } else if record.isReturned {
      months[month] &-= record.amount
    }
  }

  private mutating func add(_ record: OrderRecord, _ day: Int32, to customer: inout FoldedCustomer)
  {
    let amount = record.amount
    let isEarlier = day <= periods.previousEnd
    let isPrevious = isEarlier && day > periods.beforePrevious
    var overflows = false
    if record.isPurchased {
      (customer.purchased, overflows) = customer.purchased.addingReportingOverflow(amount)
      if isEarlier { customer.earlierPurchased &+= amount }
      if isPrevious { customer.previousPeriod &+= amount }
      if record.category != OrderRecord.none, amount > 0 {
        categoryWeights[Int(record.category)] &+= amount
      }
    } else if record.isReturned {
      (customer.returned, overflows) = customer.returned.addingReportingOverflow(amount)
      if isEarlier { customer.earlierReturned &+= amount }
      if isPrevious { customer.previousPeriod &-= amount }
    } else {
      (customer.reversed, overflows) = customer.reversed.addingReportingOverflow(amount)
    }
    if overflows { customer.isUnfit = true }
  }

  /// Distinct days and the days between them; turns `days`, which is sorted, into the gaps.
  private mutating func describeRhythm(_ customer: inout FoldedCustomer) {
    var gaps = 0
    var previous = days[0]
    for index in 1..<max(1, days.count) where days[index] != previous {
      let day = days[index]
      days[gaps] = day &- previous
      gaps += 1
      previous = day
    }
    customer.occasions = Int32(gaps + 1)
    guard gaps > 0 else { return }
    customer.lastGap = days[gaps - 1]
    days[0..<gaps].sort()
    let middle = gaps / 2
    customer.medianGap =
      gaps % 2 == 1
      ? Double(days[middle]) : Double(days[middle - 1] &+ days[middle]) / 2
  }

  /// The greatest weights, the first in the alphabet among equals; clears the weights.
  private mutating func chooseFavourites(
    _ records: UnsafeBufferPointer<OrderRecord>, _ customer: inout FoldedCustomer
  ) {
    var channelWeight: Int64 = 0
    var categoryWeight: Int64 = 0
    for record in records {
      if record.channel != OrderRecord.none {
        let channel = Int(record.channel)
        let weight = channelWeights[channel]
        channelWeights[channel] = 0
        if weight > channelWeight
          || weight == channelWeight && weight > 0
            && channelRanks[channel] < channelRanks[Int(customer.channel)]
        {
          channelWeight = weight
          customer.channel = record.channel
        }
      }
      if record.category != OrderRecord.none {
        let category = Int(record.category)
        let weight = categoryWeights[category]
        categoryWeights[category] = 0
        if weight > categoryWeight
          || weight == categoryWeight && weight > 0
            && categoryRanks[category] < categoryRanks[Int(customer.category)]
        {
          categoryWeight = weight
          customer.category = record.category
        }
      }
    }
  }
}
