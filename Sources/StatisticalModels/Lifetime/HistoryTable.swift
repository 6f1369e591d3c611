import Foundation

/// One customer's purchases as the lifetime models see them.
///
/// Ages count from the first purchase in one time unit: 0 ≤ `lastPurchaseAge` (t_x) ≤ `customerAge`
/// (T). `repeatPurchases` (x) does not count the first purchase. A new customer is (0, 0, 0).
package struct PurchaseHistory: Sendable, Equatable {
  package let repeatPurchases: Double
  package let lastPurchaseAge: Double
  package let customerAge: Double

  package init(repeatPurchases: Double, lastPurchaseAge: Double, customerAge: Double) {
    self.repeatPurchases = repeatPurchases
    self.lastPurchaseAge = lastPurchaseAge
    self.customerAge = customerAge
  }

  /// Someone who has made the first purchase just now.
  package static let newCustomer = PurchaseHistory(
    repeatPurchases: 0, lastPurchaseAge: 0, customerAge: 0)
}

/// The distinct histories of a customer base with the number of customers who have each.
///
/// Cells are in increasing order of (x, T, t_x). Everything a model needs of 10 million customers is
/// here; `cellOfRow` leads back from each customer to the cell.
package struct HistoryTable: Sendable {
  package let unit: TimeUnit
  package let repeatPurchases: [Double]
  package let lastPurchaseAge: [Double]
  package let customerAge: [Double]
  package let counts: [Double]
  /// For each input row the index of its cell.
  package let cellOfRow: [Int32]

  /// Groups equal histories. The three arrays have one entry per customer.
  ///
  /// Throws `sizeMismatch`, or `invalidHistory` with the first row where x is negative or not whole,
  /// an age is not finite, t_x > T, or t_x > 0 without a repeat purchase. Cost: linear, plus sorting
  /// the distinct histories.
  package init(
    repeatPurchases x: [Double], lastPurchaseAge tx: [Double], customerAge t: [Double],
    unit: TimeUnit
  ) throws(ModelError) {
    guard tx.count == x.count else {
      throw ModelError.sizeMismatch(
        what: "The list of ages at last purchase", expected: x.count, found: tx.count)
    }
    guard t.count == x.count else {
      throw ModelError.sizeMismatch(
        what: "The list of customer ages", expected: x.count, found: t.count)
    }
    for row in 0..<x.count {
      if let reason = Self.fault(x[row], tx[row], t[row]) {
        throw ModelError.invalidHistory(row: row, reason: reason)
      }
    }
    let order = HistoryOrder(last: tx, age: t, purchases: x).rows
    var (cells, firsts, sizes) = ([Int32](repeating: 0, count: x.count), [Int](), [Double]())
    for row in order {
      let i = Int(row)
      if let j = firsts.last, x[i] == x[j], t[i] == t[j], tx[i] == tx[j] {
        sizes[sizes.count - 1] += 1
      } else {
        firsts.append(i)
        sizes.append(1)
      }
      cells[i] = Int32(firsts.count - 1)
    }
    self.unit = unit
    repeatPurchases = firsts.map { x[$0] }
    lastPurchaseAge = firsts.map { tx[$0] }
    customerAge = firsts.map { t[$0] }
    counts = sizes
    cellOfRow = cells
  }

  /// Why a history breaks its own rules; nil where it does not.
  static func fault(_ x: Double, _ tx: Double, _ t: Double) -> String? {
    if !(x >= 0 && x == x.rounded() && x <= 1e9) {
      return "the number of repeat purchases is \(x)"
    }
    if !(tx.isFinite && t.isFinite) { return "an age is not a finite number" }
    if tx < 0 { return "the age at last purchase is \(tx)" }
    if tx > t { return "the age at last purchase \(tx) exceeds the customer age \(t)" }
    if x == 0 && tx > 0 { return "there is an age at last purchase but no repeat purchase" }
    return nil
  }

  /// Number of distinct histories.
  package var cellCount: Int { counts.count }

  /// Number of customers.
  package var customers: Double { counts.reduce(0, +) }

  /// The history of one cell.
  package func history(_ cell: Int) -> PurchaseHistory {
    PurchaseHistory(
      repeatPurchases: repeatPurchases[cell], lastPurchaseAge: lastPurchaseAge[cell],
      customerAge: customerAge[cell])
  }

  /// Spreads values per cell over the rows the table was made from.
  package func spread(_ perCell: [Double]) -> [Double] { cellOfRow.map { perCell[Int($0)] } }

  /// A table of every k-th cell, for rough searches on at most about `limit` cells.
  func thinned(to limit: Int) -> HistoryTable {
    let step = max(1, cellCount / limit)
    return HistoryTable(
      subset: stride(from: step / 2, to: cellCount, by: step).map { $0 }, of: self)
  }

  /// The same cells with other numbers of customers.
  init(_ table: HistoryTable, counts: [Double]) {
    unit = table.unit
    repeatPurchases = table.repeatPurchases
    lastPurchaseAge = table.lastPurchaseAge
    customerAge = table.customerAge
    self.counts = counts
    cellOfRow = table.cellOfRow
  }

  private init(subset: [Int], of table: HistoryTable) {
    unit = table.unit
    repeatPurchases = subset.map { table.repeatPurchases[$0] }
    lastPurchaseAge = subset.map { table.lastPurchaseAge[$0] }
    customerAge = subset.map { table.customerAge[$0] }
    counts = subset.map { table.counts[$0] }
    cellOfRow = []
  }
}

/// Rows in increasing order of (x, T, t_x), by radix sorts: linear in the number of rows.
private struct HistoryOrder {
  private(set) var rows: [Int32]

  init(last: [Double], age: [Double], purchases: [Double]) {
    rows = (0..<last.count).map { Int32($0) }
    for column in [last, age, purchases] { sort(by: column) }
  }

  /// A stable sort by values that are not negative, whose bit patterns have the order of the values.
  private mutating func sort(by column: [Double]) {
    let (digits, bits) = (6, 11)
    let size = 1 << bits
    var histograms = [Int](repeating: 0, count: digits * size)
    // Adding 0 turns −0 into 0.
    var keys = rows.map { (column[Int($0)] + 0).bitPattern }
    for key in keys {
      for digit in 0..<digits {
        histograms[digit * size + Int(truncatingIfNeeded: key >> (digit * bits)) & (size - 1)] += 1
      }
    }
    var otherKeys = keys
    var otherRows = rows
    for digit in 0..<digits {
      let histogram = histograms[digit * size..<(digit + 1) * size]
      // All rows share the digit: whole numbers have most digits empty.
      if histogram.contains(rows.count) { continue }
      var place = 0
      var places = histogram.map { count in
        defer { place += count }
        return place
      }
      keys.withUnsafeBufferPointer { keys in
        rows.withUnsafeBufferPointer { rows in
          otherKeys.withUnsafeMutableBufferPointer { otherKeys in
            otherRows.withUnsafeMutableBufferPointer { otherRows in
              places.withUnsafeMutableBufferPointer { places in
                for i in 0..<keys.count {
                  let value = Int(truncatingIfNeeded: keys[i] >> (digit * bits)) & (size - 1)
                  let to = places[value]
                  places[value] = to + 1
                  otherKeys[to] = keys[i]
                  otherRows[to] = rows[i]
                }
              }
            }
          }
        }
      }
      swap(&keys, &otherKeys)
      swap(&rows, &otherRows)
    }
  }
}
