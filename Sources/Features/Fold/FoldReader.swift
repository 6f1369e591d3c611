internal import SQLBuilder
internal import Warehouse

/// Takes the orders of a query in as records.
// Used by one task at a time: the session's executor while it streams, then whoever awaited that.
final class FoldReader: @unchecked Sendable {
  private(set) var customers = KeyTable()
  private(set) var channels = KeyTable()
  private(set) var categories = KeyTable()
  private(set) var blocks = RecordBlocks()
  /// Whether everything had a place in a record.
  private(set) var fits = true

  private let columns: OrderHistory.Columns
  private let scratch: UnsafeMutablePointer<UInt32>
  private static let scratchRows = 1 << 12

  init(columns: OrderHistory.Columns) {
    self.columns = columns
    scratch = .allocate(capacity: 3 * Self.scratchRows)
  }

  deinit { scratch.deallocate() }

  /// Whether categories are read with the orders.
  private var hasCategory: Bool { columns.category && columns.lineIsOrder }

  /// The orders of the customers in one part of several.
  func query(part: Int, of parts: Int) -> SQL {
    // In the type of hashes: in a wider one the remainder costs more than all the rest.
    func whole(_ number: Int) -> SQL { "CAST(\(number) AS UBIGINT)" }
    let isPart: SQL =
      parts == 1 ? "" : " AND hash(customer) % \(whole(parts)) = \(whole(part))"
    func amount(_ name: SQL) -> SQL { "TRY_CAST(\(name) AS DECIMAL(18, 4))" }
    let reversed: SQL = columns.cancelled ? ", \(amount("reversed"))" : ""
    let channel: SQL = columns.channel ? ", channel" : ""
    let category: SQL = hasCategory ? ", category" : ""
    return """
      SELECT customer, day, \(amount("purchased")), \(amount("returned")), is_purchase, is_return,
        is_zero\(channel)\(category)\(reversed)
      FROM order_history WHERE customer IS NOT NULL\(isPart)
      """
  }

  /// Takes a batch of `query` in.
  func read(_ batch: ColumnBatch) {
    guard fits, batch.count <= Self.scratchRows else {
      fits = false
      return
    }
    let numbers = 7 + (columns.channel ? 1 : 0) + (hasCategory ? 1 : 0)
    for index in Array(1..<7) + Array(numbers..<batch.columns.count) {
      guard Self.isFull(batch.columns[index].validity, batch.count) else {
        fits = false
        return
      }
    }
    func pointer<Value>(_ index: Int, _: Value.Type) -> UnsafePointer<Value> {
      batch.columns[index].values.assumingMemoryBound(to: Value.self)
    }
    let codes = scratch
    customers.number(batch.columns[0], count: batch.count, into: codes)
    var channelCodes: UnsafePointer<UInt32>?
    var categoryCodes: UnsafePointer<UInt32>?
    if columns.channel {
      channels.number(batch.columns[7], count: batch.count, into: scratch + Self.scratchRows)
      channelCodes = UnsafePointer(scratch + Self.scratchRows)
    }
    if hasCategory {
      let place = scratch + 2 * Self.scratchRows
      categories.number(batch.columns[numbers - 1], count: batch.count, into: place)
      categoryCodes = UnsafePointer(place)
    }
    let limit = Int(OrderRecord.none)
    fits =
      channels.count < limit && categories.count < limit
      && blocks.append(
        RecordBlocks.Rows(
          count: batch.count, codes: codes, days: pointer(1, Int32.self),
          purchased: pointer(2, Int64.self), returned: pointer(3, Int64.self),
          reversed: columns.cancelled ? pointer(numbers, Int64.self) : nil,
          isPurchase: pointer(4, Bool.self), isReturn: pointer(5, Bool.self),
          isZero: pointer(6, Bool.self), channels: channelCodes, categories: categoryCodes))
  }

  private static func isFull(_ validity: UnsafePointer<UInt64>?, _ count: Int) -> Bool {
    guard let validity else { return true }
    for row in 0..<count where validity[row >> 6] >> UInt64(row & 63) & 1 == 0 { return false }
    return true
  }

  /// The records are not needed any more.
  func dropRecords() { blocks = RecordBlocks() }
}
