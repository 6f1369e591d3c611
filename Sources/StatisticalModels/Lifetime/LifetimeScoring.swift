import Foundation
import NumericalMethods

/// Scores of the distinct histories of a table, in its cell order.
package struct HistoryScores: Sendable, Equatable {
  /// P(still a customer), 0…1.
  package let aliveProbability: [Double]
  /// Expected purchases within the horizon.
  package let expectedPurchases: [Double]
  /// The same, each purchase discounted to now.
  package let discountedPurchases: [Double]
  /// Expected discounted time as a customer within the horizon, in the model's unit; empty unless
  /// asked for.
  package let discountedLifetime: [Double]
}

extension LifetimeModel {
  private static let chunkSize = 4096

  /// Scores every distinct history; `table.spread` takes the results back to customers.
  ///
  /// Throws `unitMismatch` for histories in another unit. Cost: P(alive) per cell, everything else
  /// once per distinct (x, T), on which alone the future of an active customer depends.
  package func score(
    _ table: HistoryTable, horizon: TimeSpan, discount: DiscountRate, covariates z: [Double] = [],
    withLifetime: Bool = false, threads: Int? = nil
  ) throws(ModelError) -> HistoryScores {
    guard table.unit == unit else {
      throw ModelError.unitMismatch(expected: unit, found: table.unit)
    }
    let process = process(for: z)
    let time = horizon.value(in: unit)
    let rate = discount.continuous(per: unit)
    let parts = Parallel.chunks(
      count: table.cellCount, size: Self.chunkSize, threads: threads
    ) { range in
      Self.scores(
        process, table, range, time: time, rate: rate, withLifetime: withLifetime)
    }
    return HistoryScores(
      aliveProbability: parts.flatMap { $0[0] }, expectedPurchases: parts.flatMap { $0[1] },
      discountedPurchases: parts.flatMap { $0[2] }, discountedLifetime: parts.flatMap { $0[3] })
  }

  /// Derivatives of the discounted purchases of each cell, or of the discounted lifetime, in the
  /// searched parameters (logarithms of the natural ones, coefficients as they are), for confidence
  /// limits; one array of cells per parameter.
  ///
  /// Throws `unitMismatch` for histories in another unit. Cost: eight times the score.
  package func discountedPurchasesGradient(
    _ table: HistoryTable, horizon: TimeSpan, discount: DiscountRate, covariates z: [Double] = [],
    ofLifetime: Bool = false, threads: Int? = nil
  ) throws(ModelError) -> [[Double]] {
    guard table.unit == unit else {
      throw ModelError.unitMismatch(expected: unit, found: table.unit)
    }
    return scoreGradient(
      table, time: horizon.value(in: unit), rate: discount.continuous(per: unit), covariates: z,
      lifetime: ofLifetime, threads: threads)
  }

  /// P(alive), expected, discounted purchases and, where asked, lifetime of a range of cells.
  private static func scores<Process: PurchaseProcess>(
    _ process: Process, _ table: HistoryTable, _ range: Range<Int>, time: Double, rate: Double,
    withLifetime: Bool
  ) -> [[Double]] {
    var columns = [[Double]](repeating: [], count: 4)
    for column in 0..<(withLifetime ? 4 : 3) { columns[column].reserveCapacity(range.count) }
    var known = (x: -1.0, age: -1.0)
    var active = (expected: 0.0, discounted: 0.0)
    var lifetime = 0.0
    for cell in range {
      let h = table.history(cell)
      let alive = process.aliveProbability(h)
      // Cells are in order of (x, T, t_x), so equal (x, T) are neighbours.
      if h.repeatPurchases != known.x || h.customerAge != known.age {
        known = (h.repeatPurchases, h.customerAge)
        active = process.outlookIfAlive(h, over: time, rate: rate)
        if withLifetime {
          lifetime = process.discountedLifetimeIfAlive(h, over: time, rate: rate)
        }
      }
      columns[0].append(alive)
      columns[1].append(alive * active.expected)
      columns[2].append(alive * active.discounted)
      if withLifetime { columns[3].append(alive * lifetime) }
    }
    return columns
  }

  /// Number of searched parameters: natural ones, then coefficients.
  var searchedCount: Int {
    parameters.count + (covariates.map { $0.names.count * (family.hasLeaving ? 2 : 1) } ?? 0)
  }

  /// Derivatives of the discounted purchases of each cell, or of the discounted lifetime, in the searched
  /// parameters, by central differences; one array of cells per parameter.
  func scoreGradient(
    _ table: HistoryTable, time: Double, rate: Double, covariates z: [Double], lifetime: Bool,
    threads: Int?
  ) -> [[Double]] {
    let step = 1e-4
    let column = lifetime ? 3 : 2
    let n = searchedCount
    return (0..<n).map { i in
      var shift = [Double](repeating: 0, count: n)
      shift[i] = step
      let up = shifted(shift).process(for: z)
      shift[i] = -step
      let down = shifted(shift).process(for: z)
      return Parallel.chunks(
        count: table.cellCount, size: Self.chunkSize, threads: threads
      ) { range in
        let high = Self.scores(
          up, table, range, time: time, rate: rate, withLifetime: lifetime)[column]
        let low = Self.scores(
          down, table, range, time: time, rate: rate, withLifetime: lifetime)[column]
        return zip(high, low).map { ($0 - $1) / (2 * step) }
      }.flatMap { $0 }
    }
  }
}
