/// One amount of one order, in 16 bytes. An order with several kinds of amount has several
/// records; what is counted once stands in the first.
struct OrderRecord {
  /// Ten-thousandths, 0 or more.
  var amount: Int64
  /// From the lowest: 3 bits of what the order is, 2 of the kind of amount, 20 of the day.
  private let bits: UInt32
  /// The number of the channel; `none` without one.
  let channel: UInt16
  let category: UInt16

  static let none = UInt16.max
  /// Days since 1970-01-01 that a record can hold: more than a thousand years around.
  static let days = Int32(-(1 << 19))..<Int32(1 << 19)

  enum Kind: UInt32 { case purchased, returned, reversed }

  init(
    amount: Int64, day: Int32, kind: Kind, isPurchase: Bool, isReturn: Bool, isZero: Bool,
    channel: UInt16, category: UInt16
  ) {
    self.amount = amount
    let flags: UInt32 = (isPurchase ? 1 : 0) | (isReturn ? 2 : 0) | (isZero ? 4 : 0)
    let place = UInt32(truncatingIfNeeded: day &- Self.days.lowerBound)
    bits = flags | kind.rawValue << 3 | place << 5
    self.channel = channel
    self.category = category
  }

  var day: Int32 { Int32(truncatingIfNeeded: bits >> 5) &+ Self.days.lowerBound }
  var isPurchase: Bool { bits & 1 != 0 }
  var isReturn: Bool { bits & 2 != 0 }
  var isZero: Bool { bits & 4 != 0 }
  var isPurchased: Bool { bits >> 3 & 3 == Kind.purchased.rawValue }
  var isReturned: Bool { bits >> 3 & 3 == Kind.returned.rawValue }
}

/// Records with their customers' numbers, as they come: in blocks, so that growing copies nothing.
struct RecordBlocks: ~Copyable {
  static let blockSize = 1 << 18

  private(set) var count = 0
  private(set) var records: [UnsafeMutablePointer<OrderRecord>] = []
  private(set) var codes: [UnsafeMutablePointer<UInt32>] = []

  deinit {
    for block in records { block.deallocate() }
    for block in codes { block.deallocate() }
  }

  /// One order's columns, row by row.
  struct Rows {
    let count: Int
    let codes: UnsafePointer<UInt32>
    let days: UnsafePointer<Int32>
    /// Ten-thousandths.
    let purchased: UnsafePointer<Int64>
    let returned: UnsafePointer<Int64>
    /// Nil where the source marks no order.
    let reversed: UnsafePointer<Int64>?
    let isPurchase: UnsafePointer<Bool>
    let isReturn: UnsafePointer<Bool>
    let isZero: UnsafePointer<Bool>
    /// `KeyTable.none` without one; nil without the column.
    let channels: UnsafePointer<UInt32>?
    let categories: UnsafePointer<UInt32>?
  }

  /// - Returns: false when a day does not fit; numbers of channels and categories must.
  mutating func append(_ rows: Rows) -> Bool {
    for row in 0..<rows.count {
      let day = rows.days[row]
      guard OrderRecord.days.contains(day) else { return false }
      let purchased = rows.purchased[row]
      let returned = rows.returned[row]
      let reversed = rows.reversed?[row] ?? 0
      let channel = rows.channels.map { UInt16(truncatingIfNeeded: $0[row]) } ?? OrderRecord.none
      let category =
        rows.categories.map { UInt16(truncatingIfNeeded: $0[row]) } ?? OrderRecord.none
      let code = rows.codes[row]
      let mainKind: OrderRecord.Kind =
        purchased != 0 ? .purchased : returned != 0 ? .returned : .reversed
      let mainAmount = purchased != 0 ? purchased : returned != 0 ? returned : reversed
      append(
        OrderRecord(
          amount: mainAmount, day: day, kind: mainKind, isPurchase: rows.isPurchase[row],
          isReturn: rows.isReturn[row], isZero: rows.isZero[row], channel: channel,
          category: category), of: code)
      func addAmount(_ amount: Int64, _ kind: OrderRecord.Kind) {
        append(
          OrderRecord(
            amount: amount, day: day, kind: kind, isPurchase: false, isReturn: false,
            isZero: false, channel: OrderRecord.none, category: OrderRecord.none), of: code)
      }
      if returned != 0, mainKind != .returned { addAmount(returned, .returned) }
      if reversed != 0, mainKind != .reversed { addAmount(reversed, .reversed) }
    }
    return true
  }

  private mutating func append(_ record: OrderRecord, of code: UInt32) {
    let place = count & (Self.blockSize - 1)
    if place == 0 {
      records.append(.allocate(capacity: Self.blockSize))
      codes.append(.allocate(capacity: Self.blockSize))
    }
    let block = count / Self.blockSize
    (records[block] + place).initialize(to: record)
    (codes[block] + place).initialize(to: code)
    count += 1
  }
}
