extension HistoryTable {
  /// Histories that are grouped already, with the number of customers who have each: what a database
  /// gives of a base of any size.
  ///
  /// The arrays have one entry per group; `cellOfRow` leads from each to its cell. Throws like the
  /// initialiser of single customers, and `outOfRange` for a count that is not positive.
  package init(
    repeatPurchases x: [Double], lastPurchaseAge tx: [Double], customerAge t: [Double],
    counts given: [Double], unit: TimeUnit
  ) throws(ModelError) {
    guard given.count == x.count else {
      throw ModelError.sizeMismatch(
        what: "The list of counts", expected: x.count, found: given.count)
    }
    let table = try HistoryTable(
      repeatPurchases: x, lastPurchaseAge: tx, customerAge: t, unit: unit)
    var sums = [Double](repeating: 0, count: table.cellCount)
    for (row, count) in given.enumerated() {
      guard count > 0, count.isFinite else {
        throw ModelError.outOfRange(
          what: "The number of customers of row \(row)", value: count, allowed: "more than 0")
      }
      sums[Int(table.cellOfRow[row])] += count
    }
    self.init(table, counts: sums)
  }
}
