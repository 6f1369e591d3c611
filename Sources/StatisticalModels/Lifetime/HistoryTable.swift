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
    var capacity = 16
    while capacity < 2 * x.count { capacity *= 2 }
    var slots = [Int32](repeating: -1, count: capacity)
    var cell = [Int32](repeating: 0, count: x.count)
    var first: [Int32] = []
    var count: [Double] = []
    for row in 0..<x.count {
      var hash = x[row].bitPattern &* 0x9e37_79b9_7f4a_7c15
      hash = (hash ^ (hash >> 29) ^ tx[row].bitPattern) &* 0xbf58_476d_1ce4_e5b9
      hash = (hash ^ (hash >> 31) ^ t[row].bitPattern) &* 0x94d0_49bb_1331_11eb
      var slot = Int(truncatingIfNeeded: hash ^ (hash >> 32)) & (capacity - 1)
      while true {
        let found = slots[slot]
        if found < 0 {
          slots[slot] = Int32(first.count)
          cell[row] = Int32(first.count)
          first.append(Int32(row))
          count.append(1)
          break
        }
        let other = Int(first[Int(found)])
        if x[other] == x[row] && tx[other] == tx[row] && t[other] == t[row] {
          cell[row] = found
          count[Int(found)] += 1
          break
        }
        slot = (slot + 1) & (capacity - 1)
      }
    }
    let order = first.indices.sorted { left, right in
      let i = Int(first[left])
      let j = Int(first[right])
      if x[i] != x[j] { return x[i] < x[j] }
      if t[i] != t[j] { return t[i] < t[j] }
      return tx[i] < tx[j]
    }
    var place = [Int32](repeating: 0, count: first.count)
    for (new, old) in order.enumerated() { place[old] = Int32(new) }
    self.unit = unit
    self.repeatPurchases = order.map { x[Int(first[$0])] }
    lastPurchaseAge = order.map { tx[Int(first[$0])] }
    customerAge = order.map { t[Int(first[$0])] }
    counts = order.map { count[$0] }
    cellOfRow = cell.map { place[Int($0)] }
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

  private init(subset: [Int], of table: HistoryTable) {
    unit = table.unit
    repeatPurchases = subset.map { table.repeatPurchases[$0] }
    lastPurchaseAge = subset.map { table.lastPurchaseAge[$0] }
    customerAge = subset.map { table.customerAge[$0] }
    counts = subset.map { table.counts[$0] }
    cellOfRow = []
  }
}
