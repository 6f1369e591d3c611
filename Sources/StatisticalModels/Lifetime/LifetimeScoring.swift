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
  /// Scores every distinct history; `table.spread` takes the results back to customers.
  ///
  /// Throws `unitMismatch` for histories in another unit. Cost: about a microsecond per cell.
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
    let parts = Parallel.chunks(count: table.cellCount, size: 2048, threads: threads) { range in
      range.map { cell in
        let h = table.history(cell)
        let outlook = process.outlook(h, over: time, rate: rate)
        return SIMD4(
          outlook.alive, outlook.expected, outlook.discounted,
          withLifetime ? process.discountedLifetime(h, over: time, rate: rate) : 0)
      }
    }.flatMap { $0 }
    return HistoryScores(
      aliveProbability: parts.map { $0[0] }, expectedPurchases: parts.map { $0[1] },
      discountedPurchases: parts.map { $0[2] },
      discountedLifetime: withLifetime ? parts.map { $0[3] } : [])
  }

  /// Derivatives of the discounted purchases of each cell in the searched parameters (logarithms of
  /// the natural ones), for confidence limits; one array of cells per parameter.
  ///
  /// Throws `unitMismatch` for histories in another unit. Cost: eight times the score.
  package func discountedPurchasesGradient(
    _ table: HistoryTable, horizon: TimeSpan, discount: DiscountRate, threads: Int? = nil
  ) throws(ModelError) -> [[Double]] {
    guard table.unit == unit else {
      throw ModelError.unitMismatch(expected: unit, found: table.unit)
    }
    return discountedPurchasesGradient(
      table, time: horizon.value(in: unit), rate: discount.continuous(per: unit), covariates: [],
      lifetime: false, threads: threads)
  }

  /// Derivatives of the discounted purchases of each cell in the searched parameters, by central
  /// differences; one array of cells per parameter.
  func discountedPurchasesGradient(
    _ table: HistoryTable, time: Double, rate: Double, covariates z: [Double], lifetime: Bool,
    threads: Int?
  ) -> [[Double]] {
    let step = 1e-4
    let n =
      parameters.count + (covariates.map { $0.names.count * (family.hasLeaving ? 2 : 1) } ?? 0)
    return (0..<n).map { i in
      var shift = [Double](repeating: 0, count: n)
      shift[i] = step
      let up = shifted(shift).process(for: z)
      shift[i] = -step
      let down = shifted(shift).process(for: z)
      return Parallel.chunks(count: table.cellCount, size: 2048, threads: threads) { range in
        range.map { cell in
          let h = table.history(cell)
          return lifetime
            ? (up.discountedLifetime(h, over: time, rate: rate)
              - down.discountedLifetime(h, over: time, rate: rate)) / (2 * step)
            : (up.discountedPurchases(h, over: time, rate: rate)
              - down.discountedPurchases(h, over: time, rate: rate)) / (2 * step)
        }
      }.flatMap { $0 }
    }
  }
}
