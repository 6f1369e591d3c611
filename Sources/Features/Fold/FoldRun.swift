internal import Dispatch

/// Brings each customer's records together and folds them, on every core.
// Filled by `run` before anybody reads it; each worker writes its own range of customers.
final class FoldRun: @unchecked Sendable {
  private(set) var customers: [KeyTable.Key]
  let channels: [KeyTable.Key]
  let categories: [KeyTable.Key]
  /// The customers in the order of their ids.
  private(set) var order: [UInt32] = []
  private let reader: FoldReader
  private let folded: UnsafeMutablePointer<FoldedCustomer>
  private let monthly: UnsafeMutablePointer<Int64>

  init(_ reader: FoldReader) {
    self.reader = reader
    customers = reader.customers.keys()
    channels = reader.channels.keys()
    categories = reader.categories.keys()
    folded = .allocate(capacity: max(1, customers.count))
    monthly = .allocate(capacity: max(1, customers.count) * RecentMonths.count)
    monthly.initialize(repeating: 0, count: customers.count * RecentMonths.count)
  }

  deinit {
    folded.deallocate()
    monthly.deallocate()
  }

  /// The twelve months' revenue of the customer at a place of `order`.
  func months(_ place: Int) -> UnsafePointer<Int64> {
    UnsafePointer(monthly + Int(order[place]) * RecentMonths.count)
  }

  subscript(place: Int) -> FoldedCustomer { folded[Int(order[place])] }

  /// - Returns: whether every figure fits.
  func run(_ periods: FoldPeriods, threads: Int) async -> Bool {
    await withCheckedContinuation { continuation in
      DispatchQueue.global(qos: .userInitiated).async {
        continuation.resume(returning: self.fold(periods, threads))
      }
    }
  }

  private func fold(_ periods: FoldPeriods, _ threads: Int) -> Bool {
    let offsets = self.offsets()
    let total = offsets[customers.count]
    let records = UnsafeMutablePointer<OrderRecord>.allocate(capacity: max(1, total))
    defer { records.deallocate() }
    let channelRanks = Self.ranks(channels)
    let categoryRanks = Self.ranks(categories)
    // Ranges of customers with about as many records each.
    let parts = max(1, min(threads * 2, customers.count))
    let bounds = (0...parts).map { part in
      part == parts ? customers.count : Self.firstIndex(offsets, total / parts * part)
    }
    nonisolated(unsafe) let target = records
    nonisolated(unsafe) var sorted: [UInt32] = []
    nonisolated(unsafe) var fits = [Bool](repeating: true, count: parts)
    fits.withUnsafeMutableBufferPointer { fits in
      nonisolated(unsafe) let fits = fits
      DispatchQueue.concurrentPerform(iterations: parts + 1) { part in
        guard part > 0 else {
          sorted = customers.sortedCodes()
          return
        }
        let range = bounds[part - 1]..<bounds[part]
        fits[part - 1] = foldRange(
          range, offsets, target,
          CustomerFolder(
            periods: periods, channelRanks: channelRanks, categoryRanks: categoryRanks))
      }
    }
    order = sorted
    return fits.allSatisfy { $0 }
  }

  /// Where each customer's records begin, and where the last one's end.
  private func offsets() -> [Int] {
    var offsets = [Int](repeating: 0, count: customers.count + 1)
    offsets.withUnsafeMutableBufferPointer { offsets in
      eachBlock { _, codes, count in
        for row in 0..<count { offsets[Int(codes[row]) + 1] += 1 }
      }
      for code in 0..<customers.count { offsets[code + 1] += offsets[code] }
    }
    return offsets
  }

  private func eachBlock(
    _ body: (UnsafePointer<OrderRecord>, UnsafePointer<UInt32>, Int) -> Void
  ) {
    let count = reader.blocks.count
    for (index, records) in reader.blocks.records.enumerated() {
      let rows = min(RecordBlocks.blockSize, count - index * RecordBlocks.blockSize)
      body(records, reader.blocks.codes[index], rows)
    }
  }

  private func foldRange(
    _ range: Range<Int>, _ offsets: [Int], _ records: UnsafeMutablePointer<OrderRecord>,
    _ folder: consuming CustomerFolder
  ) -> Bool {
    var folder = folder
    var next = Array(offsets[range])
    let lower = UInt32(range.lowerBound)
    let width = UInt32(range.count)
    next.withUnsafeMutableBufferPointer { next in
      eachBlock { source, codes, count in
        for row in 0..<count {
          let place = codes[row] &- lower
          guard place < width else { continue }
          records[next[Int(place)]] = source[row]
          next[Int(place)] &+= 1
        }
      }
    }
    var fits = true
    for code in range {
      let start = offsets[code]
      let customer = folder.fold(
        UnsafeBufferPointer(start: records + start, count: offsets[code + 1] - start),
        code: UInt32(code), months: monthly + code * RecentMonths.count)
      if customer.isUnfit { fits = false }
      (folded + code).initialize(to: customer)
    }
    return fits
  }

  private static func firstIndex(_ offsets: [Int], _ wanted: Int) -> Int {
    var low = 0
    var high = offsets.count - 1
    while low < high {
      let middle = (low + high) / 2
      if offsets[middle] < wanted { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The place of each text in the alphabet.
  private static func ranks(_ keys: [KeyTable.Key]) -> [UInt16] {
    var ranks = [UInt16](repeating: 0, count: keys.count)
    for (rank, code) in keys.sortedCodes().enumerated() { ranks[Int(code)] = UInt16(rank) }
    return ranks
  }
}
